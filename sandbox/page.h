/*
 * page: messages as a Slack client would show them, in HTML.
 *
 * Whatever a message holds is text to the browser: nothing of it becomes
 * markup but what Slack itself would render.
 */
#ifndef SANDBOX_PAGE_H
#define SANDBOX_PAGE_H

#include "json.h"
#include "sandbox/channel.h"

/* The whole page, self-contained: channels, messages, threads. */
void page_write(struct buffer *html, const struct channels *channels);
/* One message's content: its blocks, or its text when it has none. */
void page_message(struct buffer *html, const struct json *json,
    json_node payload);

#endif
