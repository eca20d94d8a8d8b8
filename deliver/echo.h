/*
 * echo: what goes to standard output, once it is durable: STATE values, and
 * receipts where they are wanted.
 *
 * Lines are appended within a transaction and written behind its commit, as
 * fast as standard output takes them without blocking.
 */
#ifndef LEDGERPIPE_DELIVER_ECHO_H
#define LEDGERPIPE_DELIVER_ECHO_H

#include <stdbool.h>

#include "buffer.h"
#include "error.h"

struct echo {
	struct buffer lines;
	size_t durable; /* bytes of it that may be written */
	bool receipts;  /* are wanted */
};

void echo_init(struct echo *echo, bool receipts);
void echo_free(struct echo *echo);
/* Append a line; the newline is added.  -1: more waits than there is room. */
int echo_line(struct echo *echo, const char *text, size_t length);
void echo_committed(struct echo *echo);   /* all of it is durable now */
void echo_rolled_back(struct echo *echo); /* forget what isn't */
bool echo_pending(const struct echo *echo);
/* Write what is durable, as much as is taken now.  Errors: EXIT_IO: nobody
 * reads any more; all is forgotten then. */
int echo_flush(struct echo *echo, struct error *error);

#endif
