/* SPDX-License-Identifier: MIT */
#include "record_body.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "ledger_keys.h"

#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define NAMES_MAX ((size_t)1 << 20)

/* The associated data: the names, each with its NUL, which none holds. */
static int
join(const struct record_name *name, struct buffer *out, struct error *error)
{
	buffer_append(out, name->stream, strlen(name->stream) + 1);
	buffer_append(out, name->record_id, strlen(name->record_id) + 1);
	buffer_append(out, name->record_version,
	    strlen(name->record_version) + 1);
	return out->failed ? error_set(error, EXIT_SYSTEM, "out of memory") :
	    0;
}

static struct statement *
prepare(struct ledger *ledger, const struct record_name *name,
    const char *sql, struct error *error)
{
	struct statement *row = db_prepare(ledger->db, sql, error);

	if (row != NULL) {
		db_bind_text(row, 1, name->stream);
		db_bind_text(row, 2, name->record_id);
		db_bind_text(row, 3, name->record_version);
	}
	return row;
}

static int
is_kept(struct ledger *ledger, const struct record_name *name,
    struct error *error)
{
	struct statement *row;
	int rc;

	if ((row = prepare(ledger, name, "SELECT 1 FROM record_bodies "
	    "WHERE stream = ?1 AND record_id = ?2 AND record_version = ?3",
	    error)) == NULL)
		return -1;
	rc = db_step(row, error);
	db_reset(row);
	return rc;
}

int
record_body_put(struct ledger *ledger, const struct record_name *name,
    const char *text, size_t length, const char *kept_at,
    struct error *error)
{
	unsigned char nonce[NONCE_BYTES], *sealed;
	unsigned long long bytes = 0;
	struct statement *row;
	struct buffer names;
	int rc;

	if ((rc = is_kept(ledger, name, error)) != 0)
		return rc == 1 ? 0 : -1;
	buffer_init(&names, NAMES_MAX);
	rc = -1;
	if ((sealed = malloc(length + TAG_BYTES)) == NULL) {
		error_set(error, EXIT_SYSTEM, "out of memory");
		goto out;
	}
	if (join(name, &names, error) == -1)
		goto out;
	randombytes_buf(nonce, sizeof(nonce));
	crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, &bytes,
	    (const unsigned char *)text, length,
	    (const unsigned char *)names.data, names.length, NULL, nonce,
	    ledger_key(ledger, KEY_RECORD));
	if ((row = prepare(ledger, name, "INSERT INTO record_bodies (stream, "
	    "record_id, record_version, kept_at, nonce, sealed) "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6)", error)) == NULL)
		goto out;
	db_bind_text(row, 4, kept_at);
	db_bind_bytes(row, 5, nonce, sizeof(nonce));
	db_bind_bytes(row, 6, sealed, (size_t)bytes);
	rc = db_run(row, error);
out:
	free(sealed);
	buffer_free(&names);
	return rc;
}

/* The row that the statement stands on, appended to *text. */
static int
unseal(struct ledger *ledger, const struct record_name *name,
    struct statement *row, struct buffer *text, struct error *error)
{
	const void *nonce, *sealed;
	size_t nonce_length, length;
	unsigned char *plain;
	struct buffer names;
	int rc = -1;

	nonce = db_bytes(row, 0, &nonce_length);
	sealed = db_bytes(row, 1, &length);
	buffer_init(&names, NAMES_MAX);
	if ((plain = malloc(length + 1)) == NULL) {
		error_set(error, EXIT_SYSTEM, "out of memory");
		goto out;
	}
	if (join(name, &names, error) == -1)
		goto out;
	if (nonce_length != NONCE_BYTES || length < TAG_BYTES ||
	    crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL,
	    sealed, length, (const unsigned char *)names.data, names.length,
	    nonce, ledger_key(ledger, KEY_RECORD)) != 0)
		error_set(error, EXIT_DATA, "the kept record %.100s of stream "
		    "%.100s is damaged, or was sealed with another key",
		    name->record_id, name->stream);
	else if (buffer_append(text, plain, length - TAG_BYTES) == -1)
		error_set(error, EXIT_SYSTEM, "out of memory");
	else
		rc = 1;
out:
	free(plain);
	buffer_free(&names);
	return rc;
}

int
record_body_get(struct ledger *ledger, const struct record_name *name,
    struct buffer *text, struct error *error)
{
	struct statement *row;
	int rc;

	if ((row = prepare(ledger, name, "SELECT nonce, sealed "
	    "FROM record_bodies WHERE stream = ?1 AND record_id = ?2 "
	    "AND record_version = ?3", error)) == NULL)
		return -1;
	if ((rc = db_step(row, error)) != 1)
		return rc;
	rc = unseal(ledger, name, row, text, error);
	db_reset(row);
	return rc;
}
