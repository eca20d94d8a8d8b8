/*
 * run: a Singer line in, transform's lines out.
 *
 * Owns the filters and what a line needs.  After run_line its lines are in out
 * and what there is to tell of it in notes (frame.h): both hold until the next
 * line.  What a filter failed on is a REJECT; run_line fails only when memory
 * runs out.
 */
#ifndef LEDGERPIPE_TRANSFORM_RUN_H
#define LEDGERPIPE_TRANSFORM_RUN_H

#include "transform/filter.h"
#include "transform/frame.h"
#include "transform/input.h"

#define RUN_FILTERS_MAX 128
#define RUN_OUTPUTS_MAX 20  /* of one filter for one record */
#define RUN_OUTPUT_BYTES_MAX ((size_t)1 << 18) /* of one output */
#define RUN_LINE_BYTES_MAX ((size_t)64 << 20) /* of all lines for one record */

/* Why a filter isn't run; "": it is. */
struct veto {
	char line[FRAME_WHY_MAX];  /* over this line */
	char chunk[FRAME_WHY_MAX]; /* until run_free */
};

struct run {
	struct filter filters[RUN_FILTERS_MAX];
	struct veto vetoes[RUN_FILTERS_MAX];
	size_t count;
	bool wants_raw; /* any of the filters does */
	bool spent;     /* a filter can't be run again: end this process */
	bool measure;   /* note the CPU time of each filter */
	bool keeps;     /* SEEN has the record, for the ledger to keep */
	struct input input;
	struct buffer out, notes, output;
	struct json message;
	struct progress *progress; /* told what it is at */
};

void run_open(struct run *run);
/* A SCHEMA that stands before what comes. */
int run_schema(struct run *run, const char *text, size_t length,
    struct error *error);
/* Don't run a filter (or all) over the next line, or until run_free. */
void run_veto(struct run *run, size_t filter, const char *why, size_t length,
    bool stays);
void run_free(struct run *run); /* of vetoes */
/* number: the line's; -1: out of memory. */
int run_line(struct run *run, uint64_t number, const char *text, size_t length,
    struct error *error);
/* A line that can't be held, and why not. */
int run_long_line(struct run *run, uint64_t number, const char *why,
    size_t length, struct error *error);

#endif
