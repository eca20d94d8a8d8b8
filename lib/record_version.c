/* SPDX-License-Identifier: MIT */
#include "record_version.h"

#include <sodium.h>
#include <stdlib.h>

#include "clock.h"

#define HASH_BYTES 8

/* Does it tell how a collection was paged? */
static bool
is_envelope(const struct json *json, json_node member)
{
	static const char *const names[] = { "count", "hasMore", "limit",
		"offset", "totalResults", "links" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (json_named(json, member, names[i]))
			return true;
	return false;
}

/* Append what is hashed of a value.  Depth is bounded by JSON_DEPTH_MAX. */
static void
essence(const struct json *json, json_node node, struct buffer *out)
{
	const struct json_value *value = &json->values[node];
	bool object = value->type == JSON_OBJECT, first = true, paged;
	json_node child;

	if (!object && value->type != JSON_ARRAY) {
		buffer_append(out, json->text + value->start,
		    value->end - value->start);
		return;
	}
	paged = object && json_type(json, json_member(json, node, "items")) ==
	    JSON_ARRAY;
	buffer_puts(out, object ? "{" : "[");
	for (child = value->first; child != JSON_NONE;
	    child = json_next(json, child)) {
		if (paged && is_envelope(json, child))
			continue;
		if (!first)
			buffer_puts(out, ",");
		first = false;
		if (object) {
			buffer_append(out, json->text +
			    json->values[child].name,
			    (size_t)(json->values[child].name_end -
			    json->values[child].name));
			buffer_puts(out, ":");
		}
		essence(json, child, out);
	}
	buffer_puts(out, object ? "}" : "]");
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
	essence(json, record, scratch);
	if (scratch->failed)
		return -1;
	record_hash(scratch->data, scratch->length, hash);
	return buffer_printf(version, "~%s", hash);
}
