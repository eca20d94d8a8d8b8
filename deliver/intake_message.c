/* SPDX-License-Identifier: MIT */
/* MESSAGE and REJECT lines: which become rows, and in which state. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deliver/entry.h"
#include "deliver/intake_part.h"
#include "deliver/receipt.h"

/* A row in a state, with its body and its audit event. */
static int
store(struct intake *intake, const struct entry *entry, const char *state,
    const char *why, struct error *error)
{
	const struct entry_note note = { .why = why,
		.scratch = &intake->scratch };
	int64_t id;
	int rc;

	if ((rc = entry_insert(intake->setup.ledger, entry, state, &note, &id,
	    error)) != 1)
		return rc;
	/* What isn't queued has its final outcome here. */
	return strcmp(state, "queued") != 0 && receipt_add(intake->setup.ledger,
	    intake->setup.echo, id, error) == -1 ? -1 : 1;
}

/* Whose is the key? */
enum owner {
	NOBODY,
	THIS,  /* message, which was read before */
	DEAD,  /* the same, but it died and said something else */
	OTHER  /* record or version: only a key that the filter chose can be */
};

/* DEAD: *id is its id. */
static int
find_key(struct intake *intake, const struct entry *entry, int64_t *id,
    struct error *error)
{
	struct statement *row;
	int rc;

	if ((row = db_prepare(intake->setup.ledger->db, "SELECT stream = ?2 "
	    "AND record_id = ?3 AND record_version = ?4, "
	    "state = 'dead' AND payload_hash <> ?5 AND NOT EXISTS ("
	    /* What came later about the record is the last word. */
	    "SELECT 1 FROM messages l WHERE l.stream = m.stream "
	    "AND l.record_id = m.record_id AND l.id > m.id "
	    "AND l.filter = m.filter AND l.channel = m.channel "
	    "AND l.position = m.position AND l.replays IS NULL), m.id "
	    "FROM messages m WHERE m.key = ?1", error)) == NULL)
		return -1;
	db_bind_text(row, 1, entry->key);
	db_bind_text(row, 2, entry->stream);
	db_bind_text(row, 3, entry->record_id);
	db_bind_text(row, 4, entry->record_version);
	db_bind_text(row, 5, entry->hash);
	if ((rc = db_step(row, error)) != 1)
		return rc == 0 ? NOBODY : -1;
	*id = db_int(row, 2);
	rc = db_int(row, 0) == 0 ? OTHER : db_int(row, 1) != 0 ? DEAD : THIS;
	db_reset(row);
	return rc;
}

/* A message that died has another payload now: its filter was mended, and the
 * record read again.  It is queued as if it were new. */
static int
mend(struct intake *intake, const struct entry *entry, int64_t id,
    struct error *error)
{
	const struct entry_note note = { .scratch = &intake->scratch };
	struct channel *channel;

	if (entry_replace(intake->setup.ledger, entry, id, entry->key, &note,
	    error) == -1)
		return -1;
	channel = pace_channel(intake->setup.pace, entry->channel);
	if (channel == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	intake->tally.queued++;
	intake->tally.waiting++;
	pace_waiting(intake->setup.pace, channel, true);
	return 0;
}

static int
store_unchanged(struct intake *intake, const struct entry *entry,
    const char *why, struct error *error)
{
	int rc = store(intake, entry, "unchanged", why, error);

	intake->tally.unchanged += rc == 1;
	return rc;
}

/* A message under a key that was used is not sent, but accounted for. */
static int
store_taken(struct intake *intake, struct entry *entry,
    struct error *error)
{
	struct buffer key;

	buffer_init(&key, 65536);
	buffer_printf(&key, "%s:!again:%s:%s:%s", entry->key, entry->stream,
	    entry->record_id, entry->record_version);
	if (key.failed) {
		buffer_free(&key);
		return error_set(error, EXIT_SYSTEM, "a key is too long");
	}
	free(entry->key);
	entry->key = key.data;
	return store_unchanged(intake, entry,
	    "its key was used by an earlier message", error);
}

/* May one more wait?  Others empty the queue too, so count before a no. */
static int
has_room(struct intake *intake, struct error *error)
{
	int64_t most = intake->setup.backlog_max;

	if (most == 0 || intake->tally.waiting < most)
		return 1;
	if (intake_count_waiting(intake, error) == -1)
		return -1;
	return intake->tally.waiting < most;
}

/* 1: it is queued. */
static int
queue(struct intake *intake, const struct entry *entry,
    struct error *error)
{
	struct channel *channel;
	char text[200];
	int rc = has_room(intake, error);

	if (rc == 0) {
		snprintf(text, sizeof(text), "is not taken: %lld messages wait "
		    "already, and slack.max_backlog allows no more: see "
		    "auditctl list --state queued, mend what holds them up or "
		    "raise it", (long long)intake->tally.waiting);
		return intake_refuse(intake, EXIT_TEMPFAIL, text);
	}
	if (rc == -1)
		return -1;
	channel = pace_channel(intake->setup.pace, entry->channel);
	if (channel == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	if ((rc = store(intake, entry, "queued", NULL, error)) == 1) {
		intake->tally.queued++;
		intake->tally.waiting++;
		pace_waiting(intake->setup.pace, channel, true);
	}
	return rc;
}

int
intake_message(struct intake *intake, struct error *error)
{
	struct entry entry = { .position = 0 };
	int64_t id;
	int rc = 0;

	if (!entry_read(&entry, &intake->json)) {
		intake_refuse(intake, EXIT_DATA, "is no whole MESSAGE: filter, "
		    "stream, record_id, record_version, key and "
		    "payload.channel must be there");
		goto out;
	}
	switch (rc = find_key(intake, &entry, &id, error)) {
	case NOBODY:
		rc = entry_is_unchanged(intake->setup.ledger, &entry, error);
		if (rc == 1)
			rc = store_unchanged(intake, &entry, entry.ignored ?
			    "its filter ignores changes" : NULL, error);
		else if (rc == 0)
			rc = queue(intake, &entry, error);
		break;
	case THIS:
		rc = 0;
		break;
	case DEAD:
		rc = mend(intake, &entry, id, error);
		break;
	case OTHER:
		rc = store_taken(intake, &entry, error);
	}
	if (rc == 1 && intake->rejects)
		rc = entry_cancel_reject(intake->setup.ledger, &entry, error);
out:
	entry_free(&entry);
	return rc == -1 ? -1 : 0;
}

int
intake_reject(struct intake *intake, struct error *error)
{
	struct entry entry = { .position = 0 };
	char *why = intake_member(intake, "error");
	int rc = 0;

	if (!entry_read_common(&entry, &intake->json) || why == NULL) {
		intake_refuse(intake, EXIT_DATA, "is no whole REJECT: filter, "
		    "stream, record_id, record_version and error must be "
		    "there");
		goto out;
	}
	intake->input->count.unreadable += *entry.filter == '\0';
	entry.payload = intake_source(intake, json_member(&intake->json, 0,
	    "record"));
	if (entry.payload == NULL)
		entry.payload = strdup("null");
	entry.key = entry_reject_key(&entry);
	entry.hash = entry.payload != NULL ? entry_hash(entry.payload) : NULL;
	if (entry.key == NULL || entry.hash == NULL)
		rc = error_set(error, EXIT_SYSTEM, "out of memory");
	else
		rc = store(intake, &entry, "dead", why, error);
	intake->tally.rejected += rc == 1;
	intake->rejects = intake->rejects || rc == 1;
out:
	entry_free(&entry);
	free(why);
	return rc == -1 ? -1 : 0;
}
