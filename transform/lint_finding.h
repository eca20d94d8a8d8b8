/*
 * lint_finding: what lint has to say, each thing once.
 *
 * The same finding on many samples is told once, with the first of them and
 * how many they are.  When memory runs out, failed is set: look at it once.
 */
#ifndef LEDGERPIPE_TRANSFORM_LINT_FINDING_H
#define LEDGERPIPE_TRANSFORM_LINT_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum lint_severity { LINT_ERROR, LINT_WARNING, LINT_NOTE };

#define LINT_OF_SAMPLES ((size_t)-1) /* a subject: the samples themselves */

struct lint_finding {
	size_t subject; /* the caller's number of the filter it is about */
	enum lint_severity severity;
	char *key, *text, *sample; /* sample: NULL if it needs none */
	size_t at, count; /* the last sample it was found on; how many */
};

struct lint_findings {
	struct lint_finding *rows;
	size_t count, capacity;
	bool failed;
};

/* The sample of a finding: at tells it from others, name is for people. */
struct lint_place {
	size_t at;
	const char *name; /* NULL: none */
};

/* key: what makes two findings about a subject the same one. */
void lint_findings_add(struct lint_findings *findings, size_t subject,
    enum lint_severity severity, struct lint_place place, const char *key,
    const char *format, ...) __attribute__((format(printf, 6, 7)));
size_t lint_findings_count(const struct lint_findings *findings,
    enum lint_severity severity);
/* Those about a subject, errors first; intro stands before each. */
void lint_findings_print(const struct lint_findings *findings, size_t subject,
    const char *intro, FILE *out);
void lint_findings_free(struct lint_findings *findings);

#endif
