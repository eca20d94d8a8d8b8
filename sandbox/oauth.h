/*
 * oauth: how an app is installed into the workspace: Slack's OAuth v2, with
 * token rotation or without.
 *
 *   GET  /oauth/v2/authorize?client_id&scope&state[&redirect_uri]
 *     The person consents at once: 302 to redirect_uri, which must be https
 *     (by default https://app.example/slack), with code and state; or with
 *     error=access_denied and state.
 *   POST /api/oauth.v2.access  a form with code and redirect_uri, or with
 *     grant_type=refresh_token and refresh_token; the client, sandbox with the
 *     secret sandbox-secret, by Basic or as client_id and client_secret.  The
 *     answer has the workspace's token and its scopes, or with rotation a token
 *     that ends and a refresh token.
 *
 * A code is good once, for ten minutes, with the redirect_uri that it was asked
 * for with.  A refresh token is good once, too; what it gave it gives again, as
 * if it were new, for a while where there is a grace.  The last two tokens that
 * were given are good until they end (token_expired); an earlier one is revoked
 * (token_revoked).
 *
 *   POST /_control/slack/oauth?...
 *     deny=0|1      the person says no
 *     rotation=0|1  tokens end, and come with another
 *     age=1         the last code is too old
 *     lifetime=S    of the tokens that are given from now on: 43200 seconds
 *     grace=MS      see above: 0
 *     expire=1      the tokens that were given end now
 *     revoke=1      the refresh token is no good any more
 */
#ifndef SANDBOX_OAUTH_H
#define SANDBOX_OAUTH_H

#include "sandbox/server.h"

#define OAUTH_TOKEN_MAX 64

struct oauth_token {
	char text[OAUTH_TOKEN_MAX]; /* "": none */
	int64_t end_ms;             /* monotonic */
};

struct oauth {
	unsigned long long codes; /* given so far */
	char code[64];            /* the last one, "" when it was used */
	char redirect[256];       /* it was asked for with, or "" */
	int64_t given_ms;
	bool deny;                /* the person says no */
	bool rotation;            /* tokens end, and come with another */
	long long lifetime_s, grace_ms;
	unsigned long long pairs; /* given so far */
	struct oauth_token tokens[2]; /* the last one first */
	char refresh[OAUTH_TOKEN_MAX], spent[OAUTH_TOKEN_MAX]; /* or "" */
	int64_t spent_ms;
};

void oauth_init(struct oauth *oauth);
void oauth_authorize(struct oauth *oauth, const struct request *request,
    struct response *response);
/* token and scopes are what the answer gives without rotation. */
void oauth_access(struct oauth *oauth, const struct request *request,
    const char *token, const char *scopes, struct response *response);
/* Was that token given?  *word: why it is no good, or NULL. */
bool oauth_gave(const struct oauth *oauth, const char *token,
    const char **word);
/* The levers.  false: none of them. */
bool oauth_control(struct oauth *oauth, const struct request *request);

#endif
