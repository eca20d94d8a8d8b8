/*
 * options: deliver's command line.
 */
#ifndef LEDGERPIPE_DELIVER_OPTIONS_H
#define LEDGERPIPE_DELIVER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct options {
	const char *config;
	bool resend, check, plan, login, receipts, follow;
	char **paths;     /* the inputs; none: standard input */
	size_t count;
	bool input;       /* messages are read */
	bool standard;    /* from standard input too */
};

/* -1: go on; else the exit status, and what it takes was said. */
int options_parse(struct options *options, int argc, char **argv);

#endif
