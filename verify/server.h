/*
 * server: HTTP for Slack, by libmicrohttpd, in one thread.
 *
 * It answers by itself whatever isn't an authentic request: 401, 405, 413, 415,
 * Slack's probes and the health of the listener.  The authentic ones that are
 * to be kept it hands to its caller, all that have come meanwhile at once, and
 * they are answered when the caller says what became of them.
 *
 * Whoever has no complete request within the deadline is cut off, however he
 * drips; and the one that has been at it longest is cut off when connections, or
 * the room for bodies, run out, so that nobody can keep Slack out by holding
 * them.
 */
#ifndef LEDGERPIPE_VERIFY_SERVER_H
#define LEDGERPIPE_VERIFY_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "verify/request.h"
#include "verify/secrets.h"

struct server;

struct server_setup {
	int fd; /* listens; the server closes it */
	const struct secrets *secrets;
	int64_t window;          /* seconds */
	const char *certificate; /* PEM, or NULL: no TLS */
	const char *key;
	unsigned int connections, per_address;
	int64_t deadline_ms;
};

/* An authentic request that is to be kept. */
struct arrival {
	struct request request;
	struct arrival *next;
};

/* *setup and what it points to live on.  Error: EXIT_SYSTEM, EXIT_CONFIG. */
struct server *server_open(const struct server_setup *setup,
    struct error *error);
void server_close(struct server *server); /* NULL is fine */
/* Readable when there is something to do. */
int server_fd(const struct server *server);
/* Within so many ms server_run wants to be called. */
int64_t server_timeout_ms(const struct server *server);
/* Do what can be done without waiting. */
int server_run(struct server *server, struct error *error);
/* Those that came, the first one first; NULL: none. */
struct arrival *server_arrivals(struct server *server);
/* Answer all of them: they were kept (200), or couldn't be (503).  It is what
 * /health says, too. */
void server_answer(struct server *server, bool kept);
/* Take no more connections. */
void server_quiesce(struct server *server);
/* Is a request under way? */
bool server_is_busy(const struct server *server);

#endif
