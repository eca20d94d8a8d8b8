/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* execvpe */
#include "auditctl/filter_run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auditctl/auditctl.h"

#define PATH_BYTES_MAX ((size_t)PATH_MAX + 32)
#define NOT_RUN 127 /* as a shell says it */

struct child {
	pid_t pid;
	int in, out; /* our ends; -1: closed */
};

static void
close_end(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

/* Both ends above the standard descriptors, and for no other program. */
static int
make_pipe(int ends[2])
{
	int raw[2], i;

	if (pipe(raw) == -1)
		return -1;
	for (i = 0; i < 2; i++)
		ends[i] = fcntl(raw[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	close(raw[0]);
	close(raw[1]);
	if (ends[0] != -1 && ends[1] != -1)
		return 0;
	close_end(&ends[0]);
	close_end(&ends[1]);
	return -1;
}

/* In the child: nothing here is to be undone. */
static _Noreturn void
become(const char *beside, const char *config, int in, int out)
{
	const char *words[] = { "transform", "--config", config, NULL };
	const char *path = getenv("PATH");
	char variable[PATH_BYTES_MAX + 8];
	const char *environment[] = { NULL, NULL };

	if (path != NULL && strlen(path) < PATH_BYTES_MAX) {
		snprintf(variable, sizeof(variable), "PATH=%s", path);
		environment[0] = variable;
	}
	if (dup2(in, STDIN_FILENO) == -1 || dup2(out, STDOUT_FILENO) == -1)
		_exit(NOT_RUN);
	execve(beside, (char *const *)words, (char *const *)environment);
	if (errno == ENOENT)
		execvpe("transform", (char *const *)words,
		    (char *const *)environment);
	_exit(NOT_RUN);
}

static int
start(struct child *child, const char *config, struct error *error)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 };
	struct buffer path;
	int rc = -1;

	*child = (struct child){ .pid = -1, .in = -1, .out = -1 };
	buffer_init(&path, PATH_BYTES_MAX);
	if (program_path(&path, "transform", error) == -1)
		goto out;
	if (make_pipe(in) == -1 || make_pipe(out) == -1 ||
	    fcntl(in[1], F_SETFL, O_NONBLOCK) == -1 ||
	    (child->pid = fork()) == -1) {
		error_errno(error, EXIT_SYSTEM, "cannot start transform");
		goto out;
	}
	if (child->pid == 0)
		become(path.data, config, in[0], out[1]);
	child->in = in[1];
	child->out = out[0];
	in[1] = out[0] = -1;
	rc = 0;
out:
	close_end(&in[0]);
	close_end(&in[1]);
	close_end(&out[0]);
	close_end(&out[1]);
	buffer_free(&path);
	return rc;
}

/* As much as the pipe takes.  One that is gone takes nothing more; its exit
 * status will tell. */
static void
feed(struct child *child, const struct buffer *input, size_t *sent)
{
	ssize_t count = write(child->in, input->data + *sent,
	    input->length - *sent);

	if (count > 0)
		*sent += (size_t)count;
	else if (errno != EAGAIN && errno != EINTR)
		*sent = input->length;
	if (*sent == input->length)
		close_end(&child->in);
}

/* 1: there may be more; 0: it has ended. */
static int
take(struct child *child, struct buffer *output, struct error *error)
{
	char chunk[65536];
	ssize_t count = read(child->out, chunk, sizeof(chunk));

	if (count == -1)
		return errno == EINTR ? 1 : error_errno(error, EXIT_IO,
		    "cannot read what transform writes");
	if (buffer_append(output, chunk, (size_t)count) == -1)
		return error_set(error, EXIT_SYSTEM, "what the filters make of "
		    "these records is too much at once: name fewer messages");
	return count > 0;
}

/* Both ways at once, for either pipe may be full. */
static int
talk(struct child *child, const struct buffer *input, struct buffer *output,
    struct error *error)
{
	size_t sent = 0;
	int rc = 1;

	while (rc == 1) {
		struct pollfd ends[] = { { child->out, POLLIN, 0 },
			{ child->in, POLLOUT, 0 } };

		if (poll(ends, 2, -1) == -1 && errno != EINTR)
			return error_errno(error, EXIT_SYSTEM, "cannot wait "
			    "for transform");
		if (ends[1].revents != 0)
			feed(child, input, &sent);
		if (ends[0].revents != 0)
			rc = take(child, output, error);
	}
	return rc;
}

/* Rejected records are no failure: they are in its lines. */
static int
finish(struct child *child, struct error *error)
{
	int status;

	while (waitpid(child->pid, &status, 0) == -1)
		if (errno != EINTR)
			return error_errno(error, EXIT_SYSTEM, "cannot tell "
			    "how transform ended");
	if (!WIFEXITED(status))
		return error_set(error, EXIT_SYSTEM, "transform was ended by "
		    "signal %d", WTERMSIG(status));
	switch (WEXITSTATUS(status)) {
	case EXIT_DONE:
	case EXIT_DATA:
		return 0;
	case NOT_RUN:
		return error_set(error, EXIT_SYSTEM, "transform can't be run: "
		    "it is neither beside auditctl nor in PATH");
	default:
		return error_set(error, WEXITSTATUS(status), "transform ended "
		    "with status %d, and said why", WEXITSTATUS(status));
	}
}

int
filter_run(const char *config, const struct buffer *input,
    struct buffer *output, struct error *error)
{
	struct error ignored;
	struct child child;
	int rc;

	if (start(&child, config, error) == -1)
		return -1;
	rc = talk(&child, input, output, error);
	/* It ends where it reads or writes. */
	close_end(&child.in);
	close_end(&child.out);
	return finish(&child, rc == -1 ? &ignored : error) == -1 ? -1 : rc;
}
