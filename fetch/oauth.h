/*
 * oauth: the access token, by the grant client_credentials.
 *
 * It is kept in the vault as oracle.access_token and used until 60 s before it
 * expires.
 */
#ifndef LEDGERPIPE_FETCH_OAUTH_H
#define LEDGERPIPE_FETCH_OAUTH_H

#include "fetch/rest.h"

/* Take the token out of the vault into rest->token.  0: done, 1: there is
 * none that lives long enough, -1: error. */
int oauth_cached(struct rest *rest, struct error *error);
/* Ask oracle.token_url for a new one, into rest->token and the vault.  After a
 * failure rest->token.text is NULL. */
int oauth_ask(struct rest *rest, struct error *error);

#endif
