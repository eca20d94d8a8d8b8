/* SPDX-License-Identifier: MIT */
#include "auditctl/search.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "auditctl/search_index.h"
#include "buffer.h"
#include "log.h"

#define WORDS_MAX ((size_t)1 << 16)
#define TEXT_MAX ((size_t)64 << 20)
#define STEPS 64 /* from hit to hit, before it is quicker to look anew */

struct search {
	struct ledger *ledger;
	struct buffer query; /* in the language of FTS5 */
	struct buffer text;
	struct search_index index;
	bool scans; /* there is no index */
	struct statement *hits; /* where next goes on, or NULL */
	int64_t hit;
};

/* ---- the words --------------------------------------------------------- */

/* Signs alone are no word; a byte of a longer character may be one. */
static bool
has_word(const char *text, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		if (isalnum((unsigned char)text[i]) ||
		    ((unsigned char)text[i] & 0x80) != 0)
			return true;
	return false;
}

/* A string of FTS5, in which nothing but " means anything. */
static void
add_phrase(struct buffer *query, const char *text, size_t length, bool prefix)
{
	size_t i;

	buffer_puts(query, query->length > 0 ? " AND \"" : "\"");
	for (i = 0; i < length; i++)
		if (text[i] != '"')
			buffer_append(query, text + i, 1);
	buffer_puts(query, prefix ? "\" *" : "\"");
}

/* Words, and phrases between "". */
static int
compile(struct buffer *query, const char *words, struct error *error)
{
	const char *end;
	bool quoted, prefix;
	size_t length;

	for (;;) {
		words += strspn(words, " \t\r\n");
		if (*words == '\0')
			break;
		quoted = *words == '"';
		words += quoted;
		length = strcspn(words, quoted ? "\"" : " \t\r\n");
		end = words + length;
		if (quoted && *end == '"')
			end++;
		prefix = quoted ? *end == '*' :
		    length > 0 && words[length - 1] == '*';
		if (has_word(words, length))
			add_phrase(query, words, length, prefix);
		words = end + (quoted && prefix);
	}
	if (query->length == 0 || query->failed)
		return error_set(error, EXIT_USAGE, "--text takes words, such "
		    "as 'acme INV-2026-*'");
	return 0;
}

/* ---- a payload --------------------------------------------------------- */

/* A table of one text, in memory, cut into words as the index is. */
static int
make_matcher(struct search *search, struct error *error)
{
	return db_execute(search->ledger->db, "PRAGMA temp_store = MEMORY;"
	    "CREATE VIRTUAL TABLE temp.matcher USING fts5(text, "
	    "content = '', " SEARCH_TOKENS ");", error);
}

static int
matches(struct search *search, struct error *error)
{
	struct db *db = search->ledger->db;
	struct statement *row;
	int rc;

	if (db_execute(db, "INSERT INTO temp.matcher (matcher) "
	    "VALUES ('delete-all')", error) == -1 ||
	    (row = db_prepare(db, "INSERT INTO temp.matcher (rowid, text) "
	    "VALUES (1, ?1)", error)) == NULL)
		return -1;
	db_bind_text(row, 1, buffer_text(&search->text));
	if (db_run(row, error) == -1 || (row = db_prepare(db, "SELECT rowid "
	    "FROM temp.matcher WHERE matcher MATCH ?1", error)) == NULL)
		return -1;
	db_bind_text(row, 1, buffer_text(&search->query));
	rc = db_step(row, error);
	db_reset(row);
	return rc;
}

int
search_says(struct search *search, int64_t id, struct error *error)
{
	struct statement *row = db_prepare(search->ledger->db, "SELECT payload "
	    "FROM bodies WHERE message = ?1", error);
	int rc;

	if (row == NULL)
		return -1;
	db_bind_int(row, 1, id);
	if ((rc = db_step(row, error)) != 1)
		return rc;
	buffer_clear(&search->text);
	search_text(&search->text, db_text(row, 0));
	db_reset(row);
	return search->text.failed ? error_set(error, EXIT_SYSTEM,
	    "out of memory") : matches(search, error);
}

/* ---- from hit to hit --------------------------------------------------- */

static int
look_anew(struct search *search, int64_t from, struct error *error)
{
	struct db *db = search->scans ? search->ledger->db : search->index.db;

	search->hits = db_prepare(db, search->scans ?
	    "SELECT message, ?1 FROM bodies WHERE message <= ?2 "
	    "ORDER BY message DESC" :
	    "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid <= ?2 "
	    "ORDER BY rowid DESC", error);
	if (search->hits == NULL)
		return -1;
	db_bind_text(search->hits, 1, buffer_text(&search->query));
	db_bind_int(search->hits, 2, from);
	return 0;
}

int
search_next(struct search *search, int64_t from, int64_t *id,
    struct error *error)
{
	int rc = 1, steps;

	for (steps = 0; search->hits != NULL && search->hit > from &&
	    steps < STEPS && rc == 1; steps++)
		if ((rc = db_step(search->hits, error)) == 1)
			search->hit = db_int(search->hits, 0);
	if (rc == 1 && (search->hits == NULL || search->hit > from)) {
		if (look_anew(search, from, error) == -1)
			return -1;
		if ((rc = db_step(search->hits, error)) == 1)
			search->hit = db_int(search->hits, 0);
	}
	if (rc == 1)
		*id = search->hit;
	return rc;
}

/* ---- all of it --------------------------------------------------------- */

struct search *
search_open(struct ledger *ledger, const char *words, struct error *error)
{
	struct search *search = calloc(1, sizeof(*search));
	int rc;

	if (search == NULL) {
		error_set(error, EXIT_SYSTEM, "out of memory");
		return NULL;
	}
	search->ledger = ledger;
	search->index.fd = -1;
	buffer_init(&search->query, WORDS_MAX);
	buffer_init(&search->text, TEXT_MAX);
	if (compile(&search->query, words, error) == -1 ||
	    make_matcher(search, error) == -1 || (rc = search_index_open(
	    &search->index, ledger, error)) == -1) {
		search_close(search);
		return NULL;
	}
	search->scans = rc == 1;
	if (search->scans)
		log_warning("%s: the payloads are read one by one, which "
		    "takes long", error->message);
	return search;
}

void
search_close(struct search *search)
{
	struct error ignored;

	if (search == NULL)
		return;
	if (search->hits != NULL)
		db_reset(search->hits);
	db_execute(search->ledger->db, "DROP TABLE IF EXISTS temp.matcher",
	    &ignored);
	search_index_close(&search->index);
	buffer_free(&search->query);
	buffer_free(&search->text);
	free(search);
}
