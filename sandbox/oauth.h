/*
 * oauth: how an app is installed into the workspace: Slack's OAuth v2.
 *
 *   GET  /oauth/v2/authorize?client_id&scope&state[&redirect_uri]
 *     The person consents at once: 302 to redirect_uri, which must be https
 *     (by default https://app.example/slack), with code and state; or with
 *     error=access_denied and state.
 *   POST /api/oauth.v2.access  a form with code and redirect_uri; the client,
 *     sandbox with the secret sandbox-secret, by Basic.  The answer has the
 *     workspace's token and its scopes.
 *
 * A code is good once, for ten minutes, with the redirect_uri that it was asked
 * for with.
 */
#ifndef SANDBOX_OAUTH_H
#define SANDBOX_OAUTH_H

#include "sandbox/server.h"

struct oauth {
	unsigned long long codes; /* given so far */
	char code[64];            /* the last one, "" when it was used */
	char redirect[256];       /* it was asked for with, or "" */
	int64_t given_ms;
	bool deny;                /* the person says no */
	bool rotation;            /* tokens end, and come with another */
};

void oauth_authorize(struct oauth *oauth, const struct request *request,
    struct response *response);
/* token and scopes are what the answer gives. */
void oauth_access(struct oauth *oauth, const struct request *request,
    const char *token, const char *scopes, struct response *response);
/* deny=0|1, rotation=0|1, age=1: the last code is too old.  false: neither. */
bool oauth_control(struct oauth *oauth, const struct request *request);

#endif
