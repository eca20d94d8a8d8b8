/* SPDX-License-Identifier: MIT */
/* auditctl show: one message and its history. */
#include <stdio.h>
#include <string.h>

#include "auditctl/auditctl.h"
#include "auditctl/permalink.h"
#include "auditctl/plain.h"
#include "buffer.h"
#include "json.h"
#include "log.h"

#define OBJECT_MAX ((size_t)256 << 20) /* a payload, each byte escaped */

/* What show shows of one message, part by part.  ?1 is its id, as text, ?2 the
 * address of the workspace. */
static const struct part {
	const char *array; /* in JSON; NULL: one row */
	const char *object; /* the same for one row; NULL: its members alone */
	const char *sql;
} parts[] = {
	{ NULL, "message", "SELECT id, key, generation, state, "
	    "filter, stream, record_id, record_version, channel, attempts, "
	    "not_before, queued_at, sent_at, method, slack_channel, slack_ts, "
	    "thread_ts, error, replays, (SELECT max(r.id) FROM messages r "
	    "WHERE r.replays = m.id) AS replayed_by, (SELECT min(s.sealed_at) "
	    "FROM seals s WHERE s.last_message >= m.id) AS events_removed_at, "
	    "EXISTS (SELECT 1 FROM record_bodies r WHERE "
	    "r.stream = m.stream AND r.record_id = m.record_id "
	    "AND r.record_version = m.record_version) AS record_kept, "
	    PERMALINK("?2", "m.") " AS permalink "
	    "FROM messages m WHERE m.id = CAST(?1 AS INTEGER)" },
	/* The outer row is there when a body isn't. */
	{ NULL, NULL, "SELECT b.payload, b.delivery FROM messages m "
	    "LEFT JOIN bodies b ON b.message = m.id "
	    "WHERE m.id = CAST(?1 AS INTEGER)" },
	{ "attempts", NULL, "SELECT generation, number AS attempt, "
	    "started_at, ended_at, http_status, slack_error, retry_after, "
	    "outcome FROM attempts WHERE message = CAST(?1 AS INTEGER) "
	    "ORDER BY generation, number" },
	{ "events", NULL, "SELECT seq, time, actor, event, detail "
	    "FROM audit WHERE subject = ?1 AND event LIKE 'message.%' "
	    "ORDER BY seq" },
};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

static struct statement *
prepare(struct ledger *ledger, const struct part *part, const char *subject,
    struct error *error)
{
	struct statement *statement = db_prepare(ledger->db, part->sql, error);

	if (statement != NULL)
		db_bind_text(statement, 1, subject);
	if (statement != NULL && part == parts)
		db_bind_text(statement, 2, permalink_workspace());
	return statement;
}

/* Part by part, each with its header. */
static int
print_rows(struct ledger *ledger, const char *subject, struct error *error)
{
	struct statement *statement;
	size_t i;

	for (i = 0; i < PARTS; i++)
		if ((statement = prepare(ledger, &parts[i], subject,
		    error)) == NULL || rows_print(statement, error) == -1)
			return -1;
	return 0;
}

/* What people read of a message in the channel. */
static void
plain_value(struct buffer *out, const char *payload)
{
	struct json json = { 0 };
	struct error ignored;
	struct buffer text;

	buffer_init(&text, OBJECT_MAX);
	if (json_parse(&json, payload, strlen(payload), &ignored) == 0)
		plain_message(&text, &json, 0);
	buffer_json_member(out, "text", buffer_text(&text));
	out->failed |= text.failed;
	buffer_free(&text);
	json_free(&json);
}

/* A part's row; what people read stands behind the payload. */
static void
members(struct buffer *out, struct statement *statement)
{
	const char *payload;

	rows_members(out, statement);
	if (strcmp(db_column_name(statement, 0), "payload") != 0)
		return;
	if ((payload = db_text(statement, 0)) != NULL)
		plain_value(out, payload);
	else
		buffer_json_member(out, "text", NULL);
}

/* 0, or -1 and an error. */
static int
append(struct ledger *ledger, const struct part *part, const char *subject,
    struct buffer *out, struct error *error)
{
	const char *name = part->array != NULL ? part->array : part->object;
	struct statement *statement = prepare(ledger, part, subject, error);
	bool first = true;
	int rc;

	if (statement == NULL)
		return -1;
	if (name != NULL)
		buffer_json_name(out, name);
	buffer_puts(out, part->array != NULL ? "[" : "");
	for (; (rc = db_step(statement, error)) == 1; first = false) {
		buffer_puts(out, first ? "" : ",");
		buffer_puts(out, name != NULL ? "{" : "");
		members(out, statement);
		buffer_puts(out, name != NULL ? "}" : "");
	}
	buffer_puts(out, part->array != NULL ? "]" : "");
	return rc;
}

static int
print_object(struct ledger *ledger, const char *subject, struct error *error)
{
	struct buffer out;
	int rc = 0;
	size_t i;

	buffer_init(&out, OBJECT_MAX);
	buffer_puts(&out, "{");
	for (i = 0; i < PARTS && rc == 0; i++)
		rc = append(ledger, &parts[i], subject, &out, error);
	buffer_puts(&out, "}\n");
	if (rc == 0 && out.failed)
		rc = error_set(error, EXIT_SYSTEM, "message %s is too long "
		    "for an object", subject);
	if (rc == 0)
		fwrite(out.data, 1, out.length, stdout);
	buffer_free(&out);
	return rc;
}

/* 1: it was there, 0: it isn't, -1: error. */
static int
show(struct ledger *ledger, const char *subject, struct error *error)
{
	int64_t count;

	if (db_number(ledger->db, "SELECT count(*) FROM messages "
	    "WHERE id = CAST(?1 AS INTEGER)", subject, &count, error) == -1)
		return -1;
	if (count == 0)
		return 0;
	return (rows_are_json() ? print_object(ledger, subject, error) :
	    rows_for_people() ? show_people(ledger, subject, error) :
	    print_rows(ledger, subject, error)) == -1 ? -1 : 1;
}

int
show_command(struct ledger *ledger, int argc, char **argv)
{
	struct error error;
	char subject[32];
	int64_t id;
	int rc;

	if (argc != 2) {
		log_error("show takes the id of one message");
		return EXIT_USAGE;
	}
	if (parse_id(argv[1], &id) == -1)
		return EXIT_USAGE;
	snprintf(subject, sizeof(subject), "%lld", (long long)id);
	/* All parts as they are at one time, though deliver runs. */
	if (db_execute(ledger->db, "BEGIN", &error) == -1)
		return log_failure(&error);
	rc = show(ledger, subject, &error);
	if (rc == -1 || db_execute(ledger->db, "COMMIT", &error) == -1)
		return log_failure(&error);
	if (rc == 0)
		log_error("there is no message %s", subject);
	return rc == 1 ? EXIT_DONE : EXIT_NO;
}
