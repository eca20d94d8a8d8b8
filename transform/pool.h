/*
 * pool: give the lines of the input to workers, and what they answer to a
 * sink, in the order of the input.
 *
 * Lines are cut into chunks of about POOL_CHUNK_BYTES; with a trickle a chunk
 * is what there is.  A chunk:
 *
 *   filling --a worker is free--> out --all answered--> done --its turn--> free
 *                                 ^ |
 *                                 | +--the worker died
 *                                 +----to another worker, what isn't answered
 *
 * Answers reach the sink as they come for the oldest chunk, and wait for their
 * turn for the others, so STATE passes only after all that stood before it.  A
 * SCHEMA that changes something waits until all chunks before it are done.
 *
 * When a worker dies, its progress (frame.h) tells which filter it ran over
 * which line:
 *
 *   CPU time, a crash    that pair gets a veto, which makes it a REJECT
 *   memory               what it used may be of lines before: the line is given
 *                        to a fresh worker, and gets its veto if that dies too
 *   killed from outside  it is tried again, POOL_KILLS times in all
 *
 * Then the rest of the chunk goes to a new worker.  A filter that is stopped
 * again and again isn't run for a while: see breaker.h.
 *
 * SIGHUP has the filters loaded anew, by another foreman; when they all compile
 * they replace the old ones between two chunks, else the old ones stay.
 */
#ifndef LEDGERPIPE_TRANSFORM_POOL_H
#define LEDGERPIPE_TRANSFORM_POOL_H

#include <signal.h>

#include "line.h"
#include "transform/breaker.h"
#include "transform/chunk.h"
#include "transform/foreman.h"
#include "transform/schemas.h"
#include "transform/sink.h"

#define POOL_WORKERS_MAX 64
#define POOL_CHUNKS (2 * POOL_WORKERS_MAX)
#define POOL_CHUNK_BYTES ((size_t)65536)
#define POOL_KILLS 3
/* What a worker may say before it is its chunk's turn; then it waits. */
#define POOL_AHEAD_BYTES ((size_t)16 << 20)
/* libjq leaks here and there: a worker that has read so much is replaced. */
#define POOL_RECYCLE_BYTES ((uint64_t)256 << 20)

struct pool_settings {
	size_t workers; /* 1 to POOL_WORKERS_MAX */
	struct budget budget;
	/* Told of each filter that was loaded at first; those that don't
	 * compile are passed over.  NULL: they are logged, and the end. */
	void (*loaded)(void *context, const struct foreman_filter *filter);
};

/* What is known of a filter. */
struct pool_filter {
	char name[FILTER_NAME_MAX + 1];
	uint64_t rejected, trimmed;
	char first_reject[400], first_trim[400]; /* the first, in our words */
	struct breaker breaker;
};

/* The filters of one loading. */
struct pool_filters {
	struct foreman foreman;
	struct pool_filter rows[RUN_FILTERS_MAX];
	size_t count;
	struct error broken; /* of one that doesn't compile */
};

struct pool_chunk {
	struct chunk chunk;
	size_t answered; /* lines, when a worker was lost last */
	size_t losses;   /* workers since then */
	size_t kills;    /* of those, by somebody else */
};

struct pool_slot {
	int fd; /* -1: no worker */
	struct pool_chunk *at; /* what it works on, or NULL */
	struct buffer send;
	size_t sent;
	uint64_t bytes;   /* since it was started */
	uint64_t schemas; /* the newest that it was sent */
};

struct pool {
	const struct load *load;
	struct pool_settings settings;
	struct sink sink;
	struct pool_filters *filters, *next; /* next: NULL, or being loaded */
	bool next_ready;
	struct progress *progress; /* one for each slot */
	struct pool_slot slots[POOL_WORKERS_MAX];
	struct pool_chunk chunks[POOL_CHUNKS]; /* a ring, and the one filling */
	size_t ring;         /* as many of them as the workers need: each keeps
	                      * its memory */
	size_t first, count; /* those that are out or done */
	sigset_t waiting; /* the signals that are blocked while it waits */
	struct schemas schemas;
	struct line_reader reader;
	uint64_t before; /* lines of the files before this one */
	const char *where; /* "" or the file's name and ", " */
	enum { POOL_MORE, POOL_PAUSED, POOL_ENDED } state;
	struct error ended; /* code EXIT_DONE: in good order */
	struct buffer held; /* a SCHEMA that waits for what stands before it */
	bool holds;
	bool bad;     /* a line or a record was rejected */
	bool unknown; /* a message of an unknown type was told of */
};

/* Load the filters.  load must live on.  EXIT_CONFIG, EXIT_SYSTEM. */
int pool_open(struct pool *pool, const struct load *load,
    const struct pool_settings *settings, const struct sink *sink,
    struct error *error);
void pool_close(struct pool *pool); /* zeroed: fine */
/* Everything that fd has, to its end.  name: the file's, or NULL. */
int pool_read(struct pool *pool, int fd, const char *name,
    struct error *error);
/* Log what each filter rejected and trimmed. */
void pool_tell(const struct pool *pool);

#endif
