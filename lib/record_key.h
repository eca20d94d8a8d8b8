/*
 * record_key: the one text that names a record, out of its key attributes.
 *
 * The parts are joined by ':' (which the caller writes).  Where there are
 * several, a ':' or '%' within one is written %3A or %25, so that no two
 * records share a text; a single part is kept as it is.
 */
#ifndef LEDGERPIPE_RECORD_KEY_H
#define LEDGERPIPE_RECORD_KEY_H

#include "buffer.h"

/* Append one part, decoded.  -1: it is empty or holds a control character (id
 * is as it was), or id is full (id->failed). */
int record_key_append(struct buffer *id, const char *part, size_t length,
    bool composite);

#endif
