/* SPDX-License-Identifier: MIT */
#include "anchor.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "ledger_keys.h"
#include "seal.h"

#define HEX (LEDGER_HASH_BYTES * 2 + 1)
#define BASE64 sodium_base64_VARIANT_ORIGINAL
/* What stands before the 32 bytes of an Ed25519 key in its DER form. */
static const unsigned char der[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b,
	0x65, 0x70, 0x03, 0x21, 0x00 };
#define KEY_BYTES (sizeof(der) + crypto_sign_PUBLICKEYBYTES)
#define KEY_TEXT sodium_base64_ENCODED_LEN(KEY_BYTES, BASE64)
#define SIGNATURE_TEXT sodium_base64_ENCODED_LEN(crypto_sign_BYTES, BASE64)

struct anchor {
	char ledger[HEX], head[HEX], time[64];
	char key[KEY_TEXT], signature[SIGNATURE_TEXT];
	int64_t sequence;
};

/* 1: *hash is that of the event; 0: there is no such event. */
static int
hash_of_event(struct ledger *ledger, int64_t sequence, char hash[HEX],
    struct error *error)
{
	struct statement *statement;
	const void *bytes;
	size_t count;
	int rc;

	if ((statement = db_prepare(ledger->db, "SELECT hash FROM audit "
	    "WHERE seq = ?1", error)) == NULL)
		return -1;
	db_bind_int(statement, 1, sequence);
	if ((rc = db_step(statement, error)) != 1)
		return rc;
	bytes = db_bytes(statement, 0, &count);
	if (bytes == NULL || count != LEDGER_HASH_BYTES)
		rc = error_set(error, EXIT_NO, "event %lld is damaged: run "
		    "auditctl check", (long long)sequence);
	else
		sodium_bin2hex(hash, HEX, bytes, count);
	db_reset(statement);
	return rc;
}

static int
signed_text(const struct anchor *anchor, char *text, size_t size)
{
	return snprintf(text, size, "ledgerpipe anchor 1\n%s\n%lld\n%s\n%s\n",
	    anchor->ledger, (long long)anchor->sequence, anchor->time,
	    anchor->head);
}

static void
own_key(const struct ledger *ledger, char key[KEY_TEXT],
    unsigned char secret[crypto_sign_SECRETKEYBYTES])
{
	unsigned char bytes[KEY_BYTES];

	memcpy(bytes, der, sizeof(der));
	crypto_sign_seed_keypair(bytes + sizeof(der), secret,
	    ledger_key(ledger, KEY_ANCHOR));
	sodium_bin2base64(key, KEY_TEXT, bytes, sizeof(bytes), BASE64);
}

int
anchor_sign(struct ledger *ledger, struct buffer *line, struct error *error)
{
	unsigned char secret[crypto_sign_SECRETKEYBYTES];
	unsigned char signature[crypto_sign_BYTES];
	struct anchor anchor = { .sequence = 0 };
	char text[512];
	int length, rc;

	own_key(ledger, anchor.key, secret);
	if (db_begin(ledger->db, error) == -1) {
		sodium_memzero(secret, sizeof(secret));
		return -1;
	}
	clock_now(anchor.time);
	rc = audit_append(ledger, "anchor.signed", anchor.key, NULL, error);
	if (rc == 0) {
		anchor.sequence = ledger->head_sequence;
		sodium_bin2hex(anchor.head, HEX, ledger->head_hash,
		    LEDGER_HASH_BYTES);
		rc = hash_of_event(ledger, 1, anchor.ledger, error);
		if (rc == 0)
			error_set(error, EXIT_NO, "the first event of the "
			    "audit log is missing: run auditctl check");
		rc = rc == 1 ? db_commit(ledger->db, error) : -1;
	}
	if (rc == 0) {
		length = signed_text(&anchor, text, sizeof(text));
		crypto_sign_detached(signature, NULL,
		    (const unsigned char *)text, (size_t)length, secret);
		sodium_bin2base64(anchor.signature, SIGNATURE_TEXT, signature,
		    sizeof(signature), BASE64);
		buffer_printf(line, "{\"type\":\"ANCHOR\",\"ledger\":\"%s\","
		    "\"seq\":%lld,\"time\":\"%s\",\"head\":\"%s\","
		    "\"public_key\":\"%s\",\"signature\":\"%s\"}",
		    anchor.ledger, (long long)anchor.sequence, anchor.time,
		    anchor.head, anchor.key, anchor.signature);
		if (line->failed)
			rc = error_set(error, EXIT_SYSTEM, "out of memory");
	} else
		db_rollback(ledger->db);
	sodium_memzero(secret, sizeof(secret));
	return rc;
}

/* A string member that fits; no newline may shift what is signed. */
static bool
take(const struct json *json, const char *name, char *out, size_t size)
{
	json_node node = json_member(json, 0, name);
	char *text = json_type(json, node) == JSON_STRING ?
	    json_dup(json, node) : NULL;
	bool fits = text != NULL && *text != '\0' && strlen(text) < size &&
	    strchr(text, '\n') == NULL;

	if (fits)
		memcpy(out, text, strlen(text) + 1);
	free(text);
	return fits;
}

static bool
read_anchor(struct anchor *anchor, const char *line, size_t length,
    struct error *error)
{
	struct json json = { 0 };
	bool good;

	good = json_parse(&json, line, length, error) == 0 &&
	    json_type(&json, 0) == JSON_OBJECT &&
	    json_is(&json, json_member(&json, 0, "type"), "ANCHOR") &&
	    take(&json, "ledger", anchor->ledger, sizeof(anchor->ledger)) &&
	    take(&json, "head", anchor->head, sizeof(anchor->head)) &&
	    take(&json, "time", anchor->time, sizeof(anchor->time)) &&
	    take(&json, "public_key", anchor->key, sizeof(anchor->key)) &&
	    take(&json, "signature", anchor->signature,
	    sizeof(anchor->signature)) &&
	    json_integer(&json, json_member(&json, 0, "seq"),
	    &anchor->sequence) && anchor->sequence >= 1;
	json_free(&json);
	return good;
}

static bool
signature_good(const struct anchor *anchor)
{
	unsigned char key[KEY_BYTES], signature[crypto_sign_BYTES];
	size_t key_length, signature_length;
	char text[512];
	int length = signed_text(anchor, text, sizeof(text));

	return sodium_base642bin(key, sizeof(key), anchor->key,
	    strlen(anchor->key), NULL, &key_length, NULL, BASE64) == 0 &&
	    key_length == sizeof(key) && memcmp(key, der, sizeof(der)) == 0 &&
	    sodium_base642bin(signature, sizeof(signature), anchor->signature,
	    strlen(anchor->signature), NULL, &signature_length, NULL,
	    BASE64) == 0 && signature_length == sizeof(signature) &&
	    crypto_sign_verify_detached(signature, (const unsigned char *)text,
	    (size_t)length, key + sizeof(der)) == 0;
}

/* Did this ledger sign with that key, now or before its master key changed? */
static int
key_known(struct ledger *ledger, const char *key, struct error *error)
{
	unsigned char secret[crypto_sign_SECRETKEYBYTES];
	char own[KEY_TEXT];
	int64_t count;

	own_key(ledger, own, secret);
	sodium_memzero(secret, sizeof(secret));
	if (strcmp(own, key) == 0)
		return 1;
	if (db_number(ledger->db, "SELECT count(*) FROM audit WHERE "
	    "subject = ?1 AND event = 'anchor.signed'", key, &count,
	    error) == -1)
		return -1;
	return count > 0;
}

/* 1: *hash is that of the event, which isn't in the log any more, by its seal
 * or one of the lists.  0: it wasn't sealed. */
static int
hash_of_removed(struct ledger *ledger, int64_t sequence,
    const struct anchored_list *removed, size_t lists, char hash[HEX],
    struct error *error)
{
	const unsigned char *bytes = NULL;
	const struct seal *latest, *ending;
	struct seals seals = { 0 };
	size_t i, j;
	int rc;

	if ((rc = seals_load(ledger, &seals, error)) != 0) {
		rc = -1;
		goto out;
	}
	latest = seals_latest(&seals);
	if (latest == NULL || sequence > latest->last ||
	    sequence < SEAL_FIRST_EVENT)
		goto out;
	if ((ending = seals_ending(&seals, sequence)) != NULL)
		bytes = ending->hash;
	for (i = 0; i < lists && bytes == NULL; i++)
		for (j = 0; j < removed[i].count && bytes == NULL; j++)
			if (removed[i].list[j].sequence == sequence)
				bytes = removed[i].list[j].hash;
	rc = 1;
	if (bytes != NULL)
		sodium_bin2hex(hash, HEX, bytes, LEDGER_HASH_BYTES);
	else
		rc = error_set(error, EXIT_NOINPUT, "event %lld, which was "
		    "anchored, was sealed and removed: its anchor can't be "
		    "judged without the archive, give it with --archive",
		    (long long)sequence);
out:
	seals_free(&seals);
	return rc;
}

int
anchor_verify(struct ledger *ledger, const char *line, size_t length,
    const struct anchored_list *removed, size_t lists, int64_t *sequence,
    struct error *error)
{
	struct anchor anchor = { .sequence = 0 };
	char hash[HEX];
	int known, rc;
	int64_t last;

	if (!read_anchor(&anchor, line, length, error))
		return error_set(error, EXIT_DATA, "this is no anchor: give "
		    "the line as auditctl anchor wrote it");
	*sequence = anchor.sequence;
	if (!signature_good(&anchor))
		return error_set(error, EXIT_NO, "the signature of the anchor "
		    "of event %lld is wrong: the anchor was altered",
		    (long long)anchor.sequence);
	if ((known = key_known(ledger, anchor.key, error)) == -1 ||
	    (rc = hash_of_event(ledger, 1, hash, error)) == -1)
		return -1;
	if (rc == 0 || strcmp(hash, anchor.ledger) != 0)
		return known ? error_set(error, EXIT_NO, "event 1 is not the "
		    "one that was anchored: the log was recomputed") :
		    error_set(error, EXIT_DATA, "the anchor is of another "
		    "ledger, whose first event is %.16s", anchor.ledger);
	if (!known)
		return error_set(error, EXIT_NO, "the anchor of event %lld is "
		    "signed with a key that this ledger never had: it was "
		    "forged, or the log ends before that key",
		    (long long)anchor.sequence);
	if ((rc = hash_of_event(ledger, anchor.sequence, hash, error)) == -1 ||
	    db_number(ledger->db, "SELECT coalesce(max(seq), 0) FROM audit",
	    NULL, &last, error) == -1)
		return -1;
	if (rc == 0 && (rc = hash_of_removed(ledger, anchor.sequence, removed,
	    lists, hash, error)) == -1)
		return -1;
	if (rc == 0 && anchor.sequence > last)
		return error_set(error, EXIT_NO, "the log ends at event %lld, "
		    "and event %lld was anchored at %s: its end was cut off, "
		    "or an old copy was put back", (long long)last,
		    (long long)anchor.sequence, anchor.time);
	if (rc == 0)
		return error_set(error, EXIT_NO, "event %lld, which was "
		    "anchored, is missing", (long long)anchor.sequence);
	if (strcmp(hash, anchor.head) != 0)
		return error_set(error, EXIT_NO, "event %lld is not the one "
		    "that was anchored at %s: the log was recomputed, or went "
		    "on from an old copy", (long long)anchor.sequence,
		    anchor.time);
	return 0;
}
