/* SPDX-License-Identifier: MIT */
#include "verify/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"

#define PRUNE_ROWS 500
#define APPLICATION 1819305334 /* "lpev" */
#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

static const char schema[] =
    "CREATE TABLE events ("
    "  sequence    INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  event_id    TEXT NOT NULL UNIQUE,"
    "  received_at TEXT NOT NULL,"
    "  line        TEXT" /* NULL: it has left */
    ") STRICT;"
    "CREATE INDEX events_waiting ON events (sequence) "
    "  WHERE line IS NOT NULL;"
    "CREATE INDEX events_by_time ON events (received_at);"
    "PRAGMA application_id = " TEXT(APPLICATION) ";"
    "PRAGMA user_version = 1;";

static int
take_lock(struct spool *spool, const char *path, struct error *error)
{
	struct buffer name;
	int rc = 0;

	buffer_init(&name, 65536);
	buffer_printf(&name, "%s.lock", path);
	spool->lock = open(buffer_text(&name), O_RDWR | O_CREAT | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	if (spool->lock == -1)
		rc = error_errno(error, EXIT_CANTCREATE, "cannot open the "
		    "lock '%s'", buffer_text(&name));
	else if (flock(spool->lock, LOCK_EX | LOCK_NB) == -1)
		rc = errno == EWOULDBLOCK ? error_set(error, EXIT_TEMPFAIL,
		    "the spool '%s' has a listener already: wait for it, or "
		    "stop it", path) : error_errno(error, EXIT_SYSTEM,
		    "cannot lock '%s'", buffer_text(&name));
	buffer_free(&name);
	return rc;
}

/* Bodies are in it: no others may read it. */
static int
check_mode(const char *path, struct error *error)
{
	struct stat status;

	return stat(path, &status) == 0 && (status.st_mode & 077) != 0 ?
	    error_set(error, EXIT_CONFIG, "others may read or write the spool "
	    "'%s' (mode %03o): chmod 600 it", path,
	    (unsigned int)status.st_mode & 0777) : 0;
}

/* A crash may have left it without its tables. */
static int
fill(struct spool *spool, const char *path, struct error *error)
{
	int64_t application, version, tables;
	int rc = -1;

	if (db_begin(spool->db, error) == -1)
		return -1;
	if (db_number(spool->db, "PRAGMA application_id", NULL, &application,
	    error) == -1 || db_number(spool->db, "PRAGMA user_version", NULL,
	    &version, error) == -1 || db_number(spool->db, "SELECT count(*) "
	    "FROM sqlite_schema", NULL, &tables, error) == -1)
		goto out;
	if (tables == 0)
		rc = db_execute(spool->db, schema, error);
	else if (application == APPLICATION && version == 1)
		rc = 0;
	else
		error_set(error, EXIT_CONFIG, "'%s' is no spool of this "
		    "version's: name another file with --spool", path);
	if (rc == 0)
		rc = db_commit(spool->db, error);
out:
	if (rc == -1)
		db_rollback(spool->db);
	return rc;
}

int
spool_open(struct spool *spool, const char *path, struct error *error)
{
	*spool = (struct spool){ .lock = -1 };
	if (take_lock(spool, path, error) == -1 ||
	    check_mode(path, error) == -1)
		return -1;
	spool->db = db_open(path, access(path, F_OK) == 0 ? DB_WRITE :
	    DB_CREATE, error);
	return spool->db != NULL ? fill(spool, path, error) : -1;
}

void
spool_close(struct spool *spool)
{
	db_close(spool->db);
	if (spool->lock != -1)
		close(spool->lock);
	*spool = (struct spool){ .lock = -1 };
}

static int
write_line(struct buffer *line, const struct request *request,
    const char *time, struct error *error)
{
	buffer_init(line, request->body.length + request->id.length * 6 + 256);
	buffer_puts(line, "{\"type\":\"EVENT\"");
	buffer_json_member(line, "event_id", buffer_text(&request->id));
	buffer_json_member(line, "kind", request->kind);
	buffer_json_member(line, "received_at", time);
	buffer_json_name(line, "body");
	buffer_append(line, request->body.data, request->body.length);
	buffer_puts(line, "}");
	return line->failed ? error_set(error, EXIT_SYSTEM, "out of memory") :
	    0;
}

int
spool_keep(struct spool *spool, const struct request *request, int64_t now_ms,
    struct error *error)
{
	struct statement *insert;
	char time[CLOCK_TEXT];
	struct buffer line;
	int rc = -1;

	clock_format(now_ms, time);
	if (write_line(&line, request, time, error) == -1)
		goto out;
	if ((insert = db_prepare(spool->db, "INSERT INTO events "
	    "(event_id, received_at, line) VALUES (?1, ?2, ?3) "
	    "ON CONFLICT (event_id) DO NOTHING", error)) == NULL)
		goto out;
	db_bind_text(insert, 1, buffer_text(&request->id));
	db_bind_text(insert, 2, time);
	db_bind_text(insert, 3, line.data);
	if ((rc = db_run(insert, error)) == 0)
		rc = db_changes(spool->db) > 0;
out:
	buffer_free(&line);
	return rc;
}

int
spool_try(struct spool *spool, struct error *error)
{
	return db_execute(spool->db, "INSERT INTO events (event_id, "
	    "received_at) VALUES ('trial', '');"
	    "DELETE FROM events WHERE event_id = 'trial'", error);
}

int
spool_next(struct spool *spool, int64_t *sequence, struct buffer *line,
    struct error *error)
{
	struct statement *select = db_prepare(spool->db, "SELECT sequence, "
	    "line FROM events WHERE line IS NOT NULL AND sequence > ?1 "
	    "ORDER BY sequence LIMIT 1", error);
	int rc;

	if (select == NULL)
		return -1;
	db_bind_int(select, 1, *sequence);
	if ((rc = db_step(select, error)) != 1)
		return rc;
	buffer_clear(line);
	if (buffer_puts(line, db_text(select, 1)) == -1)
		rc = error_set(error, EXIT_SYSTEM, "out of memory");
	else
		*sequence = db_int(select, 0);
	db_reset(select);
	return rc;
}

int
spool_left(struct spool *spool, int64_t sequence, struct error *error)
{
	struct statement *update = db_prepare(spool->db, "UPDATE events "
	    "SET line = NULL WHERE line IS NOT NULL AND sequence <= ?1",
	    error);

	if (update == NULL)
		return -1;
	db_bind_int(update, 1, sequence);
	return db_run(update, error);
}

int
spool_prune(struct spool *spool, int64_t now_ms, struct error *error)
{
	struct statement *prune = db_prepare(spool->db, "DELETE FROM events "
	    "WHERE sequence IN (SELECT sequence FROM events "
	    "WHERE received_at < ?1 AND line IS NULL "
	    "ORDER BY received_at LIMIT ?2)", error);
	char before[CLOCK_TEXT];

	if (prune == NULL)
		return -1;
	clock_format(now_ms - SPOOL_KEEP_MS, before);
	db_bind_text(prune, 1, before);
	db_bind_int(prune, 2, PRUNE_ROWS);
	if (db_run(prune, error) == -1)
		return -1;
	return db_changes(spool->db) == PRUNE_ROWS;
}
