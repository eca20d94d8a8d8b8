/* SPDX-License-Identifier: MIT */
/* A row as an object, in which what is JSON stands as it is. */
#include <string.h>

#include "auditctl/auditctl.h"
#include "buffer.h"
#include "json.h"

/* Do these columns hold JSON? */
static bool
holds_json(const char *name)
{
	return strcmp(name, "payload") == 0 || strcmp(name, "delivery") == 0 ||
	    strcmp(name, "detail") == 0;
}

/* JSON as it was written, but on one line: outside of strings, the only place
 * where a line can end, white space means nothing.  What is none is a string. */
static void
json_value(struct buffer *out, const char *text)
{
	struct json json = { 0 };
	struct error ignored;
	size_t start = out->length, i;

	if (json_parse(&json, text, strlen(text), &ignored) == -1)
		buffer_json_string(out, text, strlen(text));
	else if (buffer_puts(out, text) == 0)
		for (i = start; i < out->length; i++)
			if (out->data[i] == '\n' || out->data[i] == '\r')
				out->data[i] = ' ';
	json_free(&json);
}

void
rows_members(struct buffer *row, struct statement *statement)
{
	int column;

	for (column = 0; column < db_columns(statement); column++) {
		const char *name = db_column_name(statement, column);
		const char *text = db_text(statement, column);

		if (text != NULL && holds_json(name)) {
			buffer_json_name(row, name);
			json_value(row, text);
		} else
			rows_member(row, statement, column);
	}
}
