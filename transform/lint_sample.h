/*
 * lint_sample: the records that lint runs filters over, and poisoned ones.
 *
 * Samples are Singer messages as fetch writes them; what isn't SCHEMA or
 * RECORD is passed over.  An attribute is where a string stands in a record,
 * written as in jq: .invoiceLines.items[].Description.
 */
#ifndef LEDGERPIPE_TRANSFORM_LINT_SAMPLE_H
#define LEDGERPIPE_TRANSFORM_LINT_SAMPLE_H

#include <stdint.h>

#include "json.h"
#include "transform/lint_finding.h"

#define LINT_SAMPLES_MAX 1000 /* records */
#define LINT_BYTES_MAX ((size_t)64 << 20) /* of all of them */

struct lint_sample {
	char *text; /* the line */
	size_t length;
	char *name; /* "invoices 300000047414679, line 14"; NULL: a SCHEMA */
	uint64_t stream; /* its bit in struct lint_samples's streams */
	/* the caller's: */
	bool wanted;     /* it became a message */
	size_t variants; /* so many can be made of it */
};

struct lint_samples {
	char *path;
	struct lint_sample *rows;
	size_t count, capacity;
	size_t records, bytes;
	uint64_t streams; /* a bit for each that has a record, up to 64 */
	/* The names of all attributes that lint_attributes found. */
	char **attributes;
	size_t attribute_count, attribute_capacity;
};

enum lint_poison {
	LINT_MARKUP, /* LINT_POISON behind what is there, so that a filter still
	              * knows it; before what is so long that its end might be
	              * cut */
	LINT_WORD    /* nothing but LINT_MARK: what picks the first word or the
	              * letters leaves it whole */
};

/* Strings of one sample, in the order of its text. */
struct lint_string {
	json_node node;
	size_t attribute;
};

struct lint_strings {
	struct json json; /* of the sample's text */
	struct lint_string *rows;
	size_t count, capacity;
};

/* path: a file, or NULL for the shipped ones.  Lines that are no record are
 * findings.  Errors: EXIT_NOINPUT, EXIT_IO, EXIT_DATA (no record in it),
 * EXIT_SYSTEM. */
int lint_samples_read(struct lint_samples *samples, const char *path,
    struct lint_findings *findings, struct error *error);
/* Where the shipped ones are; the caller frees.  NULL: out of memory. */
char *lint_samples_shipped(void);
void lint_samples_free(struct lint_samples *samples);

/* The strings of a sample's record that someone might have typed: no dates.
 * -1: out of memory. */
int lint_strings_find(struct lint_strings *strings,
    struct lint_samples *samples, const struct lint_sample *sample);
void lint_strings_free(struct lint_strings *strings);
/* The sample's line with poison in all strings of an attribute. */
void lint_strings_poison(const struct lint_strings *strings, size_t attribute,
    enum lint_poison poison, struct buffer *line);

#endif
