/* SPDX-License-Identifier: MIT */
#include "fetch/pager.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fetch/row.h"
#include "fetch/seen.h"
#include "log.h"

#define EMPTY_PAGES_MAX 2 /* that promise more, in a row */
#define RESTARTS_MAX 100  /* of one group whose rows keep moving */
#define REPEATS_MAX 3     /* of a page, in a row: no move of rows explains it */
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
	int empty_pages, restarts, repeats;
	int64_t latest;     /* a stamp that is believed */
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
	pager->restarts = pager->repeats = 0;
	seen_clear(&pager->seen);
	return complete == NO_STAMP || pager->state_written ? 0 :
	    state_write(pager, complete, error);
}

/* A stamp that lies ahead would become the bookmark, and no row would ever be
 * read behind it. */
static int
ahead(struct pager *pager, const char *id, int64_t stamp, struct error *error)
{
	const struct stream *stream = pager->stream;
	char text[CLOCK_TEXT];

	/* The groups before are whole: they needn't wait for its repair. */
	if (pager->current != NO_STAMP &&
	    state_write(pager, pager->current, error) == -1)
		return -1;
	clock_format(stamp, text);
	return error_set(error, EXIT_PROTOCOL, "stream %s: record %s has the "
	    "future time %s in %s, which can't become the bookmark: correct "
	    "it, or leave it out with oracle.streams.%s.filter", stream->name,
	    id, text, stream->cursor, stream->name);
}

static int
place_in_time(struct pager *pager, const char *id, int64_t stamp,
    struct error *error)
{
	if (stamp < pager->current ||
	    (pager->low != -1 && stamp < pager->low))
		return error_set(error, EXIT_PROTOCOL, "stream %s: record %s "
		    "is out of order: the server doesn't sort by %s",
		    pager->stream->name, id, pager->stream->cursor);
	if (stamp == pager->current)
		return 0;
	if (stamp > pager->latest)
		return ahead(pager, id, stamp, error);
	return next_group(pager, stamp, error);
}

static int
row_read(struct pager *pager, const struct json *json, json_node row,
    struct error *error)
{
	const struct stream *stream = pager->stream;
	char *id = row_id(stream, json, row, error);
	int64_t stamp = 0;
	int known;

	if (id == NULL)
		return -1;
	if (row_stamp(stream, json, row, id, &stamp, error) == -1 ||
	    place_in_time(pager, id, stamp, error) == -1 ||
	    row_whole(stream, json, row, id, error) == -1) {
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

/* Read the group again from its start. */
static int
restart(struct pager *pager, struct error *error)
{
	pager->offset = 0;
	return ++pager->restarts < RESTARTS_MAX ? 0 :
	    error_set(error, EXIT_TEMPFAIL, "stream %s: rows with one stamp "
	    "keep moving while they are read; try later", pager->stream->name);
}

/* Inside a group the page begins with the last row of the one before; with
 * another, or none, rows have moved.  1: so they have. */
static int
place_check(struct pager *pager, const struct json *json, json_node row,
    struct error *error)
{
	char *id;
	bool moved, repeated;

	if (row == JSON_NONE)
		return pager->offset > 0;
	id = row_id(pager->stream, json, row, error);
	if (id == NULL)
		return -1;
	moved = pager->offset > 0 && strcmp(id, pager->last_id) != 0;
	repeated = moved && strcmp(id, pager->first_id) == 0;
	free(pager->first_id);
	pager->first_id = id;
	/* A row that enters small pages may repeat one, but not for ever. */
	if (repeated && ++pager->repeats == REPEATS_MAX)
		return error_set(error, EXIT_PROTOCOL, "stream %s: the server "
		    "sent the same page twice", pager->stream->name);
	if (pager->offset > 0 && !moved)
		pager->repeats = 0;
	return moved;
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
	} else if (rows == 1)
		/* None to know the place by. */
		return error_set(error, EXIT_PROTOCOL, "stream %s: the server "
		    "gives one row a page: records with one stamp can't be "
		    "read safely", pager->stream->name);
	else
		/* One row again: if it isn't there, rows before it left. */
		pager->offset += (int64_t)rows - 1;
	return 0;
}

/* The latest stamp that an answer may hold, by the server's clock if it tells
 * the time. */
static int64_t
latest(const struct rest *rest)
{
	int64_t now;

	if (clock_parse_http(rest->answer.date, &now) == -1)
		now = clock_wall_ms();
	return now + PAGER_AHEAD_MAX_MS;
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
	pager->latest = latest(pager->rest);
	items = json_member(json, 0, "items");
	more = json_type(json, json_member(json, 0, "hasMore")) == JSON_TRUE;
	if (items != JSON_NONE && json_type(json, items) != JSON_ARRAY)
		return error_set(error, EXIT_PROTOCOL, "stream %s: items is no "
		    "array", pager->stream->name);
	row = json_first(json, items);
	if ((rc = place_check(pager, json, row, error)) != 0)
		return rc == 1 ? restart(pager, error) : -1;
	for (; row != JSON_NONE; row = json_next(json, row)) {
		if (row_read(pager, json, row, error) == -1)
			return -1;
		last = row;
	}
	free(pager->last_id);
	pager->last_id = last == JSON_NONE ? NULL :
	    row_id(pager->stream, json, last, error);
	if (last != JSON_NONE && pager->last_id == NULL)
		return -1;
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
