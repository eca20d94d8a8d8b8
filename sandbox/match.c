/* SPDX-License-Identifier: MIT */
/* Which items a query finds. */
#include "sandbox/query_state.h"

static bool
is_like(const char *text, const char *pattern)
{
	const char *star = NULL, *retry = NULL;

	while (*text != '\0') {
		if (*pattern == '%' || *pattern == '*') {
			star = pattern++;
			retry = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star + 1;
			text = ++retry;
		} else
			return false;
	}
	while (*pattern == '%' || *pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool
compares(const struct query *query, const struct node *node,
    const struct value *value)
{
	const struct value *literals = &query->literals[node->literal];
	int order = value_compare(value, literals);

	switch (node->operator) {
	case EQUAL:
		return order == 0;
	case UNEQUAL:
		return order != 0;
	case LESS:
		return order < 0;
	case LESS_EQUAL:
		return order <= 0;
	case MORE:
		return order > 0;
	case MORE_EQUAL:
		return order >= 0;
	case LIKE:
		return is_like(value_text(value), value_text(literals));
	case IN:
		for (size_t i = 0; i < node->literal_count; i++)
			if (value_compare(value, &literals[i]) == 0)
				return true;
	}
	return false;
}

static bool
node_matches(const struct query *query, int index, const struct item *item)
{
	const struct node *node = &query->nodes[index];
	struct value value;
	bool matches;

	if (node->type == AND)
		return node_matches(query, node->left, item) &&
		    node_matches(query, node->right, item);
	if (node->type == OR)
		return node_matches(query, node->left, item) ||
		    node_matches(query, node->right, item);
	value_read(&value, item->values[node->attribute]);
	if (query->whole_seconds && value.type == VALUE_TIME)
		value.ms -= value.ms % 1000;
	matches = value.type != VALUE_NULL && compares(query, node, &value);
	value_free(&value);
	return matches;
}

bool
query_matches(const struct query *query, const struct item *item)
{
	return node_matches(query, query->root, item);
}

void
query_whole_seconds(struct query *query)
{
	query->whole_seconds = true;
	for (size_t i = 0; i < query->literal_count; i++)
		query->literals[i].ms -= query->literals[i].ms % 1000;
}

static bool
range_narrow(const struct query *query, const struct node *node,
    int64_t *low, int64_t *high)
{
	const struct value *literal = &query->literals[node->literal];
	int64_t from = INT64_MIN, to = INT64_MAX;

	if (node->operator == MORE_EQUAL || node->operator == EQUAL)
		from = literal->ms;
	if (node->operator == LESS_EQUAL || node->operator == EQUAL)
		to = literal->ms + 1;
	if (node->operator == MORE)
		from = literal->ms + 1;
	if (node->operator == LESS)
		to = literal->ms;
	if (from > *low)
		*low = from;
	if (to < *high)
		*high = to;
	return literal->type == VALUE_TIME && (from != INT64_MIN ||
	    to != INT64_MAX);
}

bool
query_range(const struct query *query, int attribute_index, int64_t *low,
    int64_t *high)
{
	*low = INT64_MIN;
	*high = INT64_MAX;
	for (size_t i = 0; i < query->node_count; i++) {
		const struct node *node = &query->nodes[i];

		if (node->type == OR || (node->type == COMPARE &&
		    (node->attribute != attribute_index ||
		    !range_narrow(query, node, low, high))))
			return false;
	}
	return true;
}
