/* SPDX-License-Identifier: MIT */
#include "ledger.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "ledger_keys.h"
#include "master.h"
#include "passphrase.h"

static const char schema[] =
#include "schema.h"
    ;

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

/* Unless the file exists. 1: it was made. */
static int
make_key(const char *key_file, const struct secret *passphrase,
    struct error *error)
{
	struct master master;
	int rc;

	if (credential_named(key_file) || access(key_file, F_OK) == 0)
		return passphrase == NULL ? 0 : error_set(error,
		    EXIT_CANTCREATE, "the key '%s' is there already: it takes "
		    "no passphrase", key_file);
	if (master_make(&master, passphrase, error) == -1)
		return -1;
	rc = master_write(&master, key_file, NULL, error);
	master_free(&master);
	return rc == 0 ? 1 : -1;
}

static int
load_key(struct ledger *ledger, const char *key_file,
    const struct secret *passphrase, struct error *error)
{
	struct secret copy = { 0 };
	struct master master = { 0 };
	int rc = -1;

	if ((passphrase == NULL || secret_copy(&copy, passphrase->text,
	    passphrase->length, error) == 0) && master_load(&master, key_file,
	    &copy, true, error) == 0)
		rc = ledger_keys_derive(ledger, &master, error);
	master_free(&master);
	secret_free(&copy);
	return rc;
}

int
ledger_create(const char *path, const char *key_file,
    const struct secret *passphrase, const char *actor, struct error *error)
{
	struct ledger ledger = { .actor = actor };
	int made_key, rc = -1;

	if (access(path, F_OK) == 0)
		return error_set(error, EXIT_CANTCREATE, "the ledger '%s' "
		    "exists already: it is left as it is", path);
	if ((made_key = make_key(key_file, passphrase, error)) == -1)
		return -1;
	if (load_key(&ledger, key_file, passphrase, error) == -1)
		goto out;
	if ((ledger.db = db_open(path, DB_CREATE, error)) == NULL)
		goto out;
	if ((rc = fill(&ledger, error)) == -1)
		unlink(path);
out:
	if (rc == -1 && made_key == 1)
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
	    "DROP INDEX messages_by_channel;"
	    "CREATE INDEX messages_by_route ON messages "
	    "(filter, stream, channel);"
	    "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES "
	    "('messages', 'messages_by_route', "
	    "'1000000 50000 25000 1000');"
	    "CREATE TABLE keys (master INTEGER NOT NULL, "
	    "key_id TEXT NOT NULL, purpose TEXT NOT NULL, "
	    "first_event INTEGER NOT NULL, nonce BLOB NOT NULL, "
	    "sealed BLOB NOT NULL, "
	    "PRIMARY KEY (key_id, purpose, first_event)) "
	    "STRICT, WITHOUT ROWID;"
	    "CREATE TABLE record_bodies (stream TEXT NOT NULL, "
	    "record_id TEXT NOT NULL, record_version TEXT NOT NULL, "
	    "kept_at TEXT NOT NULL, nonce BLOB NOT NULL, "
	    "sealed BLOB NOT NULL, "
	    "PRIMARY KEY (stream, record_id, record_version)) "
	    "STRICT, WITHOUT ROWID;"
	    "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES "
	    "('record_bodies', 'record_bodies', '1000000 500000 2 1');"
	    "CREATE TABLE seals (first_seq INTEGER PRIMARY KEY, "
	    "last_seq INTEGER NOT NULL UNIQUE, "
	    "last_message INTEGER NOT NULL, hash BLOB NOT NULL, archive BLOB, "
	    "sealed_at TEXT NOT NULL, mac BLOB NOT NULL) STRICT;"
	    "DROP TRIGGER audit_no_delete;"
	    "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit\n"
	    "WHEN old.seq = 1 OR NOT EXISTS (SELECT 1 FROM seals WHERE "
	    "last_seq >= old.seq)\nBEGIN SELECT RAISE(ABORT, "
	    "'the audit log is append-only'); END;"
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
	int64_t version, next;

	if (db_begin(ledger->db, error) == -1)
		return -1;
	if (read_version(ledger, &version, error) == -1)
		goto fail;
	for (next = version; next < LEDGER_SCHEMA_VERSION; next++)
		if (db_execute(ledger->db, migrations[next], error) == -1)
			goto fail;
	/* The log needs what tables there are now. */
	for (; version < LEDGER_SCHEMA_VERSION; version++) {
		snprintf(subject, sizeof(subject), "%lld",
		    (long long)version + 1);
		if (audit_append(ledger, "ledger.migrated", subject, NULL,
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

/* Others may neither write it nor, but for a group that was let, read it. */
static int
check_file(const char *path, const char *end, struct error *error)
{
	char name[MASTER_PATH_MAX];
	struct stat st;

	if (master_beside(path, end, name, error) == -1)
		return -1;
	return stat(name, &st) == -1 || (st.st_mode & 027) == 0 ? 0 :
	    error_set(error, EXIT_CONFIG, "others may %s the ledger '%s' "
	    "(mode %03o): chmod 600 it", (st.st_mode & 022) != 0 ? "write" :
	    "read", name, (unsigned int)st.st_mode & 0777);
}

/* Whoever writes its folder can put another file in its place. */
static int
check_folder(const char *path, const char *what, struct error *error)
{
	const char *slash = strrchr(path, '/');
	char folder[MASTER_PATH_MAX] = ".";
	struct stat st;

	if (slash != NULL)
		snprintf(folder, sizeof(folder), "%.*s",
		    slash == path ? 1 : (int)(slash - path), path);
	return stat(folder, &st) == -1 || (st.st_mode & S_IWOTH) == 0 ||
	    (st.st_mode & S_ISVTX) != 0 ? 0 : error_set(error, EXIT_CONFIG,
	    "anybody may replace the %s '%s', since anybody may write its "
	    "folder: chmod o-w '%s'", what, path, folder);
}

static int
check_modes(const char *path, const char *key_file, struct error *error)
{
	return check_folder(path, "ledger", error) == -1 ||
	    (!credential_named(key_file) &&
	    check_folder(key_file, "key file", error) == -1) ||
	    check_file(path, "", error) == -1 ||
	    check_file(path, "-wal", error) == -1 ? -1 :
	    check_file(path, "-shm", error);
}

int
ledger_open(struct ledger *ledger, const char *path, const char *key_file,
    enum db_mode mode, const char *actor, struct error *error)
{
	int old;

	*ledger = (struct ledger){ .actor = actor };
	if (access(path, F_OK) == -1)
		return error_errno(error, EXIT_NOINPUT, "cannot open the "
		    "ledger '%s': make it with auditctl init", path);
	if ((ledger->key_file = strdup(key_file)) == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	if (check_modes(path, key_file, error) == 0 &&
	    (ledger->db = db_open(path, mode, error)) != NULL &&
	    (old = check_version(ledger, path, mode, error)) != -1 &&
	    ledger_keys_open(ledger, path, old == 0, error) == 0 &&
	    (old == 0 || migrate(ledger, error) == 0))
		return 0;
	ledger_close(ledger);
	return -1;
}

void
ledger_close(struct ledger *ledger)
{
	db_close(ledger->db);
	ledger_keys_close(ledger);
	free(ledger->key_file);
	ledger->db = NULL;
	ledger->key_file = NULL;
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
