/*
 * auth_parts: what the files of auth share among themselves; see auth.h.
 */
#ifndef LEDGERPIPE_FETCH_AUTH_PARTS_H
#define LEDGERPIPE_FETCH_AUTH_PARTS_H

#include "fetch/auth.h"

#define AUTH_MARGIN_S 60 /* a token isn't used so close to its end */
#define AUTH_TOKEN_NAME "oracle.access_token"
#define AUTH_REFRESH_NAME "oracle.refresh_token"

enum { AUTH_SENT_CLIENT, AUTH_SENT_GRANT }; /* auth->sent */

/* Use this credential from now on. */
int auth_keep(struct auth *auth, const char *scheme, const char *text,
    size_t length, int64_t use_until, struct error *error);
/* A JWT by the vault's private key; principal may be NULL. */
int auth_sign(const struct auth *auth, const char *issuer, const char *subject,
    const char *principal, int64_t life_s, struct secret *token,
    struct error *error);
/* Wipe a string and free it; NULL is fine. */
void auth_wipe(char *text);

#endif
