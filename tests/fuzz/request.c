/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/request.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "verify/request.h"
#include "verify/signature.h"

#define NOW_MS 1531420618000LL

/* A line without its end, as a header's value; the caller frees it. */
static char *
take_line(const char **at, const char *end)
{
	size_t length = (size_t)(end - *at);
	const char *stop = length > 0 ? memchr(*at, '\n', length) : NULL;
	char *line;

	if (stop != NULL)
		length = (size_t)(stop - *at);
	line = strndup(*at, length);
	*at += length + (stop != NULL);
	return line;
}

/* Only what is spelled to the letter may get as far as the comparison. */
static const char *
try_headers(const struct signature_request *request,
    const struct secret *secret)
{
	enum signature_result headers = signature_headers(request, 300,
	    NOW_MS);
	enum signature_result result = signature_check(request, secret, 1, 300,
	    NOW_MS);
	const char *digits = request->signature + 3;

	if (headers != SIGNATURE_AUTHENTIC)
		return result == headers ? NULL :
		    "the headers alone are judged otherwise";
	if (strlen(request->signature) != 67 ||
	    strspn(digits, "0123456789abcdef") != 64 ||
	    strspn(request->timestamp, "0123456789") !=
	    strlen(request->timestamp))
		return "a header in another spelling was taken";
	return result == SIGNATURE_MISMATCH ? NULL :
	    "what nobody signed is authentic";
}

static const char *
try_body(const char *type, const char *timestamp, const char *body,
    size_t length)
{
	enum request_media media = request_media(type);
	struct request request;
	struct json json = { 0 };
	struct error error;
	const char *wrong = NULL;

	request_is_probe(body, length);
	request_init(&request);
	if (request_read(&request, media == MEDIA_UNKNOWN ? MEDIA_JSON : media,
	    body, length, timestamp, &error) == -1)
		wrong = "it wasn't read";
	else if (request.id.length == 0)
		wrong = "it has no id";
	else if (request.kind != NULL && (json_parse(&json,
	    buffer_text(&request.body), request.body.length, &error) == -1 ||
	    memchr(request.body.data, '\n', request.body.length) != NULL))
		wrong = "its body is no JSON on one line";
	json_free(&json);
	request_free(&request);
	return wrong;
}

const char *
request_try(const char *input, size_t length)
{
	char *key = strdup("nobody's secret");
	struct secret secret = { key, strlen(key) };
	const char *at = input, *end = input + length, *wrong;
	char *type = take_line(&at, end), *timestamp = take_line(&at, end);
	char *signature = take_line(&at, end);
	/* A copy of just its size: reading behind it is noticed. */
	size_t count = (size_t)(end - at);
	char *body = malloc(count + (count == 0));
	struct signature_request request = { timestamp, signature, body,
		count };

	memcpy(body, at, count);
	if ((wrong = try_headers(&request, &secret)) == NULL)
		wrong = try_body(type, timestamp, body, count);
	free(key);
	free(type);
	free(timestamp);
	free(signature);
	free(body);
	return wrong;
}
