/* SPDX-License-Identifier: MIT */
#include "transform/run.h"

#include <inttypes.h>
#include <unistd.h>

#include "line.h"
#include "log.h"
#include "transform/check.h"
#include "transform/jvtext.h"
#include "transform/output.h"

/* One filter's lines for the largest record; what is over the flush size
 * leaves filter by filter. */
#define OUT_MAX (4 * LINE_MAX_BYTES)

void
run_open(struct run *run)
{
	*run = (struct run){ 0 };
	input_open(&run->input);
	buffer_init(&run->out, OUT_MAX);
	buffer_init(&run->output, RUN_OUTPUT_BYTES_MAX);
}

void
run_close(struct run *run)
{
	size_t i;

	for (i = 0; i < run->count; i++)
		filter_close(&run->filters[i]);
	input_close(&run->input);
	buffer_free(&run->out);
	buffer_free(&run->output);
	json_free(&run->message);
}

int
run_flush(struct run *run, struct error *error)
{
	int rc = write_all(STDOUT_FILENO, run->out.data, run->out.length,
	    error);

	buffer_clear(&run->out);
	return rc;
}

/* After lines were appended. */
static int
pass_on(struct run *run, struct error *error)
{
	struct buffer *out = &run->out;

	if (out->failed) {
		/* What there is will be written yet: end it with a line. */
		while (out->length > 0 && out->data[out->length - 1] != '\n')
			out->length--;
		return error_set(error, EXIT_SYSTEM, "cannot hold the output: "
		    "out of memory");
	}
	return out->length > RUN_FLUSH_BYTES ? run_flush(run, error) : 0;
}

/* Check an output (consumed) and append its MESSAGE. */
static int
add_message(struct run *run, const struct filter *filter, size_t position,
    jv output, struct error *error)
{
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
	    &why) == -1 || check_message(&run->message, &why) == -1)
		return error_set(error, why.code, "output %zu: %.900s",
		    position, why.message);
	output_message(&run->out, filter->name, &run->input, position,
	    &run->message);
	return 0;
}

/* Count a reject, and keep which was the first.  why is told when it is in
 * words of ours; a filter's own (NULL) may quote the record. */
static void
count_reject(const struct run *run, struct filter *filter, const char *why)
{
	if (filter->rejected++ == 0)
		snprintf(filter->first, sizeof(filter->first),
		    "%.100s %.100s%s%.180s", buffer_text(&run->input.stream),
		    buffer_text(&run->input.id), why != NULL ? ": " : "",
		    why != NULL ? why : "");
}

/* All of a filter's messages for the record, or one REJECT; *lines: how many
 * lines that made. */
static int
run_filter(struct run *run, struct filter *filter, jv envelope,
    size_t *lines, struct error *error)
{
	size_t before = run->out.length;
	struct error why;
	jv output;
	int got;
	bool ours = false;

	*lines = 0;
	filter_start(filter, envelope);
	while ((got = filter_next(filter, &output, &why)) == 1) {
		if (add_message(run, filter, *lines, output, &why) == -1) {
			got = -1;
			ours = true;
			break;
		}
		(*lines)++;
	}
	if (got == -1) {
		if (why.code != EXIT_DATA) {
			*error = why;
			return -1;
		}
		run->out.length = before;
		output_reject(&run->out, filter->name, &run->input,
		    why.message);
		*lines = 1;
		count_reject(run, filter, ours ? why.message : NULL);
		run->bad = true;
	}
	return pass_on(run, error);
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
	jv envelope = envelope_of(run);
	int rc = 0;

	if (!jv_is_valid(envelope)) {
		jv_free(envelope);
		return error_set(error, EXIT_SYSTEM, "cannot hold a record: "
		    "out of memory");
	}
	for (i = 0; i < run->count && rc == 0; i++)
		rc = run_filter(run, &run->filters[i], jv_copy(envelope),
		    &lines[i], error);
	jv_free(envelope);
	if (rc == -1)
		return -1;
	output_seen(&run->out, &run->input, run->filters, lines, run->count);
	return pass_on(run, error);
}

static int
bad_line(struct run *run, const char *where, uint64_t number,
    const char *text, size_t length, const char *why, struct error *error)
{
	log_error("%sline %" PRIu64 ": %s; it is passed on as a REJECT", where,
	    number, why);
	run->bad = true;
	output_bad_line(&run->out, &run->input, text, length, number, why);
	return pass_on(run, error);
}

int
run_line(struct run *run, const char *where, uint64_t number,
    const char *text, size_t length, struct error *error)
{
	struct error why;

	switch (input_read(&run->input, text, length, &why)) {
	case INPUT_SCHEMA:
		return 0;
	case INPUT_RECORD:
		return run_record(run, error);
	case INPUT_STATE:
		buffer_append(&run->out, text, length);
		buffer_puts(&run->out, "\n");
		return pass_on(run, error);
	case INPUT_UNKNOWN:
		if (!run->unknown)
			log_warning("%sline %" PRIu64 ": a message of a type "
			    "other than SCHEMA, RECORD and STATE is passed "
			    "over, as are all that follow", where, number);
		run->unknown = true;
		return 0;
	case INPUT_BAD:
	default:
		if (why.code != EXIT_DATA) {
			*error = why;
			return -1;
		}
		return bad_line(run, where, number, text, length, why.message,
		    error);
	}
}

int
run_long_line(struct run *run, const char *where, uint64_t number,
    struct error *error)
{
	char why[80];

	snprintf(why, sizeof(why), "is longer than the ceiling of %zu bytes",
	    LINE_MAX_BYTES);
	buffer_clear(&run->input.stream);
	return bad_line(run, where, number, NULL, 0, why, error);
}

int
run_verdict(const struct run *run)
{
	size_t i;

	for (i = 0; i < run->count; i++)
		if (run->filters[i].rejected > 0)
			log_error("filter '%s': records rejected: %" PRIu64
			    "; their REJECT lines say why; the first: %s",
			    run->filters[i].name, run->filters[i].rejected,
			    run->filters[i].first);
	return run->bad ? EXIT_DATA : EXIT_DONE;
}
