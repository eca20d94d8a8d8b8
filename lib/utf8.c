/* SPDX-License-Identifier: MIT */
#include "utf8.h"

#include <endian.h>
#include <string.h>

/* Eight bytes at a time, then one by one. */
size_t
utf8_plain(const char *text, size_t count)
{
	const uint64_t each = UINT64_MAX / 0xff;
	uint64_t word, special;
	size_t at = 0;

	for (; count - at >= 8; at += 8) {
		memcpy(&word, text + at, 8);
		word = le64toh(word);
		/* A byte that is less than what is taken from it gets its high
		 * bit set, and only such a byte borrows from the next. */
		special = (word | (word - each * ' ') |
		    ((word ^ each * '"') - each) |
		    ((word ^ each * '\\') - each)) & each * 0x80;
		if (special != 0)
			return at + (size_t)__builtin_ctzll(special) / 8;
	}
	while (at < count && (unsigned char)text[at] >= ' ' &&
	    (unsigned char)text[at] < 0x80 && text[at] != '"' &&
	    text[at] != '\\')
		at++;
	return at;
}

size_t
utf8_step(const char *text, size_t count)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t length, i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	length = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (count < length)
		return 0;
	for (i = 1; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return length;
}

size_t
utf8_encode(uint32_t point, char out[4])
{
	if (point < 0x80) {
		out[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		out[0] = (char)(0xc0 | point >> 6);
		out[1] = (char)(0x80 | (point & 0x3f));
		return 2;
	}
	if (point < 0x10000) {
		out[0] = (char)(0xe0 | point >> 12);
		out[1] = (char)(0x80 | (point >> 6 & 0x3f));
		out[2] = (char)(0x80 | (point & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | point >> 18);
	out[1] = (char)(0x80 | (point >> 12 & 0x3f));
	out[2] = (char)(0x80 | (point >> 6 & 0x3f));
	out[3] = (char)(0x80 | (point & 0x3f));
	return 4;
}

static int
is_tame(const char *text, size_t step)
{
	const unsigned char *c = (const unsigned char *)text;

	if (step == 1)
		return c[0] >= 0x20 && c[0] != 0x7f;
	/* U+0080 to 9f; U+200e, f, U+2028 to 202e, U+2066 to 2069. */
	if (step == 2)
		return c[0] != 0xc2 || c[1] > 0x9f;
	return step != 3 || c[0] != 0xe2 ||
	    !((c[1] == 0x80 && (c[2] == 0x8e || c[2] == 0x8f ||
	    (c[2] >= 0xa8 && c[2] <= 0xae))) ||
	    (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9));
}

void
utf8_tame(char *text)
{
	size_t left = strlen(text), step;

	for (; left > 0; text += step, left -= step) {
		step = utf8_step(text, left);
		if (step == 0) {
			*text = '?';
			step = 1;
		} else if (!is_tame(text, step))
			memset(text, '?', step);
	}
}

size_t
utf8_length(const char *text, size_t count)
{
	size_t points = 0, i = 0, step;

	for (; i < count; points++) {
		step = utf8_step(text + i, count - i);
		i += step > 0 ? step : 1;
	}
	return points;
}

size_t
utf8_cut(const char *text, size_t most)
{
	size_t left = strlen(text), i = 0, step;

	for (; most > 0 && i < left; most--) {
		step = utf8_step(text + i, left - i);
		i += step > 0 ? step : 1;
	}
	return i;
}
