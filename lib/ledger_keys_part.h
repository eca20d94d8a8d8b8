/*
 * ledger_keys_part: what the halves of ledger_keys share: ledger_keys.c reads
 * the keys, ledger_keys_store.c writes them.
 */
#ifndef LEDGERPIPE_LEDGER_KEYS_PART_H
#define LEDGERPIPE_LEDGER_KEYS_PART_H

#include "ledger_keys.h"

struct ledger_keys {
	struct secret seal;    /* seals the rows of the table keys */
	struct secret current; /* of each purpose */
	struct secret audit;   /* of each part of the log, the oldest first */
	int64_t *first_events; /* of these parts */
	size_t parts, room;
};

#define KEY_NAME_MAX 48

extern const char *const ledger_key_names[LEDGER_KEYS];

/* The associated data of a row, so that it can't stand for another one. */
int ledger_key_row_name(char out[KEY_NAME_MAX], const char *purpose,
    int64_t first_event);
/* The key that seals the rows of this master key; LEDGER_KEY_BYTES. */
int ledger_key_seal(struct secret *seal, const struct master *master,
    struct error *error);

#endif
