/* SPDX-License-Identifier: MIT */
/* The blocks rich_text and table in a terminal. */
#include <stdio.h>
#include <string.h>

#include "transform/terminal.h"

#define INDENT_MAX 8
#define COLUMNS_MAX 20    /* Slack's, of a table */
#define COLUMN_MIN 5      /* a column that is narrower can't be read */
#define UNBOUNDED 100000  /* a width that no line reaches */
#define BETWEEN " │ "
#define BETWEEN_WIDTH 3

static void
elements(struct paper *paper, const struct json *json, json_node node)
{
	struct markup markup = paper_markup(paper);
	json_node child;

	for (child = json_first(json, json_member(json, node, "elements"));
	    child != JSON_NONE; child = json_next(json, child))
		markup_rich(&markup, json, child);
	paper_end(paper);
}

/* What stands before an item: a number, a letter or a bullet. */
static void
item_sign(char sign[16], bool ordered, int64_t indent, int64_t number)
{
	static const char *const bullets[] = { "•", "◦", "▪" };

	if (!ordered)
		snprintf(sign, 16, "%s ", bullets[indent % 3]);
	else if (indent % 3 == 1 && number <= 26)
		snprintf(sign, 16, "%c. ", 'a' + (int)number - 1);
	else
		snprintf(sign, 16, "%d. ", (int)number);
}

static void
list(struct paper *paper, const struct json *json, json_node node)
{
	bool ordered = json_is(json, json_member(json, node, "style"),
	    "ordered");
	int64_t indent = 0, number = 0;
	char sign[16], first[64], rest[64];
	struct paper inner;
	json_node item;
	int margin, width, room = (int)paper->width - 2;

	json_integer(json, json_member(json, node, "indent"), &indent);
	json_integer(json, json_member(json, node, "offset"), &number);
	if (indent < 0 || indent > INDENT_MAX)
		indent = 0;
	if (number < 0 || number > 1000000)
		number = 0;
	for (item = json_first(json, json_member(json, node, "elements"));
	    item != JSON_NONE; item = json_next(json, item)) {
		item_sign(sign, ordered, indent, ++number);
		width = (int)layout_width(sign, strlen(sign));
		if (width > room) { /* in a narrow column of a table */
			sign[0] = '\0';
			width = 0;
		}
		margin = width + (int)indent * 2 <= room ?
		    (int)indent * 2 : 0;
		width += margin;
		snprintf(first, sizeof(first), "%*s%s", margin, "", sign);
		snprintf(rest, sizeof(rest), "%*s", width, "");
		paper_open(&inner, paper, paper->width - (size_t)width);
		elements(&inner, json, item);
		if (inner.lines.length == 0)
			buffer_puts(&inner.lines, "\n");
		paper_indent(paper, &inner, first, rest, 0);
		paper_close(&inner);
	}
}

void
terminal_rich_text(struct paper *paper, const struct json *json,
    json_node block)
{
	struct markup markup = paper_markup(paper);
	json_node part, type;

	for (part = json_first(json, json_member(json, block, "elements"));
	    part != JSON_NONE; part = json_next(json, part)) {
		type = json_member(json, part, "type");
		if (json_is(json, type, "rich_text_list"))
			list(paper, json, part);
		else if (json_is(json, type, "rich_text_preformatted") ||
		    json_is(json, type, "rich_text_quote")) {
			enum markup_style style = json_is(json, type,
			    "rich_text_quote") ? MARKUP_QUOTE :
			    MARKUP_PREFORMATTED;

			markup.style(paper, style, true);
			elements(paper, json, part);
			markup.style(paper, style, false);
		} else
			elements(paper, json, part);
	}
}

static void
cell(struct paper *paper, const struct json *json, json_node node)
{
	struct markup markup = paper_markup(paper);

	if (json_is(json, json_member(json, node, "type"), "rich_text"))
		terminal_rich_text(paper, json, node);
	else
		markup_object(&markup, json, node);
	paper_end(paper);
}

/* How wide the columns of a table would like to be; how many there are, or
 * more than COLUMNS_MAX. */
static size_t
natural_widths(const struct paper *paper, const struct json *json,
    json_node rows, size_t widths[COLUMNS_MAX])
{
	size_t count = 0, i, width;
	struct paper inner;
	json_node row, node;

	for (row = json_first(json, rows); row != JSON_NONE;
	    row = json_next(json, row)) {
		i = 0;
		for (node = json_first(json, row); node != JSON_NONE;
		    node = json_next(json, node), i++) {
			if (i == COLUMNS_MAX)
				return COLUMNS_MAX + 1;
			if (i == count)
				widths[count++] = 2;
			paper_open(&inner, paper, UNBOUNDED);
			cell(&inner, json, node);
			width = paper_extent(&inner);
			paper_close(&inner);
			if (width > widths[i])
				widths[i] = width;
		}
	}
	return count;
}

/* Take columns from the widest, until they fit.  false: they can't. */
static bool
fit_widths(size_t widths[COLUMNS_MAX], size_t count, size_t room)
{
	size_t total = (count - 1) * BETWEEN_WIDTH, i, widest;

	for (i = 0; i < count; i++)
		total += widths[i];
	while (total > room) {
		for (i = widest = 0; i < count; i++)
			if (widths[i] > widths[widest])
				widest = i;
		if (widths[widest] <= COLUMN_MIN)
			return false;
		widths[widest]--;
		total--;
	}
	return true;
}

static void
row_beside(struct paper *paper, const struct json *json, json_node row,
    const size_t widths[COLUMNS_MAX], const enum layout_align *aligns,
    size_t count)
{
	json_node node = json_first(json, row);
	struct paper cells[COLUMNS_MAX];
	size_t i;

	for (i = 0; i < count; i++) {
		paper_open(&cells[i], paper, widths[i]);
		if (node != JSON_NONE)
			cell(&cells[i], json, node);
		node = json_next(json, node);
	}
	paper_beside(paper, cells, count, aligns, BETWEEN);
	for (i = 0; i < count; i++)
		paper_close(&cells[i]);
}

/* A row of a table that is too wide: its cells one below the other. */
static void
row_below(struct paper *paper, const struct json *json, json_node row)
{
	struct paper inner;
	json_node node;

	for (node = json_first(json, row); node != JSON_NONE;
	    node = json_next(json, node)) {
		paper_open(&inner, paper, paper->width > 4 ?
		    paper->width - 2 : 2);
		cell(&inner, json, node);
		paper_indent(paper, &inner, node == json_first(json, row) ?
		    "▪ " : "  ", "  ", 0);
		paper_close(&inner);
	}
}

static void
rule(struct paper *paper, const size_t widths[COLUMNS_MAX], size_t count)
{
	size_t i, n;

	layout_style(&paper->lines, LAYOUT_DIM);
	for (i = 0; i < count; i++) {
		if (i > 0)
			buffer_puts(&paper->lines, "─┼─");
		for (n = 0; n < widths[i]; n++)
			buffer_puts(&paper->lines, "─");
	}
	layout_style(&paper->lines, 0);
	buffer_puts(&paper->lines, "\n");
}

/* Slack shows the first row as the heading. */
void
terminal_table(struct paper *paper, const struct json *json, json_node block)
{
	json_node rows = json_member(json, block, "rows"), row, column;
	size_t widths[COLUMNS_MAX], count, i = 0;
	enum layout_align aligns[COLUMNS_MAX] = { LAYOUT_LEFT };
	unsigned style = paper->style;
	bool fits;

	count = natural_widths(paper, json, rows, widths);
	if (count == 0)
		return;
	fits = count <= COLUMNS_MAX && fit_widths(widths, count, paper->width);
	for (column = json_first(json, json_member(json, block,
	    "column_settings")); column != JSON_NONE && i < COLUMNS_MAX;
	    column = json_next(json, column)) {
		json_node align = json_member(json, column, "align");

		aligns[i++] = json_is(json, align, "right") ? LAYOUT_RIGHT :
		    json_is(json, align, "center") ? LAYOUT_CENTER :
		    LAYOUT_LEFT;
	}
	for (row = json_first(json, rows); row != JSON_NONE;
	    row = json_next(json, row)) {
		bool heading = row == json_first(json, rows);

		paper_style(paper, heading ? style | LAYOUT_BOLD : style);
		if (fits)
			row_beside(paper, json, row, widths, aligns, count);
		else
			row_below(paper, json, row);
		if (heading && fits)
			rule(paper, widths, count);
	}
	paper_style(paper, style);
}
