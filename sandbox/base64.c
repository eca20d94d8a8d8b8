/* SPDX-License-Identifier: MIT */
#include "sandbox/base64.h"

#include <string.h>

static int
encode(const unsigned char *in, size_t count, const char *last, char padding,
    char *out, size_t size)
{
	static const char most[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789";
	char digits[64];

	if ((count + 2) / 3 * 4 >= size)
		return -1;
	memcpy(digits, most, 62);
	memcpy(digits + 62, last, 2);
	for (size_t i = 0; i < count; i += 3) {
		unsigned long bits = (unsigned long)in[i] << 16;

		if (i + 1 < count)
			bits |= (unsigned long)in[i + 1] << 8;
		if (i + 2 < count)
			bits |= in[i + 2];
		*out++ = digits[bits >> 18];
		*out++ = digits[bits >> 12 & 63];
		if (i + 1 < count || padding != '\0')
			*out++ = i + 1 < count ? digits[bits >> 6 & 63] :
			    padding;
		if (i + 2 < count || padding != '\0')
			*out++ = i + 2 < count ? digits[bits & 63] : padding;
	}
	*out = '\0';
	return 0;
}

int
base64_encode(const void *bytes, size_t count, char *out, size_t size)
{
	return encode(bytes, count, "+/", '=', out, size);
}

int
base64url_encode(const void *bytes, size_t count, char *out, size_t size)
{
	return encode(bytes, count, "-_", '\0', out, size);
}

static int
digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

ssize_t
base64_decode(const char *text, size_t length, void *out, size_t size)
{
	unsigned char *to = out;
	unsigned long bits = 0;
	size_t used = 0;
	int have = 0;

	while (length > 0 && text[length - 1] == '=')
		length--;
	for (size_t i = 0; i < length; i++) {
		int value = digit(text[i]);

		if (value == -1)
			return -1;
		bits = (bits << 6 | (unsigned long)value) & 0xffffff;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		if (used == size)
			return -1;
		to[used++] = (unsigned char)(bits >> have & 255);
	}
	return (ssize_t)used;
}
