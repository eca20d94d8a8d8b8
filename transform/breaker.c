/* SPDX-License-Identifier: MIT */
#include "transform/breaker.h"

#include <stddef.h>

/* With several workers strikes are noticed out of order. */
static uint64_t
apart(uint64_t one, uint64_t other)
{
	return one > other ? one - other : other - one;
}

bool
breaker_strike(struct breaker *breaker, uint64_t line, int64_t now_ms)
{
	const bool near = breaker->strikes > 0 &&
	    apart(line, breaker->line) <= BREAKER_NEAR;
	const bool was_open = breaker->open;

	breaker->strikes = near || was_open ? breaker->strikes + 1 : 1;
	breaker->line = line;
	breaker->ms = now_ms;
	if (breaker->probe != NULL && breaker->distance < BREAKER_DISTANCE_MAX)
		breaker->distance *= 2;
	breaker->probe = NULL;
	if (breaker->strikes < BREAKER_STRIKES || was_open)
		return false;
	breaker->open = true;
	breaker->distance = BREAKER_NEAR;
	return true;
}

bool
breaker_stops(struct breaker *breaker, uint64_t line, int64_t now_ms,
    int64_t budget_ms, const void *chunk)
{
	if (!breaker->open || breaker->probe == chunk)
		return false;
	if (breaker->probe != NULL ||
	    (apart(line, breaker->line) < breaker->distance &&
	    now_ms - breaker->ms < budget_ms * BREAKER_TIME))
		return true;
	breaker->probe = chunk;
	breaker->line = line;
	breaker->ms = now_ms;
	return false;
}

void
breaker_done(struct breaker *breaker, const void *chunk)
{
	if (breaker->open && breaker->probe == chunk)
		*breaker = (struct breaker){ .open = false };
}
