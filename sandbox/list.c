/* SPDX-License-Identifier: MIT */
/* conversations.list: the channels there are, in pages; conversations.info:
 * one of them. */
#include <stdlib.h>
#include <string.h>

#include "sandbox/workspace_state.h"

#define PAGE_DEFAULT 100
#define PAGE_MAX 1000

static size_t
number(struct call *call, const char *name, const char *prefix,
    size_t fallback)
{
	char *text = argument(&call->arguments, name);
	size_t length = strlen(prefix), value = fallback;

	if (text != NULL && strncmp(text, prefix, length) == 0 &&
	    atoi(text + length) > 0)
		value = (size_t)atoi(text + length);
	free(text);
	return value;
}

static void
channel_write(struct buffer *body, const struct channel *channel)
{
	buffer_puts(body, "{");
	buffer_json_member(body, "id", channel->id);
	buffer_json_member(body, "name", channel->name);
	buffer_printf(body, ",\"is_channel\":true,\"is_private\":false,"
	    "\"is_archived\":%s,\"is_member\":%s}",
	    channel->archived ? "true" : "false",
	    channel->kicked || channel->forbidden ? "false" : "true");
}

void
conversations_list(struct call *call)
{
	const struct channels *channels = &call->workspace->channels;
	struct buffer *body = &call->response->body;
	size_t i = number(call, "cursor", "at:", 0), shown = 0;
	size_t limit = number(call, "limit", "", PAGE_DEFAULT);
	bool archived = !argument_true(&call->arguments, "exclude_archived");

	if (limit > PAGE_MAX)
		limit = PAGE_MAX;
	buffer_puts(body, "{\"ok\":true,\"channels\":[");
	for (; i < channels->count && shown < limit; i++) {
		if (channels->list[i].deleted ||
		    (channels->list[i].archived && !archived))
			continue;
		if (shown++ > 0)
			buffer_puts(body, ",");
		channel_write(body, &channels->list[i]);
	}
	buffer_puts(body, "],\"response_metadata\":{\"next_cursor\":\"");
	if (i < channels->count)
		buffer_printf(body, "at:%zu", i);
	buffer_puts(body, "\"}}");
}

/* Unlike posts it takes no name. */
void
conversations_info(struct call *call)
{
	struct buffer *body = &call->response->body;
	char *id = argument(&call->arguments, "channel");

	if (id == NULL || !call_channel(call) ||
	    strcmp(call->channel->id, id) != 0)
		call_fail(call, "channel_not_found");
	else {
		buffer_puts(body, "{\"ok\":true,\"channel\":");
		channel_write(body, call->channel);
		buffer_puts(body, "}");
	}
	free(id);
}
