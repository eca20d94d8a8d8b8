/*
 * forecast: which message of the queue would leave when.
 *
 * The pace is asked as the loop asks it, and time passes as fast as it answers:
 * what is queued leaves in the order and at the times that the loop would keep
 * if every answer came at once and was good.  So times are the earliest; a
 * message in doubt, which stops its channel until it is settled, is taken for
 * settled now.
 *
 * Memory holds some 50 bytes of each message and no payload.  Nothing is
 * written.
 */
#ifndef LEDGERPIPE_DELIVER_FORECAST_H
#define LEDGERPIPE_DELIVER_FORECAST_H

#include "deliver/pace.h"
#include "ledger.h"

/* Times, or places, the smallest first. */
struct heap {
	struct heap_item {
		int64_t key;
		size_t entry;
	} *items;
	size_t count, capacity;
};

struct forecast {
	struct pace *pace;
	int64_t start_ms, now_ms;  /* monotonic */
	int64_t start_wall_ms;
	struct entry *entries;     /* by channel and id */
	size_t count, capacity;
	struct queue *queues;      /* by the channel's name */
	size_t queue_count, queue_capacity;
	struct heap later;         /* entries whose time is still to come */
	int64_t blocked;           /* messages that wait behind held ones */
};

/* What leaves next. */
struct departure {
	int64_t message;
	const struct channel *channel;
	int64_t wall_ms;
};

/* pace: initialised and empty; it gets the channels.  Errors: those of db.h. */
int forecast_open(struct forecast *forecast, struct ledger *ledger,
    struct pace *pace, struct error *error);
void forecast_close(struct forecast *forecast); /* zeroed or closed: fine */
/* 1: there is one; 0: nothing else leaves; -1: EXIT_SYSTEM. */
int forecast_next(struct forecast *forecast, struct departure *departure,
    struct error *error);

#endif
