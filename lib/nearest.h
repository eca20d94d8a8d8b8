/*
 * nearest: what somebody meant who made a typing error.
 */
#ifndef LEDGERPIPE_NEAREST_H
#define LEDGERPIPE_NEAREST_H

#include <stddef.h>

#define NEAREST_NAME_MAX 127 /* longer names are like none */

struct nearest {
	const char *wanted;
	const char *found; /* the best so far, or NULL */
	size_t distance;   /* letters to change for it */
};

void nearest_start(struct nearest *nearest, const char *wanted);
/* candidate lives on.  Upper and lower case are alike; a name that differs in
 * more than a third of its letters (but two may always) is not. */
void nearest_try(struct nearest *nearest, const char *candidate);

#endif
