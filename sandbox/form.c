/* SPDX-License-Identifier: MIT */
#include "sandbox/form.h"

#include <ctype.h>
#include <string.h>

static int
hex(char c)
{
	const char *digits = "0123456789abcdef", *found;

	if (c >= 'A' && c <= 'F')
		c = (char)(c - 'A' + 'a');
	found = c == '\0' ? NULL : strchr(digits, c);
	return found == NULL ? -1 : (int)(found - digits);
}

bool
form_value(const char *body, const char *name, char *out, size_t size)
{
	size_t length = strlen(name), used = 0;

	out[0] = '\0';
	while (strncmp(body, name, length) != 0 || body[length] != '=') {
		body = strchr(body, '&');
		if (body == NULL)
			return false;
		body++;
	}
	for (body += length + 1; *body != '\0' && *body != '&'; body++) {
		char c = *body == '+' ? ' ' : *body;

		if (used + 1 == size) {
			out[0] = '\0';
			return false;
		}
		if (c == '%' && hex(body[1]) != -1 && hex(body[2]) != -1) {
			c = (char)(hex(body[1]) * 16 + hex(body[2]));
			body += 2;
		}
		out[used++] = c;
	}
	out[used] = '\0';
	return true;
}

void
form_escape(struct buffer *out, const char *text)
{
	for (; *text != '\0'; text++)
		if (isalnum((unsigned char)*text) ||
		    strchr("-._~", *text) != NULL)
			buffer_append(out, text, 1);
		else
			buffer_printf(out, "%%%02X",
			    (unsigned int)(unsigned char)*text);
}
