/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/query.h"
#include "sandbox/value.h"

struct row {
	const struct item *item;
	size_t position;
	const struct value *keys;
	const bool *descending;
	size_t key_count;
};

static int
row_compare(const void *left, const void *right)
{
	const struct row *a = left, *b = right;

	for (size_t i = 0; i < a->key_count; i++) {
		const struct value *x = &a->keys[i], *y = &b->keys[i];
		bool x_null = x->type == VALUE_NULL;
		bool y_null = y->type == VALUE_NULL;
		int order;

		if (x_null || y_null) {
			if (x_null != y_null)
				return x_null ? 1 : -1;
			continue;
		}
		order = value_compare(x, y);
		if (order != 0)
			return a->descending[i] ? -order : order;
	}
	return (a->position > b->position) - (a->position < b->position);
}

/* One "Attr[:asc|:desc]"; the attribute's index or -1. */
static int
order_part(const char *part, size_t length, const struct kind *kind,
    bool *descending)
{
	const char *colon = memchr(part, ':', length);
	size_t name = colon == NULL ? length : (size_t)(colon - part);
	size_t rest = length - name;

	*descending = rest == 5 && strncmp(colon, ":desc", 5) == 0;
	if (rest != 0 && !*descending &&
	    (rest != 4 || strncmp(colon, ":asc", 4) != 0))
		return -1;
	return name == 0 ? -1 : kind_attribute(kind, part, name);
}

static int
order_parse(const char *order, const struct kind *kind,
    const bool *barred, int attributes[ORDER_MAX], bool descending[ORDER_MAX],
    char error[QUERY_ERROR])
{
	int count = 0;
	size_t length;

	for (;; order += length + 1) {
		length = strcspn(order, ",");
		if (count == ORDER_MAX) {
			snprintf(error, QUERY_ERROR, "The orderBy parameter "
			    "has more than %d attributes.", ORDER_MAX);
			return -1;
		}
		attributes[count] = order_part(order, length, kind,
		    &descending[count]);
		if (attributes[count] == -1) {
			snprintf(error, QUERY_ERROR, "The orderBy parameter "
			    "isn't valid at \"%.*s\".",
			    (int)(length > 60 ? 60 : length), order);
			return -1;
		}
		if (barred != NULL && barred[attributes[count]]) {
			snprintf(error, QUERY_ERROR, "The orderBy parameter "
			    "isn't valid: %.60s isn't sortable.",
			    kind->attributes[attributes[count]]);
			return -1;
		}
		count++;
		if (order[length] == '\0')
			return count;
	}
}

int
order_apply(const char *order, const struct kind *kind,
    const bool *barred, const struct item **items, size_t count, char error[QUERY_ERROR])
{
	int attributes[ORDER_MAX], parts;
	bool descending[ORDER_MAX];
	struct value *values;
	struct row *rows;

	parts = order_parse(order, kind, barred, attributes, descending,
	    error);
	if (parts == -1 || count == 0)
		return parts == -1 ? -1 : 0;
	rows = calloc(count, sizeof(*rows));
	values = calloc(count * (size_t)parts, sizeof(*values));
	if (rows == NULL || values == NULL) {
		snprintf(error, QUERY_ERROR, "out of memory");
		free(rows);
		free(values);
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		rows[i] = (struct row){ items[i], i, &values[i *
		    (size_t)parts], descending, (size_t)parts };
		for (int j = 0; j < parts; j++)
			value_read(&values[i * (size_t)parts + (size_t)j],
			    items[i]->values[attributes[j]]);
	}
	qsort(rows, count, sizeof(*rows), row_compare);
	for (size_t i = 0; i < count; i++)
		items[i] = rows[i].item;
	for (size_t i = 0; i < count * (size_t)parts; i++)
		value_free(&values[i]);
	free(rows);
	free(values);
	return 0;
}
