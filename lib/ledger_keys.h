/*
 * ledger_keys: the keys that the ledger's own modules derive from its master
 * key, once, when it is opened.  For ledger.c, audit.c and vault.c alone.
 */
#ifndef LEDGERPIPE_LEDGER_KEYS_H
#define LEDGERPIPE_LEDGER_KEYS_H

#include "ledger.h"

#define LEDGER_KEY_BYTES 32

enum ledger_purpose {
	KEY_VAULT,
	KEY_AUDIT,
	KEY_MESSAGE,
	KEY_RECORD, /* seals the records that are kept */
	KEY_ANCHOR, /* the seed of the pair that signs anchors */
	LEDGER_KEYS
};

/* LEDGER_KEY_BYTES bytes that live as long as the ledger is open. */
const unsigned char *ledger_key(const struct ledger *ledger,
    enum ledger_purpose purpose);
/* The key of the audit chain that hashes the event of this number. */
const unsigned char *ledger_audit_key(const struct ledger *ledger,
    int64_t sequence);

#endif
