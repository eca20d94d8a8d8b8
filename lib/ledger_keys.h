/*
 * ledger_keys: the keys that the ledger's own modules work with.  For
 * ledger.c, audit.c, vault.c and rekey.c, and who seals rows of the ledger.
 *
 * They are derived from the master key until it is changed for the first time.
 * From then on they are rows of the table keys, each sealed with the master
 * key; while it is being changed there is a copy for either of the two, so that
 * both open the ledger.  When the old one is retired (rekey.c), the vault and
 * the audit log get new keys.  The keys of the past stay with the log, for what
 * they hashed; those of messages, records, anchors and seals are never changed.
 *
 * A process may have the ledger open meanwhile: in a transaction that seals or
 * hashes, and before something is opened, ledger_keys_current looks whether
 * its keys are still those of the ledger, and reads the key file again if not.
 */
#ifndef LEDGERPIPE_LEDGER_KEYS_H
#define LEDGERPIPE_LEDGER_KEYS_H

#include "ledger.h"
#include "master.h"

#define LEDGER_KEY_BYTES 32

enum ledger_purpose {
	KEY_VAULT,
	KEY_AUDIT,
	KEY_MESSAGE,
	KEY_RECORD, /* seals the records that are kept */
	KEY_ANCHOR, /* the seed of the pair that signs anchors */
	KEY_SEAL,   /* of the MAC of seals (seal.h) */
	LEDGER_KEYS
};

/* LEDGER_KEY_BYTES bytes that live until the ledger is closed or its keys are
 * read again. */
const unsigned char *ledger_key(const struct ledger *ledger,
    enum ledger_purpose purpose);
/* The key of the audit chain that hashes the event of this number. */
const unsigned char *ledger_audit_key(const struct ledger *ledger,
    int64_t sequence);
/* See above.  EXIT_TEMPFAIL: the new key isn't to be had without a restart. */
int ledger_keys_current(struct ledger *ledger, struct error *error);

/* Read the master key from ledger->key_file, or from the old one beside it,
 * and with it the keys.  table: is there the table keys yet? */
int ledger_keys_open(struct ledger *ledger, const char *path, bool table,
    struct error *error);
/* Those of a ledger that is about to be made. */
int ledger_keys_derive(struct ledger *ledger, const struct master *master,
    struct error *error);
void ledger_keys_close(struct ledger *ledger);

/* Within a transaction: let another master key open the ledger as well, as
 * number (the first is 1). */
int ledger_keys_share(struct ledger *ledger, int64_t number,
    const struct master *master, struct error *error);
/* Within a transaction: from the next event on new keys for the vault and the
 * audit log, in the rows of the master key that is loaded; those of the others
 * go.  Copy what the old vault key still has to open before. */
int ledger_keys_retire(struct ledger *ledger, int64_t next_event,
    struct error *error);

#endif
