/* SPDX-License-Identifier: MIT */
/* auditctl stats: how many messages, and how long they took to Slack. */
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "auditctl/auditctl.h"
#include "clock.h"
#include "log.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)

#define SPAN_MS(from) \
    "CAST(round((julianday(sent_at) - julianday(" from ")) * 86400000) " \
    "AS INTEGER)"

/* The messages of the period, ?1 and ?2, which are between the ids ?3 and ?4.
 * A version begins with the ERP's stamp, if the stream has one; julianday would
 * take a bare number for a day. */
#define MESSAGES "WITH message AS MATERIALIZED (SELECT channel, state, " \
    "CASE WHEN state = 'sent' THEN " SPAN_MS("queued_at") " END AS queue, " \
    "CASE WHEN state = 'sent' AND record_version GLOB '*-*-*T*Z~*' THEN " \
    SPAN_MS("substr(record_version, 1, instr(record_version, '~') - 1)") \
    " END AS erp FROM messages WHERE id >= ?3 AND id < ?4 " \
    "AND queued_at >= ?1 AND queued_at < ?2) "

/* Each message counts in the total, part 0, and in its channel, part 1.  A row
 * of no message makes a total of none. */
#define PARTS "part AS (SELECT 0 AS part, NULL AS channel, NULL AS state, " \
    "NULL AS queue, NULL AS erp UNION ALL SELECT 0, NULL, state, queue, erp " \
    "FROM message UNION ALL SELECT 1, channel, state, queue, erp " \
    "FROM message), " \
    "ranked AS (SELECT *, " \
    "row_number() OVER (PARTITION BY part, channel ORDER BY queue NULLS LAST)" \
    " AS queue_rank, " \
    "count(queue) OVER (PARTITION BY part, channel) AS queues, " \
    "row_number() OVER (PARTITION BY part, channel ORDER BY erp NULLS LAST)" \
    " AS erp_rank, count(erp) OVER (PARTITION BY part, channel) AS erps " \
    "FROM part) "

#define STATE(name) "count(*) FILTER (WHERE state = '" name "') AS " name ", "
/* The nearest rank: the least value that so many of a hundred don't exceed. */
#define PERCENTILE(of, p) "max(" of ") FILTER (WHERE " of "_rank = (" \
    of "s * " #p " + 99) / 100)"
#define LATENCY(of) PERCENTILE(of, 50) " AS " of "_p50_ms, " \
    PERCENTILE(of, 90) " AS " of "_p90_ms, " \
    PERCENTILE(of, 99) " AS " of "_p99_ms, max(" of ") AS " of "_max_ms"

#define STATS MESSAGES ", " PARTS ", stats AS MATERIALIZED (SELECT part, " \
    "channel, count(state) AS messages, " STATE("queued") STATE("sending") \
    STATE("sent") STATE("in_doubt") STATE("dead") STATE("held") \
    STATE("merged") STATE("cancelled") STATE("unchanged") \
    LATENCY("queue") ", " LATENCY("erp") \
    " FROM ranked GROUP BY part, channel) "

static const char json_sql[] = STATS "SELECT CASE part WHEN 0 THEN 'total' "
    "ELSE 'channel' END AS \"of\", channel, messages, queued, sending, sent, "
    "in_doubt, dead, held, merged, cancelled, unchanged, queue_p50_ms, "
    "queue_p90_ms, queue_p99_ms, queue_max_ms, erp_p50_ms, erp_p90_ms, "
    "erp_p99_ms, erp_max_ms FROM stats ORDER BY part, messages DESC, channel";

/* A bar of the share that messages are of the most of a row; what there is has
 * at least one. */
#define BAR(width) "substr('########################################', 1, " \
    "(messages * " #width " + max(messages) OVER () - 1) " \
    "/ max(messages) OVER ()) AS share"

/* For people: milliseconds as the unit that fits them. */
#define SPAN(ms) "CASE WHEN abs(" ms ") < 10000 THEN " ms " || ' ms' " \
    "WHEN abs(" ms ") < 600000 THEN (" ms " / 1000) || ' s' " \
    "WHEN abs(" ms ") < 36000000 THEN (" ms " / 60000) || ' min' " \
    "ELSE (" ms " / 3600000) || ' h' END"
#define SPANS(of) SPAN(of "_p50_ms") " AS p50, " \
    SPAN(of "_p90_ms") " AS p90, " SPAN(of "_p99_ms") " AS p99, " SPAN(of "_max_ms") " AS max"

static const char *const tables_sql[] = {
	MESSAGES ", counted AS (SELECT state, count(*) AS messages "
	    "FROM message GROUP BY state) SELECT state, messages, "
	    BAR(40)
	    " FROM counted ORDER BY messages DESC, state",
	STATS "SELECT 'from queueing' AS \"to Slack\", " SPANS("queue")
	    " FROM stats WHERE part = 0 "
	    "UNION ALL SELECT 'from the ERP''s stamp', "
	    SPANS("erp") " FROM stats WHERE part = 0",
	STATS "SELECT coalesce(substr(channel, 1, 18), '(rejects)') "
	    "AS channel, messages, queued + sending + in_doubt AS waiting, held, dead, "
	    SPAN("queue_p50_ms") " AS p50, " SPAN("queue_p99_ms")
	    " AS p99, " BAR(10) " FROM stats WHERE part = 1 "
	    "ORDER BY stats.messages DESC, stats.channel",
};

struct period {
	char since[CLOCK_TEXT], until[CLOCK_TEXT];
	int64_t first, end;
};

static int
print(struct ledger *ledger, const char *sql, const struct period *period,
    struct error *error)
{
	struct statement *statement = db_prepare(ledger->db, sql, error);

	if (statement == NULL)
		return -1;
	db_bind_text(statement, 1, period->since);
	db_bind_text(statement, 2, period->until);
	db_bind_int(statement, 3, period->first);
	db_bind_int(statement, 4, period->end);
	return rows_print(statement, error);
}

static int
print_tables(struct ledger *ledger, const struct period *period,
    struct error *error)
{
	size_t i;

	printf("queued from %s to %s\n", period->since, period->until);
	for (i = 0; i < sizeof(tables_sql) / sizeof(tables_sql[0]); i++) {
		putchar('\n');
		if (print(ledger, tables_sql[i], period, error) == -1)
			return -1;
	}
	return 0;
}

/* 0, or an exit status.  Half of a period that is not given is a day away from
 * the other half, or from now. */
static int
take_period(struct period *period, int argc, char **argv)
{
	static const struct option table[] = {
		{ "since", required_argument, NULL, 'F' },
		{ "until", required_argument, NULL, 'u' },
		{ NULL, 0, NULL, 0 }
	};
	int64_t since = INT64_MIN, until = INT64_MIN;
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (option != 'F' && option != 'u') {
			log_error("stats: an option is unknown or lacks its "
			    "argument; see auditctl --help");
			return EXIT_USAGE;
		}
		if (clock_parse(optarg, option == 'F' ? &since :
		    &until) == -1) {
			log_error("--%s takes a time such as "
			    "2026-01-31T00:00:00Z", option == 'F' ? "since" :
			    "until");
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		log_error("stats takes options alone; see auditctl --help");
		return EXIT_USAGE;
	}
	if (until == INT64_MIN)
		until = clock_wall_ms() + 1;
	if (since == INT64_MIN)
		since = until - DAY_MS;
	if (since >= until) {
		log_error("--since is not before --until, which is now unless "
		    "it is given");
		return EXIT_USAGE;
	}
	clock_format(since, period->since);
	clock_format(until, period->until);
	return 0;
}

int
stats_command(struct ledger *ledger, int argc, char **argv)
{
	struct period period;
	struct error error;
	int rc;

	if ((rc = take_period(&period, argc, argv)) != 0)
		return rc;
	if (period_ids(ledger, period.since, period.until, &period.first,
	    &period.end, &error) == -1 || (rows_for_people() ?
	    print_tables(ledger, &period, &error) : print(ledger, json_sql,
	    &period, &error)) == -1)
		return log_failure(&error);
	return EXIT_DONE;
}
