/* SPDX-License-Identifier: MIT */
#include "record_version.h"

#include <sodium.h>
#include <stdlib.h>

#include "clock.h"

#define HASH_BYTES 8

/* An empty one may lack its items. */
static bool
is_collection(const struct json *json, json_node node)
{
	json_node items = json_member(json, node, "items");

	return json_type(json, items) == JSON_ARRAY || (items == JSON_NONE &&
	    json_member(json, node, "hasMore") != JSON_NONE);
}

/* Does it tell how a collection was paged? */
static bool
is_envelope(const struct json *json, json_node member)
{
	static const char *const names[] = { "count", "hasMore", "limit",
		"offset", "totalResults" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (json_named(json, member, names[i]))
			return true;
	return false;
}

/* What is hashed, put together.  Where it is what stands in the source, it is
 * taken from there in runs as long as can be: often one for a record. */
struct essence {
	const struct json *json;
	size_t from, to; /* the run that isn't in out yet */
	struct buffer *out;
};

static void
flush(struct essence *essence)
{
	buffer_append(essence->out, essence->json->text + essence->from,
	    essence->to - essence->from);
	essence->from = essence->to;
}

static void
span(struct essence *essence, size_t from, size_t to)
{
	if (from != essence->to) {
		flush(essence);
		essence->from = from;
	}
	essence->to = to;
}

static void
mark(struct essence *essence, char byte)
{
	if (essence->to < essence->json->length &&
	    essence->json->text[essence->to] == byte)
		essence->to++;
	else {
		flush(essence);
		buffer_append(essence->out, &byte, 1);
	}
}

/* Depth is bounded by JSON_DEPTH_MAX. */
static void
gather(struct essence *essence, json_node node)
{
	const struct json *json = essence->json;
	const struct json_value *value = &json->values[node];
	bool object = value->type == JSON_OBJECT, first = true, paged;
	json_node child;

	if (!object && value->type != JSON_ARRAY) {
		span(essence, value->start, value->end);
		return;
	}
	paged = object && is_collection(json, node);
	span(essence, value->start, value->start + 1);
	for (child = value->first; child != JSON_NONE; child = value->next) {
		value = &json->values[child];
		if ((paged && is_envelope(json, child)) ||
		    json_named(json, child, "links"))
			continue;
		if (!first)
			mark(essence, ',');
		first = false;
		if (object) {
			span(essence, (size_t)value->name,
			    (size_t)value->name_end);
			mark(essence, ':');
		}
		gather(essence, child);
	}
	mark(essence, object ? '}' : ']');
}

void
record_hash(const char *text, size_t length, char out[RECORD_HASH_TEXT])
{
	/* libsodium promises no shorter one; its first half serves as well. */
	unsigned char hash[crypto_generichash_BYTES_MIN];

	crypto_generichash(hash, sizeof(hash), (const unsigned char *)text,
	    length, NULL, 0);
	sodium_bin2hex(out, RECORD_HASH_TEXT, hash, HASH_BYTES);
}

int
record_version(const struct json *json, json_node record, const char *cursor,
    struct buffer *scratch, struct buffer *version)
{
	struct essence essence = { .json = json, .out = scratch };
	char hash[RECORD_HASH_TEXT], stamp[CLOCK_TEXT], *text = NULL;
	json_node node;
	int64_t ms;

	node = cursor == NULL ? JSON_NONE : json_member(json, record, cursor);
	if (json_type(json, node) == JSON_STRING)
		text = json_dup(json, node);
	if (text != NULL && clock_parse(text, &ms) == 0) {
		clock_format(ms, stamp);
		buffer_puts(version, stamp);
	}
	free(text);
	buffer_clear(scratch);
	gather(&essence, record);
	flush(&essence);
	if (scratch->failed)
		return -1;
	record_hash(scratch->data, scratch->length, hash);
	buffer_puts(version, "~");
	return buffer_puts(version, hash);
}
