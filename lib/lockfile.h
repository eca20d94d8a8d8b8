/*
 * lockfile: what one process at a time may do with a ledger.
 *
 * The lock is on a file beside the ledger, one for each purpose, and ends with
 * its process; the file stays, and says the number of the last one that had it.
 *
 * Errors: EXIT_CANTCREATE, EXIT_IO, EXIT_SYSTEM.
 */
#ifndef LEDGERPIPE_LOCKFILE_H
#define LEDGERPIPE_LOCKFILE_H

#include "error.h"

#define LOCKFILE_HOLDER 32

/* LEDGER.suffix, whatever path leads to the ledger, in fresh memory; NULL: no
 * memory. */
char *lockfile_path(const char *ledger, const char *suffix);
/* 1: it is ours, until *fd is closed; 0: holder, unless it is NULL, gets whose
 * it is; -1: error.  The file of root belongs to the ledger's owner, who must
 * get in afterwards. */
int lockfile_take(const char *path, const char *ledger, int *fd,
    char holder[LOCKFILE_HOLDER], struct error *error);

#endif
