/*
 * error: what went wrong, said once, where it was noticed.
 *
 * A function that can fail takes a struct error * (never NULL), returns -1
 * (or NULL) and fills it; the tool's main prints the message and exits with
 * the code.  The message is one line "what happened, to which object: why;
 * what to do", lower case, without a final full stop, and never holds a
 * secret or a payload.
 */
#ifndef LEDGERPIPE_ERROR_H
#define LEDGERPIPE_ERROR_H

#include "exitcode.h"

#define ERROR_MESSAGE_MAX 1024

struct error {
	enum exitcode code;
	char message[ERROR_MESSAGE_MAX]; /* always terminated; cut if longer */
};

/* Fill *error and return -1, so that a caller can say return error_set(...).
 * utf8_tame makes the message one line of plain text. */
int error_set(struct error *error, enum exitcode code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with ": strerror(errno)" behind it. */
int error_errno(struct error *error, enum exitcode code, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

#endif
