/* SPDX-License-Identifier: MIT */
#include "sandbox/workspace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "sandbox/arguments.h"
#include "sandbox/channel.h"
#include "sandbox/page.h"
#include "transform/blockkit.h"
#include "utf8.h"

#define INTERVAL_MS 1000
#define TEXT_SPLIT_OVER 4040
#define TEXT_PIECE 4000
#define TEXT_CUT_OVER 40000
#define CHARACTERS_MAX 13200 /* seen with real Slack; not documented */
#define PAGE_DEFAULT 100
#define PAGE_MAX 999

struct workspace {
	char *token;
	struct channels channels;
	size_t refused;     /* 429s so far */
	size_t lose, limit; /* how many posts to lose, to answer 429 */
	int64_t retry_after;
	unsigned long long requests;
};

/* One call of a method. */
struct call {
	struct workspace *workspace;
	struct response *response;
	struct arguments arguments;
	struct channel *channel;
};

struct workspace *
workspace_new(const char *bot_token)
{
	struct workspace *workspace = calloc(1, sizeof(*workspace));

	if (workspace != NULL &&
	    (workspace->token = strdup(bot_token)) == NULL) {
		free(workspace);
		return NULL;
	}
	return workspace;
}

void
workspace_free(struct workspace *workspace)
{
	channels_free(&workspace->channels);
	free(workspace->token);
	free(workspace);
}

int
workspace_add_channel(struct workspace *workspace, const char *name)
{
	return channels_add(&workspace->channels, name);
}

static void
fail(struct call *call, const char *error)
{
	struct buffer *body = &call->response->body;

	buffer_clear(body);
	buffer_puts(body, "{\"ok\":false");
	buffer_json_member(body, "error", error);
	buffer_puts(body, "}");
}

static void
too_fast(struct call *call, int64_t retry_after)
{
	char seconds[32];

	call->workspace->refused++;
	fail(call, "ratelimited");
	call->response->status = 429;
	snprintf(seconds, sizeof(seconds), "%lld", (long long)retry_after);
	response_header(call->response, "Retry-After", seconds);
}

/* Find the channel that the call names; false: answered. */
static bool
find_channel(struct call *call)
{
	char *name = argument(&call->arguments, "channel");

	call->channel = name != NULL ?
	    channels_find(&call->workspace->channels, name) : NULL;
	free(name);
	if (call->channel == NULL)
		fail(call, "channel_not_found");
	return call->channel != NULL;
}

struct violations {
	struct buffer list; /* JSON strings, joined with commas */
	struct buffer prefixed;
};

static void
on_violation(void *context, const char *pointer, const char *message)
{
	struct violations *violations = context;
	char text[600];
	size_t skip;

	skip = violations->list.length > 0;
	if (skip) {
		buffer_puts(&violations->list, ",");
		buffer_puts(&violations->prefixed, ",");
	}
	skip = (size_t)snprintf(text, sizeof(text), "[ERROR] ");
	snprintf(text + skip, sizeof(text) - skip, "%s [json-pointer:%.256s]",
	    message, pointer);
	buffer_json_string(&violations->list, text + skip,
	    strlen(text + skip));
	buffer_json_string(&violations->prefixed, text, strlen(text));
}

/* True: the blocks are fine; else answered. */
static bool
check_blocks(struct call *call)
{
	const struct json *json = &call->arguments.json;
	struct buffer *body = &call->response->body;
	struct violations violations;
	size_t characters = 0, count;
	json_node blocks = json_member(json, 0, "blocks");

	if (blocks != JSON_NONE && json_type(json, blocks) != JSON_ARRAY &&
	    json_type(json, blocks) != JSON_NULL) {
		fail(call, "invalid_blocks_format");
		return false;
	}
	buffer_init(&violations.list, 1 << 20);
	buffer_init(&violations.prefixed, 1 << 20);
	count = blocks == JSON_NONE || json_type(json, blocks) == JSON_NULL ?
	    0 : blockkit_check(json, 0, &characters, on_violation,
	    &violations);
	if (count > 0) {
		buffer_clear(body);
		buffer_printf(body, "{\"ok\":false,\"error\":\"invalid_blocks\","
		    "\"errors\":[%s],\"response_metadata\":{\"messages\":[%s]}}",
		    buffer_text(&violations.list),
		    buffer_text(&violations.prefixed));
	} else if (characters > CHARACTERS_MAX)
		fail(call, "msg_blocks_too_long");
	buffer_free(&violations.list);
	buffer_free(&violations.prefixed);
	return count == 0 && characters <= CHARACTERS_MAX;
}

/* True: the metadata are fine or not there; else answered. */
static bool
check_metadata(struct call *call)
{
	const struct json *json = &call->arguments.json;
	json_node node = json_member(json, 0, "metadata");

	if (node == JSON_NONE || json_type(json, node) == JSON_NULL)
		return true;
	if (json_type(json, json_member(json, node, "event_type")) ==
	    JSON_STRING && json_type(json, json_member(json, node,
	    "event_payload")) == JSON_OBJECT)
		return true;
	fail(call, json_type(json, node) == JSON_OBJECT ?
	    "invalid_metadata_schema" : "invalid_metadata_format");
	return false;
}

/* True: the bot may post here and now; else answered. */
static bool
may_post(struct call *call)
{
	struct workspace *workspace = call->workspace;
	int64_t now = clock_monotonic_ms();

	if (workspace->limit > 0) {
		workspace->limit--;
		too_fast(call, workspace->retry_after);
	} else if (call->channel->archived)
		fail(call, "is_archived");
	else if (call->channel->forbidden)
		fail(call, "not_in_channel");
	else if (call->channel->last_post_ms != 0 &&
	    now - call->channel->last_post_ms < INTERVAL_MS)
		too_fast(call, 1);
	else
		return true;
	return false;
}

/* Bytes of the first points code points of text. */
static size_t
prefix(const char *text, size_t points)
{
	size_t at = 0, length = strlen(text), step;

	while (points-- > 0 && at < length) {
		step = utf8_step(text + at, length - at);
		at += step > 0 ? step : 1;
	}
	return at;
}

/* Keep a text without blocks as Slack does: cut, and in pieces. */
static const struct message *
keep_pieces(struct call *call, const char *thread_ts, const char *text,
    const char *metadata)
{
	size_t left = utf8_length(text, strlen(text)), length;
	const struct message *first = NULL, *message;
	bool split = left > TEXT_SPLIT_OVER;
	struct buffer piece;
	char first_ts[32];

	if (left > TEXT_CUT_OVER)
		left = TEXT_CUT_OVER;
	buffer_init(&piece, REQUEST_BODY_MAX * 6);
	do {
		length = prefix(text, split && left > TEXT_PIECE ?
		    TEXT_PIECE : left);
		left -= utf8_length(text, length);
		buffer_clear(&piece);
		buffer_json_string(&piece, text, length);
		text += length;
		message = channel_post(call->channel, thread_ts,
		    buffer_text(&piece), NULL, metadata);
		if (first == NULL && message != NULL) {
			first = message;
			memcpy(first_ts, message->ts, sizeof(first_ts));
		}
	} while (message != NULL && left > 0);
	buffer_free(&piece);
	/* Later posts may have moved the first one. */
	for (length = 0; first != NULL && length < call->channel->count;
	    length++)
		if (strcmp(call->channel->messages[length].ts, first_ts) == 0)
			return &call->channel->messages[length];
	return NULL;
}

static void
post_answer(struct call *call, const struct message *message, bool cut)
{
	struct buffer *body = &call->response->body;

	buffer_puts(body, "{\"ok\":true");
	buffer_json_member(body, "channel", call->channel->id);
	buffer_json_member(body, "ts", message->ts);
	buffer_json_name(body, "message");
	message_write(body, message, true);
	if (cut) {
		buffer_json_member(body, "warning", "message_truncated");
		buffer_puts(body, ",\"response_metadata\":{\"messages\":["
		    "\"[WARN] A message was truncated\"]}");
	}
	buffer_puts(body, "}");
}

static void
post(struct call *call, const char *thread_ts, const char *text,
    const char *blocks, const char *metadata)
{
	bool cut = utf8_length(text, strlen(text)) > TEXT_CUT_OVER;
	const struct message *message;
	struct buffer quoted;

	if (blocks == NULL)
		message = keep_pieces(call, thread_ts, text, metadata);
	else {
		buffer_init(&quoted, REQUEST_BODY_MAX * 6);
		buffer_json_string(&quoted, text, cut ?
		    prefix(text, TEXT_CUT_OVER) : strlen(text));
		message = channel_post(call->channel, thread_ts,
		    buffer_text(&quoted), blocks, metadata);
		buffer_free(&quoted);
	}
	if (message == NULL) {
		fail(call, "internal_error");
		return;
	}
	call->channel->last_post_ms = clock_monotonic_ms();
	post_answer(call, message, cut);
	if (call->workspace->lose > 0) {
		call->workspace->lose--;
		call->response->drop = true;
	}
}

static void
chat_post_message(struct call *call)
{
	char *text = NULL, *thread_ts = NULL, *blocks = NULL, *metadata = NULL;

	if (!find_channel(call) || !may_post(call))
		return;
	text = argument(&call->arguments, "text");
	thread_ts = argument(&call->arguments, "thread_ts");
	blocks = argument_json(&call->arguments, "blocks");
	metadata = argument_json(&call->arguments, "metadata");
	if ((text == NULL || *text == '\0') &&
	    (blocks == NULL || strcmp(blocks, "[]") == 0))
		fail(call, "no_text");
	else if (thread_ts != NULL && channel_parent(call->channel,
	    thread_ts) == NULL)
		fail(call, "cannot_reply_to_message");
	else if (check_blocks(call) && check_metadata(call))
		post(call, thread_ts, text != NULL ? text : "", blocks,
		    metadata);
	free(text);
	free(thread_ts);
	free(blocks);
	free(metadata);
}

static void
auth_test(struct call *call)
{
	buffer_puts(&call->response->body, "{\"ok\":true,"
	    "\"url\":\"https://sandbox.slack.com/\",\"team\":\"Sandbox\","
	    "\"user\":\"ledgerpipe\",\"team_id\":\"T0SANDBOX\","
	    "\"user_id\":\"U0SANDBOX\",\"bot_id\":\"B0SANDBOX\"}");
	response_header(call->response, "x-oauth-scopes",
	    "chat:write,chat:write.public,channels:history");
}

/* What a listing is limited to. */
struct range {
	char *oldest, *latest, *parent;
	bool inclusive, all_metadata;
	size_t limit, start;
};

static int
compare_ts(const char *one, const char *other)
{
	double a = strtod(one, NULL), b = strtod(other, NULL);
	long long whole_a = atoll(one), whole_b = atoll(other);

	if (whole_a != whole_b)
		return whole_a < whole_b ? -1 : 1;
	return a < b ? -1 : a > b;
}

static bool
in_range(const struct range *range, const struct message *message)
{
	int order;

	if (range->parent != NULL) {
		if (strcmp(message->ts, range->parent) == 0)
			return true; /* the parent is always shown */
		if (strcmp(message->thread_ts, range->parent) != 0)
			return false;
	} else if (message->thread_ts[0] != '\0')
		return false;
	if (range->oldest != NULL) {
		order = compare_ts(message->ts, range->oldest);
		if (order < 0 || (order == 0 && !range->inclusive))
			return false;
	}
	if (range->latest != NULL) {
		order = compare_ts(message->ts, range->latest);
		if (order > 0 || (order == 0 && !range->inclusive))
			return false;
	}
	return true;
}

static void
range_read(struct call *call, struct range *range)
{
	char *limit = argument(&call->arguments, "limit");
	char *cursor = argument(&call->arguments, "cursor");

	*range = (struct range){ .limit = PAGE_DEFAULT };
	range->oldest = argument(&call->arguments, "oldest");
	range->latest = argument(&call->arguments, "latest");
	range->inclusive = argument_true(&call->arguments, "inclusive");
	range->all_metadata = argument_true(&call->arguments,
	    "include_all_metadata");
	if (limit != NULL && atoi(limit) > 0)
		range->limit = (size_t)atoi(limit);
	if (range->limit > PAGE_MAX)
		range->limit = PAGE_MAX;
	if (cursor != NULL && strncmp(cursor, "at:", 3) == 0)
		range->start = (size_t)atoi(cursor + 3);
	free(limit);
	free(cursor);
}

/* History comes newest first, replies oldest first. */
static void
listing(struct call *call, const struct range *range)
{
	struct buffer *body = &call->response->body;
	const struct channel *channel = call->channel;
	const struct message *message;
	size_t i, seen = 0, shown = 0;

	buffer_puts(body, "{\"ok\":true,\"messages\":[");
	for (i = 0; i < channel->count; i++) {
		message = &channel->messages[range->parent != NULL ? i :
		    channel->count - 1 - i];
		if (!in_range(range, message) || seen++ < range->start)
			continue;
		if (shown++ >= range->limit)
			continue;
		if (shown > 1)
			buffer_puts(body, ",");
		message_write(body, message, range->all_metadata);
	}
	buffer_printf(body, "],\"has_more\":%s,\"response_metadata\":"
	    "{\"next_cursor\":\"", shown > range->limit ? "true" : "false");
	if (shown > range->limit)
		buffer_printf(body, "at:%zu", range->start + range->limit);
	buffer_puts(body, "\"}}");
}

static void
conversations(struct call *call, bool replies)
{
	struct range range;

	if (!find_channel(call))
		return;
	if (call->channel->kicked || call->channel->forbidden) {
		fail(call, "not_in_channel");
		return;
	}
	range_read(call, &range);
	if (replies)
		range.parent = argument(&call->arguments, "ts");
	if (replies && (range.parent == NULL ||
	    channel_parent(call->channel, range.parent) == NULL))
		fail(call, "thread_not_found");
	else
		listing(call, &range);
	free(range.oldest);
	free(range.latest);
	free(range.parent);
}

static void
conversations_history(struct call *call)
{
	conversations(call, false);
}

static void
conversations_replies(struct call *call)
{
	conversations(call, true);
}

static const struct method {
	const char *name;
	void (*run)(struct call *);
} methods[] = {
	{ "chat.postMessage", chat_post_message },
	{ "auth.test", auth_test },
	{ "conversations.history", conversations_history },
	{ "conversations.replies", conversations_replies },
};

/* NULL, or the word for a bad token. */
static const char *
authorise(const struct workspace *workspace, const struct request *request)
{
	const char *header = request_header(request, "Authorization");

	if (header == NULL)
		return "not_authed";
	if (strncmp(header, "Bearer ", 7) != 0 ||
	    strcmp(header + 7, workspace->token) != 0)
		return "invalid_auth";
	return NULL;
}

void
workspace_handle(struct workspace *workspace, const struct request *request,
    struct response *response)
{
	struct call call = { .workspace = workspace, .response = response };
	const char *name = request->path + strlen("/api/"), *error;
	char id[64];
	size_t i;

	snprintf(id, sizeof(id), "sandbox%012llu", ++workspace->requests);
	response_header(response, "X-Slack-Req-Id", id);
	response_header(response, "Content-Type",
	    "application/json; charset=utf-8");
	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(methods[i].name, name) == 0)
			break;
	if (i == sizeof(methods) / sizeof(methods[0]))
		fail(&call, "unknown_method");
	else if ((error = authorise(workspace, request)) != NULL ||
	    (error = arguments_read(&call.arguments, request)) != NULL)
		fail(&call, error);
	else
		methods[i].run(&call);
	arguments_free(&call.arguments);
}

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

static void
control_stats(struct workspace *workspace, struct response *response)
{
	const struct channels *channels = &workspace->channels;
	struct buffer *body = &response->body;
	char name[300];
	size_t i;

	buffer_printf(body, "{\"refused\":%zu,\"channels\":{",
	    workspace->refused);
	for (i = 0; i < channels->count; i++) {
		snprintf(name, sizeof(name), "#%.256s", channels->list[i].name);
		buffer_json_name(body, name);
		buffer_printf(body, "%zu", channels->list[i].count);
	}
	buffer_puts(body, "}}\n");
	response_header(response, "Content-Type", "application/json");
}

static bool
control_channel(struct workspace *workspace, const char *name,
    const char *action)
{
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

static size_t
query_count(const struct request *request, const char *name, size_t fallback)
{
	const char *text = request_query(request, name);

	return text != NULL ? (size_t)strtoul(text, NULL, 10) : fallback;
}

static bool
control_post(struct workspace *workspace, const struct request *request,
    const char *what)
{
	const char *value = request_query(request, "value");
	char *token;

	if (strcmp(what, "channel") == 0)
		return control_channel(workspace, request_query(request,
		    "name"), request_query(request, "action"));
	if (strcmp(what, "lose") == 0)
		workspace->lose = query_count(request, "count", 1);
	else if (strcmp(what, "ratelimit") == 0) {
		workspace->limit = query_count(request, "count", 1);
		workspace->retry_after = (int64_t)query_count(request,
		    "retry_after", 1);
	} else if (strcmp(what, "token") == 0 && value != NULL &&
	    (token = strdup(value)) != NULL) {
		free(workspace->token);
		workspace->token = token;
	} else
		return false;
	return true;
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
	else if (get && strcmp(what, "stats") == 0)
		control_stats(workspace, response);
	else if (!get && control_post(workspace, request, what))
		response_text(response, 200, "application/json",
		    "{\"ok\":true}\n");
	else
		response_text(response, 400, "application/json",
		    "{\"ok\":false}\n");
}

void
workspace_page(struct workspace *workspace, struct response *response)
{
	page_write(&response->body, &workspace->channels);
	response_header(response, "Content-Type", "text/html; charset=utf-8");
}
