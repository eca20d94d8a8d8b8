/*
 * search: which messages say certain words.
 *
 * Words are searched in what people read of a payload (plain.h), whole or, with
 * a final *, as beginnings; all of them must be there.  What stands between ""
 * and what has signs within, such as INV-2026-0042, is found as a phrase.  Case
 * and accents don't matter.
 *
 * An index, LEDGER.search beside the ledger, holds where each word is.  It is a
 * cache: who searches brings it up to date first, batch by batch, which goes on
 * where it was stopped; the audit log tells which payloads changed.  It belongs
 * to one history of the ledger, told by the hash of an event, and is made anew
 * for another, and once payloads were pruned.  What it finds is compared with
 * the payload of now.
 *
 * Where it can't be written the payloads are read one by one, the newest first.
 */
#ifndef LEDGERPIPE_AUDITCTL_SEARCH_H
#define LEDGERPIPE_AUDITCTL_SEARCH_H

#include "ledger.h"

struct search;

/* Bring the index up to date.  NULL: error; EXIT_USAGE: these are no words. */
struct search *search_open(struct ledger *ledger, const char *words,
    struct error *error);
void search_close(struct search *search); /* NULL is fine */
/* The newest message up to this id that may say the words, ever lower ones:
 * 1, 0: there is none, -1: error. */
int search_next(struct search *search, int64_t from, int64_t *id,
    struct error *error);
/* Does its payload say them?  1, 0 or -1. */
int search_says(struct search *search, int64_t id, struct error *error);

/* Remove the index: 1: somebody searches, and it stays; 0, or -1. */
int search_forget(struct ledger *ledger, struct error *error);

#endif
