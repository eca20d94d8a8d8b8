/*
 * pager: all rows of a stream from a stamp on, page by page, none lost.
 *
 * Rows move while they are read: one that is updated goes to the end, and all
 * behind it shift one place left.  So paging is by key, not by offset: after
 * each page the last stamp becomes the new inclusive lower bound.  Offsets are
 * used only inside a group of equal stamps that is larger than a page; there
 * each page begins with the last row of the one before, and when it doesn't,
 * rows have moved and the group is read from its start again.  What was
 * written already of the current stamp is known by its key and dropped.
 *
 * A server that ignores an offset, sends one row a page or rows out of order,
 * promises more and sends none, or cuts a record's children ends the stream
 * with an error and no STATE past what is whole.  So does a stamp in the
 * future: as a bookmark it would hide all that comes later.
 */
#ifndef LEDGERPIPE_FETCH_PAGER_H
#define LEDGERPIPE_FETCH_PAGER_H

#include "fetch/rest.h"
#include "fetch/singer.h"

#define PAGER_AHEAD_MAX_MS (24 * 3600 * 1000LL) /* of a stamp, to the clock */

/* since_ms and until_ms: -1 for none; since is inclusive, until exclusive. */
int pager_run(struct rest *rest, struct singer *singer,
    const struct streams *streams, size_t stream, int64_t since_ms,
    int64_t until_ms, struct error *error);
/* One row, asked for as pager_run would, to see whether the stream can be
 * read at all; a warning when there is none. */
int pager_check(struct rest *rest, const struct stream *stream,
    struct error *error);

#endif
