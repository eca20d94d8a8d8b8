/* SPDX-License-Identifier: MIT */
#include "deliver/receipt.h"

#include <stdio.h>

#include "clock.h"

#define ROW_MAX_BYTES ((size_t)1 << 20)

/* The columns are the members, in this order. */
static const char row_sql[] = "SELECT id AS message, key, state, filter, "
    "stream, record_id, record_version, channel, slack_channel, slack_ts, "
    "coalesce(sent_at, ?2) AS time, error FROM messages WHERE id = ?1";

static int
write_row(struct statement *row, struct echo *echo, struct error *error)
{
	struct buffer line;
	int column, rc;

	buffer_init(&line, ROW_MAX_BYTES);
	buffer_puts(&line, "{\"type\":\"RECEIPT\"");
	for (column = 0; column < db_columns(row); column++)
		buffer_json_member(&line, db_column_name(row, column),
		    db_text(row, column));
	buffer_puts(&line, "}");
	rc = line.failed || echo_line(echo, buffer_text(&line),
	    line.length) == -1 ? error_set(error, EXIT_SYSTEM, "too many "
	    "receipts wait for who reads standard output") : 0;
	buffer_free(&line);
	return rc;
}

int
receipt_add(struct ledger *ledger, struct echo *echo, int64_t message,
    struct error *error)
{
	struct statement *row;
	char now[CLOCK_TEXT];
	int rc;

	if (!echo->receipts)
		return 0;
	clock_now(now);
	if ((row = db_prepare(ledger->db, row_sql, error)) == NULL)
		return -1;
	db_bind_int(row, 1, message);
	db_bind_text(row, 2, now);
	if ((rc = db_step(row, error)) == -1)
		return -1;
	rc = rc == 1 ? write_row(row, echo, error) : error_set(error, EXIT_BUG,
	    "message %lld is to have a receipt, and isn't there",
	    (long long)message);
	db_reset(row);
	return rc;
}
