/* SPDX-License-Identifier: MIT */
/* auditctl show on a terminal: the message as it looks in Slack, where it is,
 * and its history in words. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auditctl/auditctl.h"
#include "auditctl/event_words.h"
#include "auditctl/permalink.h"
#include "log.h"
#include "transform/terminal.h"
#include "utf8.h"

#define TEXT_MAX ((size_t)256 << 20)

/* ---- as it looks ------------------------------------------------------- */

/* As a line of transform, which the renderer takes. */
static void
compose_line(struct buffer *line, struct statement *row)
{
	buffer_puts(line, "{");
	buffer_json_member(line, "filter", db_text(row, 0));
	buffer_json_member(line, "stream", db_text(row, 1));
	buffer_json_member(line, "record_id", db_text(row, 2));
	buffer_json_member(line, "error", db_text(row, 3));
	/* Not that of the payload where replay --to sent it. */
	if (!db_is_null(row, 4))
		buffer_json_member(line, "channel", db_text(row, 4));
	if (!db_is_null(row, 5)) {
		buffer_json_name(line, "payload");
		buffer_puts(line, db_text(row, 5));
	}
	buffer_puts(line, "}");
}

static void
render(const struct buffer *line, bool reject)
{
	const struct terminal terminal = terminal_of(STDOUT_FILENO);
	struct json json = { 0 };
	struct buffer out;
	struct error error;

	buffer_init(&out, TEXT_MAX);
	setlocale(LC_CTYPE, "C.UTF-8");
	if (json_parse(&json, buffer_text(line), line->length, &error) == -1)
		log_warning("the message can't be shown: its payload is %s",
		    error.message);
	else if (reject)
		terminal_reject(&out, &terminal, &json);
	else
		terminal_message(&out, &terminal, &json);
	fputs(buffer_text(&out), stdout);
	buffer_free(&out);
	json_free(&json);
}

/* The day on which events of the message may have been removed.  1, 0: none was,
 * or -1. */
static int
sealed_on(struct ledger *ledger, const char *subject, char day[11],
    struct error *error)
{
	struct statement *row = db_prepare(ledger->db, "SELECT sealed_at "
	    "FROM seals WHERE last_message >= CAST(?1 AS INTEGER) "
	    "ORDER BY first_seq LIMIT 1", error);
	int rc;

	if (row == NULL)
		return -1;
	db_bind_text(row, 1, subject);
	if ((rc = db_step(row, error)) == 1)
		snprintf(day, 11, "%s", db_text(row, 0));
	db_reset(row);
	return rc;
}

/* An event said that the payload was removed, which may be gone too. */
static int
tell_unproven(struct ledger *ledger, const char *subject, const char *state,
    struct error *error)
{
	bool over = strcmp(state, "sent") == 0 ||
	    strcmp(state, "cancelled") == 0;
	char day[11];
	int rc = sealed_on(ledger, subject, day, error);

	if (rc == 1 && over)
		puts("payload removed; when is in the events that prune --rows "
		    "removed\n");
	else if (rc != -1)
		puts("payload missing, and no event says that it was removed: "
		    "run auditctl check --rows\n");
	return rc == -1 ? -1 : 0;
}

/* Why there is no payload. */
static int
tell_missing(struct ledger *ledger, const char *subject, const char *state,
    struct error *error)
{
	struct statement *row;
	int64_t event = 0;
	int rc = payload_was_pruned(ledger, strtoll(subject, NULL, 10), &event,
	    error);

	if (rc == -1)
		return -1;
	if (rc == 0 && strcmp(state, "unchanged") == 0) {
		puts("payload not kept: the message before it said the same\n");
		return 0;
	}
	if (rc == 0)
		return tell_unproven(ledger, subject, state, error);
	if ((row = db_prepare(ledger->db, "SELECT substr(time, 1, 10) "
	    "FROM audit WHERE seq = ?1", error)) == NULL)
		return -1;
	db_bind_int(row, 1, event);
	if ((rc = db_step(row, error)) == 1)
		printf("payload removed on %s\n\n", db_text(row, 0));
	db_reset(row);
	return rc == -1 ? -1 : 0;
}

static int
show_content(struct ledger *ledger, const char *subject, struct error *error)
{
	struct statement *row = db_prepare(ledger->db, "SELECT m.filter, "
	    "m.stream, m.record_id, m.error, m.channel, b.payload, "
	    "m.state FROM messages m LEFT JOIN bodies b ON b.message = m.id "
	    "WHERE m.id = CAST(?1 AS INTEGER)", error);
	struct buffer line;
	char state[16];
	int rc;

	if (row == NULL)
		return -1;
	db_bind_text(row, 1, subject);
	if ((rc = db_step(row, error)) != 1)
		return rc;
	if (!db_is_null(row, 5) || db_is_null(row, 4)) {
		buffer_init(&line, TEXT_MAX);
		compose_line(&line, row);
		render(&line, db_is_null(row, 4));
		buffer_free(&line);
		db_reset(row);
		return 0;
	}
	snprintf(state, sizeof(state), "%s", db_text(row, 6));
	db_reset(row);
	return tell_missing(ledger, subject, state, error);
}

/* ---- where it is, and what became of it -------------------------------- */

static int
show_rows(struct ledger *ledger, const char *sql, const char *title,
    const char *subject, const char *url, struct error *error)
{
	struct statement *statement = db_prepare(ledger->db, sql, error);

	if (statement == NULL)
		return -1;
	db_bind_text(statement, 1, subject);
	if (url != NULL)
		db_bind_text(statement, 2, url);
	return title != NULL ? rows_print_long(statement, title, error) :
	    rows_print(statement, error);
}

/* ?2 is "" where there is no address. */
static const char message_sql[] = "SELECT id, state, error, "
    "CASE WHEN ?2 <> '' THEN " PERMALINK("?2", "m.") " WHEN m.state = 'sent' "
    "THEN 'none: set slack.workspace_url, such as https://acme.slack.com, in "
    "the configuration' END AS permalink, "
    "filter, stream, record_id, record_version, channel, "
    "queued_at, not_before, sent_at, method, slack_channel, slack_ts, "
    "thread_ts, key, generation, attempts, replays, "
    "(SELECT max(r.id) FROM messages r WHERE r.replays = m.id) "
    "AS replayed_by, (SELECT delivery FROM bodies WHERE message = m.id) "
    "AS delivery, CASE WHEN EXISTS (SELECT 1 FROM record_bodies r "
    "WHERE r.stream = m.stream AND r.record_id = m.record_id "
    "AND r.record_version = m.record_version) THEN 'yes' END AS record_kept "
    "FROM messages m WHERE m.id = CAST(?1 AS INTEGER)";

/* The record of a reject, which isn't rendered. */
static const char record_sql[] = "SELECT b.payload AS record FROM messages m "
    "JOIN bodies b ON b.message = m.id WHERE m.id = CAST(?1 AS INTEGER) "
    "AND m.channel IS NULL";

static const char attempts_sql[] = "SELECT generation AS gen, number AS "
    "attempt, replace(substr(started_at, 1, 19), 'T', ' ') AS \"time (UTC)\", "
    "CAST(round((julianday(ended_at) - julianday(started_at)) * 86400000) "
    "AS INTEGER) AS ms, http_status AS http, outcome, slack_error, "
    "retry_after AS wait_ms FROM attempts WHERE message = CAST(?1 AS INTEGER) "
    "ORDER BY generation, number";

static int
show_events(struct ledger *ledger, const char *subject, struct error *error)
{
	struct statement *row = db_prepare(ledger->db, "SELECT "
	    "replace(substr(time, 1, 23), 'T', ' '), event, detail, actor "
	    "FROM audit WHERE subject = ?1 AND event LIKE 'message.%' "
	    "ORDER BY seq", error);
	struct buffer words;
	int rc;

	if (row == NULL)
		return -1;
	db_bind_text(row, 1, subject);
	buffer_init(&words, TEXT_MAX);
	while ((rc = db_step(row, error)) == 1) {
		buffer_clear(&words);
		event_words(&words, db_text(row, 1), db_text(row, 2));
		buffer_printf(&words, " (%s)", db_text(row, 3));
		utf8_tame(words.data);
		printf("%s  %s\n", db_text(row, 0), words.data);
	}
	buffer_free(&words);
	return rc;
}

int
show_people(struct ledger *ledger, const char *subject, struct error *error)
{
	const char *url = permalink_workspace();
	int64_t attempts;
	char day[11];
	int rc;

	if (show_content(ledger, subject, error) == -1 ||
	    show_rows(ledger, message_sql, "Message", subject,
	    url != NULL ? url : "", error) == -1 ||
	    show_rows(ledger, record_sql, "Record", subject, NULL, error) ==
	    -1 || db_number(ledger->db, "SELECT count(*) FROM attempts "
	    "WHERE message = CAST(?1 AS INTEGER)", subject, &attempts,
	    error) == -1)
		return -1;
	if (attempts > 0) {
		puts("\nAttempts");
		if (show_rows(ledger, attempts_sql, NULL, subject, NULL,
		    error) == -1)
			return -1;
	}
	puts("\nEvents (UTC)");
	if ((rc = sealed_on(ledger, subject, day, error)) == -1)
		return -1;
	if (rc == 1)
		printf("earlier ones were removed by prune --rows on %s\n",
		    day);
	return show_events(ledger, subject, error);
}
