/* SPDX-License-Identifier: MIT */
#include "auditctl/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditctl/auditctl.h"
#include "buffer.h"
#include "deliver/slack.h"
#include "log.h"

const struct condition conditions[CONDITIONS] = {
	[CHANNEL] = { 'C', "channel", "channel = " },
	[STREAM] = { 'S', "stream", "stream = " },
	[FILTER] = { 'L', "filter", "filter = " },
	[RECORD] = { 'r', "record", "record_id = " },
	[SINCE] = { 'F', "since", "queued_at >= " },
	[UNTIL] = { 'u', "until", "queued_at < " },
	[BEFORE] = { 'b', "before", "id < " },
};

const char *const states[STATES] = { "queued", "sending", "sent", "in_doubt",
	"dead", "held", "merged", "cancelled", "unchanged" };

void
query_options(struct option *table)
{
	size_t i;

	for (i = 0; i < BEFORE; i++)
		table[i] = (struct option){ conditions[i].name,
			required_argument, NULL, conditions[i].option };
	table[i] = (struct option){ "state", required_argument, NULL, 's' };
}

int
query_take_states(struct query *query, const char *list)
{
	size_t length, i;

	for (;; list += length + 1) {
		length = strcspn(list, ",");
		for (i = 0; i < STATES; i++)
			if (strlen(states[i]) == length &&
			    memcmp(states[i], list, length) == 0)
				break;
		if (i == STATES) {
			log_error("'%.*s' is no state: use queued, sending, "
			    "sent, in_doubt, dead, held, merged, cancelled or "
			    "unchanged", (int)(length < 40 ? length : 40),
			    list);
			return -1;
		}
		query->wanted_count += !query->wanted[i];
		query->wanted[i] = true;
		if (list[length] == '\0')
			return 0;
	}
}

/* As deliver names it: "finance" means "#finance". */
static int
take_channel(struct query *query)
{
	char *name = slack_channel_name(query->values[CHANNEL]);

	if (name == NULL) {
		log_error("out of memory");
		return -1;
	}
	snprintf(query->channel, sizeof(query->channel), "%s", name);
	query->values[CHANNEL] = query->channel;
	free(name);
	return 0;
}

static int
take_time(struct query *query, size_t i)
{
	int64_t ms;

	if (clock_parse(query->values[i], &ms) == -1) {
		log_error("--%s takes a time such as 2026-01-31T00:00:00Z",
		    conditions[i].name);
		return -1;
	}
	clock_format(ms, query->times[i]);
	query->values[i] = query->times[i];
	return 0;
}

int
query_take(struct query *query, int option, const char *value)
{
	char *end;
	size_t i;

	if (option == 's')
		return query_take_states(query, value);
	for (i = 0; i < CONDITIONS && conditions[i].option != option; i++)
		continue;
	if (i == CONDITIONS)
		return 1;
	query->values[i] = value;
	if (i == CHANNEL)
		return take_channel(query);
	if (i == BEFORE && (strtoll(value, &end, 10) < 1 || *end != '\0')) {
		log_error("--before takes the id of a message");
		return -1;
	}
	return i == SINCE || i == UNTIL ? take_time(query, i) : 0;
}

bool
query_narrows(const struct query *query)
{
	size_t i;

	for (i = 0; i < CONDITIONS; i++)
		if (query->values[i] != NULL)
			return true;
	return false;
}

/* ---- all of them, from the oldest on ----------------------------------- */

/* By the index of records, of which each has few messages, or else by that of
 * states.  A + keeps a condition out of the choice of an index. */
static void
compose_part(const struct query *query, size_t parameter, struct buffer *sql)
{
	bool by_record = query->values[RECORD] != NULL;
	const char *plus = by_record ? "+" : "";
	size_t i;

	buffer_printf(sql, "SELECT id FROM messages WHERE %sid >= ?%zu AND "
	    "%sid < ?%zu AND %sstate = ?%zu", plus, QUERY_FIRST, plus,
	    QUERY_END, plus, parameter);
	for (i = 0; i < BEFORE; i++)
		if (query->values[i] != NULL)
			buffer_printf(sql, " AND %s%s?%zu", by_record ? "" :
			    "+", conditions[i].sql, i + 1);
	if (by_record && query->values[STREAM] == NULL)
		buffer_puts(sql, " AND stream IN (WITH RECURSIVE " QUERY_TOLD
		    " SELECT stream FROM told)");
}

/* One SELECT for each state: SQLite merges those by id. */
static void
compose(const struct query *query, struct buffer *sql)
{
	size_t parameter = QUERY_STATE, i;

	for (i = 0; i < STATES; i++) {
		if (!query->wanted[i])
			continue;
		if (parameter > QUERY_STATE)
			buffer_puts(sql, " UNION ALL ");
		compose_part(query, parameter++, sql);
	}
	buffer_printf(sql, " ORDER BY 1 LIMIT ?%zu", QUERY_LIMIT);
}

void
query_bind(const struct query *query, struct statement *statement)
{
	int parameter = QUERY_STATE;
	size_t i;

	for (i = 0; i < BEFORE; i++)
		if (query->values[i] != NULL)
			db_bind_text(statement, (int)i + 1, query->values[i]);
	for (i = 0; i < STATES; i++)
		if (query->wanted[i])
			db_bind_text(statement, parameter++, states[i]);
}

static struct statement *
prepare(struct ledger *ledger, const struct query *query, struct error *error)
{
	struct statement *statement;
	struct buffer sql;

	buffer_init(&sql, 16384);
	compose(query, &sql);
	statement = db_prepare(ledger->db, buffer_text(&sql), error);
	buffer_free(&sql);
	if (statement != NULL)
		query_bind(query, statement);
	return statement;
}

int64_t
query_ids(struct ledger *ledger, const struct query *query, int64_t first,
    int64_t last, int64_t *ids, int64_t most, struct error *error)
{
	struct statement *statement;
	int64_t since, end, count = 0;
	int rc;

	if (period_ids(ledger, query->values[SINCE], query->values[UNTIL],
	    &since, &end, error) == -1 ||
	    (statement = prepare(ledger, query, error)) == NULL)
		return -1;
	db_bind_int(statement, QUERY_LIMIT, most);
	db_bind_int(statement, QUERY_FIRST, first > since ? first : since);
	db_bind_int(statement, QUERY_END, end <= last ? end : last + 1);
	while (count < most && (rc = db_step(statement, error)) == 1)
		ids[count++] = db_int(statement, 0);
	if (count < most && rc == -1)
		return -1;
	db_reset(statement);
	return count;
}
