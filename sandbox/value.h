/*
 * value: one attribute's JSON text, made comparable.
 */
#ifndef SANDBOX_VALUE_H
#define SANDBOX_VALUE_H

#include <stdbool.h>
#include <stdint.h>

enum value_type { VALUE_NULL, VALUE_TIME, VALUE_NUMBER, VALUE_TEXT };

#define VALUE_INLINE 64

struct value {
	enum value_type type;
	int64_t ms;
	long double number;  /* 64 bits of mantissa: 18-digit ids are exact */
	const char *text;    /* into the source, owned, or NULL: in brief */
	char *owned;
	char brief[VALUE_INLINE];
};

/* Read a JSON text (a scalar).  value_free gives back what it took. */
void value_read(struct value *value, const char *json);
/* Read a literal's characters, which must outlive the value. */
void value_literal(struct value *value, const char *text);
void value_free(struct value *value);
/* <0, 0, >0; neither may be null.  Two times compare as times, and where one
 * side is a number and the other reads as one, as numbers; else as texts. */
int value_compare(const struct value *left, const struct value *right);
const char *value_text(const struct value *value);

#endif
