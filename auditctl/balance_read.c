/* SPDX-License-Identifier: MIT */
/* What was read by the log, and what is there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditctl/balance.h"
#include "decimal.h"
#include "json.h"
#include "list.h"
#include "log.h"

#define SUBJECT "stream:"

/* ?1: the subject of the stream's events, ?2: the stream, ?3 to ?4: the
 * period, ?5: where the control totals begin, ?6 to ?7: events.  Of a batch the
 * event is first.  A message whose key its filter chose may stand for others of
 * its record. */
/* What an operator had sent again, or to another channel, is none of them. */
#define OF_RECORD "FROM messages m WHERE m.stream = r.stream " \
    "AND m.record_id = r.record_id AND m.record_version = r.record_version " \
    "AND m.replays IS NULL"
#define OUTCOME "CASE WHEN json_valid(r.outcome) THEN r.outcome ELSE '{}' END"

#define SEEN_AT "json_extract(a.detail, '$.seen_at')"
#define EVENTS "a.subject = ?1 AND a.seq >= ?6 AND a.seq < ?7 " \
    "AND a.event = 'records.read' AND json_valid(a.detail) " \
    "AND " SEEN_AT " >= ?3 AND " SEEN_AT " < ?4 "
/* What the events name; an id may be there in two versions. */
#define NAMED "(SELECT DISTINCT " SEEN_AT " AS at, i.value AS id " \
    "FROM audit a, json_each(a.detail, '$.ids') i WHERE " EVENTS ") n "

#define BATCHES(records) \
    "SELECT " SEEN_AT " AS seen_at, 0, a.detail, NULL, NULL, NULL, NULL, " \
    "NULL FROM audit a WHERE " EVENTS \
    "UNION ALL SELECT r.seen_at, 1, r.record_id, r.record_version, " \
    "r.amount, r.currency, coalesce((SELECT CASE max(CASE m.state " \
    "WHEN 'held' THEN 6 WHEN 'dead' THEN 5 WHEN 'sent' THEN 4 " \
    "WHEN 'unchanged' THEN 3 WHEN 'cancelled' THEN 2 WHEN 'merged' THEN 1 " \
    "ELSE 7 END) WHEN 7 THEN 'waiting' WHEN 6 THEN 'held' WHEN 5 THEN 'dead' " \
    "WHEN 4 THEN 'sent' WHEN 3 THEN 'unchanged' WHEN 2 THEN 'cancelled' " \
    "WHEN 1 THEN 'merged' END " OF_RECORD "), CASE WHEN EXISTS (SELECT 1 " \
    "FROM json_each(" OUTCOME ") f WHERE f.value <> 0) THEN NULL " \
    "ELSE 'filtered' END), " \
    "CASE WHEN json_valid(r.outcome) THEN (SELECT 'filter ' || f.key || " \
    "' made ' || f.value || ' of it, and ' || (SELECT count(*) " OF_RECORD \
    " AND m.filter = f.key) || ' are there' FROM json_each(" OUTCOME ") f " \
    "WHERE f.value > (SELECT count(*) " OF_RECORD " AND m.filter = f.key) " \
    "AND NOT EXISTS (SELECT 1 " OF_RECORD " AND m.filter = f.key " \
    "AND substr(m.key, 1, length(f.key) + 2) = f.key || ':=') LIMIT 1) " \
    "ELSE 'its outcome is no JSON' END " \
    "FROM " records "AND r.seen_at >= max(?3, ?5) AND r.seen_at < ?4 " \
    "ORDER BY 1, 2"

/* All records there are; or, since no index has their times, those of a period
 * by the names that the log has for them. */
static const char all_sql[] = BATCHES("records r WHERE r.stream = ?2 ");
static const char named_sql[] = BATCHES(NAMED "CROSS JOIN records r "
    "ON r.stream = ?2 AND r.record_id = n.id AND r.seen_at = n.at ");

static const char gone_sql[] = "SELECT n.id, n.at FROM " NAMED
    "WHERE NOT EXISTS (SELECT 1 FROM records r WHERE r.stream = ?2 "
    "AND r.record_id = n.id AND r.seen_at = n.at) ORDER BY n.at, n.id";

/* By the name of their column; the order is that of the enum. */
static const char *const classes[] = { "fetched", "sent", "unchanged",
	"filtered", "held", "dead", "waiting", "cancelled", "merged" };

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static struct balance_line *
find(struct balance_lines *lines, const char *stream, const char *currency)
{
	struct balance_line *list, *line;
	size_t i;

	for (i = lines->count; i-- > 0; )
		if (same(lines->list[i].currency, currency) &&
		    same(lines->list[i].stream, stream))
			return &lines->list[i];
	if ((list = list_grow(lines->list, lines->count, &lines->capacity,
	    sizeof(*list))) == NULL)
		return NULL;
	lines->list = list;
	line = &list[lines->count];
	*line = (struct balance_line){ .stream = strdup(stream),
		.currency = currency != NULL ? strdup(currency) : NULL };
	for (i = 0; i < BALANCE_COLUMNS; i++)
		buffer_init(&line->sums[i], 2 * DECIMAL_DIGITS_MAX);
	lines->count++;
	return line->stream == NULL || (currency != NULL &&
	    line->currency == NULL) ? NULL : line;
}

void
balance_lines_free(struct balance_lines *lines)
{
	size_t i, j;

	for (i = 0; i < lines->count; i++) {
		free(lines->list[i].stream);
		free(lines->list[i].currency);
		for (j = 0; j < BALANCE_COLUMNS; j++)
			buffer_free(&lines->list[i].sums[j]);
	}
	free(lines->list);
	*lines = (struct balance_lines){ 0 };
}

static int
no_memory(struct error *error)
{
	return error_set(error, EXIT_SYSTEM, "out of memory");
}

static int
count(struct balance_lines *lines, const char *stream, int column,
    int64_t records, struct error *error)
{
	struct balance_line *line = find(lines, stream, NULL);

	if (line == NULL)
		return no_memory(error);
	line->counts[column] += records;
	return 0;
}

static int
sum(struct balance_lines *lines, const char *stream, const char *currency,
    int column, const char *amount, struct error *error)
{
	struct balance_line *line = find(lines, stream, currency);

	if (line == NULL)
		return no_memory(error);
	return decimal_add(&line->sums[column], amount, DECIMAL_PLUS) == 0 ?
	    0 : error_set(error, EXIT_DATA, "an amount of stream %.40s cannot "
	    "be added: '%.80s'", stream, amount);
}

int
balance_left(const struct balance_line *line, struct buffer *left)
{
	int64_t records = line->counts[BALANCE_FETCHED];
	int i, rc = 0;

	buffer_clear(left);
	if (line->currency == NULL) {
		for (i = BALANCE_SENT; i <= BALANCE_MERGED; i++)
			records -= line->counts[i];
		return buffer_printf(left, "%lld", (long long)records);
	}
	for (i = BALANCE_FETCHED; i <= BALANCE_MERGED && rc == 0; i++)
		if (line->sums[i].length > 0)
			rc = decimal_add(left, line->sums[i].data,
			    i == BALANCE_FETCHED ? DECIMAL_PLUS :
			    DECIMAL_MINUS);
	return left->length > 0 || rc != 0 ? rc : buffer_puts(left, "0");
}

/* One more difference; of so many as nobody reads the rest is only counted. */
static void
tell(struct balance *balance, const char *stream, const char *record_id,
    const char *version, const char *seen_at, const char *what)
{
	struct buffer *out = &balance->differences;

	if (++balance->different > BALANCE_LISTED)
		return;
	buffer_puts(out, out->length > 0 ? ",{" : "{");
	buffer_json_member(out, "stream", stream);
	buffer_json_member(out, "record_id", record_id);
	buffer_json_member(out, "record_version", version);
	buffer_json_member(out, "seen_at", seen_at);
	buffer_json_member(out, "difference", what);
	buffer_puts(out, "}");
}

/* All of a batch came: is it what was read then? */
static void
close_batch(struct balance *balance, const char *stream, const char *seen_at)
{
	struct balance_lines *batch = &balance->batch;
	struct balance_line *line;
	struct buffer what, gap;
	const char *read, *found;
	size_t i;

	buffer_init(&what, 8 * DECIMAL_DIGITS_MAX);
	buffer_init(&gap, 2 * DECIMAL_DIGITS_MAX);
	for (i = 0; i < batch->count; i++) {
		line = &batch->list[i];
		buffer_clear(&what);
		buffer_clear(&gap);
		read = buffer_text(&line->sums[BALANCE_FETCHED]);
		found = buffer_text(&line->sums[BALANCE_FOUND]);
		if (line->currency == NULL &&
		    line->counts[BALANCE_FETCHED] !=
		    line->counts[BALANCE_FOUND])
			buffer_printf(&what, "the log says that %lld records "
			    "were read then, and %lld are there",
			    (long long)line->counts[BALANCE_FETCHED],
			    (long long)line->counts[BALANCE_FOUND]);
		else if (line->currency != NULL && ((*read != '\0' &&
		    decimal_add(&gap, read, DECIMAL_PLUS) == -1) ||
		    (*found != '\0' && decimal_add(&gap, found,
		    DECIMAL_MINUS) == -1) ||
		    !decimal_is_zero(buffer_text(&gap))))
			buffer_printf(&what, "the log says that %s %s were "
			    "read then, and %s are there", *read != '\0' ?
			    read : "0", line->currency, *found != '\0' ?
			    found : "0");
		if (what.length > 0)
			tell(balance, stream, NULL, NULL, seen_at, what.data);
	}
	buffer_free(&what);
	buffer_free(&gap);
	balance_lines_free(batch);
}

/* An event: {"records":N,"amounts":{"USD":"1.00"},...}. */
static int
take_event(struct balance *balance, const char *stream, const char *detail,
    struct error *error)
{
	struct json json = { 0 };
	struct buffer currency;
	json_node node;
	char *amount;
	int64_t records;
	int rc;

	buffer_init(&currency, JSON_TEXT_MAX);
	if ((rc = json_parse(&json, detail, strlen(detail), error)) == -1)
		goto out;
	if (!json_integer(&json, json_member(&json, 0, "records"), &records))
		records = 0;
	if ((rc = count(&balance->totals, stream, BALANCE_FETCHED, records,
	    error)) == 0)
		rc = count(&balance->batch, stream, BALANCE_FETCHED, records,
		    error);
	for (node = json_first(&json, json_member(&json, 0, "amounts"));
	    node != JSON_NONE && rc == 0; node = json_next(&json, node)) {
		buffer_clear(&currency);
		json_decode_name(&json, node, &currency);
		amount = json_dup(&json, node);
		if (amount != NULL && ((rc = sum(&balance->totals, stream,
		    buffer_text(&currency), BALANCE_FETCHED, amount,
		    error)) == 0))
			rc = sum(&balance->batch, stream,
			    buffer_text(&currency), BALANCE_FETCHED, amount,
			    error);
		free(amount);
	}
out:
	buffer_free(&currency);
	json_free(&json);
	return rc;
}

static int
class_of(const char *name)
{
	int i = 0;

	while (name != NULL && i <= BALANCE_MERGED &&
	    strcmp(classes[i], name) != 0)
		i++;
	return name != NULL && i <= BALANCE_MERGED ? i : -1;
}

static int
take_record(struct balance *balance, const char *stream,
    struct statement *row, struct error *error)
{
	const char *amount = db_text(row, 4), *currency = db_text(row, 5);
	int class = class_of(db_text(row, 6));

	if (!db_is_null(row, 7))
		tell(balance, stream, db_text(row, 2), db_text(row, 3),
		    db_text(row, 0), db_text(row, 7));
	if (count(&balance->batch, stream, BALANCE_FOUND, 1, error) == -1 ||
	    (class != -1 && count(&balance->totals, stream, class, 1,
	    error) == -1))
		return -1;
	if (amount == NULL || !decimal_valid(amount))
		return 0;
	currency = currency != NULL ? currency : "";
	if (sum(&balance->batch, stream, currency, BALANCE_FOUND, amount,
	    error) == -1)
		return -1;
	return class == -1 ? 0 : sum(&balance->totals, stream, currency, class,
	    amount, error);
}

/* A question about the stream in the period, whose totals begin there. */
static struct statement *
ask(const struct balance *balance, const char *sql, const char *subject,
    const char *begin, struct error *error)
{
	struct statement *row = db_prepare(balance->ledger->db, sql, error);

	if (row == NULL)
		return NULL;
	db_bind_text(row, 1, subject);
	db_bind_text(row, 2, subject + sizeof(SUBJECT) - 1);
	db_bind_text(row, 3, balance->from);
	db_bind_text(row, 4, balance->to);
	db_bind_text(row, 5, begin);
	return row;
}

/* The same, where the events of the period are read. */
static struct statement *
ask_events(const struct balance *balance, const char *sql,
    const char *subject, const char *begin, struct error *error)
{
	struct statement *row = ask(balance, sql, subject, begin, error);

	if (row == NULL)
		return NULL;
	db_bind_int(row, 6, balance->first);
	db_bind_int(row, 7, balance->end);
	return row;
}

static int
read_batches(struct balance *balance, const char *stream, const char *subject,
    const char *begin, struct error *error)
{
	struct statement *row = ask_events(balance, balance->named ?
	    named_sql : all_sql, subject, begin, error);
	char seen_at[64] = "";
	int rc;

	if (row == NULL)
		return -1;
	while ((rc = db_step(row, error)) == 1) {
		if (strcmp(seen_at, db_text(row, 0)) != 0)
			close_batch(balance, stream, seen_at);
		snprintf(seen_at, sizeof(seen_at), "%s", db_text(row, 0));
		rc = db_int(row, 1) == 0 ? take_event(balance, stream,
		    db_text(row, 2), error) : take_record(balance, stream, row,
		    error);
		if (rc == -1) {
			db_reset(row);
			return -1;
		}
	}
	close_batch(balance, stream, seen_at);
	return rc;
}

/* Which records are gone, by the names that the log has for them. */
static int
read_gone(struct balance *balance, const char *stream, const char *subject,
    const char *begin, struct error *error)
{
	struct statement *row = ask_events(balance, gone_sql, subject, begin,
	    error);
	int rc;

	if (row == NULL)
		return -1;
	while ((rc = db_step(row, error)) == 1)
		tell(balance, stream, db_text(row, 0), NULL, db_text(row, 1),
		    "it was read then, and its record is gone");
	return rc;
}

/* Records from before the first event have no control totals. */
static int
tell_earlier(struct balance *balance, const char *stream, const char *subject,
    const char *begin, struct error *error)
{
	struct statement *row;
	int64_t seals = 0;

	if (strcmp(balance->from, begin) >= 0)
		return 0;
	row = ask(balance, "SELECT count(*) FROM records WHERE stream = ?2 "
	    "AND seen_at >= ?3 AND seen_at < min(?4, ?5)", subject, begin,
	    error);
	if (row == NULL || db_step(row, error) != 1)
		return -1;
	if (db_int(row, 0) > 0 && db_number(balance->ledger->db,
	    "SELECT count(*) FROM seals", NULL, &seals, error) == -1) {
		db_reset(row);
		return -1;
	}
	if (db_int(row, 0) > 0)
		log_warning("%lld records of %s are in no sum: they were read "
		    "before control totals were kept%s%s%s",
		    (long long)db_int(row, 0), stream, *begin <= '9' ?
		    ", which began at " : "", *begin <= '9' ? begin : "",
		    seals > 0 ? ": prune --rows removed the earlier ones" :
		    "");
	db_reset(row);
	return 0;
}

int
balance_read(struct balance *balance, const char *stream,
    struct error *error)
{
	int64_t before = balance->different;
	struct buffer subject;
	struct statement *row;
	char begin[64] = "~"; /* behind all times */
	int rc = -1;

	buffer_init(&subject, JSON_TEXT_MAX);
	buffer_printf(&subject, SUBJECT "%s", stream);
	if (subject.failed) {
		no_memory(error);
		goto out;
	}
	if ((row = db_prepare(balance->ledger->db, "SELECT "
	    "json_extract(detail, '$.seen_at') FROM audit WHERE subject = ?1 "
	    "AND event = 'records.read' AND json_valid(detail) ORDER BY seq "
	    "LIMIT 1", error)) == NULL)
		goto out;
	db_bind_text(row, 1, subject.data);
	if ((rc = db_step(row, error)) == -1)
		goto out;
	if (rc == 1 && !db_is_null(row, 0))
		snprintf(begin, sizeof(begin), "%s", db_text(row, 0));
	db_reset(row);
	if ((rc = tell_earlier(balance, stream, subject.data, begin,
	    error)) == 0 &&
	    (rc = read_batches(balance, stream, subject.data, begin,
	    error)) == 0 && balance->different > before)
		rc = read_gone(balance, stream, subject.data, begin, error);
out:
	buffer_free(&subject);
	return rc;
}
