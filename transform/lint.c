/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memfd_create */
#include "transform/lint.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "line.h"
#include "list.h"
#include "transform/filter.h"
#include "transform/lint_program.h"
#include "utf8.h"

#define INTRO_MAX 600

int
lint_open(struct lint *lint, const char *samples, struct error *error)
{
	*lint = (struct lint){ .poisoned = SIZE_MAX };
	buffer_init(&lint->line, JSON_TEXT_MAX);
	lint->variants = calloc(LINT_VARIANTS_MAX, sizeof(*lint->variants));
	if (lint->variants == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	return lint_samples_read(&lint->samples, samples, &lint->findings,
	    error);
}

void
lint_close(struct lint *lint)
{
	size_t i;

	for (i = 0; i < lint->count; i++) {
		free(lint->filters[i].name);
		free(lint->filters[i].file);
	}
	free(lint->filters);
	free(lint->variants);
	lint_samples_free(&lint->samples);
	lint_strings_free(&lint->strings);
	lint_findings_free(&lint->findings);
	buffer_free(&lint->line);
	json_free(&lint->message);
	*lint = (struct lint){ 0 };
}

/* filter_open names filter and file, as each of our lines does. */
static const char *
without_intro(const char *why, const struct lint_filter *filter)
{
	char intro[INTRO_MAX];
	size_t length;

	snprintf(intro, sizeof(intro), "filter '%s'", filter->name);
	length = strlen(intro);
	if (strncmp(why, intro, length) != 0)
		return why;
	why += length;
	snprintf(intro, sizeof(intro), " (%s)", filter->file);
	length = strlen(intro);
	if (strncmp(why, intro, length) == 0)
		why += length;
	return strncmp(why, ": ", 2) == 0 ? why + 2 : why;
}

void
lint_filter(struct lint *lint, const char *name, const char *file,
    const char *why)
{
	struct lint_filter *filters = list_grow(lint->filters, lint->count,
	    &lint->capacity, sizeof(*filters)), *filter;

	if (filters == NULL) {
		lint->failed = true;
		return;
	}
	lint->filters = filters;
	filter = &filters[lint->count];
	*filter = (struct lint_filter){ .name = strdup(name),
		.file = strdup(file), .compiled = why == NULL };
	if (filter->name == NULL || filter->file == NULL) {
		free(filter->name);
		free(filter->file);
		lint->failed = true;
		return;
	}
	lint->count++;
	if (why != NULL)
		lint_findings_add(&lint->findings, lint->count - 1, LINT_ERROR,
		    (struct lint_place){ 0, NULL }, "compile", "%s",
		    without_intro(why, filter));
}

static int
look_at(struct lint *lint, size_t subject, bool forgets, struct error *error)
{
	struct lint_filter *filter = &lint->filters[subject];
	struct buffer text;
	size_t count, line = 0;
	int fd, rc = 0;

	if ((fd = open(filter->file, O_RDONLY | O_CLOEXEC)) == -1)
		return error_errno(error, EXIT_NOINPUT, "cannot open '%s'",
		    filter->file);
	buffer_init(&text, FILTER_BYTES_MAX);
	if (buffer_read(&text, fd) == -1)
		rc = error_errno(error, EXIT_NOINPUT, "cannot read '%s'",
		    filter->file);
	count = forgets ? lint_program_forgets(buffer_text(&text),
	    text.length, &line) : 0;
	if (count > 0)
		lint_findings_add(&lint->findings, subject, LINT_WARNING,
		    (struct lint_place){ 0, NULL }, "forgets", "line %zu%s: "
		    "libjq 1.6 catches also what fails behind a '?' or 'try', "
		    "and the record is lost without a REJECT: collect first, "
		    "as in [X?][0]", line, count > 1 ? " and others" : "");
	filter->says_null = lint_program_says_null(buffer_text(&text),
	    text.length);
	filter->asks_stream = strstr(buffer_text(&text), "$stream") != NULL;
	buffer_free(&text);
	close(fd);
	return rc;
}

int
lint_texts(struct lint *lint, bool forgets, struct error *error)
{
	size_t i;

	for (i = 0; i < lint->count; i++)
		if (lint->filters[i].compiled &&
		    look_at(lint, i, forgets, error) == -1)
			return -1;
	return 0;
}

static int64_t
mean(const struct lint_cost *cost)
{
	return cost->runs > 0 ? cost->ns / cost->runs : 0;
}

/* What the run over the samples as they are has shown of a filter.  Returns the
 * nanoseconds that it takes for a record. */
static int64_t
sum_up(struct lint *lint, size_t subject)
{
	const struct lint_filter *filter = &lint->filters[subject];
	struct lint_place none = { 0, NULL };
	int64_t ns = mean(&filter->wanted) > mean(&filter->all) ?
	    mean(&filter->wanted) : mean(&filter->all);

	if (filter->compiled && filter->messages + filter->rejects == 0)
		lint_findings_add(&lint->findings, subject, LINT_WARNING, none,
		    "none", "makes no message of any sample: give it records "
		    "that it wants with --samples FILE");
	/* Two streams may well be meant. */
	if (!filter->asks_stream && filter->streams == lint->samples.streams &&
	    __builtin_popcountll(filter->streams) > 2)
		lint_findings_add(&lint->findings, subject, LINT_WARNING, none,
		    "streams", "makes messages of every stream: begin with "
		    "select($stream == \"invoices\")");
	if (ns > LINT_NS_MAX)
		lint_findings_add(&lint->findings, subject, LINT_ERROR, none,
		    "slow", "takes %.1f ms of CPU for a record, %.1f are "
		    "allowed and %.1f are usual: look for what goes over a "
		    "list or a text again and again", (double)ns / 1e6,
		    LINT_NS_MAX / 1e6, LINT_NS_USUAL / 1e6);
	return ns;
}

static bool
has_variant(const struct lint *lint, size_t from, size_t attribute)
{
	for (; from < lint->variant_count; from++)
		if (lint->variants[from].attribute == attribute)
			return true;
	return false;
}

static void
add_variant(struct lint *lint, struct lint_variant variant, size_t limit)
{
	if (lint->variant_count < limit)
		lint->variants[lint->variant_count++] = variant;
}

/* Two for each attribute of a sample, up to a limit. */
static void
add_variants(struct lint *lint, size_t sample, size_t limit)
{
	size_t first = lint->variant_count, attribute, i;

	if (lint_strings_find(&lint->strings, &lint->samples,
	    &lint->samples.rows[sample]) == -1)
		lint->failed = true;
	lint->poisoned = sample;
	for (i = 0; i < lint->strings.count && lint->variant_count < limit &&
	    !lint->failed; i++) {
		attribute = lint->strings.rows[i].attribute;
		if (has_variant(lint, first, attribute))
			continue;
		add_variant(lint, (struct lint_variant){ sample, attribute,
		    LINT_MARKUP }, limit);
		add_variant(lint, (struct lint_variant){ sample, attribute,
		    LINT_WORD }, limit);
	}
}

/* How many variants all that are wanted make. */
static size_t
count_variants(struct lint *lint)
{
	struct lint_sample *rows = lint->samples.rows;
	size_t need = 0, i;

	for (i = 0; i < lint->samples.count; i++) {
		lint->variant_count = 0;
		if (rows[i].wanted)
			add_variants(lint, i, LINT_VARIANTS_MAX);
		rows[i].variants = lint->variant_count;
		need += lint->variant_count;
	}
	lint->variant_count = 0;
	return need;
}

/* The samples are judged: poison those that became messages.  Where there is no
 * room for all of them, some are taken, evenly from the first to the last. */
static void
begin_variants(struct lint *lint)
{
	const struct lint_sample *rows = lint->samples.rows;
	size_t limit = LINT_VARIANTS_MAX, wanted = 0, taken = 0, need, i;
	size_t share = 0;
	int64_t ns = 0;

	for (i = 0; i < lint->count; i++)
		ns += sum_up(lint, i);
	if (ns > LINT_NS_ENOUGH / LINT_VARIANTS_MAX)
		limit = (size_t)(LINT_NS_ENOUGH / ns);
	if ((need = count_variants(lint)) < limit)
		limit = need;
	for (i = 0; i < lint->samples.count; i++) {
		wanted += rows[i].wanted;
		share += rows[i].variants * limit;
		if (rows[i].wanted && share >= rows[i].variants * need) {
			add_variants(lint, i, limit);
			share -= rows[i].variants * need;
			taken++;
		}
	}
	if (taken < wanted)
		lint_findings_add(&lint->findings, LINT_OF_SAMPLES, LINT_NOTE,
		    (struct lint_place){ 0, NULL }, "many", "what filters let "
		    "through was tried with %zu of the %zu that became "
		    "messages: give fewer, or mend slow filters", taken,
		    wanted);
	lint->phase = LINT_VARIANTS;
	lint->next = lint->judged = 0;
}

/* The next line in what stands now; NULL: there is none. */
static const char *
next_line(struct lint *lint, size_t *length)
{
	const struct lint_samples *samples = &lint->samples;
	const struct lint_variant *variant;

	if (lint->phase == LINT_SAMPLES) {
		if (lint->next == samples->count)
			return NULL;
		*length = samples->rows[lint->next].length;
		return samples->rows[lint->next++].text;
	}
	if (lint->next == lint->variant_count)
		return NULL;
	variant = &lint->variants[lint->next++];
	if (variant->sample != lint->poisoned &&
	    lint_strings_find(&lint->strings, &lint->samples,
	    &samples->rows[variant->sample]) == -1)
		lint->failed = true;
	lint->poisoned = variant->sample;
	lint_strings_poison(&lint->strings, variant->attribute,
	    variant->poison, &lint->line);
	lint->failed |= lint->line.failed;
	*length = lint->line.length;
	return lint->failed ? NULL : lint->line.data;
}

int
lint_input(struct lint *lint, int *fd, struct error *error)
{
	const char *text;
	size_t length, bytes = 0;
	int rc = 0;

	if (lint->phase == LINT_SAMPLES &&
	    lint->next == lint->samples.count)
		begin_variants(lint);
	if ((text = next_line(lint, &length)) == NULL)
		return 0;
	if ((*fd = memfd_create("lint", MFD_CLOEXEC)) == -1)
		return error_errno(error, EXIT_SYSTEM, "cannot hold samples");
	do {
		rc = write_all(*fd, text, length, error);
		if (rc == 0)
			rc = write_all(*fd, "\n", 1, error);
		bytes += length;
	} while (rc == 0 && bytes < LINT_BATCH_BYTES &&
	    (text = next_line(lint, &length)) != NULL);
	if (rc == 0 && lseek(*fd, 0, SEEK_SET) == -1)
		rc = error_errno(error, EXIT_SYSTEM, "cannot read samples");
	if (rc == -1)
		close(*fd);
	return rc == -1 ? -1 : 1;
}

enum exitcode
lint_report(struct lint *lint, FILE *out)
{
	const struct lint_findings *findings = &lint->findings;
	size_t errors = lint_findings_count(findings, LINT_ERROR), i;
	size_t warnings = lint_findings_count(findings, LINT_WARNING);
	struct buffer intro;

	buffer_init(&intro, JSON_TEXT_MAX);
	utf8_tame(lint->samples.path);
	lint_findings_print(findings, LINT_OF_SAMPLES, lint->samples.path, out);
	for (i = 0; i < lint->count; i++) {
		buffer_clear(&intro);
		buffer_printf(&intro, "%s: filter '%s'", lint->filters[i].file,
		    lint->filters[i].name);
		if (intro.data != NULL)
			utf8_tame(intro.data);
		lint_findings_print(findings, i, buffer_text(&intro), out);
	}
	lint->failed |= intro.failed | findings->failed;
	buffer_free(&intro);
	fprintf(out, "%zu filter%s, %zu sample%s: %zu error%s, %zu warning%s",
	    lint->count, lint->count == 1 ? "" : "s", lint->samples.records,
	    lint->samples.records == 1 ? "" : "s", errors,
	    errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
	if (errors + warnings > 0)
		fprintf(out, "; the samples are in %s", lint->samples.path);
	fputs("\n", out);
	if (lint->failed)
		return EXIT_SYSTEM;
	return errors > 0 ? EXIT_DATA : EXIT_DONE;
}
