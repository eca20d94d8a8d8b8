/*
 * control: the control totals of a transaction.
 *
 * What SEEN lines brought is counted stream by stream, and told to the audit
 * log once for each stream, right before the transaction is committed: an
 * event records.read about "stream:NAME", whose detail is
 *
 *	{"seen_at":TIME,"records":NEW,"again":KNOWN,
 *	 "amounts":{CURRENCY:SUM},"ids":[RECORD,...]}
 *
 * The rows of the new records have that seen_at, so auditctl balance can
 * compare the two; by their ids it finds those of a period without an index of
 * times.  The sums are exact texts (decimal.h), of the new records alone; an
 * amount without a currency counts under "", and one that is no decimal in
 * none.
 */
#ifndef LEDGERPIPE_DELIVER_CONTROL_H
#define LEDGERPIPE_DELIVER_CONTROL_H

#include <stdbool.h>

#include "clock.h"
#include "ledger.h"

struct control {
	char seen_at[CLOCK_TEXT]; /* "": nothing yet */
	struct control_stream *streams;
	size_t count, capacity;
};

/* When the records of this transaction are seen. */
const char *control_time(struct control *control);
/* amount and currency may be NULL.  Error: EXIT_SYSTEM. */
int control_add(struct control *control, const char *stream,
    const char *record_id, bool known, const char *amount,
    const char *currency, struct error *error);
/* Into the audit log. */
int control_append(const struct control *control, struct ledger *ledger,
    struct error *error);
/* For the next transaction; frees all. */
void control_clear(struct control *control);

#endif
