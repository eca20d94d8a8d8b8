/*
 * token_state: what token.c, grant.c and authorize.c share.
 */
#ifndef SANDBOX_TOKEN_STATE_H
#define SANDBOX_TOKEN_STATE_H

#include "sandbox/jwt.h"
#include "sandbox/token.h"

#define TOKEN_TEXT 96
#define CODES_MAX 16
#define CODE_LIFETIME_MS 60000
#define SCOPE_MAX 512
#define URI_MAX 512

struct access_token {
	char text[TOKEN_TEXT];
	int64_t end_ms; /* monotonic */
};

struct refresh_token {
	char text[TOKEN_TEXT];
	uint64_t family; /* the grant it goes back to */
	uint64_t serial; /* in the order in which they were given */
	bool dead;
};

/* What the user consented to. */
struct code {
	char text[TOKEN_TEXT];
	char redirect_uri[URI_MAX];
	char challenge[64];
	bool offline;
	int64_t end_ms; /* 0: there is none, or it has been used */
};

struct tokens {
	struct token_options options;
	struct jwt_key *key; /* or NULL */
	char basic[1024];    /* what the client's Authorization must be */
	char user_basic[1024];
	struct access_token access[TOKENS_MAX];
	struct refresh_token refresh[TOKENS_MAX];
	struct code codes[CODES_MAX];
	uint64_t given, refresh_given, codes_given, families;
	bool deny;
};

/* A text that was never given before. */
void token_text(const struct tokens *tokens, const char *prefix,
    uint64_t number, char out[TOKEN_TEXT]);
/* Is the scope, offline_access beside it, one that is given? */
bool tokens_scope(const struct tokens *tokens, const char *scope,
    bool *offline);
void grant_handle(struct tokens *tokens, const struct request *request,
    struct response *response);
void authorize_handle(struct tokens *tokens, const struct request *request,
    struct response *response);

#endif
