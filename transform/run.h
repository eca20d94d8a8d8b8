/*
 * run: a Singer line in, transform's lines out.
 *
 * Owns the filters and what a line needs.  Lines gather in out until
 * run_flush: the caller decides when its reader should not have to wait.
 */
#ifndef LEDGERPIPE_TRANSFORM_RUN_H
#define LEDGERPIPE_TRANSFORM_RUN_H

#include "transform/filter.h"
#include "transform/input.h"

#define RUN_FILTERS_MAX 128
#define RUN_OUTPUTS_MAX 20  /* of one filter for one record */
#define RUN_OUTPUT_BYTES_MAX ((size_t)1 << 18) /* of one output */
#define RUN_FLUSH_BYTES 65536

struct run {
	struct filter filters[RUN_FILTERS_MAX];
	size_t count;
	bool wants_raw; /* any of the filters does */
	struct input input;
	struct buffer out, output;
	struct json message;
	bool bad;     /* a line or a record was rejected */
	bool unknown; /* a type we don't know was told of */
};

void run_open(struct run *run);
void run_close(struct run *run);
/* A line; where is "" or the file's name and ", ", for messages.
 * -1: stop (EXIT_IO, EXIT_SYSTEM). */
int run_line(struct run *run, const char *where, uint64_t number,
    const char *text, size_t length, struct error *error);
/* A line over LINE_MAX_BYTES. */
int run_long_line(struct run *run, const char *where, uint64_t number,
    struct error *error);
int run_flush(struct run *run, struct error *error); /* EXIT_IO */
/* Tell what each filter rejected; the exit status. */
int run_verdict(const struct run *run);

#endif
