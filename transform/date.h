/*
 * date: moments as Slack's date tokens write them
 * (https://docs.slack.dev/messaging/formatting-message-text#date-formatting),
 * in UTC, whoever reads.
 */
#ifndef LEDGERPIPE_TRANSFORM_DATE_H
#define LEDGERPIPE_TRANSFORM_DATE_H

#include <stdint.h>

#include "buffer.h"

/* Append format with its tokens, such as {date_short} or {time}, replaced.
 * What isn't a token stays; out gets plain text, not HTML. */
void date_write(struct buffer *out, int64_t seconds, const char *format,
    size_t length);

#endif
