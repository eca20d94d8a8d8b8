/*
 * pump: deliver's loop: input, ledger and Slack, in one thread.
 *
 * Every turn takes what is there (answers, lines, look-ups, channels that are
 * due), writes it in one transaction, and only behind its commit echoes STATE
 * lines and lets requests leave.  A transaction that only input fills is kept
 * open until the input pauses, 500 lines came or 50 ms went by.
 *
 * It ends when the input has ended and nothing more can be sent now, or on
 * SIGTERM and SIGINT, after what is in flight was answered.
 */
#ifndef LEDGERPIPE_DELIVER_PUMP_H
#define LEDGERPIPE_DELIVER_PUMP_H

#include "deliver/intake.h"
#include "deliver/settle.h"

struct pump {
	struct ledger *ledger;
	struct pace pace;
	struct outbox outbox;
	struct client *client;
	struct settle settle;
	struct intake intake;
	int64_t budget_ms;       /* how long to go on without Slack */
	int64_t max_attempts;

	struct flight *claimed;  /* they leave behind the next commit */
	bool writing;            /* a transaction is open */
	int64_t writing_since_ms, last_line_ms;
	size_t lines;            /* in this transaction */
	bool urgent;             /* commit at the end of this turn */
	bool more;               /* lines that were read already wait */
	int64_t away_since_ms;   /* Slack can't be reached since; 0: it can */
	int away_failures;
	bool blocked;            /* the last answer was SLACK_BLOCKED */
	int64_t scanned_ms;      /* when the queue was last looked through */
	enum slack_class stopped; /* SLACK_AUTH, SLACK_CONTRACT; else SENT */
	int64_t sent, dead, held;
};

/* Run to the end: the exit status.  Everything but the counters is set up by
 * the caller; errors and warnings are logged. */
int pump_run(struct pump *pump);

#endif
