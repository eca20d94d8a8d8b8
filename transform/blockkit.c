/* SPDX-License-Identifier: MIT */
#include "transform/blockkit.h"

#include "transform/blockkit_rule.h"

#define TEXT_MAX 3000
#define FIELD_MAX 2000
#define TABLE_CHARACTERS_MAX 10000
#define ATTACHMENTS_MAX 100

static void
field(struct check *check, json_node node)
{
	rule_text_body(check, node, FIELD_MAX, ANY_TEXT);
}

static void
section(struct check *check, json_node block)
{
	bool fields = json_member(check->json, block, "fields") != JSON_NONE;
	json_node accessory = json_member(check->json, block, "accessory");
	size_t at;

	rule_text(check, block, "text", TEXT_MAX, ANY_TEXT, !fields);
	if (fields)
		rule_array(check, block, "fields", 1, 10, field);
	if (accessory != JSON_NONE) {
		at = rule_enter(check, "accessory");
		if (json_is(check->json, json_member(check->json, accessory,
		    "type"), "image"))
			blockkit_image(check, accessory);
		else
			blockkit_element(check, accessory);
		rule_leave(check, at);
	}
}

static void
header(struct check *check, json_node block)
{
	rule_text(check, block, "text", 150, PLAIN_TEXT, true);
}

static void
context_element(struct check *check, json_node node)
{
	if (json_is(check->json, json_member(check->json, node, "type"),
	    "image"))
		blockkit_image(check, node);
	else
		rule_text_body(check, node, FIELD_MAX, ANY_TEXT);
}

static void
context(struct check *check, json_node block)
{
	rule_array(check, block, "elements", 1, 10, context_element);
}

static void
actions(struct check *check, json_node block)
{
	rule_array(check, block, "elements", 1, 25, blockkit_element);
	rule_unique(check, block, "elements", 25, "action_id");
}

static void
context_actions(struct check *check, json_node block)
{
	rule_array(check, block, "elements", 1, 5, blockkit_context_action);
	rule_unique(check, block, "elements", 5, "action_id");
}

static void
input(struct check *check, json_node block)
{
	json_node node = json_member(check->json, block, "element");
	size_t at = rule_enter(check, "element");

	if (node == JSON_NONE)
		rule_violation(check, "missing required field: element");
	else
		blockkit_input_element(check, node);
	rule_leave(check, at);
	rule_text(check, block, "label", 2000, PLAIN_TEXT, true);
	rule_text(check, block, "hint", 2000, PLAIN_TEXT, false);
}

static void
video(struct check *check, json_node block)
{
	rule_text(check, block, "title", 199, PLAIN_TEXT, true);
	rule_text(check, block, "description", 200, PLAIN_TEXT, false);
	rule_string(check, block, "video_url", 1, URL_MAX, true);
	rule_string(check, block, "thumbnail_url", 1, URL_MAX, true);
	rule_string(check, block, "alt_text", 1, 200, true);
	rule_string(check, block, "author_name", 1, 49, false);
	rule_string(check, block, "provider_name", 1, 50, false);
}

static void
markdown(struct check *check, json_node block)
{
	check->characters += rule_string(check, block, "text", 1, 12000, true);
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
	const struct json *json = check->json;
	json_node type = json_member(json, node, "type");
	size_t i;

	for (i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
		if (json_is(json, type, leaves[i].type)) {
			rule_literal(check, node, leaves[i].needs,
			    BLOCKKIT_CHARACTERS_MAX, true);
			if (json_is(json, type, "link"))
				rule_literal(check, node, "text",
				    BLOCKKIT_CHARACTERS_MAX, false);
			if (json_is(json, type, "date") &&
			    json_type(json, json_member(json, node,
			    "timestamp")) != JSON_NUMBER)
				rule_violation(check, "a date needs a "
				    "timestamp, a number");
			return;
		}
	rule_violation(check, "unsupported type of a rich text element");
}

static void
list_item(struct check *check, json_node node)
{
	if (json_is(check->json, json_member(check->json, node, "type"),
	    "rich_text_section"))
		rule_array(check, node, "elements", 1, 1000, rich_leaf);
	else
		rule_violation(check, "unsupported type of a list's item");
}

static void
rich_part(struct check *check, json_node node)
{
	json_node type = json_member(check->json, node, "type");

	json_node style = json_member(check->json, node, "style");

	if (json_is(check->json, type, "rich_text_list")) {
		rule_array(check, node, "elements", 1, 1000, list_item);
		if (!json_is(check->json, style, "bullet") &&
		    !json_is(check->json, style, "ordered"))
			rule_violation(check, "the style of a list must be "
			    "bullet or ordered");
	} else if (json_is(check->json, type, "rich_text_section") ||
	    json_is(check->json, type, "rich_text_preformatted") ||
	    json_is(check->json, type, "rich_text_quote"))
		rule_array(check, node, "elements", 1, 1000, rich_leaf);
	else
		rule_violation(check, "unsupported type of a rich text part");
}

static void
rich_text(struct check *check, json_node block)
{
	rule_array(check, block, "elements", 1, 1000, rich_part);
}

static void
cell(struct check *check, json_node node)
{
	json_node type = json_member(check->json, node, "type");

	if (json_is(check->json, type, "raw_text"))
		rule_literal(check, node, "text", TABLE_CHARACTERS_MAX, true);
	else if (json_is(check->json, type, "rich_text"))
		rich_text(check, node);
	else
		rule_violation(check, "unsupported type of a table cell");
}

static void
row(struct check *check, json_node node)
{
	json_node child;
	size_t at, i = 0;

	if (json_type(check->json, node) != JSON_ARRAY)
		rule_violation(check, "must be an array");
	else if (json_count(check->json, node) < 1)
		rule_violation(check, "no fewer than 1 items allowed");
	else if (json_count(check->json, node) > 20)
		rule_violation(check, "no more than 20 items allowed");
	for (child = json_first(check->json, node); child != JSON_NONE;
	    child = json_next(check->json, child)) {
		at = rule_enter_index(check, i++);
		cell(check, child);
		rule_leave(check, at);
	}
}

static void
table(struct check *check, json_node block)
{
	size_t before = check->plain;

	rule_array(check, block, "rows", 1, 100, row);
	if (json_member(check->json, block, "column_settings") != JSON_NONE)
		rule_array(check, block, "column_settings", 0, 20,
		    rule_nothing);
	check->in_tables += check->plain - before;
}

static const struct kind block_kinds[] = {
	{ "section", section }, { "header", header }, { "context", context },
	{ "divider", rule_nothing }, { "actions", actions },
	{ "image", blockkit_image },
	{ "rich_text", rich_text }, { "markdown", markdown },
	{ "table", table }, { "context_actions", context_actions },
	{ "input", input }, { "video", video }, { NULL, NULL },
};

static void
block(struct check *check, json_node node)
{
	const struct kind *kind = rule_kind(check, node, block_kinds);
	size_t at;

	check->characters += BLOCKKIT_BLOCK_OVERHEAD;
	rule_string(check, node, "block_id", 1, ID_MAX, false);
	if (kind != NULL) {
		kind->check(check, node);
		return;
	}
	at = rule_enter(check, "type");
	rule_violation(check, "%s", json_member(check->json, node, "type") ==
	    JSON_NONE ? "missing required field: type" :
	    "unsupported type of a block");
	rule_leave(check, at);
}

static void
check_blocks(struct check *check, json_node payload)
{
	json_node blocks = json_member(check->json, payload, "blocks");
	size_t at;

	if (json_count(check->json, blocks) > BLOCKKIT_BLOCKS_MAX) {
		at = rule_enter(check, "blocks");
		rule_violation(check, "no more than %d items allowed",
		    BLOCKKIT_BLOCKS_MAX);
		rule_leave(check, at);
		return;
	}
	rule_array(check, payload, "blocks", 0, BLOCKKIT_BLOCKS_MAX, block);
	rule_unique(check, payload, "blocks", BLOCKKIT_BLOCKS_MAX, "block_id");
	if (check->in_tables > TABLE_CHARACTERS_MAX) {
		at = rule_enter(check, "blocks");
		rule_violation(check, "tables have at most %d characters in "
		    "all", TABLE_CHARACTERS_MAX);
		rule_leave(check, at);
	}
}

size_t
blockkit_check(const struct json *json, json_node payload, size_t *count,
    blockkit_report report, void *report_context)
{
	struct check check = { .json = json, .report = report,
		.context = report_context };
	json_node node;

	buffer_init(&check.pointer, 4096);
	buffer_init(&check.scratch, JSON_TEXT_MAX);
	buffer_puts(&check.pointer, "");
	node = json_member(json, payload, "blocks");
	if (node != JSON_NONE && json_type(json, node) != JSON_NULL)
		check_blocks(&check, payload);
	node = json_member(json, payload, "attachments");
	if (node != JSON_NONE && json_type(json, node) != JSON_NULL)
		rule_array(&check, payload, "attachments", 0, ATTACHMENTS_MAX,
		    rule_nothing);
	if (count != NULL)
		*count = check.characters;
	buffer_free(&check.pointer);
	buffer_free(&check.scratch);
	return check.violations;
}
