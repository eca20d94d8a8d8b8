/* SPDX-License-Identifier: MIT */
#include "ledger_keys_part.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define SEALED_BYTES (LEDGER_KEY_BYTES + \
    crypto_aead_xchacha20poly1305_ietf_ABYTES)
#define PARTS_MAX 10000 /* of the audit log, each with a key of its own */

const char *const ledger_key_names[LEDGER_KEYS] = {
	[KEY_VAULT] = "vault",
	[KEY_AUDIT] = "audit",
	[KEY_MESSAGE] = "message",
	[KEY_RECORD] = "record",
	[KEY_ANCHOR] = "anchor",
	[KEY_SEAL] = "seal",
};

static void
keys_free(struct ledger_keys *keys)
{
	if (keys == NULL)
		return;
	secret_free(&keys->seal);
	secret_free(&keys->current);
	secret_free(&keys->audit);
	free(keys->first_events);
	free(keys);
}

static unsigned char *
current(const struct ledger_keys *keys, enum ledger_purpose purpose)
{
	return (unsigned char *)keys->current.text +
	    purpose * LEDGER_KEY_BYTES;
}

static unsigned char *
part(const struct ledger_keys *keys, size_t number)
{
	return (unsigned char *)keys->audit.text + number * LEDGER_KEY_BYTES;
}

static int
derive(unsigned char *key, const char *context, const struct master *master,
    struct error *error)
{
	return crypto_kdf_derive_from_key(key, LEDGER_KEY_BYTES, 1, context,
	    (const unsigned char *)master->key.text) == 0 ? 0 :
	    error_set(error, EXIT_BUG, "cannot derive a key");
}

int
ledger_key_seal(struct secret *seal, const struct master *master,
    struct error *error)
{
	return secret_new(seal, LEDGER_KEY_BYTES, error) == -1 ? -1 :
	    derive((unsigned char *)seal->text, "lpseal__", master, error);
}

/* With room for so many parts of the log. */
static struct ledger_keys *
keys_new(const struct master *master, size_t room, struct error *error)
{
	struct ledger_keys *keys = calloc(1, sizeof(*keys));

	if (keys == NULL || (keys->first_events = calloc(room,
	    sizeof(*keys->first_events))) == NULL)
		error_set(error, EXIT_SYSTEM, "out of memory");
	else if (ledger_key_seal(&keys->seal, master, error) == 0 &&
	    secret_new(&keys->current, LEDGER_KEYS * LEDGER_KEY_BYTES,
	    error) == 0 && secret_new(&keys->audit, room * LEDGER_KEY_BYTES,
	    error) == 0) {
		keys->room = room;
		return keys;
	}
	keys_free(keys);
	return NULL;
}

static void
adopt(struct ledger *ledger, struct ledger_keys *keys, const char *id)
{
	keys_free(ledger->keys);
	ledger->keys = keys;
	memcpy(ledger->key_id, id, MASTER_ID_MAX);
}

int
ledger_keys_derive(struct ledger *ledger, const struct master *master,
    struct error *error)
{
	static const char *const contexts[LEDGER_KEYS] = {
		[KEY_VAULT] = "lpvault_",
		[KEY_AUDIT] = "lpaudit_",
		[KEY_MESSAGE] = "lpmsgkey",
		[KEY_RECORD] = "lprecord",
		[KEY_ANCHOR] = "lpanchor",
		[KEY_SEAL] = "lpauseal",
	};
	struct ledger_keys *keys = keys_new(master, 1, error);
	int i;

	if (keys == NULL)
		return -1;
	for (i = 0; i < LEDGER_KEYS; i++)
		if (derive(current(keys, i), contexts[i], master,
		    error) == -1) {
			keys_free(keys);
			return -1;
		}
	keys->parts = 1;
	keys->first_events[0] = 1;
	memcpy(part(keys, 0), current(keys, KEY_AUDIT), LEDGER_KEY_BYTES);
	adopt(ledger, keys, master->id);
	return 0;
}

int
ledger_key_row_name(char out[KEY_NAME_MAX], const char *purpose,
    int64_t first_event)
{
	return snprintf(out, KEY_NAME_MAX, "%.16s:%lld", purpose,
	    (long long)first_event);
}

/* Take in the row of the statement; they come in the order of first events. */
static int
load_row(struct ledger_keys *keys, struct statement *row, struct error *error)
{
	const char *purpose = db_text(row, 0);
	int64_t first_event = db_int(row, 1);
	size_t nonce_bytes, bytes;
	const void *nonce = db_bytes(row, 2, &nonce_bytes);
	const void *sealed = db_bytes(row, 3, &bytes);
	char name[KEY_NAME_MAX];
	int length, i = 0;

	while (i < LEDGER_KEYS && strcmp(ledger_key_names[i], purpose) != 0)
		i++;
	length = ledger_key_row_name(name, purpose, first_event);
	if (i == LEDGER_KEYS || nonce_bytes != NONCE_BYTES ||
	    bytes != SEALED_BYTES || keys->parts == keys->room ||
	    crypto_aead_xchacha20poly1305_ietf_decrypt(current(keys, i), NULL,
	    NULL, sealed, bytes, (const unsigned char *)name,
	    (unsigned long long)length, nonce,
	    (const unsigned char *)keys->seal.text) != 0)
		return error_set(error, EXIT_DATA, "the ledger's key '%s' is "
		    "damaged: restore the ledger from a backup", name);
	if (i == KEY_AUDIT) {
		keys->first_events[keys->parts] = first_event;
		memcpy(part(keys, keys->parts++), current(keys, i),
		    LEDGER_KEY_BYTES);
	}
	return 1 << i;
}

static int
load_rows(struct ledger *ledger, struct ledger_keys *keys, const char *id,
    struct error *error)
{
	struct statement *row;
	int rc, kind, seen = 0;

	if ((row = db_prepare(ledger->db, "SELECT purpose, first_event, nonce, "
	    "sealed FROM keys WHERE key_id = ?1 ORDER BY first_event",
	    error)) == NULL)
		return -1;
	db_bind_text(row, 1, id);
	while ((rc = db_step(row, error)) == 1) {
		if ((kind = load_row(keys, row, error)) == -1) {
			db_reset(row);
			return -1;
		}
		seen |= kind;
	}
	if (rc == 0 && seen != (1 << LEDGER_KEYS) - 1)
		return error_set(error, EXIT_DATA, "some of the ledger's keys "
		    "are missing: restore the ledger from a backup");
	return rc;
}

static int
count_rows(struct ledger *ledger, const char *id, int64_t *count,
    struct error *error)
{
	return db_number(ledger->db, id == NULL ? "SELECT count(*) FROM keys" :
	    "SELECT count(*) FROM keys WHERE key_id = ?1", id, count, error);
}

/* The key that began the log is the master key until there is another. */
static int
began_with(struct ledger *ledger, const char *path, char id[MASTER_ID_MAX],
    struct error *error)
{
	struct statement *row;
	int rc;

	if ((row = db_prepare(ledger->db, "SELECT subject FROM audit "
	    "WHERE seq = 1", error)) == NULL ||
	    (rc = db_step(row, error)) == -1)
		return -1;
	if (rc == 0)
		return error_set(error, EXIT_NOINPUT, "the ledger '%s' lacks "
		    "the first event of its audit log: it was tampered with; "
		    "compare it with a backup", path);
	snprintf(id, MASTER_ID_MAX, "%s", db_text(row, 0));
	db_reset(row);
	return 0;
}

/* 1: this master key isn't one of the ledger's; id is the one that is. */
static int
load(struct ledger *ledger, const char *path, const struct master *master,
    bool table, char id[MASTER_ID_MAX], struct error *error)
{
	struct ledger_keys *keys;
	int64_t rows = 0, mine = 0;

	if (table && (count_rows(ledger, NULL, &rows, error) == -1 ||
	    count_rows(ledger, master->id, &mine, error) == -1))
		return -1;
	if (rows == 0) {
		if (began_with(ledger, path, id, error) == -1)
			return -1;
		return strcmp(id, master->id) != 0 ? 1 :
		    ledger_keys_derive(ledger, master, error);
	}
	if (mine == 0) {
		struct statement *row = db_prepare(ledger->db, "SELECT key_id "
		    "FROM keys ORDER BY master DESC LIMIT 1", error);

		if (row == NULL || db_step(row, error) == -1)
			return -1;
		snprintf(id, MASTER_ID_MAX, "%s", db_text(row, 0));
		db_reset(row);
		return 1;
	}
	if (mine > PARTS_MAX)
		return error_set(error, EXIT_DATA, "the ledger has too many "
		    "keys: restore it from a backup");
	if ((keys = keys_new(master, (size_t)mine, error)) == NULL)
		return -1;
	if (load_rows(ledger, keys, master->id, error) == -1) {
		keys_free(keys);
		return -1;
	}
	adopt(ledger, keys, master->id);
	return 0;
}

/* From one source; 1: that gives no key of this ledger (*error says why). */
static int
load_from(struct ledger *ledger, const char *path, const char *source,
    struct secret *passphrase, bool ask, bool table, struct error *error)
{
	struct master master;
	char id[MASTER_ID_MAX];
	int rc;

	if (master_load(&master, source, passphrase, ask, error) == -1)
		return error->code == EXIT_CONFIG || error->code == EXIT_NOINPUT ||
		    error->code == EXIT_NOAUTH ? 1 : -1;
	rc = load(ledger, path, &master, table, id, error);
	if (rc == 1)
		error_set(error, EXIT_NOAUTH, "the key in '%s' (%s) is not the "
		    "key of the ledger '%s' (%s): give the key file it was "
		    "made with", source, master.id, path, id);
	master_free(&master);
	return rc;
}

int
ledger_keys_open(struct ledger *ledger, const char *path, bool table,
    struct error *error)
{
	struct secret passphrase = { 0 };
	char old[MASTER_PATH_MAX];
	struct error ignored;
	int rc;

	rc = load_from(ledger, path, ledger->key_file, &passphrase, true,
	    table, error);
	/* Who still gives the old passphrase, or has an old ledger. */
	if (rc == 1 && master_beside(ledger->key_file, ".old", old,
	    &ignored) == 0 && access(old, F_OK) == 0)
		rc = load_from(ledger, path, old, &passphrase, true, table,
		    &ignored);
	secret_free(&passphrase);
	return rc == 0 ? 0 : -1;
}

int
ledger_keys_current(struct ledger *ledger, struct error *error)
{
	struct ledger_keys *keys = ledger->keys;
	struct secret passphrase = { 0 };
	struct error why;
	int64_t latest;
	int rc;

	if (db_number(ledger->db, "SELECT coalesce(max(first_event), 1) "
	    "FROM keys WHERE purpose = 'audit'", NULL, &latest, error) == -1)
		return -1;
	if (latest == keys->first_events[keys->parts - 1])
		return 0;
	rc = load_from(ledger, "", ledger->key_file, &passphrase, false, true,
	    &why);
	secret_free(&passphrase);
	return rc == 0 ? 0 : error_set(error, EXIT_TEMPFAIL, "the ledger has "
	    "another master key since this was started: start it again (%s)",
	    why.message);
}

void
ledger_keys_close(struct ledger *ledger)
{
	keys_free(ledger->keys);
	ledger->keys = NULL;
}

const unsigned char *
ledger_key(const struct ledger *ledger, enum ledger_purpose purpose)
{
	return current(ledger->keys, purpose);
}

const unsigned char *
ledger_audit_key(const struct ledger *ledger, int64_t sequence)
{
	const struct ledger_keys *keys = ledger->keys;
	size_t i = keys->parts - 1;

	while (i > 0 && keys->first_events[i] > sequence)
		i--;
	return part(keys, i);
}
