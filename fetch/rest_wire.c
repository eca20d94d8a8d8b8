/* SPDX-License-Identifier: MIT */
#include "fetch/rest_wire.h"

#include <string.h>

#include "fetch/refusal.h"

#define URL_MAX ((size_t)65536)
#define BUFFER_BYTES (256L << 10)

void
rest_wire_clear(struct rest_request *request)
{
	struct curl_slist *header;

	/* One of them carries the token. */
	for (header = request->headers; header != NULL; header = header->next)
		explicit_bzero(header->data, strlen(header->data));
	curl_slist_free_all(request->headers);
	request->headers = NULL;
}

/* The headers are in: is it what was asked for? */
void
rest_wire_judge(struct rest_request *request)
{
	struct http_answer *head = &request->head;

	if (request->judged)
		return;
	request->judged = true;
	curl_easy_getinfo(request->curl, CURLINFO_RESPONSE_CODE,
	    &head->status);
	request->accepted = !request->is_token &&
	    refusal_none(head, request->version,
	    request->strict);
	if (request->accepted && request->answer != NULL)
		request->answer(request->context, head->date);
}

static size_t
on_bytes(char *bytes, size_t size, size_t count, void *context)
{
	struct rest_request *request = context;
	struct buffer *words = &request->head.body;
	size_t length = size * count, room = REST_WORDS_MAX - words->length;

	rest_wire_judge(request);
	if (!request->accepted) {
		buffer_append(words, bytes, length < room ? length : room);
		return length;
	}
	request->fed = request->feed(request->context, bytes, length,
	    &request->feed_error);
	/* A short count makes curl stop. */
	return request->fed == 0 ? length : 0;
}

static int
headers_make(struct rest *rest, struct rest_request *request,
    struct error *error)
{
	struct buffer line;
	struct curl_slist *list = NULL, *more = NULL;
	char version[64] = "REST-Framework-Version: ";

	buffer_init(&line, SECRET_MAX + 64);
	if (auth_header(&rest->auth, &line, error) == -1)
		goto out;
	version[strlen(version)] = (char)('0' + rest->framework_version);
	list = curl_slist_append(NULL, buffer_text(&line));
	if (list != NULL && (more = curl_slist_append(list, version)) != NULL)
		more = curl_slist_append(list, "Accept: application/json, "
		    "application/vnd.oracle.adf.error+json");
	request->headers = list;
	if (more == NULL)
		error_set(error, EXIT_SYSTEM, "out of memory");
out:
	if (line.data != NULL)
		explicit_bzero(line.data, line.length);
	buffer_free(&line);
	return more == NULL ? -1 : 0;
}

static int
aim(struct rest *rest, struct rest_request *request, struct error *error)
{
	struct buffer path, url;
	int rc = -1;

	buffer_init(&path, URL_MAX);
	buffer_init(&url, URL_MAX);
	if (request->url(request->context, &path, error) == -1)
		goto out;
	if (path.failed || buffer_printf(&url, "%s%s", rest->url,
	    buffer_text(&path)) == -1) {
		error_set(error, EXIT_CONFIG, "%s: the URL is too long",
		    request->what);
		goto out;
	}
	request->version = rest->framework_version;
	request->generation = auth_generation(&rest->auth);
	if (http_prepare(request->curl, &request->head, url.data,
	    rest->ca_file, (long)rest->connect_ms, (long)rest->timeout_ms,
	    error) == -1 || headers_make(rest, request, error) == -1)
		goto out;
	curl_easy_setopt(request->curl, CURLOPT_HTTPHEADER, request->headers);
	curl_easy_setopt(request->curl, CURLOPT_ACCEPT_ENCODING, "gzip");
	curl_easy_setopt(request->curl, CURLOPT_BUFFERSIZE, BUFFER_BYTES);
	rc = 0;
out:
	buffer_free(&path);
	buffer_free(&url);
	return rc;
}

int
rest_wire_start(struct rest *rest, struct rest_request *request, struct error *error)
{
	if (request->curl == NULL) {
		http_answer_init(&request->head, REST_WORDS_MAX);
		if ((request->curl = curl_easy_init()) == NULL)
			return error_set(error, EXIT_SYSTEM,
			    "curl: out of memory");
	}
	request->judged = request->accepted = false;
	request->fed = 0;
	if ((request->is_token ? auth_prepare(&rest->auth, request->curl,
	    &request->head, (long)rest->connect_ms, (long)rest->timeout_ms,
	    error) : aim(rest, request, error)) == -1)
		return -1;
	curl_easy_setopt(request->curl, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(request->curl, CURLOPT_WRITEDATA, request);
	curl_easy_setopt(request->curl, CURLOPT_PRIVATE, request);
	/* A byte a second at least. */
	curl_easy_setopt(request->curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(request->curl, CURLOPT_LOW_SPEED_TIME,
	    (long)(rest->stall_ms / 1000));
	if (curl_multi_add_handle(rest->multi, request->curl) != CURLM_OK) {
		rest_wire_clear(request);
		return error_set(error, EXIT_SYSTEM, "curl: out of memory");
	}
	request->state = REST_RUNNING;
	if (!request->is_token)
		rest->running++;
	return 0;
}

