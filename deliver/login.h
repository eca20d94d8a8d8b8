/*
 * login: OAuth v2 with a code that a person pastes, for the bot's token.
 *
 * The address to open is written to standard output.  Slack sends the browser
 * on to a redirect URL, which must be https and can't be one of this machine
 * (an app that may redirect to it gets no bot's token:
 * https://docs.slack.dev/authentication/using-pkce): the person copies that
 * address, or the code in it, to standard input.  The code is exchanged at
 * oauth.v2.access, and the token goes into the vault, with its refresh token if
 * it has one (token.h), from where a running deliver takes it.
 */
#ifndef LEDGERPIPE_DELIVER_LOGIN_H
#define LEDGERPIPE_DELIVER_LOGIN_H

#include "config.h"
#include "deliver/client.h"
#include "ledger.h"

struct login_setup {
	const struct config *config;
	struct ledger *ledger;    /* open to write */
	const char *ledger_path;
	const struct client_setup *client;
};

/* Errors: EXIT_NOAUTH: Slack or the person said no; EXIT_DATA: what was pasted
 * isn't this login's; EXIT_CONFIG: the configuration or the app must be
 * changed; EXIT_UNAVAILABLE, EXIT_PROTOCOL, EXIT_IO, and those of ledger.h. */
int login_run(const struct login_setup *setup, struct error *error);

#endif
