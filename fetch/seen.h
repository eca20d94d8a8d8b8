/*
 * seen: a set of keys.  A group of equal stamps may hold a hundred thousand
 * rows, so it is a hash table.
 */
#ifndef LEDGERPIPE_FETCH_SEEN_H
#define LEDGERPIPE_FETCH_SEEN_H

#include <stddef.h>

#include "error.h"

/* Zero it before use. */
struct seen {
	char **slots; /* the keys, owned; NULL: free */
	size_t count, capacity; /* the latter a power of two, or 0 */
};

/* Take key, whatever comes of it.  1: it was there, 0: it is now, -1: no
 * memory. */
int seen_add(struct seen *seen, char *key, struct error *error);
void seen_clear(struct seen *seen); /* empty, without its memory */

#endif
