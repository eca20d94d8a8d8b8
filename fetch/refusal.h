/*
 * refusal: what an answer that isn't the one that was asked for means.
 */
#ifndef LEDGERPIPE_FETCH_REFUSAL_H
#define LEDGERPIPE_FETCH_REFUSAL_H

#include <stdbool.h>
#include <stdint.h>

#include "fetch/auth.h"
#include "http.h"

/* What was called. */
struct refusal_call {
	const char *what;        /* named first */
	const struct auth *auth; /* that signed it */
	bool is_token;           /* of the token endpoint */
	int tries;
	int64_t waited_for_ms;   /* Retry-After of the last answer, or 0 */
};

/* Is it JSON with status 200, of this version of the framework?  strict: one
 * that doesn't say its version isn't. */
bool refusal_none(const struct http_answer *answer, int64_t version,
    bool strict);
/* May another try help?  code: curl's. */
bool refusal_may_pass(CURLcode code, long status);
/* Had the pod no time for it, so that asking for less may help? */
bool refusal_is_slow(CURLcode code, long status);
/* The error of an answer that is final: its cause, the server's own words
 * where it has any (v4's JSON, plain text or HTML) and they hold no credential,
 * Oracle's ECID, and what to do. */
int refusal_error(const struct http_answer *answer,
    const struct refusal_call *call, int64_t version, struct error *error);
/* The error of a request that was tried so often, for so long. */
int refusal_tried(const struct http_answer *answer,
    const struct refusal_call *call, CURLcode code, struct error *error);

#endif
