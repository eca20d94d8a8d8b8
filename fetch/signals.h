/*
 * signals: what an operator asks for, as a descriptor that a loop can wait on.
 *
 * SIGTERM, SIGINT: end; a second one kills, so that nothing hangs.
 * SIGHUP: read the configuration again.  SIGUSR1: poll now.
 */
#ifndef LEDGERPIPE_FETCH_SIGNALS_H
#define LEDGERPIPE_FETCH_SIGNALS_H

#include <stdbool.h>

#include "error.h"

struct signals {
	bool end, reload, poll;
};

/* Once a process.  daemon: take SIGHUP and SIGUSR1 as well.  The descriptor,
 * or -1. */
int signals_open(bool daemon, struct error *error);
/* Did one ask for the end, ever? */
bool signals_ending(void);
/* What came since the last call; the descriptor isn't readable afterwards. */
struct signals signals_take(void);

#endif
