/* SPDX-License-Identifier: MIT */
#include "sandbox/channel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"

int
channels_add(struct channels *channels, const char *name)
{
	struct channel *list, *channel;

	list = realloc(channels->list, (channels->count + 1) * sizeof(*list));
	if (list == NULL)
		return -1;
	channels->list = list;
	channel = &list[channels->count];
	*channel = (struct channel){ .smallest_gap_ms = -1 };
	if ((channel->name = strdup(name + (name[0] == '#'))) == NULL)
		return -1;
	snprintf(channel->id, sizeof(channel->id), "C%09zu",
	    ++channels->count % 1000000000);
	return 0;
}

static void
content_free(struct content *content)
{
	free(content->text);
	free(content->blocks);
	free(content->attachments);
	free(content->metadata);
	*content = (struct content){ 0 };
}

void
channels_free(struct channels *channels)
{
	struct channel *channel;
	size_t i, j;

	for (i = 0; i < channels->count; i++) {
		channel = &channels->list[i];
		for (j = 0; j < channel->count; j++)
			content_free(&channel->messages[j].content);
		free(channel->messages);
		free(channel->name);
	}
	free(channels->list);
}

struct channel *
channels_find(struct channels *channels, const char *name)
{
	struct channel *channel;
	size_t i;

	for (i = 0; i < channels->count; i++) {
		channel = &channels->list[i];
		if (!channel->deleted && (strcmp(channel->id, name) == 0 ||
		    strcmp(channel->name, name + (name[0] == '#')) == 0))
			return channel;
	}
	return NULL;
}

static int
copy(char **out, const char *text)
{
	*out = text != NULL ? strdup(text) : NULL;
	return text != NULL && *out == NULL ? -1 : 0;
}

int
message_replace(struct message *message, const struct content *content)
{
	struct content fresh = { 0 };

	if (copy(&fresh.text, content->text) == -1 ||
	    copy(&fresh.blocks, content->blocks) == -1 ||
	    copy(&fresh.attachments, content->attachments) == -1 ||
	    copy(&fresh.metadata, content->metadata) == -1) {
		content_free(&fresh);
		return -1;
	}
	content_free(&message->content);
	message->content = fresh;
	return 0;
}

struct message *
channel_post(struct channel *channel, const char *thread_ts,
    const struct content *content)
{
	struct message *messages, *message, *parent;
	size_t capacity;

	if (channel->count == channel->capacity) {
		capacity = channel->capacity > 0 ? channel->capacity * 2 : 16;
		messages = realloc(channel->messages,
		    capacity * sizeof(*messages));
		if (messages == NULL)
			return NULL;
		channel->messages = messages;
		channel->capacity = capacity;
	}
	message = &channel->messages[channel->count];
	*message = (struct message){ .posted_ms = clock_wall_ms(),
		.kept_ms = clock_monotonic_ms() };
	if (message_replace(message, content) == -1)
		return NULL;
	channel->last_us = message->posted_ms * 1000 > channel->last_us ?
	    message->posted_ms * 1000 : channel->last_us + 1;
	snprintf(message->ts, sizeof(message->ts), "%lld.%06lld",
	    (long long)(channel->last_us / 1000000),
	    (long long)(channel->last_us % 1000000));
	if (thread_ts != NULL) {
		snprintf(message->thread_ts, sizeof(message->thread_ts), "%s",
		    thread_ts);
		if ((parent = channel_parent(channel, thread_ts)) != NULL)
			parent->replies++;
	}
	channel->count++;
	return message;
}

struct message *
channel_message(const struct channel *channel, const char *ts)
{
	size_t i;

	for (i = 0; i < channel->count; i++)
		if (strcmp(channel->messages[i].ts, ts) == 0)
			return &channel->messages[i];
	return NULL;
}

struct message *
channel_parent(const struct channel *channel, const char *ts)
{
	struct message *message = channel_message(channel, ts);

	return message != NULL && message->thread_ts[0] == '\0' ? message :
	    NULL;
}

void
channel_remove(struct channel *channel, struct message *message)
{
	struct message *parent = message->thread_ts[0] != '\0' ?
	    channel_parent(channel, message->thread_ts) : NULL;
	size_t behind = channel->count - 1 -
	    (size_t)(message - channel->messages);

	if (parent != NULL)
		parent->replies--;
	content_free(&message->content);
	memmove(message, message + 1, behind * sizeof(*message));
	channel->count--;
}

/* Without include_all_metadata only the event_type comes back. */
static void
metadata_write(struct buffer *out, const char *metadata, bool all)
{
	struct json json = { 0 };
	struct error ignored;
	char *type = NULL;

	buffer_json_name(out, "metadata");
	if (all) {
		buffer_puts(out, metadata);
		return;
	}
	if (json_parse(&json, metadata, strlen(metadata), &ignored) == 0)
		type = json_dup(&json, json_path(&json, "event_type"));
	buffer_puts(out, "{");
	buffer_json_member(out, "event_type", type);
	buffer_puts(out, "}");
	free(type);
	json_free(&json);
}

void
message_write(struct buffer *out, const struct message *message,
    bool all_metadata)
{
	const struct content *content = &message->content;
	const char *owner = message->foreign ? "OTHER" : "SANDBOX";

	buffer_printf(out, "{\"type\":\"message\",\"user\":\"U0%s\","
	    "\"bot_id\":\"B0%s\",\"app_id\":\"A0%s\"", owner, owner, owner);
	buffer_json_member(out, "ts", message->ts);
	if (message->thread_ts[0] != '\0')
		buffer_json_member(out, "thread_ts", message->thread_ts);
	else if (message->replies > 0) {
		buffer_json_member(out, "thread_ts", message->ts);
		buffer_printf(out, ",\"reply_count\":%zu", message->replies);
	}
	buffer_json_name(out, "text");
	buffer_puts(out, content->text);
	if (content->blocks != NULL) {
		buffer_json_name(out, "blocks");
		buffer_puts(out, content->blocks);
	}
	if (content->attachments != NULL) {
		buffer_json_name(out, "attachments");
		buffer_puts(out, content->attachments);
	}
	if (message->edited_ts[0] != '\0')
		buffer_printf(out, ",\"edited\":{\"user\":\"U0%s\","
		    "\"ts\":\"%s\"}", owner, message->edited_ts);
	if (content->metadata != NULL)
		metadata_write(out, content->metadata, all_metadata);
	buffer_puts(out, "}");
}
