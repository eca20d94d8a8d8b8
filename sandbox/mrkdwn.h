/*
 * mrkdwn: Slack's mark-up as HTML
 * (https://docs.slack.dev/messaging/formatting-message-text).
 */
#ifndef SANDBOX_MRKDWN_H
#define SANDBOX_MRKDWN_H

#include <stdbool.h>

#include "buffer.h"

/* Text as it is, safe between tags and in attributes; newlines are <br>. */
void html_text(struct buffer *html, const char *text, size_t length);
/* The same with :names: of emoji replaced. */
void html_emoji(struct buffer *html, const char *text, size_t length);
/* Bold, italic, strike, code, quotes, links, dates, mentions, emoji and the
 * three entities; bare URLs become links unless verbatim. */
void html_mrkdwn(struct buffer *html, const char *text, size_t length,
    bool verbatim);
/* Does it lead to a page or a mailbox?  Nothing else becomes a link. */
bool html_is_link(const char *url, size_t length);

#endif
