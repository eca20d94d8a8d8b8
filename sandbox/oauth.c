/* SPDX-License-Identifier: MIT */
#include "sandbox/oauth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "sandbox/form.h"

#define REGISTERED "https://app.example/slack"
#define CODE_LIFE_MS 600000
#define LIFETIME_S 43200
#define TOKEN "xoxe.xoxb-1-sandbox"
/* sandbox:sandbox-secret */
#define CLIENT "Basic c2FuZGJveDpzYW5kYm94LXNlY3JldA=="

void
oauth_init(struct oauth *oauth)
{
	*oauth = (struct oauth){ .lifetime_s = LIFETIME_S };
}

void
oauth_authorize(struct oauth *oauth, const struct request *request,
    struct response *response)
{
	const char *client = request_query(request, "client_id");
	const char *redirect = request_query(request, "redirect_uri");
	const char *state = request_query(request, "state");
	struct buffer location;

	if (client == NULL || strcmp(client, "sandbox") != 0 ||
	    request_query(request, "scope") == NULL) {
		response_text(response, 400, "text/plain",
		    "invalid_client_id or no scope\n");
		return;
	}
	if (redirect != NULL && (strncmp(redirect, REGISTERED,
	    strlen(REGISTERED)) != 0 ||
	    strlen(redirect) >= sizeof(oauth->redirect))) {
		response_text(response, 400, "text/plain",
		    "bad_redirect_uri\n");
		return;
	}
	snprintf(oauth->redirect, sizeof(oauth->redirect), "%s",
	    redirect != NULL ? redirect : "");
	snprintf(oauth->code, sizeof(oauth->code), "1.2.code%llu",
	    ++oauth->codes);
	oauth->given_ms = clock_monotonic_ms();
	buffer_init(&location, 8192);
	buffer_printf(&location, "%s?%s=%s&state=",
	    redirect != NULL ? redirect : REGISTERED,
	    oauth->deny ? "error" : "code",
	    oauth->deny ? "access_denied" : oauth->code);
	form_escape(&location, state != NULL ? state : "");
	response->status = 302;
	response_header(response, "Location", buffer_text(&location));
	buffer_free(&location);
}

/* NULL, or Slack's word for what is wrong with the client. */
static const char *
judge_client(const struct request *request)
{
	const char *basic = request_header(request, "Authorization");
	char id[64], secret[64];

	if (basic != NULL && strncmp(basic, "Basic ", 6) == 0)
		return strcmp(basic, CLIENT) == 0 ? NULL : "bad_client_secret";
	form_value(request->body, "client_id", id, sizeof(id));
	form_value(request->body, "client_secret", secret, sizeof(secret));
	if (strcmp(id, "sandbox") != 0)
		return "invalid_client_id";
	return strcmp(secret, "sandbox-secret") == 0 ? NULL :
	    "bad_client_secret";
}

/* Use a code up. */
static const char *
take_code(struct oauth *oauth, const struct request *request)
{
	char code[64], redirect[256];

	form_value(request->body, "code", code, sizeof(code));
	form_value(request->body, "redirect_uri", redirect, sizeof(redirect));
	if (*code == '\0' || strcmp(code, oauth->code) != 0 ||
	    clock_monotonic_ms() - oauth->given_ms > CODE_LIFE_MS)
		return "invalid_code";
	if (strcmp(redirect, oauth->redirect) != 0)
		return "bad_redirect_uri";
	oauth->code[0] = '\0';
	return NULL;
}

static void
make_pair(struct oauth *oauth)
{
	struct oauth_token *tokens = oauth->tokens;

	oauth->pairs++;
	tokens[1] = tokens[0];
	snprintf(tokens[0].text, OAUTH_TOKEN_MAX, TOKEN "%llu", oauth->pairs);
	tokens[0].end_ms = clock_monotonic_ms() + oauth->lifetime_s * 1000;
	snprintf(oauth->refresh, OAUTH_TOKEN_MAX, "xoxe-1-sandbox%llu",
	    oauth->pairs);
}

/* Use a refresh token up, or find the pair that it gave. */
static const char *
take_refresh(struct oauth *oauth, const struct request *request)
{
	char refresh[OAUTH_TOKEN_MAX];
	int64_t now = clock_monotonic_ms();

	form_value(request->body, "refresh_token", refresh, sizeof(refresh));
	if (*refresh == '\0')
		return "invalid_refresh_token";
	if (strcmp(refresh, oauth->spent) == 0 &&
	    now - oauth->spent_ms < oauth->grace_ms) {
		oauth->tokens[0].end_ms = now + oauth->lifetime_s * 1000;
		return NULL;
	}
	if (strcmp(refresh, oauth->refresh) != 0)
		return "invalid_refresh_token";
	strcpy(oauth->spent, refresh);
	oauth->spent_ms = now;
	make_pair(oauth);
	return NULL;
}

/* NULL, or Slack's word for what is wrong. */
static const char *
judge(struct oauth *oauth, const struct request *request)
{
	const char *word = judge_client(request);
	char grant[32];

	form_value(request->body, "grant_type", grant, sizeof(grant));
	if (word != NULL)
		return word;
	if (strcmp(grant, "refresh_token") == 0)
		return take_refresh(oauth, request);
	if (*grant != '\0' && strcmp(grant, "authorization_code") != 0)
		return "invalid_grant_type";
	if ((word = take_code(oauth, request)) == NULL && oauth->rotation)
		make_pair(oauth);
	return word;
}

void
oauth_access(struct oauth *oauth, const struct request *request,
    const char *token, const char *scopes, struct response *response)
{
	const char *word = judge(oauth, request);
	struct buffer *body = &response->body;

	buffer_printf(body, "{\"ok\":%s", word == NULL ? "true" : "false");
	if (word != NULL)
		buffer_json_member(body, "error", word);
	else {
		if (oauth->rotation)
			token = oauth->tokens[0].text;
		buffer_json_member(body, "access_token", token);
		buffer_json_member(body, "token_type", "bot");
		buffer_json_member(body, "scope", scopes);
		if (oauth->rotation) {
			buffer_printf(body, ",\"expires_in\":%lld",
			    oauth->lifetime_s);
			buffer_json_member(body, "refresh_token",
			    oauth->refresh);
		}
		buffer_puts(body, ",\"bot_user_id\":\"U0SANDBOX\","
		    "\"app_id\":\"A0SANDBOX\",\"team\":{\"id\":\"T0SANDBOX\","
		    "\"name\":\"Sandbox\"},\"enterprise\":null");
	}
	buffer_puts(body, "}");
}

bool
oauth_gave(const struct oauth *oauth, const char *token, const char **word)
{
	size_t i;

	for (i = 0; i < 2; i++)
		if (strcmp(oauth->tokens[i].text, token) == 0) {
			*word = clock_monotonic_ms() < oauth->tokens[i].end_ms ?
			    NULL : "token_expired";
			return true;
		}
	*word = "token_revoked";
	return strncmp(token, TOKEN, strlen(TOKEN)) == 0 && oauth->pairs > 0;
}

static bool
flag(const struct request *request, const char *name, bool *out)
{
	const char *value = request_query(request, name);

	if (value != NULL)
		*out = *value == '1';
	return value != NULL;
}

static bool
number(const struct request *request, const char *name, long long *out)
{
	const char *value = request_query(request, name);

	if (value != NULL)
		*out = strtoll(value, NULL, 10);
	return value != NULL;
}

bool
oauth_control(struct oauth *oauth, const struct request *request)
{
	bool age = false, expire = false, revoke = false, known;

	known = flag(request, "deny", &oauth->deny);
	known |= flag(request, "rotation", &oauth->rotation);
	known |= flag(request, "age", &age);
	known |= flag(request, "expire", &expire);
	known |= flag(request, "revoke", &revoke);
	known |= number(request, "lifetime", &oauth->lifetime_s);
	known |= number(request, "grace", &oauth->grace_ms);
	if (age)
		oauth->given_ms -= CODE_LIFE_MS + 1;
	if (expire)
		oauth->tokens[0].end_ms = oauth->tokens[1].end_ms = 0;
	if (revoke)
		oauth->refresh[0] = oauth->spent[0] = '\0';
	return known;
}
