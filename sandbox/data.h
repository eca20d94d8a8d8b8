/*
 * data: the pod's rows, what is made up to fill them, and all that they ever
 * were.
 *
 * A kind names its attributes in the order in which the ERP writes them; an
 * item holds one JSON text per attribute, so that 100.10 stays 100.10, and
 * one list of items per child collection.  All memory lives in one arena
 * until data_free.
 *
 * What is made up follows from the seed, the stream and the row's number
 * alone; dates hang on the day of the start (LEDGERPIPE_NOW fixes it): stamps
 * lie in the 30 days that end an hour before its midnight, UTC.
 *
 * The stream bulk has a kind and no rows here: see bulk.h.
 */
#ifndef SANDBOX_DATA_H
#define SANDBOX_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json.h"

#define KIND_CHILDREN_MAX 3
#define STAMP_TEXT 40

struct kind {
	const char *name;   /* the resource or accessor */
	const char *key;    /* the attribute in paths; NULL: the position */
	const char *const *attributes; /* ends with NULL */
	const struct kind *children[KIND_CHILDREN_MAX + 1];
	const struct recipe *recipes; /* see plain.h; NULL: made by hand */
};

struct item;
struct list {
	struct item **items;
	size_t count, capacity;
};

struct item {
	const struct kind *kind;
	const char **values; /* JSON texts, as many as attributes */
	struct list children[KIND_CHILDREN_MAX];
	unsigned long changes; /* counts from 1 what it has held */
};

enum stream { INVOICES, PURCHASE_ORDERS, JOURNAL_BATCHES, INVOICE_HOLDS,
    PAYMENTS, SCHEDULES, ACKNOWLEDGMENTS, DRAFT_ORDERS, SUPPLIERS,
    RECEIVABLES, ACTIVITIES, RECEIPTS, WORKERS, BULK, STREAM_COUNT };
extern const struct kind kind_invoice, kind_order, kind_journal, kind_hold,
    kind_payment, kind_flat_schedule, kind_acknowledgment, kind_draft_order,
    kind_supplier, kind_receivable, kind_activity, kind_receipt, kind_worker,
    kind_bulk;
extern const struct kind *const stream_kinds[STREAM_COUNT];

/* What a row was at some time. */
struct version {
	const char *key, *stamp; /* JSON texts */
	unsigned long changes;
};
struct past {
	struct version *versions;
	size_t count, capacity;
};

struct data {
	struct list lists[STREAM_COUNT];
	struct past past[STREAM_COUNT];
	uint64_t seed;
	size_t made[STREAM_COUNT]; /* rows ever made: the next row's number */
	int64_t base_ms;     /* midnight of the day of the start */
	int64_t latest_ms;   /* the latest LastUpdateDate of all */
	struct block *arena;
	bool failed;         /* out of memory somewhere */
};

int data_init(struct data *data, uint64_t seed, const size_t counts[]);
void data_free(struct data *data);

/* -1 when the kind has no such attribute (or no such child). */
int kind_attribute(const struct kind *kind, const char *name, size_t length);
int kind_child(const struct kind *kind, const char *name, size_t length);
/* The attributes that hold a time, not a date. */
bool kind_is_stamp(const struct kind *kind, const char *attribute);
/* The stream called name, or -1. */
int stream_find(const char *name, size_t length);
/* Whose it is: "fscmRestApi" or "hcmRestApi". */
const char *stream_application(enum stream stream);

const char *item_value(const struct item *item, const char *attribute);
/* The item whose key's text is key, or by its 1-based position. */
struct item *list_find(const struct list *list, const char *key,
    size_t length);
/* Give back what the list and those below it took from the heap. */
void list_free(struct list *list);
struct item *data_add(struct data *data, struct list *list,
    const struct kind *kind);
/* Set an attribute (which must exist) to a JSON text, written printf-like. */
void data_set(struct data *data, struct item *item, const char *attribute,
    const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Set it to a JSON string of these characters; NULL is null. */
void data_set_text(struct data *data, struct item *item,
    const char *attribute, const char *text);
/* As the pod writes times: with a fraction only when there is one. */
void stamp_format(int64_t ms, char out[STAMP_TEXT]);
void data_set_stamp(struct data *data, struct item *item,
    const char *attribute, int64_t ms);

/* Make up the stream's next row; its LastUpdateDate is stamp_ms, or made up
 * as well when that is negative.  NULL without memory. */
struct item *generate(struct data *data, enum stream stream,
    int64_t stamp_ms);
/* The row holds something new: count it, and keep that it did. */
void data_changed(struct data *data, enum stream stream, struct item *item);
/* A later stamp than any row's. */
int64_t data_later(const struct data *data);
/* Replace attributes by the members of a JSON object; an array under a
 * child's name does the same to its items in turn.  -1: what[] says why. */
int data_update(struct data *data, struct item *item, const struct json *json,
    json_node object, char what[128]);

#endif
