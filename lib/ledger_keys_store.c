/* SPDX-License-Identifier: MIT */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "ledger_keys_part.h"

#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES

/* Whose rows are written. */
struct owner {
	int64_t number;
	const char *id;
	const struct secret *seal;
};

static int
store(struct ledger *ledger, const struct owner *owner,
    enum ledger_purpose purpose, int64_t first_event,
    const unsigned char *key, struct error *error)
{
	unsigned char nonce[NONCE_BYTES], sealed[LEDGER_KEY_BYTES + TAG_BYTES];
	const char *name = ledger_key_names[purpose];
	struct statement *row;
	char bound[KEY_NAME_MAX];
	int length = ledger_key_row_name(bound, name, first_event);

	randombytes_buf(nonce, sizeof(nonce));
	crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, NULL, key,
	    LEDGER_KEY_BYTES, (const unsigned char *)bound,
	    (unsigned long long)length, NULL, nonce,
	    (const unsigned char *)owner->seal->text);
	if ((row = db_prepare(ledger->db, "INSERT INTO keys (master, key_id, "
	    "purpose, first_event, nonce, sealed) "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6)", error)) == NULL)
		return -1;
	db_bind_int(row, 1, owner->number);
	db_bind_text(row, 2, owner->id);
	db_bind_text(row, 3, name);
	db_bind_int(row, 4, first_event);
	db_bind_bytes(row, 5, nonce, sizeof(nonce));
	db_bind_bytes(row, 6, sealed, sizeof(sealed));
	return db_run(row, error);
}

/* All that are loaded.  The vault's is as old as the last part of the log. */
static int
store_all(struct ledger *ledger, const struct owner *owner,
    struct error *error)
{
	const struct ledger_keys *keys = ledger->keys;
	int64_t latest = keys->first_events[keys->parts - 1];
	size_t i;
	int purpose;

	for (purpose = 0; purpose < LEDGER_KEYS; purpose++)
		if (purpose != KEY_AUDIT && store(ledger, owner, purpose,
		    purpose == KEY_VAULT ? latest : 1, ledger_key(ledger,
		    purpose), error) == -1)
			return -1;
	for (i = 0; i < keys->parts; i++)
		if (store(ledger, owner, KEY_AUDIT, keys->first_events[i],
		    ledger_audit_key(ledger, keys->first_events[i]),
		    error) == -1)
			return -1;
	return 0;
}

int
ledger_keys_share(struct ledger *ledger, int64_t number,
    const struct master *master, struct error *error)
{
	struct secret seal = { 0 };
	struct owner first = { 1, ledger->key_id, &ledger->keys->seal };
	struct owner next = { number, master->id, &seal };
	int rc = -1;

	/* Until now they were derived. */
	if (number == 2 && store_all(ledger, &first, error) == -1)
		return -1;
	if (ledger_key_seal(&seal, master, error) == 0)
		rc = store_all(ledger, &next, error);
	secret_free(&seal);
	return rc;
}

/* Another part of the log begins; its key and the vault's are random. */
static int
begin_part(struct ledger_keys *keys, int64_t first_event, struct error *error)
{
	size_t bytes = keys->parts * LEDGER_KEY_BYTES;
	int64_t *first_events;
	struct secret audit;

	if ((first_events = realloc(keys->first_events, (keys->parts + 1) *
	    sizeof(*first_events))) == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	keys->first_events = first_events;
	if (secret_new(&audit, bytes + LEDGER_KEY_BYTES, error) == -1)
		return -1;
	memcpy(audit.text, keys->audit.text, bytes);
	randombytes_buf(audit.text + bytes, LEDGER_KEY_BYTES);
	memcpy(keys->current.text + KEY_AUDIT * LEDGER_KEY_BYTES,
	    audit.text + bytes, LEDGER_KEY_BYTES);
	randombytes_buf(keys->current.text + KEY_VAULT * LEDGER_KEY_BYTES,
	    LEDGER_KEY_BYTES);
	secret_free(&keys->audit);
	keys->audit = audit;
	keys->first_events[keys->parts++] = first_event;
	keys->room = keys->parts;
	return 0;
}

/* The number of the key that is loaded; the rows of no other stay, nor the
 * vault's key. */
static int
forget_others(struct ledger *ledger, int64_t *number, struct error *error)
{
	struct statement *row;

	if (db_number(ledger->db, "SELECT max(master) FROM keys "
	    "WHERE key_id = ?1", ledger->key_id, number, error) == -1 ||
	    (row = db_prepare(ledger->db, "DELETE FROM keys "
	    "WHERE key_id <> ?1 OR purpose = 'vault'", error)) == NULL)
		return -1;
	db_bind_text(row, 1, ledger->key_id);
	return db_run(row, error);
}

int
ledger_keys_retire(struct ledger *ledger, int64_t next_event,
    struct error *error)
{
	struct owner owner = { 0, ledger->key_id, &ledger->keys->seal };

	return forget_others(ledger, &owner.number, error) == -1 ||
	    begin_part(ledger->keys, next_event, error) == -1 ||
	    store(ledger, &owner, KEY_VAULT, next_event, ledger_key(ledger,
	    KEY_VAULT), error) == -1 ? -1 : store(ledger, &owner, KEY_AUDIT,
	    next_event, ledger_key(ledger, KEY_AUDIT), error);
}
