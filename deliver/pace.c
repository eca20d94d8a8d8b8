/* SPDX-License-Identifier: MIT */
#include "deliver/pace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"

#define NOWHERE SIZE_MAX
#define CHANNEL_NAME_MAX ((size_t)1 << 20)
#define LEAD_US 2000 /* until it is learnt */
#define BEST_AFTER_MS 1000 /* of answers, until their best is believed */
#define BEST_SPAN_MS 10000
#define CEILING_MS (1000 + PACE_EXCESS_MS)
#define CALM 100 /* so many messages without a 429 take 1 ms off the margin */

void
pace_init(struct pace *pace, int64_t interval_ms, int64_t rate)
{
	int method;
	size_t i;

	*pace = (struct pace){ .rate = rate, .interval_ms = interval_ms,
		.margin_ms = interval_ms > 0 ? PACE_MARGIN_MS : 0,
		.next_ms = INT64_MIN, .away_ms = INT64_MIN,
		.lead_us = LEAD_US, .answered_ms = INT64_MIN,
		.best_us = { INT64_MAX, INT64_MAX } };
	/* The margin keeps one more out of any second at its edges. */
	if (rate > 0)
		pace->gap_ms = (1000 + PACE_MARGIN_MS + rate - 1) / rate;
	for (method = 0; method < SLACK_METHODS; method++)
		pace->pause_ms[method] = INT64_MIN;
	for (i = 0; i < PACE_RECENT_MAX; i++)
		pace->recent[i].counted_ms = INT64_MIN;
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
	free(pace->heap);
	*pace = (struct pace){ 0 };
}

static int64_t
later(int64_t one, int64_t other)
{
	return one > other ? one : other;
}

/* ---- the heap ---------------------------------------------------------- */

static bool
is_before(const struct channel *one, const struct channel *other)
{
	return one->due_ms != other->due_ms ? one->due_ms < other->due_ms :
	    one->order < other->order;
}

static void
place(struct pace *pace, struct channel *channel, size_t at)
{
	pace->heap[at] = channel;
	channel->at = at;
}

/* Move a channel from its place to where it belongs. */
static void
sift(struct pace *pace, struct channel *channel)
{
	size_t at = channel->at, parent, child;

	for (; at > 0; at = parent) {
		parent = (at - 1) / 2;
		if (!is_before(channel, pace->heap[parent]))
			break;
		place(pace, pace->heap[parent], at);
	}
	for (;; at = child) {
		child = 2 * at + 1;
		if (child >= pace->heap_count)
			break;
		if (child + 1 < pace->heap_count && is_before(
		    pace->heap[child + 1], pace->heap[child]))
			child++;
		if (!is_before(pace->heap[child], channel))
			break;
		place(pace, pace->heap[child], at);
	}
	place(pace, channel, at);
}

/* Is a message of the channel, by any of its names, on its way? */
static bool
is_busy(const struct channel *channel)
{
	const struct channel *twin = channel;

	do {
		if (twin->busy)
			return true;
		twin = twin->twin;
	} while (twin != channel);
	return false;
}

/* Something about the channel has changed. */
static void
reorder(struct pace *pace, struct channel *channel)
{
	bool wanted = channel->waiting && !is_busy(channel);
	struct channel *last;
	size_t at = channel->at;

	if (wanted) {
		if (at == NOWHERE)
			place(pace, channel, pace->heap_count++);
		sift(pace, channel);
	} else if (at != NOWHERE) {
		channel->at = NOWHERE;
		last = pace->heap[--pace->heap_count];
		if (last != channel) {
			place(pace, last, at);
			sift(pace, last);
		}
	}
}

void
pace_waiting(struct pace *pace, struct channel *channel, bool waiting)
{
	channel->waiting = waiting;
	reorder(pace, channel);
}

static void
reorder_ring(struct pace *pace, struct channel *channel)
{
	struct channel *twin = channel;

	do {
		reorder(pace, twin);
		twin = twin->twin;
	} while (twin != channel);
}

void
pace_busy(struct pace *pace, struct channel *channel, bool busy)
{
	channel->busy = busy;
	reorder_ring(pace, channel);
}

/* ---- channels ---------------------------------------------------------- */

void
pace_delay(struct pace *pace, struct channel *channel, int64_t until_ms)
{
	struct channel *twin = channel;

	do {
		twin->due_ms = later(twin->due_ms, until_ms);
		reorder(pace, twin);
		twin = twin->twin;
	} while (twin != channel);
}

static void
leave_ring(struct pace *pace, struct channel *channel)
{
	struct channel *before = channel;

	while (before->twin != channel)
		before = before->twin;
	before->twin = channel->twin;
	channel->twin = channel;
	reorder_ring(pace, before);
	reorder(pace, channel);
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

static struct channel *
find(const struct pace *pace, const char *name)
{
	size_t at = position(pace, name);

	return at < pace->count && strcmp(pace->channels[at]->name,
	    name) == 0 ? pace->channels[at] : NULL;
}

/* The same name, with # where that one has none: Slack takes both for one. */
static struct channel *
other_spelling(const struct pace *pace, const struct channel *channel)
{
	struct buffer name;
	struct channel *other;

	if (*channel->name == '#')
		return find(pace, channel->name + 1);
	buffer_init(&name, CHANNEL_NAME_MAX);
	buffer_printf(&name, "#%s", channel->name);
	other = name.failed ? NULL : find(pace, buffer_text(&name));
	buffer_free(&name);
	return other;
}

/* Put a channel that has no twin into another one's ring. */
static void
join_ring(struct pace *pace, struct channel *channel, struct channel *other)
{
	channel->twin = other->twin;
	other->twin = channel;
	pace_delay(pace, channel, other->due_ms);
	pace_delay(pace, other, channel->due_ms);
}

bool
pace_identify(struct pace *pace, struct channel *channel, const char *slack)
{
	bool another = *channel->slack != '\0';
	struct channel *other;
	size_t i;

	if (strcmp(channel->slack, slack) == 0)
		return false;
	leave_ring(pace, channel);
	channel->kept = false;
	snprintf(channel->slack, sizeof(channel->slack), "%s", slack);
	for (i = 0; i < pace->count && *slack != '\0'; i++) {
		other = pace->channels[i];
		if (other == channel || strcmp(other->slack, slack) != 0)
			continue;
		join_ring(pace, channel, other);
		break;
	}
	other = other_spelling(pace, channel);
	if (other != NULL && strcmp(other->slack, slack) != 0)
		pace_identify(pace, other, slack);
	else if (other != NULL && *slack == '\0')
		join_ring(pace, channel, other);
	return another;
}

static int
grow(struct pace *pace)
{
	size_t capacity = pace->capacity > 0 ? pace->capacity * 2 : 16;
	struct channel **larger;

	larger = realloc(pace->channels, capacity * sizeof(*larger));
	if (larger == NULL)
		return -1;
	pace->channels = larger;
	larger = realloc(pace->heap, capacity * sizeof(*larger));
	if (larger == NULL)
		return -1;
	pace->heap = larger;
	pace->capacity = capacity;
	return 0;
}

struct channel *
pace_channel(struct pace *pace, const char *name)
{
	size_t at = position(pace, name);
	struct channel *channel, *other;

	if (at < pace->count && strcmp(pace->channels[at]->name, name) == 0)
		return pace->channels[at];
	if (pace->count == pace->capacity && grow(pace) == -1)
		return NULL;
	if ((channel = calloc(1, sizeof(*channel))) == NULL ||
	    (channel->name = strdup(name)) == NULL) {
		free(channel);
		return NULL;
	}
	channel->due_ms = channel->kept_ms = INT64_MIN;
	channel->twin = channel;
	channel->at = NOWHERE;
	memmove(pace->channels + at + 1, pace->channels + at,
	    (pace->count - at) * sizeof(*pace->channels));
	pace->channels[at] = channel;
	pace->count++;
	other = other_spelling(pace, channel);
	if (slack_is_id(name))
		pace_identify(pace, channel, name);
	else if (other != NULL && *other->slack != '\0')
		pace_identify(pace, channel, other->slack);
	else if (other != NULL)
		join_ring(pace, channel, other);
	return channel;
}

/* ---- time -------------------------------------------------------------- */

/* By so much a claim comes before its due time, since it leaves so late. */
static int64_t
lead(const struct pace *pace)
{
	int64_t lead_ms = pace->lead_us / 1000;

	/* A margin that is none has nothing to spare. */
	return lead_ms * 2 < pace->margin_ms ? lead_ms : pace->margin_ms / 2;
}

/* Where the ceiling counts a message, by its order; NULL: nowhere. */
static struct recent *
recent(struct pace *pace, uint64_t order)
{
	return pace->rate == 0 || pace->rate > PACE_RECENT_MAX ? NULL :
	    &pace->recent[order % (uint64_t)pace->rate];
}

/* When there is room under the ceiling for one more. */
static int64_t
room_ms(struct pace *pace, int64_t now_ms)
{
	const struct recent *oldest = recent(pace, pace->claims + 1);
	int64_t at;

	if (oldest == NULL || oldest->counted_ms == INT64_MIN)
		return INT64_MIN;
	at = oldest->counted_ms;
	/* One without an answer may be read any moment, but not for ever. */
	if (oldest->channel != NULL && oldest->channel->busy &&
	    oldest->channel->order == oldest->order && now_ms > at)
		at = now_ms < at + PACE_EXCESS_MAX_MS ? now_ms :
		    at + PACE_EXCESS_MAX_MS;
	return at + CEILING_MS;
}

/* The channel's message was read by then. */
static void
count(struct pace *pace, const struct channel *channel, int64_t counted_ms)
{
	struct recent *slot = recent(pace, channel->order);

	if (slot != NULL && slot->channel == channel &&
	    slot->order == channel->order)
		slot->counted_ms = later(slot->counted_ms, counted_ms);
}

int64_t
pace_free_ms(const struct pace *pace)
{
	return pace->next_ms == INT64_MIN ? INT64_MIN : pace->next_ms +
	    later(CEILING_MS - pace->gap_ms, 0);
}

void
pace_resume(struct pace *pace, int64_t free_ms)
{
	size_t i;

	if (free_ms == INT64_MIN || pace->gap_ms == 0)
		return;
	pace->next_ms = free_ms - later(CEILING_MS - pace->gap_ms, 0);
	for (i = 0; i < PACE_RECENT_MAX; i++)
		pace->recent[i].counted_ms = pace->next_ms - pace->gap_ms;
}

struct channel *
pace_next(struct pace *pace, int64_t now_ms, int64_t *due_ms)
{
	struct channel *first;

	*due_ms = PACE_NEVER;
	if (pace->heap_count == 0)
		return NULL;
	first = pace->heap[0];
	*due_ms = later(first->due_ms == INT64_MIN ? INT64_MIN :
	    first->due_ms - lead(pace), later(room_ms(pace, now_ms),
	    later(pace->next_ms, pace->away_ms)));
	return *due_ms <= now_ms ? first : NULL;
}

/* The next one comes behind one that leaves, or left, then. */
static void
space(struct pace *pace, struct channel *channel, int64_t left_ms,
    int64_t margin_ms)
{
	pace_delay(pace, channel, left_ms + pace->interval_ms + margin_ms);
	if (pace->gap_ms > 0)
		pace->next_ms = later(pace->next_ms, left_ms + pace->gap_ms);
}

void
pace_claimed(struct pace *pace, struct channel *channel, int64_t now_ms)
{
	struct recent *slot;
	int64_t left_ms;

	channel->order = ++pace->claims;
	channel->aim_ms = channel->due_ms != INT64_MIN && now_ms -
	    channel->due_ms < PACE_MARGIN_MS ? channel->due_ms : 0;
	channel->flying = true;
	pace_busy(pace, channel, true);
	/* It will leave when it is due, if all goes as it did. */
	left_ms = later(now_ms, channel->due_ms);
	if ((slot = recent(pace, channel->order)) != NULL)
		*slot = (struct recent){ left_ms, channel, channel->order };
	space(pace, channel, left_ms, pace->margin_ms);
}

/* What was claimed in time left late, or early: the lead becomes what it takes
 * to leave a moment early, for what is late is never made up for. */
static void
learn_lead(struct pace *pace, const struct channel *channel, int64_t left_ms)
{
	int64_t late_us = (left_ms + 1 - channel->aim_ms) * 1000;

	if (channel->aim_ms == 0)
		return;
	pace->lead_us += late_us / 8;
	if (pace->lead_us < 0)
		pace->lead_us = 0;
	if (pace->lead_us > PACE_LEAD_MAX_MS * 1000)
		pace->lead_us = PACE_LEAD_MAX_MS * 1000;
}

/* What an answer takes at best, of those that came before.  Nothing is taken
 * for granted at first: they may all have been late together. */
static int64_t
best(const struct pace *pace, int64_t now_ms)
{
	if (pace->answered_ms == INT64_MIN ||
	    now_ms - pace->answered_ms < BEST_AFTER_MS)
		return 0;
	return pace->best_us[0] < pace->best_us[1] ? pace->best_us[0] :
	    pace->best_us[1];
}

/* Remember the least of this span of time and of the one before, since the way
 * to Slack may become longer. */
static void
learn(struct pace *pace, int64_t now_ms, int64_t took_us)
{
	if (pace->answered_ms == INT64_MIN)
		pace->answered_ms = pace->best_ms = now_ms;
	if (now_ms - pace->best_ms >= BEST_SPAN_MS) {
		pace->best_us[1] = pace->best_us[0];
		pace->best_us[0] = INT64_MAX;
		pace->best_ms = now_ms;
	}
	if (took_us < pace->best_us[0])
		pace->best_us[0] = took_us;
}

void
pace_answered(struct pace *pace, struct channel *channel, int64_t left_ms,
    int64_t took_us)
{
	int64_t now_ms = left_ms + took_us / 1000;
	int64_t late_ms = later(took_us - best(pace, now_ms), 0) / 1000;
	int64_t excess_ms = late_ms + PACE_EXCESS_MS;

	learn_lead(pace, channel, left_ms);
	if (excess_ms > PACE_EXCESS_MAX_MS)
		excess_ms = PACE_EXCESS_MAX_MS;
	learn(pace, now_ms, took_us);
	count(pace, channel, left_ms + late_ms);
	if (pace->gap_ms > 0 && late_ms > PACE_MARGIN_MS)
		pace->next_ms = later(pace->next_ms, left_ms + pace->gap_ms +
		    late_ms - PACE_MARGIN_MS);
	/* The claim kept its distance from when it was to leave; some of the
	 * margin is for what leaves late, or a busy channel would drift. */
	space(pace, channel, left_ms, pace->interval_ms == 0 ? 0 :
	    later(pace->margin_ms - PACE_LATE_MS, excess_ms));
	if (++pace->calm >= CALM && pace->margin_ms > PACE_MARGIN_MS) {
		pace->margin_ms--;
		pace->calm = 0;
	}
}

void
pace_lost(struct pace *pace, struct channel *channel, int64_t now_ms)
{
	count(pace, channel, now_ms);
	space(pace, channel, now_ms, pace->margin_ms);
}

void
pace_away(struct pace *pace, int64_t until_ms)
{
	pace->away_ms = later(pace->away_ms, until_ms);
}

void
pace_limited(struct pace *pace, enum slack_method method, int64_t now_ms,
    int64_t retry_after_ms)
{
	bool paused = pace->pause_ms[method] > now_ms;

	pace->pause_ms[method] = later(pace->pause_ms[method],
	    now_ms + retry_after_ms);
	pace->calm = 0;
	/* All that were in flight are told, and it is one lesson. */
	if (!paused && pace->margin_ms < PACE_MARGIN_MAX_MS)
		pace->margin_ms += PACE_MARGIN_MS;
}
