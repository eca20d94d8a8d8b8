/* SPDX-License-Identifier: MIT */
#include "transform/layout.h"

#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include "utf8.h"

/* Marks: STYLE and two characters that hold six bits each; LINK, an address
 * and LINK_TEXT; LINK_END. */
#define STYLE '\001'
#define LINK '\002'
#define LINK_TEXT '\003'
#define LINK_END '\004'
#define STYLE_BYTES 3

#define LEFT_TO_RIGHT "\xe2\x80\x8e" /* U+200E, a mark of no width */
#define TAB "    "

static bool
is_mark(char c)
{
	return c >= STYLE && c <= LINK_END;
}

/* The bytes of the mark at the start of text. */
static size_t
mark_length(const char *text, size_t count)
{
	const char *end;

	switch (text[0]) {
	case STYLE:
		return count < STYLE_BYTES ? count : STYLE_BYTES;
	case LINK:
		end = memchr(text, LINK_TEXT, count);
		return end != NULL ? (size_t)(end - text) + 1 : count;
	default:
		return 1;
	}
}

static uint32_t
point_of(const char *text, size_t step)
{
	static const unsigned char bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t point = (unsigned char)text[0] & bits[step];
	size_t i;

	for (i = 1; i < step; i++)
		point = point << 6 | ((unsigned char)text[i] & 0x3f);
	return point;
}

/* The character at the start of text, its bytes and its columns. */
static uint32_t
character(const char *text, size_t count, size_t *step, size_t *columns)
{
	uint32_t point;
	int width;

	*step = utf8_step(text, count);
	if (*step == 0)
		*step = 1;
	point = point_of(text, *step);
	width = wcwidth((wchar_t)point);
	*columns = width >= 0 ? (size_t)width : 1;
	return point;
}

/* Terminals don't agree on how wide a character is that one of these makes
 * an emoji, joins to the one before it, or gives another skin. */
static bool
is_variant(uint32_t point, uint32_t before)
{
	return point == 0xfe0e || point == 0xfe0f ||
	    (point >= 0x1f3fb && point <= 0x1f3ff && before >= 0x2000) ||
	    (point == 0x200d && before >= 0x2000);
}

void
layout_text(struct buffer *text, const char *bytes, size_t length)
{
	uint32_t point, before = 0;
	char one[5];
	size_t i, step;

	for (i = 0; i < length; i += step, before = point) {
		if ((step = utf8_step(bytes + i, length - i)) == 0) {
			step = 1;
			point = '?';
			buffer_puts(text, "?");
			continue;
		}
		point = point_of(bytes + i, step);
		if (point == '\n')
			buffer_puts(text, "\n");
		else if (point == '\t')
			buffer_puts(text, TAB);
		else if (point == '\0')
			buffer_puts(text, "?");
		else if (point != '\r' && !is_variant(point, before)) {
			memcpy(one, bytes + i, step);
			one[step] = '\0';
			utf8_tame(one);
			buffer_puts(text, one);
		}
	}
}

void
layout_style(struct buffer *text, unsigned style)
{
	buffer_printf(text, "%c%c%c", STYLE, '@' + (int)(style & 63),
	    '@' + (int)(style >> 6 & 63));
}

void
layout_link(struct buffer *text, const char *url, size_t length)
{
	size_t i;

	if (url == NULL) {
		buffer_printf(text, "%c", LINK_END);
		return;
	}
	buffer_printf(text, "%c", LINK);
	for (i = 0; i < length; i++)
		if (url[i] > ' ' && url[i] < '\177')
			buffer_append(text, url + i, 1);
		else
			buffer_printf(text, "%%%02X", (unsigned char)url[i]);
	buffer_printf(text, "%c", LINK_TEXT);
}

/* Lines being made of a text. */
struct setter {
	struct buffer *lines;
	size_t width, at;  /* columns: of a line, of this line so far */
	size_t spaces;     /* before the next word, not written yet */
	bool broken;       /* the line began where one was too long */
	bool right;        /* it has characters that are written to the left */
	const char *style; /* the marks that are in force, or NULL */
	const char *link;
	size_t link_length;
};

static void
line_end(struct setter *setter)
{
	if (setter->link != NULL)
		buffer_printf(setter->lines, "%c", LINK_END);
	if (setter->style != NULL)
		layout_style(setter->lines, 0);
	/* What follows on the line, be it the edge of a box, stays there. */
	if (setter->right)
		buffer_puts(setter->lines, LEFT_TO_RIGHT);
	buffer_puts(setter->lines, "\n");
	setter->right = false;
	setter->at = setter->spaces = 0;
}

static void
line_begin(struct setter *setter, bool broken)
{
	setter->broken = broken;
	if (setter->style != NULL)
		buffer_append(setter->lines, setter->style, STYLE_BYTES);
	if (setter->link != NULL)
		buffer_append(setter->lines, setter->link,
		    setter->link_length);
}

static void
set_mark(struct setter *setter, const char *mark, size_t length)
{
	buffer_append(setter->lines, mark, length);
	switch (mark[0]) {
	case STYLE:
		setter->style = memcmp(mark + 1, "@@", 2) != 0 ? mark : NULL;
		break;
	case LINK:
		setter->link = mark;
		setter->link_length = length;
		break;
	default:
		setter->link = NULL;
	}
}

/* Hebrew, Arabic and their neighbours, and their presentation forms. */
static bool
is_right(uint32_t point)
{
	return (point >= 0x590 && point <= 0x8ff) ||
	    (point >= 0xfb1d && point <= 0xfdff) ||
	    (point >= 0xfe70 && point <= 0xfeff) ||
	    (point >= 0x10800 && point <= 0x10fff) ||
	    (point >= 0x1e800 && point <= 0x1efff);
}

static void
set_characters(struct setter *setter, const char *text, size_t length)
{
	size_t i = 0, step, columns;
	uint32_t point;

	while (i < length) {
		if (is_mark(text[i])) {
			step = mark_length(text + i, length - i);
			set_mark(setter, text + i, step);
			i += step;
			continue;
		}
		point = character(text + i, length - i, &step, &columns);
		if (setter->at + columns > setter->width) {
			line_end(setter);
			line_begin(setter, true);
		}
		buffer_append(setter->lines, text + i, step);
		setter->right |= is_right(point);
		setter->at += columns;
		i += step;
	}
}

/* The bytes of the first word with the marks in it, *columns its width.  A
 * line may be broken on either side of a wide character. */
static size_t
word_length(const char *text, size_t count, size_t *columns)
{
	size_t i = 0, step, width;
	bool wide = false;

	*columns = 0;
	while (i < count && text[i] != ' ' && text[i] != '\n') {
		if (is_mark(text[i])) {
			i += mark_length(text + i, count - i);
			continue;
		}
		character(text + i, count - i, &step, &width);
		if (width > 0 && *columns > 0 && (wide || width > 1))
			break;
		wide = width > 1;
		*columns += width;
		i += step;
	}
	return i;
}

static void
set_word(struct setter *setter, const char *text, size_t length,
    size_t columns)
{
	if (columns == 0) { /* nothing but marks: no reason for a new line */
		set_characters(setter, text, length);
		return;
	}
	if (setter->at > 0 &&
	    setter->at + setter->spaces + columns > setter->width) {
		line_end(setter);
		line_begin(setter, true);
	}
	/* Where a line was broken the spaces are gone; those that indent a
	 * line stay, up to half of it. */
	if (setter->at == 0 && setter->broken)
		setter->spaces = 0;
	if (setter->at == 0 && setter->spaces > setter->width / 2)
		setter->spaces = setter->width / 2;
	for (; setter->spaces > 0; setter->spaces--, setter->at++)
		buffer_puts(setter->lines, " ");
	set_characters(setter, text, length);
}

void
layout_wrap(struct buffer *lines, const struct buffer *text, size_t width,
    bool words)
{
	struct setter setter = { .lines = lines, .width = width };
	const char *bytes = buffer_text(text), *end;
	size_t i = 0, n, columns;

	while (i < text->length) {
		if (bytes[i] == '\n') {
			line_end(&setter);
			line_begin(&setter, false);
			i++;
		} else if (!words) {
			end = memchr(bytes + i, '\n', text->length - i);
			n = end != NULL ? (size_t)(end - bytes) - i :
			    text->length - i;
			set_characters(&setter, bytes + i, n);
			i += n;
		} else if (bytes[i] == ' ') {
			setter.spaces++;
			i++;
		} else {
			n = word_length(bytes + i, text->length - i, &columns);
			set_word(&setter, bytes + i, n, columns);
			i += n;
		}
	}
	line_end(&setter);
}

bool
layout_line(const struct buffer *lines, size_t *at, const char **line,
    size_t *length)
{
	const char *end;

	*line = buffer_text(lines) + *at;
	*length = 0;
	if (*at >= lines->length)
		return false;
	end = memchr(*line, '\n', lines->length - *at);
	*length = end != NULL ? (size_t)(end - *line) : lines->length - *at;
	*at += *length + 1;
	return true;
}

size_t
layout_width(const char *line, size_t length)
{
	size_t i = 0, step, columns, width = 0;

	while (i < length) {
		if (is_mark(line[i])) {
			i += mark_length(line + i, length - i);
			continue;
		}
		character(line + i, length - i, &step, &columns);
		width += columns;
		i += step;
	}
	return width;
}

void
layout_pad(struct buffer *out, const char *line, size_t length, size_t width,
    enum layout_align align)
{
	size_t taken = layout_width(line, length);
	size_t left = taken < width ? width - taken : 0;
	size_t before = align == LAYOUT_RIGHT ? left :
	    align == LAYOUT_CENTER ? left / 2 : 0;

	buffer_printf(out, "%*s", (int)before, "");
	buffer_append(out, line, length);
	buffer_printf(out, "%*s", (int)(left - before), "");
}

static void
print_style(struct buffer *out, const char *mark)
{
	static const char *const codes[] = { ";1", ";2", ";3", ";4", ";9", ";7",
		";31", ";32", ";33", ";35", ";36" };
	unsigned style = (unsigned)(mark[1] - '@') |
	    (unsigned)(mark[2] - '@') << 6;
	size_t i;

	buffer_puts(out, "\033[0");
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if ((style >> i & 1) != 0)
			buffer_puts(out, codes[i]);
	buffer_puts(out, "m");
}

static void
print_mark(struct buffer *out, const char *mark, size_t length)
{
	if (mark[0] == STYLE && length == STYLE_BYTES)
		print_style(out, mark);
	else if (mark[0] == LINK && length > 2) {
		buffer_puts(out, "\033]8;;");
		buffer_append(out, mark + 1, length - 2);
		buffer_puts(out, "\033\\");
	} else if (mark[0] == LINK_END)
		buffer_puts(out, "\033]8;;\033\\");
}

void
layout_print(struct buffer *out, const struct buffer *lines, bool styled)
{
	const char *text = buffer_text(lines);
	size_t i = 0, run = 0, n;

	while (i < lines->length) {
		if (!is_mark(text[i])) {
			i++;
			continue;
		}
		buffer_append(out, text + run, i - run);
		n = mark_length(text + i, lines->length - i);
		if (styled)
			print_mark(out, text + i, n);
		run = i += n;
	}
	buffer_append(out, text + run, lines->length - run);
}
