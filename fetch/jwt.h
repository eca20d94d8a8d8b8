/*
 * jwt: JSON Web Tokens signed with RS256.
 *
 * Times come from the wall clock; a token says that it was made a minute ago,
 * for a server whose clock is behind ours.  Each has a random jti.
 */
#ifndef LEDGERPIPE_FETCH_JWT_H
#define LEDGERPIPE_FETCH_JWT_H

#include <stdint.h>

#include "secret.h"

struct jwt {
	const char *key_id;      /* kid, or NULL */
	const char *certificate; /* a PEM or DER file, for x5t, or NULL */
	const char *issuer, *subject;
	const char *principal, *audience; /* prn, aud; NULL: none */
	int64_t life_s;
};

/* Sign with a private key in PEM; *token is for the caller to free.
 * EXIT_CONFIG: the key is encrypted, no RSA key or shorter than 2048 bits, or
 * the certificate can't be read, or isn't that key's. */
int jwt_sign(const struct jwt *jwt, const struct secret *key,
    struct secret *token, struct error *error);

#endif
