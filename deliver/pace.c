/* SPDX-License-Identifier: MIT */
#include "deliver/pace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
pace_init(struct pace *pace, int64_t interval_ms, int64_t gap_ms)
{
	*pace = (struct pace){ .interval_ms = interval_ms, .gap_ms = gap_ms,
		.margin_ms = interval_ms > 0 ? PACE_MARGIN_MS : 0,
		.next_ms = INT64_MIN, .pause_ms = INT64_MIN };
}

void
pace_free(struct pace *pace)
{
	while (pace->count > 0) {
		pace->count--;
		free(pace->channels[pace->count]->name);
		free(pace->channels[pace->count]);
	}
	free(pace->channels);
	*pace = (struct pace){ 0 };
}

static int64_t
later(int64_t one, int64_t other)
{
	return one > other ? one : other;
}

static void
due_together(struct pace *pace, struct channel *channel)
{
	struct channel *other;
	size_t i;

	for (i = 0; i < pace->count && *channel->slack != '\0'; i++) {
		other = pace->channels[i];
		if (other != channel && strcmp(other->slack,
		    channel->slack) == 0)
			other->due_ms = channel->due_ms = later(other->due_ms,
			    channel->due_ms);
	}
}

void
pace_identify(struct pace *pace, struct channel *channel, const char *slack)
{
	snprintf(channel->slack, sizeof(channel->slack), "%s", slack);
	due_together(pace, channel);
}

/* Where name stands or belongs. */
static size_t
position(const struct pace *pace, const char *name)
{
	size_t low = 0, high = pace->count, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (strcmp(pace->channels[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct channel *
pace_channel(struct pace *pace, const char *name)
{
	size_t at = position(pace, name), capacity;
	struct channel *channel, **channels;

	if (at < pace->count && strcmp(pace->channels[at]->name, name) == 0)
		return pace->channels[at];
	if (pace->count == pace->capacity) {
		capacity = pace->capacity > 0 ? pace->capacity * 2 : 16;
		channels = realloc(pace->channels,
		    capacity * sizeof(*channels));
		if (channels == NULL)
			return NULL;
		pace->channels = channels;
		pace->capacity = capacity;
	}
	if ((channel = calloc(1, sizeof(*channel))) == NULL ||
	    (channel->name = strdup(name)) == NULL) {
		free(channel);
		return NULL;
	}
	channel->due_ms = INT64_MIN;
	if (slack_is_id(name))
		pace_identify(pace, channel, name);
	memmove(pace->channels + at + 1, pace->channels + at,
	    (pace->count - at) * sizeof(*pace->channels));
	pace->channels[at] = channel;
	pace->count++;
	return channel;
}

struct channel *
pace_next(struct pace *pace, int64_t now_ms, int64_t *due_ms)
{
	struct channel *channel, *best = NULL;
	size_t i;

	*due_ms = PACE_NEVER;
	for (i = 0; i < pace->count; i++) {
		channel = pace->channels[i];
		if (channel->waiting && !channel->busy && (best == NULL ||
		    channel->due_ms < best->due_ms))
			best = channel;
	}
	if (best == NULL)
		return NULL;
	*due_ms = later(later(best->due_ms, pace->next_ms), pace->pause_ms);
	return *due_ms <= now_ms ? best : NULL;
}

void
pace_claimed(struct pace *pace, struct channel *channel, int64_t now_ms)
{
	channel->busy = true;
	pace_left(pace, channel, now_ms);
}

void
pace_left(struct pace *pace, struct channel *channel, int64_t left_ms)
{
	channel->due_ms = later(channel->due_ms,
	    left_ms + pace->interval_ms + pace->margin_ms);
	due_together(pace, channel);
	if (pace->gap_ms > 0)
		pace->next_ms = later(pace->next_ms, left_ms + pace->gap_ms);
}

void
pace_pause(struct pace *pace, int64_t until_ms)
{
	pace->pause_ms = later(pace->pause_ms, until_ms);
}

void
pace_limited(struct pace *pace, int64_t now_ms, int64_t retry_after_ms)
{
	pace_pause(pace, now_ms + retry_after_ms);
	if (pace->margin_ms < PACE_MARGIN_MAX_MS)
		pace->margin_ms += PACE_MARGIN_MS;
}
