/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "fetch/auth.h"
#include "fetch/auth_parts.h"

#define LIFE_S 3600 /* when the answer doesn't say */
#define LIFE_MIN_S 10
#define LIFE_MAX_S (30 * 86400)
#define WORDS_MAX 400 /* of the server, in an error */

/* A header carries it: no space, no line break, nothing that isn't ASCII. */
static bool
is_token(const char *text)
{
	const char *c = text;

	while (*c > 0x20 && *c < 0x7f)
		c++;
	return *c == '\0' && c != text;
}

/* Why a token was refused, and what to do, by the word of RFC 6749. */
static const char *
remedy(const struct auth *auth, const char *word)
{
	if (word == NULL || strcmp(word, "invalid_client") == 0)
		switch (auth->client) {
		case AUTH_CLIENT_ASSERTION:
			return "check oracle.client_id, oracle.audience, this "
			    "machine's clock, and that the client has the "
			    "certificate of oracle.private_key (under "
			    "oracle.key_id)";
		case AUTH_CLIENT_NONE:
			return "check oracle.client_id, and that it is a "
			    "public client (else set oracle.client_auth)";
		default:
			return "check oracle.client_id and "
			    "oracle.client_secret (auditctl vault set "
			    "oracle.client_secret)";
		}
	if (strcmp(word, "invalid_grant") == 0 &&
	    auth->grant == AUTH_AUTHORIZATION_CODE)
		return "log in again with auditctl login oracle";
	if (strcmp(word, "invalid_grant") == 0 &&
	    auth->grant == AUTH_USER_ASSERTION)
		return "check oracle.user, oracle.audience, this machine's "
		    "clock, and that the client has the certificate of "
		    "oracle.private_key (under oracle.key_id)";
	return "check oracle.scope and the client's grants";
}

/* A server that repeats what it was sent must not bring it into an error. */
static char *
own_words(const struct auth *auth, const struct json *json, const char *name)
{
	char *words = json_dup(json, json_path(json, name));
	size_t i;

	for (i = 0; words != NULL && i <= AUTH_SENT_GRANT; i++)
		if (auth->sent[i].text != NULL &&
		    strstr(words, auth->sent[i].text) != NULL) {
			auth_wipe(words);
			words = strdup("(its words hold a credential)");
		}
	return words;
}

static int
refuse(const struct auth *auth, const struct http_answer *answer,
    struct error *error)
{
	struct json json = { 0 };
	struct error ignored;
	char *word = NULL, *why = NULL;

	if (json_parse(&json, buffer_text(&answer->body), answer->body.length,
	    &ignored) == 0) {
		word = own_words(auth, &json, "error");
		why = own_words(auth, &json, "error_description");
	}
	if (word == NULL && answer->status != 401)
		error_set(error, EXIT_CONFIG, "oracle.token_url: HTTP %ld, and "
		    "no word of OAuth: check the URL", answer->status);
	else
		error_set(error, EXIT_NOAUTH, "the token was refused: HTTP "
		    "%ld %.*s%s%.*s; %s", answer->status, WORDS_MAX / 2,
		    word != NULL ? word : "", why != NULL ? ": " : "",
		    WORDS_MAX, why != NULL ? why : "", remedy(auth, word));
	free(word);
	free(why);
	json_free(&json);
	return -1;
}

/* What the endpoint gave; the texts are wiped by given_free. */
struct given {
	char *token, *refresh;
	int64_t use_until;
};

static void
given_free(struct given *given)
{
	auth_wipe(given->token);
	auth_wipe(given->refresh);
}

static int
given_read(struct given *given, const struct auth *auth,
    const struct http_answer *answer, struct error *error)
{
	struct json json = { 0 };
	struct error broken;
	char *type = NULL;
	int64_t life_s = 0;
	int rc = -1;

	if (json_parse(&json, buffer_text(&answer->body), answer->body.length,
	    &broken) == 0) {
		given->token = json_dup(&json, json_path(&json,
		    "access_token"));
		given->refresh = json_dup(&json, json_path(&json,
		    "refresh_token"));
		type = json_dup(&json, json_path(&json, "token_type"));
	}
	if (!json_integer(&json, json_path(&json, "expires_in"), &life_s) ||
	    life_s < 1 || life_s > LIFE_MAX_S)
		life_s = LIFE_S;
	if (life_s < LIFE_MIN_S)
		life_s = LIFE_MIN_S;
	given->use_until = clock_wall_ms() + 1000 *
	    (life_s > 2 * AUTH_MARGIN_S ? life_s - AUTH_MARGIN_S : life_s / 2);
	if (given->token == NULL || !is_token(given->token))
		error_set(error, EXIT_PROTOCOL, "oracle.token_url: HTTP 200 "
		    "without an access_token");
	else if (type != NULL && strcasecmp(type, "Bearer") != 0)
		error_set(error, EXIT_PROTOCOL, "oracle.token_url: the token "
		    "is of the type '%.40s', not Bearer", type);
	else if (given->refresh != NULL && !is_token(given->refresh))
		error_set(error, EXIT_PROTOCOL, "oracle.token_url: the "
		    "refresh_token isn't one that can be kept");
	else if (auth->code != NULL && given->refresh == NULL)
		error_set(error, EXIT_NOAUTH, "the login gave no refresh "
		    "token, so nothing was kept: allow the client the refresh "
		    "token grant, and let oracle.scope offer offline_access");
	else
		rc = 0;
	free(type);
	json_free(&json);
	return rc;
}

/* Into the vault first: a rotated refresh token that is used, and then lost
 * by a crash, would leave nobody logged in. */
static int
given_store(const struct given *given, const struct auth *auth,
    struct error *error)
{
	struct vault_item items[2] = { { .name = AUTH_TOKEN_NAME } };
	struct buffer cache;
	char until[CLOCK_TEXT];
	size_t count = 1;
	int rc;

	buffer_init(&cache, SECRET_MAX);
	clock_format(given->use_until, until);
	buffer_puts(&cache, "{");
	buffer_json_member(&cache, "access_token", given->token);
	buffer_json_member(&cache, "use_until", until);
	buffer_json_member(&cache, "purpose", auth->purpose);
	buffer_puts(&cache, "}");
	items[0].value = cache.data;
	items[0].length = cache.length;
	if (auth->grant == AUTH_AUTHORIZATION_CODE && given->refresh != NULL)
		items[count++] = (struct vault_item){ AUTH_REFRESH_NAME,
			given->refresh, strlen(given->refresh) };
	rc = cache.failed ? error_set(error, EXIT_PROTOCOL,
	    "the token is too long") :
	    vault_set_all(auth->ledger, items, count, error);
	if (cache.data != NULL)
		explicit_bzero(cache.data, cache.capacity);
	buffer_free(&cache);
	return rc;
}

int
auth_answer(struct auth *auth, const struct http_answer *answer,
    struct error *error)
{
	struct given given = { 0 };
	int rc = -1;

	if (answer->status != 200)
		refuse(auth, answer, error);
	else if (given_read(&given, auth, answer, error) == 0 &&
	    given_store(&given, auth, error) == 0 && auth_keep(auth, "Bearer",
	    given.token, strlen(given.token), given.use_until, error) == 0) {
		auth->anew = false;
		rc = 0;
	}
	if (answer->status == 200 && answer->body.data != NULL)
		explicit_bzero(answer->body.data, answer->body.length);
	given_free(&given);
	auth_abandon(auth);
	return rc;
}
