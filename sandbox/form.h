/*
 * form: the fields of an application/x-www-form-urlencoded body.
 */
#ifndef SANDBOX_FORM_H
#define SANDBOX_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

/* The first field of that name, decoded; false, and out is "": it isn't there
 * or is too long. */
bool form_value(const char *body, const char *name, char *out, size_t size);
/* Append text as a value in a URL's query. */
void form_escape(struct buffer *out, const char *text);

#endif
