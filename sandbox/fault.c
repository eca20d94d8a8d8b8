/* SPDX-License-Identifier: MIT */
#include "sandbox/fault.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "sandbox/base64.h"

struct fault {
	char *path, *match, *content_type;
	struct buffer body;
	char *names[RESPONSE_HEADERS_MAX], *values[RESPONSE_HEADERS_MAX];
	size_t header_count;
	int64_t count, skip, status, delay_ms, stall_ms;
	bool drop, reset, truncate, chunked, handle, unread;
};

struct faults {
	struct fault list[FAULTS_MAX];
	size_t count;
	struct buffer log;
};

struct faults *
faults_new(void)
{
	struct faults *faults = calloc(1, sizeof(*faults));

	if (faults != NULL)
		buffer_init(&faults->log, REQUEST_LOG_MAX);
	return faults;
}

static void
fault_free(struct fault *fault)
{
	while (fault->header_count > 0) {
		fault->header_count--;
		free(fault->names[fault->header_count]);
		free(fault->values[fault->header_count]);
	}
	free(fault->path);
	free(fault->match);
	buffer_free(&fault->body);
	free(fault->content_type);
	memset(fault, 0, sizeof(*fault));
}

static void
faults_clear(struct faults *faults)
{
	while (faults->count > 0)
		fault_free(&faults->list[--faults->count]);
}

void
faults_free(struct faults *faults)
{
	if (faults == NULL)
		return;
	faults_clear(faults);
	buffer_free(&faults->log);
	free(faults);
}

static bool
record_header(void *context, const char *name, const char *value)
{
	struct buffer *log = context;

	buffer_json_member(log, name, value);
	return true;
}

void
faults_record(struct faults *faults, const struct request *request)
{
	struct buffer *log = &faults->log;
	size_t half = log->length / 2;
	const char *line;

	if (log->length > REQUEST_LOG_MAX - 2 * REQUEST_BODY_MAX) {
		line = memchr(log->data + half, '\n', log->length - half);
		if (line != NULL)
			buffer_consume(log, (size_t)(line - log->data) + 1);
	}
	buffer_printf(log, "{\"at_ms\":%lld",
	    (long long)clock_monotonic_ms());
	buffer_json_member(log, "method", request->method);
	buffer_json_member(log, "path", request->target);
	buffer_json_name(log, "headers");
	buffer_puts(log, "{");
	request_each_header(request, record_header, log);
	buffer_puts(log, "}");
	buffer_json_name(log, "body");
	buffer_json_string(log, request->body, request->body_length);
	buffer_puts(log, "}\n");
}

static void
fault_apply(const struct fault *fault, struct response *response)
{
	if (fault->status != 0) {
		response_text(response, (int)fault->status,
		    fault->content_type == NULL ? "text/html" :
		    fault->content_type, "");
		buffer_append(&response->body, buffer_text(&fault->body),
		    fault->body.length);
	}
	for (size_t i = 0; i < fault->header_count; i++)
		response_header(response, fault->names[i], fault->values[i]);
	response->delay_ms += fault->delay_ms;
	response->stall_ms += fault->stall_ms;
	response->chunked = response->chunked || fault->chunked;
	response->drop = response->drop || fault->drop;
	response->reset = response->reset || fault->reset;
	response->truncate = response->truncate || fault->truncate;
}

/* The fault that a request meets, or NULL.  body: NULL before it is read. */
static struct fault *
faults_find(struct faults *faults, const char *path, const char *body)
{
	struct fault *fault;
	size_t i;

	for (i = 0; i < faults->count; i++) {
		fault = &faults->list[i];
		if (fault->unread != (body == NULL) ||
		    strncmp(path, fault->path, strlen(fault->path)) != 0)
			continue;
		if (fault->match != NULL && strstr(body, fault->match) ==
		    NULL)
			continue;
		if (fault->skip == 0)
			return fault;
		fault->skip--;
	}
	return NULL;
}

/* It was met: once less from now on. */
static void
faults_use(struct faults *faults, struct fault *fault)
{
	if (--fault->count > 0)
		return;
	fault_free(fault);
	faults->count--;
	memmove(fault, fault + 1,
	    (size_t)(&faults->list[faults->count] - fault) * sizeof(*fault));
	memset(&faults->list[faults->count], 0, sizeof(*fault));
}

bool
faults_screen(struct faults *faults, const char *path)
{
	struct fault *fault = faults_find(faults, path, NULL);

	if (fault != NULL)
		faults_use(faults, fault);
	return fault != NULL;
}

void
faults_answer(struct faults *faults, const struct request *request,
    struct response *response, server_handler handler, void *context)
{
	struct fault *fault = faults_find(faults, request->path,
	    request->body);

	if (fault == NULL || fault->handle ||
	    (fault->status == 0 && !fault->drop && !fault->reset))
		handler(context, request, response);
	if (fault == NULL)
		return;
	fault_apply(fault, response);
	faults_use(faults, fault);
}

static bool
member_integer(const struct json *json, const char *name, int64_t fallback,
    int64_t low, int64_t high, int64_t *out)
{
	json_node node = json_member(json, 0, name);

	*out = fallback;
	if (node == JSON_NONE)
		return true;
	return json_integer(json, node, out) && *out >= low && *out <= high;
}

static bool
member_true(const struct json *json, const char *name)
{
	return json_type(json, json_member(json, 0, name)) == JSON_TRUE;
}

static bool
known_members(const struct json *json)
{
	static const char *const known[] = { "path", "count", "skip", "status",
	    "body", "body_base64", "content_type", "headers", "delay_ms",
	    "stall_ms", "drop", "reset", "truncate", "chunked", "handle",
	    "match", "unread", NULL };
	json_node node;
	size_t i;

	for (node = json_first(json, 0); node != JSON_NONE;
	    node = json_next(json, node)) {
		for (i = 0; known[i] != NULL; i++)
			if (json_named(json, node, known[i]))
				break;
		if (known[i] == NULL)
			return false;
	}
	return json_type(json, 0) == JSON_OBJECT;
}

/* The body's bytes: text, or base64 for those that JSON can't hold. */
static bool
body_read(struct buffer *body, const struct json *json)
{
	json_node encoded = json_member(json, 0, "body_base64");
	ssize_t count;

	buffer_init(body, REQUEST_BODY_MAX);
	json_decode(json, encoded != JSON_NONE ? encoded :
	    json_member(json, 0, "body"), body);
	if (encoded == JSON_NONE || body->length == 0)
		return !body->failed;
	count = base64_decode(body->data, body->length, body->data,
	    body->length);
	if (count == -1)
		return false;
	body->length = (size_t)count;
	body->data[count] = '\0';
	return true;
}

static bool
fault_read(struct fault *fault, const struct json *json)
{
	json_node node;
	struct buffer name;

	if (!known_members(json) ||
	    !member_integer(json, "count", 1, 1, INT32_MAX, &fault->count) ||
	    !member_integer(json, "skip", 0, 0, INT32_MAX, &fault->skip) ||
	    !member_integer(json, "status", 0, 200, 599, &fault->status) ||
	    !member_integer(json, "delay_ms", 0, 0, 3600000,
	    &fault->delay_ms) ||
	    !member_integer(json, "stall_ms", 0, 0, 3600000,
	    &fault->stall_ms) || !body_read(&fault->body, json))
		return false;
	fault->chunked = member_true(json, "chunked");
	fault->drop = member_true(json, "drop");
	fault->reset = member_true(json, "reset");
	fault->truncate = member_true(json, "truncate");
	fault->handle = member_true(json, "handle");
	fault->unread = member_true(json, "unread");
	fault->match = json_dup(json, json_member(json, 0, "match"));
	fault->path = json_dup(json, json_member(json, 0, "path"));
	if (fault->path == NULL)
		fault->path = strdup("/");
	fault->content_type = json_dup(json, json_member(json, 0,
	    "content_type"));
	node = json_first(json, json_member(json, 0, "headers"));
	for (; node != JSON_NONE && fault->header_count < RESPONSE_HEADERS_MAX;
	    node = json_next(json, node)) {
		char *value = json_dup(json, node);

		if (value == NULL)
			continue;
		buffer_init(&name, 1024);
		json_decode_name(json, node, &name);
		fault->names[fault->header_count] = strdup(buffer_text(&name));
		fault->values[fault->header_count++] = value;
		buffer_free(&name);
	}
	return fault->path != NULL &&
	    !(fault->unread && fault->match != NULL);
}

static void
fault_add(struct faults *faults, const struct request *request,
    struct response *response)
{
	struct json json = { 0 };
	struct error error;

	if (faults->count == FAULTS_MAX)
		response_text(response, 400, "text/plain",
		    "too many faults wait already\n");
	else if (json_parse(&json, request->body, request->body_length,
	    &error) == -1 || !fault_read(&faults->list[faults->count],
	    &json)) {
		fault_free(&faults->list[faults->count]);
		response_text(response, 400, "text/plain", "a fault is a JSON "
		    "object of path, count, skip, status, body, body_base64, "
		    "content_type, headers, delay_ms, stall_ms, drop, reset, "
		    "truncate, chunked, handle, and either match or unread\n");
	} else {
		faults->count++;
		response_text(response, 200, "application/json",
		    "{\"ok\":true}\n");
	}
	json_free(&json);
}

bool
faults_control(struct faults *faults, const struct request *request,
    struct response *response)
{
	bool is_delete = strcmp(request->method, "DELETE") == 0;

	if (strcmp(request->path, "/_control/requests") == 0) {
		if (is_delete)
			buffer_clear(&faults->log);
		response_header(response, "Content-Type",
		    "application/x-ndjson");
		buffer_append(&response->body, buffer_text(&faults->log),
		    faults->log.length);
		return true;
	}
	if (strcmp(request->path, "/_control/fault") != 0)
		return false;
	if (is_delete) {
		faults_clear(faults);
		response_text(response, 200, "application/json",
		    "{\"ok\":true}\n");
	} else if (strcmp(request->method, "POST") == 0)
		fault_add(faults, request, response);
	else
		response_text(response, 405, "text/plain",
		    "POST a fault or DELETE them all\n");
	return true;
}
