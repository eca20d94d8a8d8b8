/*
 * emit: EVENT lines from the spool to standard output, in their order.
 *
 * Nothing here waits: a reader that is slow, or gone, leaves the events where
 * they are.  An event has left once its reader has read its line: of a pipe
 * that is what the pipe doesn't hold any more, of anything else what was
 * written.  So a line may come twice, after a crash or when a reader
 * was lost with what it had not read, and none is left out.
 *
 * A line of up to PIPE_BUF bytes is written at once or not at all.  A longer
 * one that an earlier process may have begun has a newline before it.
 */
#ifndef LEDGERPIPE_VERIFY_EMIT_H
#define LEDGERPIPE_VERIFY_EMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verify/spool.h"

struct emit_line {
	int64_t sequence;
	uint64_t end; /* of its last byte, of all that were written */
};

struct emit {
	struct spool *spool;
	struct buffer line; /* the one that is being written */
	size_t at;          /* so much of it was */
	int64_t loaded;     /* the event that it is, or was */
	int64_t left;       /* the last event that is known to have left */
	uint64_t written;   /* bytes */
	struct emit_line *lines; /* written, and not seen to be read */
	size_t count, capacity;
	bool pipe, more;    /* more: the spool may have another */
	int64_t retry_ms;   /* monotonic: output failed, try then; or 0 */
};

int emit_open(struct emit *emit, struct spool *spool, struct error *error);
void emit_close(struct emit *emit);
/* Is there something to be written as soon as output takes it?  If
 * that failed, from retry_ms on. */
bool emit_wants(const struct emit *emit);
/* Write what output takes now, or some of it.  What fails there is logged and
 * tried again; an error is the spool's. */
int emit_write(struct emit *emit, int64_t now_ms, struct error *error);
/* The last event that has left; 0: none since emit_open. */
int64_t emit_left(struct emit *emit);

#endif
