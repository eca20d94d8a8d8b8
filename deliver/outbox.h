/*
 * outbox: the queue in the ledger.  Every statement that changes a message's
 * state after it was queued is here; STATES.md is its specification.
 *
 * Each function runs inside the caller's transaction, writes the audit event
 * of the change and the receipt of a final one, and leaves the commit to the
 * caller, which starts requests only behind it: the row says `sending` on disk
 * before the first byte leaves.  Errors: those of db.h.
 */
#ifndef LEDGERPIPE_DELIVER_OUTBOX_H
#define LEDGERPIPE_DELIVER_OUTBOX_H

#include "buffer.h"
#include "deliver/due.h"
#include "deliver/receipt.h"
#include "ledger.h"

#define OUTBOX_TOKEN_MAX 33
/* The messages that wait; of the table m, say OUTBOX_WAITING("m.").  SQLite
 * uses its partial index only where a query repeats the index's condition. */
#define OUTBOX_WAITING(of) "(" of "state = 'queued' OR " of \
	"state = 'sending' OR " of "state = 'in_doubt')"

struct outbox {
	struct ledger *ledger;
	struct pace *pace;
	struct due *due;
	struct echo *echo; /* for receipts */
};

/* A message that has been claimed, or one in doubt. */
struct message {
	int64_t id, generation;
	struct channel *channel;
	int64_t sending_ms;           /* of the claim; due.h has the clock */
	char token[OUTBOX_TOKEN_MAX]; /* in its metadata */
	enum slack_method method;     /* an edit is a SLACK_UPDATE */
	char target_ts[SLACK_ID_MAX]; /* of the message that it edits */
	char thread_ts[SLACK_ID_MAX]; /* "" when it is no reply */
	bool own_thread;              /* which the filter named */
	bool repost;                  /* for what can't be changed any more */
};

/* What a crash left in `sending` may be in Slack: it is in_doubt now, and an
 * edit is queued to be made again.  now_ms: monotonic. */
int outbox_crashed(struct outbox *outbox, int64_t now_ms,
    struct error *error);
/* Mark the channels for which something is queued that may go now. */
int outbox_scan(struct outbox *outbox, struct error *error);
/* Claim the first message of the channel that may go, and write the body of
 * its request.  1: there is one, 0: none, or its method is paused.
 * channel->waiting tells whether more is queued.  A message whose payload is
 * damaged is put among the dead and the next one taken. */
int outbox_claim(struct outbox *outbox, struct channel *channel,
    struct message *message, struct buffer *body, int64_t now_ms,
    struct error *error);

/* The outcomes.  answer is what came of the request. */
int outbox_sent(struct outbox *outbox, const struct message *message,
    const struct slack_answer *answer, const struct http_answer *http,
    struct error *error);
/* Not sent for sure: queued as before.  counts: the attempt is used up. */
int outbox_again(struct outbox *outbox, const struct message *message,
    const struct slack_answer *answer, const struct http_answer *http,
    bool counts, struct error *error);
/* What it edits or replies to is gone: queued, to be posted by itself. */
int outbox_repost(struct outbox *outbox, const struct message *message,
    const struct slack_answer *answer, const struct http_answer *http,
    struct error *error);
/* It is in_doubt, dead or held now (state), and the attempt used up. */
int outbox_failed(struct outbox *outbox, const struct message *message,
    const char *state, const struct slack_answer *answer,
    const struct http_answer *http, struct error *error);
/* Nothing can go to the channel: what is queued for it dies of the same
 * error. *count gets how many. */
int outbox_channel_dead(struct outbox *outbox, const struct channel *channel,
    const char *why, int64_t *count, struct error *error);

/* Messages in doubt, by id, from behind *message (id 0: the first).  1: there
 * is one, 0: no more. */
int outbox_doubt_next(struct outbox *outbox, struct message *message,
    struct error *error);
/* Is it still, in the same generation?  1, 0 (a person settled it), -1. */
int outbox_in_doubt(struct outbox *outbox, const struct message *message,
    struct error *error);
/* Settle one: found under ts (copies: how many were found), or not there and
 * queued anew, or held with the reason. */
int outbox_settle_sent(struct outbox *outbox, const struct message *message,
    const char *ts, int copies, struct error *error);
int outbox_settle_unsent(struct outbox *outbox, const struct message *message,
    const char *why, struct error *error);
int outbox_settle_held(struct outbox *outbox, const struct message *message,
    const char *why, struct error *error);

/* How many messages are in a state. -1: error. */
int64_t outbox_count(struct outbox *outbox, const char *state,
    struct error *error);
/* How many wait behind an earlier one that is held. -1: error. */
int64_t outbox_count_blocked(struct outbox *outbox, struct error *error);
/* How many are queued for a time to come, or wait behind such a one of their
 * filter. -1: error. */
int64_t outbox_count_later(struct outbox *outbox, struct error *error);

#endif
