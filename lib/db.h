/*
 * db: the one module that knows which database holds the ledger.
 *
 * A thin, closed door: text SQL with numbered parameters in, rows out.  SQL
 * of the callers keeps to what SQLite >= 3.40 and PostgreSQL share where it
 * can (ON CONFLICT, RETURNING).  A struct db is for one thread.
 *
 * Errors: EXIT_TEMPFAIL when another process holds the lock too long,
 * EXIT_IO for a full disk or an I/O error, EXIT_NOINPUT for a file that
 * is damaged or can't be opened, EXIT_CANTCREATE when it can't be created,
 * EXIT_BUG for SQL that is wrong or breaks a constraint.
 */
#ifndef LEDGERPIPE_DB_H
#define LEDGERPIPE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct db;
struct statement;

enum db_mode {
	DB_READ,  /* must exist; nothing is written */
	DB_WRITE, /* must exist; WAL, synchronous=FULL, foreign keys on */
	DB_CREATE /* as DB_WRITE, and must not exist; mode 0600 */
};

struct db *db_open(const char *path, enum db_mode mode, struct error *error);
void db_close(struct db *db); /* NULL is fine */
/* The file itself, whatever name led to it. */
const char *db_path(const struct db *db);

/* Run SQL that gives no rows; several statements are allowed. */
int db_execute(struct db *db, const char *sql, struct error *error);
int db_begin(struct db *db, struct error *error); /* takes the write lock */
int db_commit(struct db *db, struct error *error);
void db_rollback(struct db *db); /* no transaction: nothing happens */
/* A number that no other transaction of this db has; 0: none is open. */
uint64_t db_transaction(const struct db *db);

/* The prepared statement for a text, reset and without bindings.  It is kept
 * by the db (looked up by the text), which frees it at db_close: the caller
 * frees nothing and doesn't use one text twice at a time. */
struct statement *db_prepare(struct db *db, const char *sql,
    struct error *error);
/* Parameters count from 1.  Text and bytes are copied. NULL text is NULL. */
void db_bind_int(struct statement *statement, int index, int64_t value);
void db_bind_text(struct statement *statement, int index, const char *text);
void db_bind_bytes(struct statement *statement, int index, const void *bytes,
    size_t count);
void db_bind_null(struct statement *statement, int index);
/* 1: a row is there; 0: no more (the statement is reset); -1: error (ditto). */
int db_step(struct statement *statement, struct error *error);
/* Step one that gives no rows, to its end: 0 or -1. */
int db_run(struct statement *statement, struct error *error);
void db_reset(struct statement *statement); /* before leaving rows unread */
/* Columns count from 0; what they point to lives until the next step. */
bool db_is_null(struct statement *statement, int column);
bool db_is_int(struct statement *statement, int column);
int64_t db_int(struct statement *statement, int column);
const char *db_text(struct statement *statement, int column); /* or NULL */
const void *db_bytes(struct statement *statement, int column, size_t *count);
int db_columns(struct statement *statement);
const char *db_column_name(struct statement *statement, int column);
/* The one number of a statement that gives one row, such as a count; its ?1 is
 * parameter, unless that is NULL. */
int db_number(struct db *db, const char *sql, const char *parameter,
    int64_t *value, struct error *error);
/* Rows changed by the statement that ran last. */
int64_t db_changes(struct db *db);

#endif
