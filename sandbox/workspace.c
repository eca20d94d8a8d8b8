/* SPDX-License-Identifier: MIT */
#include "sandbox/workspace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/page.h"
#include "sandbox/workspace_state.h"

#define INTERVAL_MS 1000

const char *const method_names[METHODS] = {
	[CHAT_POST_MESSAGE] = "chat.postMessage",
	[CHAT_UPDATE] = "chat.update",
	[AUTH_TEST] = "auth.test",
	[CONVERSATIONS_HISTORY] = "conversations.history",
	[CONVERSATIONS_INFO] = "conversations.info",
	[CONVERSATIONS_LIST] = "conversations.list",
	[CONVERSATIONS_REPLIES] = "conversations.replies",
};

struct workspace *
workspace_new(const char *bot_token)
{
	struct workspace *workspace = calloc(1, sizeof(*workspace));

	if (workspace == NULL)
		return NULL;
	workspace->interval_ms = INTERVAL_MS;
	oauth_init(&workspace->oauth);
	workspace->smallest_gap_ms = -1;
	workspace->token = strdup(bot_token);
	workspace->scopes = strdup("chat:write,chat:write.public,"
	    "channels:history,channels:read");
	if (workspace->token == NULL || workspace->scopes == NULL) {
		workspace_free(workspace);
		return NULL;
	}
	return workspace;
}

void
workspace_free(struct workspace *workspace)
{
	if (workspace == NULL)
		return;
	channels_free(&workspace->channels);
	free(workspace->token);
	free(workspace->scopes);
	free(workspace);
}

int
workspace_add_channel(struct workspace *workspace, const char *name)
{
	return channels_add(&workspace->channels, name);
}

void
call_fail(struct call *call, const char *error)
{
	struct buffer *body = &call->response->body;

	buffer_clear(body);
	buffer_puts(body, "{\"ok\":false");
	buffer_json_member(body, "error", error);
	buffer_puts(body, "}");
}

bool
call_channel(struct call *call)
{
	char *name = argument(&call->arguments, "channel");

	call->channel = name != NULL ?
	    channels_find(&call->workspace->channels, name) : NULL;
	free(name);
	if (call->channel == NULL)
		call_fail(call, "channel_not_found");
	return call->channel != NULL;
}

void
call_too_fast(struct call *call, long long retry_after_s)
{
	char seconds[32];

	call->workspace->refused++;
	call_fail(call, "ratelimited");
	call->response->status = 429;
	snprintf(seconds, sizeof(seconds), "%lld", retry_after_s);
	response_header(call->response, "Retry-After", seconds);
}

static void
auth_test(struct call *call)
{
	buffer_puts(&call->response->body, "{\"ok\":true,"
	    "\"url\":\"https://sandbox.slack.com/\",\"team\":\"Sandbox\","
	    "\"user\":\"ledgerpipe\",\"team_id\":\"T0SANDBOX\","
	    "\"user_id\":\"U0SANDBOX\",\"bot_id\":\"B0SANDBOX\"}");
}

/* What a method takes, or NULL. */
static const char *const method_scopes[METHODS] = {
	[CHAT_POST_MESSAGE] = "chat:write",
	[CHAT_UPDATE] = "chat:write",
	[CONVERSATIONS_HISTORY] = "channels:history",
	[CONVERSATIONS_INFO] = "channels:read",
	[CONVERSATIONS_LIST] = "channels:read",
	[CONVERSATIONS_REPLIES] = "channels:history",
};

bool
has_scope(const struct workspace *workspace, const char *scope)
{
	const char *at = workspace->scopes;
	size_t length = strlen(scope);

	while (strncmp(at, scope, length) != 0 ||
	    (at[length] != ',' && at[length] != '\0')) {
		if ((at = strchr(at, ',')) == NULL)
			return false;
		at++;
	}
	return true;
}

static void
missing_scope(struct call *call, const char *scope)
{
	struct buffer *body = &call->response->body;

	buffer_puts(body, "{\"ok\":false");
	buffer_json_member(body, "error", "missing_scope");
	buffer_json_member(body, "needed", scope);
	buffer_json_member(body, "provided", call->workspace->scopes);
	buffer_puts(body, "}");
}

static void
method_run(struct call *call, enum method method)
{
	static void (*const run[METHODS])(struct call *) = {
		[CHAT_POST_MESSAGE] = chat_post_message,
		[CHAT_UPDATE] = chat_update,
		[AUTH_TEST] = auth_test,
		[CONVERSATIONS_HISTORY] = conversations_history,
		[CONVERSATIONS_INFO] = conversations_info,
		[CONVERSATIONS_LIST] = conversations_list,
		[CONVERSATIONS_REPLIES] = conversations_replies,
	};
	struct limit *limit = &call->workspace->limits[method];
	const char *scope = method_scopes[method];

	response_header(call->response, "x-oauth-scopes",
	    call->workspace->scopes);
	if (scope != NULL && !has_scope(call->workspace, scope))
		missing_scope(call, scope);
	else if (limit->count > 0) {
		limit->count--;
		call_too_fast(call, limit->retry_after_s);
	} else
		run[method](call);
}

/* NULL, or the word for a bad token. */
static const char *
authorise(const struct workspace *workspace, const struct request *request)
{
	const char *header = request_header(request, "Authorization");
	const char *word;

	if (header == NULL)
		return "not_authed";
	if (strncmp(header, "Bearer ", 7) != 0)
		return "invalid_auth";
	if (oauth_gave(&workspace->oauth, header + 7, &word))
		return word;
	return strcmp(header + 7, workspace->token) == 0 ? NULL :
	    "invalid_auth";
}

void
workspace_handle(struct workspace *workspace, const struct request *request,
    struct response *response)
{
	struct call call = { .workspace = workspace, .response = response };
	const char *name = request->path + strlen("/api/"), *error;
	enum method method;
	char id[64];

	snprintf(id, sizeof(id), "sandbox%012llu", ++workspace->requests);
	response_header(response, "X-Slack-Req-Id", id);
	response_header(response, "Content-Type",
	    "application/json; charset=utf-8");
	if (strcmp(name, "oauth.v2.access") == 0) {
		oauth_access(&workspace->oauth, request, workspace->token,
		    workspace->scopes, response);
		return;
	}
	for (method = 0; method < METHODS; method++)
		if (strcmp(method_names[method], name) == 0)
			break;
	if (method == METHODS)
		call_fail(&call, "unknown_method");
	else if ((error = authorise(workspace, request)) != NULL ||
	    (error = arguments_read(&call.arguments, request)) != NULL)
		call_fail(&call, error);
	else
		method_run(&call, method);
	arguments_free(&call.arguments);
}

void
workspace_authorize(struct workspace *workspace,
    const struct request *request, struct response *response)
{
	oauth_authorize(&workspace->oauth, request, response);
}

void
workspace_page(struct workspace *workspace, struct response *response)
{
	page_write(&response->body, &workspace->channels);
	response_header(response, "Content-Type", "text/html; charset=utf-8");
	response_header(response, "Content-Security-Policy",
	    "default-src 'none'; style-src 'unsafe-inline'");
}
