/*
 * server: the loopback HTTP side of the sandbox, on libmicrohttpd.
 *
 * One thread runs the event loop and calls server_handler once per complete
 * request, so the handlers and their state need no locks.  The handler fills
 * a struct response; the server sends it, late, cut or not at all as the
 * response's behaviours say.
 */
#ifndef SANDBOX_SERVER_H
#define SANDBOX_SERVER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

#define REQUEST_BODY_MAX ((size_t)8 << 20)
#define RESPONSE_BODY_MAX ((size_t)128 << 20)
#define RESPONSE_HEADERS_MAX 16

struct request {
	const char *method;  /* "GET" */
	const char *path;    /* percent-decoded, without the query */
	const char *target;  /* as it came: raw path and query */
	const char *body;    /* never NULL; followed by a NUL */
	size_t body_length;
	const void *details; /* the server's own: headers and query */
};

/* One query parameter's value, percent-decoded and '+' a space; NULL when it
 * isn't there.  It lives as long as the request. */
const char *request_query(const struct request *request, const char *name);
/* One header's value as sent (names in any case); NULL when absent. */
const char *request_header(const struct request *request, const char *name);
/* Visit all; stop when visit answers false. */
typedef bool (*request_visit)(void *context, const char *name,
    const char *value);
void request_each_query(const struct request *request, request_visit visit,
    void *context);
void request_each_header(const struct request *request, request_visit visit,
    void *context);

struct response_pair {
	char *name, *value;
};

struct response {
	int status;          /* starts as 200 */
	struct buffer body;  /* initialised; a ceiling of RESPONSE_BODY_MAX */
	struct response_pair headers[RESPONSE_HEADERS_MAX];
	size_t header_count;
	int64_t delay_ms;    /* answer so much later; nobody else waits */
	bool drop;           /* close the connection without an answer */
	bool reset;          /* break it off (RST) instead */
	bool truncate;       /* announce the whole body, send half, close */
	int64_t stall_ms;    /* send half, wait so long, send the rest */
	bool chunked;        /* announce no length: chunked encoding */
};

/* Add a header, or replace the one of that name; value NULL removes it. */
void response_header(struct response *response, const char *name,
    const char *value);
/* Status, Content-Type and the body so far replaced by this text. */
void response_text(struct response *response, int status,
    const char *content_type, const char *text);

typedef void (*server_handler)(void *context, const struct request *request,
    struct response *response);

/* Asked when a request's head has come and its body not: true breaks the
 * connection off, and the handler never sees the request. */
typedef bool (*server_screen)(void *context, const char *path);

struct server;
/* Listen on 127.0.0.1:port (0: any free one); NULL with errno set. */
struct server *server_start(uint16_t port, server_screen screen,
    server_handler handler, void *context);
uint16_t server_port(const struct server *server);
/* Serve until *stop turns non-zero (a signal handler sets it). */
void server_run(struct server *server, const volatile sig_atomic_t *stop);
void server_stop(struct server *server);

#endif
