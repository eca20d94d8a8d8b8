/*
 * frame: what pool and its workers say to each other over a socket.
 *
 * To a worker: frames, each a struct frame and length bytes.  A chunk is what
 * stands before a FRAME_END; the worker may keep its answers until then.
 * From a worker: one answer for each FRAME_LINE and FRAME_LONG, in order: a
 * struct answer, length bytes of whole lines, and notes bytes of notes.  A note
 * is a letter, what it says, and a NUL:
 *
 *   B why          the line is no message; it was passed on as a REJECT
 *   U              a message of a type that we don't know
 *   R filter what  a REJECT of this filter (its index); what: which record
 *   T filter what  a message of it was trimmed
 *   M filter ns    CPU time that it took, when that is measured
 *
 * progress is a page that both see: it outlives a worker, and tells what it
 * was at when it died.
 */
#ifndef LEDGERPIPE_TRANSFORM_FRAME_H
#define LEDGERPIPE_TRANSFORM_FRAME_H

#include <stdint.h>

enum frame_kind {
	FRAME_SCHEMA, /* a SCHEMA that was read before; no answer */
	FRAME_CAREFUL, /* answer each line at once, until the chunk's end */
	FRAME_FRESH,  /* end, unless no line was run yet: the next line is
	               * suspected of needing too much memory */
	FRAME_STOP,   /* number: a filter that isn't run until the chunk's end;
	               * why, for its REJECTs */
	FRAME_VETO,   /* the same for the next line alone */
	FRAME_LINE,   /* number: its line in the input */
	FRAME_LONG,   /* a line that can't be held; why */
	FRAME_END
};

#define FRAME_ALL_FILTERS SIZE_MAX /* in place of a filter's number */
#define FRAME_WHY_MAX 200          /* of a reason, its NUL counted */

struct frame {
	uint64_t number;
	uint32_t length;
	uint32_t kind;
};

struct answer {
	uint32_t length, notes;
};

enum progress_cause {
	CAUSE_NONE,   /* it runs, or was killed from outside */
	CAUSE_REFUSED, /* the kernel didn't let it confine itself */
	CAUSE_SPENT,  /* it ended in good order, and wants a successor */
	CAUSE_CPU,    /* over its budget of CPU time */
	CAUSE_MEMORY, /* of memory */
	CAUSE_SIGNAL  /* libjq (or we) crashed */
};

/* In progress.filter, beside a filter's index. */
#define PROGRESS_IDLE UINT32_MAX
#define PROGRESS_RECORD (UINT32_MAX - 1) /* the line, before any filter */

/* Written by the worker, also in signal handlers; read after its death. */
struct progress {
	volatile uint64_t number; /* of the line */
	volatile uint32_t filter;
	volatile uint32_t step;   /* changes whenever one of the two does */
	volatile uint32_t lines;  /* that it has begun */
	volatile uint32_t cause;
	volatile int signal;
};

#endif
