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

#include "log.h"

#define TAKE_BYTES 65536
#define LOSSES_MAX 5 /* workers that a chunk may lose for no reason */

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
	filters_free(pool->next);
	pool->next_ready = false;
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

/* FRAME_STOPs for the filters that aren't run any more; whether a line is to be
 * tried with them. */
static bool
stops_of(struct pool *pool, struct buffer *stops)
{
	struct pool_filters *filters = pool->filters;
	struct frame frame = { .kind = FRAME_STOP };
	bool probe = false;
	char why[CHUNK_WHY_MAX];
	size_t i;

	for (i = 0; i < filters->count; i++) {
		if (filters->rows[i].strikes < POOL_STRIKES)
			continue;
		probe |= filters->rows[i].probes++ % POOL_PROBE_CHUNKS == 0;
		snprintf(why, sizeof(why), "not run: the filter was stopped "
		    "on %u records before this one; mend it",
		    filters->rows[i].strikes);
		frame.number = i;
		frame.length = (uint32_t)strlen(why);
		buffer_append(stops, &frame, sizeof(frame));
		buffer_puts(stops, why);
	}
	return probe;
}

/* What of the slot's chunk isn't answered goes to its worker, which is started
 * if there is none. */
static int
hand_out(struct pool *pool, struct pool_slot *slot, struct error *error)
{
	const size_t at = (size_t)(slot - pool->slots);
	struct buffer stops;

	if (slot->fd == -1) {
		pool->progress[at] = (struct progress){
			.filter = PROGRESS_IDLE };
		slot->fd = foreman_worker(&pool->filters->foreman, at, error);
		if (slot->fd == -1)
			return -1;
	}
	buffer_init(&stops, (size_t)1 << 20);
	buffer_clear(&slot->send);
	slot->sent = 0;
	schemas_send(&pool->schemas, slot->schemas, &slot->send);
	slot->schemas = pool->schemas.number;
	slot->at->probes = stops_of(pool, &stops) &&
	    slot->at->chunk.answered == 0;
	chunk_send(&slot->at->chunk, &stops, !slot->at->probes, &slot->send);
	slot->bytes += slot->send.length;
	buffer_free(&stops);
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
		snprintf(why, size, "stopped: its worker was killed, twice");
}

static void
strike(struct pool *pool, struct pool_chunk *at, size_t filter)
{
	struct pool_filter *row = &pool->filters->rows[filter];

	at->struck = true;
	/* Who is told of each filter at first has a view of his own. */
	if (++row->strikes == POOL_STRIKES && pool->settings.loaded == NULL)
		log_error("filter '%s': stopped on %d records in a row; it is "
		    "tried on one now and then, and rejects the others: mend "
		    "it and send SIGHUP", row->name, POOL_STRIKES);
}

/* A worker died with a chunk: a veto for what it died of, and the rest to
 * another one. */
static int
lost(struct pool *pool, struct pool_slot *slot, struct error *error)
{
	const struct progress *progress =
	    &pool->progress[slot - pool->slots];
	struct pool_chunk *at = slot->at;
	const bool known = progress->filter != PROGRESS_IDLE;
	char why[CHUNK_WHY_MAX];
	size_t filter = progress->filter < pool->filters->count ?
	    progress->filter : CHUNK_ALL_FILTERS;

	dismiss(slot);
	chunk_lost(&at->chunk);
	if (progress->cause == CAUSE_REFUSED)
		return error_set(error, EXIT_SYSTEM, "cannot confine the "
		    "processes that run filters: the kernel, or what contains "
		    "this process, refuses seccomp or a memory limit");
	if (progress->cause == CAUSE_SPENT)
		return hand_out(pool, slot, error);
	if (progress->cause == CAUSE_NONE && (at->losses == 0 || !known ||
	    progress->number != at->suspect)) {
		if (++at->losses > LOSSES_MAX)
			return error_set(error, EXIT_SYSTEM, "the workers that "
			    "run the filters die; is memory short, or does "
			    "something kill them?");
		at->suspect = progress->number;
		return hand_out(pool, slot, error);
	}
	at->losses = 0;
	reason(pool, progress, why, sizeof(why));
	if (filter != CHUNK_ALL_FILTERS)
		strike(pool, at, filter);
	if (chunk_veto(&at->chunk, progress->number, filter, why) == -1)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	return hand_out(pool, slot, error);
}

static void
finished(struct pool *pool, struct pool_slot *slot)
{
	struct pool_chunk *at = slot->at;
	size_t i;

	slot->at = NULL;
	/* Filters that weren't run have proved nothing. */
	for (i = 0; !at->struck && i < pool->filters->count; i++)
		if (pool->filters->rows[i].strikes < POOL_STRIKES ||
		    at->probes)
			pool->filters->rows[i].strikes = 0;
	if (slot->bytes > POOL_RECYCLE_BYTES)
		dismiss(slot);
}

/* What a worker says, and its end. */
static int
listen_to(struct pool *pool, struct pool_slot *slot, struct error *error)
{
	static char bytes[TAKE_BYTES];
	ssize_t count = 0;

	while (slot->at != NULL &&
	    (count = read(slot->fd, bytes, sizeof(bytes))) > 0) {
		if (chunk_took(&slot->at->chunk, bytes, (size_t)count) == -1)
			return error_set(error, EXIT_SYSTEM, "cannot hold what "
			    "a worker says: out of memory, or it is mad");
		if (slot->at->chunk.answered == slot->at->chunk.lines) {
			finished(pool, slot);
			return 0;
		}
	}
	if (count == -1 && (errno == EAGAIN || errno == EINTR))
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
		pool->first = (pool->first + 1) % POOL_CHUNKS;
		pool->count--;
	}
	return 0;
}

/* ---- the input ---------------------------------------------------------------- */

static struct pool_chunk *
filling(struct pool *pool)
{
	return &pool->chunks[(pool->first + pool->count) % POOL_CHUNKS];
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
	    pool->count >= POOL_CHUNKS - 1 ||
	    pool->count >= 4 * pool->settings.workers ||
	    (slot = free_slot(pool, full)) == NULL)
		return 0;
	at->struck = at->probes = false;
	at->losses = 0;
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

	for (i = 0; i < count; i++) {
		slot = &pool->slots[i];
		polls[i] = (struct pollfd){ .fd = slot->fd, .events = POLLIN };
		if (slot->at != NULL && slot->sent < slot->send.length)
			polls[i].events |= POLLOUT;
	}
	polls[count] = (struct pollfd){ .fd = pool->state == POOL_PAUSED ?
	    pool->reader.fd : -1, .events = POLLIN };
	polls[count + 1] = (struct pollfd){ .fd = pool->next != NULL &&
	    !pool->next_ready ? pool->next->foreman.fd : -1,
	    .events = POLLIN };
	if (ppoll(polls, count + 2, NULL, &pool->waiting) == -1 && errno != EINTR)
		return error_errno(error, EXIT_SYSTEM, "cannot wait");
	if (reload)
		start_reload(pool);
	else if (polls[count + 1].revents != 0)
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
		.sink = *sink, .where = "" };
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
