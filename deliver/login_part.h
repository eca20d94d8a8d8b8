/*
 * login_part: what login.c (the way to a token) and login_code.c (the person,
 * who brings a code) share.
 */
#ifndef LEDGERPIPE_DELIVER_LOGIN_PART_H
#define LEDGERPIPE_DELIVER_LOGIN_PART_H

#include "deliver/login.h"
#include "secret.h"

#define LOGIN_SCOPES "chat:write,channels:history,groups:history," \
    "channels:read,groups:read"
#define LOGIN_STATE_TEXT 44 /* in base64url, with its NUL */

struct login {
	const struct login_setup *setup;
	char *client_id, *redirect; /* redirect: NULL: the app's first */
	struct secret client_secret, code;
	char state[LOGIN_STATE_TEXT];
};

/* Tell the address to open, read what the person pastes, and take the code
 * from it.  Errors: EXIT_DATA, EXIT_NOINPUT, EXIT_NOAUTH, EXIT_CONFIG. */
int login_ask_person(struct login *login, struct error *error);

#endif
