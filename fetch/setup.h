/*
 * setup: all that a run is made of: configuration, ledger, streams, the pod,
 * and where each stream starts.  It can be made anew while the run goes on.
 */
#ifndef LEDGERPIPE_FETCH_SETUP_H
#define LEDGERPIPE_FETCH_SETUP_H

#include "fetch/options.h"
#include "fetch/poller.h"

struct setup {
	const struct options *options;
	struct config config;
	struct ledger *ledger; /* shared with the setup before */
	struct streams streams;
	struct singer singer;
	struct rest rest;
	struct poller poller;
	char *pipeline, *ledger_path, *key_path;
};

/* options and the closed *ledger live on; the ledger is opened unless it is
 * open.  Close after a failure too. */
int setup_open(struct setup *setup, const struct options *options,
    struct ledger *ledger, int wake_fd, struct error *error);
void setup_close(struct setup *setup); /* zeroed: fine; not the ledger */
/* Find where each stream starts: old (or NULL) knows those that it has read.
 * One without a usable bookmark is refused; the others go on. */
int setup_start(struct setup *setup, struct setup *old, struct error *error);

#endif
