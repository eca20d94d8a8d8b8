/* SPDX-License-Identifier: MIT */
/*
 * auditctl prune: remove the payloads of messages that are over.
 *
 * A transaction looks at BATCH payloads at most and holds one event, which
 * says exactly whose payloads went with it: what is stopped anywhere is whole,
 * and is gone on with when it is run again.  What was pruned has no row in
 * bodies any more, so that a later run begins behind it.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "auditctl/auditctl.h"
#include "auditctl/prune.h"
#include "auditctl/search.h"
#include "buffer.h"
#include "clock.h"
#include "log.h"

#define BATCH "1000"
#define DETAIL_MAX ((size_t)64 << 10) /* the reason escaped, the kept ids */

/* A dead message may be replayed, and all others are yet to be sent. */
#define OVER(m) "((" m "state = 'sent' OR " m "state = 'cancelled') " \
	"AND coalesce(" m "sent_at, " m "queued_at) < ?3)"

struct batch {
	int64_t seen, last_seen;
	int64_t count, first, last; /* of those that go */
};

/* ---- which ------------------------------------------------------------- */

/* Ids are in the order of queued_at. */
static int
find_end(struct ledger *ledger, struct prune *prune, struct error *error)
{
	struct statement *statement;
	int64_t low = 0, high, middle;
	int rc;

	if (db_number(ledger->db, "SELECT coalesce(max(id), 0) FROM messages",
	    NULL, &high, error) == -1)
		return -1;
	while (low < high) {
		middle = low + (high - low + 1) / 2;
		if ((statement = db_prepare(ledger->db, "SELECT queued_at < ?2 "
		    "FROM messages WHERE id <= ?1 ORDER BY id DESC LIMIT 1",
		    error)) == NULL)
			return -1;
		db_bind_int(statement, 1, middle);
		db_bind_text(statement, 2, prune->older_than);
		if ((rc = db_step(statement, error)) == -1)
			return -1;
		if (rc == 0 || db_int(statement, 0) != 0)
			low = middle;
		else
			high = middle - 1;
		db_reset(statement);
	}
	prune->end = low;
	return 0;
}

static int
look(struct ledger *ledger, const struct prune *prune, int64_t behind,
    struct batch *batch, struct error *error)
{
	struct statement *statement;

	/* CROSS JOIN: from the payloads that are left to their messages. */
	if ((statement = db_prepare(ledger->db, "SELECT count(*), max(id), "
	    "sum(over), min(id) FILTER (WHERE over), "
	    "max(id) FILTER (WHERE over) FROM (SELECT m.id, " OVER("m.")
	    " AS over FROM bodies b CROSS JOIN messages m "
	    "WHERE m.id = b.message AND b.message > ?1 AND b.message <= ?2 "
	    "ORDER BY b.message LIMIT " BATCH ")", error)) == NULL)
		return -1;
	db_bind_int(statement, 1, behind);
	db_bind_int(statement, 2, prune->end);
	db_bind_text(statement, 3, prune->older_than);
	if (db_step(statement, error) == -1)
		return -1;
	batch->seen = db_int(statement, 0);
	batch->last_seen = db_int(statement, 1);
	batch->count = db_int(statement, 2);
	batch->first = db_int(statement, 3);
	batch->last = db_int(statement, 4);
	db_reset(statement);
	return 0;
}

/* ---- away with them ---------------------------------------------------- */

/* kept: whose payloads between first and last stay. */
static int
append(struct ledger *ledger, const struct prune *prune,
    const struct batch *batch, struct error *error)
{
	struct statement *statement;
	struct buffer detail;
	int rc = -1;

	buffer_init(&detail, DETAIL_MAX);
	if ((statement = db_prepare(ledger->db, "SELECT "
	    "json_group_array(message) FROM (SELECT message FROM bodies "
	    "WHERE message BETWEEN ?1 AND ?2 ORDER BY message)",
	    error)) == NULL)
		goto out;
	db_bind_int(statement, 1, batch->first);
	db_bind_int(statement, 2, batch->last);
	if (db_step(statement, error) != 1)
		goto out;
	buffer_printf(&detail, "{\"first\":%lld,\"last\":%lld,\"count\":%lld,"
	    "\"kept\":%s,\"older_than\":\"%s\"", (long long)batch->first,
	    (long long)batch->last, (long long)batch->count,
	    db_text(statement, 0), prune->older_than);
	db_reset(statement);
	if (prune->reason != NULL)
		buffer_json_member(&detail, "reason", prune->reason);
	buffer_puts(&detail, "}");
	rc = detail.failed ? error_set(error, EXIT_SYSTEM, "out of memory") :
	    audit_append(ledger, "payloads.pruned", "payloads",
	    buffer_text(&detail), error);
out:
	buffer_free(&detail);
	return rc;
}

#define ZEROES(text) "CAST(zeroblob(length(CAST(" text " AS BLOB))) AS TEXT)"
#define OF_BATCH " WHERE message BETWEEN ?1 AND ?2 AND EXISTS (SELECT 1 " \
    "FROM messages m WHERE m.id = bodies.message AND " OVER("m.") ")"

static int
run(struct ledger *ledger, const struct prune *prune,
    const struct batch *batch, const char *sql, struct error *error)
{
	struct statement *statement = db_prepare(ledger->db, sql, error);

	if (statement == NULL)
		return -1;
	db_bind_int(statement, 1, batch->first);
	db_bind_int(statement, 2, batch->last);
	db_bind_text(statement, 3, prune->older_than);
	return db_run(statement, error);
}

/* A row that SQLite moves to another page, as it merges those that got empty,
 * leaves its bytes in the room of the old one, secure_delete or not: so they are
 * overwritten, in their places, before any row goes. */
static int
take_away(struct ledger *ledger, const struct prune *prune,
    const struct batch *batch, struct error *error)
{
	if (run(ledger, prune, batch, "UPDATE bodies SET "
	    "payload = " ZEROES("payload") ", delivery = CASE WHEN delivery "
	    "IS NOT NULL THEN " ZEROES("delivery") " END" OF_BATCH,
	    error) == -1 ||
	    run(ledger, prune, batch, "DELETE FROM bodies" OF_BATCH,
	    error) == -1)
		return -1;
	if (db_changes(ledger->db) != batch->count)
		return error_set(error, EXIT_BUG, "other payloads would be "
		    "pruned than were looked at");
	return append(ledger, prune, batch, error);
}

static int
prune_all(struct ledger *ledger, struct prune *prune, struct error *error)
{
	struct batch batch = { 0 };

	do {
		/* Under the write lock: no replay comes between. */
		if (db_begin(ledger->db, error) == -1)
			return -1;
		if (look(ledger, prune, batch.last_seen, &batch,
		    error) == -1 || (batch.count > 0 && !prune->dry &&
		    (take_away(ledger, prune, &batch, error) == -1 ||
		    db_commit(ledger->db, error) == -1))) {
			db_rollback(ledger->db);
			return -1;
		}
		db_rollback(ledger->db);
		prune->pruned += batch.count;
		prune->kept += batch.seen - batch.count;
		log_status("%lld payloads pruned", (long long)prune->pruned);
	} while (batch.seen > 0);
	log_status(NULL);
	return 0;
}

/* They are zeroes in the database, and not yet in the file of what is to be
 * written there.  1: another process reads what was there before. */
static int
truncate_wal(struct ledger *ledger, struct error *error)
{
	int64_t busy;

	return db_number(ledger->db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL,
	    &busy, error) == -1 ? -1 : busy != 0;
}

/* ---- the command ------------------------------------------------------- */

static int
take_time(struct prune *prune, const char *text)
{
	int64_t now = clock_wall_ms(), ms;

	if (clock_parse_span(text, &ms) == 0)
		ms = now - ms;
	else if (clock_parse(text, &ms) == -1 || ms > now) {
		log_error("--older-than takes a span such as 400d, or a time "
		    "in the past such as 2026-01-31T00:00:00Z");
		return -1;
	}
	clock_format(ms, prune->older_than);
	return 0;
}

static int
take_options(struct prune *prune, int argc, char **argv)
{
	static const struct option options[] = {
		{ "older-than", required_argument, NULL, 'o' },
		{ "reason", required_argument, NULL, 'r' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ "rows", no_argument, NULL, 'R' },
		{ "archive", required_argument, NULL, 'a' },
		{ "no-archive", no_argument, NULL, 'N' },
		{ NULL, 0, NULL, 0 }
	};
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (option == 'r')
			prune->reason = optarg;
		else if (option == 'n')
			prune->dry = true;
		else if (option == 'R')
			prune->rows = true;
		else if (option == 'a')
			prune->archive = optarg;
		else if (option == 'N')
			prune->no_archive = true;
		else if (option != 'o')
			break;
		else if (take_time(prune, optarg) == -1)
			return -1;
	if (option != -1 || optind != argc || *prune->older_than == '\0') {
		log_error("prune takes --older-than SPAN|TIME; --rows, "
		    "--archive, --no-archive, --reason, --dry-run");
		return -1;
	}
	if (prune->rows ? (prune->archive != NULL) == prune->no_archive :
	    prune->archive != NULL || prune->no_archive) {
		log_error("prune --rows, and only that, takes either --archive "
		    "FILE, which keeps the events, or --no-archive");
		return -1;
	}
	return reason_fits(prune->reason) ? 0 : -1;
}

static void
print(const struct prune *prune)
{
	if (prune->rows)
		printf("{\"events\":%lld,\"attempts\":%lld,\"sealed\":%lld",
		    (long long)prune->events, (long long)prune->attempts,
		    (long long)prune->sealed);
	else
		printf("{\"pruned\":%lld,\"kept\":%lld,\"records\":%lld",
		    (long long)prune->pruned, (long long)prune->kept,
		    (long long)prune->records);
	printf(",\"older_than\":\"%s\"}\n", prune->older_than);
}

int
prune_command(struct ledger *ledger, int argc, char **argv)
{
	struct prune prune = { .dry = false };
	struct error error;
	int busy = 0, searched = 0;

	if (take_options(&prune, argc, argv) == -1)
		return EXIT_USAGE;
	if ((prune.rows ? prune_rows(ledger, &prune, &error) :
	    find_end(ledger, &prune, &error) == -1 ||
	    prune_all(ledger, &prune, &error) == -1 ? -1 :
	    prune_records(ledger, &prune, &error)) == -1 ||
	    (!prune.dry && ((busy = truncate_wal(ledger, &error)) == -1 ||
	    (searched = search_forget(ledger, &error)) == -1)))
		return log_failure(&error);
	print(&prune);
	if (searched != 0)
		log_error("somebody searches the ledger, so that the index for "
		    "searches still has words of what was pruned: run prune "
		    "again");
	if (busy == 0)
		return searched == 0 ? EXIT_DONE : EXIT_TEMPFAIL;
	log_error("another process reads the ledger, so that what was pruned "
	    "may still be in its -wal file: run prune again");
	return EXIT_TEMPFAIL;
}
