/*
 * pump: deliver's loop: input, ledger and Slack, in one thread.
 *
 * Every turn takes what is there (answers, lines, look-ups, channels that are
 * due) into one transaction, and only behind its commit echoes STATE lines and
 * lets requests leave.  What input alone fills is committed when the input
 * pauses, after 500 lines or 50 ms; with many requests in flight a few ms are
 * gathered, for a commit costs the same for one and for many.
 *
 * A transaction that the disk doesn't take is undone in memory too: what the
 * answers, the lines and the queue said comes again once it can be written.
 *
 * It ends when the input has ended and nothing more can be sent now, or on
 * SIGTERM and SIGINT, after what is in flight was answered.  A service
 * (follow) ends by a signal alone; while it stands, a token that Slack refuses
 * is tried again now and then, and at once when the vault has another.  A token
 * that ends is replaced meanwhile (renewal.h); while none is good, all wait.
 */
#ifndef LEDGERPIPE_DELIVER_PUMP_H
#define LEDGERPIPE_DELIVER_PUMP_H

#include "deliver/due.h"
#include "deliver/intake.h"
#include "deliver/renewal.h"
#include "deliver/settle.h"

/* What an answer may change of its channel, for when that is undone. */
struct before {
	int failures;
	bool told;
	char slack[SLACK_ID_MAX], lost[SLACK_ID_MAX];
};

/* A message on its way. */
struct flight {
	struct message message;
	struct before before;
	struct buffer body;
	struct flight *next, **at; /* in a list */
};

/* Calls in a row. */
struct calls {
	struct call *first, *last;
};

struct pump {
	struct ledger *ledger;
	struct pace pace;
	struct due due;
	struct outbox outbox;
	struct client *client;
	struct settle settle;
	struct intake intake;
	struct echo echo;
	struct renewal renewal;
	uint64_t generation;     /* of the token that is known to be used */
	bool follow;
	bool stopping;           /* the manager knows */
	int doorbell;            /* or -1 */
	int64_t budget_ms;       /* how long to go on without Slack */
	int64_t max_attempts;

	struct flight *claimed;  /* they leave behind the next commit */
	struct flight *flying;
	struct calls answered;   /* not in the ledger yet */
	struct calls applied;    /* in the open transaction */
	bool writing;            /* a transaction is open */
	int64_t pending_ms;      /* there is something to commit since; or 0 */
	int64_t last_line_ms, committed_ms;
	size_t lines;            /* in this transaction */
	bool urgent;             /* not only lines */
	int64_t rejects_told;
	int64_t shown_ms;        /* when a terminal last heard of us */
	int64_t scanned_ms;      /* when the queue was last looked through */
	int64_t spoke_ms;        /* when the watchdog last heard of us */
	struct tally tally, kept; /* kept: up to the last commit */

	int64_t full_since_ms;   /* the ledger can't be written since; or 0 */
	int64_t full_retry_ms;
	int full_failures;

	/* Slack as a whole; see outcome.h. */
	int64_t away_since_ms;   /* can't be reached since; 0: it can */
	int away_failures;
	bool blocked;            /* the last answer was SLACK_BLOCKED */
	bool kept_blocked;       /* up to the last commit */
	enum slack_class stopped; /* SLACK_AUTH, SLACK_CONTRACT; else SENT */
	int64_t stopped_ms;
	bool stopped_told;
};

/* Run to the end: the exit status.  Everything but the counters is set up by
 * the caller; errors and warnings are logged. */
int pump_run(struct pump *pump);
void pump_close(struct pump *pump);

#endif
