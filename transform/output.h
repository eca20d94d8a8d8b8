/*
 * output: the lines that transform writes, appended to a buffer.
 *
 * When out can't grow, out->failed is set: look at it after a record's lines.
 */
#ifndef LEDGERPIPE_TRANSFORM_OUTPUT_H
#define LEDGERPIPE_TRANSFORM_OUTPUT_H

#include "line.h"
#include "transform/filter.h"
#include "transform/input.h"

#define OUTPUT_REJECT_MAX (LINE_MAX_BYTES - 65536) /* of a record kept */
#define OUTPUT_BAD_LINE_MAX 65536 /* bytes kept of a line that is no message */

/* message: an output that check_message took; position counts the filter's
 * outputs for this record from 0. */
void output_message(struct buffer *out, const char *filter,
    const struct input *input, size_t position, const struct json *message);
/* room: bytes that the record may take; null stands for one that doesn't fit.*/
void output_reject(struct buffer *out, const char *filter,
    const struct input *input, const char *why, size_t room);
/* A line that is no message.  line: NULL for one that was too long to hold. */
void output_bad_line(struct buffer *out, const struct input *input,
    const char *line, size_t length, uint64_t number, const char *why);
/* lines[i]: how many filters[i] made of the record.  whole: with the record
 * itself, unless it is over the ceiling. */
void output_seen(struct buffer *out, const struct input *input,
    const struct filter *filters, const size_t *lines, size_t count,
    bool whole);

#endif
