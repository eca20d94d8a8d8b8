/* SPDX-License-Identifier: MIT */
/* MESSAGE and REJECT lines: which become rows, and in which state. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "deliver/intake_part.h"
#include "deliver/receipt.h"

#define HASH_BYTES 16

/* The members of a line that are strings. */
struct fields {
	char *filter, *stream, *record_id, *record_version, *key, *channel;
	char *payload, *delivery, *hash, *not_before;
	bool ignored; /* on_change is "ignore" */
};

static void
fields_free(struct fields *fields)
{
	free(fields->filter);
	free(fields->stream);
	free(fields->record_id);
	free(fields->record_version);
	free(fields->key);
	free(fields->channel);
	free(fields->payload);
	free(fields->delivery);
	free(fields->hash);
	free(fields->not_before);
}

static char *
hash_of(const char *text)
{
	unsigned char digest[HASH_BYTES];
	char *hex = malloc(HASH_BYTES * 2 + 1);

	if (hex == NULL)
		return NULL;
	crypto_generichash(digest, sizeof(digest),
	    (const unsigned char *)text, strlen(text), NULL, 0);
	return sodium_bin2hex(hex, HASH_BYTES * 2 + 1, digest, sizeof(digest));
}

/* What every MESSAGE and REJECT has. */
static bool
read_common(struct intake *intake, struct fields *fields)
{
	fields->filter = intake_member(intake, "filter");
	fields->stream = intake_member(intake, "stream");
	fields->record_id = intake_member(intake, "record_id");
	fields->record_version = intake_member(intake, "record_version");
	return fields->filter != NULL && fields->stream != NULL &&
	    fields->record_id != NULL && fields->record_version != NULL;
}

static bool
read_delivery(struct intake *intake, struct fields *fields)
{
	const struct json *json = &intake->json;
	json_node node = json_member(json, 0, "delivery");
	char normal[CLOCK_TEXT], *text;
	int64_t at;
	bool good = true;

	if (node == JSON_NONE || json_type(json, node) == JSON_NULL)
		return true;
	fields->delivery = intake_source(intake, node);
	fields->ignored = json_is(json, json_member(json, node, "on_change"),
	    "ignore");
	text = json_dup(json, json_member(json, node, "not_before"));
	if (text != NULL && (good = clock_parse(text, &at) == 0)) {
		clock_format(at, normal);
		fields->not_before = strdup(normal);
	}
	free(text);
	return good && fields->delivery != NULL;
}

static bool
read_message(struct intake *intake, struct fields *fields)
{
	const struct json *json = &intake->json;
	json_node payload = json_member(json, 0, "payload");
	char *channel;

	if (!read_common(intake, fields) || !read_delivery(intake, fields) ||
	    json_type(json, payload) != JSON_OBJECT)
		return false;
	fields->key = intake_member(intake, "key");
	channel = json_dup(json, json_member(json, payload, "channel"));
	if (channel != NULL)
		fields->channel = slack_channel_name(channel);
	free(channel);
	fields->payload = intake_source(intake, payload);
	fields->hash = fields->payload != NULL ? hash_of(fields->payload) :
	    NULL;
	return fields->key != NULL && fields->channel != NULL &&
	    *fields->channel != '\0' && fields->hash != NULL;
}

static int64_t
position_of(struct intake *intake)
{
	int64_t position;

	return json_integer(&intake->json, json_member(&intake->json, 0,
	    "position"), &position) ? position : 0;
}

/* What did the last message to the channel say about this record?  1: the same,
 * 0: something else, or there is none, or it died: then this one is wanted, and
 * behind it in the queue when both are replayed.  What an operator had sent
 * once more is no news about the record. */
static int
is_unchanged(struct intake *intake, const struct fields *fields,
    struct error *error)
{
	struct statement *row;
	int rc;

	if ((row = db_prepare(intake->setup.ledger->db, "SELECT payload_hash, "
	    "state = 'dead' FROM messages WHERE stream = ?1 "
	    "AND record_id = ?2 AND filter = ?3 AND channel = ?4 "
	    "AND position = ?5 AND replays IS NULL "
	    "AND state NOT IN ('unchanged', 'cancelled') "
	    "ORDER BY id DESC LIMIT 1",
	    error)) == NULL)
		return -1;
	db_bind_text(row, 1, fields->stream);
	db_bind_text(row, 2, fields->record_id);
	db_bind_text(row, 3, fields->filter);
	db_bind_text(row, 4, fields->channel);
	db_bind_int(row, 5, position_of(intake));
	if ((rc = db_step(row, error)) != 1)
		return rc;
	rc = fields->ignored || (db_int(row, 1) == 0 &&
	    strcmp(db_text(row, 0), fields->hash) == 0);
	db_reset(row);
	return rc;
}

/* 1: a new row, *id its id; 0: the key was known. */
static int
insert_message(struct intake *intake, const struct fields *fields,
    const char *state, const char *why, int64_t *id, struct error *error)
{
	struct statement *row;
	char now[CLOCK_TEXT];
	int rc;

	clock_now(now);
	if ((row = db_prepare(intake->setup.ledger->db, "INSERT INTO messages "
	    "(key, state, filter, stream, record_id, record_version, position, "
	    "channel, payload_hash, not_before, queued_at, error) VALUES "
	    "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) "
	    "ON CONFLICT (key) DO NOTHING RETURNING id", error)) == NULL)
		return -1;
	db_bind_text(row, 1, fields->key);
	db_bind_text(row, 2, state);
	db_bind_text(row, 3, fields->filter);
	db_bind_text(row, 4, fields->stream);
	db_bind_text(row, 5, fields->record_id);
	db_bind_text(row, 6, fields->record_version);
	db_bind_int(row, 7, position_of(intake));
	db_bind_text(row, 8, fields->channel);
	db_bind_text(row, 9, fields->hash);
	db_bind_text(row, 10, fields->not_before);
	db_bind_text(row, 11, now);
	db_bind_text(row, 12, why);
	if ((rc = db_step(row, error)) != 1)
		return rc;
	*id = db_int(row, 0);
	return db_run(row, error) == -1 ? -1 : 1;
}

static int
insert_body(struct intake *intake, const struct fields *fields, int64_t id,
    struct error *error)
{
	struct statement *row;

	if ((row = db_prepare(intake->setup.ledger->db, "INSERT INTO bodies "
	    "(message, payload, delivery) VALUES (?1, ?2, ?3)",
	    error)) == NULL)
		return -1;
	db_bind_int(row, 1, id);
	db_bind_text(row, 2, fields->payload);
	db_bind_text(row, 3, fields->delivery);
	return db_run(row, error);
}

/* Who is to be told what, about which record: into the chain of the audit log,
 * so that no edit of the row changes the story unseen. */
static int
audit_row(struct intake *intake, const struct fields *fields, int64_t id,
    const char *state, const char *why, struct error *error)
{
	struct buffer *detail = &intake->scratch;
	char event[32];

	snprintf(event, sizeof(event), "message.%s", state);
	buffer_clear(detail);
	buffer_puts(detail, "{");
	buffer_json_member(detail, "filter", fields->filter);
	buffer_json_member(detail, "stream", fields->stream);
	buffer_json_member(detail, "record_id", fields->record_id);
	buffer_json_member(detail, "record_version", fields->record_version);
	buffer_json_member(detail, "channel", fields->channel);
	buffer_json_member(detail, "payload_hash", fields->hash);
	if (why != NULL)
		buffer_json_member(detail, "error", why);
	buffer_puts(detail, "}");
	return audit_message(intake->setup.ledger, event, id,
	    buffer_text(detail), error);
}

/* A row in a state, with its body and its audit event. */
static int
store(struct intake *intake, const struct fields *fields, const char *state,
    const char *why, struct error *error)
{
	int64_t id;
	int rc;

	if ((rc = insert_message(intake, fields, state, why, &id, error)) != 1)
		return rc;
	if (strcmp(state, "unchanged") != 0 &&
	    insert_body(intake, fields, id, error) == -1)
		return -1;
	if (audit_row(intake, fields, id, state, why, error) == -1)
		return -1;
	/* What isn't queued has its final outcome here. */
	return strcmp(state, "queued") != 0 && receipt_add(intake->setup.ledger,
	    intake->setup.echo, id, error) == -1 ? -1 : 1;
}

static char *
reject_key(const struct fields *fields)
{
	struct buffer key;

	buffer_init(&key, 65536);
	buffer_printf(&key, "%s:%s:%s:!reject:%s", fields->filter,
	    fields->stream, fields->record_id, fields->record_version);
	if (key.failed)
		buffer_free(&key);
	return key.data;
}

/* The filter failed on this version of the record before, and now made a
 * message of it: nobody needs to look at that dead letter any more. */
static int
cancel_reject(struct intake *intake, const struct fields *fields,
    struct error *error)
{
	char *key = reject_key(fields);
	struct statement *row;
	int64_t id;
	int rc = -1;

	if (key == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	if ((row = db_prepare(intake->setup.ledger->db, "UPDATE messages SET "
	    "state = 'cancelled' WHERE key = ?1 AND state = 'dead' "
	    "RETURNING id", error)) == NULL)
		goto out;
	db_bind_text(row, 1, key);
	if ((rc = db_step(row, error)) != 1)
		goto out;
	id = db_int(row, 0);
	rc = db_run(row, error) == -1 ? -1 : audit_message(
	    intake->setup.ledger, "message.cancelled", id,
	    "{\"why\":\"its filter made a message of the record\"}", error);
out:
	free(key);
	return rc;
}

/* Whose is the key? */
enum owner {
	NOBODY,
	THIS,  /* message, which was read before */
	DEAD,  /* the same, but it died and said something else */
	OTHER  /* record or version: only a key that the filter chose can be */
};

static int
find_key(struct intake *intake, const struct fields *fields,
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
	    "AND l.position = m.position AND l.replays IS NULL) "
	    "FROM messages m WHERE m.key = ?1", error)) == NULL)
		return -1;
	db_bind_text(row, 1, fields->key);
	db_bind_text(row, 2, fields->stream);
	db_bind_text(row, 3, fields->record_id);
	db_bind_text(row, 4, fields->record_version);
	db_bind_text(row, 5, fields->hash);
	if ((rc = db_step(row, error)) != 1)
		return rc == 0 ? NOBODY : -1;
	rc = db_int(row, 0) == 0 ? OTHER : db_int(row, 1) != 0 ? DEAD : THIS;
	db_reset(row);
	return rc;
}

/* A message that died has another payload now: its filter was mended, and the
 * record read again.  It is queued as if it were new. */
static int
mend(struct intake *intake, const struct fields *fields, struct error *error)
{
	struct statement *row;
	struct channel *channel;
	int64_t id;

	if ((row = db_prepare(intake->setup.ledger->db, "UPDATE messages SET "
	    "state = 'queued', generation = generation + 1, attempts = 0, "
	    "error = NULL, method = 'post', payload_hash = ?2, "
	    "not_before = ?3 WHERE key = ?1 AND state = 'dead' RETURNING id",
	    error)) == NULL)
		return -1;
	db_bind_text(row, 1, fields->key);
	db_bind_text(row, 2, fields->hash);
	db_bind_text(row, 3, fields->not_before);
	if (db_step(row, error) != 1)
		return -1;
	id = db_int(row, 0);
	if (db_run(row, error) == -1 || (row = db_prepare(
	    intake->setup.ledger->db, "UPDATE bodies SET payload = ?2, "
	    "delivery = ?3 WHERE message = ?1", error)) == NULL)
		return -1;
	db_bind_int(row, 1, id);
	db_bind_text(row, 2, fields->payload);
	db_bind_text(row, 3, fields->delivery);
	if (db_run(row, error) == -1)
		return -1;
	channel = pace_channel(intake->setup.pace, fields->channel);
	if (channel == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	intake->tally.queued++;
	intake->tally.waiting++;
	pace_waiting(intake->setup.pace, channel, true);
	return audit_row(intake, fields, id, "queued", NULL, error);
}

static int
store_unchanged(struct intake *intake, const struct fields *fields,
    const char *why, struct error *error)
{
	int rc = store(intake, fields, "unchanged", why, error);

	intake->tally.unchanged += rc == 1;
	return rc;
}

/* A message under a key that was used is not sent, but accounted for. */
static int
store_taken(struct intake *intake, struct fields *fields,
    struct error *error)
{
	struct buffer key;

	buffer_init(&key, 65536);
	buffer_printf(&key, "%s:!again:%s:%s:%s", fields->key, fields->stream,
	    fields->record_id, fields->record_version);
	if (key.failed) {
		buffer_free(&key);
		return error_set(error, EXIT_SYSTEM, "a key is too long");
	}
	free(fields->key);
	fields->key = key.data;
	return store_unchanged(intake, fields,
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
queue(struct intake *intake, const struct fields *fields,
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
	channel = pace_channel(intake->setup.pace, fields->channel);
	if (channel == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	if ((rc = store(intake, fields, "queued", NULL, error)) == 1) {
		intake->tally.queued++;
		intake->tally.waiting++;
		pace_waiting(intake->setup.pace, channel, true);
	}
	return rc;
}

int
intake_message(struct intake *intake, struct error *error)
{
	struct fields fields = { 0 };
	int rc = 0;

	if (!read_message(intake, &fields)) {
		intake_refuse(intake, EXIT_DATA, "is no whole MESSAGE: filter, "
		    "stream, record_id, record_version, key and "
		    "payload.channel must be there");
		goto out;
	}
	switch (rc = find_key(intake, &fields, error)) {
	case NOBODY:
		rc = is_unchanged(intake, &fields, error);
		if (rc == 1)
			rc = store_unchanged(intake, &fields, fields.ignored ?
			    "its filter ignores changes" : NULL, error);
		else if (rc == 0)
			rc = queue(intake, &fields, error);
		break;
	case THIS:
		rc = 0;
		break;
	case DEAD:
		rc = mend(intake, &fields, error);
		break;
	case OTHER:
		rc = store_taken(intake, &fields, error);
	}
	if (rc == 1 && intake->rejects)
		rc = cancel_reject(intake, &fields, error);
out:
	fields_free(&fields);
	return rc == -1 ? -1 : 0;
}

int
intake_reject(struct intake *intake, struct error *error)
{
	struct fields fields = { 0 };
	char *why = intake_member(intake, "error");
	int rc = 0;

	if (!read_common(intake, &fields) || why == NULL) {
		intake_refuse(intake, EXIT_DATA, "is no whole REJECT: filter, "
		    "stream, record_id, record_version and error must be "
		    "there");
		goto out;
	}
	intake->input->count.unreadable += *fields.filter == '\0';
	fields.payload = intake_source(intake, json_member(&intake->json, 0,
	    "record"));
	if (fields.payload == NULL)
		fields.payload = strdup("null");
	fields.key = reject_key(&fields);
	fields.hash = fields.payload != NULL ? hash_of(fields.payload) : NULL;
	if (fields.key == NULL || fields.hash == NULL)
		rc = error_set(error, EXIT_SYSTEM, "out of memory");
	else
		rc = store(intake, &fields, "dead", why, error);
	intake->tally.rejected += rc == 1;
	intake->rejects = intake->rejects || rc == 1;
out:
	fields_free(&fields);
	free(why);
	return rc == -1 ? -1 : 0;
}
