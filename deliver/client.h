/*
 * client: calls of Slack's methods, many at a time, over kept connections.
 *
 * One thread: client_wait runs libcurl's sockets and timers on one epoll,
 * together with descriptors of the caller, and client_next hands out what has
 * ended.  A call is never repeated by itself: libcurl would send a request
 * again when a kept connection dies without an answer, and a message might then
 * be there twice.  It asks before each sending, and is forbidden the second;
 * where it never asked, nothing left.
 *
 * The token goes into a header alone.  Errors: EXIT_SYSTEM.
 */
#ifndef LEDGERPIPE_DELIVER_CLIENT_H
#define LEDGERPIPE_DELIVER_CLIENT_H

#include <signal.h>
#include <stdint.h>

#include "http.h"
#include "secret.h"

#define CLIENT_CALLS_MAX 256 /* in flight; about 18 KB each */

struct client;

struct call {
	struct http_answer answer;
	bool not_sent;      /* failed before any byte of it left */
	int64_t left_ms;    /* monotonic: when its bytes began to leave */
	int64_t took_us;    /* from then to the end of its answer */
	void *context;      /* the caller's */
	uint64_t generation; /* of the token that it left with */
	/* The rest is the client's. */
	CURL *easy;
	const char *prepared; /* for this method; NULL: not yet */
	struct buffer body;
	bool left;          /* it may have begun to leave */
	bool secret;        /* what it says and hears is wiped */
	struct headers *headers;
	struct call *next, *all_next;
};

/* A descriptor of the caller's. */
struct watch {
	int fd;      /* to be read, or -1 */
	bool ready;  /* there is something to read */
	int watched; /* the client's; -1 at first */
};

struct client_setup {
	const char *url;     /* base, without its final '/' */
	const char *ca_file; /* or NULL */
	int64_t timeout_ms;  /* of one call, all in all */
};

/* What setup points to lives on.  token: NULL: plain calls alone.  NULL and an
 * error on failure. */
struct client *client_open(const struct client_setup *setup,
    const struct secret *token, struct error *error);
void client_close(struct client *client); /* NULL is fine; drops calls */

/* Append name=value to a body of application/x-www-form-urlencoded. */
void form_field(struct buffer *form, const char *name, const char *value);
/* Start POST url/method with a body; type is its media type, the same for all
 * calls of a method, which lives on.  The call is the
 * client's until client_next gives it back. */
int client_call(struct client *client, const char *method, const char *type,
    const struct buffer *body, void *context, struct error *error);
/* The same with a form and without the token; both what it says and the answer
 * are wiped when the call is given back. */
int client_call_plain(struct client *client, const char *method,
    const struct buffer *form, void *context, struct error *error);
size_t client_in_flight(const struct client *client);

/* Another token from now on; calls in flight go on with theirs. */
int client_set_token(struct client *client, const struct secret *token,
    struct error *error);
/* Changes with each token. */
uint64_t client_generation(const struct client *client);

/* Wait until something may be done: a call ended, a descriptor is ready,
 * timeout_ms is over (-1: none), or a signal came that mask lets in. */
int client_wait(struct client *client, struct watch *watches, size_t count,
    int64_t timeout_ms, const sigset_t *mask, struct error *error);
/* A call that has ended, or NULL; give it back with client_release. */
struct call *client_next(struct client *client);
void client_release(struct client *client, struct call *call);

#endif
