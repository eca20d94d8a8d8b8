/* SPDX-License-Identifier: MIT */
#include "fetch/auth.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fetch/auth_parts.h"
#include "fetch/jwt.h"
#include "lockfile.h"

#define SELF_SIGNED_LIFE_S 3600

void
auth_wipe(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

int
auth_keep(struct auth *auth, const char *scheme, const char *text,
    size_t length, int64_t use_until, struct error *error)
{
	secret_free(&auth->credential);
	if (secret_copy(&auth->credential, text, length, error) == -1)
		return -1;
	auth->scheme = scheme;
	auth->use_until = use_until;
	auth->proven = false;
	auth->generation++;
	return 0;
}

int
auth_sign(const struct auth *auth, const char *issuer, const char *subject,
    const char *principal, int64_t life_s, struct secret *token,
    struct error *error)
{
	const struct jwt jwt = { .key_id = auth->key_id,
		.certificate = auth->certificate, .issuer = issuer,
		.subject = subject, .principal = principal,
		.audience = auth->audience, .life_s = life_s };
	struct secret key = { 0 };
	int rc;

	if (vault_need(auth->ledger, "oracle.private_key", &key, error) == -1)
		return -1;
	rc = jwt_sign(&jwt, &key, token, error);
	secret_free(&key);
	return rc;
}

static int
make_basic(struct auth *auth, struct error *error)
{
	const int variant = sodium_base64_VARIANT_ORIGINAL;
	struct secret user = { 0 }, password = { 0 }, pair = { 0 };
	struct secret text = { 0 };
	int rc = -1;

	auth_mark(auth);
	if (vault_need(auth->ledger, "oracle.username", &user, error) == -1 ||
	    vault_need(auth->ledger, "oracle.password", &password,
	    error) == -1)
		goto out;
	if (strchr(user.text, ':') != NULL) {
		error_set(error, EXIT_CONFIG, "the vault's oracle.username "
		    "holds a ':', which basic can't carry: set the user alone");
		goto out;
	}
	if (secret_new(&pair, user.length + 1 + password.length, error) == -1 ||
	    secret_new(&text, sodium_base64_encoded_len(pair.length, variant),
	    error) == -1)
		goto out;
	memcpy(pair.text, user.text, user.length);
	pair.text[user.length] = ':';
	memcpy(pair.text + user.length + 1, password.text, password.length);
	sodium_bin2base64(text.text, text.length,
	    (const unsigned char *)pair.text, pair.length, variant);
	rc = auth_keep(auth, "Basic", text.text, strlen(text.text), INT64_MAX,
	    error);
out:
	secret_free(&user);
	secret_free(&password);
	secret_free(&pair);
	secret_free(&text);
	return rc;
}

/* The pod reads the user in prn; Oracle's own tokens name it in sub too. */
static int
make_jwt(struct auth *auth, struct error *error)
{
	struct secret token = { 0 };
	int rc;

	auth_mark(auth);
	if (auth_sign(auth, auth->issuer, auth->user, auth->user,
	    SELF_SIGNED_LIFE_S, &token, error) == -1)
		return -1;
	rc = auth_keep(auth, "Bearer", token.text, token.length,
	    clock_wall_ms() + (SELF_SIGNED_LIFE_S - AUTH_MARGIN_S) * 1000,
	    error);
	secret_free(&token);
	return rc;
}

/* Take the vault's token.  1: taken, 0: there is none of use. */
static int
take(struct auth *auth, struct error *error)
{
	struct secret cached = { 0 };
	struct json json = { 0 };
	struct error ignored;
	char *token = NULL, *until = NULL, *purpose = NULL;
	int64_t use_until;
	int rc;

	if (auth->anew)
		return 0;
	rc = vault_get(auth->ledger, AUTH_TOKEN_NAME, &cached, error);
	/* A damaged one is like none: the next takes its place. */
	if (rc != 0)
		return rc == 1 || error->code == EXIT_DATA ? 0 : -1;
	if (json_parse(&json, cached.text, cached.length, &ignored) == -1)
		goto out;
	token = json_dup(&json, json_path(&json, "access_token"));
	until = json_dup(&json, json_path(&json, "use_until"));
	purpose = json_dup(&json, json_path(&json, "purpose"));
	if (token == NULL || until == NULL || purpose == NULL ||
	    !auth_is_token(token) || strcmp(purpose, auth->purpose) != 0 ||
	    clock_parse(until, &use_until) == -1 ||
	    use_until <= clock_wall_ms() || (auth->refused.text != NULL &&
	    strcmp(auth->refused.text, token) == 0))
		goto out;
	rc = auth_keep(auth, "Bearer", token, strlen(token), use_until,
	    error) == 0 ? 1 : -1;
out:
	auth_wipe(token);
	free(until);
	free(purpose);
	json_free(&json);
	secret_free(&cached);
	return rc;
}

int
auth_give_up(struct auth *auth, struct error *error)
{
	struct auth_given *given = &auth->given;

	if (given->token.text == NULL)
		return error_set(error, EXIT_TEMPFAIL, "another process has "
		    "been asking for a token for too long: end it (it holds "
		    "the lock on '%s'), and try again", auth->lock_path);
	error_set(error, EXIT_NOAUTH, "the new refresh token is lost, since "
	    "it can't be stored, and the old one is spent: %s; mend that, and "
	    "log in again with auditctl login oracle",
	    given->failure.message);
	secret_free(&given->token);
	secret_free(&given->refresh);
	auth_refuse(auth, AUTH_FOR_GOOD, error);
	auth_abandon(auth);
	return -1;
}

int
auth_ready(struct auth *auth, struct error *error)
{
	int rc;

	if (auth->credential.text != NULL &&
	    clock_wall_ms() < auth->use_until)
		return 1;
	secret_free(&auth->credential);
	if (auth->given.token.text != NULL)
		return auth_store(auth, error);
	if (auth_stands(auth)) {
		*error = auth->refusal;
		return -1;
	}
	if (auth->grant == AUTH_BASIC)
		return make_basic(auth, error) == 0 ? 1 : -1;
	if (auth->grant == AUTH_SELF_SIGNED)
		return make_jwt(auth, error) == 0 ? 1 : -1;
	if (auth->locked)
		return 0;
	if ((rc = take(auth, error)) != 0)
		return rc;
	if ((rc = lockfile_take(auth->lock_path, auth->ledger_path,
	    &auth->lock, NULL, error)) == -1)
		return -1;
	auth->locked = rc == 1;
	if (rc == 0) {
		error_set(error, EXIT_TEMPFAIL, "another process is asking "
		    "for a token: it holds the lock on '%s'", auth->lock_path);
		return 2;
	}
	/* Whoever had it may have asked meanwhile. */
	if ((rc = take(auth, error)) != 0)
		auth_abandon(auth);
	return rc;
}

int
auth_header(const struct auth *auth, struct buffer *header,
    struct error *error)
{
	if (auth->credential.text == NULL)
		return error_set(error, EXIT_BUG, "no credential was made");
	if (buffer_printf(header, "Authorization: %s %s", auth->scheme,
	    auth->credential.text) == -1)
		return error_set(error, EXIT_PROTOCOL, "the token is too long");
	return 0;
}

uint64_t
auth_generation(const struct auth *auth)
{
	return auth->generation;
}

const char *
auth_advice(const struct auth *auth)
{
	switch (auth->grant) {
	case AUTH_BASIC:
		return "the pod refuses the user: check oracle.username and "
		    "oracle.password in the vault (auditctl vault set "
		    "oracle.password), and whether the user is locked";
	case AUTH_SELF_SIGNED:
		return "the pod refuses the signed token: check oracle.issuer, "
		    "oracle.user, this machine's clock, and that the pod has "
		    "the certificate of oracle.private_key";
	case AUTH_USER_ASSERTION:
		return "a fresh token is refused: check oracle.scope, and that "
		    "the pod trusts the identity domain and knows oracle.user";
	default:
		return "a fresh token is refused: check oracle.scope, and that "
		    "the pod trusts the identity domain and knows the "
		    "client's user";
	}
}

void
auth_forget(struct auth *auth)
{
	secret_free(&auth->credential);
	auth->anew = true;
}
