/* SPDX-License-Identifier: MIT */
#include "master.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "passphrase.h"

#define HEX (MASTER_BYTES * 2)
#define SALT_HEX (PASSPHRASE_SALT_BYTES * 2)
#define PASSES_MAX 64
#define KIB_MAX (1u << 20)

/* A key file as it is written. */
struct recipe {
	bool passphrase; /* else it is the key itself */
	struct passphrase_cost cost;
	unsigned char salt[PASSPHRASE_SALT_BYTES];
	char id[MASTER_ID_MAX];
};

static void
name_key(struct master *master)
{
	unsigned char digest[crypto_generichash_BYTES];

	crypto_generichash(digest, sizeof(digest),
	    (unsigned char *)master->key.text, MASTER_BYTES,
	    (const unsigned char *)"key id", 6);
	sodium_bin2hex(master->id, sizeof(master->id), digest, 8);
}

static int
key_from_hex(struct master *master, const struct secret *text,
    struct error *error)
{
	size_t length = 0;

	if (secret_new(&master->key, MASTER_BYTES, error) == -1)
		return -1;
	if (text->length == HEX && sodium_hex2bin(
	    (unsigned char *)master->key.text, MASTER_BYTES, text->text, HEX,
	    NULL, &length, NULL) == 0 && length == MASTER_BYTES) {
		name_key(master);
		return 0;
	}
	secret_free(&master->key);
	return -1;
}

static bool
parse_recipe(struct recipe *recipe, const struct secret *text)
{
	char salt[SALT_HEX + 1];
	int end = 0;

	*recipe = (struct recipe){ .passphrase = true };
	return sscanf(text->text, "argon2id %2u %7u %32[0-9a-f] "
	    "%16[0-9a-f]%n", &recipe->cost.passes, &recipe->cost.kib, salt,
	    recipe->id, &end) == 4 && (size_t)end == text->length &&
	    recipe->cost.passes >= 1 && recipe->cost.passes <= PASSES_MAX &&
	    recipe->cost.kib >= 8 && recipe->cost.kib <= KIB_MAX &&
	    strlen(recipe->id) == MASTER_ID_MAX - 1 &&
	    strlen(salt) == SALT_HEX && sodium_hex2bin(recipe->salt,
	    sizeof(recipe->salt), salt, SALT_HEX, NULL, NULL, NULL) == 0;
}

/* What the file says: the key itself, or how it is made. */
static int
read_source(struct master *master, struct recipe *recipe, const char *source,
    struct error *error)
{
	struct secret text;
	int rc = -1;

	*recipe = (struct recipe){ 0 };
	if (!credential_named(source) && access(source, F_OK) == -1 &&
	    errno == ENOENT)
		return error_set(error, EXIT_NOINPUT, "there is no key file "
		    "'%s': put your copy of it back; without it the vault's "
		    "secrets can't be read nor the audit log checked, while "
		    "messages and bookmarks are still in the ledger", source);
	if (credential_read(&text, source, error) == -1) {
		if (error->code == EXIT_DATA)
			error->code = EXIT_CONFIG; /* it is no input of ours */
		return -1;
	}
	if (key_from_hex(master, &text, error) == 0 ||
	    parse_recipe(recipe, &text))
		rc = 0;
	else
		error_set(error, EXIT_CONFIG, "the key file '%s' does not hold "
		    "%d hex digits, nor how a passphrase becomes a key: put "
		    "your copy of it back", source, HEX);
	secret_free(&text);
	return rc;
}

int
master_load(struct master *master, const char *source,
    struct secret *passphrase, bool ask, struct error *error)
{
	struct recipe recipe;

	*master = (struct master){ 0 };
	if (read_source(master, &recipe, source, error) == -1)
		return -1;
	if (!recipe.passphrase)
		return 0;
	if (!ask && getenv("LEDGERPIPE_PASSPHRASE_FILE") == NULL)
		return error_set(error, EXIT_CONFIG, "the passphrase of the "
		    "key '%s' isn't asked for in the middle of work", source);
	if ((passphrase->text == NULL && passphrase_get(passphrase, source,
	    error) == -1) || passphrase_stretch(passphrase, recipe.cost,
	    recipe.salt, &master->key, error) == -1)
		return -1;
	name_key(master);
	if (strcmp(master->id, recipe.id) == 0)
		return 0;
	master_free(master);
	return error_set(error, EXIT_NOAUTH, "the passphrase is not that of "
	    "the key '%s'", source);
}

int
master_id(const char *source, char id[MASTER_ID_MAX], struct error *error)
{
	struct master master = { 0 };
	struct recipe recipe;

	if (read_source(&master, &recipe, source, error) == -1)
		return -1;
	memcpy(id, recipe.passphrase ? recipe.id : master.id, MASTER_ID_MAX);
	master_free(&master);
	return 0;
}

static int
make_of_passphrase(struct master *master, const struct secret *passphrase,
    struct error *error)
{
	struct passphrase_cost cost = PASSPHRASE_COST;
	unsigned char salt[PASSPHRASE_SALT_BYTES];
	char hex[SALT_HEX + 1], text[128];
	int length;

	randombytes_buf(salt, sizeof(salt));
	if (passphrase_stretch(passphrase, cost, salt, &master->key,
	    error) == -1)
		return -1;
	name_key(master);
	length = snprintf(text, sizeof(text), "argon2id %u %u %s %s\n",
	    cost.passes, cost.kib, sodium_bin2hex(hex, sizeof(hex), salt,
	    sizeof(salt)), master->id);
	return secret_copy(&master->text, text, (size_t)length, error);
}

int
master_make(struct master *master, const struct secret *passphrase,
    struct error *error)
{
	int rc = -1;

	*master = (struct master){ 0 };
	if (passphrase != NULL)
		rc = make_of_passphrase(master, passphrase, error);
	else if (secret_new(&master->key, MASTER_BYTES, error) == 0 &&
	    secret_new(&master->text, HEX + 1, error) == 0) {
		randombytes_buf(master->key.text, MASTER_BYTES);
		name_key(master);
		sodium_bin2hex(master->text.text, HEX + 1,
		    (unsigned char *)master->key.text, MASTER_BYTES);
		master->text.text[HEX] = '\n';
		rc = 0;
	}
	if (rc == -1)
		master_free(master);
	return rc;
}

/* Root may rotate the key of a service, which is to read it still. */
static int
give_to_owner_of(int fd, const char *like)
{
	struct stat st;

	if (like == NULL || stat(like, &st) == -1 || geteuid() != 0)
		return 0;
	return fchown(fd, st.st_uid, st.st_gid);
}

int
master_write(const struct master *master, const char *path, const char *like,
    struct error *error)
{
	int fd, rc = -1;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		return error_errno(error, EXIT_CANTCREATE,
		    "cannot create the key file '%s'", path);
	if (give_to_owner_of(fd, like) == 0 && write(fd, master->text.text,
	    master->text.length) == (ssize_t)master->text.length &&
	    fsync(fd) == 0)
		rc = master_sync_folder(path, error);
	else
		error_errno(error, EXIT_IO, "cannot write the key file '%s'",
		    path);
	close(fd);
	if (rc == -1)
		unlink(path);
	return rc;
}

void
master_free(struct master *master)
{
	secret_free(&master->key);
	secret_free(&master->text);
}

int
master_beside(const char *path, const char *end, char out[MASTER_PATH_MAX],
    struct error *error)
{
	return snprintf(out, MASTER_PATH_MAX, "%s%s", path, end) <
	    MASTER_PATH_MAX ? 0 : error_set(error, EXIT_CONFIG, "the path of "
	    "the key file '%.80s' is too long", path);
}

int
master_sync_folder(const char *path, struct error *error)
{
	const char *slash = strrchr(path, '/');
	char folder[MASTER_PATH_MAX];
	int fd, rc;

	if (slash == NULL)
		strcpy(folder, ".");
	else
		snprintf(folder, sizeof(folder), "%.*s",
		    slash == path ? 1 : (int)(slash - path), path);
	if ((fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return error_errno(error, EXIT_IO, "cannot open the folder "
		    "'%s'", folder);
	if ((rc = fsync(fd)) == -1)
		error_errno(error, EXIT_IO, "cannot write the folder '%s'",
		    folder);
	close(fd);
	return rc;
}

int
master_replace(const char *path, struct error *error)
{
	char new[MASTER_PATH_MAX], old[MASTER_PATH_MAX];

	if (master_beside(path, ".new", new, error) == -1 ||
	    master_beside(path, ".old", old, error) == -1)
		return -1;
	/* It is there when we were stopped between the two. */
	if (link(path, old) == -1 && errno != EEXIST)
		return error_errno(error, EXIT_CANTCREATE, "cannot keep the "
		    "old key as '%s'", old);
	if (rename(new, path) == -1)
		return error_errno(error, EXIT_CANTCREATE, "cannot put the new "
		    "key in the place of '%s'", path);
	return master_sync_folder(path, error);
}
