/* SPDX-License-Identifier: MIT */
#include "verify/form.h"

#include <string.h>

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void
decode(struct buffer *out, const char *at, const char *end)
{
	const char *run;
	int high, low;
	char byte;

	buffer_clear(out);
	while (at < end) {
		for (run = at; at < end && *at != '%' && *at != '+'; at++)
			;
		buffer_append(out, run, (size_t)(at - run));
		if (at == end)
			return;
		byte = *at == '+' ? ' ' : '%';
		if (*at == '%' && end - at > 2 && (high = hex(at[1])) != -1 &&
		    (low = hex(at[2])) != -1) {
			byte = (char)(high << 4 | low);
			at += 2;
		}
		at++;
		buffer_append(out, &byte, 1);
	}
}

bool
form_next(struct form *form, struct buffer *name, struct buffer *value)
{
	const char *end, *equals;

	while (form->at < form->end && *form->at == '&')
		form->at++;
	if (form->at == form->end)
		return false;
	end = memchr(form->at, '&', (size_t)(form->end - form->at));
	if (end == NULL)
		end = form->end;
	equals = memchr(form->at, '=', (size_t)(end - form->at));
	decode(name, form->at, equals != NULL ? equals : end);
	decode(value, equals != NULL ? equals + 1 : end, end);
	form->at = end;
	return true;
}

bool
form_find(const char *body, size_t length, const char *name,
    struct buffer *value)
{
	struct form form = { body, body + length };
	struct buffer found;
	bool there = false;

	buffer_init(&found, length);
	while (!there && form_next(&form, &found, value))
		there = found.length == strlen(name) &&
		    memcmp(buffer_text(&found), name, found.length) == 0;
	buffer_free(&found);
	return there;
}
