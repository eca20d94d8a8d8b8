/* SPDX-License-Identifier: MIT */
#include "ledger.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "ledger_keys.h"

struct event {
	int64_t sequence;
	const char *time, *actor, *event, *subject, *detail;
};

/* Each field goes in with its length, so that no two events run together;
 * a detail that is NULL differs from an empty one. */
static void
add(crypto_generichash_state *state, const char *text)
{
	uint64_t length = text != NULL ? strlen(text) : UINT64_MAX;
	unsigned char bytes[8];
	int i;

	for (i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(length >> (8 * i));
	crypto_generichash_update(state, bytes, sizeof(bytes));
	if (text != NULL)
		crypto_generichash_update(state, (const unsigned char *)text,
		    length);
}

static void
event_hash(const struct ledger *ledger, const struct event *event,
    const unsigned char previous[LEDGER_HASH_BYTES],
    unsigned char hash[LEDGER_HASH_BYTES])
{
	unsigned char bytes[8];
	crypto_generichash_state state;
	int i;

	for (i = 0; i < 8; i++)
		bytes[i] = (unsigned char)((uint64_t)event->sequence >> (8 * i));
	crypto_generichash_init(&state, ledger_audit_key(ledger,
	    event->sequence), LEDGER_KEY_BYTES, LEDGER_HASH_BYTES);
	crypto_generichash_update(&state, previous, LEDGER_HASH_BYTES);
	crypto_generichash_update(&state, bytes, sizeof(bytes));
	add(&state, event->time);
	add(&state, event->actor);
	add(&state, event->event);
	add(&state, event->subject);
	add(&state, event->detail);
	crypto_generichash_final(&state, hash, LEDGER_HASH_BYTES);
}

/* The head of the chain: zeros and sequence 0 before the first event.  Nobody
 * else adds to it while our transaction is open. */
static int
read_head(struct ledger *ledger, struct error *error)
{
	uint64_t transaction = db_transaction(ledger->db);
	struct statement *statement;
	const void *bytes;
	size_t count;
	int rc;

	if (transaction != 0 && ledger->head_transaction == transaction)
		return 0;
	if (ledger_keys_current(ledger, error) == -1)
		return -1;
	ledger->head_sequence = 0;
	memset(ledger->head_hash, 0, LEDGER_HASH_BYTES);
	if ((statement = db_prepare(ledger->db, "SELECT seq, hash FROM audit "
	    "ORDER BY seq DESC LIMIT 1", error)) == NULL)
		return -1;
	if ((rc = db_step(statement, error)) == -1)
		return -1;
	ledger->head_transaction = transaction;
	if (rc == 0)
		return 0;
	ledger->head_sequence = db_int(statement, 0);
	bytes = db_bytes(statement, 1, &count);
	if (bytes == NULL || count != LEDGER_HASH_BYTES) {
		db_reset(statement);
		ledger->head_transaction = 0;
		return error_set(error, EXIT_DATA,
		    "the audit log is damaged at event %lld: run auditctl "
		    "check", (long long)ledger->head_sequence);
	}
	memcpy(ledger->head_hash, bytes, LEDGER_HASH_BYTES);
	db_reset(statement);
	return 0;
}

int
audit_append(struct ledger *ledger, const char *event, const char *subject,
    const char *detail, struct error *error)
{
	unsigned char hash[LEDGER_HASH_BYTES];
	struct statement *statement;
	char now[CLOCK_TEXT];
	struct event row = { .time = now, .actor = ledger->actor,
		.event = event, .subject = subject, .detail = detail };

	clock_now(now);
	if (read_head(ledger, error) == -1)
		return -1;
	row.sequence = ledger->head_sequence + 1;
	event_hash(ledger, &row, ledger->head_hash, hash);
	if ((statement = db_prepare(ledger->db, "INSERT INTO audit (seq, time, "
	    "actor, event, subject, detail, previous, hash) "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", error)) == NULL)
		return -1;
	db_bind_int(statement, 1, row.sequence);
	db_bind_text(statement, 2, row.time);
	db_bind_text(statement, 3, row.actor);
	db_bind_text(statement, 4, row.event);
	db_bind_text(statement, 5, row.subject);
	db_bind_text(statement, 6, row.detail);
	db_bind_bytes(statement, 7, ledger->head_hash, LEDGER_HASH_BYTES);
	db_bind_bytes(statement, 8, hash, sizeof(hash));
	if (db_run(statement, error) == -1)
		return -1;
	ledger->head_sequence = row.sequence;
	memcpy(ledger->head_hash, hash, sizeof(hash));
	return 0;
}

int
audit_message(struct ledger *ledger, const char *event, int64_t id,
    const char *detail, struct error *error)
{
	char subject[32];

	snprintf(subject, sizeof(subject), "%lld", (long long)id);
	return audit_append(ledger, event, subject, detail, error);
}

static int
same(struct statement *statement, int column,
    const unsigned char hash[LEDGER_HASH_BYTES])
{
	size_t count;
	const void *bytes = db_bytes(statement, column, &count);

	return bytes != NULL && count == LEDGER_HASH_BYTES &&
	    memcmp(bytes, hash, LEDGER_HASH_BYTES) == 0;
}

/* strlen is all of each text: nothing is hidden behind a NUL. */
static bool
whole_texts(struct statement *statement)
{
	const char *text;
	size_t count;
	int column;

	for (column = 1; column <= 5; column++) {
		text = db_text(statement, column);
		if (text == NULL)
			continue;
		db_bytes(statement, column, &count);
		if (strlen(text) != count)
			return false;
	}
	return true;
}

int
audit_verify(struct ledger *ledger, int64_t *sequence, struct error *error)
{
	unsigned char previous[LEDGER_HASH_BYTES] = { 0 };
	unsigned char hash[LEDGER_HASH_BYTES];
	struct statement *statement;
	struct event row;
	int rc;

	*sequence = 0;
	if ((statement = db_prepare(ledger->db, "SELECT seq, time, actor, "
	    "event, subject, detail, previous, hash, typeof(seq) = 'integer' "
	    "AND typeof(time) = 'text' AND typeof(actor) = 'text' "
	    "AND typeof(event) = 'text' AND typeof(subject) = 'text' "
	    "AND (detail IS NULL OR typeof(detail) = 'text') "
	    "AND typeof(previous) = 'blob' AND typeof(hash) = 'blob' "
	    "FROM audit ORDER BY seq", error)) == NULL)
		return -1;
	while ((rc = db_step(statement, error)) == 1) {
		/* The keys of the log that this reading sees. */
		if (*sequence == 0 && ledger_keys_current(ledger, error) ==
		    -1) {
			db_reset(statement);
			return -1;
		}
		row = (struct event){ db_int(statement, 0),
			db_text(statement, 1), db_text(statement, 2),
			db_text(statement, 3), db_text(statement, 4),
			db_text(statement, 5) };
		if (row.sequence < 1) {
			error_set(error, EXIT_NO, "an event with the number "
			    "%lld was put in", (long long)row.sequence);
			goto broken;
		}
		if (row.sequence != *sequence + 1) {
			error_set(error, EXIT_NO, "events %lld to %lld are "
			    "missing", (long long)*sequence + 1,
			    (long long)row.sequence - 1);
			goto broken;
		}
		*sequence = row.sequence;
		if (!db_int(statement, 8) || !whole_texts(statement)) {
			error_set(error, EXIT_NO, "event %lld holds what no "
			    "event can hold: a value of another type, or a NUL "
			    "in a text", (long long)row.sequence);
			goto broken;
		}
		event_hash(ledger, &row, previous, hash);
		if (!same(statement, 6, previous) || !same(statement, 7, hash)) {
			error_set(error, EXIT_NO, "event %lld is not what was "
			    "written", (long long)row.sequence);
			goto broken;
		}
		memcpy(previous, hash, sizeof(previous));
	}
	return rc;
broken:
	db_reset(statement);
	return 1;
}
