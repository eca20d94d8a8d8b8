/*
 * breaker: a circuit breaker for a filter that is stopped again and again,
 * each time after it has spent its whole budget, which delays all others.
 *
 *   closed --BREAKER_STRIKES strikes, each near the last one--> open
 *   open --its distance or its time is over--> half open, for one record
 *   half open --the record passes--> closed
 *   half open --another strike--> open, for twice the distance
 *
 * Near is within BREAKER_NEAR lines: a filter that fails on one record in a
 * hundred stays closed.  Lines are counted over the whole input.
 */
#ifndef LEDGERPIPE_TRANSFORM_BREAKER_H
#define LEDGERPIPE_TRANSFORM_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#define BREAKER_STRIKES 5
#define BREAKER_NEAR 20 /* lines; also the first distance */
#define BREAKER_DISTANCE_MAX 5000
#define BREAKER_TIME 60 /* times the budget of CPU time */

struct breaker {
	unsigned strikes;
	bool open;
	uint64_t line;     /* of the last strike or probe */
	int64_t ms;        /* when it was (clock_mono) */
	uint64_t distance; /* lines until it is probed */
	const void *probe; /* half open: the chunk it is tried in */
};

/* The filter was stopped at a line.  true: now it is open. */
bool breaker_strike(struct breaker *breaker, uint64_t line, int64_t now_ms);
/* Open, and not to be run over this line; false: it is closed, or this is the
 * line to try it on, in this chunk. */
bool breaker_stops(struct breaker *breaker, uint64_t line, int64_t now_ms,
    int64_t budget_ms, const void *chunk);
/* All lines of the chunk are done. */
void breaker_done(struct breaker *breaker, const void *chunk);

#endif
