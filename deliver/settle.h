/*
 * settle: what became of the messages in doubt.
 *
 * A post whose answer was lost may be in Slack or not.  Nothing is sent again
 * before it was looked for: by the opaque key in its metadata and by our own
 * bot_id, in conversations.history (conversations.replies for a thread), from
 * two minutes before it was sent on, by our clock or by Slack's, whichever is
 * earlier.
 *
 *   found                     -> sent, under the ts that was found
 *   not found in three looks  -> queued, as a new generation; a fresh message
 *                                may be missing from the history for a while,
 *                                so the looks wait 1, 3 and 12 times the settle
 *                                delay; history that isn't complete is no look
 *   not found, 15 minutes old -> held: somebody may have deleted it
 *   a person settled it      -> forgotten (settle_look, and with each answer)
 *   it can't be looked up     -> held, or queued where the operator asked for
 *                                it (--in-doubt resend)
 *
 * It takes: channels:history and groups:history, and the bot as a member; for
 * a channel whose id is unknown yet channels:read and groups:read
 * (https://docs.slack.dev/reference/methods/conversations.history, and
 * conversations.list, auth.test).  One call is in flight at a time.
 */
#ifndef LEDGERPIPE_DELIVER_SETTLE_H
#define LEDGERPIPE_DELIVER_SETTLE_H

#include "deliver/client.h"
#include "deliver/outbox.h"

#define SETTLE_LOOKS 3
#define SETTLE_SKEW_MS (120 * 1000)
#define SETTLE_TOO_LATE_MS (15 * 60 * 1000)
#define SETTLE_CURSOR_MAX 512
#define SETTLE_PAGES_MAX 500 /* of 200 messages: more is no history */

/* What became of messages in this run. */
struct tally {
	int64_t sent, dead, held;
};

struct doubt {
	struct message message;
	int64_t due_ms; /* of the next look, monotonic */
	int looks;      /* complete ones */
	struct doubt *next;
};

/* What the call in flight asks for. */
enum settle_step {
	SETTLE_IDLE,
	SETTLE_WHO,     /* auth.test: our bot_id */
	SETTLE_CHANNEL, /* conversations.list: the channel's id */
	SETTLE_LOOK     /* the history */
};

struct settle {
	struct outbox *outbox;
	struct client *client;
	int64_t delay_ms;
	bool resend;
	struct tally *tally;

	struct doubt *doubts;
	enum settle_step step;
	bool stale;                  /* its answer is to say nothing */
	bool ending;                 /* no further page is asked for */
	struct doubt *current;       /* that is being looked up */
	char bot_id[SLACK_ID_MAX];   /* "" while unknown */
	int64_t slack_ahead_ms;      /* how much Slack's clock is ahead */
	char cursor[SETTLE_CURSOR_MAX];
	int pages;                   /* of this look so far */
	char ts[SLACK_ID_MAX];       /* the earliest that was found */
	int copies;
	bool foreign;                /* another bot's message has the key */
	int64_t not_before_ms;       /* a 429 or a backoff */
	int failures;                /* in a row */
	int64_t failing_since_ms;    /* monotonic; 0: it is not failing */
	bool unauthorised;           /* the token is no good: ... */
	char word[SLACK_ID_MAX];     /* ... why, and ... */
	uint64_t generation;         /* ... which one */
};

void settle_free(struct settle *settle);
/* Forget all doubts; the answer that is out will say nothing. */
void settle_reset(struct settle *settle);
/* The token is another now, perhaps of another bot. */
void settle_new_token(struct settle *settle);
/* Is a message of the channel in doubt? */
bool settle_holds(const struct settle *settle, const struct channel *channel);
/* Has this message been taken over? */
bool settle_knows(const struct settle *settle, int64_t message);
/* Forget those that a person has settled meanwhile. */
int settle_look(struct settle *settle, struct error *error);
/* Take a message in doubt over. */
int settle_add(struct settle *settle, const struct message *message,
    int64_t now_ms, struct error *error);
/* When something is to be asked (PACE_NEVER: nothing, or a call is out). */
int64_t settle_due(const struct settle *settle);
/* Ask what is due. */
int settle_start(struct settle *settle, int64_t now_ms, struct error *error);
/* Take the answer of a call with the settle as its context.  Runs inside the
 * caller's transaction. */
int settle_take(struct settle *settle, const struct call *call,
    int64_t now_ms, struct error *error);

#endif
