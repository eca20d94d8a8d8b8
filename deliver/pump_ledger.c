/* SPDX-License-Identifier: MIT */
/* The transaction of a turn: committed, or undone in memory too. */
#include <string.h>

#include "clock.h"
#include "deliver/pump_part.h"
#include "log.h"
#include "retry.h"

#define FULL_MS 200 /* before the ledger is tried again */
#define FULL_MAX_MS 10000

int
pump_begin(struct pump *pump, int64_t now, struct error *error)
{
	if (pump->pending_ms == 0)
		pump->pending_ms = now;
	if (pump->writing)
		return 0;
	if (db_begin(pump->ledger->db, error) == -1)
		return -1;
	pump->writing = true;
	return 0;
}

/* What the answers said is on disk. */
static void
forget_applied(struct pump *pump)
{
	struct call *call;

	while ((call = calls_take(&pump->applied)) != NULL) {
		if (call->context != &pump->settle)
			flight_free(call->context);
		client_release(pump->client, call);
	}
}

void
pump_flush(struct pump *pump)
{
	struct error error;

	if (echo_flush(&pump->echo, &error) == -1)
		/* Nobody reads any more: take no more, but end well. */
		intake_end(&pump->intake, &error);
}

static void
transaction_over(struct pump *pump)
{
	pump->writing = pump->urgent = false;
	pump->pending_ms = 0;
	pump->lines = 0;
}

int
pump_commit(struct pump *pump, int64_t now, struct error *error)
{
	if (pump->writing) {
		if (intake_before_commit(&pump->intake, error) == -1 ||
		    db_commit(pump->ledger->db, error) == -1)
			return -1;
		intake_committed(&pump->intake);
		echo_committed(&pump->echo);
		pump->kept = pump->tally;
		pump->kept_blocked = pump->blocked;
		pump->committed_ms = now;
		forget_applied(pump);
		if (pump->full_since_ms != 0)
			log_info("the ledger can be written again: going on");
		pump->full_since_ms = pump->full_failures = 0;
	}
	transaction_over(pump);
	if (pump_let_leave(pump, error) == -1)
		return -1;
	pump_flush(pump);
	return 0;
}

/* An answer that was applied comes again.  One of a look-up doesn't: it is
 * looked up anew. */
static void
undo_applied(struct pump *pump, struct calls *again)
{
	struct flight *flight;
	struct channel *channel;
	struct call *call;

	while ((call = calls_take(&pump->applied)) != NULL) {
		if (call->context == &pump->settle) {
			client_release(pump->client, call);
			continue;
		}
		flight = call->context;
		channel = flight->message.channel;
		channel->failures = flight->before.failures;
		channel->told = flight->before.told;
		pace_identify(&pump->pace, channel, flight->before.slack);
		strcpy(channel->lost, flight->before.lost);
		calls_add(again, call);
	}
	while ((call = calls_take(&pump->answered)) != NULL)
		calls_add(again, call);
}

/* The transaction is lost: nothing of it may be left in memory. */
static void
undo(struct pump *pump)
{
	struct calls again = { NULL, NULL };
	struct flight *flight;
	size_t i;

	db_rollback(pump->ledger->db);
	intake_rolled_back(&pump->intake);
	echo_rolled_back(&pump->echo);
	transaction_over(pump);
	pump->tally = pump->kept;
	while ((flight = pump->claimed) != NULL)
		flight_free(flight);
	undo_applied(pump, &again);
	pump->answered = again;
	pump->blocked = pump->kept_blocked;
	settle_reset(&pump->settle);
	for (i = 0; i < pump->pace.count; i++) {
		pump->pace.channels[i]->kept = false;
		pump->pace.channels[i]->flying = false;
		pace_busy(&pump->pace, pump->pace.channels[i], false);
	}
	for (flight = pump->flying; flight != NULL; flight = flight->next) {
		flight->message.channel->flying = true;
		pace_busy(&pump->pace, flight->message.channel, true);
	}
	pump->scanned_ms = 0; /* the queue and the doubts, anew */
}

/* Can it be waited out?  A full disk, a lock that another tool holds. */
static bool
is_passing(const struct error *error)
{
	return error->code == EXIT_IO || error->code == EXIT_TEMPFAIL;
}

int
pump_wait_for_ledger(struct pump *pump, int64_t now, const struct error *error)
{
	if (!is_passing(error))
		return -1;
	if (pump->full_since_ms == 0) {
		pump->full_since_ms = now;
		log_error("%s; waiting: nothing is lost, and it goes on by "
		    "itself", error->message);
	}
	if (client_in_flight(pump->client) == 0 && (pump_is_told_to_end() ||
	    (!pump->follow && now - pump->full_since_ms > pump->budget_ms)))
		return -1;
	undo(pump);
	/* The lock may have been waited for meanwhile. */
	pump->full_retry_ms = clock_monotonic_ms() + retry_backoff_ms(
	    pump->full_failures++, FULL_MS, FULL_MAX_MS);
	return 0;
}
