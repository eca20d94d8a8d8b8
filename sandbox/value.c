/* SPDX-License-Identifier: MIT */
#include "sandbox/value.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "clock.h"
#include "json.h"

static bool
is_number(const char *text, long double *number)
{
	char *end;

	if (*text != '-' && !isdigit((unsigned char)*text))
		return false;
	*number = strtold(text, &end);
	return end != text && *end == '\0';
}

/* A decoded string's type: a time, or text. */
static void
classify(struct value *value)
{
	const char *text = value_text(value);

	value->type = VALUE_TEXT;
	if (isdigit((unsigned char)text[0]) &&
	    clock_parse(text, &value->ms) == 0)
		value->type = VALUE_TIME;
}

static void
decode(struct value *value, const char *json, size_t length)
{
	struct json document = { 0 };
	struct buffer text;
	struct error error;

	buffer_init(&text, JSON_TEXT_MAX);
	if (json_parse(&document, json, length, &error) == 0)
		json_decode(&document, 0, &text);
	value->owned = text.data; /* the buffer's memory is the value's now */
	json_free(&document);
}

void
value_read(struct value *value, const char *json)
{
	size_t length = strlen(json);

	value->owned = NULL;
	if (strcmp(json, "null") == 0) {
		value->type = VALUE_NULL;
		value->text = "";
	} else if (json[0] != '"') {
		value->text = json;
		value->type = is_number(json, &value->number) ? VALUE_NUMBER :
		    VALUE_TEXT;
	} else {
		if (length - 2 < VALUE_INLINE &&
		    memchr(json, '\\', length) == NULL) {
			memcpy(value->brief, json + 1, length - 2);
			value->brief[length - 2] = '\0';
			value->text = NULL;
		} else {
			decode(value, json, length);
			value->text = value->owned == NULL ? "" : value->owned;
		}
		classify(value);
	}
}

void
value_literal(struct value *value, const char *text)
{
	value->owned = NULL;
	value->text = text;
	classify(value);
}

void
value_free(struct value *value)
{
	free(value->owned);
	value->owned = NULL;
}

/* Values are copied about while they are sorted, so none points into itself:
 * text is NULL where the characters are in brief. */
const char *
value_text(const struct value *value)
{
	return value->text == NULL ? value->brief : value->text;
}

int
value_compare(const struct value *left, const struct value *right)
{
	long double a, b;

	if (left->type == VALUE_TIME && right->type == VALUE_TIME)
		return (left->ms > right->ms) - (left->ms < right->ms);
	if (left->type == VALUE_NUMBER || right->type == VALUE_NUMBER) {
		if (is_number(value_text(left), &a) &&
		    is_number(value_text(right), &b))
			return (a > b) - (a < b);
	}
	return strcmp(value_text(left), value_text(right));
}
