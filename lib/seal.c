/* SPDX-License-Identifier: MIT */
#include "seal.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "ledger_keys.h"
#include "list.h"

#define HEX(bytes) ((bytes) * 2 + 1)
#define DETAIL_MAX ((size_t)64 << 10)

static void
compute_mac(const struct ledger *ledger, const struct seal *seal,
    unsigned char mac[SEAL_MAC_BYTES])
{
	char hash[HEX(LEDGER_HASH_BYTES)], archive[HEX(SEAL_DIGEST_BYTES)];
	char text[512];
	int length;

	sodium_bin2hex(hash, sizeof(hash), seal->hash, sizeof(seal->hash));
	sodium_bin2hex(archive, sizeof(archive), seal->archive,
	    sizeof(seal->archive));
	length = snprintf(text, sizeof(text), "ledgerpipe seal 1\n%lld\n%lld\n"
	    "%lld\n%s\n%s\n%s\n", (long long)seal->first,
	    (long long)seal->last, (long long)seal->last_message, hash,
	    seal->archived ? archive : "", seal->sealed_at);
	crypto_generichash(mac, SEAL_MAC_BYTES, (unsigned char *)text,
	    (unsigned long long)length, ledger_key(ledger, KEY_SEAL),
	    LEDGER_KEY_BYTES);
}

static bool
take_bytes(struct statement *row, int column, unsigned char *out, size_t size)
{
	size_t count;
	const void *bytes = db_bytes(row, column, &count);

	if (bytes == NULL || count != size)
		return false;
	memcpy(out, bytes, size);
	return true;
}

/* False: it holds what no seal does. */
static bool
take_row(const struct ledger *ledger, struct statement *row,
    struct seal *seal)
{
	unsigned char mac[SEAL_MAC_BYTES];
	const char *time = db_text(row, 5);

	*seal = (struct seal){ .first = db_int(row, 0), .last = db_int(row, 1),
		.last_message = db_int(row, 2),
		.archived = !db_is_null(row, 4) };
	if (time == NULL || strlen(time) >= sizeof(seal->sealed_at) ||
	    !take_bytes(row, 3, seal->hash, sizeof(seal->hash)) ||
	    (seal->archived && !take_bytes(row, 4, seal->archive,
	    sizeof(seal->archive))) ||
	    !take_bytes(row, 6, seal->mac, sizeof(seal->mac)))
		return false;
	strcpy(seal->sealed_at, time);
	compute_mac(ledger, seal, mac);
	return sodium_memcmp(mac, seal->mac, sizeof(mac)) == 0;
}

/* 1: the row isn't the one that follows. */
static int
add(struct ledger *ledger, struct statement *row, struct seals *seals,
    struct error *error)
{
	const struct seal *before = seals_latest(seals);
	int64_t first = before != NULL ? before->last + 1 : SEAL_FIRST_EVENT;
	struct seal *list = list_grow(seals->list, seals->count,
	    &seals->capacity, sizeof(*list));

	if (list == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	seals->list = list;
	if (!take_row(ledger, row, &list[seals->count])) {
		error_set(error, EXIT_NO, "the seal of event %lld and those "
		    "behind it is not what was written",
		    (long long)db_int(row, 0));
		return 1;
	}
	if (list[seals->count].first != first ||
	    list[seals->count].last < first) {
		error_set(error, EXIT_NO, "the seal of event %lld and those "
		    "behind it is missing", (long long)first);
		return 1;
	}
	seals->count++;
	return 0;
}

int
seals_load(struct ledger *ledger, struct seals *seals, struct error *error)
{
	struct statement *row = db_prepare(ledger->db, "SELECT first_seq, "
	    "last_seq, last_message, hash, archive, sealed_at, mac FROM seals "
	    "ORDER BY first_seq", error);
	int rc;

	if (row == NULL)
		return -1;
	while ((rc = db_step(row, error)) == 1)
		if ((rc = add(ledger, row, seals, error)) != 0) {
			db_reset(row);
			return rc;
		}
	return rc;
}

void
seals_free(struct seals *seals)
{
	free(seals->list);
	*seals = (struct seals){ 0 };
}

const struct seal *
seals_latest(const struct seals *seals)
{
	return seals->count > 0 ? &seals->list[seals->count - 1] : NULL;
}

const struct seal *
seals_ending(const struct seals *seals, int64_t last)
{
	size_t low = 0, high = seals->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (seals->list[middle].last < last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < seals->count && seals->list[low].last == last ?
	    &seals->list[low] : NULL;
}

static int
insert(struct ledger *ledger, const struct seal *seal, struct error *error)
{
	struct statement *row = db_prepare(ledger->db, "INSERT INTO seals "
	    "(first_seq, last_seq, last_message, hash, archive, sealed_at, "
	    "mac) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", error);

	if (row == NULL)
		return -1;
	db_bind_int(row, 1, seal->first);
	db_bind_int(row, 2, seal->last);
	db_bind_int(row, 3, seal->last_message);
	db_bind_bytes(row, 4, seal->hash, sizeof(seal->hash));
	if (seal->archived)
		db_bind_bytes(row, 5, seal->archive, sizeof(seal->archive));
	db_bind_text(row, 6, seal->sealed_at);
	db_bind_bytes(row, 7, seal->mac, sizeof(seal->mac));
	return db_run(row, error);
}

static void
member_hex(struct buffer *out, const char *name, const unsigned char *bytes,
    size_t count)
{
	char hex[HEX(LEDGER_HASH_BYTES)];

	sodium_bin2hex(hex, sizeof(hex), bytes, count);
	buffer_json_member(out, name, hex);
}

int
seal_append(struct ledger *ledger, struct seal *seal, const char *reason,
    struct error *error)
{
	struct buffer detail;
	int rc;

	if (ledger_keys_current(ledger, error) == -1)
		return -1;
	clock_now(seal->sealed_at);
	compute_mac(ledger, seal, seal->mac);
	buffer_init(&detail, DETAIL_MAX);
	buffer_printf(&detail, "{\"first_seq\":%lld,\"last_seq\":%lld,"
	    "\"last_message\":%lld", (long long)seal->first,
	    (long long)seal->last, (long long)seal->last_message);
	member_hex(&detail, "hash", seal->hash, sizeof(seal->hash));
	if (seal->archived)
		member_hex(&detail, "archive", seal->archive,
		    sizeof(seal->archive));
	else
		buffer_json_member(&detail, "archive", NULL);
	member_hex(&detail, "mac", seal->mac, sizeof(seal->mac));
	if (reason != NULL)
		buffer_json_member(&detail, "reason", reason);
	buffer_puts(&detail, "}");
	rc = detail.failed ? error_set(error, EXIT_SYSTEM, "out of memory") :
	    insert(ledger, seal, error) == -1 ? -1 : audit_append(ledger,
	    "audit.sealed", "audit", buffer_text(&detail), error);
	buffer_free(&detail);
	return rc;
}

bool
seal_told(const struct seal *seal, const char *detail)
{
	char hex[HEX(SEAL_MAC_BYTES)];
	struct json json = { 0 };
	struct error ignored;
	bool told;

	sodium_bin2hex(hex, sizeof(hex), seal->mac, sizeof(seal->mac));
	told = detail != NULL && json_parse(&json, detail, strlen(detail),
	    &ignored) == 0 && json_is(&json, json_member(&json, 0, "mac"), hex);
	json_free(&json);
	return told;
}
