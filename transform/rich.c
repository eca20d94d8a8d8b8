/* SPDX-License-Identifier: MIT */
/* Marked-up text as objects: what rich_text is made of, and text objects. */
#include <stdlib.h>
#include <string.h>

#include "transform/date.h"
#include "transform/emoji.h"
#include "transform/markup.h"

static void
string(const struct markup *markup, const struct json *json, json_node node)
{
	struct buffer text;

	buffer_init(&text, JSON_TEXT_MAX);
	if (json_decode(json, node, &text) == 0)
		markup->text(markup->out, buffer_text(&text), text.length);
	buffer_free(&text);
}

static void
link_element(const struct markup *markup, const struct json *json,
    json_node node)
{
	json_node text = json_member(json, node, "text");
	json_node url = json_member(json, node, "url");
	struct buffer address;
	bool link;

	buffer_init(&address, JSON_TEXT_MAX);
	json_decode(json, url, &address);
	link = markup_is_link(buffer_text(&address), address.length);
	if (link)
		markup->link(markup->out, buffer_text(&address),
		    address.length);
	string(markup, json, text != JSON_NONE ? text : url);
	if (link)
		markup->link(markup->out, NULL, 0);
	buffer_free(&address);
}

static void
date_element(const struct markup *markup, const struct json *json,
    json_node node)
{
	json_node format = json_member(json, node, "format");
	struct buffer pattern, text;
	int64_t seconds;

	buffer_init(&pattern, JSON_TEXT_MAX);
	buffer_init(&text, JSON_TEXT_MAX);
	json_decode(json, format, &pattern);
	if (json_integer(json, json_member(json, node, "timestamp"),
	    &seconds))
		date_write(&text, seconds, buffer_text(&pattern),
		    pattern.length);
	markup->style(markup->out, MARKUP_TIME, true);
	if (text.length > 0)
		markup->text(markup->out, buffer_text(&text), text.length);
	else
		string(markup, json, json_member(json, node, "fallback"));
	markup->style(markup->out, MARKUP_TIME, false);
	buffer_free(&pattern);
	buffer_free(&text);
}

static void
emoji_element(const struct markup *markup, const struct json *json,
    json_node node)
{
	json_node name = json_member(json, node, "name");
	struct buffer text;
	const char *found;

	buffer_init(&text, JSON_TEXT_MAX);
	json_decode(json, name, &text);
	found = emoji_find(buffer_text(&text), text.length);
	if (found != NULL)
		markup->text(markup->out, found, strlen(found));
	else {
		markup->text(markup->out, ":", 1);
		string(markup, json, name);
		markup->text(markup->out, ":", 1);
	}
	buffer_free(&text);
}

static void
unstyled(const struct markup *markup, const struct json *json,
    json_node node)
{
	static const struct {
		const char *type, *sign, *member;
	} mentions[] = { /* @ or #, and the id, which is all we know */
		{ "user", "@", "user_id" },
		{ "usergroup", "@", "usergroup_id" },
		{ "channel", "#", "channel_id" },
		{ "broadcast", "@", "range" },
	};
	json_node type = json_member(json, node, "type");
	size_t i;

	for (i = 0; i < sizeof(mentions) / sizeof(mentions[0]); i++)
		if (json_is(json, type, mentions[i].type)) {
			markup->style(markup->out, MARKUP_MENTION, true);
			markup->text(markup->out, mentions[i].sign, 1);
			string(markup, json, json_member(json, node,
			    mentions[i].member));
			markup->style(markup->out, MARKUP_MENTION, false);
			return;
		}
	if (json_is(json, type, "link"))
		link_element(markup, json, node);
	else if (json_is(json, type, "date"))
		date_element(markup, json, node);
	else if (json_is(json, type, "emoji"))
		emoji_element(markup, json, node);
	else
		string(markup, json, json_member(json, node,
		    json_is(json, type, "color") ? "value" : "text"));
}

void
markup_rich(const struct markup *markup, const struct json *json,
    json_node node)
{
	static const struct {
		const char *name;
		enum markup_style style;
	} styles[] = { { "bold", MARKUP_BOLD }, { "italic", MARKUP_ITALIC },
		{ "strike", MARKUP_STRIKE }, { "underline", MARKUP_UNDERLINE },
		{ "highlight", MARKUP_HIGHLIGHT }, { "code", MARKUP_CODE } };
	const size_t count = sizeof(styles) / sizeof(styles[0]);
	json_node style = json_member(json, node, "style");
	size_t i;

	for (i = 0; i < count; i++)
		if (json_type(json, json_member(json, style,
		    styles[i].name)) == JSON_TRUE)
			markup->style(markup->out, styles[i].style, true);
	unstyled(markup, json, node);
	while (i-- > 0)
		if (json_type(json, json_member(json, style,
		    styles[i].name)) == JSON_TRUE)
			markup->style(markup->out, styles[i].style, false);
}

void
markup_object(const struct markup *markup, const struct json *json,
    json_node node)
{
	json_node text = json_member(json, node, "text");
	struct buffer decoded;

	if (json_type(json, node) == JSON_STRING)
		string(markup, json, node);
	else if (json_is(json, json_member(json, node, "type"), "mrkdwn"))
		markup_member(markup, json, node, "text");
	else if (json_type(json, json_member(json, node, "emoji")) ==
	    JSON_FALSE || json_is(json, json_member(json, node, "type"),
	    "raw_text"))
		string(markup, json, text);
	else {
		buffer_init(&decoded, JSON_TEXT_MAX);
		json_decode(json, text, &decoded);
		markup_emoji(markup, buffer_text(&decoded), decoded.length);
		buffer_free(&decoded);
	}
}

void
markup_member(const struct markup *markup, const struct json *json,
    json_node object, const char *name)
{
	struct buffer text;

	buffer_init(&text, JSON_TEXT_MAX);
	json_decode(json, json_member(json, object, name), &text);
	markup_mrkdwn(markup, buffer_text(&text), text.length,
	    json_type(json, json_member(json, object, "verbatim")) ==
	    JSON_TRUE);
	buffer_free(&text);
}

void
markup_any(const struct markup *markup, const struct json *json,
    json_node node)
{
	json_node child, text = json_member(json, node, "text");

	if (json_type(json, text) == JSON_STRING) {
		markup_object(markup, json, node);
		markup->text(markup->out, "\n", 1);
		return;
	}
	for (child = json_first(json, node); child != JSON_NONE;
	    child = json_next(json, child))
		markup_any(markup, json, child);
}

static void
no_link(void *out, const char *url, size_t length)
{
	(void)out;
	(void)url;
	(void)length;
}

bool
markup_notification(const struct markup *markup, const struct json *json,
    json_node payload)
{
	struct markup without = *markup;
	json_node text = json_member(json, payload, "text");

	without.link = no_link;
	markup_member(&without, json, payload, "text");
	return json_type(json, text) == JSON_STRING &&
	    !json_is(json, text, "");
}
