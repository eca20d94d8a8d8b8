/* SPDX-License-Identifier: MIT */
#include "fetch/singer.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "fetch/signals.h"

int
singer_open(struct singer *singer, const struct streams *streams,
    struct error *error)
{
	*singer = (struct singer){ .count = streams->count };
	buffer_init(&singer->out, SINGER_LINE_MAX + SINGER_FLUSH);
	singer_time(singer);
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
	buffer_free(&singer->out);
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

/* White space that breaks lines becomes blanks.  JSON has it between its tokens
 * alone. */
static void
one_line(char *text, size_t length)
{
	static const char breaks[] = { '\n', '\r', '\t' };
	char *at, *end = text + length;
	size_t i;

	for (i = 0; i < sizeof(breaks); i++)
		for (at = text; (at = memchr(at, breaks[i],
		    (size_t)(end - at))) != NULL; at++)
			*at = ' ';
}

int
singer_carry(struct singer *singer, const struct json *json,
    json_node bookmarks, struct error *error)
{
	struct buffer *carried = &singer->carried;
	json_node node;

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
	if (carried->length > 0)
		one_line(carried->data, carried->length);
	return carried->failed ? error_set(error, EXIT_SYSTEM,
	    "out of memory") : 0;
}

void
singer_time(struct singer *singer)
{
	clock_now(singer->now);
}

/* Wait for room, but not for ever once a signal has asked for the end. */
static int
await_room(int64_t deadline, struct error *error)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
	int64_t left;
	int ready;

	do {
		left = deadline - clock_monotonic_ms();
		ready = left > 0 ? poll(&out, 1, (int)left) : 0;
	} while (ready == -1 && errno == EINTR);
	return ready != 0 ? 0 : error_set(error, EXIT_TEMPFAIL, "nobody reads standard output, "
	    "and a signal asked for the end: what wasn't taken is read again");
}

int
singer_flush(struct singer *singer, struct error *error)
{
	const char *at = singer->out.data, *end = at + singer->out.length;
	int64_t deadline = 0;
	size_t count;
	ssize_t done;
	int rc = 0;

	/* A write that waits is interrupted by the signal; from then on each
	 * is as small as there is room for. */
	while (rc == 0 && singer->out.length > 0 && at < end) {
		count = (size_t)(end - at);
		if (signals_ending() && count > PIPE_BUF)
			count = PIPE_BUF;
		if (signals_ending() && deadline == 0)
			deadline = clock_monotonic_ms() + SINGER_GRACE_MS;
		if (deadline > 0 && await_room(deadline, error) == -1)
			rc = -1;
		else if ((done = write(STDOUT_FILENO, at, count)) >= 0)
			at += done;
		else if (errno == EAGAIN)
			poll(&(struct pollfd){ .fd = STDOUT_FILENO,
			    .events = POLLOUT }, 1, -1);
		else if (errno != EINTR)
			rc = error_errno(error, EXIT_IO,
			    "cannot write the output");
	}
	buffer_clear(&singer->out);
	return rc;
}

static int
end_line(struct singer *singer, const char *what, struct error *error)
{
	buffer_puts(&singer->out, "}\n");
	if (singer->out.failed ||
	    singer->out.length - singer->line > SINGER_LINE_MAX) {
		/* The lines before it are whole. */
		singer->out.length = singer->line;
		singer->out.failed = false;
		return error_set(error, EXIT_PROTOCOL, "stream %s: a record is "
		    "over the ceiling of %zu bytes", what, SINGER_LINE_MAX);
	}
	return singer->out.length > SINGER_FLUSH ? singer_flush(singer,
	    error) : 0;
}

static void
begin(struct singer *singer, const char *type, const char *stream)
{
	singer->line = singer->out.length;
	buffer_puts(&singer->out, "{");
	buffer_json_member(&singer->out, "type", type);
	if (stream != NULL)
		buffer_json_member(&singer->out, "stream", stream);
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
	struct buffer *line = &singer->out;

	begin(singer, "SCHEMA", stream->name);
	buffer_json_name(line, "schema");
	streams_schema(stream, line);
	buffer_json_name(line, "key_properties");
	names(line, stream->key);
	buffer_json_name(line, "bookmark_properties");
	names(line, stream->cursor != NULL ? stream->cursor : "");
	if (stream->amount != NULL)
		buffer_json_member(line, "amount_property", stream->amount);
	if (stream->currency != NULL)
		buffer_json_member(line, "currency_property", stream->currency);
	return end_line(singer, stream->name, error);
}

/* Take back what separates the member that is left out from the one before;
 * true: there is none before. */
static bool
unseparate(struct buffer *out)
{
	while (strchr(" \t\r\n", out->data[out->length - 1]) != NULL)
		out->length--;
	if (out->data[out->length - 1] != ',')
		return true;
	out->length--;
	return false;
}

/* The record's text without its links.  The nodes stand in the text's order. */
static void
text_without_links(struct buffer *out, const struct json *json,
    json_node record)
{
	static const char links[] = "links";
	const struct json_value *whole = &json->values[record], *value;
	size_t at = whole->start, start = out->length, i;
	bool first;

	for (i = (size_t)record + 1; i < json->count &&
	    json->values[i].start < whole->end; i++) {
		value = &json->values[i];
		/* Its length tells it from nearly all others. */
		if ((value->name_end - value->name != (int)sizeof(links) + 1 &&
		    !value->name_escaped) || (size_t)value->name < at ||
		    !json_named(json, (json_node)i, links))
			continue;
		buffer_append(out, json->text + at, (size_t)value->name - at);
		at = value->end;
		first = unseparate(out);
		at += strspn(json->text + at, " \t\r\n");
		if (first && json->text[at] == ',')
			at++;
	}
	buffer_append(out, json->text + at, whole->end - at);
	one_line(out->data + start, out->length - start);
}

int
singer_record(struct singer *singer, const struct stream *stream,
    const struct json *json, json_node record, struct error *error)
{
	begin(singer, "RECORD", stream->name);
	buffer_json_name(&singer->out, "record");
	text_without_links(&singer->out, json, record);
	buffer_json_member(&singer->out, "time_extracted", singer->now);
	if (end_line(singer, stream->name, error) == -1)
		return -1;
	singer->records++;
	return 0;
}

void
singer_bookmarks(const struct singer *singer, struct buffer *out)
{
	const struct singer_bookmark *mark;
	char stamp[CLOCK_TEXT];
	bool first = singer->carried.length == 0;
	size_t i;

	buffer_puts(out, "{\"bookmarks\":{");
	buffer_append(out, buffer_text(&singer->carried),
	    singer->carried.length);
	for (i = 0; i < singer->count; i++) {
		mark = &singer->bookmarks[i];
		if (!mark->known)
			continue;
		if (!first)
			buffer_puts(out, ",");
		first = false;
		clock_format(mark->stamp_ms, stamp);
		buffer_json_string(out, mark->stream, strlen(mark->stream));
		buffer_puts(out, ":{");
		buffer_json_member(out, "replication_key", mark->cursor);
		buffer_json_member(out, "replication_key_value", stamp);
		buffer_puts(out, "}");
	}
	buffer_puts(out, "}}");
}

static int
state(struct singer *singer, const char *stream, struct error *error)
{
	begin(singer, "STATE", NULL);
	buffer_puts(&singer->out, ",\"value\":");
	singer_bookmarks(singer, &singer->out);
	buffer_printf(&singer->out, ",\"stats\":{\"records\":%lld}",
	    (long long)singer->records);
	if (end_line(singer, stream, error) == -1)
		return -1;
	singer->records = 0;
	return 0;
}

int
singer_state(struct singer *singer, size_t stream, int64_t stamp_ms,
    struct error *error)
{
	const struct singer_bookmark *mark = &singer->bookmarks[stream];

	if (!mark->known || (stamp_ms > mark->stamp_ms && !mark->stays))
		singer_start(singer, stream, stamp_ms);
	return state(singer, mark->stream, error);
}

int
singer_checkpoint(struct singer *singer, const struct stream *stream,
    struct error *error)
{
	return state(singer, stream->name, error);
}

static bool
same(const char *left, const char *right)
{
	return left == right || (left != NULL && right != NULL &&
	    strcmp(left, right) == 0);
}

void
singer_adopt(struct singer *singer, struct singer *old)
{
	struct buffer out = singer->out;
	size_t i, j;

	singer->out = old->out;
	old->out = out;
	singer->records = old->records;
	for (i = 0; i < singer->count; i++)
		for (j = 0; j < old->count; j++)
			if (old->bookmarks[j].known &&
			    same(singer->bookmarks[i].stream,
			    old->bookmarks[j].stream) &&
			    same(singer->bookmarks[i].cursor,
			    old->bookmarks[j].cursor))
				singer_start(singer, i,
				    old->bookmarks[j].stamp_ms);
}
