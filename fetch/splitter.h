/*
 * splitter: the rows of a page, cut out of its text while it arrives.
 *
 * A page is {"items":[{row},...],"count":...,"hasMore":...,...}, its members
 * in any order.  Rows are given out as raw text, one after the other, as soon
 * as they are complete; what stands around them is kept as the envelope, which
 * is read as JSON once the page is complete.  A row's own text is only
 * balanced, not checked: that is its reader's part.
 *
 * Text is looked at 64 bytes at a time, as masks of its quotes, backslashes
 * and brackets (with SSE2 where there is some).
 */
#ifndef LEDGERPIPE_FETCH_SPLITTER_H
#define LEDGERPIPE_FETCH_SPLITTER_H

#include "json.h"

#define SPLITTER_ROW_MAX ((size_t)16 << 20)  /* bytes; a row of thousands of lines */
#define SPLITTER_ENVELOPE_MAX ((size_t)1 << 20)

enum splitter_result {
	SPLITTER_ROW,  /* *row is one */
	SPLITTER_MORE, /* none yet: feed more, or it was the last */
	SPLITTER_ERROR /* EXIT_PROTOCOL */
};

struct splitter {
	struct buffer text; /* what came and wasn't given out */
	size_t at;          /* so much of it was used */
	struct buffer envelope;
	enum { SPLITTER_AROUND, SPLITTER_BETWEEN, SPLITTER_WITHIN } place;
	int64_t depth;      /* around: of brackets; within: of the row's */
	size_t scanned;     /* within: bytes behind at that were looked at */
	uint64_t in_string; /* 0 or all ones */
	bool escaped;       /* the next byte is */
	bool comma;         /* between: one is due, or was just there */
	bool none;          /* between: no row came yet */
};

/* ceiling: bytes that may wait in it. */
void splitter_open(struct splitter *splitter, size_t ceiling);
void splitter_close(struct splitter *splitter);
void splitter_reset(struct splitter *splitter); /* before each page */
/* -1: over the ceiling, or no memory. */
int splitter_feed(struct splitter *splitter, const char *bytes, size_t count);
/* *row lives until the next call of any of these. */
enum splitter_result splitter_next(struct splitter *splitter,
    const char **row, size_t *length, struct error *error);
/* The page has ended: its envelope, with an empty items array, in *json, which
 * points into the splitter. */
int splitter_end(struct splitter *splitter, struct json *json,
    struct error *error);

#endif
