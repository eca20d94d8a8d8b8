/*
 * streams: all that is polled, out of the configuration, the command line and
 * the built-in catalogue.
 */
#ifndef LEDGERPIPE_FETCH_STREAMS_H
#define LEDGERPIPE_FETCH_STREAMS_H

#include "fetch/stream.h"

struct streams {
	struct stream *list;
	size_t count;
	int64_t framework_version; /* to ask for, 3 to 9 */
};

/* The streams of the configuration, or those named in only, of which built-in
 * ones needn't be configured.  Errors: EXIT_CONFIG. */
int streams_load(struct streams *streams, const struct config *config,
    const char *const *only, size_t only_count, struct error *error);
/* The same; when none is configured or named, all that are built in, not
 * selected. */
int streams_load_known(struct streams *streams, const struct config *config,
    const char *const *only, size_t only_count, struct error *error);
void streams_free(struct streams *streams); /* zeroed: fine */

/* Append a stream's own condition for q, filter and business unit, fit to
 * stand beside " and "; nothing when it has neither. */
int streams_condition(const struct stream *stream, struct buffer *out);
/* Append the JSON Schema of its records: the catalog's, or what is known of
 * the attributes that the pipeline lives on. */
int streams_schema(const struct stream *stream, struct buffer *out);

#endif
