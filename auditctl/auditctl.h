/*
 * auditctl: what its commands share.
 *
 * A command gets the words behind its name (argv[0] is its last word) and an
 * open ledger; it writes data to stdout, logs its errors and returns the exit
 * status.
 */
#ifndef LEDGERPIPE_AUDITCTL_H
#define LEDGERPIPE_AUDITCTL_H

#include "ledger.h"

int vault_command(struct ledger *ledger, int argc, char **argv);
int check_command(struct ledger *ledger, int argc, char **argv);
int bookmark_command(struct ledger *ledger, int argc, char **argv);
int list_command(struct ledger *ledger, int argc, char **argv);
int show_command(struct ledger *ledger, int argc, char **argv);
int replay_command(struct ledger *ledger, int argc, char **argv);
/* Become fetch --login, for auditctl speaks to no network.  config and log:
 * the values of those options, or NULL.  Returns only when that fails. */
int login_command(const char *config, const char *log, int argc, char **argv);

/* Write the rows of a prepared statement: a table with a header on a
 * terminal, else one JSON object a line, members named after the columns. */
int rows_print(struct statement *statement, struct error *error);
/* The same, but on a terminal a line for each column under a title: for few
 * rows of long values.  JSON in them is laid out. */
int rows_print_long(struct statement *statement, const char *title,
    struct error *error);

#endif
