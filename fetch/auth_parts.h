/*
 * auth_parts: what the files of auth share among themselves; see auth.h.
 */
#ifndef LEDGERPIPE_FETCH_AUTH_PARTS_H
#define LEDGERPIPE_FETCH_AUTH_PARTS_H

#include "fetch/auth.h"

#define AUTH_MARGIN_S 60 /* a token isn't used so close to its end */
#define AUTH_TOKEN_NAME "oracle.access_token"
#define AUTH_REFRESH_NAME "oracle.refresh_token"

#define AUTH_REFUSED_MS 60000 /* a refusal that nobody is locked out by */
#define AUTH_FOR_GOOD -1

enum { AUTH_SENT_CLIENT, AUTH_SENT_GRANT }; /* auth->sent */

/* Use this credential from now on. */
int auth_keep(struct auth *auth, const char *scheme, const char *text,
    size_t length, int64_t use_until, struct error *error);
/* A JWT by the vault's private key; principal may be NULL. */
int auth_sign(const struct auth *auth, const char *issuer, const char *subject,
    const char *principal, int64_t life_s, struct secret *token,
    struct error *error);
/* A header carries it: no space, no line break, nothing that isn't ASCII. */
bool auth_is_token(const char *text);
/* Store what was given.  1: it is in the vault and used, 2: not yet (*error:
 * why), -1: it can't be, but another can be asked for. */
int auth_store(struct auth *auth, struct error *error);
/* Remember which secrets the vault has, before a proof is made of them. */
void auth_mark(struct auth *auth);
/* Let this error stand for so long (or AUTH_FOR_GOOD), or until they change. */
void auth_refuse(struct auth *auth, int64_t for_ms, const struct error *why);
/* Does one stand? */
bool auth_stands(struct auth *auth);
/* Wipe a string and free it; NULL is fine. */
void auth_wipe(char *text);

#endif
