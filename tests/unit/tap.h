/*
 * tap: what a unit test needs: ok() lines, a plan, a status.
 */
#ifndef LEDGERPIPE_TAP_H
#define LEDGERPIPE_TAP_H

#include <stdio.h>

static int tap_count, tap_failed;

#define ok(condition, title) \
	do { \
		int tap_passed = (condition); \
		tap_failed += !tap_passed; \
		printf("%sok %d - %s\n", tap_passed ? "" : "not ", \
		    ++tap_count, title); \
		if (!tap_passed) \
			printf("# %s:%d: %s\n", __FILE__, __LINE__, \
			    #condition); \
	} while (0)

static int
tap_end(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed > 0;
}

#endif
