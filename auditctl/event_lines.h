/*
 * event_lines: lines of standard input, taken out of it only once they are
 * worked off.
 *
 * Of a pipe a line is looked at by tee(2) and stays in it until the caller has
 * done its work: whoever is killed, or fails, leaves it to the next reader.
 * (One that takes more than a quarter of the pipe, 16 KiB, is taken out to see
 * its end.)  Of anything else, such as a file, a line is read, and none behind
 * it.
 */
#ifndef LEDGERPIPE_AUDITCTL_EVENT_LINES_H
#define LEDGERPIPE_AUDITCTL_EVENT_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "error.h"

struct event_lines {
	struct buffer line; /* the one in hand, with its newline */
	struct buffer seen; /* what the pipe held */
	int copy[2];        /* a pipe of our own; -1: lines are read at once */
	size_t size;        /* of the pipe */
	size_t in_pipe;     /* so much of the line is in the pipe still */
};

/* Close it also after an error.  Errors: EXIT_IO, EXIT_SYSTEM. */
int event_lines_open(struct event_lines *lines, struct error *error);
void event_lines_close(struct event_lines *lines);
/* Wait for the next line.  1: it is in line; 0: the input is at its end. */
int event_lines_next(struct event_lines *lines, struct error *error);
/* The line was worked off: take it out. */
int event_lines_done(struct event_lines *lines, struct error *error);

#endif
