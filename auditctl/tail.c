/* SPDX-License-Identifier: MIT */
/*
 * auditctl tail: what happened to messages last, and as it happens.
 *
 * The audit log is read in windows of events, each a short look into the ledger
 * whose lines are written when that is over: however slow the reader of them is,
 * nobody who writes the ledger waits, and its WAL can be emptied.
 */
#define _GNU_SOURCE /* ppoll */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auditctl/auditctl.h"
#include "auditctl/event_words.h"
#include "auditctl/query.h"
#include "buffer.h"
#include "log.h"
#include "utf8.h"

#define LINES 10
#define BACK 20000 /* events that are looked at for the first lines */
#define WINDOW 1000
#define POLL_NS 200000000
#define TEXT_MAX ((size_t)256 << 20)

/* Behind the parameters of the conditions. */
#define AFTER (CONDITIONS + 1)
#define UPTO (AFTER + 1)
#define COUNT (UPTO + 1)
#define WANTED (COUNT + 1)

struct tail {
	struct ledger *ledger;
	struct query query;
	int64_t lines;
	bool follows;
	int64_t seen; /* events up to this one were told of */
	struct buffer out;
};

static volatile sig_atomic_t stopped;

static void
stop(int number)
{
	(void)number;
	stopped = 1;
}

/* ---- events ------------------------------------------------------------ */

/* CROSS JOIN: from the few events to their messages. */
static struct statement *
prepare(struct tail *tail, struct error *error)
{
	const struct query *query = &tail->query;
	struct statement *statement;
	struct buffer sql;
	size_t i, wanted = 0;

	buffer_init(&sql, 16384);
	buffer_printf(&sql, "SELECT * FROM (SELECT seq, time, actor, event, "
	    "detail, m.id AS id, state, filter, stream, record_id, "
	    "record_version, channel FROM audit CROSS JOIN messages m "
	    "WHERE seq > ?%zu AND seq <= ?%zu AND event LIKE 'message.%%' "
	    "AND m.id = CAST(subject AS INTEGER)", AFTER, UPTO);
	for (i = 0; i < BEFORE; i++)
		if (query->values[i] != NULL)
			buffer_printf(&sql, " AND %s?%zu", conditions[i].sql,
			    i + 1);
	for (i = 0; i < STATES; i++)
		if (query->wanted[i]) {
			buffer_printf(&sql, "%s state = ?%zu", wanted == 0 ?
			    " AND (" : " OR", WANTED + wanted);
			wanted++;
		}
	buffer_printf(&sql, "%s ORDER BY seq DESC LIMIT ?%zu) ORDER BY seq",
	    wanted > 0 ? ")" : "", COUNT);
	statement = db_prepare(tail->ledger->db, buffer_text(&sql), error);
	buffer_free(&sql);
	for (i = 0; statement != NULL && i < BEFORE; i++)
		if (query->values[i] != NULL)
			db_bind_text(statement, (int)i + 1, query->values[i]);
	for (i = wanted = 0; statement != NULL && i < STATES; i++)
		if (query->wanted[i])
			db_bind_text(statement, WANTED + (int)wanted++,
			    states[i]);
	return statement;
}

/* 11-24 02:57:11.042  12  #finance  invoices 77  sent: ...  A time that isn't one
 * is as it is. */
static void
add_line(struct buffer *out, struct statement *row)
{
	const char *channel = db_text(row, 11);
	const char *time = db_text(row, 1);
	size_t start = out->length;

	if (strlen(time) == CLOCK_TEXT - 1)
		buffer_printf(out, "%.5s %.12s", time + 5, time + 11);
	else
		buffer_puts(out, time);
	buffer_printf(out, "  %lld  %s  %s %s  ", (long long)db_int(row, 5), channel != NULL ? channel : "-",
	    db_text(row, 8), db_text(row, 9));
	event_words(out, db_text(row, 3), db_text(row, 4));
	if (!out->failed)
		utf8_tame(out->data + start);
	buffer_puts(out, "\n");
}

static void
add_object(struct buffer *out, struct statement *row)
{
	struct buffer words;

	buffer_init(&words, TEXT_MAX);
	event_words(&words, db_text(row, 3), db_text(row, 4));
	buffer_puts(out, "{");
	rows_members(out, row);
	buffer_json_member(out, "words", buffer_text(&words));
	buffer_puts(out, "}\n");
	buffer_free(&words);
}

/* Write the lines out. 1: nobody reads them any more; 0 or -1. */
static int
flush(struct tail *tail, struct error *error)
{
	int null;

	if (tail->out.failed)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	fwrite(buffer_text(&tail->out), 1, tail->out.length, stdout);
	buffer_clear(&tail->out);
	if (fflush(stdout) == 0)
		return 0;
	if (errno != EPIPE)
		return error_errno(error, EXIT_IO, "cannot write to stdout");
	/* What is still to be written goes nowhere. */
	if ((null = open("/dev/null", O_WRONLY | O_CLOEXEC)) != -1) {
		dup2(null, STDOUT_FILENO);
		close(null);
	}
	clearerr(stdout);
	return 1;
}

/* The last of the events after seen, up to this one. As flush. */
static int
tell(struct tail *tail, int64_t upto, int64_t most, struct error *error)
{
	struct statement *row = prepare(tail, error);
	int rc;

	if (row == NULL)
		return -1;
	db_bind_int(row, AFTER, tail->seen);
	db_bind_int(row, UPTO, upto);
	db_bind_int(row, COUNT, most);
	while ((rc = db_step(row, error)) == 1)
		if (rows_for_people())
			add_line(&tail->out, row);
		else
			add_object(&tail->out, row);
	if (rc == -1) {
		buffer_clear(&tail->out);
		return -1;
	}
	tail->seen = upto;
	return flush(tail, error);
}

static int
head(struct tail *tail, int64_t *seq, struct error *error)
{
	return db_number(tail->ledger->db, "SELECT coalesce(max(seq), 0) "
	    "FROM audit", NULL, seq, error);
}

/* ---- as they happen ---------------------------------------------------- */

/* What there is now. As flush. */
static int
catch_up(struct tail *tail, struct error *error)
{
	int64_t newest, upto;
	int rc = head(tail, &newest, error);

	while (rc == 0 && tail->seen < newest && !stopped) {
		upto = tail->seen + WINDOW < newest ? tail->seen + WINDOW :
		    newest;
		rc = tell(tail, upto, WINDOW, error);
	}
	return rc;
}

/* Wait a moment, for a signal or the end of who reads: 1: the latter. */
static int
pause_for(const sigset_t *mask)
{
	const struct timespec moment = { 0, POLL_NS };
	struct pollfd out = { .fd = STDOUT_FILENO };

	return ppoll(&out, 1, &moment, mask) > 0 &&
	    (out.revents & (POLLERR | POLLNVAL)) != 0;
}

/* data_version tells for next to nothing that another process committed.
 * Whoever holds the ledger for long is waited for. */
static int
follow(struct tail *tail, const sigset_t *mask, struct error *error)
{
	int64_t version, seen = -1;
	int rc = 0;

	while (!stopped && rc == 0) {
		rc = db_number(tail->ledger->db, "PRAGMA data_version", NULL,
		    &version, error);
		if (rc == 0 && version != seen &&
		    (rc = catch_up(tail, error)) == 0)
			seen = version;
		if (rc == -1 && error->code == EXIT_TEMPFAIL)
			rc = 0;
		if (rc == 0 && !stopped)
			rc = pause_for(mask);
	}
	return rc;
}

/* Signals come while it waits, and at no other time. */
static int
follow_signals(struct tail *tail, struct error *error)
{
	struct sigaction action = { .sa_handler = stop };
	sigset_t ours, before;
	int rc;

	sigemptyset(&ours);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGTERM);
	sigprocmask(SIG_BLOCK, &ours, &before);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	rc = follow(tail, &before, error);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return rc;
}

/* ---- the command ------------------------------------------------------- */

static int
take(struct tail *tail, int option)
{
	char *end;
	int rc;

	if (option == 'f') {
		tail->follows = true;
		return 0;
	}
	if (option == 'n') {
		tail->lines = strtoll(optarg, &end, 10);
		if (end != optarg && *end == '\0' && tail->lines >= 0 &&
		    tail->lines <= BACK)
			return 0;
		log_error("-n takes 0 to %d", BACK);
		return -1;
	}
	if ((rc = query_take(&tail->query, option, optarg)) == 1)
		log_error("tail: an option is unknown or lacks its argument; "
		    "see auditctl --help");
	return rc == 0 ? 0 : -1;
}

static int
take_options(struct tail *tail, int argc, char **argv)
{
	struct option table[QUERY_OPTIONS + 3] = { { 0 } };
	int option;

	query_options(table);
	table[QUERY_OPTIONS] = (struct option){ "lines", required_argument,
		NULL, 'n' };
	table[QUERY_OPTIONS + 1] = (struct option){ "follow", no_argument,
		NULL, 'f' };
	optind = 0;
	while ((option = getopt_long(argc, argv, "n:f", table, NULL)) != -1)
		if (take(tail, option) == -1)
			return -1;
	if (optind == argc && (rows_are_json() || rows_for_people()))
		return 0;
	log_error("tail takes options alone, and not --csv; see auditctl "
	    "--help");
	return -1;
}

int
tail_command(struct ledger *ledger, int argc, char **argv)
{
	struct tail tail = { .ledger = ledger, .lines = LINES };
	struct error error;
	int64_t newest;
	int rc;

	if (take_options(&tail, argc, argv) == -1)
		return EXIT_USAGE;
	buffer_init(&tail.out, TEXT_MAX);
	if ((rc = head(&tail, &newest, &error)) == 0) {
		tail.seen = newest > BACK ? newest - BACK : 0;
		rc = tell(&tail, newest, tail.lines, &error);
	}
	if (rc == 0 && tail.follows)
		rc = follow_signals(&tail, &error);
	buffer_free(&tail.out);
	return rc == -1 ? log_failure(&error) : EXIT_DONE;
}
