/* SPDX-License-Identifier: MIT */
#include "fetch/pager.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fetch/pager_row.h"

#define EMPTY_PAGES_MAX 2 /* that promise more, in a row */
#define RESTARTS_MAX 100  /* of one group whose rows keep moving */
#define ROUNDS_MAX 4      /* of a descending scan */
#define LIMIT_LEAST 2     /* a page shares a row with the one before */
#define LIMIT_TRUSTED 4   /* one row isn't the half of such a page */

void
pager_open(struct pager *pager, const struct stream *stream, size_t index,
    struct singer *singer, struct ledger *ledger,
    const struct config *config, const char *base)
{
	*pager = (struct pager){ .stream = stream, .index = index,
		.singer = singer, .ledger = ledger, .config = config,
		.base = base };
	splitter_open(&pager->splitter, PAGER_BODY_MAX);
	buffer_init(&pager->held, SINGER_LINE_MAX);
	buffer_init(&pager->child, PAGER_BODY_MAX);
	buffer_init(&pager->scratch, SINGER_LINE_MAX);
	buffer_init(&pager->version, 128);
}

/* What belongs to one pass, but not its memory. */
static void
forget_page(struct pager *pager)
{
	splitter_reset(&pager->splitter);
	buffer_clear(&pager->child);
	pager->page_rows = pager->page_bytes = 0;
	pager->state_written = pager->skipping = pager->met_last = false;
	free(pager->end_id);
	pager->end_id = NULL;
}

static void
forget_pass(struct pager *pager)
{
	forget_page(pager);
	seen_clear(&pager->group_seen);
	free(pager->first_id);
	free(pager->last_id);
	free(pager->held_id);
	pager->first_id = pager->last_id = pager->held_id = NULL;
	pager->at_children = false;
}

void
pager_close(struct pager *pager)
{
	forget_pass(pager);
	splitter_close(&pager->splitter);
	seen_free(&pager->group_seen);
	seen_free(&pager->recent);
	json_free(&pager->row);
	json_free(&pager->envelope);
	buffer_free(&pager->held);
	buffer_free(&pager->child);
	buffer_free(&pager->scratch);
	buffer_free(&pager->version);
}

void
pager_start(struct pager *pager, const struct pager_pass *pass)
{
	forget_pass(pager);
	pager->pass = *pass;
	pager->counts = (struct pager_counts){ .stamp_ms = PAGER_NO_STAMP };
	pager->query = (struct query){ .low = pass->since,
		.until = pass->until, .limit = pager->stream->page_size };
	pager->group = pager->group_latest = PAGER_NO_STAMP;
	pager->written = pager->top = PAGER_NO_STAMP;
	pager->bottom = pass->since == -1 ? PAGER_NO_STAMP : pass->since;
	pager->stopping = pager->finished = pager->fresh = false;
	pager->behind = false;
	pager->rounds = 0;
	pager->rows_before = 0;
	pager->restarts = pager->repeats = pager->empty_pages = 0;
}

int
pager_url(struct pager *pager, struct buffer *url, struct error *error)
{
	if (!pager->at_children)
		return query_url(pager->stream, &pager->query, url, error);
	return children_url(&pager->cut, pager->stream, &pager->row,
	    pager->held_id, pager->base, pager->query.limit, url, error);
}

void
pager_answer(struct pager *pager, const char *date)
{
	int64_t now;

	if (clock_parse_http(date, &now) == -1)
		now = clock_wall_ms();
	pager->now = now;
	pager->page_bytes = 0;
	if (pager->at_children)
		buffer_clear(&pager->child);
	else
		forget_page(pager);
	/* Descending rows may move to the front between two pages. */
	if (pager->stream->scan == STREAM_DESCENDING)
		pager->group = PAGER_NO_STAMP;
}

/* Take the rows that are there, up to one whose children are cut. */
static int
drain(struct pager *pager, struct error *error)
{
	enum splitter_result result = SPLITTER_MORE;
	struct error why;
	const char *row;
	size_t length;

	while (pager->held_id == NULL && !pager->finished &&
	    (result = splitter_next(&pager->splitter, &row, &length, &why)) ==
	    SPLITTER_ROW)
		if (pager_row(pager, row, length, error) == -1)
			return -1;
	if (result == SPLITTER_ERROR)
		return error_set(error, why.code, "stream %s: %.400s",
		    pager->stream->name, why.message);
	return pager->finished;
}

int
pager_feed(struct pager *pager, const char *bytes, size_t count,
    struct error *error)
{
	pager->page_bytes += count;
	if (pager->page_bytes > PAGER_BODY_MAX)
		return error_set(error, EXIT_PROTOCOL, "stream %s: the answer "
		    "is over %zu bytes; make oracle.page_size smaller",
		    pager->stream->name, PAGER_BODY_MAX);
	if ((pager->at_children ? buffer_append(&pager->child, bytes, count) :
	    splitter_feed(&pager->splitter, bytes, count)) == -1)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	return pager->at_children ? 0 : drain(pager, error);
}

/* Read the group, or the round, again from its start. */
static int
restart(struct pager *pager, bool behind, struct error *error)
{
	pager->query.offset = 0;
	if (behind && ++pager->repeats == PAGER_REPEATS_MAX)
		/* None to know the place by. */
		return error_set(error, EXIT_PROTOCOL, "stream %s: the server "
		    "gives one row a page: records with one stamp can't be "
		    "read safely", pager->stream->name);
	return ++pager->restarts < RESTARTS_MAX ? 0 :
	    error_set(error, EXIT_TEMPFAIL, "stream %s: rows %s keep moving "
	    "while they are read; try later", pager->stream->name,
	    pager->stream->scan == STREAM_QUERY ? "with one stamp" : "");
}

/* The end is believed.  1: the pass is done; 0: it goes down once more, since
 * what changed meanwhile went to the front. */
static int
confirm(struct pager *pager)
{
	pager->query.offset = 0;
	/* On a stream that never rests it would go on for ever. */
	if (pager->stream->scan != STREAM_DESCENDING || !pager->fresh ||
	    pager->stopping || ++pager->rounds == ROUNDS_MAX)
		return 1;
	pager->fresh = false;
	pager->bottom = pager->top;
	pager->top = PAGER_NO_STAMP;
	free(pager->last_id);
	pager->last_id = NULL;
	return 0;
}

/* Let the next page begin with the group that is being read.  false: it did. */
static bool
move_to_group(struct pager *pager)
{
	if (pager->stream->scan != STREAM_QUERY ||
	    pager->group <= pager->query.low)
		return false;
	pager->query.low = pager->group;
	pager->query.offset = 0;
	return true;
}

/* Where the next page begins.  1: there is none.  That there is no more isn't
 * believed of a page that brought rows: it may have been cut short.  limit: of
 * rows, as the server says. */
static int
advance(struct pager *pager, bool more, int64_t limit, struct error *error)
{
	struct query *query = &pager->query;
	size_t rows = pager->page_rows;

	/* Where rows were, one page without any isn't believed. */
	if (rows > 0)
		pager->empty_pages = 0;
	else if ((more || (pager->counts.rows > 0 && query->offset == 0)) &&
	    ++pager->empty_pages < EMPTY_PAGES_MAX)
		return 0;
	else if (more)
		return error_set(error, EXIT_PROTOCOL, "stream %s: the server "
		    "promises more records and sends none",
		    pager->stream->name);
	else
		return confirm(pager);
	if (pager->stream->scan == STREAM_DESCENDING && pager->skipping)
		return confirm(pager);
	if (move_to_group(pager))
		return 0;
	if (rows > 1) {
		/* One row again: if it isn't there, rows before it left. */
		query->offset += (int64_t)rows - 1;
		return 0;
	}
	if (!more && limit >= LIMIT_TRUSTED && (query->offset > 0 ||
	    pager->stream->scan == STREAM_QUERY))
		return confirm(pager);
	/* Nothing but the row that is known: is there really one behind? */
	pager->behind = true;
	query->offset++;
	return 0;
}

/* The pass is complete.  Without rows the bookmark is said again, or with
 * --since its time: who keeps the last STATE must find one, and the next run
 * goes on from there. */
static int
complete(struct pager *pager, struct error *error)
{
	const struct singer_bookmark *mark =
	    &pager->singer->bookmarks[pager->index];
	int64_t stamp = pager->stream->scan == STREAM_QUERY ?
	    pager->group_latest : pager->counts.stamp_ms;

	/* What changed since this round began may not have been met. */
	if (pager->rounds == ROUNDS_MAX && stamp > pager->top)
		stamp = pager->top;
	pager->finished = true;
	if (pager->stream->cursor == NULL)
		return singer_checkpoint(pager->singer, pager->stream, error);
	if (stamp == PAGER_NO_STAMP && mark->known)
		stamp = mark->stamp_ms;
	else if (stamp == PAGER_NO_STAMP)
		stamp = pager->pass.since == -1 ? PAGER_NO_STAMP :
		    pager->pass.since;
	return stamp == PAGER_NO_STAMP ? 0 : pager_state(pager, stamp, error);
}

static int
page_end(struct pager *pager, struct error *error)
{
	const struct json *json = &pager->envelope;
	struct error why;
	bool more, behind = pager->behind;
	json_node node;
	int64_t limit = pager->query.limit;
	int rc;

	pager->counts.pages++;
	if (splitter_end(&pager->splitter, &pager->envelope, &why) == -1)
		return error_set(error, why.code, "stream %s: %.400s",
		    pager->stream->name, why.message);
	node = json_member(json, 0, "items");
	/* Rows that are left in it weren't cut out: the name is escaped. */
	if (json_type(json, 0) != JSON_OBJECT || (node != JSON_NONE &&
	    (json_type(json, node) != JSON_ARRAY ||
	    json_first(json, node) != JSON_NONE)))
		return error_set(error, EXIT_PROTOCOL, "stream %s: the answer "
		    "is no page with an array of items", pager->stream->name);
	node = json_member(json, 0, "hasMore");
	json_integer(json, json_member(json, 0, "limit"), &limit);
	/* A full page with nothing behind it is asked after. */
	more = json_type(json, node) == JSON_TRUE ||
	    (limit > 1 && (int64_t)pager->page_rows >= limit);
	pager->behind = behind && pager->page_rows == 0 && more;
	if (pager->query.offset > 0 && !pager->met_last &&
	    !(behind && pager->page_rows == 0))
		return restart(pager, behind, error);
	free(pager->last_id);
	pager->last_id = pager->end_id;
	pager->end_id = NULL;
	rc = advance(pager, more, limit, error);
	forget_page(pager);
	return rc == 1 && complete(pager, error) == -1 ? -1 : rc;
}

int
pager_end(struct pager *pager, struct error *error)
{
	if (pager->at_children && pager_children(pager, error) == -1)
		return -1;
	if (drain(pager, error) == -1)
		return -1;
	pager->at_children = pager->held_id != NULL;
	if (pager->finished)
		return 1;
	return pager->at_children ? 0 : page_end(pager, error);
}

bool
pager_broken(struct pager *pager, bool slow)
{
	struct query *query = &pager->query;
	bool came = pager->counts.rows > pager->rows_before;

	pager->rows_before = pager->counts.rows;
	if (slow && query->limit / 2 >= LIMIT_LEAST)
		query->limit /= 2;
	if (pager->at_children)
		return came;
	/* Go on behind what came. */
	move_to_group(pager);
	/* A held row's page is lost, but the row will come again. */
	if (pager->held_id != NULL) {
		free(pager->held_id);
		pager->held_id = NULL;
	}
	forget_page(pager);
	return came;
}

bool
pager_stop(struct pager *pager)
{
	pager->stopping = true;
	if (pager->stream->scan != STREAM_QUERY ||
	    pager->group_latest == PAGER_NO_STAMP)
		pager->finished = true;
	return pager->finished;
}
