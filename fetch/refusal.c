/* SPDX-License-Identifier: MIT */
#include "fetch/refusal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "json.h"

#define WORDS_MAX ((size_t)400) /* of the server, in an error */
#define ALL_MAX (8 * WORDS_MAX)

bool
refusal_none(const struct http_answer *answer, int64_t version, bool strict)
{
	if (answer->status != 200 ||
	    strstr(answer->content_type, "json") == NULL)
		return false;
	return answer->framework_version[0] == '\0' ? !strict :
	    strtoll(answer->framework_version, NULL, 10) == version;
}

bool
refusal_may_pass(CURLcode code, long status)
{
	if (code != CURLE_OK)
		return code != CURLE_PEER_FAILED_VERIFICATION &&
		    code != CURLE_SSL_CACERT_BADFILE &&
		    code != CURLE_URL_MALFORMAT &&
		    code != CURLE_OUT_OF_MEMORY;
	return status == 408 || status == 425 || status == 429 ||
	    status >= 500;
}

bool
refusal_is_slow(CURLcode code, long status)
{
	return code == CURLE_OPERATION_TIMEDOUT ||
	    (code == CURLE_OK && (status == 500 || status == 504));
}

/* HTML's text: no tags, white space as one blank. */
static void
html_words(const char *text, size_t length, struct buffer *words)
{
	bool tag = false, blank = true;
	size_t i;

	for (i = 0; i < length && !words->failed; i++) {
		if (text[i] == '<')
			tag = true;
		if (!tag && strchr(" \t\r\n", text[i]) == NULL) {
			buffer_append(words, text + i, 1);
			blank = false;
		} else if (!blank) {
			buffer_puts(words, " ");
			blank = true;
		}
		if (text[i] == '>')
			tag = false;
	}
	if (blank && words->length > 0)
		words->data[--words->length] = '\0';
}

static void
json_words(const struct json *json, struct buffer *words)
{
	json_node node = json_first(json, json_member(json, 0,
	    "o:errorDetails"));

	if (node == JSON_NONE)
		json_decode(json, json_member(json, 0, "title"), words);
	for (; node != JSON_NONE; node = json_next(json, node)) {
		if (words->length > 0)
			buffer_puts(words, "; ");
		json_decode(json, json_member(json, node, "detail"), words);
	}
}

/* The server's own words, up to a ceiling, or nothing.  Of the token endpoint
 * those of OAuth alone: whatever else stands there may be what it was sent. */
static void
server_words(const struct http_answer *answer, const struct refusal_call *call,
    struct buffer *words)
{
	const struct buffer *body = &answer->body;
	struct json json = { 0 };
	struct error ignored;
	size_t length = body->length;
	struct buffer all;

	buffer_init(words, 2 * WORDS_MAX);
	if (call->is_token) {
		auth_words(call->auth, answer, words);
		return;
	}
	/* More than is shown: of a credential no cut part is, either. */
	buffer_init(&all, ALL_MAX);
	if (json_parse(&json, buffer_text(body), length, &ignored) == 0)
		json_words(&json, &all);
	else if (strncasecmp(answer->content_type, "text/html", 9) == 0)
		html_words(buffer_text(body), length, &all);
	else if (strncasecmp(answer->content_type, "text/plain", 10) == 0)
		buffer_append(&all, buffer_text(body), length < ALL_MAX ?
		    length : ALL_MAX);
	json_free(&json);
	if (auth_conceals(call->auth, buffer_text(&all)))
		buffer_puts(words, "(its words hold a credential)");
	else
		buffer_append(words, buffer_text(&all), all.length < WORDS_MAX ?
		    all.length : WORDS_MAX);
	if (all.data != NULL)
		explicit_bzero(all.data, all.capacity);
	buffer_free(&all);
}

static bool
holds(const struct buffer *body, const char *words)
{
	size_t length = strlen(words), i;

	for (i = 0; i + length <= body->length; i++)
		if (strncasecmp(body->data + i, words, length) == 0)
			return true;
	return false;
}

static bool
is_maintenance(const struct http_answer *answer)
{
	return strncasecmp(answer->content_type, "text/html", 9) == 0 &&
	    (holds(&answer->body, "planned outage") ||
	    holds(&answer->body, "scheduled maintenance"));
}

/* What Oracle's support asks for, when the answer has it. */
static const char *
ecid(const struct http_answer *answer, const struct refusal_call *call,
    char out[HTTP_HEADER_MAX + 16])
{
	out[0] = '\0';
	if (answer->ecid[0] != '\0' &&
	    !auth_conceals(call->auth, answer->ecid))
		snprintf(out, HTTP_HEADER_MAX + 16, " (ECID %s)",
		    answer->ecid);
	return out;
}

/* A 200 that isn't what was asked for. */
static int
stranger(const struct http_answer *answer, const struct refusal_call *call,
    int64_t version, struct error *error)
{
	const char *what = call->what;
	char support[HTTP_HEADER_MAX + 16];

	if (is_maintenance(answer))
		return error_set(error, EXIT_UNAVAILABLE, "%s: the pod is down "
		    "for maintenance; try later", what);
	if (strstr(answer->content_type, "json") == NULL)
		return error_set(error, EXIT_PROTOCOL, "%s: HTTP 200 with %s, "
		    "not JSON: a log-in page?%s; check oracle.url", what,
		    answer->content_type[0] != '\0' ? answer->content_type :
		    "no content type", ecid(answer, call, support));
	return error_set(error, EXIT_PROTOCOL, "%s: REST-Framework-Version "
	    "%lld was asked for, the answer has %s%s; check "
	    "oracle.framework_version", what, (long long)version,
	    answer->framework_version[0] != '\0' ? answer->framework_version :
	    "none", ecid(answer, call, support));
}

int
refusal_error(const struct http_answer *answer,
    const struct refusal_call *call, int64_t version, struct error *error)
{
	char support[HTTP_HEADER_MAX + 16];
	enum exitcode code = EXIT_PROTOCOL;
	const char *remedy = "";
	struct buffer words;
	long status = answer->status;

	if (status == 200)
		return stranger(answer, call, version, error);
	if (status == 401 || status == 403) {
		code = EXIT_NOAUTH;
		remedy = status == 401 ? auth_advice(call->auth) : strncasecmp(
		    answer->content_type, "text/html", 9) == 0 ? "; the pod's "
		    "edge refuses this machine: check which addresses may "
		    "call the pod" : "; a job or duty role that may read this "
		    "resource is missing (not a data role: without that no "
		    "record would be visible)";
	} else if (status == 404 || status == 405 || status == 410) {
		code = EXIT_CONFIG;
		remedy = "; check the stream's path, and that the pod's "
		    "release has this resource";
	} else if (status >= 400 && status < 500) {
		code = EXIT_CONFIG;
		remedy = "; correct the stream's filter or fields, or its "
		    "cursor as fetch --check says";
	} else if (status >= 300 && status < 400)
		remedy = ": a redirect, which isn't followed; check oracle.url";
	else
		remedy = "; check oracle.url";
	server_words(answer, call, &words);
	/* With the key alone a stream can still be read. */
	if (status == 400 && strstr(buffer_text(&words), "orderBy") != NULL)
		remedy = "; if the pod doesn't sort by the cursor, set the "
		    "stream's cursor to \"none\": all of it is read each time";
	error_set(error, code, "%s: HTTP %ld%s%s%s%s%s", call->what, status,
	    words.length > 0 ? ": " : "", buffer_text(&words),
	    ecid(answer, call, support), status == 401 ? "; " : "", remedy);
	buffer_free(&words);
	return -1;
}

static const char *
connection_remedy(CURLcode code, bool is_token)
{
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
		return "; check the URL, or name its authority's certificate "
		    "in oracle.ca_file";
	case CURLE_SSL_CACERT_BADFILE:
		return "; check oracle.ca_file";
	case CURLE_SSL_CONNECT_ERROR:
		return "; TLS 1.2 or newer is needed";
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
		return "; check the URL and the network";
	case CURLE_OPERATION_TIMEDOUT:
		return is_token ? "; try later" :
		    "; try later, or ask for less by a smaller page_size";
	default:
		return "; try later";
	}
}

int
refusal_tried(const struct http_answer *answer,
    const struct refusal_call *call, CURLcode code, struct error *error)
{
	const char *what = call->what, *remedy = "";
	char support[HTTP_HEADER_MAX + 16];
	struct buffer words;

	if (code != CURLE_OK)
		return error_set(error, refusal_may_pass(code, 0) ?
		    EXIT_UNAVAILABLE : EXIT_CONFIG, "%s: no answer: %s%s",
		    what, answer->failure[0] != '\0' ? answer->failure :
		    curl_easy_strerror(code), connection_remedy(code,
		    call->is_token));
	if (is_maintenance(answer))
		return error_set(error, EXIT_UNAVAILABLE, "%s: HTTP %ld: the "
		    "pod is down for maintenance; try later", what,
		    answer->status);
	server_words(answer, call, &words);
	if (call->waited_for_ms > 0)
		buffer_printf(&words, "%sit asks to wait %lld s",
		    words.length > 0 ? "; " : "",
		    (long long)(call->waited_for_ms / 1000));
	if (answer->status == 500 && !call->is_token)
		remedy = ", or leave out of fields and expand what the pod "
		    "can't give";
	error_set(error, EXIT_UNAVAILABLE, "%s: HTTP %ld, %d time%s%s%s%s; try "
	    "later%s", what, answer->status, call->tries,
	    call->tries == 1 ? "" : "s", words.length > 0 ? ": " : "",
	    buffer_text(&words), ecid(answer, call, support), remedy);
	buffer_free(&words);
	return -1;
}
