/* SPDX-License-Identifier: MIT */
/* The authorization endpoint: what a browser would be sent to. */
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "sandbox/form.h"
#include "sandbox/token_state.h"

#define LOCATION_MAX 4096

static bool
is_loopback(const char *uri)
{
	static const char *const starts[] = { "http://127.0.0.1",
	    "http://localhost", "http://[::1]" };

	for (size_t i = 0; uri != NULL && i < 3; i++)
		if (strncmp(uri, starts[i], strlen(starts[i])) == 0 &&
		    strchr(":/", uri[strlen(starts[i])]) != NULL)
			return strlen(uri) < URI_MAX &&
			    strpbrk(uri, "\r\n#") == NULL;
	return false;
}

/* What is wrong with the request, as RFC 6749 4.1.2.1 names it, or NULL. */
static const char *
problem(const struct tokens *tokens, const struct request *request,
    bool *offline)
{
	const char *type = request_query(request, "response_type");
	const char *scope = request_query(request, "scope");
	const char *challenge = request_query(request, "code_challenge");
	const char *method = request_query(request, "code_challenge_method");

	if (type == NULL || strcmp(type, "code") != 0)
		return "unsupported_response_type";
	if (challenge == NULL || strlen(challenge) != 43 || method == NULL ||
	    strcmp(method, "S256") != 0)
		return "invalid_request";
	if (!tokens_scope(tokens, scope == NULL ? "" : scope, offline))
		return "invalid_scope";
	return tokens->deny ? "access_denied" : NULL;
}

static const struct code *
code_give(struct tokens *tokens, const struct request *request, bool offline)
{
	struct code *code = &tokens->codes[tokens->codes_given % CODES_MAX];

	token_text(tokens, "sandbox-code-", ++tokens->codes_given,
	    code->text);
	snprintf(code->redirect_uri, sizeof(code->redirect_uri), "%s",
	    request_query(request, "redirect_uri"));
	snprintf(code->challenge, sizeof(code->challenge), "%s",
	    request_query(request, "code_challenge"));
	code->offline = offline;
	code->end_ms = clock_monotonic_ms() + CODE_LIFETIME_MS;
	return code;
}

void
authorize_handle(struct tokens *tokens, const struct request *request,
    struct response *response)
{
	const char *client = request_query(request, "client_id");
	const char *uri = request_query(request, "redirect_uri");
	const char *state = request_query(request, "state"), *error;
	struct buffer location;
	bool offline;

	/* Without both of them nobody may be sent anywhere. */
	if (strcmp(request->method, "GET") != 0 || client == NULL ||
	    strcmp(client, tokens->options.client_id) != 0 ||
	    !is_loopback(uri)) {
		response_text(response, 400, "text/html", "<html><body>The "
		    "client_id is unknown, or the redirect_uri isn't a "
		    "loopback address.</body></html>\n");
		return;
	}
	error = problem(tokens, request, &offline);
	buffer_init(&location, LOCATION_MAX);
	buffer_printf(&location, "%s%s", uri, strchr(uri, '?') == NULL ? "?" :
	    "&");
	if (error != NULL)
		buffer_printf(&location, "error=%s", error);
	else
		buffer_printf(&location, "code=%s", code_give(tokens,
		    request, offline)->text);
	if (state != NULL) {
		buffer_puts(&location, "&state=");
		form_escape(&location, state);
	}
	response_text(response, 302, "text/html", "");
	response_header(response, "Location", buffer_text(&location));
	buffer_free(&location);
}
