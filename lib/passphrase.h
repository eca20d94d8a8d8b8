/*
 * passphrase: what a person knows, and the key that Argon2id makes of it.
 *
 * It comes from the file that $LEDGERPIPE_PASSPHRASE_FILE names: only its
 * owner may read it; /dev/fd/N is a descriptor, credential:NAME one of
 * systemd's.  Else it is asked for on the terminal, without showing it.
 *
 * Errors: EXIT_CONFIG (none to be had, a loose file), EXIT_DATA (empty, too
 * short for a new one, the second doesn't match the first), EXIT_SYSTEM.
 */
#ifndef LEDGERPIPE_PASSPHRASE_H
#define LEDGERPIPE_PASSPHRASE_H

#include <stdbool.h>

#include "secret.h"

#define PASSPHRASE_MIN 12 /* bytes of a new one */
#define PASSPHRASE_SALT_BYTES 16

/* How much work a guess costs. */
struct passphrase_cost {
	unsigned int passes, kib;
};

/* RFC 9106's second choice, for machines whose memory has other uses. */
#define PASSPHRASE_COST ((struct passphrase_cost){ 3, 65536 })

/* The one of the key file of that name. */
int passphrase_get(struct secret *passphrase, const char *key_file,
    struct error *error);
/* A new one: from file, or (NULL) asked for twice. */
int passphrase_get_new(struct secret *passphrase, const char *file,
    struct error *error);
/* 32 bytes into *key. */
int passphrase_stretch(const struct secret *passphrase,
    struct passphrase_cost cost,
    const unsigned char salt[PASSPHRASE_SALT_BYTES], struct secret *key,
    struct error *error);

/* Read a secret file, or with credential:NAME the one of that name which
 * systemd gave to this service. */
int credential_read(struct secret *secret, const char *source,
    struct error *error);
bool credential_named(const char *source);

#endif
