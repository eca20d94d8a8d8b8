/* SPDX-License-Identifier: MIT */
#include "buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "utf8.h"

void
buffer_init(struct buffer *buffer, size_t ceiling)
{
	*buffer = (struct buffer){ .ceiling = ceiling };
}

void
buffer_free(struct buffer *buffer)
{
	free(buffer->data);
	buffer_init(buffer, buffer->ceiling);
}

void
buffer_clear(struct buffer *buffer)
{
	buffer->length = 0;
	buffer->failed = false;
	if (buffer->data != NULL)
		buffer->data[0] = '\0';
}

const char *
buffer_text(const struct buffer *buffer)
{
	return buffer->data != NULL ? buffer->data : "";
}

static int
reserve(struct buffer *buffer, size_t more)
{
	size_t need, capacity;
	char *data;

	if (buffer->failed || more > buffer->ceiling - buffer->length) {
		buffer->failed = true;
		return -1;
	}
	need = buffer->length + more + 1;
	if (need <= buffer->capacity)
		return 0;
	capacity = buffer->capacity < 64 ? 64 : buffer->capacity;
	while (capacity < need)
		capacity *= 2;
	if ((data = realloc(buffer->data, capacity)) == NULL) {
		buffer->failed = true;
		return -1;
	}
	buffer->data = data;
	buffer->capacity = capacity;
	return 0;
}

int
buffer_append(struct buffer *buffer, const void *bytes, size_t count)
{
	if (reserve(buffer, count) == -1)
		return -1;
	if (count > 0)
		memcpy(buffer->data + buffer->length, bytes, count);
	buffer->length += count;
	buffer->data[buffer->length] = '\0';
	return 0;
}

int
buffer_read(struct buffer *buffer, int fd)
{
	char chunk[8192];
	ssize_t count;

	while ((count = read(fd, chunk, sizeof(chunk))) > 0)
		if (buffer_append(buffer, chunk, (size_t)count) == -1)
			return 0;
	return count == -1 ? -1 : 0;
}

int
buffer_puts(struct buffer *buffer, const char *text)
{
	return buffer_append(buffer, text, strlen(text));
}

int
buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list ap;
	int count;

	va_start(ap, format);
	count = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (count < 0 || reserve(buffer, (size_t)count) == -1) {
		buffer->failed = true;
		return -1;
	}
	va_start(ap, format);
	vsnprintf(buffer->data + buffer->length, (size_t)count + 1, format, ap);
	va_end(ap);
	buffer->length += (size_t)count;
	return 0;
}

/* What is no plain text inside a JSON string. */
static void
json_escape(struct buffer *buffer, unsigned char c)
{
	if (c >= 0x80)
		buffer_puts(buffer, "\xef\xbf\xbd");
	else if (c == '"' || c == '\\')
		buffer_printf(buffer, "\\%c", c);
	else if (c == '\n')
		buffer_puts(buffer, "\\n");
	else if (c == '\t')
		buffer_puts(buffer, "\\t");
	else if (c == '\r')
		buffer_puts(buffer, "\\r");
	else
		buffer_printf(buffer, "\\u%04x", c);
}

int
buffer_json_string(struct buffer *buffer, const char *text, size_t count)
{
	size_t i = 0, start = 0, step;
	char *to;

	/* With luck it fits, and goes in at once. */
	if (reserve(buffer, count + 2) == -1)
		return -1;
	to = buffer->data + buffer->length;
	*to = '"';
	i = utf8_plain(text, count);
	if (i == count) {
		memcpy(to + 1, text, count);
		memcpy(to + 1 + count, "\"", 2);
		buffer->length += count + 2;
		return 0;
	}
	buffer->length++;
	while (i < count) {
		unsigned char c = (unsigned char)text[i];

		step = c >= 0x80 ? utf8_step(text + i, count - i) : 0;
		if (step == 0) {
			buffer_append(buffer, text + start, i - start);
			json_escape(buffer, c);
			start = ++i;
		} else
			i += step;
		i += utf8_plain(text + i, count - i);
	}
	buffer_append(buffer, text + start, i - start);
	return buffer_append(buffer, "\"", 1);
}

int
buffer_json_name(struct buffer *buffer, const char *name)
{
	if (buffer->length > 0 && buffer->data[buffer->length - 1] != '{')
		buffer_puts(buffer, ",");
	buffer_json_string(buffer, name, strlen(name));
	return buffer_puts(buffer, ":");
}

int
buffer_json_member(struct buffer *buffer, const char *name, const char *value)
{
	buffer_json_name(buffer, name);
	if (value == NULL)
		return buffer_puts(buffer, "null");
	return buffer_json_string(buffer, value, strlen(value));
}

void
buffer_consume(struct buffer *buffer, size_t count)
{
	buffer->length -= count;
	memmove(buffer->data, buffer->data + count, buffer->length);
	buffer->data[buffer->length] = '\0';
}
