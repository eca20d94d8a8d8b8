/* SPDX-License-Identifier: MIT */
#include "fetch/selection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/fields.h"

#define PATH_BYTES_MAX 512 /* of a child's name with its parents' */
#define SCHEMA_BYTES_MAX ((size_t)8 << 20) /* a SCHEMA fits into a line */

/* The metadata of the stream itself (name NULL) or of one of its fields. */
static json_node
metadata(const struct json *json, json_node entry, const char *name)
{
	json_node node = json_first(json, json_member(json, entry,
	    "metadata")), step;

	for (; node != JSON_NONE; node = json_next(json, node)) {
		step = json_member(json, node, "breadcrumb");
		if (json_count(json, step) != (name == NULL ? 0 : 2))
			continue;
		step = json_first(json, step);
		if (name == NULL || (json_is(json, step, "properties") &&
		    json_is(json, json_next(json, step), name)))
			return json_member(json, node, "metadata");
	}
	return JSON_NONE;
}

/* What somebody chose, else what is proposed, else otherwise. */
static bool
chosen(const struct json *json, json_node about, bool otherwise)
{
	json_node node = json_member(json, about, "selected");

	if (node == JSON_NONE)
		node = json_member(json, about, "selected-by-default");
	return node == JSON_NONE ? otherwise :
	    json_type(json, node) == JSON_TRUE;
}

json_node
selection_metadata(const struct json *json, json_node entry)
{
	return metadata(json, entry, NULL);
}

bool
selection_has(const struct json *json, json_node entry)
{
	return chosen(json, metadata(json, entry, NULL),
	    chosen(json, entry, false));
}

static bool
is_left_out(const struct json *json, json_node entry, const char *name)
{
	json_node about = metadata(json, entry, name);
	json_node inclusion = json_member(json, about, "inclusion");

	if (json_is(json, inclusion, "automatic"))
		return false;
	return json_is(json, inclusion, "unsupported") ||
	    !chosen(json, about, true);
}

/* Is it the collection of a child?  Then this is what the schema says of one
 * of its records. */
static json_node
child_schema(const struct json *json, json_node property)
{
	json_node items = json_member(json, json_member(json, property,
	    "properties"), "items");

	return json_member(json, items, "items");
}

static bool
is_child(const struct json *json, json_node property)
{
	return child_schema(json, property) != JSON_NONE;
}

/* Append the group ";path:A,B" of a child's attributes, and those of its own
 * children.  -1: the schema describes none. */
static int
child_fields(const struct json *json, json_node property, const char *path,
    struct buffer *fields)
{
	json_node properties = json_member(json, child_schema(json, property),
	    "properties"), node;
	char below[PATH_BYTES_MAX];
	struct buffer name;
	int count = 0, rc = 0;

	buffer_init(&name, PATH_BYTES_MAX);
	for (node = json_first(json, properties); node != JSON_NONE;
	    node = json_next(json, node)) {
		if (is_child(json, node))
			continue;
		buffer_clear(&name);
		json_decode_name(json, node, &name);
		if (count++ == 0)
			buffer_printf(fields, ";%s:%s", path,
			    buffer_text(&name));
		else
			buffer_printf(fields, ",%s", buffer_text(&name));
	}
	for (node = json_first(json, properties); rc == 0 && node != JSON_NONE;
	    node = json_next(json, node)) {
		if (!is_child(json, node))
			continue;
		buffer_clear(&name);
		json_decode_name(json, node, &name);
		snprintf(below, sizeof(below), "%s.%s", path,
		    buffer_text(&name));
		rc = child_fields(json, node, below, fields);
	}
	buffer_free(&name);
	return count > 0 ? rc : -1;
}

/* The groups of the stream's own fields, without the children left out. */
static void
own_groups(const struct json *json, json_node entry, const char *list,
    struct buffer *fields)
{
	struct field field = { 0 };
	char name[STREAM_NAME_MAX + 1];
	const char *child = NULL;

	while (fields_next(&list, &field)) {
		if (field.child_length == 0)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)field.child_length,
		    field.child);
		name[strcspn(name, ".")] = '\0';
		if (is_left_out(json, entry, name))
			continue;
		if (field.child != child)
			buffer_printf(fields, ";%.*s:",
			    (int)field.child_length, field.child);
		buffer_printf(fields, "%s%.*s", field.child != child ? "" :
		    ",", (int)field.name_length, field.name);
		child = field.child;
	}
}

/* What is selected of the schema, as fields. */
static int
select_fields(const struct json *json, json_node entry,
    struct stream *stream, struct error *error)
{
	json_node node = json_first(json, json_member(json, json_member(json,
	    entry, "schema"), "properties"));
	struct buffer own, groups, name;
	int rc = 0;

	buffer_init(&own, STREAM_TEXT_MAX);
	buffer_init(&groups, STREAM_TEXT_MAX);
	buffer_init(&name, PATH_BYTES_MAX);
	buffer_puts(&own, stream->key);
	for (; rc == 0 && node != JSON_NONE; node = json_next(json, node)) {
		buffer_clear(&name);
		json_decode_name(json, node, &name);
		if (is_left_out(json, entry, buffer_text(&name)))
			continue;
		if (!is_child(json, node))
			buffer_printf(&own, ",%s", buffer_text(&name));
		else if (stream->fields == NULL && child_fields(json, node,
		    buffer_text(&name), &groups) == -1)
			rc = error_set(error, EXIT_CONFIG, "stream %s: the "
			    "catalog leaves fields out, and doesn't tell the "
			    "attributes of its child %s: leave that out, too, "
			    "or select by oracle.streams.%s.fields",
			    stream->name, buffer_text(&name), stream->name);
	}
	if (stream->fields != NULL)
		own_groups(json, entry, stream->fields, &groups);
	buffer_append(&own, buffer_text(&groups), groups.length);
	if (rc == 0 && (own.failed || groups.failed))
		rc = error_set(error, EXIT_CONFIG, "stream %s: the fields that "
		    "the catalog selects are over %zu bytes", stream->name,
		    STREAM_TEXT_MAX);
	buffer_free(&groups);
	buffer_free(&name);
	if (rc == 0) {
		free(stream->fields);
		stream->fields = own.data;
	} else
		buffer_free(&own);
	return rc;
}

/* Without its children that are left out. */
static void
reduce_expand(const struct json *json, json_node entry, struct stream *stream)
{
	const char *list = stream->expand;
	struct field field = { 0 };
	char name[STREAM_NAME_MAX + 1];
	struct buffer kept;

	buffer_init(&kept, STREAM_TEXT_MAX);
	while (list != NULL && fields_next(&list, &field)) {
		snprintf(name, sizeof(name), "%.*s", (int)field.name_length,
		    field.name);
		name[strcspn(name, ".")] = '\0';
		if (!is_left_out(json, entry, name))
			buffer_printf(&kept, "%s%.*s", kept.length > 0 ? "," :
			    "", (int)field.name_length, field.name);
	}
	free(stream->expand);
	stream->expand = kept.data;
}

/* Append a member as it was written, but on one line. */
static void
copy_member(struct buffer *out, const struct json *json, json_node node)
{
	const struct json_value *value = &json->values[node];
	const char *at = json->text + value->name;
	bool quoted = false, escaped = false;

	if (out->data[out->length - 1] != '{')
		buffer_puts(out, ",");
	for (; at < json->text + value->end; at++) {
		if (*at == '"' && !escaped)
			quoted = !quoted;
		escaped = *at == '\\' && !escaped;
		if (quoted || strchr(" \t\r\n", *at) == NULL)
			buffer_append(out, at, 1);
	}
}

/* The schema without the properties that are left out. */
static int
schema_load(const struct json *json, json_node entry, struct stream *stream,
    struct error *error)
{
	json_node schema = json_member(json, entry, "schema"), node, property;
	struct buffer out, name;

	if (json_type(json, schema) != JSON_OBJECT)
		return 0;
	buffer_init(&out, SCHEMA_BYTES_MAX);
	buffer_init(&name, PATH_BYTES_MAX);
	buffer_puts(&out, "{");
	for (node = json_first(json, schema); node != JSON_NONE;
	    node = json_next(json, node)) {
		if (!json_named(json, node, "properties")) {
			copy_member(&out, json, node);
			continue;
		}
		buffer_json_name(&out, "properties");
		buffer_puts(&out, "{");
		for (property = json_first(json, node); property != JSON_NONE;
		    property = json_next(json, property)) {
			buffer_clear(&name);
			json_decode_name(json, property, &name);
			if (!is_left_out(json, entry, buffer_text(&name)))
				copy_member(&out, json, property);
		}
		buffer_puts(&out, "}");
	}
	buffer_puts(&out, "}");
	buffer_free(&name);
	stream->schema = out.data;
	return out.failed ? error_set(error, EXIT_SYSTEM, "out of memory") : 0;
}

/* Is anything left out?  *attribute: not children alone. */
static bool
leaves_out(const struct json *json, json_node entry, bool *attribute)
{
	json_node properties = json_member(json, json_member(json, entry,
	    "schema"), "properties");
	json_node node = json_first(json, json_member(json, entry,
	    "metadata"));
	bool any = false;

	*attribute = false;
	for (; node != JSON_NONE; node = json_next(json, node)) {
		json_node step = json_member(json, node, "breadcrumb");
		char *name;

		if (json_count(json, step) != 2)
			continue;
		step = json_next(json, json_first(json, step));
		name = json_dup(json, step);
		if (name != NULL && is_left_out(json, entry, name)) {
			any = true;
			if (!is_child(json, json_member(json, properties,
			    name)))
				*attribute = true;
		}
		free(name);
	}
	return any;
}

int
selection_apply(const struct json *json, json_node entry,
    struct stream *stream, struct error *error)
{
	bool attribute, any = leaves_out(json, entry, &attribute);

	if (any && json_type(json, json_member(json, json_member(json, entry,
	    "schema"), "properties")) != JSON_OBJECT)
		return error_set(error, EXIT_DATA, "stream %s: the catalog "
		    "leaves fields out, and has no schema that names the "
		    "others", stream->name);
	if (schema_load(json, entry, stream, error) == -1)
		return -1;
	if ((attribute || (any && stream->fields != NULL)) &&
	    select_fields(json, entry, stream, error) == -1)
		return -1;
	if (any)
		reduce_expand(json, entry, stream);
	return 0;
}
