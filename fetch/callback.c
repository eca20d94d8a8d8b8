/* SPDX-License-Identifier: MIT */
#include "fetch/callback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"

#define CODE_MAX 8192
#define WORDS_MAX 400  /* of the server, in an error */
#define LINGER_MS 2000 /* for the browser to take the page */
#define TURN_MS 1000
#define CONNECTION_S 10u

struct callback {
	struct MHD_Daemon *daemon;
	const char *state;
	struct secret code;
	struct error refusal;
	bool refused, done, served;
};

static const char thanks[] = "<!doctype html><meta charset=\"utf-8\">"
    "<title>Ledgerpipe</title><p>The login goes on in the terminal. "
    "You can close this window.\n";
static const char sorry[] = "<!doctype html><meta charset=\"utf-8\">"
    "<title>Ledgerpipe</title><p>The login was refused; the terminal says "
    "why. You can close this window.\n";
static const char stray[] = "<!doctype html><meta charset=\"utf-8\">"
    "<title>Ledgerpipe</title><p>This is not the login that the terminal "
    "waits for. You can close this window.\n";

static enum MHD_Result
answer(struct MHD_Connection *connection, unsigned int status,
    const char *page)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
	    strlen(page), (void *)(uintptr_t)page, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result rc;

	if (response == NULL)
		return MHD_NO;
	MHD_add_response_header(response, "Content-Type",
	    "text/html; charset=utf-8");
	MHD_add_response_header(response, "Cache-Control", "no-store");
	MHD_add_response_header(response, "Connection", "close");
	rc = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return rc;
}

static const char *
argument(struct MHD_Connection *connection, const char *name)
{
	const char *value = MHD_lookup_connection_value(connection,
	    MHD_GET_ARGUMENT_KIND, name);

	return value != NULL ? value : "";
}

static bool
same(const char *one, const char *other)
{
	size_t length = strlen(one);

	return strlen(other) == length && sodium_memcmp(one, other,
	    length) == 0;
}

/* The redirect of our own login: a code, or why there is none. */
static const char *
take(struct callback *callback, struct MHD_Connection *connection)
{
	const char *code = argument(connection, "code");
	const char *word = argument(connection, "error");
	const char *why = argument(connection, "error_description");
	size_t length = strlen(code);

	callback->done = true;
	if (*word == '\0' && length > 0 && length <= CODE_MAX &&
	    secret_copy(&callback->code, code, length,
	    &callback->refusal) == 0)
		return thanks;
	callback->refused = true;
	if (*word != '\0')
		error_set(&callback->refusal, EXIT_NOAUTH, "the login was "
		    "refused: %.*s%s%.*s; %s", WORDS_MAX / 2, word,
		    *why != '\0' ? ": " : "", WORDS_MAX, why,
		    strcmp(word, "access_denied") == 0 ?
		    "log in as a user that may use this client" :
		    "check oracle.client_id, oracle.scope and the client's "
		    "grants");
	else
		error_set(&callback->refusal, EXIT_PROTOCOL, "the login "
		    "brought no code, or one over %d bytes", CODE_MAX);
	return sorry;
}

static enum MHD_Result
on_request(void *context, struct MHD_Connection *connection, const char *path,
    const char *method, const char *version, const char *upload,
    size_t *upload_size, void **request)
{
	struct callback *callback = context;

	(void)version;
	(void)upload;
	if (*request == NULL || *upload_size > 0) {
		*request = &callback->state;
		*upload_size = 0;
		return MHD_YES;
	}
	if (strcmp(path, "/callback") != 0 || strcmp(method, "GET") != 0)
		return answer(connection, MHD_HTTP_NOT_FOUND, stray);
	if (callback->done || !same(callback->state,
	    argument(connection, "state"))) {
		if (!callback->done)
			log_warning("a redirect with another state came and "
			    "was ignored: it isn't of this login");
		return answer(connection, MHD_HTTP_BAD_REQUEST, stray);
	}
	*request = callback;
	return answer(connection, MHD_HTTP_OK, take(callback, connection));
}

static void
on_completed(void *context, struct MHD_Connection *connection, void **request,
    enum MHD_RequestTerminationCode how)
{
	struct callback *callback = context;

	(void)connection;
	(void)how;
	if (*request == callback)
		callback->served = true;
}

struct callback *
callback_open(int port, const char *state, struct error *error)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct callback *callback = calloc(1, sizeof(*callback));

	if (callback == NULL) {
		error_set(error, EXIT_SYSTEM, "out of memory");
		return NULL;
	}
	callback->state = state;
	errno = 0;
	callback->daemon = MHD_start_daemon(MHD_USE_EPOLL, (uint16_t)port,
	    NULL, NULL, on_request, callback,
	    MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, callback,
	    MHD_OPTION_CONNECTION_TIMEOUT, CONNECTION_S,
	    MHD_OPTION_END);
	if (callback->daemon != NULL)
		return callback;
	error_set(error, EXIT_UNAVAILABLE, "cannot listen on 127.0.0.1 port "
	    "%d for the end of the login: %s; end what has it, or give "
	    "another port that the client's redirect URLs allow", port,
	    errno != 0 ? strerror(errno) : "libmicrohttpd failed");
	free(callback);
	return NULL;
}

void
callback_close(struct callback *callback)
{
	if (callback == NULL)
		return;
	MHD_stop_daemon(callback->daemon);
	secret_free(&callback->code);
	free(callback);
}

int
callback_port(const struct callback *callback)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(
	    callback->daemon, MHD_DAEMON_INFO_BIND_PORT);

	return info != NULL ? info->port : 0;
}

/* Serve until the flag is set; false: the time is over. */
static bool
serve(struct callback *callback, const bool *flag, int64_t ms)
{
	int64_t end = clock_monotonic_ms() + ms, left;

	while (!*flag && (left = end - clock_monotonic_ms()) > 0)
		if (MHD_run_wait(callback->daemon,
		    (int32_t)(left < TURN_MS ? left : TURN_MS)) == MHD_NO)
			break;
	return *flag;
}

int
callback_wait(struct callback *callback, int64_t timeout_ms,
    struct secret *code, struct error *error)
{
	if (!serve(callback, &callback->done, timeout_ms))
		return error_set(error, EXIT_TEMPFAIL, "nobody logged in "
		    "within %lld s: start the login again",
		    (long long)timeout_ms / 1000);
	serve(callback, &callback->served, LINGER_MS);
	if (callback->refused) {
		*error = callback->refusal;
		return -1;
	}
	*code = callback->code;
	callback->code = (struct secret){ 0 };
	return 0;
}
