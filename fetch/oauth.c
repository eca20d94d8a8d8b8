/* SPDX-License-Identifier: MIT */
#include "fetch/oauth.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"

#define TOKEN_MARGIN_MS 60000
#define TOKEN_LIFE_S 3600 /* when the answer doesn't say */
#define TOKEN_LIFE_MAX_S (30 * 86400)
#define TOKEN_NAME "oracle.access_token"

/* Who asked for the token, where, and for what: another configuration must
 * not use it. */
static void
client_name(const struct rest *rest, struct buffer *out)
{
	buffer_printf(out, "%s %s %s", rest->token_url, rest->client_id,
	    rest->scope != NULL ? rest->scope : "");
}

static bool
is_ours(const struct rest *rest, const char *client)
{
	struct buffer name;
	bool same;

	buffer_init(&name, 16384);
	client_name(rest, &name);
	same = strcmp(buffer_text(&name), client) == 0;
	buffer_free(&name);
	return same;
}

int
oauth_cached(struct rest *rest, struct error *error)
{
	struct secret cached = { 0 };
	struct json json = { 0 };
	struct error ignored;
	int64_t expires = 0;
	char *token = NULL, *until = NULL, *client = NULL;
	int rc;

	rc = vault_get(rest->ledger, TOKEN_NAME, &cached, error);
	if (rc != 0)
		return rc;
	rc = 1;
	if (json_parse(&json, cached.text, cached.length, &ignored) == -1)
		goto out;
	token = json_dup(&json, json_path(&json, "access_token"));
	until = json_dup(&json, json_path(&json, "expires_at"));
	client = json_dup(&json, json_path(&json, "client"));
	if (token == NULL || until == NULL || client == NULL ||
	    !is_ours(rest, client) || clock_parse(until, &expires) == -1 ||
	    expires - TOKEN_MARGIN_MS <= clock_wall_ms())
		goto out;
	rc = secret_copy(&rest->token, token, strlen(token), error);
out:
	if (token != NULL)
		explicit_bzero(token, strlen(token));
	free(token);
	free(until);
	free(client);
	json_free(&json);
	secret_free(&cached);
	return rc;
}

static int
token_refused(const struct rest *rest, struct error *error)
{
	const struct http_answer *answer = &rest->answer;
	struct json json = { 0 };
	struct error ignored;
	char *word = NULL, *why = NULL;
	bool client;

	if (json_parse(&json, buffer_text(&answer->body), answer->body.length,
	    &ignored) == 0) {
		word = json_dup(&json, json_path(&json, "error"));
		why = json_dup(&json, json_path(&json, "error_description"));
	}
	client = word != NULL && strcmp(word, "invalid_client") == 0;
	if (word == NULL && answer->status != 401)
		error_set(error, EXIT_CONFIG, "oracle.token_url: HTTP %ld, and "
		    "no word of OAuth: check the URL", answer->status);
	else
		error_set(error, EXIT_NOAUTH, "the token was refused: HTTP "
		    "%ld %s%s%s%s", answer->status, word != NULL ? word : "",
		    why != NULL ? ": " : "", why != NULL ? why : "",
		    client || word == NULL ? "; check oracle.client_id and "
		    "oracle.client_secret "
		    "(auditctl vault set oracle.client_secret)" :
		    "; check oracle.scope and the client's grants");
	free(word);
	free(why);
	json_free(&json);
	return -1;
}

/* Take the token out of the answer, keep it here and in the vault. */
static int
token_keep(struct rest *rest, struct error *error)
{
	struct json json = { 0 };
	struct buffer cache, client;
	char *token = NULL, until[CLOCK_TEXT];
	int64_t seconds = TOKEN_LIFE_S;
	int rc = -1;

	buffer_init(&cache, SECRET_MAX);
	buffer_init(&client, 16384);
	client_name(rest, &client);
	if (json_parse(&json, buffer_text(&rest->answer.body),
	    rest->answer.body.length, error) == 0)
		token = json_dup(&json, json_path(&json, "access_token"));
	if (token == NULL || token[strcspn(token, "\r\n")] != '\0') {
		error_set(error, EXIT_PROTOCOL, "oracle.token_url: HTTP %ld "
		    "without an access_token", rest->answer.status);
		goto out;
	}
	json_integer(&json, json_path(&json, "expires_in"), &seconds);
	if (seconds < 0 || seconds > TOKEN_LIFE_MAX_S)
		seconds = TOKEN_LIFE_S;
	clock_format(clock_wall_ms() + seconds * 1000, until);
	buffer_puts(&cache, "{");
	buffer_json_member(&cache, "access_token", token);
	buffer_json_member(&cache, "expires_at", until);
	buffer_json_member(&cache, "client", buffer_text(&client));
	buffer_puts(&cache, "}");
	if (cache.failed)
		error_set(error, EXIT_PROTOCOL, "the token is too long");
	else if (secret_copy(&rest->token, token, strlen(token), error) == 0)
		rc = vault_set(rest->ledger, TOKEN_NAME, cache.data,
		    cache.length, error);
out:
	if (token != NULL)
		explicit_bzero(token, strlen(token));
	free(token);
	if (cache.data != NULL)
		explicit_bzero(cache.data, cache.length);
	buffer_free(&cache);
	buffer_free(&client);
	json_free(&json);
	return rc;
}

int
oauth_ask(struct rest *rest, struct error *error)
{
	struct secret secret = { 0 };
	struct buffer form;
	char *scope = NULL;
	int rc = -1;

	secret_free(&rest->token);
	buffer_init(&form, 16384);
	buffer_puts(&form, "grant_type=client_credentials");
	if (rest->scope != NULL) {
		scope = curl_easy_escape(rest->curl, rest->scope, 0);
		buffer_printf(&form, "&scope=%s", scope != NULL ? scope : "");
	}
	if (vault_need(rest->ledger, "oracle.client_secret", &secret,
	    error) == -1)
		goto out;
	if (rest_prepare(rest, rest->token_url, error) == -1)
		goto out;
	curl_easy_setopt(rest->curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
	curl_easy_setopt(rest->curl, CURLOPT_USERNAME, rest->client_id);
	curl_easy_setopt(rest->curl, CURLOPT_PASSWORD, secret.text);
	curl_easy_setopt(rest->curl, CURLOPT_POSTFIELDS, buffer_text(&form));
	if (rest_perform(rest, "oracle.token_url", error) == -1)
		goto out;
	rc = rest->answer.status == 200 ? token_keep(rest, error) :
	    token_refused(rest, error);
out:
	curl_free(scope);
	secret_free(&secret);
	buffer_free(&form);
	return rc;
}
