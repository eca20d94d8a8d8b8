/*
 * record_version: the one text that names a state of a record.
 *
 * The stamp of its cursor as clock.h writes it (empty without one), '~', and
 * the first 16 hex digits of the BLAKE2b-128 hash of its source text.  White
 * space isn't hashed, nor are members named links, which fetch drops, nor those
 * of a collection that tell how it was paged (count, hasMore, ... beside
 * items): they change with the page size alone.
 */
#ifndef LEDGERPIPE_RECORD_VERSION_H
#define LEDGERPIPE_RECORD_VERSION_H

#include "json.h"

#define RECORD_HASH_TEXT 17 /* 16 hex digits and a NUL */

/* Append the version of a record to *version.  cursor: the stamp's attribute,
 * or NULL.  scratch: memory to work in, as large as the record; its contents
 * are lost. */
int record_version(const struct json *json, json_node record,
    const char *cursor, struct buffer *scratch, struct buffer *version);

void record_hash(const char *text, size_t length, char out[RECORD_HASH_TEXT]);

#endif
