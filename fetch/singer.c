/* SPDX-License-Identifier: MIT */
#include "fetch/singer.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "line.h"

int
singer_open(struct singer *singer, const struct streams *streams,
    struct error *error)
{
	*singer = (struct singer){ .count = streams->count };
	buffer_init(&singer->line, SINGER_LINE_MAX);
	buffer_init(&singer->carried, SINGER_LINE_MAX);
	singer->bookmarks = calloc(streams->count,
	    sizeof(*singer->bookmarks));
	if (singer->bookmarks == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	for (size_t i = 0; i < streams->count; i++) {
		singer->bookmarks[i].stream = streams->list[i].name;
		singer->bookmarks[i].cursor = streams->list[i].cursor;
	}
	return 0;
}

void
singer_close(struct singer *singer)
{
	buffer_free(&singer->line);
	buffer_free(&singer->carried);
	free(singer->bookmarks);
	*singer = (struct singer){ 0 };
}

void
singer_start(struct singer *singer, size_t stream, int64_t stamp_ms)
{
	singer->bookmarks[stream].stamp_ms = stamp_ms;
	singer->bookmarks[stream].known = true;
}

void
singer_stay(struct singer *singer, size_t stream, int64_t stamp_ms)
{
	singer_start(singer, stream, stamp_ms);
	singer->bookmarks[stream].stays = true;
}

static bool
is_ours(const struct singer *singer, const struct json *json, json_node member)
{
	for (size_t i = 0; i < singer->count; i++)
		if (json_named(json, member, singer->bookmarks[i].stream))
			return true;
	return false;
}

int
singer_carry(struct singer *singer, const struct json *json,
    json_node bookmarks, struct error *error)
{
	struct buffer *carried = &singer->carried;
	json_node node;
	size_t i;

	for (node = json_first(json, bookmarks); node != JSON_NONE;
	    node = json_next(json, node)) {
		const struct json_value *value = &json->values[node];

		if (is_ours(singer, json, node))
			continue;
		if (carried->length > 0)
			buffer_puts(carried, ",");
		/* From the name to the value's end, as it was written. */
		buffer_append(carried, json->text + value->name,
		    value->end - (size_t)value->name);
	}
	/* A STATE is one line.  JSON has these between its tokens alone. */
	for (i = 0; i < carried->length; i++)
		if (strchr("\r\n\t", carried->data[i]) != NULL)
			carried->data[i] = ' ';
	return carried->failed ? error_set(error, EXIT_SYSTEM,
	    "out of memory") : 0;
}

static int
flush_line(struct singer *singer, const char *what, struct error *error)
{
	buffer_puts(&singer->line, "}\n");
	if (singer->line.failed)
		return error_set(error, EXIT_PROTOCOL, "stream %s: a record is "
		    "over the ceiling of %zu bytes", what, SINGER_LINE_MAX);
	return write_all(STDOUT_FILENO, singer->line.data, singer->line.length,
	    error);
}

static void
begin(struct singer *singer, const char *type, const char *stream)
{
	buffer_clear(&singer->line);
	buffer_puts(&singer->line, "{");
	buffer_json_member(&singer->line, "type", type);
	if (stream != NULL)
		buffer_json_member(&singer->line, "stream", stream);
}

/* "A,B" as a JSON array of strings. */
static void
names(struct buffer *line, const char *list)
{
	size_t length;

	buffer_puts(line, "[");
	while (*list != '\0') {
		length = strcspn(list, ",");
		buffer_json_string(line, list, length);
		list += length;
		if (*list == ',') {
			buffer_puts(line, ",");
			list++;
		}
	}
	buffer_puts(line, "]");
}

int
singer_schema(struct singer *singer, const struct stream *stream,
    struct error *error)
{
	struct buffer *line = &singer->line;

	begin(singer, "SCHEMA", stream->name);
	buffer_json_name(line, "schema");
	buffer_puts(line, "{\"type\":\"object\"}");
	buffer_json_name(line, "key_properties");
	names(line, stream->key);
	buffer_json_name(line, "bookmark_properties");
	names(line, stream->cursor);
	if (stream->amount != NULL)
		buffer_json_member(line, "amount_property", stream->amount);
	if (stream->currency != NULL)
		buffer_json_member(line, "currency_property", stream->currency);
	return flush_line(singer, stream->name, error);
}

/* Depth is bounded by JSON_DEPTH_MAX. */
static void
value(struct buffer *line, const struct json *json, json_node node)
{
	const struct json_value *v = &json->values[node];
	bool object = v->type == JSON_OBJECT, first = true;
	json_node child;

	if (!object && v->type != JSON_ARRAY) {
		buffer_append(line, json->text + v->start, v->end - v->start);
		return;
	}
	buffer_puts(line, object ? "{" : "[");
	for (child = v->first; child != JSON_NONE;
	    child = json_next(json, child)) {
		if (object && json_named(json, child, "links"))
			continue;
		if (!first)
			buffer_puts(line, ",");
		first = false;
		if (object) {
			buffer_append(line, json->text +
			    json->values[child].name,
			    (size_t)(json->values[child].name_end -
			    json->values[child].name));
			buffer_puts(line, ":");
		}
		value(line, json, child);
	}
	buffer_puts(line, object ? "}" : "]");
}

int
singer_record(struct singer *singer, const struct stream *stream,
    const struct json *json, json_node record, struct error *error)
{
	char now[CLOCK_TEXT];

	begin(singer, "RECORD", stream->name);
	buffer_json_name(&singer->line, "record");
	value(&singer->line, json, record);
	clock_now(now);
	buffer_json_member(&singer->line, "time_extracted", now);
	if (flush_line(singer, stream->name, error) == -1)
		return -1;
	singer->records++;
	return 0;
}

int
singer_state(struct singer *singer, size_t stream, int64_t stamp_ms,
    struct error *error)
{
	const struct singer_bookmark *mark = &singer->bookmarks[stream];
	struct buffer *line = &singer->line;
	char stamp[CLOCK_TEXT];
	size_t i;

	if (!mark->known || (stamp_ms > mark->stamp_ms && !mark->stays))
		singer_start(singer, stream, stamp_ms);
	begin(singer, "STATE", NULL);
	buffer_puts(line, ",\"value\":{\"bookmarks\":{");
	buffer_append(line, buffer_text(&singer->carried),
	    singer->carried.length);
	for (i = 0; i < singer->count; i++) {
		mark = &singer->bookmarks[i];
		if (!mark->known)
			continue;
		clock_format(mark->stamp_ms, stamp);
		buffer_json_name(line, mark->stream);
		buffer_puts(line, "{");
		buffer_json_member(line, "replication_key", mark->cursor);
		buffer_json_member(line, "replication_key_value", stamp);
		buffer_puts(line, "}");
	}
	buffer_printf(line, "}},\"stats\":{\"records\":%lld}",
	    (long long)singer->records);
	if (flush_line(singer, singer->bookmarks[stream].stream, error) == -1)
		return -1;
	singer->records = 0;
	return 0;
}
