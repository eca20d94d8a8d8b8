/*
 * intake: transform's lines become rows of the ledger.
 *
 * intake_read takes what the input has now, inside the caller's transaction;
 * the caller commits and then calls intake_committed, which echoes the STATE
 * values that have become durable.  A message is queued at most once, by its
 * key, however often its record is read again; one that says what the last
 * message about the same record in the same channel said is `unchanged`.
 *
 * What can't be understood ends the intake: a STATE behind it would move the
 * bookmark past something that is nowhere.  So does a STATE whose count of
 * records differs from the SEEN lines that came (EXIT_TEMPFAIL: something was
 * lost in the pipe), and a torn last line.  What was read before it is kept
 * and delivered; reading the ERP again repeats nothing.
 */
#ifndef LEDGERPIPE_DELIVER_INTAKE_H
#define LEDGERPIPE_DELIVER_INTAKE_H

#include "deliver/echo.h"
#include "deliver/outbox.h"
#include "json.h"
#include "line.h"

struct intake {
	struct ledger *ledger;
	struct pace *pace;
	const char *pipeline;
	struct line_reader reader;
	struct json json;
	struct buffer scratch;
	struct echo *echo;       /* of STATE values */
	int64_t seen, unreadable; /* since the last STATE */
	bool ended;              /* the input, or because of failure */
	bool failed;             /* failure says why it was ended */
	struct error failure;
	int64_t queued, unchanged, rejected; /* rows so far */
};

void intake_open(struct intake *intake, struct ledger *ledger,
    struct pace *pace, struct echo *echo, const char *pipeline, int fd);
void intake_close(struct intake *intake);
/* Read at most most lines; *count gets how many became rows.  A fault of the
 * input is no error here: it sets ended and failed.  Errors: those of db.h. */
int intake_read(struct intake *intake, size_t most, size_t *count,
    struct error *error);
int intake_fd(const struct intake *intake);
bool intake_at_hand(const struct intake *intake);
void intake_committed(struct intake *intake);
void intake_rolled_back(struct intake *intake);
/* Take no more, for this reason. */
void intake_end(struct intake *intake, const struct error *error);

#endif
