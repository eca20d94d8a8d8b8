/*
 * record_body: whole records, as they were read, sealed in the ledger.
 *
 * A record says more than any team was shown: so it is sealed
 * (XChaCha20-Poly1305), with the names of what it is as associated data, and no
 * row can stand for another one.  The key is that of KEY_RECORD, which is never
 * changed: no row has to be sealed anew when the master key is.
 *
 * A row costs 40 bytes of nonce and tag beside the record's text and its names.
 */
#ifndef LEDGERPIPE_RECORD_BODY_H
#define LEDGERPIPE_RECORD_BODY_H

#include "ledger.h"

struct record_name {
	const char *stream, *record_id, *record_version;
};

/* Keep it, within the caller's transaction, unless it is kept already. */
int record_body_put(struct ledger *ledger, const struct record_name *name,
    const char *text, size_t length, const char *kept_at,
    struct error *error);
/* Append its text to *text.  1: it is kept, 0: it isn't, -1: EXIT_DATA, it is
 * damaged; those of db.h. */
int record_body_get(struct ledger *ledger, const struct record_name *name,
    struct buffer *text, struct error *error);

#endif
