/*
 * pace: which channel may be sent to, and when.
 *
 * Slack takes one message a second in a channel and "several hundred" a minute
 * in a workspace (https://docs.slack.dev/apis/web-api/rate-limits); above that
 * it answers 429, or says ok and hides the message.  So a channel is due one
 * interval and a margin after its last message was sent, the workspace keeps a
 * gap between any two, and a 429 pauses the method in the whole workspace.
 *
 * Pure: reads no clock and no database.  All times are milliseconds of the
 * monotonic clock; the outbox turns them into wall times to keep them.  A
 * struct pace owns its channels; pointers to them stay good until pace_free.
 */
#ifndef LEDGERPIPE_DELIVER_PACE_H
#define LEDGERPIPE_DELIVER_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deliver/slack.h"

#define PACE_MARGIN_MS 20 /* so that network jitter brings no 429 */
#define PACE_MARGIN_MAX_MS 1000
#define PACE_NEVER INT64_MAX

struct channel {
	char *name;               /* as the filters write it */
	char slack[SLACK_ID_MAX]; /* its id, "" while unknown */
	int64_t due_ms;           /* when it may be sent to */
	bool waiting;             /* there may be something queued for it */
	bool busy;                /* a message is in flight or in doubt */
	bool told;                /* the operator knows that it is dead */
	int failures;             /* since the last success, for the backoff */
};

struct pace {
	struct channel **channels; /* sorted by name */
	size_t count, capacity;
	int64_t interval_ms;       /* between two in a channel */
	int64_t margin_ms;
	int64_t gap_ms;            /* between two in the workspace; 0: none */
	int64_t next_ms;           /* when the workspace may be sent to */
	int64_t pause_ms;          /* the method is paused until then */
};

void pace_init(struct pace *pace, int64_t interval_ms, int64_t gap_ms);
void pace_free(struct pace *pace);
/* The channel of that name, made if need be; NULL without memory. */
struct channel *pace_channel(struct pace *pace, const char *name);
/* Its id is known now.  Channels of one id, of which one filter may write the
 * name and another the id, are due together. */
void pace_identify(struct pace *pace, struct channel *channel,
    const char *slack);
/* The one that has been due the longest, or NULL; *due_ms gets when the next
 * one will be (PACE_NEVER: none waits). */
struct channel *pace_next(struct pace *pace, int64_t now_ms, int64_t *due_ms);
/* A message leaves for the channel now. */
void pace_claimed(struct pace *pace, struct channel *channel, int64_t now_ms);
/* When it really left was known only afterwards: connecting took a while. */
void pace_left(struct pace *pace, struct channel *channel, int64_t left_ms);
/* Send nothing until then, or later where that was said before. */
void pace_pause(struct pace *pace, int64_t until_ms);
/* A 429: stop for so long, and keep a wider margin from now on. */
void pace_limited(struct pace *pace, int64_t now_ms, int64_t retry_after_ms);

#endif
