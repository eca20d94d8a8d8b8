/*
 * options: transform's command line, and its part of the configuration.
 */
#ifndef LEDGERPIPE_TRANSFORM_OPTIONS_H
#define LEDGERPIPE_TRANSFORM_OPTIONS_H

#include "transform/pool.h"
#include "transform/preview.h"

struct options {
	struct load load;
	enum { OPTIONS_RUN, OPTIONS_PREVIEW, OPTIONS_LINT } mode;
	enum preview_format format;
	const char *samples; /* NULL: those that are shipped */
	int64_t workers, cpu_ms, memory; /* 0: the configuration's */
};

/* -1: go on, with the files from optind; else the exit status, all said. */
int options_parse(struct options *options, int argc, char **argv);
/* How the pool is to be: as the command line says, else the configuration. */
int options_settle(const struct options *options,
    struct pool_settings *settings, struct error *error);

#endif
