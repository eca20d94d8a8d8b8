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
	*channel = (struct channel){ 0 };
	if ((channel->name = strdup(name + (name[0] == '#'))) == NULL)
		return -1;
	snprintf(channel->id, sizeof(channel->id), "C%09zu",
	    ++channels->count % 1000000000);
	return 0;
}

void
channels_free(struct channels *channels)
{
	struct channel *channel;
	size_t i, j;

	for (i = 0; i < channels->count; i++) {
		channel = &channels->list[i];
		for (j = 0; j < channel->count; j++) {
			free(channel->messages[j].text);
			free(channel->messages[j].blocks);
			free(channel->messages[j].metadata);
		}
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

static char *
copy(const char *text)
{
	return text != NULL ? strdup(text) : NULL;
}

struct message *
channel_post(struct channel *channel, const char *thread_ts, const char *text,
    const char *blocks, const char *metadata)
{
	struct message *messages, *message;
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
	*message = (struct message){ .posted_ms = clock_wall_ms() };
	message->text = copy(text);
	message->blocks = copy(blocks);
	message->metadata = copy(metadata);
	if (message->text == NULL || (blocks != NULL &&
	    message->blocks == NULL) || (metadata != NULL &&
	    message->metadata == NULL)) {
		free(message->text);
		free(message->blocks);
		free(message->metadata);
		return NULL;
	}
	channel->last_us = message->posted_ms * 1000 > channel->last_us ?
	    message->posted_ms * 1000 : channel->last_us + 1;
	snprintf(message->ts, sizeof(message->ts), "%lld.%06lld",
	    (long long)(channel->last_us / 1000000),
	    (long long)(channel->last_us % 1000000));
	if (thread_ts != NULL)
		snprintf(message->thread_ts, sizeof(message->thread_ts), "%s",
		    thread_ts);
	channel->count++;
	return message;
}

const struct message *
channel_parent(const struct channel *channel, const char *ts)
{
	size_t i;

	for (i = 0; i < channel->count; i++)
		if (channel->messages[i].thread_ts[0] == '\0' &&
		    strcmp(channel->messages[i].ts, ts) == 0)
			return &channel->messages[i];
	return NULL;
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
	buffer_puts(out, "{");
	buffer_json_member(out, "type", "message");
	buffer_json_member(out, "user", "U0SANDBOX");
	buffer_json_member(out, "bot_id", "B0SANDBOX");
	buffer_json_member(out, "app_id", "A0SANDBOX");
	buffer_json_member(out, "ts", message->ts);
	if (message->thread_ts[0] != '\0')
		buffer_json_member(out, "thread_ts", message->thread_ts);
	buffer_json_name(out, "text");
	buffer_puts(out, message->text);
	if (message->blocks != NULL) {
		buffer_json_name(out, "blocks");
		buffer_puts(out, message->blocks);
	}
	if (message->metadata != NULL)
		metadata_write(out, message->metadata, all_metadata);
	buffer_puts(out, "}");
}
