/* SPDX-License-Identifier: MIT */
#include "deliver/intake.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "deliver/receipt.h"

#define HASH_BYTES 16

/* The members of a line that are strings. */
struct fields {
	char *filter, *stream, *record_id, *record_version, *key, *channel;
	char *payload, *delivery, *hash, *not_before;
	bool ignored; /* on_change is "ignore" */
};

void
intake_open(struct intake *intake, struct ledger *ledger, struct pace *pace,
    struct echo *echo, const char *pipeline, int fd)
{
	*intake = (struct intake){ .ledger = ledger, .pace = pace,
		.echo = echo, .pipeline = pipeline };
	line_open(&intake->reader, fd);
	buffer_init(&intake->scratch, JSON_TEXT_MAX);
}

void
intake_close(struct intake *intake)
{
	line_close(&intake->reader);
	json_free(&intake->json);
	buffer_free(&intake->scratch);
}

/* The input can't be trusted from here on: say why, read no further. */
static int
refuse(struct intake *intake, enum exitcode code, const char *what)
{
	error_set(&intake->failure, code, "input line %llu %s",
	    (unsigned long long)intake->reader.number, what);
	intake->failed = intake->ended = true;
	return 0;
}

static char *
member(struct intake *intake, const char *name)
{
	return json_dup(&intake->json, json_member(&intake->json, 0, name));
}

/* A member's source text, or NULL. */
static char *
source(struct intake *intake, json_node node)
{
	size_t length;
	const char *text = json_raw(&intake->json, node, &length);

	return node == JSON_NONE ? NULL : strndup(text, length);
}

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
	fields->filter = member(intake, "filter");
	fields->stream = member(intake, "stream");
	fields->record_id = member(intake, "record_id");
	fields->record_version = member(intake, "record_version");
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
	fields->delivery = source(intake, node);
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

/* One name for one channel: "finance" is "#finance", and one queue. */
static char *
channel_name(char *name)
{
	size_t length;
	char *named;

	if (name == NULL || *name == '\0' || strchr("#@", *name) != NULL ||
	    slack_is_id(name))
		return name;
	length = strlen(name) + 1;
	if ((named = malloc(length + 1)) != NULL) {
		*named = '#';
		memcpy(named + 1, name, length);
	}
	free(name);
	return named;
}

static bool
read_message(struct intake *intake, struct fields *fields)
{
	const struct json *json = &intake->json;
	json_node payload = json_member(json, 0, "payload");

	if (!read_common(intake, fields) || !read_delivery(intake, fields) ||
	    json_type(json, payload) != JSON_OBJECT)
		return false;
	fields->key = member(intake, "key");
	fields->channel = channel_name(json_dup(json, json_member(json,
	    payload, "channel")));
	fields->payload = source(intake, payload);
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
 * behind it in the queue when both are replayed. */
static int
is_unchanged(struct intake *intake, const struct fields *fields,
    struct error *error)
{
	struct statement *row;
	int rc;

	if ((row = db_prepare(intake->ledger->db, "SELECT payload_hash, "
	    "state = 'dead' FROM messages WHERE stream = ?1 AND record_id = ?2 AND filter = ?3 "
	    "AND channel = ?4 AND position = ?5 "
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
	if ((row = db_prepare(intake->ledger->db, "INSERT INTO messages (key, "
	    "state, filter, stream, record_id, record_version, position, "
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

	if ((row = db_prepare(intake->ledger->db, "INSERT INTO bodies "
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
	char event[32], subject[32];

	snprintf(event, sizeof(event), "message.%s", state);
	snprintf(subject, sizeof(subject), "%lld", (long long)id);
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
	return audit_append(intake->ledger, event, subject,
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
	return strcmp(state, "queued") != 0 && receipt_add(intake->ledger,
	    intake->echo, id, error) == -1 ? -1 : 1;
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
	char *key = reject_key(fields), subject[32];
	struct statement *row;
	int rc = -1;

	if (key == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	if ((row = db_prepare(intake->ledger->db, "UPDATE messages SET "
	    "state = 'cancelled' WHERE key = ?1 AND state = 'dead' "
	    "RETURNING id", error)) == NULL)
		goto out;
	db_bind_text(row, 1, key);
	if ((rc = db_step(row, error)) != 1)
		goto out;
	snprintf(subject, sizeof(subject), "%lld", (long long)db_int(row, 0));
	rc = db_run(row, error) == -1 ? -1 : audit_append(intake->ledger,
	    "message.cancelled", subject,
	    "{\"why\":\"its filter made a message of the record\"}", error);
out:
	free(key);
	return rc;
}

/* Is the key that of a message about another record, or another version?  Only
 * a key that the filter chose can be. */
static int
is_taken(struct intake *intake, const struct fields *fields,
    struct error *error)
{
	struct statement *row;
	int rc;

	if ((row = db_prepare(intake->ledger->db, "SELECT 1 FROM messages "
	    "WHERE key = ?1 AND (stream <> ?2 OR record_id <> ?3 "
	    "OR record_version <> ?4)", error)) == NULL)
		return -1;
	db_bind_text(row, 1, fields->key);
	db_bind_text(row, 2, fields->stream);
	db_bind_text(row, 3, fields->record_id);
	db_bind_text(row, 4, fields->record_version);
	if ((rc = db_step(row, error)) == 1)
		db_reset(row);
	return rc;
}

/* A message under a key that was used is not sent, but accounted for. */
static int
store_taken(struct intake *intake, struct fields *fields,
    struct error *error)
{
	struct buffer key;
	int rc;

	buffer_init(&key, 65536);
	buffer_printf(&key, "%s:!again:%s:%s:%s", fields->key, fields->stream,
	    fields->record_id, fields->record_version);
	if (key.failed) {
		buffer_free(&key);
		return error_set(error, EXIT_SYSTEM, "a key is too long");
	}
	free(fields->key);
	fields->key = key.data;
	rc = store(intake, fields, "unchanged",
	    "its key was used by an earlier message", error);
	intake->unchanged += rc == 1;
	return rc;
}

static int
take_message(struct intake *intake, struct error *error)
{
	struct fields fields = { 0 };
	struct channel *channel;
	int rc = 0;

	if (!read_message(intake, &fields)) {
		refuse(intake, EXIT_DATA, "is no whole MESSAGE: filter, "
		    "stream, record_id, record_version, key and "
		    "payload.channel must be there");
		goto out;
	}
	if ((channel = pace_channel(intake->pace, fields.channel)) == NULL) {
		rc = error_set(error, EXIT_SYSTEM, "out of memory");
		goto out;
	}
	if ((rc = is_taken(intake, &fields, error)) == 1)
		rc = store_taken(intake, &fields, error);
	else if (rc == 0 && (rc = is_unchanged(intake, &fields, error)) == 1) {
		rc = store(intake, &fields, "unchanged", NULL, error);
		intake->unchanged += rc == 1;
	} else if (rc == 0) {
		rc = store(intake, &fields, "queued", NULL, error);
		intake->queued += rc == 1;
		if (rc == 1)
			pace_waiting(intake->pace, channel, true);
	}
	if (rc == 1)
		rc = cancel_reject(intake, &fields, error);
out:
	fields_free(&fields);
	return rc == -1 ? -1 : 0;
}

static int
take_reject(struct intake *intake, struct error *error)
{
	struct fields fields = { 0 };
	char *why = member(intake, "error");
	int rc = 0;

	if (!read_common(intake, &fields) || why == NULL) {
		refuse(intake, EXIT_DATA, "is no whole REJECT: filter, stream, "
		    "record_id, record_version and error must be there");
		goto out;
	}
	intake->unreadable += *fields.filter == '\0';
	fields.payload = source(intake, json_member(&intake->json, 0,
	    "record"));
	if (fields.payload == NULL)
		fields.payload = strdup("null");
	fields.key = reject_key(&fields);
	fields.hash = fields.payload != NULL ? hash_of(fields.payload) : NULL;
	if (fields.key == NULL || fields.hash == NULL)
		rc = error_set(error, EXIT_SYSTEM, "out of memory");
	else
		rc = store(intake, &fields, "dead", why, error);
	intake->rejected += rc == 1;
out:
	fields_free(&fields);
	free(why);
	return rc == -1 ? -1 : 0;
}

static int
take_seen(struct intake *intake, struct error *error)
{
	char *stream = member(intake, "stream"), now[CLOCK_TEXT];
	char *record_id = member(intake, "record_id");
	char *version = member(intake, "record_version");
	char *amount = member(intake, "amount");
	char *currency = member(intake, "currency");
	char *outcome = source(intake, json_member(&intake->json, 0,
	    "messages"));
	struct statement *row;
	int rc = -1;

	if (stream == NULL || record_id == NULL || version == NULL ||
	    outcome == NULL) {
		rc = refuse(intake, EXIT_DATA, "is no whole SEEN: stream, "
		    "record_id, record_version and messages must be there");
		goto out;
	}
	intake->seen++;
	clock_now(now);
	if ((row = db_prepare(intake->ledger->db, "INSERT INTO records "
	    "(stream, record_id, record_version, seen_at, amount, currency, "
	    "outcome) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT "
	    "(stream, record_id, record_version) DO UPDATE SET outcome = "
	    /* Other filters may run today: each has its latest say. */
	    "json_patch(outcome, excluded.outcome)", error)) == NULL)
		goto out;
	db_bind_text(row, 1, stream);
	db_bind_text(row, 2, record_id);
	db_bind_text(row, 3, version);
	db_bind_text(row, 4, now);
	db_bind_text(row, 5, amount);
	db_bind_text(row, 6, currency);
	db_bind_text(row, 7, outcome);
	rc = db_run(row, error);
out:
	free(stream);
	free(record_id);
	free(version);
	free(amount);
	free(currency);
	free(outcome);
	return rc;
}

/* Is the bookmark that is there later than value?  It doesn't go back: a run
 * over an old span (fetch --until) must not undo what was reached. */
static int
is_behind(struct intake *intake, const char *stream, const char *value,
    struct error *error)
{
	int64_t here, there;
	char *known;
	int rc;

	if (bookmark_get(intake->ledger, intake->pipeline, stream, &known,
	    NULL, error) == -1)
		return -1;
	rc = known != NULL && clock_parse(known, &here) == 0 &&
	    clock_parse(value, &there) == 0 && there < here;
	free(known);
	return rc;
}

static int
take_bookmark(struct intake *intake, json_node node, struct error *error)
{
	const struct json *json = &intake->json;
	char *value = json_dup(json, json_member(json, node,
	    "replication_key_value"));
	char *key = json_dup(json, json_member(json, node,
	    "replication_key"));
	const char *stream;
	int rc = 0;

	buffer_clear(&intake->scratch);
	json_decode_name(json, node, &intake->scratch);
	stream = buffer_text(&intake->scratch);
	if (value != NULL && key != NULL &&
	    (rc = is_behind(intake, stream, value, error)) == 0)
		rc = bookmark_set(intake->ledger, intake->pipeline, stream,
		    key, value, error);
	free(value);
	free(key);
	return rc == -1 ? -1 : 0;
}

static int
take_state(struct intake *intake, struct error *error)
{
	const struct json *json = &intake->json;
	json_node value = json_member(json, 0, "value"), node;
	char text[160];
	const char *raw;
	int64_t records;
	size_t length;

	if (json_integer(json, json_path(json, "stats.records"), &records) &&
	    (records < intake->seen ||
	    records > intake->seen + intake->unreadable)) {
		snprintf(text, sizeof(text), "is a STATE after %lld records, "
		    "and %lld came: some were lost in the pipe; run it again, "
		    "nothing is sent twice", (long long)records,
		    (long long)intake->seen);
		return refuse(intake, EXIT_TEMPFAIL, text);
	}
	if (json_type(json, value) != JSON_OBJECT)
		return refuse(intake, EXIT_DATA, "is a STATE without a value");
	intake->seen = intake->unreadable = 0;
	for (node = json_first(json, json_member(json, value, "bookmarks"));
	    node != JSON_NONE; node = json_next(json, node))
		if (take_bookmark(intake, node, error) == -1)
			return -1;
	raw = json_raw(json, value, &length);
	return echo_line(intake->echo, raw, length) == 0 ? 0 :
	    error_set(error, EXIT_SYSTEM, "too many STATE lines at once");
}

static int
take_line(struct intake *intake, const char *text, size_t length,
    struct error *error)
{
	static const struct {
		const char *type;
		int (*take)(struct intake *, struct error *);
	} types[] = { { "MESSAGE", take_message }, { "SEEN", take_seen },
		{ "STATE", take_state }, { "REJECT", take_reject } };
	struct error parse;
	json_node type;
	size_t i;

	if (json_parse(&intake->json, text, length, &parse) == -1)
		return refuse(intake, EXIT_DATA, "is not JSON");
	type = json_member(&intake->json, 0, "type");
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (json_is(&intake->json, type, types[i].type))
			return types[i].take(intake, error);
	return refuse(intake, EXIT_DATA, json_is(&intake->json, type,
	    "RECORD") || json_is(&intake->json, type, "SCHEMA") ?
	    "comes from fetch: put transform between fetch and deliver" :
	    "is no MESSAGE, REJECT, SEEN or STATE");
}

int
intake_read(struct intake *intake, size_t most, size_t *count,
    struct error *error)
{
	const char *text;
	size_t length;

	for (*count = 0; *count < most && !intake->ended; ++*count)
		switch (line_next(&intake->reader, &text, &length, error)) {
		case LINE_OK:
			if (take_line(intake, text, length, error) == -1)
				return -1;
			break;
		case LINE_AGAIN:
			return 0;
		case LINE_END:
			intake->ended = true;
			return 0;
		case LINE_TORN:
			return refuse(intake, EXIT_TEMPFAIL, "is torn: its "
			    "writer ended too early; run it again, nothing is "
			    "sent twice");
		case LINE_TOO_LONG:
			return refuse(intake, EXIT_DATA, "is too long");
		case LINE_ERROR:
			intake->failure = *error;
			intake->failed = intake->ended = true;
			return 0;
		}
	return 0;
}

int
intake_fd(const struct intake *intake)
{
	return intake->reader.fd;
}

bool
intake_at_hand(const struct intake *intake)
{
	(void)intake;
	return false;
}

void
intake_committed(struct intake *intake)
{
	(void)intake;
}

void
intake_rolled_back(struct intake *intake)
{
	(void)intake;
}

void
intake_end(struct intake *intake, const struct error *error)
{
	if (!intake->failed)
		intake->failure = *error;
	intake->failed = intake->ended = true;
}
