/* SPDX-License-Identifier: MIT */
#include "verify/signature.h"

#include <stdbool.h>
#include <string.h>

#include <sodium.h>

#define TIMESTAMP_DIGITS_MAX 12

static int
parse_timestamp(const char *text, int64_t *seconds)
{
	size_t i;

	if (text == NULL || text[0] == '\0')
		return -1;
	*seconds = 0;
	for (i = 0; text[i] != '\0'; i++) {
		if (i == TIMESTAMP_DIGITS_MAX || text[i] < '0' || text[i] > '9')
			return -1;
		*seconds = *seconds * 10 + (text[i] - '0');
	}
	return 0;
}

static int
nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
parse_signature(const char *text,
    unsigned char digest[crypto_auth_hmacsha256_BYTES])
{
	size_t i;
	int high, low;

	if (text == NULL || strncmp(text, "v0=", 3) != 0)
		return -1;
	text += 3;
	for (i = 0; i < crypto_auth_hmacsha256_BYTES; i++) {
		/* A digit that is missing ends the loop at the NUL. */
		if ((high = nibble(text[2 * i])) == -1 ||
		    (low = nibble(text[2 * i + 1])) == -1)
			return -1;
		digest[i] = (unsigned char)(high << 4 | low);
	}
	return text[2 * i] == '\0' ? 0 : -1;
}

static bool
matches(const struct signature_request *request, const struct secret *secret,
    const unsigned char digest[crypto_auth_hmacsha256_BYTES])
{
	crypto_auth_hmacsha256_state state;
	unsigned char own[crypto_auth_hmacsha256_BYTES];
	bool same;

	crypto_auth_hmacsha256_init(&state,
	    (const unsigned char *)secret->text, secret->length);
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)"v0:", 3);
	crypto_auth_hmacsha256_update(&state,
	    (const unsigned char *)request->timestamp,
	    strlen(request->timestamp));
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)":", 1);
	crypto_auth_hmacsha256_update(&state, request->body, request->length);
	crypto_auth_hmacsha256_final(&state, own);
	same = sodium_memcmp(own, digest, sizeof(own)) == 0;
	/* The right signature of a forged request must not stay in memory. */
	sodium_memzero(own, sizeof(own));
	sodium_memzero(&state, sizeof(state));
	return same;
}

static enum signature_result
read_headers(const struct signature_request *request, int64_t window,
    int64_t now_ms, unsigned char digest[crypto_auth_hmacsha256_BYTES])
{
	int64_t seconds, age;

	if (parse_timestamp(request->timestamp, &seconds) == -1)
		return SIGNATURE_BAD_TIMESTAMP;
	if (parse_signature(request->signature, digest) == -1)
		return SIGNATURE_BAD_SIGNATURE;
	age = now_ms - seconds * 1000;
	return age > window * 1000 || age < -window * 1000 ?
	    SIGNATURE_OUTSIDE : SIGNATURE_AUTHENTIC;
}

enum signature_result
signature_headers(const struct signature_request *request, int64_t window,
    int64_t now_ms)
{
	unsigned char digest[crypto_auth_hmacsha256_BYTES];

	return read_headers(request, window, now_ms, digest);
}

enum signature_result
signature_check(const struct signature_request *request,
    const struct secret *secrets, size_t count, int64_t window, int64_t now_ms)
{
	unsigned char digest[crypto_auth_hmacsha256_BYTES];
	enum signature_result result = read_headers(request, window, now_ms,
	    digest);
	size_t i;
	int found = 0;

	if (result != SIGNATURE_AUTHENTIC)
		return result;
	for (i = 0; i < count; i++)
		found |= secrets[i].length > 0 &&
		    matches(request, &secrets[i], digest);
	return found != 0 ? SIGNATURE_AUTHENTIC : SIGNATURE_MISMATCH;
}

const char *
signature_why(enum signature_result result)
{
	switch (result) {
	case SIGNATURE_BAD_TIMESTAMP:
		return "malformed header: X-Slack-Request-Timestamp is not 1 "
		    "to 12 digits";
	case SIGNATURE_BAD_SIGNATURE:
		return "malformed header: X-Slack-Signature is not v0= and "
		    "64 lower-case hex digits";
	case SIGNATURE_OUTSIDE:
		return "timestamp outside the window; a replay, or this "
		    "machine's clock is off";
	case SIGNATURE_MISMATCH:
		return "signature does not match; forged, or the signing "
		    "secret is another app's or out of date";
	case SIGNATURE_AUTHENTIC:
		break;
	}
	return "";
}
