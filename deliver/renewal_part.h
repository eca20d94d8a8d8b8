/*
 * renewal_part: what renewal.c (the token, and what is said of it) and
 * renewal_ask.c (the request for another) share.
 */
#ifndef LEDGERPIPE_DELIVER_RENEWAL_PART_H
#define LEDGERPIPE_DELIVER_RENEWAL_PART_H

#include "deliver/renewal.h"

bool renewal_is_good(const struct renewal *renewal);
/* Another token from now on; *token is empty then. */
int renewal_adopt(struct renewal *renewal, struct token *token,
    struct error *error);
/* The pair that was given into the vault, and into use.  -1: it is still here
 * alone. */
int renewal_store(struct renewal *renewal, struct error *error);
/* That Slack gave no token, into the audit log. */
void renewal_audit(struct renewal *renewal);
void renewal_unlock(struct renewal *renewal);

#endif
