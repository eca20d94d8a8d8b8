/*
 * base64: RFC 4648, with the plain alphabet or the one for URLs.
 */
#ifndef SANDBOX_BASE64_H
#define SANDBOX_BASE64_H

#include <stddef.h>
#include <sys/types.h>

/* As HTTP's Basic has it: the plain alphabet, padded.  -1: out is too small. */
int base64_encode(const void *bytes, size_t count, char *out, size_t size);
/* As JWTs have it: the alphabet for URLs, not padded. */
int base64url_encode(const void *bytes, size_t count, char *out, size_t size);
/* Either alphabet, padded or not, into at most size bytes: how many they are,
 * -1: it is none, or too long. */
ssize_t base64_decode(const char *text, size_t length, void *out,
    size_t size);

#endif
