/*
 * plain: what people read of a message, as plain text.
 *
 * Texts of blocks and attachments, marked up or not, as they are to be read:
 * without marks, entities written out, dates in UTC.  No ids, types or addresses
 * that stand behind a label.
 */
#ifndef LEDGERPIPE_AUDITCTL_PLAIN_H
#define LEDGERPIPE_AUDITCTL_PLAIN_H

#include "json.h"

/* Append what a channel shows of a chat.postMessage body: its blocks, or its
 * text when it has none, and its attachments; each text ends in a newline. */
void plain_message(struct buffer *out, const struct json *json,
    json_node payload);
/* Append its text, though it has blocks: what a notification shows. */
void plain_notification(struct buffer *out, const struct json *json,
    json_node payload);

#endif
