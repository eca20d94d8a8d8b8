/*
 * pace: which channel may be sent to, and when.
 *
 * Slack takes one message a second in a channel and "several hundred" a minute
 * in a workspace (https://docs.slack.dev/apis/web-api/rate-limits); above that
 * it answers 429, or says ok and hides the message.  So a channel is due one
 * interval and a margin after its last message left, and the workspace keeps a
 * gap between any two.  A 429 pauses its method in the whole workspace.
 *
 * Slack counts when it reads a request, not when that leaves.  An answer that
 * took longer than answers do may have lost that time on its way there: what
 * the margin doesn't cover of it is added.
 *
 * Pure: reads no clock and no database.  All times are milliseconds of the
 * monotonic clock; due.h turns them into wall times to keep them.  A struct
 * pace owns its channels; pointers to them stay good until pace_free.  Fields
 * are for reading: change them by the functions, which keep the order.
 */
#ifndef LEDGERPIPE_DELIVER_PACE_H
#define LEDGERPIPE_DELIVER_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deliver/slack.h"

#define PACE_MARGIN_MS 20 /* so that network jitter brings no 429 */
#define PACE_MARGIN_MAX_MS 1000
#define PACE_LATE_MS 5       /* of the margin */
#define PACE_EXCESS_MS 5     /* over an answer's excess of time */
#define PACE_EXCESS_MAX_MS 2000
#define PACE_LEAD_MAX_MS 10  /* of a claim before its due time */
#define PACE_RECENT_MAX 256  /* a faster ceiling is its gap alone */
#define PACE_NEVER INT64_MAX

struct channel {
	char *name;               /* as the filters write it */
	char slack[SLACK_ID_MAX]; /* its id, "" while unknown */
	int64_t due_ms;           /* when it may be sent to */
	char lost[SLACK_ID_MAX];  /* an id that it had and that is no more */
	bool kept;                /* the ledger has its id, and kept_ms */
	int64_t kept_ms;          /* due_ms as the ledger has it; see due.h */
	bool waiting;             /* there may be something queued for it */
	bool busy;                /* a message is in flight or in doubt */
	bool flying;              /* it is in flight */
	bool told;                /* the operator knows that it is dead */
	int failures;             /* since the last success, for the backoff */
	/* The rest is pace's. */
	struct channel *twin;     /* a ring of those with the same id */
	size_t at;                /* in the heap; SIZE_MAX: not there */
	uint64_t order;           /* of its claim: the oldest goes first */
	int64_t aim_ms;           /* when its claim was to leave; 0: at once */
};

/* One of the last messages, as the workspace's ceiling counts it. */
struct recent {
	int64_t counted_ms;        /* when Slack read it, at the latest */
	const struct channel *channel;
	uint64_t order;
};

struct pace {
	struct channel **channels; /* sorted by name */
	size_t count, capacity;
	struct channel **heap;     /* that wait and aren't busy, by due time */
	size_t heap_count;
	uint64_t claims;
	int64_t interval_ms;       /* between two in a channel */
	int64_t margin_ms;
	int64_t gap_ms;            /* between two in the workspace; 0: none */
	int64_t rate;              /* in the workspace; 0: no ceiling */
	int64_t next_ms;           /* when the workspace may be sent to */
	struct recent recent[PACE_RECENT_MAX]; /* a ring of rate of them */
	int64_t away_ms;           /* Slack is away: nothing until then */
	int64_t pause_ms[SLACK_METHODS]; /* a method is paused until then */
	int64_t answered_ms;       /* when the first answer came */
	int64_t best_ms;           /* when this span of time began */
	int64_t best_us[2];        /* the quickest answer in it, and before */
	int64_t lead_us;           /* so much sooner they are claimed */
	int calm;                  /* messages sent since the last 429 */
};

/* rate: messages a second in the workspace, 0 for no ceiling. */
void pace_init(struct pace *pace, int64_t interval_ms, int64_t rate);
void pace_free(struct pace *pace);
/* The channel of that name, made if need be; NULL without memory. */
struct channel *pace_channel(struct pace *pace, const char *name);
/* Its id is known now.  Channels of one id, of which one filter may write the
 * name and another the id, are due together and have one message in flight; so
 * are #name and name, before their id is known too.  True: it was another
 * before. */
bool pace_identify(struct pace *pace, struct channel *channel,
    const char *slack);

void pace_waiting(struct pace *pace, struct channel *channel, bool waiting);
void pace_busy(struct pace *pace, struct channel *channel, bool busy);
/* Not before that time, or later where that was said before. */
void pace_delay(struct pace *pace, struct channel *channel, int64_t until_ms);

/* The one that has been due the longest, or NULL; *due_ms gets when the next
 * one will be (PACE_NEVER: none waits).  What is claimed takes a moment to
 * leave: a channel is given so much before it is due. */
struct channel *pace_next(struct pace *pace, int64_t now_ms, int64_t *due_ms);
/* A message for the channel is on its way; it is busy now. */
void pace_claimed(struct pace *pace, struct channel *channel, int64_t now_ms);
/* It left then, as is known afterwards, and its answer took so long. */
void pace_answered(struct pace *pace, struct channel *channel, int64_t left_ms,
    int64_t took_us);
/* It left, and no answer came until now. */
void pace_lost(struct pace *pace, struct channel *channel, int64_t now_ms);
/* When none of the messages that left counts against the ceiling any more,
 * INT64_MIN without one; and what an earlier run made of it. */
int64_t pace_free_ms(const struct pace *pace);
void pace_resume(struct pace *pace, int64_t free_ms);
/* Slack is away: send nothing until then. */
void pace_away(struct pace *pace, int64_t until_ms);
/* A 429: stop the method for so long, and keep a wider margin, for a while. */
void pace_limited(struct pace *pace, enum slack_method method, int64_t now_ms,
    int64_t retry_after_ms);

#endif
