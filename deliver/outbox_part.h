/*
 * outbox_part: what outbox.c and outbox_claim.c share.
 */
#ifndef LEDGERPIPE_DELIVER_OUTBOX_PART_H
#define LEDGERPIPE_DELIVER_OUTBOX_PART_H

#include "deliver/outbox.h"

/* Append an event about the message; its detail is {name:value}, or nothing. */
int outbox_audit(struct outbox *outbox, int64_t id, const char *event,
    const char *name, const char *value, struct error *error);
/* Give the message another state, with its cause.  counts: the attempt is used
 * up.  A state that is final gets its receipt. */
int outbox_change(struct outbox *outbox, int64_t id, const char *from,
    const char *state, const char *why, bool counts, struct error *error);

#endif
