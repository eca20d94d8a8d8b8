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
#define ALL_MAX 4096  /* of them, looked at */

bool
auth_is_token(const char *text)
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

/* One of its words, unless it repeats a secret that it was sent. */
static char *
own_words(const struct auth *auth, const struct json *json, const char *name)
{
	char *words = json_dup(json, json_path(json, name));

	if (words != NULL && strlen(words) > ALL_MAX)
		words[ALL_MAX] = '\0';
	if (words == NULL || !auth_conceals(auth, words))
		return words;
	auth_wipe(words);
	return strdup("(its words hold a credential)");
}

/* The words into *words, and the one that says what went wrong; or NULL. */
static char *
read_words(const struct auth *auth, const struct http_answer *answer,
    struct buffer *words)
{
	struct json json = { 0 };
	struct error ignored;
	char *word = NULL, *why = NULL, *ecid = NULL;

	if (json_parse(&json, buffer_text(&answer->body), answer->body.length,
	    &ignored) == 0) {
		word = own_words(auth, &json, "error");
		why = own_words(auth, &json, "error_description");
		ecid = own_words(auth, &json, "ecid");
	}
	if (word != NULL)
		buffer_printf(words, "%.*s", WORDS_MAX / 2, word);
	if (why != NULL)
		buffer_printf(words, "%s%.*s", word != NULL ? ": " : "",
		    WORDS_MAX, why);
	if (ecid != NULL)
		buffer_printf(words, "%s(ECID %.*s)",
		    words->length > 0 ? " " : "", WORDS_MAX / 4, ecid);
	free(why);
	free(ecid);
	json_free(&json);
	return word;
}

void
auth_words(const struct auth *auth, const struct http_answer *answer,
    struct buffer *words)
{
	free(read_words(auth, answer, words));
}

static int
refuse(struct auth *auth, const struct http_answer *answer,
    struct error *error)
{
	struct buffer words;
	char *word;

	buffer_init(&words, 4 * WORDS_MAX);
	word = read_words(auth, answer, &words);
	if (word == NULL && answer->status != 401)
		error_set(error, EXIT_CONFIG, "oracle.token_url: HTTP %ld, and "
		    "no word of OAuth: check the URL", answer->status);
	else
		error_set(error, EXIT_NOAUTH, "the token was refused: HTTP "
		    "%ld %s; %s", answer->status, buffer_text(&words),
		    remedy(auth, word));
	free(word);
	buffer_free(&words);
	auth_refuse(auth, AUTH_REFUSED_MS, error);
	return -1;
}

/* Into auth->given. */
static int
keep_given(struct auth *auth, const char *token, const char *refresh,
    int64_t use_until, struct error *error)
{
	struct auth_given *given = &auth->given;

	given->use_until = use_until;
	if (refresh != NULL && secret_copy(&given->refresh, refresh,
	    strlen(refresh), error) == -1)
		return -1;
	return secret_copy(&given->token, token, strlen(token), error);
}

static int
given_read(struct auth *auth, const struct http_answer *answer,
    struct error *error)
{
	struct json json = { 0 };
	struct error broken;
	char *token = NULL, *refresh = NULL, *type = NULL;
	int64_t life_s = 0;
	int rc = -1;

	if (json_parse(&json, buffer_text(&answer->body), answer->body.length,
	    &broken) == 0) {
		token = json_dup(&json, json_path(&json, "access_token"));
		refresh = json_dup(&json, json_path(&json, "refresh_token"));
		type = json_dup(&json, json_path(&json, "token_type"));
	}
	if (!json_integer(&json, json_path(&json, "expires_in"), &life_s) ||
	    life_s < 1 || life_s > LIFE_MAX_S)
		life_s = LIFE_S;
	if (life_s < LIFE_MIN_S)
		life_s = LIFE_MIN_S;
	if (token == NULL || !auth_is_token(token))
		error_set(error, EXIT_PROTOCOL, "oracle.token_url: HTTP 200 "
		    "without an access_token");
	else if (type != NULL && strcasecmp(type, "Bearer") != 0)
		error_set(error, EXIT_PROTOCOL, "oracle.token_url: the token "
		    "is of another type than Bearer");
	else if (refresh != NULL && !auth_is_token(refresh))
		error_set(error, EXIT_PROTOCOL, "oracle.token_url: the "
		    "refresh_token isn't one that can be kept");
	else if (auth->code != NULL && refresh == NULL)
		error_set(error, EXIT_NOAUTH, "the login gave no refresh "
		    "token, so nothing was kept: allow the client the refresh "
		    "token grant, and let oracle.scope offer offline_access");
	else
		rc = keep_given(auth, token, refresh, clock_wall_ms() + 1000 *
		    (life_s > 2 * AUTH_MARGIN_S ? life_s - AUTH_MARGIN_S :
		    life_s / 2), error);
	auth_wipe(token);
	auth_wipe(refresh);
	free(type);
	json_free(&json);
	return rc;
}

/* Each with what it was asked for with, which must not have changed when it
 * is used. */
static void
row(const struct auth *auth, const char *name, const struct secret *token,
    int64_t use_until, struct buffer *out)
{
	char until[CLOCK_TEXT];

	buffer_init(out, SECRET_MAX);
	buffer_puts(out, "{");
	buffer_json_member(out, name, token->text);
	if (use_until != 0) {
		clock_format(use_until, until);
		buffer_json_member(out, "use_until", until);
	}
	buffer_json_member(out, "purpose", auth->purpose);
	buffer_puts(out, "}");
}

static void
row_free(struct buffer *out)
{
	if (out->data != NULL)
		explicit_bzero(out->data, out->capacity);
	buffer_free(out);
}

/* Into the vault first: a rotated refresh token that is used, and then lost
 * by a crash, would leave nobody logged in. */
int
auth_store(struct auth *auth, struct error *error)
{
	struct auth_given *given = &auth->given;
	struct buffer token, refresh;
	struct vault_item items[2];
	bool rotates = auth->grant == AUTH_AUTHORIZATION_CODE &&
	    given->refresh.text != NULL, fits;
	int rc;

	row(auth, "access_token", &given->token, given->use_until, &token);
	row(auth, "refresh_token", &given->refresh, 0, &refresh);
	items[0] = (struct vault_item){ AUTH_TOKEN_NAME, token.data,
		token.length };
	items[1] = (struct vault_item){ AUTH_REFRESH_NAME, refresh.data,
		refresh.length };
	fits = !token.failed && !refresh.failed;
	rc = !fits ? error_set(error, EXIT_PROTOCOL,
	    "the token is too long") :
	    vault_set_all(auth->ledger, items, rotates ? 2 : 1, error);
	row_free(&token);
	row_free(&refresh);
	if (rc == -1 && rotates && fits) {
		given->failure = *error;
		return 2;
	}
	if (rc == 0)
		rc = auth_keep(auth, "Bearer", given->token.text,
		    given->token.length, given->use_until, error);
	if (rc == 0)
		auth->anew = false;
	secret_free(&given->token);
	secret_free(&given->refresh);
	auth_abandon(auth);
	return rc == 0 ? 1 : -1;
}

int
auth_answer(struct auth *auth, const struct http_answer *answer,
    struct error *error)
{
	int rc = -1;

	if (answer->status != 200)
		refuse(auth, answer, error);
	else if (given_read(auth, answer, error) == 0)
		rc = auth_store(auth, error);
	if (answer->status == 200 && answer->body.data != NULL)
		explicit_bzero(answer->body.data, answer->body.length);
	if (rc == 2)
		return 1;
	auth_abandon(auth);
	return rc == 1 ? 0 : -1;
}
