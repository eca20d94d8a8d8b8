/* SPDX-License-Identifier: MIT */
/* auditctl balance: is every record that was read accounted for? */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "auditctl/balance.h"
#include "clock.h"
#include "decimal.h"
#include "json.h"
#include "log.h"

struct options {
	char from[CLOCK_TEXT], to[CLOCK_TEXT];
	bool period; /* any of the two was given */
	const char *stream;
};

/* Streams are few, and found by steps from one to the next. */
static const char streams_sql[] =
    "WITH RECURSIVE read(s) AS (SELECT min(stream) FROM records UNION ALL "
    "SELECT (SELECT min(stream) FROM records WHERE stream > s) FROM read "
    "WHERE s IS NOT NULL), "
    "told(s) AS (SELECT (SELECT min(subject) FROM audit "
    "WHERE subject >= 'stream:' AND subject < 'stream;') UNION ALL "
    "SELECT (SELECT min(subject) FROM audit WHERE subject > s "
    "AND subject < 'stream;') FROM told WHERE s IS NOT NULL), "
    "streams(name) AS MATERIALIZED (SELECT s FROM read WHERE s IS NOT NULL "
    "UNION SELECT substr(s, 8) FROM told WHERE s IS NOT NULL) "
    "SELECT name FROM streams WHERE ?1 IS NULL OR name = ?1 ORDER BY 1";

/* The sums are computed here, and printed as the rows of a query are. */
#define VALUE(name) "json_extract(value, '$." name "') AS " name
#define CLASSES VALUE("sent") ", " VALUE("unchanged") ", " \
    VALUE("filtered") ", " VALUE("held") ", " VALUE("dead") ", " \
    VALUE("waiting") ", " VALUE("cancelled") ", " VALUE("merged")
static const char json_sql[] = "SELECT " VALUE("stream") ", "
    VALUE("currency") ", " VALUE("fetched") ", " CLASSES ", "
    VALUE("difference") " FROM json_each(?1)";
/* A narrow terminal cuts the last columns, and people look for the difference. */
static const char table_sql[] = "SELECT " VALUE("stream") ", "
    "coalesce(json_extract(value, '$.currency'), 'records') AS \"in\", "
    VALUE("difference") ", " VALUE("fetched") ", " CLASSES
    " FROM json_each(?1)";
static const char differences_sql[] = "SELECT " VALUE("stream") ", "
    VALUE("record_id") ", " VALUE("record_version") ", " VALUE("seen_at") ", "
    VALUE("difference") " FROM json_each(?1)";

static void
write_line(const struct balance_line *line, const char *left,
    struct buffer *out)
{
	static const char *const names[] = { "fetched", "sent", "unchanged",
		"filtered", "held", "dead", "waiting", "cancelled", "merged" };
	int i;

	buffer_puts(out, out->length > 1 ? ",{" : "{");
	buffer_json_member(out, "stream", line->stream);
	buffer_json_member(out, "currency", line->currency);
	for (i = BALANCE_FETCHED; i <= BALANCE_MERGED; i++)
		if (line->currency == NULL) {
			buffer_json_name(out, names[i]);
			buffer_printf(out, "%lld",
			    (long long)line->counts[i]);
		} else
			buffer_json_member(out, names[i],
			    line->sums[i].length > 0 ? line->sums[i].data :
			    "0");
	if (line->currency == NULL) {
		buffer_json_name(out, "difference");
		buffer_puts(out, left);
	} else
		buffer_json_member(out, "difference", left);
	buffer_puts(out, "}");
}

static int
print(struct ledger *ledger, const char *sql, const struct buffer *array,
    struct error *error)
{
	struct statement *statement;

	if (array->failed)
		return error_set(error, EXIT_SYSTEM, "the balance is too "
		    "long: give --stream, or a shorter time");
	if ((statement = db_prepare(ledger->db, sql, error)) == NULL)
		return -1;
	db_bind_text(statement, 1, array->data);
	return rows_print(statement, error);
}

/* 1: all is accounted for, 0: it isn't. */
static int
report(struct balance *balance, struct error *error)
{
	const struct balance_line *line;
	struct buffer array, left;
	bool even = balance->different == 0;
	size_t i;
	int rc;

	buffer_init(&array, JSON_TEXT_MAX);
	buffer_init(&left, 2 * DECIMAL_DIGITS_MAX);
	buffer_puts(&array, "[");
	for (i = 0; i < balance->totals.count; i++) {
		line = &balance->totals.list[i];
		if (balance_left(line, &left) == -1)
			array.failed = true;
		even = even && decimal_is_zero(buffer_text(&left));
		write_line(line, buffer_text(&left), &array);
	}
	if (array.length == 1 && balance->different == 0)
		log_warning("nothing is compared: no control total is of that "
		    "time and stream");
	buffer_puts(&array, "]");
	rc = print(balance->ledger, rows_for_people() ? table_sql : json_sql,
	    &array, error);
	if (rc == 0 && balance->different > 0) {
		buffer_clear(&array);
		buffer_printf(&array, "[%s]",
		    buffer_text(&balance->differences));
		array.failed |= balance->differences.failed;
		rc = print(balance->ledger, differences_sql, &array, error);
	}
	buffer_free(&array);
	buffer_free(&left);
	if (rc == 0 && !even && balance->different > BALANCE_LISTED)
		log_error("not all that was read is accounted for: %lld "
		    "differences, the first %d of which are listed; look at "
		    "auditctl check --rows too",
		    (long long)balance->different, BALANCE_LISTED);
	else if (rc == 0 && !even)
		log_error("not all that was read is accounted for: %lld "
		    "difference%s; look at auditctl check --rows too",
		    (long long)balance->different, balance->different == 1 ?
		    "" : "s");
	return rc == -1 ? -1 : even;
}

static int
run(struct ledger *ledger, const struct options *options, struct error *error)
{
	struct balance balance = { .ledger = ledger, .from = options->from,
		.to = options->to, .named = options->period };
	struct statement *streams;
	int rc;

	buffer_init(&balance.differences, JSON_TEXT_MAX);
	/* All that is read is of one moment; deliver may go on. */
	if (db_execute(ledger->db, "BEGIN", error) == -1)
		return -1;
	if (period_events(ledger, options->from, options->to, &balance.first,
	    &balance.end, error) == -1 || (streams = db_prepare(ledger->db,
	    streams_sql, error)) == NULL) {
		rc = -1;
		goto out;
	}
	db_bind_text(streams, 1, options->stream);
	while ((rc = db_step(streams, error)) == 1)
		if (balance_read(&balance, db_text(streams, 0), error) == -1) {
			db_reset(streams);
			rc = -1;
			break;
		}
	if (rc == 0)
		rc = report(&balance, error);
out:
	db_rollback(ledger->db);
	balance_lines_free(&balance.totals);
	balance_lines_free(&balance.batch);
	buffer_free(&balance.differences);
	return rc;
}

static int
take_time(const char *name, char out[CLOCK_TEXT])
{
	int64_t ms;

	if (clock_parse(optarg, &ms) == -1) {
		log_error("--%s takes a time such as 2026-01-31T00:00:00Z",
		    name);
		return EXIT_USAGE;
	}
	clock_format(ms, out);
	return EXIT_DONE;
}

int
balance_command(struct ledger *ledger, int argc, char **argv)
{
	static const struct option table[] = {
		{ "from", required_argument, NULL, 'f' },
		{ "to", required_argument, NULL, 't' },
		{ "stream", required_argument, NULL, 'S' },
		{ NULL, 0, NULL, 0 }
	};
	struct options options = { .from = "0", .to = "9999-12-31T24" };
	struct error error;
	int option, rc = EXIT_DONE;

	optind = 0;
	while (rc == EXIT_DONE && (option = getopt_long(argc, argv, "", table,
	    NULL)) != -1)
		switch (option) {
		case 'f':
			rc = take_time("from", options.from);
			options.period = true;
			break;
		case 't':
			rc = take_time("to", options.to);
			options.period = true;
			break;
		case 'S':
			options.stream = optarg;
			break;
		default:
			log_error("balance: an option is unknown or lacks its "
			    "argument; see auditctl balance --help");
			rc = EXIT_USAGE;
		}
	if (rc != EXIT_DONE)
		return rc;
	if (optind < argc) {
		log_error("balance takes options alone; see auditctl balance "
		    "--help");
		return EXIT_USAGE;
	}
	if (strcmp(options.from, options.to) >= 0) {
		log_error("balance: --from must be before --to");
		return EXIT_USAGE;
	}
	rc = run(ledger, &options, &error);
	return rc == -1 ? log_failure(&error) : rc == 1 ? EXIT_DONE : EXIT_NO;
}
