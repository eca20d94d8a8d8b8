/*
 * query: which messages a command is about, told by what they are: the options
 * --state, --channel, --stream, --filter, --record, --since and --until of
 * list, replay, hold, release and cancel.
 */
#ifndef LEDGERPIPE_AUDITCTL_QUERY_H
#define LEDGERPIPE_AUDITCTL_QUERY_H

#include <getopt.h>
#include <stdbool.h>

#include "clock.h"
#include "ledger.h"

enum { CHANNEL, STREAM, FILTER, RECORD, SINCE, UNTIL, BEFORE };
#define CONDITIONS ((size_t)BEFORE + 1)
#define STATES ((size_t)9)

/* The closed set of conditions; their values are bound, never pasted in.  A
 * page that ends with an id goes on with --before that id. */
struct condition {
	int option;
	const char *name, *sql;
};
extern const struct condition conditions[CONDITIONS];
extern const char *const states[STATES];

/* The parameters of a statement about messages: those of the conditions, from 1
 * on, and behind them the limit, the states, and ids from the one up to before
 * the other. */
#define QUERY_LIMIT (CONDITIONS + 1)
#define QUERY_STATE (QUERY_LIMIT + 1)
#define QUERY_FIRST (QUERY_STATE + STATES)
#define QUERY_END (QUERY_FIRST + 1)

/* For WITH RECURSIVE: the streams that messages are of, by steps from one to the
 * next along their index; a NULL is last. */
#define QUERY_TOLD "told(stream) AS (SELECT min(stream) FROM messages " \
    "UNION ALL SELECT (SELECT min(stream) FROM messages " \
    "WHERE stream > told.stream) FROM told WHERE told.stream IS NOT NULL)"

struct query {
	bool wanted[STATES]; /* none: all, to list */
	size_t wanted_count;
	const char *values[CONDITIONS];
	char times[CONDITIONS][CLOCK_TEXT];
	char channel[256];
	int64_t limit; /* list's */
	const char *text; /* list's words, or NULL */
};

/* The conditions before --before, and --state: rows of a table for getopt_long,
 * which has room for QUERY_OPTIONS. */
#define QUERY_OPTIONS (BEFORE + 1)
void query_options(struct option *table);
/* An option of these, or --before: 0 or -1, which the user is told.  1: it is
 * none. */
int query_take(struct query *query, int option, const char *value);
/* "dead,held" */
int query_take_states(struct query *query, const char *list);
/* Does it say anything but states? */
bool query_narrows(const struct query *query);

/* Bind the values of its conditions and states. */
void query_bind(const struct query *query, struct statement *statement);

/* The ids of such messages from first to last, the lowest first, at most most
 * of them: how many, or -1.  The query names states. */
int64_t query_ids(struct ledger *ledger, const struct query *query,
    int64_t first, int64_t last, int64_t *ids, int64_t most,
    struct error *error);

#endif
