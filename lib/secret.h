/*
 * secret: bytes that must not leak: guarded, locked memory, wiped when freed.
 */
#ifndef LEDGERPIPE_SECRET_H
#define LEDGERPIPE_SECRET_H

#include <stddef.h>

#include "error.h"

#define SECRET_MAX 65536 /* bytes; a private key in PEM fits many times */

struct secret {
	char *text; /* NUL behind the bytes, not counted */
	size_t length;
};

/* Start libsodium; forbid core dumps, and other processes of our user to look
 * into our memory.  Call once in main, first. */
int secret_start(struct error *error);
/* Allocate; contents zero.  Free with secret_free. */
int secret_new(struct secret *secret, size_t length, struct error *error);
int secret_copy(struct secret *secret, const char *text, size_t length,
    struct error *error);
/* Read to the end of fd; one final newline is taken off.  Empty: EXIT_DATA. */
int secret_read(struct secret *secret, int fd, const char *what,
    struct error *error);
/* The same from a file that only its owner may read (else EXIT_CONFIG). */
int secret_read_file(struct secret *secret, const char *path,
    struct error *error);
/* The same from a credential of systemd, which a group may seem to read. */
int secret_read_credential(struct secret *secret, const char *path,
    struct error *error);
void secret_free(struct secret *secret); /* zeroed, or freed: fine */

#endif
