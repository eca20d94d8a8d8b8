/* SPDX-License-Identifier: MIT */
#include "fetch/streams.h"

#include <stdlib.h>
#include <string.h>

#include "fetch/built_in.h"
#include "fetch/fields.h"

#define FRAMEWORK_VERSION 4

static bool
wanted(const char *name, const char *const *only, size_t only_count)
{
	for (size_t i = 0; i < only_count; i++)
		if (strcmp(only[i], name) == 0)
			return true;
	return only_count == 0;
}

static bool
loaded(const struct streams *streams, const char *name)
{
	for (size_t i = 0; i < streams->count; i++)
		if (strcmp(streams->list[i].name, name) == 0)
			return true;
	return false;
}

static int
names_load(struct streams *streams, const struct config *config,
    json_node object, const char *const *only, size_t only_count,
    struct error *error)
{
	const struct json *json = &config->json;
	struct buffer name;
	json_node node;
	int rc = 0;

	buffer_init(&name, 128);
	for (node = json_first(json, object); rc == 0 && node != JSON_NONE;
	    node = json_next(json, node)) {
		buffer_clear(&name);
		if (json_decode_name(json, node, &name) == -1)
			rc = error_set(error, EXIT_CONFIG,
			    "a name in oracle.streams is too long");
		else if (wanted(buffer_text(&name), only, only_count))
			rc = stream_load(&streams->list[streams->count++],
			    config, buffer_text(&name), error);
	}
	buffer_free(&name);
	return rc;
}

/* The configured streams, or those in only, which needn't be configured. */
static int
load(struct streams *streams, const struct config *config,
    const char *const *only, size_t only_count, struct error *error)
{
	json_node object = json_path(&config->json, "oracle.streams");
	size_t configured = json_count(&config->json, object), i;

	*streams = (struct streams){ 0 };
	if (config_integer(config, "oracle.framework_version",
	    FRAMEWORK_VERSION, 3, 9, &streams->framework_version, error) == -1)
		return -1;
	streams->list = calloc(configured + only_count + built_in_count(),
	    sizeof(*streams->list));
	if (streams->list == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	if (names_load(streams, config, object, only, only_count, error) == -1)
		return -1;
	for (i = 0; i < only_count; i++)
		if (!loaded(streams, only[i]) && stream_load(
		    &streams->list[streams->count++], config, only[i],
		    error) == -1)
			return -1;
	return 0;
}

int
streams_load(struct streams *streams, const struct config *config,
    const char *const *only, size_t only_count, struct error *error)
{
	if (load(streams, config, only, only_count, error) == -1)
		return -1;
	return streams->count > 0 ? 0 : error_set(error, EXIT_CONFIG,
	    "no stream to poll: name one in oracle.streams or with --stream");
}

int
streams_load_known(struct streams *streams, const struct config *config,
    const char *const *only, size_t only_count, struct error *error)
{
	size_t i;

	if (load(streams, config, only, only_count, error) == -1)
		return -1;
	if (streams->count > 0)
		return 0;
	for (i = 0; i < built_in_count(); i++) {
		struct stream *stream = &streams->list[streams->count++];

		if (stream_load(stream, config, built_in_at(i)->name,
		    error) == -1)
			return -1;
		stream->selected = false;
	}
	return 0;
}

void
streams_free(struct streams *streams)
{
	for (size_t i = 0; i < streams->count; i++)
		stream_free(&streams->list[i]);
	free(streams->list);
	*streams = (struct streams){ 0 };
}

int
streams_condition(const struct stream *stream, struct buffer *out)
{
	if (stream->filter != NULL)
		buffer_printf(out, "(%s)%s", stream->filter,
		    stream->business_unit != NULL ? " and " : "");
	if (stream->business_unit != NULL)
		buffer_printf(out, "(%s)", stream->business_unit);
	return out->failed ? -1 : 0;
}

/* One property, unless it was written already. */
static void
property(struct buffer *out, const char *written, const char *name,
    size_t length, const char *schema)
{
	if (name == NULL || fields_have(written, name, length))
		return;
	if (out->data[out->length - 1] != '{')
		buffer_puts(out, ",");
	buffer_json_string(out, name, length);
	buffer_printf(out, ":%s", schema);
}

int
streams_schema(const struct stream *stream, struct buffer *out)
{
	const char *list = stream->key;
	struct field field = { 0 };

	if (stream->schema != NULL)
		return buffer_puts(out, stream->schema);
	if (buffer_puts(out, "{\"type\":\"object\",\"properties\":{") == -1)
		return -1;
	/* Ids are integers up to version 8 of the framework, strings at 9. */
	while (fields_next(&list, &field))
		property(out, NULL, field.name, field.name_length,
		    "{\"type\":[\"integer\",\"string\"]}");
	if (stream->cursor != NULL)
		property(out, stream->key, stream->cursor,
		    strlen(stream->cursor), "{\"type\":[\"string\",\"null\"],"
		    "\"format\":\"date-time\"}");
	if (stream->amount != NULL)
		property(out, stream->key, stream->amount,
		    strlen(stream->amount),
		    "{\"type\":[\"number\",\"string\",\"null\"]}");
	if (stream->currency != NULL)
		property(out, stream->key, stream->currency,
		    strlen(stream->currency),
		    "{\"type\":[\"string\",\"null\"]}");
	return buffer_puts(out, "},\"additionalProperties\":true}");
}
