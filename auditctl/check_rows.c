/* SPDX-License-Identifier: MIT */
/* auditctl check --rows: do messages and payloads say what the log says? */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "auditctl/auditctl.h"
#include "auditctl/check_story.h"
#include "log.h"

#define TOLD 10
#define STEP 10000

static const char rows_sql[] = "SELECT m.id, b.payload, m.payload_hash, "
    "m.state FROM messages m LEFT JOIN bodies b ON b.message = m.id "
    "ORDER BY m.id";

/* payload_hash is the plain BLAKE2b of the payload, as deliver makes it. */
static bool
payload_same(struct statement *statement)
{
	const char *wanted = db_text(statement, 2);
	unsigned char digest[64];
	char hex[2 * sizeof(digest) + 1];
	const void *bytes;
	size_t count, size = strlen(wanted) / 2;

	if (size < crypto_generichash_BYTES_MIN || size > sizeof(digest))
		return false;
	bytes = db_bytes(statement, 1, &count);
	crypto_generichash(digest, size, bytes, count, NULL, 0);
	sodium_bin2hex(hex, sizeof(hex), digest, size);
	return strcmp(hex, wanted) == 0;
}

/* Ids come in order, so that it is nearly always the *event of the one before,
 * or the next. */
int
payload_was_pruned(struct ledger *ledger, int64_t id, int64_t *event,
    struct error *error)
{
	struct statement *statement;
	int64_t from = *event, end = INT64_MAX;
	int rc;

	for (;;) {
		if ((statement = db_prepare(ledger->db, "SELECT seq FROM audit "
		    "WHERE subject = 'payloads' AND event = 'payloads.pruned' "
		    "AND seq >= ?2 AND seq < ?3 "
		    "AND ?1 BETWEEN json_extract(detail, '$.first') "
		    "AND json_extract(detail, '$.last') "
		    "AND ?1 NOT IN (SELECT value FROM json_each(detail, "
		    "'$.kept')) ORDER BY seq LIMIT 1", error)) == NULL)
			return -1;
		db_bind_int(statement, 1, id);
		db_bind_int(statement, 2, from);
		db_bind_int(statement, 3, end);
		if ((rc = db_step(statement, error)) == 1) {
			*event = db_int(statement, 0);
			db_reset(statement);
		}
		if (rc != 0 || from == 0)
			return rc;
		end = from;
		from = 0;
	}
}

/* NULL: it is there, or may be missing.  sealed: up to that message, the event
 * that says that it was pruned may be gone. */
static int
payload_check(struct ledger *ledger, struct statement *row, int64_t sealed,
    int64_t *event, const char **what, struct error *error)
{
	const char *state = db_text(row, 3);
	bool over;
	int rc;

	if (!db_is_null(row, 1)) {
		*what = payload_same(row) ? NULL : "payload";
		return 0;
	}
	if (strcmp(state, "unchanged") == 0) /* never had one */
		return 0;
	over = strcmp(state, "sent") == 0 || strcmp(state, "cancelled") == 0;
	rc = over ? payload_was_pruned(ledger, db_int(row, 0), event, error) :
	    0;
	*what = rc != 0 || (over && db_int(row, 0) <= sealed) ? NULL :
	    "its payload is gone, and was not pruned";
	return rc == -1 ? -1 : 0;
}

static int
row_check(struct ledger *ledger, struct statement *row, int64_t sealed,
    int64_t *event, const char **what, struct error *error)
{
	if (story_check(ledger, db_int(row, 0), sealed, what, error) == -1)
		return -1;
	return *what != NULL ? 0 : payload_check(ledger, row, sealed, event,
	    what, error);
}

static void
tell(int64_t id, const char *what, int64_t *different)
{
	if (++*different <= TOLD)
		log_error("message %lld is not what the log says: %s",
		    (long long)id, what);
}

/* Messages that the log tells of, and that have no row. */
static int
find_missing(struct ledger *ledger, int64_t *different, struct error *error)
{
	struct statement *row;
	int rc;

	if ((row = db_prepare(ledger->db, "SELECT DISTINCT "
	    "CAST(a.subject AS INTEGER) FROM audit a "
	    "WHERE a.event LIKE 'message.%' AND NOT EXISTS (SELECT 1 "
	    "FROM messages m WHERE m.id = CAST(a.subject AS INTEGER)) "
	    "ORDER BY 1", error)) == NULL)
		return -1;
	while ((rc = db_step(row, error)) == 1)
		tell(db_int(row, 0), "its row is gone", different);
	return rc;
}

int
rows_check(struct ledger *ledger, int64_t *messages, int64_t *different,
    struct error *error)
{
	struct statement *row;
	const char *what;
	int64_t event = 0, sealed;
	int rc;

	*messages = *different = 0;
	if (db_number(ledger->db, "SELECT coalesce(max(last_message), 0) "
	    "FROM seals", NULL, &sealed, error) == -1 ||
	    (row = db_prepare(ledger->db, rows_sql, error)) == NULL)
		return -1;
	while ((rc = db_step(row, error)) == 1) {
		if (++*messages % STEP == 0)
			log_status("%lld messages compared",
			    (long long)*messages);
		if (row_check(ledger, row, sealed, &event, &what,
		    error) == -1) {
			rc = -1;
			db_reset(row);
			break;
		}
		if (what != NULL)
			tell(db_int(row, 0), what, different);
	}
	log_status(NULL);
	return rc == -1 ? -1 : find_missing(ledger, different, error);
}
