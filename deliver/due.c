/* SPDX-License-Identifier: MIT */
#include "deliver/due.h"

#include <string.h>

#include "clock.h"

#define SHIFT_MS 1000 /* by so much clocks drift apart before they are set */
#define NEAR_MS 5     /* no reason to write a due time again */

/* As throttles names it. */
#define WORKSPACE "workspace"
#define READING "conversations.history"

static int64_t
later(int64_t one, int64_t other)
{
	return one > other ? one : other;
}

/* A wider margin than the usual one, where an interval is kept at all. */
static void
learnt_margin(struct due *due, int64_t margin_ms)
{
	struct pace *pace = due->pace;

	due->margin_ms = margin_ms;
	if (pace->interval_ms > 0 && margin_ms > pace->margin_ms)
		pace->margin_ms = margin_ms < PACE_MARGIN_MAX_MS ? margin_ms :
		    PACE_MARGIN_MAX_MS;
}

/* The distance that the ledger's times were written with, for this boot; 1: it
 * is known, 0: they are of another boot, or none. */
static int
read_clock(struct due *due, const char *boot, struct error *error)
{
	struct statement *row;
	int rc;

	if ((row = db_prepare(due->ledger->db, "SELECT ahead_ms, "
	    "margin_ms, boot = ?1 FROM clock", error)) == NULL)
		return -1;
	db_bind_text(row, 1, boot);
	if ((rc = db_step(row, error)) == 1) {
		learnt_margin(due, db_int(row, 1));
		if ((rc = db_int(row, 2) != 0) == 1)
			due->ahead_ms = db_int(row, 0);
		db_reset(row);
	}
	return rc;
}

static int
write_clock(struct due *due, const char *boot, struct error *error)
{
	struct statement *statement;

	if (db_execute(due->ledger->db, "DELETE FROM clock", error) == -1 ||
	    (statement = db_prepare(due->ledger->db, "INSERT INTO clock "
	    "(boot, ahead_ms, margin_ms) VALUES (?1, ?2, ?3)",
	    error)) == NULL)
		return -1;
	db_bind_text(statement, 1, boot);
	db_bind_int(statement, 2, due->ahead_ms);
	db_bind_int(statement, 3, due->pace->margin_ms);
	due->margin_ms = due->pace->margin_ms;
	return db_run(statement, error);
}

/* A time of the ledger on the monotonic clock, not further ahead than most_ms:
 * nobody waits for a time that can't be. */
static int64_t
monotonic(const struct due *due, const char *text, int64_t now_ms,
    int64_t most_ms)
{
	int64_t at, left;

	if (text == NULL || clock_parse(text, &at) == -1)
		return INT64_MIN;
	left = at - due->ahead_ms - now_ms;
	return left <= 0 ? INT64_MIN : now_ms + (left < most_ms ? left :
	    most_ms);
}

static int
load_channels(struct due *due, int64_t now_ms, bool known,
    struct error *error)
{
	int64_t span = due->pace->interval_ms + PACE_MARGIN_MAX_MS, at;
	struct channel *channel;
	struct statement *row;
	int rc;

	if ((row = db_prepare(due->ledger->db, "SELECT name, slack_channel, "
	    "next_send_at, pause_until FROM channels", error)) == NULL)
		return -1;
	while ((rc = db_step(row, error)) == 1) {
		channel = pace_channel(due->pace, db_text(row, 0));
		if (channel == NULL) {
			db_reset(row);
			return error_set(error, EXIT_SYSTEM, "out of memory");
		}
		at = monotonic(due, db_text(row, 2), now_ms, span);
		if (!known && !db_is_null(row, 2))
			at = later(at, now_ms + due->pace->interval_ms +
			    due->pace->margin_ms);
		pace_delay(due->pace, channel, later(at, monotonic(due,
		    db_text(row, 3), now_ms, SLACK_RETRY_AFTER_MAX_MS)));
		if (db_text(row, 1) != NULL)
			pace_identify(due->pace, channel, db_text(row, 1));
		channel->kept_ms = channel->due_ms;
		channel->kept = db_is_null(row, 3);
	}
	return rc;
}

static int
load_throttles(struct due *due, int64_t now_ms, struct error *error)
{
	struct pace *pace = due->pace;
	struct statement *row;
	const char *name, *until;
	int method, rc;

	if ((row = db_prepare(due->ledger->db, "SELECT method, pause_until "
	    "FROM throttles", error)) == NULL)
		return -1;
	while ((rc = db_step(row, error)) == 1) {
		name = db_text(row, 0);
		until = db_text(row, 1);
		if (strcmp(name, WORKSPACE) == 0)
			pace_resume(pace, monotonic(due, until, now_ms,
			    later(pace->gap_ms, 1000 + PACE_MARGIN_MS)));
		if (strcmp(name, READING) == 0)
			due->reading_ms = monotonic(due, until, now_ms,
			    SLACK_RETRY_AFTER_MAX_MS);
		for (method = 0; method < SLACK_METHODS; method++)
			if (strcmp(name, slack_method_name(method)) == 0)
				pace->pause_ms[method] = monotonic(due, until,
				    now_ms, SLACK_RETRY_AFTER_MAX_MS);
	}
	return rc;
}

/* Forget what is over, while the clock is known that it was written by: under
 * another one it might be ahead again. */
static int
forget_past(struct due *due, int64_t now_ms, struct error *error)
{
	static const char *const texts[] = {
		"DELETE FROM throttles WHERE pause_until <= ?1",
		"UPDATE channels SET next_send_at = NULL "
		"WHERE next_send_at <= ?1",
		"UPDATE channels SET pause_until = NULL, reason = NULL "
		"WHERE pause_until <= ?1",
	};
	struct statement *statement;
	char now[CLOCK_TEXT];
	size_t i;

	clock_format(now_ms + due->ahead_ms, now);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if ((statement = db_prepare(due->ledger->db, texts[i],
		    error)) == NULL)
			return -1;
		db_bind_text(statement, 1, now);
		if (db_run(statement, error) == -1)
			return -1;
	}
	return 0;
}

int64_t
due_wall_ms(const struct due *due, int64_t at_ms)
{
	return at_ms + due->ahead_ms;
}

/* Say by the new clock when messages were sent that are looked up by it. */
static int
shift_doubts(struct due *due, int64_t shift_ms, struct error *error)
{
	struct statement *row, *statement;
	char at[CLOCK_TEXT];
	int64_t id = 0, sent;
	int rc;

	for (;;) {
		if ((row = db_prepare(due->ledger->db, "SELECT id, sending_at "
		    "FROM messages WHERE (state = 'sending' "
		    "OR state = 'in_doubt') AND id > ?1 ORDER BY id LIMIT 1",
		    error)) == NULL)
			return -1;
		db_bind_int(row, 1, id);
		if ((rc = db_step(row, error)) != 1)
			return rc;
		id = db_int(row, 0);
		rc = db_text(row, 1) != NULL ? clock_parse(db_text(row, 1),
		    &sent) : -1;
		db_reset(row);
		if (rc == -1)
			continue;
		clock_format(sent - shift_ms, at);
		if ((statement = db_prepare(due->ledger->db, "UPDATE messages "
		    "SET sending_at = ?2 WHERE id = ?1", error)) == NULL)
			return -1;
		db_bind_int(statement, 1, id);
		db_bind_text(statement, 2, at);
		if (db_run(statement, error) == -1)
			return -1;
	}
}

/* Write what is still ahead by this run's clock. */
static int
keep_all(struct due *due, int64_t now_ms, struct error *error)
{
	struct pace *pace = due->pace;
	size_t i;
	int method;

	for (i = 0; i < pace->count; i++) {
		pace->channels[i]->kept = false;
		if (pace->channels[i]->due_ms > now_ms && due_keep_channel(due,
		    pace->channels[i], NULL, now_ms, error) == -1)
			return -1;
	}
	for (method = 0; method < SLACK_METHODS; method++)
		if (due_keep_method(due, method, "", now_ms, error) == -1)
			return -1;
	if (due_keep_reading(due, "", now_ms, error) == -1)
		return -1;
	return due_keep_workspace(due, now_ms, error);
}

int
due_load(struct due *due, int64_t now_ms, bool keep, struct error *error)
{
	int64_t ahead_ms = clock_wall_ms() - now_ms, shift;
	char boot[CLOCK_BOOT];
	int known;

	clock_boot(boot);
	due->reading_ms = INT64_MIN;
	due->ahead_ms = ahead_ms;
	if ((known = read_clock(due, boot, error)) == -1 ||
	    load_channels(due, now_ms, known == 1, error) == -1 ||
	    load_throttles(due, now_ms, error) == -1)
		return -1;
	shift = due->ahead_ms - ahead_ms;
	if (!keep || (known == 1 && shift > -SHIFT_MS && shift < SHIFT_MS))
		return 0;
	if (forget_past(due, now_ms, error) == -1 ||
	    (known == 1 && shift_doubts(due, shift, error) == -1))
		return -1;
	due->ahead_ms = ahead_ms;
	return write_clock(due, boot, error) == -1 ? -1 :
	    keep_all(due, now_ms, error);
}

/* A monotonic time for the ledger, NULL when it is not ahead. */
static const char *
wall(const struct due *due, int64_t at_ms, int64_t now_ms,
    char out[CLOCK_TEXT])
{
	if (at_ms <= now_ms)
		return NULL;
	clock_format(at_ms + due->ahead_ms, out);
	return out;
}

int
due_keep_channel(struct due *due, struct channel *channel,
    const char *reason, int64_t now_ms, struct error *error)
{
	struct statement *statement;
	const char *until;
	char at[CLOCK_TEXT];

	if (reason == NULL && channel->kept && (channel->due_ms ==
	    INT64_MIN ||
	    channel->due_ms - NEAR_MS <= channel->kept_ms))
		return 0;
	until = wall(due, channel->due_ms, now_ms, at);
	if ((statement = db_prepare(due->ledger->db, "INSERT INTO channels "
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
	db_bind_text(statement, 3, until);
	db_bind_text(statement, 4, reason != NULL ? until : NULL);
	db_bind_text(statement, 5, reason);
	channel->kept_ms = channel->due_ms;
	channel->kept = reason == NULL; /* which the next one takes away */
	return db_run(statement, error);
}

static int
keep_throttle(struct due *due, const char *name, int64_t until_ms,
    const char *reason, int64_t now_ms, struct error *error)
{
	struct statement *statement;
	char at[CLOCK_TEXT];

	if (wall(due, until_ms, now_ms, at) == NULL)
		return 0;
	if ((statement = db_prepare(due->ledger->db, "INSERT INTO throttles "
	    "(method, pause_until, reason) VALUES (?1, ?2, ?3) "
	    "ON CONFLICT (method) DO UPDATE SET "
	    "pause_until = excluded.pause_until, "
	    /* Without one the reason that is there still holds. */
	    "reason = CASE ?3 WHEN '' THEN reason ELSE ?3 END",
	    error)) == NULL)
		return -1;
	db_bind_text(statement, 1, name);
	db_bind_text(statement, 2, at);
	db_bind_text(statement, 3, reason);
	return db_run(statement, error);
}

int
due_keep_method(struct due *due, enum slack_method method,
    const char *reason, int64_t now_ms, struct error *error)
{
	return keep_throttle(due, slack_method_name(method),
	    due->pace->pause_ms[method], reason, now_ms, error);
}

int
due_keep_workspace(struct due *due, int64_t now_ms, struct error *error)
{
	return keep_throttle(due, WORKSPACE, pace_free_ms(due->pace), "pace",
	    now_ms, error);
}

int
due_keep_reading(struct due *due, const char *reason, int64_t now_ms,
    struct error *error)
{
	return keep_throttle(due, READING, due->reading_ms, reason, now_ms,
	    error);
}

int
due_keep_margin(struct due *due, struct error *error)
{
	struct statement *statement;

	if (due->margin_ms == due->pace->margin_ms)
		return 0;
	if ((statement = db_prepare(due->ledger->db, "UPDATE clock SET "
	    "margin_ms = ?1", error)) == NULL)
		return -1;
	db_bind_int(statement, 1, due->pace->margin_ms);
	due->margin_ms = due->pace->margin_ms;
	return db_run(statement, error);
}
