/* SPDX-License-Identifier: MIT */
/* conversations.history and conversations.replies. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "sandbox/workspace_state.h"

#define PAGE_DEFAULT 100
#define PAGE_MAX 999

/* What a listing is limited to. */
struct range {
	char *oldest, *latest, *parent;
	bool inclusive, all_metadata, incomplete;
	size_t limit, start;
	int64_t newest_ms; /* what was kept later isn't there yet */
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

	if (message->kept_ms > range->newest_ms)
		return false;
	if (range->parent != NULL) {
		if (strcmp(message->ts, range->parent) == 0)
			return true; /* the parent is always shown */
		if (strcmp(message->thread_ts, range->parent) != 0)
			return false;
	} else if (message->thread_ts[0] != '\0' && !message->broadcast)
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
	const struct arguments *arguments = &call->arguments;
	char *limit = argument(arguments, "limit");
	char *cursor = argument(arguments, "cursor");
	size_t max = call->workspace->page_max;

	*range = (struct range){ .limit = PAGE_DEFAULT };
	range->oldest = argument(arguments, "oldest");
	range->latest = argument(arguments, "latest");
	range->inclusive = argument_true(arguments, "inclusive");
	range->all_metadata = argument_true(arguments, "include_all_metadata");
	range->newest_ms = clock_monotonic_ms() - call->workspace->lag_ms;
	if (limit != NULL && atoi(limit) > 0)
		range->limit = (size_t)atoi(limit);
	if (max == 0)
		max = PAGE_MAX;
	if (range->limit > max)
		range->limit = max;
	if (cursor != NULL && strncmp(cursor, "at:", 3) == 0)
		range->start = (size_t)atoi(cursor + 3);
	free(limit);
	free(cursor);
}

static size_t
range_count(const struct range *range, const struct channel *channel)
{
	size_t i, count = 0;

	for (i = 0; i < channel->count; i++)
		count += in_range(range, &channel->messages[i]);
	return count > range->start ? count - range->start : 0;
}

/* History comes newest first, replies oldest first. */
static void
listing(struct call *call, const struct range *range)
{
	struct buffer *body = &call->response->body;
	const struct channel *channel = call->channel;
	const struct message *message;
	size_t count = range_count(range, channel), seen = 0, shown = 0, i;
	size_t limit = count < range->limit ? count : range->limit;
	bool more = range->incomplete || count > limit;

	if (range->incomplete)
		limit /= 2;
	buffer_puts(body, "{\"ok\":true,\"messages\":[");
	for (i = 0; i < channel->count && shown < limit; i++) {
		message = &channel->messages[range->parent != NULL ? i :
		    channel->count - 1 - i];
		if (!in_range(range, message) || seen++ < range->start)
			continue;
		if (shown++ > 0)
			buffer_puts(body, ",");
		message_write(body, message, range->all_metadata);
	}
	buffer_printf(body, "],\"has_more\":%s,\"response_metadata\":"
	    "{\"next_cursor\":\"", more ? "true" : "false");
	if (more && !range->incomplete)
		buffer_printf(body, "at:%zu", range->start + limit);
	buffer_puts(body, "\"}}");
}

static void
conversations(struct call *call, bool replies)
{
	struct read_fault *fault = &call->workspace->read_fault;
	struct range range;

	if (!call_channel(call))
		return;
	if (call->channel->kicked || call->channel->forbidden) {
		call_fail(call, "not_in_channel");
		return;
	}
	range_read(call, &range);
	if (fault->count > 0) {
		fault->count--;
		range.incomplete = fault->incomplete;
		if (fault->error[0] != '\0') {
			call_fail(call, fault->error);
			goto out;
		}
	}
	if (replies)
		range.parent = argument(&call->arguments, "ts");
	if (replies && (range.parent == NULL ||
	    channel_parent(call->channel, range.parent) == NULL))
		call_fail(call, "thread_not_found");
	else
		listing(call, &range);
out:
	free(range.oldest);
	free(range.latest);
	free(range.parent);
}

void
conversations_history(struct call *call)
{
	conversations(call, false);
}

void
conversations_replies(struct call *call)
{
	conversations(call, true);
}
