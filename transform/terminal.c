/* SPDX-License-Identifier: MIT */
#include "transform/terminal.h"

#include <string.h>

#define BAR "▌ "
#define SIDE_MIN 40 /* columns of text beside which there's room for more */
#define GAP 2       /* between what stands side by side */

static void
object(struct paper *paper, const struct json *json, json_node node)
{
	struct markup markup = paper_markup(paper);

	markup_object(&markup, json, node);
}

static void
member(struct paper *paper, const struct json *json, json_node node,
    const char *name)
{
	struct markup markup = paper_markup(paper);

	markup_member(&markup, json, node, name);
}

/* [ Title ], which may lead somewhere. */
static void
button(struct paper *paper, const struct json *json, json_node node)
{
	struct markup markup = paper_markup(paper);
	json_node style = json_member(json, node, "style");
	unsigned before = paper->style;
	struct buffer url;
	bool link;

	buffer_init(&url, JSON_TEXT_MAX);
	json_decode(json, json_member(json, node, "url"), &url);
	link = markup_is_link(buffer_text(&url), url.length);
	paper_style(paper, before | LAYOUT_BOLD |
	    (json_is(json, style, "primary") ? LAYOUT_GREEN :
	    json_is(json, style, "danger") ? LAYOUT_RED : 0));
	paper_puts(paper, "[ ");
	if (link)
		markup.link(paper, buffer_text(&url), url.length);
	markup_object(&markup, json, json_member(json, node, "text"));
	if (link && paper->styled)
		markup.link(paper, NULL, 0);
	paper_puts(paper, " ]");
	if (link && !paper->styled)
		markup.link(paper, NULL, 0);
	paper_style(paper, before);
	buffer_free(&url);
}

static void
image(struct paper *paper, const struct json *json, json_node node)
{
	paper_puts(paper, "[image: ");
	object(paper, json, json_member(json, node, "alt_text"));
	paper_puts(paper, "]");
}

/* An element of actions, an accessory, or small print. */
static void
element(struct paper *paper, const struct json *json, json_node node)
{
	struct markup markup = paper_markup(paper);
	json_node type = json_member(json, node, "type");
	json_node placeholder = json_member(json, node, "placeholder");

	if (json_is(json, type, "button"))
		button(paper, json, node);
	else if (json_is(json, type, "image"))
		image(paper, json, node);
	else if (json_is(json, type, "overflow"))
		paper_puts(paper, "[ ⋯ ]");
	else if (placeholder != JSON_NONE) {
		paper_puts(paper, "[ ");
		object(paper, json, placeholder);
		paper_puts(paper, " ▾ ]");
	} else if (json_type(json, json_member(json, node, "text")) ==
	    JSON_STRING)
		object(paper, json, node);
	else
		markup_any(&markup, json, node);
}

/* Elements in a row; where addresses are written out, each on a line. */
static void
group(struct paper *paper, const struct json *json, json_node array,
    bool lines)
{
	json_node node;

	for (node = json_first(json, array); node != JSON_NONE;
	    node = json_next(json, node)) {
		if (node != json_first(json, array))
			paper_puts(paper, lines ? "\n" : "  ");
		element(paper, json, node);
	}
	paper_end(paper);
}

static void
field_attachment(struct paper *paper, const struct json *json,
    json_node node)
{
	unsigned style = paper->style;

	paper_style(paper, style | LAYOUT_BOLD);
	object(paper, json, json_member(json, node, "title"));
	paper_style(paper, style);
	paper_puts(paper, "\n");
	member(paper, json, node, "value");
}

/* In two columns, or one where there is no room for more. */
static void
fields(struct paper *paper, const struct json *json, json_node array,
    void (*write)(struct paper *, const struct json *, json_node))
{
	bool narrow = paper->width < SIDE_MIN, tall = false;
	json_node node = json_first(json, array);
	struct paper pair[2];
	size_t i;

	while (node != JSON_NONE) {
		if (tall) /* which line belongs to which must be seen */
			buffer_puts(&paper->lines, "\n");
		tall = false;
		for (i = 0; i < 2; i++) {
			paper_open(&pair[i], paper, narrow ? paper->width :
			    (paper->width - GAP + i) / 2);
			if (node != JSON_NONE)
				write(&pair[i], json, node);
			tall |= paper_lines(&pair[i]) > 1;
			node = json_next(json, node);
		}
		if (!narrow)
			paper_beside(paper, pair, 2, NULL, "  ");
		for (i = 0; i < 2; i++) {
			if (narrow)
				paper_indent(paper, &pair[i], "", "", 0);
			paper_close(&pair[i]);
		}
	}
}

static void
section(struct paper *paper, const struct json *json, json_node block)
{
	json_node accessory = json_member(json, block, "accessory");
	struct paper sides[2];
	size_t extent;

	paper_open(&sides[1], paper, paper->width);
	if (accessory != JSON_NONE)
		element(&sides[1], json, accessory);
	extent = paper_extent(&sides[1]);
	if (extent == 0 || extent + GAP + SIDE_MIN > paper->width) {
		object(paper, json, json_member(json, block, "text"));
		paper_end(paper);
		fields(paper, json, json_member(json, block, "fields"),
		    object);
		paper_indent(paper, &sides[1], "", "", 0);
	} else {
		sides[1].width = extent;
		paper_open(&sides[0], paper, paper->width - extent - GAP);
		object(&sides[0], json, json_member(json, block, "text"));
		paper_end(&sides[0]);
		fields(&sides[0], json, json_member(json, block, "fields"),
		    object);
		paper_beside(paper, sides, 2, NULL, "  ");
		paper_close(&sides[0]);
	}
	paper_close(&sides[1]);
}

static void
divider(struct paper *paper)
{
	size_t i;

	paper_end(paper);
	layout_style(&paper->lines, LAYOUT_DIM);
	for (i = 0; i < paper->width; i++)
		buffer_puts(&paper->lines, "─");
	layout_style(&paper->lines, 0);
	buffer_puts(&paper->lines, "\n");
}

/* A block of a kind that isn't known here: what it is, and its texts. */
static void
unknown(struct paper *paper, const struct json *json, json_node block)
{
	struct markup markup = paper_markup(paper);
	unsigned style = paper->style;

	paper_style(paper, style | LAYOUT_DIM);
	paper_puts(paper, "[");
	object(paper, json, json_member(json, block, "type"));
	paper_puts(paper, "]");
	paper_style(paper, style);
	paper_puts(paper, "\n");
	markup_any(&markup, json, block);
}

static void
block_write(struct paper *paper, const struct json *json, json_node block)
{
	json_node type = json_member(json, block, "type");
	json_node elements = json_member(json, block, "elements");
	json_node text = json_member(json, block, "text");
	unsigned style = paper->style;

	if (json_is(json, type, "header")) {
		paper_style(paper, style | LAYOUT_BOLD);
		object(paper, json, text);
	} else if (json_is(json, type, "section"))
		section(paper, json, block);
	else if (json_is(json, type, "context")) {
		paper_style(paper, style | LAYOUT_DIM);
		group(paper, json, elements, false);
	} else if (json_is(json, type, "divider"))
		divider(paper);
	else if (json_is(json, type, "actions"))
		group(paper, json, elements, !paper->styled);
	else if (json_is(json, type, "rich_text"))
		terminal_rich_text(paper, json, block);
	else if (json_is(json, type, "table"))
		terminal_table(paper, json, block);
	else if (json_is(json, type, "markdown"))
		object(paper, json, text);
	else if (json_is(json, type, "image")) {
		paper_style(paper, style | LAYOUT_BOLD);
		object(paper, json, json_member(json, block, "title"));
		paper_end(paper);
		paper_style(paper, style);
		image(paper, json, block);
	} else
		unknown(paper, json, block);
	paper_end(paper);
	paper_style(paper, style);
}

static void
blocks_write(struct paper *paper, const struct json *json, json_node blocks)
{
	json_node block;

	for (block = json_first(json, blocks); block != JSON_NONE;
	    block = json_next(json, block)) {
		if (block != json_first(json, blocks))
			paper_gap(paper);
		block_write(paper, json, block);
	}
}

static unsigned
bar_colour(const struct json *json, json_node colour)
{
	return json_is(json, colour, "good") ? LAYOUT_GREEN :
	    json_is(json, colour, "warning") ? LAYOUT_YELLOW :
	    json_is(json, colour, "danger") ? LAYOUT_RED : LAYOUT_DIM;
}

/* One of an attachment's texts, on lines of its own. */
static void
attachment_text(struct paper *paper, const struct json *json, json_node node,
    const char *name, unsigned style)
{
	unsigned before = paper->style;

	paper_style(paper, before | style);
	member(paper, json, node, name);
	paper_end(paper);
	paper_style(paper, before);
}

static void
attachment_title(struct paper *paper, const struct json *json,
    json_node node)
{
	struct markup markup = paper_markup(paper);
	struct buffer url;
	bool link;

	buffer_init(&url, JSON_TEXT_MAX);
	json_decode(json, json_member(json, node, "title_link"), &url);
	link = markup_is_link(buffer_text(&url), url.length);
	paper_style(paper, paper->style | LAYOUT_BOLD);
	if (link)
		markup.link(paper, buffer_text(&url), url.length);
	member(paper, json, node, "title");
	if (link)
		markup.link(paper, NULL, 0);
	paper_style(paper, paper->style & ~(unsigned)LAYOUT_BOLD);
	paper_end(paper);
	buffer_free(&url);
}

static void
attachment(struct paper *paper, const struct json *json, json_node node)
{
	json_node blocks = json_member(json, node, "blocks");
	struct paper inner;

	attachment_text(paper, json, node, "pretext", 0);
	paper_open(&inner, paper, paper->width - 2);
	if (blocks != JSON_NONE)
		blocks_write(&inner, json, blocks);
	else {
		attachment_text(&inner, json, node, "author_name", LAYOUT_DIM);
		attachment_title(&inner, json, node);
		attachment_text(&inner, json, node, "text", 0);
		fields(&inner, json, json_member(json, node, "fields"),
		    field_attachment);
		attachment_text(&inner, json, node, "footer", LAYOUT_DIM);
	}
	paper_indent(paper, &inner, BAR, BAR, bar_colour(json,
	    json_member(json, node, "color")));
	paper_close(&inner);
}

void
terminal_payload(struct paper *paper, const struct json *json,
    json_node payload)
{
	json_node blocks = json_member(json, payload, "blocks"), node;

	if (json_first(json, blocks) != JSON_NONE)
		blocks_write(paper, json, blocks);
	else
		member(paper, json, payload, "text");
	for (node = json_first(json, json_member(json, payload,
	    "attachments")); node != JSON_NONE; node = json_next(json, node)) {
		paper_gap(paper);
		attachment(paper, json, node);
	}
	paper_end(paper);
}
