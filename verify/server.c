/* SPDX-License-Identifier: MIT */
#include "verify/server.h"

#include <microhttpd.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "clock.h"
#include "log.h"
#include "verify/guests.h"

#define HEADERS_MAX ((size_t)16 << 10) /* also a connection's input buffer */
#define PROBE_MAX 4096                 /* an ssl_check is ~50 bytes */
#define BODIES_MAX ((size_t)64 << 20)  /* of all requests under way */
#define SPARE 16 /* connections that are kept free for who comes next */
#define TURN_MS 1000 /* so often deadlines are looked at */
#define TOO_LARGE 413 /* its name in the library changes with versions */
#define TLS "NORMAL:-VERS-TLS1.0:-VERS-TLS1.1"

struct exchange {
	struct arrival arrival; /* first: what the caller sees */
	struct MHD_Connection *connection;
	struct guest *guest;
	struct buffer body;
	enum request_media media;
	bool probe;     /* unsigned: good as a probe alone */
	bool oversized; /* the body, or all bodies */
	bool crowded;   /* all bodies, and was cut off for it */
	bool queued;    /* among the arrivals; status is its answer then */
	unsigned int status; /* 0: not decided */
};

struct server {
	const struct server_setup *setup;
	struct MHD_Daemon *daemon;
	struct guests guests;
	struct arrival *first, **last;
	size_t held;     /* bytes of bodies */
	size_t requests; /* under way */
	bool failing;    /* the last ones couldn't be kept */
	bool resumed;    /* answers are to be sent */
};

/* ---- answers ----------------------------------------------------------- */

static enum MHD_Result
say(struct MHD_Connection *connection, unsigned int status, const char *text,
    size_t length)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(length,
	    (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result rc;

	if (response == NULL)
		return MHD_NO;
	/* What Slack asked us to say back is shown by no browser. */
	MHD_add_response_header(response, "Content-Type", "text/plain");
	MHD_add_response_header(response, "X-Content-Type-Options",
	    "nosniff");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, "Allow", "POST");
	rc = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return rc;
}

static enum MHD_Result
answer(struct MHD_Connection *connection, unsigned int status)
{
	return say(connection, status, "", 0);
}

static void
peer(struct MHD_Connection *connection, char out[64])
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *address = info != NULL ? info->client_addr :
	    NULL;

	if (address == NULL || getnameinfo(address,
	    address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) :
	    sizeof(struct sockaddr_in), out, 64, NULL, 0, NI_NUMERICHOST) != 0)
		strcpy(out, "a local client");
}

/* Who isn't Slack learns nothing; the operator learns why. */
static enum MHD_Result
refuse(struct MHD_Connection *connection, enum signature_result result)
{
	char from[64];

	peer(connection, from);
	log_warning("not authentic, from %s: %s", from, signature_why(result));
	return answer(connection, MHD_HTTP_UNAUTHORIZED);
}

/* ---- requests ---------------------------------------------------------- */

/* A header; one with a NUL in it is as good as none. */
static const char *
header(struct MHD_Connection *connection, const char *name)
{
	const char *value = NULL;
	size_t length = 0;

	if (MHD_lookup_connection_value_n(connection, MHD_HEADER_KIND, name,
	    strlen(name), &value, &length) == MHD_NO || value == NULL)
		return NULL;
	return strlen(value) == length ? value : "";
}

static struct signature_request
signed_request(struct exchange *exchange)
{
	return (struct signature_request){
		.timestamp = header(exchange->connection,
		    "X-Slack-Request-Timestamp"),
		.signature = header(exchange->connection,
		    "X-Slack-Signature"),
		.body = buffer_text(&exchange->body),
		.length = exchange->body.length,
	};
}

static struct exchange *
exchange_new(struct server *server, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct exchange *exchange = calloc(1, sizeof(*exchange));

	if (exchange == NULL)
		return NULL;
	request_init(&exchange->arrival.request);
	exchange->connection = connection;
	exchange->guest = info != NULL ? info->socket_context : NULL;
	buffer_init(&exchange->body, SIGNATURE_BODY_MAX);
	server->requests++;
	return exchange;
}

static enum MHD_Result
health(struct server *server, struct MHD_Connection *connection)
{
	static const char good[] = "ok\n", bad[] = "events can't be kept\n";

	return server->failing ? say(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
	    bad, strlen(bad)) : say(connection, MHD_HTTP_OK, good,
	    strlen(good));
}

/* The headers are there: whatever they rule out is answered before a body is
 * read. */
static enum MHD_Result
begin(struct server *server, struct exchange *exchange, const char *path,
    const char *method)
{
	struct MHD_Connection *connection = exchange->connection;
	struct signature_request request = signed_request(exchange);
	const char *length = header(connection, "Content-Length");
	unsigned long long size = length != NULL ?
	    strtoull(length, NULL, 10) : 0;
	enum signature_result result;

	if (strcmp(path, "/health") == 0 && (strcmp(method, "GET") == 0 ||
	    strcmp(method, "HEAD") == 0))
		return health(server, connection);
	if (strcmp(method, "POST") != 0)
		return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED);
	exchange->media = request_media(header(connection, "Content-Type"));
	if (exchange->media == MEDIA_UNKNOWN)
		return answer(connection, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE);
	if (size > SIGNATURE_BODY_MAX)
		return answer(connection, TOO_LARGE);
	result = signature_headers(&request, server->setup->window,
	    clock_wall_ms());
	if (result == SIGNATURE_AUTHENTIC)
		return MHD_YES;
	exchange->probe = request.timestamp == NULL &&
	    request.signature == NULL && exchange->media == MEDIA_FORM;
	if (!exchange->probe || size > PROBE_MAX)
		return refuse(connection, result);
	exchange->body.ceiling = PROBE_MAX;
	return MHD_YES;
}

static void
forget_body(struct server *server, struct exchange *exchange)
{
	exchange->oversized = true;
	server->held -= exchange->body.length;
	buffer_free(&exchange->body);
}

/* Cut off who has been at it longest, of those that have sent some of a body. */
static int
cut_longest(struct server *server)
{
	struct guest *guest = guests_cut_sender(&server->guests);

	if (guest == NULL)
		return -1;
	((struct exchange *)guest->sending)->crowded = true;
	forget_body(server, guest->sending);
	guest->sending = NULL;
	return 0;
}

/* What is over a ceiling is read to its end, and forgotten. */
static void
take(struct server *server, struct exchange *exchange, const char *data,
    size_t count)
{
	while (!exchange->oversized && server->held + count > BODIES_MAX)
		if (cut_longest(server) == -1) {
			exchange->crowded = true;
			forget_body(server, exchange);
		}
	if (exchange->oversized)
		return;
	if (buffer_append(&exchange->body, data, count) == -1) {
		forget_body(server, exchange);
		return;
	}
	server->held += count;
	if (exchange->guest != NULL)
		exchange->guest->sending = exchange;
}

static enum MHD_Result
judge(struct server *server, struct exchange *exchange)
{
	struct MHD_Connection *connection = exchange->connection;
	struct request *request = &exchange->arrival.request;
	struct signature_request given = signed_request(exchange);
	const char *body = given.body;
	enum signature_result result;
	struct error error;

	if (exchange->crowded)
		return answer(connection, MHD_HTTP_SERVICE_UNAVAILABLE);
	if (exchange->oversized && !exchange->probe)
		return answer(connection, TOO_LARGE);
	if (exchange->probe && request_is_probe(body, given.length))
		return answer(connection, MHD_HTTP_OK);
	result = signature_check(&given, server->setup->secrets->list,
	    server->setup->secrets->count, server->setup->window,
	    clock_wall_ms());
	if (result != SIGNATURE_AUTHENTIC)
		return refuse(connection, result);
	if (request_read(request, exchange->media, body, given.length,
	    given.timestamp, &error) == -1) {
		log_failure(&error);
		return answer(connection, MHD_HTTP_SERVICE_UNAVAILABLE);
	}
	if (request->kind == NULL)
		return say(connection, MHD_HTTP_OK,
		    buffer_text(&request->answer), request->answer.length);
	exchange->queued = true;
	if (exchange->guest != NULL)
		exchange->guest->served = true;
	*server->last = &exchange->arrival;
	server->last = &exchange->arrival.next;
	MHD_suspend_connection(connection);
	return MHD_YES;
}

static enum MHD_Result
on_request(void *context, struct MHD_Connection *connection, const char *path,
    const char *method, const char *version, const char *data, size_t *count,
    void **state)
{
	struct server *server = context;
	struct exchange *exchange = *state;

	(void)version;
	if (exchange == NULL) {
		if ((exchange = exchange_new(server, connection)) == NULL)
			return MHD_NO;
		*state = exchange;
		return begin(server, exchange, path, method);
	}
	if (*count > 0) {
		take(server, exchange, data, *count);
		*count = 0;
		return MHD_YES;
	}
	if (exchange->status != 0)
		return answer(connection, exchange->status);
	return exchange->queued ? MHD_YES : judge(server, exchange);
}

static void
on_completed(void *context, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode how)
{
	struct server *server = context;
	struct exchange *exchange = *state;

	(void)connection;
	(void)how;
	if (exchange == NULL)
		return;
	if (exchange->guest != NULL)
		guests_renew(&server->guests, exchange->guest,
		    clock_monotonic_ms());
	server->held -= exchange->body.length;
	server->requests--;
	buffer_free(&exchange->body);
	request_free(&exchange->arrival.request);
	free(exchange);
	*state = NULL;
}

static void
on_connection(void *context, struct MHD_Connection *connection,
    void **guest, enum MHD_ConnectionNotificationCode what)
{
	struct server *server = context;
	const union MHD_ConnectionInfo *info;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		info = MHD_get_connection_info(connection,
		    MHD_CONNECTION_INFO_CONNECTION_FD);
		if (info != NULL)
			*guest = guests_add(&server->guests, info->connect_fd,
			    clock_monotonic_ms());
		guests_make_room(&server->guests,
		    server->setup->connections);
	} else if (*guest != NULL) {
		guests_remove(&server->guests, *guest);
		*guest = NULL;
	}
}

/* ---- for the caller ---------------------------------------------------- */

struct server *
server_open(const struct server_setup *setup, struct error *error)
{
	struct server *server = calloc(1, sizeof(*server));
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0,
		    (void *)(uintptr_t)setup->certificate },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)setup->key },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS },
		{ MHD_OPTION_END, 0, NULL }
	};
	unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;

	if (server == NULL) {
		error_set(error, EXIT_SYSTEM, "out of memory");
		return NULL;
	}
	server->setup = setup;
	server->last = &server->first;
	if (setup->certificate != NULL)
		flags |= MHD_USE_TLS;
	else
		tls[0] = tls[3];
	server->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request,
	    server, MHD_OPTION_LISTEN_SOCKET, setup->fd,
	    MHD_OPTION_CONNECTION_LIMIT, setup->connections + SPARE,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, setup->per_address,
	    MHD_OPTION_CONNECTION_TIMEOUT,
	    (unsigned int)(setup->deadline_ms / 1000),
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEADERS_MAX,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
	    MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
	if (server->daemon != NULL)
		return server;
	error_set(error, setup->certificate != NULL ? EXIT_CONFIG :
	    EXIT_SYSTEM, "cannot start the HTTP server%s",
	    setup->certificate != NULL ? ": check that --tls-certificate and "
	    "--tls-key are PEM and go together" : "");
	free(server);
	return NULL;
}

void
server_close(struct server *server)
{
	if (server == NULL)
		return;
	/* None may be suspended when it stops. */
	server_answer(server, false);
	MHD_stop_daemon(server->daemon);
	free(server);
}

int
server_fd(const struct server *server)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon,
	    MHD_DAEMON_INFO_EPOLL_FD);

	return info != NULL ? info->epoll_fd : -1;
}

int64_t
server_timeout_ms(const struct server *server)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (server->resumed)
		return 0;
	return MHD_get_timeout(server->daemon, &ms) == MHD_YES &&
	    ms < TURN_MS ? (int64_t)ms : TURN_MS;
}

int
server_run(struct server *server, struct error *error)
{
	server->resumed = false;
	guests_cut(&server->guests, clock_monotonic_ms() -
	    server->setup->deadline_ms);
	return MHD_run(server->daemon) == MHD_YES ? 0 : error_set(error,
	    EXIT_SYSTEM, "the HTTP server failed");
}

struct arrival *
server_arrivals(struct server *server)
{
	return server->first;
}

void
server_answer(struct server *server, bool kept)
{
	struct arrival *arrival, *next;
	struct exchange *exchange;

	for (arrival = server->first; arrival != NULL; arrival = next) {
		next = arrival->next;
		exchange = (struct exchange *)arrival;
		exchange->status = kept ? MHD_HTTP_OK :
		    MHD_HTTP_SERVICE_UNAVAILABLE;
		MHD_resume_connection(exchange->connection);
		server->resumed = true;
	}
	server->failing = !kept;
	server->first = NULL;
	server->last = &server->first;
}

void
server_quiesce(struct server *server)
{
	MHD_quiesce_daemon(server->daemon);
}

bool
server_is_busy(const struct server *server)
{
	return server->requests > 0 || server->resumed;
}
