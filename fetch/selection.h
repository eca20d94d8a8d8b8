/*
 * selection: what one entry of a Singer catalog selects of its stream.
 *
 * The stream is selected when its metadata (breadcrumb []) or the entry itself
 * says "selected": true.  Of its fields, those that say "selected": false or
 * have the inclusion "unsupported" are left out, unless their inclusion is
 * "automatic".  Where nothing is said, "selected-by-default" decides.
 *
 * A pod takes only one of fields and expand.  Leaving out attributes turns
 * expand into fields, so then the schema must describe the children's, too.
 */
#ifndef LEDGERPIPE_FETCH_SELECTION_H
#define LEDGERPIPE_FETCH_SELECTION_H

#include "fetch/stream.h"

bool selection_has(const struct json *json, json_node entry);
json_node selection_metadata(const struct json *json, json_node entry);
/* Set the stream's schema, and fields and expand as far as any are left out;
 * stream_settle is to follow.  EXIT_CONFIG: a child isn't described; EXIT_DATA:
 * nothing is. */
int selection_apply(const struct json *json, json_node entry,
    struct stream *stream, struct error *error);

#endif
