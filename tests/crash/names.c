/* SPDX-License-Identifier: MIT */
#include "tests/crash/names.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATH_SIZE 4096
#define CHANGES_MAX 64

/* from is none for a link, to none for an unlink; kept has what to was, or of
 * an unlink from. */
struct change {
	char from[PATH_SIZE], to[PATH_SIZE], kept[PATH_SIZE + 32];
};

static struct change changes[CHANGES_MAX];
static unsigned long count, number;

static void
copy_path(char out[PATH_SIZE], const char *path)
{
	if (snprintf(out, PATH_SIZE, "%s", path) >= PATH_SIZE)
		abort();
}

static struct change *
add(const char *from, const char *to)
{
	struct change *change = &changes[count];

	if (count++ == CHANGES_MAX)
		abort();
	copy_path(change->from, from);
	copy_path(change->to, to);
	*change->kept = '\0';
	return change;
}

static void
keep(struct change *change, const char *path)
{
	snprintf(change->kept, sizeof(change->kept), "%s.undo.%lu", path,
	    number++);
	if (syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, change->kept,
	    0) == 0)
		return;
	if (errno != ENOENT)
		abort();
	*change->kept = '\0';
}

void
names_rename(const char *from, const char *to)
{
	keep(add(from, to), to);
}

void
names_link(const char *to)
{
	if (access(to, F_OK) == -1)
		add("", to);
}

void
names_unlink(const char *path)
{
	keep(add(path, ""), path);
}

static void
unlink_path(const char *path)
{
	if (syscall(SYS_unlinkat, AT_FDCWD, path, 0) == -1 && errno != ENOENT)
		abort();
}

static void
rename_path(const char *from, const char *to)
{
	if (syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0) == -1 &&
	    errno != ENOENT)
		abort();
}

void
names_sync(void)
{
	while (count > 0)
		if (*changes[--count].kept != '\0')
			unlink_path(changes[count].kept);
}

static void
take_back(const struct change *change)
{
	if (*change->from == '\0')
		unlink_path(change->to);
	else if (*change->to != '\0')
		rename_path(change->to, change->from);
	if (*change->kept != '\0')
		rename_path(change->kept, *change->to != '\0' ? change->to :
		    change->from);
}

void
names_lose_power(unsigned long seed)
{
	unsigned long kept = seed % (count + 1);

	while (count > kept)
		take_back(&changes[--count]);
	names_sync();
}
