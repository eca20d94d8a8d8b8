/*
 * http: libcurl set up as we want it everywhere: no redirects (they would
 * carry the bearer token away), http and https only, verification on, TLS 1.2
 * or newer, time-outs, a ceiling on the answer, the few headers we read kept.
 */
#ifndef LEDGERPIPE_HTTP_H
#define LEDGERPIPE_HTTP_H

#include <curl/curl.h>

#include "buffer.h"
#include "error.h"

#define HTTP_HEADER_MAX 256
#define HTTP_SCOPES_MAX 2048 /* Slack knows some hundred names */

struct http_answer {
	long status;         /* 0: no answer came */
	struct buffer body;  /* its ceiling is set by http_prepare's caller */
	char content_type[HTTP_HEADER_MAX];
	char retry_after[HTTP_HEADER_MAX]; /* "" when absent, as the others */
	char date[HTTP_HEADER_MAX];
	char framework_version[HTTP_HEADER_MAX]; /* REST-Framework-Version */
	char ecid[HTTP_HEADER_MAX];              /* X-ORACLE-DMS-ECID */
	char request_id[HTTP_HEADER_MAX];        /* X-Slack-Req-Id */
	char scopes[HTTP_SCOPES_MAX];            /* X-OAuth-Scopes */
	char failure[CURL_ERROR_SIZE];           /* curl's words */
};

int http_start(struct error *error); /* once a process; http_stop at its end */
void http_stop(void);
void http_answer_init(struct http_answer *answer, size_t body_ceiling);
void http_answer_free(struct http_answer *answer);
/* Empty an answer that will be filled again. */
void http_answer_clear(struct http_answer *answer);
/* Reset the handle's options to ours, aimed at url, and empty the answer that
 * will be filled.  connect_ms and total_ms are time-outs. */
int http_prepare(CURL *handle, struct http_answer *answer, const char *url,
    const char *ca_file, long connect_ms, long total_ms, struct error *error);
/* Did a failed transfer write no byte of the request for sure (DNS, connect,
 * TLS)?  Then it may be sent again without doubt. */
int http_not_sent(CURL *handle, CURLcode code);

#endif
