/* SPDX-License-Identifier: MIT */
#include "auditctl/search_index.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auditctl/plain.h"
#include "auditctl/search.h"
#include "clock.h"
#include "json.h"
#include "list.h"
#include "log.h"

#define FORMAT 1 /* of the index; another one is made anew */
#define MESSAGES "2000" /* of a batch */
#define EVENTS 20000
#define TEXT_MAX ((size_t)64 << 20)
#define STATUS_AFTER_MS 1000
#define WAITS_MAX 5 /* each as long as db_begin waits */

/* How far the index is. */
struct progress {
	int64_t message; /* all payloads up to this message */
	int64_t event;   /* and their changes up to this event */
	int64_t head;    /* the last event when they were read */
	unsigned char hash[LEDGER_HASH_BYTES]; /* its hash */
};

/* Messages whose payload changed. */
struct changed {
	int64_t *id;
	size_t count, room;
};

void
search_text(struct buffer *text, const char *payload)
{
	struct json json = { 0 };
	struct error ignored;

	if (json_parse(&json, payload, strlen(payload), &ignored) == 0) {
		plain_message(text, &json, 0);
		plain_notification(text, &json, 0);
	}
	json_free(&json);
}

/* ---- the file ---------------------------------------------------------- */

static int
index_path(struct ledger *ledger, char path[PATH_MAX], struct error *error)
{
	int length = snprintf(path, PATH_MAX, "%s.search",
	    db_path(ledger->db));

	return length > 0 && length < PATH_MAX ? 0 : error_set(error,
	    EXIT_CANTCREATE, "the path of the ledger is too long");
}

/* Root may help out; the ledger's own user must get in afterwards. */
static int
give(struct ledger *ledger, int fd)
{
	struct stat st;

	return fchmod(fd, 0600) == -1 || (geteuid() == 0 &&
	    (stat(db_path(ledger->db), &st) == -1 ||
	    fchown(fd, st.st_uid, st.st_gid) == -1)) ? -1 : 0;
}

/* The lock is taken on the file that has the name, or it protects nothing. */
static int
lock(struct search_index *index, struct ledger *ledger, const char *path,
    struct error *error)
{
	struct stat ours, named;

	for (;;) {
		if ((index->fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW |
		    O_CLOEXEC, 0600)) == -1 || give(ledger, index->fd) == -1) {
			error_errno(error, EXIT_CANTCREATE, "cannot write the "
			    "index '%s'", path);
			return 1;
		}
		if (flock(index->fd, LOCK_SH) == -1 ||
		    fstat(index->fd, &ours) == -1)
			return error_errno(error, EXIT_SYSTEM,
			    "cannot lock the index '%s'", path);
		if (stat(path, &named) == 0 && named.st_ino == ours.st_ino &&
		    named.st_dev == ours.st_dev)
			return 0;
		close(index->fd);
	}
}

static void
unlink_all(const char *path)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char name[PATH_MAX + 8];
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		unlink(name);
	}
}

void
search_index_close(struct search_index *index)
{
	db_close(index->db);
	index->db = NULL;
	/* Behind SQLite, whose own locks end with any descriptor of the
	 * file. */
	if (index->fd != -1)
		close(index->fd);
	index->fd = -1;
}

int
search_forget(struct ledger *ledger, struct error *error)
{
	char path[PATH_MAX];
	int fd, rc = 0;

	if (index_path(ledger, path, error) == -1)
		return -1;
	if ((fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC)) == -1)
		return errno == ENOENT ? 0 : error_errno(error, EXIT_IO,
		    "cannot remove the index '%s'", path);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		unlink_all(path);
	else
		rc = errno == EWOULDBLOCK ? 1 : error_errno(error, EXIT_SYSTEM,
		    "cannot lock the index '%s'", path);
	close(fd);
	return rc;
}

/* ---- how far it is ----------------------------------------------------- */

static int
head_read(struct ledger *ledger, struct progress *progress,
    struct error *error)
{
	struct statement *row = db_prepare(ledger->db, "SELECT seq, hash FROM "
	    "audit ORDER BY seq DESC LIMIT 1", error);
	const void *hash;
	size_t count;
	int rc;

	if (row == NULL || (rc = db_step(row, error)) == -1)
		return -1;
	progress->head = rc == 1 ? db_int(row, 0) : 0;
	memset(progress->hash, 0, sizeof(progress->hash));
	if (rc == 1 && (hash = db_bytes(row, 1, &count)) != NULL &&
	    count == sizeof(progress->hash))
		memcpy(progress->hash, hash, count);
	db_reset(row);
	return 0;
}

/* Is the event that it was made from still in the ledger? */
static int
same_history(struct ledger *ledger, const struct progress *progress,
    struct error *error)
{
	struct statement *row = db_prepare(ledger->db, "SELECT 1 FROM audit "
	    "WHERE seq = ?1 AND hash = ?2", error);
	int rc;

	if (row == NULL)
		return -1;
	db_bind_int(row, 1, progress->head);
	db_bind_bytes(row, 2, progress->hash, sizeof(progress->hash));
	rc = db_step(row, error);
	db_reset(row);
	return rc;
}

static int
progress_write(struct search_index *index, const struct progress *progress,
    struct error *error)
{
	struct statement *row = db_prepare(index->db, "INSERT INTO progress "
	    "(id, message, event, head, hash) VALUES (1, ?1, ?2, ?3, ?4) "
	    "ON CONFLICT (id) DO UPDATE SET message = excluded.message, "
	    "event = excluded.event, head = excluded.head, "
	    "hash = excluded.hash", error);

	if (row == NULL)
		return -1;
	db_bind_int(row, 1, progress->message);
	db_bind_int(row, 2, progress->event);
	db_bind_int(row, 3, progress->head);
	db_bind_bytes(row, 4, progress->hash, sizeof(progress->hash));
	return db_run(row, error);
}

/* Empty tables; changes before now don't matter, for nothing was read. */
static int
start(struct search_index *index, struct ledger *ledger,
    struct progress *progress, struct error *error)
{
	char version[64];

	snprintf(version, sizeof(version), "PRAGMA user_version = %d", FORMAT);
	if (db_execute(index->db, "DROP TABLE IF EXISTS words;"
	    "DROP TABLE IF EXISTS progress;"
	    "CREATE TABLE progress (id INTEGER PRIMARY KEY, "
	    "message INTEGER NOT NULL, event INTEGER NOT NULL, "
	    "head INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;"
	    "CREATE VIRTUAL TABLE words USING fts5(text, content = '', "
	    "columnsize = 0, " SEARCH_TOKENS ");", error) == -1 ||
	    db_execute(index->db, version, error) == -1 ||
	    head_read(ledger, progress, error) == -1)
		return -1;
	progress->message = 0;
	progress->event = progress->head;
	return 0;
}

static int
progress_read(struct search_index *index, struct ledger *ledger,
    struct progress *progress, struct error *error)
{
	struct statement *row;
	int64_t format;
	const void *hash;
	size_t count;
	int rc;

	if (db_number(index->db, "PRAGMA user_version", NULL, &format,
	    error) == -1)
		return -1;
	if (format != FORMAT)
		return start(index, ledger, progress, error);
	if ((row = db_prepare(index->db, "SELECT message, event, head, hash "
	    "FROM progress", error)) == NULL || (rc = db_step(row, error)) ==
	    -1)
		return -1;
	if (rc == 0)
		return start(index, ledger, progress, error);
	progress->message = db_int(row, 0);
	progress->event = db_int(row, 1);
	progress->head = db_int(row, 2);
	hash = db_bytes(row, 3, &count);
	if (hash != NULL && count == sizeof(progress->hash))
		memcpy(progress->hash, hash, count);
	db_reset(row);
	if ((rc = same_history(ledger, progress, error)) == -1)
		return -1;
	return rc == 1 ? 0 : start(index, ledger, progress, error);
}

/* ---- words ------------------------------------------------------------- */

static int
add(struct search_index *index, int64_t id, const char *payload,
    struct buffer *text, struct error *error)
{
	struct statement *row;

	buffer_clear(text);
	search_text(text, payload);
	if (text->failed)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	if ((row = db_prepare(index->db, "INSERT INTO words (rowid, text) "
	    "VALUES (?1, ?2)", error)) == NULL)
		return -1;
	db_bind_int(row, 1, id);
	db_bind_text(row, 2, buffer_text(text));
	return db_run(row, error);
}

/* 1: there may be more, 0 or -1. */
static int
add_new(struct search_index *index, struct ledger *ledger,
    struct progress *progress, struct buffer *text, struct error *error)
{
	struct statement *row = db_prepare(ledger->db, "SELECT message, "
	    "payload FROM bodies WHERE message > ?1 ORDER BY message LIMIT "
	    MESSAGES, error);
	int64_t last = progress->message;
	int rc;

	if (row == NULL)
		return -1;
	db_bind_int(row, 1, progress->message);
	while ((rc = db_step(row, error)) == 1) {
		progress->message = db_int(row, 0);
		if (add(index, progress->message, db_text(row, 1), text,
		    error) == -1) {
			db_reset(row);
			return -1;
		}
	}
	return rc == -1 ? -1 : progress->message > last;
}

/* The text of now beside that of before: what it says no more is found, and
 * is no hit. */
static int
add_changed(struct search_index *index, struct ledger *ledger, int64_t id,
    struct buffer *text, struct error *error)
{
	struct statement *row = db_prepare(ledger->db, "SELECT payload "
	    "FROM bodies WHERE message = ?1", error);
	int rc;

	if (row == NULL)
		return -1;
	db_bind_int(row, 1, id);
	if ((rc = db_step(row, error)) == 1) {
		rc = add(index, id, db_text(row, 0), text, error);
		db_reset(row);
	}
	return rc;
}

/* What the log says of payloads since: 1: some were pruned, 0 or -1. */
static int
read_changed(struct ledger *ledger, const struct progress *progress,
    int64_t end, struct changed *changed, struct error *error)
{
	struct statement *row = db_prepare(ledger->db, "SELECT "
	    "event = 'payloads.pruned', CAST(subject AS INTEGER) FROM audit "
	    "WHERE seq > ?1 AND seq <= ?2 AND (event = 'payloads.pruned' OR "
	    "(event LIKE 'message.%' AND detail LIKE '%\"payload_hash\"%')) "
	    "ORDER BY seq", error);
	int64_t *grown;
	int rc;

	if (row == NULL)
		return -1;
	db_bind_int(row, 1, progress->event);
	db_bind_int(row, 2, end);
	while ((rc = db_step(row, error)) == 1) {
		if (db_int(row, 0) != 0)
			break;
		if (db_int(row, 1) > progress->message)
			continue;
		if ((grown = list_grow(changed->id, changed->count,
		    &changed->room, sizeof(*grown))) == NULL) {
			rc = error_set(error, EXIT_SYSTEM, "out of memory");
			break;
		}
		changed->id = grown;
		changed->id[changed->count++] = db_int(row, 1);
	}
	db_reset(row);
	return rc;
}

/* 1: there is more, 0 or -1. */
static int
add_changes(struct search_index *index, struct ledger *ledger,
    struct progress *progress, struct buffer *text, struct error *error)
{
	struct changed changed = { 0 };
	int64_t end = progress->event + EVENTS;
	size_t i;
	int rc;

	if (end > progress->head)
		end = progress->head;
	rc = read_changed(ledger, progress, end, &changed, error);
	if (rc == 1)
		rc = start(index, ledger, progress, error);
	else if (rc == 0) {
		for (i = 0; i < changed.count && rc == 0; i++)
			rc = add_changed(index, ledger, changed.id[i], text,
			    error);
		progress->event = end;
	}
	free(changed.id);
	return rc == -1 ? -1 : progress->event < progress->head;
}

/* ---- batch by batch ---------------------------------------------------- */

/* Inside a transaction of each: 1: there is more, 0 or -1. */
static int
batch(struct search_index *index, struct ledger *ledger,
    struct progress *progress, struct buffer *text, struct error *error)
{
	int more, rc;

	if (progress_read(index, ledger, progress, error) == -1 ||
	    head_read(ledger, progress, error) == -1 || (more = add_changes(
	    index, ledger, progress, text, error)) == -1 ||
	    (rc = add_new(index, ledger, progress, text, error)) == -1 ||
	    progress_write(index, progress, error) == -1)
		return -1;
	return more == 1 || rc == 1;
}

/* The same; 2: another who searches writes. */
static int
step(struct search_index *index, struct ledger *ledger,
    struct progress *progress, struct buffer *text, struct error *error)
{
	struct error ignored;
	int rc;

	if (db_begin(index->db, error) == -1)
		return error->code == EXIT_TEMPFAIL ? 2 : -1;
	if ((rc = db_execute(ledger->db, "BEGIN", error)) == 0) {
		rc = batch(index, ledger, progress, text, error);
		db_execute(ledger->db, "COMMIT", &ignored);
	}
	if (rc != -1 && db_commit(index->db, error) == -1)
		rc = -1;
	db_rollback(index->db);
	return rc;
}

static int
update(struct search_index *index, struct ledger *ledger, struct error *error)
{
	int64_t began = clock_monotonic_ms();
	struct progress progress = { 0 };
	int rc, waits = 0;
	struct buffer text;

	buffer_init(&text, TEXT_MAX);
	while ((rc = step(index, ledger, &progress, &text, error)) >= 1) {
		waits = rc == 2 ? waits + 1 : 0;
		if (waits > WAITS_MAX) {
			rc = -1;
			break;
		}
		if (clock_monotonic_ms() - began >= STATUS_AFTER_MS)
			log_status("the index for searches has %lld messages",
			    (long long)progress.message);
	}
	log_status(NULL);
	buffer_free(&text);
	return rc;
}

/* A cache needs to be whole, not to outlive a power loss to its last batch. */
static int
try_open(struct search_index *index, struct ledger *ledger, const char *path,
    struct error *error)
{
	int rc = lock(index, ledger, path, error);

	if (rc != 0)
		return rc;
	if ((index->db = db_open(path, DB_WRITE, error)) == NULL)
		return -1;
	return db_execute(index->db, "PRAGMA synchronous = NORMAL;"
	    "PRAGMA cache_size = -32000;", error) == -1 ? -1 :
	    update(index, ledger, error);
}

int
search_index_open(struct search_index *index, struct ledger *ledger,
    struct error *error)
{
	struct error ignored;
	char path[PATH_MAX];
	int rc;

	*index = (struct search_index){ .fd = -1 };
	if (index_path(ledger, path, error) == -1)
		return -1;
	rc = try_open(index, ledger, path, error);
	if (rc == -1 && error->code == EXIT_NOINPUT) {
		/* It is damaged: away with it. */
		search_index_close(index);
		if (search_forget(ledger, &ignored) == 0)
			rc = try_open(index, ledger, path, error);
	}
	if (rc != 0)
		search_index_close(index);
	return rc;
}
