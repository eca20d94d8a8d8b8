/*
 * emoji: the few emoji that messages of this kind use, by Slack's names.
 */
#ifndef LEDGERPIPE_TRANSFORM_EMOJI_H
#define LEDGERPIPE_TRANSFORM_EMOJI_H

#include <stddef.h>

/* The character in UTF-8; NULL for a name that isn't known. */
const char *emoji_find(const char *name, size_t length);
/* Does text start with a known :name:?  Its character, *length the bytes that
 * stand for it; else NULL. */
const char *emoji_read(const char *text, size_t count, size_t *length);

#endif
