/* SPDX-License-Identifier: MIT */
#include "fetch/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/built_in.h"
#include "fetch/fields.h"

#define REST_VERSION "11.13.18.05"
#define REST_VERSION_MAX 32
#define PAGE_SIZE 100
#define OVERLAP_MS (10 * 60 * 1000)
#define OVERLAP_MAX_MS ((int64_t)30 * 24 * 3600 * 1000)

/* Where the configuration has a key of a stream. */
static const char *
locate(char path[256], const char *stream, const char *key)
{
	snprintf(path, 256, "oracle.streams.%s.%s", stream, key);
	return path;
}

static json_node
setting_node(const struct config *config, const char *stream, const char *key)
{
	char path[256];

	return json_path(&config->json, locate(path, stream, key));
}

/* NULL: neither there nor built in, or taken away by "". */
static char *
setting(const struct config *config, const char *stream, const char *key,
    const char *fallback)
{
	json_node node = setting_node(config, stream, key);
	char *text = json_dup(&config->json, node);

	if (node == JSON_NONE)
		return fallback != NULL ? strdup(fallback) : NULL;
	if (text != NULL && *text == '\0') {
		free(text);
		text = NULL;
	}
	return text;
}

/* A list of names: a string, or an array whose elements separator joins.
 * White space goes. */
static char *
list_setting(const struct config *config, const char *stream, const char *key,
    const char *separator, const char *fallback)
{
	const struct json *json = &config->json;
	json_node node = setting_node(config, stream, key), element;
	struct buffer list;
	size_t i, kept = 0;

	if (json_type(json, node) != JSON_ARRAY &&
	    json_type(json, node) != JSON_STRING)
		return fallback != NULL ? strdup(fallback) : NULL;
	buffer_init(&list, STREAM_TEXT_MAX);
	if (json_type(json, node) == JSON_STRING)
		json_decode(json, node, &list);
	for (element = json_first(json, node); element != JSON_NONE;
	    element = json_next(json, element)) {
		if (list.length > 0)
			buffer_puts(&list, separator);
		json_decode(json, element, &list);
	}
	for (i = 0; i < list.length; i++)
		if (strchr(" \t\r\n", list.data[i]) == NULL)
			list.data[kept++] = list.data[i];
	if (kept == 0) {
		buffer_free(&list);
		return NULL;
	}
	list.data[kept] = '\0';
	return list.data;
}

static int
numbers_load(struct stream *stream, const struct config *config,
    const struct built_in *base, struct error *error)
{
	int64_t page_size, overlap;
	char path[256];

	if (config_integer(config, "oracle.page_size", base == NULL ?
	    PAGE_SIZE : base->page_size, 1, STREAM_PAGE_SIZE_MAX, &page_size,
	    error) == -1 ||
	    config_span(config, "oracle.overlap", OVERLAP_MS, 0,
	    OVERLAP_MAX_MS, &overlap, error) == -1)
		return -1;
	if (config_integer(config, locate(path, stream->name, "page_size"),
	    page_size, 1, STREAM_PAGE_SIZE_MAX, &stream->page_size,
	    error) == -1)
		return -1;
	/* A page shares a row with the one before, and needs another. */
	if (stream->page_size < 2)
		stream->page_size = 2;
	return config_span(config, locate(path, stream->name, "overlap"),
	    overlap, 0, OVERLAP_MAX_MS, &stream->overlap, error);
}

static int
key_check(const struct stream *stream, struct error *error)
{
	const char *key = stream->key;
	size_t count = 0, length;

	do {
		length = strcspn(key, ",");
		if (++count > STREAM_KEY_MAX || length == 0 ||
		    length > STREAM_NAME_MAX)
			return error_set(error, EXIT_CONFIG, "stream %s: its "
			    "key must be 1 to %d names of 1 to %d bytes "
			    "joined by ','", stream->name, STREAM_KEY_MAX,
			    STREAM_NAME_MAX);
		key += length;
	} while (*key++ == ',');
	return 0;
}

int
stream_settle(struct stream *stream, struct error *error)
{
	const char *list = stream->fields;
	struct field field = { 0 };
	struct buffer needed, fields;

	if (key_check(stream, error) == -1)
		return -1;
	while (list != NULL && fields_next(&list, &field))
		if (field.name_length == 0)
			return error_set(error, EXIT_CONFIG, "stream %s: "
			    "fields must be names such as "
			    "\"InvoiceId,InvoiceAmount;invoiceLines:"
			    "LineAmount\", and one is empty", stream->name);
	if (stream->fields == NULL)
		return 0;
	buffer_init(&needed, STREAM_TEXT_MAX);
	buffer_init(&fields, STREAM_TEXT_MAX);
	buffer_puts(&needed, stream->key);
	if (stream->cursor != NULL)
		buffer_printf(&needed, ",%s", stream->cursor);
	if (stream->amount != NULL)
		buffer_printf(&needed, ",%s", stream->amount);
	if (stream->currency != NULL)
		buffer_printf(&needed, ",%s", stream->currency);
	fields_merge(&fields, stream->fields, buffer_text(&needed));
	if (needed.failed || fields.failed) {
		buffer_free(&needed);
		buffer_free(&fields);
		return error_set(error, EXIT_CONFIG, "stream %s: its fields "
		    "are over %zu bytes", stream->name, STREAM_TEXT_MAX);
	}
	buffer_free(&needed);
	free(stream->fields);
	stream->fields = fields.data;
	return 0;
}

/* A string as a literal of q, quotes doubled. */
static void
literal(struct buffer *out, const struct json *json, json_node node)
{
	struct buffer text;
	size_t i;

	buffer_init(&text, STREAM_TEXT_MAX);
	if (json_decode(json, node, &text) == -1)
		out->failed = true;
	buffer_puts(out, "'");
	for (i = 0; i < text.length; i++) {
		if (text.data[i] == '\'')
			buffer_puts(out, "'");
		buffer_append(out, &text.data[i], 1);
	}
	buffer_puts(out, "'");
	buffer_free(&text);
}

static int
business_unit_load(struct stream *stream, const struct config *config,
    const struct built_in *base, struct error *error)
{
	const struct json *json = &config->json;
	json_node node = setting_node(config, stream->name, "business_unit");
	json_node unit = json_type(json, node) == JSON_ARRAY ?
	    json_first(json, node) : node;
	struct buffer condition;

	stream->business_unit_attribute = setting(config, stream->name,
	    "business_unit_attribute", base != NULL ? base->business_unit :
	    NULL);
	if (node == JSON_NONE || json_is(json, node, ""))
		return 0;
	/* No condition would show the records of all of them. */
	if (unit == JSON_NONE)
		return error_set(error, EXIT_CONFIG, "stream %s: its list of "
		    "business units is empty", stream->name);
	if (stream->business_unit_attribute == NULL)
		return error_set(error, EXIT_CONFIG, "stream %s: which of its "
		    "attributes holds the business unit isn't known; name it "
		    "in oracle.streams.%s.business_unit_attribute, or use "
		    "filter", stream->name, stream->name);
	buffer_init(&condition, STREAM_TEXT_MAX);
	buffer_printf(&condition, "%s %s", stream->business_unit_attribute,
	    json_type(json, node) == JSON_ARRAY ? "in (" : "= ");
	literal(&condition, json, unit);
	if (json_type(json, node) == JSON_ARRAY) {
		while ((unit = json_next(json, unit)) != JSON_NONE) {
			buffer_puts(&condition, ",");
			literal(&condition, json, unit);
		}
		buffer_puts(&condition, ")");
	}
	stream->business_unit = condition.data;
	return condition.failed ? error_set(error, EXIT_CONFIG, "stream %s: "
	    "its business units are over %zu bytes", stream->name,
	    STREAM_TEXT_MAX) : 0;
}

/* The cursor, and how to scan by it. */
static int
scan_load(struct stream *stream, const struct config *config,
    const struct built_in *base, struct error *error)
{
	char *scan = setting(config, stream->name, "scan", "query");
	int rc = 0;

	stream->cursor = setting(config, stream->name, "cursor",
	    base != NULL ? BUILT_IN_CURSOR : NULL);
	if (scan != NULL && strcmp(scan, "descending") == 0)
		stream->scan = STREAM_DESCENDING;
	else if (scan == NULL || strcmp(scan, "query") != 0)
		rc = error_set(error, EXIT_CONFIG, "stream %s: scan must be "
		    "\"query\" or \"descending\"", stream->name);
	free(scan);
	if (stream->cursor == NULL || strcmp(stream->cursor, "none") != 0)
		return rc;
	free(stream->cursor);
	stream->cursor = NULL;
	if (stream->scan == STREAM_DESCENDING)
		rc = error_set(error, EXIT_CONFIG, "stream %s: a descending "
		    "scan needs a cursor", stream->name);
	stream->scan = STREAM_WHOLE;
	return rc;
}

static char *
path_load(const struct config *config, const char *name,
    const struct built_in *base, struct error *error)
{
	char *version, *path;
	struct buffer text;

	path = setting(config, name, "path", NULL);
	if (path != NULL || base == NULL)
		return path;
	version = config_string(config, "oracle.rest_version", REST_VERSION);
	buffer_init(&text, 256);
	if (version == NULL || *version == '\0' ||
	    strlen(version) > REST_VERSION_MAX ||
	    version[strspn(version, "0123456789abcdefghijklmnopqrstuvwxyz.")]
	    != '\0')
		error_set(error, EXIT_CONFIG, "'%s': 'oracle.rest_version' "
		    "must be a version such as \"" REST_VERSION "\", or "
		    "\"latest\"", config->path);
	else
		buffer_printf(&text, BUILT_IN_ROOT "%s/%s", version, name);
	free(version);
	return text.data;
}

/* Somebody who wrote "invoice" needs another hint than who adds a resource. */
static int
incomplete(const struct stream *stream, struct error *error)
{
	const char *meant = built_in_nearest(stream->name);

	if (meant != NULL && stream->path == NULL && stream->key == NULL)
		return error_set(error, EXIT_CONFIG, "stream %s: it is not "
		    "built in; did you mean %s? Else give it path (from /), "
		    "key and cursor in oracle.streams", stream->name, meant);
	return error_set(error, EXIT_CONFIG, "stream %s: it is not built in; "
	    "give it path (from /), key and cursor (\"none\": it has no "
	    "stamp) in oracle.streams", stream->name);
}

int
stream_load(struct stream *stream, const struct config *config,
    const char *name, struct error *error)
{
	static const struct built_in none;
	const struct built_in *base = built_in_find(name);
	const struct built_in *known = base != NULL ? base : &none;

	stream->selected = true;
	stream->name = strdup(name);
	if (stream->name == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	stream->path = path_load(config, name, base, error);
	if (stream->path == NULL && base != NULL)
		return -1;
	stream->key = list_setting(config, name, "key", ",", known->key);
	stream->expand = list_setting(config, name, "expand", ",",
	    known->expand);
	stream->fields = list_setting(config, name, "fields", ";", NULL);
	stream->filter = setting(config, name, "filter", NULL);
	stream->amount = setting(config, name, "amount", known->amount);
	stream->currency = setting(config, name, "currency", known->currency);
	if (scan_load(stream, config, base, error) == -1)
		return -1;
	if (stream->path == NULL || stream->key == NULL ||
	    (stream->cursor == NULL && stream->scan != STREAM_WHOLE) ||
	    stream->path[0] != '/')
		return incomplete(stream, error);
	if (business_unit_load(stream, config, base, error) == -1 ||
	    stream_settle(stream, error) == -1)
		return -1;
	return numbers_load(stream, config, base, error);
}

void
stream_free(struct stream *stream)
{
	free(stream->name);
	free(stream->path);
	free(stream->key);
	free(stream->cursor);
	free(stream->expand);
	free(stream->fields);
	free(stream->filter);
	free(stream->amount);
	free(stream->currency);
	free(stream->business_unit);
	free(stream->business_unit_attribute);
	free(stream->schema);
	*stream = (struct stream){ 0 };
}
