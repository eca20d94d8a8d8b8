/* SPDX-License-Identifier: MIT */
#include "deliver/barrier.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "list.h"

void
barrier_init(struct barrier *barrier, size_t inputs)
{
	*barrier = (struct barrier){ .inputs = inputs };
}

void
barrier_free(struct barrier *barrier)
{
	struct reached *reached;
	size_t i;

	for (i = 0; i < barrier->reached_count; i++) {
		reached = &barrier->reached[i];
		free(reached->stream);
		free(reached->value);
		free(reached->before);
	}
	for (i = 0; i < barrier->count; i++)
		free(barrier->states[i].text);
	free(barrier->reached);
	free(barrier->states);
	json_free(&barrier->json);
	*barrier = (struct barrier){ 0 };
}

/* Has who stands at value come to wanted? */
static bool
is_there(const char *value, const char *wanted)
{
	int64_t here, there;

	if (value == NULL)
		return false;
	if (clock_parse(value, &here) == 0 && clock_parse(wanted, &there) == 0)
		return here >= there;
	return strcmp(value, wanted) == 0;
}

static struct reached *
find(const struct barrier *barrier, size_t input, const char *stream)
{
	struct reached *reached = barrier->reached;
	size_t i;

	for (i = 0; i < barrier->reached_count; i++, reached++)
		if (reached->input == input &&
		    strcmp(reached->stream, stream) == 0)
			return reached;
	return NULL;
}

static struct reached *
add(struct barrier *barrier, size_t input, const char *stream)
{
	struct reached *list = list_grow(barrier->reached,
	    barrier->reached_count, &barrier->reached_capacity, sizeof(*list)),
	    *reached;

	if (list == NULL)
		return NULL;
	barrier->reached = list;
	reached = &list[barrier->reached_count];
	*reached = (struct reached){ .input = input,
		.stream = strdup(stream) };
	if (reached->stream == NULL)
		return NULL;
	barrier->reached_count++;
	return reached;
}

/* An input has come to value, which becomes the barrier's. */
static int
reach(struct barrier *barrier, size_t input, const char *stream, char *value)
{
	struct reached *reached = find(barrier, input, stream);

	if (reached == NULL &&
	    (reached = add(barrier, input, stream)) == NULL) {
		free(value);
		return -1;
	}
	if (is_there(reached->value, value)) { /* an older span, read again */
		free(value);
		return 0;
	}
	if (reached->changed)
		free(reached->value);
	else
		reached->before = reached->value;
	reached->changed = true;
	reached->value = value;
	return 0;
}

static int
keep_state(struct barrier *barrier, const char *text, size_t length)
{
	struct arrived *list, *state;
	size_t i;

	for (i = 0; i < barrier->count; i++) {
		state = &barrier->states[i];
		if (!state->stands && strncmp(state->text, text, length) ==
		    0 && state->text[length] == '\0')
			return 0; /* another input brought it before */
	}
	/* The oldest says nothing that the later ones don't. */
	if (barrier->count >= BARRIER_STATES_MAX &&
	    !barrier->states[0].stands) {
		free(barrier->states[0].text);
		memmove(barrier->states, barrier->states + 1,
		    --barrier->count * sizeof(*barrier->states));
	}
	list = list_grow(barrier->states, barrier->count,
	    &barrier->capacity, sizeof(*list));
	if (list == NULL)
		return -1;
	barrier->states = list;
	list[barrier->count] = (struct arrived){
		.text = strndup(text, length), .fresh = true };
	if (list[barrier->count].text == NULL)
		return -1;
	barrier->count++;
	return 0;
}

/* The stream of a bookmark and where it stands, both in fresh memory; false:
 * it says nothing. */
static bool
bookmark(const struct json *json, json_node node, char **stream,
    char **value)
{
	struct buffer name;

	*value = json_dup(json, json_member(json, node,
	    "replication_key_value"));
	if (*value == NULL)
		return false;
	buffer_init(&name, 65536);
	json_decode_name(json, node, &name);
	if ((*stream = strdup(buffer_text(&name))) == NULL) {
		free(*value);
		*value = NULL;
	}
	buffer_free(&name);
	return *value != NULL;
}

static json_node
bookmarks(const struct json *json, json_node value)
{
	return json_first(json, json_member(json, value, "bookmarks"));
}

/* An input has come to all that a STATE says. */
static int
reach_all(struct barrier *barrier, size_t input, const struct json *json,
    json_node value, struct error *error)
{
	char *stream, *at;
	json_node node;
	int rc = 0;

	for (node = bookmarks(json, value); rc == 0 && node != JSON_NONE;
	    node = json_next(json, node)) {
		if (!bookmark(json, node, &stream, &at))
			continue;
		rc = reach(barrier, input, stream, at);
		free(stream);
	}
	return rc == 0 ? 0 : error_set(error, EXIT_SYSTEM, "out of memory");
}

int
barrier_arrive(struct barrier *barrier, size_t input,
    const struct json *json, json_node value, struct error *error)
{
	const char *text;
	size_t length, i;

	for (i = 0; i < barrier->count; i++)
		if (barrier->states[i].lacks == input)
			barrier->states[i].waits = false;
	if (reach_all(barrier, input, json, value, error) == -1)
		return -1;
	text = json_raw(json, value, &length);
	return keep_state(barrier, text, length) == 0 ? 0 : error_set(error,
	    EXIT_SYSTEM, "out of memory");
}

/* Which input hasn't come to a bookmark of the parsed state?  -1: all have. */
static ssize_t
lacks(const struct barrier *barrier, const char **stream_name)
{
	const struct json *json = &barrier->json;
	const struct reached *reached;
	char *stream, *value;
	ssize_t missing = -1;
	json_node node;
	size_t i;

	for (node = bookmarks(json, 0); missing == -1 && node != JSON_NONE;
	    node = json_next(json, node)) {
		if (!bookmark(json, node, &stream, &value))
			continue;
		for (i = 0; missing == -1 && i < barrier->inputs; i++) {
			reached = find(barrier, i, stream);
			if (reached == NULL || !is_there(reached->value,
			    value))
				missing = (ssize_t)i;
		}
		for (i = 0; missing != -1 && i < barrier->inputs; i++)
			if ((reached = find(barrier, i, stream)) != NULL)
				*stream_name = reached->stream;
		free(stream);
		free(value);
	}
	return missing;
}

static int
parse(struct barrier *barrier, const struct arrived *state,
    struct error *error)
{
	return json_parse(&barrier->json, state->text, strlen(state->text),
	    error);
}

/* Has all that the parsed state says been left behind by one that stood?  What
 * has stood is kept as an input of its own. */
static bool
is_past(const struct barrier *barrier)
{
	const struct json *json = &barrier->json;
	const struct reached *stood;
	char *stream, *value;
	bool past = false;
	json_node node;

	for (node = bookmarks(json, 0); node != JSON_NONE;
	    node = json_next(json, node)) {
		if (!bookmark(json, node, &stream, &value))
			continue;
		stood = find(barrier, barrier->inputs, stream);
		past = stood != NULL && is_there(stood->value, value) &&
		    strcmp(stood->value, value) != 0;
		free(stream);
		free(value);
		if (!past)
			return false;
	}
	return past;
}

int
barrier_next(struct barrier *barrier, const char **text, struct error *error)
{
	struct arrived *state;
	const char *ignored;
	ssize_t missing;
	size_t i;

	/* Inputs may bring other values: a later one may stand before. */
	for (i = 0; i < barrier->count; i++) {
		state = &barrier->states[i];
		if (state->stands || state->waits)
			continue;
		if (parse(barrier, state, error) == -1)
			return -1;
		if ((missing = lacks(barrier, &ignored)) != -1) {
			state->waits = true;
			state->lacks = (size_t)missing;
			continue;
		}
		state->stands = true;
		if (barrier->inputs > 1 && is_past(barrier))
			continue;
		*text = state->text;
		return reach_all(barrier, barrier->inputs, &barrier->json, 0,
		    error) == -1 ? -1 : 1;
	}
	return 0;
}

/* The transaction is over: what changed in it stays, or is as it was; what
 * stood is said, or waits again; what came is there, or hasn't come. */
static void
end_transaction(struct barrier *barrier, bool committed)
{
	struct reached *reached;
	struct arrived *state;
	size_t i, kept = 0;

	for (i = 0; i < barrier->reached_count; i++) {
		reached = &barrier->reached[i];
		if (!reached->changed)
			continue;
		free(committed ? reached->before : reached->value);
		if (!committed)
			reached->value = reached->before;
		reached->before = NULL;
		reached->changed = false;
	}
	for (i = 0; i < barrier->count; i++) {
		state = &barrier->states[i];
		if (committed ? state->stands : state->fresh) {
			free(state->text);
			continue;
		}
		state->stands = state->fresh = false;
		barrier->states[kept++] = *state;
	}
	barrier->count = kept;
}

void
barrier_committed(struct barrier *barrier)
{
	end_transaction(barrier, true);
}

void
barrier_rolled_back(struct barrier *barrier)
{
	end_transaction(barrier, false);
}

bool
barrier_waits(struct barrier *barrier, size_t *input, const char **stream)
{
	struct error ignored;
	ssize_t missing;

	/* Behind a commit, or a roll-back, only those that wait are left. */
	if (barrier->count == 0 || parse(barrier, &barrier->states[0],
	    &ignored) == -1 || (missing = lacks(barrier, stream)) == -1)
		return false;
	*input = (size_t)missing;
	return true;
}
