/* SPDX-License-Identifier: MIT */
/* chat.postMessage and chat.update. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "sandbox/workspace_state.h"
#include "transform/blockkit.h"
#include "utf8.h"

#define TEXT_SPLIT_OVER 4040
#define TEXT_PIECE 4000
#define TEXT_CUT_OVER 40000
#define UPDATE_TEXT_MAX 4000
#define CHARACTERS_MAX 13200 /* seen with real Slack; not documented */
#define METADATA_MAX 4000    /* bytes; only the error is documented */

struct violations {
	struct buffer list; /* JSON strings, joined with commas */
	struct buffer prefixed;
	size_t count;
	bool in_blocks; /* the first of them, or it is in the attachments */
};

static void
on_violation(void *context, const struct blockkit_violation *violation)
{
	struct violations *violations = context;
	char text[600];
	size_t skip;

	if (violation->fault == BLOCKKIT_WARNING ||
	    violation->fault == BLOCKKIT_UNSAFE)
		return;
	if (violations->count++ == 0)
		violations->in_blocks = strncmp(violation->pointer, "/blocks",
		    strlen("/blocks")) == 0;
	else {
		buffer_puts(&violations->list, ",");
		buffer_puts(&violations->prefixed, ",");
	}
	skip = (size_t)snprintf(text, sizeof(text), "[ERROR] ");
	snprintf(text + skip, sizeof(text) - skip, "%s [json-pointer:%.256s]",
	    violation->message, violation->pointer);
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
	struct violations violations = { .count = 0 };
	size_t characters = 0;
	json_node blocks = json_member(json, 0, "blocks");

	if (blocks != JSON_NONE && json_type(json, blocks) != JSON_ARRAY &&
	    json_type(json, blocks) != JSON_NULL) {
		call_fail(call, "invalid_blocks_format");
		return false;
	}
	if (json_count(json, json_member(json, 0, "attachments")) >
	    BLOCKKIT_ATTACHMENTS_MAX) {
		call_fail(call, "too_many_attachments");
		return false;
	}
	buffer_init(&violations.list, 1 << 20);
	buffer_init(&violations.prefixed, 1 << 20);
	blockkit_check(json, 0, &characters, on_violation, &violations);
	if (violations.count > 0) {
		buffer_clear(body);
		buffer_printf(body, "{\"ok\":false,"
		    "\"error\":\"%s\",\"errors\":[%s],"
		    "\"response_metadata\":{\"messages\":[%s]}}",
		    violations.in_blocks ? "invalid_blocks" :
		    "invalid_attachments", buffer_text(&violations.list),
		    buffer_text(&violations.prefixed));
	} else if (characters > CHARACTERS_MAX)
		call_fail(call, "msg_blocks_too_long");
	buffer_free(&violations.list);
	buffer_free(&violations.prefixed);
	return violations.count == 0 && characters <= CHARACTERS_MAX;
}

/* NULL, or Slack's word for what is wrong with the metadata. */
static const char *
metadata_fault(const struct json *json)
{
	json_node node = json_member(json, 0, "metadata");
	size_t length;

	if (node == JSON_NONE || json_type(json, node) == JSON_NULL)
		return NULL;
	if (json_type(json, node) != JSON_OBJECT)
		return "invalid_metadata_format";
	if (json_type(json, json_member(json, node, "event_type")) !=
	    JSON_STRING || json_type(json, json_member(json, node,
	    "event_payload")) != JSON_OBJECT)
		return "invalid_metadata_schema";
	json_raw(json, node, &length);
	return length > METADATA_MAX ? "metadata_too_large" : NULL;
}

static bool
check_metadata(struct call *call)
{
	const char *fault = metadata_fault(&call->arguments.json);

	if (fault != NULL)
		call_fail(call, fault);
	return fault == NULL;
}

/* True: the bot may post here and now; else answered. */
static bool
may_post(struct call *call)
{
	const struct channel *channel = call->channel;

	if (channel->archived)
		call_fail(call, "is_archived");
	else if (channel->forbidden || (channel->kicked &&
	    !has_scope(call->workspace, "chat:write.public")))
		call_fail(call, "not_in_channel");
	else if (channel->last_post_ms != 0 && clock_monotonic_ms() -
	    channel->last_post_ms < call->workspace->interval_ms)
		call_too_fast(call, 1);
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

/* Keep one message; -1 without memory. */
static int
keep(struct call *call, const char *thread_ts, const char *text,
    size_t length, struct content *content, char ts[32])
{
	struct message *message = NULL;
	struct buffer quoted;

	buffer_init(&quoted, REQUEST_BODY_MAX * 6);
	if (buffer_json_string(&quoted, text, length) == 0) {
		content->text = quoted.data;
		message = channel_post(call->channel, thread_ts, content);
		content->text = NULL;
	}
	buffer_free(&quoted);
	if (message == NULL)
		return -1;
	message->broadcast = thread_ts != NULL &&
	    argument_true(&call->arguments, "reply_broadcast");
	memcpy(ts, message->ts, sizeof(message->ts));
	return 0;
}

/* Keep a text without blocks as Slack does: cut, and in pieces of which the
 * first has the metadata.  ts becomes that of the first. */
static int
keep_pieces(struct call *call, const char *thread_ts, const char *text,
    struct content *content, char ts[32])
{
	size_t left = utf8_length(text, strlen(text)), length;
	struct content rest = { 0 }, *piece = content;
	bool split = left > TEXT_SPLIT_OVER;
	char ignored[32] = "";

	if (left > TEXT_CUT_OVER)
		left = TEXT_CUT_OVER;
	do {
		length = prefix(text, split && left > TEXT_PIECE ?
		    TEXT_PIECE : left);
		left -= utf8_length(text, length);
		if (keep(call, thread_ts, text, length, piece, piece ==
		    content ? ts : ignored) == -1)
			return -1;
		text += length;
		piece = &rest;
	} while (left > 0);
	return 0;
}

static void
post_answer(struct call *call, const char *ts, bool cut)
{
	struct buffer *body = &call->response->body;

	buffer_puts(body, "{\"ok\":true");
	buffer_json_member(body, "channel", call->channel->id);
	buffer_json_member(body, "ts", ts);
	buffer_json_name(body, "message");
	message_write(body, channel_message(call->channel, ts), true);
	if (cut) {
		buffer_json_member(body, "warning", "message_truncated");
		buffer_puts(body, ",\"response_metadata\":{\"messages\":["
		    "\"[WARN] A message was truncated\"]}");
	}
	buffer_puts(body, "}");
}

/* A post was accepted now: how long after the one before? */
static void
gap(int64_t *last_ms, int64_t *smallest_ms, int64_t now)
{
	if (*last_ms != 0 && (*smallest_ms == -1 ||
	    now - *last_ms < *smallest_ms))
		*smallest_ms = now - *last_ms;
	*last_ms = now;
}

static void
post(struct call *call, const char *thread_ts, const char *text,
    struct content *content)
{
	struct workspace *workspace = call->workspace;
	bool cut = utf8_length(text, strlen(text)) > TEXT_CUT_OVER;
	int64_t now = clock_monotonic_ms();
	char ts[32];

	if ((content->blocks == NULL && content->attachments == NULL ?
	    keep_pieces(call, thread_ts, text, content, ts) :
	    keep(call, thread_ts, text, cut ? prefix(text, TEXT_CUT_OVER) :
	    strlen(text), content, ts)) == -1) {
		call_fail(call, "internal_error");
		return;
	}
	gap(&call->channel->last_post_ms, &call->channel->smallest_gap_ms,
	    now);
	gap(&workspace->last_post_ms, &workspace->smallest_gap_ms, now);
	post_answer(call, ts, cut);
	if (workspace->lose > 0) {
		workspace->lose--;
		call->response->reset = true;
	}
}

static bool
is_empty(const char *array)
{
	return array == NULL || strcmp(array, "[]") == 0;
}

void
chat_post_message(struct call *call)
{
	const struct arguments *arguments = &call->arguments;
	struct content content = { 0 };
	char *text = NULL, *thread_ts = NULL;

	if (!call_channel(call) || !may_post(call))
		return;
	text = argument(arguments, "text");
	thread_ts = argument(arguments, "thread_ts");
	content.blocks = argument_json(arguments, "blocks");
	content.attachments = argument_json(arguments, "attachments");
	content.metadata = argument_json(arguments, "metadata");
	if ((text == NULL || *text == '\0') && is_empty(content.blocks) &&
	    is_empty(content.attachments))
		call_fail(call, "no_text");
	else if (thread_ts != NULL && channel_parent(call->channel,
	    thread_ts) == NULL)
		call_fail(call, "cannot_reply_to_message");
	else if (check_blocks(call) && check_metadata(call))
		post(call, thread_ts, text != NULL ? text : "", &content);
	free(text);
	free(thread_ts);
	free(content.blocks);
	free(content.attachments);
	free(content.metadata);
}

/* What an update leaves: the argument unless it is empty, without one the
 * old.  In fresh memory. */
static char *
updated(const struct call *call, const char *name, const char *old)
{
	const struct json *json = &call->arguments.json;
	json_node node = json_member(json, 0, name);

	if (node == JSON_NONE || json_type(json, node) == JSON_NULL)
		return old != NULL ? strdup(old) : NULL;
	if (json_type(json, node) != JSON_STRING &&
	    json_first(json, node) == JSON_NONE)
		return NULL;
	return argument_json(&call->arguments, name);
}

static void
update_answer(struct call *call, struct message *message)
{
	const struct json *json = &call->arguments.json;
	struct buffer *body = &call->response->body;
	int64_t now = clock_wall_ms();

	call->channel->updates++;
	/* Slack marks no message as edited whose blocks were sent. */
	if (json_first(json, json_member(json, 0, "blocks")) == JSON_NONE)
		snprintf(message->edited_ts, sizeof(message->edited_ts),
		    "%lld.%03lld000", (long long)(now / 1000),
		    (long long)(now % 1000));
	buffer_puts(body, "{\"ok\":true");
	buffer_json_member(body, "channel", call->channel->id);
	buffer_json_member(body, "ts", message->ts);
	buffer_json_name(body, "text");
	buffer_puts(body, message->content.text);
	buffer_json_name(body, "message");
	message_write(body, message, true);
	buffer_puts(body, "}");
}

static void
update(struct call *call, struct message *message)
{
	const struct content *old = &message->content;
	char *text = argument(&call->arguments, "text");
	struct content fresh = {
		.text = updated(call, "text", old->text),
		/* A new text without blocks takes the old ones away. */
		.blocks = updated(call, "blocks", text != NULL ? NULL :
		    old->blocks),
		.attachments = updated(call, "attachments", old->attachments),
		.metadata = updated(call, "metadata", old->metadata),
	};

	if (text != NULL && utf8_length(text, strlen(text)) > UPDATE_TEXT_MAX)
		call_fail(call, "msg_too_long");
	else if (fresh.text == NULL || (strcmp(fresh.text, "\"\"") == 0 &&
	    fresh.blocks == NULL && fresh.attachments == NULL))
		call_fail(call, "no_text");
	else if (check_blocks(call) && (fresh.metadata == NULL ||
	    check_metadata(call))) {
		if (message_replace(message, &fresh) == -1)
			call_fail(call, "internal_error");
		else
			update_answer(call, message);
	}
	free(text);
	free(fresh.text);
	free(fresh.blocks);
	free(fresh.attachments);
	free(fresh.metadata);
}

void
chat_update(struct call *call)
{
	struct message *message;
	char *ts;

	if (!call_channel(call))
		return;
	ts = argument(&call->arguments, "ts");
	message = ts != NULL ? channel_message(call->channel, ts) : NULL;
	free(ts);
	if (message == NULL)
		call_fail(call, "message_not_found");
	else if (message->foreign || call->channel->forbidden)
		call_fail(call, "cant_update_message");
	else if (call->channel->archived)
		call_fail(call, "is_inactive");
	else
		update(call, message);
}
