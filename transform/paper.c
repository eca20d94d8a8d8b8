/* SPDX-License-Identifier: MIT */
#include "transform/paper.h"

#include <string.h>

#define QUOTE_BAR "┃ "
#define CODE_INDENT "  "

void
paper_open(struct paper *paper, const struct paper *parent, size_t width)
{
	*paper = (struct paper){ .width = width < 2 ? 2 : width,
		.styled = parent->styled };
	buffer_init(&paper->text, PAPER_BYTES_MAX);
	buffer_init(&paper->lines, PAPER_BYTES_MAX);
	buffer_init(&paper->url, PAPER_BYTES_MAX);
	paper_style(paper, parent->style);
}

void
paper_close(struct paper *paper)
{
	buffer_free(&paper->text);
	buffer_free(&paper->lines);
	buffer_free(&paper->url);
}

/* Say which style holds now. */
static void
mark_style(struct paper *paper)
{
	static const unsigned styles[MARKUP_STYLES] = {
		[MARKUP_BOLD] = LAYOUT_BOLD,
		[MARKUP_ITALIC] = LAYOUT_ITALIC,
		[MARKUP_STRIKE] = LAYOUT_STRIKE,
		[MARKUP_UNDERLINE] = LAYOUT_UNDERLINE,
		[MARKUP_HIGHLIGHT] = LAYOUT_REVERSE,
		[MARKUP_CODE] = LAYOUT_MAGENTA,
		[MARKUP_MENTION] = LAYOUT_BOLD | LAYOUT_YELLOW,
		[MARKUP_PREFORMATTED] = LAYOUT_MAGENTA,
	};
	unsigned style = paper->style;
	size_t i;

	for (i = 0; i < MARKUP_STYLES; i++)
		if (paper->open[i] > 0)
			style |= styles[i];
	if (paper->url.length > 0)
		style |= LAYOUT_UNDERLINE | LAYOUT_CYAN;
	layout_style(&paper->text, style);
}

void
paper_style(struct paper *paper, unsigned style)
{
	paper->style = style;
	mark_style(paper);
}

void
paper_text(struct paper *paper, const char *text, size_t length)
{
	layout_text(&paper->text, text, length);
}

void
paper_puts(struct paper *paper, const char *text)
{
	paper_text(paper, text, strlen(text));
}

static void
write_text(void *out, const char *text, size_t length)
{
	paper_text(out, text, length);
}

static void
write_style(void *out, enum markup_style style, bool begins)
{
	static const char *const signs[MARKUP_STYLES][2] = {
		[MARKUP_STRIKE] = { "~", "~" }, [MARKUP_CODE] = { "`", "`" },
		[MARKUP_MENTION] = { "‹", "›" } };
	struct paper *paper = out;
	const char *sign = signs[style][begins ? 0 : 1];

	if (!paper->styled && sign != NULL && !begins)
		paper_puts(paper, sign);
	if (style == MARKUP_QUOTE || style == MARKUP_PREFORMATTED)
		paper_end(paper);
	paper->open[style] = (unsigned char)(paper->open[style] +
	    (begins ? 1 : -1));
	mark_style(paper);
	if (!paper->styled && sign != NULL && begins)
		paper_puts(paper, sign);
}

static void
write_link(void *out, const char *url, size_t length)
{
	struct paper *paper = out;
	const struct buffer *open = &paper->url;

	if (url != NULL) {
		buffer_clear(&paper->url);
		buffer_append(&paper->url, url, length);
		mark_style(paper);
		if (paper->styled)
			layout_link(&paper->text, url, length);
		paper->link_at = paper->text.length;
		return;
	}
	if (paper->styled)
		layout_link(&paper->text, NULL, 0);
	else if (paper->text.length - paper->link_at != open->length ||
	    memcmp(buffer_text(&paper->text) + paper->link_at,
	    buffer_text(open), open->length) != 0) {
		paper_puts(paper, " (");
		paper_text(paper, buffer_text(open), open->length);
		paper_puts(paper, ")");
	}
	buffer_clear(&paper->url);
	mark_style(paper);
}

struct markup
paper_markup(struct paper *paper)
{
	return (struct markup){ paper, write_text, write_style, write_link };
}

/* Lines without the empty ones before and behind. */
static void
trim(struct buffer *lines)
{
	size_t at = 0, first = 0, last = 0, length;
	const char *line;
	bool any = false;

	while (layout_line(lines, &at, &line, &length))
		if (layout_width(line, length) > 0) {
			if (!any)
				first = (size_t)(line - lines->data);
			any = true;
			last = at;
		}
	if (last < lines->length)
		lines->data[lines->length = last] = '\0';
	buffer_consume(lines, first);
}

/* Lines behind a prefix. */
static void
put_lines(struct paper *paper, const struct buffer *lines, const char *first,
    const char *rest, unsigned style)
{
	const char *line, *prefix = first;
	size_t at = 0, length;

	while (layout_line(lines, &at, &line, &length)) {
		layout_style(&paper->lines, style);
		buffer_puts(&paper->lines, prefix);
		layout_style(&paper->lines, 0);
		buffer_append(&paper->lines, line, length);
		buffer_puts(&paper->lines, "\n");
		prefix = rest;
	}
}

void
paper_end(struct paper *paper)
{
	bool code = paper->open[MARKUP_PREFORMATTED] > 0;
	const char *prefix = code ? CODE_INDENT :
	    paper->open[MARKUP_QUOTE] > 0 ? QUOTE_BAR : "";
	size_t indent = layout_width(prefix, strlen(prefix));
	struct buffer lines;

	buffer_init(&lines, PAPER_BYTES_MAX);
	layout_wrap(&lines, &paper->text, paper->width > indent + 2 ?
	    paper->width - indent : 2, !code);
	trim(&lines);
	if (indent == 0)
		buffer_append(&paper->lines, buffer_text(&lines),
		    lines.length);
	else
		put_lines(paper, &lines, prefix, prefix, LAYOUT_DIM);
	buffer_free(&lines);
	buffer_clear(&paper->text);
	mark_style(paper);
}

void
paper_gap(struct paper *paper)
{
	paper_end(paper);
	if (paper->lines.length > 0)
		buffer_puts(&paper->lines, "\n");
}

void
paper_indent(struct paper *paper, struct paper *inner, const char *first,
    const char *rest, unsigned style)
{
	paper_end(paper);
	paper_end(inner);
	put_lines(paper, &inner->lines, first, rest, style);
}

#define BESIDE_MAX 20 /* the columns of a table */

void
paper_beside(struct paper *paper, struct paper *columns, size_t count,
    const enum layout_align *aligns, const char *between)
{
	size_t at[BESIDE_MAX] = { 0 }, i, length, before;
	const char *line;
	bool more = true;

	paper_end(paper);
	for (i = 0; i < count; i++)
		paper_end(&columns[i]);
	while (more) {
		more = false;
		before = paper->lines.length;
		for (i = 0; i < count; i++) {
			more |= layout_line(&columns[i].lines, &at[i], &line,
			    &length);
			layout_pad(&paper->lines, line, length,
			    columns[i].width, aligns != NULL ? aligns[i] :
			    LAYOUT_LEFT);
			if (i + 1 < count) {
				layout_style(&paper->lines, LAYOUT_DIM);
				buffer_puts(&paper->lines, between);
				layout_style(&paper->lines, 0);
			}
		}
		buffer_puts(&paper->lines, "\n");
	}
	/* The last line was made of nothing. */
	if (!paper->lines.failed) {
		paper->lines.length = before;
		paper->lines.data[before] = '\0';
	}
}

size_t
paper_extent(struct paper *paper)
{
	size_t at = 0, length, width, extent = 0;
	const char *line;

	paper_end(paper);
	while (layout_line(&paper->lines, &at, &line, &length))
		if ((width = layout_width(line, length)) > extent)
			extent = width;
	return extent;
}

size_t
paper_lines(struct paper *paper)
{
	size_t at = 0, length, count = 0;
	const char *line;

	paper_end(paper);
	while (layout_line(&paper->lines, &at, &line, &length))
		count++;
	return count;
}
