/*
 * oauth: oauth.v2.access, where Slack gives the bot's token: for a code, or for
 * a refresh token (https://docs.slack.dev/authentication/installing-with-oauth
 * and using-token-rotation).
 *
 * A code and a refresh token are good once.  The client sends no request a
 * second time by itself, and here nothing is repeated either.
 */
#ifndef LEDGERPIPE_DELIVER_OAUTH_H
#define LEDGERPIPE_DELIVER_OAUTH_H

#include "deliver/client.h"
#include "secret.h"

#define OAUTH_METHOD "oauth.v2.access"
#define OAUTH_WORD_MAX 128

struct oauth_request {
	const char *client_id;
	const struct secret *client_secret;
	const struct secret *code, *refresh; /* one of them; else NULL */
	const char *redirect;                /* with a code; or NULL */
};

/* Start it.  Errors: EXIT_CONFIG: an address is too long, EXIT_SYSTEM. */
int oauth_ask(struct client *client, const struct oauth_request *request,
    void *context, struct error *error);

enum oauth_result {
	OAUTH_GIVEN,
	OAUTH_REFUSED, /* word says why: "" where Slack doesn't */
	OAUTH_AWAY,    /* no answer, or none for the moment: word says which */
	OAUTH_FOREIGN, /* this isn't Slack */
	OAUTH_NO_BOT   /* a token, but no bot's */
};

struct oauth_answer {
	enum oauth_result result;
	char word[OAUTH_WORD_MAX];
	int64_t wait_ms;             /* that Slack asks for; -1: it doesn't */
	struct secret access;
	struct secret refresh;       /* none: text is NULL */
	int64_t life_s;              /* 0: the token doesn't end */
	char *scope, *bot_user, *team; /* or NULL */
};

/* What an answer says.  now_wall_ms: for a Retry-After.  Error: EXIT_SYSTEM.
 * Free it, after an error too. */
int oauth_judge(const struct http_answer *answer, int64_t now_wall_ms,
    struct oauth_answer *out, struct error *error);
void oauth_answer_free(struct oauth_answer *answer); /* zeroed, freed: fine */
/* What to do about the word of OAUTH_REFUSED. */
const char *oauth_remedy(const char *word);
/* Printable, no blank: no code and no token has others. */
bool oauth_is_plain(const char *text);
/* Wipe and free; NULL is fine. */
void oauth_wipe(char *text);

#endif
