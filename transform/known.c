/* SPDX-License-Identifier: MIT */
#include "transform/known.h"

#include <string.h>

struct known *
known_place(struct known_table *table, const char *text, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)text;
	uint64_t first = 0, last = 0;

	/* Names differ at their ends. */
	if (length >= 8) {
		memcpy(&first, text, 8);
		memcpy(&last, text + (length - 8), 8);
	} else if (length >= 4) {
		memcpy(&first, text, 4);
		memcpy(&last, text + (length - 4), 4);
	} else
		first = (uint64_t)bytes[0] << 16 |
		    (uint64_t)bytes[length / 2] << 8 | bytes[length - 1];
	first = (first + length) * 0x9e3779b97f4a7c15;
	last = (last ^ first >> 32) * 0xc2b2ae3d27d4eb4f;
	return &table->places[(first ^ last) >> 54];
}

bool
known_is(const struct known *known, const char *text, size_t length)
{
	return known->length == length &&
	    memcmp(known->text, text, length) == 0;
}

jv
known_learn(struct known *known, const char *text, size_t length, jv string)
{
	if (known->length > 0)
		jv_free(known->string);
	memcpy(known->text, text, length);
	known->length = (uint8_t)length;
	known->string = jv_copy(string);
	return string;
}
