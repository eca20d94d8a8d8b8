/*
 * pager: all rows of a stream from a stamp on, page by page, none lost.  It
 * asks for nothing itself: pager_url says what to ask for, pager_feed takes
 * the answer while it arrives.
 *
 *   pager_start, then until pager_end says 1:
 *     pager_url -> the request -> pager_answer, pager_feed... -> pager_end
 *     (or, when the request failed and is tried again, pager_broken)
 *
 * Rows move while they are read: one that is updated goes to the end, and all
 * behind it shift one place left.  So paging is by key, not by offset: after
 * each page the last stamp becomes the new inclusive lower bound.  Offsets are
 * used only inside a group of equal stamps that is larger than a page; there
 * each page begins with the last row of the one before, and when it doesn't,
 * rows have moved and the group is read from its start again.  A group is all
 * stamps of one second (query.h).  What was written already of the group is
 * known by its key and dropped.
 *
 * What hasMore says is checked.  A pass ends only where a page shows nothing
 * behind the row that was read last, so that hasMore may be false too early;
 * and where it is true without end, what lies behind that row is asked for.
 *
 * Where the pod refuses q on the cursor (STREAM_DESCENDING), the newest rows
 * come first and the pass goes down to the bookmark, by offset, each page with
 * the last row of the one before in it; then again down to where it began,
 * until nothing new has come: there is a STATE at its end alone.  Without a
 * cursor (STREAM_WHOLE) all rows are read so, in the order of the key.
 *
 * Up to the bookmark, rows that the ledger knows are dropped, if every filter
 * of the configuration has had them: another pipeline's may not have, nor a new
 * one.  Those that this process has written are dropped everywhere.
 *
 * A server that ignores an offset, sends one row a page or rows out of order,
 * promises more and sends none, or children that can't be read in full, end
 * the stream with an error and no STATE past what is whole.  So does a stamp
 * far in the future: as a bookmark it would hide all that comes later.  A
 * bookmark never passes the time of the answer.
 */
#ifndef LEDGERPIPE_FETCH_PAGER_H
#define LEDGERPIPE_FETCH_PAGER_H

#include "fetch/children.h"
#include "fetch/query.h"
#include "fetch/seen.h"
#include "fetch/singer.h"
#include "fetch/splitter.h"
#include "ledger.h"

#define PAGER_AHEAD_MAX_MS (24 * 3600 * 1000LL) /* of a stamp, to the clock */
#define PAGER_BODY_MAX ((size_t)64 << 20)       /* of one answer */
#define PAGER_REPEATS_MAX 3 /* of a page: no move of rows explains more */
#define PAGER_NO_STAMP INT64_MIN

/* What a pass reads, and what it may leave out. */
struct pager_pass {
	int64_t since, until; /* -1: none; since inclusive, until exclusive */
	int64_t bookmark;     /* where the last pass ended, or PAGER_NO_STAMP */
	bool from_ledger;     /* drop what the ledger knows up to there */
	bool remember;        /* what is written, for the passes that follow */
	int64_t keep_ms;      /* so far back from the latest stamp they look */
};

struct pager_counts {
	int64_t rows, records, known, pages;
	int64_t stamp_ms; /* the latest that was met, or PAGER_NO_STAMP */
};

struct pager {
	/* who reads what, set by pager_open */
	const struct stream *stream;
	size_t index; /* of the stream, for singer */
	struct singer *singer;
	struct ledger *ledger;
	const struct config *config; /* its filters: who must have had a row */
	const char *base;            /* the pod's URL */
	/* the pass */
	struct pager_pass pass;
	struct pager_counts counts;
	struct query query;
	int64_t group;           /* the second that is being read */
	int64_t group_latest;    /* the latest stamp in it */
	int64_t written;         /* stamp of the last STATE */
	int64_t bottom, top;     /* descending: where this round ends, began */
	int64_t now;             /* by the answer's Date: no STATE passes it */
	bool schema_written, stopping, finished;
	bool fresh;              /* descending: this round brought something */
	int rounds;
	bool behind;             /* it is asked what follows the last row, which
	                          * the page can't begin with */
	int restarts, repeats, empty_pages;
	struct seen group_seen;  /* what was met of this group, or round */
	struct seen recent;      /* what this process wrote, over passes */
	size_t recent_most;      /* of it; then it is pruned */
	/* the page */
	struct splitter splitter;
	struct json row, envelope;
	size_t page_rows, page_bytes;
	int64_t rows_before;     /* of counts, when a request broke last */
	bool state_written, skipping, met_last;
	char *first_id, *last_id; /* of the page before */
	char *end_id;             /* of the row read last */
	/* a record whose children are being read, and their page */
	struct buffer held, child, scratch, version;
	struct children cut;
	char *held_id;
	int64_t held_stamp;
	int child_restarts;
	bool at_children;
};

void pager_open(struct pager *pager, const struct stream *stream,
    size_t index, struct singer *singer, struct ledger *ledger,
    const struct config *config, const char *base);
void pager_close(struct pager *pager);
void pager_start(struct pager *pager, const struct pager_pass *pass);
/* The next request's path and query. */
int pager_url(struct pager *pager, struct buffer *url, struct error *error);
/* An answer with status 200 begins; date: its header, or "". */
void pager_answer(struct pager *pager, const char *date);
/* 0: go on, 1: the rest of the answer isn't needed, -1: error. */
int pager_feed(struct pager *pager, const char *bytes, size_t count,
    struct error *error);
/* The answer is complete, or wasn't needed further.  0: another request
 * follows, 1: the pass is done, -1: error. */
int pager_end(struct pager *pager, struct error *error);
/* The request failed and will be tried again.  slow: the pod had no time for
 * it, so ask for less.  true: rows had come before it did. */
bool pager_broken(struct pager *pager, bool slow);
/* End with the group that is being read.  true: there is none. */
bool pager_stop(struct pager *pager);

#endif
