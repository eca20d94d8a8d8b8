/* SPDX-License-Identifier: MIT */
/* The boxes that messages and rejects stand in, in a terminal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "transform/terminal.h"

#define WIDTH_UNKNOWN 80
#define WIDTH_MAX 100 /* longer lines aren't read easily */
#define EDGES 4 /* columns of a box's two sides: a line and a space each */

struct terminal
terminal_of(int fd)
{
	struct terminal terminal = { .width = WIDTH_UNKNOWN };
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	struct winsize size;

	if (!isatty(fd))
		return terminal;
	terminal.styled = (no_color == NULL || no_color[0] == '\0') &&
	    term != NULL && strcmp(term, "dumb") != 0;
	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		terminal.width = size.ws_col;
	if (terminal.width > WIDTH_MAX)
		terminal.width = WIDTH_MAX;
	if (terminal.width < TERMINAL_WIDTH_MIN)
		terminal.width = TERMINAL_WIDTH_MIN;
	return terminal;
}

/* A box being drawn: its content, and what stands in its upper edge. */
struct box {
	struct paper paper;
	struct buffer left, right; /* titles */
	unsigned edge;             /* the style of its lines */
};

static void
box_open(struct box *box, const struct terminal *terminal, unsigned edge)
{
	struct paper like = { .styled = terminal->styled };

	paper_open(&box->paper, &like, terminal->width - EDGES);
	buffer_init(&box->left, PAPER_BYTES_MAX);
	buffer_init(&box->right, PAPER_BYTES_MAX);
	box->edge = edge;
}

static void
box_close(struct box *box)
{
	paper_close(&box->paper);
	buffer_free(&box->left);
	buffer_free(&box->right);
}

/* A member of the line in a title, on one line, whatever it holds. */
static void
title(struct buffer *text, const struct json *json, json_node node)
{
	struct buffer decoded;
	size_t i;

	buffer_init(&decoded, JSON_TEXT_MAX);
	json_decode(json, node, &decoded);
	for (i = 0; i < decoded.length; i++)
		if (decoded.data[i] == '\n')
			decoded.data[i] = ' ';
	layout_text(text, buffer_text(&decoded), decoded.length);
	buffer_free(&decoded);
}

/* filter · stream id */
static void
title_record(struct box *box, const struct json *json)
{
	json_node filter = json_member(json, 0, "filter");
	json_node stream = json_member(json, 0, "stream");

	if (!json_is(json, filter, "")) {
		title(&box->right, json, filter);
		buffer_puts(&box->right, " · ");
	}
	if (!json_is(json, stream, "")) {
		title(&box->right, json, stream);
		buffer_puts(&box->right, " ");
	}
	title(&box->right, json, json_member(json, 0, "record_id"));
}

/* The start of a text that fits, and whether that is all of it. */
static bool
cut(struct buffer *line, const struct buffer *text, size_t width)
{
	struct buffer lines;
	const char *first;
	size_t at = 0, length;
	bool whole;

	buffer_init(&lines, PAPER_BYTES_MAX);
	layout_wrap(&lines, text, width, false);
	layout_line(&lines, &at, &first, &length);
	whole = at >= lines.length;
	buffer_append(line, first, length);
	buffer_free(&lines);
	return whole;
}

static void
rule(struct buffer *out, size_t count)
{
	while (count-- > 0)
		buffer_puts(out, "─");
}

/* ╭─ left ───── right ─╮ */
static void
upper_edge(struct box *box, struct buffer *lines)
{
	size_t width = box->paper.width + EDGES, used, columns;
	struct buffer left, right;

	buffer_init(&left, PAPER_BYTES_MAX);
	buffer_init(&right, PAPER_BYTES_MAX);
	cut(&right, &box->right, width);
	columns = layout_width(buffer_text(&right), right.length);
	/* ╭─, the space on each side of the title, ─ and ╮ */
	if (!cut(&left, &box->left, width - 8))
		buffer_puts(&left, "…");
	used = layout_width(buffer_text(&left), left.length) + 6;
	layout_style(lines, box->edge);
	buffer_puts(lines, "╭─ ");
	layout_style(lines, box->edge | LAYOUT_BOLD);
	buffer_append(lines, buffer_text(&left), left.length);
	layout_style(lines, box->edge);
	buffer_puts(lines, " ");
	if (used + columns + 4 <= width) {
		rule(lines, width - used - columns - 2);
		buffer_puts(lines, " ");
		layout_style(lines, LAYOUT_DIM);
		buffer_append(lines, buffer_text(&right), right.length);
		layout_style(lines, box->edge);
		buffer_puts(lines, " ─");
		buffer_clear(&box->right);
	} else
		rule(lines, width - used + 1);
	buffer_puts(lines, "╮");
	layout_style(lines, 0);
	buffer_puts(lines, "\n");
	buffer_free(&left);
	buffer_free(&right);
}

static void
side(struct buffer *lines, unsigned style, const char *text)
{
	layout_style(lines, style);
	buffer_puts(lines, text);
	layout_style(lines, 0);
}

static void
box_line(struct box *box, struct buffer *lines, const char *line,
    size_t length)
{
	side(lines, box->edge, "│ ");
	layout_pad(lines, line, length, box->paper.width, LAYOUT_LEFT);
	side(lines, box->edge, " │");
	buffer_puts(lines, "\n");
}

static void
box_print(struct box *box, struct buffer *out)
{
	struct buffer lines, wrapped;
	const char *line;
	size_t at = 0, length;

	paper_end(&box->paper);
	buffer_init(&lines, PAPER_BYTES_MAX);
	upper_edge(box, &lines);
	if (box->right.length > 0) { /* there was no room for it */
		buffer_init(&wrapped, PAPER_BYTES_MAX);
		layout_wrap(&wrapped, &box->right, box->paper.width, false);
		while (layout_line(&wrapped, &at, &line, &length))
			box_line(box, &lines, line, length);
		buffer_free(&wrapped);
		at = 0;
	}
	while (layout_line(&box->paper.lines, &at, &line, &length))
		box_line(box, &lines, line, length);
	layout_style(&lines, box->edge);
	buffer_puts(&lines, "╰");
	rule(&lines, box->paper.width + 2);
	buffer_puts(&lines, "╯");
	layout_style(&lines, 0);
	buffer_puts(&lines, "\n\n");
	layout_print(out, &lines, box->paper.styled);
	buffer_free(&lines);
}

/* What a lock screen says of a message that has blocks: its text. */
static void
notification(struct paper *paper, const struct json *json,
    json_node payload)
{
	struct markup markup = paper_markup(paper);

	if (json_first(json, json_member(json, payload, "blocks")) ==
	    JSON_NONE)
		return;
	paper_gap(paper);
	paper_style(paper, LAYOUT_DIM);
	paper_puts(paper, "notification: ");
	if (!markup_notification(&markup, json, payload)) {
		paper_style(paper, LAYOUT_RED);
		paper_puts(paper, "none, the message has no text");
	}
	paper_end(paper);
	paper_style(paper, 0);
}

void
terminal_message(struct buffer *out, const struct terminal *terminal,
    const struct json *line)
{
	json_node payload = json_member(line, 0, "payload");
	json_node channel = json_member(line, 0, "channel");
	struct box box;

	box_open(&box, terminal, LAYOUT_DIM);
	title(&box.left, line, channel != JSON_NONE ? channel :
	    json_member(line, payload, "channel"));
	title_record(&box, line);
	terminal_payload(&box.paper, line, payload);
	notification(&box.paper, line, payload);
	box_print(&box, out);
	box_close(&box);
}

void
terminal_reject(struct buffer *out, const struct terminal *terminal,
    const struct json *line)
{
	struct markup markup;
	struct box box;

	box_open(&box, terminal, LAYOUT_RED);
	buffer_puts(&box.left, "REJECTED");
	title_record(&box, line);
	paper_style(&box.paper, LAYOUT_RED);
	markup = paper_markup(&box.paper);
	markup_object(&markup, line, json_member(line, 0, "error"));
	box_print(&box, out);
	box_close(&box);
}

void
terminal_note(struct buffer *out, const struct terminal *terminal,
    const char *text)
{
	struct paper like = { .styled = terminal->styled,
		.style = LAYOUT_DIM }, paper;

	paper_open(&paper, &like, terminal->width);
	paper_puts(&paper, text);
	paper_end(&paper);
	layout_print(out, &paper.lines, terminal->styled);
	paper_close(&paper);
}
