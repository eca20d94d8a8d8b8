/* SPDX-License-Identifier: MIT */
#include "decimal.h"

#include <string.h>

/* Digits are looked up by their place: 0 are the ones, -1 the tenths. */
struct number {
	bool negative;
	const char *first, *point, *end; /* point: end, when there is none */
	int exponent, high, low;         /* the outermost places */
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *
skip_digits(const char *text)
{
	while (is_digit(*text))
		text++;
	return text;
}

/* -1: it is no exponent, or far too large. */
static int
read_exponent(const char *text, int *exponent)
{
	bool negative = *text == '-';

	text += *text == '-' || *text == '+';
	if (!is_digit(*text))
		return -1;
	for (*exponent = 0; is_digit(*text); text++)
		if ((*exponent = *exponent * 10 + (*text - '0')) >
		    DECIMAL_DIGITS_MAX)
			return -1;
	if (negative)
		*exponent = -*exponent;
	return *text == '\0' ? 0 : -1;
}

static int
read_number(struct number *number, const char *text)
{
	*number = (struct number){ .negative = *text == '-' };
	if (*text == '\0')
		text = "0";
	number->first = text + (*text == '-' || *text == '+');
	number->point = number->end = skip_digits(number->first);
	if (number->point == number->first)
		return -1;
	if (*number->point == '.') {
		number->end = skip_digits(number->point + 1);
		if (number->end == number->point + 1)
			return -1;
	}
	if (number->end - number->first > DECIMAL_DIGITS_MAX)
		return -1;
	if ((*number->end == 'e' || *number->end == 'E') ?
	    read_exponent(number->end + 1, &number->exponent) == -1 :
	    *number->end != '\0')
		return -1;
	number->high = (int)(number->point - number->first) - 1 +
	    number->exponent;
	number->low = number->exponent;
	if (number->end > number->point)
		number->low -= (int)(number->end - number->point) - 1;
	number->high = number->high > 0 ? number->high : 0;
	number->low = number->low < 0 ? number->low : 0;
	return number->high - number->low < DECIMAL_DIGITS_MAX ? 0 : -1;
}

static int
digit(const struct number *number, int place)
{
	const char *at;

	place -= number->exponent;
	at = number->point - place - (place >= 0 ? 1 : 0);
	return at >= number->first && at < number->end ? *at - '0' : 0;
}

/* Is a, without its sign, the smaller one? */
static bool
is_smaller(const struct number *a, const struct number *b)
{
	int place, low = a->low < b->low ? a->low : b->low;

	for (place = a->high > b->high ? a->high : b->high; place >= low;
	    place--)
		if (digit(a, place) != digit(b, place))
			return digit(a, place) < digit(b, place);
	return false;
}

bool
decimal_valid(const char *text)
{
	struct number number;

	return *text != '\0' && read_number(&number, text) == 0 &&
	    number.high < DECIMAL_PLACES_MAX &&
	    number.low >= -DECIMAL_PLACES_MAX;
}

bool
decimal_is_zero(const char *text)
{
	return text[strspn(text, "+-0.")] == '\0' || strchr("eE",
	    text[strspn(text, "+-0.")]) != NULL;
}

int
decimal_add(struct buffer *sum, const char *text, enum decimal_sign sign)
{
	char out[DECIMAL_DIGITS_MAX + 4], *end = out + sizeof(out) - 1;
	char *start = end;
	struct number a, b, swap;
	int place, low, high, value, carry = 0;

	if (*text == '\0' || read_number(&a, buffer_text(sum)) == -1 ||
	    read_number(&b, text) == -1)
		return -1;
	b.negative ^= sign == DECIMAL_MINUS;
	if (is_smaller(&a, &b)) {
		swap = a;
		a = b;
		b = swap;
	}
	low = a.low < b.low ? a.low : b.low;
	high = (a.high > b.high ? a.high : b.high) + 1;
	if (high - low >= DECIMAL_DIGITS_MAX)
		return -1;
	*end = '\0';
	for (place = low; place <= high; place++) {
		if (place == 0 && low < 0)
			*--start = '.';
		value = digit(&a, place) + carry + (a.negative == b.negative ?
		    digit(&b, place) : -digit(&b, place));
		carry = value > 9 ? 1 : value < 0 ? -1 : 0;
		*--start = (char)('0' + value - 10 * carry);
	}
	while (start[0] == '0' && is_digit(start[1]))
		start++;
	if (a.negative && !decimal_is_zero(start))
		*--start = '-';
	buffer_clear(sum);
	return buffer_append(sum, start, (size_t)(end - start));
}
