/*
 * lint: what is wrong with filters, found by running them over samples.
 *
 * It makes the input of a pool and is its sink.  The samples come first, as
 * they are; then poisoned copies of those that became messages: text in one
 * attribute at a time that would call people or show a link if a filter let it
 * through (lint_harm.h).
 *
 *	lint_open; a pool with lint_sink, load.measure and lint_filter for
 *	each of its filters; while lint_input is 1: pool_read, close;
 *	lint_report, lint_close
 *
 * Memory that ran out on the way is told by lint_report.
 */
#ifndef LEDGERPIPE_TRANSFORM_LINT_H
#define LEDGERPIPE_TRANSFORM_LINT_H

#include "transform/lint_sample.h"
#include "transform/sink.h"

#define LINT_VARIANTS_MAX 5000 /* poisoned records */
#define LINT_NS_ENOUGH 20000000000 /* of CPU for all of them */
#define LINT_BATCH_BYTES ((size_t)1 << 20)
#define LINT_NS_MAX 5000000    /* of CPU for a record, on average */
#define LINT_NS_USUAL 100000

enum lint_phase { LINT_SAMPLES, LINT_VARIANTS };

struct lint_cost {
	int64_t ns, runs;
};

struct lint_filter {
	char *name, *file;
	bool compiled;
	/* Its text says null in a string; it looks at $stream. */
	bool says_null, asks_stream;
	size_t messages, rejects; /* that it made of the samples */
	uint64_t streams;         /* whose records became messages */
	struct lint_cost all, wanted; /* runs over samples; that made lines */
	int64_t last;                 /* of the run whose lines come next */
};

struct lint_variant {
	size_t sample, attribute;
	enum lint_poison poison;
};

struct lint {
	struct lint_samples samples;
	struct lint_strings strings; /* of the sample poisoned last */
	size_t poisoned;             /* its number */
	struct lint_filter *filters;
	size_t count, capacity;
	struct lint_findings findings;
	struct lint_variant *variants;
	size_t variant_count;
	enum lint_phase phase;
	size_t next;         /* sample or variant to hand out */
	size_t judged;       /* sample or variant whose lines come next */
	struct buffer line;  /* a variant */
	struct json message; /* the line judged */
	bool failed;         /* out of memory */
};

/* samples: a file, or NULL for those that are shipped.  Errors: EXIT_NOINPUT,
 * EXIT_IO, EXIT_DATA, EXIT_SYSTEM. */
int lint_open(struct lint *lint, const char *samples, struct error *error);
void lint_close(struct lint *lint); /* zeroed: fine */

/* A filter, in the order of their lines.  why: it doesn't compile. */
void lint_filter(struct lint *lint, const char *name, const char *file,
    const char *why);
/* Look at the texts of the filters that compile, before any is run.  forgets:
 * the libjq does what lint_program.h says.  Errors: EXIT_NOINPUT,
 * EXIT_SYSTEM. */
int lint_texts(struct lint *lint, bool forgets, struct error *error);
/* What to run them over: 1: *fd holds lines, the caller closes it, and calls
 * again when all that was made of them has reached the sink; 0: no more;
 * -1: EXIT_SYSTEM, EXIT_IO. */
int lint_input(struct lint *lint, int *fd, struct error *error);
/* Where the filters' lines and times go. */
struct sink lint_sink(struct lint *lint);
/* Write the findings and their sum; the exit status: EXIT_DONE, EXIT_DATA
 * with an error among them, EXIT_SYSTEM. */
enum exitcode lint_report(struct lint *lint, FILE *out);

#endif
