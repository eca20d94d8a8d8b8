/* SPDX-License-Identifier: MIT */
#include "fetch/row.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "record_key.h"

/* Append the value of one of the key's attributes. */
static int
part(const struct stream *stream, const struct json *json, json_node node,
    const char *name, struct buffer *id, struct error *error)
{
	enum json_type type = json_type(json, node);
	struct buffer text;
	const char *raw;
	size_t length;
	int rc;

	if (node == JSON_NONE || type == JSON_NULL)
		return error_set(error, EXIT_PROTOCOL, "stream %s: a record "
		    "has no %s; check oracle.streams.%s.key", stream->name,
		    name, stream->name);
	buffer_init(&text, ROW_ID_MAX);
	raw = json_raw(json, node, &length);
	if (type == JSON_STRING) {
		json_decode(json, node, &text);
		raw = buffer_text(&text);
		length = text.length;
	} else if (type != JSON_NUMBER)
		length = 0;
	if (id->length > 0)
		buffer_puts(id, ":");
	rc = text.failed ? -1 : record_key_append(id, raw, length,
	    strchr(stream->key, ',') != NULL);
	if (text.failed || id->failed)
		error_set(error, EXIT_PROTOCOL, "stream %s: the %s of a record "
		    "makes its key longer than %d bytes; check "
		    "oracle.streams.%s.key", stream->name, name, ROW_ID_MAX,
		    stream->name);
	else if (rc == -1)
		error_set(error, EXIT_PROTOCOL, "stream %s: the %s of a record "
		    "can't be its key, which is a number, or a string with "
		    "something in it and no control character; check "
		    "oracle.streams.%s.key", stream->name, name,
		    stream->name);
	buffer_free(&text);
	return rc;
}

char *
row_id(const struct stream *stream, const struct json *json, json_node row,
    struct error *error)
{
	const char *key = stream->key;
	char name[STREAM_NAME_MAX + 1];
	struct buffer id;
	size_t length;

	buffer_init(&id, ROW_ID_MAX);
	while (*key != '\0') {
		length = strcspn(key, ",");
		memcpy(name, key, length);
		name[length] = '\0';
		if (part(stream, json, json_member(json, row, name), name, &id,
		    error) == -1) {
			buffer_free(&id);
			return NULL;
		}
		key += length + (key[length] == ',');
	}
	return id.data;
}

int
row_stamp(const struct stream *stream, const struct json *json,
    json_node row, const char *id, int64_t *stamp_ms, struct error *error)
{
	char *text = json_dup(json, json_member(json, row, stream->cursor));
	int rc = text != NULL ? clock_parse(text, stamp_ms) : -1;

	if (rc == -1)
		error_set(error, EXIT_PROTOCOL, "stream %s: record %s has no "
		    "time in %s: its stamp can't carry the bookmark",
		    stream->name, id, stream->cursor);
	free(text);
	return rc;
}
