/*
 * door: verify --listen.  Requests come in (server.h), are kept (spool.h) and
 * acknowledged, and leave as EVENT lines (emit.h), in one thread.
 */
#ifndef LEDGERPIPE_VERIFY_DOOR_H
#define LEDGERPIPE_VERIFY_DOOR_H

#include "verify/options.h"
#include "verify/secrets.h"

/* Until SIGTERM or SIGINT: the exit status.  Errors are logged. */
int door_run(const struct options *options, const struct secrets *secrets);

#endif
