/*
 * seal: up to where the events of the audit log were removed, and may be.
 *
 * A seal is a row of the table seals: these events, from first to last, were
 * whole when they were sealed, and last had this hash; so they may be removed
 * (the trigger audit_no_delete lets them go, from then on) and the chain goes
 * on from that hash.  Its MAC, keyed by the ledger, covers the whole row, and an
 * event "audit.sealed" holds the MAC: a seal that was forged, changed or
 * removed is found by audit_verify.  Seals follow each other without a gap, the
 * first begins at event 2: event 1 stays, for it names the ledger.
 *
 * Errors: those of db.h.
 */
#ifndef LEDGERPIPE_SEAL_H
#define LEDGERPIPE_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clock.h"
#include "ledger.h"

#define SEAL_MAC_BYTES 32
#define SEAL_DIGEST_BYTES 32
#define SEAL_FIRST_EVENT 2 /* of the first seal */

struct seal {
	int64_t first, last; /* events */
	/* All messages up to this id were made by an event up to last. */
	int64_t last_message;
	unsigned char hash[LEDGER_HASH_BYTES]; /* of the event last */
	bool archived;
	unsigned char archive[SEAL_DIGEST_BYTES]; /* BLAKE2b of that file */
	char sealed_at[CLOCK_TEXT];
	unsigned char mac[SEAL_MAC_BYTES];
};

struct seals {
	struct seal *list; /* the oldest first */
	size_t count, capacity;
};

/* All of them, each proven by its MAC.  1: *error says which one isn't what was
 * written, or is missing.  Zero *seals before, and free it whatever comes. */
int seals_load(struct ledger *ledger, struct seals *seals,
    struct error *error);
void seals_free(struct seals *seals);
/* The newest, or NULL. */
const struct seal *seals_latest(const struct seals *seals);
/* The one that ends at this event, or NULL. */
const struct seal *seals_ending(const struct seals *seals, int64_t last);
/* Within a transaction: write the row and its event.  sealed_at and mac are
 * filled in here.  reason may be NULL. */
int seal_append(struct ledger *ledger, struct seal *seal, const char *reason,
    struct error *error);
/* Does the detail of an event audit.sealed tell of this seal? */
bool seal_told(const struct seal *seal, const char *detail);

#endif
