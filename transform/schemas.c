/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memmem */
#include "transform/schemas.h"

#include <stdlib.h>
#include <string.h>

#include "transform/frame.h"
#include "list.h"

void
schemas_open(struct schemas *schemas)
{
	*schemas = (struct schemas){ 0 };
	input_open(&schemas->input);
}

void
schemas_close(struct schemas *schemas)
{
	size_t i;

	for (i = 0; i < schemas->count; i++) {
		free(schemas->rows[i].stream);
		free(schemas->rows[i].text);
	}
	free(schemas->rows);
	input_close(&schemas->input);
	*schemas = (struct schemas){ 0 };
}

static struct schema *
find(const struct schemas *schemas, const char *stream)
{
	size_t i;

	for (i = 0; i < schemas->count; i++)
		if (strcmp(schemas->rows[i].stream, stream) == 0)
			return &schemas->rows[i];
	return NULL;
}

enum schemas_line
schemas_look(struct schemas *schemas, const char *text, size_t length)
{
	static const char word[] = "SCHEMA";
	const struct schema *row;
	struct error why;

	/* Parsing what can't be one would cost as much as all the rest. (One
	 * that writes its type with escapes is refused by the worker.) */
	if (memmem(text, length, word, sizeof(word) - 1) == NULL)
		return SCHEMAS_NONE;
	if (input_read(&schemas->input, text, length, &why) != INPUT_SCHEMA)
		return SCHEMAS_NONE;
	row = find(schemas, buffer_text(&schemas->input.stream));
	return row != NULL && row->length == length &&
	    memcmp(row->text, text, length) == 0 ? SCHEMAS_KNOWN : SCHEMAS_NEW;
}

static struct schema *
add(struct schemas *schemas, const char *stream)
{
	struct schema *rows = list_grow(schemas->rows, schemas->count,
	    &schemas->capacity, sizeof(*rows));
	char *name;

	if (rows == NULL)
		return NULL;
	schemas->rows = rows;
	if ((name = strdup(stream)) == NULL)
		return NULL;
	rows = &schemas->rows[schemas->count++];
	*rows = (struct schema){ .stream = name };
	return rows;
}

int
schemas_keep(struct schemas *schemas, const char *text, size_t length)
{
	const char *stream = buffer_text(&schemas->input.stream);
	struct schema *row = find(schemas, stream);
	char *copy = malloc(length + 1);

	if (copy == NULL ||
	    (row == NULL && (row = add(schemas, stream)) == NULL)) {
		free(copy);
		return -1;
	}
	memcpy(copy, text, length);
	copy[length] = '\0';
	free(row->text);
	row->text = copy;
	row->length = length;
	row->number = ++schemas->number;
	return 0;
}

void
schemas_send(const struct schemas *schemas, uint64_t number,
    struct buffer *send)
{
	struct frame frame = { .kind = FRAME_SCHEMA };
	size_t i;

	for (i = 0; i < schemas->count; i++) {
		if (schemas->rows[i].number <= number)
			continue;
		frame.length = (uint32_t)schemas->rows[i].length;
		buffer_append(send, &frame, sizeof(frame));
		buffer_append(send, schemas->rows[i].text,
		    schemas->rows[i].length);
	}
}
