/* SPDX-License-Identifier: MIT */
#include "transform/blockkit_rule.h"

static void
rich_leaf(struct check *check, json_node node)
{
	static const struct {
		const char *type, *needs;
		unsigned what;
	} leaves[] = { { "text", "text", LITERAL },
		{ "link", "url", LITERAL | LINK_URL },
		{ "emoji", "name", LITERAL }, { "user", "user_id", LITERAL },
		{ "usergroup", "usergroup_id", LITERAL },
		{ "channel", "channel_id", LITERAL },
		{ "broadcast", "range", LITERAL },
		{ "color", "value", LITERAL }, { "date", "format", LITERAL } };
	static const char *const ranges[] = { "here", "channel", "everyone",
		NULL };
	const struct json *json = check->json;
	json_node type = json_member(json, node, "type");
	size_t i;

	for (i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
		if (json_is(json, type, leaves[i].type))
			break;
	if (i == sizeof(leaves) / sizeof(leaves[0])) {
		rule_violation(check, "unsupported type of a rich text "
		    "element");
		return;
	}
	rule_string(check, node, leaves[i].needs, NO_LIMIT,
	    REQUIRED | leaves[i].what);
	if (json_is(json, type, "link"))
		rule_string(check, node, "text", NO_LIMIT, LITERAL);
	else if (json_is(json, type, "broadcast"))
		rule_choice(check, node, "range", ranges, 0);
	else if (json_is(json, type, "date") && json_type(json,
	    json_member(json, node, "timestamp")) != JSON_NUMBER)
		rule_violation(check, "a date needs a timestamp, a number");
}

static void
list_item(struct check *check, json_node node)
{
	if (json_is(check->json, json_member(check->json, node, "type"),
	    "rich_text_section"))
		rule_array(check, node, "elements", 1, NO_LIMIT, rich_leaf);
	else
		rule_violation(check, "unsupported type of a list's item");
}

static void
list(struct check *check, json_node node)
{
	static const char *const styles[] = { "bullet", "ordered", NULL };

	rule_array(check, node, "elements", 1, NO_LIMIT, list_item);
	rule_choice(check, node, "style", styles, REQUIRED);
	rule_integer(check, node, "indent", 0, 8);
	rule_integer(check, node, "offset", 0, INT64_MAX);
	rule_integer(check, node, "border", 0, 1);
}

static void
section(struct check *check, json_node node)
{
	rule_array(check, node, "elements", 1, NO_LIMIT, rich_leaf);
}

static void
bordered(struct check *check, json_node node)
{
	section(check, node);
	rule_integer(check, node, "border", 0, 1);
}

static void
rich_part(struct check *check, json_node node)
{
	static const struct kind parts[] = { { "rich_text_section", section },
		{ "rich_text_list", list }, { "rich_text_quote", bordered },
		{ "rich_text_preformatted", bordered }, { NULL, NULL } };
	const struct kind *kind = rule_kind(check, node, parts);

	if (kind != NULL)
		kind->check(check, node);
	else
		rule_violation(check, "unsupported type of a rich text part");
}

void
blockkit_rich_text(struct check *check, json_node node)
{
	rule_array(check, node, "elements", 1, NO_LIMIT, rich_part);
}
