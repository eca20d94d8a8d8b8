/* SPDX-License-Identifier: MIT */
#include "auditctl/acts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditctl/auditctl.h"
#include "json.h"
#include "list.h"
#include "log.h"

struct ids {
	int64_t *id;
	size_t count, room;
};

int
parse_id(const char *text, int64_t *id)
{
	char *end;

	*id = strtoll(text, &end, 10);
	if (end != text && *end == '\0' && *id > 0)
		return 0;
	log_error("'%.40s' is no message id: auditctl list shows them", text);
	return -1;
}

/* 0, or an exit status. */
static int
add(struct ids *ids, int64_t id)
{
	int64_t *grown = list_grow(ids->id, ids->count, &ids->room,
	    sizeof(*grown));

	if (grown == NULL) {
		log_error("out of memory: these are too many ids");
		return EXIT_SYSTEM;
	}
	ids->id = grown;
	ids->id[ids->count++] = id;
	return EXIT_DONE;
}

/* Numbers, or objects with an id. A line that is neither costs no other. */
static int
read_lines(struct ids *ids)
{
	struct json json = { 0 };
	struct error error;
	char *line = NULL;
	size_t room = 0, number = 0;
	ssize_t length;
	int64_t id;
	int rc = EXIT_DONE;

	while (rc != EXIT_SYSTEM &&
	    (length = getline(&line, &room, stdin)) != -1) {
		number++;
		if (json_parse(&json, line, (size_t)length, &error) == -1 ||
		    !(json_type(&json, 0) == JSON_OBJECT ?
		    json_integer(&json, json_member(&json, 0, "id"), &id) :
		    json_integer(&json, 0, &id)) || id < 1) {
			log_error("line %zu of standard input is neither an id "
			    "nor an object with one", number);
			rc = EXIT_DATA;
		} else if (add(ids, id) != EXIT_DONE) {
			rc = EXIT_SYSTEM;
		}
	}
	if (ferror(stdin)) {
		log_error("standard input can't be read");
		rc = EXIT_NOINPUT;
	}
	json_free(&json);
	free(line);
	return rc;
}

static int
read_words(struct ids *ids, char **words, int count)
{
	int64_t id;
	int rc = EXIT_DONE, i;

	for (i = 0; i < count && rc == EXIT_DONE; i++)
		rc = parse_id(words[i], &id) == -1 ? EXIT_USAGE : add(ids, id);
	return rc;
}

static int
compare(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

/* ---- what is said of them ---------------------------------------------- */

int
acts_refuse(struct acts *acts, const char *what, const char *format, ...)
{
	char text[1024];
	va_list arguments;
	size_t i;

	for (i = 0; i < ACTS_REASONS - 1 && *acts->reasons[i].what != '\0' &&
	    strcmp(acts->reasons[i].what, what) != 0; i++)
		continue;
	snprintf(acts->reasons[i].what, sizeof(acts->reasons[i].what), "%s",
	    i < ACTS_REASONS - 1 ? what : "for other reasons");
	acts->reasons[i].count++;
	if (!acts->asks || acts->left < ACTS_TOLD) {
		va_start(arguments, format);
		vsnprintf(text, sizeof(text), format, arguments);
		va_end(arguments);
		log_error("%s", text);
	}
	acts->left++;
	return EXIT_NO;
}

/* "queued 12 of 14 messages; left as they were: 1 sent, 1 a reject" */
static void
summarize(const struct acts *acts)
{
	struct buffer text;
	size_t i;

	buffer_init(&text, 4096);
	buffer_printf(&text, "%s%s %lld of %lld messages", acts->dry ?
	    "dry run: " : "", acts->verb, (long long)acts->done,
	    (long long)(acts->done + acts->left));
	for (i = 0; i < ACTS_REASONS && acts->reasons[i].count > 0; i++)
		buffer_printf(&text, "%s%lld %s", i == 0 ?
		    "; left as they were: " : ", ",
		    (long long)acts->reasons[i].count, acts->reasons[i].what);
	log_info("%s", buffer_text(&text));
	buffer_free(&text);
}

void
acts_end_detail(const struct acts *acts, struct buffer *detail)
{
	if (acts->reason != NULL)
		buffer_json_member(detail, "reason", acts->reason);
	buffer_puts(detail, "}");
}

/* ---- options ----------------------------------------------------------- */

void
acts_options(struct option *table)
{
	query_options(table);
	table[QUERY_OPTIONS] = (struct option){ "reason", required_argument,
		NULL, 'R' };
	table[QUERY_OPTIONS + 1] = (struct option){ "dry-run", no_argument,
		NULL, 'D' };
}

int
acts_take(struct acts *acts, int option, const char *value)
{
	int rc;

	if (option == 'R') {
		acts->reason = value;
		return reason_fits(value) ? 0 : -1;
	}
	if (option == 'D') {
		acts->dry = true;
		return 0;
	}
	if ((rc = query_take(&acts->query, option, value)) == 0)
		acts->asks = true;
	else if (rc == 1)
		log_error("%s: an option is unknown or lacks its argument; "
		    "see auditctl --help", acts->name);
	return rc == 0 ? 0 : -1;
}

/* ---- doing it ---------------------------------------------------------- */

/* One that isn't about a message alone ends it all. */
static bool
goes_on(int status)
{
	return status == EXIT_DONE || status == EXIT_NO ||
	    status == EXIT_DATA || status == EXIT_TEMPFAIL;
}

static int
each(struct acts *acts, const int64_t *ids, size_t count, int *worst)
{
	int status = EXIT_DONE;
	size_t i;

	if (acts->batch != NULL) {
		if ((status = acts->batch(acts->context, ids, count)) !=
		    EXIT_DONE)
			*worst = status;
		return goes_on(status) ? 0 : -1;
	}
	for (i = 0; i < count && goes_on(status); i++)
		if ((status = acts->one(acts->context, ids[i])) != EXIT_DONE)
			*worst = status;
	return goes_on(status) ? 0 : -1;
}

static int
run_ids(struct acts *acts, char **words, int count)
{
	bool lines = count == 1 && strcmp(words[0], "-") == 0;
	struct ids ids = { 0 };
	size_t i, kept = 0, some;
	int rc;

	rc = lines ? read_lines(&ids) : read_words(&ids, words, count);
	if (rc == EXIT_SYSTEM || rc == EXIT_USAGE)
		goto out;
	if (ids.count > 0)
		qsort(ids.id, ids.count, sizeof(*ids.id), compare);
	for (i = 0; i < ids.count; i++)
		if (kept == 0 || ids.id[i] != ids.id[kept - 1])
			ids.id[kept++] = ids.id[i];
	for (i = 0; i < kept; i += some) {
		some = kept - i < ACTS_BATCH ? kept - i : ACTS_BATCH;
		if (each(acts, ids.id + i, some, &rc) == -1)
			break;
	}
out:
	free(ids.id);
	return rc;
}

static int
run_query(struct acts *acts)
{
	int64_t ids[ACTS_BATCH], count, first = 0, last;
	struct error error;
	int rc = EXIT_DONE;

	if (acts->query.wanted_count == 0 &&
	    query_take_states(&acts->query, acts->usual) == -1)
		return EXIT_USAGE;
	/* What it makes itself isn't meant. */
	if (db_number(acts->ledger->db, "SELECT coalesce(max(id), 0) "
	    "FROM messages", NULL, &last, &error) == -1)
		return log_failure(&error);
	do {
		if ((count = query_ids(acts->ledger, &acts->query, first, last,
		    ids, ACTS_BATCH, &error)) == -1)
			return log_failure(&error);
		if (count > 0)
			first = ids[count - 1] + 1;
	} while (count > 0 && each(acts, ids, (size_t)count, &rc) == 0);
	return rc;
}

/* Half of the ledger isn't meant by a word: what was sent, or wasn't worth it,
 * is nearly all of it. */
static bool
is_narrow(const struct query *query)
{
	size_t i;

	if (query_narrows(query))
		return true;
	for (i = 0; i < STATES; i++)
		if (query->wanted[i] && (strcmp(states[i], "sent") == 0 ||
		    strcmp(states[i], "unchanged") == 0))
			return false;
	return true;
}

int
acts_run(struct acts *acts, char **words, int count)
{
	int rc;

	if (acts->asks == (count > 0)) {
		log_error("%s takes ids, - for ids on stdin, or a query such "
		    "as --state or --channel; see auditctl %s --help",
		    acts->name, acts->name);
		return EXIT_USAGE;
	}
	if (acts->asks && !is_narrow(&acts->query)) {
		log_error("%s: sent and unchanged messages are nearly all "
		    "there are: say which, by --channel, --stream, --filter, "
		    "--record, --since or --until", acts->name);
		return EXIT_USAGE;
	}
	rc = acts->asks ? run_query(acts) : run_ids(acts, words, count);
	if (acts->asks || (rows_for_people() && acts->done + acts->left > 1))
		summarize(acts);
	return rc;
}
