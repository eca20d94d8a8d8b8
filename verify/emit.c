/* SPDX-License-Identifier: MIT */
#include "verify/emit.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "list.h"
#include "log.h"
#include "verify/signature.h"

#define LINE_BYTES_MAX (32 * SIGNATURE_BODY_MAX)
#define RETRY_MS 1000
#define WRITES_MAX 64 /* a turn: requests come between */

/* The next line, if there is one, is at hand afterwards. */
static int
load(struct emit *emit, struct error *error)
{
	int rc;

	if (emit->at < emit->line.length || !emit->more)
		return 0;
	buffer_clear(&emit->line);
	emit->at = 0;
	rc = spool_next(emit->spool, &emit->loaded, &emit->line, error);
	if (rc == 1 && buffer_puts(&emit->line, "\n") == -1)
		rc = error_set(error, EXIT_SYSTEM, "out of memory");
	emit->more = rc == 1;
	return rc == -1 ? -1 : 0;
}

int
emit_open(struct emit *emit, struct spool *spool, struct error *error)
{
	struct stat status;

	*emit = (struct emit){ .spool = spool, .more = true };
	buffer_init(&emit->line, LINE_BYTES_MAX);
	emit->pipe = fstat(STDOUT_FILENO, &status) == 0 &&
	    S_ISFIFO(status.st_mode);
	if (load(emit, error) == -1)
		return -1;
	if (emit->line.length <= PIPE_BUF)
		return 0;
	/* The end of the line that may have been begun. */
	if (buffer_puts(&emit->line, "\n") == -1)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	memmove(emit->line.data + 1, emit->line.data, emit->line.length - 1);
	emit->line.data[0] = '\n';
	return 0;
}

void
emit_close(struct emit *emit)
{
	buffer_free(&emit->line);
	free(emit->lines);
}

bool
emit_wants(const struct emit *emit)
{
	return emit->more || emit->at < emit->line.length;
}

static int
line_written(struct emit *emit, struct error *error)
{
	struct emit_line *lines = list_grow(emit->lines, emit->count,
	    &emit->capacity, sizeof(*lines));

	if (lines == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	emit->lines = lines;
	lines[emit->count++] = (struct emit_line){ emit->loaded,
		emit->written };
	return 0;
}

static void
output_failed(struct emit *emit, int64_t now_ms)
{
	if (emit->retry_ms == 0)
		log_error("events can't be written to stdout: %s; they are "
		    "kept, and it is tried again", strerror(errno));
	emit->retry_ms = now_ms + RETRY_MS;
}

/* As much of the line as output takes without waiting. 1: it takes no more. */
static int
write_some(struct emit *emit, int64_t now_ms)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
	size_t count = emit->line.length - emit->at;
	ssize_t done;

	if (poll(&out, 1, 0) != 1)
		return 1;
	/* So much a pipe takes without blocking when it takes any. */
	if (count > PIPE_BUF)
		count = PIPE_BUF;
	done = write(STDOUT_FILENO, emit->line.data + emit->at, count);
	if (done == -1) {
		if (errno != EAGAIN && errno != EINTR)
			output_failed(emit, now_ms);
		return 1;
	}
	if (emit->retry_ms != 0)
		log_info("events can be written to stdout again: going on");
	emit->retry_ms = 0;
	emit->at += (size_t)done;
	emit->written += (uint64_t)done;
	return 0;
}

int
emit_write(struct emit *emit, int64_t now_ms, struct error *error)
{
	int writes;

	if (emit->retry_ms > now_ms)
		return 0;
	for (writes = 0; writes < WRITES_MAX; writes++) {
		if (load(emit, error) == -1)
			return -1;
		if (emit->at == emit->line.length)
			return 0;
		if (write_some(emit, now_ms) == 1)
			return 0;
		if (emit->at == emit->line.length &&
		    line_written(emit, error) == -1)
			return -1;
	}
	return 0;
}

int64_t
emit_left(struct emit *emit)
{
	uint64_t read = emit->written;
	int held = 0;
	size_t i;

	/* What an earlier process left in the pipe is read before ours. */
	if (emit->pipe && ioctl(STDOUT_FILENO, FIONREAD, &held) == 0)
		read -= (uint64_t)held < read ? (uint64_t)held : read;
	for (i = 0; i < emit->count && emit->lines[i].end <= read; i++)
		emit->left = emit->lines[i].sequence;
	emit->count -= i;
	if (i > 0)
		memmove(emit->lines, emit->lines + i,
		    emit->count * sizeof(*emit->lines));
	return emit->left;
}
