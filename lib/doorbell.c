/* SPDX-License-Identifier: MIT */
#include "doorbell.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPTIONS (O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)

/* Whatever name leads to the ledger, it has one doorbell.  -1: too long. */
static int
name(const char *db_path, char out[PATH_MAX])
{
	char *real = realpath(db_path, NULL);
	int length = snprintf(out, PATH_MAX, "%s.doorbell",
	    real != NULL ? real : db_path);

	free(real);
	if (length >= 0 && length < PATH_MAX)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

/* Root may help out; the ledger's own user must get in afterwards. */
static int
give(int fd, const struct stat *bell, const struct stat *ledger)
{
	return geteuid() != 0 || bell->st_uid != 0 || bell->st_nlink != 1 ||
	    fchown(fd, ledger->st_uid, ledger->st_gid) == 0 ? 0 : -1;
}

static bool
is_ours(const struct stat *bell, const struct stat *ledger)
{
	return S_ISFIFO(bell->st_mode) && (bell->st_mode & 077) == 0 &&
	    (bell->st_uid == geteuid() || bell->st_uid == ledger->st_uid);
}

int
doorbell_open(const char *db_path, int *fd, struct error *error)
{
	struct stat bell, ledger;
	char path[PATH_MAX];

	*fd = -1;
	if (name(db_path, path) == -1 || stat(db_path, &ledger) == -1 ||
	    (mkfifo(path, 0600) == -1 && errno != EEXIST))
		return error_errno(error, EXIT_CANTCREATE,
		    "cannot make the doorbell of the ledger '%s'", db_path);
	/* Open for both: a FIFO whose last writer ended is always readable. */
	if ((*fd = open(path, O_RDWR | OPTIONS)) == -1 && errno != ELOOP)
		return error_errno(error, EXIT_CANTCREATE,
		    "cannot open the doorbell '%s'", path);
	if (*fd != -1 && fstat(*fd, &bell) == 0 && is_ours(&bell, &ledger)) {
		if (give(*fd, &bell, &ledger) == 0)
			return 0;
		error_errno(error, EXIT_CANTCREATE, "cannot give the doorbell "
		    "'%s' the ledger's owner", path);
	} else
		error_set(error, EXIT_CANTCREATE, "the doorbell '%s' is no "
		    "FIFO for the ledger's owner alone: remove it", path);
	if (*fd != -1)
		close(*fd);
	*fd = -1;
	return -1;
}

void
doorbell_close(const char *db_path, int fd)
{
	char path[PATH_MAX];

	if (fd == -1)
		return;
	close(fd);
	if (name(db_path, path) == 0)
		unlink(path);
}

void
doorbell_drain(int fd)
{
	char rings[512];
	ssize_t count;

	do
		count = read(fd, rings, sizeof(rings));
	while (count > 0 || (count == -1 && errno == EINTR));
}

void
doorbell_ring(const char *db_path)
{
	char path[PATH_MAX];
	struct stat status;
	int fd;

	/* Without a listener it can't be opened. */
	if (name(db_path, path) == -1 ||
	    (fd = open(path, O_WRONLY | OPTIONS)) == -1)
		return;
	/* One that is full has rung. */
	if (fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode))
		while (write(fd, "!", 1) == -1 && errno == EINTR)
			;
	close(fd);
}
