/*
 * newest_source: how newest.c comes by messages, the newest first, without
 * reading those that nobody asked for.
 *
 * A page is taken from one index, by id and downwards:
 *
 *	record    messages_by_record, in each stream that has the record
 *	state     messages_by_state
 *	route     messages_by_route: filter, stream and channel together are a
 *	          route, of which there are few; each one that fits gives its
 *	          newest message, and the newest of those is next
 *	id        the table itself, where none of these is asked for
 *
 * What remains is looked at in what this gives.  Of a state and a route that is
 * the one that fewer messages have: of N messages, S of the one and R of the
 * other, as long as they don't depend on each other, a page of P messages looks
 * at P * N / max(S, R) messages, and at min(S, R) at most.
 */
#ifndef LEDGERPIPE_AUDITCTL_NEWEST_SOURCE_H
#define LEDGERPIPE_AUDITCTL_NEWEST_SOURCE_H

#include "buffer.h"
#include "ledger.h"

enum newest_source {
	NEWEST_BY_ID,
	NEWEST_BY_STATE,
	NEWEST_BY_RECORD,
	NEWEST_BY_ROUTE
};

/* The numbers of the parameters of what is asked for; 0: it is not. */
struct newest_parameters {
	size_t filter, stream, channel, record;
	size_t first, end; /* ids from the one up to before the other: always */
	size_t limit;
};

/* How many messages with ids in the range have one of the states, in *found;
 * counted no further than to most. */
int newest_count_states(struct ledger *ledger, const char *const *names,
    size_t count, int64_t first, int64_t end, int64_t most, int64_t *found,
    struct error *error);
/* Append the statement that counts those of the routes, to the limit. */
void newest_count_routes(const struct newest_parameters *parameters,
    struct buffer *sql);

/* Append what stands before SELECT. */
void newest_source_with(enum newest_source source,
    const struct newest_parameters *parameters, struct buffer *sql);
/* What stands behind FROM; the columns of messages need no prefix in it. */
const char *newest_source_from(enum newest_source source);

#endif
