/* SPDX-License-Identifier: MIT */
#include "deliver/forecast.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "deliver/due.h"
#include "deliver/outbox.h"
#include "list.h"

#define NONE SIZE_MAX

/* A message that is queued. */
struct entry {
	int64_t id;
	int64_t not_before_ms; /* monotonic; INT64_MIN: any time */
	size_t queue;
	size_t successor; /* waits for it, about the same record, or NONE */
};

/* A channel's. */
struct queue {
	struct channel *channel;
	size_t first, end; /* its entries */
	struct heap ready; /* those that may leave, by their place */
};

/* ---- heap -------------------------------------------------------------- */

static bool
comes_first(const struct heap_item *one, const struct heap_item *other)
{
	return one->key != other->key ? one->key < other->key :
	    one->entry < other->entry;
}

static void
swap(struct heap *heap, size_t one, size_t other)
{
	struct heap_item item = heap->items[one];

	heap->items[one] = heap->items[other];
	heap->items[other] = item;
}

static int
heap_put(struct heap *heap, int64_t key, size_t entry, struct error *error)
{
	struct heap_item *items = list_grow(heap->items, heap->count,
	    &heap->capacity, sizeof(*items));
	size_t at = heap->count;

	if (items == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	heap->items = items;
	heap->items[heap->count++] = (struct heap_item){ key, entry };
	for (; at > 0 && comes_first(&heap->items[at],
	    &heap->items[(at - 1) / 2]); at = (at - 1) / 2)
		swap(heap, at, (at - 1) / 2);
	return 0;
}

/* The first one's entry; there is one. */
static size_t
heap_take(struct heap *heap)
{
	size_t entry = heap->items[0].entry, at = 0, child;

	heap->items[0] = heap->items[--heap->count];
	while ((child = 2 * at + 1) < heap->count) {
		if (child + 1 < heap->count && comes_first(
		    &heap->items[child + 1], &heap->items[child]))
			child++;
		if (!comes_first(&heap->items[child], &heap->items[at]))
			break;
		swap(heap, at, child);
		at = child;
	}
	return entry;
}

/* ---- the queue --------------------------------------------------------- */

/* behind: the message that this one waits for, if it is queued itself. */
static const char queue_sql[] = "SELECT m.channel, m.id, m.not_before, "
    "(SELECT max(e.id) FROM messages e WHERE e.stream = m.stream "
    "AND e.record_id = m.record_id AND e.id < m.id AND e.channel = m.channel "
    "AND e.filter = m.filter AND e.state = 'queued') AS behind, "
    "EXISTS (SELECT 1 FROM messages e WHERE e.stream = m.stream "
    "AND e.record_id = m.record_id AND e.id < m.id AND e.channel = m.channel "
    "AND e.filter = m.filter AND e.state = 'held') AS blocked "
    "FROM messages m WHERE " OUTBOX_WAITING("m.") " "
    "AND m.state = 'queued' ORDER BY m.channel, m.id";

static struct queue *
add_queue(struct forecast *forecast, const char *name)
{
	struct queue *queue, *queues;
	struct channel *channel;

	if (forecast->queue_count > 0) {
		queue = &forecast->queues[forecast->queue_count - 1];
		if (strcmp(queue->channel->name, name) == 0)
			return queue;
	}
	if ((channel = pace_channel(forecast->pace, name)) == NULL ||
	    (queues = list_grow(forecast->queues, forecast->queue_count,
	    &forecast->queue_capacity, sizeof(*queues))) == NULL)
		return NULL;
	forecast->queues = queues;
	queue = &queues[forecast->queue_count++];
	*queue = (struct queue){ .channel = channel,
		.first = forecast->count, .end = forecast->count };
	return queue;
}

/* The entry of a message in its queue, or NONE. */
static size_t
find(const struct forecast *forecast, const struct queue *queue, int64_t id)
{
	size_t low = queue->first, high = queue->end, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (forecast->entries[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < queue->end && forecast->entries[low].id == id ? low :
	    NONE;
}

/* It waits for nothing but its time now. */
static int
release(struct forecast *forecast, size_t at, struct error *error)
{
	const struct entry *entry = &forecast->entries[at];
	struct queue *queue = &forecast->queues[entry->queue];

	if (entry->not_before_ms > forecast->now_ms)
		return heap_put(&forecast->later, entry->not_before_ms, at,
		    error);
	pace_waiting(forecast->pace, queue->channel, true);
	return heap_put(&queue->ready, (int64_t)at, at, error);
}

static int
take_row(struct forecast *forecast, struct statement *row,
    struct error *error)
{
	struct queue *queue = add_queue(forecast, db_text(row, 0));
	struct entry *entries = NULL, *entry;
	const char *not_before = db_text(row, 2);
	size_t before = NONE;
	int64_t wall;

	if (queue != NULL)
		entries = list_grow(forecast->entries, forecast->count,
		    &forecast->capacity, sizeof(*entries));
	if (entries == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	forecast->entries = entries;
	if (!db_is_null(row, 3))
		before = find(forecast, queue, db_int(row, 3));
	entry = &entries[forecast->count++];
	*entry = (struct entry){ .id = db_int(row, 1), .successor = NONE,
		.queue = (size_t)(queue - forecast->queues),
		.not_before_ms = INT64_MIN };
	if (not_before != NULL && clock_parse(not_before, &wall) == 0)
		entry->not_before_ms = forecast->start_ms + wall -
		    forecast->start_wall_ms;
	queue->end = forecast->count;
	if (before == NONE)
		return release(forecast, forecast->count - 1, error);
	entries[before].successor = forecast->count - 1;
	return 0;
}

static int
load_queue(struct forecast *forecast, struct ledger *ledger,
    struct error *error)
{
	struct statement *row;
	int rc;

	if ((row = db_prepare(ledger->db, queue_sql, error)) == NULL)
		return -1;
	while ((rc = db_step(row, error)) == 1) {
		if (db_int(row, 4) != 0)
			forecast->blocked++;
		else if (take_row(forecast, row, error) == -1) {
			db_reset(row);
			return -1;
		}
	}
	return rc;
}

int
forecast_open(struct forecast *forecast, struct ledger *ledger,
    struct pace *pace, struct error *error)
{
	struct due due = { .ledger = ledger, .pace = pace };

	*forecast = (struct forecast){ .pace = pace,
		.start_ms = clock_monotonic_ms(),
		.start_wall_ms = clock_wall_ms() };
	forecast->now_ms = forecast->start_ms;
	if (due_load(&due, forecast->now_ms, false, error) == -1)
		return -1;
	/* Nearly everything is a post: a pause of that is one of all. */
	pace_away(pace, pace->pause_ms[SLACK_POST]);
	return load_queue(forecast, ledger, error);
}

void
forecast_close(struct forecast *forecast)
{
	while (forecast->queue_count > 0)
		free(forecast->queues[--forecast->queue_count].ready.items);
	free(forecast->queues);
	free(forecast->entries);
	free(forecast->later.items);
	*forecast = (struct forecast){ 0 };
}

/* ---- time passes ------------------------------------------------------- */

static int
by_name(const void *name, const void *queue)
{
	return strcmp(name, ((const struct queue *)queue)->channel->name);
}

/* The channel's first one leaves now. */
static int
leave(struct forecast *forecast, struct channel *channel,
    struct departure *departure, struct error *error)
{
	struct queue *queue = bsearch(channel->name, forecast->queues,
	    forecast->queue_count, sizeof(*queue), by_name);
	const struct entry *entry =
	    &forecast->entries[heap_take(&queue->ready)];

	/* It is claimed a moment before it is due, and leaves when it is. */
	*departure = (struct departure){ .message = entry->id,
		.channel = channel, .wall_ms = forecast->start_wall_ms -
		forecast->start_ms + (channel->due_ms > forecast->now_ms ?
		channel->due_ms : forecast->now_ms) };
	pace_claimed(forecast->pace, channel, forecast->now_ms);
	pace_busy(forecast->pace, channel, false);
	if (entry->successor != NONE &&
	    release(forecast, entry->successor, error) == -1)
		return -1;
	pace_waiting(forecast->pace, channel, queue->ready.count > 0);
	return 1;
}

int
forecast_next(struct forecast *forecast, struct departure *departure,
    struct error *error)
{
	struct heap *later = &forecast->later;
	struct channel *channel;
	int64_t due_ms;

	for (;;) {
		while (later->count > 0 &&
		    later->items[0].key <= forecast->now_ms)
			if (release(forecast, heap_take(later), error) == -1)
				return -1;
		channel = pace_next(forecast->pace, forecast->now_ms, &due_ms);
		if (channel != NULL)
			return leave(forecast, channel, departure, error);
		if (later->count > 0 && later->items[0].key < due_ms)
			due_ms = later->items[0].key;
		if (due_ms == PACE_NEVER)
			return 0;
		forecast->now_ms = due_ms;
	}
}
