/*
 * search_index: the file that search finds messages by.
 *
 * Whoever has it open holds a shared flock on it, so that nobody removes it
 * meanwhile; SQLite's own locks order those who write.
 */
#ifndef LEDGERPIPE_AUDITCTL_SEARCH_INDEX_H
#define LEDGERPIPE_AUDITCTL_SEARCH_INDEX_H

#include "ledger.h"

/* How FTS5 cuts texts into words, here and where a payload is compared. */
#define SEARCH_TOKENS "tokenize = 'unicode61 remove_diacritics 2'"

struct search_index {
	struct db *db;
	int fd; /* that holds the lock */
};

/* Open or make it, and bring it up to date.  1: it can't be written, *error
 * says why; -1: error. */
int search_index_open(struct search_index *index, struct ledger *ledger,
    struct error *error);
void search_index_close(struct search_index *index);

/* Append what people read of a payload, JSON; one that is none has no text. */
void search_text(struct buffer *text, const char *payload);

#endif
