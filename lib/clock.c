/* SPDX-License-Identifier: MIT */
#include "clock.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define YEAR_1 (-62135596800000LL)
#define YEAR_9999 253402300799999LL
#define DAY_S 86400LL

int64_t
clock_wall_ms(void)
{
	const char *fixed = getenv("LEDGERPIPE_NOW");
	struct timespec now;
	int64_t ms;

	if (fixed != NULL && clock_parse(fixed, &ms) == 0)
		return ms;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
clock_monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
clock_boot(char out[CLOCK_BOOT])
{
	int fd = open("/proc/sys/kernel/random/boot_id",
	    O_RDONLY | O_CLOEXEC);
	ssize_t count = fd == -1 ? 0 : read(fd, out, CLOCK_BOOT - 1);

	out[count > 0 ? count : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
	if (fd != -1)
		close(fd);
}

/* Days since 1970-01-01 of a date of the Gregorian calendar. */
static int64_t
days_from_date(int64_t year, int month, int day)
{
	int64_t era, of_era, of_year;

	year -= month <= 2;
	era = (year >= 0 ? year : year - 399) / 400;
	of_era = year - era * 400;
	of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	    of_year - 719468;
}

void
clock_format(int64_t wall_ms, char out[CLOCK_TEXT])
{
	/* Most calls are for the second that the last one was for. */
	static _Thread_local time_t written = -1;
	static _Thread_local char text[64];
	struct tm tm;
	time_t seconds;
	int ms;

	if (wall_ms < YEAR_1)
		wall_ms = YEAR_1;
	if (wall_ms > YEAR_9999)
		wall_ms = YEAR_9999;
	ms = (int)((wall_ms % 1000 + 1000) % 1000);
	seconds = (time_t)((wall_ms - ms) / 1000);
	if (seconds != written || seconds == -1) {
		gmtime_r(&seconds, &tm);
		snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.",
		    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		    tm.tm_min, tm.tm_sec);
		written = seconds;
	}
	memcpy(out, text, CLOCK_TEXT - 5);
	out[CLOCK_TEXT - 5] = (char)('0' + ms / 100);
	out[CLOCK_TEXT - 4] = (char)('0' + ms / 10 % 10);
	out[CLOCK_TEXT - 3] = (char)('0' + ms % 10);
	out[CLOCK_TEXT - 2] = 'Z';
	out[CLOCK_TEXT - 1] = '\0';
}

void
clock_now(char out[CLOCK_TEXT])
{
	clock_format(clock_wall_ms(), out);
}

/* Exactly count digits at *text, or -1; *text moves behind them. */
static int
digits(const char **text, int count)
{
	int value = 0;

	while (count-- > 0) {
		if (!isdigit((unsigned char)**text))
			return -1;
		value = value * 10 + (*(*text)++ - '0');
	}
	return value;
}

static int
skip(const char **text, const char *any)
{
	if (**text == '\0' || strchr(any, **text) == NULL)
		return -1;
	(*text)++;
	return 0;
}

static int
days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };

	if (month == 2 && (year % 4 == 0 && (year % 100 != 0 ||
	    year % 400 == 0)))
		return 29;
	return days[month - 1];
}

/* "Z", "+hh:mm" or "-hh:mm" in minutes. */
static int
parse_zone(const char **text, int *minutes)
{
	int sign, hour, minute;

	*minutes = 0;
	if (skip(text, "Zz") == 0)
		return 0;
	sign = **text == '-' ? -1 : 1;
	if (skip(text, "+-") == -1 || (hour = digits(text, 2)) == -1 ||
	    hour > 23 || skip(text, ":") == -1 ||
	    (minute = digits(text, 2)) == -1 || minute > 59)
		return -1;
	*minutes = sign * (hour * 60 + minute);
	return 0;
}

int
clock_parse(const char *text, int64_t *wall_ms)
{
	int year, month, day, hour = 0, minute = 0, second = 0, ms = 0;
	int scale = 100, zone = 0;

	if ((year = digits(&text, 4)) < 1 || skip(&text, "-") == -1 ||
	    (month = digits(&text, 2)) < 1 || month > 12 ||
	    skip(&text, "-") == -1 || (day = digits(&text, 2)) < 1 ||
	    day > days_in_month(year, month))
		return -1;
	if (*text == '\0')
		goto out;
	if (skip(&text, "Tt ") == -1 || (hour = digits(&text, 2)) == -1 ||
	    hour > 23 || skip(&text, ":") == -1 ||
	    (minute = digits(&text, 2)) == -1 || minute > 59 ||
	    skip(&text, ":") == -1 || (second = digits(&text, 2)) == -1 ||
	    second > 60)
		return -1;
	if (*text == '.') {
		text++;
		if (!isdigit((unsigned char)*text))
			return -1;
		for (; isdigit((unsigned char)*text); text++, scale /= 10)
			ms += (*text - '0') * scale;
	}
	if (parse_zone(&text, &zone) == -1 || *text != '\0')
		return -1;
out:
	*wall_ms = ((days_from_date(year, month, day) * DAY_S +
	    hour * 3600LL + minute * 60LL + second) - zone * 60LL) * 1000 + ms;
	return 0;
}

int
clock_parse_http(const char *text, int64_t *wall_ms)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);

	if (end == NULL || *end != '\0')
		return -1;
	*wall_ms = (int64_t)timegm(&tm) * 1000;
	return 0;
}

int
clock_parse_span(const char *text, int64_t *ms)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 },
		{ "h", 3600000 }, { "d", 86400000 } };
	int64_t value = 0;
	size_t i;

	if (!isdigit((unsigned char)*text))
		return -1;
	for (; isdigit((unsigned char)*text); text++)
		if ((value = value * 10 + (*text - '0')) > 1000000000)
			return -1;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(text, units[i].unit) == 0) {
			*ms = value * units[i].ms;
			return 0;
		}
	return -1;
}
