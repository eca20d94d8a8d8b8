/*
 * callback: the end of a login, where the browser brings the code.
 *
 * A small HTTP server on 127.0.0.1 answers GET /callback.  A redirect whose
 * state isn't ours ends nothing: anything on this machine could send one.
 */
#ifndef LEDGERPIPE_FETCH_CALLBACK_H
#define LEDGERPIPE_FETCH_CALLBACK_H

#include <stdint.h>

#include "secret.h"

struct callback;

/* Listen; port 0 is any free one.  state lives on.  NULL: EXIT_UNAVAILABLE,
 * the port can't be had. */
struct callback *callback_open(int port, const char *state,
    struct error *error);
void callback_close(struct callback *callback); /* NULL is fine */
int callback_port(const struct callback *callback);
/* Wait for the redirect and answer the browser.  0: its code, for the caller
 * to free.  EXIT_NOAUTH: the login was refused, EXIT_TEMPFAIL: nobody came. */
int callback_wait(struct callback *callback, int64_t timeout_ms,
    struct secret *code, struct error *error);

#endif
