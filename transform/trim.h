/*
 * trim: make an output that is too large for Slack one that isn't.
 *
 * Texts are cut, what is more than an array may hold is left out, and the
 * message says so: "… (1,234 more characters)", "and 37 more rows".  More
 * fields than a section may have go into sections of their own.  What nobody
 * could tell a reader about stays as it is, and so does what isn't a matter of
 * size: a missing channel, a bad URL, a value or an identifier that is too
 * long.
 */
#ifndef LEDGERPIPE_TRANSFORM_TRIM_H
#define LEDGERPIPE_TRANSFORM_TRIM_H

#include "buffer.h"
#include "json.h"

/* text: the output's JSON, rewritten in place; *json is its parse, and is that
 * of the new text afterwards.  0: check_message passes it; -1: *why is what it
 * refuses, EXIT_DATA.  A text that it passes isn't touched. */
int trim_message(struct buffer *text, struct json *json, struct error *why);

#endif
