/* SPDX-License-Identifier: MIT */
#include "sandbox/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"

static void
base64(const unsigned char *in, size_t length, char *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < length; i += 3) {
		unsigned long bits = (unsigned long)in[i] << 16;

		if (i + 1 < length)
			bits |= (unsigned long)in[i + 1] << 8;
		if (i + 2 < length)
			bits |= in[i + 2];
		*out++ = digits[bits >> 18];
		*out++ = digits[bits >> 12 & 63];
		*out++ = i + 1 < length ? digits[bits >> 6 & 63] : '=';
		*out++ = i + 2 < length ? digits[bits & 63] : '=';
	}
	*out = '\0';
}

int
tokens_init(struct tokens *tokens, const char *client_id,
    const char *client_secret, int64_t lifetime_s, uint64_t seed)
{
	char pair[700];
	int length = snprintf(pair, sizeof(pair), "%s:%s", client_id,
	    client_secret);

	if (length < 0 || (size_t)length >= sizeof(pair))
		return -1;
	memset(tokens, 0, sizeof(*tokens));
	tokens->lifetime_s = lifetime_s;
	tokens->seed = seed;
	memcpy(tokens->basic, "Basic ", 6);
	base64((const unsigned char *)pair, (size_t)length,
	    tokens->basic + 6);
	return 0;
}

static int
hex(char c)
{
	const char *digits = "0123456789abcdef", *found;

	if (c >= 'A' && c <= 'F')
		c = (char)(c - 'A' + 'a');
	found = c == '\0' ? NULL : strchr(digits, c);
	return found == NULL ? -1 : (int)(found - digits);
}

/* One field of a form body, decoded; false when it isn't there or is too
 * long. */
static bool
form_value(const char *body, const char *name, char *out, size_t size)
{
	size_t length = strlen(name), used = 0;

	while (strncmp(body, name, length) != 0 || body[length] != '=') {
		body = strchr(body, '&');
		if (body == NULL)
			return false;
		body++;
	}
	for (body += length + 1; *body != '\0' && *body != '&'; body++) {
		char c = *body == '+' ? ' ' : *body;

		if (used + 1 == size)
			return false;
		if (c == '%' && hex(body[1]) != -1 && hex(body[2]) != -1) {
			c = (char)(hex(body[1]) * 16 + hex(body[2]));
			body += 2;
		}
		out[used++] = c;
	}
	out[used] = '\0';
	return true;
}

static void
refuse(struct response *response, int status, const char *code,
    const char *description)
{
	response_text(response, status, "application/json", "");
	response_header(response, "Cache-Control", "no-store");
	buffer_puts(&response->body, "{");
	buffer_json_member(&response->body, "error", code);
	buffer_json_member(&response->body, "error_description", description);
	buffer_json_member(&response->body, "ecid", "SANDBOX^0,0:1");
	buffer_puts(&response->body, "}");
}

static void
give(struct tokens *tokens, struct response *response)
{
	size_t slot = tokens->given % TOKENS_MAX;

	tokens->given++;
	/* The shape of a JWT, signed by nobody. */
	snprintf(tokens->list[slot].text, TOKEN_TEXT,
	    "eyJhbGciOiJSUzI1NiJ9.c2FuZGJveA.%016llx%08llx",
	    (unsigned long long)(tokens->seed * 0x9e3779b97f4a7c15ULL +
	    tokens->given), (unsigned long long)tokens->given);
	tokens->list[slot].end_ms = clock_monotonic_ms() +
	    tokens->lifetime_s * 1000;
	response_text(response, 200, "application/json", "");
	response_header(response, "Cache-Control", "no-store");
	buffer_printf(&response->body, "{\"access_token\":\"%s\","
	    "\"token_type\":\"Bearer\",\"expires_in\":%lld}",
	    tokens->list[slot].text, (long long)tokens->lifetime_s);
}

void
tokens_handle(struct tokens *tokens, const struct request *request,
    struct response *response)
{
	const char *authorization = request_header(request, "Authorization");
	const char *type = request_header(request, "Content-Type");
	char grant[128];

	if (strcmp(request->method, "POST") != 0) {
		refuse(response, 405, "invalid_request", "Use POST.");
		response_header(response, "Allow", "POST");
	} else if (type == NULL || strncasecmp(type,
	    "application/x-www-form-urlencoded", 33) != 0)
		refuse(response, 400, "invalid_request",
		    "The body must be a form.");
	else if (authorization == NULL ||
	    strcmp(authorization, tokens->basic) != 0) {
		refuse(response, 401, "invalid_client",
		    "Client authentication failed.");
		response_header(response, "WWW-Authenticate",
		    "Basic realm=\"idcs\"");
	} else if (!form_value(request->body, "grant_type", grant,
	    sizeof(grant)))
		refuse(response, 400, "invalid_request",
		    "The grant_type parameter is missing.");
	else if (strcmp(grant, "client_credentials") == 0)
		give(tokens, response);
	else if (strcmp(grant, "refresh_token") == 0 || strcmp(grant,
	    "urn:ietf:params:oauth:grant-type:jwt-bearer") == 0)
		refuse(response, 400, "invalid_grant",
		    "The assertion or refresh token is invalid or expired.");
	else
		refuse(response, 400, "unsupported_grant_type",
		    "This grant type isn't supported.");
}

bool
tokens_allow(const struct tokens *tokens, const char *authorization)
{
	int64_t now = clock_monotonic_ms();

	if (authorization == NULL)
		return false;
	if (strcmp(authorization, tokens->basic) == 0)
		return true;
	if (strncasecmp(authorization, "Bearer ", 7) != 0 ||
	    authorization[7] == '\0')
		return false;
	for (size_t i = 0; i < TOKENS_MAX; i++)
		if (strcmp(tokens->list[i].text, authorization + 7) == 0)
			return now < tokens->list[i].end_ms;
	return false;
}

void
tokens_revoke(struct tokens *tokens)
{
	memset(tokens->list, 0, sizeof(tokens->list));
}
