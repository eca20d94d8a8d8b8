/*
 * jwt: JSON Web Tokens signed with RS256, as somebody else made them.
 */
#ifndef SANDBOX_JWT_H
#define SANDBOX_JWT_H

#include <stdbool.h>

#include "json.h"

#define JWT_TEXT 8192 /* longer ones are refused */

struct jwt_key;

/* A public key or a certificate from a PEM file; NULL: there is none. */
struct jwt_key *jwt_key_read(const char *file);
void jwt_key_free(struct jwt_key *key);
/* The certificate's x5t: SHA-1 of it in base64url; "" of a bare key. */
const char *jwt_key_thumbprint(const struct jwt_key *key);

struct jwt {
	char header_text[JWT_TEXT], claims_text[JWT_TEXT];
	struct json header, claims;
};

/* NULL: it is whole and signed with the key (NULL: never); else what is wrong.
 * jwt_free in any case. */
const char *jwt_read(struct jwt *jwt, const struct jwt_key *key,
    const char *text);
void jwt_free(struct jwt *jwt);
/* NULL: the times are right; else what is wrong: exp must be ahead and iat,
 * when it is there, at most a minute. */
const char *jwt_times(const struct jwt *jwt);
/* Is the claim, or one of its array, this text? */
bool jwt_claims(const struct jwt *jwt, const char *name, const char *text);

#endif
