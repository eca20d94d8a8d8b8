/* SPDX-License-Identifier: MIT */
#include "deliver/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "clock.h"
#include "deliver/slack.h"

#define CONNECT_MS 10000
#define EVENTS 64
#define FORM "application/x-www-form-urlencoded"
#define IDLE_MAX_S 30L /* a server may have closed an older one */

/* The headers with one token; those of an earlier one live until its last call
 * has ended. */
struct headers {
	struct curl_slist *json, *form;
	size_t calls; /* under way with them */
};

struct client {
	struct client_setup setup;
	CURLM *multi;
	struct headers *headers; /* NULL: there is no token */
	struct curl_slist *plain; /* without a token */
	uint64_t generation;
	int epoll;
	int64_t timer_ms;    /* libcurl's, monotonic; -1: none */
	size_t in_flight;
	struct call *all;    /* every one there is */
	struct call *idle;
	struct call *done, **done_tail;
};

static int
on_socket(CURL *easy, curl_socket_t socket, int what, void *context,
    void *known)
{
	struct client *client = context;
	struct epoll_event event = { .data.fd = socket };

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(client->epoll, EPOLL_CTL_DEL, socket, NULL);
		return 0;
	}
	if (what & CURL_POLL_IN)
		event.events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		event.events |= EPOLLOUT;
	if (epoll_ctl(client->epoll, known != NULL ? EPOLL_CTL_MOD :
	    EPOLL_CTL_ADD, socket, &event) == -1)
		return -1;
	curl_multi_assign(client->multi, socket, client);
	return 0;
}

static int
on_timer(CURLM *multi, long timeout_ms, void *context)
{
	struct client *client = context;

	(void)multi;
	client->timer_ms = timeout_ms < 0 ? -1 :
	    clock_monotonic_ms() + timeout_ms;
	return 0;
}

static void
wipe(struct buffer *buffer)
{
	if (buffer->data != NULL)
		explicit_bzero(buffer->data, buffer->capacity);
}

static void
wipe_list(struct curl_slist *list)
{
	struct curl_slist *item;

	for (item = list; item != NULL; item = item->next)
		explicit_bzero(item->data, strlen(item->data));
	curl_slist_free_all(list);
}

/* One line more; a list that can't grow is freed. */
static struct curl_slist *
longer(struct curl_slist *list, struct buffer *line)
{
	struct curl_slist *more = line->failed ? NULL :
	    curl_slist_append(list, line->data);

	wipe(line);
	buffer_free(line);
	if (more == NULL)
		wipe_list(list);
	return more;
}

/* token: NULL, for none. */
static struct curl_slist *
header_list(const struct secret *token, const char *type)
{
	/* Don't ask first whether the body is welcome. */
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	struct buffer line;

	if (list == NULL)
		return NULL;
	buffer_init(&line, 256);
	buffer_printf(&line, "Content-Type: %s; charset=utf-8", type);
	list = longer(list, &line);
	if (list == NULL || token == NULL)
		return list;
	buffer_init(&line, 2 * SECRET_MAX);
	buffer_printf(&line, "Authorization: Bearer %s", token->text);
	return longer(list, &line);
}

static void
headers_free(struct headers *headers)
{
	if (headers == NULL)
		return;
	wipe_list(headers->json);
	wipe_list(headers->form);
	free(headers);
}

/* A call has ended. */
static void
headers_leave(struct client *client, struct headers *headers)
{
	if (headers != NULL && --headers->calls == 0 &&
	    headers != client->headers)
		headers_free(headers);
}

int
client_set_token(struct client *client, const struct secret *token,
    struct error *error)
{
	struct headers *headers = calloc(1, sizeof(*headers));
	struct call *call;

	if (headers != NULL) {
		headers->json = header_list(token, "application/json");
		headers->form = header_list(token, FORM);
	}
	if (headers == NULL || headers->json == NULL ||
	    headers->form == NULL) {
		headers_free(headers);
		return error_set(error, EXIT_SYSTEM, "cannot set up HTTP");
	}
	for (call = client->all; call != NULL; call = call->all_next)
		call->prepared = NULL; /* with the headers of before */
	if (client->headers != NULL && client->headers->calls == 0)
		headers_free(client->headers);
	client->headers = headers;
	client->generation++;
	return 0;
}

uint64_t
client_generation(const struct client *client)
{
	return client->generation;
}

struct client *
client_open(const struct client_setup *setup, const struct secret *token,
    struct error *error)
{
	struct client *client = calloc(1, sizeof(*client));

	if (client == NULL) {
		error_set(error, EXIT_SYSTEM, "out of memory");
		return NULL;
	}
	client->setup = *setup;
	client->epoll = -1;
	client->timer_ms = -1;
	client->done_tail = &client->done;
	if ((client->epoll = epoll_create1(EPOLL_CLOEXEC)) == -1 ||
	    (client->multi = curl_multi_init()) == NULL) {
		error_set(error, EXIT_SYSTEM, "cannot set up HTTP");
		client_close(client);
		return NULL;
	}
	if ((client->plain = header_list(NULL, FORM)) == NULL) {
		error_set(error, EXIT_SYSTEM, "cannot set up HTTP");
		client_close(client);
		return NULL;
	}
	if (token != NULL && client_set_token(client, token, error) == -1) {
		client_close(client);
		return NULL;
	}
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
	curl_multi_setopt(client->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
	    (long)CLIENT_CALLS_MAX);
	return client;
}

static void
call_free(struct call *call)
{
	if (call->secret) {
		wipe(&call->body);
		wipe(&call->answer.body);
	}
	curl_easy_cleanup(call->easy);
	http_answer_free(&call->answer);
	buffer_free(&call->body);
	free(call);
}

void
client_close(struct client *client)
{
	struct call *call;

	if (client == NULL)
		return;
	while ((call = client->all) != NULL) {
		client->all = call->all_next;
		curl_multi_remove_handle(client->multi, call->easy);
		headers_leave(client, call->headers);
		call_free(call);
	}
	if (client->multi != NULL)
		curl_multi_cleanup(client->multi);
	headers_free(client->headers);
	wipe_list(client->plain);
	if (client->epoll != -1)
		close(client->epoll);
	free(client);
}

/* See the header: a request must not leave twice. */
static int
on_request(void *context, char *address, char *local_address, int port,
    int local_port)
{
	struct call *call = context;
	bool first = !call->left;

	(void)address;
	(void)local_address;
	(void)port;
	(void)local_port;
	call->left = true;
	return first ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

void
form_field(struct buffer *form, const char *name, const char *value)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-._~";

	buffer_printf(form, "%s%s=", form->length > 0 ? "&" : "", name);
	for (; *value != '\0'; value++)
		if (strchr(plain, *value) != NULL)
			buffer_append(form, value, 1);
		else
			buffer_printf(form, "%%%02X",
			    (unsigned int)(unsigned char)*value);
}

static struct call *
call_new(struct client *client)
{
	struct call *call = client->idle;

	if (call != NULL) {
		client->idle = call->next;
		call->next = NULL;
		return call;
	}
	if ((call = calloc(1, sizeof(*call))) == NULL)
		return NULL;
	http_answer_init(&call->answer, SLACK_ANSWER_MAX);
	buffer_init(&call->body, SLACK_ANSWER_MAX);
	if ((call->easy = curl_easy_init()) == NULL) {
		call_free(call);
		return NULL;
	}
	call->all_next = client->all;
	client->all = call;
	return call;
}

static int
set_body(struct call *call, struct error *error)
{
	/* It leaves in one piece with its header, where it may. */
	if (curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)call->body.length) == CURLE_OK &&
	    curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS,
	    buffer_text(&call->body)) == CURLE_OK)
		return 0;
	return error_set(error, EXIT_SYSTEM, "cannot prepare a request");
}

static int
prepare(struct client *client, struct call *call, const char *method,
    struct curl_slist *headers, struct error *error)
{
	struct buffer url;
	CURLcode rc = CURLE_OK;
	int prepared;

	/* Most calls are of one method: a handle is set up for it once. */
	if (call->prepared != NULL && strcmp(call->prepared, method) == 0) {
		http_answer_clear(&call->answer);
		return set_body(call, error);
	}
	buffer_init(&url, 4096);
	buffer_printf(&url, "%s/%s", client->setup.url, method);
	prepared = url.failed ? error_set(error, EXIT_CONFIG,
	    "slack.url is too long") : http_prepare(call->easy, &call->answer,
	    url.data, client->setup.ca_file, CONNECT_MS,
	    (long)client->setup.timeout_ms, error);
	buffer_free(&url);
	call->prepared = NULL;
	if (prepared == -1)
		return -1;
#define SET(option, value) \
	if (rc == CURLE_OK) \
		rc = curl_easy_setopt(call->easy, option, value)
	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_PREREQFUNCTION, on_request);
	SET(CURLOPT_PREREQDATA, call);
	SET(CURLOPT_HTTPHEADER, headers);
	SET(CURLOPT_MAXAGE_CONN, IDLE_MAX_S);
	/* An answer to a post is one or two kB, and there are many at once. */
	SET(CURLOPT_BUFFERSIZE, 4096L);
	SET(CURLOPT_PRIVATE, call);
#undef SET
	if (rc != CURLE_OK)
		return error_set(error, EXIT_SYSTEM,
		    "cannot prepare a request: %s", curl_easy_strerror(rc));
	call->prepared = method;
	return set_body(call, error);
}

/* headers: NULL: without a token, and with a body that is wiped. */
static int
start(struct client *client, const char *method, struct headers *headers,
    struct curl_slist *list, const struct buffer *body, void *context,
    struct error *error)
{
	struct call *call = call_new(client);
	CURLMcode rc;

	if (call == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	buffer_clear(&call->body);
	buffer_append(&call->body, buffer_text(body), body->length);
	call->left = false;
	call->context = context;
	call->generation = client->generation;
	if (headers == NULL)
		call->prepared = NULL;
	call->secret = headers == NULL;
	if (prepare(client, call, method, list, error) == -1) {
		client_release(client, call);
		return -1;
	}
	if ((rc = curl_multi_add_handle(client->multi, call->easy)) !=
	    CURLM_OK) {
		client_release(client, call);
		return error_set(error, EXIT_SYSTEM,
		    "cannot start a request: %s", curl_multi_strerror(rc));
	}
	if ((call->headers = headers) != NULL)
		headers->calls++;
	client->in_flight++;
	return 0;
}

int
client_call(struct client *client, const char *method, const char *type,
    const struct buffer *body, void *context, struct error *error)
{
	struct headers *headers = client->headers;

	if (headers == NULL)
		return error_set(error, EXIT_BUG, "a call without a token");
	return start(client, method, headers, strcmp(type,
	    "application/json") == 0 ? headers->json : headers->form, body,
	    context, error);
}

int
client_call_plain(struct client *client, const char *method,
    const struct buffer *form, void *context, struct error *error)
{
	return start(client, method, NULL, client->plain, form, context,
	    error);
}

size_t
client_in_flight(const struct client *client)
{
	return client->in_flight;
}

static void
end_call(struct client *client, struct call *call, CURLcode result)
{
	curl_off_t total_us = 0, before_us = 0;

	call->not_sent = result != CURLE_OK && !call->left;
	if (result == CURLE_ABORTED_BY_CALLBACK)
		strcpy(call->answer.failure,
		    "the connection was closed without an answer");
	if (result != CURLE_OK) {
		call->answer.status = 0; /* a cut answer is none */
		if (*call->answer.failure == '\0')
			strncpy(call->answer.failure,
			    curl_easy_strerror(result),
			    sizeof(call->answer.failure) - 1);
	} else
		curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE,
		    &call->answer.status);
	/* libcurl's own clock starts when it first runs, not when told to. */
	curl_easy_getinfo(call->easy, CURLINFO_TOTAL_TIME_T, &total_us);
	curl_easy_getinfo(call->easy, CURLINFO_PRETRANSFER_TIME_T, &before_us);
	call->took_us = total_us - before_us;
	call->left_ms = clock_monotonic_ms() - call->took_us / 1000;
	curl_multi_remove_handle(client->multi, call->easy);
	headers_leave(client, call->headers);
	call->headers = NULL;
	client->in_flight--;
	*client->done_tail = call;
	client->done_tail = &call->next;
}

static void
collect(struct client *client)
{
	struct call *call;
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(client->multi, &left)) != NULL)
		if (message->msg == CURLMSG_DONE && curl_easy_getinfo(
		    message->easy_handle, CURLINFO_PRIVATE,
		    (char **)(void *)&call) == CURLE_OK)
			end_call(client, call, message->data.result);
}

struct call *
client_next(struct client *client)
{
	struct call *call = client->done;

	if (call != NULL && (client->done = call->next) == NULL)
		client->done_tail = &client->done;
	if (call != NULL)
		call->next = NULL;
	return call;
}

void
client_release(struct client *client, struct call *call)
{
	if (call->secret) {
		wipe(&call->body);
		wipe(&call->answer.body);
		call->secret = false;
		call->prepared = NULL;
	}
	call->next = client->idle;
	client->idle = call;
}

/* A regular file can't be watched and needn't be: it is always ready. */
static int
watch(struct client *client, struct watch *watch, struct error *error)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = watch->fd };

	watch->ready = false;
	if (watch->fd == watch->watched)
		return 0;
	if (watch->watched != -1)
		epoll_ctl(client->epoll, EPOLL_CTL_DEL, watch->watched, NULL);
	watch->watched = -1;
	if (watch->fd == -1)
		return 0;
	if (epoll_ctl(client->epoll, EPOLL_CTL_ADD, watch->fd, &event) == 0)
		watch->watched = watch->fd;
	else if (errno == EPERM)
		watch->ready = true;
	else
		return error_errno(error, EXIT_SYSTEM, "cannot watch an input");
	return 0;
}

static int
timeout(const struct client *client, int64_t timeout_ms)
{
	int64_t left;

	if (client->done != NULL)
		return 0;
	if (client->timer_ms != -1) {
		left = client->timer_ms - clock_monotonic_ms();
		if (left < 0)
			left = 0;
		if (timeout_ms == -1 || left < timeout_ms)
			timeout_ms = left;
	}
	return timeout_ms > INT32_MAX ? INT32_MAX : (int)timeout_ms;
}

static bool
is_watched(struct watch *watches, size_t count, int fd)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (watches[i].watched == fd)
			return watches[i].ready = true;
	return false;
}

static void
run_socket(struct client *client, const struct epoll_event *event)
{
	int running, what = (event->events & EPOLLIN ? CURL_CSELECT_IN : 0) |
	    (event->events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
	    (event->events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);

	curl_multi_socket_action(client->multi, event->data.fd, what,
	    &running);
}

int
client_wait(struct client *client, struct watch *watches, size_t count,
    int64_t timeout_ms, const sigset_t *mask, struct error *error)
{
	struct epoll_event events[EVENTS];
	int found, running, i;
	size_t j;

	for (j = 0; j < count; j++) {
		if (watch(client, &watches[j], error) == -1)
			return -1;
		if (watches[j].ready)
			timeout_ms = 0;
	}
	found = epoll_pwait(client->epoll, events, EVENTS,
	    timeout(client, timeout_ms), mask);
	if (found == -1 && errno != EINTR)
		return error_errno(error, EXIT_SYSTEM, "cannot wait");
	for (i = 0; i < found; i++)
		if (!is_watched(watches, count, events[i].data.fd))
			run_socket(client, &events[i]);
	if (client->timer_ms != -1 &&
	    client->timer_ms <= clock_monotonic_ms()) {
		client->timer_ms = -1;
		curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0,
		    &running);
	}
	collect(client);
	return 0;
}
