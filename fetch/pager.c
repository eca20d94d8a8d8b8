/* SPDX-License-Identifier: MIT */
#include "fetch/pager.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fetch/seen.h"
#include "log.h"

#define EMPTY_PAGES_MAX 2 /* that promise more, in a row */
#define RESTARTS_MAX 100  /* of one group whose rows keep moving */
#define NO_STAMP INT64_MIN

struct pager {
	struct rest *rest;
	struct singer *singer;
	const struct stream *stream;
	size_t index;
	int64_t low, until; /* bounds of the query; -1: none */
	int64_t limit, offset;
	int64_t current;    /* stamp of the group that is being read */
	struct seen seen;   /* what was written of the current group */
	char *first_id, *last_id; /* of the page before */
	bool anchored;      /* the next page must begin with last_id */
	int empty_pages, restarts;
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
	    stream->path, (long long)pager->limit,
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
	pager->restarts = 0;
	seen_clear(&pager->seen);
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
		    "children than a page of %lld shows: set "
		    "oracle.streams.%s.page_size higher (at most %d), or have "
		    "expand name fewer", stream->name, id,
		    (long long)stream->page_size, stream->name,
		    STREAM_PAGE_SIZE_MAX);
		free(id);
		return -1;
	}
	if ((known = seen_add(&pager->seen, id, error)) != 0)
		return known == 1 ? 0 : -1;
	if (!pager->schema_written &&
	    singer_schema(pager->singer, stream, error) == -1)
		return -1;
	pager->schema_written = true;
	return singer_record(pager->singer, stream, json, row, error);
}

/* Is the page the one behind the last?  1: no, rows have moved; start the
 * group again. */
static int
place_check(struct pager *pager, const struct json *json, json_node row,
    struct error *error)
{
	char *id = row_id(pager->stream, json, row);
	int rc = 0;

	if (id == NULL)
		return 0; /* row_read says it */
	if (pager->offset > 0 && pager->first_id != NULL &&
	    strcmp(id, pager->first_id) == 0)
		rc = error_set(error, EXIT_PROTOCOL, "stream %s: the server "
		    "sent the same page twice", pager->stream->name);
	else if (pager->anchored && strcmp(id, pager->last_id) != 0)
		rc = 1;
	free(pager->first_id);
	pager->first_id = id;
	return rc;
}

static int
restart(struct pager *pager, struct error *error)
{
	pager->offset = 0;
	pager->anchored = false;
	return ++pager->restarts < RESTARTS_MAX ? 0 :
	    error_set(error, EXIT_TEMPFAIL, "stream %s: rows with one stamp "
	    "keep moving while they are read; try later", pager->stream->name);
}

/* Where the next page begins.  1: there is none. */
static int
advance(struct pager *pager, bool more, size_t rows, struct error *error)
{
	pager->anchored = false;
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
	} else if (rows == 1)
		pager->offset++;
	else {
		/* One row again: if it isn't there, rows before it left. */
		pager->offset += (int64_t)rows - 1;
		pager->anchored = pager->last_id != NULL;
	}
	return 0;
}

/* 0: go on, 1: the end, -1: error. */
static int
page_read(struct pager *pager, struct buffer *url, struct json *json,
    struct error *error)
{
	json_node items, row, last = JSON_NONE;
	bool more;
	int rc;

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
	if (row != JSON_NONE && (rc = place_check(pager, json, row, error)) !=
	    0)
		return rc == 1 ? restart(pager, error) : -1;
	if (row == JSON_NONE && pager->anchored)
		return restart(pager, error);
	for (; row != JSON_NONE; row = json_next(json, row)) {
		if (row_read(pager, json, row, error) == -1)
			return -1;
		last = row;
	}
	free(pager->last_id);
	pager->last_id = row_id(pager->stream, json, last);
	return advance(pager, more, json_count(json, items), error);
}

static void
pager_free(struct pager *pager)
{
	seen_clear(&pager->seen);
	free(pager->last_id);
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
		.limit = streams->list[stream].page_size,
		.written = NO_STAMP };
	struct json json = { 0 };
	struct buffer url;
	int rc;

	buffer_init(&url, 32768);
	while ((rc = page_read(&pager, &url, &json, error)) == 0)
		;
	/* The last group is whole as far as the server says.  Without rows the
	 * bookmark is said again, or with --since its time: who keeps the last
	 * STATE must find one, and the next run goes on from there. */
	if (rc == 1 && pager.current != NO_STAMP)
		rc = state_write(&pager, pager.current, error) == -1 ? -1 : 1;
	else if (rc == 1 && singer->bookmarks[stream].known)
		rc = singer_state(singer, stream,
		    singer->bookmarks[stream].stamp_ms, error) == -1 ? -1 : 1;
	else if (rc == 1 && since_ms != -1)
		rc = singer_state(singer, stream, since_ms, error) == -1 ?
		    -1 : 1;
	json_free(&json);
	buffer_free(&url);
	pager_free(&pager);
	return rc == 1 ? 0 : -1;
}

int
pager_check(struct rest *rest, const struct stream *stream,
    struct error *error)
{
	/* A bound on the cursor, so that the server judges all we will ask. */
	struct pager pager = { .rest = rest, .stream = stream, .low = 0,
		.until = -1, .limit = 1 };
	struct json json = { 0 };
	struct buffer url;
	int rc = -1;

	buffer_init(&url, 32768);
	if (page_url(&pager, &url, error) == 0)
		rc = rest_get(rest, stream->name, buffer_text(&url), &json,
		    error);
	if (rc == 0 && json_count(&json, json_member(&json, 0, "items")) == 0)
		log_warning("stream %s: no record is visible; if there should "
		    "be some, check the data roles of the client's user",
		    stream->name);
	buffer_free(&url);
	json_free(&json);
	return rc;
}
