/*
 * mrkdwn: Slack's mark-up as HTML
 * (https://docs.slack.dev/messaging/formatting-message-text).
 */
#ifndef SANDBOX_MRKDWN_H
#define SANDBOX_MRKDWN_H

#include "buffer.h"

/* Text as it is, safe between tags and in attributes; newlines are <br>. */
void html_text(struct buffer *html, const char *text, size_t length);
/* Bold, italic, strike, code, links, mentions and the three entities. */
void html_mrkdwn(struct buffer *html, const char *text, size_t length);

#endif
