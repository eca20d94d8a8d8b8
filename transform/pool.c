/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* ppoll */
#include "transform/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

#define TAKE_BYTES 65536
#define TAKE_MOST ((size_t)1 << 20)
#define LOSSES_MAX 10

/* ---- the filters, and loading them anew ------------------------------------ */

static volatile sig_atomic_t reload;

static void
on_hangup(int number)
{
	(void)number;
	reload = 1;
}

/* SIGHUP is taken only while pool waits, unless it is ignored; before that it
 * would kill. */
static int
take_hangup(sigset_t *waiting, struct error *error)
{
	struct sigaction old, action = { .sa_handler = on_hangup };
	sigset_t blocked;

	sigemptyset(&action.sa_mask);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGHUP);
	if (sigaction(SIGHUP, NULL, &old) == -1 ||
	    (old.sa_handler != SIG_IGN &&
	    sigaction(SIGHUP, &action, NULL) == -1) ||
	    sigprocmask(SIG_BLOCK, &blocked, waiting) == -1)
		return error_errno(error, EXIT_SYSTEM, "cannot take SIGHUP");
	sigdelset(waiting, SIGHUP);
	return 0;
}

static void
filters_free(struct pool_filters *filters)
{
	if (filters != NULL)
		foreman_stop(&filters->foreman);
	free(filters);
}

static struct pool_filters *
filters_start(struct pool *pool, struct error *error)
{
	struct pool_filters *filters = calloc(1, sizeof(*filters));

	if (filters == NULL) {
		error_set(error, EXIT_SYSTEM, "out of memory");
		return NULL;
	}
	if (foreman_start(&filters->foreman, pool->load,
	    &pool->settings.budget, pool->progress, error) == -1) {
		free(filters);
		return NULL;
	}
	return filters;
}

static void
filters_add(struct pool_filters *filters, const struct foreman_filter *filter)
{
	if (!filter->compiled) {
		/* The last one is its caller's to tell. */
		if (filters->broken.code != EXIT_DONE)
			log_error("%s", filters->broken.message);
		filters->broken = filter->error;
	} else if (filters->count < RUN_FILTERS_MAX)
		memcpy(filters->rows[filters->count++].name, filter->name,
		    sizeof(filters->rows[0].name));
}

/* The first loading, which is waited for. */
static int
load_first(struct pool *pool, struct error *error)
{
	struct foreman_filter filter;
	enum foreman_news news;

	if ((pool->filters = filters_start(pool, error)) == NULL)
		return -1;
	while ((news = foreman_news(&pool->filters->foreman, true, &filter,
	    error)) == FOREMAN_FILTER) {
		if (pool->settings.loaded != NULL)
			pool->settings.loaded(pool->sink.context, &filter);
		if (pool->settings.loaded == NULL || filter.compiled)
			filters_add(pool->filters, &filter);
	}
	if (news != FOREMAN_READY)
		return -1;
	if (pool->filters->broken.code == EXIT_DONE)
		return 0;
	*error = pool->filters->broken;
	return -1;
}

static void
start_reload(struct pool *pool)
{
	struct error error;

	reload = 0;
	if ((pool->next = filters_start(pool, &error)) == NULL)
		log_error("the filters stay as they were: %s", error.message);
}

static void
drop_next(struct pool *pool)
{
	filters_free(pool->next);
	pool->next = NULL;
	pool->next_ready = false;
}

static void
take_news(struct pool *pool)
{
	struct foreman_filter filter;
	struct error error;

	switch (foreman_news(&pool->next->foreman, false, &filter, &error)) {
	case FOREMAN_FILTER:
		filters_add(pool->next, &filter);
		break;
	case FOREMAN_FAILED:
		pool->next->broken = error;
		/* FALLTHROUGH */
	case FOREMAN_READY:
		if (pool->next->broken.code == EXIT_DONE) {
			pool->next_ready = true;
			break;
		}
		log_error("%s", pool->next->broken.message);
		log_error("the filters stay as they were; mend them and send "
		    "SIGHUP again");
		drop_next(pool);
		break;
	case FOREMAN_NONE:
	default:
		break;
	}
}

/* ---- slots and their workers ----------------------------------------------- */

static void
dismiss(struct pool_slot *slot)
{
	if (slot->fd != -1)
		close(slot->fd);
	slot->fd = -1;
	slot->sent = slot->send.length; /* for nobody */
	slot->bytes = slot->schemas = 0;
}

static void
tell_verdict(const struct pool_filters *filters)
{
	const struct pool_filter *row;

	for (row = filters->rows; row < filters->rows + filters->count; row++) {
		if (row->rejected > 0)
			log_error("filter '%s': records rejected: %" PRIu64
			    "; their REJECT lines say why; the first: %s",
			    row->name, row->rejected, row->first_reject);
		if (row->trimmed > 0)
			log_warning("filter '%s': messages trimmed: %" PRIu64
			    "; the first: %s", row->name, row->trimmed,
			    row->first_trim);
	}
}

/* Nothing is out: the new filters take the place of the old ones. */
static void
switch_filters(struct pool *pool)
{
	size_t i;

	tell_verdict(pool->filters);
	for (i = 0; i < pool->settings.workers; i++)
		dismiss(&pool->slots[i]);
	filters_free(pool->filters);
	pool->filters = pool->next;
	pool->next = NULL;
	pool->next_ready = false;
	log_info("filters loaded anew: %zu", pool->filters->count);
}

static int64_t
now_ms(void)
{
	return clock_monotonic_ms();
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
	char why[CHUNK_WHY_MAX];
	uint64_t number = 0;
	struct buffer *out;
	bool record = false;
	size_t i;

	chunk_first(&at->chunk, &number, &record);
	for (i = 0; i < filters->count; i++) {
		breaker = &filters->rows[i].breaker;
		if (!breaker->open)
			continue;
		/* Only over a record does it show what it does. */
		out = !record || breaker_stops(breaker, pool->before + number,
		    now_ms(), pool->settings.budget.cpu_ms, at) ? before :
		    behind;
		snprintf(why, sizeof(why), "not run: the filter was stopped "
		    "on %u records near this one; mend it",
		    breaker->strikes);
		frame.number = i;
		frame.length = (uint32_t)strlen(why);
		buffer_append(out, &frame, sizeof(frame));
		buffer_puts(out, why);
	}
}

/* Somebody killed the foreman, and so all workers: another one.  The filters
 * must be what they were: their numbers are in use. */
static int
replace_foreman(struct pool *pool, struct error *error)
{
	struct pool_filters *fresh = filters_start(pool, error);
	struct foreman_filter filter;
	enum foreman_news news = FOREMAN_FAILED;
	size_t i = 0;

	if (fresh == NULL)
		return -1;
	while (i <= pool->filters->count && (news = foreman_news(
	    &fresh->foreman, true, &filter, error)) == FOREMAN_FILTER)
		if (filter.compiled && (i == pool->filters->count ||
		    strcmp(filter.name, pool->filters->rows[i++].name) != 0))
			i = pool->filters->count + 1;
	if (news != FOREMAN_READY || i != pool->filters->count) {
		filters_free(fresh);
		return error_set(error, EXIT_SYSTEM, "the process that has the "
		    "filters was killed, and they are others now; start "
		    "transform again");
	}
	foreman_kill(&pool->filters->foreman);
	pool->filters->foreman = fresh->foreman;
	free(fresh);
	log_warning("the process that has the filters was killed; there is "
	    "another");
	return 0;
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
	if (slot->fd == -1 && replace_foreman(pool, error) == -1)
		return -1;
	if (slot->fd == -1)
		slot->fd = foreman_worker(&pool->filters->foreman, at, error);
	return slot->fd == -1 ? -1 : 0;
}

/* What of the slot's chunk isn't answered goes to its worker, which is started
 * if there is none. */
static int
hand_out(struct pool *pool, struct pool_slot *slot, struct error *error)
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

static int
say_to(struct pool_slot *slot)
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
	if (breaker_strike(&row->breaker, pool->before + number, now_ms()) &&
	    pool->settings.loaded == NULL)
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
	char why[CHUNK_WHY_MAX];

	reason(pool, progress, why, sizeof(why));
	if (filter && progress->cause != CAUSE_NONE)
		strike(pool, progress->filter, progress->number);
	return chunk_veto(&at->chunk, progress->number, filter ?
	    progress->filter : CHUNK_ALL_FILTERS, why) == 0 ? 0 :
	    error_set(error, EXIT_SYSTEM, "out of memory");
}

/* A worker died with a chunk: find out why, and give the rest to another. */
static int
lost(struct pool *pool, struct pool_slot *slot, struct error *error)
{
	/* A copy: it is the next worker's. */
	const struct progress progress = pool->progress[slot - pool->slots];
	struct pool_chunk *at = slot->at;
	const bool known = progress.filter != PROGRESS_IDLE &&
	    chunk_waits(&at->chunk, progress.number);

	dismiss(slot);
	chunk_lost(&at->chunk);
	if (progress.cause == CAUSE_REFUSED)
		return error_set(error, EXIT_SYSTEM, "cannot confine the "
		    "processes that run filters: the kernel, or what contains "
		    "this process, refuses seccomp or a memory limit");
	if (at->answered != at->chunk.answered)
		at->losses = at->kills = 0;
	at->answered = at->chunk.answered;
	if (progress.cause == CAUSE_SPENT)
		return hand_out(pool, slot, error);
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
	return hand_out(pool, slot, error);
}

static void
finished(struct pool *pool, struct pool_slot *slot)
{
	size_t i;

	for (i = 0; i < pool->filters->count; i++)
		breaker_done(&pool->filters->rows[i].breaker, slot->at);
	slot->at = NULL;
	if (slot->bytes > POOL_RECYCLE_BYTES)
		dismiss(slot);
}

static bool
is_first(const struct pool *pool, const struct pool_slot *slot)
{
	return slot->at == &pool->chunks[pool->first];
}

/* What a worker says, and its end. */
static int
listen_to(struct pool *pool, struct pool_slot *slot, struct error *error)
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
		dismiss(slot);
		return 0;
	}
	return lost(pool, slot, error);
}

/* ---- the sink --------------------------------------------------------------- */

static void
keep_first(char *first, size_t size, uint64_t *count, const char *what)
{
	if ((*count)++ == 0)
		snprintf(first, size, "%s", what);
}

static void
take_note(struct pool *pool, const char *note, uint64_t number)
{
	char *what;
	const size_t at = strtoul(note + 1, &what, 10);
	struct pool_filter *row = at < pool->filters->count ?
	    &pool->filters->rows[at] : NULL;

	if (*what == ' ')
		what++;
	if (note[0] == 'B') {
		pool->bad = true;
		log_error("%sline %" PRIu64 ": %s; it is passed on as a REJECT",
		    pool->where, number, note + 1);
	} else if (note[0] == 'U') {
		if (!pool->unknown)
			log_warning("%sline %" PRIu64 ": a message of a type "
			    "other than SCHEMA, RECORD and STATE is passed "
			    "over, as are all that follow", pool->where,
			    number);
		pool->unknown = true;
	} else if (row != NULL && note[0] == 'R') {
		pool->bad = true;
		keep_first(row->first_reject, sizeof(row->first_reject),
		    &row->rejected, what);
	} else if (row != NULL && note[0] == 'T')
		keep_first(row->first_trim, sizeof(row->first_trim),
		    &row->trimmed, what);
	else if (row != NULL && note[0] == 'M' && pool->sink.time != NULL)
		pool->sink.time(pool->sink.context, row->name,
		    strtoll(what, NULL, 10));
}

static int
emit_answer(struct pool *pool, const struct chunk_answer *answer,
    struct error *error)
{
	const char *note = answer->notes;
	const char *end = answer->notes + answer->notes_length;

	for (; note < end && memchr(note, '\0', (size_t)(end - note)) != NULL;
	    note += strlen(note) + 1)
		take_note(pool, note, answer->number);
	return answer->length == 0 ? 0 : pool->sink.lines(pool->sink.context,
	    answer->lines, answer->length, error);
}

/* All answers whose turn it is. */
static int
emit(struct pool *pool, struct error *error)
{
	struct chunk_answer answer;
	struct chunk *chunk;

	while (pool->count > 0) {
		chunk = &pool->chunks[pool->first].chunk;
		while (chunk_next(chunk, &answer))
			if (emit_answer(pool, &answer, error) == -1)
				return -1;
		if (chunk->answered < chunk->lines)
			break;
		chunk_clear(chunk);
		pool->first = (pool->first + 1) % pool->ring;
		pool->count--;
	}
	return 0;
}

/* ---- the input ---------------------------------------------------------------- */

static struct pool_chunk *
filling(struct pool *pool)
{
	return &pool->chunks[(pool->first + pool->count) % pool->ring];
}

static int
take_line(struct pool *pool, const char *text, size_t length,
    struct error *error)
{
	enum schemas_line kind = schemas_look(&pool->schemas, text, length);

	if (kind == SCHEMAS_NEW) {
		buffer_clear(&pool->held);
		pool->holds = true;
		if (buffer_append(&pool->held, text, length) == 0)
			return 0;
	} else if (kind == SCHEMAS_KNOWN ||
	    chunk_add(&filling(pool)->chunk, FRAME_LINE, pool->reader.number,
	    text, length) == 0)
		return 0;
	return error_set(error, EXIT_SYSTEM,
	    "cannot hold the input: out of memory");
}

static int
take_long_line(struct pool *pool, struct error *error)
{
	char why[80];

	snprintf(why, sizeof(why), "is longer than the ceiling of %zu bytes",
	    LINE_MAX_BYTES);
	return chunk_add(&filling(pool)->chunk, FRAME_LONG,
	    pool->reader.number, why, strlen(why)) == 0 ? 0 : error_set(error,
	    EXIT_SYSTEM, "cannot hold the input: out of memory");
}

/* Read until the chunk is full or the input pauses. */
static int
fill(struct pool *pool, struct error *error)
{
	struct error failure;
	const char *text;
	size_t length;
	int rc = 0;

	pool->state = POOL_MORE;
	while (rc == 0 && pool->state == POOL_MORE && !pool->holds &&
	    filling(pool)->chunk.input.length < POOL_CHUNK_BYTES)
		switch (line_next(&pool->reader, &text, &length, &failure)) {
		case LINE_OK:
			rc = take_line(pool, text, length, error);
			break;
		case LINE_TOO_LONG:
			rc = take_long_line(pool, error);
			break;
		case LINE_AGAIN:
			/* It pauses, be it inside a line. */
			pool->state = POOL_PAUSED;
			break;
		case LINE_TORN:
			pool->state = POOL_ENDED;
			error_set(&pool->ended, EXIT_TEMPFAIL, "%sline %" PRIu64
			    ": the input ended inside it; run the pipeline "
			    "again", pool->where, pool->reader.number);
			break;
		case LINE_END:
			pool->state = POOL_ENDED;
			break;
		case LINE_ERROR:
		default:
			pool->state = POOL_ENDED;
			error_set(&pool->ended, failure.code, "%s%.900s",
			    pool->where, failure.message);
		}
	return rc;
}

/* A slot to give a chunk to: one that has a worker, or one that gets its own
 * because there is a backlog and all that have one are busy. */
static struct pool_slot *
free_slot(struct pool *pool, bool backlog)
{
	struct pool_slot *slot, *empty = NULL;
	bool any = false;

	for (slot = pool->slots;
	    slot < pool->slots + pool->settings.workers; slot++) {
		if (slot->at == NULL && slot->fd != -1)
			return slot;
		any |= slot->fd != -1;
		if (slot->at == NULL && empty == NULL)
			empty = slot;
	}
	return backlog || !any ? empty : NULL;
}

/* Give out what was read, as far as there are workers for it. */
static int
give_out(struct pool *pool, struct error *error)
{
	struct pool_chunk *at = filling(pool);
	const bool full = at->chunk.input.length >= POOL_CHUNK_BYTES;
	struct pool_slot *slot;

	if (pool->holds && pool->count == 0 && at->chunk.lines == 0) {
		pool->holds = false;
		return schemas_keep(&pool->schemas, pool->held.data,
		    pool->held.length) == 0 ? 1 : error_set(error,
		    EXIT_SYSTEM, "out of memory");
	}
	if (at->chunk.lines == 0 || pool->next_ready ||
	    (!full && !pool->holds && pool->state == POOL_MORE) ||
	    pool->count == pool->ring - 1 ||
	    (slot = free_slot(pool, full)) == NULL)
		return 0;
	at->answered = at->losses = at->kills = 0;
	slot->at = at;
	pool->count++;
	if (hand_out(pool, slot, error) == -1)
		return -1;
	return say_to(slot) == 0 ? 1 : lost(pool, slot, error) == -1 ? -1 : 1;
}

/* Wait for the input, the workers, a foreman or SIGHUP, and take what came. */
static int
wait_for(struct pool *pool, struct error *error)
{
	struct pollfd polls[POOL_WORKERS_MAX + 2];
	struct pool_slot *slot;
	size_t i, count = pool->settings.workers;
	int rc = 0;

	if (reload && pool->next == NULL)
		start_reload(pool);
	for (i = 0; i < count; i++) {
		slot = &pool->slots[i];
		polls[i] = (struct pollfd){ .fd = slot->fd, .events = POLLIN };
		/* One that is far ahead waits for its turn. */
		if (slot->at != NULL && !is_first(pool, slot) &&
		    slot->at->chunk.answers.length > POOL_AHEAD_BYTES)
			polls[i].fd = -1;
		if (slot->fd != -1 && slot->sent < slot->send.length)
			polls[i].events |= POLLOUT;
	}
	polls[count] = (struct pollfd){ .fd = pool->state == POOL_PAUSED ?
	    pool->reader.fd : -1, .events = POLLIN };
	polls[count + 1] = (struct pollfd){ .fd = pool->next != NULL &&
	    !pool->next_ready ? pool->next->foreman.fd : -1,
	    .events = POLLIN };
	if (ppoll(polls, count + 2, NULL, &pool->waiting) == -1) {
		if (errno == EINTR)
			return 0;
		return error_errno(error, EXIT_SYSTEM, "cannot wait");
	}
	if (polls[count + 1].revents != 0)
		take_news(pool);
	for (i = 0; i < count && rc == 0; i++) {
		slot = &pool->slots[i];
		if (slot->fd == -1 || slot->fd != polls[i].fd)
			continue;
		/* A worker that died can't be written to, but read first. */
		if ((polls[i].revents & POLLOUT) != 0 && say_to(slot) == -1)
			polls[i].revents |= POLLIN;
		if ((polls[i].revents & ~POLLOUT) != 0)
			rc = listen_to(pool, slot, error);
	}
	return rc;
}

static bool
done(struct pool *pool)
{
	return pool->state == POOL_ENDED && pool->count == 0 &&
	    !pool->holds && filling(pool)->chunk.lines == 0;
}

static int
step(struct pool *pool, struct error *error)
{
	int given = 1;

	if (emit(pool, error) == -1)
		return -1;
	if (pool->next_ready && pool->count == 0)
		switch_filters(pool);
	while (given == 1) {
		if (pool->state != POOL_ENDED && fill(pool, error) == -1)
			return -1;
		if ((given = give_out(pool, error)) == -1)
			return -1;
	}
	/* Whoever reads shouldn't have to wait for what there is. */
	if (pool->sink.pause(pool->sink.context, error) == -1)
		return -1;
	return done(pool) ? 0 : wait_for(pool, error);
}

int
pool_read(struct pool *pool, int fd, const char *name, struct error *error)
{
	struct buffer where;
	int flags, rc;

	buffer_init(&where, 4096);
	if (name != NULL)
		buffer_printf(&where, "'%s', ", name);
	pool->where = buffer_text(&where);
	pool->state = POOL_MORE;
	pool->ended = (struct error){ .code = EXIT_DONE };
	line_open(&pool->reader, fd);
	/* A read must not wait while there is something to write.  A terminal
	 * gets its flags back. */
	if ((flags = fcntl(fd, F_GETFL)) != -1)
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	do
		rc = step(pool, error);
	while (rc == 0 && !done(pool));
	if (flags != -1)
		fcntl(fd, F_SETFL, flags);
	pool->before += pool->reader.number;
	line_close(&pool->reader);
	buffer_free(&where);
	pool->where = "";
	if (rc == 0 && pool->ended.code != EXIT_DONE) {
		*error = pool->ended;
		rc = -1;
	}
	return rc;
}

int
pool_open(struct pool *pool, const struct load *load,
    const struct pool_settings *settings, const struct sink *sink,
    struct error *error)
{
	const size_t bytes = POOL_WORKERS_MAX * sizeof(*pool->progress);
	size_t i;

	*pool = (struct pool){ .load = load, .settings = *settings,
		.sink = *sink, .where = "", .ring = 4 * settings->workers + 1 };
	if (pool->ring > POOL_CHUNKS)
		pool->ring = POOL_CHUNKS;
	for (i = 0; i < POOL_WORKERS_MAX; i++) {
		pool->slots[i].fd = -1;
		buffer_init(&pool->slots[i].send, 8 * LINE_MAX_BYTES);
	}
	for (i = 0; i < POOL_CHUNKS; i++)
		chunk_open(&pool->chunks[i].chunk);
	schemas_open(&pool->schemas);
	buffer_init(&pool->held, LINE_MAX_BYTES);
	pool->progress = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (pool->progress == MAP_FAILED) {
		pool->progress = NULL;
		return error_errno(error, EXIT_SYSTEM, "cannot share memory");
	}
	return take_hangup(&pool->waiting, error) == 0 ?
	    load_first(pool, error) : -1;
}

void
pool_close(struct pool *pool)
{
	size_t i;

	if (pool->load == NULL)
		return;
	/* After a failure nobody waits for what workers still compute. */
	if (pool->count > 0 && pool->filters != NULL)
		foreman_kill(&pool->filters->foreman);
	for (i = 0; i < POOL_WORKERS_MAX; i++) {
		dismiss(&pool->slots[i]);
		buffer_free(&pool->slots[i].send);
	}
	for (i = 0; i < POOL_CHUNKS; i++)
		chunk_close(&pool->chunks[i].chunk);
	filters_free(pool->filters);
	filters_free(pool->next);
	schemas_close(&pool->schemas);
	buffer_free(&pool->held);
	if (pool->progress != NULL)
		munmap(pool->progress, POOL_WORKERS_MAX *
		    sizeof(*pool->progress));
}

void
pool_tell(const struct pool *pool)
{
	if (pool->filters != NULL)
		tell_verdict(pool->filters);
}
