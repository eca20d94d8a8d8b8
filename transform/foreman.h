/*
 * foreman: the process that has the filters compiled, and forks workers.
 *
 * Compiling takes 20 ms a filter and is done once: a fork costs a few tenths
 * of one.  The caller itself never runs libjq, so no filter's text can hurt it;
 * to load changed filters it starts another foreman, and drops this one or
 * that.
 *
 *   starting --each filter's result--> ready --foreman_worker--> ready
 *       \--it dies--> gone                \--it dies--> gone
 *
 * A foreman dies with its parent, and its workers with it.
 */
#ifndef LEDGERPIPE_TRANSFORM_FOREMAN_H
#define LEDGERPIPE_TRANSFORM_FOREMAN_H

#include <sys/types.h>

#include "transform/load.h"
#include "transform/worker.h"

enum foreman_news {
	FOREMAN_FILTER, /* compiled, or not: filter.error */
	FOREMAN_READY,
	FOREMAN_FAILED, /* *error says why; it is gone */
	FOREMAN_NONE    /* nothing yet */
};

struct foreman_filter {
	char name[FILTER_NAME_MAX + 2], path[1024];
	bool compiled;
	struct error error;
};

struct foreman {
	int fd; /* readable: there are news.  -1: none */
	pid_t pid;
	bool ready;
	bool forgets; /* filter_forgets; found out when times are measured */
	char compiling[FILTER_NAME_MAX + 2];
};

/* Start one.  progress: MAP_SHARED, an element for each worker.  EXIT_SYSTEM. */
int foreman_start(struct foreman *foreman, const struct load *load,
    const struct budget *budget, struct progress *progress,
    struct error *error);
/* What it tells while it loads.  wait: until there is something. */
enum foreman_news foreman_news(struct foreman *foreman, bool wait,
    struct foreman_filter *filter, struct error *error);
/* A worker for progress[at]: its socket, not blocking.  -1: EXIT_SYSTEM. */
int foreman_worker(struct foreman *foreman, size_t at, struct error *error);
/* End it, once the workers, whose sockets have been closed, have ended. */
void foreman_stop(struct foreman *foreman);
/* The same at once, whatever the workers are at. */
void foreman_kill(struct foreman *foreman);

#endif
