/* SPDX-License-Identifier: MIT */
/* What leaves: messages that are claimed, and their flights. */
#include <stdlib.h>

#include "deliver/pump_part.h"

void
flight_link(struct flight **list, struct flight *flight)
{
	flight->next = *list;
	flight->at = list;
	if (*list != NULL)
		(*list)->at = &flight->next;
	*list = flight;
}

static void
flight_unlink(struct flight *flight)
{
	*flight->at = flight->next;
	if (flight->next != NULL)
		flight->next->at = flight->at;
}

void
flight_free(struct flight *flight)
{
	flight_unlink(flight);
	buffer_free(&flight->body);
	free(flight);
}

void
calls_add(struct calls *calls, struct call *call)
{
	call->next = NULL;
	if (calls->first == NULL)
		calls->first = call;
	else
		calls->last->next = call;
	calls->last = call;
}

struct call *
calls_take(struct calls *calls)
{
	struct call *call = calls->first;

	if (call != NULL)
		calls->first = call->next;
	return call;
}

/* 1: one was claimed. */
static int
claim(struct pump *pump, struct channel *channel, int64_t now,
    struct error *error)
{
	struct flight *flight = calloc(1, sizeof(*flight));
	int rc;

	if (flight == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	buffer_init(&flight->body, SLACK_ANSWER_MAX);
	if ((rc = pump_begin(pump, now, error)) == 0)
		rc = outbox_claim(&pump->outbox, channel, &flight->message,
		    &flight->body, now, error);
	flight_link(&pump->claimed, flight);
	if (rc != 1) {
		flight_free(flight);
		return rc;
	}
	pace_claimed(&pump->pace, channel, now);
	return due_keep_channel(&pump->due, channel, NULL, now, error) == -1 ?
	    -1 : 1;
}

bool
pump_may_ask(const struct pump *pump)
{
	return pump->stopped == SLACK_SENT && !pump_is_told_to_end() &&
	    !renewal_blocks(&pump->renewal);
}

static bool
may_send(const struct pump *pump)
{
	return pump_may_ask(pump) &&
	    client_in_flight(pump->client) < CLIENT_CALLS_MAX;
}

/* All that waits is due with the next token. */
static bool
waits_for_token(const struct pump *pump)
{
	return pump->stopped == SLACK_SENT && !pump_is_told_to_end() &&
	    renewal_blocks(&pump->renewal) && pump->pace.heap_count > 0;
}

int64_t
pump_next_due(struct pump *pump, int64_t now)
{
	int64_t due_ms = PACE_NEVER;

	if (may_send(pump))
		pace_next(&pump->pace, now, &due_ms);
	else if (waits_for_token(pump))
		due_ms = renewal_due(&pump->renewal, now);
	return due_ms;
}

int
pump_claim_due(struct pump *pump, int64_t now, struct error *error)
{
	size_t room = CLIENT_CALLS_MAX - client_in_flight(pump->client);
	struct channel *channel;
	int64_t due_ms;
	bool any = false;
	int rc;

	if (!may_send(pump))
		return 0;
	while (room > 0 && (channel = pace_next(&pump->pace, now,
	    &due_ms)) != NULL) {
		if ((rc = claim(pump, channel, now, error)) == -1)
			return -1;
		room -= rc == 1;
		any = any || rc == 1;
	}
	return any ? due_keep_workspace(&pump->due, now, error) : 0;
}

int
pump_let_leave(struct pump *pump, struct error *error)
{
	struct flight *flight;

	while ((flight = pump->claimed) != NULL) {
		flight_unlink(flight);
		flight_link(&pump->flying, flight);
		if (client_call(pump->client, slack_method_name(
		    flight->message.method), "application/json",
		    &flight->body, flight, error) == -1)
			return -1;
		buffer_free(&flight->body);
	}
	return 0;
}

void
pump_close(struct pump *pump)
{
	struct flight *flight;

	while ((flight = pump->claimed) != NULL ||
	    (flight = pump->flying) != NULL)
		flight_free(flight);
}
