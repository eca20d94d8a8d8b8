/* SPDX-License-Identifier: MIT */
/* auditctl check, auditctl bookmark list */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "auditctl/auditctl.h"
#include "clock.h"
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

int
check_command(struct ledger *ledger, int argc, char **argv)
{
	static const struct option table[] = {
		{ "anchor", required_argument, NULL, 'a' },
		{ NULL, 0, NULL, 0 }
	};
	const char *anchors = NULL;
	int64_t sequence, anchored;
	struct error error;
	int option, rc;

	optind = 0;
	while ((option = getopt_long(argc, argv, "", table, NULL)) == 'a')
		anchors = optarg;
	if (option != -1 || optind != argc) {
		log_error("check takes --anchor FILE alone");
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
	if (anchors != NULL && (rc = anchors_check(ledger, anchors,
	    &anchored)) != EXIT_DONE)
		return rc;
	printf("{\"events\":%lld,\"whole\":true", (long long)sequence);
	if (anchors != NULL)
		printf(",\"anchored\":%lld", (long long)anchored);
	puts("}");
	return EXIT_DONE;
}

int
bookmark_list_command(struct ledger *ledger, int argc, char **argv)
{
	struct statement *statement;
	struct error error;
	char now[CLOCK_TEXT];

	(void)argv;
	if (argc != 1) {
		log_error("bookmark list takes no operand");
		return EXIT_USAGE;
	}
	statement = db_prepare(ledger->db, "SELECT pipeline, stream, "
	    "replication_key, value, updated_at, "
	    "unixepoch(?1) - unixepoch(value) AS lag_seconds, "
	    "unixepoch(?1) - unixepoch(updated_at) AS age_seconds "
	    "FROM bookmarks ORDER BY pipeline, stream", &error);
	if (statement == NULL)
		return log_failure(&error);
	clock_now(now);
	db_bind_text(statement, 1, now);
	if (rows_print(statement, &error) == -1)
		return log_failure(&error);
	return EXIT_DONE;
}
