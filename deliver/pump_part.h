/*
 * pump_part: what pump.c (the loop), pump_send.c (what leaves) and
 * pump_ledger.c (the transaction) share.
 */
#ifndef LEDGERPIPE_DELIVER_PUMP_PART_H
#define LEDGERPIPE_DELIVER_PUMP_PART_H

#include "deliver/pump.h"

/* A list of flights; a flight is in one. */
void flight_link(struct flight **list, struct flight *flight);
void flight_free(struct flight *flight); /* out of its list, too */
void calls_add(struct calls *calls, struct call *call);
struct call *calls_take(struct calls *calls); /* NULL: none is left */

/* Has a signal come that ends it? */
bool pump_is_told_to_end(void);

/* May Slack be asked anything now? */
bool pump_may_ask(const struct pump *pump);
/* When the next message is due, PACE_NEVER when none may be sent. */
int64_t pump_next_due(struct pump *pump, int64_t now_ms);
/* Claim what is due. */
int pump_claim_due(struct pump *pump, int64_t now_ms, struct error *error);
/* What was claimed is on disk as `sending`: it may leave. */
int pump_let_leave(struct pump *pump, struct error *error);

/* There is something to commit. */
int pump_begin(struct pump *pump, int64_t now_ms, struct error *error);
/* Commit, and let go what waits for that. */
int pump_commit(struct pump *pump, int64_t now_ms, struct error *error);
/* Write what is durable to standard output, as much as it takes. */
void pump_flush(struct pump *pump);
/* The ledger can't be written now: undo the transaction and wait, and say so
 * once.  -1: no longer. */
int pump_wait_for_ledger(struct pump *pump, int64_t now_ms,
    const struct error *error);

#endif
