/*
 * auditctl: what its commands share.
 *
 * A command gets the words behind its name (argv[0] is its last word) and an
 * open ledger; it writes data to stdout, logs its errors and returns the exit
 * status.  commands.c is the table of all of them.
 *
 * --json and --csv are taken out of the words before a command sees them, and
 * say how rows are written.
 */
#ifndef LEDGERPIPE_AUDITCTL_H
#define LEDGERPIPE_AUDITCTL_H

#include <stdbool.h>

#include "anchor.h"
#include "ledger.h"

struct command {
	const char *name;
	const char *sub;      /* its second word; NULL: it has none */
	const char *synopsis; /* what stands behind the name */
	const char *help;     /* lines, each indented by main */
	int (*run)(struct ledger *ledger, int argc, char **argv);
	enum db_mode mode;
	bool rings; /* a deliver that runs is to look into the ledger */
};

/* Ends with a name of NULL.  init and login, which have no open ledger, have
 * no run. */
extern const struct command commands[];

int vault_set_command(struct ledger *ledger, int argc, char **argv);
int vault_list_command(struct ledger *ledger, int argc, char **argv);
int vault_rm_command(struct ledger *ledger, int argc, char **argv);
int vault_rekey_command(struct ledger *ledger, int argc, char **argv);
int anchor_command(struct ledger *ledger, int argc, char **argv);
/* Compare the log, and the events that were removed and are in archives, with
 * the anchors in a file, "-" is stdin: an exit status, and in *anchored the last
 * event that a good one names. */
int anchors_check(struct ledger *ledger, const char *path,
    const struct anchored_list *removed, size_t lists, int64_t *anchored);
/* Compare messages and payloads with the log, and log the first differences. */
int rows_check(struct ledger *ledger, int64_t *messages, int64_t *different,
    struct error *error);
/* Did an event say that prune took this payload?  1: *event, which is 0 or where
 * to look first; 0 or -1. */
int payload_was_pruned(struct ledger *ledger, int64_t id, int64_t *event,
    struct error *error);
int balance_command(struct ledger *ledger, int argc, char **argv);
int check_command(struct ledger *ledger, int argc, char **argv);
int prune_command(struct ledger *ledger, int argc, char **argv);
int bookmark_list_command(struct ledger *ledger, int argc, char **argv);
int bookmark_set_command(struct ledger *ledger, int argc, char **argv);
int bookmark_reset_command(struct ledger *ledger, int argc, char **argv);
int list_command(struct ledger *ledger, int argc, char **argv);
/* Write for people what show shows of a message, whose id subject is. */
int show_people(struct ledger *ledger, const char *subject,
    struct error *error);
int tail_command(struct ledger *ledger, int argc, char **argv);
int show_command(struct ledger *ledger, int argc, char **argv);
int replay_command(struct ledger *ledger, int argc, char **argv);
int hold_command(struct ledger *ledger, int argc, char **argv);
int release_command(struct ledger *ledger, int argc, char **argv);
int cancel_command(struct ledger *ledger, int argc, char **argv);
int settle_command(struct ledger *ledger, int argc, char **argv);
int events_command(struct ledger *ledger, int argc, char **argv);
/* The id of a message; -1: it is none, which the user is told. */
int parse_id(const char *text, int64_t *id);
int why_command(struct ledger *ledger, int argc, char **argv);
int queue_command(struct ledger *ledger, int argc, char **argv);
int stats_command(struct ledger *ledger, int argc, char **argv);
/* Messages queued from since on and before until, either may be NULL, have ids
 * from *first on and below *end; others may have too: see period.c. */
int period_ids(struct ledger *ledger, const char *since, const char *until,
    int64_t *first, int64_t *end, struct error *error);
/* The same of the numbers of audit events. */
int period_events(struct ledger *ledger, const char *since, const char *until,
    int64_t *first, int64_t *end, struct error *error);
/* Become fetch --login or deliver --login, for auditctl speaks to no network.
 * config and log: the values of those options, or NULL.  Returns only when that
 * fails. */
int login_command(const char *config, const char *log, int argc, char **argv);

/* The configuration that is in use; NULL: there is none, --db was given. */
const char *configuration_path(void);
/* Append the path of another of our programs, which stand beside this one. */
int program_path(struct buffer *path, const char *name, struct error *error);

/* Why a command is given, --reason.  False: it is too long, which the user is
 * told.  NULL, none, fits. */
#define REASON_MAX 4096 /* bytes */
bool reason_fits(const char *reason);

enum rows_format {
	ROWS_DEFAULT, /* a table on a terminal, else JSON */
	ROWS_JSON,    /* an object a line, members named after the columns */
	ROWS_CSV      /* RFC 4180 with a header; no field is a formula */
};
void rows_set_format(enum rows_format wanted);
/* Is it to be a table for people? */
bool rows_for_people(void);
/* Are they objects of JSON? */
bool rows_are_json(void);
/* Append a column, as such an object has it. */
void rows_member(struct buffer *row, struct statement *statement, int column);
/* Append all of a row; detail, payload and delivery are JSON themselves. */
void rows_members(struct buffer *row, struct statement *statement);
/* Write the rows of a prepared statement. */
int rows_print(struct statement *statement, struct error *error);
/* The same, but for people a line for each column under a title: for few
 * rows of long values.  JSON in them is laid out. */
int rows_print_long(struct statement *statement, const char *title,
    struct error *error);

#endif
