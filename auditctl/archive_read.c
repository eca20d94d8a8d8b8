/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auditctl/archive.h"
#include "audit_part.h"
#include "json.h"
#include "line.h"
#include "list.h"

/* The texts of an event, decoded. */
struct texts {
	char *time, *actor, *event, *subject, *detail, *previous, *hash;
};

static void
texts_free(struct texts *texts)
{
	free(texts->time);
	free(texts->actor);
	free(texts->event);
	free(texts->subject);
	free(texts->detail);
	free(texts->previous);
	free(texts->hash);
}

static bool
take_hash(const char *hex, unsigned char out[LEDGER_HASH_BYTES])
{
	size_t count;

	return hex != NULL && sodium_hex2bin(out, LEDGER_HASH_BYTES, hex,
	    strlen(hex), NULL, &count, NULL) == 0 &&
	    count == LEDGER_HASH_BYTES;
}

static int
keep_anchored(struct archive *archive, struct error *error)
{
	struct anchored *list = list_grow(archive->anchored, archive->count,
	    &archive->capacity, sizeof(*list));

	if (list == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	archive->anchored = list;
	list[archive->count].sequence = archive->last;
	memcpy(list[archive->count++].hash, archive->hash,
	    LEDGER_HASH_BYTES);
	return 0;
}

static int
take_event(struct ledger *ledger, const struct json *json,
    struct archive *archive, struct error *error)
{
	struct texts texts = { json_dup(json, json_member(json, 0, "time")),
		json_dup(json, json_member(json, 0, "actor")),
		json_dup(json, json_member(json, 0, "event")),
		json_dup(json, json_member(json, 0, "subject")),
		json_dup(json, json_member(json, 0, "detail")),
		json_dup(json, json_member(json, 0, "previous")),
		json_dup(json, json_member(json, 0, "hash")) };
	struct audit_event event = { 0, texts.time, texts.actor, texts.event,
		texts.subject, texts.detail };
	unsigned char previous[LEDGER_HASH_BYTES], hash[LEDGER_HASH_BYTES];
	unsigned char computed[LEDGER_HASH_BYTES];
	int rc = -1;

	if (!json_integer(json, json_member(json, 0, "seq"),
	    &event.sequence) || event.sequence < SEAL_FIRST_EVENT ||
	    texts.time == NULL || texts.actor == NULL ||
	    texts.event == NULL || texts.subject == NULL ||
	    !take_hash(texts.previous, previous) ||
	    !take_hash(texts.hash, hash)) {
		error_set(error, EXIT_DATA, "it is no event");
		goto out;
	}
	if (archive->first == 0) {
		archive->first = event.sequence;
		memcpy(archive->before, previous, sizeof(previous));
	} else if (event.sequence != archive->last + 1) {
		error_set(error, EXIT_NO, "event %lld follows event %lld",
		    (long long)event.sequence, (long long)archive->last);
		goto out;
	} else if (memcmp(previous, archive->hash, sizeof(previous)) != 0) {
		error_set(error, EXIT_NO, "event %lld doesn't follow the one "
		    "before it", (long long)event.sequence);
		goto out;
	}
	audit_event_hash(ledger, &event, previous, computed);
	if (memcmp(computed, hash, sizeof(hash)) != 0) {
		error_set(error, EXIT_NO, "event %lld is not what was written",
		    (long long)event.sequence);
		goto out;
	}
	archive->last = event.sequence;
	memcpy(archive->hash, hash, sizeof(hash));
	rc = strcmp(texts.event, "anchor.signed") == 0 ?
	    keep_anchored(archive, error) : 0;
out:
	texts_free(&texts);
	return rc;
}

static int
take_line(struct ledger *ledger, const char *text, size_t length,
    struct archive *archive, struct error *error)
{
	struct json json = { 0 };
	int rc;

	if (json_parse(&json, text, length, error) == -1)
		rc = -1;
	else if (json_is(&json, json_member(&json, 0, "type"), "EVENT"))
		rc = take_event(ledger, &json, archive, error);
	else
		rc = json_is(&json, json_member(&json, 0, "type"),
		    "ATTEMPT") ? 0 : error_set(error, EXIT_DATA,
		    "it is neither an event nor an attempt");
	json_free(&json);
	return rc;
}

static int
read_lines(struct ledger *ledger, int fd, struct archive *archive,
    struct error *error)
{
	crypto_generichash_state digest;
	struct line_reader reader;
	enum line_result result;
	unsigned long long number;
	const char *text;
	size_t length;
	struct error why;
	int rc = 0;

	crypto_generichash_init(&digest, NULL, 0, sizeof(archive->digest));
	line_open(&reader, fd);
	while (rc == 0 && (result = line_next(&reader, &text, &length,
	    error)) == LINE_OK) {
		crypto_generichash_update(&digest, (const unsigned char *)text,
		    length);
		crypto_generichash_update(&digest,
		    (const unsigned char *)"\n", 1);
		number = (unsigned long long)reader.number;
		if (take_line(ledger, text, length, archive, &why) == -1)
			rc = error_set(error, why.code, "line %llu: %s",
			    number, why.message);
	}
	if (rc == 0 && result == LINE_ERROR)
		rc = -1;
	else if (rc == 0 && (result != LINE_END || archive->first == 0))
		rc = error_set(error, EXIT_DATA, archive->first == 0 ?
		    "it holds no event" : "its last line is not whole");
	line_close(&reader);
	crypto_generichash_final(&digest, archive->digest,
	    sizeof(archive->digest));
	return rc;
}

int
archive_read(struct ledger *ledger, const char *path, bool part,
    struct archive *archive, struct error *error)
{
	char name[PATH_MAX];
	struct error why;
	int fd, rc;

	if (snprintf(name, sizeof(name), "%s%s", path, part ? ".part" :
	    "") >= (int)sizeof(name) || (fd = open(name, O_RDONLY |
	    O_CLOEXEC)) == -1)
		return error_errno(error, EXIT_NOINPUT, "cannot open the "
		    "archive '%s'", path);
	if ((rc = read_lines(ledger, fd, archive, &why)) == -1)
		error_set(error, why.code, "the archive '%s' isn't whole: %s",
		    path, why.message);
	close(fd);
	return rc;
}

void
archive_free(struct archive *archive)
{
	free(archive->anchored);
	*archive = (struct archive){ 0 };
}

/* The hash of what the segment follows: event 1, or a seal's. */
static int
hash_before(struct ledger *ledger, const struct seals *seals, int64_t first,
    unsigned char hash[LEDGER_HASH_BYTES], struct error *error)
{
	const struct seal *before = seals_ending(seals, first - 1);
	struct statement *row;
	const void *bytes;
	size_t count;
	int rc;

	if (before != NULL) {
		memcpy(hash, before->hash, LEDGER_HASH_BYTES);
		return 0;
	}
	if ((row = db_prepare(ledger->db, "SELECT hash FROM audit "
	    "WHERE seq = 1", error)) == NULL ||
	    (rc = db_step(row, error)) == -1)
		return -1;
	bytes = rc == 1 ? db_bytes(row, 0, &count) : NULL;
	if (bytes == NULL || count != LEDGER_HASH_BYTES)
		rc = error_set(error, EXIT_NO, "event 1 is missing: run "
		    "auditctl check");
	else
		memcpy(hash, bytes, LEDGER_HASH_BYTES);
	db_reset(row);
	return rc == -1 ? -1 : 0;
}

int
archive_compare(struct ledger *ledger, const struct archive *archive,
    const struct seals *seals, const struct seal *seal, struct error *error)
{
	unsigned char before[LEDGER_HASH_BYTES];

	if (hash_before(ledger, seals, seal->first, before, error) == -1)
		return -1;
	if (archive->first != seal->first || archive->last != seal->last ||
	    memcmp(archive->before, before, sizeof(before)) != 0 ||
	    memcmp(archive->hash, seal->hash, sizeof(seal->hash)) != 0)
		return error_set(error, EXIT_NO, "its events are not those "
		    "that were sealed as %lld to %lld", (long long)seal->first,
		    (long long)seal->last);
	if (memcmp(archive->digest, seal->archive, sizeof(seal->archive)) != 0)
		return error_set(error, EXIT_NO, "its attempts, or the layout "
		    "of its lines, are not what was written");
	return 0;
}
