/*
 * worker: run the filters over what pool sends; the life of a process.
 *
 * States, as progress.filter and progress.cause tell them after its death:
 *
 *   idle      waits for a chunk; it may end, nothing is lost
 *   record    reads a line or writes what became of it
 *   filter i  runs it
 *
 * It ends when its socket does.  A step that takes more than its budget of CPU
 * time or memory, or that crashes, ends the process: what it had answered
 * stands, and pool gives the rest to another, with a veto.
 */
#ifndef LEDGERPIPE_TRANSFORM_WORKER_H
#define LEDGERPIPE_TRANSFORM_WORKER_H

#include "transform/frame.h"
#include "transform/run.h"

struct budget {
	int64_t cpu_ms; /* of a filter for a record */
	size_t memory;  /* bytes, of a worker */
};

_Noreturn void worker_live(struct run *run, int fd, struct progress *progress,
    const struct budget *budget);

#endif
