/* SPDX-License-Identifier: MIT */
#include "fetch/discover.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fetch/describe.h"
#include "fetch/fields.h"
#include "line.h"
#include "log.h"

struct discovery {
	const struct description *description;
	const struct stream *stream;
	int64_t framework_version;
	struct buffer children; /* paths of those in a record, joined by ',' */
	struct buffer *out;
};

/* A comma, unless what begins here is the first. */
static void
separate(struct buffer *out)
{
	if (strchr("{[", out->data[out->length - 1]) == NULL)
		buffer_puts(out, ",");
}

/* "A,B" as a JSON array of strings. */
static void
names(struct buffer *out, const char *list)
{
	struct field field = { 0 };

	buffer_puts(out, "[");
	while (fields_next(&list, &field)) {
		separate(out);
		buffer_json_string(out, field.name, field.name_length);
	}
	buffer_puts(out, "]");
}

static void
add_child(struct buffer *paths, const char *path, size_t length)
{
	if (fields_have(buffer_text(paths), path, length))
		return;
	if (paths->length > 0)
		buffer_puts(paths, ",");
	buffer_append(paths, path, length);
}

/* Which children a record will have, parents before their own. */
static void
find_children(struct discovery *discovery)
{
	const struct stream *stream = discovery->stream;
	const struct json *json = &discovery->description->json;
	const char *list = stream->fields != NULL ? stream->fields :
	    stream->expand;
	struct field field = { 0 };
	json_node node;

	while (list != NULL && fields_next(&list, &field)) {
		const char *path = stream->fields != NULL ? field.child :
		    field.name;
		size_t length = stream->fields != NULL ? field.child_length :
		    field.name_length, end;

		for (end = 1; end < length; end++)
			if (path[end] == '.')
				add_child(&discovery->children, path, end);
		if (length > 0)
			add_child(&discovery->children, path, length);
	}
	if (strcmp(buffer_text(&discovery->children), "all") != 0)
		return;
	buffer_clear(&discovery->children);
	node = json_first(json, json_member(json,
	    discovery->description->resource, "children"));
	for (; node != JSON_NONE; node = json_next(json, node))
		add_child(&discovery->children, json->text +
		    json->values[node].name + 1, (size_t)
		    (json->values[node].name_end -
		    json->values[node].name - 2));
}

/* The next child right beneath parent, "" or a path; *name is the last part of
 * its path.  false at the end. */
static bool
next_child(const char **list, struct field *field, const char *parent,
    size_t parent_length, const char **name, size_t *length)
{
	size_t skip = parent_length > 0 ? parent_length + 1 : 0;

	while (fields_next(list, field)) {
		if (field->name_length <= skip ||
		    memcmp(field->name, parent, parent_length) != 0 ||
		    (skip > 0 && field->name[parent_length] != '.') ||
		    memchr(field->name + skip, '.', field->name_length - skip)
		    != NULL)
			continue;
		*name = field->name + skip;
		*length = field->name_length - skip;
		return true;
	}
	return false;
}

/* The properties of a resource, and of its children, whose paths begin with
 * path.  As deep as expand goes. */
static void
properties(struct discovery *discovery, json_node resource, const char *path,
    size_t path_length)
{
	const struct description *description = discovery->description;
	const struct json *json = &description->json;
	const char *list = buffer_text(&discovery->children), *name;
	struct buffer *out = discovery->out;
	struct field field = { 0 };
	size_t length;
	json_node node;

	buffer_puts(out, "{\"type\":\"object\",\"properties\":{");
	node = json_first(json, json_member(json, resource, "attributes"));
	for (; node != JSON_NONE; node = json_next(json, node)) {
		name = json_raw(json, json_member(json, node, "name"),
		    &length);
		if (length <= 2)
			continue;
		separate(out);
		buffer_append(out, name, length);
		buffer_puts(out, ":");
		describe_type(description, node, discovery->framework_version,
		    out);
	}
	while (next_child(&list, &field, path, path_length, &name, &length)) {
		separate(out);
		buffer_json_string(out, name, length);
		buffer_puts(out, ":{\"type\":[\"object\",\"null\"],"
		    "\"properties\":{\"items\":{\"type\":\"array\","
		    "\"items\":");
		properties(discovery, describe_child(description, resource,
		    name, length), field.name, field.name_length);
		buffer_puts(out, "}},\"additionalProperties\":true}");
	}
	buffer_puts(out, "},\"additionalProperties\":true}");
}

static bool
is_automatic(const struct stream *stream, const char *name, size_t length)
{
	return fields_have(stream->key, name, length) ||
	    fields_have(stream->cursor, name, length) ||
	    fields_have(stream->amount, name, length) ||
	    fields_have(stream->currency, name, length);
}

static void
property_metadata(struct discovery *discovery, const char *name, size_t length,
    bool child)
{
	const struct stream *stream = discovery->stream;
	struct buffer *out = discovery->out;
	bool automatic = !child && is_automatic(stream, name, length);

	buffer_puts(out, ",{\"breadcrumb\":[\"properties\",");
	buffer_json_string(out, name, length);
	buffer_printf(out, "],\"metadata\":{\"inclusion\":\"%s\"",
	    automatic ? "automatic" : "available");
	if (!child && stream->fields != NULL &&
	    !fields_have(stream->fields, name, length))
		buffer_puts(out, ",\"selected\":false");
	buffer_puts(out, "}}");
}

static void
stream_metadata(struct discovery *discovery)
{
	const struct description *description = discovery->description;
	const struct stream *stream = discovery->stream;
	const struct json *json = &description->json;
	struct buffer *out = discovery->out;
	json_node node = json_first(json, json_member(json,
	    description->resource, "attributes"));

	buffer_printf(out, "{\"breadcrumb\":[],\"metadata\":{"
	    "\"inclusion\":\"available\",\"selected\":%s",
	    stream->selected ? "true" : "false");
	buffer_json_name(out, "table-key-properties");
	names(out, stream->key);
	buffer_json_member(out, "forced-replication-method",
	    stream->scan == STREAM_WHOLE ? "FULL_TABLE" : "INCREMENTAL");
	buffer_json_name(out, "valid-replication-keys");
	buffer_puts(out, "[");
	for (; node != JSON_NONE; node = json_next(json, node)) {
		const char *name;
		size_t length;

		if (!describe_is_datetime(description, node) ||
		    (stream->scan == STREAM_QUERY &&
		    !describe_is_queryable(description, node)))
			continue;
		name = json_raw(json, json_member(json, node, "name"),
		    &length);
		separate(out);
		buffer_append(out, name, length);
	}
	buffer_puts(out, "]}}");
}

static void
metadata(struct discovery *discovery)
{
	const struct json *json = &discovery->description->json;
	const char *list = buffer_text(&discovery->children), *name;
	struct field field = { 0 };
	size_t length;
	json_node node;

	stream_metadata(discovery);
	node = json_first(json, json_member(json,
	    discovery->description->resource, "attributes"));
	for (; node != JSON_NONE; node = json_next(json, node)) {
		name = json_raw(json, json_member(json, node, "name"),
		    &length);
		if (length > 2)
			property_metadata(discovery, name + 1, length - 2,
			    false);
	}
	while (next_child(&list, &field, "", 0, &name, &length))
		property_metadata(discovery, name, length, true);
}

static void
catalog_entry(struct discovery *discovery)
{
	const struct stream *stream = discovery->stream;
	struct buffer *out = discovery->out;

	find_children(discovery);
	separate(out);
	buffer_puts(out, "\n{");
	buffer_json_member(out, "tap_stream_id", stream->name);
	buffer_json_member(out, "stream", stream->name);
	buffer_json_name(out, "key_properties");
	names(out, stream->key);
	buffer_json_name(out, "schema");
	properties(discovery, discovery->description->resource, "", 0);
	buffer_json_name(out, "metadata");
	buffer_puts(out, "[");
	metadata(discovery);
	buffer_puts(out, "]}");
}

static int
discover(struct rest *rest, const struct streams *streams, size_t index,
    struct buffer *out, struct error *error)
{
	struct description description = { .resource = JSON_NONE };
	struct discovery discovery = { .description = &description,
		.stream = &streams->list[index], .out = out,
		.framework_version = streams->framework_version };
	int rc;

	buffer_init(&discovery.children, 2 * STREAM_TEXT_MAX);
	rc = describe_get(rest, discovery.stream, &description, error);
	if (rc == 0) {
		catalog_entry(&discovery);
		if (describe_cursor(&description, discovery.stream, error) ==
		    -1)
			log_warning("%s", error->message);
	}
	buffer_free(&discovery.children);
	describe_free(&description);
	return rc;
}

int
discover_run(struct rest *rest, const struct streams *streams,
    struct error *error)
{
	struct buffer out;
	int rc = EXIT_DONE;
	size_t i;

	buffer_init(&out, DISCOVER_CATALOG_MAX);
	buffer_puts(&out, "{\"streams\":[");
	for (i = 0; i < streams->count; i++) {
		if (discover(rest, streams, i, &out, error) == 0)
			continue;
		rc = exitcode_worse(rc, error->code);
		log_error("%s%s", error->message, rest->status == 404 ?
		    "; check the stream's path, and that the pod's release "
		    "has this resource" : "");
		if (rest->unreachable || rest->unauthorised)
			break;
	}
	buffer_puts(&out, "\n]}\n");
	if (out.failed) {
		error_set(error, EXIT_SYSTEM, "the catalog is over %zu bytes; "
		    "name fewer streams with --stream", DISCOVER_CATALOG_MAX);
		rc = exitcode_worse(rc, log_failure(error));
	} else if (write_all(STDOUT_FILENO, out.data, out.length, error) == -1)
		rc = exitcode_worse(rc, log_failure(error));
	buffer_free(&out);
	return rc;
}
