/* SPDX-License-Identifier: MIT */
/*
 * plans: preloaded into a tool, it appends to the file $PLANS what SQLite has
 * in mind for each statement that the tool prepares, and what that took:
 *
 *	plan SCAN channels
 *	steps 123
 *
 * The first are the lines of EXPLAIN QUERY PLAN, the second the operations of
 * SQLite's virtual machine until the statement was freed.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

typedef int prepare_function(sqlite3 *, const char *, int, unsigned int,
    sqlite3_stmt **, const char **);
typedef int finalize_function(sqlite3_stmt *);

static void *
next(const char *name)
{
	void *function = dlsym(RTLD_NEXT, name);

	if (function == NULL)
		abort();
	return function;
}

static FILE *
report(void)
{
	const char *path = getenv("PLANS");
	FILE *file = path != NULL ? fopen(path, "a") : NULL;

	if (file == NULL)
		abort();
	return file;
}

static void
explain(prepare_function *prepare, sqlite3 *db, const char *sql)
{
	char *text = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
	sqlite3_stmt *statement = NULL;
	FILE *file = report();

	if (text == NULL || prepare(db, text, -1, 0, &statement, NULL) !=
	    SQLITE_OK)
		abort();
	while (sqlite3_step(statement) == SQLITE_ROW)
		fprintf(file, "plan %s\n", (const char *)
		    sqlite3_column_text(statement, 3));
	((finalize_function *)next("sqlite3_finalize"))(statement);
	sqlite3_free(text);
	fclose(file);
}

int
sqlite3_prepare_v3(sqlite3 *db, const char *sql, int length,
    unsigned int flags, sqlite3_stmt **statement, const char **tail)
{
	prepare_function *prepare = (prepare_function *)next(
	    "sqlite3_prepare_v3");
	int rc = prepare(db, sql, length, flags, statement, tail);

	if (rc == SQLITE_OK)
		explain(prepare, db, sql);
	return rc;
}

int
sqlite3_finalize(sqlite3_stmt *statement)
{
	FILE *file;

	if (statement != NULL) {
		file = report();
		fprintf(file, "steps %d\n", sqlite3_stmt_status(statement,
		    SQLITE_STMTSTATUS_VM_STEP, 0));
		fclose(file);
	}
	return ((finalize_function *)next("sqlite3_finalize"))(statement);
}
