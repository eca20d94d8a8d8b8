/*
 * trim_text: shorten a text for people, and tell them.
 */
#ifndef LEDGERPIPE_TRANSFORM_TRIM_TEXT_H
#define LEDGERPIPE_TRANSFORM_TRIM_TEXT_H

#include <stdbool.h>

#include "buffer.h"

/* From this limit on there is room for the count. */
#define TRIM_TEXT_COUNTS_FROM 200

/* Append the beginning of text, which has more than limit (at least 1)
 * characters, and what is missing: "… (1,234 more characters)", or "…" alone
 * where there is little room; limit characters at most.  The cut is never
 * inside a character, and in mrkdwn not inside &amp;, &lt;, &gt;, <...> or
 * [label](address). */
void trim_text(const char *text, size_t length, size_t limit, bool mrkdwn,
    struct buffer *out);

#endif
