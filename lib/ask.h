/*
 * ask: a secret that a person types, not shown.
 */
#ifndef LEDGERPIPE_ASK_H
#define LEDGERPIPE_ASK_H

#include "secret.h"

/* One line from the terminal in, asked for on out; the echo is off meanwhile
 * and comes back, whatever signal comes.  what is asked for: "the value of
 * 'x'".  Empty: EXIT_DATA. */
int ask_secret(struct secret *secret, int in, int out, const char *what,
    struct error *error);

#endif
