/*
 * url: what a request's address is made of.
 */
#ifndef LEDGERPIPE_FETCH_URL_H
#define LEDGERPIPE_FETCH_URL_H

#include "buffer.h"

/* Append &name=text, percent-encoded: a raw '+' would arrive as a space. */
int url_parameter(struct buffer *url, const char *name, const char *text);
/* The part of href from its path on if it lies at the host of base, else NULL.
 * The scheme's own port may be written or not: the pod's links have ":443". */
const char *url_path_on(const char *base, const char *href);

#endif
