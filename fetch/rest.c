/* SPDX-License-Identifier: MIT */
#include "fetch/rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "fetch/oauth.h"
#include "log.h"
#include "retry.h"

#define TRIES 5
#define RETRY_BASE_MS 500
#define RETRY_CAP_MS 60000
#define CONNECT_MS 10000
#define TIMEOUT_MS 120000
#define BODY_MAX ((size_t)64 << 20)
#define WORDS_MAX ((size_t)600) /* of the server, in an error */

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
	if (rest->client_id != NULL && *rest->client_id == '\0') {
		error_set(error, EXIT_CONFIG, "'%s': 'oracle.client_id' is "
		    "empty", config->path);
		return -1;
	}
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

/* What Oracle's support asks for, when the answer has it. */
static const char *
ecid(const struct rest *rest, char out[HTTP_HEADER_MAX + 16])
{
	out[0] = '\0';
	if (rest->answer.ecid[0] != '\0')
		snprintf(out, HTTP_HEADER_MAX + 16, " (ECID %s)",
		    rest->answer.ecid);
	return out;
}

int
rest_prepare(struct rest *rest, const char *url, struct error *error)
{
	return http_prepare(rest->curl, &rest->answer, url, rest->ca_file,
	    CONNECT_MS, (long)rest->timeout_ms, error);
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

/* Somebody who watches shall know what is waited for. */
static void
tell_retry(const struct rest *rest, const char *what, CURLcode code, int try)
{
	const struct http_answer *answer = &rest->answer;

	if (!isatty(STDERR_FILENO))
		return;
	if (code == CURLE_OK)
		log_info("%s: HTTP %ld; try %d of %d follows", what,
		    answer->status, try, TRIES);
	else
		log_info("%s: no answer: %s; try %d of %d follows", what,
		    answer->failure[0] != '\0' ? answer->failure :
		    curl_easy_strerror(code), try, TRIES);
}

int
rest_perform(struct rest *rest, const char *what, struct error *error)
{
	struct http_answer *answer = &rest->answer;
	char support[HTTP_HEADER_MAX + 16];
	CURLcode code;
	int attempt;

	rest->unreachable = true;
	for (attempt = 0;; attempt++) {
		int64_t delay;

		buffer_clear(&answer->body);
		answer->retry_after[0] = '\0';
		answer->failure[0] = '\0';
		code = curl_easy_perform(rest->curl);
		if (!http_not_sent(rest->curl, code))
			rest->unreachable = false;
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
		tell_retry(rest, what, code, attempt + 2);
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
		    "%d times%s; try later", what, answer->status, TRIES,
		    ecid(rest, support));
	return 0;
}

/* The server's own words about a refusal, or nothing. */
static void
server_words(const struct rest *rest, struct buffer *words)
{
	const struct http_answer *answer = &rest->answer;
	struct json json = { 0 };
	struct error ignored;
	size_t length = answer->body.length;
	json_node node;

	if (json_parse(&json, buffer_text(&answer->body), length,
	    &ignored) == 0) {
		node = json_first(&json, json_member(&json, 0,
		    "o:errorDetails"));
		for (; node != JSON_NONE; node = json_next(&json, node)) {
			buffer_puts(words, ": ");
			json_decode(&json, json_member(&json, node, "detail"),
			    words);
		}
	} else if (strncasecmp(answer->content_type, "text/plain", 10) == 0 &&
	    length > 0)
		buffer_printf(words, ": %.*s", (int)(length < WORDS_MAX / 2 ?
		    length : WORDS_MAX / 2), answer->body.data);
	json_free(&json);
}

static int
refused(const struct rest *rest, const char *what, struct error *error)
{
	char support[HTTP_HEADER_MAX + 16];
	struct buffer words;
	long status = rest->answer.status;
	enum exitcode code = EXIT_PROTOCOL;

	if (status == 401 || status == 403)
		code = EXIT_NOAUTH;
	else if (status >= 400 && status < 500)
		code = EXIT_CONFIG;
	buffer_init(&words, WORDS_MAX);
	server_words(rest, &words);
	error_set(error, code, "%s: HTTP %ld%s%s%s", what, status,
	    buffer_text(&words), ecid(rest, support),
	    status == 403 ? "; check the roles of the client's user" :
	    status == 401 ? "; a fresh token is refused: check oracle.scope, "
	    "and that the pod trusts the identity domain and knows the "
	    "client's user" : "");
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
	if (rest_prepare(rest, url, error) == -1)
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
	rc = rest_perform(rest, what, error);
	curl_easy_setopt(rest->curl, CURLOPT_HTTPHEADER, NULL);
out:
	curl_slist_free_all(headers);
	if (bearer.data != NULL)
		explicit_bzero(bearer.data, bearer.length);
	buffer_free(&bearer);
	return rc;
}

/* Is the answer what was asked for?  Else -1. */
static int
check(const struct rest *rest, const char *what, struct error *error)
{
	const struct http_answer *answer = &rest->answer;
	char support[HTTP_HEADER_MAX + 16];

	if (answer->status != 200)
		return refused(rest, what, error);
	if (strstr(answer->content_type, "json") == NULL)
		return error_set(error, EXIT_PROTOCOL, "%s: HTTP 200 with %s, "
		    "not JSON: a log-in page?%s", what,
		    answer->content_type[0] != '\0' ? answer->content_type :
		    "no content type", ecid(rest, support));
	if (strcmp(answer->framework_version, "4") != 0)
		return error_set(error, EXIT_PROTOCOL, "%s: "
		    "REST-Framework-Version 4 was asked for, the answer has "
		    "%s%s", what, answer->framework_version[0] != '\0' ?
		    answer->framework_version : "none", ecid(rest, support));
	return 0;
}

int
rest_get(struct rest *rest, const char *what, const char *path_and_query,
    struct json *json, struct error *error)
{
	struct http_answer *answer = &rest->answer;
	struct error broken;
	struct buffer url;
	int rc = -1, cached = 0;

	buffer_init(&url, 65536);
	if (rest->token.text == NULL)
		cached = oauth_cached(rest, error);
	if (cached == -1 || (cached == 1 && oauth_ask(rest, error) == -1))
		goto out;
	if (buffer_printf(&url, "%s%s", rest->url, path_and_query) == -1) {
		error_set(error, EXIT_CONFIG, "%s: the URL is too long", what);
		goto out;
	}
	if (get_once(rest, what, buffer_text(&url), error) == -1)
		goto out;
	if (answer->status == 401 && (oauth_ask(rest, error) == -1 ||
	    get_once(rest, what, buffer_text(&url), error) == -1))
		goto out;
	if (check(rest, what, error) == -1)
		goto out;
	rc = json_parse(json, buffer_text(&answer->body),
	    answer->body.length, &broken);
	if (rc == -1)
		error_set(error, EXIT_PROTOCOL, "%s: the answer is %s", what,
		    broken.message);
out:
	buffer_free(&url);
	return rc;
}
