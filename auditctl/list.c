/* SPDX-License-Identifier: MIT */
/* auditctl list: messages by state, channel, stream, filter, record, time. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auditctl/auditctl.h"
#include "auditctl/query.h"
#include "buffer.h"
#include "clock.h"
#include "log.h"

#define LIMIT 50
#define LIMIT_MAX 1000000

/* The parameters behind those of the conditions, the limit and the states. */
#define FIRST (CONDITIONS + STATES + 2)
#define END (FIRST + 1)

/* All of it for programs; for people what fits on a line of 80, first. */
static const char json_columns[] = "id, queued_at AS time, state, filter, "
    "stream, record_id, record_version, channel, method, sent_at, slack_ts, "
    "error";
static const char table_columns[] = "id, state, replace(substr(coalesce("
    "sent_at, queued_at), 6, 14), 'T', ' ') AS \"time (UTC)\", channel, "
    "record_id, coalesce(error, slack_ts) AS \"slack ts or error\", stream, "
    "filter";

static int
take(struct query *query, int option)
{
	char *end;
	int rc;

	if (option == 'n') {
		query->limit = strtoll(optarg, &end, 10);
		if (*end == '\0' && query->limit >= 1 &&
		    query->limit <= LIMIT_MAX)
			return 0;
		log_error("--limit takes 1 to %d", LIMIT_MAX);
		return EXIT_USAGE;
	}
	if ((rc = query_take(query, option, optarg)) == 1)
		log_error("list: an option is unknown or lacks its argument; "
		    "see auditctl --help");
	return rc == 0 ? 0 : EXIT_USAGE;
}

/* One SELECT for each state, since SQLite merges those by id from the index
 * of states; for an IN it would sort all rows of them. */
static void
compose(const struct query *query, struct buffer *sql)
{
	const char *columns = rows_for_people() ? table_columns : json_columns;
	size_t parts = query->wanted_count > 0 ? query->wanted_count : 1;
	size_t part, i;
	bool first;

	for (part = 0; part < parts; part++) {
		buffer_printf(sql, "%sSELECT %s FROM messages", part > 0 ?
		    " UNION ALL " : "", columns);
		first = query->wanted_count == 0;
		if (!first)
			buffer_printf(sql, " WHERE state = ?%zu",
			    CONDITIONS + 2 + part);
		for (i = 0; i < CONDITIONS; i++) {
			if (query->values[i] == NULL)
				continue;
			buffer_printf(sql, "%s %s?%zu", first ? " WHERE" :
			    " AND", conditions[i].sql, i + 1);
			first = false;
		}
		if (query->values[SINCE] != NULL)
			buffer_printf(sql, " AND id >= ?%zu", FIRST);
		if (query->values[UNTIL] != NULL)
			buffer_printf(sql, " AND id < ?%zu", END);
	}
	buffer_printf(sql, " ORDER BY 1 DESC LIMIT ?%zu", CONDITIONS + 1);
}

static int
run(struct ledger *ledger, const struct query *query, struct error *error)
{
	struct statement *statement;
	struct buffer sql;
	int parameter = CONDITIONS + 2;
	int64_t first, end;
	size_t i;

	if (period_ids(ledger, query->values[SINCE], query->values[UNTIL],
	    &first, &end, error) == -1)
		return -1;
	buffer_init(&sql, 16384);
	compose(query, &sql);
	statement = db_prepare(ledger->db, buffer_text(&sql), error);
	buffer_free(&sql);
	if (statement == NULL)
		return -1;
	for (i = 0; i < CONDITIONS; i++)
		if (query->values[i] != NULL)
			db_bind_text(statement, (int)i + 1, query->values[i]);
	db_bind_int(statement, CONDITIONS + 1, query->limit);
	for (i = 0; i < STATES; i++)
		if (query->wanted[i])
			db_bind_text(statement, parameter++, states[i]);
	if (query->values[SINCE] != NULL)
		db_bind_int(statement, FIRST, first);
	if (query->values[UNTIL] != NULL)
		db_bind_int(statement, END, end);
	return rows_print(statement, error);
}

int
list_command(struct ledger *ledger, int argc, char **argv)
{
	struct option table[CONDITIONS + 3] = { { 0 } };
	struct query query = { .limit = LIMIT };
	struct error error;
	int option, rc;
	size_t i;

	for (i = 0; i < CONDITIONS; i++)
		table[i] = (struct option){ conditions[i].name,
			required_argument, NULL, conditions[i].option };
	table[i++] = (struct option){ "limit", required_argument, NULL, 'n' };
	table[i] = (struct option){ "state", required_argument, NULL, 's' };
	optind = 0;
	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1)
		if ((rc = take(&query, option)) != 0)
			return rc;
	if (optind < argc) {
		log_error("list takes options alone; see auditctl --help");
		return EXIT_USAGE;
	}
	return run(ledger, &query, &error) == -1 ? log_failure(&error) :
	    EXIT_DONE;
}
