/*
 * token: the identity domain's token endpoint and the tokens it gave.
 *
 * POST /oauth2/v1/token with a form body and the client's Basic credentials;
 * only client_credentials gives a token.  Tokens end token_lifetime seconds
 * after they were given, whatever else happens.
 */
#ifndef SANDBOX_TOKEN_H
#define SANDBOX_TOKEN_H

#include "sandbox/server.h"

#define TOKENS_MAX 256 /* the oldest is forgotten beyond them */
#define TOKEN_TEXT 96

struct tokens {
	char basic[1024];  /* what the client's Authorization must be */
	int64_t lifetime_s;
	uint64_t seed, given;
	struct {
		char text[TOKEN_TEXT];
		int64_t end_ms; /* monotonic */
	} list[TOKENS_MAX];
};

/* -1 when the credentials are too long. */
int tokens_init(struct tokens *tokens, const char *client_id,
    const char *client_secret, int64_t lifetime_s, uint64_t seed);
void tokens_handle(struct tokens *tokens, const struct request *request,
    struct response *response);
/* Is this Authorization good for the pod: a live token, or the client's
 * credentials as user and password? */
bool tokens_allow(const struct tokens *tokens, const char *authorization);
/* End all tokens now, whatever their age. */
void tokens_revoke(struct tokens *tokens);

#endif
