/* SPDX-License-Identifier: MIT */
/* The slots of a pool: a worker each, its chunk, and what becomes of both. */
#include "transform/pool_part.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

#define TAKE_BYTES 65536
#define TAKE_MOST ((size_t)1 << 20)
#define LOSSES_MAX 10

void
slot_dismiss(struct pool_slot *slot)
{
	if (slot->fd != -1)
		close(slot->fd);
	slot->fd = -1;
	slot->sent = slot->send.length; /* for nobody */
	slot->bytes = slot->schemas = 0;
}

/* FRAME_STOPs for the filters that aren't run over the chunk; behind: for those
 * that are tried on its first line. */
static void
stops_of(struct pool *pool, struct pool_chunk *at, struct buffer *before,
    struct buffer *behind)
{
	struct pool_filters *filters = pool->filters;
	struct frame frame = { .kind = FRAME_STOP };
	struct breaker *breaker;
	char why[FRAME_WHY_MAX];
	uint64_t number = 0;
	struct buffer *out;
	bool record = false;
	size_t i;

	for (i = 0; i < filters->count; i++) {
		breaker = &filters->rows[i].breaker;
		if (!breaker->open)
			continue;
		chunk_first(&at->chunk, &number, &record);
		/* Only over a record does it show what it does. */
		out = !record || breaker_stops(breaker, pool->before + number,
		    clock_monotonic_ms(), pool->settings.budget.cpu_ms, at) ?
		    before : behind;
		snprintf(why, sizeof(why), "not run: the filter was stopped "
		    "on %u records near this one; mend it",
		    breaker->strikes);
		frame.number = i;
		frame.length = (uint32_t)strlen(why);
		buffer_append(out, &frame, sizeof(frame));
		buffer_puts(out, why);
	}
}

static int
start_worker(struct pool *pool, struct pool_slot *slot, struct error *error)
{
	const size_t at = (size_t)(slot - pool->slots);
	struct error gone;

	pool->progress[at] = (struct progress){ .filter = PROGRESS_IDLE };
	buffer_clear(&slot->send);
	slot->sent = 0;
	slot->fd = foreman_worker(&pool->filters->foreman, at, &gone);
	if (slot->fd == -1 && pool_filters_replace(pool, error) == -1)
		return -1;
	if (slot->fd == -1)
		slot->fd = foreman_worker(&pool->filters->foreman, at, error);
	return slot->fd == -1 ? -1 : 0;
}

/* What of the slot's chunk isn't answered goes to its worker, which is started
 * if there is none. */
int
slot_hand_out(struct pool *pool, struct pool_slot *slot, struct error *error)
{
	struct buffer before, behind;
	size_t already;

	if (slot->fd == -1 && start_worker(pool, slot, error) == -1)
		return -1;
	/* The end of what it was sent last may still be on its way. */
	buffer_init(&before, (size_t)1 << 20);
	buffer_init(&behind, (size_t)1 << 20);
	if (slot->sent > 0)
		buffer_consume(&slot->send, slot->sent);
	slot->sent = 0;
	already = slot->send.length;
	schemas_send(&pool->schemas, slot->schemas, &slot->send);
	slot->schemas = pool->schemas.number;
	stops_of(pool, slot->at, &before, &behind);
	chunk_send(&slot->at->chunk, &before, &behind, &slot->send);
	slot->bytes += slot->send.length - already;
	buffer_free(&before);
	buffer_free(&behind);
	return slot->send.failed ? error_set(error, EXIT_SYSTEM,
	    "cannot hold the input: out of memory") : 0;
}

int
slot_say(struct pool_slot *slot)
{
	ssize_t count;

	while (slot->sent < slot->send.length) {
		count = write(slot->fd, slot->send.data + slot->sent,
		    slot->send.length - slot->sent);
		if (count == -1 && errno == EINTR)
			continue;
		if (count == -1)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 :
			    -1;
		slot->sent += (size_t)count;
	}
	return 0;
}

/* Why a filter was stopped, for its REJECT. */
static void
reason(const struct pool *pool, const struct progress *progress, char *why,
    size_t size)
{
	const struct budget *budget = &pool->settings.budget;

	if (progress->cause == CAUSE_CPU)
		snprintf(why, size, "stopped: over its budget of %" PRId64
		    " ms of CPU time for a record", budget->cpu_ms);
	else if (progress->cause == CAUSE_MEMORY)
		snprintf(why, size, "stopped: over its budget of %zu MB of "
		    "memory", budget->memory >> 20);
	else if (progress->cause == CAUSE_SIGNAL)
		snprintf(why, size, "stopped: libjq crashed (signal %d)",
		    progress->signal);
	else
		snprintf(why, size, "stopped: its process was killed, %d times",
		    POOL_KILLS);
}

static void
strike(struct pool *pool, size_t filter, uint64_t number)
{
	struct pool_filter *row = &pool->filters->rows[filter];

	/* Who is told of each filter at first has a view of his own. */
	if (breaker_strike(&row->breaker, pool->before + number,
	    clock_monotonic_ms()) && pool->settings.loaded == NULL)
		log_error("filter '%s': stopped on %d records near each other; "
		    "it is tried on one now and then, and rejects the others: "
		    "mend it and send SIGHUP", row->name, BREAKER_STRIKES);
}

/* What the worker died of is held against a filter, or against the line. */
static int
blame(struct pool *pool, struct pool_chunk *at,
    const struct progress *progress, struct error *error)
{
	const bool filter = progress->filter < pool->filters->count;
	char why[FRAME_WHY_MAX];

	reason(pool, progress, why, sizeof(why));
	if (filter && progress->cause != CAUSE_NONE)
		strike(pool, progress->filter, progress->number);
	return chunk_veto(&at->chunk, progress->number, filter ?
	    progress->filter : FRAME_ALL_FILTERS, why) == 0 ? 0 :
	    error_set(error, EXIT_SYSTEM, "out of memory");
}

/* A worker died with a chunk: find out why, and give the rest to another. */
int
slot_lost(struct pool *pool, struct pool_slot *slot, struct error *error)
{
	/* A copy: it is the next worker's. */
	const struct progress progress = pool->progress[slot - pool->slots];
	struct pool_chunk *at = slot->at;
	const bool known = progress.filter != PROGRESS_IDLE &&
	    chunk_waits(&at->chunk, progress.number);

	slot_dismiss(slot);
	chunk_lost(&at->chunk);
	if (progress.cause == CAUSE_REFUSED)
		return error_set(error, EXIT_SYSTEM, "cannot confine the "
		    "processes that run filters: the kernel, or what contains "
		    "this process, refuses seccomp or a memory limit");
	if (at->answered != at->chunk.answered)
		at->losses = at->kills = 0;
	at->answered = at->chunk.answered;
	if (progress.cause == CAUSE_SPENT)
		return slot_hand_out(pool, slot, error);
	/* No line takes more than two for each filter. */
	if (++at->losses > 2 * pool->filters->count + LOSSES_MAX)
		return error_set(error, EXIT_SYSTEM, "the processes that run "
		    "the filters die; is memory short, is --memory too small, "
		    "or does something kill them?");
	at->chunk.careful = true;
	if (progress.cause == CAUSE_MEMORY && progress.lines > 1 && known) {
		at->chunk.suspects = true;
		at->chunk.suspect = progress.number;
	} else if (known && (progress.cause != CAUSE_NONE ||
	    ++at->kills == POOL_KILLS) &&
	    blame(pool, at, &progress, error) == -1)
		return -1;
	return slot_hand_out(pool, slot, error);
}

static void
finished(struct pool *pool, struct pool_slot *slot)
{
	size_t i;

	for (i = 0; i < pool->filters->count; i++)
		breaker_done(&pool->filters->rows[i].breaker, slot->at);
	slot->at = NULL;
	if (slot->bytes > POOL_RECYCLE_BYTES)
		slot_dismiss(slot);
}

/* What a worker says, and its end. */
int
slot_listen(struct pool *pool, struct pool_slot *slot, struct error *error)
{
	static char bytes[TAKE_BYTES];
	ssize_t count = 0;
	size_t taken = 0;

	/* Not for ever: the sink is waiting. */
	while (slot->at != NULL && taken < TAKE_MOST &&
	    (count = read(slot->fd, bytes, sizeof(bytes))) > 0) {
		taken += (size_t)count;
		if (chunk_took(&slot->at->chunk, bytes, (size_t)count) == -1)
			return error_set(error, EXIT_SYSTEM, "cannot hold what "
			    "a worker says: out of memory, or it is mad");
		if (slot->at->chunk.answered == slot->at->chunk.lines) {
			finished(pool, slot);
			return 0;
		}
	}
	if (count > 0 || (count == -1 && (errno == EAGAIN || errno == EINTR)))
		return 0;
	/* Without a chunk it is missed by nobody. */
	if (slot->at == NULL) {
		slot_dismiss(slot);
		return 0;
	}
	return slot_lost(pool, slot, error);
}
