/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "sandbox/base64.h"
#include "sandbox/token_state.h"

static int
basic(const char *name, const char *password, char *out, size_t size)
{
	char pair[700];
	int length = snprintf(pair, sizeof(pair), "%s:%s", name, password);

	if (length < 0 || (size_t)length >= sizeof(pair))
		return -1;
	memcpy(out, "Basic ", 6);
	return base64_encode(pair, (size_t)length, out + 6, size - 6);
}

struct tokens *
tokens_new(const struct token_options *options)
{
	struct tokens *tokens = calloc(1, sizeof(*tokens));

	if (tokens == NULL)
		return NULL;
	tokens->options = *options;
	if (options->key_file != NULL)
		tokens->key = jwt_key_read(options->key_file);
	if ((options->key_file != NULL && tokens->key == NULL) ||
	    basic(options->client_id, options->client_secret, tokens->basic,
	    sizeof(tokens->basic)) == -1 ||
	    basic(options->user, options->password, tokens->user_basic,
	    sizeof(tokens->user_basic)) == -1) {
		tokens_free(tokens);
		return NULL;
	}
	return tokens;
}

void
tokens_free(struct tokens *tokens)
{
	if (tokens == NULL)
		return;
	jwt_key_free(tokens->key);
	free(tokens);
}

void
token_text(const struct tokens *tokens, const char *prefix, uint64_t number,
    char out[TOKEN_TEXT])
{
	snprintf(out, TOKEN_TEXT, "%s%016llx%08llx", prefix,
	    (unsigned long long)(tokens->options.seed *
	    0x9e3779b97f4a7c15ULL + number), (unsigned long long)number);
}

bool
tokens_scope(const struct tokens *tokens, const char *scope, bool *offline)
{
	const char *wanted = tokens->options.scope;
	bool found = false, other = false;
	size_t length;

	*offline = false;
	for (; *scope != '\0'; scope += length) {
		scope += strspn(scope, " ");
		length = strcspn(scope, " ");
		if (length == 14 && strncmp(scope, "offline_access", 14) == 0)
			*offline = true;
		else if (wanted != NULL && length == strlen(wanted) &&
		    strncmp(scope, wanted, length) == 0)
			found = true;
		else if (length > 0)
			other = true;
	}
	return wanted == NULL || (found && !other);
}

/* A JWT of the trusted issuer, signed by the user? */
static bool
is_trusted(const struct tokens *tokens, const char *text)
{
	const struct token_options *options = &tokens->options;
	struct jwt jwt;
	bool trusted;

	if (tokens->key == NULL || *jwt_key_thumbprint(tokens->key) == '\0')
		return false;
	trusted = jwt_read(&jwt, tokens->key, text) == NULL &&
	    json_is(&jwt.header, json_member(&jwt.header, 0, "x5t"),
	    jwt_key_thumbprint(tokens->key)) &&
	    jwt_claims(&jwt, "iss", options->issuer) &&
	    jwt_claims(&jwt, "prn", options->user) && jwt_times(&jwt) == NULL;
	jwt_free(&jwt);
	return trusted;
}

bool
tokens_allow(const struct tokens *tokens, const struct request *request)
{
	const char *authorization = request_header(request, "Authorization");
	int64_t now = clock_monotonic_ms();

	if (authorization == NULL)
		return false;
	if (strcmp(authorization, tokens->basic) == 0 ||
	    strcmp(authorization, tokens->user_basic) == 0)
		return true;
	if (strncasecmp(authorization, "Bearer ", 7) != 0 ||
	    authorization[7] == '\0')
		return false;
	for (size_t i = 0; i < TOKENS_MAX; i++)
		if (strcmp(tokens->access[i].text, authorization + 7) == 0)
			return now < tokens->access[i].end_ms;
	return is_trusted(tokens, authorization + 7);
}

bool
tokens_handle(struct tokens *tokens, const struct request *request,
    struct response *response)
{
	if (strcmp(request->path, "/oauth2/v1/token") == 0)
		grant_handle(tokens, request, response);
	else if (strcmp(request->path, "/oauth2/v1/authorize") == 0)
		authorize_handle(tokens, request, response);
	else
		return false;
	return true;
}

void
tokens_revoke(struct tokens *tokens, bool refresh_too)
{
	memset(tokens->access, 0, sizeof(tokens->access));
	for (size_t i = 0; i < TOKENS_MAX && refresh_too; i++)
		tokens->refresh[i].dead = true;
}

void
tokens_deny(struct tokens *tokens, bool deny)
{
	tokens->deny = deny;
}

uint64_t
tokens_given(const struct tokens *tokens)
{
	return tokens->given;
}

uint64_t
tokens_refresh_given(const struct tokens *tokens)
{
	return tokens->refresh_given;
}
