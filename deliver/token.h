/*
 * token: the bot's token in the vault.
 *
 * slack.bot_token is the token itself, which doesn't end, or, for one that
 * Slack rotates, an object {"access_token","expires_at","renew_at"};
 * slack.refresh_token is what a new pair is asked for with.  Both are replaced
 * in one transaction, so they are always of one pair.  A token that a person
 * pastes has no times: one that begins with "xoxe." is rotated, and renewed at
 * once.
 *
 * Errors: those of ledger.h.
 */
#ifndef LEDGERPIPE_DELIVER_TOKEN_H
#define LEDGERPIPE_DELIVER_TOKEN_H

#include <stdbool.h>

#include "deliver/oauth.h"
#include "ledger.h"

#define TOKEN_NAME "slack.bot_token"
#define TOKEN_REFRESH_NAME "slack.refresh_token"
#define TOKEN_LOCK "slack-token-lock" /* of LEDGER, see renewal.h */
#define TOKEN_NEVER INT64_MAX

struct token {
	struct secret access;
	bool rotates;
	int64_t renew_ms, expires_ms; /* wall clock; TOKEN_NEVER */
};

/* 0: read, 1: there is none. */
int token_read(struct ledger *ledger, struct token *token,
    struct error *error);
/* The same, but none is EXIT_NOAUTH with the remedy. */
int token_need(struct ledger *ledger, struct token *token,
    struct error *error);
void token_free(struct token *token); /* zeroed, or freed: fine */
bool token_same(const struct token *one, const struct token *other);

/* Put what Slack gave at asked_ms (wall clock) into the vault, within the
 * caller's transaction, with an audit event of that name; *token, which is
 * empty, gets it too.  A token that doesn't end takes an old refresh token
 * away. */
int token_put(struct ledger *ledger, const struct oauth_answer *given,
    int64_t asked_ms, const char *event, struct token *token,
    struct error *error);

#endif
