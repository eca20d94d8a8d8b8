/* SPDX-License-Identifier: MIT */
/* auditctl vault set|list|rm */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "auditctl/auditctl.h"
#include "log.h"

/* Ask on the terminal without showing what is typed. */
static int
read_hidden(struct secret *secret, int fd, const char *what,
    struct error *error)
{
	struct termios shown, hidden;
	int terminal, rc;

	terminal = isatty(fd) && tcgetattr(fd, &shown) == 0;
	if (terminal) {
		hidden = shown;
		hidden.c_lflag &= ~(tcflag_t)ECHO;
		fprintf(stderr, "%s (not shown, end with ctrl-D twice): ",
		    what);
		tcsetattr(fd, TCSAFLUSH, &hidden);
	}
	rc = secret_read(secret, fd, what, error);
	if (terminal) {
		tcsetattr(fd, TCSAFLUSH, &shown);
		fputc('\n', stderr);
	}
	return rc;
}

static int
parse_descriptor(const char *text, int *fd)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (end == text || *end != '\0' || value < 0 || value > 1024)
		return -1;
	*fd = (int)value;
	return 0;
}

static int
set(struct ledger *ledger, int argc, char **argv)
{
	static const struct option table[] = {
		{ "fd", required_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 }
	};
	struct secret secret = { 0 };
	struct error error;
	char what[128];
	int option, fd = STDIN_FILENO, rc = EXIT_DONE;

	optind = 0;
	while ((option = getopt_long(argc, argv, "f:", table, NULL)) != -1)
		if (option != 'f' || parse_descriptor(optarg, &fd) == -1) {
			log_error("vault set takes --fd NUMBER alone");
			return EXIT_USAGE;
		}
	if (argc - optind != 1) {
		log_error(argc - optind == 0 ? "vault set needs the NAME of "
		    "the secret" : "vault set takes a NAME alone: the value "
		    "comes from stdin or --fd, since other users can read a "
		    "command line");
		return EXIT_USAGE;
	}
	snprintf(what, sizeof(what), "the value of '%.80s'", argv[optind]);
	if (read_hidden(&secret, fd, what, &error) == -1 ||
	    vault_set(ledger, argv[optind], secret.text, secret.length,
	    &error) == -1)
		rc = log_failure(&error);
	secret_free(&secret);
	return rc;
}

static int
list(struct ledger *ledger)
{
	struct statement *statement;
	struct error error;

	statement = db_prepare(ledger->db, "SELECT name, key_id, created_at, "
	    "rotated_at FROM vault ORDER BY name", &error);
	if (statement == NULL || rows_print(statement, &error) == -1)
		return log_failure(&error);
	return EXIT_DONE;
}

static int
rm(struct ledger *ledger, const char *name)
{
	struct error error;
	int rc = vault_remove(ledger, name, &error);

	if (rc == -1)
		return log_failure(&error);
	if (rc == 1) {
		log_error("the vault has no '%.80s': nothing was removed", name);
		return EXIT_NO;
	}
	return EXIT_DONE;
}

int
vault_command(struct ledger *ledger, int argc, char **argv)
{
	if (argc >= 2 && strcmp(argv[1], "set") == 0)
		return set(ledger, argc - 1, argv + 1);
	if (argc == 2 && strcmp(argv[1], "list") == 0)
		return list(ledger);
	if (argc == 3 && strcmp(argv[1], "rm") == 0)
		return rm(ledger, argv[2]);
	log_error("vault: say set NAME, list or rm NAME; see auditctl --help");
	return EXIT_USAGE;
}
