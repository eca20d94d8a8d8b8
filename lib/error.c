/* SPDX-License-Identifier: MIT */
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void
one_line(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

int
error_set(struct error *error, enum exitcode code, const char *format, ...)
{
	va_list ap;

	error->code = code;
	va_start(ap, format);
	vsnprintf(error->message, sizeof(error->message), format, ap);
	va_end(ap);
	one_line(error->message);
	return -1;
}

int
error_errno(struct error *error, enum exitcode code, const char *format, ...)
{
	int number = errno;
	size_t used;
	va_list ap;

	error->code = code;
	va_start(ap, format);
	vsnprintf(error->message, sizeof(error->message), format, ap);
	va_end(ap);
	used = strlen(error->message);
	snprintf(error->message + used, sizeof(error->message) - used, ": %s",
	    strerror(number));
	one_line(error->message);
	return -1;
}
