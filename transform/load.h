/*
 * load: find the filters that were asked for, and compile them.
 *
 * They are those of -f and -d, else the configuration's; $config is the
 * configuration's of the same name either way.  Modules are looked for in the
 * folders of -L, then beside the program, then where it was installed to, then
 * beside the filter: never in the current directory.
 */
#ifndef LEDGERPIPE_TRANSFORM_LOAD_H
#define LEDGERPIPE_TRANSFORM_LOAD_H

#include "transform/run.h"

#define LOAD_FOLDERS_MAX 32

struct load {
	const char *config; /* --config, or NULL */
	const char *named[RUN_FILTERS_MAX]; /* NAME=FILE */
	size_t named_count;
	const char *folder; /* -d, or NULL */
	const char *modules[LOAD_FOLDERS_MAX]; /* -L */
	size_t modules_count;
	bool measure; /* note the CPU time of each filter */
	const char *on_invalid; /* reject or trim, for all; NULL: each its own */
};

enum load_stage { LOAD_COMPILING, LOAD_COMPILED, LOAD_FAILED };

/* Told of each filter, before and after; error goes with LOAD_FAILED. */
typedef void (*load_report)(void *context, const char *name, const char *path,
    enum load_stage stage, const struct error *error);

/* Fill run->filters with those that compile.  Empties the environment for
 * good: no filter sees it, nor does libjq find a ~/.jq.  -1: there are none to
 * compile, or the configuration is wrong (EXIT_CONFIG, EXIT_SYSTEM). */
int load_filters(const struct load *load, struct run *run, load_report report,
    void *context, struct error *error);

#endif
