/* SPDX-License-Identifier: MIT */
/* auditctl queue: how long messages wait, by channel. */
#include "auditctl/auditctl.h"
#include "clock.h"
#include "log.h"

/* Ages are minutes, each column twice the one before it, as in Postfix's
 * qshape.  ?1 is now.  Both SELECTs of waiting read an index of what they
 * count, so the cost is that of the queue, not of the ledger.  After a clock
 * was set back ages are below zero, which is young. */
#define SHAPE "WITH waiting AS MATERIALIZED (SELECT channel, queued_at, " \
    "(julianday(?1) - julianday(queued_at)) * 1440 AS age, 0 AS held " \
    "FROM messages WHERE state = 'queued' OR state = 'sending' " \
    "OR state = 'in_doubt' UNION ALL SELECT channel, NULL, NULL, 1 " \
    "FROM messages WHERE state = 'held'), " \
    "shape AS MATERIALIZED (SELECT channel, " \
    "count(*) - sum(held) AS waiting, " \
    "count(*) FILTER (WHERE age < 5) AS a5, " \
    "count(*) FILTER (WHERE age >= 5 AND age < 10) AS a10, " \
    "count(*) FILTER (WHERE age >= 10 AND age < 20) AS a20, " \
    "count(*) FILTER (WHERE age >= 20 AND age < 40) AS a40, " \
    "count(*) FILTER (WHERE age >= 40 AND age < 80) AS a80, " \
    "count(*) FILTER (WHERE age >= 80 AND age < 160) AS a160, " \
    "count(*) FILTER (WHERE age >= 160 AND age < 320) AS a320, " \
    "count(*) FILTER (WHERE age >= 320 AND age < 640) AS a640, " \
    "count(*) FILTER (WHERE age >= 640 AND age < 1280) AS a1280, " \
    "count(*) FILTER (WHERE age >= 1280) AS older, " \
    "sum(held) AS held, min(queued_at) AS oldest " \
    "FROM waiting GROUP BY channel) "

static const char json_sql[] = SHAPE "SELECT s.channel, s.waiting, "
    "s.a5 AS under_5m, s.a10 AS under_10m, s.a20 AS under_20m, "
    "s.a40 AS under_40m, s.a80 AS under_80m, s.a160 AS under_160m, "
    "s.a320 AS under_320m, s.a640 AS under_640m, s.a1280 AS under_1280m, "
    "s.older, s.held, s.oldest AS oldest_at, c.pause_until, "
    "c.reason AS pause_reason FROM shape s LEFT JOIN channels c "
    "ON c.name = s.channel AND c.pause_until > ?1 "
    "ORDER BY s.oldest IS NULL, s.oldest, s.channel";

/* The total first; then the channel of the message that waits longest. */
static const char table_sql[] = SHAPE "SELECT substr(channel, 1, 24) AS "
    "\"minutes\", waiting AS T, a5 AS \"5\", a10 AS \"10\", a20 AS \"20\", "
    "a40 AS \"40\", a80 AS \"80\", a160 AS \"160\", a320 AS \"320\", "
    "a640 AS \"640\", a1280 AS \"1280\", older AS \"1280+\", held "
    "FROM (SELECT 0 AS part, 'TOTAL' AS channel, "
    "coalesce(sum(waiting), 0) AS waiting, coalesce(sum(a5), 0) AS a5, "
    "coalesce(sum(a10), 0) AS a10, coalesce(sum(a20), 0) AS a20, "
    "coalesce(sum(a40), 0) AS a40, coalesce(sum(a80), 0) AS a80, "
    "coalesce(sum(a160), 0) AS a160, coalesce(sum(a320), 0) AS a320, "
    "coalesce(sum(a640), 0) AS a640, coalesce(sum(a1280), 0) AS a1280, "
    "coalesce(sum(older), 0) AS older, coalesce(sum(held), 0) AS held, "
    "NULL AS oldest FROM shape UNION ALL SELECT 1, channel, waiting, a5, a10, "
    "a20, a40, a80, a160, a320, a640, a1280, older, held, oldest FROM shape) "
    "ORDER BY part, oldest IS NULL, oldest, channel";

/* Why they wait, below the table. */
static const char pauses_sql[] = "SELECT name AS paused, "
    "replace(substr(pause_until, 1, 19), 'T', ' ') AS \"until (UTC)\", reason "
    "FROM channels WHERE pause_until > ?1 UNION ALL SELECT method, "
    "replace(substr(pause_until, 1, 19), 'T', ' '), reason FROM throttles "
    "WHERE pause_until > ?1 ORDER BY 2, 1";

static int
print(struct ledger *ledger, const char *sql, const char *now,
    struct error *error)
{
	struct statement *statement = db_prepare(ledger->db, sql, error);

	if (statement == NULL)
		return -1;
	db_bind_text(statement, 1, now);
	return rows_print(statement, error);
}

int
queue_command(struct ledger *ledger, int argc, char **argv)
{
	char now[CLOCK_TEXT];
	struct error error;
	int64_t pauses;

	(void)argv;
	if (argc != 1) {
		log_error("queue takes no operand");
		return EXIT_USAGE;
	}
	clock_now(now);
	if (!rows_for_people())
		return print(ledger, json_sql, now, &error) == -1 ?
		    log_failure(&error) : EXIT_DONE;
	if (print(ledger, table_sql, now, &error) == -1 ||
	    db_number(ledger->db, "SELECT (SELECT count(*) FROM channels "
	    "WHERE pause_until > ?1) + (SELECT count(*) FROM throttles "
	    "WHERE pause_until > ?1)", now, &pauses, &error) == -1 ||
	    (pauses > 0 && print(ledger, pauses_sql, now, &error) == -1))
		return log_failure(&error);
	return EXIT_DONE;
}
