/*
 * log: what a tool says to its operator, on stderr, one line each.
 *
 * Text "tool: message", or with json one object a line with time, tool, level
 * and message.  Never a payload, never a secret.  Used by the tools only.
 */
#ifndef LEDGERPIPE_LOG_H
#define LEDGERPIPE_LOG_H

#include "error.h"

/* tool: a string that lives on.  format: NULL, "text" or "json"; -1 else. */
int log_open(const char *tool, const char *format);
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* On a terminal, show what goes on in a line that the next one is written
 * over; NULL takes it away.  Elsewhere, nothing. */
void log_status(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Log the error and give its exit status: a main's last words. */
int log_failure(const struct error *error);
/* Flush and close stdout: rc, or EXIT_IO (logged) when that fails. */
int log_close_stdout(int rc);

#endif
