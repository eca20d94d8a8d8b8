/*
 * catalog: the streams that a Singer catalog selects (selection.h says how).
 *
 * "replication-key" in a stream's metadata names another cursor,
 * "key_properties" another key; "schema", without what is left out, is written
 * as SCHEMA.
 */
#ifndef LEDGERPIPE_FETCH_CATALOG_H
#define LEDGERPIPE_FETCH_CATALOG_H

#include "fetch/streams.h"

#define CATALOG_BYTES_MAX ((size_t)64 << 20)

/* As streams_load, but the streams are those that the catalog in the file at
 * path selects; when there are any, only those of them named in only.  They
 * must be configured or built in.  Errors: those of streams_load;
 * EXIT_NOINPUT; EXIT_DATA: it is no catalog, or selects nothing. */
int catalog_load(struct streams *streams, const struct config *config,
    const char *path, const char *const *only, size_t only_count,
    struct error *error);

#endif
