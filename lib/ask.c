/* SPDX-License-Identifier: MIT */
#include "ask.h"

#include <signal.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#define TERMINAL_LINE_MAX 4095 /* what the line discipline gives */

static volatile sig_atomic_t interrupted;

static void
on_signal(int number)
{
	interrupted = number; /* the read ends, and the echo comes back */
}

int
ask_secret(struct secret *secret, int in, int out, const char *what,
    struct error *error)
{
	struct sigaction action = { .sa_handler = on_signal }, interrupt, end;
	struct termios shown, hidden;
	struct secret line;
	ssize_t count;
	int rc = -1;

	*secret = (struct secret){ 0 };
	if (tcgetattr(in, &shown) == -1)
		return error_errno(error, EXIT_IO, "cannot ask the terminal");
	if (secret_new(&line, TERMINAL_LINE_MAX, error) == -1)
		return -1;
	sigaction(SIGINT, &action, &interrupt);
	sigaction(SIGTERM, &action, &end);
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	/* Then the prompt: what is typed once it shows is not flushed. */
	tcsetattr(in, TCSAFLUSH, &hidden);
	dprintf(out, "%s (not shown): ", what);
	count = read(in, line.text, line.length);
	tcsetattr(in, TCSAFLUSH, &shown);
	dprintf(out, "\n");
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGTERM, &end, NULL);
	if (count > 0 && line.text[count - 1] == '\n')
		count--;
	/* Then the signal does what it does everywhere. */
	if (interrupted != 0)
		raise(interrupted);
	if (count == -1)
		error_errno(error, EXIT_NOINPUT, "cannot read %s", what);
	else if (count == 0)
		error_set(error, EXIT_DATA, "%s is empty", what);
	else
		rc = secret_copy(secret, line.text, (size_t)count, error);
	secret_free(&line);
	return rc;
}
