/*
 * decimal: exact sums of decimal numbers that are kept as text.
 *
 * An amount is what the ERP wrote: an optional sign, digits, perhaps a fraction
 * and an exponent, as JSON has numbers (a + before it is taken too).  A sum has
 * as many digits behind the point as the summand that has most, and no
 * exponent; so the order of the summands doesn't matter.  A zero has no sign.
 * Nothing is ever rounded.
 */
#ifndef LEDGERPIPE_DECIMAL_H
#define LEDGERPIPE_DECIMAL_H

#include <stdbool.h>

#include "buffer.h"

#define DECIMAL_DIGITS_MAX 1000 /* of a sum, both sides of the point */
#define DECIMAL_PLACES_MAX 400  /* of a summand, on either side */

enum decimal_sign { DECIMAL_PLUS, DECIMAL_MINUS };

/* Is it one, with no more places than that?  Those can always be added. */
bool decimal_valid(const char *text);
/* Add text to, or take it from, the number in sum, "" being 0.  -1: one of
 * them is none or the result is too long, and sum is as it was; or there is no
 * memory (sum->failed). */
int decimal_add(struct buffer *sum, const char *text, enum decimal_sign sign);
/* Are all of its digits 0?  "" has none. */
bool decimal_is_zero(const char *text);

#endif
