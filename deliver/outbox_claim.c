/* SPDX-License-Identifier: MIT */
/* From `queued` to `sending`: which message goes, and what its request says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "deliver/outbox_part.h"
#include "json.h"

/* A message waits for an earlier one of its filter about its record in its
 * channel, also for one that a person or its own time holds back.  Between
 * filters the order of the queue is all there is. */
static const char claim_sql[] =
    "SELECT m.id, m.generation, m.key, m.filter, m.stream, m.record_id, "
    "m.position, b.payload, b.delivery, m.method "
    "FROM messages m JOIN bodies b ON b.message = m.id "
    "WHERE m.channel = ?1 AND " OUTBOX_WAITING("m.") " AND m.state = 'queued' "
    "AND (m.not_before IS NULL OR m.not_before <= ?2) "
    "AND NOT EXISTS (SELECT 1 FROM messages e WHERE e.stream = m.stream "
    "AND e.record_id = m.record_id AND e.id < m.id "
    "AND e.channel = m.channel AND e.filter = m.filter "
    "AND (" OUTBOX_WAITING("e.") " OR e.state = 'held')) "
    "ORDER BY m.id LIMIT 1";

/* The first message about a record in a channel, or what stands for it now,
 * unless it is a reply.  One in an earlier channel of the name is out of
 * reach. */
static const char root_sql[] =
    "SELECT slack_ts FROM messages WHERE stream = ?1 AND record_id = ?2 "
    "AND id < ?3 AND filter = ?4 AND channel = ?5 AND position = ?6 "
    "AND replays IS NULL AND slack_channel = ?7 AND state = 'sent' "
    "AND slack_ts IS NOT NULL AND method <> 'edit' AND (thread_ts IS NULL OR ?8) "
    "ORDER BY CASE method WHEN 'repost' THEN -id ELSE id END LIMIT 1";

enum on_change { ON_CHANGE_THREAD, ON_CHANGE_EDIT, ON_CHANGE_POST };

static enum on_change
on_change(const char *delivery)
{
	enum on_change wanted = ON_CHANGE_THREAD;
	struct json json = { 0 };
	struct error ignored;
	json_node node;

	if (delivery != NULL && json_parse(&json, delivery, strlen(delivery),
	    &ignored) == 0) {
		node = json_member(&json, 0, "on_change");
		if (json_is(&json, node, "edit"))
			wanted = ON_CHANGE_EDIT;
		else if (json_is(&json, node, "post"))
			wanted = ON_CHANGE_POST;
	}
	json_free(&json);
	return wanted;
}

/* Does the filter name a thread itself?  Then that is the message's. */
static bool
own_thread(const char *payload, struct message *message)
{
	struct json json = { 0 };
	struct error ignored;
	char *ts = NULL;

	if (strstr(payload, "thread_ts") == NULL) /* nearly always */
		return false;
	if (json_parse(&json, payload, strlen(payload), &ignored) == 0)
		ts = json_dup(&json, json_member(&json, 0, "thread_ts"));
	if (ts != NULL)
		snprintf(message->thread_ts, sizeof(message->thread_ts), "%s",
		    ts);
	free(ts);
	json_free(&json);
	return *message->thread_ts != '\0';
}

/* 1: there is a message that this one changes; its ts in ts. */
static int
find_root(struct outbox *outbox, struct statement *row,
    const struct message *message, bool reply, char ts[SLACK_ID_MAX],
    struct error *error)
{
	struct statement *statement;
	int rc;

	if ((statement = db_prepare(outbox->ledger->db, root_sql,
	    error)) == NULL)
		return -1;
	db_bind_text(statement, 1, db_text(row, 4));
	db_bind_text(statement, 2, db_text(row, 5));
	db_bind_int(statement, 3, message->id);
	db_bind_text(statement, 4, db_text(row, 3));
	db_bind_text(statement, 5, message->channel->name);
	db_bind_int(statement, 6, db_int(row, 6));
	db_bind_text(statement, 7, message->channel->slack);
	db_bind_int(statement, 8, reply);
	if ((rc = db_step(statement, error)) == 1) {
		snprintf(ts, SLACK_ID_MAX, "%s", db_text(statement, 0));
		db_reset(statement);
	}
	return rc;
}

/* Decide what the request is: a post, a reply or an edit. */
static int
choose_method(struct outbox *outbox, struct statement *row,
    struct message *message, struct error *error)
{
	enum on_change wanted = on_change(db_text(row, 8));
	char root[SLACK_ID_MAX];
	int rc;

	message->repost = strcmp(db_text(row, 9), "repost") == 0;
	message->own_thread = own_thread(db_text(row, 7), message);
	if (message->repost || wanted == ON_CHANGE_POST ||
	    (message->own_thread && wanted == ON_CHANGE_THREAD))
		return 0;
	if ((rc = find_root(outbox, row, message, wanted == ON_CHANGE_EDIT,
	    root, error)) != 1)
		return rc;
	if (wanted == ON_CHANGE_EDIT) {
		message->method = SLACK_UPDATE;
		*message->thread_ts = '\0';
		strcpy(message->target_ts, root);
	} else
		strcpy(message->thread_ts, root);
	return 0;
}

static int
write_body(const struct message *message, const char *payload,
    struct buffer *body, struct error *error)
{
	const struct channel *channel = message->channel;
	const char *to = *channel->slack != '\0' ? channel->slack :
	    channel->name;

	if (message->method == SLACK_UPDATE)
		return slack_update_body(payload, to, message->target_ts,
		    message->token, body, error);
	return slack_post_body(payload, to, *message->thread_ts != '\0' ?
	    message->thread_ts : NULL, message->repost, message->token, body,
	    error);
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
	    "state = 'sending', sending_at = ?2, thread_ts = ?3, "
	    "error = NULL, method = ?4 "
	    "WHERE id = ?1 AND state = 'queued'", error)) == NULL)
		return -1;
	db_bind_int(statement, 1, message->id);
	db_bind_text(statement, 2, now);
	db_bind_text(statement, 3, *message->thread_ts != '\0' ?
	    message->thread_ts : NULL);
	db_bind_text(statement, 4, message->method == SLACK_UPDATE ? "edit" :
	    message->repost ? "repost" : "post");
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
	if (message->method == SLACK_UPDATE)
		return outbox_audit(outbox, message->id, "message.sending",
		    "edits", message->target_ts, error);
	if (message->repost)
		return outbox_audit(outbox, message->id, "message.sending",
		    "instead_of", "a message that is gone", error);
	return outbox_audit(outbox, message->id, "message.sending",
	    *message->thread_ts != '\0' ? "replies_to" : NULL,
	    message->thread_ts, error);
}

/* 1: claimed, 0: not now, or its payload was damaged and it is dead. */
static int
claim_row(struct outbox *outbox, struct statement *row,
    struct message *message, struct buffer *body, int64_t now_ms,
    struct error *error)
{
	static const char damaged[] = "its payload can't be read";
	int64_t paused_ms;

	message->id = db_int(row, 0);
	message->generation = db_int(row, 1);
	message->sending_ms = due_wall_ms(outbox->due, now_ms);
	ledger_message_token(outbox->ledger, db_text(row, 2),
	    message->generation, message->token);
	if (choose_method(outbox, row, message, error) == -1)
		return -1;
	paused_ms = outbox->pace->pause_ms[message->method];
	if (paused_ms > now_ms) {
		/* Not even by its lead before the end of the pause. */
		pace_delay(outbox->pace, message->channel, paused_ms +
		    PACE_LEAD_MAX_MS);
		return 0;
	}
	if (write_body(message, db_text(row, 7), body, error) == 0)
		return mark_sending(outbox, message, error) == -1 ? -1 : 1;
	/* A word of ours: a parser's may quote the payload. */
	return outbox_change(outbox, message->id, "queued", "dead", damaged,
	    false, error) == -1 || outbox_audit(outbox, message->id,
	    "message.dead", "error", damaged, error) == -1 ? -1 : 0;
}

/* Is anything else queued for the channel? */
static int
look_behind(struct outbox *outbox, const struct channel *channel,
    struct error *error)
{
	struct statement *row;
	int rc;

	if ((row = db_prepare(outbox->ledger->db, "SELECT 1 FROM messages "
	    "WHERE channel = ?1 AND " OUTBOX_WAITING("")
	    " AND state = 'queued' LIMIT 1", error)) == NULL)
		return -1;
	db_bind_text(row, 1, channel->name);
	if ((rc = db_step(row, error)) == 1)
		db_reset(row);
	return rc;
}

int
outbox_claim(struct outbox *outbox, struct channel *channel,
    struct message *message, struct buffer *body, int64_t now_ms,
    struct error *error)
{
	struct statement *row;
	char now[CLOCK_TEXT];
	int rc, more;

	do {
		clock_now(now);
		*message = (struct message){ .channel = channel };
		if ((row = db_prepare(outbox->ledger->db, claim_sql,
		    error)) == NULL)
			return -1;
		db_bind_text(row, 1, channel->name);
		db_bind_text(row, 2, now);
		if ((rc = db_step(row, error)) != 1) {
			pace_waiting(outbox->pace, channel, false);
			return rc;
		}
		rc = claim_row(outbox, row, message, body, now_ms, error);
		db_reset(row);
	} while (rc == 0 && channel->due_ms <= now_ms);
	if (rc != 1)
		return rc;
	if ((more = look_behind(outbox, channel, error)) == -1)
		return -1;
	pace_waiting(outbox->pace, channel, more == 1);
	return 1;
}
