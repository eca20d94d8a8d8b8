/* SPDX-License-Identifier: MIT */
#include "sandbox/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"

#define CONNECTION_MEMORY ((size_t)256 << 10) /* long q parameters */
#define IDLE_MS 1000

/* One request from its first line to its answer's last byte. */
struct exchange {
	struct MHD_Connection *connection;
	struct server *server;
	struct exchange *next; /* in the list of those that wait */
	char *target;
	struct buffer body;
	struct response response;
	int64_t due_ms;        /* monotonic: when to go on */
	bool started, oversized, handled;
};

struct server {
	struct MHD_Daemon *daemon;
	server_screen screen;
	server_handler handler;
	void *context;
	struct exchange *waiting;
};

struct visit {
	request_visit visit;
	void *context;
};

const char *
request_query(const struct request *request, const char *name)
{
	const struct exchange *exchange = request->details;

	return MHD_lookup_connection_value(exchange->connection,
	    MHD_GET_ARGUMENT_KIND, name);
}

const char *
request_header(const struct request *request, const char *name)
{
	const struct exchange *exchange = request->details;

	return MHD_lookup_connection_value(exchange->connection,
	    MHD_HEADER_KIND, name);
}

static enum MHD_Result
visit_value(void *context, enum MHD_ValueKind kind, const char *name,
    const char *value)
{
	const struct visit *visit = context;

	(void)kind;
	return visit->visit(visit->context, name, value == NULL ? "" : value) ?
	    MHD_YES : MHD_NO;
}

static void
each(const struct request *request, enum MHD_ValueKind kind,
    request_visit visit, void *context)
{
	const struct exchange *exchange = request->details;
	struct visit call = { visit, context };

	MHD_get_connection_values(exchange->connection, kind, visit_value,
	    &call);
}

void
request_each_query(const struct request *request, request_visit visit,
    void *context)
{
	each(request, MHD_GET_ARGUMENT_KIND, visit, context);
}

void
request_each_header(const struct request *request, request_visit visit,
    void *context)
{
	each(request, MHD_HEADER_KIND, visit, context);
}

void
response_header(struct response *response, const char *name,
    const char *value)
{
	struct response_pair pair = { strdup(name),
	    value == NULL ? NULL : strdup(value) };
	size_t i;

	for (i = 0; i < response->header_count; i++)
		if (strcasecmp(response->headers[i].name, name) == 0)
			break;
	if (i < response->header_count) {
		free(response->headers[i].name);
		free(response->headers[i].value);
		response->headers[i] =
		    response->headers[--response->header_count];
	}
	if (pair.name == NULL || pair.value == NULL ||
	    response->header_count == RESPONSE_HEADERS_MAX) {
		free(pair.name);
		free(pair.value);
		return;
	}
	response->headers[response->header_count++] = pair;
}

void
response_text(struct response *response, int status, const char *content_type,
    const char *text)
{
	response->status = status;
	response_header(response, "Content-Type", content_type);
	buffer_clear(&response->body);
	buffer_puts(&response->body, text);
}

static void
exchange_free(struct exchange *exchange)
{
	struct response *response = &exchange->response;

	while (response->header_count > 0) {
		response->header_count--;
		free(response->headers[response->header_count].name);
		free(response->headers[response->header_count].value);
	}
	buffer_free(&response->body);
	buffer_free(&exchange->body);
	free(exchange->target);
	free(exchange);
}

/* The first thing the library tells of a request: its target, undecoded. */
static void *
exchange_new(void *context, const char *target,
    struct MHD_Connection *connection)
{
	struct exchange *exchange = calloc(1, sizeof(*exchange));

	if (exchange == NULL)
		return NULL;
	exchange->server = context;
	exchange->connection = connection;
	exchange->target = strdup(target);
	buffer_init(&exchange->body, REQUEST_BODY_MAX);
	buffer_init(&exchange->response.body, RESPONSE_BODY_MAX);
	exchange->response.status = 200;
	return exchange;
}

static void
completed(void *context, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode code)
{
	(void)context;
	(void)connection;
	(void)code;
	if (*state != NULL)
		exchange_free(*state);
	*state = NULL;
}

/* Let the exchange go on after so long, and the others meanwhile. */
static void
exchange_wait(struct exchange *exchange, int64_t ms)
{
	struct server *server = exchange->server;

	exchange->due_ms = clock_monotonic_ms() + ms;
	exchange->next = server->waiting;
	server->waiting = exchange;
	MHD_suspend_connection(exchange->connection);
}

/* Half of the body, then what is to happen there, then the other half. */
static ssize_t
body_read(void *context, uint64_t position, char *out, size_t max)
{
	struct exchange *exchange = context;
	struct response *response = &exchange->response;
	size_t half = response->body.length / 2, count;
	size_t end = position < half ? half : response->body.length;

	if (position >= half && response->truncate)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (position >= half && response->stall_ms > 0) {
		exchange_wait(exchange, response->stall_ms);
		response->stall_ms = 0;
		return 0;
	}
	if (position == response->body.length)
		return MHD_CONTENT_READER_END_OF_STREAM;
	count = end - (size_t)position;
	if (count > max)
		count = max;
	memcpy(out, response->body.data + position, count);
	return (ssize_t)count;
}

/* Dissolving a connection's address makes Linux send a RST at once. */
static void
reset(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct sockaddr nobody = { .sa_family = AF_UNSPEC };

	if (info != NULL)
		connect(info->connect_fd, &nobody, sizeof(nobody));
}

static enum MHD_Result
answer(struct exchange *exchange)
{
	struct response *response = &exchange->response;
	struct MHD_Response *out;
	enum MHD_Result rc;

	if (response->reset)
		reset(exchange->connection);
	if (response->reset || response->drop)
		return MHD_NO;
	if (response->body.failed)
		response_text(response, 500, "text/plain",
		    "the answer passed its ceiling\n");
	if (response->truncate || response->chunked || response->stall_ms > 0)
		out = MHD_create_response_from_callback(response->chunked ?
		    MHD_SIZE_UNKNOWN : response->body.length, 4096, body_read,
		    exchange, NULL);
	else /* the exchange, and its body, outlive the answer */
		out = MHD_create_response_from_buffer(response->body.length,
		    response->body.data, MHD_RESPMEM_PERSISTENT);
	if (out == NULL)
		return MHD_NO;
	for (size_t i = 0; i < response->header_count; i++)
		MHD_add_response_header(out, response->headers[i].name,
		    response->headers[i].value);
	rc = MHD_queue_response(exchange->connection,
	    (unsigned int)response->status, out);
	MHD_destroy_response(out);
	return rc;
}

static void
handle(struct exchange *exchange, const char *method, const char *path)
{
	struct request request = {
		.method = method,
		.path = path,
		.target = exchange->target == NULL ? path : exchange->target,
		.body = buffer_text(&exchange->body),
		.body_length = exchange->body.length,
		.details = exchange,
	};

	exchange->handled = true;
	if (exchange->oversized)
		response_text(&exchange->response, 413, "text/plain",
		    "the request's body is too big\n");
	else
		exchange->server->handler(exchange->server->context, &request,
		    &exchange->response);
}

static enum MHD_Result
access_handler(void *context, struct MHD_Connection *connection,
    const char *path, const char *method, const char *version,
    const char *data, size_t *size, void **state)
{
	struct exchange *exchange = *state;

	struct server *server = context;

	(void)version;
	if (exchange == NULL)
		return MHD_NO;
	if (!exchange->started) {
		if (server->screen(server->context, path)) {
			reset(connection);
			return MHD_NO;
		}
		exchange->started = true;
		return MHD_YES;
	}
	if (*size > 0) {
		if (buffer_append(&exchange->body, data, *size) == -1)
			exchange->oversized = true;
		*size = 0;
		return MHD_YES;
	}
	if (!exchange->handled) {
		handle(exchange, method, path);
		if (exchange->response.delay_ms > 0) {
			exchange_wait(exchange, exchange->response.delay_ms);
			return MHD_YES;
		}
	}
	return answer(exchange);
}

struct server *
server_start(uint16_t port, server_screen screen, server_handler handler,
    void *context)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct server *server = calloc(1, sizeof(*server));

	if (server == NULL)
		return NULL;
	server->screen = screen;
	server->handler = handler;
	server->context = context;
	server->daemon = MHD_start_daemon(MHD_USE_EPOLL |
	    MHD_ALLOW_SUSPEND_RESUME, port, NULL, NULL, access_handler, server,
	    MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,
	    MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u,
	    MHD_OPTION_URI_LOG_CALLBACK, exchange_new, server,
	    MHD_OPTION_NOTIFY_COMPLETED, completed, NULL,
	    MHD_OPTION_END);
	if (server->daemon == NULL) {
		free(server);
		return NULL;
	}
	return server;
}

uint16_t
server_port(const struct server *server)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon,
	    MHD_DAEMON_INFO_BIND_PORT);

	return info == NULL ? 0 : info->port;
}

/* Let those go on whose delay is over; until when may the loop sleep? */
static int
resume_due(struct server *server, bool all)
{
	struct exchange **link = &server->waiting, *exchange;
	int64_t now = clock_monotonic_ms(), left, sleep_ms = IDLE_MS;

	while ((exchange = *link) != NULL) {
		left = exchange->due_ms - now;
		if (left <= 0 || all) {
			*link = exchange->next;
			MHD_resume_connection(exchange->connection);
			sleep_ms = 0;
			continue;
		}
		if (left < sleep_ms)
			sleep_ms = left;
		link = &exchange->next;
	}
	return (int)sleep_ms;
}

void
server_run(struct server *server, const volatile sig_atomic_t *stop)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon,
	    MHD_DAEMON_INFO_EPOLL_FD);
	struct pollfd wait = { .fd = info->epoll_fd, .events = POLLIN };
	MHD_UNSIGNED_LONG_LONG timeout;
	int sleep_ms;

	while (!*stop) {
		sleep_ms = resume_due(server, false);
		if (MHD_get_timeout(server->daemon, &timeout) == MHD_YES &&
		    timeout < (MHD_UNSIGNED_LONG_LONG)sleep_ms)
			sleep_ms = (int)timeout;
		if (poll(&wait, 1, sleep_ms) == -1 && errno != EINTR)
			break;
		MHD_run(server->daemon);
	}
}

void
server_stop(struct server *server)
{
	if (server == NULL)
		return;
	resume_due(server, true);
	MHD_stop_daemon(server->daemon);
	free(server);
}
