/*
 * list: room for one more element of an array that grows.
 */
#ifndef LEDGERPIPE_LIST_H
#define LEDGERPIPE_LIST_H

#include <stddef.h>

/* The array, moved perhaps, with room for more than count elements of size
 * bytes; *capacity follows.  NULL: out of memory, and all is as it was. */
void *list_grow(void *list, size_t count, size_t *capacity, size_t size);

#endif
