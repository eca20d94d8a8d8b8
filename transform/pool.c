/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* ppoll */
#include "transform/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "log.h"
#include "transform/pool_part.h"

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
	if (slot_hand_out(pool, slot, error) == -1)
		return -1;
	if (slot_say(slot) == -1 && slot_lost(pool, slot, error) == -1)
		return -1;
	return 1;
}

static bool
is_first(const struct pool *pool, const struct pool_slot *slot)
{
	return slot->at == &pool->chunks[pool->first];
}

/* Wait for the input, the workers, a foreman or SIGHUP, and take what came. */
static int
wait_for(struct pool *pool, struct error *error)
{
	struct pollfd polls[POOL_WORKERS_MAX + 2];
	struct pool_slot *slot;
	size_t i, count = pool->settings.workers;
	int rc = 0;

	if (pool_hung_up() && pool->next == NULL)
		pool_filters_reload(pool);
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
		pool_filters_news(pool);
	for (i = 0; i < count && rc == 0; i++) {
		slot = &pool->slots[i];
		if (slot->fd == -1 || slot->fd != polls[i].fd)
			continue;
		/* A worker that died can't be written to, but read first. */
		if ((polls[i].revents & POLLOUT) != 0 && slot_say(slot) == -1)
			polls[i].revents |= POLLIN;
		if ((polls[i].revents & ~POLLOUT) != 0)
			rc = slot_listen(pool, slot, error);
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
		pool_filters_switch(pool);
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
		.sink = *sink, .where = "",
		.ring = 4 * settings->workers + 1 };

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
	return pool_hangup(&pool->waiting, error) == 0 ?
	    pool_filters_load(pool, error) : -1;
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
		slot_dismiss(&pool->slots[i]);
		buffer_free(&pool->slots[i].send);
	}
	for (i = 0; i < POOL_CHUNKS; i++)
		chunk_close(&pool->chunks[i].chunk);
	pool_filters_free(pool->filters);
	pool_filters_free(pool->next);
	schemas_close(&pool->schemas);
	buffer_free(&pool->held);
	if (pool->progress != NULL)
		munmap(pool->progress, POOL_WORKERS_MAX *
		    sizeof(*pool->progress));
}
