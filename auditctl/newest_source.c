/* SPDX-License-Identifier: MIT */
#include "auditctl/newest_source.h"

#include "auditctl/query.h"

int
newest_count_states(struct ledger *ledger, const char *const *names,
    size_t count, int64_t first, int64_t end, int64_t most, int64_t *found,
    struct error *error)
{
	struct statement *row;
	size_t i;

	*found = 0;
	for (i = 0; i < count && *found < most; i++) {
		if ((row = db_prepare(ledger->db, "SELECT count(*) FROM "
		    "(SELECT 1 FROM messages WHERE state = ?1 AND id >= ?2 "
		    "AND id < ?3 LIMIT ?4) AS counted", error)) == NULL)
			return -1;
		db_bind_text(row, 1, names[i]);
		db_bind_int(row, 2, first);
		db_bind_int(row, 3, end);
		db_bind_int(row, 4, most - *found);
		if (db_step(row, error) == -1)
			return -1;
		*found += db_int(row, 0);
		db_reset(row);
	}
	return 0;
}

/* The values of a column, by steps from one to the next; the index begins with
 * those that are fixed by then. */
static void
append_filters(size_t parameter, struct buffer *sql)
{
	if (parameter != 0)
		buffer_printf(sql, "filters(f) AS (SELECT ?%zu)", parameter);
	else
		buffer_puts(sql, "filters(f) AS (SELECT min(filter) "
		    "FROM messages UNION ALL SELECT (SELECT min(filter) "
		    "FROM messages WHERE filter > f) FROM filters "
		    "WHERE f IS NOT NULL)");
}

static void
append_pairs(size_t parameter, struct buffer *sql)
{
	if (parameter != 0)
		buffer_printf(sql, ", pairs(f, s) AS (SELECT f, ?%zu "
		    "FROM filters)", parameter);
	else
		buffer_puts(sql, ", pairs(f, s) AS (SELECT f, "
		    "(SELECT min(stream) FROM messages WHERE filter = f) "
		    "FROM filters UNION ALL SELECT f, (SELECT min(stream) "
		    "FROM messages WHERE filter = f AND stream > s) "
		    "FROM pairs WHERE s IS NOT NULL)");
}

/* A reject has no channel, which min leaves out. */
static void
append_routes(size_t parameter, struct buffer *sql)
{
	if (parameter != 0)
		buffer_printf(sql, ", routes(f, s, c) AS (SELECT f, s, ?%zu "
		    "FROM pairs WHERE s IS NOT NULL)", parameter);
	else
		buffer_puts(sql, ", named(f, s, c) AS (SELECT f, s, "
		    "(SELECT min(channel) FROM messages WHERE filter = f "
		    "AND stream = s) FROM pairs WHERE s IS NOT NULL "
		    "UNION ALL SELECT f, s, (SELECT min(channel) "
		    "FROM messages WHERE filter = f AND stream = s "
		    "AND channel > c) FROM named WHERE c IS NOT NULL), "
		    "routes(f, s, c) AS (SELECT f, s, c FROM named "
		    "WHERE c IS NOT NULL UNION ALL SELECT f, s, NULL "
		    "FROM pairs WHERE s IS NOT NULL)");
}

/* The queue of the recursion has the newest message of each route that was not
 * given yet: taken out is the newest of all.  Without a LIMIT, if only of none,
 * SQLite drops the order. */
static void
append_newest(const struct newest_parameters *parameters, struct buffer *sql)
{
	static const char newest[] = "(SELECT max(id) FROM messages "
	    "WHERE filter = f AND stream = s AND channel IS c AND id >= ?%zu "
	    "AND id < ";

	buffer_puts(sql, ", newest(at, f, s, c) AS (SELECT ");
	buffer_printf(sql, newest, parameters->first);
	buffer_printf(sql, "?%zu), f, s, c FROM routes UNION ALL SELECT ",
	    parameters->end);
	buffer_printf(sql, newest, parameters->first);
	buffer_puts(sql, "at), f, s, c FROM newest WHERE at IS NOT NULL "
	    "ORDER BY 1 DESC LIMIT -1) ");
}

static void
append_all_routes(const struct newest_parameters *parameters,
    struct buffer *sql)
{
	buffer_puts(sql, "WITH RECURSIVE ");
	append_filters(parameters->filter, sql);
	append_pairs(parameters->stream, sql);
	append_routes(parameters->channel, sql);
}

void
newest_count_routes(const struct newest_parameters *parameters,
    struct buffer *sql)
{
	append_all_routes(parameters, sql);
	buffer_printf(sql, " SELECT count(*) FROM (SELECT 1 FROM routes "
	    "CROSS JOIN messages ON filter = f AND stream = s AND channel IS c "
	    "WHERE id >= ?%zu AND id < ?%zu LIMIT ?%zu) AS counted",
	    parameters->first, parameters->end, parameters->limit);
}

void
newest_source_with(enum newest_source source,
    const struct newest_parameters *parameters, struct buffer *sql)
{
	if (source == NEWEST_BY_ROUTE) {
		append_all_routes(parameters, sql);
		append_newest(parameters, sql);
	} else if (source == NEWEST_BY_RECORD && parameters->stream != 0)
		buffer_printf(sql, "WITH streams(s) AS (SELECT ?%zu) ",
		    parameters->stream);
	else if (source == NEWEST_BY_RECORD)
		buffer_puts(sql, "WITH RECURSIVE " QUERY_TOLD
		    ", streams(s) AS (SELECT told.stream FROM told) ");
}

const char *
newest_source_from(enum newest_source source)
{
	switch (source) {
	case NEWEST_BY_ROUTE:
		return "newest CROSS JOIN messages ON id = at";
	case NEWEST_BY_RECORD:
		return "streams CROSS JOIN messages ON stream = s";
	default:
		return "messages";
	}
}
