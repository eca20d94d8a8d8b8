/*
 * rest: requests to the ERP's REST API, several at a time on one curl multi
 * handle, each tried again while that may help.
 *
 *   rest_submit    the request is READY
 *   READY    -> RUNNING  there is a credential, and a place among the
 *                        oracle.concurrency that may run
 *   RUNNING  -> WAITING  it failed in a way that time may mend: connection,
 *                        time-out, 408, 425, 429, 5xx; -> READY after a
 *                        backoff, or what Retry-After says
 *   RUNNING  -> READY    401, once: a new token is asked for, or the error
 *                        that all get is waiting for it (see auth.h)
 *   RUNNING  -> IDLE     done() was called: the answer was fed in full, or
 *                        it failed for good or for oracle.retry_budget
 *
 * The owner's functions are called from within rest_turn.  url is asked before
 * each try, so that it may go on behind what came; feed gets the body of an
 * answer that is JSON of the right version with status 200, decoded.  No
 * redirect is followed: it would carry the token away.
 */
#ifndef LEDGERPIPE_FETCH_REST_H
#define LEDGERPIPE_FETCH_REST_H

#include "config.h"
#include "fetch/auth.h"
#include "http.h"
#include "json.h"
#include "ledger.h"

#define REST_REQUESTS_MAX 128
#define REST_JSON_MAX ((size_t)64 << 20) /* of an answer to rest_get */

enum rest_state { REST_IDLE, REST_READY, REST_RUNNING, REST_WAITING };

struct rest_request {
	/* the owner's */
	const char *what; /* named in errors and in the log */
	void *context;
	int (*url)(void *context, struct buffer *path_and_query,
	    struct error *error);
	/* An answer begins; date: its header, or "". May be NULL. */
	void (*answer)(void *context, const char *date);
	/* 0: go on, 1: the rest isn't needed, -1: error. */
	int (*feed)(void *context, const char *bytes, size_t count,
	    struct error *error);
	/* It failed and will be tried again.  slow: the pod had no time for
	 * it.  true: there was progress, the budget begins anew. May be NULL. */
	bool (*broken)(void *context, bool slow);
	/* failure NULL: all is fed.  It may submit the request again. */
	void (*done)(void *context, const struct error *failure);
	bool strict; /* an answer must say its framework version */
	/* ours; zero before the first submit */
	enum rest_state state;
	CURL *curl;
	struct curl_slist *headers;
	struct http_answer head;   /* headers, and the body of a refusal */
	int64_t ready_at;          /* of a WAITING one, monotonic */
	int64_t failing_since;     /* monotonic; 0: it isn't */
	int64_t waited_for_ms;     /* Retry-After of the last answer, or 0 */
	uint64_t order;            /* among the READY ones */
	uint64_t generation;       /* of the credential it was sent with */
	int64_t version;           /* of the framework that was asked for */
	int tries, fed;            /* the latter: what feed said last */
	bool judged, accepted, renewed, is_token;
	bool unreachable;          /* no try had a connection */
	struct error feed_error;
};

struct rest {
	CURLM *multi;
	struct auth auth;
	char *url, *token_url, *ca_file;
	int64_t connect_ms, timeout_ms, stall_ms, budget_ms, concurrency;
	int64_t framework_version;
	struct rest_request *list[REST_REQUESTS_MAX]; /* those not IDLE */
	size_t count, running;
	uint64_t order;
	struct rest_request token;
	int64_t token_at;          /* another process asks: look then */
	int64_t token_since;       /* it is waited for, monotonic; 0: it isn't */
	bool token_told;           /* and that was said */
	struct error token_error;  /* of the last try to get one */
	bool verbose;              /* say what is waited for */
	bool late;                 /* we were: what timed out isn't slow */
	/* of rest_get: the last one had no connection; no credential, or one
	 * that is refused for all */
	bool unreachable, unauthorised;
	long status;               /* of its answer; 0: none */
	struct buffer text;        /* of its answer */
};

/* ledger lives on.  Close after a failure too. */
int rest_open(struct rest *rest, const struct config *config,
    struct ledger *ledger, struct error *error);
void rest_close(struct rest *rest); /* zeroed: fine */
void rest_submit(struct rest *rest, struct rest_request *request);
/* Forget a request; done isn't called. */
void rest_cancel(struct rest *rest, struct rest_request *request);
void rest_release(struct rest_request *request); /* its memory, when IDLE */
/* Let all requests go on; wait for that at most wait_ms, or until wake_fd (-1:
 * none) is readable. */
int rest_turn(struct rest *rest, int64_t wait_ms, int wake_fd,
    struct error *error);
/* Is a request for a token on its way?  Its answer may be the only one that
 * knows the next refresh token. */
bool rest_is_asking(const struct rest *rest);
/* GET url + path_and_query and wait; parse the JSON answer into *json, which
 * points into rest until the next call. */
int rest_get(struct rest *rest, const char *what, const char *path_and_query,
    struct json *json, struct error *error);

#endif
