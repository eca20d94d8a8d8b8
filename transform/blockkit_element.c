/* SPDX-License-Identifier: MIT */
#include "transform/blockkit_rule.h"

void
blockkit_image(struct check *check, json_node node)
{
	bool url = json_member(check->json, node, "image_url") != JSON_NONE;
	bool file = json_member(check->json, node, "slack_file") != JSON_NONE;

	if (url == file)
		rule_violation(check,
		    "exactly one of image_url and slack_file");
	rule_string(check, node, "image_url", 1, URL_MAX, false);
	rule_string(check, node, "alt_text", 1, 2000, true);
	rule_text(check, node, "title", 2000, PLAIN_TEXT, false);
}

static void
button(struct check *check, json_node node)
{
	json_node style = json_member(check->json, node, "style");

	rule_text(check, node, "text", 75, PLAIN_TEXT, true);
	rule_string(check, node, "value", 0, 2000, false);
	rule_string(check, node, "url", 1, URL_MAX, false);
	rule_string(check, node, "accessibility_label", 1, 75, false);
	if (style != JSON_NONE && !json_is(check->json, style, "primary") &&
	    !json_is(check->json, style, "danger"))
		rule_violation(check, "style must be primary or danger");
}

/* A dialog that asks back. */
static void
confirm(struct check *check, json_node node)
{
	json_node dialog = json_member(check->json, node, "confirm");
	size_t at;

	if (dialog == JSON_NONE)
		return;
	at = rule_enter(check, "confirm");
	rule_text(check, dialog, "title", 100, PLAIN_TEXT, true);
	rule_text(check, dialog, "text", 300, ANY_TEXT, true);
	rule_text(check, dialog, "confirm", 30, PLAIN_TEXT, true);
	rule_text(check, dialog, "deny", 30, PLAIN_TEXT, true);
	rule_leave(check, at);
}

static void
option(struct check *check, json_node node)
{
	rule_text(check, node, "text", 75, ANY_TEXT, true);
	rule_string(check, node, "value", 1, 150, true);
	rule_text(check, node, "description", 75, ANY_TEXT, false);
	rule_string(check, node, "url", 1, URL_MAX, false);
}

static void
option_group(struct check *check, json_node node)
{
	rule_text(check, node, "label", 75, PLAIN_TEXT, true);
	rule_array(check, node, "options", 1, 100, option);
}

static void
overflow(struct check *check, json_node node)
{
	rule_array(check, node, "options", 1, 5, option);
}

static void
choices(struct check *check, json_node node)
{
	rule_array(check, node, "options", 1, 10, option);
}

static void
static_select(struct check *check, json_node node)
{
	rule_text(check, node, "placeholder", 150, PLAIN_TEXT, true);
	if (json_member(check->json, node, "option_groups") != JSON_NONE)
		rule_array(check, node, "option_groups", 1, 100, option_group);
	else
		rule_array(check, node, "options", 1, 100, option);
}

static void
other(struct check *check, json_node node)
{
	rule_text(check, node, "placeholder", 150, PLAIN_TEXT, false);
}

static void
one_of(struct check *check, json_node node, const struct kind *kinds)
{
	const struct kind *kind = rule_kind(check, node, kinds);

	rule_string(check, node, "action_id", 1, ID_MAX, false);
	confirm(check, node);
	if (kind != NULL)
		kind->check(check, node);
	else
		rule_violation(check, "unsupported type of an element");
}

void
blockkit_element(struct check *check, json_node node)
{
	static const struct kind kinds[] = {
		{ "button", button }, { "workflow_button", button },
		{ "overflow", overflow },
		{ "checkboxes", choices }, { "radio_buttons", choices },
		{ "static_select", static_select },
		{ "multi_static_select", static_select },
		{ "datepicker", other }, { "datetimepicker", other },
		{ "timepicker", other }, { "external_select", other },
		{ "users_select", other }, { "conversations_select", other },
		{ "channels_select", other },
		{ "multi_external_select", other },
		{ "multi_users_select", other },
		{ "multi_conversations_select", other },
		{ "multi_channels_select", other }, { NULL, NULL } };

	one_of(check, node, kinds);
}

void
blockkit_input_element(struct check *check, json_node node)
{
	static const struct kind kinds[] = {
		{ "plain_text_input", other }, { "email_text_input", other },
		{ "url_text_input", other }, { "number_input", other },
		{ "rich_text_input", other }, { "file_input", other },
		{ NULL, NULL } };

	if (rule_kind(check, node, kinds) != NULL)
		one_of(check, node, kinds);
	else
		blockkit_element(check, node);
}

void
blockkit_context_action(struct check *check, json_node node)
{
	static const struct kind kinds[] = { { "feedback_buttons", other },
		{ "icon_button", other }, { NULL, NULL } };

	one_of(check, node, kinds);
}
