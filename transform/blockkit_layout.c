/* SPDX-License-Identifier: MIT */
#include "transform/blockkit_rule.h"

#define TEXT_MAX 3000
#define FIELD_MAX 2000
#define MARKDOWN_MAX 12000

static void
required(struct check *check, json_node object, const char *name,
    void (*visit)(struct check *, json_node))
{
	if (rule_has(check, object, name)) {
		rule_member(check, object, name, visit);
		return;
	}
	rule_enter(check, name);
	rule_violation(check, "missing required field: %s", name);
	rule_leave(check);
}

static void
field(struct check *check, json_node node)
{
	rule_text_body(check, node, FIELD_MAX, 0);
}

static bool
is_image(const struct check *check, json_node node)
{
	return json_is(check->json, json_member(check->json, node, "type"),
	    "image");
}

static void
accessory(struct check *check, json_node node)
{
	if (is_image(check, node))
		blockkit_image(check, node);
	else
		blockkit_element(check, node);
}

static void
section(struct check *check, json_node block)
{
	bool fields = rule_has(check, block, "fields");

	rule_text(check, block, "text", TEXT_MAX, fields ? 0 : REQUIRED);
	if (fields)
		rule_array(check, block, "fields", 1, 10, field);
	rule_member(check, block, "accessory", accessory);
}

static void
header(struct check *check, json_node block)
{
	rule_text(check, block, "text", 150, REQUIRED | PLAIN_TEXT);
}

static void
context_element(struct check *check, json_node node)
{
	if (is_image(check, node))
		blockkit_image(check, node);
	else
		rule_text_body(check, node, FIELD_MAX, 0);
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
	rule_unique(check, block, "elements", 25);
}

static void
context_actions(struct check *check, json_node block)
{
	rule_array(check, block, "elements", 1, 5, blockkit_context_action);
	rule_unique(check, block, "elements", 5);
}

static void
input(struct check *check, json_node block)
{
	required(check, block, "element", blockkit_input_element);
	rule_text(check, block, "label", 2000, REQUIRED | PLAIN_TEXT);
	rule_text(check, block, "hint", 2000, PLAIN_TEXT);
}

static void
video(struct check *check, json_node block)
{
	rule_text(check, block, "title", 199, REQUIRED | PLAIN_TEXT);
	rule_text(check, block, "description", 200, PLAIN_TEXT);
	rule_string(check, block, "video_url", URL_MAX, REQUIRED | WEB_URL);
	rule_string(check, block, "thumbnail_url", URL_MAX,
	    REQUIRED | WEB_URL);
	rule_string(check, block, "title_url", URL_MAX, WEB_URL);
	rule_string(check, block, "alt_text", 200, REQUIRED | WORDS);
	rule_string(check, block, "author_name", 49, WORDS);
	rule_string(check, block, "provider_name", 50, WORDS);
}

static void
markdown(struct check *check, json_node block)
{
	rule_string(check, block, "text", MARKDOWN_MAX, REQUIRED | MRKDWN);
}

static void
card(struct check *check, json_node block)
{
	rule_text(check, block, "title", 150, 0);
	rule_text(check, block, "subtitle", 150, 0);
	rule_text(check, block, "body", 200, 0);
	rule_text(check, block, "subtext", 200, 0);
	rule_member(check, block, "hero_image", blockkit_image);
	rule_member(check, block, "icon", blockkit_image);
	if (rule_has(check, block, "actions")) {
		rule_array(check, block, "actions", 0, 3, blockkit_button);
		rule_unique(check, block, "actions", 3);
	} else if (!rule_has(check, block, "hero_image") &&
	    !rule_has(check, block, "title") &&
	    !rule_has(check, block, "body"))
		rule_violation(check, "one of hero_image, title, actions and "
		    "body is required");
}

static void
slide(struct check *check, json_node node)
{
	if (json_is(check->json, json_member(check->json, node, "type"),
	    "card"))
		blockkit_block(check, node);
	else
		rule_violation(check, "must be a card");
}

static void
carousel(struct check *check, json_node block)
{
	rule_array(check, block, "elements", 1, 10, slide);
}

static void
contained(struct check *check, json_node node)
{
	json_node type = json_member(check->json, node, "type");

	if (json_is(check->json, type, "container") ||
	    json_is(check->json, type, "carousel"))
		rule_violation(check, "can't be in a container");
	else
		blockkit_block(check, node);
}

static void
container(struct check *check, json_node block)
{
	static const char *const widths[] = { "narrow", "standard", "wide",
		"full", NULL };

	rule_text(check, block, "title", 150, PLAIN_TEXT |
	    (rule_has(check, block, "rich_text_title") ? 0 : REQUIRED));
	rule_member(check, block, "rich_text_title", blockkit_rich_text);
	rule_text(check, block, "subtitle", 150, 0);
	rule_choice(check, block, "width", widths, 0);
	rule_member(check, block, "icon", blockkit_image);
	rule_array(check, block, "child_blocks", 1, 10, contained);
}

static void
alert(struct check *check, json_node block)
{
	(void)block;
	rule_violation(check, "an alert goes into modals alone");
}

static void
file(struct check *check, json_node block)
{
	(void)block;
	rule_violation(check, "a file block is Slack's to add, with the file");
}

static void
block_id(struct check *check, json_node block)
{
	json_node node = json_member(check->json, block, "block_id");
	size_t i;

	if (node == JSON_NONE)
		return;
	rule_string(check, block, "block_id", ID_MAX, 0);
	if (json_type(check->json, node) != JSON_STRING ||
	    check->ids_count == RULE_BLOCK_IDS_MAX)
		return;
	for (i = 0; i < check->ids_count; i++)
		if (rule_same(check->json, check->ids[i], node)) {
			rule_enter(check, "block_id");
			rule_violation(check, "must be unique in the message");
			rule_leave(check);
			return;
		}
	check->ids[check->ids_count++] = node;
}

void
blockkit_block(struct check *check, json_node node)
{
	static const struct kind kinds[] = { { "section", section },
		{ "context", context }, { "header", header },
		{ "divider", rule_nothing }, { "actions", actions },
		{ "rich_text", blockkit_rich_text },
		{ "image", blockkit_image }, { "table", blockkit_table },
		{ "markdown", markdown },
		{ "context_actions", context_actions }, { "input", input },
		{ "video", video }, { "card", card }, { "carousel", carousel },
		{ "container", container },
		{ "data_table", blockkit_data_table },
		{ "data_visualization", blockkit_chart }, { "alert", alert },
		{ "file", file }, { NULL, NULL } };
	const struct kind *kind = rule_kind(check, node, kinds);

	check->characters += BLOCKKIT_BLOCK_OVERHEAD;
	block_id(check, node);
	if (kind != NULL) {
		kind->check(check, node);
		return;
	}
	rule_enter(check, "type");
	rule_violation(check, "%s", rule_has(check, node, "type") ?
	    "unsupported type of a block" : "missing required field: type");
	rule_leave(check);
}
