/*
 * inputs: the descriptors that transform's lines come from: standard input,
 * or files and FIFOs by name.
 *
 * Lines are taken in turn, some of each that has any, so that none waits for
 * another.  What was taken since the last commit is kept: inputs_rolled_back
 * makes the same lines come again, for a full disk may undo the transaction
 * that they were written in.  So a commit is wanted now and then (inputs_full).
 *
 * A FIFO without a writer is waited for; it ends when its last writer has
 * closed it.  With follow it is then opened anew, and a piece of a line that
 * its writer left is forgotten.  An input that can't be trusted any more is
 * drained with follow until its writer is gone, a piece at a time, and else it
 * ends.
 */
#ifndef LEDGERPIPE_DELIVER_INPUTS_H
#define LEDGERPIPE_DELIVER_INPUTS_H

#include <sys/types.h>

#include "line.h"

#define INPUTS_TAKEN_MAX ((size_t)8 << 20) /* between commits, and a line */

/* What is counted of an input, to be held against its STATEs. */
struct input_count {
	int64_t seen, unreadable; /* since its last STATE */
};

/* What is to become of it behind the next commit. */
enum input_stop {
	INPUT_GOES_ON, INPUT_CLOSES, INPUT_OPENS_ANEW, INPUT_DRAINS
};

struct input {
	const char *name;        /* for the operator */
	const char *path;        /* NULL: standard input */
	int fd;                  /* -1: it is over */
	int flags;               /* that standard input came with */
	struct line_reader reader;
	bool always;             /* can't be watched: a regular file */
	bool ready;              /* something may be there to be read */
	bool fifo;               /* that can be opened anew */
	bool shared;             /* who reads from it takes it from others */
	dev_t device;            /* which file it is */
	ino_t inode;
	bool distrusted;         /* drained until its writer is gone */
	enum input_stop stop;
	struct error why;        /* it is to be stopped; code 0: all is well */
	enum line_result last;   /* LINE_OK until it ends */
	struct error failure;    /* of LINE_ERROR */
	struct input_count count, kept_count; /* kept: up to the last commit */
	struct buffer taken;     /* since the last commit, for another time */
	uint64_t taken_lines;
};

struct inputs {
	struct input *list;
	size_t count, open;
	size_t next;             /* whose turn it is */
	size_t taken;            /* bytes since the last commit */
	bool follow;
	int epoll;
};

/* paths: "-" or none is standard input.  Errors: EXIT_NOINPUT names the one
 * that can't be opened; EXIT_USAGE one that is named twice, and whose lines
 * would be torn apart; EXIT_SYSTEM. */
int inputs_open(struct inputs *inputs, char **paths, size_t count,
    bool follow, struct error *error);
void inputs_close(struct inputs *inputs);
/* Readable when one of them is; -1: none is left. */
int inputs_fd(const struct inputs *inputs);
/* Is there something to take without waiting? */
bool inputs_at_hand(const struct inputs *inputs);
/* So much was taken since the last commit that inputs_next gives no more. */
bool inputs_full(const struct inputs *inputs);
/* The next line of any, with the input that it is of: LINE_OK; LINE_AGAIN:
 * there is none now.  LINE_END, LINE_TORN, LINE_TOO_LONG and LINE_ERROR are
 * said once of an input, and are for inputs_stop. */
enum line_result inputs_next(struct inputs *inputs, struct input **input,
    const char **text, size_t *length, struct error *error);
/* Take nothing more of it: it has ended, or what it brings can't be trusted. */
void inputs_stop(struct inputs *inputs, struct input *input);
/* Have all of them stopped for good? */
bool inputs_ended(const struct inputs *inputs);
/* What was taken is durable; FIFOs without a writer are opened anew. */
void inputs_committed(struct inputs *inputs);
void inputs_rolled_back(struct inputs *inputs);

#endif
