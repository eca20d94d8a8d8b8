/*
 * retry: how long to wait before asking again.  Pure: reads no clock.
 */
#ifndef LEDGERPIPE_RETRY_H
#define LEDGERPIPE_RETRY_H

#include <stdint.h>

/* Exponential backoff with full jitter: a random delay in
 * [base_ms / 2, min(cap_ms, base_ms * 2^attempt)], attempt from 0. */
int64_t retry_backoff_ms(int attempt, int64_t base_ms, int64_t cap_ms);

/* A Retry-After header: whole seconds (0 counts as 1), or an HTTP date if
 * now_wall_ms is not -1.  fallback_ms for NULL, negative or garbage; never
 * more than cap_ms. */
int64_t retry_after_ms(const char *header, int64_t now_wall_ms,
    int64_t fallback_ms, int64_t cap_ms);

#endif
