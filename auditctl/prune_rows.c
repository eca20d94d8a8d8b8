/* SPDX-License-Identifier: MIT */
/*
 * auditctl prune --rows: remove events, and attempts of messages that are over,
 * in sealed segments of the audit log.
 *
 * In this order: the log is proven whole; the archive is written, read again
 * and proven; one transaction gives it its name and seals the segment; then
 * the rows go, BATCH in a transaction.  What is stopped before the seal has
 * removed nothing, and what is stopped behind it is gone on with by the next
 * run, whatever that is to seal.
 */
#include <stdio.h>
#include <string.h>

#include "auditctl/archive.h"
#include "auditctl/prune.h"
#include "log.h"

#define BATCH 1000

static int
tampered(struct error *error)
{
	struct error why = *error;

	return error_set(error, EXIT_NO, "the audit log was tampered with: %s; "
	    "nothing is removed, run auditctl check", why.message);
}

static int
load(struct ledger *ledger, struct seals *seals, struct error *error)
{
	int rc = seals_load(ledger, seals, error);

	return rc == 1 ? tampered(error) : rc;
}

/* ---- which ------------------------------------------------------------- */

/* The last event before which all are older; the clock may have been set. */
static int
find_last(struct ledger *ledger, const struct prune *prune,
    struct seal *seal, struct error *error)
{
	struct statement *row;
	int rc;

	if ((row = db_prepare(ledger->db, "SELECT seq - 1 FROM audit "
	    "WHERE seq >= ?1 AND time >= ?2 ORDER BY seq LIMIT 1",
	    error)) == NULL)
		return -1;
	db_bind_int(row, 1, seal->first);
	db_bind_text(row, 2, prune->older_than);
	if ((rc = db_step(row, error)) == 1) {
		seal->last = db_int(row, 0);
		db_reset(row);
		return 0;
	}
	return rc == -1 ? -1 : db_number(ledger->db, "SELECT "
	    "coalesce(max(seq), 0) FROM audit", NULL, &seal->last, error);
}

/* What the next seal is of; last is below first when there is nothing. */
static int
plan(struct ledger *ledger, const struct prune *prune,
    const struct seals *seals, struct seal *seal, struct error *error)
{
	const struct seal *latest = seals_latest(seals);
	struct statement *row;

	*seal = (struct seal){ .first = latest != NULL ? latest->last + 1 :
	    SEAL_FIRST_EVENT, .archived = prune->archive != NULL };
	if (find_last(ledger, prune, seal, error) == -1 ||
	    (row = db_prepare(ledger->db, "SELECT coalesce(max(CAST(subject "
	    "AS INTEGER)), 0) FROM audit WHERE seq >= ?1 AND seq <= ?2 "
	    "AND event LIKE 'message.%'", error)) == NULL)
		return -1;
	db_bind_int(row, 1, seal->first);
	db_bind_int(row, 2, seal->last);
	if (db_step(row, error) == -1)
		return -1;
	seal->last_message = db_int(row, 0);
	db_reset(row);
	if (latest != NULL && seal->last_message < latest->last_message)
		seal->last_message = latest->last_message;
	return 0;
}

static int
count(struct ledger *ledger, struct prune *prune, const struct seal *seal,
    struct error *error)
{
	struct statement *row;

	if ((row = db_prepare(ledger->db, "SELECT (SELECT count(*) FROM audit "
	    "WHERE seq > 1 AND seq <= ?1), (SELECT count(*) FROM attempts "
	    "WHERE " ATTEMPTS_OVER ")", error)) == NULL)
		return -1;
	db_bind_int(row, 1, seal->last);
	db_bind_int(row, 2, seal->last_message);
	if (db_step(row, error) == -1)
		return -1;
	prune->events = db_int(row, 0);
	prune->attempts = db_int(row, 1);
	db_reset(row);
	return 0;
}

/* ---- seal them --------------------------------------------------------- */

static int
write_archive(struct ledger *ledger, const struct prune *prune,
    const struct seals *seals, struct seal *seal, struct error *error)
{
	struct archive archive = { 0 };
	int rc;

	if (archive_write(ledger, prune->archive, seal, error) == -1)
		return -1;
	/* What can't be read again isn't kept. */
	rc = archive_read(ledger, prune->archive, true, &archive, error);
	memcpy(seal->archive, archive.digest, sizeof(seal->archive));
	memcpy(seal->hash, archive.hash, sizeof(seal->hash));
	if (rc == 0)
		rc = archive_compare(ledger, &archive, seals, seal, error);
	archive_free(&archive);
	if (rc == -1)
		archive_abandon(prune->archive);
	return rc;
}

/* The hash of the last event, which is also that in the archive. */
static int
take_hash(struct ledger *ledger, struct seal *seal, struct error *error)
{
	struct statement *row;
	const void *bytes;
	size_t size;
	int rc = -1;

	if ((row = db_prepare(ledger->db, "SELECT hash FROM audit "
	    "WHERE seq = ?1", error)) == NULL)
		return -1;
	db_bind_int(row, 1, seal->last);
	if (db_step(row, error) == -1)
		return -1;
	bytes = db_bytes(row, 0, &size);
	if (bytes == NULL || size != sizeof(seal->hash) || (seal->archived &&
	    memcmp(bytes, seal->hash, size) != 0)) {
		error_set(error, EXIT_NO, "event %lld was changed meanwhile",
		    (long long)seal->last);
		tampered(error);
	} else {
		memcpy(seal->hash, bytes, size);
		rc = 0;
	}
	db_reset(row);
	return rc;
}

/* Within the transaction: nobody else sealed meanwhile. */
static int
check_next(struct ledger *ledger, const struct seal *seal,
    struct error *error)
{
	int64_t next;

	if (db_number(ledger->db, "SELECT coalesce(max(last_seq) + 1, 2) "
	    "FROM seals", NULL, &next, error) == -1)
		return -1;
	return next == seal->first ? 0 : error_set(error, EXIT_TEMPFAIL,
	    "another prune seals events at this time: try again later");
}

static int
commit_seal(struct ledger *ledger, const struct prune *prune,
    struct seal *seal, struct error *error)
{
	bool published = false;
	int rc = -1;

	if (db_begin(ledger->db, error) == -1)
		return -1;
	if (check_next(ledger, seal, error) == 0 &&
	    take_hash(ledger, seal, error) == 0 &&
	    seal_append(ledger, seal, prune->reason, error) == 0 &&
	    (prune->archive == NULL || (published = archive_publish(
	    prune->archive, error) == 0)))
		rc = db_commit(ledger->db, error);
	if (rc == -1 && published)
		archive_remove(prune->archive);
	db_rollback(ledger->db); /* unless it is done */
	return rc;
}

static int
make_seal(struct ledger *ledger, const struct prune *prune,
    const struct seals *seals, struct seal *seal, struct error *error)
{
	int64_t sequence;
	int rc;

	if ((rc = audit_verify(ledger, &sequence, error)) != 0)
		return rc == 1 ? tampered(error) : -1;
	if (prune->archive != NULL && write_archive(ledger, prune, seals,
	    seal, error) == -1)
		return -1;
	rc = commit_seal(ledger, prune, seal, error);
	if (rc == -1 && prune->archive != NULL)
		archive_abandon(prune->archive);
	return rc;
}

/* ---- away with them ---------------------------------------------------- */

/* Attempts of the next messages that have any; *message is the last of them,
 * INT64_MAX when there were none. */
static int
remove_attempts(struct ledger *ledger, struct prune *prune,
    const struct seal *seal, int64_t *message, struct error *error)
{
	struct statement *row;
	int64_t from = *message;

	if ((row = db_prepare(ledger->db, "SELECT max(message) FROM (SELECT "
	    "message FROM attempts WHERE message > ?1 AND message <= ?2 "
	    "ORDER BY message LIMIT ?3)", error)) == NULL)
		return -1;
	db_bind_int(row, 1, from);
	db_bind_int(row, 2, seal->last_message);
	db_bind_int(row, 3, BATCH);
	if (db_step(row, error) == -1)
		return -1;
	*message = db_is_null(row, 0) ? INT64_MAX : db_int(row, 0);
	db_reset(row);
	if (*message == INT64_MAX)
		return 0;
	if ((row = db_prepare(ledger->db, "DELETE FROM attempts "
	    "WHERE message > ?3 AND message <= ?4 AND " ATTEMPTS_OVER,
	    error)) == NULL)
		return -1;
	db_bind_int(row, 1, seal->last);
	db_bind_int(row, 2, seal->last_message);
	db_bind_int(row, 3, from);
	db_bind_int(row, 4, *message);
	if (db_run(row, error) == -1)
		return -1;
	prune->attempts += db_changes(ledger->db);
	return 0;
}

/* The oldest, so that those that are left follow each other.  *done: there is
 * none any more. */
static int
remove_events(struct ledger *ledger, struct prune *prune,
    const struct seal *seal, bool *done, struct error *error)
{
	struct statement *row;

	if ((row = db_prepare(ledger->db, "DELETE FROM audit WHERE seq > 1 "
	    "AND seq <= ?1 AND seq < ?2 + (SELECT min(seq) FROM audit "
	    "WHERE seq > 1)", error)) == NULL)
		return -1;
	db_bind_int(row, 1, seal->last);
	db_bind_int(row, 2, BATCH);
	if (db_run(row, error) == -1)
		return -1;
	prune->events += db_changes(ledger->db);
	*done = db_changes(ledger->db) == 0;
	return 0;
}

static int
remove_sealed(struct ledger *ledger, struct prune *prune,
    const struct seal *seal, struct error *error)
{
	int64_t message = 0;
	bool done = false;

	while (!done) {
		if (db_begin(ledger->db, error) == -1)
			return -1;
		if ((message != INT64_MAX ? remove_attempts(ledger, prune,
		    seal, &message, error) : remove_events(ledger, prune,
		    seal, &done, error)) == -1 ||
		    db_commit(ledger->db, error) == -1) {
			db_rollback(ledger->db);
			return -1;
		}
		log_status("%lld events and %lld attempts removed",
		    (long long)prune->events, (long long)prune->attempts);
	}
	log_status(NULL);
	return 0;
}

int
prune_rows(struct ledger *ledger, struct prune *prune, struct error *error)
{
	struct seals seals = { 0 };
	const struct seal *latest;
	struct seal seal;
	int rc = -1;

	if (load(ledger, &seals, error) == -1)
		goto out;
	latest = seals_latest(&seals);
	prune->sealed = latest != NULL ? latest->last : 0;
	if (!prune->dry && latest != NULL && remove_sealed(ledger, prune,
	    latest, error) == -1)
		goto out;
	if (plan(ledger, prune, &seals, &seal, error) == -1)
		goto out;
	if (seal.last >= seal.first) {
		prune->sealed = seal.last;
		if (!prune->dry && (make_seal(ledger, prune, &seals, &seal,
		    error) == -1 || remove_sealed(ledger, prune, &seal,
		    error) == -1))
			goto out;
	}
	rc = !prune->dry || prune->sealed == 0 ? 0 :
	    count(ledger, prune, &seal, error);
out:
	seals_free(&seals);
	return rc;
}
