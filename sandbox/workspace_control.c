/* SPDX-License-Identifier: MIT */
/* The levers of the workspace; workspace.h lists them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/workspace_state.h"

static void
control_messages(struct workspace *workspace, const char *only,
    struct response *response)
{
	struct buffer *body = &response->body;
	const struct channel *channel;
	size_t i, j;

	for (i = 0; i < workspace->channels.count; i++) {
		channel = &workspace->channels.list[i];
		if (only != NULL && strcmp(channel->name,
		    only + (only[0] == '#')) != 0)
			continue;
		for (j = 0; j < channel->count; j++) {
			buffer_printf(body, "{\"channel\":\"#%s\","
			    "\"posted_at_ms\":%lld,\"message\":",
			    channel->name,
			    (long long)channel->messages[j].posted_ms);
			message_write(body, &channel->messages[j], true);
			buffer_puts(body, "}\n");
		}
	}
	response_header(response, "Content-Type", "application/x-ndjson");
}

static bool
control_channel(struct workspace *workspace, const struct request *request)
{
	const char *name = request_query(request, "name");
	const char *action = request_query(request, "action");
	struct channel *channel;

	if (name == NULL || action == NULL)
		return false;
	channel = channels_find(&workspace->channels, name);
	if (strcmp(action, "create") == 0)
		return channel == NULL &&
		    channels_add(&workspace->channels, name) == 0;
	if (channel == NULL)
		return false;
	if (strcmp(action, "archive") == 0)
		channel->archived = true;
	else if (strcmp(action, "unarchive") == 0)
		channel->archived = false;
	else if (strcmp(action, "forbid") == 0)
		channel->forbidden = true;
	else if (strcmp(action, "kick") == 0)
		channel->kicked = true;
	else if (strcmp(action, "join") == 0)
		channel->forbidden = channel->kicked = false;
	else if (strcmp(action, "delete") == 0)
		channel->deleted = true;
	else
		return false;
	return true;
}

/* A parameter's number of 0 or more; without one the fallback. */
static bool
number(const struct request *request, const char *name, long long fallback,
    long long *out)
{
	const char *text = request_query(request, name);
	char *end;

	*out = fallback;
	if (text == NULL)
		return true;
	errno = 0;
	*out = strtoll(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' && *out >= 0;
}

static bool
control_delete(struct workspace *workspace, const struct request *request)
{
	const char *name = request_query(request, "channel");
	const char *ts = request_query(request, "ts");
	struct channel *channel = name != NULL ?
	    channels_find(&workspace->channels, name) : NULL;
	struct message *message = channel != NULL && ts != NULL ?
	    channel_message(channel, ts) : NULL;

	if (message != NULL)
		channel_remove(channel, message);
	return message != NULL;
}

/* Put the parameter "value" in the place of *text. */
static bool
replace(char **text, const struct request *request)
{
	const char *value = request_query(request, "value");
	char *fresh = value != NULL ? strdup(value) : NULL;

	if (fresh == NULL)
		return false;
	free(*text);
	*text = fresh;
	return true;
}

static bool
control_token(struct workspace *workspace, const struct request *request)
{
	return replace(&workspace->token, request);
}

static bool
control_scopes(struct workspace *workspace, const struct request *request)
{
	return replace(&workspace->scopes, request);
}

static bool
control_oauth(struct workspace *workspace, const struct request *request)
{
	return oauth_control(&workspace->oauth, request);
}

static bool
control_ratelimit(struct workspace *workspace, const struct request *request)
{
	const char *name = request_query(request, "method");
	long long count, seconds;
	enum method method = CHAT_POST_MESSAGE;

	if (name != NULL)
		for (method = 0; method < METHODS; method++)
			if (strcmp(method_names[method], name) == 0)
				break;
	if (method == METHODS || !number(request, "count", 1, &count) ||
	    !number(request, "retry_after", 1, &seconds))
		return false;
	workspace->limits[method] = (struct limit){ (size_t)count, seconds };
	return true;
}

static bool
control_limits(struct workspace *workspace, const struct request *request)
{
	long long ms;

	if (!number(request, "channel_ms", -1, &ms) || ms == -1)
		return false;
	workspace->interval_ms = ms;
	return true;
}

static bool
control_lose(struct workspace *workspace, const struct request *request)
{
	long long count;

	if (!number(request, "count", 1, &count))
		return false;
	workspace->lose = (size_t)count;
	return true;
}

static bool
control_lag(struct workspace *workspace, const struct request *request)
{
	long long ms;

	if (!number(request, "ms", -1, &ms) || ms == -1)
		return false;
	workspace->lag_ms = ms;
	return true;
}

static bool
control_history(struct workspace *workspace, const struct request *request)
{
	const char *error = request_query(request, "error");
	const char *incomplete = request_query(request, "incomplete");
	struct read_fault *fault = &workspace->read_fault;
	long long count, max;

	if (!number(request, "count", 1, &count) ||
	    !number(request, "page_max", (long long)workspace->page_max, &max))
		return false;
	workspace->page_max = (size_t)max;
	*fault = (struct read_fault){ .incomplete = incomplete != NULL };
	snprintf(fault->error, sizeof(fault->error), "%s",
	    error != NULL ? error : "");
	if (error != NULL || incomplete != NULL)
		fault->count = (size_t)count;
	return true;
}

static bool
control_foreign(struct workspace *workspace, const struct request *request)
{
	const char *name = request_query(request, "channel");
	struct channel *channel = name != NULL ?
	    channels_find(&workspace->channels, name) : NULL;
	struct arguments arguments = { 0 };
	struct content content = { 0 };
	struct message *message = NULL;
	struct error ignored;
	char *thread_ts = NULL;

	if (channel != NULL && json_parse(&arguments.json, request->body,
	    request->body_length, &ignored) == 0) {
		thread_ts = argument(&arguments, "thread_ts");
		content.text = argument_json(&arguments, "text");
		content.blocks = argument_json(&arguments, "blocks");
		content.metadata = argument_json(&arguments, "metadata");
		if (content.text != NULL && content.text[0] == '"')
			message = channel_post(channel, thread_ts, &content);
	}
	if (message != NULL)
		message->foreign = true;
	free(thread_ts);
	free(content.text);
	free(content.blocks);
	free(content.metadata);
	arguments_free(&arguments);
	return message != NULL;
}

static bool
control_post(struct workspace *workspace, const struct request *request,
    const char *what)
{
	static const struct {
		const char *name;
		bool (*run)(struct workspace *, const struct request *);
	} levers[] = {
		{ "channel", control_channel },
		{ "delete", control_delete },
		{ "foreign", control_foreign },
		{ "history", control_history },
		{ "lag", control_lag },
		{ "limits", control_limits },
		{ "lose", control_lose },
		{ "oauth", control_oauth },
		{ "ratelimit", control_ratelimit },
		{ "scopes", control_scopes },
		{ "token", control_token },
	};
	size_t i;

	for (i = 0; i < sizeof(levers) / sizeof(levers[0]); i++)
		if (strcmp(levers[i].name, what) == 0)
			return levers[i].run(workspace, request);
	return false;
}

void
workspace_control(struct workspace *workspace, const struct request *request,
    struct response *response)
{
	const char *what = request->path + strlen("/_control/slack/");
	bool get = strcmp(request->method, "GET") == 0;

	if (get && strcmp(what, "messages") == 0)
		control_messages(workspace, request_query(request, "channel"),
		    response);
	else if (get && strcmp(what, "stats") == 0) {
		stats_write(&response->body, workspace);
		response_header(response, "Content-Type", "application/json");
	} else if (!get && control_post(workspace, request, what))
		response_text(response, 200, "application/json",
		    "{\"ok\":true}\n");
	else
		response_text(response, 400, "application/json",
		    "{\"ok\":false}\n");
}
