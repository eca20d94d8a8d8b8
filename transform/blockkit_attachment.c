/* SPDX-License-Identifier: MIT */
#include "transform/blockkit_rule.h"

static void
field(struct check *check, json_node node)
{
	if (json_type(check->json, node) != JSON_OBJECT) {
		rule_violation(check, "must be an object");
		return;
	}
	rule_optional(check, node, "title", NO_LIMIT, MRKDWN);
	rule_optional(check, node, "value", NO_LIMIT, MRKDWN);
}

/* Slack takes any colour, and shows none that it doesn't know. */
static void
color(struct check *check, json_node attachment)
{
	static const char *const names[] = { "good", "warning", "danger" };
	json_node node = json_member(check->json, attachment, "color");
	size_t length, i;
	const char *raw = json_raw(check->json, node, &length);

	if (node == JSON_NONE || json_type(check->json, node) == JSON_NULL)
		return;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (json_is(check->json, node, names[i]))
			return;
	for (i = 1 + (length > 1 && raw[1] == '#'); i < length - 1; i++)
		if ((raw[i] < '0' || raw[i] > '9') &&
		    (raw[i] < 'a' || raw[i] > 'f') &&
		    (raw[i] < 'A' || raw[i] > 'F'))
			break;
	rule_enter(check, "color");
	if (json_type(check->json, node) != JSON_STRING)
		rule_violation(check, "must be a string");
	else if (i != length - 1 || (length - 2 - (raw[1] == '#') != 6 &&
	    length - 2 - (raw[1] == '#') != 3))
		rule_tell(check, BLOCKKIT_WARNING, node, 0, "is no colour: "
		    "good, warning, danger or #rrggbb");
	rule_leave(check);
}

void
blockkit_attachment(struct check *check, json_node node)
{
	static const char *const urls[] = { "title_link", "author_link" };
	static const char *const images[] = { "image_url", "thumb_url",
		"author_icon", "footer_icon" };
	size_t i;

	if (json_type(check->json, node) != JSON_OBJECT) {
		rule_violation(check, "must be an object");
		return;
	}
	rule_optional(check, node, "fallback", NO_LIMIT, WORDS);
	rule_optional(check, node, "pretext", NO_LIMIT, MRKDWN);
	rule_optional(check, node, "author_name", NO_LIMIT, MRKDWN);
	rule_optional(check, node, "title", NO_LIMIT, MRKDWN);
	rule_optional(check, node, "text", NO_LIMIT, MRKDWN);
	rule_optional(check, node, "footer", 300, MRKDWN);
	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		rule_optional(check, node, urls[i], URL_MAX, LINK_URL);
	for (i = 0; i < sizeof(images) / sizeof(images[0]); i++)
		rule_optional(check, node, images[i], URL_MAX, WEB_URL);
	color(check, node);
	if (rule_has(check, node, "fields"))
		rule_array(check, node, "fields", 0, NO_LIMIT, field);
	if (rule_has(check, node, "actions"))
		rule_array(check, node, "actions", 0, 5, rule_nothing);
	if (rule_has(check, node, "blocks"))
		rule_array(check, node, "blocks", 0, BLOCKKIT_BLOCKS_MAX,
		    blockkit_block);
}
