/* SPDX-License-Identifier: MIT */
#include "words.h"

#include <string.h>

bool
words_have(const char *words, const char *separators, const char *word,
    size_t length)
{
	size_t next;

	for (; *words != '\0'; words += next, words += strspn(words,
	    separators)) {
		next = strcspn(words, separators);
		if (next == length && memcmp(words, word, length) == 0)
			return true;
	}
	return false;
}
