/*
 * ledger_keys: the keys that the ledger's own modules derive from its master
 * key.  For ledger.c, audit.c and vault.c alone.
 */
#ifndef LEDGERPIPE_LEDGER_KEYS_H
#define LEDGERPIPE_LEDGER_KEYS_H

#include "ledger.h"

#define LEDGER_KEY_BYTES 32

/* Fill key for a context of 8 characters; wipe it after use. */
int ledger_key(const struct ledger *ledger, const char context[8],
    unsigned char key[LEDGER_KEY_BYTES], struct error *error);

#endif
