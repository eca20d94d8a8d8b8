/*
 * master: the master key of a ledger, and the file that gives it.
 *
 * That is named by a source: a path, or credential:NAME for what systemd gave
 * to this service (systemd.exec(5), LoadCredential).  It holds the key itself
 * as 64 hex digits, or says how a passphrase becomes the key:
 *
 *     argon2id PASSES KIB SALT KEYID
 *
 * Only its owner may read it (EXIT_CONFIG otherwise, with the remedy).  It isn't
 * there: EXIT_NOINPUT; another passphrase: EXIT_NOAUTH.
 *
 * Beside a path stand PATH.new, a key that is about to take its place, and
 * PATH.old, the one that had it.
 */
#ifndef LEDGERPIPE_MASTER_H
#define LEDGERPIPE_MASTER_H

#include <stdbool.h>

#include "secret.h"

#define MASTER_BYTES 32
#define MASTER_ID_MAX 17 /* 16 hex digits, no secret, and a NUL */
#define MASTER_PATH_MAX 4096

struct master {
	struct secret key;  /* MASTER_BYTES */
	struct secret text; /* of its file; with master_make alone */
	char id[MASTER_ID_MAX];
};

/* Read it.  passphrase is asked for when it is needed and empty (ask false:
 * never on the terminal); the caller frees it. */
int master_load(struct master *master, const char *source,
    struct secret *passphrase, bool ask, struct error *error);
/* Its id alone, which needs no passphrase. */
int master_id(const char *source, char id[MASTER_ID_MAX],
    struct error *error);
/* A new one: of a passphrase, or (NULL) random. */
int master_make(struct master *master, const struct secret *passphrase,
    struct error *error);
/* Write it into a file that isn't there, and down to the disk with its name;
 * it belongs to the owner of the file like (NULL: to us). */
int master_write(const struct master *master, const char *path,
    const char *like, struct error *error);
void master_free(struct master *master); /* zeroed, or freed: fine */

/* path with ".new" or ".old" behind it. */
int master_beside(const char *path, const char *end,
    char out[MASTER_PATH_MAX], struct error *error);
/* PATH.new takes the place of PATH, which stays as PATH.old; there is a key in
 * PATH at every moment. */
int master_replace(const char *path, struct error *error);
/* Down to the disk with what was named and removed beside path. */
int master_sync_folder(const char *path, struct error *error);

#endif
