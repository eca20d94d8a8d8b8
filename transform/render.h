/*
 * render: one message, as JSON, in HTML as a Slack client would show it.
 *
 * Whatever a message holds is text to the browser: nothing of it becomes
 * markup but what Slack itself would render, nothing is loaded from anywhere
 * and only http, https and mailto become links.  Times are in UTC.
 */
#ifndef LEDGERPIPE_TRANSFORM_RENDER_H
#define LEDGERPIPE_TRANSFORM_RENDER_H

#include "json.h"

/* The content of a chat.postMessage body: its blocks, or its text when it has
 * none, and its attachments. */
void render_message(struct buffer *html, const struct json *json,
    json_node payload);
/* The style sheet for it, light and dark, for a <style> element. */
extern const char render_style[];

/* For the parts of the renderer: each of an array, a rich_text block, a
 * table. */
void render_each(struct buffer *html, const struct json *json,
    json_node array, void (*visit)(struct buffer *, const struct json *,
    json_node));
void render_rich_text(struct buffer *html, const struct json *json,
    json_node block);
void render_table(struct buffer *html, const struct json *json,
    json_node block);

#endif
