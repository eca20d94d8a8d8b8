/*
 * vault_part: the vault's secrets out of it and in again, for a new key.
 */
#ifndef LEDGERPIPE_VAULT_PART_H
#define LEDGERPIPE_VAULT_PART_H

#include "ledger.h"

struct vault_copy {
	char *name;
	struct secret value;
};

/* All of them, in fresh memory; EXIT_DATA names one that can't be read. */
int vault_copy_all(struct ledger *ledger, struct vault_copy **copies,
    size_t *count, struct error *error);
/* Within a transaction: seal them with the key that is the vault's now. */
int vault_seal_all(struct ledger *ledger, const struct vault_copy *copies,
    size_t count, struct error *error);
void vault_copies_free(struct vault_copy *copies, size_t count);

#endif
