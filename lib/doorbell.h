/*
 * doorbell: tell a deliver that runs that there is something new in the ledger.
 *
 * It is a FIFO beside the ledger, LEDGER.doorbell, for its owner alone.  A ring
 * carries nothing but itself; one that is lost costs time, for deliver looks
 * into the ledger now and then in any case.  So whoever can't have a doorbell
 * may well go on without.
 */
#ifndef LEDGERPIPE_DOORBELL_H
#define LEDGERPIPE_DOORBELL_H

#include "error.h"

/* Open it to be watched for input, made if need be; the caller closes *fd.
 * What is there under its name and is no FIFO of the ledger's owner's, for him
 * alone, is refused (EXIT_CANTCREATE), and no symbolic link is followed. */
int doorbell_open(const char *db_path, int *fd, struct error *error);
/* Close it and take it away: a FIFO that nobody listens at would hold up who
 * copies the ledger's files.  fd may be -1. */
void doorbell_close(const char *db_path, int fd);
/* Forget the rings so far. */
void doorbell_drain(int fd);
/* Ring it, when somebody listens.  SIGPIPE must be ignored. */
void doorbell_ring(const char *db_path);

#endif
