/* SPDX-License-Identifier: MIT */
/* auditctl: the command of the ledger. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "auditctl/auditctl.h"
#include "config.h"
#include "doorbell.h"
#include "log.h"

static const char usage[] =
    "usage: auditctl [--config FILE | --db LEDGER --key-file FILE] COMMAND\n"
    "\n"
    "  init                    make the ledger and its master key\n"
    "  vault set NAME [--fd N] keep a secret; its value comes from stdin or\n"
    "                          descriptor N\n"
    "  vault list              names and ages, never values\n"
    "  vault rm NAME           forget a secret\n"
    "  login oracle [--no-browser] [--port N] [--timeout SPAN]\n"
    "                          log in to the ERP with a browser, and keep the\n"
    "                          refresh token\n"
    "  bookmark list           how far each stream was read\n"
    "  check                   is the audit log what was written?\n"
    "  list [OPTIONS]          messages, the newest first: --state --channel\n"
    "                          --stream --filter --record --since --until\n"
    "                          --limit\n"
    "  show ID                 a message, its payload, attempts and events\n"
    "  replay [--resend] ID... | --state dead|held|cancelled\n"
    "                          queue messages again; what may be in Slack\n"
    "                          already is looked up there, with --resend not\n"
    "\n"
    "  -c, --config FILE       the configuration\n"
    "      --db LEDGER         the ledger itself, with\n"
    "      --key-file FILE     its master key\n"
    "      --log FORMAT        text or json, on stderr\n"
    "  -h, --help              this text\n"
    "  -V, --version           the version\n";

static const struct command {
	const char *name;
	int (*run)(struct ledger *, int, char **);
	enum db_mode mode;
	bool rings; /* a deliver that runs is to look into the ledger */
} commands[] = {
	{ "vault", vault_command, DB_WRITE, true }, /* a new token */
	{ "bookmark", bookmark_command, DB_READ, false },
	{ "check", check_command, DB_READ, false },
	{ "list", list_command, DB_READ, false },
	{ "show", show_command, DB_READ, false },
	{ "replay", replay_command, DB_WRITE, true },
};

struct options {
	const char *config, *db, *key_file, *log;
};

/* -1: go on; else the exit status. */
static int
parse_options(struct options *options, int argc, char **argv)
{
	static const struct option table[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "db", required_argument, NULL, 'd' },
		{ "key-file", required_argument, NULL, 'k' },
		{ "log", required_argument, NULL, 'L' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+c:hV", table, NULL)) != -1)
		switch (option) {
		case 'c':
			options->config = optarg;
			break;
		case 'd':
			options->db = optarg;
			break;
		case 'k':
			options->key_file = optarg;
			break;
		case 'L':
			options->log = optarg;
			if (log_open("auditctl", optarg) == 0)
				break;
			log_error("option --log takes text or json");
			return EXIT_USAGE;
		case 'h':
			fputs(usage, stdout);
			return EXIT_DONE;
		case 'V':
			puts("auditctl (ledgerpipe) " VERSION);
			return EXIT_DONE;
		default:
			log_error("an option is unknown or lacks its argument; "
			    "see auditctl --help");
			return EXIT_USAGE;
		}
	if ((options->db == NULL) != (options->key_file == NULL)) {
		log_error("--db and --key-file go together");
		return EXIT_USAGE;
	}
	if (optind == argc) {
		log_error("no command; see auditctl --help");
		return EXIT_USAGE;
	}
	return -1;
}

/* Where the ledger and its key are, in fresh memory. */
static int
locate(const struct options *options, char **db, char **key_file,
    struct error *error)
{
	struct config config = { 0 };

	*db = *key_file = NULL;
	if (options->db != NULL) {
		*db = strdup(options->db);
		*key_file = strdup(options->key_file);
	} else {
		if (config_open(&config, options->config, error) == -1)
			return -1;
		*db = config_file(&config, "ledger", "ledger.db");
		*key_file = config_file(&config, "key_file", "ledger.key");
		config_close(&config);
	}
	if (*db == NULL || *key_file == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	return 0;
}

static int
run(const char *db, const char *key_file, int argc, char **argv)
{
	struct ledger ledger = { 0 };
	struct error error;
	size_t i;
	int rc;

	if (strcmp(argv[0], "init") == 0) {
		if (argc != 1) {
			log_error("init takes no operand");
			return EXIT_USAGE;
		}
		if (ledger_create(db, key_file, &error) == -1)
			return log_failure(&error);
		log_info("made the ledger '%s'; keep its key '%s' safe: "
		    "without it no secret and no proof can be read", db,
		    key_file);
		return EXIT_DONE;
	}
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[0], commands[i].name) != 0)
			continue;
		if (ledger_open(&ledger, db, key_file, commands[i].mode,
		    "auditctl", &error) == -1)
			return log_failure(&error);
		rc = commands[i].run(&ledger, argc, argv);
		ledger_close(&ledger);
		if (commands[i].rings)
			doorbell_ring(db);
		return rc;
	}
	log_error("'%.40s' is no command; see auditctl --help", argv[0]);
	return EXIT_USAGE;
}

/* It needs the configuration, and opens the ledger itself. */
static int
login(const struct options *options, int argc, char **argv)
{
	if (options->db == NULL)
		return login_command(options->config, options->log, argc,
		    argv);
	log_error("login needs the configuration: give --config, not --db");
	return EXIT_USAGE;
}

int
main(int argc, char **argv)
{
	struct options options = { 0 };
	char *db = NULL, *key_file = NULL;
	struct error error;
	int rc;

	log_open("auditctl", NULL);
	signal(SIGPIPE, SIG_IGN);
	umask(077);
	if ((rc = parse_options(&options, argc, argv)) == -1 &&
	    strcmp(argv[optind], "login") == 0)
		rc = login(&options, argc - optind, argv + optind);
	else if (rc == -1) {
		if (secret_start(&error) == -1 ||
		    locate(&options, &db, &key_file, &error) == -1)
			rc = log_failure(&error);
		else
			rc = run(db, key_file, argc - optind, argv + optind);
	}
	free(db);
	free(key_file);
	return log_close_stdout(rc);
}
