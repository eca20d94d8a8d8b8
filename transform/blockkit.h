/*
 * blockkit: does a message keep Slack's rules for blocks?
 *
 * The limits are those of https://docs.slack.dev/reference/block-kit/ (block
 * and element pages, 2026-11), counted in code points.  A violation is told
 * with the JSON pointer that Slack itself would name.  Of elements that take
 * input no more than their sizes is checked; attachments are counted, but not
 * looked into.
 */
#ifndef LEDGERPIPE_TRANSFORM_BLOCKKIT_H
#define LEDGERPIPE_TRANSFORM_BLOCKKIT_H

#include "json.h"

#define BLOCKKIT_BLOCKS_MAX 50
/* Slack refuses messages whose blocks hold more text than about 13,200
 * characters; the number isn't documented, so stay below it. */
#define BLOCKKIT_CHARACTERS_MAX 12000
#define BLOCKKIT_BLOCK_OVERHEAD 100 /* what a block counts beside its text */

typedef void (*blockkit_report)(void *context, const char *pointer,
    const char *message);

/* Check payload.blocks (none or null is fine).  Returns the number of
 * violations, each of which was reported.  *characters, unless NULL, gets what
 * the message counts against the whole-message budget, & < > in plain text as
 * the entities that Slack keeps them as. */
size_t blockkit_check(const struct json *json, json_node payload,
    size_t *characters, blockkit_report report, void *context);

#endif
