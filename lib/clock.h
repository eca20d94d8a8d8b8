/*
 * clock: the only place that reads a clock, and how times are written.
 *
 * Wall times are milliseconds since 1970-01-01T00:00:00Z; in text they are
 * RFC 3339 UTC with milliseconds, "2026-11-24T02:57:11.042Z", which sort as
 * bytes.  With LEDGERPIPE_NOW (such a time) in the environment the wall clock
 * stands still there: for tests.  The monotonic clock is never faked.
 */
#ifndef LEDGERPIPE_CLOCK_H
#define LEDGERPIPE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define CLOCK_TEXT 25 /* 24 characters and a NUL */
#define CLOCK_BOOT 64

int64_t clock_wall_ms(void);
int64_t clock_monotonic_ms(void);
/* Which boot of the machine the monotonic clock counts from: the same text in
 * every process until the next one; "" when it can't be known. */
void clock_boot(char out[CLOCK_BOOT]);
/* Write a time of the years 0001 to 9999; outside them the nearest border. */
void clock_format(int64_t wall_ms, char out[CLOCK_TEXT]);
/* The wall clock now, written. */
void clock_now(char out[CLOCK_TEXT]);
/* Read an RFC 3339 time: any fraction (cut to ms), Z or +hh:mm; a bare date
 * is its midnight UTC.  -1 when text is none, 0 when it is. */
int clock_parse(const char *text, int64_t *wall_ms);
/* Read the date of an HTTP header, "Tue, 24 Nov 2026 17:04:29 GMT". */
int clock_parse_http(const char *text, int64_t *wall_ms);
/* Read a span: an integer and ms, s, m, h or d.  -1 when text is none. */
int clock_parse_span(const char *text, int64_t *ms);

#endif
