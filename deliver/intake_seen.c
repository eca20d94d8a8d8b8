/* SPDX-License-Identifier: MIT */
/* SEEN lines: which records were read, and what was made of them. */
#include <stdlib.h>

#include "deliver/intake_part.h"
#include "record_body.h"

struct fields {
	char *stream, *record_id, *record_version, *amount, *currency;
	char *outcome;
};

/* 1: a new row; 0: this version was read before. */
static int
insert(struct intake *intake, const struct fields *fields,
    struct error *error)
{
	struct db *db = intake->setup.ledger->db;
	struct statement *row;

	if ((row = db_prepare(db, "INSERT INTO records (stream, record_id, "
	    "record_version, seen_at, amount, currency, outcome) "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT "
	    "(stream, record_id, record_version) DO NOTHING", error)) == NULL)
		return -1;
	db_bind_text(row, 1, fields->stream);
	db_bind_text(row, 2, fields->record_id);
	db_bind_text(row, 3, fields->record_version);
	db_bind_text(row, 4, control_time(&intake->control));
	db_bind_text(row, 5, fields->amount);
	db_bind_text(row, 6, fields->currency);
	db_bind_text(row, 7, fields->outcome);
	return db_run(row, error) == -1 ? -1 : db_changes(db) > 0;
}

/* Other filters may run today: each has its latest say. */
static int
update(struct intake *intake, const struct fields *fields,
    struct error *error)
{
	struct statement *row;

	if ((row = db_prepare(intake->setup.ledger->db, "UPDATE records "
	    "SET outcome = json_patch(outcome, ?4) WHERE stream = ?1 "
	    "AND record_id = ?2 AND record_version = ?3", error)) == NULL)
		return -1;
	db_bind_text(row, 1, fields->stream);
	db_bind_text(row, 2, fields->record_id);
	db_bind_text(row, 3, fields->record_version);
	db_bind_text(row, 4, fields->outcome);
	return db_run(row, error);
}

/* The record itself, where transform was asked for it. */
static int
keep(struct intake *intake, const struct fields *fields, struct error *error)
{
	const struct record_name name = { fields->stream, fields->record_id,
		fields->record_version };
	json_node node = json_member(&intake->json, 0, "record");
	const char *text;
	size_t length;

	if (json_type(&intake->json, node) != JSON_OBJECT)
		return 0;
	text = json_raw(&intake->json, node, &length);
	return record_body_put(intake->setup.ledger, &name, text, length,
	    control_time(&intake->control), error);
}

int
intake_seen(struct intake *intake, struct error *error)
{
	struct fields fields = {
		.stream = intake_member(intake, "stream"),
		.record_id = intake_member(intake, "record_id"),
		.record_version = intake_member(intake, "record_version"),
		.amount = intake_member(intake, "amount"),
		.currency = intake_member(intake, "currency"),
		.outcome = intake_source(intake, json_member(&intake->json, 0,
		    "messages")),
	};
	int rc;

	if (fields.stream == NULL || fields.record_id == NULL ||
	    fields.record_version == NULL || fields.outcome == NULL) {
		rc = intake_refuse(intake, EXIT_DATA, "is no whole SEEN: "
		    "stream, record_id, record_version and messages must be "
		    "there");
		goto out;
	}
	intake->input->count.seen++;
	rc = insert(intake, &fields, error);
	if (rc == -1 || (rc == 0 && update(intake, &fields, error) == -1) ||
	    keep(intake, &fields, error) == -1)
		rc = -1;
	else
		rc = control_add(&intake->control, fields.stream,
		    fields.record_id, rc == 0, fields.amount, fields.currency,
		    error);
out:
	free(fields.stream);
	free(fields.record_id);
	free(fields.record_version);
	free(fields.amount);
	free(fields.currency);
	free(fields.outcome);
	return rc;
}
