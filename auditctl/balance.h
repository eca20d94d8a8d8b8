/*
 * balance: the sums of auditctl balance, which balance.c prints.
 *
 * What the audit log says was read (records.read, see deliver/control.h) is
 * compared with the rows of the ledger, batch by batch: the records of a
 * transaction have one seen_at.  Each record is in one class, by the message
 * about it that is furthest from done.
 */
#ifndef LEDGERPIPE_AUDITCTL_BALANCE_H
#define LEDGERPIPE_AUDITCTL_BALANCE_H

#include "auditctl/auditctl.h"
#include "buffer.h"

#define BALANCE_LISTED 1000 /* differences that are told */

enum balance_column {
	BALANCE_FETCHED, /* by the audit log */
	BALANCE_SENT,
	BALANCE_UNCHANGED,
	BALANCE_FILTERED,
	BALANCE_HELD,
	BALANCE_DEAD,
	BALANCE_WAITING,
	BALANCE_CANCELLED,
	BALANCE_MERGED,
	BALANCE_FOUND, /* rows, whatever their class */
	BALANCE_COLUMNS
};

/* A stream's records, or their amounts in one currency. */
struct balance_line {
	char *stream, *currency; /* NULL: records are counted */
	int64_t counts[BALANCE_COLUMNS];
	struct buffer sums[BALANCE_COLUMNS];
};

struct balance_lines {
	struct balance_line *list;
	size_t count, capacity;
};

struct balance {
	struct ledger *ledger;
	const char *from, *to; /* from the first up to before the other */
	bool named; /* not all time: records are found by the log's names */
	int64_t first, end; /* audit events of that time, and maybe others */
	struct balance_lines totals;
	struct balance_lines batch;
	struct buffer differences; /* objects of JSON, joined by commas */
	int64_t different;         /* how many, though not all are kept */
};

/* What the audit log and the rows say about a stream. */
int balance_read(struct balance *balance, const char *stream,
    struct error *error);
/* The sum of a line that should be 0: what was read and is in no class. */
int balance_left(const struct balance_line *line, struct buffer *left);
void balance_lines_free(struct balance_lines *lines);

#endif
