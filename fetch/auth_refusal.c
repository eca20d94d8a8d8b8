/* SPDX-License-Identifier: MIT */
/* auth: a refusal that stands, so that no secret is sent again and again. */
#include <sodium.h>
#include <string.h>

#include "clock.h"
#include "fetch/auth.h"
#include "fetch/auth_parts.h"

/* A fingerprint of all secrets that a proof may be made of. */
static void
fingerprint(const struct auth *auth, unsigned char out[AUTH_MARK_BYTES])
{
	static const char *const names[] = { "oracle.client_secret",
		"oracle.private_key", AUTH_REFRESH_NAME, "oracle.username",
		"oracle.password" };
	crypto_generichash_state state;
	struct secret secret;
	struct error ignored;
	size_t i;

	crypto_generichash_init(&state, NULL, 0, AUTH_MARK_BYTES);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t length = 0;

		if (vault_get(auth->ledger, names[i], &secret, &ignored) == 0)
			length = secret.length;
		crypto_generichash_update(&state,
		    (const unsigned char *)&length, sizeof(length));
		if (length > 0)
			crypto_generichash_update(&state,
			    (const unsigned char *)secret.text, length);
		secret_free(&secret);
	}
	crypto_generichash_final(&state, out, AUTH_MARK_BYTES);
}

void
auth_mark(struct auth *auth)
{
	fingerprint(auth, auth->mark);
}

void
auth_refuse(struct auth *auth, int64_t for_ms, const struct error *why)
{
	auth->refusal = *why;
	auth->refused_until = for_ms == AUTH_FOR_GOOD ? INT64_MAX :
	    clock_monotonic_ms() + for_ms;
}

bool
auth_is_refused(const struct auth *auth)
{
	return auth->refusal.code != EXIT_DONE;
}

bool
auth_stands(struct auth *auth)
{
	unsigned char now[AUTH_MARK_BYTES];

	if (!auth_is_refused(auth))
		return false;
	fingerprint(auth, now);
	if (clock_monotonic_ms() < auth->refused_until &&
	    memcmp(now, auth->mark, sizeof(now)) == 0)
		return true;
	auth->refusal.code = EXIT_DONE;
	return false;
}

static bool
is_own(const struct auth *auth)
{
	return auth->grant >= AUTH_SELF_SIGNED;
}

bool
auth_is_proven(const struct auth *auth)
{
	return !is_own(auth) || auth->proven;
}

void
auth_prove(struct auth *auth, uint64_t generation)
{
	if (generation != auth->generation)
		return;
	auth->proven = true;
	auth->doubted = false;
}

bool
auth_refused(struct auth *auth, uint64_t generation, bool renewed)
{
	struct error error;

	if (renewed && !is_own(auth))
		return false;
	if (generation != auth->generation || auth->credential.text == NULL)
		return !renewed || auth_is_refused(auth);
	secret_free(&auth->refused);
	auth->refused = auth->credential;
	auth->credential = (struct secret){ 0 };
	if (auth->grant == AUTH_BASIC || (is_own(auth) && auth->doubted)) {
		error_set(&error, EXIT_NOAUTH, "oracle.url: HTTP 401; %s",
		    auth_advice(auth));
		auth_refuse(auth, auth->grant == AUTH_BASIC ? AUTH_FOR_GOOD :
		    AUTH_REFUSED_MS, &error);
	}
	auth->doubted = true;
	return !renewed || auth_is_refused(auth);
}
