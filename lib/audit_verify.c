/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "audit_part.h"
#include "ledger_keys.h"
#include "seal.h"

/* How far the log was read. */
struct walk {
	struct ledger *ledger;
	struct seals seals;
	bool told; /* the event of the latest seal was there */
	int64_t sequence;
	unsigned char previous[LEDGER_HASH_BYTES];
};

static bool
same(struct statement *row, int column,
    const unsigned char hash[LEDGER_HASH_BYTES])
{
	size_t count;
	const void *bytes = db_bytes(row, column, &count);

	return bytes != NULL && count == LEDGER_HASH_BYTES &&
	    memcmp(bytes, hash, LEDGER_HASH_BYTES) == 0;
}

/* strlen is all of each text: nothing is hidden behind a NUL. */
static bool
whole_texts(struct statement *row)
{
	const char *text;
	size_t count;
	int column;

	for (column = 1; column <= 5; column++) {
		text = db_text(row, column);
		if (text == NULL)
			continue;
		db_bytes(row, column, &count);
		if (strlen(text) != count)
			return false;
	}
	return true;
}

/* Events before this one are not there.  1: nor were they sealed. */
static int
pass_gap(struct walk *walk, struct statement *row, int64_t sequence,
    struct error *error)
{
	const struct seal *latest = seals_latest(&walk->seals), *ending;
	const void *bytes;
	size_t count;

	if (latest == NULL || walk->sequence + 1 != SEAL_FIRST_EVENT ||
	    sequence > latest->last + 1) {
		if (latest != NULL && walk->sequence + 1 == SEAL_FIRST_EVENT)
			walk->sequence = latest->last;
		error_set(error, EXIT_NO, "events %lld to %lld are missing",
		    (long long)walk->sequence + 1, (long long)sequence - 1);
		return 1;
	}
	if ((ending = seals_ending(&walk->seals, sequence - 1)) != NULL) {
		memcpy(walk->previous, ending->hash, sizeof(ending->hash));
		return 0;
	}
	/* They are being removed.  What this one follows isn't there any more;
	 * that it is genuine the end of the segment shows. */
	bytes = db_bytes(row, 6, &count);
	if (bytes != NULL && count == sizeof(walk->previous))
		memcpy(walk->previous, bytes, count);
	return 0;
}

/* What a seal, or the event of one, has to do with this event. */
static int
compare_seals(struct walk *walk, const struct audit_event *event,
    struct error *error)
{
	const struct seal *ending = seals_ending(&walk->seals,
	    event->sequence);
	size_t i;

	if (ending != NULL && memcmp(ending->hash, walk->previous,
	    sizeof(ending->hash)) != 0) {
		error_set(error, EXIT_NO, "event %lld is not the one that was "
		    "sealed", (long long)event->sequence);
		return 1;
	}
	if (strcmp(event->event, "audit.sealed") != 0)
		return 0;
	for (i = walk->seals.count; i-- > 0; )
		if (seal_told(&walk->seals.list[i], event->detail))
			break;
	if (i + 1 == 0) {
		error_set(error, EXIT_NO, "the seal that event %lld tells of "
		    "is missing, or is not what was written",
		    (long long)event->sequence);
		return 1;
	}
	walk->told |= i + 1 == walk->seals.count;
	return 0;
}

static int
take_event(struct walk *walk, struct statement *row, struct error *error)
{
	struct audit_event event = { db_int(row, 0), db_text(row, 1),
		db_text(row, 2), db_text(row, 3), db_text(row, 4),
		db_text(row, 5) };
	unsigned char hash[LEDGER_HASH_BYTES];

	if (event.sequence < 1) {
		error_set(error, EXIT_NO, "an event with the number %lld was "
		    "put in", (long long)event.sequence);
		return 1;
	}
	if (event.sequence != walk->sequence + 1 &&
	    pass_gap(walk, row, event.sequence, error) == 1)
		return 1;
	walk->sequence = event.sequence;
	if (!db_int(row, 8) || !whole_texts(row)) {
		error_set(error, EXIT_NO, "event %lld holds what no event can "
		    "hold: a value of another type, or a NUL in a text",
		    (long long)event.sequence);
		return 1;
	}
	audit_event_hash(walk->ledger, &event, walk->previous, hash);
	if (!same(row, 6, walk->previous) || !same(row, 7, hash)) {
		error_set(error, EXIT_NO, "event %lld is not what was written",
		    (long long)event.sequence);
		return 1;
	}
	memcpy(walk->previous, hash, sizeof(hash));
	return compare_seals(walk, &event, error);
}

/* Does the log go on behind the latest seal, with the word of it? */
static int
take_end(struct walk *walk, struct error *error)
{
	const struct seal *latest = seals_latest(&walk->seals);

	if (walk->sequence == 0)
		error_set(error, EXIT_NO, "it is empty");
	else if (latest != NULL && walk->sequence <= latest->last)
		error_set(error, EXIT_NO, "it ends at event %lld, and events "
		    "up to %lld were sealed", (long long)walk->sequence,
		    (long long)latest->last);
	else if (latest != NULL && !walk->told)
		error_set(error, EXIT_NO, "no event tells of the seal of "
		    "events %lld to %lld", (long long)latest->first,
		    (long long)latest->last);
	else
		return 0;
	return 1;
}

int
audit_verify(struct ledger *ledger, int64_t *sequence, struct error *error)
{
	struct walk walk = { .ledger = ledger };
	struct statement *row;
	bool begun = false;
	int rc;

	*sequence = 0;
	if ((row = db_prepare(ledger->db, "SELECT seq, time, actor, "
	    "event, subject, detail, previous, hash, typeof(seq) = 'integer' "
	    "AND typeof(time) = 'text' AND typeof(actor) = 'text' "
	    "AND typeof(event) = 'text' AND typeof(subject) = 'text' "
	    "AND (detail IS NULL OR typeof(detail) = 'text') "
	    "AND typeof(previous) = 'blob' AND typeof(hash) = 'blob' "
	    "FROM audit ORDER BY seq", error)) == NULL)
		return -1;
	while ((rc = db_step(row, error)) == 1) {
		/* The keys and seals of the log that this reading sees. */
		if (!begun && (ledger_keys_current(ledger, error) == -1 ||
		    (rc = seals_load(ledger, &walk.seals, error)) == -1))
			rc = -1;
		else if (begun || rc == 0)
			rc = take_event(&walk, row, error);
		begun = true;
		if (rc != 0)
			break;
	}
	db_reset(row);
	if (rc == 0)
		rc = take_end(&walk, error);
	*sequence = walk.sequence;
	seals_free(&walk.seals);
	return rc;
}
