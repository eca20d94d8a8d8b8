/* SPDX-License-Identifier: MIT */
#include "fetch/oauth.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "clock.h"
#include "retry.h"

#define TRIES 5
#define RETRY_BASE_MS 500
#define RETRY_CAP_MS 60000
#define CONNECT_MS 10000
#define TIMEOUT_MS 120000
#define BODY_MAX ((size_t)64 << 20)
#define TOKEN_MARGIN_MS 60000
#define TOKEN_NAME "oracle.access_token"

static void
pause_ms(int64_t ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&left, &left) == -1)
		;
}

int
rest_open(struct rest *rest, const struct config *config,
    struct ledger *ledger, struct error *error)
{
	char *auth;
	int supported;

	memset(rest, 0, sizeof *rest);
	rest->ledger = ledger;
	http_answer_init(&rest->answer, BODY_MAX);
	auth = config_string(config, "oracle.auth", "client_credentials");
	supported = auth != NULL && strcmp(auth, "client_credentials") == 0;
	free(auth);
	if (!supported)
		return error_set(error, EXIT_CONFIG, "oracle.auth: only "
		    "client_credentials is supported");
	rest->url = config_url(config, "oracle.url", NULL, error);
	if (rest->url == NULL)
		return -1;
	rest->token_url = config_url(config, "oracle.token_url", NULL, error);
	if (rest->token_url == NULL)
		return -1;
	rest->client_id = config_need(config, "oracle.client_id", error);
	if (rest->client_id == NULL)
		return -1;
	rest->scope = config_string(config, "oracle.scope", NULL);
	rest->ca_file = config_file(config, "oracle.ca_file", NULL);
	if (config_span(config, "oracle.timeout", TIMEOUT_MS, 100, 3600000,
	    &rest->timeout_ms, error) == -1)
		return -1;
	rest->curl = curl_easy_init();
	if (rest->curl == NULL)
		return error_set(error, EXIT_SYSTEM, "curl: out of memory");
	return 0;
}

void
rest_close(struct rest *rest)
{
	if (rest->curl != NULL)
		curl_easy_cleanup(rest->curl);
	free(rest->url);
	free(rest->token_url);
	free(rest->client_id);
	free(rest->scope);
	free(rest->ca_file);
	secret_free(&rest->token);
	http_answer_free(&rest->answer);
	memset(rest, 0, sizeof *rest);
}

static bool
worth_retrying(CURLcode code, long status)
{
	if (code != CURLE_OK)
		return code != CURLE_PEER_FAILED_VERIFICATION &&
		    code != CURLE_SSL_CACERT_BADFILE &&
		    code != CURLE_WRITE_ERROR &&
		    code != CURLE_URL_MALFORMAT;
	return status == 408 || status == 425 || status == 429 ||
	    status >= 500;
}

/* Perform the prepared request, again while that may help. 0: an answer that
 * isn't worth a retry is in rest->answer. */
static int
perform(struct rest *rest, const char *what, struct error *error)
{
	struct http_answer *answer = &rest->answer;
	CURLcode code;
	int attempt;

	for (attempt = 0;; attempt++) {
		int64_t delay;

		buffer_clear(&answer->body);
		answer->retry_after[0] = '\0';
		answer->failure[0] = '\0';
		code = curl_easy_perform(rest->curl);
		answer->status = 0;
		curl_easy_getinfo(rest->curl, CURLINFO_RESPONSE_CODE,
		    &answer->status);
		if (!worth_retrying(code, answer->status))
			break;
		if (attempt + 1 == TRIES)
			break;
		delay = retry_backoff_ms(attempt, RETRY_BASE_MS, RETRY_CAP_MS);
		if (answer->retry_after[0] != '\0')
			delay = retry_after_ms(answer->retry_after,
			    clock_wall_ms(), delay, RETRY_CAP_MS);
		pause_ms(delay);
	}
	if (code == CURLE_WRITE_ERROR)
		return error_set(error, EXIT_PROTOCOL, "%s: the answer is "
		    "over %zu bytes; make oracle.page_size smaller", what,
		    BODY_MAX);
	if (code != CURLE_OK)
		return error_set(error, EXIT_UNAVAILABLE, "%s: no answer: %s",
		    what, answer->failure[0] != '\0' ? answer->failure :
		    curl_easy_strerror(code));
	if (worth_retrying(code, answer->status))
		return error_set(error, EXIT_UNAVAILABLE, "%s: HTTP %ld, "
		    "%d times (ECID %s); try later", what, answer->status,
		    TRIES, answer->ecid);
	return 0;
}

/* The cached token, if it lives long enough: 0 found, 1 none, -1. */
static int
token_cached(struct rest *rest, struct error *error)
{
	struct secret cached = { 0 };
	struct json json = { 0 };
	struct error ignored;
	int64_t expires = 0;
	char *token = NULL, *until = NULL;
	int rc;

	rc = vault_get(rest->ledger, TOKEN_NAME, &cached, error);
	if (rc != 0)
		return rc;
	rc = 1;
	if (json_parse(&json, cached.text, cached.length, &ignored) == -1)
		goto out;
	token = json_dup(&json, json_path(&json, "access_token"));
	until = json_dup(&json, json_path(&json, "expires_at"));
	if (token == NULL || until == NULL ||
	    clock_parse(until, &expires) == -1 ||
	    expires - TOKEN_MARGIN_MS <= clock_wall_ms())
		goto out;
	rc = secret_copy(&rest->token, token, strlen(token), error);
out:
	if (token != NULL)
		explicit_bzero(token, strlen(token));
	free(token);
	free(until);
	json_free(&json);
	secret_free(&cached);
	return rc;
}

static int
token_refused(struct rest *rest, struct error *error)
{
	struct json json = { 0 };
	struct error ignored;
	char *word = NULL, *why = NULL;
	bool client;

	if (json_parse(&json, buffer_text(&rest->answer.body),
	    rest->answer.body.length, &ignored) == 0) {
		word = json_dup(&json, json_path(&json, "error"));
		why = json_dup(&json, json_path(&json, "error_description"));
	}
	client = word != NULL && strcmp(word, "invalid_client") == 0;
	error_set(error, EXIT_NOAUTH, "the token was refused: HTTP %ld %s%s%s%s",
	    rest->answer.status, word != NULL ? word : "",
	    why != NULL ? ": " : "", why != NULL ? why : "",
	    client ? "; check oracle.client_id and oracle.client_secret "
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
	struct buffer cache;
	char *token = NULL, until[CLOCK_TEXT];
	int64_t seconds = 3600;
	int rc = -1;

	buffer_init(&cache, SECRET_MAX);
	if (json_parse(&json, buffer_text(&rest->answer.body),
	    rest->answer.body.length, error) == 0)
		token = json_dup(&json, json_path(&json, "access_token"));
	if (token == NULL || token[strcspn(token, "\r\n")] != '\0') {
		error_set(error, EXIT_PROTOCOL, "oracle.token_url: HTTP %ld "
		    "without an access_token", rest->answer.status);
		goto out;
	}
	json_integer(&json, json_path(&json, "expires_in"), &seconds);
	if (seconds < 0 || seconds > 30 * 86400)
		seconds = 3600;
	clock_format(clock_wall_ms() + seconds * 1000, until);
	buffer_puts(&cache, "{");
	buffer_json_member(&cache, "access_token", token);
	buffer_json_member(&cache, "expires_at", until);
	buffer_puts(&cache, "}");
	secret_free(&rest->token);
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
	json_free(&json);
	return rc;
}

static int
token_ask(struct rest *rest, struct error *error)
{
	struct secret secret = { 0 };
	struct buffer form;
	char *scope = NULL;
	int rc = -1;

	buffer_init(&form, 16384);
	buffer_puts(&form, "grant_type=client_credentials");
	if (rest->scope != NULL) {
		scope = curl_easy_escape(rest->curl, rest->scope, 0);
		buffer_printf(&form, "&scope=%s", scope != NULL ? scope : "");
	}
	if (vault_need(rest->ledger, "oracle.client_secret", &secret,
	    error) == -1)
		goto out;
	if (http_prepare(rest->curl, &rest->answer, rest->token_url,
	    rest->ca_file, CONNECT_MS, (long)rest->timeout_ms, error) == -1)
		goto out;
	curl_easy_setopt(rest->curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
	curl_easy_setopt(rest->curl, CURLOPT_USERNAME, rest->client_id);
	curl_easy_setopt(rest->curl, CURLOPT_PASSWORD, secret.text);
	curl_easy_setopt(rest->curl, CURLOPT_POSTFIELDS, buffer_text(&form));
	if (perform(rest, "oracle.token_url", error) == -1)
		goto out;
	rc = rest->answer.status == 200 ? token_keep(rest, error) :
	    token_refused(rest, error);
out:
	curl_free(scope);
	secret_free(&secret);
	buffer_free(&form);
	return rc;
}

/* The server's own words about a refusal, or "". */
static void
server_words(struct rest *rest, struct buffer *words)
{
	struct json json = { 0 };
	struct error ignored;
	json_node node;

	if (json_parse(&json, buffer_text(&rest->answer.body),
	    rest->answer.body.length, &ignored) == 0) {
		node = json_first(&json, json_member(&json, 0,
		    "o:errorDetails"));
		for (; node != JSON_NONE; node = json_next(&json, node)) {
			buffer_puts(words, ": ");
			json_decode(&json, json_member(&json, node, "detail"),
			    words);
		}
	}
	json_free(&json);
}

static int
refused(struct rest *rest, const char *what, struct error *error)
{
	struct buffer words;
	long status = rest->answer.status;
	enum exitcode code = EXIT_PROTOCOL;

	if (status == 401 || status == 403)
		code = EXIT_NOAUTH;
	else if (status >= 400 && status < 500)
		code = EXIT_CONFIG;
	buffer_init(&words, 600);
	server_words(rest, &words);
	error_set(error, code, "%s: HTTP %ld%s (ECID %s)%s", what, status,
	    buffer_text(&words), rest->answer.ecid, code == EXIT_NOAUTH ?
	    "; check the roles of the client's user" : "");
	buffer_free(&words);
	return -1;
}

static int
get_once(struct rest *rest, const char *what, const char *url,
    struct error *error)
{
	struct curl_slist *headers = NULL, *more;
	struct buffer bearer;
	int rc = -1;

	buffer_init(&bearer, SECRET_MAX + 64);
	buffer_printf(&bearer, "Authorization: Bearer %s", rest->token.text);
	if (http_prepare(rest->curl, &rest->answer, url, rest->ca_file,
	    CONNECT_MS, (long)rest->timeout_ms, error) == -1)
		goto out;
	headers = curl_slist_append(NULL, buffer_text(&bearer));
	more = curl_slist_append(headers, "REST-Framework-Version: 4");
	if (headers == NULL || more == NULL || curl_slist_append(headers,
	    "Accept: application/json, "
	    "application/vnd.oracle.adf.error+json") == NULL) {
		error_set(error, EXIT_SYSTEM, "out of memory");
		goto out;
	}
	curl_easy_setopt(rest->curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(rest->curl, CURLOPT_ACCEPT_ENCODING, "gzip");
	rc = perform(rest, what, error);
	curl_easy_setopt(rest->curl, CURLOPT_HTTPHEADER, NULL);
out:
	curl_slist_free_all(headers);
	if (bearer.data != NULL)
		explicit_bzero(bearer.data, bearer.length);
	buffer_free(&bearer);
	return rc;
}

int
rest_get(struct rest *rest, const char *what, const char *path_and_query,
    struct json *json, struct error *error)
{
	struct http_answer *answer = &rest->answer;
	struct buffer url;
	int rc = -1, cached = 0;

	buffer_init(&url, 65536);
	if (rest->token.text == NULL)
		cached = token_cached(rest, error);
	if (cached == -1 || (cached == 1 && token_ask(rest, error) == -1))
		goto out;
	if (buffer_printf(&url, "%s%s", rest->url, path_and_query) == -1) {
		error_set(error, EXIT_CONFIG, "%s: the URL is too long", what);
		goto out;
	}
	if (get_once(rest, what, buffer_text(&url), error) == -1)
		goto out;
	if (answer->status == 401 && (token_ask(rest, error) == -1 ||
	    get_once(rest, what, buffer_text(&url), error) == -1))
		goto out;
	if (answer->status != 200) {
		refused(rest, what, error);
		goto out;
	}
	if (strstr(answer->content_type, "json") == NULL) {
		error_set(error, EXIT_PROTOCOL, "%s: HTTP 200 with %s, not "
		    "JSON: a log-in page? (ECID %s)", what,
		    answer->content_type[0] != '\0' ? answer->content_type :
		    "no content type", answer->ecid);
		goto out;
	}
	if (strcmp(answer->framework_version, "4") != 0) {
		error_set(error, EXIT_PROTOCOL, "%s: REST-Framework-Version "
		    "4 was asked for, the answer has %s (ECID %s)", what,
		    answer->framework_version[0] != '\0' ?
		    answer->framework_version : "none", answer->ecid);
		goto out;
	}
	rc = json_parse(json, buffer_text(&answer->body),
	    answer->body.length, error);
	if (rc == -1)
		error->code = EXIT_PROTOCOL;
out:
	buffer_free(&url);
	return rc;
}
