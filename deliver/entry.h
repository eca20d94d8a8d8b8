/*
 * entry: a MESSAGE of transform's as a row of the ledger.
 *
 * For intake, which takes them in, and for auditctl replay --reformat, which
 * gives messages that are there what their filter says of them today.  All but
 * the reading is within the caller's transaction; errors are those of db.h.
 */
#ifndef LEDGERPIPE_DELIVER_ENTRY_H
#define LEDGERPIPE_DELIVER_ENTRY_H

#include "json.h"
#include "ledger.h"

/* The members of a line that are strings; all of them are the entry's own. */
struct entry {
	char *filter, *stream, *record_id, *record_version, *key, *channel;
	char *payload, *delivery, *hash, *not_before;
	int64_t position;
	bool ignored; /* on_change is "ignore" */
};

/* Read a MESSAGE line that was parsed.  False: a member is missing or wrong.
 * Free it in any case. */
bool entry_read(struct entry *entry, const struct json *json);
/* What a MESSAGE and a REJECT have in common. */
bool entry_read_common(struct entry *entry, const struct json *json);
void entry_free(struct entry *entry);
/* The plain BLAKE2b of a payload in hex, fresh memory, or NULL. */
char *entry_hash(const char *payload);
/* The key of the REJECT for this filter and version; NULL: no memory. */
char *entry_reject_key(const struct entry *entry);

/* What did the last message to the channel say about this record?  1: the same,
 * 0: something else, or there is none, or it died: then this one is wanted, and
 * behind it in the queue when both are replayed.  What an operator had sent
 * once more is no news about the record.  -1: error. */
int entry_is_unchanged(struct ledger *ledger, const struct entry *entry,
    struct error *error);

/* What an event about a message tells beside the entry. */
struct entry_note {
	const char *why;  /* its member "error", or NULL */
	const char *more; /* members of JSON behind the others, or NULL */
	struct buffer *scratch; /* to build it in */
};

/* A row in a state, with its payload and its event.  1: new, *id its id; 0: the
 * key was known; -1: error. */
int entry_insert(struct ledger *ledger, const struct entry *entry,
    const char *state, const struct entry_note *note, int64_t *id,
    struct error *error);
/* The message of this id says what the entry says, under the key, and is queued
 * as if it were new. */
int entry_replace(struct ledger *ledger, const struct entry *entry,
    int64_t id, const char *key, const struct entry_note *note,
    struct error *error);
/* The filter failed on this version of the record before, and now made a
 * message of it: nobody needs to look at that dead letter any more. */
int entry_cancel_reject(struct ledger *ledger, const struct entry *entry,
    struct error *error);

#endif
