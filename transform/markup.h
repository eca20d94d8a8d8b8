/*
 * markup: Slack's marked-up texts, read into pieces that mean one thing.
 *
 * A writer, such as the one for HTML, takes the pieces in order: text as it
 * is to be read (entities, emoji and dates are written out), and where a
 * style or a link begins and ends.  Styles nest; a quote stands in no other one,
 * and a link holds nothing but text.
 */
#ifndef LEDGERPIPE_TRANSFORM_MARKUP_H
#define LEDGERPIPE_TRANSFORM_MARKUP_H

#include <stdbool.h>
#include <stddef.h>

#include "json.h"

enum markup_style {
	MARKUP_BOLD,
	MARKUP_ITALIC,
	MARKUP_STRIKE,
	MARKUP_UNDERLINE,
	MARKUP_HIGHLIGHT,
	MARKUP_CODE,
	MARKUP_MENTION,
	MARKUP_TIME,
	MARKUP_QUOTE,        /* lines of their own */
	MARKUP_PREFORMATTED, /* lines of their own */
	MARKUP_STYLES
};

struct markup {
	void *out; /* passed to the functions */
	void (*text)(void *out, const char *text, size_t length);
	void (*style)(void *out, enum markup_style style, bool begins);
	/* A link to url begins; NULL: it ends. */
	void (*link)(void *out, const char *url, size_t length);
};

/* A text in which only :names: of emoji mean something. */
void markup_emoji(const struct markup *markup, const char *text,
    size_t length);
/* mrkdwn: bold, italic, strike, code, quotes, links, dates, mentions, emoji
 * and the three entities; bare URLs become links unless verbatim
 * (https://docs.slack.dev/messaging/formatting-message-text). */
void markup_mrkdwn(const struct markup *markup, const char *text,
    size_t length, bool verbatim);
/* An element of a rich_text part: text, link, mention, date, emoji. */
void markup_rich(const struct markup *markup, const struct json *json,
    json_node element);
/* A text object, plain or mrkdwn, or a bare string, which is taken as it is. */
void markup_object(const struct markup *markup, const struct json *json,
    json_node object);
/* Every text inside a thing of a kind we don't know, each with a newline. */
void markup_any(const struct markup *markup, const struct json *json,
    json_node node);
/* A member that is mrkdwn, such as the text of a message. */
void markup_member(const struct markup *markup, const struct json *json,
    json_node object, const char *name);
/* What a lock screen says of a message: its text, in which nothing leads
 * anywhere.  false: it has none. */
bool markup_notification(const struct markup *markup,
    const struct json *json, json_node payload);
/* Does it lead to a page or a mailbox?  Nothing else becomes a link. */
bool markup_is_link(const char *url, size_t length);

#endif
