/* SPDX-License-Identifier: MIT */
/* auditctl check */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditctl/archive.h"
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

struct options {
	bool rows;
	const char *anchors;  /* or NULL */
	const char **archives; /* as many as there are words at most */
	size_t count;
};

/* What was found. */
struct found {
	int64_t sequence, messages, anchored;
	struct archive *archives;       /* one for each that is given */
	struct anchored_list *removed; /* what anchors name in each */
};

static int
take_options(struct options *options, int argc, char **argv)
{
	static const struct option table[] = {
		{ "anchor", required_argument, NULL, 'a' },
		{ "archive", required_argument, NULL, 'A' },
		{ "rows", no_argument, NULL, 'r' },
		{ NULL, 0, NULL, 0 }
	};
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "", table, NULL)) == 'a' ||
	    option == 'A' || option == 'r')
		if (option == 'a')
			options->anchors = optarg;
		else if (option == 'A')
			options->archives[options->count++] = optarg;
		else
			options->rows = true;
	if (option == -1 && optind == argc)
		return 0;
	log_error("check takes --rows, --anchor FILE and --archive FILE... "
	    "alone");
	return -1;
}

/* ---- step by step: each gives an exit status ---------------------------- */

static int
check_log(struct ledger *ledger, struct found *found)
{
	struct error error;
	int rc;

	if ((rc = audit_verify(ledger, &found->sequence, &error)) == -1)
		return log_failure(&error);
	if (rc == 1) {
		log_error("the audit log was tampered with: %s; keep a copy "
		    "and compare it with a backup", error.message);
		return EXIT_NO;
	}
	return EXIT_DONE;
}

static int
check_file(struct ledger *ledger)
{
	struct error error;
	int rc;

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
	return EXIT_DONE;
}

static int
check_rows(struct ledger *ledger, struct found *found)
{
	struct error error;
	int64_t different;

	if (rows_check(ledger, &found->messages, &different, &error) == -1)
		return log_failure(&error);
	if (different > 0) {
		log_error("%lld of %lld messages are not what the log says: "
		    "they were tampered with, or the end of the log was cut "
		    "off; keep a copy and compare it with a backup",
		    (long long)different, (long long)found->messages);
		return EXIT_NO;
	}
	return EXIT_DONE;
}

static int
check_archive(struct ledger *ledger, const char *path,
    const struct seals *seals, struct archive *archive)
{
	const struct seal *seal;
	struct error error;

	if (archive_read(ledger, path, false, archive, &error) == -1)
		return log_failure(&error);
	seal = seals_ending(seals, archive->last);
	if (seal == NULL || !seal->archived) {
		log_error("the archive '%s' holds the events %lld to %lld, "
		    "which were not sealed with an archive", path,
		    (long long)archive->first, (long long)archive->last);
		return EXIT_NO;
	}
	if (archive_compare(ledger, archive, seals, seal, &error) == -1) {
		log_error("the archive '%s' is not what was written: %s", path,
		    error.message);
		return error.code;
	}
	return EXIT_DONE;
}

static int
check_archives(struct ledger *ledger, const struct options *options,
    struct found *found)
{
	struct seals seals = { 0 };
	struct error error;
	size_t i;
	int rc;

	rc = seals_load(ledger, &seals, &error) != 0 ? log_failure(&error) :
	    EXIT_DONE;
	for (i = 0; i < options->count && rc == EXIT_DONE; i++) {
		rc = check_archive(ledger, options->archives[i], &seals,
		    &found->archives[i]);
		found->removed[i] = (struct anchored_list){
			found->archives[i].anchored,
			found->archives[i].count };
	}
	seals_free(&seals);
	return rc;
}

static void
print(const struct options *options, const struct found *found,
    int64_t sealed)
{
	printf("{\"events\":%lld,\"whole\":true", (long long)found->sequence);
	if (sealed > 0)
		printf(",\"sealed\":%lld", (long long)sealed);
	if (options->rows)
		printf(",\"messages\":%lld", (long long)found->messages);
	if (options->count > 0)
		printf(",\"archives\":%zu", options->count);
	if (options->anchors != NULL)
		printf(",\"anchored\":%lld", (long long)found->anchored);
	puts("}");
}

static int
check(struct ledger *ledger, const struct options *options,
    struct found *found)
{
	struct error error;
	int64_t sealed;
	int rc;

	if ((rc = check_log(ledger, found)) != EXIT_DONE ||
	    (rc = check_file(ledger)) != EXIT_DONE ||
	    (options->rows && (rc = check_rows(ledger, found)) !=
	    EXIT_DONE) ||
	    (options->count > 0 && (rc = check_archives(ledger, options,
	    found)) != EXIT_DONE) ||
	    (options->anchors != NULL && (rc = anchors_check(ledger,
	    options->anchors, found->removed, options->count,
	    &found->anchored)) != EXIT_DONE))
		return rc;
	if (db_number(ledger->db, "SELECT coalesce(max(last_seq), 0) "
	    "FROM seals", NULL, &sealed, &error) == -1)
		return log_failure(&error);
	print(options, found, sealed);
	return EXIT_DONE;
}

int
check_command(struct ledger *ledger, int argc, char **argv)
{
	size_t words = (size_t)argc, i;
	struct options options = { .archives = calloc(words,
	    sizeof(*options.archives)) };
	struct found found = { .archives = calloc(words,
	    sizeof(*found.archives)), .removed = calloc(words,
	    sizeof(*found.removed)) };
	int rc = EXIT_SYSTEM;

	if (options.archives == NULL || found.archives == NULL ||
	    found.removed == NULL)
		log_error("out of memory");
	else if (take_options(&options, argc, argv) == -1)
		rc = EXIT_USAGE;
	else
		rc = check(ledger, &options, &found);
	for (i = 0; found.archives != NULL && i < words; i++)
		archive_free(&found.archives[i]);
	free(found.archives);
	free(found.removed);
	free(options.archives);
	return rc;
}
