/* SPDX-License-Identifier: MIT */
#include "fetch/auth.h"

#include <stdlib.h>
#include <string.h>

#include "fetch/auth_parts.h"
#include "lockfile.h"
#include "log.h"

/* What the identity domain is called in an assertion, by its documents. */
#define AUDIENCE "https://identity.oraclecloud.com/"

static const struct way {
	const char *name;
	enum auth_grant grant;
	enum auth_client client;
} ways[] = {
	{ "client_credentials", AUTH_CLIENT_CREDENTIALS, AUTH_CLIENT_BASIC },
	{ "jwt_assertion", AUTH_CLIENT_CREDENTIALS, AUTH_CLIENT_ASSERTION },
	{ "user_assertion", AUTH_USER_ASSERTION, AUTH_CLIENT_BASIC },
	{ "self_signed", AUTH_SELF_SIGNED, AUTH_CLIENT_NONE },
	{ "authorization_code", AUTH_AUTHORIZATION_CODE, AUTH_CLIENT_BASIC },
	{ "basic", AUTH_BASIC, AUTH_CLIENT_NONE },
};

static const char *const clients[] = { "basic", "body", "assertion", "none" };

static int
read_client(struct auth *auth, const struct config *config,
    const struct way *way, struct error *error)
{
	char *name = config_string(config, "oracle.client_auth", NULL);
	size_t i;
	int rc = -1;

	auth->client = way->client;
	if (name == NULL || way->grant >= AUTH_SELF_SIGNED) {
		free(name);
		return 0;
	}
	for (i = 0; i < sizeof(clients) / sizeof(clients[0]); i++)
		if (strcmp(clients[i], name) == 0) {
			auth->client = (enum auth_client)i;
			rc = 0;
		}
	free(name);
	if (rc == -1)
		return error_set(error, EXIT_CONFIG, "'%s': "
		    "oracle.client_auth is one of basic, body, assertion and "
		    "none", config->path);
	if (way->client == AUTH_CLIENT_ASSERTION &&
	    auth->client != AUTH_CLIENT_ASSERTION)
		return error_set(error, EXIT_CONFIG, "'%s': oracle.auth "
		    "jwt_assertion means oracle.client_auth assertion: take "
		    "the latter out", config->path);
	if (way->grant == AUTH_CLIENT_CREDENTIALS &&
	    auth->client == AUTH_CLIENT_NONE)
		return error_set(error, EXIT_CONFIG, "'%s': with oracle.auth "
		    "client_credentials the client must prove itself: "
		    "oracle.client_auth can't be none", config->path);
	return 0;
}

static int
read_way(struct auth *auth, const struct config *config, struct error *error)
{
	char *name = config_string(config, "oracle.auth", ways[0].name);
	const struct way *way = NULL;
	size_t i;

	if (name == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(ways[i].name, name) == 0)
			way = &ways[i];
	free(name);
	if (way == NULL)
		return error_set(error, EXIT_CONFIG, "'%s': oracle.auth is one "
		    "of client_credentials, jwt_assertion, user_assertion, "
		    "authorization_code, self_signed and basic", config->path);
	auth->grant = way->grant;
	return read_client(auth, config, way, error);
}

static int
need(const struct config *config, const char *key, char **value,
    struct error *error)
{
	*value = config_need(config, key, error);
	if (*value != NULL && **value == '\0')
		return error_set(error, EXIT_CONFIG, "'%s': '%s' is empty",
		    config->path, key);
	return *value != NULL ? 0 : -1;
}

static bool
signs(const struct auth *auth)
{
	return auth->grant == AUTH_USER_ASSERTION ||
	    auth->grant == AUTH_SELF_SIGNED ||
	    auth->client == AUTH_CLIENT_ASSERTION;
}

static const char *
text(const char *value)
{
	return value != NULL ? value : "";
}

/* What is asked for, and by whom, which tells one token from another. */
static int
describe(struct auth *auth, const struct config *config, struct error *error)
{
	struct buffer purpose;

	auth->ledger_path = config_file(config, "ledger", "ledger.db");
	if (auth->ledger_path != NULL)
		auth->lock_path = lockfile_path(auth->ledger_path,
		    "token-lock");
	buffer_init(&purpose, SECRET_MAX);
	buffer_printf(&purpose, "%d\n%s\n%s\n%s\n%s", (int)auth->grant,
	    text(auth->token_url), text(auth->client_id), text(auth->user),
	    text(auth->scope));
	auth->purpose = purpose.data;
	return auth->lock_path != NULL && !purpose.failed ? 0 :
	    error_set(error, EXIT_SYSTEM, "out of memory");
}

int
auth_open(struct auth *auth, const struct config *config,
    struct ledger *ledger, struct error *error)
{
	const char *audience;

	memset(auth, 0, sizeof(*auth));
	auth->ledger = ledger;
	buffer_init(&auth->form, SECRET_MAX);
	if (read_way(auth, config, error) == -1)
		return -1;
	if (auth->grant < AUTH_SELF_SIGNED &&
	    ((auth->token_url = config_url(config, "oracle.token_url", NULL,
	    error)) == NULL || need(config, "oracle.client_id",
	    &auth->client_id, error) == -1))
		return -1;
	if ((auth->grant == AUTH_USER_ASSERTION ||
	    auth->grant == AUTH_SELF_SIGNED) &&
	    need(config, "oracle.user", &auth->user, error) == -1)
		return -1;
	if (auth->grant == AUTH_SELF_SIGNED &&
	    need(config, "oracle.issuer", &auth->issuer, error) == -1)
		return -1;
	audience = auth->grant == AUTH_SELF_SIGNED ? NULL : AUDIENCE;
	auth->audience = config_string(config, "oracle.audience", audience);
	auth->scope = config_string(config, "oracle.scope", NULL);
	auth->key_id = config_string(config, "oracle.key_id", NULL);
	auth->certificate = config_file(config, "oracle.certificate", NULL);
	auth->ca_file = config_file(config, "oracle.ca_file", NULL);
	if (signs(auth) && auth->key_id == NULL && auth->certificate == NULL)
		return error_set(error, EXIT_CONFIG, "'%s': the signature "
		    "must say whose it is: add oracle.certificate (a file), or "
		    "oracle.key_id (its alias)", config->path);
	return describe(auth, config, error);
}

void
auth_close(struct auth *auth)
{
	struct error error;

	/* The last chance to store what was given. */
	if (auth->given.token.text != NULL && auth_store(auth, &error) == 2) {
		auth_give_up(auth, &error);
		log_failure(&error);
	}
	auth_abandon(auth);
	secret_free(&auth->credential);
	secret_free(&auth->refused);
	buffer_free(&auth->form);
	free(auth->token_url);
	free(auth->client_id);
	free(auth->scope);
	free(auth->user);
	free(auth->issuer);
	free(auth->audience);
	free(auth->key_id);
	free(auth->certificate);
	free(auth->ca_file);
	free(auth->lock_path);
	free(auth->ledger_path);
	free(auth->purpose);
	memset(auth, 0, sizeof(*auth));
}
