/*
 * options: the command line of verify.
 */
#ifndef LEDGERPIPE_VERIFY_OPTIONS_H
#define LEDGERPIPE_VERIFY_OPTIONS_H

#include "verify/signature.h"

#define OPTIONS_CONNECTIONS 512
#define OPTIONS_CONNECTIONS_MAX 8192
#define OPTIONS_DEADLINE 10 /* seconds */

struct options {
	const char *config;
	const char *files[SIGNATURE_SECRETS_MAX];
	size_t file_count;
	int64_t window;
	/* As a filter. */
	struct signature_request request;
	/* As a listener. */
	const char *listen; /* NULL: as a filter */
	const char *spool;
	const char *certificate, *key;
	int64_t connections;
	int64_t per_address; /* 0: half of the connections */
	int64_t deadline;
};

/* -1: go on; else the exit status.  Errors are logged. */
int options_parse(struct options *options, int argc, char **argv);

#endif
