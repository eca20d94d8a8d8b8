/*
 * request: one input of the fuzzer and of its corpus, tried on verify's reading
 * of headers and bodies.
 *
 * The first line of an input is the Content-Type, the second one the timestamp,
 * the third one the signature; the rest is the body.
 */
#ifndef LEDGERPIPE_TESTS_FUZZ_REQUEST_H
#define LEDGERPIPE_TESTS_FUZZ_REQUEST_H

#include <stddef.h>

/* What is wrong with what came of it; NULL: nothing. */
const char *request_try(const char *input, size_t length);

#endif
