/*
 * seen: a set of records, each known by a fingerprint of its id and of what
 * else matters (its version, say), 128 bits of SipHash under a key that the
 * process makes up.
 *
 * A group of equal stamps may hold a hundred thousand rows, so it is a hash
 * table, of 24 bytes a slot and at most half full.
 */
#ifndef LEDGERPIPE_FETCH_SEEN_H
#define LEDGERPIPE_FETCH_SEEN_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct seen_slot {
	uint64_t high, low; /* both 0: free */
	int64_t stamp_ms;   /* to prune by */
};

/* Zero it before use. */
struct seen {
	struct seen_slot *slots;
	size_t count, capacity; /* the latter a power of two, or 0 */
};

/* 1: it was there, 0: it is now, -1: no memory. */
int seen_add(struct seen *seen, const char *id, const void *rest,
    size_t length, int64_t stamp_ms, struct error *error);
int seen_has(const struct seen *seen, const char *id, const void *rest,
    size_t length);
/* Forget what is older than stamp_ms. */
int seen_prune(struct seen *seen, int64_t stamp_ms, struct error *error);
void seen_clear(struct seen *seen); /* empty; a small table is kept */
void seen_free(struct seen *seen);

#endif
