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
 * escaped; of members with the same name the last one counts. */
jv jvtext_read(const struct json *json, json_node node,
    enum jvtext_escape escape);

/* Append value (consumed) as compact JSON.  -1 when it is nested deeper than
 * JSON_DEPTH_MAX, or out has reached its ceiling.
 *
 * Unescaped are the text of an object of type plain_text or raw_text, every
 * string inside an object of type rich_text, and members whose name says that
 * they are a URL, an identifier or an alternative text. */
int jvtext_write(jv value, struct buffer *out);

#endif
