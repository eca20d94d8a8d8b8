/* SPDX-License-Identifier: MIT */
#include "deliver/outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"

/* SQLite uses a partial index only where the query repeats its condition. */
#define WAITING "state IN ('queued', 'sending', 'in_doubt')"

static int
audit(struct outbox *outbox, int64_t id, const char *event,
    const char *name, const char *value, struct error *error)
{
	struct buffer detail;
	char subject[32];
	int rc;

	snprintf(subject, sizeof(subject), "%lld", (long long)id);
	if (name == NULL)
		return audit_append(outbox->ledger, event, subject, NULL,
		    error);
	buffer_init(&detail, 65536);
	buffer_puts(&detail, "{");
	buffer_json_member(&detail, name, value);
	buffer_puts(&detail, "}");
	rc = audit_append(outbox->ledger, event, subject, buffer_text(&detail),
	    error);
	buffer_free(&detail);
	return rc;
}

/* A change is made from one known state, or somebody else writes too. */
static int
run_change(struct outbox *outbox, struct statement *statement, int64_t id,
    const char *from, struct error *error)
{
	if (db_run(statement, error) == -1)
		return -1;
	return db_changes(outbox->ledger->db) == 1 ? 0 :
	    error_set(error, EXIT_BUG, "message %lld is not %s any more: "
	    "something else changes the ledger", (long long)id, from);
}

/* Give the message another state, with its cause. */
static int
change(struct outbox *outbox, const struct message *message,
    const char *from, const char *state, const char *why, bool counts,
    struct error *error)
{
	struct statement *statement;

	if ((statement = db_prepare(outbox->ledger->db, "UPDATE messages SET "
	    "state = ?2, error = ?3, attempts = attempts + ?4 "
	    "WHERE id = ?1 AND state = ?5", error)) == NULL)
		return -1;
	db_bind_int(statement, 1, message->id);
	db_bind_text(statement, 2, state);
	db_bind_text(statement, 3, why);
	db_bind_int(statement, 4, counts);
	db_bind_text(statement, 5, from);
	return run_change(outbox, statement, message->id, from, error);
}

/* ---- claim ------------------------------------------------------------- */

/* A message waits for an earlier one of its filter about its record in its
 * channel, also for one that a person or its own time holds back.  Between
 * filters the order of the queue is all there is. */
static const char claim_sql[] =
    "SELECT m.id, m.generation, m.key, m.filter, m.stream, m.record_id, "
    "m.position, b.payload, b.delivery "
    "FROM messages m JOIN bodies b ON b.message = m.id "
    "WHERE m.channel = ?1 AND m." WAITING " AND m.state = 'queued' "
    "AND (m.not_before IS NULL OR m.not_before <= ?2) "
    "AND NOT EXISTS (SELECT 1 FROM messages e WHERE e.stream = m.stream "
    "AND e.record_id = m.record_id AND e.id < m.id "
    "AND e.channel = m.channel AND e.filter = m.filter "
    "AND e.state IN ('queued', 'sending', 'in_doubt', 'held')) "
    "ORDER BY m.id LIMIT 1";

/* Does the filter name a thread itself?  Then that is the message's. */
static bool
own_thread(const char *payload, struct message *message)
{
	struct json json = { 0 };
	struct error ignored;
	char *ts = NULL;

	if (json_parse(&json, payload, strlen(payload), &ignored) == 0)
		ts = json_dup(&json, json_member(&json, 0, "thread_ts"));
	if (ts != NULL)
		snprintf(message->thread_ts, sizeof(message->thread_ts), "%s",
		    ts);
	free(ts);
	json_free(&json);
	return *message->thread_ts != '\0';
}

/* Does a change of the record go into the first message's thread? */
static bool
wants_thread(const char *delivery)
{
	struct json json = { 0 };
	struct error ignored;
	bool post;

	post = delivery != NULL && json_parse(&json, delivery,
	    strlen(delivery), &ignored) == 0 && json_is(&json,
	    json_member(&json, 0, "on_change"), "post");
	json_free(&json);
	return !post;
}

/* The ts of the first message about the row's record in its channel.  One in
 * an earlier channel of the same name is out of reach. */
static int
find_thread(struct outbox *outbox, struct statement *row,
    struct message *message, struct error *error)
{
	struct statement *statement;
	int rc;

	if ((statement = db_prepare(outbox->ledger->db, "SELECT slack_ts "
	    "FROM messages WHERE stream = ?1 AND record_id = ?2 AND id < ?3 "
	    "AND filter = ?4 AND channel = ?5 AND position = ?6 "
	    "AND slack_channel = ?7 AND state = 'sent' "
	    "AND thread_ts IS NULL ORDER BY id LIMIT 1",
	    error)) == NULL)
		return -1;
	db_bind_text(statement, 1, db_text(row, 4));
	db_bind_text(statement, 2, db_text(row, 5));
	db_bind_int(statement, 3, message->id);
	db_bind_text(statement, 4, db_text(row, 3));
	db_bind_text(statement, 5, message->channel->name);
	db_bind_int(statement, 6, db_int(row, 6));
	db_bind_text(statement, 7, message->channel->slack);
	if ((rc = db_step(statement, error)) == 1 &&
	    db_text(statement, 0) != NULL)
		snprintf(message->thread_ts, sizeof(message->thread_ts), "%s",
		    db_text(statement, 0));
	db_reset(statement);
	return rc == -1 ? -1 : 0;
}

/* Write `sending` and the attempt. */
static int
mark_sending(struct outbox *outbox, const struct message *message,
    struct error *error)
{
	struct statement *statement;
	char now[CLOCK_TEXT];

	clock_format(message->sending_ms, now);
	if ((statement = db_prepare(outbox->ledger->db, "UPDATE messages SET "
	    "state = 'sending', sending_at = ?2, thread_ts = ?3, error = NULL "
	    "WHERE id = ?1 AND state = 'queued'", error)) == NULL)
		return -1;
	db_bind_int(statement, 1, message->id);
	db_bind_text(statement, 2, now);
	db_bind_text(statement, 3, *message->thread_ts != '\0' ?
	    message->thread_ts : NULL);
	if (db_run(statement, error) == -1)
		return -1;
	if ((statement = db_prepare(outbox->ledger->db, "INSERT INTO attempts "
	    "(message, generation, number, started_at) VALUES (?1, ?2, "
	    "(SELECT coalesce(max(number), 0) + 1 FROM attempts "
	    "WHERE message = ?1 AND generation = ?2), ?3)", error)) == NULL)
		return -1;
	db_bind_int(statement, 1, message->id);
	db_bind_int(statement, 2, message->generation);
	db_bind_text(statement, 3, now);
	if (db_run(statement, error) == -1)
		return -1;
	return audit(outbox, message->id, "message.sending", NULL, NULL,
	    error);
}

static const struct http_answer no_http;

/* 1: claimed, 0: its payload was damaged and it is dead now. */
static int
claim_row(struct outbox *outbox, struct statement *row,
    struct message *message, struct buffer *body, struct error *error)
{
	const char *payload = db_text(row, 7);
	static const char damaged[] = "its payload can't be read";
	struct channel *channel = message->channel;

	message->id = db_int(row, 0);
	message->generation = db_int(row, 1);
	message->sending_ms = clock_wall_ms();
	if (ledger_message_token(outbox->ledger, db_text(row, 2),
	    message->generation, message->token, error) == -1)
		return -1;
	if (!own_thread(payload, message) && wants_thread(db_text(row, 8)) &&
	    find_thread(outbox, row, message, error) == -1)
		return -1;
	if (slack_post_body(payload, *channel->slack != '\0' ?
	    channel->slack : channel->name, *message->thread_ts != '\0' ?
	    message->thread_ts : NULL, message->token, body, error) == 0)
		return mark_sending(outbox, message, error) == -1 ? -1 : 1;
	/* A word of ours: a parser's may quote the payload. */
	return change(outbox, message, "queued", "dead", damaged, false,
	    error) == -1 || audit(outbox, message->id, "message.dead", "error",
	    damaged, error) == -1 ? -1 : 0;
}

/* Is anything else queued for the channel? */
static int
look_behind(struct outbox *outbox, struct channel *channel,
    struct error *error)
{
	struct statement *row;
	int rc;

	if ((row = db_prepare(outbox->ledger->db, "SELECT 1 FROM messages "
	    "WHERE channel = ?1 AND " WAITING " AND state = 'queued' LIMIT 1",
	    error)) == NULL)
		return -1;
	db_bind_text(row, 1, channel->name);
	if ((rc = db_step(row, error)) == -1)
		return -1;
	db_reset(row);
	channel->waiting = rc == 1;
	return 0;
}

int
outbox_claim(struct outbox *outbox, struct channel *channel,
    struct message *message, struct buffer *body, struct error *error)
{
	struct statement *row;
	char now[CLOCK_TEXT];
	int rc;

	channel->waiting = false;
	do {
		clock_now(now);
		*message = (struct message){ .channel = channel };
		if ((row = db_prepare(outbox->ledger->db, claim_sql,
		    error)) == NULL)
			return -1;
		db_bind_text(row, 1, channel->name);
		db_bind_text(row, 2, now);
		if ((rc = db_step(row, error)) != 1)
			return rc;
		rc = claim_row(outbox, row, message, body, error);
		db_reset(row);
	} while (rc == 0);
	return rc == -1 || look_behind(outbox, channel, error) == -1 ? -1 : 1;
}

/* ---- outcomes ---------------------------------------------------------- */

static int
end_attempt(struct outbox *outbox, const struct message *message,
    const char *outcome, const struct slack_answer *answer,
    const struct http_answer *http, struct error *error)
{
	struct statement *statement;
	char now[CLOCK_TEXT];

	clock_now(now);
	if ((statement = db_prepare(outbox->ledger->db, "UPDATE attempts SET "
	    "ended_at = ?3, http_status = ?4, slack_error = ?5, "
	    "retry_after = ?6, outcome = ?7, request_id = ?8 "
	    "WHERE message = ?1 AND generation = ?2 AND ended_at IS NULL",
	    error)) == NULL)
		return -1;
	db_bind_int(statement, 1, message->id);
	db_bind_int(statement, 2, message->generation);
	db_bind_text(statement, 3, now);
	if (http->status != 0)
		db_bind_int(statement, 4, http->status);
	db_bind_text(statement, 5, *answer->error != '\0' ? answer->error :
	    NULL);
	if (answer->class == SLACK_RATE)
		db_bind_int(statement, 6, answer->retry_after_ms);
	db_bind_text(statement, 7, outcome);
	db_bind_text(statement, 8, *http->request_id != '\0' ?
	    http->request_id : NULL);
	return db_run(statement, error);
}

/* From `sending` to a state that isn't sent, with the answer as the cause. */
static int
fall_back(struct outbox *outbox, const struct message *message,
    const char *state, const struct slack_answer *answer,
    const struct http_answer *http, bool counts, struct error *error)
{
	char event[32];

	snprintf(event, sizeof(event), "message.%s", state);
	if (end_attempt(outbox, message, answer->class == SLACK_RATE ?
	    "rate" : strcmp(state, "queued") == 0 ? "retry" : state, answer,
	    http, error) == -1 ||
	    change(outbox, message, "sending", state, answer->error, counts,
	    error) == -1)
		return -1;
	return audit(outbox, message->id, event, "error", answer->error,
	    error);
}

static int
mark_sent(struct outbox *outbox, const struct message *message,
    const char *from, const char *ts, struct error *error)
{
	struct statement *statement;
	char now[CLOCK_TEXT], where[2 * SLACK_ID_MAX];

	clock_now(now);
	if ((statement = db_prepare(outbox->ledger->db, "UPDATE messages SET "
	    "state = 'sent', sent_at = ?2, slack_channel = ?3, slack_ts = ?4, "
	    "error = NULL, attempts = attempts + ?5 "
	    "WHERE id = ?1 AND state = ?6", error)) == NULL)
		return -1;
	db_bind_int(statement, 1, message->id);
	db_bind_text(statement, 2, now);
	db_bind_text(statement, 3, message->channel->slack);
	db_bind_text(statement, 4, ts);
	db_bind_int(statement, 5, strcmp(from, "sending") == 0);
	db_bind_text(statement, 6, from);
	if (run_change(outbox, statement, message->id, from, error) == -1)
		return -1;
	snprintf(where, sizeof(where), "%s/%s", message->channel->slack, ts);
	return audit(outbox, message->id, "message.sent", "slack", where,
	    error);
}

int
outbox_sent(struct outbox *outbox, const struct message *message,
    const struct slack_answer *answer, const struct http_answer *http,
    struct error *error)
{
	pace_identify(outbox->pace, message->channel, answer->channel);
	if (end_attempt(outbox, message, "sent", answer, http, error) == -1)
		return -1;
	return mark_sent(outbox, message, "sending", answer->ts, error);
}

int
outbox_again(struct outbox *outbox, const struct message *message,
    const struct slack_answer *answer, const struct http_answer *http,
    bool counts, struct error *error)
{
	return fall_back(outbox, message, "queued", answer, http, counts,
	    error);
}

int
outbox_failed(struct outbox *outbox, const struct message *message,
    const char *state, const struct slack_answer *answer,
    const struct http_answer *http, struct error *error)
{
	return fall_back(outbox, message, state, answer, http, true, error);
}

int
outbox_channel_dead(struct outbox *outbox, const struct channel *channel,
    const char *why, int64_t *count, struct error *error)
{
	struct message message = { 0 };
	struct statement *row;
	int rc;

	for (*count = 0;; ++*count) {
		if ((row = db_prepare(outbox->ledger->db, "SELECT id FROM "
		    "messages WHERE channel = ?1 AND " WAITING
		    " AND state = 'queued' ORDER BY id LIMIT 1",
		    error)) == NULL)
			return -1;
		db_bind_text(row, 1, channel->name);
		if ((rc = db_step(row, error)) != 1)
			return rc;
		message.id = db_int(row, 0);
		db_reset(row);
		if (change(outbox, &message, "queued", "dead", why, false,
		    error) == -1 || audit(outbox, message.id, "message.dead",
		    "error", why, error) == -1)
			return -1;
	}
}

/* ---- doubt ------------------------------------------------------------- */

/* A row of id, generation, key, channel, sending_at, thread_ts. */
static int
doubt_row(struct outbox *outbox, struct statement *row,
    struct message *message, struct error *error)
{
	const char *sending_at = db_text(row, 4), *thread = db_text(row, 5);

	*message = (struct message){ .id = db_int(row, 0),
		.generation = db_int(row, 1) };
	message->channel = pace_channel(outbox->pace, db_text(row, 3));
	if (message->channel == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	if (sending_at == NULL ||
	    clock_parse(sending_at, &message->sending_ms) == -1)
		return error_set(error, EXIT_DATA, "message %lld is in doubt "
		    "and its sending_at is no time", (long long)message->id);
	if (thread != NULL)
		snprintf(message->thread_ts, sizeof(message->thread_ts), "%s",
		    thread);
	return ledger_message_token(outbox->ledger, db_text(row, 2),
	    message->generation, message->token, error);
}

/* The next message in a state of doubt behind *message. */
static int
doubt_next(struct outbox *outbox, const char *state, struct message *message,
    struct error *error)
{
	struct statement *row;
	int rc;

	if ((row = db_prepare(outbox->ledger->db, "SELECT id, generation, key, "
	    "channel, sending_at, thread_ts FROM messages "
	    "WHERE state = ?1 AND id > ?2 ORDER BY id LIMIT 1",
	    error)) == NULL)
		return -1;
	db_bind_text(row, 1, state);
	db_bind_int(row, 2, message->id);
	if ((rc = db_step(row, error)) != 1)
		return rc;
	rc = doubt_row(outbox, row, message, error);
	db_reset(row);
	return rc == -1 ? -1 : 1;
}

int
outbox_doubt_next(struct outbox *outbox, struct message *message,
    struct error *error)
{
	return doubt_next(outbox, "in_doubt", message, error);
}

int
outbox_settle_sent(struct outbox *outbox, const struct message *message,
    const char *ts, int copies, struct error *error)
{
	char times[16];

	snprintf(times, sizeof(times), "%d", copies);
	if (audit(outbox, message->id, "message.settled", "found", times,
	    error) == -1)
		return -1;
	return mark_sent(outbox, message, "in_doubt", ts, error);
}

int
outbox_settle_unsent(struct outbox *outbox, const struct message *message,
    const char *why, struct error *error)
{
	struct statement *statement;

	if (change(outbox, message, "in_doubt", "queued", why, false,
	    error) == -1 ||
	    (statement = db_prepare(outbox->ledger->db, "UPDATE messages SET "
	    "generation = generation + 1 WHERE id = ?1", error)) == NULL)
		return -1;
	db_bind_int(statement, 1, message->id);
	if (db_run(statement, error) == -1)
		return -1;
	return audit(outbox, message->id, "message.queued", "settled", why,
	    error);
}

int
outbox_settle_held(struct outbox *outbox, const struct message *message,
    const char *why, struct error *error)
{
	if (change(outbox, message, "in_doubt", "held", why, false,
	    error) == -1)
		return -1;
	return audit(outbox, message->id, "message.held", "in_doubt", why,
	    error);
}

/* ---- start, due times -------------------------------------------------- */

/* A wall time of the ledger on the monotonic clock, not further ahead than
 * most_ms: the wall clock may have been set back meanwhile. */
static int64_t
ahead(const char *wall, int64_t now_ms, int64_t most_ms)
{
	int64_t at, left;

	if (wall == NULL || clock_parse(wall, &at) == -1)
		return INT64_MIN;
	left = at - clock_wall_ms();
	return left <= 0 ? INT64_MIN : now_ms + (left < most_ms ? left :
	    most_ms);
}

static int64_t
later(int64_t one, int64_t other)
{
	return one > other ? one : other;
}

static int
load_channels(struct outbox *outbox, int64_t now_ms, struct error *error)
{
	int64_t span = outbox->pace->interval_ms + PACE_MARGIN_MAX_MS;
	struct channel *channel;
	struct statement *row;
	int rc;

	if ((row = db_prepare(outbox->ledger->db, "SELECT name, slack_channel, "
	    "next_send_at, pause_until FROM channels", error)) == NULL)
		return -1;
	while ((rc = db_step(row, error)) == 1) {
		channel = pace_channel(outbox->pace, db_text(row, 0));
		if (channel == NULL) {
			db_reset(row);
			return error_set(error, EXIT_SYSTEM, "out of memory");
		}
		channel->due_ms = later(ahead(db_text(row, 2), now_ms, span),
		    ahead(db_text(row, 3), now_ms, SLACK_RETRY_AFTER_MAX_MS));
		if (db_text(row, 1) != NULL)
			pace_identify(outbox->pace, channel, db_text(row, 1));
	}
	return rc;
}

static int
load_workspace(struct outbox *outbox, int64_t now_ms, struct error *error)
{
	struct pace *pace = outbox->pace;
	struct statement *row;
	int rc;

	if ((row = db_prepare(outbox->ledger->db, "SELECT method, pause_until "
	    "FROM throttles", error)) == NULL)
		return -1;
	while ((rc = db_step(row, error)) == 1)
		if (strcmp(db_text(row, 0), "workspace") == 0)
			pace->next_ms = ahead(db_text(row, 1), now_ms,
			    pace->gap_ms);
		else if (strcmp(db_text(row, 0), "chat.postMessage") == 0)
			pace->pause_ms = ahead(db_text(row, 1), now_ms,
			    SLACK_RETRY_AFTER_MAX_MS);
	return rc;
}

/* A crash left them: their requests may have reached Slack. */
static int
doubt_crashed(struct outbox *outbox, struct error *error)
{
	const struct slack_answer crash = { .class = SLACK_DOUBT,
		.error = "deliver ended before an answer came" };
	struct message message = { 0 };
	int rc;

	while ((rc = doubt_next(outbox, "sending", &message, error)) == 1)
		if (outbox_failed(outbox, &message, "in_doubt", &crash,
		    &no_http, error) == -1)
			return -1;
	return rc;
}

int
outbox_load(struct outbox *outbox, int64_t now_ms, struct error *error)
{
	if (db_begin(outbox->ledger->db, error) == -1)
		return -1;
	if (load_channels(outbox, now_ms, error) == 0 &&
	    load_workspace(outbox, now_ms, error) == 0 &&
	    doubt_crashed(outbox, error) == 0 &&
	    outbox_scan(outbox, error) == 0 &&
	    db_commit(outbox->ledger->db, error) == 0)
		return 0;
	db_rollback(outbox->ledger->db);
	return -1;
}

/* One look per channel into the index, not one per message. */
int
outbox_scan(struct outbox *outbox, struct error *error)
{
	struct channel *channel;
	struct statement *row;
	int rc;

	if ((row = db_prepare(outbox->ledger->db,
	    "WITH RECURSIVE names (name) AS ("
	    "SELECT min(channel) FROM messages WHERE " WAITING " UNION ALL "
	    "SELECT (SELECT min(channel) FROM messages WHERE " WAITING
	    " AND channel > names.name) FROM names WHERE name IS NOT NULL) "
	    "SELECT name FROM names WHERE name IS NOT NULL", error)) == NULL)
		return -1;
	while ((rc = db_step(row, error)) == 1) {
		channel = pace_channel(outbox->pace, db_text(row, 0));
		if (channel == NULL) {
			db_reset(row);
			return error_set(error, EXIT_SYSTEM, "out of memory");
		}
		channel->waiting = true;
	}
	return rc;
}

/* A monotonic time as a wall time, NULL when it is not ahead. */
static const char *
wall(int64_t at_ms, int64_t now_ms, char out[CLOCK_TEXT])
{
	if (at_ms <= now_ms)
		return NULL;
	clock_format(clock_wall_ms() + (at_ms - now_ms), out);
	return out;
}

int
outbox_keep_channel(struct outbox *outbox, const struct channel *channel,
    const char *reason, int64_t now_ms, struct error *error)
{
	struct statement *statement;
	char at[CLOCK_TEXT];
	const char *due = wall(channel->due_ms, now_ms, at);

	if ((statement = db_prepare(outbox->ledger->db, "INSERT INTO channels "
	    "(name, slack_channel, next_send_at, pause_until, reason) "
	    "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (name) DO UPDATE SET "
	    "slack_channel = excluded.slack_channel, "
	    "next_send_at = excluded.next_send_at, "
	    "pause_until = excluded.pause_until, reason = excluded.reason",
	    error)) == NULL)
		return -1;
	db_bind_text(statement, 1, channel->name);
	db_bind_text(statement, 2, *channel->slack != '\0' ? channel->slack :
	    NULL);
	db_bind_text(statement, 3, due);
	db_bind_text(statement, 4, reason != NULL ? due : NULL);
	db_bind_text(statement, 5, reason);
	return db_run(statement, error);
}

static int
keep_throttle(struct outbox *outbox, const char *method, const char *until,
    const char *reason, struct error *error)
{
	struct statement *statement;

	if ((statement = db_prepare(outbox->ledger->db, "INSERT INTO throttles "
	    "(method, pause_until, reason) VALUES (?1, ?2, ?3) "
	    "ON CONFLICT (method) DO UPDATE SET "
	    "pause_until = excluded.pause_until, reason = excluded.reason",
	    error)) == NULL)
		return -1;
	db_bind_text(statement, 1, method);
	db_bind_text(statement, 2, until);
	db_bind_text(statement, 3, reason);
	return db_run(statement, error);
}

int
outbox_keep_workspace(struct outbox *outbox, const char *reason,
    int64_t now_ms, struct error *error)
{
	const struct pace *pace = outbox->pace;
	char at[CLOCK_TEXT];

	if (reason != NULL && wall(pace->pause_ms, now_ms, at) != NULL)
		return keep_throttle(outbox, "chat.postMessage", at, reason,
		    error);
	if (wall(pace->next_ms, now_ms, at) != NULL)
		return keep_throttle(outbox, "workspace", at, "pace", error);
	return 0;
}

/* One number of a statement with one text parameter. */
static int64_t
count(struct outbox *outbox, const char *sql, const char *parameter,
    struct error *error)
{
	struct statement *row;
	int64_t number = -1;

	if ((row = db_prepare(outbox->ledger->db, sql, error)) == NULL)
		return -1;
	db_bind_text(row, 1, parameter);
	if (db_step(row, error) == 1) {
		number = db_int(row, 0);
		db_reset(row);
	}
	return number;
}

int64_t
outbox_count(struct outbox *outbox, const char *state, struct error *error)
{
	return count(outbox, "SELECT count(*) FROM messages WHERE state = ?1 "
	    "AND channel IS NOT NULL", state, error);
}

int64_t
outbox_count_blocked(struct outbox *outbox, struct error *error)
{
	return count(outbox, "SELECT count(*) FROM messages m "
	    "WHERE m." WAITING " AND m.state = 'queued' AND EXISTS ("
	    "SELECT 1 FROM messages e WHERE e.stream = m.stream "
	    "AND e.record_id = m.record_id AND e.id < m.id "
	    "AND e.channel = m.channel AND e.filter = m.filter "
	    "AND e.state = ?1)", "held", error);
}

int64_t
outbox_count_later(struct outbox *outbox, struct error *error)
{
	char now[CLOCK_TEXT];

	clock_now(now);
	return count(outbox, "SELECT count(*) FROM messages m WHERE m." WAITING
	    " AND m.state = 'queued' AND (m.not_before > ?1 OR EXISTS ("
	    "SELECT 1 FROM messages e WHERE e.stream = m.stream "
	    "AND e.record_id = m.record_id AND e.id < m.id "
	    "AND e.channel = m.channel AND e.filter = m.filter "
	    "AND e.state = 'queued' AND e.not_before > ?1))", now, error);
}
