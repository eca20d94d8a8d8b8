/* SPDX-License-Identifier: MIT */
#include "lockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

char *
lockfile_path(const char *ledger, const char *suffix)
{
	char *real = realpath(ledger, NULL), *path;
	size_t size;

	if (real != NULL)
		ledger = real;
	size = strlen(ledger) + strlen(suffix) + 2;
	if ((path = malloc(size)) != NULL)
		snprintf(path, size, "%s.%s", ledger, suffix);
	free(real);
	return path;
}

static void
read_holder(int fd, char holder[LOCKFILE_HOLDER])
{
	ssize_t count = read(fd, holder, LOCKFILE_HOLDER - 1);

	holder[count > 0 ? count : 0] = '\0';
	holder[strcspn(holder, "\n")] = '\0';
	if (*holder == '\0')
		strcpy(holder, "unknown");
}

static int
sign(int fd, const char *path, const char *ledger, struct error *error)
{
	struct stat status;

	if (ftruncate(fd, 0) == -1 || dprintf(fd, "%ld\n", (long)getpid()) < 0)
		return error_errno(error, EXIT_IO, "cannot write the lock "
		    "'%s'", path);
	if (geteuid() == 0 && stat(ledger, &status) == 0 &&
	    fchown(fd, status.st_uid, status.st_gid) == -1)
		return error_errno(error, EXIT_SYSTEM, "cannot give the lock "
		    "'%s' the ledger's owner", path);
	return 0;
}

int
lockfile_take(const char *path, const char *ledger, int *fd,
    char holder[LOCKFILE_HOLDER], struct error *error)
{
	int rc = -1;

	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd == -1)
		return error_errno(error, EXIT_CANTCREATE, "cannot open the "
		    "lock '%s'", path);
	if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
		rc = sign(*fd, path, ledger, error) == 0 ? 1 : -1;
	else if (errno != EWOULDBLOCK)
		error_errno(error, EXIT_SYSTEM, "cannot lock '%s'", path);
	else {
		rc = 0;
		if (holder != NULL)
			read_holder(*fd, holder);
	}
	if (rc != 1) {
		close(*fd);
		*fd = -1;
	}
	return rc;
}
