/* SPDX-License-Identifier: MIT */
#include "transform/blockkit.h"

#include "transform/blockkit_rule.h"

#define ATTACHMENTS_ADVISED 20

static bool
is_given(const struct json *json, json_node node)
{
	return node != JSON_NONE && json_type(json, node) != JSON_NULL;
}

static void
start(struct check *check, const struct json *json, blockkit_report report,
    void *context)
{
	/* The arrays in it are filled as they are used. */
	check->json = json;
	check->report = report;
	check->context = context;
	check->violations = check->characters = check->plain = 0;
	check->in_tables = check->in_data_tables = 0;
	check->heaviest = (struct blockkit_weight){ .longest = JSON_NONE };
	check->depth = check->ids_count = 0;
}

size_t
blockkit_check(const struct json *json, json_node payload, size_t *count,
    blockkit_report report, void *report_context)
{
	struct check check;
	json_node node;

	start(&check, json, report, report_context);
	if (is_given(json, json_member(json, payload, "blocks")))
		rule_array(&check, payload, "blocks", 0, BLOCKKIT_BLOCKS_MAX,
		    blockkit_block);
	node = json_member(json, payload, "attachments");
	if (is_given(json, node)) {
		rule_array(&check, payload, "attachments", 0,
		    BLOCKKIT_ATTACHMENTS_MAX, blockkit_attachment);
		rule_enter(&check, "attachments");
		if (json_count(json, node) > ATTACHMENTS_ADVISED)
			rule_tell(&check, BLOCKKIT_WARNING, node,
			    ATTACHMENTS_ADVISED, "Slack advises against more "
			    "than %d", ATTACHMENTS_ADVISED);
		rule_leave(&check);
	}
	if (count != NULL)
		*count = check.characters;
	return check.violations;
}

struct blockkit_weight
blockkit_weigh(const struct json *json, json_node node,
    enum blockkit_part part)
{
	struct check check;

	start(&check, json, NULL, NULL);
	switch (part) {
	case BLOCKKIT_ATTACHMENT:
		blockkit_attachment(&check, node);
		break;
	case BLOCKKIT_ROW:
		blockkit_row(&check, node);
		break;
	case BLOCKKIT_BLOCK:
	default:
		blockkit_block(&check, node);
	}
	check.heaviest.characters = check.characters;
	check.heaviest.plain = check.plain;
	return check.heaviest;
}
