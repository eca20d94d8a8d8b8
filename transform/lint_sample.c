/* SPDX-License-Identifier: MIT */
#include "transform/lint_sample.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "line.h"
#include "list.h"
#include "transform/input.h"
#include "transform/lint_harm.h"

#define SHIPPED "samples.ndjson"
#define LONG 40 /* bytes from which a string is long */

static int
memory(struct error *error)
{
	return error_set(error, EXIT_SYSTEM, "out of memory");
}

/* Beside the program, as in its tree, or where it was installed to. */
char *
lint_samples_shipped(void)
{
	char path[PATH_MAX + 64];
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);

	if (length > 0) {
		path[length] = '\0';
		strcpy(strrchr(path, '/') + 1, "../share/" SHIPPED);
		if (access(path, R_OK) == 0)
			return realpath(path, NULL);
	}
	return strdup(DATADIR "/" SHIPPED);
}

static int
keep(struct lint_samples *samples, const char *text, size_t length,
    const char *name)
{
	struct lint_sample *rows, *row;

	rows = list_grow(samples->rows, samples->count, &samples->capacity,
	    sizeof(*rows));
	if (rows == NULL)
		return -1;
	samples->rows = rows;
	row = &rows[samples->count++];
	*row = (struct lint_sample){ .text = strndup(text, length),
		.length = length, .name = name != NULL ? strdup(name) : NULL };
	samples->bytes += length;
	samples->records += name != NULL;
	return row->text == NULL || (name != NULL && row->name == NULL) ? -1 :
	    0;
}

/* A line that is no sample costs itself. */
static void
bad_line(struct lint_findings *findings, uint64_t number, const char *why)
{
	char key[64];

	snprintf(key, sizeof(key), "line %" PRIu64, number);
	lint_findings_add(findings, LINT_OF_SAMPLES, LINT_ERROR,
	    (struct lint_place){ 0, NULL }, key, "line %" PRIu64 ": %s",
	    number, why);
}

static uint64_t
stream_bit(const struct input *input)
{
	size_t i;

	for (i = 0; i < input->count && i < 64; i++)
		if (strcmp(input->streams[i].name,
		    buffer_text(&input->stream)) == 0)
			return (uint64_t)1 << i;
	return 0;
}

static int
sample(struct lint_samples *samples, struct input *input, uint64_t number,
    const char *text, size_t length, struct lint_findings *findings)
{
	char name[400];
	struct error why;

	switch (input_read(input, text, length, &why)) {
	case INPUT_SCHEMA:
		return keep(samples, text, length, NULL);
	case INPUT_RECORD:
		snprintf(name, sizeof(name), "%.100s %.200s, line %" PRIu64,
		    buffer_text(&input->stream), buffer_text(&input->id),
		    number);
		if (keep(samples, text, length, name) == -1)
			return -1;
		samples->rows[samples->count - 1].stream = stream_bit(input);
		samples->streams |= stream_bit(input);
		return 0;
	case INPUT_BAD:
		if (why.code != EXIT_DATA)
			return -1;
		bad_line(findings, number, why.message);
		return 0;
	default:
		return 0;
	}
}

static int
read_lines(struct lint_samples *samples, struct line_reader *reader,
    struct input *input, struct lint_findings *findings, struct error *error)
{
	const char *text;
	size_t length;

	for (;;)
		switch (line_next(reader, &text, &length, error)) {
		case LINE_OK:
		case LINE_TORN: /* an editor may leave out the last one's end */
			if (samples->records == LINT_SAMPLES_MAX ||
			    samples->bytes > LINT_BYTES_MAX) {
				lint_findings_add(findings, LINT_OF_SAMPLES,
				    LINT_NOTE, (struct lint_place){ 0, NULL },
				    "cut", "only the first %zu records are "
				    "used", samples->records);
				return 0;
			}
			if (sample(samples, input, reader->number, text,
			    length, findings) == -1)
				return memory(error);
			break;
		case LINE_TOO_LONG:
			bad_line(findings, reader->number, "is too long");
			break;
		case LINE_AGAIN:
		case LINE_END:
			return 0;
		case LINE_ERROR:
		default:
			return -1;
		}
}

int
lint_samples_read(struct lint_samples *samples, const char *path,
    struct lint_findings *findings, struct error *error)
{
	struct line_reader reader;
	struct input input;
	int fd, rc;

	*samples = (struct lint_samples){ 0 };
	samples->path = path != NULL ? strdup(path) : lint_samples_shipped();
	if (samples->path == NULL)
		return memory(error);
	if ((fd = open(samples->path, O_RDONLY | O_CLOEXEC)) == -1)
		return error_errno(error, EXIT_NOINPUT,
		    "cannot open the samples '%s'", samples->path);
	line_open(&reader, fd);
	input_open(&input);
	rc = read_lines(samples, &reader, &input, findings, error);
	input_close(&input);
	line_close(&reader);
	close(fd);
	/* Of lines that can't be used, the first says why. */
	if (rc == 0 && samples->records == 0 && findings->count > 0)
		return error_set(error, EXIT_DATA, "no record of the samples "
		    "'%s' can be used: %.300s; keep some lines that fetch "
		    "wrote, a SCHEMA before the RECORDs of its stream",
		    samples->path, findings->rows[0].text);
	if (rc == 0 && samples->records == 0)
		return error_set(error, EXIT_DATA, "the samples '%s' hold no "
		    "record; keep some lines that fetch wrote, a SCHEMA before "
		    "the RECORDs of its stream", samples->path);
	return rc;
}

void
lint_samples_free(struct lint_samples *samples)
{
	size_t i;

	for (i = 0; i < samples->count; i++) {
		free(samples->rows[i].text);
		free(samples->rows[i].name);
	}
	for (i = 0; i < samples->attribute_count; i++)
		free(samples->attributes[i]);
	free(samples->attributes);
	free(samples->rows);
	free(samples->path);
	*samples = (struct lint_samples){ 0 };
}

/* The number of an attribute; -1: out of memory. */
static int
number_of(struct lint_samples *samples, const char *name, size_t *number)
{
	char **names;

	for (*number = 0; *number < samples->attribute_count; (*number)++)
		if (strcmp(samples->attributes[*number], name) == 0)
			return 0;
	names = list_grow(samples->attributes, samples->attribute_count,
	    &samples->attribute_capacity, sizeof(*names));
	if (names == NULL)
		return -1;
	samples->attributes = names;
	if ((names[*number] = strdup(name)) == NULL)
		return -1;
	samples->attribute_count++;
	return 0;
}

/* Dates and times, which the ERP writes itself. */
static bool
is_date(const char *text, size_t length)
{
	return length >= 10 && isdigit((unsigned char)text[0]) &&
	    strspn(text, "0123456789") == 4 && text[4] == '-' &&
	    isdigit((unsigned char)text[5]) && text[7] == '-';
}

static int
add_string(struct lint_strings *strings, struct lint_samples *samples,
    json_node node, const char *name)
{
	const struct json_value *value = &strings->json.values[node];
	struct lint_string *rows;

	if (is_date(strings->json.text + value->start + 1,
	    value->end - value->start - 2))
		return 0;
	rows = list_grow(strings->rows, strings->count, &strings->capacity,
	    sizeof(*rows));
	if (rows == NULL)
		return -1;
	strings->rows = rows;
	rows[strings->count].node = node;
	return number_of(samples, name, &rows[strings->count++].attribute);
}

/* Depth is bounded by JSON_DEPTH_MAX; path is what node is reached by. */
static int
find_below(struct lint_strings *strings, struct lint_samples *samples,
    json_node node, struct buffer *path)
{
	const struct json *json = &strings->json;
	size_t before = path->length;
	json_node child;
	int rc = 0;

	if (json_type(json, node) == JSON_STRING)
		return add_string(strings, samples, node, buffer_text(path));
	for (child = json_first(json, node); child != JSON_NONE && rc == 0;
	    child = json_next(json, child)) {
		if (json_type(json, node) == JSON_ARRAY)
			buffer_puts(path, "[]");
		else {
			buffer_puts(path, ".");
			json_decode_name(json, child, path);
		}
		rc = find_below(strings, samples, child, path);
		if (path->data != NULL)
			path->data[before] = '\0';
		path->length = before;
	}
	return rc;
}

int
lint_strings_find(struct lint_strings *strings, struct lint_samples *samples,
    const struct lint_sample *from)
{
	struct buffer path;
	struct error error;
	int rc;

	strings->count = 0;
	if (json_parse(&strings->json, from->text, from->length, &error) == -1)
		return -1;
	buffer_init(&path, JSON_TEXT_MAX);
	rc = find_below(strings, samples, json_member(&strings->json, 0,
	    "record"), &path);
	buffer_free(&path);
	return rc;
}

void
lint_strings_free(struct lint_strings *strings)
{
	json_free(&strings->json);
	free(strings->rows);
	*strings = (struct lint_strings){ 0 };
}

void
lint_strings_poison(const struct lint_strings *strings, size_t attribute,
    enum lint_poison poison, struct buffer *line)
{
	const struct json *json = &strings->json;
	const struct json_value *value;
	size_t i, done = 0, at;
	bool is_long;

	buffer_clear(line);
	for (i = 0; i < strings->count; i++) {
		if (strings->rows[i].attribute != attribute)
			continue;
		value = &json->values[strings->rows[i].node];
		is_long = value->end - value->start > LONG;
		at = is_long || poison == LINT_WORD ? value->start + 1 :
		    value->end - 1;
		buffer_append(line, json->text + done, at - done);
		buffer_puts(line, poison == LINT_WORD ? LINT_MARK :
		    is_long ? LINT_POISON " " : " " LINT_POISON);
		done = poison == LINT_WORD ? value->end - 1 : at;
	}
	buffer_append(line, json->text + done, json->length - done);
}
