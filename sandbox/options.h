/*
 * options: the sandbox's command line.
 */
#ifndef SANDBOX_OPTIONS_H
#define SANDBOX_OPTIONS_H

#include "sandbox/pod.h"

#define CHANNELS_MAX 256

struct options {
	struct pod_options pod;
	const char *bot_token;
	const char *channels[CHANNELS_MAX];
	size_t channel_count; /* 0: the usual ones */
	long long port;
};

/* Read it over the defaults; what is wrong is said on standard error.  -1: go
 * on; else the exit status. */
int options_read(struct options *options, int argc, char **argv);

#endif
