/* SPDX-License-Identifier: MIT */
/*
 * auditctl bookmark: how far streams were read, and how far a person says.
 *
 * A bookmark that goes back costs a second reading, for a version that was
 * read makes no second message; one that goes on passes records by, so that
 * is refused unless --skip asks for it.  The bookmark is looked at under the
 * write lock, and its change and the event are one transaction.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditctl/auditctl.h"
#include "buffer.h"
#include "clock.h"
#include "log.h"

#define DETAIL_MAX (1 << 20)

struct change {
	const char *stream, *reason;
	const char *pipeline; /* NULL: the one that has a bookmark of it */
	const char *key;      /* NULL: the attribute that it has */
	char value[CLOCK_TEXT]; /* "": reset */
	bool skip;
};

/* As it stands; all NULL when there is none. */
struct mark {
	char *pipeline, *key, *value;
};

static void
free_mark(struct mark *mark)
{
	free(mark->pipeline);
	free(mark->key);
	free(mark->value);
}

/* The pipeline that is meant. */
static int
find_pipeline(struct ledger *ledger, const struct change *change,
    struct mark *mark, struct error *error)
{
	struct statement *statement;
	int64_t count;

	if (change->pipeline == NULL) {
		if (db_number(ledger->db, "SELECT count(*) FROM bookmarks "
		    "WHERE stream = ?1", change->stream, &count, error) == -1)
			return -1;
		if (count != 1)
			return error_set(error, EXIT_NO, count == 0 ?
			    "no pipeline has a bookmark of the stream %.200s: "
			    "see auditctl bookmark list; a new one is set with "
			    "--pipeline and --key" :
			    "several pipelines have a bookmark of the stream "
			    "%.200s: say which with --pipeline",
			    change->stream);
		if ((statement = db_prepare(ledger->db, "SELECT pipeline FROM "
		    "bookmarks WHERE stream = ?1", error)) == NULL)
			return -1;
		db_bind_text(statement, 1, change->stream);
		if (db_step(statement, error) != 1)
			return -1;
		mark->pipeline = strdup(db_text(statement, 0));
		db_reset(statement);
	} else
		mark->pipeline = strdup(change->pipeline);
	return mark->pipeline != NULL ? 0 : error_set(error, EXIT_SYSTEM,
	    "out of memory");
}

/* May the bookmark become what is asked for? */
static int
judge(const struct change *change, const struct mark *mark,
    struct error *error)
{
	const char *old = mark->value;
	int64_t here = 0, there = 0;
	bool same_key = change->key == NULL || (mark->key != NULL &&
	    strcmp(change->key, mark->key) == 0);

	if (old == NULL && *change->value == '\0')
		return error_set(error, EXIT_NO, "the stream %.200s of the "
		    "pipeline %.200s has no bookmark: nothing was changed",
		    change->stream, mark->pipeline);
	if (*change->value == '\0')
		return 0;
	if (old == NULL && change->key == NULL)
		return error_set(error, EXIT_NO, "the stream %.200s of the "
		    "pipeline %.200s has no bookmark: give --key, the "
		    "attribute that it is a value of, such as LastUpdateDate",
		    change->stream, mark->pipeline);
	if (old != NULL && same_key && strcmp(change->value, old) == 0)
		return error_set(error, EXIT_NO, "the bookmark of the stream "
		    "%.200s is %s already: nothing was changed",
		    change->stream, old);
	if (change->skip || (old != NULL && same_key &&
	    clock_parse(old, &here) == 0 &&
	    clock_parse(change->value, &there) == 0 && there <= here))
		return 0;
	return error_set(error, EXIT_NO, "the bookmark of the stream %.200s "
	    "was not set: records that changed between %.60s and %s might "
	    "never be read; give --skip if that is wanted", change->stream,
	    old == NULL ? "the start" : old, change->value);
}

static void
add_mark(struct buffer *detail, const char *name, const char *key,
    const char *value)
{
	buffer_json_name(detail, name);
	if (value == NULL) {
		buffer_puts(detail, "null");
		return;
	}
	buffer_puts(detail, "{");
	buffer_json_member(detail, "replication_key", key);
	buffer_json_member(detail, "value", value);
	buffer_puts(detail, "}");
}

/* Its '/' keeps it from being the id of a message. */
static int
audit(struct ledger *ledger, const struct change *change,
    const struct mark *mark, const char *key, struct error *error)
{
	bool reset = *change->value == '\0';
	struct buffer subject, detail;
	int rc = -1;

	buffer_init(&subject, DETAIL_MAX);
	buffer_init(&detail, DETAIL_MAX);
	buffer_printf(&subject, "%s/%s", mark->pipeline, change->stream);
	buffer_puts(&detail, "{");
	buffer_json_member(&detail, "pipeline", mark->pipeline);
	buffer_json_member(&detail, "stream", change->stream);
	add_mark(&detail, "old", mark->key, mark->value);
	add_mark(&detail, "new", key, reset ? NULL : change->value);
	buffer_json_member(&detail, "reason", change->reason);
	buffer_puts(&detail, "}");
	if (subject.failed || detail.failed)
		error_set(error, EXIT_SYSTEM, "the names are too long, or "
		    "memory is short");
	else
		rc = audit_append(ledger, reset ? "bookmark.reset" :
		    "bookmark.set", buffer_text(&subject),
		    buffer_text(&detail), error);
	buffer_free(&subject);
	buffer_free(&detail);
	return rc;
}

static int
forget(struct ledger *ledger, const char *pipeline, const char *stream,
    struct error *error)
{
	struct statement *statement;

	if ((statement = db_prepare(ledger->db, "DELETE FROM bookmarks "
	    "WHERE pipeline = ?1 AND stream = ?2", error)) == NULL)
		return -1;
	db_bind_text(statement, 1, pipeline);
	db_bind_text(statement, 2, stream);
	return db_run(statement, error);
}

/* In one transaction; *mark is what was before it. */
static int
apply(struct ledger *ledger, const struct change *change, struct mark *mark,
    struct error *error)
{
	const char *key;

	if (db_begin(ledger->db, error) == -1)
		return -1;
	if (find_pipeline(ledger, change, mark, error) == -1 ||
	    bookmark_get(ledger, mark->pipeline, change->stream, &mark->value,
	    &mark->key, error) == -1 || judge(change, mark, error) == -1)
		goto fail;
	key = change->key != NULL ? change->key : mark->key;
	if ((*change->value == '\0' ? forget(ledger, mark->pipeline,
	    change->stream, error) : bookmark_set(ledger, mark->pipeline,
	    change->stream, key, change->value, error)) == -1 ||
	    audit(ledger, change, mark, key, error) == -1 ||
	    db_commit(ledger->db, error) == -1)
		goto fail;
	return 0;
fail:
	db_rollback(ledger->db);
	return -1;
}

static int
run(struct ledger *ledger, const struct change *change)
{
	struct mark mark = { 0 };
	struct buffer line;
	struct error error;
	int rc = EXIT_DONE;

	if (apply(ledger, change, &mark, &error) == -1) {
		free_mark(&mark);
		return log_failure(&error);
	}
	buffer_init(&line, DETAIL_MAX);
	buffer_puts(&line, "{");
	buffer_json_member(&line, "pipeline", mark.pipeline);
	buffer_json_member(&line, "stream", change->stream);
	buffer_json_member(&line, "old", mark.value);
	buffer_json_member(&line, "new", *change->value == '\0' ? NULL :
	    change->value);
	buffer_puts(&line, "}");
	if (puts(buffer_text(&line)) == EOF)
		rc = EXIT_IO;
	buffer_free(&line);
	if (*change->value == '\0')
		log_warning("the next fetch reads all of %s: a message that "
		    "was made isn't made again, but a record that was never "
		    "read makes its messages now", change->stream);
	else if (change->skip)
		log_warning("what of %s changed before %s and wasn't read is "
		    "passed by", change->stream, change->value);
	log_warning("a fetch that runs goes on from where it is, and its next "
	    "bookmark takes the place of this one: start it again");
	free_mark(&mark);
	return rc;
}

/* The time that a word is, as bookmarks are written. */
static int
take_value(struct change *change, const char *text)
{
	int64_t ms;

	if (clock_parse(text, &ms) == -1) {
		log_error("bookmark set takes a time such as "
		    "2026-01-31T00:00:00Z");
		return EXIT_USAGE;
	}
	if (ms > clock_wall_ms()) {
		log_error("the bookmark was not set: %.40s lies in the future, "
		    "and what changes till then would never be read", text);
		return EXIT_DATA;
	}
	clock_format(ms, change->value);
	return 0;
}

static int
take(struct change *change, int option)
{
	switch (option) {
	case 'p':
		change->pipeline = optarg;
		return *optarg == '\0' ? -1 : 0;
	case 'k':
		change->key = optarg;
		return *optarg == '\0' ? -1 : 0;
	case 'r':
		change->reason = optarg;
		return strlen(optarg) > REASON_MAX ? -1 : 0;
	case 's':
		change->skip = true;
		return 0;
	default:
		return -1;
	}
}

/* Its words: STREAM, and VALUE unless it is a reset. */
static int
command(struct ledger *ledger, int argc, char **argv, bool reset)
{
	static const struct option table[] = {
		{ "pipeline", required_argument, NULL, 'p' },
		{ "reason", required_argument, NULL, 'r' },
		{ "key", required_argument, NULL, 'k' },
		{ "skip", no_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 }
	};
	struct change change = { 0 };
	int option, rc;

	optind = 0;
	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1)
		if (take(&change, option) == -1) {
			log_error("bookmark %s: an option is unknown, or its "
			    "argument is missing, empty or longer than %d "
			    "bytes", argv[0], REASON_MAX);
			return EXIT_USAGE;
		}
	if (argc - optind != (reset ? 1 : 2) || *argv[optind] == '\0' ||
	    (reset && (change.skip || change.key != NULL))) {
		log_error(reset ? "bookmark reset takes STREAM, --pipeline "
		    "and --reason" : "bookmark set takes STREAM and VALUE; see "
		    "auditctl bookmark set --help");
		return EXIT_USAGE;
	}
	change.stream = argv[optind];
	if (!reset && (rc = take_value(&change, argv[optind + 1])) != 0)
		return rc;
	return run(ledger, &change);
}

int
bookmark_set_command(struct ledger *ledger, int argc, char **argv)
{
	return command(ledger, argc, argv, false);
}

int
bookmark_reset_command(struct ledger *ledger, int argc, char **argv)
{
	return command(ledger, argc, argv, true);
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
