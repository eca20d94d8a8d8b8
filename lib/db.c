/* SPDX-License-Identifier: MIT */
#include "db.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUSY_MS 10000
#define CACHE_KIB "4000" /* what a group of 500 lines touches, and a bit */
#define WAL_LIMIT_BYTES "16777216" /* what a long reader let it grow to */

struct statement {
	sqlite3_stmt *handle;
	struct db *db;
	char *sql;
	const char *source; /* where the caller has the same text */
	struct statement *next;
	bool failed; /* a bind ran out of memory */
};

struct db {
	sqlite3 *handle;
	char *path;
	struct statement *statements;
	bool transaction;
	uint64_t transactions; /* so far */
};

/* What SQLite doesn't say: what is to be done. */
static const char *
remedy(const struct db *db)
{
	int code = sqlite3_errcode(db->handle) & 0xff;

	if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
		return ": it is damaged, restore it from a backup";
	if (code == SQLITE_READONLY)
		return ": its folder must be ours to write, even to read it, "
		    "and to change it the file too; a copy of it can be put "
		    "elsewhere";
	/* "disk I/O error", where the system knows that it is full. */
	switch (sqlite3_system_errno(db->handle)) {
	case ENOSPC:
	case EDQUOT:
		return " (its disk is full: make room)";
	default:
		return "";
	}
}

static int
fail(struct db *db, struct error *error, const char *what)
{
	int code = sqlite3_extended_errcode(db->handle);
	enum exitcode exit_code;

	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		exit_code = EXIT_TEMPFAIL;
		break;
	case SQLITE_FULL:
	case SQLITE_IOERR:
		exit_code = EXIT_IO;
		break;
	case SQLITE_READONLY: /* its folder, too, must be ours to write */
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		exit_code = EXIT_NOINPUT;
		break;
	case SQLITE_NOMEM:
		exit_code = EXIT_SYSTEM;
		break;
	case SQLITE_CANTOPEN:
		exit_code = EXIT_NOINPUT;
		break;
	default:
		exit_code = EXIT_BUG;
	}
	return error_set(error, exit_code, "ledger '%s': cannot %s: %s%s",
	    db->path, what, sqlite3_errmsg(db->handle), remedy(db));
}

static int
configure(struct db *db, enum db_mode mode, struct error *error)
{
	sqlite3_busy_timeout(db->handle, BUSY_MS);
	if (db_execute(db, "PRAGMA trusted_schema = OFF;"
	    "PRAGMA foreign_keys = ON;", error) == -1)
		return -1;
	if (mode == DB_READ)
		return 0;
	return db_execute(db, "PRAGMA journal_mode = WAL;"
	    "PRAGMA synchronous = FULL;"
	    "PRAGMA secure_delete = ON;" /* see auditctl prune */
	    "PRAGMA cache_size = -" CACHE_KIB ";"
	    "PRAGMA journal_size_limit = " WAL_LIMIT_BYTES ";", error);
}

/* SQLite would create the file with the umask's mode: make it first. */
static int
create_file(const char *path, struct error *error)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd == -1)
		return error_errno(error, EXIT_CANTCREATE,
		    "cannot create the ledger '%s'", path);
	close(fd);
	return 0;
}

struct db *
db_open(const char *path, enum db_mode mode, struct error *error)
{
	struct db *db;
	int rc;

	if (mode == DB_CREATE && create_file(path, error) == -1)
		return NULL;
	if (mode != DB_CREATE && access(path, R_OK) == -1) {
		error_errno(error, EXIT_NOINPUT, "cannot open the ledger '%s'",
		    path);
		return NULL;
	}
	if ((db = calloc(1, sizeof(*db))) == NULL ||
	    (db->path = strdup(path)) == NULL) {
		free(db);
		error_set(error, EXIT_SYSTEM, "out of memory");
		return NULL;
	}
	/* A reader of a WAL database has to write its -shm file too. */
	rc = sqlite3_open_v2(path, &db->handle, SQLITE_OPEN_READWRITE, NULL);
	if (rc != SQLITE_OK) {
		error_set(error, EXIT_NOINPUT,
		    "cannot open the ledger '%s': %s", path,
		    sqlite3_errstr(rc));
		db_close(db);
		return NULL;
	}
	sqlite3_extended_result_codes(db->handle, 1);
	if (configure(db, mode, error) == -1) {
		error_set(error, error->code, "cannot open the ledger '%s': "
		    "%s%s", path, sqlite3_errmsg(db->handle), remedy(db));
		db_close(db);
		return NULL;
	}
	return db;
}

void
db_close(struct db *db)
{
	struct statement *statement;

	if (db == NULL)
		return;
	while ((statement = db->statements) != NULL) {
		db->statements = statement->next;
		sqlite3_finalize(statement->handle);
		free(statement->sql);
		free(statement);
	}
	sqlite3_close(db->handle);
	free(db->path);
	free(db);
}

const char *
db_path(const struct db *db)
{
	return sqlite3_db_filename(db->handle, "main");
}

int
db_execute(struct db *db, const char *sql, struct error *error)
{
	if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
		return fail(db, error, "run SQL");
	return 0;
}

int
db_begin(struct db *db, struct error *error)
{
	if (sqlite3_exec(db->handle, "BEGIN IMMEDIATE", NULL, NULL, NULL) !=
	    SQLITE_OK)
		return fail(db, error, "begin a transaction");
	db->transaction = true;
	db->transactions++;
	return 0;
}

int
db_commit(struct db *db, struct error *error)
{
	if (sqlite3_exec(db->handle, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		return fail(db, error, "commit");
	db->transaction = false;
	return 0;
}

void
db_rollback(struct db *db)
{
	if (db != NULL && db->transaction) {
		sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
		db->transaction = false;
	}
}

uint64_t
db_transaction(const struct db *db)
{
	return db->transaction ? db->transactions : 0;
}

static struct statement *
find(const struct db *db, const char *sql)
{
	struct statement *statement;

	/* Most texts are constants, and stand where they stood. */
	for (statement = db->statements; statement != NULL;
	    statement = statement->next)
		if (statement->source == sql &&
		    strcmp(statement->sql, sql) == 0)
			return statement;
	for (statement = db->statements; statement != NULL;
	    statement = statement->next)
		if (strcmp(statement->sql, sql) == 0)
			break;
	return statement;
}

struct statement *
db_prepare(struct db *db, const char *sql, struct error *error)
{
	struct statement *statement = find(db, sql);

	if (statement != NULL) {
		db_reset(statement);
		sqlite3_clear_bindings(statement->handle);
		return statement;
	}
	if ((statement = calloc(1, sizeof(*statement))) == NULL ||
	    (statement->sql = strdup(sql)) == NULL) {
		free(statement);
		error_set(error, EXIT_SYSTEM, "out of memory");
		return NULL;
	}
	statement->db = db;
	statement->source = sql;
	if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT,
	    &statement->handle, NULL) != SQLITE_OK) {
		fail(db, error, "prepare SQL");
		free(statement->sql);
		free(statement);
		return NULL;
	}
	statement->next = db->statements;
	db->statements = statement;
	return statement;
}

void
db_bind_int(struct statement *statement, int index, int64_t value)
{
	if (sqlite3_bind_int64(statement->handle, index, value) != SQLITE_OK)
		statement->failed = true;
}

void
db_bind_text(struct statement *statement, int index, const char *text)
{
	int rc = text == NULL ? sqlite3_bind_null(statement->handle, index) :
	    sqlite3_bind_text64(statement->handle, index, text, strlen(text),
	    SQLITE_TRANSIENT, SQLITE_UTF8);

	if (rc != SQLITE_OK)
		statement->failed = true;
}

void
db_bind_bytes(struct statement *statement, int index, const void *bytes,
    size_t count)
{
	if (sqlite3_bind_blob64(statement->handle, index, bytes, count,
	    SQLITE_TRANSIENT) != SQLITE_OK)
		statement->failed = true;
}

void
db_bind_null(struct statement *statement, int index)
{
	if (sqlite3_bind_null(statement->handle, index) != SQLITE_OK)
		statement->failed = true;
}

int
db_step(struct statement *statement, struct error *error)
{
	int rc;

	if (statement->failed) {
		statement->failed = false;
		return error_set(error, EXIT_BUG,
		    "ledger '%s': cannot bind a parameter: %s",
		    statement->db->path, sqlite3_errmsg(statement->db->handle));
	}
	rc = sqlite3_step(statement->handle);
	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE) {
		sqlite3_reset(statement->handle);
		return 0;
	}
	fail(statement->db, error, "read or write");
	sqlite3_reset(statement->handle);
	return -1;
}

int
db_run(struct statement *statement, struct error *error)
{
	int rc;

	while ((rc = db_step(statement, error)) == 1)
		;
	return rc;
}

void
db_reset(struct statement *statement)
{
	sqlite3_reset(statement->handle);
	statement->failed = false;
}

bool
db_is_null(struct statement *statement, int column)
{
	return sqlite3_column_type(statement->handle, column) == SQLITE_NULL;
}

bool
db_is_int(struct statement *statement, int column)
{
	return sqlite3_column_type(statement->handle, column) ==
	    SQLITE_INTEGER;
}

int64_t
db_int(struct statement *statement, int column)
{
	return sqlite3_column_int64(statement->handle, column);
}

const char *
db_text(struct statement *statement, int column)
{
	return (const char *)sqlite3_column_text(statement->handle, column);
}

const void *
db_bytes(struct statement *statement, int column, size_t *count)
{
	const void *bytes = sqlite3_column_blob(statement->handle, column);

	*count = (size_t)sqlite3_column_bytes(statement->handle, column);
	return bytes;
}

int
db_columns(struct statement *statement)
{
	return sqlite3_column_count(statement->handle);
}

const char *
db_column_name(struct statement *statement, int column)
{
	return sqlite3_column_name(statement->handle, column);
}

int64_t
db_changes(struct db *db)
{
	return sqlite3_changes64(db->handle);
}

int
db_number(struct db *db, const char *sql, const char *parameter,
    int64_t *value, struct error *error)
{
	struct statement *row;

	if ((row = db_prepare(db, sql, error)) == NULL)
		return -1;
	if (parameter != NULL)
		db_bind_text(row, 1, parameter);
	if (db_step(row, error) == -1)
		return -1;
	*value = db_int(row, 0);
	db_reset(row);
	return 0;
}
