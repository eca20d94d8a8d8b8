/*
 * jvtext: between our JSON nodes and libjq's values, both ways.
 *
 * libjq's own reader keeps numbers as doubles; this one gives an integer
 * beyond 2^53 as a string with its exact digits.  Strings for a filter have
 * '&', '<' and '>' escaped as Slack's mrkdwn wants it, so that no name in a
 * record can page anyone; the writer takes that back where Slack reads a
 * string as it stands.
 */
#ifndef LEDGERPIPE_TRANSFORM_JVTEXT_H
#define LEDGERPIPE_TRANSFORM_JVTEXT_H

#include <jv.h>

#include "json.h"

enum jvtext_escape { JVTEXT_PLAIN, JVTEXT_MRKDWN };

/* A fresh value; invalid only when memory ran out.  Member names are never
 * escaped; of members with the same name the first one counts, as in
 * json.h. */
jv jvtext_read(const struct json *json, json_node node,
    enum jvtext_escape escape);
/* A string escaped for mrkdwn; invalid only when memory ran out. */
jv jvtext_string(const char *text, size_t length);

/* Append value (consumed) as compact JSON.  -1 when, with the containers above
 * it, it is nested deeper than json_parse allows, or out has reached its
 * ceiling.
 *
 * Unescaped are members whose name says that they are a URL, an identifier or
 * an alternative text, and below a member "blocks" the text of an object of
 * type plain_text or raw_text, every string inside an object of type
 * rich_text, and the value of a button or an option. */
int jvtext_write(jv value, int above, struct buffer *out);

#endif
