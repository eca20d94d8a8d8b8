/*
 * built_in: the catalogue of the streams that need no configuration.
 *
 * Paths lack the version of the REST API, which is configuration.  What Oracle
 * documents nowhere is a default that oracle.streams can change: the stamps
 * of purchaseOrderSchedules and purchaseOrderAcknowledgments, amounts, and
 * which attribute names the business unit.
 */
#ifndef LEDGERPIPE_FETCH_BUILT_IN_H
#define LEDGERPIPE_FETCH_BUILT_IN_H

#include <stddef.h>
#include <stdint.h>

struct built_in {
	const char *name;
	const char *key, *expand, *amount, *currency, *business_unit;
	int64_t page_size;
};

/* Those that all of them share. */
#define BUILT_IN_ROOT "/fscmRestApi/resources/"
#define BUILT_IN_CURSOR "LastUpdateDate"

size_t built_in_count(void);
const struct built_in *built_in_at(size_t index);
const struct built_in *built_in_find(const char *name); /* or NULL */
/* The name that is most like it, or NULL when none is alike. */
const char *built_in_nearest(const char *name);

#endif
