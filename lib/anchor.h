/*
 * anchor: a signed word of where the audit log ends, to be kept elsewhere.
 *
 * One line of JSON: {"type":"ANCHOR","ledger":HEX,"seq":N,"time":T,
 * "head":HEX,"public_key":BASE64,"signature":BASE64}.  ledger is the hash of
 * event 1, head that of event N, public_key an Ed25519 key as a DER
 * SubjectPublicKeyInfo.  What is signed is the text
 * "ledgerpipe anchor 1\nLEDGER\nSEQ\nTIME\nHEAD\n".
 *
 * To sign adds an event "anchor.signed" whose subject is the public key, and
 * signs that event: so the log knows the keys of before a change of the
 * master key.
 */
#ifndef LEDGERPIPE_ANCHOR_H
#define LEDGERPIPE_ANCHOR_H

#include <stddef.h>

#include "buffer.h"
#include "error.h"
#include "ledger.h"

/* Append the event and the line, without its newline; a transaction of its
 * own. */
int anchor_sign(struct ledger *ledger, struct buffer *line,
    struct error *error);
/* An event that was removed, as an archive has it. */
struct anchored {
	int64_t sequence;
	unsigned char hash[LEDGER_HASH_BYTES];
};
struct anchored_list {
	const struct anchored *list;
	size_t count;
};

/* Is the log still what this line says?  0 yes (*sequence: up to where).
 * -1: *error says why not; its code is EXIT_NO when the log or the signature
 * is wrong, EXIT_DATA for no anchor or one of another ledger, EXIT_NOINPUT when
 * its event was sealed and removed, and is neither the last of a seal nor in
 * one of the lists. */
int anchor_verify(struct ledger *ledger, const char *line, size_t length,
    const struct anchored_list *removed, size_t lists, int64_t *sequence,
    struct error *error);

#endif
