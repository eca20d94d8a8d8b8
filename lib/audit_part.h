/*
 * audit_part: the hash of an event, for audit.c, which appends, audit_verify.c,
 * and who keeps events elsewhere.
 */
#ifndef LEDGERPIPE_AUDIT_PART_H
#define LEDGERPIPE_AUDIT_PART_H

#include <stdint.h>

#include "ledger.h"

struct audit_event {
	int64_t sequence;
	const char *time, *actor, *event, *subject;
	const char *detail; /* or NULL */
};

void audit_event_hash(const struct ledger *ledger,
    const struct audit_event *event,
    const unsigned char previous[LEDGER_HASH_BYTES],
    unsigned char hash[LEDGER_HASH_BYTES]);

#endif
