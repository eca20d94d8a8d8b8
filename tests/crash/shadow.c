/* SPDX-License-Identifier: MIT */
#include "tests/crash/shadow.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SECTOR 512

/* A write, or without bytes a truncation to offset. */
struct change {
	off_t offset;
	unsigned char *bytes;
	size_t count;
	struct change *next;
};

struct shadow {
	char *path;
	unsigned char *bytes; /* on the disk */
	size_t length;
	struct change *changes, **tail; /* since then */
	bool named;   /* its name is on the disk */
	bool removed; /* it was unlinked; its folder isn't synced yet */
	struct shadow *next;
};

static struct shadow *shadows;
static uint64_t dice;

static void *
need(void *memory)
{
	if (memory == NULL)
		abort();
	return memory;
}

static void
load(struct shadow *shadow)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, shadow->path, O_RDONLY |
	    O_CLOEXEC, 0);
	struct stat status;

	if (fd == -1 || fstat(fd, &status) == -1)
		abort();
	shadow->length = (size_t)status.st_size;
	shadow->bytes = need(malloc(shadow->length + 1));
	if (pread(fd, shadow->bytes, shadow->length, 0) !=
	    (ssize_t)shadow->length)
		abort();
	syscall(SYS_close, fd);
}

struct shadow *
shadow_of(const char *path, bool made)
{
	struct shadow *shadow;

	for (shadow = shadows; shadow != NULL; shadow = shadow->next)
		if (!shadow->removed && strcmp(shadow->path, path) == 0)
			return shadow;
	shadow = need(calloc(1, sizeof(*shadow)));
	shadow->path = need(strdup(path));
	shadow->tail = &shadow->changes;
	shadow->named = !made;
	if (!made)
		load(shadow);
	shadow->next = shadows;
	shadows = shadow;
	return shadow;
}

static void
add(struct shadow *shadow, off_t offset, const void *bytes, size_t count)
{
	struct change *change = need(calloc(1, sizeof(*change)));

	change->offset = offset;
	change->count = count;
	if (bytes != NULL) {
		change->bytes = need(malloc(count));
		memcpy(change->bytes, bytes, count);
	}
	*shadow->tail = change;
	shadow->tail = &change->next;
}

void
shadow_write(struct shadow *shadow, off_t offset, const void *bytes,
    size_t count)
{
	if (count > 0)
		add(shadow, offset, bytes, count);
}

void
shadow_truncate(struct shadow *shadow, off_t length)
{
	add(shadow, length, NULL, 0);
}

static void
resize(struct shadow *shadow, size_t length)
{
	shadow->bytes = need(realloc(shadow->bytes, length + 1));
	if (length > shadow->length)
		memset(shadow->bytes + shadow->length, 0,
		    length - shadow->length);
	shadow->length = length;
}

static void
put(struct shadow *shadow, size_t offset, const unsigned char *bytes,
    size_t count)
{
	if (offset + count > shadow->length)
		resize(shadow, offset + count);
	memcpy(shadow->bytes + offset, bytes, count);
}

void
shadow_sync(struct shadow *shadow)
{
	struct change *change;

	while ((change = shadow->changes) != NULL) {
		if (change->bytes == NULL)
			resize(shadow, (size_t)change->offset);
		else
			put(shadow, (size_t)change->offset, change->bytes,
			    change->count);
		shadow->changes = change->next;
		free(change->bytes);
		free(change);
	}
	shadow->tail = &shadow->changes;
}

void
shadow_unlink(struct shadow *shadow)
{
	shadow->removed = true;
}

void
shadow_rename(const char *from, const char *to)
{
	struct shadow *shadow;

	for (shadow = shadows; shadow != NULL; shadow = shadow->next)
		if (!shadow->removed && strcmp(shadow->path, from) == 0) {
			free(shadow->path);
			shadow->path = need(strdup(to));
		}
}

static void
shadow_free(struct shadow *shadow)
{
	shadow_sync(shadow);
	free(shadow->bytes);
	free(shadow->path);
	free(shadow);
}

void
shadow_sync_folder(void)
{
	struct shadow *shadow, **at = &shadows;

	while ((shadow = *at) != NULL) {
		shadow->named = true;
		if (shadow->removed) {
			*at = shadow->next;
			shadow_free(shadow);
		} else
			at = &shadow->next;
	}
}

/* Half of all times; splitmix64. */
static bool
toss(void)
{
	uint64_t x = dice += 0x9e3779b97f4a7c15;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return ((x ^ (x >> 31)) & 1) != 0;
}

/* Let a part of what wasn't synced reach the disk. */
static void
write_some(struct shadow *shadow)
{
	struct change *change;
	size_t at, count;

	for (change = shadow->changes; change != NULL; change = change->next) {
		if (change->bytes == NULL) {
			if (toss())
				resize(shadow, (size_t)change->offset);
			continue;
		}
		for (at = 0; at < change->count; at += count) {
			count = SECTOR - ((size_t)change->offset + at) %
			    SECTOR;
			if (count > change->count - at)
				count = change->count - at;
			if (toss())
				put(shadow, (size_t)change->offset + at,
				    change->bytes + at, count);
		}
	}
}

static void
restore(const struct shadow *shadow)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, shadow->path, O_WRONLY |
	    O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd == -1 || syscall(SYS_write, fd, shadow->bytes,
	    shadow->length) != (long)shadow->length)
		abort();
	syscall(SYS_close, fd);
}

void
shadow_lose_power(unsigned long seed)
{
	struct shadow *shadow;
	bool there;

	dice = seed;
	/* The latest is the first, and the one of its path that counts. */
	for (shadow = shadows; shadow != NULL; shadow = shadow->next) {
		if (seed != 0)
			write_some(shadow);
		there = shadow->removed ? shadow->named && (seed == 0 ||
		    toss()) : shadow->named || (seed != 0 && toss());
		if (there && (!shadow->removed ||
		    access(shadow->path, F_OK) == -1))
			restore(shadow);
		else if (!shadow->removed)
			syscall(SYS_unlinkat, AT_FDCWD, shadow->path, 0);
	}
}
