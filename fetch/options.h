/*
 * options: the command line.
 */
#ifndef LEDGERPIPE_FETCH_OPTIONS_H
#define LEDGERPIPE_FETCH_OPTIONS_H

#include "fetch/login.h"
#include "fetch/poller.h"

#define OPTIONS_STREAMS_MAX 64

struct options {
	const char *config, *state, *catalog;
	const char *streams[OPTIONS_STREAMS_MAX];
	size_t stream_count;
	int64_t since, until; /* -1: none */
	bool once, check, discover, dry_run;
	struct poller_options poller;
	struct login_options login;
};

/* -1: go on; else the exit status, all said. */
int options_parse(struct options *options, int argc, char **argv);

#endif
