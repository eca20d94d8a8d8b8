/*
 * lint_harm: does a message let text from a record act?
 *
 * What is looked for is LINT_POISON, which lint_sample.h puts into records: a
 * mention, links, bold type and an emoji that no filter has of its own; and its
 * mark inside a mention or link, which then a filter has built of it.
 * Where Slack shows a string as it stands they are harmless.
 *
 * And does it show a null?
 */
#ifndef LEDGERPIPE_TRANSFORM_LINT_HARM_H
#define LEDGERPIPE_TRANSFORM_LINT_HARM_H

#include "json.h"

#define LINT_MARK "l1nt"
#define LINT_MENTION "<!subteam^S0L1NT>"
#define LINT_LINK "<https://l1nt|x>"
#define LINT_BOLD "*l1nt*"
#define LINT_EMOJI ":l1nt:"
#define LINT_MARKDOWN "[x](//l1nt)"
/* Short: a channel's name with it behind keeps its limit. */
#define LINT_POISON LINT_MENTION " " LINT_LINK " " LINT_BOLD " " LINT_EMOJI \
	" " LINT_MARKDOWN

enum lint_harm {
	LINT_CALLS = 1,    /* the mention calls people */
	LINT_LINKS = 2,    /* the link hides where it leads */
	LINT_NAMES = 4,    /* it names whom a rich text element calls */
	LINT_FORMATS = 8,  /* *bold* and the like act */
	LINT_SHOWS = 16,   /* an emoji's name becomes a picture */
	LINT_TWICE = 32,   /* people read &lt; in place of < */
	LINT_LINKS_MARKDOWN = 64, /* as LINT_LINKS, in a markdown block */
	LINT_NULL = 128    /* people read the word null */
};

/* harm: one or several; pointer: where, in the message. */
typedef void (*lint_harmed)(void *context, unsigned harm,
    const char *pointer);

/* -1: out of memory. */
int lint_harm_find(const struct json *json, json_node payload,
    lint_harmed report, void *context);
/* The same for LINT_NULL alone. */
int lint_harm_null(const struct json *json, json_node payload,
    lint_harmed report, void *context);
/* Is there a null at a place in a text, as a word of its own?  Anywhere? */
bool lint_harm_null_at(const char *text, size_t length, size_t at);
bool lint_harm_has_null(const char *text, size_t length);

#endif
