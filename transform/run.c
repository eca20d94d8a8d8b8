/* SPDX-License-Identifier: MIT */
#include "transform/run.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "line.h"
#include "transform/check.h"
#include "transform/jvtext.h"
#include "transform/output.h"
#include "transform/trim.h"

/* Beside the lines that a filter may make: a REJECT for each filter and the
 * account. */
#define OUT_MAX (RUN_LINE_BYTES_MAX + 2 * LINE_MAX_BYTES)
#define NOTES_MAX ((size_t)1 << 20)

void
run_open(struct run *run)
{
	*run = (struct run){ 0 };
	input_open(&run->input);
	run->input.closed = true;
	buffer_init(&run->out, OUT_MAX);
	buffer_init(&run->notes, NOTES_MAX);
	buffer_init(&run->output, RUN_OUTPUT_BYTES_MAX);
}

static void
at_filter(struct run *run, uint32_t filter)
{
	run->progress->filter = filter;
	run->progress->step++;
}

static void
at_line(struct run *run, uint64_t number)
{
	run->progress->number = number;
	run->progress->lines++;
	at_filter(run, PROGRESS_RECORD);
}

int
run_schema(struct run *run, const char *text, size_t length,
    struct error *error)
{
	int rc;

	run->input.closed = false;
	rc = input_read(&run->input, text, length, error) == INPUT_SCHEMA ?
	    0 : -1;
	run->input.closed = true;
	return rc;
}

void
run_veto(struct run *run, size_t filter, const char *why, size_t length,
    bool stays)
{
	struct veto *veto;
	size_t i;

	for (i = 0; i < run->count; i++)
		if (i == filter || filter == FRAME_ALL_FILTERS) {
			veto = &run->vetoes[i];
			snprintf(stays ? veto->chunk : veto->line,
			    sizeof(veto->line), "%.*s", (int)length, why);
		}
}

/* "": the filter is to be run. */
static const char *
veto_of(const struct run *run, size_t filter)
{
	const struct veto *veto = &run->vetoes[filter];

	return veto->line[0] != '\0' ? veto->line : veto->chunk;
}

static void
lift(struct run *run, bool all)
{
	size_t i;

	for (i = 0; i < run->count; i++) {
		run->vetoes[i].line[0] = '\0';
		if (all)
			run->vetoes[i].chunk[0] = '\0';
	}
}

void
run_free(struct run *run)
{
	lift(run, true);
	at_filter(run, PROGRESS_IDLE);
}

/* A note about a filter: which record, and in words of ours, why. */
static void
note(struct run *run, char letter, size_t filter, const char *why)
{
	buffer_printf(&run->notes, "%c%zu %.100s %.100s%s%.180s", letter,
	    filter, buffer_text(&run->input.stream),
	    buffer_text(&run->input.id), why != NULL ? ": " : "",
	    why != NULL ? why : "");
	buffer_append(&run->notes, "", 1);
}

/* The message in output; one that breaks a limit is trimmed where its filter
 * has that. */
static int
check(struct run *run, size_t index, struct error *error)
{
	struct error why;

	if (check_message(&run->message, &why) == 0)
		return 0;
	*error = why;
	if (!run->filters[index].trims || trim_message(&run->output,
	    &run->message, error) == -1)
		return -1;
	note(run, 'T', index, why.message);
	return 0;
}

/* Check an output (consumed) and append its MESSAGE. */
static int
add_message(struct run *run, size_t index, size_t position, jv output,
    struct error *error)
{
	const struct filter *filter = &run->filters[index];
	struct error why;

	if (position == RUN_OUTPUTS_MAX) {
		jv_free(output);
		return error_set(error, EXIT_DATA, "more than %d outputs for "
		    "one record", RUN_OUTPUTS_MAX);
	}
	buffer_clear(&run->output);
	/* In its line, which deliver reads, it stands inside an object. */
	if (jvtext_write(output, 1, &run->output) == -1)
		return error_set(error, EXIT_DATA, "output %zu: nested deeper "
		    "than %d or over the ceiling of %zu bytes", position,
		    JSON_DEPTH_MAX - 1, RUN_OUTPUT_BYTES_MAX);
	if (json_parse(&run->message, run->output.data, run->output.length,
	    &why) == -1 || check(run, index, &why) == -1)
		return error_set(error, why.code, "output %zu: %.900s",
		    position, why.message);
	output_message(&run->out, filter->name, &run->input, position,
	    &run->message);
	return 0;
}

/* In place of what a filter made: where that began, and why. */
static void
reject(struct run *run, size_t index, size_t before, const char *why,
    bool ours)
{
	run->out.length = before;
	run->out.failed = false;
	output_reject(&run->out, run->filters[index].name, &run->input, why,
	    RUN_LINE_BYTES_MAX > before ? RUN_LINE_BYTES_MAX - before : 0);
	note(run, 'R', index, ours ? why : NULL);
}

/* All of a filter's messages for the record, or one REJECT; how many lines
 * that made. */
static size_t
run_filter(struct run *run, size_t index, jv envelope)
{
	struct filter *filter = &run->filters[index];
	const size_t before = run->out.length;
	struct error why;
	size_t lines = 0;
	bool ours = false;
	jv output;
	int got;

	if (*veto_of(run, index) != '\0') {
		jv_free(envelope);
		reject(run, index, before, veto_of(run, index), true);
		return 1;
	}
	at_filter(run, (uint32_t)index);
	filter_start(filter, envelope);
	while ((got = filter_next(filter, &output, &why)) == 1) {
		if (add_message(run, index, lines, output, &why) == -1) {
			got = -1;
			ours = true;
			break;
		}
		lines++;
	}
	if (ours || filter->midway)
		run->spent |= !filter_end(filter);
	if (got == 0 && (run->out.failed ||
	    run->out.length > RUN_LINE_BYTES_MAX))
		got = error_set(&why, EXIT_DATA, "the messages about this "
		    "record are over the ceiling of %zu bytes",
		    RUN_LINE_BYTES_MAX);
	if (got == -1) {
		reject(run, index, before, why.message, ours);
		lines = 1;
	}
	at_filter(run, PROGRESS_RECORD);
	return lines;
}

static int64_t
cpu_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static size_t
measure_filter(struct run *run, size_t index, jv envelope)
{
	const int64_t start = cpu_ns();
	const size_t lines = run_filter(run, index, envelope);

	buffer_printf(&run->notes, "M%zu %" PRId64, index, cpu_ns() - start);
	buffer_append(&run->notes, "", 1);
	return lines;
}

/* What a filter's program is wrapped to take apart. */
static jv
envelope_of(const struct run *run)
{
	const struct input *input = &run->input;
	const struct {
		const char *name;
		const struct buffer *text;
	} strings[] = { { "stream", &input->stream }, { "id", &input->id },
		{ "version", &input->version } };
	jv envelope = jv_object(), raw = jv_null(), record;
	size_t i;

	for (i = 0; i < 3; i++)
		envelope = jv_object_set(envelope, jv_string(strings[i].name),
		    jvtext_string(buffer_text(strings[i].text),
		    strings[i].text->length));
	record = jvtext_read(&input->json, input->record, JVTEXT_MRKDWN);
	if (run->wants_raw)
		raw = jvtext_read(&input->json, input->record, JVTEXT_PLAIN);
	if (!jv_is_valid(record) || !jv_is_valid(raw)) {
		jv_free(record);
		jv_free(raw);
		jv_free(envelope);
		return jv_invalid();
	}
	envelope = jv_object_set(envelope, jv_string("record"), record);
	return jv_object_set(envelope, jv_string("raw"), raw);
}

static int
run_record(struct run *run, struct error *error)
{
	size_t lines[RUN_FILTERS_MAX], i;
	bool all = true;
	jv envelope;

	for (i = 0; i < run->count; i++)
		all = all && *veto_of(run, i) != '\0';
	/* The record itself may be what can't be held. */
	envelope = all ? jv_null() : envelope_of(run);
	if (!jv_is_valid(envelope)) {
		jv_free(envelope);
		return error_set(error, EXIT_SYSTEM, "cannot hold a record: "
		    "out of memory");
	}
	for (i = 0; i < run->count; i++)
		lines[i] = run->measure ?
		    measure_filter(run, i, jv_copy(envelope)) :
		    run_filter(run, i, jv_copy(envelope));
	jv_free(envelope);
	output_seen(&run->out, &run->input, run->filters, lines, run->count,
	    run->keeps);
	return 0;
}

static void
bad_line(struct run *run, uint64_t number, const char *text, size_t length,
    const char *why)
{
	output_bad_line(&run->out, &run->input, text, length, number, why);
	buffer_printf(&run->notes, "B%s", why);
	buffer_append(&run->notes, "", 1);
}

static int
finish(struct run *run, struct error *error)
{
	lift(run, false);
	return run->out.failed || run->notes.failed ? error_set(error,
	    EXIT_SYSTEM, "cannot hold the output: out of memory") : 0;
}

int
run_line(struct run *run, uint64_t number, const char *text, size_t length,
    struct error *error)
{
	struct error why;
	int rc = 0;

	at_line(run, number);
	buffer_clear(&run->out);
	buffer_clear(&run->notes);
	switch (input_read(&run->input, text, length, &why)) {
	case INPUT_SCHEMA:
		/* Others come by run_schema. */
		bad_line(run, number, text, length,
		    "a SCHEMA must write its type without escapes");
		break;
	case INPUT_RECORD:
		rc = run_record(run, error);
		break;
	case INPUT_STATE:
		buffer_append(&run->out, text, length);
		buffer_puts(&run->out, "\n");
		break;
	case INPUT_UNKNOWN:
		buffer_append(&run->notes, "U", 2);
		break;
	case INPUT_BAD:
	default:
		if (why.code == EXIT_DATA)
			bad_line(run, number, text, length, why.message);
		else {
			*error = why;
			rc = -1;
		}
	}
	return rc == 0 ? finish(run, error) : -1;
}

int
run_long_line(struct run *run, uint64_t number, const char *why,
    size_t length, struct error *error)
{
	char text[sizeof(struct veto)];

	at_line(run, number);
	buffer_clear(&run->out);
	buffer_clear(&run->notes);
	buffer_clear(&run->input.stream);
	snprintf(text, sizeof(text), "%.*s", (int)length, why);
	bad_line(run, number, NULL, 0, text);
	return finish(run, error);
}
