/* SPDX-License-Identifier: MIT */
#include "auditctl/newest.h"

#include <stdlib.h>

#include "auditctl/auditctl.h"
#include "buffer.h"

#define FEW 1000 /* messages: looked at without counting others */
#define COUNTED_MAX 50000 /* of a state or of routes */
#define SQL_MAX 16384

/* The numbers of those that were given. */
static struct newest_parameters
parameters(const struct query *query)
{
	const char *const *values = query->values;

	return (struct newest_parameters){
		.filter = values[FILTER] != NULL ? FILTER + 1 : 0,
		.stream = values[STREAM] != NULL ? STREAM + 1 : 0,
		.channel = values[CHANNEL] != NULL ? CHANNEL + 1 : 0,
		.record = values[RECORD] != NULL ? RECORD + 1 : 0,
		.first = QUERY_FIRST, .end = QUERY_END, .limit = QUERY_LIMIT
	};
}

/* Any of the states (any), and all that was asked for besides.  A + keeps what
 * isn't looked for out of the choice of an index; found: the condition that
 * is. */
static void
compose_conditions(const struct query *query, bool any, size_t found,
    struct buffer *sql)
{
	size_t i;

	for (i = 0; any && i < query->wanted_count; i++)
		buffer_printf(sql, "%s+state = ?%zu", i == 0 ? " AND (" :
		    " OR ", QUERY_STATE + i);
	if (i > 0)
		buffer_puts(sql, ")");
	for (i = 0; i < BEFORE; i++)
		if (query->values[i] != NULL)
			buffer_printf(sql, " AND %s%s?%zu", i == found ? "" :
			    "+", conditions[i].sql, i + 1);
}

/* By the index of states there is one SELECT for each, since SQLite merges
 * those by id; for an IN it would sort all rows of them.  By routes the source
 * has the order. */
static void
compose(const struct newest *newest, const char *columns, struct buffer *sql)
{
	const struct newest_parameters asked = parameters(newest->query);
	bool by_state = newest->source == NEWEST_BY_STATE;
	size_t parts = by_state ? newest->query->wanted_count : 1, part;

	newest_source_with(newest->source, &asked, sql);
	for (part = 0; part < parts; part++) {
		buffer_printf(sql, "%sSELECT %s FROM %s WHERE id >= ?%zu "
		    "AND id < ?%zu", part > 0 ? " UNION ALL " : "", columns,
		    newest_source_from(newest->source), QUERY_FIRST, QUERY_END);
		if (by_state)
			buffer_printf(sql, " AND state = ?%zu", QUERY_STATE + part);
		compose_conditions(newest->query, !by_state,
		    newest->source == NEWEST_BY_RECORD ? RECORD : CONDITIONS,
		    sql);
	}
	buffer_printf(sql, "%s LIMIT ?%zu", newest->source ==
	    NEWEST_BY_ROUTE ? "" : " ORDER BY 1 DESC", QUERY_LIMIT);
}

static struct statement *
prepare(const struct newest *newest, const struct buffer *sql, int64_t end,
    int64_t limit, struct error *error)
{
	struct statement *statement = db_prepare(newest->ledger->db,
	    buffer_text(sql), error);

	if (statement == NULL)
		return NULL;
	query_bind(newest->query, statement);
	db_bind_int(statement, QUERY_LIMIT, limit);
	db_bind_int(statement, QUERY_FIRST, newest->first);
	db_bind_int(statement, QUERY_END, end);
	return statement;
}

/* Are there fewer messages of the states than of the routes?  1, 0 or -1. */
static int
fewer_states(const struct newest *newest, const char *const *names,
    struct error *error)
{
	const struct newest_parameters asked = parameters(newest->query);
	struct statement *statement;
	struct buffer sql;
	int64_t count;
	int fewer = -1;

	if (newest->query->wanted_count == 0)
		return 0;
	if (newest_count_states(newest->ledger, names,
	    newest->query->wanted_count, newest->first, newest->end,
	    COUNTED_MAX, &count, error) == -1)
		return -1;
	if (count == COUNTED_MAX || count < FEW)
		return count < FEW;
	buffer_init(&sql, SQL_MAX);
	newest_count_routes(&asked, &sql);
	if ((statement = prepare(newest, &sql, newest->end, count,
	    error)) != NULL && db_step(statement, error) == 1) {
		fewer = db_int(statement, 0) == count;
		db_reset(statement);
	}
	buffer_free(&sql);
	return fewer;
}

/* Where they are found fastest; 0, or -1 and an error. */
static int
choose(struct newest *newest, struct error *error)
{
	const struct query *query = newest->query;
	const char *names[STATES];
	size_t count = 0, i;
	int fewer;

	for (i = 0; i < STATES; i++)
		if (query->wanted[i])
			names[count++] = states[i];
	if (query->values[RECORD] != NULL)
		newest->source = NEWEST_BY_RECORD;
	else if (query->values[CHANNEL] == NULL &&
	    query->values[STREAM] == NULL && query->values[FILTER] == NULL)
		newest->source = count > 0 ? NEWEST_BY_STATE : NEWEST_BY_ID;
	else {
		if ((fewer = fewer_states(newest, names, error)) == -1)
			return -1;
		newest->source = fewer ? NEWEST_BY_STATE : NEWEST_BY_ROUTE;
	}
	return 0;
}

int
newest_open(struct newest *newest, struct ledger *ledger,
    const struct query *query, struct error *error)
{
	const char *before = query->values[BEFORE];

	*newest = (struct newest){ .ledger = ledger, .query = query };
	if (period_ids(ledger, query->values[SINCE], query->values[UNTIL],
	    &newest->first, &newest->end, error) == -1)
		return -1;
	if (before != NULL && strtoll(before, NULL, 10) < newest->end)
		newest->end = strtoll(before, NULL, 10);
	return choose(newest, error);
}

struct statement *
newest_prepare(const struct newest *newest, const char *columns, int64_t end,
    int64_t limit, struct error *error)
{
	struct statement *statement;
	struct buffer sql;

	buffer_init(&sql, SQL_MAX);
	compose(newest, columns, &sql);
	statement = prepare(newest, &sql, end, limit, error);
	buffer_free(&sql);
	return statement;
}

/* 1, 0: it is none of them, -1. */
static int
has(const struct newest *newest, int64_t id, struct error *error)
{
	struct statement *row;
	struct buffer sql;
	int rc;

	buffer_init(&sql, SQL_MAX);
	buffer_printf(&sql, "SELECT 1 FROM messages WHERE id >= ?%zu "
	    "AND id < ?%zu", QUERY_FIRST, QUERY_END);
	compose_conditions(newest->query, true, CONDITIONS, &sql);
	buffer_printf(&sql, " LIMIT ?%zu", QUERY_LIMIT);
	row = prepare(newest, &sql, id + 1, 1, error);
	buffer_free(&sql);
	if (row == NULL)
		return -1;
	db_bind_int(row, QUERY_FIRST, id);
	rc = db_step(row, error);
	db_reset(row);
	return rc;
}

static int
read_ahead(struct newest *newest, int64_t end, struct error *error)
{
	struct statement *row = newest_prepare(newest, "id", end,
	    NEWEST_AHEAD, error);
	int rc;

	newest->next = newest->count = 0;
	if (row == NULL)
		return -1;
	while ((rc = db_step(row, error)) == 1)
		newest->ahead[newest->count++] = db_int(row, 0);
	newest->last = newest->count < NEWEST_AHEAD;
	return rc;
}

int
newest_look(struct newest *newest, int64_t id, int64_t *next,
    struct error *error)
{
	int rc;

	if ((rc = has(newest, id, error)) != 0)
		return rc;
	while (newest->next < newest->count &&
	    newest->ahead[newest->next] >= id)
		newest->next++;
	if (newest->next == newest->count && !newest->last &&
	    read_ahead(newest, id, error) == -1)
		return -1;
	*next = newest->next < newest->count ? newest->ahead[newest->next] :
	    0;
	return 0;
}
