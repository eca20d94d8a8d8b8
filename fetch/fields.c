/* SPDX-License-Identifier: MIT */
#include "fetch/fields.h"

#include <string.h>

bool
fields_next(const char **list, struct field *field)
{
	const char *at = *list;
	size_t length;

	if (*at == '\0')
		return false;
	if (field->name == NULL || *at == ';') {
		at += *at == ';';
		length = strcspn(at, ":,;");
		field->child = at;
		field->child_length = at[length] == ':' ? length : 0;
		at += at[length] == ':' ? length + 1 : 0;
	} else
		at++; /* a comma */
	field->name = at;
	field->name_length = strcspn(at, ",;");
	*list = at + field->name_length;
	return true;
}

bool
fields_have(const char *list, const char *name, size_t length)
{
	struct field field = { 0 };

	while (list != NULL && fields_next(&list, &field))
		if (field.child_length == 0 && field.name_length == length &&
		    memcmp(field.name, name, length) == 0)
			return true;
	return false;
}

/* The names of list that belong to the record itself, behind those that stand
 * in out from start on. */
static void
merge_own(struct buffer *out, size_t start, const char *list)
{
	struct field field = { 0 };

	while (list != NULL && fields_next(&list, &field)) {
		if (field.child_length > 0 || fields_have(buffer_text(out) +
		    start, field.name, field.name_length))
			continue;
		if (out->length > start)
			buffer_puts(out, ",");
		buffer_append(out, field.name, field.name_length);
	}
}

void
fields_merge(struct buffer *out, const char *list, const char *more)
{
	struct field field = { 0 };
	const char *child = NULL;
	size_t start = out->length;

	merge_own(out, start, list);
	merge_own(out, start, more);
	while (fields_next(&list, &field)) {
		if (field.child_length == 0)
			continue;
		if (field.child == child)
			buffer_puts(out, ",");
		else
			buffer_printf(out, ";%.*s:", (int)field.child_length,
			    field.child);
		child = field.child;
		buffer_append(out, field.name, field.name_length);
	}
}
