/* SPDX-License-Identifier: MIT */
/* Blocks full of data: tables and charts. */
#include "transform/blockkit_rule.h"

#define TABLES_MAX 10000      /* characters, in the tables of a message */
#define DATA_TABLES_MAX 20000
#define PARTS_ADVISED 6       /* the documentation's; others say 12 */

static void
cell(struct check *check, json_node node)
{
	json_node type = json_member(check->json, node, "type");

	if (json_is(check->json, type, "raw_text"))
		rule_string(check, node, "text", TABLES_MAX,
		    REQUIRED | LITERAL);
	else if (json_is(check->json, type, "rich_text"))
		blockkit_rich_text(check, node);
	else
		rule_violation(check, "unsupported type of a table cell");
}

static void
row(struct check *check, json_node node)
{
	rule_array_body(check, node, 1, 20, cell);
}

/* The rows of one table, when with those before it there may be high
 * characters; *total counts them. */
static void
check_crowd(struct check *check, json_node block, size_t *total, size_t added,
    size_t high)
{
	size_t before = *total;

	*total += added;
	if (*total <= high)
		return;
	rule_enter(check, "rows");
	rule_tell(check, BLOCKKIT_CROWDED, json_member(check->json, block,
	    "rows"), before < high ? high - before : 0,
	    "tables have at most %zu characters in all", high);
	rule_leave(check);
}

void
blockkit_table(struct check *check, json_node block)
{
	size_t before = check->plain;

	rule_array(check, block, "rows", 1, 100, row);
	if (rule_has(check, block, "column_settings"))
		rule_array(check, block, "column_settings", 0, 20,
		    rule_nothing);
	check_crowd(check, block, &check->in_tables, check->plain - before,
	    TABLES_MAX);
}

static void
data_cell(struct check *check, json_node node)
{
	json_node type = json_member(check->json, node, "type");

	if (!json_is(check->json, type, "raw_number")) {
		cell(check, node);
		return;
	}
	rule_string(check, node, "text", TABLES_MAX, REQUIRED | LITERAL);
	if (json_type(check->json, json_member(check->json, node, "value")) !=
	    JSON_NUMBER)
		rule_violation(check, "a raw_number needs a value, a number");
}

void
blockkit_row(struct check *check, json_node node)
{
	rule_array_body(check, node, 1, 20, data_cell);
}

void
blockkit_data_table(struct check *check, json_node block)
{
	size_t characters, before;

	rule_string(check, block, "caption", NO_LIMIT, REQUIRED | LITERAL);
	/* Such a table may hold more than the budget of other blocks. */
	characters = check->characters;
	before = check->plain;
	rule_array(check, block, "rows", 2, 201, blockkit_row);
	check->characters = characters;
	rule_integer(check, block, "page_size", 1, 100);
	rule_integer(check, block, "row_header_column_index", 0, 19);
	check_crowd(check, block, &check->in_data_tables,
	    check->plain - before, DATA_TABLES_MAX);
}

static void
point(struct check *check, json_node node)
{
	rule_string(check, node, "label", 20, REQUIRED | LITERAL);
	if (json_type(check->json, json_member(check->json, node, "value")) !=
	    JSON_NUMBER)
		rule_violation(check, "needs a value, a number");
}

static void
series(struct check *check, json_node node)
{
	rule_string(check, node, "name", 20, REQUIRED | LITERAL);
	rule_array(check, node, "data", 1, 20, point);
}

static void
axes(struct check *check, json_node node)
{
	rule_string(check, node, "x_label", 50, LITERAL);
	rule_string(check, node, "y_label", 50, LITERAL);
	rule_array(check, node, "categories", 1, 20,
	    rule_nothing);
}

static void
parts(struct check *check, json_node chart, const char *name,
    void (*visit)(struct check *, json_node))
{
	json_node node = json_member(check->json, chart, name);
	size_t count = json_count(check->json, node);

	rule_array(check, chart, name, 1, 12, visit);
	if (count <= PARTS_ADVISED || count > 12)
		return;
	rule_enter(check, name);
	rule_tell(check, BLOCKKIT_WARNING, node, PARTS_ADVISED,
	    "Slack documents at most %d", PARTS_ADVISED);
	rule_leave(check);
}

static void
chart_body(struct check *check, json_node node)
{
	static const char *const types[] = { "pie", "bar", "area", "line",
		NULL };

	rule_choice(check, node, "type", types, REQUIRED);
	if (json_is(check->json, json_member(check->json, node, "type"),
	    "pie")) {
		parts(check, node, "segments", point);
		return;
	}
	parts(check, node, "series", series);
	if (rule_has(check, node, "axis_config"))
		rule_member(check, node, "axis_config", axes);
	else
		rule_violation(check, "missing required field: axis_config");
}

void
blockkit_chart(struct check *check, json_node block)
{
	rule_string(check, block, "title", 50, REQUIRED | LITERAL);
	if (rule_has(check, block, "chart"))
		rule_member(check, block, "chart", chart_body);
	else
		rule_violation(check, "missing required field: chart");
}
