/*
 * filter_run: today's filters over records, by transform.
 *
 * transform stands beside auditctl, or in PATH.  It reads the records from a
 * pipe and has its messages read from another at the same time; of the
 * environment it gets nothing but PATH.
 */
#ifndef LEDGERPIPE_AUDITCTL_FILTER_RUN_H
#define LEDGERPIPE_AUDITCTL_FILTER_RUN_H

#include "buffer.h"
#include "error.h"

/* All that transform writes for the lines of input, into *output.  -1: it can't
 * be run, or doesn't end well: then with its exit status, and it said why. */
int filter_run(const char *config, const struct buffer *input,
    struct buffer *output, struct error *error);

#endif
