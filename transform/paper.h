/*
 * paper: what a message's parts are written on, to be shown in a terminal.
 *
 * A paper is a column of lines and the paragraph that is being written.  Papers
 * are put together: a quote is one with a bar before it, fields are two side by
 * side.  Without styles, what is struck out stands between ~, code between
 * `, a mention between ‹ and ›, and a link's address behind it.
 */
#ifndef LEDGERPIPE_TRANSFORM_PAPER_H
#define LEDGERPIPE_TRANSFORM_PAPER_H

#include "transform/layout.h"
#include "transform/markup.h"

#define PAPER_BYTES_MAX ((size_t)64 << 20)

struct paper {
	size_t width;
	bool styled;
	unsigned style; /* enum layout_style, of all that is written */
	struct buffer text; /* the paragraph */
	struct buffer lines;
	struct buffer url;  /* of the link that is open */
	size_t link_at;     /* where in text its label begins */
	unsigned char open[MARKUP_STYLES];
};

/* A paper of its own, styled as parent is.  width: at least 2. */
void paper_open(struct paper *paper, const struct paper *parent,
    size_t width);
void paper_close(struct paper *paper);

/* Set the style of what is written next. */
void paper_style(struct paper *paper, unsigned style);
/* Add to the paragraph: characters, of which '\n' ends a line; or through a
 * markup. */
void paper_text(struct paper *paper, const char *text, size_t length);
void paper_puts(struct paper *paper, const char *text);
struct markup paper_markup(struct paper *paper);
/* End the paragraph, if there is one. */
void paper_end(struct paper *paper);
/* End the paragraph; an empty line, unless there is nothing above. */
void paper_gap(struct paper *paper);

/* What is on inner, line by line, behind first or, from the second on, rest,
 * which have the style given. */
void paper_indent(struct paper *paper, struct paper *inner,
    const char *first, const char *rest, unsigned style);
/* Papers side by side, each padded to its width, with between among them. */
void paper_beside(struct paper *paper, struct paper *columns, size_t count,
    const enum layout_align *aligns, const char *between);
/* The width of the widest line, and how many lines there are. */
size_t paper_extent(struct paper *paper);
size_t paper_lines(struct paper *paper);

#endif
