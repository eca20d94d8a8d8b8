/*
 * signature: is a request Slack's own?
 *
 * Slack signs "v0:" TIMESTAMP ":" BODY with HMAC-SHA256, the signing secret
 * taken as text, and sends the digest as "v0=" and 64 lower-case hex digits.
 * A header is read to the letter: an upper-case digit, a sign, a space or
 * anything behind the last digit makes it malformed, so that no two spellings
 * of one request are both authentic.
 */
#ifndef LEDGERPIPE_VERIFY_SIGNATURE_H
#define LEDGERPIPE_VERIFY_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

#include "secret.h"

#define SIGNATURE_WINDOW 300      /* seconds to either side: Slack's advice */
#define SIGNATURE_WINDOW_MAX 3600
#define SIGNATURE_SECRETS_MAX 8
#define SIGNATURE_BODY_MAX ((size_t)1 << 20) /* Slack's own are far smaller */

enum signature_result {
	SIGNATURE_AUTHENTIC,
	SIGNATURE_BAD_TIMESTAMP, /* the header isn't 1 to 12 digits */
	SIGNATURE_BAD_SIGNATURE, /* the header isn't v0= and 64 hex digits */
	SIGNATURE_OUTSIDE,       /* the timestamp is too old or too new */
	SIGNATURE_MISMATCH       /* no secret gives this signature */
};

struct signature_request {
	const char *timestamp; /* the headers, as they came; NULL: none came */
	const char *signature;
	const void *body;
	size_t length;
};

/* window is in seconds, now_ms the wall clock.  Every secret is tried, also
 * after one has matched.  No secret may be empty. */
enum signature_result signature_check(const struct signature_request *request,
    const struct secret *secrets, size_t count, int64_t window,
    int64_t now_ms);
/* What kind of refusal it is, for the log. */
const char *signature_why(enum signature_result result);
/* As far as the headers alone can tell: authentic, or why not. */
enum signature_result signature_headers(
    const struct signature_request *request, int64_t window, int64_t now_ms);

#endif
