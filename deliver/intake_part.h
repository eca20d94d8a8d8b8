/*
 * intake_part: what intake.c and intake_message.c share.
 */
#ifndef LEDGERPIPE_DELIVER_INTAKE_PART_H
#define LEDGERPIPE_DELIVER_INTAKE_PART_H

#include "deliver/intake.h"

/* The input can't be trusted from here on: say why, take no more of it. */
int intake_refuse(struct intake *intake, enum exitcode code,
    const char *what);
/* A member of the line, and a value's source text; fresh memory, or NULL. */
char *intake_member(struct intake *intake, const char *name);
char *intake_source(struct intake *intake, json_node node);
/* Count the queue anew. */
int intake_count_waiting(struct intake *intake, struct error *error);

/* Take the line that was parsed. */
int intake_message(struct intake *intake, struct error *error);
int intake_reject(struct intake *intake, struct error *error);
int intake_seen(struct intake *intake, struct error *error);

#endif
