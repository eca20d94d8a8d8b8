/*
 * discover: the Singer catalog of the streams, by what the pod says of each.
 *
 * What the pipeline lives on (key, cursor, amount, currency) is "automatic",
 * all else "available".  Children that the stream expands are objects with an
 * array "items", as records have them.
 */
#ifndef LEDGERPIPE_FETCH_DISCOVER_H
#define LEDGERPIPE_FETCH_DISCOVER_H

#include "fetch/rest.h"
#include "fetch/streams.h"

#define DISCOVER_CATALOG_MAX ((size_t)64 << 20)

/* Write the catalog to stdout, and to stderr a line for each stream that can't
 * be described, or read by its cursor.  The exit status: of the streams that
 * couldn't be described, the worst. */
int discover_run(struct rest *rest, const struct streams *streams,
    struct error *error);

#endif
