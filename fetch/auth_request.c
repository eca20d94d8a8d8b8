/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fetch/auth.h"
#include "fetch/auth_parts.h"
#include "json.h"

#define ASSERTION_LIFE_S 300

static void
add(struct auth *auth, CURL *curl, const char *name, const char *value)
{
	char *escaped = curl_easy_escape(curl, value, 0);

	if (escaped != NULL) {
		buffer_printf(&auth->form, "%s%s=%s",
		    auth->form.length > 0 ? "&" : "", name, escaped);
		explicit_bzero(escaped, strlen(escaped));
	} else
		auth->form.failed = true;
	curl_free(escaped);
}

static void
add_scope(struct auth *auth, CURL *curl)
{
	if (auth->scope != NULL)
		add(auth, curl, "scope", auth->scope);
}

static int
add_code(struct auth *auth, CURL *curl, struct error *error)
{
	const struct auth_code *code = auth->code;

	if (secret_copy(&auth->sent[AUTH_SENT_GRANT], code->code,
	    strlen(code->code), error) == -1)
		return -1;
	add(auth, curl, "grant_type", "authorization_code");
	add(auth, curl, "code", code->code);
	add(auth, curl, "redirect_uri", code->redirect_uri);
	add(auth, curl, "code_verifier", code->verifier);
	return 0;
}

/* A login gave it with what it was asked for with; one that was set by hand is
 * plain. */
static int
read_refresh(const struct auth *auth, struct secret *token,
    struct error *error)
{
	struct json json = { 0 };
	struct error ignored;
	char *text = NULL, *purpose = NULL;
	int rc = 0;

	if (token->text[0] != '{' || json_parse(&json, token->text,
	    token->length, &ignored) == -1)
		goto out;
	text = json_dup(&json, json_path(&json, "refresh_token"));
	purpose = json_dup(&json, json_path(&json, "purpose"));
	secret_free(token);
	if (text == NULL || purpose == NULL ||
	    strcmp(purpose, auth->purpose) != 0)
		rc = error_set(error, EXIT_NOAUTH, "the login was for another "
		    "oracle.scope, client_id or token_url than is set now: log "
		    "in again with auditctl login oracle");
	else
		rc = secret_copy(token, text, strlen(text), error);
out:
	auth_wipe(text);
	free(purpose);
	json_free(&json);
	return rc;
}

static int
add_refresh(struct auth *auth, CURL *curl, struct error *error)
{
	struct secret *token = &auth->sent[AUTH_SENT_GRANT];
	int rc = vault_get(auth->ledger, AUTH_REFRESH_NAME, token, error);

	if (rc == 1)
		return error_set(error, EXIT_NOAUTH, "the vault has no '"
		    AUTH_REFRESH_NAME "': log in with auditctl login oracle");
	if (rc == -1 || read_refresh(auth, token, error) == -1)
		return -1;
	add(auth, curl, "grant_type", "refresh_token");
	add(auth, curl, "refresh_token", token->text);
	return 0;
}

static int
add_grant(struct auth *auth, CURL *curl, struct error *error)
{
	struct secret *assertion = &auth->sent[AUTH_SENT_GRANT];

	/* Before it is spent: what comes for it must be stored. */
	if (auth->grant == AUTH_AUTHORIZATION_CODE &&
	    vault_writable(auth->ledger, error) == -1)
		return -1;
	if (auth->grant == AUTH_AUTHORIZATION_CODE)
		return auth->code != NULL ? add_code(auth, curl, error) :
		    add_refresh(auth, curl, error);
	if (auth->grant == AUTH_USER_ASSERTION) {
		if (auth_sign(auth, auth->client_id, auth->user, NULL,
		    ASSERTION_LIFE_S, assertion, error) == -1)
			return -1;
		add(auth, curl, "grant_type",
		    "urn:ietf:params:oauth:grant-type:jwt-bearer");
		add(auth, curl, "assertion", assertion->text);
	} else
		add(auth, curl, "grant_type", "client_credentials");
	add_scope(auth, curl);
	return 0;
}

static int
add_client(struct auth *auth, CURL *curl, struct error *error)
{
	struct secret *secret = &auth->sent[AUTH_SENT_CLIENT];

	if (auth->client == AUTH_CLIENT_ASSERTION) {
		if (auth_sign(auth, auth->client_id, auth->client_id, NULL,
		    ASSERTION_LIFE_S, secret, error) == -1)
			return -1;
		add(auth, curl, "client_assertion_type",
		    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
		add(auth, curl, "client_assertion", secret->text);
	} else if (auth->client != AUTH_CLIENT_NONE && vault_need(auth->ledger,
	    "oracle.client_secret", secret, error) == -1)
		return -1;
	if (auth->client == AUTH_CLIENT_BASIC) {
		curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
		curl_easy_setopt(curl, CURLOPT_USERNAME, auth->client_id);
		curl_easy_setopt(curl, CURLOPT_PASSWORD, secret->text);
		return 0;
	}
	add(auth, curl, "client_id", auth->client_id);
	if (auth->client == AUTH_CLIENT_BODY)
		add(auth, curl, "client_secret", secret->text);
	return 0;
}

static void
request_clear(struct auth *auth)
{
	if (auth->form.data != NULL)
		explicit_bzero(auth->form.data, auth->form.capacity);
	buffer_clear(&auth->form);
	secret_free(&auth->sent[AUTH_SENT_CLIENT]);
	secret_free(&auth->sent[AUTH_SENT_GRANT]);
}

void
auth_abandon(struct auth *auth)
{
	request_clear(auth);
	if (auth->locked)
		close(auth->lock);
	auth->locked = false;
}

int
auth_prepare(struct auth *auth, CURL *curl, struct http_answer *answer,
    long connect_ms, long total_ms, struct error *error)
{
	request_clear(auth);
	auth_mark(auth);
	if (http_prepare(curl, answer, auth->token_url, auth->ca_file,
	    connect_ms, total_ms, error) == 0 &&
	    add_grant(auth, curl, error) == 0 &&
	    add_client(auth, curl, error) == 0) {
		if (!auth->form.failed && curl_easy_setopt(curl,
		    CURLOPT_POSTFIELDS, buffer_text(&auth->form)) == CURLE_OK)
			return 0;
		error_set(error, EXIT_SYSTEM, "cannot prepare the request for "
		    "a token: out of memory");
	}
	auth_abandon(auth);
	return -1;
}
