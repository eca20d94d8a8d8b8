/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* close_range, environ */
#include "transform/foreman.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "transform/confine.h"

#define OPEN_MOST 65536
#define COMPILE_SECONDS 10 /* of CPU time, for a filter */

/* What it says, one packet each. */
struct news {
	enum { COMPILING, COMPILED, READY, FAILED } kind;
	struct foreman_filter filter;
	bool forgets;
	struct error error;
};

struct request {
	size_t at;
};

/* ---- the process's own side ------------------------------------------------ */

static void
say(int fd, const struct news *news)
{
	while (send(fd, news, sizeof(*news), MSG_NOSIGNAL) == -1 &&
	    errno == EINTR)
		;
}

struct speaker {
	int fd;
	struct news news;
};

static void
tell_filter(void *context, const char *name, const char *path,
    enum load_stage stage, const struct error *error)
{
	static const struct itimerval none = { { 0, 0 }, { 0, 0 } };
	static const struct itimerval budget = { { 0, 0 },
		{ COMPILE_SECONDS, 0 } };
	struct speaker *speaker = context;
	struct foreman_filter *filter = &speaker->news.filter;

	*filter = (struct foreman_filter){ .compiled = stage == LOAD_COMPILED };
	strncpy(filter->name, name, sizeof(filter->name) - 1);
	strncpy(filter->path, path, sizeof(filter->path) - 1);
	if (error != NULL)
		filter->error = *error;
	/* It is killed when it takes longer: the time may grow with the square
	 * of a program's length. */
	setitimer(ITIMER_PROF, stage == LOAD_COMPILING ? &budget : &none, NULL);
	speaker->news.kind = stage == LOAD_COMPILING ? COMPILING : COMPILED;
	say(speaker->fd, &speaker->news);
}

/* The socket that comes with a request; -1: there are no more. */
static int
take_request(int fd, struct request *request)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = { request, sizeof(*request) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control) };
	struct cmsghdr *header;
	ssize_t count;
	int worker;

	do
		count = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	while (count == -1 && errno == EINTR);
	header = CMSG_FIRSTHDR(&message);
	if (count != sizeof(*request) || header == NULL)
		return -1;
	memcpy(&worker, CMSG_DATA(header), sizeof(worker));
	return worker;
}

/* Die with the parent, which may already be dead. */
static void
follow(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent)
		_exit(EXIT_SYSTEM);
}

/* Of the descriptors it has, keep this one alone. */
static void
close_others(int fd)
{
	const long most = sysconf(_SC_OPEN_MAX);
	int other;

	if ((fd == STDERR_FILENO + 1 || close_range(STDERR_FILENO + 1,
	    (unsigned)fd - 1, 0) == 0) &&
	    close_range((unsigned)fd + 1, ~0U, 0) == 0)
		return;
	/* A kernel before 5.9, or a container that doesn't know the call. */
	for (other = STDERR_FILENO + 1; other < most && other < OPEN_MOST;
	    other++)
		if (other != fd)
			close(other);
}

static void
serve(int fd, struct run *run, const struct budget *budget,
    struct progress *progress)
{
	const pid_t self = getpid();
	struct request request = { 0 };
	int worker;

	while ((worker = take_request(fd, &request)) != -1) {
		if (fork() == 0) {
			follow(self);
			close_others(worker);
			worker_live(run, worker, &progress[request.at],
			    budget);
		}
		/* A failed fork closes the socket, which says it all. */
		close(worker);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	/* Their sockets are closed, so they end. What they used is counted as
	 * this process's children's only when they are waited for. */
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

/* Nothing of it writes where a message or an error might be read. */
static void
leave_streams(void)
{
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (nowhere == -1)
		_exit(EXIT_SYSTEM);
	dup2(nowhere, STDIN_FILENO);
	dup2(nowhere, STDOUT_FILENO);
#ifndef __SANITIZE_ADDRESS__
	dup2(nowhere, STDERR_FILENO);
#endif
	if (nowhere > STDERR_FILENO)
		close(nowhere);
}

static _Noreturn void
live(int fd, const struct load *load, const struct budget *budget,
    struct progress *progress, pid_t parent)
{
	static struct run run;
	static struct speaker speaker;

	follow(parent);
	close_others(fd);
	leave_streams();
	signal(SIGHUP, SIG_IGN); /* its parent's to take */
	speaker.fd = fd;
	run_open(&run);
	run.measure = load->measure;
	speaker.news.forgets = load->measure && filter_forgets();
	/* What compiling leaves is in each worker: it has the same bounds.
	 * libjq from 1.7 on computes constants then, "x" * 1e9 too. */
	if (confine_memory(budget->memory, &speaker.news.error) == -1 ||
	    load_filters(load, &run, tell_filter, &speaker,
	    &speaker.news.error) == -1 ||
	    confine_prepare(&speaker.news.error) == -1)
		speaker.news.kind = FAILED;
	else
		speaker.news.kind = READY;
	say(fd, &speaker.news);
	if (speaker.news.kind == READY)
		serve(fd, &run, budget, progress);
	_exit(EXIT_DONE);
}

/* ---- its parent's side ----------------------------------------------------- */

int
foreman_start(struct foreman *foreman, const struct load *load,
    const struct budget *budget, struct progress *progress,
    struct error *error)
{
	const pid_t self = getpid();
	int ends[2];

	*foreman = (struct foreman){ .fd = -1 };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1)
		return error_errno(error, EXIT_SYSTEM, "cannot make a socket");
	if ((foreman->pid = fork()) == 0)
		live(ends[1], load, budget, progress, self);
	close(ends[1]);
	if (foreman->pid == -1) {
		close(ends[0]);
		return error_errno(error, EXIT_SYSTEM,
		    "cannot start a process");
	}
	foreman->fd = ends[0];
	return 0;
}

void
foreman_stop(struct foreman *foreman)
{
	/* While it compiles that may be without an end. */
	if (foreman->fd != -1 && !foreman->ready)
		kill(foreman->pid, SIGKILL);
	if (foreman->fd == -1)
		return;
	close(foreman->fd);
	foreman->fd = -1;
	while (waitpid(foreman->pid, NULL, 0) == -1 && errno == EINTR)
		;
}

void
foreman_kill(struct foreman *foreman)
{
	foreman->ready = false;
	foreman_stop(foreman);
}

enum foreman_news
foreman_news(struct foreman *foreman, bool wait, struct foreman_filter *filter,
    struct error *error)
{
	static struct news news;
	ssize_t count;

	for (;;) {
		count = recv(foreman->fd, &news, sizeof(news),
		    wait ? 0 : MSG_DONTWAIT);
		if (count == -1 && errno == EINTR)
			continue;
		if (count == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return FOREMAN_NONE;
		if (count != sizeof(news)) {
			foreman_stop(foreman);
			error_set(error, EXIT_CONFIG, "filter '%s': libjq "
			    "crashed when it compiled it, or needs more than "
			    "%d s or a worker's memory for it",
			    foreman->compiling, COMPILE_SECONDS);
			return FOREMAN_FAILED;
		}
		if (news.kind != COMPILING)
			break;
		memcpy(foreman->compiling, news.filter.name,
		    sizeof(foreman->compiling));
	}
	*filter = news.filter;
	*error = news.error;
	foreman->ready = news.kind == READY;
	foreman->forgets = news.forgets;
	if (news.kind == FAILED)
		foreman_stop(foreman);
	return news.kind == COMPILED ? FOREMAN_FILTER :
	    news.kind == READY ? FOREMAN_READY : FOREMAN_FAILED;
}

int
foreman_worker(struct foreman *foreman, size_t at, struct error *error)
{
	struct request request = { at };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec part = { &request, sizeof(request) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control) };
	int ends[2];
	ssize_t count;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
		return error_errno(error, EXIT_SYSTEM, "cannot make a socket");
	control.header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int)) };
	memcpy(CMSG_DATA(&control.header), &ends[1], sizeof(int));
	do
		count = sendmsg(foreman->fd, &message, MSG_NOSIGNAL);
	while (count == -1 && errno == EINTR);
	close(ends[1]);
	if (count == -1 || fcntl(ends[0], F_SETFL, O_NONBLOCK) == -1) {
		close(ends[0]);
		return error_errno(error, EXIT_SYSTEM, "cannot ask for a "
		    "worker; its parent process is gone");
	}
	return ends[0];
}
