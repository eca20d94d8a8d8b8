/* SPDX-License-Identifier: MIT */
#include "transform/blockkit_rule.h"

static void
slack_file(struct check *check, json_node node)
{
	if (rule_has(check, node, "id") == rule_has(check, node, "url"))
		rule_violation(check, "exactly one of id and url");
}

void
blockkit_image(struct check *check, json_node node)
{
	if (rule_has(check, node, "image_url") ==
	    rule_has(check, node, "slack_file"))
		rule_violation(check,
		    "exactly one of image_url and slack_file");
	rule_string(check, node, "image_url", URL_MAX, WEB_URL);
	rule_member(check, node, "slack_file", slack_file);
	rule_string(check, node, "alt_text", 2000, REQUIRED | WORDS);
	rule_text(check, node, "title", 2000, PLAIN_TEXT);
}

static void
button(struct check *check, json_node node)
{
	static const char *const styles[] = { "primary", "danger", NULL };

	rule_text(check, node, "text", 75, REQUIRED | PLAIN_TEXT);
	rule_string(check, node, "value", 2000, MAY_BE_EMPTY);
	rule_string(check, node, "url", URL_MAX, LINK_URL);
	rule_string(check, node, "accessibility_label", 75, WORDS);
	rule_choice(check, node, "style", styles, 0);
}

/* A dialog that asks back. */
static void
confirm(struct check *check, json_node dialog)
{
	rule_text(check, dialog, "title", 100, REQUIRED | PLAIN_TEXT);
	rule_text(check, dialog, "text", 300, REQUIRED);
	rule_text(check, dialog, "confirm", 30, REQUIRED | PLAIN_TEXT);
	rule_text(check, dialog, "deny", 30, REQUIRED | PLAIN_TEXT);
}

static void
option(struct check *check, json_node node)
{
	rule_text(check, node, "text", 75, REQUIRED);
	rule_string(check, node, "value", 150, REQUIRED);
	rule_text(check, node, "description", 75, 0);
	rule_string(check, node, "url", URL_MAX, LINK_URL);
}

static void
option_group(struct check *check, json_node node)
{
	rule_text(check, node, "label", 75, REQUIRED | PLAIN_TEXT);
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
multi(struct check *check, json_node node)
{
	rule_text(check, node, "placeholder", 150, PLAIN_TEXT);
	rule_integer(check, node, "max_selected_items", 1, INT64_MAX);
}

static void
static_select(struct check *check, json_node node)
{
	bool groups = rule_has(check, node, "option_groups");

	rule_text(check, node, "placeholder", 150, REQUIRED | PLAIN_TEXT);
	rule_integer(check, node, "max_selected_items", 1, INT64_MAX);
	if (groups && rule_has(check, node, "options"))
		rule_violation(check, "either options or option_groups");
	else if (groups)
		rule_array(check, node, "option_groups", 1, 100, option_group);
	else
		rule_array(check, node, "options", 1, 100, option);
}

static void
other(struct check *check, json_node node)
{
	rule_text(check, node, "placeholder", 150, PLAIN_TEXT);
}

static void
text_input(struct check *check, json_node node)
{
	other(check, node);
	rule_integer(check, node, "min_length", 0, 3000);
	rule_integer(check, node, "max_length", 1, 3000);
}

static void
file_input(struct check *check, json_node node)
{
	rule_integer(check, node, "max_files", 1, 10);
}

static void
one_of(struct check *check, json_node node, const struct kind *kinds)
{
	const struct kind *kind = rule_kind(check, node, kinds);

	rule_string(check, node, "action_id", ID_MAX, 0);
	rule_member(check, node, "confirm", confirm);
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
		{ "multi_external_select", multi },
		{ "multi_users_select", multi },
		{ "multi_conversations_select", multi },
		{ "multi_channels_select", multi }, { NULL, NULL } };

	one_of(check, node, kinds);
}

void
blockkit_button(struct check *check, json_node node)
{
	static const struct kind kinds[] = { { "button", button },
		{ NULL, NULL } };

	one_of(check, node, kinds);
}

void
blockkit_input_element(struct check *check, json_node node)
{
	static const struct kind kinds[] = {
		{ "plain_text_input", text_input },
		{ "email_text_input", other }, { "url_text_input", other },
		{ "number_input", other }, { "rich_text_input", other },
		{ "file_input", file_input }, { NULL, NULL } };

	if (rule_kind(check, node, kinds) != NULL)
		one_of(check, node, kinds);
	else
		blockkit_element(check, node);
}

/* Thumbs up, thumbs down. */
static void
feedback(struct check *check, json_node node)
{
	rule_text(check, node, "text", 75, REQUIRED | PLAIN_TEXT);
	rule_string(check, node, "value", 2000, MAY_BE_EMPTY);
	rule_string(check, node, "accessibility_label", 75, WORDS);
}

static void
feedback_buttons(struct check *check, json_node node)
{
	rule_member(check, node, "positive_button", feedback);
	rule_member(check, node, "negative_button", feedback);
}

static void
icon_button(struct check *check, json_node node)
{
	rule_text(check, node, "text", 75, REQUIRED | PLAIN_TEXT);
	rule_string(check, node, "value", 2000, MAY_BE_EMPTY);
	rule_string(check, node, "accessibility_label", 75, WORDS);
}

void
blockkit_context_action(struct check *check, json_node node)
{
	static const struct kind kinds[] = {
		{ "feedback_buttons", feedback_buttons },
		{ "icon_button", icon_button }, { NULL, NULL } };

	one_of(check, node, kinds);
}
