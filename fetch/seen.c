/* SPDX-License-Identifier: MIT */
#include "fetch/seen.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_FIRST 64
#define CAPACITY_KEPT 1024

/* Of this process: nobody can make up ids that collide. */
static const unsigned char *
key(void)
{
	static unsigned char bytes[crypto_shorthash_siphashx24_KEYBYTES];
	static bool made;

	if (!made)
		randombytes_buf(bytes, sizeof(bytes));
	made = true;
	return bytes;
}

static struct seen_slot
fingerprint(const char *id, const void *rest, size_t length)
{
	/* One hash is the key of the other: no two pairs are one text. */
	unsigned char inner[crypto_shorthash_siphashx24_KEYBYTES];
	unsigned char hash[crypto_shorthash_siphashx24_BYTES];
	struct seen_slot slot = { 0 };

	crypto_shorthash_siphashx24(inner, (const unsigned char *)id,
	    strlen(id), key());
	crypto_shorthash_siphashx24(hash, rest, length, inner);
	memcpy(&slot.high, hash, 8);
	memcpy(&slot.low, hash + 8, 8);
	slot.low |= 1;
	return slot;
}

/* Where it is, or would be.  There is a free slot. */
static size_t
place(const struct seen_slot *slots, size_t capacity,
    const struct seen_slot *wanted)
{
	size_t i = (size_t)wanted->high & (capacity - 1);

	while (slots[i].low != 0 && (slots[i].high != wanted->high ||
	    slots[i].low != wanted->low))
		i = (i + 1) & (capacity - 1);
	return i;
}

/* Into a table of another capacity, without what is older than stamp_ms. */
static int
rebuild(struct seen *seen, size_t capacity, int64_t stamp_ms,
    struct error *error)
{
	struct seen_slot *slots = calloc(capacity, sizeof(*slots));
	size_t count = 0, i;

	if (slots == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	for (i = 0; i < seen->capacity; i++)
		if (seen->slots[i].low != 0 &&
		    seen->slots[i].stamp_ms >= stamp_ms) {
			slots[place(slots, capacity, &seen->slots[i])] =
			    seen->slots[i];
			count++;
		}
	free(seen->slots);
	*seen = (struct seen){ slots, count, capacity };
	return 0;
}

int
seen_add(struct seen *seen, const char *id, const void *rest, size_t length,
    int64_t stamp_ms, struct error *error)
{
	struct seen_slot slot = fingerprint(id, rest, length);
	size_t i;

	if (seen->count * 2 >= seen->capacity && rebuild(seen,
	    seen->capacity > 0 ? seen->capacity * 2 : CAPACITY_FIRST,
	    INT64_MIN, error) == -1)
		return -1;
	i = place(seen->slots, seen->capacity, &slot);
	if (seen->slots[i].low != 0)
		return 1;
	slot.stamp_ms = stamp_ms;
	seen->slots[i] = slot;
	seen->count++;
	return 0;
}

int
seen_has(const struct seen *seen, const char *id, const void *rest,
    size_t length)
{
	struct seen_slot slot = fingerprint(id, rest, length);

	return seen->capacity > 0 && seen->slots[place(seen->slots,
	    seen->capacity, &slot)].low != 0;
}

int
seen_prune(struct seen *seen, int64_t stamp_ms, struct error *error)
{
	size_t kept = 0, capacity = CAPACITY_FIRST, i;

	for (i = 0; i < seen->capacity; i++)
		kept += seen->slots[i].low != 0 &&
		    seen->slots[i].stamp_ms >= stamp_ms;
	if (kept == seen->count)
		return 0;
	while (capacity <= kept * 2)
		capacity *= 2;
	return rebuild(seen, capacity, stamp_ms, error);
}

void
seen_clear(struct seen *seen)
{
	if (seen->capacity > CAPACITY_KEPT)
		seen_free(seen);
	else if (seen->count > 0) {
		memset(seen->slots, 0, seen->capacity * sizeof(*seen->slots));
		seen->count = 0;
	}
}

void
seen_free(struct seen *seen)
{
	free(seen->slots);
	*seen = (struct seen){ 0 };
}
