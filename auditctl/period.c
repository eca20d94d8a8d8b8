/* SPDX-License-Identifier: MIT */
/* Between which ids the messages, or the audit events, of a period are. */
#include "auditctl/auditctl.h"
#include "clock.h"

/* No index has their times, which would cost deliver an entry each.  Ids are
 * given in that order, so a time is found among them by halving.
 *
 * A wall clock that was set back breaks that order: halving then finds any of
 * the places where the time is passed.  So the bounds are a day wider than the
 * period, and every place is between them, unless the clock was set back by
 * more.  The caller keeps its exact condition on the time. */
#define MARGIN_MS ((int64_t)24 * 3600 * 1000)

static const struct table {
	const char *newest, *look;
} messages = {
	"SELECT coalesce(max(id), 0) FROM messages",
	"SELECT id, queued_at >= ?2 FROM messages WHERE id >= ?1 ORDER BY id "
	    "LIMIT 1"
}, events = {
	"SELECT coalesce(max(seq), 0) FROM audit",
	"SELECT seq, time >= ?2 FROM audit WHERE seq >= ?1 ORDER BY seq "
	    "LIMIT 1"
};

/* 1: *at is the first row from id on, of a time not below time when
 * *reached; 0: there is none; -1: error. */
static int
look(struct ledger *ledger, const struct table *table, int64_t id,
    const char *time, int64_t *at, bool *reached, struct error *error)
{
	struct statement *statement;
	int rc;

	if ((statement = db_prepare(ledger->db, table->look, error)) == NULL)
		return -1;
	db_bind_int(statement, 1, id);
	db_bind_text(statement, 2, time);
	if ((rc = db_step(statement, error)) == 1) {
		*at = db_int(statement, 0);
		*reached = db_int(statement, 1) != 0;
		db_reset(statement);
	}
	return rc;
}

/* The least id from which on rows are of that time or later; INT64_MAX when
 * none is: one that comes meanwhile is below it too. */
static int
find(struct ledger *ledger, const struct table *table, int64_t wall_ms,
    int64_t *id, struct error *error)
{
	char time[CLOCK_TEXT];
	int64_t low = 1, high, newest, middle, at = 0;
	bool reached = false;
	int rc;

	clock_format(wall_ms, time);
	if (db_number(ledger->db, table->newest, NULL, &newest, error) == -1)
		return -1;
	for (high = newest + 1; low < high;) {
		middle = low + (high - low) / 2;
		if ((rc = look(ledger, table, middle, time, &at, &reached,
		    error)) == -1)
			return -1;
		if (rc == 0 || reached)
			high = middle;
		else
			low = at + 1;
	}
	*id = low > newest ? INT64_MAX : low;
	return 0;
}

static int
find_both(struct ledger *ledger, const struct table *table, const char *since,
    const char *until, int64_t *first, int64_t *end, struct error *error)
{
	int64_t ms;

	*first = 0;
	*end = INT64_MAX;
	if (since != NULL && clock_parse(since, &ms) == 0 &&
	    find(ledger, table, ms - MARGIN_MS, first, error) == -1)
		return -1;
	if (until != NULL && clock_parse(until, &ms) == 0 &&
	    find(ledger, table, ms + MARGIN_MS, end, error) == -1)
		return -1;
	return 0;
}

int
period_ids(struct ledger *ledger, const char *since, const char *until,
    int64_t *first, int64_t *end, struct error *error)
{
	return find_both(ledger, &messages, since, until, first, end, error);
}

int
period_events(struct ledger *ledger, const char *since, const char *until,
    int64_t *first, int64_t *end, struct error *error)
{
	return find_both(ledger, &events, since, until, first, end, error);
}
