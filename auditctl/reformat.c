/* SPDX-License-Identifier: MIT */
#include "auditctl/reformat.h"

#include <stdlib.h>
#include <string.h>

#include "auditctl/auditctl.h"
#include "auditctl/filter_run.h"
#include "line.h"
#include "list.h"
#include "log.h"
#include "record_body.h"

/* As much is given to transform at once; a record that alone is more, too. */
#define INPUT_BYTES ((size_t)8 << 20)
#define INPUT_MAX (INPUT_BYTES + 2 * LINE_MAX_BYTES)
#define OUTPUT_MAX ((size_t)512 << 20)

/* Messages whose records are looked at together. */
struct work {
	struct replay *replay;
	struct {
		int64_t id;
		char *stream, *record_id, *record_version;
		struct reformat_answer answer;
	} rows[ACTS_BATCH];
	size_t count;
	struct buffer input;
};

static void
answer_free(struct reformat_answer *answer)
{
	size_t i;

	for (i = 0; i < answer->count; i++)
		entry_free(&answer->entries[i]);
	for (i = 0; i < answer->failed_count; i++)
		free(answer->failed[i]);
	free(answer->entries);
	free(answer->failed);
}

static void
work_clear(struct work *work)
{
	size_t i;

	for (i = 0; i < work->count; i++) {
		free(work->rows[i].stream);
		free(work->rows[i].record_id);
		free(work->rows[i].record_version);
		answer_free(&work->rows[i].answer);
	}
	memset(work->rows, 0, sizeof(work->rows));
	work->count = 0;
	buffer_clear(&work->input);
}

/* ---- the records ------------------------------------------------------- */

/* A reject has its record in place of a payload. */
static int
rejected_record(struct replay *replay, int64_t id, struct buffer *text,
    struct error *error)
{
	struct statement *row;
	int rc;

	if ((row = db_prepare(replay->acts.ledger->db, "SELECT payload FROM "
	    "bodies WHERE message = ?1 AND CASE WHEN json_valid(payload) "
	    "THEN json_type(payload) = 'object' END",
	    error)) == NULL)
		return -1;
	db_bind_int(row, 1, id);
	if ((rc = db_step(row, error)) != 1)
		return rc;
	buffer_puts(text, db_text(row, 0));
	db_reset(row);
	return text->failed ? error_set(error, EXIT_SYSTEM, "out of memory") :
	    1;
}

/* 1: appended; 0: it isn't kept, which is told. */
static int
read_record(struct replay *replay, int64_t id,
    const struct replay_found *found, struct buffer *text,
    struct error *error)
{
	const struct record_name name = { found->stream, found->record_id,
		found->record_version };
	int rc = record_body_get(replay->acts.ledger, &name, text, error);

	if (rc == 0 && found->channel == NULL)
		rc = rejected_record(replay, id, text, error);
	if (rc == 0)
		acts_refuse(&replay->acts, "whose records aren't kept",
		    "message %lld: its record isn't kept: set keep_records in "
		    "the configuration, and read it again with fetch --since",
		    (long long)id);
	return rc;
}

/* A RECORD, as transform takes one whose name is known. */
static int
add_line(struct work *work, const struct replay_found *found,
    const struct buffer *record, struct error *error)
{
	struct buffer *line = &work->input;

	buffer_puts(line, "{\"type\":\"RECORD\"");
	buffer_json_member(line, "stream", found->stream);
	buffer_json_member(line, "record_id", found->record_id);
	buffer_json_member(line, "record_version", found->record_version);
	buffer_puts(line, ",\"record\":");
	buffer_append(line, buffer_text(record), record->length);
	buffer_puts(line, "}\n");
	return line->failed ? error_set(error, EXIT_SYSTEM, "out of memory") :
	    1;
}

/* What is known of the row goes from found to the work. */
static int
add_row(struct work *work, int64_t id, struct replay_found *found,
    struct error *error)
{
	struct buffer record;
	int rc;

	if (!reformat_judge(work->replay, id, found))
		return 0;
	buffer_init(&record, LINE_MAX_BYTES);
	rc = read_record(work->replay, id, found, &record, error);
	if (rc == 1)
		rc = add_line(work, found, &record, error);
	buffer_free(&record);
	if (rc != 1)
		return rc;
	work->rows[work->count].id = id;
	work->rows[work->count].stream = found->stream;
	work->rows[work->count].record_id = found->record_id;
	work->rows[work->count++].record_version = found->record_version;
	found->stream = found->record_id = found->record_version = NULL;
	return 1;
}

/* 1: it is among the work; 0: no, which is told. */
static int
add(struct work *work, int64_t id, struct error *error)
{
	struct replay_found found;
	int rc;

	if ((rc = replay_look(work->replay, id, &found, error)) == 1) {
		rc = add_row(work, id, &found, error);
		replay_found_free(&found);
	}
	return rc;
}

/* ---- what the filters say ---------------------------------------------- */

static int
take_message(struct reformat_answer *answer, const struct json *json,
    struct error *error)
{
	struct entry *grown = list_grow(answer->entries, answer->count,
	    &answer->room, sizeof(*grown));

	if (grown == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	answer->entries = grown;
	grown += answer->count++;
	*grown = (struct entry){ .position = 0 };
	return entry_read(grown, json) ? 0 : error_set(error, EXIT_BUG,
	    "transform wrote a MESSAGE that isn't whole");
}

static int
take_reject(struct reformat_answer *answer, const struct json *json,
    struct error *error)
{
	char **grown = list_grow(answer->failed, answer->failed_count,
	    &answer->failed_room, sizeof(*grown));

	if (grown == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	answer->failed = grown;
	grown[answer->failed_count] = json_dup(json, json_member(json, 0,
	    "filter"));
	return grown[answer->failed_count++] != NULL ? 0 :
	    error_set(error, EXIT_SYSTEM, "out of memory");
}

/* It ends the lines about a record: 0 if that is the one that was asked for. */
static int
take_seen(const struct work *work, size_t row, const struct json *json,
    struct error *error)
{
	return json_is(json, json_member(json, 0, "stream"),
	    work->rows[row].stream) && json_is(json, json_member(json, 0,
	    "record_id"), work->rows[row].record_id) &&
	    json_is(json, json_member(json, 0, "record_version"),
	    work->rows[row].record_version) ? 0 : error_set(error, EXIT_BUG,
	    "transform told of another record than it was given");
}

static int
take_line(struct work *work, size_t *row, const struct json *json,
    struct error *error)
{
	json_node type = json_member(json, 0, "type");

	if (*row == work->count)
		return error_set(error, EXIT_BUG, "transform told of more "
		    "records than it was given");
	if (json_is(json, type, "MESSAGE"))
		return take_message(&work->rows[*row].answer, json, error);
	if (json_is(json, type, "REJECT"))
		return take_reject(&work->rows[*row].answer, json, error);
	return json_is(json, type, "SEEN") ?
	    take_seen(work, (*row)++, json, error) : 0;
}

static int
read_answers(struct work *work, const struct buffer *output,
    struct error *error)
{
	const char *line = buffer_text(output), *end;
	struct json json = { 0 };
	size_t row = 0;
	int rc = 0;

	while (rc == 0 && (end = strchr(line, '\n')) != NULL) {
		rc = json_parse(&json, line, (size_t)(end - line), error);
		if (rc == 0)
			rc = take_line(work, &row, &json, error);
		line = end + 1;
	}
	json_free(&json);
	if (rc == 0 && row != work->count)
		return error_set(error, EXIT_BUG, "transform told of fewer "
		    "records than it was given");
	return rc;
}

/* ---- all --------------------------------------------------------------- */

static int
look(struct work *work, struct error *error)
{
	const char *config = configuration_path();
	struct buffer output;
	int rc;

	if (config == NULL)
		return error_set(error, EXIT_USAGE, "replay --reformat needs "
		    "the filters of the configuration: give --config, not "
		    "--db");
	buffer_init(&output, OUTPUT_MAX);
	if ((rc = filter_run(config, &work->input, &output, error)) == 0)
		rc = read_answers(work, &output, error);
	buffer_free(&output);
	return rc;
}

/* As many as go together, from *at on: an exit status. */
static int
some(struct work *work, const int64_t *ids, size_t count, size_t *at)
{
	int rc = 1, status, worst = EXIT_DONE;
	struct error error;
	size_t i;

	while (rc != -1 && *at < count && work->input.length < INPUT_BYTES) {
		if ((rc = add(work, ids[(*at)++], &error)) == 0)
			worst = EXIT_NO;
	}
	if (rc == -1 || (work->count > 0 && look(work, &error) == -1))
		return log_failure(&error);
	for (i = 0; i < work->count; i++)
		if ((status = reformat_apply(work->replay, work->rows[i].id,
		    &work->rows[i].answer)) != EXIT_DONE)
			worst = status;
	return worst;
}

int
reformat_batch(void *context, const int64_t *ids, size_t count)
{
	struct work work = { .replay = context };
	int status = EXIT_DONE, worst = EXIT_DONE;
	size_t at = 0;

	buffer_init(&work.input, INPUT_MAX);
	while (at < count && (status == EXIT_DONE || status == EXIT_NO)) {
		if ((status = some(&work, ids, count, &at)) != EXIT_DONE)
			worst = status;
		work_clear(&work);
	}
	buffer_free(&work.input);
	return worst;
}
