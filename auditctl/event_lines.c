/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* tee */
#include "auditctl/event_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define LINE_BYTES_MAX ((size_t)64 << 20)
#define REST_MS 10 /* for the rest of a line that is being written */

static int
cannot_read(struct error *error)
{
	return error_errno(error, EXIT_IO, "cannot read standard input");
}

static int
append(struct event_lines *lines, const char *bytes, size_t count,
    struct error *error)
{
	return buffer_append(&lines->line, bytes, count) == 0 ? 0 :
	    error_set(error, EXIT_SYSTEM, "out of memory, or a line is over "
	    "%zu bytes", LINE_BYTES_MAX);
}

static void
close_copy(struct event_lines *lines)
{
	if (lines->copy[0] == -1)
		return;
	close(lines->copy[0]);
	close(lines->copy[1]);
	lines->copy[0] = lines->copy[1] = -1;
}

int
event_lines_open(struct event_lines *lines, struct error *error)
{
	int size = fcntl(STDIN_FILENO, F_GETPIPE_SZ);

	*lines = (struct event_lines){ .copy = { -1, -1 } };
	buffer_init(&lines->line, LINE_BYTES_MAX);
	buffer_init(&lines->seen, LINE_BYTES_MAX);
	if (size == -1)
		return 0;
	if (pipe2(lines->copy, O_CLOEXEC) == -1)
		return error_errno(error, EXIT_SYSTEM, "cannot make a pipe");
	lines->size = (size_t)size;
	/* Of a pipe that is larger than one of ours may be, not all is seen. */
	if (fcntl(lines->copy[1], F_GETPIPE_SZ) < size &&
	    fcntl(lines->copy[1], F_SETPIPE_SZ, size) == -1)
		close_copy(lines);
	return 0;
}

void
event_lines_close(struct event_lines *lines)
{
	buffer_free(&lines->line);
	buffer_free(&lines->seen);
	close_copy(lines);
}

/* What the pipe holds, without taking it out: its bytes; 0: at its end. */
static ssize_t
look(struct event_lines *lines)
{
	char chunk[4096];
	ssize_t count, got;
	size_t left;

	do
		count = tee(STDIN_FILENO, lines->copy[1], lines->size, 0);
	while (count == -1 && errno == EINTR);
	buffer_clear(&lines->seen);
	for (left = count > 0 ? (size_t)count : 0; left > 0;
	    left -= (size_t)got) {
		got = read(lines->copy[0], chunk, left < sizeof(chunk) ? left :
		    sizeof(chunk));
		if (got <= 0 || buffer_append(&lines->seen, chunk,
		    (size_t)got) == -1)
			return -1;
	}
	return count;
}

/* Has whoever wrote it gone? */
static bool
is_hung_up(void)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&in, 1, 0) == 1 && (in.revents & POLLHUP) != 0;
}

static int
next_of_pipe(struct event_lines *lines, struct error *error)
{
	const char *text, *newline;
	ssize_t count;

	for (;;) {
		if ((count = look(lines)) == -1)
			return cannot_read(error);
		if (count == 0)
			return lines->line.length > 0;
		text = buffer_text(&lines->seen);
		newline = memchr(text, '\n', (size_t)count);
		if (newline != NULL)
			count = newline - text + 1;
		else if ((size_t)count < lines->size / 4 && !is_hung_up()) {
			poll(NULL, 0, REST_MS);
			continue;
		}
		if (append(lines, text, (size_t)count, error) == -1)
			return -1;
		lines->in_pipe = (size_t)count;
		if (newline != NULL)
			return 1;
		if (event_lines_done(lines, error) == -1)
			return -1;
	}
}

/* Byte by byte, so that none behind the line is read. */
static int
next_of_file(struct event_lines *lines, struct error *error)
{
	ssize_t got;
	char byte;

	do {
		while ((got = read(STDIN_FILENO, &byte, 1)) == -1 &&
		    errno == EINTR)
			;
		if (got == -1)
			return cannot_read(error);
		if (got == 0)
			return lines->line.length > 0;
		if (append(lines, &byte, 1, error) == -1)
			return -1;
	} while (byte != '\n');
	return 1;
}

int
event_lines_next(struct event_lines *lines, struct error *error)
{
	buffer_clear(&lines->line);
	return lines->copy[0] != -1 ? next_of_pipe(lines, error) :
	    next_of_file(lines, error);
}

int
event_lines_done(struct event_lines *lines, struct error *error)
{
	char chunk[4096];
	ssize_t got;

	for (; lines->in_pipe > 0; lines->in_pipe -= (size_t)got) {
		got = read(STDIN_FILENO, chunk, lines->in_pipe <
		    sizeof(chunk) ? lines->in_pipe : sizeof(chunk));
		if (got == -1 && errno == EINTR)
			got = 0;
		else if (got <= 0)
			return cannot_read(error);
	}
	return 0;
}
