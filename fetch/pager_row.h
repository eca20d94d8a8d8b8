/*
 * pager_row: what becomes of one row: its place in time and on the page,
 * whether it is known, its children, and the lines that it makes.
 */
#ifndef LEDGERPIPE_FETCH_PAGER_ROW_H
#define LEDGERPIPE_FETCH_PAGER_ROW_H

#include "fetch/pager.h"

/* Take the next row of the page.  Afterwards the pager may be skipping the
 * page's rest, be finished, or hold the row, whose children are cut. */
int pager_row(struct pager *pager, const char *text, size_t length,
    struct error *error);
/* The page of children is complete: put them into the held record, which is
 * written when it is whole. */
int pager_children(struct pager *pager, struct error *error);
/* All up to stamp_ms was written: a STATE, unless it was the last one. */
int pager_state(struct pager *pager, int64_t stamp_ms, struct error *error);

#endif
