/* SPDX-License-Identifier: MIT */
#include "fetch/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t end, ending, reload, poll_now;
static int ends[2];

static void
on_signal(int number)
{
	int kept = errno;

	if (number == SIGHUP)
		reload = 1;
	else if (number == SIGUSR1)
		poll_now = 1;
	else
		end = ending = 1;
	/* Full is as good. */
	if (write(ends[1], "", 1) == -1)
		errno = kept;
	errno = kept;
}

static int
take(int number, int flags)
{
	struct sigaction action = { .sa_handler = on_signal,
		.sa_flags = flags };

	sigemptyset(&action.sa_mask);
	return sigaction(number, &action, NULL);
}

int
signals_open(bool daemon, struct error *error)
{
	int i;

	if (pipe(ends) == -1)
		return error_errno(error, EXIT_SYSTEM, "cannot make a pipe");
	for (i = 0; i < 2; i++)
		if (fcntl(ends[i], F_SETFD, FD_CLOEXEC) == -1 ||
		    fcntl(ends[i], F_SETFL, O_NONBLOCK) == -1)
			return error_errno(error, EXIT_SYSTEM,
			    "cannot set up a pipe");
	if (take(SIGTERM, (int)SA_RESETHAND) == -1 ||
	    take(SIGINT, (int)SA_RESETHAND) == -1 ||
	    (daemon && (take(SIGHUP, 0) == -1 || take(SIGUSR1, 0) == -1)))
		return error_errno(error, EXIT_SYSTEM, "cannot take signals");
	return ends[0];
}

bool
signals_ending(void)
{
	return ending != 0;
}

struct signals
signals_take(void)
{
	struct signals taken;
	char drop[64];

	while (read(ends[0], drop, sizeof(drop)) > 0)
		;
	taken = (struct signals){ end, reload, poll_now };
	if (taken.end)
		end = 0;
	if (taken.reload)
		reload = 0;
	if (taken.poll)
		poll_now = 0;
	return taken;
}
