/* SPDX-License-Identifier: MIT */
#include "transform/trim_text.h"

#include <stdio.h>
#include <string.h>

#include "utf8.h"

#define ELLIPSIS "\xe2\x80\xa6"

/* "1,234,567" */
static void
group(size_t number, char out[32])
{
	char digits[24];
	size_t length, i, at = 0;

	length = (size_t)snprintf(digits, sizeof(digits), "%zu", number);
	for (i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = digits[i];
	}
	out[at] = '\0';
}

/* What stands in place of that many characters. */
static void
ending(size_t missing, size_t limit, char out[80])
{
	char number[32];

	group(missing, number);
	if (limit < TRIM_TEXT_COUNTS_FROM)
		snprintf(out, 80, ELLIPSIS);
	else
		snprintf(out, 80, ELLIPSIS " (%s more character%s)", number,
		    missing == 1 ? "" : "s");
}

/* Bytes: no limit has room for more in one piece, and looking further for what
 * ends it would make cutting a text of nothing but beginnings slow. */
#define PIECE_MAX 16384

struct unit {
	size_t bytes, points;
	size_t shown; /* characters that a reader sees */
};

static size_t
entity(const char *text, size_t length)
{
	static const char *const entities[] = { "&amp;", "&lt;", "&gt;" };
	size_t step, i;

	for (i = 0; i < 3; i++) {
		step = strlen(entities[i]);
		if (step <= length && memcmp(text, entities[i], step) == 0)
			return step;
	}
	return 0;
}

/* Bytes of what looks like a link of a markdown block: [label](address). */
static size_t
markdown_link(const char *text, size_t length)
{
	const char *end = text + length, *middle, *last;

	middle = memchr(text, ']', length);
	if (middle == NULL || end - middle < 2 || middle[1] != '(' ||
	    (last = memchr(middle, ')', (size_t)(end - middle))) == NULL ||
	    memchr(text, '\n', (size_t)(last - text)) != NULL)
		return 0;
	return (size_t)(last - text) + 1;
}

/* What must stay whole at the beginning of text. */
static struct unit
unit_at(const char *text, size_t length, bool mrkdwn)
{
	struct unit unit = { 0, 1, 1 };
	const char *end, *label;

	if (length > PIECE_MAX)
		length = PIECE_MAX;
	if (mrkdwn && *text == '&' && (unit.bytes = entity(text, length)) > 0)
		unit.points = unit.bytes;
	else if (mrkdwn && *text == '<' &&
	    (end = memchr(text, '>', length)) != NULL &&
	    memchr(text + 1, '<', (size_t)(end - text) - 1) == NULL) {
		unit.bytes = (size_t)(end - text) + 1;
		unit.points = utf8_length(text, unit.bytes);
		label = memchr(text, '|', unit.bytes);
		label = label != NULL ? label + 1 : text + 1;
		unit.shown = utf8_length(label, (size_t)(end - label));
	} else if (mrkdwn && *text == '[' &&
	    (unit.bytes = markdown_link(text, length)) > 0) {
		unit.points = utf8_length(text, unit.bytes);
		label = memchr(text, ']', unit.bytes);
		unit.shown = utf8_length(text + 1,
		    (size_t)(label - text) - 1);
	} else if ((unit.bytes = utf8_step(text, length)) == 0)
		unit.bytes = 1;
	return unit;
}

void
trim_text(const char *text, size_t length, size_t limit, bool mrkdwn,
    struct buffer *out)
{
	size_t kept = 0, missing = 0, at, end = 0, room;
	struct unit unit;
	char note[80];

	/* No count is longer than that of all. */
	ending(length, limit, note);
	room = utf8_length(note, strlen(note));
	room = limit > room ? limit - room : 0;
	for (at = 0; at < length; at += unit.bytes) {
		unit = unit_at(text + at, length - at, mrkdwn);
		kept += unit.points;
		if (kept > room)
			missing += unit.shown;
		else if (text[at] != ' ' && text[at] != '\n')
			end = at + unit.bytes;
	}
	ending(missing, limit, note);
	buffer_append(out, text, end);
	buffer_puts(out, note);
}
