/*
 * prune: what its modules share.
 */
#ifndef LEDGERPIPE_AUDITCTL_PRUNE_H
#define LEDGERPIPE_AUDITCTL_PRUNE_H

#include <stdbool.h>

#include "ledger.h"

/* Remove the records that were kept before a time; dry: count them. */
int prune_records(struct ledger *ledger, const char *older_than,
    const char *reason, bool dry, int64_t *pruned, struct error *error);

#endif
