/* SPDX-License-Identifier: MIT */
#include "auditctl/plain.h"

#include "transform/markup.h"

/* Members that people read where they are bare strings. */
static const char *const readable[] = { "title", "alt_text", "description",
	"pretext", "author_name", "provider_name", "footer" };

static void
text(void *out, const char *bytes, size_t length)
{
	buffer_append(out, bytes, length);
}

static void
style(void *out, enum markup_style kind, bool begins)
{
	(void)begins;
	if (kind == MARKUP_QUOTE || kind == MARKUP_PREFORMATTED)
		buffer_puts(out, "\n");
}

static void
no_link(void *out, const char *url, size_t length)
{
	(void)out;
	(void)url;
	(void)length;
}

static struct markup
plain_markup(struct buffer *out)
{
	return (struct markup){ .out = out, .text = text, .style = style,
		.link = no_link };
}

/* A string of an object, if it is one that people read. */
static void
string(const struct markup *markup, const struct json *json, json_node node)
{
	size_t i;

	for (i = 0; i < sizeof(readable) / sizeof(readable[0]); i++)
		if (json_named(json, node, readable[i])) {
			markup_object(markup, json, node);
			buffer_puts(markup->out, "\n");
		}
}

static bool
is_line(const struct json *json, json_node type)
{
	return json_is(json, type, "rich_text_section") ||
	    json_is(json, type, "rich_text_preformatted") ||
	    json_is(json, type, "rich_text_quote");
}

/* The elements of such a line stand beside each other. */
static void
line(const struct markup *markup, const struct json *json, json_node node)
{
	json_node child = json_first(json, json_member(json, node,
	    "elements"));

	for (; child != JSON_NONE; child = json_next(json, child))
		markup_rich(markup, json, child);
	buffer_puts(markup->out, "\n");
}

/* Depth is bounded by the reader. */
static void
walk(const struct markup *markup, const struct json *json, json_node node)
{
	bool object = json_type(json, node) == JSON_OBJECT;
	json_node child;

	if (object && is_line(json, json_member(json, node, "type"))) {
		line(markup, json, node);
		return;
	}
	if (json_type(json, json_member(json, node, "text")) == JSON_STRING) {
		markup_object(markup, json, node);
		buffer_puts(markup->out, "\n");
	}
	for (child = json_first(json, node); child != JSON_NONE;
	    child = json_next(json, child))
		if (json_type(json, child) != JSON_STRING)
			walk(markup, json, child);
		else if (object)
			string(markup, json, child);
}

static void
member(const struct markup *markup, const struct json *json, json_node node,
    const char *name)
{
	if (json_type(json, json_member(json, node, name)) != JSON_STRING)
		return;
	markup_member(markup, json, node, name);
	buffer_puts(markup->out, "\n");
}

/* Its strings are mrkdwn, without a type that would say so. */
static void
attachment(const struct markup *markup, const struct json *json,
    json_node node)
{
	static const char *const members[] = { "pretext", "author_name",
		"title", "text", "footer" };
	json_node field = json_first(json, json_member(json, node, "fields"));
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		member(markup, json, node, members[i]);
	for (; field != JSON_NONE; field = json_next(json, field)) {
		member(markup, json, field, "title");
		member(markup, json, field, "value");
	}
	walk(markup, json, json_member(json, node, "blocks"));
}

void
plain_notification(struct buffer *out, const struct json *json,
    json_node payload)
{
	struct markup markup = plain_markup(out);

	member(&markup, json, payload, "text");
}

void
plain_message(struct buffer *out, const struct json *json, json_node payload)
{
	struct markup markup = plain_markup(out);
	json_node blocks = json_member(json, payload, "blocks");
	json_node node = json_first(json, json_member(json, payload,
	    "attachments"));

	if (json_first(json, blocks) != JSON_NONE)
		walk(&markup, json, blocks);
	else
		member(&markup, json, payload, "text");
	for (; node != JSON_NONE; node = json_next(json, node))
		attachment(&markup, json, node);
}
