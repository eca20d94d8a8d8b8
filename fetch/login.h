/*
 * login: authorization code with PKCE over a loopback redirect, for a refresh
 * token that later runs use.
 *
 * The address to open is written to standard output.  In the redirect comes a
 * code, which is exchanged at oracle.token_url; the refresh and the access
 * token go into the vault together.
 */
#ifndef LEDGERPIPE_FETCH_LOGIN_H
#define LEDGERPIPE_FETCH_LOGIN_H

#include "config.h"
#include "ledger.h"

struct login_options {
	bool asked;         /* there is to be a login */
	bool no_browser;    /* don't start one */
	int port;           /* -1: oracle.redirect_port */
	int64_t timeout_ms; /* to wait for a person */
};

/* Read the value of --login, "no-browser,port=N,timeout=SPAN" or NULL, and set
 * asked.  -1: it is another. */
int login_parse(char *text, struct login_options *options);
/* Log in.  Errors: those of auth.h and callback.h, EXIT_CONFIG, and
 * EXIT_UNAVAILABLE: the token endpoint gave no answer. */
int login_run(const struct config *config, struct ledger *ledger,
    const struct login_options *options, struct error *error);

#endif
