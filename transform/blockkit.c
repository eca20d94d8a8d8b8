/* SPDX-License-Identifier: MIT */
#include "transform/blockkit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "utf8.h"

#define TEXT_MAX 3000
#define FIELD_MAX 2000
#define ID_MAX 255
#define URL_MAX 3000
#define TABLE_CHARACTERS_MAX 10000

struct check {
	const struct json *json;
	blockkit_report report;
	void *context;
	size_t violations, characters;
	struct buffer pointer, scratch;
};

enum wants { ANY_TEXT, PLAIN_TEXT };

static void violation(struct check *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
violation(struct check *check, const char *format, ...)
{
	char message[256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(message, sizeof(message), format, ap);
	va_end(ap);
	check->violations++;
	check->report(check->context, buffer_text(&check->pointer), message);
}

/* Go down to a member or element; give what it returned to leave. */
static size_t
enter(struct check *check, const char *name)
{
	size_t length = check->pointer.length;

	buffer_printf(&check->pointer, "/%s", name);
	return length;
}

static size_t
enter_index(struct check *check, size_t index)
{
	size_t length = check->pointer.length;

	buffer_printf(&check->pointer, "/%zu", index);
	return length;
}

static void
leave(struct check *check, size_t length)
{
	check->pointer.length = length;
	check->pointer.data[length] = '\0';
}

static size_t
characters(struct check *check, json_node node)
{
	buffer_clear(&check->scratch);
	json_decode(check->json, node, &check->scratch);
	return utf8_length(buffer_text(&check->scratch),
	    check->scratch.length);
}

/* A string member of low to high characters; returns how many it has. */
static size_t
string(struct check *check, json_node object, const char *name, size_t low,
    size_t high, bool required)
{
	json_node node = json_member(check->json, object, name);
	size_t at, count = 0;

	if (node == JSON_NONE && !required)
		return 0;
	at = enter(check, name);
	if (node == JSON_NONE)
		violation(check, "missing required field: %s", name);
	else if (json_type(check->json, node) != JSON_STRING)
		violation(check, "must be a string");
	else if ((count = characters(check, node)) < low)
		violation(check, "must be more than %zu characters", low - 1);
	else if (count > high)
		violation(check, "must be less than %zu characters", high + 1);
	leave(check, at);
	return count;
}

static void
text_body(struct check *check, json_node node, size_t high, enum wants wants)
{
	const struct json *json = check->json;
	json_node type = json_member(json, node, "type");

	if (json_type(json, node) != JSON_OBJECT) {
		violation(check, "must be an object");
		return;
	}
	if (!json_is(json, type, "plain_text") &&
	    (wants == PLAIN_TEXT || !json_is(json, type, "mrkdwn")))
		violation(check, wants == PLAIN_TEXT ?
		    "must be a plain_text object" :
		    "unsupported type of a text object");
	if (json_member(json, node, "emoji") != JSON_NONE &&
	    !json_is(json, type, "plain_text"))
		violation(check, "emoji goes with plain_text alone");
	if (json_member(json, node, "verbatim") != JSON_NONE &&
	    !json_is(json, type, "mrkdwn"))
		violation(check, "verbatim goes with mrkdwn alone");
	check->characters += string(check, node, "text", 1, high, true);
}

static void
text(struct check *check, json_node object, const char *name, size_t high,
    enum wants wants, bool required)
{
	json_node node = json_member(check->json, object, name);
	size_t at;

	if (node == JSON_NONE && !required)
		return;
	at = enter(check, name);
	if (node == JSON_NONE)
		violation(check, "missing required field: %s", name);
	else
		text_body(check, node, high, wants);
	leave(check, at);
}

/* An array member of low to high elements, each given to visit. */
static void
array(struct check *check, json_node object, const char *name, size_t low,
    size_t high, void (*visit)(struct check *, json_node))
{
	json_node node = json_member(check->json, object, name), child;
	size_t at = enter(check, name), count = json_count(check->json, node);
	size_t inner, i = 0;

	if (json_type(check->json, node) != JSON_ARRAY)
		violation(check, "missing required field: %s", name);
	else if (count < low)
		violation(check, "no fewer than %zu items allowed", low);
	else if (count > high)
		violation(check, "no more than %zu items allowed", high);
	for (child = json_first(check->json, node); child != JSON_NONE;
	    child = json_next(check->json, child)) {
		inner = enter_index(check, i++);
		visit(check, child);
		leave(check, inner);
	}
	leave(check, at);
}

static void
image(struct check *check, json_node node)
{
	bool url = json_member(check->json, node, "image_url") != JSON_NONE;
	bool file = json_member(check->json, node, "slack_file") != JSON_NONE;

	if (url == file)
		violation(check, "exactly one of image_url and slack_file");
	string(check, node, "image_url", 1, URL_MAX, false);
	string(check, node, "alt_text", 1, 2000, true);
	text(check, node, "title", 2000, PLAIN_TEXT, false);
}

static void
button(struct check *check, json_node node)
{
	json_node style = json_member(check->json, node, "style");

	text(check, node, "text", 75, PLAIN_TEXT, true);
	string(check, node, "value", 0, 2000, false);
	string(check, node, "url", 1, URL_MAX, false);
	string(check, node, "accessibility_label", 1, 75, false);
	if (style != JSON_NONE && !json_is(check->json, style, "primary") &&
	    !json_is(check->json, style, "danger"))
		violation(check, "style must be primary or danger");
}

/* An element of an actions block, or an accessory. */
static void
element(struct check *check, json_node node)
{
	static const char *const others[] = { "overflow", "datepicker",
		"datetimepicker", "timepicker", "static_select",
		"external_select", "users_select", "conversations_select",
		"channels_select", "multi_static_select",
		"multi_external_select", "multi_users_select",
		"multi_conversations_select", "multi_channels_select",
		"checkboxes", "radio_buttons", "workflow_button" };
	json_node type = json_member(check->json, node, "type");
	size_t i;

	string(check, node, "action_id", 1, ID_MAX, false);
	if (json_is(check->json, type, "button")) {
		button(check, node);
		return;
	}
	if (json_is(check->json, type, "image")) {
		image(check, node);
		return;
	}
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (json_is(check->json, type, others[i]))
			return;
	violation(check, "unsupported type of an element");
}

static void
field(struct check *check, json_node node)
{
	text_body(check, node, FIELD_MAX, ANY_TEXT);
}

static void
section(struct check *check, json_node block)
{
	bool fields = json_member(check->json, block, "fields") != JSON_NONE;
	json_node accessory = json_member(check->json, block, "accessory");
	size_t at;

	text(check, block, "text", TEXT_MAX, ANY_TEXT, !fields);
	if (fields)
		array(check, block, "fields", 1, 10, field);
	if (accessory != JSON_NONE) {
		at = enter(check, "accessory");
		element(check, accessory);
		leave(check, at);
	}
}

static void
header(struct check *check, json_node block)
{
	text(check, block, "text", 150, PLAIN_TEXT, true);
}

static void
context_element(struct check *check, json_node node)
{
	if (json_is(check->json, json_member(check->json, node, "type"),
	    "image"))
		image(check, node);
	else
		text_body(check, node, FIELD_MAX, ANY_TEXT);
}

static void
context(struct check *check, json_node block)
{
	array(check, block, "elements", 1, 10, context_element);
}

static void
divider(struct check *check, json_node block)
{
	(void)check;
	(void)block;
}

static void
actions(struct check *check, json_node block)
{
	array(check, block, "elements", 1, 25, element);
}

static void
markdown(struct check *check, json_node block)
{
	check->characters += string(check, block, "text", 1, 12000, true);
}

static void
rich_leaf(struct check *check, json_node node)
{
	static const struct {
		const char *type, *needs;
	} leaves[] = { { "text", "text" }, { "link", "url" },
		{ "emoji", "name" }, { "user", "user_id" },
		{ "usergroup", "usergroup_id" }, { "channel", "channel_id" },
		{ "broadcast", "range" }, { "color", "value" },
		{ "date", "format" } };
	json_node type = json_member(check->json, node, "type");
	size_t i;

	for (i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
		if (json_is(check->json, type, leaves[i].type)) {
			check->characters += string(check, node,
			    leaves[i].needs, 1, BLOCKKIT_CHARACTERS_MAX, true);
			return;
		}
	violation(check, "unsupported type of a rich text element");
}

static void
rich_part(struct check *check, json_node node)
{
	json_node type = json_member(check->json, node, "type");

	if (json_is(check->json, type, "rich_text_list"))
		array(check, node, "elements", 1, 1000, rich_part);
	else if (json_is(check->json, type, "rich_text_section") ||
	    json_is(check->json, type, "rich_text_preformatted") ||
	    json_is(check->json, type, "rich_text_quote"))
		array(check, node, "elements", 1, 1000, rich_leaf);
	else
		violation(check, "unsupported type of a rich text part");
}

static void
rich_text(struct check *check, json_node block)
{
	array(check, block, "elements", 1, 1000, rich_part);
}

static void
cell(struct check *check, json_node node)
{
	json_node type = json_member(check->json, node, "type");

	if (json_is(check->json, type, "raw_text"))
		check->characters += string(check, node, "text", 1,
		    TABLE_CHARACTERS_MAX, true);
	else if (json_is(check->json, type, "rich_text"))
		rich_text(check, node);
	else
		violation(check, "unsupported type of a table cell");
}

static void
row(struct check *check, json_node node)
{
	json_node child;
	size_t at, i = 0;

	if (json_type(check->json, node) != JSON_ARRAY)
		violation(check, "must be an array");
	if (json_count(check->json, node) > 20)
		violation(check, "no more than 20 items allowed");
	for (child = json_first(check->json, node); child != JSON_NONE;
	    child = json_next(check->json, child)) {
		at = enter_index(check, i++);
		cell(check, child);
		leave(check, at);
	}
}

static void
table(struct check *check, json_node block)
{
	size_t before = check->characters;

	array(check, block, "rows", 1, 100, row);
	if (check->characters - before > TABLE_CHARACTERS_MAX)
		violation(check, "a table has at most %d characters",
		    TABLE_CHARACTERS_MAX);
}

static const struct kind {
	const char *type;
	void (*check)(struct check *, json_node);
} kinds[] = {
	{ "section", section }, { "header", header }, { "context", context },
	{ "divider", divider }, { "actions", actions }, { "image", image },
	{ "rich_text", rich_text }, { "markdown", markdown },
	{ "table", table },
};

static void
block(struct check *check, json_node node)
{
	json_node type = json_member(check->json, node, "type");
	size_t at, i;

	check->characters += BLOCKKIT_BLOCK_OVERHEAD;
	string(check, node, "block_id", 1, ID_MAX, false);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (json_is(check->json, type, kinds[i].type)) {
			kinds[i].check(check, node);
			return;
		}
	at = enter(check, "type");
	violation(check, type == JSON_NONE ? "missing required field: type" :
	    "unsupported type of a block");
	leave(check, at);
}

/* No two blocks share a block_id.  At most 50 blocks are compared. */
static void
unique_ids(struct check *check, json_node blocks)
{
	json_node one, other, id;
	char *name;
	size_t at, i = 0;

	for (one = json_first(check->json, blocks); one != JSON_NONE;
	    one = json_next(check->json, one), i++) {
		id = json_member(check->json, one, "block_id");
		if ((name = json_dup(check->json, id)) == NULL)
			continue;
		for (other = json_next(check->json, one); other != JSON_NONE;
		    other = json_next(check->json, other))
			if (json_is(check->json, json_member(check->json,
			    other, "block_id"), name)) {
				at = enter_index(check, i);
				violation(check, "block_id must be unique");
				leave(check, at);
			}
		free(name);
	}
}

size_t
blockkit_check(const struct json *json, json_node payload, size_t *count,
    blockkit_report report, void *report_context)
{
	struct check check = { .json = json, .report = report,
		.context = report_context };
	json_node blocks = json_member(json, payload, "blocks");
	size_t at;

	buffer_init(&check.pointer, 4096);
	buffer_init(&check.scratch, JSON_TEXT_MAX);
	buffer_puts(&check.pointer, "");
	if (blocks != JSON_NONE && json_count(json, blocks) <=
	    BLOCKKIT_BLOCKS_MAX) {
		array(&check, payload, "blocks", 0, BLOCKKIT_BLOCKS_MAX,
		    block);
		at = enter(&check, "blocks");
		unique_ids(&check, blocks);
		leave(&check, at);
	} else if (blocks != JSON_NONE) {
		at = enter(&check, "blocks");
		violation(&check, "no more than %d items allowed",
		    BLOCKKIT_BLOCKS_MAX);
		leave(&check, at);
	}
	if (count != NULL)
		*count = check.characters;
	buffer_free(&check.pointer);
	buffer_free(&check.scratch);
	return check.violations;
}
