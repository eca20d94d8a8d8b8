/* SPDX-License-Identifier: MIT */
/* auditctl check */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "auditctl/auditctl.h"
#include "log.h"

/* 1: *error says what SQLite finds wrong with the file. */
static int
damage(struct ledger *ledger, struct error *error)
{
	struct statement *statement;
	int rc;

	if ((statement = db_prepare(ledger->db, "PRAGMA quick_check(1)",
	    error)) == NULL || db_step(statement, error) != 1)
		return -1;
	rc = strcmp(db_text(statement, 0), "ok") != 0;
	if (rc == 1)
		error_set(error, EXIT_NO, "%.200s", db_text(statement, 0));
	db_reset(statement);
	return rc;
}

/* The log guards itself against a slip by two triggers, as schema.sql makes
 * them.  1: they are there, and no other is. */
static int
guarded(struct ledger *ledger, struct error *error)
{
	int64_t good;

	return db_number(ledger->db, "SELECT count(*) = 2 AND sum(sql = "
	    "'CREATE TRIGGER ' || name || ' BEFORE ' || CASE name "
	    "WHEN 'audit_no_update' THEN 'UPDATE ON audit' "
	    "ELSE 'DELETE ON audit' || char(10) || 'WHEN old.seq = 1 OR "
	    "NOT EXISTS (SELECT 1 FROM seals WHERE last_seq >= old.seq)' END "
	    "|| char(10) || 'BEGIN SELECT RAISE(ABORT, "
	    "''the audit log is append-only''); END') = 2 "
	    "FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'audit'",
	    NULL, &good, error) == -1 ? -1 : (int)good;
}

int
check_command(struct ledger *ledger, int argc, char **argv)
{
	static const struct option table[] = {
		{ "anchor", required_argument, NULL, 'a' },
		{ "rows", no_argument, NULL, 'r' },
		{ NULL, 0, NULL, 0 }
	};
	const char *anchors = NULL;
	int64_t sequence, anchored = 0, messages = 0, different = 0;
	bool rows = false;
	struct error error;
	int option, rc;

	optind = 0;
	while ((option = getopt_long(argc, argv, "", table, NULL)) == 'a' ||
	    option == 'r')
		if (option == 'a')
			anchors = optarg;
		else
			rows = true;
	if (option != -1 || optind != argc) {
		log_error("check takes --rows and --anchor FILE alone");
		return EXIT_USAGE;
	}
	if ((rc = audit_verify(ledger, &sequence, &error)) == -1)
		return log_failure(&error);
	if (rc == 1) {
		log_error("the audit log was tampered with: %s; keep a copy "
		    "and compare it with a backup", error.message);
		return EXIT_NO;
	}
	if ((rc = damage(ledger, &error)) == -1)
		return log_failure(&error);
	if (rc == 1) {
		log_error("the ledger is damaged: %s; take a copy, then "
		    "recover it with sqlite3 or from a backup",
		    error.message);
		return EXIT_NO;
	}
	if ((rc = guarded(ledger, &error)) == -1)
		return log_failure(&error);
	if (rc == 0) {
		log_error("the ledger was tampered with: the triggers that "
		    "keep the audit log append-only are not those that were made; "
		    "keep a copy and compare it with a backup");
		return EXIT_NO;
	}
	if (rows && rows_check(ledger, &messages, &different, &error) == -1)
		return log_failure(&error);
	if (different > 0) {
		log_error("%lld of %lld messages are not what the log says: "
		    "they were tampered with, or the end of the log was cut "
		    "off; keep a copy and compare it with a backup",
		    (long long)different, (long long)messages);
		return EXIT_NO;
	}
	if (anchors != NULL && (rc = anchors_check(ledger, anchors,
	    &anchored)) != EXIT_DONE)
		return rc;
	printf("{\"events\":%lld,\"whole\":true", (long long)sequence);
	if (rows)
		printf(",\"messages\":%lld", (long long)messages);
	if (anchors != NULL)
		printf(",\"anchored\":%lld", (long long)anchored);
	puts("}");
	return EXIT_DONE;
}
