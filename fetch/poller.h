/*
 * poller: reads all streams side by side, once, or again and again.
 *
 *   RESTING -> READING   its time has come (at once, for a single pass)
 *   READING -> RESTING   the pass is complete, or failed; with a schedule it
 *                        is due again later, else never
 *
 * A stream that fails delays no other.  A failure is told once, and so is its
 * end; one that a person must mend is tried at ever longer distances, up to an
 * hour, so that no account is locked and no log is filled.
 *
 * SIGTERM ends each stream behind the group that it is in, with its STATE.
 */
#ifndef LEDGERPIPE_FETCH_POLLER_H
#define LEDGERPIPE_FETCH_POLLER_H

#include "fetch/pager.h"
#include "fetch/rest.h"

#define POLLER_GRACE_MS 30000 /* from SIGTERM on for all groups to end */

struct poller_options {
	int64_t every_ms;  /* 0: one pass */
	int64_t jitter_ms; /* added to each distance, at random, at most */
	int64_t sweep_ms;  /* so far back once a day, 0: never */
	bool verbose;      /* a line for each pass */
};

struct reader {
	struct poller *poller;
	const struct stream *stream;
	struct rest_request request;
	struct pager pager;
	struct pager_pass pass; /* the first one, until it is read */
	bool reading, never, sweeping;
	bool passed;               /* a pass was complete: pass is over */
	int64_t due, began, swept; /* monotonic; swept 0: not yet */
	int failures;              /* in a row */
	int64_t cause;             /* of the failure that was told */
	int status;                /* of the last pass */
};

struct poller {
	struct rest *rest;
	struct singer *singer;
	const struct streams *streams;
	const struct poller_options *options;
	struct reader *readers;
	int wake_fd;
	bool ending, reload;
	int64_t deadline;          /* of the end, monotonic */
	int64_t shown;             /* when the status line was */
	struct error fatal;        /* code EXIT_DONE: none */
	char told[ERROR_MESSAGE_MAX];
};

/* All but *poller lives on.  wake_fd: of signals_open. */
int poller_open(struct poller *poller, struct rest *rest,
    struct singer *singer, const struct streams *streams,
    struct ledger *ledger, const struct config *config,
    const struct poller_options *options, int wake_fd, struct error *error);
void poller_close(struct poller *poller); /* zeroed: fine */
/* What a stream's first pass reads. */
void poller_start(struct poller *poller, size_t stream,
    const struct pager_pass *pass);
/* It can't be read at all. */
void poller_refuse(struct poller *poller, size_t stream, int status);
/* Until all is read, or a signal.  The exit status: of the streams' last
 * passes the worst.  poller->reload: it is only to be set up anew. */
int poller_run(struct poller *poller);
/* Take over what this process remembers of a stream of one that ends.
 * true: this stream goes on, and needs no first pass. */
bool poller_adopt(struct poller *poller, size_t stream, struct poller *old);

#endif
