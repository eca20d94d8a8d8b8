/* SPDX-License-Identifier: MIT */
/* The filters of a pool: loading them, and loading them anew. */
#include "transform/pool_part.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

static volatile sig_atomic_t hangup;

static void
on_hangup(int number)
{
	(void)number;
	hangup = 1;
}

/* SIGHUP is taken only while pool waits, unless it is ignored; before that it
 * would kill. */
int
pool_hangup(sigset_t *waiting, struct error *error)
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

bool
pool_hung_up(void)
{
	return hangup != 0;
}

void
pool_filters_free(struct pool_filters *filters)
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
int
pool_filters_load(struct pool *pool, struct error *error)
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

void
pool_filters_reload(struct pool *pool)
{
	struct error error;

	hangup = 0;
	if ((pool->next = filters_start(pool, &error)) == NULL)
		log_error("the filters stay as they were: %s", error.message);
}

static void
drop_next(struct pool *pool)
{
	pool_filters_free(pool->next);
	pool->next = NULL;
	pool->next_ready = false;
}

void
pool_filters_news(struct pool *pool)
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
void
pool_filters_switch(struct pool *pool)
{
	size_t i;

	tell_verdict(pool->filters);
	for (i = 0; i < pool->settings.workers; i++)
		slot_dismiss(&pool->slots[i]);
	pool_filters_free(pool->filters);
	pool->filters = pool->next;
	pool->next = NULL;
	pool->next_ready = false;
	log_info("filters loaded anew: %zu", pool->filters->count);
}

/* Somebody killed the foreman, and so all workers: another one.  The filters
 * must be what they were: their numbers are in use. */
int
pool_filters_replace(struct pool *pool, struct error *error)
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
		pool_filters_free(fresh);
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

void
pool_tell(const struct pool *pool)
{
	if (pool->filters != NULL)
		tell_verdict(pool->filters);
}
