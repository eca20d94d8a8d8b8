/* SPDX-License-Identifier: MIT */
/* auditctl list: messages by state, channel, stream, filter, record, time and
 * words. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auditctl/auditctl.h"
#include "auditctl/newest.h"
#include "auditctl/search.h"
#include "buffer.h"
#include "list.h"
#include "log.h"

#define LIMIT 50
#define LIMIT_MAX 1000000

/* What it is in Slack; NULL: nobody knows before it is sent for the first
 * time. */
#define KIND "CASE WHEN sending_at IS NULL OR channel IS NULL THEN NULL " \
    "WHEN method <> 'post' THEN method " \
    "WHEN thread_ts IS NOT NULL THEN 'reply' ELSE 'post' END"

/* All of it for programs; for people what fits on a line of 80, first. */
static const char json_columns[] = "id, queued_at AS time, state, filter, "
    "stream, record_id, record_version, channel, method, sent_at, slack_ts, "
    "error, thread_ts, " KIND " AS kind";
static const char table_columns[] = "id, state, replace(substr(coalesce("
    "sent_at, queued_at), 6, 14), 'T', ' ') AS \"time (UTC)\", " KIND
    " AS \"as\", channel, record_id, "
    "coalesce(error, slack_ts) AS \"slack ts or error\", stream, filter";

static int
take(struct query *query, int option)
{
	char *end;
	int rc;

	if (option == 't') {
		query->text = optarg;
		return 0;
	}
	if (option == 'n') {
		query->limit = strtoll(optarg, &end, 10);
		if (*end == '\0' && query->limit >= 1 &&
		    query->limit <= LIMIT_MAX)
			return 0;
		log_error("--limit takes 1 to %d", LIMIT_MAX);
		return EXIT_USAGE;
	}
	if ((rc = query_take(query, option, optarg)) == 1)
		log_error("list: an option is unknown or lacks its argument; "
		    "see auditctl --help");
	return rc == 0 ? 0 : EXIT_USAGE;
}

/* ---- by words ---------------------------------------------------------- */

/* The ids of a page, the newest first, and perhaps of one message more. */
struct page {
	int64_t *id;
	size_t count, room;
};

static int
page_add(struct page *page, int64_t id, struct error *error)
{
	int64_t *grown = list_grow(page->id, page->count, &page->room,
	    sizeof(*grown));

	if (grown == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	page->id = grown;
	page->id[page->count++] = id;
	return 0;
}

/* What says the words and what the query is about take turns: each goes on from
 * where the other one is, so that the rarer of them decides how long it takes.
 * */
static int
find_hits(struct newest *newest, struct search *search,
    struct page *page, int64_t wanted, struct error *error)
{
	int64_t id, next = newest->end - 1;
	int rc;

	while ((int64_t)page->count < wanted) {
		if ((rc = search_next(search, next, &id, error)) != 1 ||
		    id < newest->first)
			return rc == -1 ? -1 : 0;
		if ((rc = newest_look(newest, id, &next, error)) == 1) {
			rc = search_says(search, id, error);
			next = id - 1;
		}
		if (rc == -1 || (rc == 1 && page_add(page, id, error) == -1))
			return -1;
	}
	return 0;
}

static int
find_page(struct newest *newest, struct page *page, struct error *error)
{
	const struct query *query = newest->query;
	struct statement *statement;
	struct search *search;
	int rc;

	if (query->text != NULL) {
		if ((search = search_open(newest->ledger, query->text,
		    error)) == NULL)
			return -1;
		rc = find_hits(newest, search, page, query->limit + 1, error);
		search_close(search);
		return rc;
	}
	if ((statement = newest_prepare(newest, "id", newest->end,
	    query->limit + 1, error)) == NULL)
		return -1;
	while ((rc = db_step(statement, error)) == 1)
		if (page_add(page, db_int(statement, 0), error) == -1) {
			db_reset(statement);
			return -1;
		}
	return rc;
}

/* ---- a page ------------------------------------------------------------ */

/* The rows of its ids. */
static int
print_page(struct ledger *ledger, const struct page *page, size_t count,
    const char *columns, struct error *error)
{
	struct statement *statement;
	struct buffer text;
	size_t i;

	buffer_init(&text, (size_t)32 << 20);
	buffer_printf(&text, "SELECT %s FROM messages WHERE id IN (SELECT "
	    "value FROM json_each(?1)) ORDER BY id DESC", columns);
	statement = db_prepare(ledger->db, buffer_text(&text), error);
	buffer_clear(&text);
	buffer_puts(&text, "[");
	for (i = 0; i < count; i++)
		buffer_printf(&text, "%s%lld", i > 0 ? "," : "",
		    (long long)page->id[i]);
	buffer_puts(&text, "]");
	if (statement != NULL)
		db_bind_text(statement, 1, buffer_text(&text));
	buffer_free(&text);
	return statement == NULL ? -1 : rows_print(statement, error);
}

static int
run(struct ledger *ledger, const struct query *query, struct error *error)
{
	bool people = rows_for_people();
	const char *columns = people ? table_columns : json_columns;
	struct page page = { 0 };
	struct statement *statement;
	struct newest newest;
	size_t count;
	int rc;

	if (newest_open(&newest, ledger, query, error) == -1)
		return -1;
	/* Row by row, however many they are. */
	if (query->text == NULL && !people)
		return (statement = newest_prepare(&newest, columns,
		    newest.end, query->limit, error)) == NULL ? -1 :
		    rows_print(statement, error);
	if ((rc = find_page(&newest, &page, error)) == 0) {
		count = page.count > (size_t)query->limit ?
		    (size_t)query->limit : page.count;
		rc = print_page(ledger, &page, count, columns, error);
		if (rc == 0 && people && count < page.count) {
			fflush(stdout);
			log_info("there are more: the same with --before "
			    "%lld", (long long)page.id[count - 1]);
		}
	}
	free(page.id);
	return rc;
}

int
list_command(struct ledger *ledger, int argc, char **argv)
{
	struct option table[CONDITIONS + 4] = { { 0 } };
	struct query query = { .limit = LIMIT };
	struct error error;
	int option, rc;
	size_t i;

	for (i = 0; i < CONDITIONS; i++)
		table[i] = (struct option){ conditions[i].name,
			required_argument, NULL, conditions[i].option };
	table[i++] = (struct option){ "limit", required_argument, NULL, 'n' };
	table[i++] = (struct option){ "text", required_argument, NULL, 't' };
	table[i] = (struct option){ "state", required_argument, NULL, 's' };
	optind = 0;
	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1)
		if ((rc = take(&query, option)) != 0)
			return rc;
	if (optind < argc) {
		log_error("list takes options alone; see auditctl --help");
		return EXIT_USAGE;
	}
	return run(ledger, &query, &error) == -1 ? log_failure(&error) :
	    EXIT_DONE;
}
