/* SPDX-License-Identifier: MIT */
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "utf8.h"

int
error_set(struct error *error, enum exitcode code, const char *format, ...)
{
	va_list ap;

	error->code = code;
	va_start(ap, format);
	vsnprintf(error->message, sizeof(error->message), format, ap);
	va_end(ap);
	utf8_tame(error->message);
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
	utf8_tame(error->message);
	return -1;
}
