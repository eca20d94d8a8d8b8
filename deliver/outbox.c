/* SPDX-License-Identifier: MIT */
#include "deliver/outbox.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "deliver/outbox_part.h"
#include "json.h"
#include "log.h"

static const struct http_answer no_http;

int
outbox_audit(struct outbox *outbox, int64_t id, const char *event,
    const char *name, const char *value, struct error *error)
{
	struct buffer detail;
	int rc;

	if (name == NULL)
		return audit_message(outbox->ledger, event, id, NULL, error);
	buffer_init(&detail, 65536);
	buffer_puts(&detail, "{");
	buffer_json_member(&detail, name, value);
	buffer_puts(&detail, "}");
	rc = audit_message(outbox->ledger, event, id, buffer_text(&detail),
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

int
outbox_change(struct outbox *outbox, int64_t id, const char *from,
    const char *state, const char *why, bool counts, struct error *error)
{
	struct statement *statement;

	if ((statement = db_prepare(outbox->ledger->db, "UPDATE messages SET "
	    "state = ?2, error = ?3, attempts = attempts + ?4 "
	    "WHERE id = ?1 AND state = ?5", error)) == NULL)
		return -1;
	db_bind_int(statement, 1, id);
	db_bind_text(statement, 2, state);
	db_bind_text(statement, 3, why);
	db_bind_int(statement, 4, counts);
	db_bind_text(statement, 5, from);
	if (run_change(outbox, statement, id, from, error) == -1)
		return -1;
	return strcmp(state, "dead") == 0 || strcmp(state, "held") == 0 ?
	    receipt_add(outbox->ledger, outbox->echo, id, error) : 0;
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
	    outbox_change(outbox, message->id, "sending", state, answer->error,
	    counts, error) == -1)
		return -1;
	return outbox_audit(outbox, message->id, event, "error", answer->error,
	    error);
}

static int
mark_sent(struct outbox *outbox, const struct message *message,
    const char *from, const char *ts, struct error *error)
{
	struct statement *statement;
	char now[CLOCK_TEXT], where[2 * SLACK_ID_MAX];
	int64_t at;

	/* One that was looked up has been there since Slack says. */
	clock_format(strcmp(from, "in_doubt") == 0 &&
	    slack_parse_ts(ts, &at) == 0 ? at : clock_wall_ms(), now);
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
	if (outbox_audit(outbox, message->id, "message.sent", "slack", where,
	    error) == -1)
		return -1;
	return receipt_add(outbox->ledger, outbox->echo, message->id, error);
}

/* Keep the channel's id, and who is told by it that it is another now. */
static int
identify(struct outbox *outbox, struct channel *channel, const char *id,
    struct error *error)
{
	struct buffer detail;
	char was[SLACK_ID_MAX];
	int rc;

	strcpy(was, *channel->slack != '\0' ? channel->slack : channel->lost);
	pace_identify(outbox->pace, channel, id);
	*channel->lost = '\0';
	if (*was == '\0' || strcmp(was, id) == 0)
		return 0;
	log_warning("the channel %s is another one now: %s, and it was %s",
	    channel->name, id, was);
	buffer_init(&detail, 1024);
	buffer_puts(&detail, "{");
	buffer_json_member(&detail, "from", was);
	buffer_json_member(&detail, "to", id);
	buffer_puts(&detail, "}");
	rc = audit_append(outbox->ledger, "channel.changed", channel->name,
	    buffer_text(&detail), error);
	buffer_free(&detail);
	return rc;
}

int
outbox_sent(struct outbox *outbox, const struct message *message,
    const struct slack_answer *answer, const struct http_answer *http,
    struct error *error)
{
	if (identify(outbox, message->channel, answer->channel, error) == -1)
		return -1;
	if (end_attempt(outbox, message, "sent", answer, http, error) == -1 ||
	    (answer->cut && outbox_audit(outbox, message->id, "message.cut",
	    NULL, NULL, error) == -1))
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
outbox_repost(struct outbox *outbox, const struct message *message,
    const struct slack_answer *answer, const struct http_answer *http,
    struct error *error)
{
	struct statement *statement;

	if (outbox_again(outbox, message, answer, http, true, error) == -1 ||
	    (statement = db_prepare(outbox->ledger->db, "UPDATE messages SET "
	    "method = 'repost' WHERE id = ?1", error)) == NULL)
		return -1;
	db_bind_int(statement, 1, message->id);
	return db_run(statement, error);
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
		    "messages WHERE channel = ?1 AND " OUTBOX_WAITING("")
		    " AND state = 'queued' ORDER BY id LIMIT 1",
		    error)) == NULL)
			return -1;
		db_bind_text(row, 1, channel->name);
		if ((rc = db_step(row, error)) != 1)
			return rc;
		message.id = db_int(row, 0);
		db_reset(row);
		if (outbox_change(outbox, message.id, "queued", "dead", why,
		    false, error) == -1 || outbox_audit(outbox, message.id,
		    "message.dead", "error", why, error) == -1)
			return -1;
	}
}

/* ---- doubt ------------------------------------------------------------- */

/* A row of id, generation, key, channel, sending_at, thread_ts, method. */
static int
doubt_row(struct outbox *outbox, struct statement *row,
    struct message *message, struct error *error)
{
	const char *sending_at = db_text(row, 4), *thread = db_text(row, 5);
	const char *method = db_text(row, 6);

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
	if (strcmp(method, "edit") == 0)
		message->method = SLACK_UPDATE;
	ledger_message_token(outbox->ledger, db_text(row, 2),
	    message->generation, message->token);
	return 0;
}

/* The next message in a state of doubt behind *message. */
static int
doubt_next(struct outbox *outbox, const char *state, struct message *message,
    struct error *error)
{
	struct statement *row;
	int rc;

	if ((row = db_prepare(outbox->ledger->db, "SELECT id, generation, key, "
	    "channel, sending_at, thread_ts, method FROM messages "
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
outbox_in_doubt(struct outbox *outbox, const struct message *message,
    struct error *error)
{
	struct statement *row;
	int rc;

	if ((row = db_prepare(outbox->ledger->db, "SELECT 1 FROM messages "
	    "WHERE id = ?1 AND generation = ?2 AND state = 'in_doubt'",
	    error)) == NULL)
		return -1;
	db_bind_int(row, 1, message->id);
	db_bind_int(row, 2, message->generation);
	rc = db_step(row, error);
	db_reset(row);
	return rc;
}

int
outbox_settle_sent(struct outbox *outbox, const struct message *message,
    const char *ts, int copies, struct error *error)
{
	char times[16];

	snprintf(times, sizeof(times), "%d", copies);
	if (outbox_audit(outbox, message->id, "message.settled", "found", times,
	    error) == -1)
		return -1;
	return mark_sent(outbox, message, "in_doubt", ts, error);
}

int
outbox_settle_unsent(struct outbox *outbox, const struct message *message,
    const char *why, struct error *error)
{
	struct statement *statement;

	if (outbox_change(outbox, message->id, "in_doubt", "queued", why, false,
	    error) == -1 ||
	    (statement = db_prepare(outbox->ledger->db, "UPDATE messages SET "
	    "generation = generation + 1 WHERE id = ?1", error)) == NULL)
		return -1;
	db_bind_int(statement, 1, message->id);
	if (db_run(statement, error) == -1)
		return -1;
	return outbox_audit(outbox, message->id, "message.queued", "settled",
	    why, error);
}

int
outbox_settle_held(struct outbox *outbox, const struct message *message,
    const char *why, struct error *error)
{
	if (outbox_change(outbox, message->id, "in_doubt", "held", why, false,
	    error) == -1)
		return -1;
	return outbox_audit(outbox, message->id, "message.held", "in_doubt",
	    why, error);
}

/* ---- start -------------------------------------------------------------- */

int
outbox_crashed(struct outbox *outbox, int64_t now_ms, struct error *error)
{
	const struct slack_answer crash = { .class = SLACK_DOUBT,
		.error = "deliver ended before an answer came" };
	struct message message = { 0 };
	int rc;

	while ((rc = doubt_next(outbox, "sending", &message, error)) == 1) {
		/* When it left is not known any more. */
		pace_delay(outbox->pace, message.channel, now_ms +
		    outbox->pace->interval_ms + outbox->pace->margin_ms);
		/* The same edit twice is one edit. */
		if ((message.method == SLACK_UPDATE ? outbox_again(outbox,
		    &message, &crash, &no_http, true, error) :
		    outbox_failed(outbox, &message, "in_doubt", &crash,
		    &no_http, error)) == -1)
			return -1;
	}
	return rc;
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
	    "SELECT min(channel) FROM messages WHERE " OUTBOX_WAITING("")
	    " UNION ALL SELECT (SELECT min(channel) FROM messages "
	    "WHERE " OUTBOX_WAITING("") " AND channel > names.name) "
	    "FROM names WHERE name IS NOT NULL) "
	    "SELECT name FROM names WHERE name IS NOT NULL", error)) == NULL)
		return -1;
	while ((rc = db_step(row, error)) == 1) {
		channel = pace_channel(outbox->pace, db_text(row, 0));
		if (channel == NULL) {
			db_reset(row);
			return error_set(error, EXIT_SYSTEM, "out of memory");
		}
		pace_waiting(outbox->pace, channel, true);
	}
	return rc;
}

static int64_t
count(struct outbox *outbox, const char *sql, const char *parameter,
    struct error *error)
{
	int64_t number;

	return db_number(outbox->ledger->db, sql, parameter, &number,
	    error) == -1 ? -1 : number;
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
	    "WHERE " OUTBOX_WAITING("m.") " AND m.state = 'queued' AND EXISTS ("
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
	return count(outbox, "SELECT count(*) FROM messages m "
	    "WHERE " OUTBOX_WAITING("m.")
	    " AND m.state = 'queued' AND (m.not_before > ?1 OR EXISTS ("
	    "SELECT 1 FROM messages e WHERE e.stream = m.stream "
	    "AND e.record_id = m.record_id AND e.id < m.id "
	    "AND e.channel = m.channel AND e.filter = m.filter "
	    "AND e.state = 'queued' AND e.not_before > ?1))", now, error);
}
