/*
 * form: the fields of an application/x-www-form-urlencoded body.
 *
 * '+' is a space; a '%' without two hex digits behind it stands for itself.  A
 * field without '=' has an empty value, and a run of '&' separates as one.
 */
#ifndef LEDGERPIPE_VERIFY_FORM_H
#define LEDGERPIPE_VERIFY_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

struct form {
	const char *at, *end;
};

/* Take the next field, decoded, in place of what the buffers hold.  False: there
 * is none.  A buffer that is too small, or memory that lacks, shows in failed. */
bool form_next(struct form *form, struct buffer *name, struct buffer *value);
/* The first field of that name, decoded.  False: there is none. */
bool form_find(const char *body, size_t length, const char *name,
    struct buffer *value);

#endif
