/*
 * filter: one compiled jq program, run record by record.
 *
 * $filter and $config are fixed when it is compiled; $raw, $stream, $id and
 * $version change with each record: they come with the record, in an object
 * that the program's own text is wrapped to take apart.  Compiling takes 20
 * ms, since libjq reads all its own definitions each time.
 *
 * A filter reaches no environment (the caller empties it), no input but its
 * record, and no file outside its module search path.  Works with libjq 1.6
 * and later.
 */
#ifndef LEDGERPIPE_TRANSFORM_FILTER_H
#define LEDGERPIPE_TRANSFORM_FILTER_H

#include <jq.h>
#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "error.h"

#define FILTER_NAME_MAX 64
#define FILTER_BYTES_MAX ((size_t)1 << 20) /* of a program */

struct filter {
	char name[FILTER_NAME_MAX + 1];
	jq_state *jq;
	bool wants_raw; /* its text mentions $raw */
	bool midway; /* it halted: see filter_end */
	bool trims;     /* an output over a limit is cut, not refused */
};

/* [A-Za-z0-9_-]{1,64} */
bool filter_is_name(const char *name);
/* Compile the program in path.  config and search (an array of absolute
 * folders) are consumed.  Errors: EXIT_CONFIG, one line with filter, file and
 * line; EXIT_SYSTEM. */
int filter_open(struct filter *filter, const char *name, const char *path,
    jv config, jv search, struct error *error);
void filter_close(struct filter *filter); /* zeroed: fine */

/* Begin a record, when the last one's outputs are at their end.  envelope
 * (consumed) is an object with raw, stream, id, version and record. */
void filter_start(struct filter *filter, jv envelope);
/* 1: *output is the next one, the caller's to free; 0: no more; -1: the
 * filter failed, *error says how (EXIT_DATA). */
int filter_next(struct filter *filter, jv *output, struct error *error);
/* Leave the record before its outputs are at their end.  false: it can't be
 * run again, since libjq aborts when it is started anew inside of a path
 * expression (jqlang/jq issue 1875) and, in 1.6, when it had halted. */
bool filter_end(struct filter *filter);

/* Does this libjq forget what fails behind a "?"?  See lint_program.h.  It
 * takes as long as to compile a filter. */
bool filter_forgets(void);

#endif
