/* SPDX-License-Identifier: MIT */
#include "sandbox/oauth.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "sandbox/form.h"

#define REGISTERED "https://app.example/slack"
#define CODE_LIFE_MS 600000
/* sandbox:sandbox-secret */
#define CLIENT "Basic c2FuZGJveDpzYW5kYm94LXNlY3JldA=="

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

/* NULL, or Slack's word for what is wrong. */
static const char *
judge(const struct oauth *oauth, const struct request *request)
{
	const char *client = request_header(request, "Authorization");
	char code[64], redirect[256];

	form_value(request->body, "code", code, sizeof(code));
	form_value(request->body, "redirect_uri", redirect, sizeof(redirect));
	if (client == NULL || strncmp(client, "Basic ", 6) != 0)
		return "invalid_client_id";
	if (strcmp(client, CLIENT) != 0)
		return "bad_client_secret";
	if (*code == '\0' || strcmp(code, oauth->code) != 0 ||
	    clock_monotonic_ms() - oauth->given_ms > CODE_LIFE_MS)
		return "invalid_code";
	if (strcmp(redirect, oauth->redirect) != 0)
		return "bad_redirect_uri";
	return NULL;
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
		oauth->code[0] = '\0';
		buffer_json_member(body, "access_token", token);
		buffer_json_member(body, "token_type", "bot");
		buffer_json_member(body, "scope", scopes);
		if (oauth->rotation)
			buffer_puts(body, ",\"expires_in\":43200,"
			    "\"refresh_token\":\"xoxe-1-sandbox\"");
		buffer_puts(body, ",\"bot_user_id\":\"U0SANDBOX\","
		    "\"app_id\":\"A0SANDBOX\",\"team\":{\"id\":\"T0SANDBOX\","
		    "\"name\":\"Sandbox\"},\"enterprise\":null");
	}
	buffer_puts(body, "}");
}

bool
oauth_control(struct oauth *oauth, const struct request *request)
{
	const char *deny = request_query(request, "deny");
	const char *rotation = request_query(request, "rotation");
	const char *age = request_query(request, "age");

	if (deny != NULL)
		oauth->deny = *deny == '1';
	if (rotation != NULL)
		oauth->rotation = *rotation == '1';
	if (age != NULL)
		oauth->given_ms -= CODE_LIFE_MS + 1;
	return deny != NULL || rotation != NULL || age != NULL;
}
