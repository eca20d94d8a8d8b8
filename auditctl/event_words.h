/*
 * event_words: what the audit log says of a message, in words.
 */
#ifndef LEDGERPIPE_AUDITCTL_EVENT_WORDS_H
#define LEDGERPIPE_AUDITCTL_EVENT_WORDS_H

#include "buffer.h"

/* What an event says, such as "sent"; one that isn't known is its own name. */
const char *event_sentence(const char *event);
/* Append that, and what its detail (JSON, or NULL) tells beside what the message
 * says itself; on one line, which is safe for a terminal. */
void event_words(struct buffer *out, const char *event, const char *detail);

#endif
