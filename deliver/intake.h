/*
 * intake: transform's lines become rows of the ledger.
 *
 * intake_read takes what the inputs have now, inside the caller's transaction,
 * and puts the STATE values that stand into the echo; the caller commits and
 * then calls intake_committed, or intake_rolled_back, after which the same
 * lines come again.  A message is queued at most once, by its key, however
 * often its record is read again; one that says what the last message about
 * the same record in the same channel said is `unchanged`.
 *
 * With several inputs a bookmark moves when all of them have brought it
 * (barrier.h), and each input's records are counted for themselves.
 *
 * What can't be understood ends its input: a STATE behind it would move the
 * bookmark past something that is nowhere.  So does a STATE whose count of
 * records differs from the SEEN lines that came (EXIT_TEMPFAIL: something was
 * lost in the pipe), a torn last line, and a queue that has as many messages
 * as it may.  What was read before it is kept and delivered; reading the ERP
 * again repeats nothing.  A service (follow) drains such an input until its
 * writer is gone and then takes the next one's lines.
 */
#ifndef LEDGERPIPE_DELIVER_INTAKE_H
#define LEDGERPIPE_DELIVER_INTAKE_H

#include "deliver/barrier.h"
#include "deliver/control.h"
#include "deliver/echo.h"
#include "deliver/inputs.h"
#include "deliver/outbox.h"

struct intake_setup {
	struct ledger *ledger;
	struct pace *pace;
	struct echo *echo;
	const char *pipeline;
	char **paths;        /* of the inputs; "-", or none: standard input */
	size_t count;
	bool follow;
	int64_t backlog_max; /* messages that may wait; 0: any number */
};

/* Rows so far. */
struct intake_tally {
	int64_t queued, unchanged, rejected;
	int64_t waiting; /* an upper bound of the queue's length */
};

struct intake {
	struct intake_setup setup;
	struct inputs inputs;
	struct input *input;     /* whose line is looked at */
	struct barrier barrier;
	struct json json;
	struct buffer scratch;
	struct control control;  /* of the open transaction */
	bool rejects;            /* some dead one may be there */
	struct intake_tally tally, kept; /* kept: up to the last commit */
	bool ended;              /* all inputs */
	bool over;               /* by intake_end */
	bool failed;             /* failure says why one was ended */
	struct error failure;
};

/* setup is copied; what it points to lives on.  Errors: EXIT_NOINPUT names an
 * input that can't be opened; those of db.h. */
int intake_open(struct intake *intake, const struct intake_setup *setup,
    struct error *error);
void intake_close(struct intake *intake);
/* A descriptor that is readable when an input is, or -1. */
int intake_fd(const struct intake *intake);
/* Is there something to read without waiting? */
bool intake_at_hand(const struct intake *intake);
/* Read at most most lines; *count gets how many, or most when so much was read
 * that it should be committed now.  A fault of an input is no error here: the
 * commit sets failed.  Errors: those of db.h. */
int intake_read(struct intake *intake, size_t most, size_t *count,
    struct error *error);
/* The last word before the commit: the control totals.  Errors: those of
 * audit_append. */
int intake_before_commit(struct intake *intake, struct error *error);
void intake_committed(struct intake *intake);
void intake_rolled_back(struct intake *intake);
/* Take no more from any input, for this reason. */
void intake_end(struct intake *intake, const struct error *error);

#endif
