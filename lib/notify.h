/*
 * notify: what a service tells the manager that started it, by the protocol of
 * sd_notify(3): datagrams to the socket that NOTIFY_SOCKET names, a path or,
 * with '@' for its first byte, an abstract name.
 *
 * Without a manager nothing happens.  A manager that doesn't listen is no error
 * of ours, and one that is slow is waited for a second at most.
 */
#ifndef LEDGERPIPE_NOTIFY_H
#define LEDGERPIPE_NOTIFY_H

#include <stdint.h>

/* Read NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and take them out of the
 * environment: no child speaks for us.  Once, before any thread is there. */
void notify_start(void);
/* Say "READY=1", "WATCHDOG=1", "STOPPING=1", or several, one a line. */
void notify_say(const char *state);
/* Within so much the manager wants WATCHDOG=1, or it takes us for dead: say it
 * at least each half of it.  0: it doesn't. */
int64_t notify_watchdog_ms(void);

#endif
