/*
 * receipt: what became of a message, for who reads deliver's standard output.
 *
 *   {"type":"RECEIPT","message":"12","key":"...","state":"sent","filter":"f",
 *    "stream":"s","record_id":"7","record_version":"v","channel":"#finance",
 *    "slack_channel":"C...","slack_ts":"...","time":"...","error":null}
 *
 * One line for each final outcome (sent, unchanged, dead, held), written once
 * the outcome is durable.  A message that is replayed has another.
 */
#ifndef LEDGERPIPE_DELIVER_RECEIPT_H
#define LEDGERPIPE_DELIVER_RECEIPT_H

#include "deliver/echo.h"
#include "ledger.h"

/* Inside the transaction that made the outcome, behind that change.  Nothing
 * happens unless receipts are wanted.  Errors: those of db.h, and EXIT_SYSTEM
 * when more receipts wait to be read than memory is meant for. */
int receipt_add(struct ledger *ledger, struct echo *echo, int64_t message,
    struct error *error);

#endif
