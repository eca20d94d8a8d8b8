/*
 * archive: a file that keeps what auditctl prune --rows removes.
 *
 * NDJSON: {"type":"EVENT",...} for each event of a segment, in order, which holds
 * its texts as they were and its hashes in hex, and behind them
 * {"type":"ATTEMPT",...} for each attempt.  Its BLAKE2b is in the seal of the
 * segment (seal.h).
 *
 * It is written beside its place, as FILE.part, and gets its name when it is
 * whole and on the disk; a file that is there is never overwritten.
 *
 * Errors: EXIT_CANTCREATE, EXIT_IO, EXIT_NOINPUT; EXIT_NO: its chain is broken;
 * EXIT_DATA: it is no archive.
 */
#ifndef LEDGERPIPE_AUDITCTL_ARCHIVE_H
#define LEDGERPIPE_AUDITCTL_ARCHIVE_H

#include "anchor.h"
#include "ledger.h"
#include "seal.h"

/* What archive_read found.  Zero it before, and archive_free it. */
struct archive {
	int64_t first, last;
	unsigned char before[LEDGER_HASH_BYTES]; /* what event first follows */
	unsigned char hash[LEDGER_HASH_BYTES];   /* of event last */
	unsigned char digest[SEAL_DIGEST_BYTES]; /* of the file */
	struct anchored *anchored; /* the events that anchors name */
	size_t count, capacity;
};

/* Which attempts go with the events up to ?1, of messages up to ?2. */
#define ATTEMPTS_OVER "EXISTS (SELECT 1 FROM messages m " \
    "WHERE m.id = attempts.message AND (m.state = 'sent' OR " \
    "m.state = 'cancelled' OR m.state = 'unchanged' OR m.state = 'merged')) " \
    "AND attempts.message <= ?2 AND NOT EXISTS (SELECT 1 FROM audit a " \
    "WHERE a.subject = CAST(attempts.message AS TEXT) AND a.seq > ?1 " \
    "AND a.event LIKE 'message.%')"

/* Write the part file, 0600, to the disk. */
int archive_write(struct ledger *ledger, const char *path,
    const struct seal *seal, struct error *error);
/* Give it its name; to undo that, archive_remove. */
int archive_publish(const char *path, struct error *error);
void archive_remove(const char *path);
/* Remove the part file, if any. */
void archive_abandon(const char *path);

/* Read a file and recompute its chain; part: that of archive_write. */
int archive_read(struct ledger *ledger, const char *path, bool part,
    struct archive *archive, struct error *error);
void archive_free(struct archive *archive);
/* Is it what the segment of this seal was?  seals has what is before it. */
int archive_compare(struct ledger *ledger, const struct archive *archive,
    const struct seals *seals, const struct seal *seal, struct error *error);

#endif
