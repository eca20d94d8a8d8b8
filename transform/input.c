/* SPDX-License-Identifier: MIT */
#include "transform/input.h"

#include <stdlib.h>
#include <string.h>

#include "line.h"
#include "list.h"
#include "record_key.h"
#include "record_version.h"

#define NAME_MAX_BYTES 256
#define CURRENCY_MAX 64

void
input_open(struct input *input)
{
	*input = (struct input){ .record = JSON_NONE, .amount = JSON_NONE };
	buffer_init(&input->stream, NAME_MAX_BYTES);
	buffer_init(&input->id, INPUT_ID_MAX);
	buffer_init(&input->version, 64);
	buffer_init(&input->currency, CURRENCY_MAX);
	buffer_init(&input->hashed, LINE_MAX_BYTES);
}

static void
stream_free(struct input_stream *stream)
{
	size_t i;

	for (i = 0; i < stream->key_count; i++)
		free(stream->key[i]);
	free(stream->name);
	free(stream->cursor);
	free(stream->amount);
	free(stream->currency);
	*stream = (struct input_stream){ 0 };
}

void
input_close(struct input *input)
{
	size_t i;

	for (i = 0; i < input->count; i++)
		stream_free(&input->streams[i]);
	free(input->streams);
	json_free(&input->json);
	buffer_free(&input->stream);
	buffer_free(&input->id);
	buffer_free(&input->version);
	buffer_free(&input->currency);
	buffer_free(&input->hashed);
	*input = (struct input){ 0 };
}

static struct input_stream *
find(const struct input *input, const char *name)
{
	size_t i;

	for (i = 0; i < input->count; i++)
		if (strcmp(input->streams[i].name, name) == 0)
			return &input->streams[i];
	return NULL;
}

/* A free row; NULL: *error says why. */
static struct input_stream *
add(struct input *input, struct error *error)
{
	struct input_stream *streams;

	if (input->count == INPUT_STREAMS_MAX) {
		error_set(error, EXIT_DATA, "more than %d streams",
		    INPUT_STREAMS_MAX);
		return NULL;
	}
	streams = list_grow(input->streams, input->count, &input->capacity,
	    sizeof(*streams));
	if (streams == NULL) {
		error_set(error, EXIT_SYSTEM, "out of memory");
		return NULL;
	}
	input->streams = streams;
	return &input->streams[input->count++];
}

static char *
dup_name(const struct json *json, json_node node)
{
	return json_type(json, node) == JSON_STRING ? json_dup(json, node) :
	    NULL;
}

/* The SCHEMA on the line; it replaces an earlier one of its stream. */
static int
schema(struct input *input, struct error *error)
{
	const struct json *json = &input->json;
	json_node keys = json_member(json, 0, "key_properties"), node;
	struct input_stream fresh = { 0 }, *row;

	if (json_count(json, keys) == 0 || json_count(json, keys) >
	    INPUT_KEY_MAX || json_type(json, keys) != JSON_ARRAY)
		return error_set(error, EXIT_DATA, "a SCHEMA needs "
		    "key_properties, an array of 1 to %d names", INPUT_KEY_MAX);
	for (node = json_first(json, keys); node != JSON_NONE;
	    node = json_next(json, node)) {
		if (json_type(json, node) != JSON_STRING) {
			stream_free(&fresh);
			return error_set(error, EXIT_DATA,
			    "a SCHEMA's key_properties must be strings");
		}
		fresh.key[fresh.key_count] = json_dup(json, node);
		if (fresh.key[fresh.key_count++] == NULL)
			goto memory;
	}
	fresh.name = strdup(buffer_text(&input->stream));
	fresh.cursor = dup_name(json, json_first(json,
	    json_member(json, 0, "bookmark_properties")));
	fresh.amount = dup_name(json, json_member(json, 0, "amount_property"));
	fresh.currency = dup_name(json,
	    json_member(json, 0, "currency_property"));
	row = find(input, buffer_text(&input->stream));
	if (fresh.name == NULL)
		goto memory;
	if (input->closed) {
		stream_free(&fresh);
		return 0;
	}
	if (row != NULL)
		stream_free(row);
	else if ((row = add(input, error)) == NULL) {
		stream_free(&fresh);
		return -1;
	}
	*row = fresh;
	return 0;
memory:
	stream_free(&fresh);
	return error_set(error, EXIT_SYSTEM, "out of memory");
}

static int
record_id(struct input *input, const struct input_stream *stream,
    struct error *error)
{
	const struct json *json = &input->json;
	struct buffer part;
	size_t i, length;
	const char *text;
	json_node node;
	int rc = 0;

	buffer_init(&part, INPUT_ID_MAX);
	for (i = 0; i < stream->key_count && rc == 0; i++) {
		node = json_member(json, input->record, stream->key[i]);
		if (i > 0)
			buffer_puts(&input->id, ":");
		buffer_clear(&part);
		if (json_type(json, node) == JSON_STRING)
			json_decode(json, node, &part);
		else if (json_type(json, node) == JSON_NUMBER) {
			text = json_raw(json, node, &length);
			buffer_append(&part, text, length);
		}
		if (!part.failed && part.length == 0)
			rc = error_set(error, EXIT_DATA, "a record of '%s' "
			    "lacks its key '%s'", stream->name, stream->key[i]);
		else if (!part.failed && record_key_append(&input->id,
		    part.data, part.length, stream->key_count > 1) == -1 &&
		    !input->id.failed)
			rc = error_set(error, EXIT_DATA, "a record of '%s' "
			    "has a control character in its key '%s'",
			    stream->name, stream->key[i]);
		else if (part.failed || input->id.failed)
			rc = error_set(error, EXIT_DATA, "a record of '%s' "
			    "has a key of more than %d bytes", stream->name,
			    INPUT_ID_MAX);
	}
	buffer_free(&part);
	return rc;
}

/* Does the line itself say who its record is?  Then that is what it was called
 * when it was read, and no SCHEMA is needed.  1: yes, -1: but it can't be. */
static int
says_name(struct input *input, struct error *error)
{
	const struct json *json = &input->json;
	json_node id = json_member(json, 0, "record_id");
	json_node version = json_member(json, 0, "record_version");

	if (json_type(json, id) != JSON_STRING ||
	    json_type(json, version) != JSON_STRING)
		return 0;
	buffer_clear(&input->hashed);
	json_decode(json, id, &input->hashed);
	json_decode(json, version, &input->version);
	return record_key_append(&input->id, buffer_text(&input->hashed),
	    input->hashed.length, false) == -1 || input->version.failed ?
	    error_set(error, EXIT_DATA, "a RECORD of '%.100s' has no good "
	    "record_id or record_version", buffer_text(&input->stream)) : 1;
}

static int
record(struct input *input, struct error *error)
{
	const struct json *json = &input->json;
	const struct input_stream *stream;
	json_node node;
	int rc;

	if (json_type(json, input->record) != JSON_OBJECT)
		return error_set(error, EXIT_DATA, "a RECORD of '%.100s' has "
		    "no object 'record'", buffer_text(&input->stream));
	if ((rc = says_name(input, error)) != 0)
		return rc == -1 ? -1 : 0;
	stream = find(input, buffer_text(&input->stream));
	if (stream == NULL)
		return error_set(error, EXIT_DATA, "a RECORD comes before the "
		    "SCHEMA of its stream '%.100s'",
		    buffer_text(&input->stream));
	if (record_id(input, stream, error) == -1)
		return -1;
	if (record_version(json, input->record, stream->cursor,
	    &input->hashed, &input->version) == -1)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	if (stream->amount != NULL) {
		node = json_member(json, input->record, stream->amount);
		if (json_type(json, node) == JSON_NUMBER)
			input->amount = node;
	}
	if (stream->currency != NULL) {
		node = json_member(json, input->record, stream->currency);
		json_decode(json, node, &input->currency);
		input->has_currency = input->currency.length > 0 &&
		    !input->currency.failed;
	}
	return 0;
}

static int
stream_name(struct input *input, const char *type, struct error *error)
{
	json_node node = json_member(&input->json, 0, "stream");

	json_decode(&input->json, node, &input->stream);
	if (!input->stream.failed && input->stream.length > 0)
		return 0;
	buffer_clear(&input->stream);
	return error_set(error, EXIT_DATA, "a %s needs a stream, a string of "
	    "1 to %d bytes", type, NAME_MAX_BYTES);
}

enum input_kind
input_read(struct input *input, const char *text, size_t length,
    struct error *error)
{
	json_node type;

	buffer_clear(&input->stream);
	buffer_clear(&input->id);
	buffer_clear(&input->version);
	buffer_clear(&input->currency);
	input->record = input->amount = JSON_NONE;
	input->has_currency = false;
	if (json_parse(&input->json, text, length, error) == -1)
		return INPUT_BAD;
	type = json_member(&input->json, 0, "type");
	if (json_type(&input->json, 0) != JSON_OBJECT ||
	    json_type(&input->json, type) != JSON_STRING) {
		error_set(error, EXIT_DATA, "not a Singer message: an object "
		    "with a string 'type' is needed");
		return INPUT_BAD;
	}
	if (json_is(&input->json, type, "STATE"))
		return INPUT_STATE;
	if (json_is(&input->json, type, "RECORD")) {
		input->record = json_member(&input->json, 0, "record");
		return stream_name(input, "RECORD", error) == 0 &&
		    record(input, error) == 0 ? INPUT_RECORD : INPUT_BAD;
	}
	if (json_is(&input->json, type, "SCHEMA"))
		return stream_name(input, "SCHEMA", error) == 0 &&
		    schema(input, error) == 0 ? INPUT_SCHEMA : INPUT_BAD;
	return INPUT_UNKNOWN;
}
