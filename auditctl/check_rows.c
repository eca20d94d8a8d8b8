/* SPDX-License-Identifier: MIT */
/* auditctl check --rows: do messages and payloads say what the log says? */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "auditctl/auditctl.h"
#include "log.h"

#define TOLD 10
#define STEP 10000

/* made: the last event that says what the message is; last: the last that
 * says a state; sent: the last that says where it is.  An event whose word is
 * no state decides nothing. */
static const char rows_sql[] =
    "WITH row AS (SELECT m.*, "
    "(SELECT detail FROM audit WHERE subject = CAST(m.id AS TEXT) AND "
    "event LIKE 'message.%' AND json_extract(detail, '$.payload_hash') "
    "IS NOT NULL ORDER BY seq DESC LIMIT 1) AS made, "
    "(SELECT event FROM audit WHERE subject = CAST(m.id AS TEXT) AND "
    "event LIKE 'message.%' AND event <> 'message.cut' "
    "ORDER BY seq DESC LIMIT 1) AS last, "
    "(SELECT json_extract(detail, '$.slack') FROM audit WHERE "
    "subject = CAST(m.id AS TEXT) AND event = 'message.sent' "
    "ORDER BY seq DESC LIMIT 1) AS sent FROM messages m) "
    "SELECT row.id, CASE "
    "WHEN made IS NULL THEN 'no event made it' "
    "WHEN json_extract(made, '$.filter') IS NOT filter THEN 'filter' "
    "WHEN json_extract(made, '$.stream') IS NOT stream THEN 'stream' "
    "WHEN json_extract(made, '$.record_id') IS NOT record_id "
    "THEN 'record_id' "
    "WHEN json_extract(made, '$.record_version') IS NOT record_version "
    "THEN 'record_version' "
    "WHEN json_extract(made, '$.channel') IS NOT channel THEN 'channel' "
    "WHEN json_extract(made, '$.payload_hash') IS NOT payload_hash "
    "THEN 'payload_hash' "
    "WHEN last IN ('message.queued', 'message.unchanged', 'message.dead', "
    "'message.sending', 'message.sent', 'message.in_doubt', 'message.held', "
    "'message.cancelled') AND last <> 'message.' || state THEN 'state' "
    "WHEN last = 'message.replayed' AND state <> 'queued' "
    "AND state <> 'in_doubt' THEN 'state' "
    "WHEN state = 'sent' AND sent IS NOT NULL AND "
    "sent IS NOT slack_channel || '/' || slack_ts THEN 'slack_ts' "
    "END, b.payload, row.payload_hash, row.state "
    "FROM row LEFT JOIN bodies b ON b.message = row.id ORDER BY row.id";

/* payload_hash is the plain BLAKE2b of the payload, as deliver makes it. */
static bool
payload_same(struct statement *statement)
{
	const char *wanted = db_text(statement, 3);
	unsigned char digest[64];
	char hex[2 * sizeof(digest) + 1];
	const void *bytes;
	size_t count, size = strlen(wanted) / 2;

	if (size < crypto_generichash_BYTES_MIN || size > sizeof(digest))
		return false;
	bytes = db_bytes(statement, 2, &count);
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

/* NULL: it is there, or may be missing. */
static int
payload_check(struct ledger *ledger, struct statement *row, int64_t *event,
    const char **what, struct error *error)
{
	const char *state = db_text(row, 4);
	int rc;

	if (!db_is_null(row, 2)) {
		*what = payload_same(row) ? NULL : "payload";
		return 0;
	}
	if (strcmp(state, "unchanged") == 0) /* never had one */
		return 0;
	rc = strcmp(state, "sent") == 0 || strcmp(state, "cancelled") == 0 ?
	    payload_was_pruned(ledger, db_int(row, 0), event, error) : 0;
	*what = rc == 0 ? "its payload is gone, and was not pruned" : NULL;
	return rc == -1 ? -1 : 0;
}

int
rows_check(struct ledger *ledger, int64_t *messages, int64_t *different,
    struct error *error)
{
	struct statement *statement;
	const char *what;
	int64_t event = 0;
	int rc;

	*messages = *different = 0;
	if ((statement = db_prepare(ledger->db, rows_sql, error)) == NULL)
		return -1;
	while ((rc = db_step(statement, error)) == 1) {
		if (++*messages % STEP == 0)
			log_status("%lld messages compared",
			    (long long)*messages);
		what = db_text(statement, 1);
		if (what == NULL && payload_check(ledger, statement, &event,
		    &what, error) == -1) {
			rc = -1;
			db_reset(statement);
			break;
		}
		if (what != NULL && ++*different <= TOLD)
			log_error("message %lld is not what the log says: %s",
			    (long long)db_int(statement, 0), what);
	}
	log_status(NULL);
	return rc;
}
