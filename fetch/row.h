/*
 * row: what the pager must know of a record: its key and its stamp.
 */
#ifndef LEDGERPIPE_FETCH_ROW_H
#define LEDGERPIPE_FETCH_ROW_H

#include "fetch/streams.h"
#include "json.h"

#define ROW_ID_MAX 1024 /* bytes; transform takes no more */

/* The text of record_key.h, which the caller frees.  NULL: a part is missing
 * or can't be one, EXIT_PROTOCOL with the attribute's name. */
char *row_id(const struct stream *stream, const struct json *json,
    json_node row, struct error *error);
/* The cursor's time.  id: named in the error. */
int row_stamp(const struct stream *stream, const struct json *json,
    json_node row, const char *id, int64_t *stamp_ms, struct error *error);

#endif
