/* SPDX-License-Identifier: MIT */
#include "deliver/entry.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "deliver/slack.h"

#define HASH_BYTES 16

/* ---- the line ---------------------------------------------------------- */

void
entry_free(struct entry *entry)
{
	free(entry->filter);
	free(entry->stream);
	free(entry->record_id);
	free(entry->record_version);
	free(entry->key);
	free(entry->channel);
	free(entry->payload);
	free(entry->delivery);
	free(entry->hash);
	free(entry->not_before);
	*entry = (struct entry){ .position = 0 };
}

char *
entry_hash(const char *payload)
{
	unsigned char digest[HASH_BYTES];
	char *hex = malloc(HASH_BYTES * 2 + 1);

	if (hex == NULL)
		return NULL;
	crypto_generichash(digest, sizeof(digest),
	    (const unsigned char *)payload, strlen(payload), NULL, 0);
	return sodium_bin2hex(hex, HASH_BYTES * 2 + 1, digest, sizeof(digest));
}

char *
entry_reject_key(const struct entry *entry)
{
	struct buffer key;

	buffer_init(&key, 65536);
	buffer_printf(&key, "%s:%s:%s:!reject:%s", entry->filter,
	    entry->stream, entry->record_id, entry->record_version);
	if (key.failed)
		buffer_free(&key);
	return key.data;
}

static char *
member(const struct json *json, const char *name)
{
	return json_dup(json, json_member(json, 0, name));
}

static char *
source(const struct json *json, json_node node)
{
	size_t length;
	const char *text = json_raw(json, node, &length);

	return node == JSON_NONE ? NULL : strndup(text, length);
}

bool
entry_read_common(struct entry *entry, const struct json *json)
{
	entry->filter = member(json, "filter");
	entry->stream = member(json, "stream");
	entry->record_id = member(json, "record_id");
	entry->record_version = member(json, "record_version");
	if (!json_integer(json, json_member(json, 0, "position"),
	    &entry->position))
		entry->position = 0;
	return entry->filter != NULL && entry->stream != NULL &&
	    entry->record_id != NULL && entry->record_version != NULL;
}

static bool
read_delivery(struct entry *entry, const struct json *json)
{
	json_node node = json_member(json, 0, "delivery");
	char normal[CLOCK_TEXT], *text;
	int64_t at;
	bool good = true;

	if (node == JSON_NONE || json_type(json, node) == JSON_NULL)
		return true;
	entry->delivery = source(json, node);
	entry->ignored = json_is(json, json_member(json, node, "on_change"),
	    "ignore");
	text = json_dup(json, json_member(json, node, "not_before"));
	if (text != NULL && (good = clock_parse(text, &at) == 0)) {
		clock_format(at, normal);
		entry->not_before = strdup(normal);
	}
	free(text);
	return good && entry->delivery != NULL;
}

bool
entry_read(struct entry *entry, const struct json *json)
{
	json_node payload = json_member(json, 0, "payload");
	char *channel;

	if (!entry_read_common(entry, json) || !read_delivery(entry, json) ||
	    json_type(json, payload) != JSON_OBJECT)
		return false;
	entry->key = member(json, "key");
	channel = json_dup(json, json_member(json, payload, "channel"));
	if (channel != NULL)
		entry->channel = slack_channel_name(channel);
	free(channel);
	entry->payload = source(json, payload);
	entry->hash = entry->payload != NULL ? entry_hash(entry->payload) :
	    NULL;
	return entry->key != NULL && entry->channel != NULL &&
	    *entry->channel != '\0' && entry->hash != NULL;
}

/* ---- the row ----------------------------------------------------------- */

int
entry_is_unchanged(struct ledger *ledger, const struct entry *entry,
    struct error *error)
{
	struct statement *row;
	int rc;

	if ((row = db_prepare(ledger->db, "SELECT payload_hash, "
	    "state = 'dead' FROM messages WHERE stream = ?1 "
	    "AND record_id = ?2 AND filter = ?3 AND channel = ?4 "
	    "AND position = ?5 AND replays IS NULL "
	    "AND state NOT IN ('unchanged', 'cancelled') "
	    "ORDER BY id DESC LIMIT 1",
	    error)) == NULL)
		return -1;
	db_bind_text(row, 1, entry->stream);
	db_bind_text(row, 2, entry->record_id);
	db_bind_text(row, 3, entry->filter);
	db_bind_text(row, 4, entry->channel);
	db_bind_int(row, 5, entry->position);
	if ((rc = db_step(row, error)) != 1)
		return rc;
	rc = entry->ignored || (db_int(row, 1) == 0 &&
	    strcmp(db_text(row, 0), entry->hash) == 0);
	db_reset(row);
	return rc;
}

static int
insert_message(struct ledger *ledger, const struct entry *entry,
    const char *state, const char *why, int64_t *id, struct error *error)
{
	struct statement *row;
	char now[CLOCK_TEXT];
	int rc;

	clock_now(now);
	if ((row = db_prepare(ledger->db, "INSERT INTO messages "
	    "(key, state, filter, stream, record_id, record_version, position, "
	    "channel, payload_hash, not_before, queued_at, error) VALUES "
	    "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) "
	    "ON CONFLICT (key) DO NOTHING RETURNING id", error)) == NULL)
		return -1;
	db_bind_text(row, 1, entry->key);
	db_bind_text(row, 2, state);
	db_bind_text(row, 3, entry->filter);
	db_bind_text(row, 4, entry->stream);
	db_bind_text(row, 5, entry->record_id);
	db_bind_text(row, 6, entry->record_version);
	db_bind_int(row, 7, entry->position);
	db_bind_text(row, 8, entry->channel);
	db_bind_text(row, 9, entry->hash);
	db_bind_text(row, 10, entry->not_before);
	db_bind_text(row, 11, now);
	db_bind_text(row, 12, why);
	if ((rc = db_step(row, error)) != 1)
		return rc;
	*id = db_int(row, 0);
	return db_run(row, error) == -1 ? -1 : 1;
}

static int
put_body(struct ledger *ledger, const struct entry *entry, int64_t id,
    struct error *error)
{
	struct statement *row;

	if ((row = db_prepare(ledger->db, "INSERT INTO bodies "
	    "(message, payload, delivery) VALUES (?1, ?2, ?3) "
	    "ON CONFLICT (message) DO UPDATE SET payload = excluded.payload, "
	    "delivery = excluded.delivery", error)) == NULL)
		return -1;
	db_bind_int(row, 1, id);
	db_bind_text(row, 2, entry->payload);
	db_bind_text(row, 3, entry->delivery);
	return db_run(row, error);
}

/* Who is to be told what, about which record: into the chain of the audit log,
 * so that no edit of the row changes the story unseen. */
static int
audit(struct ledger *ledger, const struct entry *entry, int64_t id,
    const char *state, const struct entry_note *note, struct error *error)
{
	struct buffer *detail = note->scratch;
	char event[32];

	snprintf(event, sizeof(event), "message.%s", state);
	buffer_clear(detail);
	buffer_puts(detail, "{");
	buffer_json_member(detail, "filter", entry->filter);
	buffer_json_member(detail, "stream", entry->stream);
	buffer_json_member(detail, "record_id", entry->record_id);
	buffer_json_member(detail, "record_version", entry->record_version);
	buffer_json_member(detail, "channel", entry->channel);
	buffer_json_member(detail, "payload_hash", entry->hash);
	if (note->why != NULL)
		buffer_json_member(detail, "error", note->why);
	if (note->more != NULL) {
		buffer_puts(detail, ",");
		buffer_puts(detail, note->more);
	}
	buffer_puts(detail, "}");
	return detail->failed ? error_set(error, EXIT_SYSTEM,
	    "out of memory") : audit_message(ledger, event, id,
	    buffer_text(detail), error);
}

int
entry_insert(struct ledger *ledger, const struct entry *entry,
    const char *state, const struct entry_note *note, int64_t *id,
    struct error *error)
{
	int rc;

	if ((rc = insert_message(ledger, entry, state, note->why, id,
	    error)) != 1)
		return rc;
	if (strcmp(state, "unchanged") != 0 &&
	    put_body(ledger, entry, *id, error) == -1)
		return -1;
	return audit(ledger, entry, *id, state, note, error) == -1 ? -1 : 1;
}

int
entry_replace(struct ledger *ledger, const struct entry *entry, int64_t id,
    const char *key, const struct entry_note *note, struct error *error)
{
	struct statement *row;

	if ((row = db_prepare(ledger->db, "UPDATE messages SET "
	    "state = 'queued', generation = generation + 1, attempts = 0, "
	    "error = NULL, method = 'post', key = ?2, channel = ?3, "
	    "payload_hash = ?4, not_before = ?5 WHERE id = ?1",
	    error)) == NULL)
		return -1;
	db_bind_int(row, 1, id);
	db_bind_text(row, 2, key);
	db_bind_text(row, 3, entry->channel);
	db_bind_text(row, 4, entry->hash);
	db_bind_text(row, 5, entry->not_before);
	return db_run(row, error) == -1 ||
	    put_body(ledger, entry, id, error) == -1 ? -1 :
	    audit(ledger, entry, id, "queued", note, error);
}

int
entry_cancel_reject(struct ledger *ledger, const struct entry *entry,
    struct error *error)
{
	char *key = entry_reject_key(entry);
	struct statement *row;
	int64_t id;
	int rc = -1;

	if (key == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	if ((row = db_prepare(ledger->db, "UPDATE messages SET "
	    "state = 'cancelled' WHERE key = ?1 AND state = 'dead' "
	    "RETURNING id", error)) == NULL)
		goto out;
	db_bind_text(row, 1, key);
	if ((rc = db_step(row, error)) != 1)
		goto out;
	id = db_int(row, 0);
	rc = db_run(row, error) == -1 ? -1 : audit_message(ledger,
	    "message.cancelled", id,
	    "{\"why\":\"its filter made a message of the record\"}", error);
out:
	free(key);
	return rc;
}
