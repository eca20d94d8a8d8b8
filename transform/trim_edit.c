/* SPDX-License-Identifier: MIT */
#include "transform/trim_edit.h"

#include <stdlib.h>
#include <string.h>

/* A note is known again by being written just so. */
#define MORE "and %zu more %.*s"
static const struct {
	const char *before, *after, *word;
} notes[] = {
	[EDIT_BLOCKS] = { "{\"type\":\"context\",\"elements\":["
	    "{\"type\":\"plain_text\",\"text\":\"",
	    "\",\"emoji\":false}]}", "blocks" },
	[EDIT_ATTACHMENTS] = { "{\"text\":\"", "\"}", "attachments" },
	[EDIT_CONTEXT] = { "{\"type\":\"plain_text\",\"text\":\"",
	    "\",\"emoji\":false}", "items" },
	[EDIT_CELLS] = { "{\"type\":\"raw_text\",\"text\":\"", "\"}",
	    "cells" },
};

void
edit_open(struct edit *edit, struct buffer *text, struct json *json)
{
	*edit = (struct edit){ .text = text, .json = json };
	buffer_init(&edit->fresh, text->ceiling);
}

void
edit_close(struct edit *edit)
{
	buffer_free(&edit->fresh);
}

int
edit_finish(struct edit *edit, struct error *error)
{
	struct buffer old = *edit->text;

	edit_keep(edit, old.length);
	edit->at = 0;
	if (edit->fresh.failed)
		return error_set(error, EXIT_DATA, "too large to be trimmed");
	*edit->text = edit->fresh;
	edit->fresh = old;
	buffer_clear(&edit->fresh);
	return json_parse(edit->json, edit->text->data, edit->text->length,
	    error);
}

void
edit_keep(struct edit *edit, size_t end)
{
	buffer_append(&edit->fresh, edit->text->data + edit->at,
	    end - edit->at);
	edit->at = end;
}

void
edit_skip(struct edit *edit, size_t end)
{
	edit->at = end;
}

void
edit_copy(struct edit *edit, json_node node)
{
	size_t length;
	const char *raw = json_raw(edit->json, node, &length);

	buffer_append(&edit->fresh, raw, length);
}

size_t
edit_length(const struct json *json, json_node node)
{
	return json->values[node].end - json->values[node].start;
}

json_node
edit_parent(const struct json *json, json_node node)
{
	json_node parent = node - 1;

	while (parent >= 0 && json->values[parent].end <=
	    json->values[node].end)
		parent--;
	return parent;
}

size_t
edit_end_of(const struct json *json, json_node array, size_t index)
{
	json_node node = json_first(json, array);
	size_t end = json->values[array].start + 1;

	for (; index > 0; index--, node = json_next(json, node))
		end = json->values[node].end;
	return end;
}

static void
write_note(struct buffer *out, size_t more, const char *word,
    enum edit_array kind)
{
	buffer_puts(out, notes[kind].before);
	/* Words are plurals in s. */
	buffer_printf(out, MORE, more, (int)strlen(word) - (more == 1), word);
	buffer_puts(out, notes[kind].after);
}

/* How many things a note tells of; 0: it is none. */
static size_t
note_count(const struct json *json, json_node node, const char *word,
    enum edit_array kind)
{
	size_t length, skip = strlen(notes[kind].before) + strlen("and ");
	const char *raw = json_raw(json, node, &length);
	struct buffer same;
	size_t more;
	bool is_note;

	if (length <= skip || memcmp(raw, notes[kind].before,
	    strlen(notes[kind].before)) != 0)
		return 0;
	more = strtoul(raw + skip, NULL, 10);
	buffer_init(&same, 256);
	write_note(&same, more, word, kind);
	is_note = !same.failed && same.length == length &&
	    memcmp(same.data, raw, length) == 0;
	buffer_free(&same);
	return is_note ? more : 0;
}

static json_node
last_of(const struct json *json, json_node array)
{
	json_node node, last = JSON_NONE;

	for (node = json_first(json, array); node != JSON_NONE;
	    node = json_next(json, node))
		last = node;
	return last;
}

size_t
edit_count(const struct json *json, json_node array, enum edit_array kind)
{
	size_t count = json_count(json, array);

	return count > 0 && note_count(json, last_of(json, array),
	    notes[kind].word, kind) > 0 ? count - 1 : count;
}

int
edit_keep_items(struct edit *edit, json_node array, size_t keep,
    enum edit_array kind)
{
	const struct json *json = edit->json;
	json_node last = last_of(json, array);
	size_t told = note_count(json, last, notes[kind].word, kind);
	size_t more = json_count(json, array) - (told > 0) - keep + told;

	edit_keep(edit, edit_end_of(json, array, keep));
	if (keep > 0)
		buffer_puts(&edit->fresh, ",");
	write_note(&edit->fresh, more, notes[kind].word, kind);
	edit_skip(edit, json->values[last].end);
	return 0;
}

/* The block, of the message or of an attachment, that node is in. */
static json_node
block_around(const struct json *json, json_node node)
{
	json_node parent, block = JSON_NONE;

	for (; node > 0; node = parent) {
		parent = edit_parent(json, node);
		if (json_named(json, parent, "blocks") &&
		    json_type(json, parent) == JSON_ARRAY)
			block = node;
	}
	return block;
}

/* What is left out of an array, by its name; NULL: nothing that is seen. */
static const char *
word_for(const struct json *json, json_node array)
{
	static const char *const names[][2] = { { "rows", "rows" },
		{ "options", "options" }, { "option_groups", "groups" },
		{ "actions", "buttons" }, { "column_settings", NULL } };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (json_named(json, array, names[i][0]))
			return names[i][1];
	return "items";
}

int
edit_keep_noted(struct edit *edit, json_node array, size_t keep)
{
	const struct json *json = edit->json;
	json_node block = block_around(json, array), next;
	size_t count = json_count(json, array), told = 0;
	const char *word = word_for(json, array);

	if (block == JSON_NONE)
		return -1;
	next = json_next(json, block);
	if (next != JSON_NONE && word != NULL)
		told = note_count(json, next, word, EDIT_BLOCKS);
	edit_keep(edit, edit_end_of(json, array, keep));
	edit_skip(edit, edit_end_of(json, array, count));
	if (word == NULL)
		return 0;
	edit_keep(edit, json->values[block].end);
	buffer_puts(&edit->fresh, ",");
	write_note(&edit->fresh, count - keep + told, word, EDIT_BLOCKS);
	if (told > 0)
		edit_skip(edit, json->values[next].end);
	return 0;
}

int
edit_replace_by_note(struct edit *edit, json_node block, const char *word)
{
	edit_keep(edit, edit->json->values[block].start);
	write_note(&edit->fresh, 1, word, EDIT_BLOCKS);
	edit_skip(edit, edit->json->values[block].end);
	return 0;
}
