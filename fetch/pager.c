/* SPDX-License-Identifier: MIT */
#include "fetch/pager.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

#define EMPTY_PAGES_MAX 2 /* that promise more, in a row */
#define NO_STAMP INT64_MIN

struct pager {
	struct rest *rest;
	struct singer *singer;
	const struct stream *stream;
	size_t index;
	int64_t low, until; /* bounds of the query; -1: none */
	int64_t offset;
	int64_t current;    /* stamp of the group that is being read */
	char **ids;         /* what was written of the current group */
	size_t id_count, id_capacity;
	char *first_id;     /* of the page before */
	int empty_pages;
	int64_t written;    /* stamp of the last STATE */
	bool schema_written, state_written; /* the latter: on this page */
};

static int
parameter(struct pager *pager, struct buffer *url, const char *name,
    const char *text)
{
	char *escaped = curl_easy_escape(pager->rest->curl, text, 0);
	int rc = escaped == NULL ? -1 : buffer_printf(url, "&%s=%s", name,
	    escaped);

	curl_free(escaped);
	return rc;
}

static void
bound(struct buffer *query, const char *cursor, const char *operator,
    int64_t stamp_ms)
{
	char stamp[CLOCK_TEXT];

	if (stamp_ms == -1)
		return;
	clock_format(stamp_ms, stamp);
	/* An explicit zone: how a literal without one is read isn't known. */
	buffer_printf(query, "%s%s %s '%s'", query->length > 0 ? " and " : "",
	    cursor, operator, stamp);
}

/* The order must name the key, so that ties have an order too. */
static void
order(const struct stream *stream, struct buffer *out)
{
	const char *key = stream->key;
	size_t length;

	buffer_printf(out, "%s:asc", stream->cursor);
	while (*key != '\0') {
		length = strcspn(key, ",");
		buffer_printf(out, ",%.*s:asc", (int)length, key);
		key += length + (key[length] == ',');
	}
}

static int
page_url(struct pager *pager, struct buffer *url, struct error *error)
{
	const struct stream *stream = pager->stream;
	struct buffer text;

	buffer_init(&text, 16384);
	buffer_clear(url);
	buffer_printf(url, "%s?onlyData=true&limit=%lld&offset=%lld",
	    stream->path, (long long)stream->page_size,
	    (long long)pager->offset);
	bound(&text, stream->cursor, ">=", pager->low);
	bound(&text, stream->cursor, "<", pager->until);
	if (stream->filter != NULL)
		buffer_printf(&text, "%s(%s)", text.length > 0 ? " and " : "",
		    stream->filter);
	if (text.length > 0)
		parameter(pager, url, "q", buffer_text(&text));
	buffer_clear(&text);
	order(stream, &text);
	parameter(pager, url, "orderBy", buffer_text(&text));
	/* The server lets fields win over expand. */
	if (stream->fields != NULL)
		parameter(pager, url, "fields", stream->fields);
	else if (stream->expand != NULL)
		parameter(pager, url, "expand", stream->expand);
	if (url->failed || text.failed)
		error_set(error, EXIT_CONFIG, "stream %s: its filter or "
		    "fields are too long for a URL", stream->name);
	buffer_free(&text);
	return url->failed ? -1 : 0;
}

/* The values of the key's attributes joined with ':', or NULL. */
static char *
row_id(const struct stream *stream, const struct json *json, json_node row)
{
	const char *key = stream->key;
	struct buffer id;
	char name[128], *text;
	size_t length;

	buffer_init(&id, 1024);
	while (*key != '\0') {
		length = strcspn(key, ",");
		snprintf(name, sizeof(name), "%.*s", (int)length, key);
		text = json_dup(json, json_member(json, row, name));
		if (text == NULL) {
			buffer_free(&id);
			return NULL;
		}
		buffer_printf(&id, "%s%s", id.length > 0 ? ":" : "", text);
		free(text);
		key += length + (key[length] == ',');
	}
	return id.data;
}

static int
row_stamp(struct pager *pager, const struct json *json, json_node row,
    const char *id, int64_t *stamp, struct error *error)
{
	char *text = json_dup(json, json_member(json, row,
	    pager->stream->cursor));
	int rc = 0;

	if (text == NULL || clock_parse(text, stamp) == -1)
		rc = error_set(error, EXIT_PROTOCOL, "stream %s: record %s has "
		    "no time in %s: its stamp can't carry the bookmark",
		    pager->stream->name, id, pager->stream->cursor);
	else if (*stamp < pager->current || (pager->low != -1 &&
	    *stamp < pager->low))
		rc = error_set(error, EXIT_PROTOCOL, "stream %s: record %s is "
		    "out of order: the server doesn't sort by %s",
		    pager->stream->name, id, pager->stream->cursor);
	free(text);
	return rc;
}

static void
ids_clear(struct pager *pager)
{
	while (pager->id_count > 0)
		free(pager->ids[--pager->id_count]);
}

/* 1: it was known, 0: it is now, -1: error.  Takes id. */
static int
ids_add(struct pager *pager, char *id, struct error *error)
{
	size_t i, capacity;
	char **ids;

	for (i = 0; i < pager->id_count; i++)
		if (strcmp(pager->ids[i], id) == 0) {
			free(id);
			return 1;
		}
	if (pager->id_count == pager->id_capacity) {
		capacity = pager->id_capacity > 0 ? pager->id_capacity * 2 : 64;
		ids = realloc(pager->ids, capacity * sizeof(*ids));
		if (ids == NULL) {
			free(id);
			return error_set(error, EXIT_SYSTEM, "out of memory");
		}
		pager->ids = ids;
		pager->id_capacity = capacity;
	}
	pager->ids[pager->id_count++] = id;
	return 0;
}

/* Is a child collection of the record cut? */
static bool
is_cut(const struct json *json, json_node node)
{
	json_node child;

	if (json_type(json, json_member(json, node, "items")) == JSON_ARRAY &&
	    json_type(json, json_member(json, node, "hasMore")) == JSON_TRUE)
		return true;
	for (child = json_first(json, node); child != JSON_NONE;
	    child = json_next(json, child))
		if (json_first(json, child) != JSON_NONE && is_cut(json, child))
			return true;
	return false;
}

static int
state_write(struct pager *pager, int64_t stamp, struct error *error)
{
	if (stamp == pager->written)
		return 0;
	pager->written = stamp;
	pager->state_written = true;
	return singer_state(pager->singer, pager->index, stamp, error);
}

/* The current group is whole.  A STATE belongs here, before the next group's
 * first record; one a page is enough. */
static int
next_group(struct pager *pager, int64_t stamp, struct error *error)
{
	int64_t complete = pager->current;

	pager->current = stamp;
	ids_clear(pager);
	return complete == NO_STAMP || pager->state_written ? 0 :
	    state_write(pager, complete, error);
}

static int
row_read(struct pager *pager, const struct json *json, json_node row,
    struct error *error)
{
	const struct stream *stream = pager->stream;
	char *id = row_id(stream, json, row);
	int64_t stamp = 0;
	int known;

	if (id == NULL)
		return error_set(error, EXIT_PROTOCOL, "stream %s: a record "
		    "has no %s", stream->name, stream->key);
	if (row_stamp(pager, json, row, id, &stamp, error) == -1) {
		free(id);
		return -1;
	}
	if (stamp > pager->current && next_group(pager, stamp, error) == -1) {
		free(id);
		return -1;
	}
	if (is_cut(json, row)) {
		error_set(error, EXIT_PROTOCOL, "stream %s: record %s has more "
		    "children than the page size of %lld shows: set "
		    "oracle.streams.%s.page_size higher", stream->name, id,
		    (long long)stream->page_size, stream->name);
		free(id);
		return -1;
	}
	if ((known = ids_add(pager, id, error)) != 0)
		return known == 1 ? 0 : -1;
	if (!pager->schema_written &&
	    singer_schema(pager->singer, stream, error) == -1)
		return -1;
	pager->schema_written = true;
	return singer_record(pager->singer, stream, json, row, error);
}

static int
offset_check(struct pager *pager, const struct json *json, json_node row,
    struct error *error)
{
	char *id = row_id(pager->stream, json, row);
	int rc = 0;

	if (pager->offset > 0 && id != NULL && pager->first_id != NULL &&
	    strcmp(id, pager->first_id) == 0)
		rc = error_set(error, EXIT_PROTOCOL, "stream %s: the server "
		    "sent the same page twice", pager->stream->name);
	free(pager->first_id);
	pager->first_id = id;
	return rc;
}

/* Where the next page begins.  1: there is none. */
static int
advance(struct pager *pager, bool more, size_t rows, struct error *error)
{
	if (!more)
		return 1;
	if (rows == 0)
		return ++pager->empty_pages < EMPTY_PAGES_MAX ? 0 :
		    error_set(error, EXIT_PROTOCOL, "stream %s: the server "
		    "promises more records and sends none",
		    pager->stream->name);
	pager->empty_pages = 0;
	if (pager->low == -1 || pager->current > pager->low) {
		pager->low = pager->current;
		pager->offset = 0;
	} else
		pager->offset += (int64_t)rows;
	return 0;
}

/* 0: go on, 1: the end, -1: error. */
static int
page_read(struct pager *pager, struct buffer *url, struct json *json,
    struct error *error)
{
	json_node items, row;
	bool more;

	pager->state_written = false;
	if (page_url(pager, url, error) == -1 || rest_get(pager->rest,
	    pager->stream->name, buffer_text(url), json, error) == -1)
		return -1;
	items = json_member(json, 0, "items");
	more = json_type(json, json_member(json, 0, "hasMore")) == JSON_TRUE;
	if (items != JSON_NONE && json_type(json, items) != JSON_ARRAY)
		return error_set(error, EXIT_PROTOCOL, "stream %s: items is no "
		    "array", pager->stream->name);
	row = json_first(json, items);
	if (row != JSON_NONE && offset_check(pager, json, row, error) == -1)
		return -1;
	for (; row != JSON_NONE; row = json_next(json, row))
		if (row_read(pager, json, row, error) == -1)
			return -1;
	return advance(pager, more, json_count(json, items), error);
}

static void
pager_free(struct pager *pager)
{
	ids_clear(pager);
	free(pager->ids);
	free(pager->first_id);
}

int
pager_run(struct rest *rest, struct singer *singer,
    const struct streams *streams, size_t stream, int64_t since_ms,
    int64_t until_ms, struct error *error)
{
	struct pager pager = { .rest = rest, .singer = singer,
		.stream = &streams->list[stream], .index = stream,
		.low = since_ms, .until = until_ms, .current = NO_STAMP,
		.written = NO_STAMP };
	struct json json = { 0 };
	struct buffer url;
	int rc;

	buffer_init(&url, 32768);
	while ((rc = page_read(&pager, &url, &json, error)) == 0)
		;
	/* The last group is whole as far as the server says.  Without rows the
	 * bookmark is said again: who keeps the last STATE must find one. */
	if (rc == 1 && pager.current != NO_STAMP)
		rc = state_write(&pager, pager.current, error) == -1 ? -1 : 1;
	else if (rc == 1 && singer->bookmarks[stream].known)
		rc = singer_state(singer, stream,
		    singer->bookmarks[stream].stamp_ms, error) == -1 ? -1 : 1;
	json_free(&json);
	buffer_free(&url);
	pager_free(&pager);
	return rc == 1 ? 0 : -1;
}

int
pager_check(struct rest *rest, const struct stream *stream,
    struct error *error)
{
	struct json json = { 0 };
	struct buffer url;
	int rc;

	buffer_init(&url, 4096);
	buffer_printf(&url, "%s?onlyData=true&limit=1", stream->path);
	rc = rest_get(rest, stream->name, buffer_text(&url), &json, error);
	buffer_free(&url);
	json_free(&json);
	return rc;
}
