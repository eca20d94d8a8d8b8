/* SPDX-License-Identifier: MIT */
#include "deliver/login.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "deliver/client.h"
#include "http.h"
#include "log.h"
#include "words.h"

#define CONNECT_MS 10000
#define ANSWER_MAX ((size_t)1 << 20)
#define PASTED_MAX 4096
#define STATE_BYTES 32
#define STATE_TEXT 44 /* in base64url, with its NUL */
#define WORD_MAX 128
#define SCOPES "chat:write,channels:history,groups:history,channels:read," \
    "groups:read"

struct login {
	const struct login_setup *setup;
	char *client_id, *redirect; /* redirect: NULL: the app's first */
	struct secret client_secret, pasted, code, token;
	char state[STATE_TEXT];
	struct json json;           /* Slack's answer */
};

static void
wipe(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

static void
make_state(char out[STATE_TEXT])
{
	unsigned char bytes[STATE_BYTES];

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2base64(out, STATE_TEXT, bytes, sizeof(bytes),
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* What the exchange will need is missed before a person logs in. */
static int
login_open(struct login *login, struct error *error)
{
	const struct config *config = login->setup->config;

	login->client_id = config_need(config, "slack.client_id", error);
	if (login->client_id == NULL)
		return -1;
	login->redirect = config_string(config, "slack.redirect_url", NULL);
	make_state(login->state);
	if (vault_need(login->setup->ledger, "slack.client_secret",
	    &login->client_secret, error) == -1)
		return -1;
	return vault_writable(login->setup->ledger, error);
}

/* ---- the person -------------------------------------------------------- */

/* The address lies beside the API: https://slack.com/oauth/v2/authorize. */
static int
tell_address(const struct login *login, struct error *error)
{
	const char *url = login->setup->url;
	size_t length = strlen(url);
	struct buffer form;
	int rc = 0;

	if (length > 4 && strcmp(url + length - 4, "/api") == 0)
		length -= 4;
	buffer_init(&form, 16384);
	form_field(&form, "client_id", login->client_id);
	form_field(&form, "scope", SCOPES);
	form_field(&form, "state", login->state);
	if (login->redirect != NULL)
		form_field(&form, "redirect_uri", login->redirect);
	if (form.failed)
		rc = error_set(error, EXIT_CONFIG, "the login's address is "
		    "too long: check slack.client_id and slack.redirect_url");
	else if (printf("%.*s/oauth/v2/authorize?%s\n", (int)length, url,
	    form.data) < 0 || fflush(stdout) == EOF)
		rc = error_errno(error, EXIT_IO, "cannot write the address to "
		    "open to stdout");
	else
		log_info("open this address in a browser and allow the app; "
		    "then paste the address that the browser ends at, or the "
		    "code in it, here");
	buffer_free(&form);
	return rc;
}

/* One line of standard input; no stdio, which would keep a copy of it. */
static int
read_line(struct login *login, struct error *error)
{
	struct secret *pasted = &login->pasted;
	ssize_t count = 0;
	size_t used = 0;
	char *c;

	if (secret_new(pasted, PASTED_MAX, error) == -1)
		return -1;
	for (c = pasted->text; used < PASTED_MAX; c++, used++) {
		while ((count = read(STDIN_FILENO, c, 1)) == -1 &&
		    errno == EINTR)
			;
		if (count != 1 || *c == '\n')
			break;
	}
	if (count == -1)
		return error_errno(error, EXIT_NOINPUT, "cannot read what was "
		    "pasted from standard input");
	if (used == PASTED_MAX)
		return error_set(error, EXIT_DATA, "what was pasted is too "
		    "long: it is the browser's address, or the code in it");
	while (used > 0 && strchr(" \t\r\n", pasted->text[used - 1]) != NULL)
		used--;
	pasted->text[used] = '\0';
	pasted->length = used;
	return used > 0 ? 0 : error_set(error, EXIT_NOINPUT, "standard input "
	    "ended and no code was pasted: log in again");
}

/* A parameter of the pasted address, decoded; NULL: it isn't there. */
static char *
parameter(const char *address, const char *name)
{
	const char *at = strchr(address, '?');
	size_t length = strlen(name), size;
	char *text = NULL, *decoded;
	int count;

	for (; at != NULL && *at != '#' && *at != '\0'; at += size) {
		at++;
		size = strcspn(at, "&#");
		if (size <= length || strncmp(at, name, length) != 0 ||
		    at[length] != '=')
			continue;
		decoded = curl_easy_unescape(NULL, at + length + 1,
		    (int)(size - length - 1), &count);
		if (decoded != NULL && (size_t)count == strlen(decoded))
			text = strdup(decoded);
		if (decoded != NULL)
			explicit_bzero(decoded, (size_t)count);
		curl_free(decoded);
		return text;
	}
	return NULL;
}

/* Printable, no blank: no code and no token has others. */
static bool
is_plain(const char *text)
{
	const char *c = text;

	while (*c > 0x20 && *c < 0x7f)
		c++;
	return *c == '\0' && c != text;
}

static int
take_code(struct login *login, struct error *error)
{
	const char *pasted = login->pasted.text;
	bool address = strchr(pasted, '?') != NULL;
	char *state = parameter(pasted, "state");
	char *word = parameter(pasted, "error");
	char *code = address ? parameter(pasted, "code") : strdup(pasted);
	int rc;

	if (address && (state == NULL || strcmp(state, login->state) != 0))
		rc = error_set(error, EXIT_DATA, "the pasted address isn't of "
		    "this login: its state is another; open the address above "
		    "and paste where that one ends");
	else if (word != NULL)
		rc = error_set(error, EXIT_NOAUTH, "the app was not allowed: "
		    "%s; log in again, as somebody who may install apps",
		    strcmp(word, "access_denied") == 0 ? word :
		    "Slack says no");
	else if (code == NULL || !is_plain(code))
		rc = error_set(error, EXIT_DATA, "what was pasted holds no "
		    "code: it is the browser's address, or the code in it");
	else
		rc = secret_copy(&login->code, code, strlen(code), error);
	wipe(code);
	free(state);
	free(word);
	return rc;
}

/* ---- Slack ------------------------------------------------------------- */

static const char *
remedy(const char *word)
{
	if (strcmp(word, "invalid_code") == 0 ||
	    strcmp(word, "code_already_used") == 0)
		return "a code is good once, for ten minutes: log in again";
	if (strcmp(word, "bad_redirect_uri") == 0)
		return "set slack.redirect_url to a redirect URL of the app";
	return "check slack.client_id and slack.client_secret (auditctl vault "
	    "set slack.client_secret)";
}

/* Those that were asked for and not given, with commas between. */
static void
find_missing(const char *given, struct buffer *missing)
{
	const char *at = SCOPES;
	size_t length;

	for (; *at != '\0'; at += length + (at[length] != '\0')) {
		length = strcspn(at, ",");
		if (!words_have(given, ",", at, length))
			buffer_printf(missing, "%s%.*s", missing->length > 0 ?
			    ", " : "", (int)length, at);
	}
}

static int
check_scopes(const char *given, struct error *error)
{
	struct buffer missing;
	int rc = 0;

	buffer_init(&missing, 1024);
	find_missing(given, &missing);
	if (!words_have(given, ",", "chat:write", strlen("chat:write")))
		rc = error_set(error, EXIT_NOAUTH, "Slack gave a token that "
		    "can't post, so it wasn't kept; it lacks %s: add them to "
		    "the app's bot scopes and log in again",
		    buffer_text(&missing));
	else if (missing.length > 0)
		log_warning("the token lacks %s: see what deliver --check "
		    "says, add them to the app's bot scopes and log in again",
		    missing.data);
	buffer_free(&missing);
	return rc;
}

/* Why it was refused; a word of Slack's is of these letters alone. */
static int
refuse(const struct login *login, struct error *error)
{
	char *word = json_dup(&login->json, json_path(&login->json, "error"));
	bool known = word != NULL && strlen(word) < WORD_MAX && word[strspn(
	    word, "abcdefghijklmnopqrstuvwxyz_")] == '\0';

	error_set(error, EXIT_NOAUTH, "Slack gave no token: %s; %s",
	    known ? word : "it doesn't say why", remedy(known ? word : ""));
	free(word);
	return -1;
}

static int
take_token(struct login *login, struct error *error)
{
	const struct json *json = &login->json;
	char *token = json_dup(json, json_path(json, "access_token"));
	char *type = json_dup(json, json_path(json, "token_type"));
	char *scope = json_dup(json, json_path(json, "scope"));
	int rc;

	if (token == NULL || !is_plain(token))
		rc = error_set(error, EXIT_PROTOCOL, "oauth.v2.access: ok "
		    "without an access_token");
	else if (type == NULL || strcmp(type, "bot") != 0)
		rc = error_set(error, EXIT_NOAUTH, "Slack gave a token that "
		    "isn't a bot's, so it wasn't kept: add bot scopes to the "
		    "app and log in again");
	else if (json_path(json, "refresh_token") != JSON_NONE ||
	    json_path(json, "expires_in") != JSON_NONE)
		rc = error_set(error, EXIT_CONFIG, "the app rotates its "
		    "tokens, and deliver doesn't renew them, so the token "
		    "wasn't kept: Slack can't switch that off again; make an "
		    "app without token rotation and log in to that");
	else if ((rc = check_scopes(scope != NULL ? scope : "", error)) == 0)
		rc = secret_copy(&login->token, token, strlen(token), error);
	wipe(token);
	free(type);
	free(scope);
	return rc;
}

static int
take_answer(struct login *login, const struct http_answer *answer,
    struct error *error)
{
	struct error ignored;
	enum json_type ok = JSON_INVALID;

	if (answer->status == 429 || answer->status >= 500)
		return error_set(error, EXIT_UNAVAILABLE, "oauth.v2.access: "
		    "HTTP %ld; log in again later", answer->status);
	if (json_parse(&login->json, buffer_text(&answer->body),
	    answer->body.length, &ignored) == 0)
		ok = json_type(&login->json, json_path(&login->json, "ok"));
	if (ok != JSON_TRUE && ok != JSON_FALSE)
		return error_set(error, EXIT_PROTOCOL, "oauth.v2.access: HTTP "
		    "%ld, and not Slack's answer: check slack.url",
		    answer->status);
	return ok == JSON_TRUE ? take_token(login, error) :
	    refuse(login, error);
}

static int
prepare(const struct login *login, CURL *curl, struct http_answer *answer,
    struct buffer *form, struct error *error)
{
	const struct login_setup *setup = login->setup;
	struct buffer url;
	int rc;

	form_field(form, "code", login->code.text);
	if (login->redirect != NULL)
		form_field(form, "redirect_uri", login->redirect);
	buffer_init(&url, 4096);
	buffer_printf(&url, "%s/oauth.v2.access", setup->url);
	rc = form->failed || url.failed ? error_set(error, EXIT_CONFIG,
	    "slack.url or slack.redirect_url is too long") :
	    http_prepare(curl, answer, url.data, setup->ca_file, CONNECT_MS,
	    (long)setup->timeout_ms, error);
	buffer_free(&url);
	if (rc == -1)
		return -1;
	if (curl_easy_setopt(curl, CURLOPT_POSTFIELDS, form->data) ==
	    CURLE_OK && curl_easy_setopt(curl, CURLOPT_HTTPAUTH,
	    CURLAUTH_BASIC) == CURLE_OK && curl_easy_setopt(curl,
	    CURLOPT_USERNAME, login->client_id) == CURLE_OK &&
	    curl_easy_setopt(curl, CURLOPT_PASSWORD,
	    login->client_secret.text) == CURLE_OK)
		return 0;
	return error_set(error, EXIT_SYSTEM, "cannot prepare a request");
}

/* The code is good for one try. */
static int
exchange(struct login *login, struct error *error)
{
	CURL *curl = curl_easy_init();
	struct http_answer answer;
	struct buffer form;
	CURLcode done;
	int rc = -1;

	http_answer_init(&answer, ANSWER_MAX);
	buffer_init(&form, 4 * PASTED_MAX);
	if (curl == NULL) {
		error_set(error, EXIT_SYSTEM, "curl: out of memory");
		goto out;
	}
	if (prepare(login, curl, &answer, &form, error) == -1)
		goto out;
	done = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
	if (done != CURLE_OK)
		error_set(error, EXIT_UNAVAILABLE, "oauth.v2.access: no "
		    "answer: %s; log in again", answer.failure[0] != '\0' ?
		    answer.failure : curl_easy_strerror(done));
	else
		rc = take_answer(login, &answer, error);
out:
	json_free(&login->json);
	curl_easy_cleanup(curl);
	if (answer.body.data != NULL)
		explicit_bzero(answer.body.data, answer.body.capacity);
	http_answer_free(&answer);
	if (form.data != NULL)
		explicit_bzero(form.data, form.capacity);
	buffer_free(&form);
	return rc;
}

int
login_run(const struct login_setup *setup, struct error *error)
{
	struct login login = { .setup = setup };
	int rc = -1;

	if (login_open(&login, error) == 0 &&
	    tell_address(&login, error) == 0 &&
	    read_line(&login, error) == 0 && take_code(&login, error) == 0 &&
	    exchange(&login, error) == 0 && vault_set(setup->ledger,
	    "slack.bot_token", login.token.text, login.token.length,
	    error) == 0) {
		log_info("logged in: the bot's token is in the vault");
		rc = 0;
	}
	secret_free(&login.client_secret);
	secret_free(&login.pasted);
	secret_free(&login.code);
	secret_free(&login.token);
	free(login.client_id);
	free(login.redirect);
	return rc;
}
