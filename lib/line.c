/* SPDX-License-Identifier: MIT */
#include "line.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define CHUNK 65536

void
line_open(struct line_reader *reader, int fd)
{
	*reader = (struct line_reader){ .fd = fd };
	/* One byte for the newline and a chunk read beyond it. */
	buffer_init(&reader->buffer, LINE_MAX_BYTES + 1 + CHUNK);
}

void
line_close(struct line_reader *reader)
{
	buffer_free(&reader->buffer);
}

int
line_put_back(struct line_reader *reader, const char *bytes, size_t count,
    uint64_t lines)
{
	size_t left = reader->buffer.length - reader->at;
	struct buffer buffer;

	/* What is left may be given back too. */
	buffer_init(&buffer, count + left);
	if (buffer_append(&buffer, bytes, count) == -1 || (left > 0 &&
	    buffer_append(&buffer, reader->buffer.data + reader->at,
	    left) == -1)) {
		buffer_free(&buffer);
		return -1;
	}
	buffer_free(&reader->buffer);
	buffer.ceiling = reader->buffer.ceiling;
	reader->buffer = buffer;
	reader->at = reader->scanned = 0;
	reader->number -= lines;
	reader->again += lines;
	return 0;
}

/* 1: bytes came, 0: the end, -1: error, -2: nothing now. */
static int
more(struct line_reader *reader, struct error *error)
{
	char chunk[CHUNK];
	ssize_t count;

	do
		count = read(reader->fd, chunk, sizeof(chunk));
	while (count == -1 && errno == EINTR);
	if (count == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return -2;
	if (count == -1)
		return error_errno(error, EXIT_IO, "cannot read the input");
	if (count == 0) {
		reader->ended = true;
		return 0;
	}
	if (buffer_append(&reader->buffer, chunk, (size_t)count) == -1)
		return error_set(error, EXIT_SYSTEM,
		    "cannot hold a line of the input: out of memory");
	return 1;
}

static enum line_result
torn(struct line_reader *reader, const char **text, size_t *length)
{
	/* A line that was too long isn't whole either. */
	if (!reader->skipping && reader->at == reader->buffer.length)
		return LINE_END;
	reader->skipping = false;
	reader->number++;
	*text = reader->buffer.data + reader->at;
	*length = reader->buffer.length - reader->at;
	reader->at = reader->scanned = reader->buffer.length;
	return LINE_TORN;
}

/* Drop what was given out, and of an endless line all but its presence. */
static void
make_room(struct line_reader *reader)
{
	if (reader->at > 0) {
		buffer_consume(&reader->buffer, reader->at);
		reader->scanned -= reader->at;
		reader->at = 0;
	}
	if (reader->buffer.length > LINE_MAX_BYTES) {
		reader->skipping = true;
		buffer_clear(&reader->buffer);
		reader->scanned = 0;
	}
}

enum line_result
line_next(struct line_reader *reader, const char **text, size_t *length,
    struct error *error)
{
	char *newline;
	int got;

	for (;;) {
		newline = reader->buffer.length > reader->scanned ?
		    memchr(reader->buffer.data + reader->scanned, '\n',
		    reader->buffer.length - reader->scanned) : NULL;
		if (newline != NULL) {
			*text = reader->buffer.data + reader->at;
			*length = (size_t)(newline - *text);
			*newline = '\0';
			reader->at += *length + 1;
			reader->scanned = reader->at;
			reader->number++;
			if (reader->again > 0) /* before what is passed over */
				reader->again--;
			else if (reader->skipping) {
				reader->skipping = false;
				return LINE_TOO_LONG;
			}
			return *length > LINE_MAX_BYTES ? LINE_TOO_LONG :
			    LINE_OK;
		}
		reader->scanned = reader->buffer.length;
		if (reader->ended)
			return torn(reader, text, length);
		make_room(reader);
		if ((got = more(reader, error)) == -1)
			return LINE_ERROR;
		if (got == -2)
			return LINE_AGAIN;
	}
}

int
write_all(int fd, const void *bytes, size_t count, struct error *error)
{
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	const char *at = bytes;
	ssize_t written;

	while (count > 0) {
		written = write(fd, at, count);
		if (written == -1 && errno == EAGAIN) {
			poll(&wait, 1, -1);
			continue;
		}
		if (written == -1 && errno == EINTR)
			continue;
		if (written == -1)
			return error_errno(error, EXIT_IO,
			    "cannot write the output");
		at += written;
		count -= (size_t)written;
	}
	return 0;
}
