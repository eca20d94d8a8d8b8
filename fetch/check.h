/*
 * check: can all that is configured be read, and if not, what is to be mended?
 *
 * Asks the pod which versions it allows, and of each stream its description
 * and one record, with the stream's own filter, order and fields.  A pod that
 * doesn't give a description is asked for the record all the same.  Each
 * finding is a line on stderr; none stops the others but a pod that can't be
 * reached, or that gives no credential.
 */
#ifndef LEDGERPIPE_FETCH_CHECK_H
#define LEDGERPIPE_FETCH_CHECK_H

#include "fetch/rest.h"
#include "fetch/streams.h"

/* The exit status: the worst of all findings. */
int check_run(struct rest *rest, const struct streams *streams,
    struct error *error);

#endif
