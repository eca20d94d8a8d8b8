/*
 * rekey: a new master key for the ledger, in two steps.
 *
 * rekey_share lets the new key open the ledger as well; rekey_retire, when it
 * was seen that all can be read with it, has it alone do so.  Between them, for
 * as long as one likes, both keys are valid, and no process that runs notices
 * anything.  Each is one transaction with its event in the audit log, key.added
 * and key.retired.
 *
 * The new key file is on the disk before the ledger knows of it, and takes the
 * place of the old one thereafter (rekey_install): the file that is in that
 * place opens the ledger at any moment.  Where something was stopped, the same
 * calls go on.
 */
#ifndef LEDGERPIPE_REKEY_H
#define LEDGERPIPE_REKEY_H

#include "ledger.h"
#include "master.h"

struct rekey_state {
	int64_t keys;   /* that open the ledger: 1, or 2 in between */
	int64_t number; /* of the newest; 0: the first and only */
	char newest[MASTER_ID_MAX];
	bool newest_loaded; /* we were opened with it */
};

int rekey_look(struct ledger *ledger, struct rekey_state *state,
    struct error *error);
/* file: KEYFILE.new, which the key is written into, or NULL when it is in a
 * file already.  EXIT_TEMPFAIL: there are two keys; EXIT_CANTCREATE:
 * KEYFILE.old is in the way. */
int rekey_share(struct ledger *ledger, const struct master *master,
    const char *file, struct error *error);
/* If KEYFILE.new holds the newest key, it takes the place of the key file.
 * 0: nothing was to be done, 1: it did. */
int rekey_install(struct ledger *ledger, struct error *error);
/* Read each secret of the vault: so many.  EXIT_DATA names one that can't be
 * read, EXIT_CONFIG: we were opened with the older key.  Then, if there are two
 * keys, retire the older: what is sealed from now on it can't open, and what is
 * in the audit log until now it can't forge.  After an error close the
 * ledger. */
int rekey_retire(struct ledger *ledger, int64_t *secrets, struct error *error);

#endif
