/* SPDX-License-Identifier: MIT */
/*
 * auditctl events: what Slack's events mean to the ledger.
 *
 * verify's EVENT lines come on stdin.  Those that change the ledger do so
 * once, however often they come: the change and the event's id in the table
 * events are one transaction.  Each line is passed on to stdout afterwards.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditctl/auditctl.h"
#include "auditctl/event_lines.h"
#include "clock.h"
#include "json.h"
#include "log.h"

#define DETAIL_MAX ((size_t)64 << 10)

struct event {
	struct ledger *ledger;
	const char *team; /* whose end stops the queue; NULL: nobody's */
	struct json json;
	const char *id;
};

static json_node
body(const struct event *event, const char *path)
{
	json_node at = json_path(&event->json, "body");
	char name[64];
	size_t length;

	for (; *path != '\0'; path += length + (path[length] == '.')) {
		length = strcspn(path, ".");
		snprintf(name, sizeof(name), "%.*s", (int)length, path);
		at = json_member(&event->json, at, name);
	}
	return at;
}

/* 1: it is the first time, 0: it was done, -1: error. */
static int
note(const struct event *event, struct error *error)
{
	struct statement *insert = db_prepare(event->ledger->db, "INSERT INTO "
	    "events (event_id, seen_at) VALUES (?1, ?2) "
	    "ON CONFLICT (event_id) DO NOTHING", error);
	char now[CLOCK_TEXT];

	if (insert == NULL)
		return -1;
	clock_now(now);
	db_bind_text(insert, 1, event->id);
	db_bind_text(insert, 2, now);
	return db_run(insert, error) == -1 ? -1 :
	    db_changes(event->ledger->db) > 0;
}

/* A member of detail: a string of the body's, or null. */
static void
member(const struct event *event, struct buffer *detail, const char *name,
    const char *path)
{
	char *text = json_dup(&event->json, body(event, path));

	buffer_json_member(detail, name, text);
	free(text);
}

/* ---- the Acknowledge button -------------------------------------------- */

/* The message that was clicked, of those about the record that its button
 * names: 1, 0: there is none, -1. */
static int
find_message(const struct event *event, const char *value, int64_t *id,
    struct error *error)
{
	char *channel = json_dup(&event->json, body(event,
	    "container.channel_id"));
	char *ts = json_dup(&event->json, body(event, "container.message_ts"));
	const char *space = value != NULL ? strchr(value, ' ') : NULL;
	char *stream = space != NULL ? strndup(value,
	    (size_t)(space - value)) : NULL;
	struct statement *select;
	int rc = 0;

	if (channel == NULL || ts == NULL || stream == NULL)
		goto out;
	/* An edit has the ts of what it changed: the last is what was seen. */
	if ((select = db_prepare(event->ledger->db, "SELECT id FROM messages "
	    "WHERE stream = ?1 AND record_id = ?2 AND slack_channel = ?3 "
	    "AND slack_ts = ?4 ORDER BY id DESC LIMIT 1", error)) == NULL) {
		rc = -1;
		goto out;
	}
	db_bind_text(select, 1, stream);
	db_bind_text(select, 2, space + 1);
	db_bind_text(select, 3, channel);
	db_bind_text(select, 4, ts);
	if ((rc = db_step(select, error)) == 1) {
		*id = db_int(select, 0);
		db_reset(select);
	}
out:
	free(channel);
	free(ts);
	free(stream);
	return rc;
}

static int
record(const struct event *event, int64_t id, struct error *error)
{
	struct buffer detail;
	int rc = -1;

	buffer_init(&detail, DETAIL_MAX);
	buffer_puts(&detail, "{");
	member(event, &detail, "user", "user.id");
	member(event, &detail, "user_name", "user.username");
	member(event, &detail, "team", "user.team_id");
	buffer_json_member(&detail, "event_id", event->id);
	buffer_puts(&detail, "}");
	if (detail.failed)
		error_set(error, EXIT_DATA, "event %.100s: its names are too "
		    "long", event->id);
	else
		rc = audit_message(event->ledger, "message.acknowledged", id,
		    detail.data, error);
	buffer_free(&detail);
	return rc;
}

static int
acknowledge(const struct event *event, const char *value,
    struct error *error)
{
	int64_t id;
	int rc;

	if (db_begin(event->ledger->db, error) == -1)
		return -1;
	if ((rc = find_message(event, value, &id, error)) == 0)
		log_warning("event %.100s: there is no such message in this "
		    "ledger", event->id);
	else if (rc == 1 && (rc = note(event, error)) == 1)
		rc = record(event, id, error);
	if (rc != -1 && db_commit(event->ledger->db, error) == 0)
		return 0;
	db_rollback(event->ledger->db);
	return -1;
}

/* Of one click Slack tells one action. */
static int
click(const struct event *event, struct error *error)
{
	const struct json *json = &event->json;
	json_node action = json_first(json, body(event, "actions"));
	char *value;
	int rc;

	if (!json_is(json, body(event, "type"), "block_actions") ||
	    !json_is(json, json_member(json, action, "action_id"),
	    "acknowledge"))
		return 0;
	value = json_dup(json, json_member(json, action, "value"));
	rc = acknowledge(event, value, error);
	free(value);
	return rc;
}

/* ---- the end of the app in a workspace --------------------------------- */

/* Was the token that the vault has given after the event?  Or is there none? */
static int
has_newer_token(const struct event *event, struct error *error)
{
	int64_t seconds = 0, count;
	char time[CLOCK_TEXT];

	json_integer(&event->json, body(event, "event_time"), &seconds);
	clock_format(seconds * 1000, time);
	return db_number(event->ledger->db, "SELECT count(*) FROM vault WHERE "
	    "name = 'slack.bot_token' AND "
	    "coalesce(rotated_at, created_at) > ?1", time, &count, error) ==
	    -1 ? -1 : count > 0;
}

/* Forget the tokens, once, with the event that says why: 1. */
static int
forget_tokens(const struct event *event, struct error *error)
{
	struct ledger *ledger = event->ledger;
	struct buffer detail;
	int rc;

	if (db_begin(ledger->db, error) == -1)
		return -1;
	buffer_init(&detail, DETAIL_MAX);
	buffer_puts(&detail, "{");
	member(event, &detail, "event", "event.type");
	buffer_json_member(&detail, "event_id", event->id);
	buffer_puts(&detail, "}");
	if ((rc = has_newer_token(event, error)) == 0)
		rc = note(event, error);
	else if (rc == 1)
		rc = 0;
	if (rc == 1 &&
	    (vault_drop(ledger, "slack.bot_token", error) == -1 ||
	    vault_drop(ledger, "slack.refresh_token", error) == -1 ||
	    audit_append(ledger, "workspace.stopped", event->team,
	    buffer_text(&detail), error) == -1))
		rc = -1;
	buffer_free(&detail);
	if (rc != -1 && db_commit(ledger->db, error) == 0)
		return rc;
	db_rollback(ledger->db);
	return -1;
}

/* Without its token nothing is sent, and nothing that waits is lost. */
static int
stop(const struct event *event, struct error *error)
{
	const struct json *json = &event->json;
	json_node type = body(event, "event.type");
	int rc;

	if (!json_is(json, type, "app_uninstalled") &&
	    (!json_is(json, type, "tokens_revoked") ||
	    json_count(json, body(event, "event.tokens.bot")) == 0))
		return 0;
	if (event->team == NULL ||
	    !json_is(json, body(event, "team_id"), event->team)) {
		log_warning("event %.100s: the app was removed from a "
		    "workspace, which isn't the one of --team", event->id);
		return 0;
	}
	if ((rc = forget_tokens(event, error)) != 1)
		return rc;
	log_warning("the app was removed from the workspace %.40s: its token "
	    "is forgotten, and messages wait; install the app again and give "
	    "its token with auditctl vault set slack.bot_token", event->team);
	return 0;
}

/* ---- lines ------------------------------------------------------------- */

static int
apply(struct event *event, struct error *error)
{
	json_node kind = json_path(&event->json, "kind");

	if (json_is(&event->json, kind, "interaction"))
		return click(event, error);
	return json_is(&event->json, kind, "event_callback") ?
	    stop(event, error) : 0;
}

/* An exit status. */
static int
take_line(struct event *event, const char *line, size_t length)
{
	const struct json *json = &event->json;
	struct error error;
	char *id = NULL;
	int rc = EXIT_DONE;

	if (json_parse(&event->json, line, length, &error) == -1 ||
	    !json_is(json, json_path(json, "type"), "EVENT") ||
	    (id = json_dup(json, json_path(json, "event_id"))) == NULL) {
		log_error("a line is no EVENT of verify's: passed over");
		return EXIT_DATA;
	}
	event->id = id;
	if (apply(event, &error) == -1)
		rc = log_failure(&error);
	else if (fwrite(line, 1, length, stdout) != length ||
	    fflush(stdout) == EOF)
		rc = EXIT_IO; /* main tells */
	free(id);
	return rc;
}

static int
take_lines(struct event *event)
{
	struct event_lines lines;
	struct error error;
	int rc = EXIT_DONE, one = EXIT_DONE, got = 0;

	if (event_lines_open(&lines, &error) == -1)
		goto fail;
	/* Whoever ends here leaves the line that failed, and those behind it. */
	while ((one == EXIT_DONE || one == EXIT_DATA) &&
	    (got = event_lines_next(&lines, &error)) == 1) {
		one = EXIT_DONE;
		if (strcmp(buffer_text(&lines.line), "\n") != 0)
			one = take_line(event, lines.line.data,
			    lines.line.length);
		if (one != EXIT_DONE)
			rc = one;
		if ((one == EXIT_DONE || one == EXIT_DATA) &&
		    event_lines_done(&lines, &error) == -1)
			goto fail;
	}
	if (got != -1)
		goto out;
fail:
	rc = log_failure(&error);
out:
	event_lines_close(&lines);
	json_free(&event->json);
	return rc;
}

int
events_command(struct ledger *ledger, int argc, char **argv)
{
	static const struct option table[] = {
		{ "team", required_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 }
	};
	struct event event = { .ledger = ledger };
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (option != 't')
			return EXIT_USAGE;
		event.team = optarg;
	}
	if (optind < argc) {
		log_error("events takes --team alone: lines come on standard "
		    "input");
		return EXIT_USAGE;
	}
	return take_lines(&event);
}
