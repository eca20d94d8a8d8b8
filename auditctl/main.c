/* SPDX-License-Identifier: MIT */
/* auditctl: the command of the ledger. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "actor.h"
#include "auditctl/auditctl.h"
#include "auditctl/permalink.h"
#include "config.h"
#include "doorbell.h"
#include "log.h"
#include "passphrase.h"

static const char usage_head[] =
    "usage: auditctl [--config FILE | --db LEDGER --key-file FILE] COMMAND\n"
    "\n";
static const char usage_tail[] =
    "\n"
    "  --json, --csv           how rows are written; else it is a table on a\n"
    "                          terminal, and JSON, an object a line, elsewhere\n"
    "\n"
    "  -c, --config FILE       the configuration\n"
    "      --db LEDGER         the ledger itself, with\n"
    "      --key-file FILE     its master key\n"
    "      --log FORMAT        text or json, on stderr\n"
    "  -h, --help              this text; auditctl COMMAND --help is of one\n"
    "  -V, --version           the version\n";

struct options {
	const char *config, *db, *key_file, *log;
};

/* Its help begins at a column that most synopses leave free. */
static void
print_command(const struct command *command)
{
	const int column = 24;
	const char *line = command->help;
	int width;

	width = printf("  %s%s%s%s%s", command->name, command->sub != NULL ?
	    " " : "", command->sub != NULL ? command->sub : "",
	    *command->synopsis != '\0' ? " " : "", command->synopsis);
	if (width > column) {
		putchar('\n');
		width = 0;
	}
	for (; line != NULL; width = 0) {
		printf("%*s  %.*s\n", column - width, "",
		    (int)strcspn(line, "\n"), line);
		line = strchr(line, '\n');
		line = line != NULL ? line + 1 : NULL;
	}
}

static void
print_usage(void)
{
	const struct command *command;

	fputs(usage_head, stdout);
	for (command = commands; command->name != NULL; command++)
		print_command(command);
	fputs(usage_tail, stdout);
}

static int
no_command(const char *name)
{
	log_error("'%.40s' is no command; see auditctl --help", name);
	return EXIT_USAGE;
}

/* The help of the commands of this name, or of the one with this second
 * word. */
static int
print_help(const char *name, const char *sub)
{
	const struct command *command;
	bool all = true, found = false;

	for (command = commands; command->name != NULL; command++)
		if (strcmp(command->name, name) == 0 &&
		    command->sub != NULL && strcmp(command->sub, sub) == 0)
			all = false;
	for (command = commands; command->name != NULL; command++)
		if (strcmp(command->name, name) == 0 && (all ||
		    strcmp(command->sub, sub) == 0)) {
			print_command(command);
			found = true;
		}
	return found ? EXIT_DONE : no_command(name);
}

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
			print_usage();
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

static char *configuration; /* the file that was read, or NULL */

const char *
configuration_path(void)
{
	return configuration;
}

/* Where the ledger and its key are, in fresh memory. */
static int
locate(const struct options *options, char **db, char **key_file,
    struct error *error)
{
	struct config config = { 0 };
	int rc;

	*db = *key_file = NULL;
	if (options->db != NULL) {
		*db = strdup(options->db);
		*key_file = strdup(options->key_file);
	} else {
		if (config_open(&config, options->config, error) == -1)
			return -1;
		*db = config_file(&config, "ledger", "ledger.db");
		*key_file = config_file(&config, "key_file", "ledger.key");
		configuration = strdup(config.path);
		rc = permalink_configure(&config, error);
		config_close(&config);
		if (rc == -1)
			return -1;
	}
	if (*db == NULL || *key_file == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	return 0;
}

/* There is no older passphrase that the file could mean. */
static int
create(const char *db, const char *key_file, bool wants_passphrase,
    struct error *error)
{
	const char *file = getenv("LEDGERPIPE_PASSPHRASE_FILE");
	struct secret passphrase = { 0 };
	int rc = -1;

	if (!wants_passphrase || passphrase_get_new(&passphrase,
	    file != NULL && *file != '\0' ? file : NULL, error) == 0)
		rc = ledger_create(db, key_file, wants_passphrase ?
		    &passphrase : NULL, actor_name("auditctl"), error);
	secret_free(&passphrase);
	return rc;
}

static int
init(const char *db, const char *key_file, int argc, char **argv)
{
	bool passphrase = argc == 2 && strcmp(argv[1], "--passphrase") == 0;
	struct error error;

	if (argc != 1 && !passphrase) {
		log_error("init takes nothing but --passphrase");
		return EXIT_USAGE;
	}
	if (create(db, key_file, passphrase, &error) == -1)
		return log_failure(&error);
	log_info("made the ledger '%s'; keep its key '%s' safe%s: without it "
	    "no secret and no proof can be read", db, key_file, passphrase ?
	    ", and the passphrase apart from it" : "");
	return EXIT_DONE;
}

static int
run(const struct command *command, const struct options *options, int argc,
    char **argv)
{
	struct ledger ledger = { 0 };
	char *db = NULL, *key_file = NULL;
	struct error error;
	int rc;

	if (secret_start(&error) == -1 ||
	    locate(options, &db, &key_file, &error) == -1)
		rc = log_failure(&error);
	else if (strcmp(command->name, "init") == 0)
		rc = init(db, key_file, argc, argv);
	else if (ledger_open(&ledger, db, key_file, command->mode,
	    actor_name("auditctl"), &error) == -1)
		rc = log_failure(&error);
	else {
		rc = command->run(&ledger, argc, argv);
		ledger_close(&ledger);
		if (command->rings)
			doorbell_ring(db);
	}
	free(db);
	free(key_file);
	free(configuration);
	return rc;
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

/* Words that any command takes behind its name, up to "--". */
static bool
take_words(int *argc, char **argv)
{
	bool help = false, operands = false;
	int i, kept = 1;

	for (i = 1; i < *argc; i++) {
		operands = operands || strcmp(argv[i], "--") == 0;
		if (!operands && strcmp(argv[i], "--json") == 0)
			rows_set_format(ROWS_JSON);
		else if (!operands && strcmp(argv[i], "--csv") == 0)
			rows_set_format(ROWS_CSV);
		else if (!operands && (strcmp(argv[i], "--help") == 0 ||
		    strcmp(argv[i], "-h") == 0))
			help = true;
		else
			argv[kept++] = argv[i];
	}
	argv[kept] = NULL;
	*argc = kept;
	return help;
}

/* The command that the words name, or NULL and a word to the user. */
static const struct command *
find(int argc, char **argv)
{
	const struct command *command;
	char subs[256] = "";
	size_t used = 0;

	for (command = commands; command->name != NULL; command++) {
		if (strcmp(argv[0], command->name) != 0)
			continue;
		if (command->sub == NULL || (argc > 1 &&
		    strcmp(argv[1], command->sub) == 0))
			return command;
		used += (size_t)snprintf(subs + used, sizeof(subs) - used,
		    "%s%s", used > 0 ? ", " : "", command->sub);
	}
	if (used > 0)
		log_error("%s: say one of %s; see auditctl %s --help", argv[0],
		    subs, argv[0]);
	else
		no_command(argv[0]);
	return NULL;
}

int
main(int argc, char **argv)
{
	struct options options = { 0 };
	const struct command *command;
	int rc;

	log_open("auditctl", NULL);
	signal(SIGPIPE, SIG_IGN);
	umask(077);
	if ((rc = parse_options(&options, argc, argv)) != -1)
		return log_close_stdout(rc);
	argc -= optind;
	argv += optind;
	if (take_words(&argc, argv))
		rc = print_help(argv[0], argc > 1 ? argv[1] : "");
	else if ((command = find(argc, argv)) == NULL)
		rc = EXIT_USAGE;
	else if (strcmp(command->name, "login") == 0)
		rc = login(&options, argc, argv);
	else
		rc = run(command, &options, argc - (command->sub != NULL),
		    argv + (command->sub != NULL));
	return log_close_stdout(rc);
}
