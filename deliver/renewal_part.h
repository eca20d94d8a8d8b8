/*
 * renewal_part: what renewal.c (the token), renewal_ask.c (the request for
 * another, and what is said when it fails) and renewal_answer.c (what comes of
 * it, into the vault) share.
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
/* The same for a loop, which tries again. */
void renewal_try_store(struct renewal *renewal, int64_t now_ms);
/* It failed, why says how: it is tried again, in wait_ms or (-1) when the
 * backoff says so; or a person must help. */
void renewal_failed(struct renewal *renewal, int64_t now_ms, int64_t wait_ms);
void renewal_died(struct renewal *renewal, int64_t now_ms);
/* That Slack gave no token, into the audit log. */
void renewal_audit(struct renewal *renewal);
void renewal_unlock(struct renewal *renewal);

#endif
