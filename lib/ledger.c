/* SPDX-License-Identifier: MIT */
#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "ledger_keys.h"

static const char schema[] =
#include "schema.h"
    ;

static int
key_file_create(const char *path, struct error *error)
{
	unsigned char key[LEDGER_KEY_BYTES];
	char hex[LEDGER_KEY_BYTES * 2 + 1];
	int fd, rc = -1;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		return error_errno(error, EXIT_CANTCREATE,
		    "cannot create the key file '%s'", path);
	randombytes_buf(key, sizeof(key));
	sodium_bin2hex(hex, sizeof(hex), key, sizeof(key));
	hex[sizeof(hex) - 1] = '\n';
	if (write(fd, hex, sizeof(hex)) == (ssize_t)sizeof(hex) &&
	    fsync(fd) == 0)
		rc = 0;
	else {
		error_errno(error, EXIT_IO, "cannot write the key file '%s'",
		    path);
		unlink(path);
	}
	sodium_memzero(key, sizeof(key));
	sodium_memzero(hex, sizeof(hex));
	close(fd);
	return rc;
}

static int
derive_keys(struct ledger *ledger, struct error *error)
{
	static const char *const contexts[LEDGER_KEYS] = {
		[KEY_VAULT] = "lpvault_",
		[KEY_AUDIT] = "lpaudit_",
		[KEY_MESSAGE] = "lpmsgkey",
		[KEY_RECORD] = "lprecord",
		[KEY_ANCHOR] = "lpanchor",
	};
	size_t i;

	if (secret_new(&ledger->keys, LEDGER_KEYS * LEDGER_KEY_BYTES,
	    error) == -1)
		return -1;
	for (i = 0; i < LEDGER_KEYS; i++)
		if (crypto_kdf_derive_from_key((unsigned char *)
		    ledger->keys.text + i * LEDGER_KEY_BYTES, LEDGER_KEY_BYTES,
		    1, contexts[i], (const unsigned char *)
		    ledger->master.text) != 0)
			return error_set(error, EXIT_BUG,
			    "cannot derive a key");
	return 0;
}

static int
key_load(struct ledger *ledger, const char *path, struct error *error)
{
	struct secret hex = { 0 };
	unsigned char digest[crypto_generichash_BYTES];
	size_t length = 0;
	int rc = -1;

	if (secret_read_file(&hex, path, error) == -1)
		return -1;
	if (secret_new(&ledger->master, LEDGER_KEY_BYTES, error) == -1)
		goto out;
	if (hex.length != LEDGER_KEY_BYTES * 2 ||
	    sodium_hex2bin((unsigned char *)ledger->master.text,
	    LEDGER_KEY_BYTES, hex.text, hex.length, NULL, &length, NULL) != 0 ||
	    length != LEDGER_KEY_BYTES) {
		error_set(error, EXIT_CONFIG, "the key file '%s' does not hold "
		    "%d hex digits", path, LEDGER_KEY_BYTES * 2);
		goto out;
	}
	crypto_generichash(digest, sizeof(digest),
	    (unsigned char *)ledger->master.text, LEDGER_KEY_BYTES,
	    (const unsigned char *)"key id", 6);
	sodium_bin2hex(ledger->key_id, sizeof(ledger->key_id), digest, 8);
	rc = derive_keys(ledger, error);
out:
	secret_free(&hex);
	return rc;
}

const unsigned char *
ledger_key(const struct ledger *ledger, enum ledger_purpose purpose)
{
	return (const unsigned char *)ledger->keys.text +
	    purpose * LEDGER_KEY_BYTES;
}

const unsigned char *
ledger_audit_key(const struct ledger *ledger, int64_t sequence)
{
	(void)sequence; /* one key hashes them all */
	return ledger_key(ledger, KEY_AUDIT);
}

/* user_version is set in the transaction that makes the tables. */
static int
fill(struct ledger *ledger, struct error *error)
{
	char version[64];

	snprintf(version, sizeof(version), "PRAGMA user_version = %d",
	    LEDGER_SCHEMA_VERSION);
	if (db_begin(ledger->db, error) == -1)
		return -1;
	if (db_execute(ledger->db, schema, error) == -1 ||
	    db_execute(ledger->db, version, error) == -1 ||
	    audit_append(ledger, "ledger.created", ledger->key_id, NULL,
	    error) == -1 || db_commit(ledger->db, error) == -1) {
		db_rollback(ledger->db);
		return -1;
	}
	return 0;
}

int
ledger_create(const char *path, const char *key_file, const char *actor,
    struct error *error)
{
	struct ledger ledger = { .actor = actor };
	int made_key = 0, rc = -1;

	if (access(path, F_OK) == 0)
		return error_set(error, EXIT_CANTCREATE, "the ledger '%s' "
		    "exists already: it is left as it is", path);
	if (access(key_file, F_OK) == -1 && errno == ENOENT) {
		if (key_file_create(key_file, error) == -1)
			return -1;
		made_key = 1;
	}
	if (key_load(&ledger, key_file, error) == -1)
		goto out;
	if ((ledger.db = db_open(path, DB_CREATE, error)) == NULL)
		goto out;
	if ((rc = fill(&ledger, error)) == -1)
		unlink(path);
out:
	if (rc == -1 && made_key)
		unlink(key_file);
	ledger_close(&ledger);
	return rc;
}

/* From each version to the next. */
static const char *const migrations[LEDGER_SCHEMA_VERSION] = {
	[1] = "ALTER TABLE messages ADD COLUMN method TEXT NOT NULL "
	    "DEFAULT 'post' CHECK (method = 'post' OR method = 'edit' "
	    "OR method = 'repost');"
	    "DROP INDEX messages_waiting;"
	    "CREATE INDEX messages_waiting ON messages (channel, id) WHERE "
	    "state = 'queued' OR state = 'sending' OR state = 'in_doubt';"
	    "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES "
	    "('messages', 'messages_waiting', '1000 50 1');"
	    "CREATE TABLE clock (boot TEXT PRIMARY KEY, "
	    "ahead_ms INTEGER NOT NULL, margin_ms INTEGER NOT NULL) STRICT;"
	    "PRAGMA user_version = 2;",
	[2] = "ALTER TABLE messages ADD COLUMN replays INTEGER "
	    "REFERENCES messages (id);"
	    "CREATE INDEX messages_by_replays ON messages (replays) "
	    "WHERE replays IS NOT NULL;"
	    "PRAGMA user_version = 3;",
};

static int
read_version(struct ledger *ledger, int64_t *version, struct error *error)
{
	return db_number(ledger->db, "PRAGMA user_version", NULL, version,
	    error);
}

/* Another tool may do the same: the version is read again under the lock. */
static int
migrate(struct ledger *ledger, struct error *error)
{
	char subject[32];
	int64_t version;

	if (db_begin(ledger->db, error) == -1)
		return -1;
	if (read_version(ledger, &version, error) == -1)
		goto fail;
	for (; version < LEDGER_SCHEMA_VERSION; version++) {
		snprintf(subject, sizeof(subject), "%lld",
		    (long long)version + 1);
		if (db_execute(ledger->db, migrations[version], error) == -1 ||
		    audit_append(ledger, "ledger.migrated", subject, NULL,
		    error) == -1)
			goto fail;
	}
	if (db_commit(ledger->db, error) == 0)
		return 0;
fail:
	db_rollback(ledger->db);
	return -1;
}

static int
check_version(struct ledger *ledger, const char *path, enum db_mode mode,
    struct error *error)
{
	int64_t version;

	if (read_version(ledger, &version, error) == -1)
		return -1;
	if (version == LEDGER_SCHEMA_VERSION)
		return 0;
	if (version >= 1 && version < LEDGER_SCHEMA_VERSION &&
	    mode == DB_WRITE)
		return 1;
	return error_set(error, EXIT_CONFIG, "the ledger '%s' has schema "
	    "version %lld and this program needs %d: %s", path,
	    (long long)version, LEDGER_SCHEMA_VERSION,
	    version > LEDGER_SCHEMA_VERSION ? "install the newer ledgerpipe" :
	    version >= 1 ? "deliver </dev/null brings it up to date" :
	    "it is no ledger that auditctl init made");
}

/* The key that began the chain is the key of the ledger. */
static int
check(struct ledger *ledger, const char *path, const char *key_file,
    enum db_mode mode, struct error *error)
{
	int rc, old = check_version(ledger, path, mode, error);
	struct statement *statement;

	if (old == -1)
		return -1;
	if ((statement = db_prepare(ledger->db, "SELECT subject FROM audit "
	    "WHERE seq = 1", error)) == NULL)
		return -1;
	if ((rc = db_step(statement, error)) == -1)
		return -1;
	if (rc == 0)
		return error_set(error, EXIT_NOINPUT, "the ledger '%s' lacks "
		    "the first event of its audit log: it was tampered with; "
		    "compare it with a backup", path);
	rc = strcmp(db_text(statement, 0), ledger->key_id) == 0;
	db_reset(statement);
	if (!rc)
		return error_set(error, EXIT_CONFIG, "the key in '%s' is not "
		    "the key of the ledger '%s': give the key file it was made "
		    "with", key_file, path);
	return old == 1 ? migrate(ledger, error) : 0;
}

int
ledger_open(struct ledger *ledger, const char *path, const char *key_file,
    enum db_mode mode, const char *actor, struct error *error)
{
	*ledger = (struct ledger){ .actor = actor };
	if (access(path, F_OK) == -1)
		return error_errno(error, EXIT_NOINPUT, "cannot open the "
		    "ledger '%s': make it with auditctl init", path);
	if (key_load(ledger, key_file, error) == 0 &&
	    (ledger->db = db_open(path, mode, error)) != NULL &&
	    check(ledger, path, key_file, mode, error) == 0)
		return 0;
	ledger_close(ledger);
	return -1;
}

void
ledger_close(struct ledger *ledger)
{
	db_close(ledger->db);
	secret_free(&ledger->master);
	secret_free(&ledger->keys);
	ledger->db = NULL;
}

int
bookmark_get(struct ledger *ledger, const char *pipeline, const char *stream,
    char **value, char **replication_key, struct error *error)
{
	struct statement *statement;
	bool copied;
	int rc;

	*value = NULL;
	if (replication_key != NULL)
		*replication_key = NULL;
	if ((statement = db_prepare(ledger->db, "SELECT value, replication_key "
	    "FROM bookmarks WHERE pipeline = ?1 AND stream = ?2",
	    error)) == NULL)
		return -1;
	db_bind_text(statement, 1, pipeline);
	db_bind_text(statement, 2, stream);
	if ((rc = db_step(statement, error)) != 1)
		return rc;
	copied = (*value = strdup(db_text(statement, 0))) != NULL &&
	    (replication_key == NULL || (*replication_key = strdup(
	    db_text(statement, 1))) != NULL);
	db_reset(statement);
	return copied ? 0 : error_set(error, EXIT_SYSTEM, "out of memory");
}

int
bookmark_set(struct ledger *ledger, const char *pipeline, const char *stream,
    const char *replication_key, const char *value, struct error *error)
{
	struct statement *statement;
	char now[CLOCK_TEXT];

	clock_now(now);
	if ((statement = db_prepare(ledger->db, "INSERT INTO bookmarks "
	    "(pipeline, stream, replication_key, value, updated_at) "
	    "VALUES (?1, ?2, ?3, ?4, ?5) "
	    "ON CONFLICT (pipeline, stream) DO UPDATE SET "
	    "replication_key = excluded.replication_key, "
	    "value = excluded.value, updated_at = excluded.updated_at",
	    error)) == NULL)
		return -1;
	db_bind_text(statement, 1, pipeline);
	db_bind_text(statement, 2, stream);
	db_bind_text(statement, 3, replication_key);
	db_bind_text(statement, 4, value);
	db_bind_text(statement, 5, now);
	return db_run(statement, error);
}

int
record_outcome(struct ledger *ledger, const char *stream,
    const char *record_id, const char *record_version,
    struct buffer *outcome, struct error *error)
{
	struct statement *statement;
	int rc;

	if ((statement = db_prepare(ledger->db, "SELECT outcome FROM records "
	    "WHERE stream = ?1 AND record_id = ?2 AND record_version = ?3",
	    error)) == NULL)
		return -1;
	db_bind_text(statement, 1, stream);
	db_bind_text(statement, 2, record_id);
	db_bind_text(statement, 3, record_version);
	if ((rc = db_step(statement, error)) == 1) {
		buffer_puts(outcome, db_text(statement, 0));
		db_reset(statement);
	}
	return rc;
}

void
ledger_message_token(const struct ledger *ledger, const char *text,
    int64_t generation, char out[33])
{
	unsigned char digest[16];
	crypto_generichash_state state;
	char number[32];

	snprintf(number, sizeof(number), "%lld:", (long long)generation);
	crypto_generichash_init(&state, ledger_key(ledger, KEY_MESSAGE),
	    LEDGER_KEY_BYTES, sizeof(digest));
	crypto_generichash_update(&state, (const unsigned char *)number,
	    strlen(number));
	crypto_generichash_update(&state, (const unsigned char *)text,
	    strlen(text));
	crypto_generichash_final(&state, digest, sizeof(digest));
	sodium_bin2hex(out, 33, digest, sizeof(digest));
}
