/* SPDX-License-Identifier: MIT */
#include "passphrase.h"

#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"

#define KEY_BYTES 32
#define CREDENTIAL "credential:"

_Static_assert(PASSPHRASE_SALT_BYTES == crypto_pwhash_argon2id_SALTBYTES,
    "libsodium's salt");

/* Ask on the terminal of this process, whatever its standard streams are. */
static int
ask(struct secret *passphrase, const char *what, struct error *error)
{
	int rc, terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (terminal == -1)
		return error_set(error, EXIT_CONFIG, "cannot ask for %s: "
		    "there is no terminal; name a file that holds it", what);
	rc = ask_secret(passphrase, terminal, terminal, what, error);
	close(terminal);
	return rc;
}

int
passphrase_get(struct secret *passphrase, const char *key_file,
    struct error *error)
{
	const char *file = getenv("LEDGERPIPE_PASSPHRASE_FILE");
	char what[PATH_MAX + 64];

	if (file != NULL && *file != '\0')
		return credential_read(passphrase, file, error);
	snprintf(what, sizeof(what), "the passphrase of the key '%s'",
	    key_file);
	if (ask(passphrase, what, error) == 0)
		return 0;
	return error->code != EXIT_CONFIG ? -1 : error_set(error, EXIT_CONFIG,
	    "cannot ask for %s: there is no terminal; name a file that holds "
	    "it in LEDGERPIPE_PASSPHRASE_FILE", what);
}

static int
ask_twice(struct secret *passphrase, struct error *error)
{
	struct secret again;
	int same;

	if (ask(passphrase, "the new passphrase", error) == -1)
		return -1;
	if (ask(&again, "the new passphrase again", error) == -1)
		return -1;
	same = again.length == passphrase->length && sodium_memcmp(again.text,
	    passphrase->text, again.length) == 0;
	secret_free(&again);
	return same ? 0 : error_set(error, EXIT_DATA, "the two passphrases "
	    "differ: nothing was changed");
}

int
passphrase_get_new(struct secret *passphrase, const char *file,
    struct error *error)
{
	*passphrase = (struct secret){ 0 };
	if ((file != NULL ? credential_read(passphrase, file, error) :
	    ask_twice(passphrase, error)) == 0) {
		if (passphrase->length >= PASSPHRASE_MIN)
			return 0;
		error_set(error, EXIT_DATA, "the new passphrase is shorter "
		    "than %d bytes: take several words", PASSPHRASE_MIN);
	}
	secret_free(passphrase);
	return -1;
}

int
passphrase_stretch(const struct secret *passphrase,
    struct passphrase_cost cost,
    const unsigned char salt[PASSPHRASE_SALT_BYTES], struct secret *key,
    struct error *error)
{
	if (secret_new(key, KEY_BYTES, error) == -1)
		return -1;
	if (crypto_pwhash((unsigned char *)key->text, KEY_BYTES,
	    passphrase->text, passphrase->length, salt, cost.passes,
	    (size_t)cost.kib * 1024, crypto_pwhash_ALG_ARGON2ID13) == 0)
		return 0;
	secret_free(key);
	return error_set(error, EXIT_SYSTEM, "cannot make a key of the "
	    "passphrase: that needs %u MiB of memory", cost.kib / 1024);
}

bool
credential_named(const char *source)
{
	return strncmp(source, CREDENTIAL, strlen(CREDENTIAL)) == 0;
}

int
credential_read(struct secret *secret, const char *source,
    struct error *error)
{
	const char *name = source + strlen(CREDENTIAL);
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX];

	if (!credential_named(source))
		return secret_read_file(secret, source, error);
	*secret = (struct secret){ 0 };
	if (*name == '\0' || strchr(name, '/') != NULL)
		return error_set(error, EXIT_CONFIG, "'%.80s' names no "
		    "credential: say " CREDENTIAL "NAME", source);
	if (folder == NULL || *folder != '/')
		return error_set(error, EXIT_CONFIG, "the credential '%.80s' "
		    "is not here: systemd gives it to a service by "
		    "LoadCredential; on a command line use systemd-run --pipe "
		    "-p LoadCredential=%.80s:FILE", name, name);
	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >=
	    (int)sizeof(path))
		return error_set(error, EXIT_CONFIG, "the path of the "
		    "credential '%.80s' is too long", name);
	return secret_read_credential(secret, path, error);
}
