/*
 * prune: what the modules of auditctl prune share.
 */
#ifndef LEDGERPIPE_AUDITCTL_PRUNE_H
#define LEDGERPIPE_AUDITCTL_PRUNE_H

#include "clock.h"
#include "ledger.h"

struct prune {
	char older_than[CLOCK_TEXT];
	const char *reason; /* or NULL */
	bool dry;
	bool rows, no_archive;
	const char *archive;
	int64_t end; /* the last message that was queued before older_than */
	int64_t pruned, kept; /* payloads */
	int64_t records; /* that were kept, and go */
	int64_t events, attempts, sealed; /* gone; the last event sealed */
};

/* Remove the records that were kept before older_than; dry: count them. */
int prune_records(struct ledger *ledger, struct prune *prune,
    struct error *error);
/* Seal the events that are old enough, and remove what is sealed. */
int prune_rows(struct ledger *ledger, struct prune *prune,
    struct error *error);

#endif
