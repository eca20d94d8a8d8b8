/*
 * token: the identity domain, which says who may call the pod.
 *
 *   POST /oauth2/v1/token, a form, with these grants:
 *     client_credentials
 *     urn:ietf:params:oauth:grant-type:jwt-bearer   assertion: sub is the user
 *     authorization_code      code, redirect_uri, code_verifier
 *     refresh_token           refresh_token
 *   GET /oauth2/v1/authorize?response_type=code&client_id&redirect_uri
 *       &scope&state&code_challenge&code_challenge_method=S256
 *     The user consents at once: 302 to redirect_uri, a loopback address, with
 *     code and state; or with error and state.
 *
 * The client shows who it is by Basic, by a client_assertion, where it is
 * allowed by client_id and client_secret in the form, or, a public one with a
 * code or a refresh token, by client_id alone.  Assertions are RS256 JWTs of
 * key_file's key: iss is the client, sub the client or the user, aud the URL
 * of the endpoint or https://identity.oraclecloud.com/.
 *
 * Refresh tokens are given with a code or assertion whose scope has
 * offline_access, and used up: with each token comes the next one.  Who comes
 * with one that has been used ends all that came from the same code.
 *
 * The pod takes its tokens, the client's credentials and the user's as Basic,
 * and, when key_file is a certificate, JWTs signed by the user: x5t in the
 * header, iss the issuer, prn the user.
 *
 * Tokens end lifetime_s seconds after they were given; JWTs at their exp by
 * the wall clock (see clock.h).
 */
#ifndef SANDBOX_TOKEN_H
#define SANDBOX_TOKEN_H

#include "sandbox/server.h"

#define TOKENS_MAX 256 /* the oldest is forgotten beyond them */

struct token_options {
	const char *client_id, *client_secret, *user, *password;
	const char *issuer;    /* of JWTs that call the pod */
	const char *scope;     /* the only one; NULL: any */
	const char *key_file;  /* a PEM public key or certificate, or NULL */
	int64_t lifetime_s;
	uint64_t seed;
	bool body_credentials; /* take client_secret in the form */
	bool public_client;    /* take client_id alone */
	bool late_rotation;    /* used refresh tokens live until the next is */
};

struct tokens;

/* NULL: no memory, no key in key_file, or credentials of more than 600
 * bytes.  What options points to must outlive the tokens. */
struct tokens *tokens_new(const struct token_options *options);
void tokens_free(struct tokens *tokens);
/* Paths under /oauth2/; false: there is none like it. */
bool tokens_handle(struct tokens *tokens, const struct request *request,
    struct response *response);
/* May this request call the pod? */
bool tokens_allow(const struct tokens *tokens, const struct request *request);
/* End all access tokens now, whatever their age; the refresh tokens too? */
void tokens_revoke(struct tokens *tokens, bool refresh_too);
/* Does the user, asked from now on, say no? */
void tokens_deny(struct tokens *tokens, bool deny);
/* How many access and refresh tokens were given so far. */
uint64_t tokens_given(const struct tokens *tokens);
uint64_t tokens_refresh_given(const struct tokens *tokens);

#endif
