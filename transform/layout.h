/*
 * layout: styled text, set in lines that fit columns of a terminal.
 *
 * Such a text is UTF-8 with marks in it, control characters that say where a
 * style or a link begins.  layout_text lets none of a record's own controls
 * through, so it can't make a mark, nor move the cursor.  Lines end in '\n' and
 * each can stand alone: its marks begin and end within it.
 *
 * Characters take as many columns as wcwidth says (CJK and emoji two, marks
 * that combine none): set LC_CTYPE to a locale of UTF-8 first.
 */
#ifndef LEDGERPIPE_TRANSFORM_LAYOUT_H
#define LEDGERPIPE_TRANSFORM_LAYOUT_H

#include <stdbool.h>

#include "buffer.h"

enum layout_style {
	LAYOUT_BOLD = 1,
	LAYOUT_DIM = 2,
	LAYOUT_ITALIC = 4,
	LAYOUT_UNDERLINE = 8,
	LAYOUT_STRIKE = 16,
	LAYOUT_REVERSE = 32,
	LAYOUT_RED = 64,
	LAYOUT_GREEN = 128,
	LAYOUT_YELLOW = 256,
	LAYOUT_MAGENTA = 512,
	LAYOUT_CYAN = 1024
};

enum layout_align { LAYOUT_LEFT, LAYOUT_CENTER, LAYOUT_RIGHT };

/* Append characters, of which '\n' ends a line. */
void layout_text(struct buffer *text, const char *bytes, size_t length);
/* What follows has these styles, the sum of the enum's, and no others. */
void layout_style(struct buffer *text, unsigned style);
/* What follows leads to url; NULL: to nothing. */
void layout_link(struct buffer *text, const char *url, size_t length);

/* Break text into lines of at most width columns, between words or, without
 * words, where the width ends.  width: at least 2, what a character takes. */
void layout_wrap(struct buffer *lines, const struct buffer *text,
    size_t width, bool words);
/* The first line at *at: its bytes, without its end; *at moves behind it.
 * false: there is none left. */
bool layout_line(const struct buffer *lines, size_t *at, const char **line,
    size_t *length);
/* The columns that a line takes. */
size_t layout_width(const char *line, size_t length);
/* Append a line and the spaces that make it width columns. */
void layout_pad(struct buffer *out, const char *line, size_t length,
    size_t width, enum layout_align align);
/* Append lines as a terminal takes them: the marks are escape sequences, or
 * left out when not styled. */
void layout_print(struct buffer *out, const struct buffer *lines,
    bool styled);

#endif
