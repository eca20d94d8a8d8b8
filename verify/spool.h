/*
 * spool: the file in which events wait for their reader, and by which a repeated
 * one is known.  STATES.md says what its rows go through.
 *
 * It is a SQLite database of its own, 0600, and not the ledger: deliver holds
 * the ledger's lock for as long as its disk takes, and Slack waits three
 * seconds.  One process has it at a time, by a lock on FILE.lock.
 *
 * Errors: those of db.h; EXIT_TEMPFAIL: another process has it; EXIT_CONFIG:
 * it is another kind of file, or of a newer version.
 */
#ifndef LEDGERPIPE_VERIFY_SPOOL_H
#define LEDGERPIPE_VERIFY_SPOOL_H

#include <stdint.h>

#include "buffer.h"
#include "db.h"
#include "verify/request.h"

/* How long an id is known after its event was received.  Slack repeats one for
 * 25 hours. */
#define SPOOL_KEEP_MS (48LL * 3600 * 1000)

struct spool {
	struct db *db;
	int lock;
};

/* It is made if it isn't there. Close with spool_close, also after an error. */
int spool_open(struct spool *spool, const char *path, struct error *error);
void spool_close(struct spool *spool);

/* Keep one, inside the caller's transaction (db_begin, db_commit).  1: it is
 * new; 0: its id is known. */
int spool_keep(struct spool *spool, const struct request *request,
    int64_t now_ms, struct error *error);
/* Can one be kept?  Inside the caller's transaction; nothing is left of it. */
int spool_try(struct spool *spool, struct error *error);
/* The first event behind sequence that waits: its line without a newline
 * replaces *line.  1: there is one; 0: none. */
int spool_next(struct spool *spool, int64_t *sequence, struct buffer *line,
    struct error *error);
/* Those up to sequence have left: forget their bodies, keep their ids. */
int spool_left(struct spool *spool, int64_t sequence, struct error *error);
/* Forget some ids that are old enough, or none.  1: there may be more. */
int spool_prune(struct spool *spool, int64_t now_ms, struct error *error);

#endif
