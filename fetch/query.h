/*
 * query: the address of a page of a stream.
 *
 * A literal time carries its zone, since how one without is read isn't
 * documented; and it is a whole second, since it isn't documented either
 * whether a pod compares milliseconds, cuts them off or rounds them.  A lower
 * bound is rounded down, an upper one up: what is too much is known and
 * dropped.
 */
#ifndef LEDGERPIPE_FETCH_QUERY_H
#define LEDGERPIPE_FETCH_QUERY_H

#include "fetch/streams.h"

#define QUERY_URL_MAX ((size_t)32768)
#define QUERY_SECOND_MS 1000

struct query {
	int64_t low, until; /* of the cursor, -1: none; until is exclusive */
	int64_t limit, offset;
};

/* The second that a time falls into. */
int64_t query_second(int64_t stamp_ms);
/* Append the value of q, nothing when there is no condition. */
void query_text(const struct stream *stream, const struct query *query,
    struct buffer *out);
/* Path and query into the emptied url.  Errors: EXIT_CONFIG: too long. */
int query_url(const struct stream *stream, const struct query *query,
    struct buffer *url, struct error *error);

#endif
