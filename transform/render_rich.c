/* SPDX-License-Identifier: MIT */
/* The blocks rich_text and table. */
#include "transform/html.h"
#include "transform/render.h"

#define INDENT_MAX 8

static void
element(struct buffer *html, const struct json *json, json_node node)
{
	struct markup markup = html_markup(html);

	markup_rich(&markup, json, node);
}

static void
list_item(struct buffer *html, const struct json *json, json_node node)
{
	buffer_puts(html, "<li>");
	render_each(html, json, json_member(json, node, "elements"), element);
	buffer_puts(html, "</li>");
}

static void
list(struct buffer *html, const struct json *json, json_node node)
{
	bool ordered = json_is(json, json_member(json, node, "style"),
	    "ordered");
	const char *tag = ordered ? "ol" : "ul";
	int64_t indent = 0, offset = 0;

	json_integer(json, json_member(json, node, "indent"), &indent);
	json_integer(json, json_member(json, node, "offset"), &offset);
	if (indent < 0 || indent > INDENT_MAX)
		indent = 0;
	buffer_printf(html, "<%s class=\"indent%d\"", tag, (int)indent);
	if (ordered && offset > 0 && offset < 1000000)
		buffer_printf(html, " start=\"%d\"", (int)offset + 1);
	buffer_puts(html, ">");
	render_each(html, json, json_member(json, node, "elements"),
	    list_item);
	buffer_printf(html, "</%s>", tag);
}

static void
part(struct buffer *html, const struct json *json, json_node node)
{
	json_node type = json_member(json, node, "type");
	bool code = json_is(json, type, "rich_text_preformatted");

	if (json_is(json, type, "rich_text_list")) {
		list(html, json, node);
		return;
	}
	buffer_puts(html, code ? "<pre>" :
	    json_is(json, type, "rich_text_quote") ?
	    "<div class=\"quote text\">" : "<div class=\"text\">");
	render_each(html, json, json_member(json, node, "elements"), element);
	buffer_puts(html, code ? "</pre>" : "</div>");
}

void
render_rich_text(struct buffer *html, const struct json *json,
    json_node block)
{
	render_each(html, json, json_member(json, block, "elements"), part);
}

static void
cell(struct buffer *html, const struct json *json, json_node node,
    const char *tag, json_node column)
{
	json_node align = json_member(json, column, "align");
	struct markup markup = html_markup(html);

	buffer_printf(html, "<%s%s>", tag,
	    json_is(json, align, "right") ? " class=\"right\"" :
	    json_is(json, align, "center") ? " class=\"center\"" : "");
	if (json_is(json, json_member(json, node, "type"), "rich_text"))
		render_rich_text(html, json, node);
	else
		markup_object(&markup, json, node);
	buffer_printf(html, "</%s>", tag);
}

/* Slack shows the first row as the heading. */
void
render_table(struct buffer *html, const struct json *json, json_node block)
{
	json_node columns = json_member(json, block, "column_settings");
	json_node rows = json_member(json, block, "rows"), row, node, column;
	const char *tag = "th";

	buffer_puts(html, "<div class=\"wide\"><table>");
	for (row = json_first(json, rows); row != JSON_NONE;
	    row = json_next(json, row)) {
		buffer_puts(html, "<tr>");
		column = json_first(json, columns);
		for (node = json_first(json, row); node != JSON_NONE;
		    node = json_next(json, node)) {
			cell(html, json, node, tag, column);
			column = json_next(json, column);
		}
		buffer_puts(html, "</tr>");
		tag = "td";
	}
	buffer_puts(html, "</table></div>");
}
