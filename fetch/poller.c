/* SPDX-License-Identifier: MIT */
#include "fetch/poller.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "clock.h"
#include "fetch/signals.h"
#include "log.h"

#define DAY_MS (24 * 3600 * 1000LL)
#define HOUR_MS (3600 * 1000LL)
#define TURN_MS 1000    /* of waiting, at most: the status line moves */
#define STATUS_MS 500
#define PAUSE_MS 1000   /* between passes that take longer than their distance */
#define DOUBLINGS_MAX 16
#define LATE_MS 1000

static void pass_end(struct reader *reader, const struct error *failure);
static void pass_stop(struct reader *reader);

/* ---- what rest calls ---------------------------------------------------- */

static int
on_url(void *context, struct buffer *url, struct error *error)
{
	struct reader *reader = context;

	return pager_url(&reader->pager, url, error);
}

static void
on_answer(void *context, const char *date)
{
	struct reader *reader = context;

	singer_time(reader->poller->singer);
	pager_answer(&reader->pager, date);
}

static int
on_feed(void *context, const char *bytes, size_t count, struct error *error)
{
	struct reader *reader = context;

	return pager_feed(&reader->pager, bytes, count, error);
}

static bool
on_broken(void *context, bool slow)
{
	struct reader *reader = context;

	return pager_broken(&reader->pager, slow);
}

static void
on_done(void *context, const struct error *failure)
{
	struct reader *reader = context;
	struct error error;
	int rc;

	if (failure != NULL) {
		pass_end(reader, failure);
		return;
	}
	rc = pager_end(&reader->pager, &error);
	if (rc == -1)
		pass_end(reader, &error);
	else if (rc == 1 && !reader->pager.stopping)
		pass_end(reader, NULL);
	else if (rc == 1 || (reader->poller->ending &&
	    pager_stop(&reader->pager)))
		pass_stop(reader);
	else
		rest_submit(reader->poller->rest, &reader->request);
}

/* ---- passes ------------------------------------------------------------- */

static const char *
plural(int64_t count)
{
	return count == 1 ? "" : "s";
}

static void
summary(const struct reader *reader)
{
	const struct pager_counts *counts = &reader->pager.counts;
	const struct singer_bookmark *mark =
	    &reader->poller->singer->bookmarks[reader->pager.index];
	char stamp[CLOCK_TEXT] = "none";

	if (mark->known)
		clock_format(mark->stamp_ms, stamp);
	log_info("%s: %lld record%s, %lld known already, %lld page%s, %.1f s; "
	    "bookmark %s", reader->stream->name, (long long)counts->records,
	    plural(counts->records), (long long)counts->known,
	    (long long)counts->pages, plural(counts->pages),
	    (double)(clock_monotonic_ms() - reader->began) / 1000, stamp);
}

static int64_t
jitter(const struct poller *poller)
{
	uint32_t random = 0;

	if (poller->options->jitter_ms == 0 ||
	    getrandom(&random, sizeof(random), 0) != sizeof(random))
		return 0;
	return (int64_t)(random % (uint64_t)(poller->options->jitter_ms + 1));
}

static void
schedule(struct reader *reader)
{
	const struct poller *poller = reader->poller;
	int64_t every = poller->options->every_ms, distance = every, longest;
	int64_t now = clock_monotonic_ms(), asked;
	int i;

	if (every == 0) {
		reader->never = true;
		return;
	}
	longest = every > HOUR_MS ? every : HOUR_MS;
	if (reader->status != EXIT_DONE &&
	    !exitcode_is_transient(reader->status))
		for (i = 1; i < reader->failures && i < DOUBLINGS_MAX &&
		    distance < longest; i++)
			distance *= 2;
	if (distance > longest)
		distance = longest;
	/* From the time it began: a long pass doesn't shift the next. */
	reader->due = reader->began + distance + jitter(poller);
	if (reader->due < now)
		reader->due = now + PAUSE_MS;
	asked = reader->status == EXIT_DONE ? 0 :
	    now + reader->request.waited_for_ms;
	if (reader->due < asked)
		reader->due = asked;
}

/* The same cause meets all streams: it is told once, until something works
 * again. */
static void
tell(struct reader *reader, const struct error *failure)
{
	struct poller *poller = reader->poller;
	int64_t cause = failure->code * 1000 + reader->request.head.status;

	if (strcmp(poller->told, failure->message) == 0)
		return;
	snprintf(poller->told, sizeof(poller->told), "%s", failure->message);
	if (reader->failures == 1 || cause != reader->cause ||
	    poller->options->verbose)
		log_failure(failure);
	reader->cause = cause;
}

/* A first pass that isn't complete goes on where it came to. */
static void
go_on_from_here(struct reader *reader)
{
	if (reader->stream->scan == STREAM_QUERY &&
	    reader->pager.group > reader->pass.since)
		reader->pass.since = reader->pager.group;
}

static void
pass_end(struct reader *reader, const struct error *failure)
{
	struct poller *poller = reader->poller;
	const struct pager_pass *pass = &reader->pager.pass;
	struct error error;

	rest_cancel(poller->rest, &reader->request);
	reader->reading = false;
	if (failure == NULL) {
		if (reader->failures > 0) {
			log_info("stream %s: it is read again",
			    reader->stream->name);
			poller->told[0] = '\0';
		}
		reader->failures = 0;
		reader->status = EXIT_DONE;
		reader->passed = true;
		if (reader->sweeping)
			reader->swept = reader->began;
		/* What no pass to come will meet again. */
		if (pass->remember && reader->pager.counts.stamp_ms !=
		    PAGER_NO_STAMP && seen_prune(&reader->pager.recent,
		    reader->pager.counts.stamp_ms - pass->keep_ms, &error) ==
		    -1)
			poller->fatal = error;
	} else {
		reader->failures++;
		reader->status = failure->code;
		go_on_from_here(reader);
		tell(reader, failure);
		/* Nobody reads any more, or memory is gone. */
		if (failure->code == EXIT_IO || failure->code == EXIT_SYSTEM)
			poller->fatal = *failure;
	}
	if (poller->options->verbose)
		summary(reader);
	schedule(reader);
}

/* It ends before it is complete, as somebody asked for. */
static void
pass_stop(struct reader *reader)
{
	rest_cancel(reader->poller->rest, &reader->request);
	reader->reading = false;
	go_on_from_here(reader);
	/* With a schedule this is how a run ends; a single pass was cut. */
	if (reader->poller->options->every_ms == 0)
		reader->status = EXIT_TEMPFAIL;
	if (reader->poller->options->verbose)
		summary(reader);
}

/* What the pass reads that follows the first. */
static struct pager_pass
later_pass(const struct reader *reader)
{
	struct singer_bookmark *mark =
	    &reader->poller->singer->bookmarks[reader->pager.index];
	struct pager_pass pass = reader->pass;

	pass.bookmark = PAGER_NO_STAMP;
	if (!mark->known)
		return pass;
	mark->stays = false;
	pass.since = mark->stamp_ms - reader->stream->overlap;
	pass.bookmark = mark->stamp_ms;
	return pass;
}

static void
pass_begin(struct reader *reader)
{
	struct poller *poller = reader->poller;
	int64_t sweep = poller->options->sweep_ms;
	struct pager_pass pass = reader->pass;

	if (reader->passed)
		pass = later_pass(reader);
	reader->sweeping = false;
	reader->began = clock_monotonic_ms();
	pass.keep_ms = reader->stream->overlap > sweep ?
	    reader->stream->overlap : sweep;
	if (sweep > 0 && pass.bookmark != PAGER_NO_STAMP &&
	    (reader->swept == 0 || reader->began - reader->swept >= DAY_MS)) {
		reader->sweeping = true;
		if (pass.bookmark - sweep < pass.since)
			pass.since = pass.bookmark - sweep;
	}
	reader->reading = true;
	pager_start(&reader->pager, &pass);
	rest_submit(poller->rest, &reader->request);
}

/* ---- the loop ----------------------------------------------------------- */

int
poller_open(struct poller *poller, struct rest *rest, struct singer *singer,
    const struct streams *streams, struct ledger *ledger,
    const struct config *config, const struct poller_options *options,
    int wake_fd, struct error *error)
{
	struct reader *reader;
	size_t i;

	*poller = (struct poller){ .rest = rest, .singer = singer,
		.streams = streams, .options = options, .wake_fd = wake_fd };
	poller->readers = calloc(streams->count, sizeof(*poller->readers));
	if (poller->readers == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	for (i = 0; i < streams->count; i++) {
		reader = &poller->readers[i];
		reader->poller = poller;
		reader->stream = &streams->list[i];
		reader->request = (struct rest_request){
			.what = reader->stream->name, .context = reader,
			.url = on_url, .answer = on_answer, .feed = on_feed,
			.broken = on_broken, .done = on_done,
			.strict = true };
		reader->never = true;
		pager_open(&reader->pager, reader->stream, i, singer, ledger,
		    config, rest->url);
	}
	return 0;
}

void
poller_close(struct poller *poller)
{
	size_t i;

	for (i = 0; poller->readers != NULL && i < poller->streams->count;
	    i++) {
		rest_cancel(poller->rest, &poller->readers[i].request);
		rest_release(&poller->readers[i].request);
		pager_close(&poller->readers[i].pager);
	}
	free(poller->readers);
	poller->readers = NULL;
}

void
poller_start(struct poller *poller, size_t stream,
    const struct pager_pass *pass)
{
	struct reader *reader = &poller->readers[stream];

	reader->pass = *pass;
	reader->due = 0;
	reader->never = false;
}

void
poller_refuse(struct poller *poller, size_t stream, int status)
{
	poller->readers[stream].status = status;
}

static bool
same_cursor(const struct stream *one, const struct stream *other)
{
	return one->cursor == NULL || other->cursor == NULL ?
	    one->cursor == other->cursor :
	    strcmp(one->cursor, other->cursor) == 0;
}

bool
poller_adopt(struct poller *poller, size_t stream, struct poller *old)
{
	struct reader *reader = &poller->readers[stream], *before;
	size_t i;

	for (i = 0; i < old->streams->count; i++) {
		before = &old->readers[i];
		if (strcmp(before->stream->name, reader->stream->name) != 0 ||
		    before->began == 0 || !same_cursor(before->stream,
		    reader->stream))
			continue;
		reader->pass = before->pass;
		reader->passed = before->passed;
		reader->never = false;
		reader->swept = before->swept;
		reader->pager.recent = before->pager.recent;
		before->pager.recent = (struct seen){ 0 };
		return true;
	}
	return false;
}

/* The stream that is being read, as a line that is written over. */
static void
status(struct poller *poller)
{
	const struct reader *reader, *shown = NULL;
	int64_t now = clock_monotonic_ms(), elapsed;
	char stamp[CLOCK_TEXT] = "-";
	size_t i, reading = 0;

	if (now - poller->shown < STATUS_MS)
		return;
	poller->shown = now;
	for (i = 0; i < poller->streams->count; i++) {
		reader = &poller->readers[i];
		reading += reader->reading;
		if (reader->reading && (shown == NULL ||
		    reader->pager.counts.rows > shown->pager.counts.rows))
			shown = reader;
	}
	if (shown == NULL) {
		log_status(NULL);
		return;
	}
	elapsed = now - shown->began > 0 ? now - shown->began : 1;
	if (shown->pager.counts.stamp_ms != PAGER_NO_STAMP)
		clock_format(shown->pager.counts.stamp_ms, stamp);
	log_status("%s: %lld rows, %lld pages, %lld/s, at %s%s",
	    shown->stream->name, (long long)shown->pager.counts.rows,
	    (long long)shown->pager.counts.pages,
	    (long long)(shown->pager.counts.rows * 1000 / elapsed), stamp,
	    reading > 1 ? ", and others" : "");
}

/* End all passes, each behind its group. */
static void
wind_up(struct poller *poller)
{
	struct reader *reader;
	size_t i;

	poller->ending = true;
	poller->deadline = clock_monotonic_ms() + POLLER_GRACE_MS;
	for (i = 0; i < poller->streams->count; i++) {
		reader = &poller->readers[i];
		if (reader->reading && (pager_stop(&reader->pager) ||
		    reader->request.state != REST_RUNNING))
			pass_stop(reader);
	}
}

static void
heed_signals(struct poller *poller)
{
	struct signals signals = signals_take();
	size_t i;

	if (signals.poll)
		for (i = 0; i < poller->streams->count; i++)
			poller->readers[i].due = 0;
	if (signals.reload && !poller->ending)
		poller->reload = true;
	if (signals.end)
		poller->reload = false;
	if ((signals.end || signals.reload) && !poller->ending)
		wind_up(poller);
}

/* Start what is due.  How long until something is; -1: all is over. */
static int64_t
begin_due(struct poller *poller)
{
	int64_t now = clock_monotonic_ms(), wait_ms = TURN_MS;
	struct reader *reader;
	bool over = true;
	size_t i;

	for (i = 0; i < poller->streams->count; i++) {
		reader = &poller->readers[i];
		if (!reader->reading && !reader->never && !poller->ending) {
			over = false;
			if (reader->due <= now)
				pass_begin(reader);
			else if (reader->due - now < wait_ms)
				wait_ms = reader->due - now;
		}
		over = over && !reader->reading;
	}
	if (poller->ending && now > poller->deadline)
		over = true;
	return over ? -1 : wait_ms;
}

/* While nobody takes the lines no transfer goes on: that isn't the pod's
 * slowness. */
static int
flush(struct poller *poller, struct error *error)
{
	int64_t before = clock_monotonic_ms();
	int rc = singer_flush(poller->singer, error);
	struct pollfd reader = { .fd = STDOUT_FILENO };

	/* A pipe's end that nobody holds shows without a write. */
	if (rc == 0 && poll(&reader, 1, 0) == 1 &&
	    (reader.revents & POLLERR) != 0)
		rc = error_set(error, EXIT_IO, "cannot write the output: its "
		    "reader ended");
	poller->rest->late = clock_monotonic_ms() - before > LATE_MS;
	return rc;
}

/* Whatever ends: what the token endpoint gives is to be stored. */
static void
await_token(struct poller *poller)
{
	int64_t deadline = clock_monotonic_ms() + POLLER_GRACE_MS;
	struct error ignored;

	while (rest_is_asking(poller->rest) &&
	    clock_monotonic_ms() < deadline)
		if (rest_turn(poller->rest, TURN_MS, -1, &ignored) == -1)
			break;
}

int
poller_run(struct poller *poller)
{
	struct error error;
	int64_t wait_ms;
	int rc = EXIT_DONE;
	size_t i;

	poller->ending = poller->reload = false;
	poller->fatal.code = EXIT_DONE;
	for (;;) {
		heed_signals(poller);
		if (poller->fatal.code != EXIT_DONE ||
		    (wait_ms = begin_due(poller)) == -1)
			break;
		if (rest_turn(poller->rest, wait_ms, poller->wake_fd,
		    &error) == -1 || flush(poller, &error) == -1) {
			log_status(NULL);
			await_token(poller);
			return log_failure(&error);
		}
		status(poller);
	}
	log_status(NULL);
	await_token(poller);
	if (poller->fatal.code != EXIT_DONE)
		return (int)poller->fatal.code;
	if (singer_flush(poller->singer, &error) == -1)
		return log_failure(&error);
	for (i = 0; i < poller->streams->count; i++)
		rc = exitcode_worse(rc, poller->readers[i].status);
	return rc;
}
