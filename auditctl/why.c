/* SPDX-License-Identifier: MIT */
/* auditctl why: what became of a record, version by version. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditctl/auditctl.h"
#include "auditctl/permalink.h"
#include "auditctl/query.h"
#include "buffer.h"
#include "clock.h"
#include "log.h"
#include "utf8.h"

#define LINE_MAX_BYTES ((size_t)1 << 20)

/* ?1: the record's id, ?2: its stream, or NULL for each that has it; ?3: now;
 * ?4: the address of the workspace, or NULL.
 * Both tables' indexes begin with the stream: streams are few, and found by
 * steps from one to the next.  IN, no join: for a join SQLite makes a Bloom
 * filter of the whole table. */
#define STREAMS "WITH RECURSIVE seen(stream) AS (SELECT min(stream) FROM " \
    "records UNION ALL SELECT (SELECT min(stream) FROM records " \
    "WHERE stream > seen.stream) FROM seen WHERE seen.stream IS NOT NULL), " \
    QUERY_TOLD ", " \
    "streams AS MATERIALIZED (SELECT ?2 AS stream WHERE ?2 IS NOT NULL " \
    "UNION SELECT stream FROM seen WHERE ?2 IS NULL AND stream IS NOT NULL " \
    "UNION SELECT stream FROM told WHERE ?2 IS NULL AND stream IS NOT NULL)"

/* What a message waits for that the filter and the record have in common. */
#define EARLIER "FROM messages e WHERE e.stream = m.stream " \
    "AND e.record_id = m.record_id AND e.id < m.id " \
    "AND e.channel = m.channel AND e.filter = m.filter "
#define BEHIND "(SELECT 'message ' || e.id || ', about the same record, " \
    "which is ' || e.state " EARLIER "AND (e.state = 'queued' " \
    "OR e.state = 'sending' OR e.state = 'in_doubt' OR e.state = 'held') " \
    "ORDER BY e.id LIMIT 1)"
#define BECAUSE "coalesce(': ' || m.error, '')"

static const char sql[] = STREAMS ", "
    "versions AS MATERIALIZED (SELECT * FROM records WHERE record_id = ?1 "
    "AND stream IN (SELECT stream FROM streams)), "
    "told_of AS MATERIALIZED (SELECT * FROM messages WHERE record_id = ?1 "
    "AND stream IN (SELECT stream FROM streams)) "
    "SELECT w.*, EXISTS (SELECT 1 FROM record_bodies b WHERE "
    "b.stream = w.stream AND b.record_id = w.record_id "
    "AND b.record_version = w.record_version) AS record_kept FROM ("
    "SELECT v.stream, v.record_id, v.record_version, v.seen_at, "
    "f.key AS filter, NULL AS message, 'filtered' AS outcome, "
    "NULL AS channel, v.seen_at AS at, "
    "'filter ' || f.key || ' wanted no message about it' AS explanation, "
    "NULL AS permalink "
    "FROM versions v, json_each(v.outcome) f WHERE f.value = 0 "
    "UNION ALL SELECT v.stream, v.record_id, v.record_version, v.seen_at, "
    "NULL, NULL, 'unclaimed', NULL, v.seen_at, "
    "'no filter looked at it', NULL FROM versions v WHERE v.outcome = '{}' "
    "UNION ALL SELECT m.stream, m.record_id, m.record_version, "
    "(SELECT v.seen_at FROM versions v WHERE v.stream = m.stream "
    "AND v.record_version = m.record_version), m.filter, m.id, "
    "CASE WHEN m.channel IS NULL THEN 'reject' ELSE m.state END, m.channel, "
    "coalesce(m.sent_at, m.queued_at), "
    "CASE WHEN m.channel IS NULL THEN 'filter ' || m.filter || ' failed on it' "
    "|| " BECAUSE " || CASE m.state WHEN 'cancelled' THEN "
    "'; it was mended since' ELSE '' END "
    "ELSE 'message ' || m.id || ' of filter ' || m.filter || ' ' || "
    "CASE m.state "
    "WHEN 'sent' THEN CASE WHEN m.method = 'edit' THEN 'changed a message in ' "
    "WHEN m.method = 'repost' THEN 'was sent anew to ' "
    "WHEN m.thread_ts IS NOT NULL THEN 'was sent as a reply in ' "
    "ELSE 'was sent to ' END || m.channel || coalesce(' at ' || m.sent_at, '') "
    "WHEN 'unchanged' THEN 'was not sent to ' || m.channel || " BECAUSE
    " || coalesce('; message ' || (SELECT e.id " EARLIER
    "AND e.state <> 'unchanged' AND e.payload_hash = m.payload_hash "
    "ORDER BY e.id DESC LIMIT 1) || ' says the same', '') "
    "WHEN 'dead' THEN 'could not be sent to ' || m.channel || " BECAUSE " "
    "WHEN 'held' THEN 'is held, a person decides whether it goes to ' || "
    "m.channel || " BECAUSE " "
    "WHEN 'in_doubt' THEN 'may be in ' || m.channel || "
    "', its request had no answer; deliver looks it up' "
    "WHEN 'sending' THEN 'is on its way to ' || m.channel "
    "WHEN 'cancelled' THEN 'was cancelled for ' || m.channel || " BECAUSE " "
    "WHEN 'queued' THEN 'waits for ' || m.channel || ' since ' || m.queued_at "
    "|| CASE WHEN m.not_before > ?3 THEN ', is not to go before ' || "
    "m.not_before ELSE coalesce(', behind ' || " BEHIND ", "
    "(SELECT ', which is paused until ' || c.pause_until || coalesce(': ' || "
    "c.reason, '') FROM channels c WHERE c.name = m.channel "
    "AND c.pause_until > ?3), '') END "
    "ELSE 'is ' || m.state END END, " PERMALINK("?4", "m.")
    " FROM told_of m) w "
    "ORDER BY 1, 3, 6, 5";

/* A line for each version, and below it one for each outcome. */
static int
tell(struct statement *statement, struct error *error)
{
	struct buffer version, last;
	const char *seen;
	char *line;
	int rc;

	buffer_init(&version, LINE_MAX_BYTES);
	buffer_init(&last, LINE_MAX_BYTES);
	while ((rc = db_step(statement, error)) == 1) {
		seen = db_text(statement, 3);
		buffer_clear(&version);
		buffer_printf(&version, "%s %s, version %s, %s%s%s",
		    db_text(statement, 0), db_text(statement, 1),
		    db_text(statement, 2), seen != NULL ? "read at " :
		    "of which no reading is kept", seen != NULL ? seen : "",
		    db_int(statement, 11) != 0 ? ", the record is kept" : "");
		if ((line = strdup(db_text(statement, 9))) == NULL ||
		    version.failed || last.failed) {
			free(line);
			db_reset(statement);
			rc = error_set(error, EXIT_SYSTEM, "no memory");
			break;
		}
		utf8_tame(version.data);
		utf8_tame(line);
		if (strcmp(buffer_text(&last), version.data) != 0)
			puts(version.data);
		printf("  %s\n", line);
		free(line);
		if (db_text(statement, 10) != NULL)
			printf("    %s\n", db_text(statement, 10));
		buffer_clear(&last);
		buffer_puts(&last, version.data);
	}
	buffer_free(&version);
	buffer_free(&last);
	return rc;
}

static struct statement *
prepare(struct ledger *ledger, const char *record, const char *stream,
    struct error *error)
{
	struct statement *statement = db_prepare(ledger->db, sql, error);
	char now[CLOCK_TEXT];

	if (statement == NULL)
		return NULL;
	clock_now(now);
	db_bind_text(statement, 1, record);
	db_bind_text(statement, 2, stream);
	db_bind_text(statement, 3, now);
	db_bind_text(statement, 4, permalink_workspace());
	return statement;
}

int
why_command(struct ledger *ledger, int argc, char **argv)
{
	static const struct option table[] = {
		{ "stream", required_argument, NULL, 'S' },
		{ NULL, 0, NULL, 0 }
	};
	const char *record, *stream = NULL;
	struct statement *statement;
	struct error error;
	int option, rc;

	optind = 0;
	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (option != 'S') {
			log_error("why: an option is unknown or lacks its "
			    "argument; see auditctl --help");
			return EXIT_USAGE;
		}
		stream = optarg;
	}
	if (argc - optind != 1) {
		log_error("why takes the id of one record, as auditctl list "
		    "shows it");
		return EXIT_USAGE;
	}
	record = argv[optind];
	if ((statement = prepare(ledger, record, stream, &error)) == NULL ||
	    (rc = db_step(statement, &error)) == -1)
		return log_failure(&error);
	if (rc == 0) {
		log_error("record '%.80s' was never read%s%.40s: auditctl "
		    "bookmark list shows how far each stream was", record,
		    stream != NULL ? " in stream " : "", stream != NULL ?
		    stream : "");
		return EXIT_NO;
	}
	/* It is there: from the first row again. */
	if ((statement = prepare(ledger, record, stream, &error)) == NULL ||
	    (rows_for_people() ? tell(statement, &error) :
	    rows_print(statement, &error)) == -1)
		return log_failure(&error);
	return EXIT_DONE;
}
