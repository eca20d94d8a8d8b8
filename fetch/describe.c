/* SPDX-License-Identifier: MIT */
#include "fetch/describe.h"

#include <string.h>
#include <strings.h>

#include "nearest.h"

#define URL_MAX 32768
#define WORDS_MAX 512 /* of names in a message */

/* Is it a string equal to these bytes?  Names hold no escapes. */
static bool
is_name(const struct json *json, json_node node, const char *name,
    size_t length)
{
	const char *raw;
	size_t raw_length;

	raw = json_raw(json, node, &raw_length);
	return json_type(json, node) == JSON_STRING &&
	    raw_length == length + 2 && memcmp(raw + 1, name, length) == 0;
}

int
describe_get(struct rest *rest, const struct stream *stream,
    struct description *description, struct error *error)
{
	struct json *json = &description->json;
	const char *slash = strrchr(stream->path, '/');
	struct buffer url, what;
	json_node all;
	int rc;

	buffer_init(&url, URL_MAX);
	buffer_init(&what, 256);
	buffer_printf(&what, "%.200s/describe", stream->name);
	buffer_printf(&url, "%s/describe", stream->path);
	rc = url.failed ? error_set(error, EXIT_CONFIG, "stream %s: its path "
	    "is too long", stream->name) :
	    rest_get(rest, buffer_text(&what), buffer_text(&url), json, error);
	buffer_free(&url);
	buffer_free(&what);
	if (rc == -1)
		return -1;
	all = json_member(json, 0, "Resources");
	description->resource = json_member(json, all, slash + 1);
	/* An alias in the path: the one that is described is meant. */
	if (description->resource == JSON_NONE && json_count(json, all) == 1)
		description->resource = json_first(json, all);
	return json_type(json, json_member(json, description->resource,
	    "attributes")) == JSON_ARRAY ? 0 : error_set(error, EXIT_PROTOCOL,
	    "%s/describe: the answer describes no attributes", stream->name);
}

void
describe_free(struct description *description)
{
	json_free(&description->json);
}

json_node
describe_attribute(const struct description *description, json_node resource,
    const char *name, size_t length)
{
	const struct json *json = &description->json;
	json_node node = json_first(json, json_member(json, resource,
	    "attributes"));

	while (node != JSON_NONE && !is_name(json, json_member(json, node,
	    "name"), name, length))
		node = json_next(json, node);
	return node;
}

json_node
describe_child(const struct description *description, json_node resource,
    const char *name, size_t length)
{
	const struct json *json = &description->json;
	json_node node = json_first(json, json_member(json, resource,
	    "children"));

	for (; node != JSON_NONE; node = json_next(json, node)) {
		const struct json_value *value = &json->values[node];

		if ((size_t)(value->name_end - value->name) == length + 2 &&
		    memcmp(json->text + value->name + 1, name, length) == 0)
			break;
	}
	return node;
}

bool
describe_is_queryable(const struct description *description,
    json_node attribute)
{
	const struct json *json = &description->json;

	return json_type(json, json_member(json, attribute, "queryable")) !=
	    JSON_FALSE;
}

static bool
is_type(const struct description *description, json_node attribute,
    const char *type)
{
	const struct json *json = &description->json;
	json_node node = json_member(json, attribute, "type");
	const char *raw;
	size_t length;

	raw = json_raw(json, node, &length);
	return json_type(json, node) == JSON_STRING &&
	    length == strlen(type) + 2 &&
	    strncasecmp(raw + 1, type, length - 2) == 0;
}

bool
describe_is_datetime(const struct description *description,
    json_node attribute)
{
	return is_type(description, attribute, "datetime") ||
	    is_type(description, attribute, "date-time") ||
	    is_type(description, attribute, "timestamp");
}

void
describe_type(const struct description *description, json_node attribute,
    int64_t framework_version, struct buffer *out)
{
	static const struct {
		const char *type, *schema;
	} schemas[] = {
		{ "number", "{\"type\":[\"number\",\"null\"]}" },
		{ "string", "{\"type\":[\"string\",\"null\"]}" },
		{ "boolean", "{\"type\":[\"boolean\",\"null\"]}" },
		{ "date", "{\"type\":[\"string\",\"null\"],"
		    "\"format\":\"date\"}" },
	};
	size_t i;

	if (describe_is_datetime(description, attribute)) {
		buffer_puts(out, "{\"type\":[\"string\",\"null\"],"
		    "\"format\":\"date-time\"}");
		return;
	}
	if (is_type(description, attribute, "integer")) {
		buffer_printf(out, "{\"type\":[\"integer\",%s\"null\"]}",
		    framework_version >= 9 ? "\"string\"," : "");
		return;
	}
	for (i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++)
		if (is_type(description, attribute, schemas[i].type)) {
			buffer_puts(out, schemas[i].schema);
			return;
		}
	/* A type that isn't known (attachment, ...): any value is right. */
	buffer_puts(out, "{}");
}

/* Names are short; one that isn't is like none. */
static void
try(struct nearest *nearest, char best[NEAREST_NAME_MAX + 1], const char *raw,
    size_t length)
{
	char name[NEAREST_NAME_MAX + 1];
	size_t before = nearest->distance;

	if (length < 2 || length - 2 > NEAREST_NAME_MAX)
		return;
	memcpy(name, raw + 1, length - 2);
	name[length - 2] = '\0';
	nearest_try(nearest, name);
	if (nearest->distance < before)
		memcpy(best, name, length - 1);
}

void
describe_suggest(const struct description *description, json_node resource,
    const char *name, struct buffer *out)
{
	const struct json *json = &description->json;
	char best[NEAREST_NAME_MAX + 1] = "";
	struct nearest nearest;
	const char *raw;
	size_t length;
	json_node node;

	nearest_start(&nearest, name);
	node = json_first(json, json_member(json, resource, "attributes"));
	for (; node != JSON_NONE; node = json_next(json, node)) {
		raw = json_raw(json, json_member(json, node, "name"), &length);
		try(&nearest, best, raw, length);
	}
	node = json_first(json, json_member(json, resource, "children"));
	for (; node != JSON_NONE; node = json_next(json, node))
		try(&nearest, best, json->text + json->values[node].name,
		    (size_t)(json->values[node].name_end -
		    json->values[node].name));
	if (best[0] != '\0')
		buffer_printf(out, "; did you mean %s?", best);
}

/* The attributes that could be the cursor, or "none".  One by which records
 * are made, not changed, is no choice: every change would be missed. */
static void
times(const struct description *description, struct buffer *out)
{
	const struct json *json = &description->json;
	json_node node = json_first(json, json_member(json,
	    description->resource, "attributes"));

	for (; node != JSON_NONE; node = json_next(json, node)) {
		if (!describe_is_datetime(description, node) ||
		    !describe_is_queryable(description, node) ||
		    json_is(json, json_member(json, node, "name"),
		    "CreationDate"))
			continue;
		if (out->length > 0)
			buffer_puts(out, " or ");
		json_decode(json, json_member(json, node, "name"), out);
	}
	if (out->length == 0)
		buffer_puts(out, "\"none\", since it has no queryable time");
}

int
describe_cursor(const struct description *description,
    const struct stream *stream, struct error *error)
{
	const char *cursor = stream->cursor, *name = stream->name;
	struct buffer choice;
	json_node attribute;
	int rc = 0;

	if (stream->scan == STREAM_WHOLE)
		return 0;
	buffer_init(&choice, WORDS_MAX);
	times(description, &choice);
	attribute = describe_attribute(description, description->resource,
	    cursor, strlen(cursor));
	if (attribute == JSON_NONE)
		rc = error_set(error, EXIT_CONFIG, "stream %s: it has no "
		    "attribute %s for its cursor: set oracle.streams.%s.cursor "
		    "to %s", name, cursor, name, buffer_text(&choice));
	else if (!describe_is_datetime(description, attribute) &&
	    !is_type(description, attribute, "date"))
		rc = error_set(error, EXIT_CONFIG, "stream %s: its cursor %s "
		    "is no time: set oracle.streams.%s.cursor to %s", name,
		    cursor, name, buffer_text(&choice));
	else if (stream->scan == STREAM_QUERY &&
	    !describe_is_queryable(description, attribute))
		rc = error_set(error, EXIT_CONFIG, "stream %s: its cursor %s "
		    "is not queryable: set oracle.streams.%s.scan to "
		    "\"descending\"", name, cursor, name);
	buffer_free(&choice);
	return rc;
}
