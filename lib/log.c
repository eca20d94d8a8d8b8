/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "clock.h"
#include "utf8.h"

#define LOG_LINE_MAX 8192
#define ERASE "\r\033[K"

static const char *log_tool = "ledgerpipe";
static bool log_json;
static bool log_shown; /* a status stands on the terminal's last line */

int
log_open(const char *tool, const char *format)
{
	log_tool = tool;
	log_json = format != NULL && strcmp(format, "json") == 0;
	return format == NULL || log_json || strcmp(format, "text") == 0 ?
	    0 : -1;
}

static void log_line(const char *level, const char *format, va_list ap)
    __attribute__((format(printf, 2, 0)));

static void
log_line(const char *level, const char *format, va_list ap)
{
	char message[2048], time[CLOCK_TEXT];
	struct buffer line;
	ssize_t ignored;

	vsnprintf(message, sizeof(message), format, ap);
	utf8_tame(message);
	buffer_init(&line, LOG_LINE_MAX);
	if (log_json) {
		clock_now(time);
		buffer_puts(&line, "{");
		buffer_json_member(&line, "time", time);
		buffer_json_member(&line, "tool", log_tool);
		buffer_json_member(&line, "level", level);
		buffer_json_member(&line, "message", message);
		buffer_puts(&line, "}\n");
	} else
		buffer_printf(&line, "%s%s: %s\n", log_shown ? ERASE : "",
		    log_tool, message);
	log_shown = false;
	/* One write, so that lines of several tools don't mix. */
	ignored = write(STDERR_FILENO, buffer_text(&line), line.length);
	(void)ignored;
	buffer_free(&line);
}

void
log_error(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	log_line("error", format, ap);
	va_end(ap);
}

void
log_warning(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	log_line("warning", format, ap);
	va_end(ap);
}

void
log_info(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	log_line("info", format, ap);
	va_end(ap);
}

void
log_status(const char *format, ...)
{
	char text[512], line[600];
	ssize_t ignored;
	va_list ap;

	if (log_json || !isatty(STDERR_FILENO) ||
	    (format == NULL && !log_shown))
		return;
	text[0] = '\0';
	if (format != NULL) {
		va_start(ap, format);
		vsnprintf(text, sizeof(text), format, ap);
		va_end(ap);
	}
	log_shown = format != NULL;
	snprintf(line, sizeof(line), ERASE "%s%s%s", log_shown ? log_tool : "",
	    log_shown ? ": " : "", text);
	ignored = write(STDERR_FILENO, line, strlen(line));
	(void)ignored;
}

int
log_failure(const struct error *error)
{
	log_error("%s", error->message);
	return error->code;
}

int
log_close_stdout(int rc)
{
	if (fflush(stdout) == EOF || ferror(stdout) ||
	    (close(STDOUT_FILENO) == -1 && errno != EBADF)) {
		log_error("cannot write to stdout: %s", strerror(errno));
		return rc == EXIT_DONE ? EXIT_IO : rc;
	}
	return rc;
}
