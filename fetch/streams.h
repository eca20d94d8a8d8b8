/*
 * streams: what is polled: the built-in catalogue, and the configuration over
 * it.  A stream that isn't built in needs path, key and cursor.
 */
#ifndef LEDGERPIPE_FETCH_STREAMS_H
#define LEDGERPIPE_FETCH_STREAMS_H

#include "config.h"

#define STREAM_PAGE_SIZE_MAX 499 /* pods clamp at 499 or 500 */
#define STREAM_NAME_MAX 127      /* bytes of a key attribute's name */
#define STREAM_KEY_MAX 16        /* of them; transform takes no more */

struct stream {
	char *name, *path;
	char *key; /* attribute names joined by ',' */
	char *cursor;
	char *expand, *fields, *filter, *amount, *currency; /* or NULL */
	int64_t page_size; /* at least 2 */
	int64_t overlap;
};

struct streams {
	struct stream *list;
	size_t count;
};

/* The streams of the configuration, or those of them named in only.  Without
 * any configured, a built-in one may be named.  Errors: EXIT_CONFIG. */
int streams_load(struct streams *streams, const struct config *config,
    const char *const *only, size_t only_count, struct error *error);
void streams_free(struct streams *streams); /* zeroed: fine */

#endif
