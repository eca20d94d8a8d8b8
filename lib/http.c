/* SPDX-License-Identifier: MIT */
#include "http.h"

#include <string.h>
#include <strings.h>

int
http_start(struct error *error)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return error_set(error, EXIT_SYSTEM, "cannot start libcurl");
	return 0;
}

void
http_stop(void)
{
	curl_global_cleanup();
}

void
http_answer_init(struct http_answer *answer, size_t body_ceiling)
{
	*answer = (struct http_answer){ 0 };
	buffer_init(&answer->body, body_ceiling);
}

void
http_answer_free(struct http_answer *answer)
{
	buffer_free(&answer->body);
}

static size_t
on_body(char *bytes, size_t size, size_t count, void *context)
{
	struct http_answer *answer = context;

	/* A short count makes curl stop with CURLE_WRITE_ERROR. */
	return buffer_append(&answer->body, bytes, size * count) == 0 ?
	    size * count : 0;
}

static void
keep(char *out, size_t room, const char *value, size_t length)
{
	while (length > 0 && (*value == ' ' || *value == '\t')) {
		value++;
		length--;
	}
	while (length > 0 && strchr(" \t\r\n", value[length - 1]) != NULL)
		length--;
	if (length >= room)
		length = room - 1;
	memcpy(out, value, length);
	out[length] = '\0';
}

static size_t
on_header(char *line, size_t size, size_t count, void *context)
{
	struct http_answer *answer = context;
	const struct {
		const char *name;
		char *out;
		size_t room;
	} kept[] = {
		{ "Content-Type:", answer->content_type, HTTP_HEADER_MAX },
		{ "Retry-After:", answer->retry_after, HTTP_HEADER_MAX },
		{ "Date:", answer->date, HTTP_HEADER_MAX },
		{ "REST-Framework-Version:", answer->framework_version,
		    HTTP_HEADER_MAX },
		{ "X-ORACLE-DMS-ECID:", answer->ecid, HTTP_HEADER_MAX },
		{ "X-Slack-Req-Id:", answer->request_id, HTTP_HEADER_MAX },
		{ "X-OAuth-Scopes:", answer->scopes, HTTP_SCOPES_MAX },
	};
	size_t length = size * count, i, name;

	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		/* A handle may be performed again: forget the last answer. */
		if (length > 5 && memcmp(line, "HTTP/", 5) == 0)
			kept[i].out[0] = '\0';
		name = strlen(kept[i].name);
		if (length > name && strncasecmp(line, kept[i].name, name) == 0)
			keep(kept[i].out, kept[i].room, line + name,
			    length - name);
	}
	return length;
}

void
http_answer_clear(struct http_answer *answer)
{
	struct buffer body = answer->body;

	buffer_clear(&body);
	*answer = (struct http_answer){ .body = body };
}

int
http_prepare(CURL *handle, struct http_answer *answer, const char *url,
    const char *ca_file, long connect_ms, long total_ms, struct error *error)
{
	CURLcode rc = CURLE_OK;

	http_answer_clear(answer);
	curl_easy_reset(handle);
#define SET(option, value) \
	if (rc == CURLE_OK) \
		rc = curl_easy_setopt(handle, option, value)
	SET(CURLOPT_URL, url);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	/* http is for this machine alone: no proxy sees it. */
	if (strncasecmp(url, "http://", 7) == 0)
		SET(CURLOPT_NOPROXY, "*");
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_USERAGENT, "ledgerpipe/" VERSION);
	SET(CURLOPT_ACCEPT_ENCODING, "");
	SET(CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
	SET(CURLOPT_TIMEOUT_MS, total_ms);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, answer);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, answer);
	SET(CURLOPT_ERRORBUFFER, answer->failure);
	if (ca_file != NULL)
		SET(CURLOPT_CAINFO, ca_file);
#undef SET
	if (rc != CURLE_OK)
		return error_set(error, EXIT_SYSTEM,
		    "cannot prepare a request: %s", curl_easy_strerror(rc));
	return 0;
}

int
http_not_sent(CURL *handle, CURLcode code)
{
	long bytes = 0, tunnel = 0;
	curl_off_t connected = 0, sent = 0;

	/* A proxy that makes no tunnel saw its CONNECT alone. */
	curl_easy_getinfo(handle, CURLINFO_HTTP_CONNECTCODE, &tunnel);
	if (code != CURLE_OK && tunnel >= 300)
		return 1;
	switch (code) {
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return 1;
	case CURLE_OPERATION_TIMEDOUT:
		/* A time-out may fall before the connection stood. */
		curl_easy_getinfo(handle, CURLINFO_REQUEST_SIZE, &bytes);
		curl_easy_getinfo(handle, CURLINFO_PRETRANSFER_TIME_T,
		    &connected);
		curl_easy_getinfo(handle, CURLINFO_SIZE_UPLOAD_T, &sent);
		return bytes == 0 && connected == 0 && sent == 0;
	default:
		return 0;
	}
}
