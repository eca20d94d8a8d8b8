/*
 * buffer: a growable run of bytes with a ceiling.
 *
 * The owner of a struct buffer calls buffer_init and buffer_free.  data is
 * always followed by a NUL that length doesn't count, so text can be used as
 * a C string; data is NULL until the first append (buffer_text never is).
 * An append past the ceiling or without memory leaves the buffer as it was,
 * sets failed and returns -1; later appends fail too, so a builder may check
 * once, at the end.
 */
#ifndef LEDGERPIPE_BUFFER_H
#define LEDGERPIPE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct buffer {
	char *data;
	size_t length;
	size_t capacity;
	size_t ceiling; /* bytes, the NUL not counted */
	bool failed;
};

void buffer_init(struct buffer *buffer, size_t ceiling);
void buffer_free(struct buffer *buffer);  /* wipes nothing; see secret.h */
void buffer_clear(struct buffer *buffer); /* empty, memory kept, not failed */
const char *buffer_text(const struct buffer *buffer); /* "" when empty */
int buffer_append(struct buffer *buffer, const void *bytes, size_t count);
/* Append what is left to read of a descriptor, up to the ceiling (failed).
 * -1: errno says why it can't be read. */
int buffer_read(struct buffer *buffer, int fd);
int buffer_puts(struct buffer *buffer, const char *text);
int buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Append text as a JSON string, quotes included; bytes that aren't UTF-8
 * become U+FFFD. */
int buffer_json_string(struct buffer *buffer, const char *text, size_t count);
/* "name": before a value inside a JSON object; a comma unless it is first. */
int buffer_json_name(struct buffer *buffer, const char *name);
/* Name and string value; a NULL value is written as null. */
int buffer_json_member(struct buffer *buffer, const char *name,
    const char *value);
/* Remove the first count bytes (count <= length). */
void buffer_consume(struct buffer *buffer, size_t count);

#endif
