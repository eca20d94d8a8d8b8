/*
 * words: lists of words in a text, as OAuth writes its scopes.
 */
#ifndef LEDGERPIPE_WORDS_H
#define LEDGERPIPE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* Is the word of length bytes one of the words, between which stand one or more
 * of the separators? */
bool words_have(const char *words, const char *separators, const char *word,
    size_t length);

#endif
