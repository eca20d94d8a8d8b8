/* SPDX-License-Identifier: MIT */
#include "deliver/intake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "deliver/intake_part.h"
#include "log.h"

int
intake_count_waiting(struct intake *intake, struct error *error)
{
	return db_number(intake->setup.ledger->db, "SELECT count(*) "
	    "FROM messages WHERE " OUTBOX_WAITING(""), NULL,
	    &intake->tally.waiting, error);
}

int
intake_open(struct intake *intake, const struct intake_setup *setup,
    struct error *error)
{
	int64_t rejects;

	*intake = (struct intake){ .setup = *setup };
	buffer_init(&intake->scratch, JSON_TEXT_MAX);
	if (inputs_open(&intake->inputs, setup->paths, setup->count,
	    setup->follow, error) == -1)
		return -1;
	barrier_init(&intake->barrier, intake->inputs.count);
	if (intake_count_waiting(intake, error) == -1 ||
	    db_number(setup->ledger->db, "SELECT EXISTS (SELECT 1 "
	    "FROM messages WHERE state = 'dead' AND channel IS NULL)", NULL,
	    &rejects, error) == -1)
		return -1;
	intake->rejects = rejects != 0;
	intake->kept = intake->tally;
	return 0;
}

void
intake_close(struct intake *intake)
{
	inputs_close(&intake->inputs);
	barrier_free(&intake->barrier);
	json_free(&intake->json);
	buffer_free(&intake->scratch);
	control_clear(&intake->control);
}

/* ---- inputs that end --------------------------------------------------- */

/* The worst failure is the last word of the run; the others are said now, and
 * by a service, whose end may be far, all of them. */
static void
fail(struct intake *intake, const struct error *error)
{
	bool worse = !intake->failed || exitcode_worse(intake->failure.code,
	    error->code) != (int)intake->failure.code;

	if (intake->setup.follow)
		log_error("%s", error->message);
	else if (intake->failed)
		log_error("%s", worse ? intake->failure.message :
		    error->message);
	if (worse)
		intake->failure = *error;
	intake->failed = true;
}

static bool
is_alone(const struct intake *intake)
{
	return intake->inputs.count == 1 && intake->input->path == NULL;
}

int
intake_refuse(struct intake *intake, enum exitcode code, const char *what)
{
	struct input *input = intake->input;

	error_set(&input->why, code, "%s line %llu %s", is_alone(intake) ?
	    "input" : input->name, (unsigned long long)input->reader.number,
	    what);
	inputs_stop(&intake->inputs, input);
	return 0;
}

/* An input was stopped, and the lines before that are durable. */
static void
tell_stopped(struct intake *intake, const struct input *input)
{
	if (input->why.code == EXIT_DONE)
		return;
	if (input->stop == INPUT_CLOSES)
		fail(intake, &input->why);
	else if (input->stop == INPUT_DRAINS)
		log_error("%s; nothing more is taken from it until its writer "
		    "has ended: start that again", input->why.message);
	else
		log_warning("%s", input->why.message);
}

char *
intake_member(struct intake *intake, const char *name)
{
	return json_dup(&intake->json, json_member(&intake->json, 0, name));
}

char *
intake_source(struct intake *intake, json_node node)
{
	size_t length;
	const char *text = json_raw(&intake->json, node, &length);

	return node == JSON_NONE ? NULL : strndup(text, length);
}

/* Is the bookmark that is there later than value?  It doesn't go back: a run
 * over an old span (fetch --until) must not undo what was reached. */
static int
is_behind(struct intake *intake, const char *stream, const char *value,
    struct error *error)
{
	int64_t here, there;
	char *known;
	int rc;

	if (bookmark_get(intake->setup.ledger, intake->setup.pipeline, stream,
	    &known, NULL, error) == -1)
		return -1;
	rc = known != NULL && clock_parse(known, &here) == 0 &&
	    clock_parse(value, &there) == 0 && there < here;
	free(known);
	return rc;
}

static int
take_bookmark(struct intake *intake, const struct json *json, json_node node,
    struct error *error)
{
	char *value = json_dup(json, json_member(json, node,
	    "replication_key_value"));
	char *key = json_dup(json, json_member(json, node,
	    "replication_key"));
	const char *stream;
	int rc = 0;

	buffer_clear(&intake->scratch);
	json_decode_name(json, node, &intake->scratch);
	stream = buffer_text(&intake->scratch);
	if (value != NULL && key != NULL &&
	    (rc = is_behind(intake, stream, value, error)) == 0)
		rc = bookmark_set(intake->setup.ledger,
		    intake->setup.pipeline, stream, key, value, error);
	free(value);
	free(key);
	return rc == -1 ? -1 : 0;
}

/* The STATE in barrier.json stands: its bookmarks and its echo. */
static int
commit_state(struct intake *intake, const char *text, struct error *error)
{
	const struct json *json = &intake->barrier.json;
	json_node node;

	for (node = json_first(json, json_member(json, 0, "bookmarks"));
	    node != JSON_NONE; node = json_next(json, node))
		if (take_bookmark(intake, json, node, error) == -1)
			return -1;
	return echo_line(intake->setup.echo, text, strlen(text)) == 0 ? 0 :
	    error_set(error, EXIT_SYSTEM, "too many STATE lines at once");
}

static int
take_state(struct intake *intake, struct error *error)
{
	const struct json *json = &intake->json;
	struct input_count *count = &intake->input->count;
	json_node value = json_member(json, 0, "value");
	char what[160];
	const char *text;
	int64_t records;
	int rc;

	if (json_integer(json, json_path(json, "stats.records"), &records) &&
	    (records < count->seen ||
	    records > count->seen + count->unreadable)) {
		snprintf(what, sizeof(what), "is a STATE after %lld records, "
		    "and %lld came: some were lost in the pipe; run it again, "
		    "nothing is sent twice", (long long)records,
		    (long long)count->seen);
		return intake_refuse(intake, EXIT_TEMPFAIL, what);
	}
	if (json_type(json, value) != JSON_OBJECT)
		return intake_refuse(intake, EXIT_DATA, "is a STATE without a "
		    "value");
	*count = (struct input_count){ 0, 0 };
	rc = barrier_arrive(&intake->barrier, (size_t)(intake->input -
	    intake->inputs.list), json, value, error);
	while (rc == 0 && (rc = barrier_next(&intake->barrier, &text,
	    error)) == 1)
		rc = commit_state(intake, text, error);
	return rc;
}

static int
take_line(struct intake *intake, const char *text, size_t length,
    struct error *error)
{
	static const struct {
		const char *type;
		int (*take)(struct intake *, struct error *);
	} types[] = { { "MESSAGE", intake_message }, { "SEEN", intake_seen },
		{ "STATE", take_state }, { "REJECT", intake_reject } };
	struct error parse;
	json_node type;
	size_t i;

	if (json_parse(&intake->json, text, length, &parse) == -1)
		return intake_refuse(intake, EXIT_DATA, "is not JSON");
	type = json_member(&intake->json, 0, "type");
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (json_is(&intake->json, type, types[i].type))
			return types[i].take(intake, error);
	return intake_refuse(intake, EXIT_DATA, json_is(&intake->json, type,
	    "RECORD") || json_is(&intake->json, type, "SCHEMA") ?
	    "comes from fetch: put transform between fetch and deliver" :
	    "is no MESSAGE, REJECT, SEEN or STATE");
}

/* An input is at its end, in order or not. */
static int
take_end(struct intake *intake, enum line_result result,
    const struct error *error)
{
	switch (result) {
	case LINE_TORN:
		return intake_refuse(intake, EXIT_TEMPFAIL, "is torn: its "
		    "writer ended too early; run it again, nothing is sent "
		    "twice");
	case LINE_TOO_LONG:
		return intake_refuse(intake, EXIT_DATA, "is too long");
	case LINE_ERROR:
		error_set(&intake->input->why, error->code, "%s: %.900s",
		    intake->input->name, error->message);
		/* fall through */
	default:
		inputs_stop(&intake->inputs, intake->input);
		return 0;
	}
}

/* All inputs have ended: what does a STATE wait for? */
static void
tell_waiting(struct intake *intake)
{
	const char *stream;
	struct error error;
	size_t input;

	if (intake->failed || !barrier_waits(&intake->barrier, &input,
	    &stream))
		return;
	error_set(&error, EXIT_TEMPFAIL, "the bookmark of %s is left where it "
	    "was: %s ended without the STATE that the other inputs brought; "
	    "run it again, nothing is sent twice", stream,
	    intake->inputs.list[input].name);
	fail(intake, &error);
}

int
intake_read(struct intake *intake, size_t most, size_t *count,
    struct error *error)
{
	enum line_result result;
	const char *text;
	size_t length;
	int rc = 0;

	for (*count = 0; rc == 0 && *count < most; ++*count) {
		result = inputs_next(&intake->inputs, &intake->input, &text,
		    &length, error);
		if (result == LINE_AGAIN)
			break;
		rc = result == LINE_OK ? take_line(intake, text, length,
		    error) : take_end(intake, result, error);
	}
	if (inputs_full(&intake->inputs))
		*count = most;
	intake->ended = intake->over || inputs_ended(&intake->inputs);
	return rc;
}

int
intake_fd(const struct intake *intake)
{
	return inputs_fd(&intake->inputs);
}

bool
intake_at_hand(const struct intake *intake)
{
	return !intake->ended && inputs_at_hand(&intake->inputs);
}

int
intake_before_commit(struct intake *intake, struct error *error)
{
	return control_append(&intake->control, intake->setup.ledger, error);
}

void
intake_committed(struct intake *intake)
{
	size_t i;

	control_clear(&intake->control);
	for (i = 0; i < intake->inputs.count; i++)
		tell_stopped(intake, &intake->inputs.list[i]);
	inputs_committed(&intake->inputs);
	barrier_committed(&intake->barrier);
	if (intake->ended)
		tell_waiting(intake);
	intake->kept = intake->tally;
}

void
intake_rolled_back(struct intake *intake)
{
	control_clear(&intake->control);
	inputs_rolled_back(&intake->inputs);
	barrier_rolled_back(&intake->barrier);
	intake->tally = intake->kept;
	intake->ended = intake->over || inputs_ended(&intake->inputs);
}

void
intake_end(struct intake *intake, const struct error *error)
{
	fail(intake, error);
	intake->over = intake->ended = true;
}
