/* SPDX-License-Identifier: MIT */
#include "notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static struct {
	int fd; /* -1: there is nobody to tell */
	struct sockaddr_un address;
	socklen_t length;
	int64_t watchdog_ms;
} manager = { .fd = -1 };

/* A whole number of 1 or more; else 0. */
static int64_t
number(const char *text)
{
	long long value;
	char *end;

	if (text == NULL || *text < '0' || *text > '9')
		return 0;
	errno = 0;
	value = strtoll(text, &end, 10);
	return errno == 0 && *end == '\0' ? value : 0;
}

static void
find_socket(const char *name)
{
	static const struct timeval patience = { .tv_sec = 1 };
	struct sockaddr_un *address = &manager.address;
	size_t length = name != NULL ? strlen(name) : 0;

	if (length < 2 || length >= sizeof(address->sun_path) ||
	    (*name != '/' && *name != '@'))
		return;
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address->sun_path, name, length);
	if (*name == '@')
		address->sun_path[0] = '\0';
	/* An abstract name is as long as is said, a path ends in a NUL. */
	manager.length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    length + (*name == '/'));
	manager.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (manager.fd != -1)
		setsockopt(manager.fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
		    sizeof(patience));
}

void
notify_start(void)
{
	const char *pid = getenv("WATCHDOG_PID");

	if (manager.fd != -1)
		close(manager.fd);
	manager.fd = -1;
	find_socket(getenv("NOTIFY_SOCKET"));
	/* It may be meant for the process that started us. */
	manager.watchdog_ms = manager.fd == -1 ||
	    (pid != NULL && number(pid) != getpid()) ? 0 :
	    number(getenv("WATCHDOG_USEC")) / 1000;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void
notify_say(const char *state)
{
	ssize_t count;

	if (manager.fd == -1)
		return;
	do
		count = sendto(manager.fd, state, strlen(state), MSG_NOSIGNAL,
		    (const struct sockaddr *)&manager.address, manager.length);
	while (count == -1 && errno == EINTR);
}

int64_t
notify_watchdog_ms(void)
{
	return manager.watchdog_ms;
}
