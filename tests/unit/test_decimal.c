/* SPDX-License-Identifier: MIT */
/* Sums of decimals: exact, whatever the digits, signs and exponents. */
#include <stdlib.h>
#include <string.h>

#include "decimal.h"
#include "tap.h"

static struct buffer sum;

/* What a + b, or a - b, is; "none" where it is refused. */
static const char *
result(const char *a, const char *b, enum decimal_sign sign)
{
	buffer_clear(&sum);
	if ((*a != '\0' && decimal_add(&sum, a, DECIMAL_PLUS) == -1) ||
	    decimal_add(&sum, b, sign) == -1)
		return "none";
	return buffer_text(&sum);
}

#define plus(a, b, wanted) \
	ok(strcmp(result(a, b, DECIMAL_PLUS), wanted) == 0, \
	    a " + " b " = " wanted)
#define minus(a, b, wanted) \
	ok(strcmp(result(a, b, DECIMAL_MINUS), wanted) == 0, \
	    a " - " b " = " wanted)

static void
test_sums(void)
{
	plus("", "1250.10", "1250.10");
	plus("0.1", "0.2", "0.3");
	plus("1250.10", "0", "1250.10");
	plus("999.99", "0.01", "1000.00");
	plus("99999999999999999999999999999999.9", "0.1",
	    "100000000000000000000000000000000.0");
	plus("-5", "3", "-2");
	plus("3", "-5", "-2");
	plus("-1.50", "1.5", "0.00");
	plus("-0.00", "-0", "0.00");
	plus("007", "1", "8");
	plus("+7", "1", "8");
	plus("1E+3", "0.5", "1000.5");
	plus("12.345e1", "0", "123.45");
	plus("12e-4", "1", "1.0012");
	plus("1.5e0", "-15E-1", "0.0");
	minus("1", "0.01", "0.99");
	minus("1", "1000", "-999");
	minus("-1", "-1", "0");
}

static void
test_refusals(void)
{
	static const char *const bad[] = { "", "-", ".5", "5.", "1,5", "abc",
		"1e", "1e+", "1e9999", "1e-9999", "1 ", " 1", "--1", "0x10",
		"NaN", "1e1.5", "1e99999999999999999999" };
	char nines[DECIMAL_DIGITS_MAX + 1];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(!decimal_valid(bad[i]) && strcmp(result("1", bad[i],
		    DECIMAL_PLUS), "none") == 0 && strcmp(buffer_text(&sum),
		    "1") == 0, "what is no decimal leaves the sum");
	memset(nines, '9', sizeof(nines));
	nines[DECIMAL_DIGITS_MAX] = '\0';
	ok(strcmp(result("1", nines, DECIMAL_PLUS), "none") == 0,
	    "a sum of too many digits is refused");
	nines[DECIMAL_PLACES_MAX + 1] = '\0';
	ok(!decimal_valid(nines), "so is a summand of too many");
	nines[DECIMAL_PLACES_MAX] = '\0';
	ok(decimal_valid(nines) && strlen(result("1", nines, DECIMAL_PLUS)) ==
	    DECIMAL_PLACES_MAX + 1, "the longest can be added");
	ok(decimal_is_zero("-0.00") && decimal_is_zero("0e5") &&
	    decimal_is_zero("") && !decimal_is_zero("0.01") &&
	    !decimal_is_zero("1e5"), "a zero is known");
}

/* Beside integers of the machine: cents, written with two digits. */
static void
test_random(void)
{
	char text[32], wanted[32];
	long long cents, total = 0, size;
	unsigned seed = 1;
	int i;

	buffer_clear(&sum);
	for (i = 0; i < 10000; i++) {
		seed = seed * 1103515245 + 12345;
		cents = (long long)(seed >> 8) - (1 << 23);
		size = cents < 0 ? -cents : cents;
		snprintf(text, sizeof(text), "%s%lld.%02lld", cents < 0 ?
		    "-" : "", size / 100, size % 100);
		total += i % 3 == 0 ? -cents : cents;
		if (decimal_add(&sum, text, i % 3 == 0 ? DECIMAL_MINUS :
		    DECIMAL_PLUS) == -1)
			break;
		size = total < 0 ? -total : total;
		snprintf(wanted, sizeof(wanted), "%s%lld.%02lld", total < 0 ?
		    "-" : "", size / 100, size % 100);
		if (strcmp(wanted, buffer_text(&sum)) != 0)
			break;
	}
	ok(i == 10000, "random sums are those of integers");
}

int
main(void)
{
	buffer_init(&sum, 4096);
	test_sums();
	test_refusals();
	test_random();
	buffer_free(&sum);
	return tap_end();
}
