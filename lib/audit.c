/* SPDX-License-Identifier: MIT */
#include "ledger.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "audit_part.h"
#include "clock.h"
#include "ledger_keys.h"

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

void
audit_event_hash(const struct ledger *ledger, const struct audit_event *event,
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
	struct audit_event row = { .time = now, .actor = ledger->actor,
		.event = event, .subject = subject, .detail = detail };

	clock_now(now);
	if (read_head(ledger, error) == -1)
		return -1;
	row.sequence = ledger->head_sequence + 1;
	audit_event_hash(ledger, &row, ledger->head_hash, hash);
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
