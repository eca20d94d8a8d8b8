/* SPDX-License-Identifier: MIT */
#include "retry.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "clock.h"

int64_t
retry_backoff_ms(int attempt, int64_t base_ms, int64_t cap_ms)
{
	int64_t high = base_ms, low = base_ms / 2;
	uint32_t random = 0;

	while (attempt-- > 0 && high < cap_ms)
		high *= 2;
	if (high > cap_ms)
		high = cap_ms;
	if (high <= low)
		return high;
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return high;
	return low + (int64_t)(random % (uint64_t)(high - low + 1));
}

int64_t
retry_after_ms(const char *header, int64_t now_wall_ms, int64_t fallback_ms,
    int64_t cap_ms)
{
	int64_t ms = fallback_ms, date;
	const char *c;

	if (header != NULL && isdigit((unsigned char)*header)) {
		for (ms = 0, c = header; isdigit((unsigned char)*c); c++)
			if ((ms = ms * 10 + (*c - '0')) > cap_ms)
				ms = cap_ms;
		ms = *c != '\0' ? fallback_ms : ms == 0 ? 1000 : ms * 1000;
	} else if (header != NULL && now_wall_ms != -1 &&
	    clock_parse_http(header, &date) == 0)
		ms = date > now_wall_ms ? date - now_wall_ms : 1000;
	return ms > cap_ms ? cap_ms : ms;
}
