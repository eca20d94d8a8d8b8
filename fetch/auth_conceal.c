/* SPDX-License-Identifier: MIT */
/* auth: a server's words may repeat what it was sent; errors must not. */
#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fetch/auth.h"
#include "fetch/auth_parts.h"

#define PART 16  /* so much of a secret is too much */
#define AFTER 8  /* so much behind Bearer may be anything */
#define BASE64 sodium_base64_VARIANT_ORIGINAL

/* Does the text hold the secret, or a part of one that is long? */
static bool
holds(const char *text, const struct secret *secret)
{
	size_t length = strlen(text), part = secret->length, i, j;

	if (part == 0)
		return false;
	if (part > PART)
		part = PART;
	for (i = 0; i + part <= length; i++)
		for (j = 0; j + part <= secret->length; j++)
			if (text[i] == secret->text[j] &&
			    memcmp(text + i, secret->text + j, part) == 0)
				return true;
	return false;
}

/* The password behind Basic, or what it makes of the client's secret. */
static bool
holds_basic(const struct auth *auth, const char *text)
{
	const struct secret *sent = &auth->sent[AUTH_SENT_CLIENT];
	const struct secret *kept[] = { &auth->credential, &auth->refused };
	struct secret plain = { 0 }, pair = { 0 }, word = { 0 };
	struct error ignored;
	char *colon;
	bool found = false;
	size_t i;

	for (i = 0; auth->grant == AUTH_BASIC && i < 2; i++) {
		if (kept[i]->text == NULL || secret_new(&plain,
		    kept[i]->length, &ignored) == -1)
			continue;
		if (sodium_base642bin((unsigned char *)plain.text,
		    plain.length, kept[i]->text, strlen(kept[i]->text), NULL,
		    &plain.length, NULL, BASE64) == 0 &&
		    (colon = memchr(plain.text, ':', plain.length)) != NULL) {
			word.text = colon + 1;
			word.length = plain.length -
			    (size_t)(word.text - plain.text);
			found = found || holds(text, &word);
		}
		secret_free(&plain);
	}
	if (auth->client != AUTH_CLIENT_BASIC || sent->text == NULL ||
	    secret_new(&pair, strlen(auth->client_id) + 1 + sent->length,
	    &ignored) == -1)
		return found;
	snprintf(pair.text, pair.length + 1, "%s:%s", auth->client_id,
	    sent->text);
	if (secret_new(&plain, sodium_base64_encoded_len(pair.length, BASE64),
	    &ignored) == 0) {
		sodium_bin2base64(plain.text, plain.length,
		    (const unsigned char *)pair.text, pair.length, BASE64);
		plain.length = strlen(plain.text);
		found = found || holds(text, &plain);
	}
	secret_free(&plain);
	secret_free(&pair);
	return found;
}

/* A header's value, whosever it is, and not a word as in "Basic
 * authentication". */
static bool
holds_scheme(const char *text, const char *scheme)
{
	size_t length = strlen(scheme), value;

	for (; *text != '\0'; text++) {
		if (strncasecmp(text, scheme, length) != 0)
			continue;
		value = strcspn(text + length, " \t\r\n\"'<,;");
		if (value > AFTER && strspn(text + length,
		    "abcdefghijklmnopqrstuvwxyz.:") < value)
			return true;
	}
	return false;
}

static bool
conceals(const struct auth *auth, const char *text)
{
	const struct secret *secrets[] = { &auth->credential, &auth->refused,
		&auth->sent[AUTH_SENT_CLIENT], &auth->sent[AUTH_SENT_GRANT] };
	size_t i;

	for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		if (secrets[i]->text != NULL && holds(text, secrets[i]))
			return true;
	return holds_scheme(text, "Bearer ") || holds_scheme(text, "Basic ") ||
	    holds_basic(auth, text);
}

static int
digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' :
	    tolower((unsigned char)c) - 'a' + 10;
}

/* As a form or a URL has it, in plain. */
static void
unescape(char *text)
{
	char *out = text;

	for (; *text != '\0'; text++)
		if (*text == '%' && isxdigit((unsigned char)text[1]) &&
		    isxdigit((unsigned char)text[2])) {
			*out++ = (char)(digit(text[1]) * 16 + digit(text[2]));
			text += 2;
		} else
			*out++ = *text == '+' ? ' ' : *text;
	*out = '\0';
}

bool
auth_conceals(const struct auth *auth, const char *text)
{
	char *plain = strdup(text);
	bool found = plain == NULL || conceals(auth, text);

	if (plain != NULL) {
		unescape(plain);
		found = found || conceals(auth, plain);
	}
	auth_wipe(plain);
	return found;
}
