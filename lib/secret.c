/* SPDX-License-Identifier: MIT */
#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

int
secret_start(struct error *error)
{
	/* One byte is none, and where cores are piped to a program, which 0
	 * doesn't stop, the kernel takes 1 for never (core(5)). */
	struct rlimit none = { 1, 1 };

	setrlimit(RLIMIT_CORE, &none);
	/* Nor may another process of our user look into our memory. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (sodium_init() == -1)
		return error_set(error, EXIT_SYSTEM, "cannot start libsodium");
	return 0;
}

int
secret_new(struct secret *secret, size_t length, struct error *error)
{
	*secret = (struct secret){ 0 };
	if ((secret->text = sodium_malloc(length + 1)) == NULL)
		return error_set(error, EXIT_SYSTEM,
		    "cannot lock memory for a secret: out of memory");
	sodium_memzero(secret->text, length + 1);
	secret->length = length;
	return 0;
}

int
secret_copy(struct secret *secret, const char *text, size_t length,
    struct error *error)
{
	if (secret_new(secret, length, error) == -1)
		return -1;
	if (length > 0)
		memcpy(secret->text, text, length);
	return 0;
}

int
secret_read(struct secret *secret, int fd, const char *what,
    struct error *error)
{
	struct secret all = { 0 };
	size_t used = 0;
	ssize_t count;
	int rc = -1;

	*secret = (struct secret){ 0 };
	if (secret_new(&all, SECRET_MAX + 1, error) == -1)
		return -1;
	do {
		count = read(fd, all.text + used, all.length - used);
		if (count == -1 && errno == EINTR)
			continue;
		if (count == -1) {
			error_errno(error, EXIT_NOINPUT, "cannot read %s", what);
			goto out;
		}
		used += (size_t)count;
	} while (count != 0 && used <= SECRET_MAX);
	if (used > SECRET_MAX) {
		error_set(error, EXIT_DATA, "%s is longer than %d bytes", what,
		    SECRET_MAX);
		goto out;
	}
	if (used > 0 && all.text[used - 1] == '\n')
		used--;
	if (used == 0) {
		error_set(error, EXIT_DATA, "%s is empty", what);
		goto out;
	}
	rc = secret_copy(secret, all.text, used, error);
out:
	secret_free(&all);
	return rc;
}

static int
read_private(struct secret *secret, const char *path, mode_t others,
    struct error *error)
{
	struct stat st;
	int fd, rc = -1;

	*secret = (struct secret){ 0 };
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)) == -1)
		return error_errno(error, EXIT_CONFIG,
		    "cannot open the secret file '%s'", path);
	if (fstat(fd, &st) == -1)
		error_errno(error, EXIT_CONFIG, "cannot examine '%s'", path);
	else if (S_ISREG(st.st_mode) && (st.st_mode & others) != 0)
		error_set(error, EXIT_CONFIG, "others may read the secret file "
		    "'%s' (mode %03o): chmod 600 it", path,
		    (unsigned int)st.st_mode & 0777);
	else
		rc = secret_read(secret, fd, path, error);
	close(fd);
	return rc;
}

int
secret_read_file(struct secret *secret, const char *path, struct error *error)
{
	return read_private(secret, path, 077, error);
}

/* systemd lets the user of a service read it by an ACL, whose mask stat shows
 * in place of the group's bits; its folder is that user's alone. */
int
secret_read_credential(struct secret *secret, const char *path,
    struct error *error)
{
	return read_private(secret, path, 037, error);
}

void
secret_free(struct secret *secret)
{
	if (secret->text != NULL)
		sodium_free(secret->text); /* wipes */
	*secret = (struct secret){ 0 };
}
