/* SPDX-License-Identifier: MIT */
#include "transform/lint_finding.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "utf8.h"

#define TEXT_MAX 1200

static struct lint_finding *
find(const struct lint_findings *findings, size_t subject, const char *key)
{
	size_t i;

	for (i = 0; i < findings->count; i++)
		if (findings->rows[i].subject == subject &&
		    strcmp(findings->rows[i].key, key) == 0)
			return &findings->rows[i];
	return NULL;
}

/* A fresh row; NULL: out of memory. */
static struct lint_finding *
add(struct lint_findings *findings)
{
	struct lint_finding *rows = list_grow(findings->rows, findings->count,
	    &findings->capacity, sizeof(*rows));

	if (rows == NULL)
		return NULL;
	findings->rows = rows;
	return &rows[findings->count];
}

static void
forget(struct lint_finding *row)
{
	free(row->key);
	free(row->text);
	free(row->sample);
}

void
lint_findings_add(struct lint_findings *findings, size_t subject,
    enum lint_severity severity, struct lint_place place, const char *key,
    const char *format, ...)
{
	struct lint_finding *row = find(findings, subject, key);
	char text[TEXT_MAX];
	va_list arguments;

	if (row != NULL) {
		if (row->at != place.at)
			row->count++;
		row->at = place.at;
		return;
	}
	if ((row = add(findings)) == NULL) {
		findings->failed = true;
		return;
	}
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	utf8_tame(text);
	*row = (struct lint_finding){ .subject = subject, .severity = severity,
		.key = strdup(key), .text = strdup(text), .at = place.at,
		.sample = place.name != NULL ? strdup(place.name) : NULL,
		.count = 1 };
	findings->count++;
	if (row->key == NULL || row->text == NULL ||
	    (row->sample == NULL) != (place.name == NULL)) {
		findings->failed = true;
		findings->count--;
		forget(row);
	} else if (row->sample != NULL)
		utf8_tame(row->sample);
}

size_t
lint_findings_count(const struct lint_findings *findings,
    enum lint_severity severity)
{
	size_t i, count = 0;

	for (i = 0; i < findings->count; i++)
		count += findings->rows[i].severity == severity;
	return count;
}

void
lint_findings_print(const struct lint_findings *findings, size_t subject,
    const char *intro, FILE *out)
{
	static const char *const words[] = { "error", "warning", "note" };
	const struct lint_finding *row;
	int severity;
	size_t i;

	for (severity = LINT_ERROR; severity <= LINT_NOTE; severity++)
		for (i = 0; i < findings->count; i++) {
			row = &findings->rows[i];
			if (row->subject != subject ||
			    row->severity != (enum lint_severity)severity)
				continue;
			fprintf(out, "%s: %s: %s", intro, words[severity],
			    row->text);
			if (row->sample != NULL && row->count > 1)
				fprintf(out, " (%zu samples, the first: %s)",
				    row->count, row->sample);
			else if (row->sample != NULL)
				fprintf(out, " (sample: %s)", row->sample);
			fputs("\n", out);
		}
}

void
lint_findings_free(struct lint_findings *findings)
{
	size_t i;

	for (i = 0; i < findings->count; i++)
		forget(&findings->rows[i]);
	free(findings->rows);
	*findings = (struct lint_findings){ 0 };
}
