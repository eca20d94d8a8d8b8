/* SPDX-License-Identifier: MIT */
/*
 * Does verify's comparison tell by its time how much of a signature is right?
 *
 *   signature [ROUNDS]
 *
 * Forged signatures that differ from the right one in their first digit, and
 * others that do in their last, are checked in a random order; Welch's t tells
 * whether the two differ in time.  Below 4.5 they don't (the usual bound of such
 * tests).  A comparison that stops at the first difference is measured in
 * the same way, for what the method can see.
 */
#include <math.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "verify/signature.h"

#define ROUNDS 400000
#define NOW_MS 1531420618000LL

struct moments {
	double count, mean, squares;
};

static char key[] = "8f742231b10e8888abcd99yyyzzz85a5";
static const struct secret secret = { key, sizeof(key) - 1 };
static char right[68], *forged[2];

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static bool
ours(const char *signature)
{
	struct signature_request request = { "1531420618", signature, "body",
		4 };

	return signature_check(&request, &secret, 1, 300, NOW_MS) ==
	    SIGNATURE_AUTHENTIC;
}

/* Digit by digit, to the first that differs. */
static bool
naive(const char *signature)
{
	size_t i;

	for (i = 0; i < 67; i++)
		if (((const volatile char *)signature)[i] != right[i])
			return false;
	return true;
}

static void
add(struct moments *moments, double value)
{
	double delta = value - moments->mean;

	moments->count++;
	moments->mean += delta / moments->count;
	moments->squares += delta * (value - moments->mean);
}

/* What another process took the machine for is left out: ceiling, in ns. */
static void
measure(const char *name, bool (*check)(const char *), long rounds,
    double ceiling)
{
	struct moments moments[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
	double begin, took, t;
	long i;
	int late, same = 0;

	for (i = 0; i < rounds; i++) {
		late = (int)randombytes_uniform(2);
		begin = now();
		same += check(forged[late]);
		took = now() - begin;
		if (took < ceiling)
			add(&moments[late], took);
	}
	t = (moments[0].mean - moments[1].mean) / sqrt(moments[0].squares /
	    (moments[0].count - 1) / moments[0].count + moments[1].squares /
	    (moments[1].count - 1) / moments[1].count);
	printf("%-28s early %7.1f ns  late %7.1f ns  t %8.2f%s\n", name,
	    moments[0].mean, moments[1].mean, t, same != 0 ?
	    "  a forged one was taken" : "");
}

/* The right one, found as its owner would. */
static void
sign(void)
{
	static const char text[] = "v0:1531420618:body";
	unsigned char digest[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, (const unsigned char *)key,
	    sizeof(key) - 1);
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)text,
	    sizeof(text) - 1);
	crypto_auth_hmacsha256_final(&state, digest);
	memcpy(right, "v0=", 3);
	sodium_bin2hex(right + 3, 65, digest, sizeof(digest));
}

int
main(int argc, char **argv)
{
	long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : ROUNDS;

	if (sodium_init() == -1)
		return 71;
	sign();
	if (!ours(right))
		return 70;
	forged[0] = strdup(right);
	forged[1] = strdup(right);
	if (forged[0] == NULL || forged[1] == NULL)
		return 71;
	forged[0][3] = forged[0][3] == '0' ? '1' : '0';
	forged[1][66] = forged[1][66] == '0' ? '1' : '0';
	measure("signature_check", ours, rounds, 20000);
	measure("stopping at a difference", naive, rounds, 1000);
	free(forged[0]);
	free(forged[1]);
	return 0;
}
