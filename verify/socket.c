/* SPDX-License-Identifier: MIT */
#include "verify/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 511
#define PASSED_FD 3 /* the first that systemd passes */
#define KIND (SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC)

static int
cannot(struct error *error, const char *where)
{
	return error_errno(error, EXIT_CANTCREATE, "cannot listen at '%s'",
	    where);
}

/* What a process that died left behind answers no more. */
static void
remove_stale(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat status;

	if (fd == -1)
		return;
	if (lstat(address->sun_path, &status) == 0 &&
	    S_ISSOCK(status.st_mode) &&
	    connect(fd, (const struct sockaddr *)address,
	    sizeof(*address)) == -1 && errno == ECONNREFUSED)
		unlink(address->sun_path);
	close(fd);
}

static int
open_path(struct socket *listener, const char *where, struct error *error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = where + strlen("unix:");

	if (*path == '\0' || strlen(path) >= sizeof(address.sun_path))
		return error_set(error, EXIT_USAGE, "--listen %s: the path is "
		    "empty or over %zu bytes", where,
		    sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path) + 1);
	remove_stale(&address);
	if ((listener->fd = socket(AF_UNIX, KIND, 0)) == -1 ||
	    bind(listener->fd, (struct sockaddr *)&address,
	    sizeof(address)) == -1)
		return cannot(error, where);
	listener->path = path;
	if (chmod(path, 0660) == -1 || listen(listener->fd, BACKLOG) == -1)
		return cannot(error, where);
	snprintf(listener->name, sizeof(listener->name), "%s", where);
	return 0;
}

static int
open_passed(struct socket *listener, struct error *error)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	char own[32];
	int accepts = 0;
	socklen_t length = sizeof(accepts);

	snprintf(own, sizeof(own), "%ld", (long)getpid());
	if (pid == NULL || count == NULL || strcmp(pid, own) != 0 ||
	    strcmp(count, "1") != 0 || getsockopt(PASSED_FD, SOL_SOCKET,
	    SO_ACCEPTCONN, &accepts, &length) == -1 || !accepts)
		return error_set(error, EXIT_CONFIG, "--listen fd: there is "
		    "not one listening socket in LISTEN_FDS; start it by a "
		    "socket unit of systemd, with Accept=no");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	listener->fd = PASSED_FD;
	if (fcntl(PASSED_FD, F_SETFD, FD_CLOEXEC) == -1 ||
	    fcntl(PASSED_FD, F_SETFL, O_NONBLOCK) == -1)
		return cannot(error, "fd");
	snprintf(listener->name, sizeof(listener->name),
	    "the socket that was passed");
	return 0;
}

/* Which port the system chose. */
static int
name(struct socket *listener)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	char host[64], port[16];

	if (getsockname(listener->fd, (struct sockaddr *)&address,
	    &length) == -1 || getnameinfo((struct sockaddr *)&address, length,
	    host, sizeof(host), port, sizeof(port), NI_NUMERICHOST |
	    NI_NUMERICSERV) != 0)
		return -1;
	snprintf(listener->name, sizeof(listener->name),
	    address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
	return 0;
}

static int
open_address(struct socket *listener, const char *where, struct error *error)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE };
	struct addrinfo *found = NULL;
	const char *colon = strrchr(where, ':');
	char host[64] = "";
	size_t length;
	int on = 1, rc = -1;

	if (colon != NULL) {
		length = (size_t)(colon - where);
		if (length > 2 && where[0] == '[' && colon[-1] == ']')
			snprintf(host, sizeof(host), "%.*s", (int)length - 2,
			    where + 1);
		else
			snprintf(host, sizeof(host), "%.*s", (int)length,
			    where);
	}
	/* A port is of five digits; the library takes what is left of more. */
	if (*host == '\0' || colon[1] == '\0' || strlen(colon) > 6 ||
	    strtol(colon + 1, NULL, 10) > 65535 ||
	    getaddrinfo(host, colon + 1, &hints, &found) != 0)
		return error_set(error, EXIT_USAGE, "--listen takes a numeric "
		    "address and a port, such as 127.0.0.1:3000 or "
		    "[::1]:3000, unix:PATH, or fd");
	if ((listener->fd = socket(found->ai_family, KIND, 0)) == -1 ||
	    setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on,
	    sizeof(on)) == -1 ||
	    bind(listener->fd, found->ai_addr, found->ai_addrlen) == -1 ||
	    listen(listener->fd, BACKLOG) == -1 || name(listener) == -1)
		cannot(error, where);
	else
		rc = 0;
	freeaddrinfo(found);
	return rc;
}

int
socket_open(struct socket *listener, const char *where, struct error *error)
{
	*listener = (struct socket){ .fd = -1 };
	if (strcmp(where, "fd") == 0)
		return open_passed(listener, error);
	if (strncmp(where, "unix:", 5) == 0)
		return open_path(listener, where, error);
	return open_address(listener, where, error);
}

void
socket_close(struct socket *listener)
{
	if (listener->fd != -1)
		close(listener->fd);
	if (listener->path != NULL)
		unlink(listener->path);
	*listener = (struct socket){ .fd = -1 };
}
