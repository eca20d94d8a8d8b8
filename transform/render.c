/* SPDX-License-Identifier: MIT */
#include "transform/render.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "transform/html.h"

void
render_each(struct buffer *html, const struct json *json, json_node array,
    void (*visit)(struct buffer *, const struct json *, json_node))
{
	json_node node;

	for (node = json_first(json, array); node != JSON_NONE;
	    node = json_next(json, node))
		visit(html, json, node);
}

static void
text_object(struct buffer *html, const struct json *json, json_node node)
{
	struct markup markup = html_markup(html);

	markup_object(&markup, json, node);
}

/* A text object in an element of this class, if there is one. */
static void
text_in(struct buffer *html, const struct json *json, json_node node,
    const char *class)
{
	if (node == JSON_NONE)
		return;
	buffer_printf(html, "<div class=\"%s\">", class);
	text_object(html, json, node);
	buffer_puts(html, "</div>");
}

static void
button(struct buffer *html, const struct json *json, json_node node)
{
	json_node style = json_member(json, node, "style");
	char *url = json_dup(json, json_member(json, node, "url"));
	bool link = url != NULL && markup_is_link(url, strlen(url));
	const char *tag = link ? "a" : "span";

	buffer_printf(html, "<%s class=\"button%s\"", tag,
	    json_is(json, style, "primary") ? " primary" :
	    json_is(json, style, "danger") ? " danger" : "");
	if (link) {
		buffer_puts(html, " rel=\"noreferrer\" href=\"");
		html_text(html, url, strlen(url));
		buffer_puts(html, "\"");
	}
	buffer_puts(html, ">");
	text_object(html, json, json_member(json, node, "text"));
	buffer_printf(html, "</%s>", tag);
	free(url);
}

/* Nothing is loaded, so a picture is what it says about itself. */
static void
image(struct buffer *html, const struct json *json, json_node node)
{
	buffer_puts(html, "<span class=\"image\">");
	text_object(html, json, json_member(json, node, "alt_text"));
	buffer_puts(html, "</span>");
}

/* An element of actions, an accessory, a field or small print. */
static void
element(struct buffer *html, const struct json *json, json_node node)
{
	json_node type = json_member(json, node, "type");
	json_node placeholder = json_member(json, node, "placeholder");

	if (json_is(json, type, "button"))
		button(html, json, node);
	else if (json_is(json, type, "image"))
		image(html, json, node);
	else if (json_is(json, type, "overflow"))
		buffer_puts(html, "<span class=\"button\">⋯</span>");
	else if (placeholder != JSON_NONE) {
		buffer_puts(html, "<span class=\"button select\">");
		text_object(html, json, placeholder);
		buffer_puts(html, "</span>");
	} else
		text_in(html, json, node, "text");
}

static void
group(struct buffer *html, const struct json *json, json_node array,
    const char *class)
{
	if (json_first(json, array) == JSON_NONE)
		return;
	buffer_printf(html, "<div class=\"%s\">", class);
	render_each(html, json, array, element);
	buffer_puts(html, "</div>");
}

static void
section(struct buffer *html, const struct json *json, json_node block)
{
	json_node accessory = json_member(json, block, "accessory");
	json_node text = json_member(json, block, "text");

	if (accessory != JSON_NONE)
		buffer_puts(html, "<div class=\"beside\"><div>");
	if (text != JSON_NONE)
		element(html, json, text);
	group(html, json, json_member(json, block, "fields"), "fields");
	if (accessory != JSON_NONE) {
		buffer_puts(html, "</div><div>");
		element(html, json, accessory);
		buffer_puts(html, "</div></div>");
	}
}

/* A block of a kind that isn't known here: its texts, and what it is. */
static void
unknown(struct buffer *html, const struct json *json, json_node block)
{
	struct markup markup = html_markup(html);

	buffer_puts(html, "<div class=\"text\"><span class=\"image\">");
	text_object(html, json, json_member(json, block, "type"));
	buffer_puts(html, "</span> ");
	markup_any(&markup, json, block);
	buffer_puts(html, "</div>");
}

static void
block_write(struct buffer *html, const struct json *json, json_node block)
{
	json_node type = json_member(json, block, "type");
	json_node elements = json_member(json, block, "elements");
	json_node text = json_member(json, block, "text");

	if (json_is(json, type, "header"))
		text_in(html, json, text, "header");
	else if (json_is(json, type, "section"))
		section(html, json, block);
	else if (json_is(json, type, "context"))
		group(html, json, elements, "context");
	else if (json_is(json, type, "divider"))
		buffer_puts(html, "<hr>");
	else if (json_is(json, type, "actions"))
		group(html, json, elements, "actions");
	else if (json_is(json, type, "rich_text"))
		render_rich_text(html, json, block);
	else if (json_is(json, type, "table"))
		render_table(html, json, block);
	else if (json_is(json, type, "markdown"))
		text_in(html, json, text, "text");
	else if (json_is(json, type, "image")) {
		text_in(html, json, json_member(json, block, "title"),
		    "text strong");
		image(html, json, block);
	} else
		unknown(html, json, block);
}

/* The colour of an attachment's bar; grey unless it is one. */
static void
colour(struct buffer *html, const struct json *json, json_node node)
{
	static const struct {
		const char *word, *hex;
	} words[] = { { "good", "2eb886" }, { "warning", "daa038" },
		{ "danger", "a30100" } };
	char *text = json_dup(json, node);
	const char *hex = text != NULL ? text + (text[0] == '#') : "";
	size_t i;

	for (i = 0; i < 3; i++)
		if (strcmp(hex, words[i].word) == 0)
			hex = words[i].hex;
	for (i = 0; isxdigit((unsigned char)hex[i]); i++)
		;
	if (i == 6 && hex[i] == '\0')
		buffer_printf(html, " style=\"border-color:#%s\"", hex);
	free(text);
}

/* A field of an attachment: a title and a value. */
static void
attachment_field(struct buffer *html, const struct json *json, json_node node)
{
	struct markup markup = html_markup(html);

	buffer_puts(html, "<div class=\"text\"><b>");
	text_object(html, json, json_member(json, node, "title"));
	buffer_puts(html, "</b><br>");
	markup_member(&markup, json, node, "value");
	buffer_puts(html, "</div>");
}

static void
attachment_member(struct buffer *html, const struct json *json,
    json_node node, const char *name, const char *class)
{
	struct markup markup = html_markup(html);

	if (json_member(json, node, name) == JSON_NONE)
		return;
	buffer_printf(html, "<div class=\"%s\">", class);
	markup_member(&markup, json, node, name);
	buffer_puts(html, "</div>");
}

static void
attachment_title(struct buffer *html, const struct json *json,
    json_node node)
{
	struct markup markup = html_markup(html);
	char *url = json_dup(json, json_member(json, node, "title_link"));
	bool link = url != NULL && markup_is_link(url, strlen(url));

	if (link)
		markup.link(html, url, strlen(url));
	attachment_member(html, json, node, "title", "text strong");
	if (link)
		markup.link(html, NULL, 0);
	free(url);
}

static void
attachment(struct buffer *html, const struct json *json, json_node node)
{
	json_node blocks = json_member(json, node, "blocks");
	json_node fields = json_member(json, node, "fields");

	attachment_member(html, json, node, "pretext", "text");
	buffer_puts(html, "<div class=\"attachment\"");
	colour(html, json, json_member(json, node, "color"));
	buffer_puts(html, ">");
	if (blocks != JSON_NONE)
		render_each(html, json, blocks, block_write);
	else {
		attachment_member(html, json, node, "author_name", "context");
		attachment_title(html, json, node);
		attachment_member(html, json, node, "text", "text");
		if (fields != JSON_NONE) {
			buffer_puts(html, "<div class=\"fields\">");
			render_each(html, json, fields, attachment_field);
			buffer_puts(html, "</div>");
		}
		attachment_member(html, json, node, "footer", "context");
	}
	buffer_puts(html, "</div>");
}

void
render_message(struct buffer *html, const struct json *json,
    json_node payload)
{
	json_node blocks = json_member(json, payload, "blocks");
	struct markup markup = html_markup(html);

	if (json_first(json, blocks) != JSON_NONE)
		render_each(html, json, blocks, block_write);
	else if (json_member(json, payload, "text") != JSON_NONE) {
		buffer_puts(html, "<div class=\"text\">");
		markup_member(&markup, json, payload, "text");
		buffer_puts(html, "</div>");
	}
	render_each(html, json, json_member(json, payload, "attachments"),
	    attachment);
}
