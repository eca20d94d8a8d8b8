/*
 * ledger: the database with its master key: open, create, audit, vault,
 * bookmarks.  schema.sql says what each table holds.
 *
 * The master key is 32 bytes; master.h says where it comes from.  From it come
 * the keys of the vault, the audit chain and the opaque names of messages
 * (ledger_keys.h), and it can be changed (rekey.h).
 *
 * A ledger of an older schema version is brought up to date by the first tool
 * that opens it to write, in one transaction.
 *
 * Errors: those of db.h, and EXIT_CONFIG: a loose mode of a file, a key file that
 * holds no key, another schema version; EXIT_NOINPUT: no key file; EXIT_NOAUTH:
 * the wrong key or passphrase; EXIT_DATA: a secret of the vault is damaged.
 */
#ifndef LEDGERPIPE_LEDGER_H
#define LEDGERPIPE_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "db.h"
#include "secret.h"

#define LEDGER_SCHEMA_VERSION 3
#define LEDGER_HASH_BYTES 32
#define LEDGER_KEY_ID_MAX 17

struct ledger {
	struct db *db;
	char *key_file; /* where the master key is */
	struct ledger_keys *keys; /* see ledger_keys.h */
	char key_id[LEDGER_KEY_ID_MAX]; /* of the master key, no secret */
	const char *actor; /* the tool, and for auditctl who gave the command */
	/* The head of the audit chain, known while a transaction is open. */
	uint64_t head_transaction;
	int64_t head_sequence;
	unsigned char head_hash[LEDGER_HASH_BYTES];
};

/* Create the database and, unless it exists, the key file: a random key, or one
 * of a passphrase (else NULL).  Both are 0600.  A failure leaves neither file
 * that it made. */
int ledger_create(const char *path, const char *key_file,
    const struct secret *passphrase, const char *actor, struct error *error);
/* mode is DB_READ or DB_WRITE. actor lives on. Close with ledger_close. */
int ledger_open(struct ledger *ledger, const char *path, const char *key_file,
    enum db_mode mode, const char *actor, struct error *error);
void ledger_close(struct ledger *ledger); /* zeroed or closed: fine */

/* Append to the hash chain, inside the caller's transaction. event is a word
 * such as "message.sent", subject what it is about, detail JSON or NULL. */
int audit_append(struct ledger *ledger, const char *event, const char *subject,
    const char *detail, struct error *error);
/* The same about a message: its id is the subject. */
int audit_message(struct ledger *ledger, const char *event, int64_t id,
    const char *detail, struct error *error);
/* Recompute the chain, from event 1 or behind the events that were sealed and
 * removed (seal.h).  0 whole, 1 broken (*sequence: where, *error: how),
 * -1 error. */
int audit_verify(struct ledger *ledger, int64_t *sequence,
    struct error *error);

/* The vault. Names: [a-z0-9_.]{1,64}.  set and remove are audited and run in
 * a transaction of their own.  get: 0 found, 1 not there, -1 error. */
int vault_set(struct ledger *ledger, const char *name, const char *value,
    size_t length, struct error *error);
struct vault_item {
	const char *name, *value;
	size_t length; /* of the value */
};
/* Several in one transaction: all of them are kept, or none. */
int vault_set_all(struct ledger *ledger, const struct vault_item *items,
    size_t count, struct error *error);
/* The same within the caller's transaction, as is vault_drop: 1: not there. */
int vault_put(struct ledger *ledger, const struct vault_item *items,
    size_t count, struct error *error);
int vault_drop(struct ledger *ledger, const char *name, struct error *error);
int vault_get(struct ledger *ledger, const char *name, struct secret *secret,
    struct error *error);
int vault_remove(struct ledger *ledger, const char *name,
    struct error *error); /* 1: was not there */
/* Would a vault_set be kept now?  Writes, and leaves nothing. */
int vault_writable(struct ledger *ledger, struct error *error);
/* As vault_get, but a missing one is EXIT_NOAUTH, naming it and the remedy. */
int vault_need(struct ledger *ledger, const char *name, struct secret *secret,
    struct error *error);

/* The bookmark of a stream, a fresh string in *value (NULL: none yet); and, if
 * wanted, in *replication_key the attribute that it is a value of. */
int bookmark_get(struct ledger *ledger, const char *pipeline,
    const char *stream, char **value, char **replication_key,
    struct error *error);
/* Set it inside the caller's transaction. replication_key is its attribute. */
int bookmark_set(struct ledger *ledger, const char *pipeline,
    const char *stream, const char *replication_key, const char *value,
    struct error *error);

/* What the filters made of this version of a record, {"FILTER":MESSAGES,...},
 * appended to *outcome.  1: it is there, 0: it was never read, -1: error. */
int record_outcome(struct ledger *ledger, const char *stream,
    const char *record_id, const char *record_version,
    struct buffer *outcome, struct error *error);

/* Opaque, unguessable hex name of (text, generation): 32 digits and a NUL. */
void ledger_message_token(const struct ledger *ledger, const char *text,
    int64_t generation, char out[33]);

#endif
