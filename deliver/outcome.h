/*
 * outcome: what an answer of Slack's makes of its message, of its channel and
 * of all the others.  STATES.md has a row for each case.
 */
#ifndef LEDGERPIPE_DELIVER_OUTCOME_H
#define LEDGERPIPE_DELIVER_OUTCOME_H

#include "deliver/pump.h"

/* Inside the caller's transaction.  now_ms: monotonic.  Errors: those of
 * db.h. */
int outcome_take(struct pump *pump, struct flight *flight,
    const struct call *call, int64_t now_ms, struct error *error);
/* Nothing more is to be sent, for a reason that word names. */
void outcome_stop(struct pump *pump, enum slack_class class,
    const char *word);

#endif
