/* SPDX-License-Identifier: MIT */
#include "ledger.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "ledger_keys.h"
#include "vault_part.h"

#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define NAME_MAX_BYTES 64

static int
check_name(const char *name, struct error *error)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_.");

	if (length == 0 || name[length] != '\0' || length > NAME_MAX_BYTES)
		return error_set(error, EXIT_USAGE, "'%.80s' can't name a "
		    "secret: use 1 to %d of a-z, 0-9, '_' and '.'", name,
		    NAME_MAX_BYTES);
	return 0;
}

/* Put one sealed row in, within the caller's transaction. */
static int
store(struct ledger *ledger, const char *name, const unsigned char *nonce,
    const unsigned char *sealed, size_t length, struct error *error)
{
	struct statement *statement;
	char now[CLOCK_TEXT];

	clock_now(now);
	if ((statement = db_prepare(ledger->db, "INSERT INTO vault (name, "
	    "key_id, nonce, ciphertext, created_at) "
	    "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (name) DO UPDATE SET "
	    "key_id = excluded.key_id, nonce = excluded.nonce, "
	    "ciphertext = excluded.ciphertext, "
	    "rotated_at = excluded.created_at", error)) == NULL)
		return -1;
	db_bind_text(statement, 1, name);
	db_bind_text(statement, 2, ledger->key_id);
	db_bind_bytes(statement, 3, nonce, NONCE_BYTES);
	db_bind_bytes(statement, 4, sealed, length);
	db_bind_text(statement, 5, now);
	return db_run(statement, error) == -1 ? -1 :
	    audit_append(ledger, "vault.set", name, NULL, error);
}

/* A fresh ciphertext of *length bytes, which the caller frees; NULL: no
 * memory. */
static unsigned char *
encrypt(const struct ledger *ledger, const struct vault_item *item,
    unsigned char nonce[NONCE_BYTES], size_t *length)
{
	unsigned char *sealed = malloc(item->length + TAG_BYTES);
	unsigned long long bytes = 0;

	if (sealed == NULL)
		return NULL;
	randombytes_buf(nonce, NONCE_BYTES);
	crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, &bytes,
	    (const unsigned char *)item->value, item->length,
	    (const unsigned char *)item->name, strlen(item->name), NULL,
	    nonce, ledger_key(ledger, KEY_VAULT));
	*length = (size_t)bytes;
	return sealed;
}

static int
seal(struct ledger *ledger, const struct vault_item *item,
    struct error *error)
{
	unsigned char nonce[NONCE_BYTES], *sealed;
	size_t length;
	int rc;

	if ((sealed = encrypt(ledger, item, nonce, &length)) == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	rc = store(ledger, item->name, nonce, sealed, length, error);
	free(sealed);
	return rc;
}

int
vault_put(struct ledger *ledger, const struct vault_item *items,
    size_t count, struct error *error)
{
	size_t i;

	if (ledger_keys_current(ledger, error) == -1)
		return -1;
	for (i = 0; i < count; i++)
		if (check_name(items[i].name, error) == -1 ||
		    seal(ledger, &items[i], error) == -1)
			return -1;
	return 0;
}

int
vault_set_all(struct ledger *ledger, const struct vault_item *items,
    size_t count, struct error *error)
{
	if (db_begin(ledger->db, error) == -1)
		return -1;
	if (vault_put(ledger, items, count, error) == 0 &&
	    db_commit(ledger->db, error) == 0)
		return 0;
	db_rollback(ledger->db);
	return -1;
}

int
vault_writable(struct ledger *ledger, struct error *error)
{
	if (db_begin(ledger->db, error) == -1)
		return -1;
	if (db_execute(ledger->db, "INSERT INTO vault (name, key_id, nonce, "
	    "ciphertext, created_at) VALUES ('', '', x'', zeroblob(4096), '');"
	    "DELETE FROM vault WHERE name = ''", error) == 0 &&
	    db_commit(ledger->db, error) == 0)
		return 0;
	db_rollback(ledger->db);
	return -1;
}

int
vault_set(struct ledger *ledger, const char *name, const char *value,
    size_t length, struct error *error)
{
	struct vault_item item = { name, value, length };

	return vault_set_all(ledger, &item, 1, error);
}

/* Open the row that the statement stands on into *secret. */
static int
unseal(struct ledger *ledger, const char *name, struct statement *statement,
    struct secret *secret, struct error *error)
{
	const void *nonce, *sealed;
	size_t nonce_length, length;

	nonce = db_bytes(statement, 0, &nonce_length);
	sealed = db_bytes(statement, 1, &length);
	if (nonce_length != NONCE_BYTES || length < TAG_BYTES)
		goto damaged;
	if (secret_new(secret, length - TAG_BYTES, error) == -1)
		return -1;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(
	    (unsigned char *)secret->text, NULL, NULL, sealed, length,
	    (const unsigned char *)name, strlen(name), nonce,
	    ledger_key(ledger, KEY_VAULT)) == 0)
		return 0;
	secret_free(secret);
damaged:
	return error_set(error, EXIT_DATA, "the vault's '%s' is damaged or "
	    "was sealed with another key: set it again by auditctl vault "
	    "set %s", name, name);
}

int
vault_get(struct ledger *ledger, const char *name, struct secret *secret,
    struct error *error)
{
	struct statement *statement;
	int rc;

	*secret = (struct secret){ 0 };
	if ((statement = db_prepare(ledger->db, "SELECT nonce, ciphertext "
	    "FROM vault WHERE name = ?1", error)) == NULL)
		return -1;
	db_bind_text(statement, 1, name);
	if ((rc = db_step(statement, error)) != 1)
		return rc == 0 ? 1 : -1;
	/* The row stands, and nothing changes beneath it. */
	if ((rc = ledger_keys_current(ledger, error)) == 0)
		rc = unseal(ledger, name, statement, secret, error);
	db_reset(statement);
	return rc;
}

int
vault_need(struct ledger *ledger, const char *name, struct secret *secret,
    struct error *error)
{
	int rc = vault_get(ledger, name, secret, error);

	return rc == 1 ? error_set(error, EXIT_NOAUTH, "the vault has no '%s': "
	    "set it with auditctl vault set %s", name, name) : rc;
}

int
vault_drop(struct ledger *ledger, const char *name, struct error *error)
{
	struct statement *statement;

	if ((statement = db_prepare(ledger->db, "DELETE FROM vault "
	    "WHERE name = ?1", error)) == NULL)
		return -1;
	db_bind_text(statement, 1, name);
	if (db_run(statement, error) == -1)
		return -1;
	if (db_changes(ledger->db) == 0)
		return 1;
	return audit_append(ledger, "vault.removed", name, NULL, error);
}

int
vault_remove(struct ledger *ledger, const char *name, struct error *error)
{
	int rc;

	if (db_begin(ledger->db, error) == -1)
		return -1;
	if ((rc = vault_drop(ledger, name, error)) != -1 &&
	    db_commit(ledger->db, error) == 0)
		return rc;
	db_rollback(ledger->db);
	return -1;
}

void
vault_copies_free(struct vault_copy *copies, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		free(copies[i].name);
		secret_free(&copies[i].value);
	}
	free(copies);
}

int
vault_copy_all(struct ledger *ledger, struct vault_copy **copies,
    size_t *count, struct error *error)
{
	struct statement *row;
	struct vault_copy *copy;
	int64_t rows;
	int rc;

	*copies = NULL;
	*count = 0;
	if (db_number(ledger->db, "SELECT count(*) FROM vault", NULL, &rows,
	    error) == -1)
		return -1;
	if ((*copies = calloc((size_t)rows + 1, sizeof(**copies))) == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	if ((row = db_prepare(ledger->db, "SELECT nonce, ciphertext, name "
	    "FROM vault ORDER BY name", error)) == NULL)
		goto fail;
	while ((rc = db_step(row, error)) == 1 && *count < (size_t)rows) {
		copy = &(*copies)[(*count)++];
		if ((copy->name = strdup(db_text(row, 2))) == NULL) {
			rc = error_set(error, EXIT_SYSTEM, "out of memory");
			break;
		}
		if ((rc = unseal(ledger, copy->name, row, &copy->value,
		    error)) == -1)
			break;
	}
	db_reset(row);
	if (rc == 0)
		return 0;
fail:
	vault_copies_free(*copies, *count);
	*copies = NULL;
	*count = 0;
	return -1;
}

/* The same secret: neither its age nor the audit log changes. */
static int
seal_again(struct ledger *ledger, const struct vault_copy *copy,
    struct error *error)
{
	const struct vault_item item = { copy->name, copy->value.text,
		copy->value.length };
	unsigned char nonce[NONCE_BYTES], *sealed;
	struct statement *row;
	size_t length;
	int rc = -1;

	if ((sealed = encrypt(ledger, &item, nonce, &length)) == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	if ((row = db_prepare(ledger->db, "UPDATE vault SET key_id = ?2, "
	    "nonce = ?3, ciphertext = ?4 WHERE name = ?1", error)) != NULL) {
		db_bind_text(row, 1, copy->name);
		db_bind_text(row, 2, ledger->key_id);
		db_bind_bytes(row, 3, nonce, NONCE_BYTES);
		db_bind_bytes(row, 4, sealed, length);
		rc = db_run(row, error);
	}
	free(sealed);
	return rc;
}

int
vault_seal_all(struct ledger *ledger, const struct vault_copy *copies,
    size_t count, struct error *error)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (seal_again(ledger, &copies[i], error) == -1)
			return -1;
	return 0;
}
