/* SPDX-License-Identifier: MIT */
#include "fetch/pager_row.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fetch/row.h"
#include "record_version.h"

#define CHILD_RESTARTS_MAX 5
#define RECENT_LEAST 65536 /* records that are remembered without a look */

int
pager_state(struct pager *pager, int64_t stamp, struct error *error)
{
	/* A row that is ahead of the clock must not hide what comes till then;
	 * it is read again, and known. */
	if (stamp > pager->now)
		stamp = pager->now;
	if (stamp == pager->written)
		return 0;
	pager->written = stamp;
	pager->state_written = true;
	return singer_state(pager->singer, pager->index, stamp, error);
}

/* The group before is whole.  A STATE belongs here, before the next group's
 * first record; one a page is enough. */
static int
next_group(struct pager *pager, int64_t second, struct error *error)
{
	int64_t complete = pager->group_latest;

	pager->group = second;
	pager->group_latest = PAGER_NO_STAMP;
	pager->restarts = pager->repeats = 0;
	seen_clear(&pager->group_seen);
	if (complete == PAGER_NO_STAMP)
		return 0;
	if (pager->stopping)
		pager->finished = true;
	return pager->state_written && !pager->finished ? 0 :
	    pager_state(pager, complete, error);
}

/* A stamp that lies ahead would become the bookmark, and no row would ever be
 * read behind it. */
static int
ahead(struct pager *pager, const char *id, int64_t stamp, struct error *error)
{
	const struct stream *stream = pager->stream;
	char text[CLOCK_TEXT];

	/* The groups before are whole: they needn't wait for its repair. */
	if (stream->scan == STREAM_QUERY &&
	    pager->group_latest != PAGER_NO_STAMP &&
	    pager_state(pager, pager->group_latest, error) == -1)
		return -1;
	clock_format(stamp, text);
	return error_set(error, EXIT_PROTOCOL, "stream %s: record %s has the "
	    "future time %s in %s, which can't become the bookmark: correct "
	    "it, or leave it out with oracle.streams.%s.filter", stream->name,
	    id, text, stream->cursor, stream->name);
}

static int
disorder(struct pager *pager, const char *id, struct error *error)
{
	return error_set(error, EXIT_PROTOCOL, "stream %s: record %s is out of "
	    "order: the server doesn't sort by %s", pager->stream->name, id,
	    pager->stream->cursor);
}

/* 0: take the row, 1: leave it, -1: error. */
static int
in_time(struct pager *pager, const char *id, int64_t stamp,
    struct error *error)
{
	int64_t second = query_second(stamp), low = pager->query.low;

	if (pager->stream->scan == STREAM_DESCENDING) {
		if (pager->group != PAGER_NO_STAMP && second > pager->group)
			return disorder(pager, id, error);
		pager->group = second;
		if (pager->top == PAGER_NO_STAMP)
			pager->top = second;
		/* All from here down is behind the bookmark. */
		if (stamp < pager->bottom)
			pager->skipping = true;
	} else if (second < pager->group ||
	    (low != -1 && second < query_second(low)))
		return disorder(pager, id, error);
	if (stamp > pager->now + PAGER_AHEAD_MAX_MS)
		return ahead(pager, id, stamp, error);
	/* The query's bounds are whole seconds. */
	if (pager->skipping ||
	    (pager->pass.since != -1 && stamp < pager->pass.since) ||
	    (pager->pass.until != -1 && stamp >= pager->pass.until))
		return 1;
	if (pager->stream->scan == STREAM_QUERY) {
		if (second > pager->group &&
		    next_group(pager, second, error) == -1)
			return -1;
		if (!pager->finished && stamp > pager->group_latest)
			pager->group_latest = stamp;
	}
	return pager->finished;
}

/* Has each filter of the configuration had this version?  -1: error. */
static int
is_handled(struct pager *pager, const char *id, struct error *error)
{
	const struct json *config = &pager->config->json;
	json_node filters = json_path(config, "filters"), node;
	struct json outcome = { 0 };
	struct buffer text, name;
	struct error ignored;
	int rc;

	buffer_init(&text, SINGER_LINE_MAX);
	buffer_init(&name, SINGER_LINE_MAX);
	rc = json_count(config, filters) == 0 ? 0 : record_outcome(
	    pager->ledger, pager->stream->name, id, pager->version.data, &text,
	    error);
	if (rc == 1 && json_parse(&outcome, buffer_text(&text), text.length,
	    &ignored) == -1)
		rc = 0;
	for (node = json_first(config, filters); rc == 1 && node != JSON_NONE;
	    node = json_next(config, node)) {
		buffer_clear(&name);
		json_decode_name(config, node, &name);
		if (json_member(&outcome, 0, buffer_text(&name)) == JSON_NONE)
			rc = 0;
	}
	json_free(&outcome);
	buffer_free(&text);
	buffer_free(&name);
	return rc;
}

/* Was this version written already, now or by an earlier run?  -1: error. */
static int
is_known(struct pager *pager, const char *id, int64_t stamp,
    struct error *error)
{
	const struct stream *stream = pager->stream;
	/* One ahead of the clock lies behind the bookmark, and comes again. */
	bool ask = pager->pass.from_ledger && (stream->scan == STREAM_WHOLE ||
	    stamp <= pager->pass.bookmark || stamp > pager->now);

	if (!ask && !pager->pass.remember)
		return 0;
	buffer_clear(&pager->version);
	if (record_version(&pager->row, 0, stream->cursor, &pager->scratch,
	    &pager->version) == -1)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	if (seen_has(&pager->recent, id, pager->version.data,
	    pager->version.length))
		return 1;
	return ask ? is_handled(pager, id, error) : 0;
}

/* In a long backlog most of it soon lies behind what is looked at again: that
 * is known by the bookmark, where a pass begins that follows a failed one. */
static int
remember(struct pager *pager, const char *id, int64_t stamp,
    struct error *error)
{
	const struct singer_bookmark *mark =
	    &pager->singer->bookmarks[pager->index];
	struct seen *recent = &pager->recent;

	if (pager->stream->scan == STREAM_QUERY && mark->known &&
	    recent->count > pager->recent_most) {
		if (seen_prune(recent, mark->stamp_ms - pager->pass.keep_ms,
		    error) == -1)
			return -1;
		pager->recent_most = recent->count < RECENT_LEAST ?
		    RECENT_LEAST : recent->count * 2;
	}
	return seen_add(recent, id, pager->version.data,
	    pager->version.length, stamp, error);
}

static int
too_large(const struct pager *pager, const char *id, struct error *error)
{
	return error_set(error, EXIT_PROTOCOL, "stream %s: record %s is over "
	    "the ceiling of %zu bytes; ask for less of it with "
	    "oracle.streams.%s.fields", pager->stream->name, id,
	    SINGER_LINE_MAX, pager->stream->name);
}

/* The row is whole: write it, unless it is known. */
static int
row_write(struct pager *pager, const char *id, int64_t stamp,
    struct error *error)
{
	int known = is_known(pager, id, stamp, error);

	/* Its stamp tells a row of the group from another version of it. */
	if (known == -1 || seen_add(&pager->group_seen, id, &stamp,
	    sizeof(stamp), stamp, error) == -1)
		return -1;
	pager->counts.rows++;
	if (known == 1) {
		pager->counts.known++;
		return 0;
	}
	if (!pager->schema_written &&
	    singer_schema(pager->singer, pager->stream, error) == -1)
		return -1;
	pager->schema_written = true;
	if (singer_record(pager->singer, pager->stream, &pager->row, 0,
	    error) == -1)
		return error->code == EXIT_PROTOCOL ? too_large(pager, id,
		    error) : -1;
	pager->fresh = true;
	pager->counts.records++;
	return pager->pass.remember ? remember(pager, id, stamp, error) : 0;
}

/* Keep the row, whose children are cut; the rest of the page waits. */
static int
row_hold(struct pager *pager, const char *id, int64_t stamp,
    struct error *error)
{
	buffer_clear(&pager->held);
	if (buffer_append(&pager->held, pager->row.text,
	    pager->row.length) == -1)
		return too_large(pager, id, error);
	pager->row.text = pager->held.data;
	pager->held_stamp = stamp;
	pager->child_restarts = 0;
	pager->held_id = strdup(id);
	return pager->held_id != NULL ? 0 :
	    error_set(error, EXIT_SYSTEM, "out of memory");
}

/* Behind an offset the page begins with the last row of the one before; with
 * another, rows have moved.  A group is left then: *skipping.  In the other
 * scans that row may stand further down, if rows came in front of it. */
static int
row_place(struct pager *pager, const char *id, struct error *error)
{
	bool group = pager->stream->scan == STREAM_QUERY, last, repeated;
	bool inside = pager->query.offset > 0;

	if (pager->page_rows > 1 && group)
		return 0;
	last = inside && pager->last_id != NULL &&
	    strcmp(id, pager->last_id) == 0;
	if (last)
		pager->met_last = true;
	if (pager->page_rows > 1)
		return 0;
	repeated = inside && !last && strcmp(id, pager->first_id) == 0;
	free(pager->first_id);
	pager->first_id = strdup(id);
	if (pager->first_id == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	/* A row that enters small pages may repeat one, but not for ever. */
	if (repeated && ++pager->repeats == PAGER_REPEATS_MAX)
		return error_set(error, EXIT_PROTOCOL, "stream %s: the server "
		    "sent the same page twice", pager->stream->name);
	if (last)
		pager->repeats = 0;
	pager->skipping = group && inside && !last;
	return 0;
}

static int
row_judge(struct pager *pager, const char *id, struct error *error)
{
	int64_t stamp = PAGER_NO_STAMP;
	int rc;

	if (row_place(pager, id, error) == -1)
		return -1;
	if (pager->skipping)
		return 0;
	if (pager->stream->cursor != NULL) {
		if (row_stamp(pager->stream, &pager->row, 0, id, &stamp,
		    error) == -1)
			return -1;
		if ((rc = in_time(pager, id, stamp, error)) != 0)
			return rc == 1 ? 0 : -1;
	}
	if (seen_has(&pager->group_seen, id, &stamp, sizeof(stamp)))
		return 0;
	if (stamp > pager->counts.stamp_ms)
		pager->counts.stamp_ms = stamp;
	return children_cut(&pager->row, pager->query.limit, &pager->cut) ?
	    row_hold(pager, id, stamp, error) :
	    row_write(pager, id, stamp, error);
}

int
pager_row(struct pager *pager, const char *text, size_t length,
    struct error *error)
{
	struct error broken;

	if (json_parse(&pager->row, text, length, &broken) == -1)
		return error_set(error, EXIT_PROTOCOL, "stream %s: %s%.200s "
		    "is %.200s; correct it, or leave it out with "
		    "oracle.streams.%s.filter", pager->stream->name,
		    pager->end_id != NULL ? "the record behind " :
		    "the first record of a page", pager->end_id != NULL ?
		    pager->end_id : "", broken.message, pager->stream->name);
	free(pager->end_id);
	pager->end_id = row_id(pager->stream, &pager->row, 0, error);
	if (pager->end_id == NULL)
		return -1;
	pager->page_rows++;
	return row_judge(pager, pager->end_id, error);
}

/* The children's page is complete: put them into the record, which may be
 * whole then. */
int
pager_children(struct pager *pager, struct error *error)
{
	struct buffer swap;
	struct error why;
	int rc;

	if (json_parse(&pager->envelope, buffer_text(&pager->child),
	    pager->child.length, &why) == -1)
		goto fail;
	buffer_clear(&pager->scratch);
	rc = children_splice(&pager->cut, &pager->row, &pager->envelope,
	    &pager->scratch, &why);
	if (rc == -1)
		goto fail;
	if (rc == 1)
		/* When they have changed, all of them are read again. */
		return pager->cut.next != CHILDREN_AFRESH ||
		    ++pager->child_restarts < CHILD_RESTARTS_MAX ? 0 :
		    error_set(error, EXIT_TEMPFAIL, "stream %s: the %s of "
		    "record %s keep moving while they are read; try later",
		    pager->stream->name, pager->cut.name, pager->held_id);
	swap = pager->held;
	pager->held = pager->scratch;
	pager->scratch = swap;
	if (json_parse(&pager->row, pager->held.data, pager->held.length,
	    &why) == -1)
		goto fail;
	if (children_cut(&pager->row, pager->query.limit, &pager->cut))
		return 0;
	rc = row_write(pager, pager->held_id, pager->held_stamp, error);
	free(pager->held_id);
	pager->held_id = NULL;
	return rc;
fail:
	return error_set(error, why.code == EXIT_SYSTEM ? EXIT_SYSTEM :
	    EXIT_PROTOCOL, "stream %s: the %s of record %s: %.300s",
	    pager->stream->name, pager->cut.name, pager->held_id, why.message);
}
