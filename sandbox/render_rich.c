/* SPDX-License-Identifier: MIT */
/* The blocks rich_text and table. */
#include <stdlib.h>
#include <string.h>

#include "sandbox/date.h"
#include "sandbox/emoji.h"
#include "sandbox/mrkdwn.h"
#include "sandbox/render.h"

#define INDENT_MAX 8

static void
link_element(struct buffer *html, const struct json *json, json_node node)
{
	json_node text = json_member(json, node, "text");
	char *url = json_dup(json, json_member(json, node, "url"));
	char *label = json_dup(json, text);
	const char *shown = label != NULL ? label : url;
	bool link = url != NULL && html_is_link(url, strlen(url));

	if (link) {
		buffer_puts(html, "<a rel=\"noreferrer\" href=\"");
		html_text(html, url, strlen(url));
		buffer_puts(html, "\">");
	}
	if (shown != NULL)
		html_text(html, shown, strlen(shown));
	if (link)
		buffer_puts(html, "</a>");
	free(url);
	free(label);
}

static void
date_element(struct buffer *html, const struct json *json, json_node node)
{
	char *format = json_dup(json, json_member(json, node, "format"));
	struct buffer text;
	int64_t seconds;

	if (format == NULL || !json_integer(json, json_member(json, node,
	    "timestamp"), &seconds))
		render_string(html, json, json_member(json, node, "fallback"));
	else {
		buffer_init(&text, 4096);
		date_write(&text, seconds, format, strlen(format));
		buffer_puts(html, "<time>");
		html_text(html, buffer_text(&text), text.length);
		buffer_puts(html, "</time>");
		buffer_free(&text);
	}
	free(format);
}

static void
emoji_element(struct buffer *html, const struct json *json, json_node node)
{
	char *name = json_dup(json, json_member(json, node, "name"));
	const char *found = name != NULL ? emoji_find(name, strlen(name)) :
	    NULL;

	if (found != NULL)
		buffer_puts(html, found);
	else if (name != NULL) {
		buffer_puts(html, ":");
		html_text(html, name, strlen(name));
		buffer_puts(html, ":");
	}
	free(name);
}

/* @user, @group, #channel or @here, by the id that is all we know. */
static void
mention_element(struct buffer *html, const struct json *json, json_node node,
    const char *sign, const char *member)
{
	buffer_printf(html, "<span class=\"mention\">%s", sign);
	render_string(html, json, json_member(json, node, member));
	buffer_puts(html, "</span>");
}

static void
unstyled(struct buffer *html, const struct json *json, json_node node)
{
	static const struct {
		const char *type, *sign, *member;
	} mentions[] = {
		{ "user", "@", "user_id" },
		{ "usergroup", "@", "usergroup_id" },
		{ "channel", "#", "channel_id" },
		{ "broadcast", "@", "range" },
	};
	json_node type = json_member(json, node, "type");
	size_t i;

	for (i = 0; i < sizeof(mentions) / sizeof(mentions[0]); i++)
		if (json_is(json, type, mentions[i].type)) {
			mention_element(html, json, node, mentions[i].sign,
			    mentions[i].member);
			return;
		}
	if (json_is(json, type, "link"))
		link_element(html, json, node);
	else if (json_is(json, type, "date"))
		date_element(html, json, node);
	else if (json_is(json, type, "emoji"))
		emoji_element(html, json, node);
	else if (json_is(json, type, "color"))
		render_string(html, json, json_member(json, node, "value"));
	else
		render_string(html, json, json_member(json, node, "text"));
}

static void
element(struct buffer *html, const struct json *json, json_node node)
{
	static const struct {
		const char *style, *tag;
	} styles[] = { { "bold", "b" }, { "italic", "i" }, { "strike", "s" },
		{ "underline", "u" }, { "highlight", "mark" },
		{ "code", "code" } };
	const size_t count = sizeof(styles) / sizeof(styles[0]);
	json_node style = json_member(json, node, "style");
	size_t i;

	for (i = 0; i < count; i++)
		if (json_type(json, json_member(json, style,
		    styles[i].style)) == JSON_TRUE)
			buffer_printf(html, "<%s>", styles[i].tag);
	unstyled(html, json, node);
	while (i-- > 0)
		if (json_type(json, json_member(json, style,
		    styles[i].style)) == JSON_TRUE)
			buffer_printf(html, "</%s>", styles[i].tag);
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

	buffer_printf(html, "<%s%s>", tag,
	    json_is(json, align, "right") ? " class=\"right\"" :
	    json_is(json, align, "center") ? " class=\"center\"" : "");
	if (json_is(json, json_member(json, node, "type"), "rich_text"))
		render_rich_text(html, json, node);
	else
		render_string(html, json, json_member(json, node, "text"));
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
