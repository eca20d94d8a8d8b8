/* SPDX-License-Identifier: MIT */
#include "sandbox/data.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "clock.h"

#define BLOCK_SIZE ((size_t)1 << 20)
#define TEXT_MAX ((size_t)2 << 20) /* --bulk-size, quoted */
#define DAY_MS (24 * 3600 * 1000LL)

struct block {
	struct block *next;
	size_t used, size;
	max_align_t bytes[];
};

static void *
arena_take(struct data *data, size_t size)
{
	struct block *block = data->arena;
	size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
	void *taken;

	size = (size + 7) & ~(size_t)7;
	if (block == NULL || block->size - block->used < size) {
		room = (room + 7) & ~(size_t)7;
		block = calloc(1, sizeof(*block) + room);
		if (block == NULL) {
			data->failed = true;
			return NULL;
		}
		block->size = room;
		block->next = data->arena;
		data->arena = block;
	}
	taken = (char *)block->bytes + block->used;
	block->used += size;
	return taken;
}

static const char *
arena_text(struct data *data, const char *text, size_t length)
{
	char *copy;

	if (length == 4 && memcmp(text, "null", 4) == 0)
		return "null";
	copy = arena_take(data, length + 1);
	if (copy == NULL)
		return "null";
	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

int
data_init(struct data *data, uint64_t seed, const size_t counts[])
{
	int64_t now = clock_wall_ms();

	memset(data, 0, sizeof(*data));
	data->seed = seed;
	data->base_ms = now - now % DAY_MS;
	for (int stream = 0; stream < STREAM_COUNT; stream++)
		for (size_t i = 0; i < counts[stream] && stream != BULK; i++)
			if (generate(data, (enum stream)stream, -1) == NULL)
				return -1;
	return 0;
}

void
list_free(struct list *list)
{
	for (size_t i = 0; i < list->count; i++)
		for (size_t j = 0; j < KIND_CHILDREN_MAX; j++)
			list_free(&list->items[i]->children[j]);
	free(list->items);
}

void
data_free(struct data *data)
{
	struct block *block;

	for (int stream = 0; stream < STREAM_COUNT; stream++) {
		list_free(&data->lists[stream]);
		free(data->past[stream].versions);
	}
	while ((block = data->arena) != NULL) {
		data->arena = block->next;
		free(block);
	}
}

int
kind_attribute(const struct kind *kind, const char *name, size_t length)
{
	for (int i = 0; kind->attributes[i] != NULL; i++)
		if (strncmp(kind->attributes[i], name, length) == 0 &&
		    kind->attributes[i][length] == '\0')
			return i;
	return -1;
}

int
kind_child(const struct kind *kind, const char *name, size_t length)
{
	for (int i = 0; kind->children[i] != NULL; i++)
		if (strncmp(kind->children[i]->name, name, length) == 0 &&
		    kind->children[i]->name[length] == '\0')
			return i;
	return -1;
}

bool
kind_is_stamp(const struct kind *kind, const char *attribute)
{
	return strcmp(attribute, "LastUpdateDate") == 0 ||
	    strcmp(attribute, "CreationDate") == 0 ||
	    strcmp(attribute, "OrderDate") == 0 || (kind == &kind_hold &&
	    (strcmp(attribute, "HoldDate") == 0 ||
	    strcmp(attribute, "ReleaseDate") == 0));
}

int
stream_find(const char *name, size_t length)
{
	for (int i = 0; i < STREAM_COUNT; i++)
		if (strncmp(stream_kinds[i]->name, name, length) == 0 &&
		    stream_kinds[i]->name[length] == '\0')
			return i;
	return -1;
}

const char *
stream_application(enum stream stream)
{
	return stream == WORKERS ? "hcmRestApi" : "fscmRestApi";
}

const char *
item_value(const struct item *item, const char *attribute)
{
	int i = kind_attribute(item->kind, attribute, strlen(attribute));

	return i == -1 ? "null" : item->values[i];
}

struct item *
list_find(const struct list *list, const char *key, size_t length)
{
	const char *value;
	char *end;
	unsigned long position;

	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i]->kind->key == NULL)
			break;
		value = item_value(list->items[i], list->items[i]->kind->key);
		if (strlen(value) == length && memcmp(value, key, length) == 0)
			return list->items[i];
	}
	position = strtoul(key, &end, 10);
	if (end != key + length || position == 0 || position > list->count)
		return NULL;
	return list->items[position - 1];
}

struct item *
data_add(struct data *data, struct list *list, const struct kind *kind)
{
	struct item **items, *item;
	size_t count = 0, capacity;

	while (kind->attributes[count] != NULL)
		count++;
	if (list->count == list->capacity) {
		capacity = list->capacity == 0 ? 4 : list->capacity * 2;
		items = realloc(list->items, capacity * sizeof(struct item *));
		if (items == NULL) {
			data->failed = true;
			return NULL;
		}
		list->items = items;
		list->capacity = capacity;
	}
	item = arena_take(data, sizeof(*item));
	if (item == NULL)
		return NULL;
	memset(item, 0, sizeof(*item));
	item->kind = kind;
	item->values = arena_take(data, count * sizeof(*item->values));
	if (item->values == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++)
		item->values[i] = "null";
	return list->items[list->count++] = item;
}

static void
set_raw(struct data *data, struct item *item, const char *attribute,
    const char *text, size_t length)
{
	int i = kind_attribute(item->kind, attribute, strlen(attribute));

	if (i == -1) {
		fprintf(stderr, "sandbox: %s has no attribute %s\n",
		    item->kind->name, attribute);
		abort();
	}
	item->values[i] = arena_text(data, text, length);
}

void
data_set(struct data *data, struct item *item, const char *attribute,
    const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	set_raw(data, item, attribute, text, strlen(text));
}

void
data_set_text(struct data *data, struct item *item, const char *attribute,
    const char *text)
{
	struct buffer json;

	buffer_init(&json, TEXT_MAX);
	if (text == NULL)
		buffer_puts(&json, "null");
	else
		buffer_json_string(&json, text, strlen(text));
	set_raw(data, item, attribute, buffer_text(&json), json.length);
	buffer_free(&json);
}

void
stamp_format(int64_t ms, char out[STAMP_TEXT])
{
	char text[CLOCK_TEXT];

	clock_format(ms, text);
	/* YYYY-MM-DDThh:mm:ss.mmmZ */
	snprintf(out, STAMP_TEXT, "%.*s+00:00", ms % 1000 == 0 ? 19 : 23,
	    text);
}

void
data_set_stamp(struct data *data, struct item *item, const char *attribute,
    int64_t ms)
{
	char text[STAMP_TEXT];

	stamp_format(ms, text);
	data_set_text(data, item, attribute, text);
	if (strcmp(attribute, "LastUpdateDate") == 0 && ms > data->latest_ms)
		data->latest_ms = ms;
}

void
data_changed(struct data *data, enum stream stream, struct item *item)
{
	struct past *past = &data->past[stream];
	struct version *versions;
	size_t capacity;

	if (past->count == past->capacity) {
		capacity = past->capacity == 0 ? 64 : past->capacity * 2;
		versions = realloc(past->versions,
		    capacity * sizeof(*versions));
		if (versions == NULL) {
			data->failed = true;
			return;
		}
		past->versions = versions;
		past->capacity = capacity;
	}
	item->changes++;
	past->versions[past->count++] = (struct version){
	    item_value(item, item->kind->key),
	    item_value(item, "LastUpdateDate"), item->changes };
}

int64_t
data_later(const struct data *data)
{
	return data->latest_ms + 1000;
}

static int
update_children(struct data *data, struct list *list, const struct json *json,
    json_node array, char what[128])
{
	json_node node = json_first(json, array);

	for (size_t i = 0; node != JSON_NONE; i++) {
		if (i == list->count) {
			snprintf(what, 128, "there are only %zu %s", i,
			    i == 0 ? "children" : list->items[0]->kind->name);
			return -1;
		}
		if (data_update(data, list->items[i], json, node, what) == -1)
			return -1;
		node = json_next(json, node);
	}
	return 0;
}

int
data_update(struct data *data, struct item *item, const struct json *json,
    json_node object, char what[128])
{
	struct buffer name;
	const char *raw;
	json_node node;
	size_t length;
	int child, rc = 0;

	if (json_type(json, object) != JSON_OBJECT) {
		snprintf(what, 128, "an object of attributes is needed");
		return -1;
	}
	buffer_init(&name, 4096);
	for (node = json_first(json, object); node != JSON_NONE && rc == 0;
	    node = json_next(json, node)) {
		buffer_clear(&name);
		json_decode_name(json, node, &name);
		child = kind_child(item->kind, buffer_text(&name),
		    name.length);
		raw = json_raw(json, node, &length);
		if (child != -1)
			rc = update_children(data, &item->children[child],
			    json, node, what);
		else if (kind_attribute(item->kind, buffer_text(&name),
		    name.length) == -1 || json_first(json, node) != JSON_NONE)
			rc = -1;
		else
			set_raw(data, item, buffer_text(&name), raw, length);
		if (rc == -1 && child == -1)
			snprintf(what, 128, "%s has no attribute %.60s",
			    item->kind->name, buffer_text(&name));
	}
	buffer_free(&name);
	return rc;
}
