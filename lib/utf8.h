/*
 * utf8: the well-formed UTF-8 of RFC 3629 (no surrogates, no overlong forms).
 */
#ifndef LEDGERPIPE_UTF8_H
#define LEDGERPIPE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes (1 to 4) of the code point that starts text, 0 if it isn't one.
 * count is what there is to read, at least 1. */
size_t utf8_step(const char *text, size_t count);

/* How many bytes at text's start stand in a JSON string as they do here and are
 * ASCII: no controls, quotes or backslashes. */
size_t utf8_plain(const char *text, size_t count);

/* Write code point (not a surrogate, <= 0x10ffff) to out; returns its bytes. */
size_t utf8_encode(uint32_t point, char out[4]);

/* Make text one line that a terminal takes for nothing but text: controls (of
 * C1 too), marks that turn the direction of writing, and bytes that are no
 * UTF-8 become '?'. */
void utf8_tame(char *text);

/* How many code points text has; a byte that starts none counts as one. */
size_t utf8_length(const char *text, size_t count);

/* Bytes of the first most code points of text, counted in the same way. */
size_t utf8_cut(const char *text, size_t most);

#endif
