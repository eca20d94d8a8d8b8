/* SPDX-License-Identifier: MIT */
#include "auditctl/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "line.h"
#include "log.h"
#include "master.h"

#define CHUNK ((size_t)64 << 10)
#define TOLD_EVERY 100000

static const char events_sql[] = "SELECT seq, time, actor, event, subject, "
    "detail, lower(hex(previous)), lower(hex(hash)) FROM audit "
    "WHERE seq >= ?3 AND seq <= ?1 ORDER BY seq";
static const char attempts_sql[] = "SELECT message, generation, number, "
    "started_at, ended_at, http_status, slack_error, retry_after, outcome, "
    "request_id FROM attempts WHERE " ATTEMPTS_OVER
    " ORDER BY message, generation, number";
static const char *const event_names[] = { "seq", "time", "actor", "event",
	"subject", "detail", "previous", "hash" };
static const char *const attempt_names[] = { "message", "generation",
	"attempt", "started_at", "ended_at", "http_status", "slack_error",
	"retry_after", "outcome", "request_id" };

static int
part_name(const char *path, char out[PATH_MAX], struct error *error)
{
	int length = snprintf(out, PATH_MAX, "%s.part", path);

	return length > 0 && length < PATH_MAX ? 0 : error_set(error,
	    EXIT_CANTCREATE, "the name of the archive is too long");
}

static int
flush(int fd, struct buffer *lines, struct error *error)
{
	int rc = lines->failed ? error_set(error, EXIT_SYSTEM,
	    "a line of the archive is too long") : write_all(fd, lines->data,
	    lines->length, error);

	buffer_clear(lines);
	return rc;
}

static int
write_rows(struct ledger *ledger, int fd, const char *sql, const char *type,
    const char *const *names, const struct seal *seal, struct error *error)
{
	struct statement *row = db_prepare(ledger->db, sql, error);
	struct buffer lines;
	int64_t count = 0;
	int column, rc;

	if (row == NULL)
		return -1;
	db_bind_int(row, 1, seal->last);
	if (sql == attempts_sql)
		db_bind_int(row, 2, seal->last_message);
	else
		db_bind_int(row, 3, seal->first);
	buffer_init(&lines, CHUNK + LINE_MAX_BYTES);
	while ((rc = db_step(row, error)) == 1) {
		buffer_printf(&lines, "{\"type\":\"%s\"", type);
		for (column = 0; column < db_columns(row); column++)
			if (db_is_int(row, column)) {
				buffer_json_name(&lines, names[column]);
				buffer_printf(&lines, "%lld",
				    (long long)db_int(row, column));
			} else
				buffer_json_member(&lines, names[column],
				    db_text(row, column));
		buffer_puts(&lines, "}\n");
		if (++count % TOLD_EVERY == 0)
			log_status("%lld rows archived", (long long)count);
		if ((lines.failed || lines.length >= CHUNK) &&
		    flush(fd, &lines, error) == -1) {
			rc = -1;
			break;
		}
	}
	db_reset(row);
	if (rc == 0 && lines.length > 0)
		rc = flush(fd, &lines, error);
	log_status(NULL);
	buffer_free(&lines);
	return rc;
}

int
archive_write(struct ledger *ledger, const char *path,
    const struct seal *seal, struct error *error)
{
	char part[PATH_MAX];
	int fd, rc;

	if (part_name(path, part, error) == -1)
		return -1;
	if (access(path, F_OK) == 0)
		return error_set(error, EXIT_CANTCREATE, "the archive '%s' is "
		    "there already, and is never overwritten: name another "
		    "file, or remove it if check --archive says that it is of "
		    "no seal", path);
	/* What a run that was stopped left; nothing was removed for it. */
	if (unlink(part) == -1 && errno != ENOENT)
		return error_errno(error, EXIT_CANTCREATE, "cannot remove "
		    "'%s'", part);
	if ((fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600)) == -1)
		return error_errno(error, EXIT_CANTCREATE, "cannot create the "
		    "archive '%s'", part);
	rc = write_rows(ledger, fd, events_sql, "EVENT", event_names, seal,
	    error) == -1 || write_rows(ledger, fd, attempts_sql, "ATTEMPT",
	    attempt_names, seal, error) == -1 ? -1 : 0;
	if (rc == 0 && fsync(fd) == -1)
		rc = error_errno(error, EXIT_IO, "cannot write the archive "
		    "'%s'", part);
	if (close(fd) == -1 && rc == 0)
		rc = error_errno(error, EXIT_IO, "cannot write the archive "
		    "'%s'", part);
	if (rc == -1)
		unlink(part);
	return rc;
}

int
archive_publish(const char *path, struct error *error)
{
	char part[PATH_MAX];

	if (part_name(path, part, error) == -1)
		return -1;
	if (link(part, path) == -1)
		return error_errno(error, EXIT_CANTCREATE, "cannot give the "
		    "archive its name '%s'", path);
	unlink(part);
	if (master_sync_folder(path, error) == 0)
		return 0;
	unlink(path);
	return -1;
}

void
archive_remove(const char *path)
{
	unlink(path);
}

void
archive_abandon(const char *path)
{
	char part[PATH_MAX];
	struct error ignored;

	if (part_name(path, part, &ignored) == 0)
		unlink(part);
}
