/* SPDX-License-Identifier: MIT */
/*
 * auditctl prune: remove the records that are kept, from before a time.
 *
 * A transaction looks at BATCH of them at most, in the order of their names,
 * and has one event, which says how many went.
 */
#include <stdio.h>
#include <string.h>

#include "auditctl/prune.h"

#define BATCH "1000"

/* Where a batch ends: by the name of its last record. */
struct place {
	struct buffer stream, record_id, record_version;
	int64_t seen, old;
};

#define BEHIND "(stream, record_id, record_version) > (?1, ?2, ?3)"

static void
bind(struct statement *row, const struct place *place,
    const char *older_than)
{
	db_bind_text(row, 1, buffer_text(&place->stream));
	db_bind_text(row, 2, buffer_text(&place->record_id));
	db_bind_text(row, 3, buffer_text(&place->record_version));
	db_bind_text(row, 4, older_than);
}

/* The batch behind place, and in *next its end. */
static int
look(struct ledger *ledger, const struct place *place, struct place *next,
    const char *older_than, struct error *error)
{
	struct statement *row;
	int rc;

	next->seen = next->old = 0;
	if ((row = db_prepare(ledger->db, "SELECT stream, record_id, "
	    "record_version, kept_at < ?4 FROM record_bodies WHERE " BEHIND
	    " ORDER BY stream, record_id, record_version LIMIT " BATCH,
	    error)) == NULL)
		return -1;
	bind(row, place, older_than);
	while ((rc = db_step(row, error)) == 1) {
		buffer_clear(&next->stream);
		buffer_clear(&next->record_id);
		buffer_clear(&next->record_version);
		buffer_puts(&next->stream, db_text(row, 0));
		buffer_puts(&next->record_id, db_text(row, 1));
		buffer_puts(&next->record_version, db_text(row, 2));
		next->seen++;
		next->old += db_int(row, 3);
	}
	return rc == 0 && (next->stream.failed || next->record_id.failed ||
	    next->record_version.failed) ?
	    error_set(error, EXIT_SYSTEM, "out of memory") : rc;
}

static int
take_away(struct ledger *ledger, const struct place *place,
    const struct place *next, const char *older_than, const char *reason,
    struct error *error)
{
	struct statement *row;
	struct buffer detail;
	int rc;

	if ((row = db_prepare(ledger->db, "DELETE FROM record_bodies WHERE "
	    BEHIND " AND (stream, record_id, record_version) <= (?5, ?6, ?7) "
	    "AND kept_at < ?4", error)) == NULL)
		return -1;
	bind(row, place, older_than);
	db_bind_text(row, 5, buffer_text(&next->stream));
	db_bind_text(row, 6, buffer_text(&next->record_id));
	db_bind_text(row, 7, buffer_text(&next->record_version));
	if (db_run(row, error) == -1)
		return -1;
	if (db_changes(ledger->db) != next->old)
		return error_set(error, EXIT_BUG, "other records would be "
		    "pruned than were looked at");
	buffer_init(&detail, (size_t)64 << 10);
	buffer_printf(&detail, "{\"count\":%lld,\"older_than\":\"%s\"",
	    (long long)next->old, older_than);
	if (reason != NULL)
		buffer_json_member(&detail, "reason", reason);
	buffer_puts(&detail, "}");
	rc = detail.failed ? error_set(error, EXIT_SYSTEM, "out of memory") :
	    audit_append(ledger, "records.pruned", "records",
	    buffer_text(&detail), error);
	buffer_free(&detail);
	return rc;
}

static void
place_init(struct place *place)
{
	buffer_init(&place->stream, (size_t)1 << 20);
	buffer_init(&place->record_id, (size_t)1 << 20);
	buffer_init(&place->record_version, (size_t)1 << 20);
}

static void
place_free(struct place *place)
{
	buffer_free(&place->stream);
	buffer_free(&place->record_id);
	buffer_free(&place->record_version);
}

int
prune_records(struct ledger *ledger, struct prune *prune, struct error *error)
{
	struct place places[2] = { { .seen = 0 } }, *place = &places[0],
		*next = &places[1], *other;
	int rc;

	place_init(place);
	place_init(next);
	do {
		if ((rc = db_begin(ledger->db, error)) == -1)
			break;
		rc = look(ledger, place, next, prune->older_than, error);
		if (rc == 0 && next->old > 0 && !prune->dry &&
		    (rc = take_away(ledger, place, next, prune->older_than,
		    prune->reason, error)) == 0)
			rc = db_commit(ledger->db, error);
		db_rollback(ledger->db);
		prune->records += next->old;
		other = place;
		place = next;
		next = other;
	} while (rc == 0 && place->seen > 0);
	place_free(place);
	place_free(next);
	return rc;
}
