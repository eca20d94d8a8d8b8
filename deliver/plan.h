/*
 * plan: what would be sent, where and when, in the order it would leave.
 *
 * Nothing is sent, and nothing changed: lines of an input are taken in within a
 * transaction that is rolled back.  On a terminal a table, else one JSON object
 * a line:
 *
 *   {"when":"2026-11-24T02:57:11.042Z","message":"12","channel":"#finance",
 *    "what":"post","filter":"f","stream":"invoices","record_id":"7",
 *    "record_version":"...","key":"...","text":"the first line"}
 *
 * what is "post", "reply" or "edit"; message is null for one of the input.
 * What isn't going to leave is counted on stderr, with the reason.
 */
#ifndef LEDGERPIPE_DELIVER_PLAN_H
#define LEDGERPIPE_DELIVER_PLAN_H

#include "deliver/intake.h"

struct plan_setup {
	struct ledger *ledger; /* to write, if there is an intake */
	struct pace *pace;     /* initialised; it gets the channels */
	struct intake *intake; /* opened; NULL: the queue alone */
};

/* The exit status. */
int plan_run(const struct plan_setup *setup, struct error *error);

#endif
