/*
 * check: is a filter's output a message that Slack will take?
 *
 * An output is the body of chat.postMessage with, perhaps, a member
 * "delivery" for deliver.  What only deliver may say (metadata, the token) is
 * refused, and so is what Slack is known to refuse: better a REJECT here than
 * a dead letter there.
 */
#ifndef LEDGERPIPE_TRANSFORM_CHECK_H
#define LEDGERPIPE_TRANSFORM_CHECK_H

#include "json.h"

#define CHECK_CHANNEL_MAX 80  /* characters, as of a channel's name */
#define CHECK_TEXT_MAX 4000   /* Slack splits longer texts */
#define CHECK_KEY_MAX 200     /* characters of delivery.key */

/* -1: *error says what is wrong, EXIT_DATA. */
int check_message(const struct json *output, struct error *error);

#endif
