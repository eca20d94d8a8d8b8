/* SPDX-License-Identifier: MIT */
/* auditctl vault set|list|rm */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auditctl/auditctl.h"
#include "ask.h"
#include "clock.h"
#include "log.h"

/* What the tools read; a mistyped name would be kept and never found. */
static const char *const names[] = { "oracle.client_secret",
	"oracle.username", "oracle.password", "oracle.private_key",
	"oracle.refresh_token", "slack.bot_token", "slack.client_secret",
	"slack.refresh_token",
	"slack.signing_secret", "slack.signing_secret.previous" };

static int
check_name(const char *name, struct error *error)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return 0;
	return error_set(error, EXIT_USAGE, "nothing reads a secret of the "
	    "name '%.80s': auditctl(1) lists the names", name);
}

/* It becomes a header or a form field: a line break in it would start another
 * one, and what surrounds a pasted secret makes it a wrong one.  A private key
 * has lines. */
static int
check_value(const char *name, const struct secret *secret,
    struct error *error)
{
	bool lines = strcmp(name, "oracle.private_key") == 0;
	size_t i;

	for (i = 0; i < secret->length; i++) {
		unsigned char c = (unsigned char)secret->text[i];

		if (!(lines && (c == '\n' || c == '\r')) &&
		    (c < 0x20 || c == 0x7f))
			return error_set(error, EXIT_DATA, "the value of "
			    "'%s' holds a control character or a second line: "
			    "give the secret alone", name);
	}
	if (!lines && (secret->text[0] == ' ' ||
	    secret->text[secret->length - 1] == ' '))
		return error_set(error, EXIT_DATA, "the value of '%s' begins "
		    "or ends with a space: give the secret alone", name);
	return 0;
}

/* A token that was got with other credentials must not hide that the new ones
 * are wrong. */
static int
forget_token(struct ledger *ledger, const char *name, struct error *error)
{
	return strncmp(name, "oracle.", 7) == 0 && vault_remove(ledger,
	    "oracle.access_token", error) == -1 ? -1 : 0;
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

int
vault_set_command(struct ledger *ledger, int argc, char **argv)
{
	static const struct option table[] = {
		{ "fd", required_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 }
	};
	struct secret secret = { 0 };
	struct error error;
	const char *name;
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
	name = argv[optind];
	/* A terminal gives a line, and this has many. */
	if (isatty(fd) && strcmp(name, "oracle.private_key") == 0) {
		log_error("vault set oracle.private_key takes a PEM file, not "
		    "a terminal: vault set oracle.private_key <key.pem");
		return EXIT_USAGE;
	}
	snprintf(what, sizeof(what), "the value of '%.80s'", name);
	if (check_name(name, &error) == -1 ||
	    (isatty(fd) ? ask_secret(&secret, fd, STDERR_FILENO, what, &error) :
	    secret_read(&secret, fd, what, &error)) == -1 ||
	    check_value(name, &secret, &error) == -1 ||
	    forget_token(ledger, name, &error) == -1 || vault_set(ledger,
	    name, secret.text, secret.length, &error) == -1)
		rc = log_failure(&error);
	secret_free(&secret);
	return rc;
}

/* Since its value was last given; a clock that was set back gives 0. */
#define AGE "max(0, CAST(julianday(?1) - julianday(coalesce(rotated_at, " \
    "created_at)) AS INTEGER))"

int
vault_list_command(struct ledger *ledger, int argc, char **argv)
{
	struct statement *statement;
	char now[CLOCK_TEXT];
	struct error error;

	(void)argv;
	if (argc != 1) {
		log_error("vault list takes no operand");
		return EXIT_USAGE;
	}

	clock_now(now);
	statement = db_prepare(ledger->db, rows_for_people() ?
	    "SELECT name, CASE WHEN " AGE " < 1 THEN 'today' WHEN " AGE
	    " < 2 THEN 'yesterday' ELSE " AGE " || ' days ago' END AS 'set', "
	    "key_id AS 'sealed with' FROM vault ORDER BY name" :
	    "SELECT name, key_id, created_at, rotated_at, " AGE
	    " AS age_days FROM vault ORDER BY name", &error);
	if (statement != NULL)
		db_bind_text(statement, 1, now);
	if (statement == NULL || rows_print(statement, &error) == -1)
		return log_failure(&error);
	return EXIT_DONE;
}

int
vault_rm_command(struct ledger *ledger, int argc, char **argv)
{
	struct error error;
	int rc;

	if (argc != 2) {
		log_error("vault rm takes the NAME of one secret");
		return EXIT_USAGE;
	}
	rc = vault_remove(ledger, argv[1], &error);

	if (rc == -1)
		return log_failure(&error);
	if (rc == 1) {
		log_error("the vault has no '%.80s': nothing was removed",
		    argv[1]);
		return EXIT_NO;
	}
	return EXIT_DONE;
}
