/*
 * fields: the attributes that a request asks for, "A,B;Child:C,D" as the REST
 * API has it: groups joined by ';', the record's own without a name, a
 * grandchild's as "Child.Grandchild:E".  A key "A,B" reads as one, too.
 */
#ifndef LEDGERPIPE_FETCH_FIELDS_H
#define LEDGERPIPE_FETCH_FIELDS_H

#include <stdbool.h>

#include "buffer.h"

struct field { /* zero it before the first call */
	const char *child, *name; /* in the list, not terminated */
	size_t child_length; /* 0: of the record itself */
	size_t name_length;  /* 0: the list has an empty name */
};

/* The next field; *list is moved behind it. false at the end. */
bool fields_next(const char **list, struct field *field);
/* Does list (may be NULL) name this attribute of the record itself? */
bool fields_have(const char *list, const char *name, size_t length);
/* Append list to out, the record's own names first, each once, and with them
 * those of more (may be NULL), a list without groups. */
void fields_merge(struct buffer *out, const char *list, const char *more);

#endif
