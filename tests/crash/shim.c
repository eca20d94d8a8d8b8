/* SPDX-License-Identifier: MIT */
/*
 * A library for LD_PRELOAD that lets a process die, or its disk be full, at a
 * chosen event.  The events, each with its letter:
 *
 *   w  a write to, or a truncation of, the ledger or its log (-wal)
 *   m  the same of its -shm, or a lock or doorbell beside it
 *   c  the making of a file beside the ledger
 *   f  an fsync of one of these, or of a folder
 *   d  one of a folder, where d counts
 *   s  bytes that leave on a network socket
 *   o  a write to standard output
 *   n  a rename, a link or an unlink of one of these
 *
 * In the environment:
 *
 *   CRASH_FILES=NAME     how the names of the ledger's files begin
 *   CRASH_KEY=NAME       how those of its key file begin, which are treated as
 *                        the ledger itself is
 *   CRASH_EVENTS=wfso    the letters that count
 *   CRASH_REPORT=FILE    gets the letters of the events, in their order
 *   CRASH_AT=N           at the Nth of them, before it is carried out, ...
 *   CRASH_HOW=kill       ... SIGKILL comes
 *             half       ... the same, after half of the bytes of an s
 *             power      ... the power goes: what wasn't synced is lost, or
 *                        with CRASH_SEED=N a part of it, and -shm
 *             full       ... it fails with ENOSPC, and so does each later one,
 *                        until the file CRASH_SPACE is there
 *
 * The process is taken to be of one thread, on 64-bit Linux.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/crash/names.h"
#include "tests/crash/shadow.h"

#define PATH_SIZE 4096

static const char *files, *keys, *events, *how, *space;
static char ledger_path[PATH_SIZE]; /* of any of the files, for its folder */
static long at, count;
static int report = -1;

__attribute__((constructor)) static void
start(void)
{
	const char *path = getenv("CRASH_REPORT"), *number = getenv("CRASH_AT");

	files = getenv("CRASH_FILES");
	keys = getenv("CRASH_KEY");
	events = getenv("CRASH_EVENTS");
	how = getenv("CRASH_HOW");
	space = getenv("CRASH_SPACE");
	at = number != NULL ? atol(number) : 0;
	if (path != NULL)
		report = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY |
		    O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

/* ---- what a descriptor or a path is ------------------------------------ */

static bool
ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length >= tail && strcmp(text + length - tail, end) == 0;
}

static bool
is_key(const char *path)
{
	const char *slash = strrchr(path, '/');

	return keys != NULL && strncmp(slash != NULL ? slash + 1 : path, keys,
	    strlen(keys)) == 0;
}

/* The letter of a write to the file of that path; 0: not one of ours. */
static char
letter_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;

	if (is_key(path))
		return 'w';
	if (files == NULL || strncmp(name, files, strlen(files)) != 0)
		return 0;
	if (*path == '/')
		strcpy(ledger_path, path);
	return name[strlen(files)] == '\0' || ends_with(name, "-wal") ? 'w' :
	    'm';
}

static bool
path_of(int fd, char path[PATH_SIZE])
{
	char link[64];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, PATH_SIZE - 1);
	if (length > 0)
		path[length] = '\0';
	return length > 0;
}

static bool
is_network(int fd)
{
	struct sockaddr_storage name;
	socklen_t length = sizeof(name);

	return getsockname(fd, (struct sockaddr *)&name, &length) == 0 &&
	    (name.ss_family == AF_INET || name.ss_family == AF_INET6);
}

/* The letter of a write to fd; *shadow when it is a file that can be lost. */
static char
target_of(int fd, struct shadow **shadow)
{
	int kept = errno;
	char path[PATH_SIZE], letter = 0;

	*shadow = NULL;
	if (fd == STDOUT_FILENO)
		letter = 'o';
	else if (path_of(fd, path) && *path == '/') {
		if ((letter = letter_of(path)) == 'w')
			*shadow = shadow_of(path, false);
	} else if (is_network(fd))
		letter = 's';
	errno = kept;
	return letter;
}

/* Is fd the folder of the ledger? */
static bool
is_folder(int fd)
{
	char path[PATH_SIZE];
	size_t length;

	if (!path_of(fd, path))
		return false;
	length = strlen(path);
	return strncmp(path, ledger_path, length) == 0 &&
	    ledger_path[length] == '/' &&
	    strchr(ledger_path + length + 1, '/') == NULL;
}

/* ---- events ------------------------------------------------------------ */

static void
die(void)
{
	const char *seed = getenv("CRASH_SEED");
	char path[PATH_SIZE + 8];
	char *dash;

	if (strcmp(how, "power") == 0) {
		shadow_lose_power(seed != NULL ? strtoul(seed, NULL, 10) : 0);
		names_lose_power(seed != NULL ? strtoul(seed, NULL, 10) : 0);
		strcpy(path, ledger_path);
		if ((dash = strrchr(path, '-')) != NULL &&
		    strcmp(dash, "-wal") == 0)
			*dash = '\0';
		strcat(path, "-shm");
		syscall(SYS_unlinkat, AT_FDCWD, path, 0);
	}
	syscall(SYS_kill, getpid(), SIGKILL);
}

static bool
is_full(void)
{
	if (space == NULL || access(space, F_OK) == -1)
		return true;
	space = NULL;
	at = 0; /* for good */
	return false;
}

/* An event is about to happen.  True: it fails, with errno. */
static bool
event(char letter)
{
	int kept = errno;

	if (letter == 0 || events == NULL || strchr(events, letter) == NULL)
		return false;
	count++;
	if (report != -1)
		syscall(SYS_write, report, &letter, 1);
	errno = kept;
	if (at == 0 || count < at)
		return false;
	if (strcmp(how, "full") == 0) {
		if (!is_full()) {
			errno = kept;
			return false;
		}
		errno = ENOSPC;
		return true;
	}
	if (strcmp(how, "half") != 0 || letter != 's')
		die();
	return false;
}

/* So many of the bytes of a send leave. */
static size_t
leaving(size_t size)
{
	return at != 0 && count == at && strcmp(how, "half") == 0 ? size / 2 :
	    size;
}

static void
left(char letter)
{
	if (letter == 's' && at != 0 && count == at &&
	    strcmp(how, "half") == 0)
		die();
}

/* ---- libc's functions -------------------------------------------------- */

static ssize_t
write_at(int fd, const void *bytes, size_t size, off_t offset, long call)
{
	struct shadow *shadow;
	char letter = target_of(fd, &shadow);
	ssize_t written;

	if (event(letter))
		return -1;
	if (letter == 's')
		size = leaving(size);
	if (call == SYS_write && shadow != NULL)
		offset = lseek(fd, 0, SEEK_CUR);
	written = syscall(call, fd, bytes, size, offset);
	if (written > 0 && shadow != NULL)
		shadow_write(shadow, offset, bytes, (size_t)written);
	left(letter);
	return written;
}

ssize_t
write(int fd, const void *bytes, size_t size)
{
	return write_at(fd, bytes, size, 0, SYS_write);
}

ssize_t
pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
	return write_at(fd, bytes, size, offset, SYS_pwrite64);
}

ssize_t pwrite64(int, const void *, size_t, off_t);
ssize_t
pwrite64(int fd, const void *bytes, size_t size, off_t offset)
{
	return write_at(fd, bytes, size, offset, SYS_pwrite64);
}

ssize_t
writev(int fd, const struct iovec *parts, int number)
{
	struct shadow *shadow;
	char letter = target_of(fd, &shadow);

	/* Nothing writes the ledger so; the shadow would miss it. */
	if (shadow != NULL)
		abort();
	return event(letter) ? -1 : syscall(SYS_writev, fd, parts, number);
}

ssize_t
send(int fd, const void *bytes, size_t size, int flags)
{
	return sendto(fd, bytes, size, flags, NULL, 0);
}

ssize_t
sendto(int fd, const void *bytes, size_t size, int flags,
    const struct sockaddr *address, socklen_t length)
{
	struct shadow *shadow;
	char letter = target_of(fd, &shadow);
	ssize_t sent;

	if (event(letter))
		return -1;
	sent = syscall(SYS_sendto, fd, bytes, leaving(size), flags, address,
	    length);
	left(letter);
	return sent;
}

ssize_t
sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct shadow *shadow;
	char letter = target_of(fd, &shadow);

	return event(letter) ? -1 : syscall(SYS_sendmsg, fd, message, flags);
}

int
ftruncate(int fd, off_t length)
{
	struct shadow *shadow;
	int rc;

	if (event(target_of(fd, &shadow)))
		return -1;
	rc = (int)syscall(SYS_ftruncate, fd, length);
	if (rc == 0 && shadow != NULL)
		shadow_truncate(shadow, length);
	return rc;
}

int ftruncate64(int, off_t);
int
ftruncate64(int fd, off_t length)
{
	return ftruncate(fd, length);
}

static int
sync_by(int fd, long call)
{
	struct shadow *shadow;
	bool folder = is_folder(fd);
	int rc;

	if ((target_of(fd, &shadow) != 0 || folder) && event(folder &&
	    events != NULL && strchr(events, 'd') != NULL ? 'd' : 'f'))
		return -1;
	if ((rc = (int)syscall(call, fd)) == 0) {
		if (shadow != NULL)
			shadow_sync(shadow);
		if (folder) {
			shadow_sync_folder();
			names_sync();
		}
	}
	return rc;
}

int
fsync(int fd)
{
	return sync_by(fd, SYS_fsync);
}

int
fdatasync(int fd)
{
	return sync_by(fd, SYS_fdatasync);
}

static bool
keeps_names(const char *path)
{
	return is_key(path) && at != 0 && strcmp(how, "power") == 0;
}

int
unlink(const char *path)
{
	if (letter_of(path) != 0 && access(path, F_OK) == 0) {
		if (event('n'))
			return -1;
		if (keeps_names(path))
			names_unlink(path);
		if (letter_of(path) == 'w')
			shadow_unlink(shadow_of(path, false));
	}
	return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int
link(const char *from, const char *to)
{
	if (letter_of(to) != 0) {
		if (event('n'))
			return -1;
		if (keeps_names(to)) {
			/* Of two names of a file the newer one counts. */
			if (access(to, F_OK) == -1)
				shadow_rename(from, to);
			names_link(to);
		}
	}
	return (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
rename(const char *from, const char *to)
{
	if (letter_of(to) != 0) {
		if (event('n'))
			return -1;
		if (keeps_names(to)) {
			shadow_rename(from, to);
			names_rename(from, to);
		}
	}
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

static int
open_by(const char *path, int flags, mode_t mode)
{
	char letter = flags & O_CREAT ? letter_of(path) : 0;

	if (letter != 0 && access(path, F_OK) == -1) {
		if (event('c'))
			return -1;
		if (letter == 'w')
			shadow_of(path, true);
	}
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

/* Only those that make a file have a mode. */
#define OPEN(name) \
int \
name(const char *path, int flags, ...) \
{ \
	mode_t mode = 0; \
	va_list list; \
	va_start(list, flags); \
	if (flags & O_CREAT) \
		mode = va_arg(list, mode_t); \
	va_end(list); \
	return open_by(path, flags, mode); \
}

OPEN(open)
int open64(const char *, int, ...);
OPEN(open64)

int
mkfifo(const char *path, mode_t mode)
{
	if (letter_of(path) != 0 && access(path, F_OK) == -1 && event('c'))
		return -1;
	return (int)syscall(SYS_mknodat, AT_FDCWD, path, S_IFIFO | mode, 0);
}
