/* SPDX-License-Identifier: MIT */
#include "verify/secrets.h"

#include <stdlib.h>

#include "config.h"
#include "ledger.h"

static int
take_from_vault(struct secrets *secrets, const char *path,
    struct error *error)
{
	struct config config = { 0 };
	struct ledger ledger = { 0 };
	struct secret *previous = &secrets->list[1];
	char *key_file = NULL;
	int rc = -1, found;

	if (config_open(&config, path, error) == -1)
		goto out;
	secrets->ledger = config_file(&config, "ledger", "ledger.db");
	key_file = config_file(&config, "key_file", "ledger.key");
	if (secrets->ledger == NULL || key_file == NULL) {
		error_set(error, EXIT_SYSTEM, "out of memory");
		goto out;
	}
	if (ledger_open(&ledger, secrets->ledger, key_file, DB_READ, "verify",
	    error) == -1 || vault_need(&ledger, "slack.signing_secret",
	    &secrets->list[0], error) == -1)
		goto out;
	secrets->count = 1;
	if ((found = vault_get(&ledger, "slack.signing_secret.previous",
	    previous, error)) == -1)
		goto out;
	if (found == 0)
		secrets->count = 2;
	rc = 0;
out:
	free(key_file);
	ledger_close(&ledger);
	config_close(&config);
	return rc;
}

int
secrets_open(struct secrets *secrets, const struct options *options,
    struct error *error)
{
	size_t i;

	if (options->file_count == 0 &&
	    take_from_vault(secrets, options->config, error) == -1)
		return -1;
	for (i = 0; i < options->file_count; i++) {
		if (secret_read_file(&secrets->list[i], options->files[i],
		    error) == -1)
			return -1;
		secrets->count++;
	}
	/* HMAC takes an empty key, and then everybody can sign. */
	for (i = 0; i < secrets->count; i++)
		if (secrets->list[i].length == 0)
			return error_set(error, EXIT_CONFIG,
			    "signing secret %zu is empty; set the one shown "
			    "under Basic Information of the Slack app", i + 1);
	return 0;
}

void
secrets_free(struct secrets *secrets)
{
	size_t i;

	for (i = 0; i < SIGNATURE_SECRETS_MAX; i++)
		secret_free(&secrets->list[i]);
	free(secrets->ledger);
	*secrets = (struct secrets){ 0 };
}
