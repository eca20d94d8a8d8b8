/*
 * renewal: a bot's token that ends is replaced before it does.
 *
 * With token rotation Slack's tokens are good for twelve hours, and each comes
 * with a refresh token, good once, for the next pair
 * (https://docs.slack.dev/authentication/using-token-rotation).  A pair is
 * asked for ahead of the end (token.h), or when Slack refuses the token, and is
 * in the vault before its token is used.  Meanwhile, and when it fails, the old
 * token is used for as long as it is good; after that nothing is sent until
 * there is another.
 *
 *   the vault has another token     -> that one is used, nothing is asked
 *   no answer, 429, 5xx             -> asked again, less and less often
 *   Slack refuses, or something is missing -> a person must log in; tried anew
 *                                      every five minutes
 *   the pair can't be stored        -> kept in memory and tried again; the
 *                                      refresh token is spent
 *
 * Of all processes that have the ledger open one asks at a time: it holds a
 * lock on LEDGER.slack-token-lock, which ends with it.  A pair is stored only
 * if the vault still has the token that it replaces.
 *
 * Waits for nothing: the caller's loop calls renewal_run in no transaction, at
 * the latest when renewal_due says so, and gives it the answers of calls with it
 * as their context, in whatever transaction.
 */
#ifndef LEDGERPIPE_DELIVER_RENEWAL_H
#define LEDGERPIPE_DELIVER_RENEWAL_H

#include "config.h"
#include "deliver/token.h"

struct renewal_setup {
	const struct config *config;
	struct ledger *ledger;
	const char *ledger_path;
};

enum renewal_step {
	RENEWAL_IDLE,
	RENEWAL_ASKING, /* the request is out */
	RENEWAL_STORING /* a pair is here that isn't in the vault */
};

struct renewal {
	struct ledger *ledger;
	struct client *client;
	char *ledger_path, *lock_path, *client_id;
	int lock;                /* -1: not ours */
	struct token token;      /* in use */
	enum renewal_step step;
	bool refused;            /* Slack refuses the token */
	bool renewed;            /* it took the place of another, and ... */
	bool proven;             /* ... Slack took it */
	bool dead;               /* only a person can help */
	bool other;              /* the token may be of another bot */
	int64_t due_ms;          /* monotonic: not tried before */
	int failures;
	int64_t failing_since_ms; /* monotonic; 0: it is not failing */
	bool told, told_end;     /* the operator knows */
	bool unstored;           /* and of this */
	struct error why;        /* the last failure */
	char refusal[OAUTH_WORD_MAX]; /* not in the audit log yet; or "" */
	struct oauth_answer given;
	int64_t asked_ms;        /* wall clock */
};

/* Take the token from the vault.  Errors: EXIT_NOAUTH: there is none, and
 * those of ledger.h.  Close it after one too. */
int renewal_open(struct renewal *renewal, const struct renewal_setup *setup,
    struct error *error);
void renewal_close(struct renewal *renewal); /* zeroed: fine */
/* Could a token that ends be renewed?  0, or -1 and what is missing. */
int renewal_can(struct renewal *renewal, struct error *error);

/* Is the token of no use now, and another to be hoped for? */
bool renewal_blocks(const struct renewal *renewal);
/* When there is something to do, monotonic; INT64_MAX: nothing, or an answer
 * is waited for. */
int64_t renewal_due(const struct renewal *renewal, int64_t now_ms);
void renewal_run(struct renewal *renewal, int64_t now_ms);
void renewal_take(struct renewal *renewal, const struct call *call,
    int64_t now_ms);
/* Slack refused a call of that token with a word.  true: there is another
 * already, or it is to be renewed. */
bool renewal_refused(struct renewal *renewal, uint64_t generation,
    const char *word);
/* Slack took a call of that token. */
void renewal_proven(struct renewal *renewal, uint64_t generation);
/* Has the vault another token?  Then it is used: 1. */
int renewal_look(struct renewal *renewal, struct error *error);
/* Wait until the token is of use.  Errors: EXIT_UNAVAILABLE: not within
 * budget_ms; and why it can't be renewed. */
int renewal_wait(struct renewal *renewal, int64_t budget_ms,
    struct error *error);

#endif
