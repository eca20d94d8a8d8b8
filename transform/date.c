/* SPDX-License-Identifier: MIT */
#include "transform/date.h"

#include <string.h>
#include <time.h>

/* As for strftime, but that %O is a day with its ending (1st, 2nd), %e a day
 * and %h an hour of 1 to 12, these without a leading zero. */
static const struct {
	const char *token, *format;
} tokens[] = {
	{ "{ago}", "%b %O, %Y" },
	{ "{date}", "%B %O, %Y" },
	{ "{date_long}", "%A, %B %O, %Y" },
	{ "{date_long_full}", "%A, %B %O, %Y" },
	{ "{date_long_pretty}", "%A, %B %O, %Y" },
	{ "{date_num}", "%Y-%m-%d" },
	{ "{date_pretty}", "%B %O, %Y" },
	{ "{date_short}", "%b %e, %Y" },
	{ "{date_short_pretty}", "%b %e, %Y" },
	{ "{date_slash}", "%m/%d/%Y" },
	{ "{day_divider_pretty}", "%A, %B %O" },
	{ "{time}", "%h:%M %p" },
	{ "{time_secs}", "%h:%M:%S %p" },
};

static const char *
ending(int day)
{
	if (day / 10 == 1)
		return "th";
	return day % 10 == 1 ? "st" : day % 10 == 2 ? "nd" :
	    day % 10 == 3 ? "rd" : "th";
}

/* One letter of a format. */
static void
field(struct buffer *out, const struct tm *tm, char letter)
{
	char text[64] = "";

	switch (letter) {
	case 'O':
		buffer_printf(out, "%d%s", tm->tm_mday, ending(tm->tm_mday));
		return;
	case 'e':
		buffer_printf(out, "%d", tm->tm_mday);
		return;
	case 'h':
		buffer_printf(out, "%d", (tm->tm_hour + 11) % 12 + 1);
		return;
	case 'A': strftime(text, sizeof(text), "%A", tm); break;
	case 'B': strftime(text, sizeof(text), "%B", tm); break;
	case 'b': strftime(text, sizeof(text), "%b", tm); break;
	case 'M': strftime(text, sizeof(text), "%M", tm); break;
	case 'S': strftime(text, sizeof(text), "%S", tm); break;
	case 'Y': strftime(text, sizeof(text), "%Y", tm); break;
	case 'd': strftime(text, sizeof(text), "%d", tm); break;
	case 'm': strftime(text, sizeof(text), "%m", tm); break;
	case 'p': strftime(text, sizeof(text), "%p", tm); break;
	}
	buffer_puts(out, text);
}

/* A token at the start of text?  Its bytes, or 0. */
static size_t
token(struct buffer *out, const struct tm *tm, const char *text,
    size_t length)
{
	const char *c;
	size_t i, n;

	for (i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		n = strlen(tokens[i].token);
		if (n > length || memcmp(text, tokens[i].token, n) != 0)
			continue;
		for (c = tokens[i].format; *c != '\0'; c++)
			if (*c == '%')
				field(out, tm, *++c);
			else
				buffer_append(out, c, 1);
		return n;
	}
	return 0;
}

void
date_write(struct buffer *out, int64_t seconds, const char *format,
    size_t length)
{
	time_t time = (time_t)seconds;
	struct tm tm;
	size_t i = 0, n;

	if (gmtime_r(&time, &tm) == NULL)
		return;
	while (i < length) {
		n = format[i] == '{' ?
		    token(out, &tm, format + i, length - i) : 0;
		if (n == 0) {
			buffer_append(out, format + i, 1);
			n = 1;
		}
		i += n;
	}
}
