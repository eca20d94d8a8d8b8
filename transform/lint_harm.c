/* SPDX-License-Identifier: MIT */
#include "transform/lint_harm.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

struct judge {
	const struct json *json;
	lint_harmed report;
	void *context;
	struct buffer pointer, text;
	bool nulls; /* look for those and for nothing else */
};

/* Members of an attachment that Slack reads as mrkdwn. */
static const char *const attachment_texts[] = { "pretext", "text", "title",
	"footer" };

static size_t
enter(struct judge *judge, json_node node, size_t index)
{
	size_t before = judge->pointer.length;

	buffer_puts(&judge->pointer, "/");
	if (judge->json->values[node].name != -1)
		json_decode_name(judge->json, node, &judge->pointer);
	else
		buffer_printf(&judge->pointer, "%zu", index);
	return before;
}

static void
leave(struct judge *judge, size_t before)
{
	/* Empty again, it has no text to end. */
	if (judge->pointer.data != NULL)
		judge->pointer.data[before] = '\0';
	judge->pointer.length = before;
}

/* Whatever case the filter has put it into. */
static bool
has(const char *text, size_t count, const char *what)
{
	size_t length = strlen(what), i;

	for (i = 0; i + length <= count; i++)
		if (strncasecmp(text + i, what, length) == 0)
			return true;
	return false;
}

static bool
holds(const struct judge *judge, const char *what)
{
	return has(buffer_text(&judge->text), judge->text.length, what);
}

static bool
begins(const char *text, size_t count, const char *with)
{
	size_t length = strlen(with);

	return count >= length && strncasecmp(text, with, length) == 0;
}

/* A string's characters are in judge->text; is the mark in them? */
static bool
marked(struct judge *judge, json_node node)
{
	buffer_clear(&judge->text);
	json_decode(judge->json, node, &judge->text);
	return json_type(judge->json, node) == JSON_STRING &&
	    holds(judge, LINT_MARK);
}

static void
tell(struct judge *judge, unsigned harm)
{
	if (harm != 0)
		judge->report(judge->context, harm,
		    buffer_text(&judge->pointer));
}

/* Does the mark say where a link leads?  Behind a host of the filter's it
 * doesn't when it is encoded, as @uri and slack::link_text do. */
static bool
leads(const char *url, size_t length)
{
	size_t host = begins(url, length, "https://") ? 8 :
	    begins(url, length, "http://") ? 7 : 0;

	if (host == 0)
		return has(url, length, LINT_MARK);
	while (host < length && memchr("/?#", url[host], 3) == NULL)
		host++;
	return has(url, host, LINT_MARK) ||
	    (has(url, length, LINT_MARK) && memchr(url, ' ', length) != NULL);
}

/* What stands between < and >. */
static unsigned
special(const char *text, size_t length)
{
	const char *bar;

	if (length > 0 && memchr("!@#", text[0], 3) != NULL)
		return has(text, length, LINT_MARK) ? LINT_CALLS : 0;
	if ((begins(text, length, "https://") ||
	    begins(text, length, "http://") ||
	    begins(text, length, "mailto:")) &&
	    (bar = memchr(text, '|', length)) != NULL)
		length = (size_t)(bar - text);
	return leads(text, length) ? LINT_LINKS : 0;
}

/* All <...> of a text: each < up to the next >, though another < is between. */
static unsigned
specials(const struct judge *judge)
{
	const char *text = buffer_text(&judge->text), *close = text;
	const char *end = text + judge->text.length;
	unsigned harm = 0;

	for (; text < end; text++) {
		if (*text != '<')
			continue;
		if (close <= text)
			close = memchr(text, '>', (size_t)(end - text));
		if (close == NULL)
			break;
		harm |= special(text + 1, (size_t)(close - text) - 1);
	}
	return harm;
}

/* Does the mark say where a [...](...) leads? */
static bool
markdown_leads(const struct judge *judge)
{
	const char *text = buffer_text(&judge->text), *close;
	const char *end = text + judge->text.length;
	bool open = false;

	for (; text < end; text++)
		if (*text == '\\')
			text++;
		else if (*text == '[')
			open = true;
		else if (open && begins(text, (size_t)(end - text), "](")) {
			text += 2;
			close = memchr(text, ')', (size_t)(end - text));
			if (close == NULL)
				break;
			if (leads(text, (size_t)(close - text)))
				return true;
		}
	return false;
}

/* In mrkdwn.  body: it is more than the summary in a notification. */
static void
mrkdwn(struct judge *judge, bool body)
{
	unsigned harm = specials(judge);

	if (harm == 0 && holds(judge, "&amp;lt;!subteam"))
		harm = LINT_TWICE;
	if (harm == 0 && body && holds(judge, LINT_BOLD))
		harm = LINT_FORMATS;
	tell(judge, harm);
}

static void
markdown(struct judge *judge)
{
	unsigned harm = specials(judge);

	if ((harm & LINT_LINKS) != 0 || !markdown_leads(judge)) {
		mrkdwn(judge, true);
		return;
	}
	tell(judge, harm);
	tell(judge, LINT_LINKS_MARKDOWN);
}

/* A string that Slack shows as it stands. */
static void
literal(struct judge *judge, bool emoji)
{
	if (holds(judge, "&lt;!subteam"))
		tell(judge, LINT_TWICE);
	else if (emoji && holds(judge, LINT_EMOJI))
		tell(judge, LINT_SHOWS);
}

/* How Slack reads a string. */
enum reading { SUMMARY, MRKDWN, MARKDOWN, LITERAL, LITERAL_EMOJI };

static bool
is_of_word(char character)
{
	return isalnum((unsigned char)character) || character == '_' ||
	    (unsigned char)character >= 0x80;
}

bool
lint_harm_null_at(const char *text, size_t length, size_t at)
{
	return at + 4 <= length && memcmp(text + at, "null", 4) == 0 &&
	    (at == 0 || !is_of_word(text[at - 1])) &&
	    (at + 4 == length || !is_of_word(text[at + 4]));
}

bool
lint_harm_has_null(const char *text, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		if (lint_harm_null_at(text, length, i))
			return true;
	return false;
}

static void
string(struct judge *judge, json_node node, enum reading reading)
{
	bool is_marked = marked(judge, node);

	if (judge->nulls && lint_harm_has_null(buffer_text(&judge->text),
	    judge->text.length))
		tell(judge, LINT_NULL);
	if (judge->nulls || !is_marked)
		return;
	switch (reading) {
	case SUMMARY:
	case MRKDWN:
		mrkdwn(judge, reading == MRKDWN);
		break;
	case MARKDOWN:
		markdown(judge);
		break;
	case LITERAL:
	case LITERAL_EMOJI:
		literal(judge, reading == LITERAL_EMOJI);
		break;
	}
}

static void
member(struct judge *judge, json_node object, const char *name,
    enum reading reading)
{
	json_node node = json_member(judge->json, object, name);
	size_t before;

	if (node == JSON_NONE)
		return;
	before = enter(judge, node, 0);
	string(judge, node, reading);
	leave(judge, before);
}

static bool
calls(const struct json *json, json_node type)
{
	static const char *const names[] = { "broadcast", "usergroup", "user",
		"channel" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (json_is(json, type, names[i]))
			return true;
	return false;
}

/* An element that calls or leads, with a record's text in it? */
static void
mention(struct judge *judge, json_node object)
{
	json_node node;

	for (node = json_first(judge->json, object); node != JSON_NONE;
	    node = json_next(judge->json, node))
		if (marked(judge, node)) {
			tell(judge, LINT_NAMES);
			return;
		}
}

static void look(struct judge *judge, json_node node, bool rich);

static void
look_below(struct judge *judge, json_node node, bool rich)
{
	json_node child;
	size_t before, index = 0;

	for (child = json_first(judge->json, node); child != JSON_NONE;
	    child = json_next(judge->json, child)) {
		before = enter(judge, child, index++);
		look(judge, child, rich);
		leave(judge, before);
	}
}

/* Blocks, and whatever stands in them. */
static void
look(struct judge *judge, json_node node, bool rich)
{
	const struct json *json = judge->json;
	json_node type = json_member(json, node, "type");

	if (json_type(json, node) == JSON_ARRAY)
		look_below(judge, node, rich);
	if (json_type(json, node) != JSON_OBJECT)
		return;
	rich = rich || json_is(json, type, "rich_text");
	if (rich) {
		if (calls(json, type) && !judge->nulls)
			mention(judge, node);
		else
			member(judge, node, "text", LITERAL);
	} else if (json_is(json, type, "mrkdwn"))
		member(judge, node, "text", MRKDWN);
	else if (json_is(json, type, "markdown"))
		member(judge, node, "text", MARKDOWN);
	else if (json_is(json, type, "plain_text"))
		member(judge, node, "text", json_type(json, json_member(json,
		    node, "emoji")) != JSON_FALSE ? LITERAL_EMOJI : LITERAL);
	else if (json_is(json, type, "raw_text"))
		member(judge, node, "text", LITERAL);
	look_below(judge, node, rich);
}

static void
blocks(struct judge *judge, json_node object)
{
	json_node node = json_member(judge->json, object, "blocks");
	size_t before;

	if (node == JSON_NONE)
		return;
	before = enter(judge, node, 0);
	look(judge, node, false);
	leave(judge, before);
}

static void
attachment(struct judge *judge, json_node node)
{
	json_node fields = json_member(judge->json, node, "fields"), child;
	size_t i, before, outer, index = 0;

	for (i = 0; i < sizeof(attachment_texts) / sizeof(attachment_texts[0]);
	    i++)
		member(judge, node, attachment_texts[i], MRKDWN);
	blocks(judge, node);
	if (fields == JSON_NONE)
		return;
	outer = enter(judge, fields, 0);
	for (child = json_first(judge->json, fields); child != JSON_NONE;
	    child = json_next(judge->json, child)) {
		before = enter(judge, child, index++);
		member(judge, child, "title", MRKDWN);
		member(judge, child, "value", MRKDWN);
		leave(judge, before);
	}
	leave(judge, outer);
}

static int
find(struct judge judge, json_node payload)
{
	const struct json *json = judge.json;
	json_node node, child;
	size_t before, outer, index = 0;
	int rc;

	buffer_init(&judge.pointer, 4096);
	buffer_init(&judge.text, JSON_TEXT_MAX);
	if ((node = json_member(json, payload, "text")) != JSON_NONE) {
		before = enter(&judge, node, 0);
		string(&judge, node, json_count(json, json_member(json,
		    payload, "blocks")) == 0 ? MRKDWN : SUMMARY);
		leave(&judge, before);
	}
	blocks(&judge, payload);
	node = json_member(json, payload, "attachments");
	if (node != JSON_NONE) {
		outer = enter(&judge, node, 0);
		for (child = json_first(json, node); child != JSON_NONE;
		    child = json_next(json, child)) {
			before = enter(&judge, child, index++);
			attachment(&judge, child);
			leave(&judge, before);
		}
		leave(&judge, outer);
	}
	rc = judge.text.failed ? -1 : 0;
	buffer_free(&judge.pointer);
	buffer_free(&judge.text);
	return rc;
}

int
lint_harm_find(const struct json *json, json_node payload,
    lint_harmed report, void *context)
{
	return find((struct judge){ .json = json, .report = report,
	    .context = context }, payload);
}

int
lint_harm_null(const struct json *json, json_node payload,
    lint_harmed report, void *context)
{
	return find((struct judge){ .json = json, .report = report,
	    .context = context, .nulls = true }, payload);
}
