/* SPDX-License-Identifier: MIT */
#include "sandbox/render.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/mrkdwn.h"

void
render_string(struct buffer *html, const struct json *json, json_node node)
{
	char *text = json_dup(json, node);

	if (text != NULL)
		html_text(html, text, strlen(text));
	free(text);
}

void
render_each(struct buffer *html, const struct json *json, json_node array,
    void (*visit)(struct buffer *, const struct json *, json_node))
{
	json_node node;

	for (node = json_first(json, array); node != JSON_NONE;
	    node = json_next(json, node))
		visit(html, json, node);
}

/* A string that is mark-up. */
static void
mrkdwn(struct buffer *html, const struct json *json, json_node node,
    bool verbatim)
{
	char *text = json_dup(json, node);

	if (text != NULL)
		html_mrkdwn(html, text, strlen(text), verbatim);
	free(text);
}

/* A text object. */
static void
text_object(struct buffer *html, const struct json *json, json_node node)
{
	json_node string = json_member(json, node, "text");
	char *text;

	if (json_is(json, json_member(json, node, "type"), "mrkdwn")) {
		mrkdwn(html, json, string, json_type(json, json_member(json,
		    node, "verbatim")) == JSON_TRUE);
		return;
	}
	if ((text = json_dup(json, string)) == NULL)
		return;
	if (json_type(json, json_member(json, node, "emoji")) == JSON_FALSE)
		html_text(html, text, strlen(text));
	else
		html_emoji(html, text, strlen(text));
	free(text);
}

static void
button(struct buffer *html, const struct json *json, json_node node)
{
	json_node style = json_member(json, node, "style");
	char *url = json_dup(json, json_member(json, node, "url"));
	bool link = url != NULL && html_is_link(url, strlen(url));
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
	render_string(html, json, json_member(json, node, "alt_text"));
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
	} else {
		buffer_puts(html, "<div class=\"text\">");
		text_object(html, json, node);
		buffer_puts(html, "</div>");
	}
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

static void
block_write(struct buffer *html, const struct json *json, json_node block)
{
	json_node type = json_member(json, block, "type");
	json_node elements = json_member(json, block, "elements");
	json_node text = json_member(json, block, "text");

	if (json_is(json, type, "header")) {
		buffer_puts(html, "<div class=\"header\">");
		text_object(html, json, text);
		buffer_puts(html, "</div>");
	} else if (json_is(json, type, "section"))
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
	else if (json_is(json, type, "image")) {
		buffer_puts(html, "<div class=\"text\"><b>");
		text_object(html, json, json_member(json, block, "title"));
		buffer_puts(html, "</b></div>");
		image(html, json, block);
	} else if (json_type(json, text) == JSON_STRING) {
		buffer_puts(html, "<div class=\"text\">");
		render_string(html, json, text);
		buffer_puts(html, "</div>");
	} else
		element(html, json, block);
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

static void
attachment(struct buffer *html, const struct json *json, json_node node)
{
	static const char *const texts[] = { "pretext", "title", "text",
		"footer" };
	json_node blocks = json_member(json, node, "blocks");
	size_t i;

	buffer_puts(html, "<div class=\"attachment\"");
	colour(html, json, json_member(json, node, "color"));
	buffer_puts(html, ">");
	render_each(html, json, blocks, block_write);
	for (i = 0; blocks == JSON_NONE && i < 4; i++) {
		json_node text = json_member(json, node, texts[i]);

		if (text == JSON_NONE)
			continue;
		buffer_puts(html, i == 3 ? "<div class=\"context\">" : i == 1 ?
		    "<div class=\"text strong\">" : "<div class=\"text\">");
		mrkdwn(html, json, text, false);
		buffer_puts(html, "</div>");
	}
	buffer_puts(html, "</div>");
}

void
render_message(struct buffer *html, const struct json *json,
    json_node payload)
{
	json_node blocks = json_member(json, payload, "blocks");
	json_node text = json_member(json, payload, "text");

	if (json_first(json, blocks) != JSON_NONE)
		render_each(html, json, blocks, block_write);
	else if (text != JSON_NONE) {
		buffer_puts(html, "<div class=\"text\">");
		mrkdwn(html, json, text, false);
		buffer_puts(html, "</div>");
	}
	render_each(html, json, json_member(json, payload, "attachments"),
	    attachment);
}
