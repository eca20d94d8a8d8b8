/*
 * known: short strings that come again with each record, above all the names
 * of members.
 *
 * Made once, they cost libjq neither memory nor a look at their bytes, and know
 * their hash.  A table has one place for many strings: what comes later takes
 * it, so tables don't grow.  Zeroed: empty.
 */
#ifndef LEDGERPIPE_TRANSFORM_KNOWN_H
#define LEDGERPIPE_TRANSFORM_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jv.h>

#define KNOWN_PLACES 1024
#define KNOWN_MAX_BYTES 48

struct known {
	jv string;
	char text[KNOWN_MAX_BYTES]; /* what it was made of */
	uint8_t length;             /* 0: none is here */
};

struct known_table {
	struct known places[KNOWN_PLACES];
};

/* Where a text of 1 to KNOWN_MAX_BYTES is, or would be. */
struct known *known_place(struct known_table *table, const char *text,
    size_t length);
/* It is there: copy its string. */
bool known_is(const struct known *known, const char *text, size_t length);
/* Keep a copy of what text was made into; returns string. */
jv known_learn(struct known *known, const char *text, size_t length,
    jv string);

#endif
