/*
 * check: is a filter's output a message that Slack will take?
 *
 * An output is the body of chat.postMessage with, perhaps, a member
 * "delivery" for deliver.  What only deliver may say (metadata, the token) is
 * refused, and so is what Slack is known to refuse: better a REJECT here than
 * a dead letter there.  Refused as well is what Slack would pass over without
 * a word, such as a member whose name is misspelt, and a link that isn't one.
 */
#ifndef LEDGERPIPE_TRANSFORM_CHECK_H
#define LEDGERPIPE_TRANSFORM_CHECK_H

#include "transform/blockkit.h"

#define CHECK_CHANNEL_MAX 80  /* characters, as of a channel's name */
#define CHECK_TEXT_MAX 4000   /* Slack splits longer texts */
#define CHECK_KEY_MAX 200     /* characters of delivery.key */

/* -1: *error tells the first violation and how many more there are,
 * EXIT_DATA. */
int check_message(const struct json *output, struct error *error);
/* All of them, and the warnings; a pointer may be "", for the whole.  Returns
 * how many violations there are. */
size_t check_each(const struct json *output, blockkit_report report,
    void *context);

#endif
