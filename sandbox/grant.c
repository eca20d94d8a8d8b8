/* SPDX-License-Identifier: MIT */
/* The token endpoint: who asks, and what for. */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "sandbox/base64.h"
#include "sandbox/form.h"
#include "sandbox/token_state.h"

#define URN "urn:ietf:params:oauth:"
#define IDENTITY "https://identity.oraclecloud.com/"
#define FIELD_MAX 1024
#define WHY_MAX 160

struct grant {
	struct tokens *tokens;
	const struct request *request;
	struct response *response;
};

static void
refuse(const struct grant *grant, int status, const char *code,
    const char *description)
{
	struct response *response = grant->response;

	response_text(response, status, "application/json", "{");
	response_header(response, "Cache-Control", "no-store");
	buffer_json_member(&response->body, "error", code);
	buffer_json_member(&response->body, "error_description", description);
	buffer_json_member(&response->body, "ecid", "SANDBOX^0,0:1");
	buffer_puts(&response->body, "}");
	if (status == 401)
		response_header(response, "WWW-Authenticate",
		    "Basic realm=\"idcs\"");
}

/* The next refresh token of a family. */
static const char *
refresh_give(struct tokens *tokens, uint64_t family)
{
	struct refresh_token *refresh =
	    &tokens->refresh[tokens->refresh_given % TOKENS_MAX];

	token_text(tokens, "sandbox-refresh-", ++tokens->refresh_given,
	    refresh->text);
	refresh->family = family;
	refresh->serial = tokens->refresh_given;
	refresh->dead = false;
	return refresh->text;
}

/* family: of the refresh token beside it; 0: none. */
static void
give(const struct grant *grant, uint64_t family)
{
	struct tokens *tokens = grant->tokens;
	struct response *response = grant->response;
	struct access_token *access =
	    &tokens->access[tokens->given % TOKENS_MAX];

	/* The shape of a JWT, signed by nobody. */
	token_text(tokens, "eyJhbGciOiJSUzI1NiJ9.c2FuZGJveA.",
	    ++tokens->given, access->text);
	access->end_ms = clock_monotonic_ms() +
	    tokens->options.lifetime_s * 1000;
	response_text(response, 200, "application/json", "");
	response_header(response, "Cache-Control", "no-store");
	buffer_printf(&response->body, "{\"access_token\":\"%s\","
	    "\"token_type\":\"Bearer\",\"expires_in\":%lld", access->text,
	    (long long)tokens->options.lifetime_s);
	if (family != 0)
		buffer_json_member(&response->body, "refresh_token",
		    refresh_give(tokens, family));
	buffer_puts(&response->body, "}");
}

/* Is a field an assertion about subject, for this endpoint?  Else why not. */
static bool
asserts(const struct grant *grant, const char *field, const char *subject,
    char why[WHY_MAX])
{
	const char *host = request_header(grant->request, "Host");
	const char *client = grant->tokens->options.client_id, *wrong;
	char text[JWT_TEXT], url[FIELD_MAX];
	struct jwt jwt;

	snprintf(url, sizeof(url), "http://%.500s/oauth2/v1/token",
	    host == NULL ? "" : host);
	form_value(grant->request->body, field, text, sizeof(text));
	wrong = jwt_read(&jwt, grant->tokens->key, text);
	if (wrong == NULL)
		wrong = jwt_times(&jwt);
	if (wrong == NULL && !jwt_claims(&jwt, "iss", client))
		wrong = "its iss isn't the client";
	if (wrong == NULL && !jwt_claims(&jwt, "sub", subject))
		wrong = "its sub isn't known";
	if (wrong == NULL && !jwt_claims(&jwt, "aud", url) &&
	    !jwt_claims(&jwt, "aud", IDENTITY))
		wrong = "its aud isn't this endpoint";
	jwt_free(&jwt);
	snprintf(why, WHY_MAX, "The %s isn't valid: %s.", field,
	    wrong == NULL ? "" : wrong);
	return wrong == NULL;
}

/* Has the client shown who it is?  A public one may ask for some grants. */
static bool
client_known(const struct grant *grant, bool public_grant, char why[WHY_MAX])
{
	const struct token_options *options = &grant->tokens->options;
	const char *authorization = request_header(grant->request,
	    "Authorization");
	const char *body = grant->request->body;
	char field[FIELD_MAX];

	snprintf(why, WHY_MAX, "Client authentication failed.");
	if (authorization != NULL)
		return strcmp(authorization, grant->tokens->basic) == 0;
	if (form_value(body, "client_assertion_type", field, sizeof(field)))
		return strcmp(field, URN "client-assertion-type:jwt-bearer") ==
		    0 && asserts(grant, "client_assertion",
		    options->client_id, why);
	if (!form_value(body, "client_id", field, sizeof(field)) ||
	    strcmp(field, options->client_id) != 0)
		return false;
	if (form_value(body, "client_secret", field, sizeof(field)))
		return options->body_credentials &&
		    strcmp(field, options->client_secret) == 0;
	return public_grant && options->public_client;
}

static void
assertion_grant(const struct grant *grant, bool offline)
{
	struct tokens *tokens = grant->tokens;
	char why[WHY_MAX];

	if (asserts(grant, "assertion", tokens->options.user, why))
		give(grant, offline ? ++tokens->families : 0);
	else
		refuse(grant, 400, "invalid_grant", why);
}

static bool
is_verifier(const char *verifier, const char *challenge)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int length;
	char text[64];

	return EVP_Digest(verifier, strlen(verifier), digest, &length,
	    EVP_sha256(), NULL) == 1 &&
	    base64url_encode(digest, length, text, sizeof(text)) == 0 &&
	    strcmp(text, challenge) == 0;
}

/* A code is used up by the first who comes with it, whatever else is wrong. */
static void
code_grant(const struct grant *grant)
{
	struct tokens *tokens = grant->tokens;
	const char *body = grant->request->body;
	char text[FIELD_MAX], uri[FIELD_MAX], verifier[FIELD_MAX];
	struct code *code = NULL;

	form_value(body, "code", text, sizeof(text));
	form_value(body, "redirect_uri", uri, sizeof(uri));
	form_value(body, "code_verifier", verifier, sizeof(verifier));
	for (size_t i = 0; i < CODES_MAX; i++)
		if (text[0] != '\0' && strcmp(tokens->codes[i].text, text) == 0)
			code = &tokens->codes[i];
	if (code == NULL || clock_monotonic_ms() >= code->end_ms)
		refuse(grant, 400, "invalid_grant",
		    "The code is unknown, used or expired.");
	else if (strcmp(code->redirect_uri, uri) != 0)
		refuse(grant, 400, "invalid_grant",
		    "The redirect_uri isn't that of the code.");
	else if (!is_verifier(verifier, code->challenge))
		refuse(grant, 400, "invalid_grant",
		    "The code_verifier doesn't fit.");
	else
		give(grant, code->offline ? ++tokens->families : 0);
	if (code != NULL)
		code->end_ms = 0;
}

/* End a family's refresh tokens that were given before one. */
static void
family_end(struct tokens *tokens, uint64_t family, uint64_t before)
{
	for (size_t i = 0; i < TOKENS_MAX; i++)
		if (tokens->refresh[i].family == family &&
		    tokens->refresh[i].serial < before)
			tokens->refresh[i].dead = true;
}

static void
refresh_grant(const struct grant *grant)
{
	struct tokens *tokens = grant->tokens;
	struct refresh_token *refresh = NULL;
	char text[FIELD_MAX];

	form_value(grant->request->body, "refresh_token", text, sizeof(text));
	for (size_t i = 0; i < TOKENS_MAX; i++)
		if (text[0] != '\0' &&
		    strcmp(tokens->refresh[i].text, text) == 0)
			refresh = &tokens->refresh[i];
	if (refresh == NULL || refresh->dead) {
		if (refresh != NULL)
			family_end(tokens, refresh->family, UINT64_MAX);
		refuse(grant, 400, "invalid_grant",
		    "The refresh token is invalid or expired.");
		return;
	}
	family_end(tokens, refresh->family, refresh->serial);
	refresh->dead = !tokens->options.late_rotation;
	give(grant, refresh->family);
}

/* The scope is the code's or the refresh token's, if there is one. */
static void
grant_give(const struct grant *grant, const char *type)
{
	bool later = strcmp(type, "authorization_code") == 0 ||
	    strcmp(type, "refresh_token") == 0, offline = false;
	char scope[SCOPE_MAX], why[WHY_MAX];
	bool has_scope = form_value(grant->request->body, "scope", scope,
	    sizeof(scope));

	if (!client_known(grant, later, why))
		refuse(grant, 401, "invalid_client", why);
	else if ((has_scope || !later) &&
	    !tokens_scope(grant->tokens, scope, &offline))
		refuse(grant, 400, "invalid_scope", "Invalid scope.");
	else if (strcmp(type, "client_credentials") == 0)
		give(grant, 0);
	else if (strcmp(type, URN "grant-type:jwt-bearer") == 0)
		assertion_grant(grant, offline);
	else if (strcmp(type, "authorization_code") == 0)
		code_grant(grant);
	else if (strcmp(type, "refresh_token") == 0)
		refresh_grant(grant);
	else
		refuse(grant, 400, "unsupported_grant_type",
		    "This grant type isn't supported.");
}

void
grant_handle(struct tokens *tokens, const struct request *request,
    struct response *response)
{
	const struct grant grant = { tokens, request, response };
	const char *content = request_header(request, "Content-Type");
	char type[FIELD_MAX];

	if (strcmp(request->method, "POST") != 0) {
		refuse(&grant, 405, "invalid_request", "Use POST.");
		response_header(response, "Allow", "POST");
	} else if (content == NULL || strncasecmp(content,
	    "application/x-www-form-urlencoded", 33) != 0)
		refuse(&grant, 400, "invalid_request",
		    "The body must be a form.");
	else if (!form_value(request->body, "grant_type", type, sizeof(type)))
		refuse(&grant, 400, "invalid_request",
		    "The grant_type parameter is missing.");
	else
		grant_give(&grant, type);
}
