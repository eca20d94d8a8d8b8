/*
 * sink: where transform's lines go: to stdout, to a preview, to a judge.
 *
 * Pool calls it, in the order of the input.  -1: stop, *error says why.
 */
#ifndef LEDGERPIPE_TRANSFORM_SINK_H
#define LEDGERPIPE_TRANSFORM_SINK_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct sink {
	void *context;
	/* All lines that a line of the input made. */
	int (*lines)(void *context, const char *text, size_t length,
	    struct error *error);
	/* Nothing more comes for the moment. */
	int (*pause)(void *context, struct error *error);
	/* The CPU time that a filter took for the record whose lines come
	 * next; NULL: don't measure. */
	void (*time)(void *context, const char *filter, int64_t ns);
};

#endif
