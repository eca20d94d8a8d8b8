/* SPDX-License-Identifier: MIT */
#include "deliver/echo.h"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "line.h"

#define ECHO_MAX ((size_t)64 << 20)

void
echo_init(struct echo *echo, bool receipts)
{
	*echo = (struct echo){ .receipts = receipts };
	buffer_init(&echo->lines, ECHO_MAX);
}

void
echo_free(struct echo *echo)
{
	buffer_free(&echo->lines);
}

int
echo_line(struct echo *echo, const char *text, size_t length)
{
	size_t before = echo->lines.length;

	if (buffer_append(&echo->lines, text, length) == 0 &&
	    buffer_append(&echo->lines, "\n", 1) == 0)
		return 0;
	echo->lines.length = before;
	return -1;
}

void
echo_committed(struct echo *echo)
{
	echo->durable = echo->lines.length;
}

void
echo_rolled_back(struct echo *echo)
{
	echo->lines.length = echo->durable;
	echo->lines.failed = false;
}

bool
echo_pending(const struct echo *echo)
{
	return echo->durable > 0;
}

int
echo_flush(struct echo *echo, struct error *error)
{
	struct pollfd wait = { .fd = STDOUT_FILENO, .events = POLLOUT };
	size_t done = 0, count;
	int rc = 0;

	while (done < echo->durable && poll(&wait, 1, 0) == 1) {
		/* So much a pipe takes without blocking when it takes any. */
		count = echo->durable - done;
		if (count > PIPE_BUF)
			count = PIPE_BUF;
		if ((rc = write_all(STDOUT_FILENO, echo->lines.data + done,
		    count, error)) == -1) {
			done = echo->durable;
			break;
		}
		done += count;
	}
	if (done > 0)
		buffer_consume(&echo->lines, done);
	echo->durable -= done;
	return rc;
}
