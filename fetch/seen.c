/* SPDX-License-Identifier: MIT */
#include "fetch/seen.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_FIRST 64

/* Where key is, or would be.  There is a free slot. */
static size_t
slot(char *const *slots, size_t capacity, const char *key)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */
	const char *c;
	size_t i;

	for (c = key; *c != '\0'; c++)
		hash = (hash ^ (unsigned char)*c) * 1099511628211u;
	i = (size_t)(hash ^ hash >> 32) & (capacity - 1);
	while (slots[i] != NULL && strcmp(slots[i], key) != 0)
		i = (i + 1) & (capacity - 1);
	return i;
}

static int
grow(struct seen *seen)
{
	size_t capacity = seen->capacity > 0 ? seen->capacity * 2 :
	    CAPACITY_FIRST, i;
	char **slots = calloc(capacity, sizeof(*slots));

	if (slots == NULL)
		return -1;
	for (i = 0; i < seen->capacity; i++)
		if (seen->slots[i] != NULL)
			slots[slot(slots, capacity, seen->slots[i])] =
			    seen->slots[i];
	free(seen->slots);
	seen->slots = slots;
	seen->capacity = capacity;
	return 0;
}

int
seen_add(struct seen *seen, char *key, struct error *error)
{
	size_t i;

	/* Never more than half full: chains stay short. */
	if (seen->count * 2 >= seen->capacity && grow(seen) == -1) {
		free(key);
		return error_set(error, EXIT_SYSTEM, "out of memory");
	}
	i = slot(seen->slots, seen->capacity, key);
	if (seen->slots[i] != NULL) {
		free(key);
		return 1;
	}
	seen->slots[i] = key;
	seen->count++;
	return 0;
}

void
seen_clear(struct seen *seen)
{
	size_t i;

	for (i = 0; i < seen->capacity; i++)
		free(seen->slots[i]);
	free(seen->slots);
	*seen = (struct seen){ 0 };
}
