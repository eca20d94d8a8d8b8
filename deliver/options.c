/* SPDX-License-Identifier: MIT */
#include "deliver/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exitcode.h"
#include "log.h"

static const char usage[] =
    "usage: deliver [--config FILE] [--follow] [--in-doubt hold|resend]\n"
    "           [--receipts] [INPUT...]\n"
    "       deliver [--config FILE] --plan [INPUT...]\n"
    "       deliver [--config FILE] --check\n"
    "       deliver [--config FILE] --login\n"
    "\n"
    "Queue the messages that transform writes, post them to Slack, record\n"
    "every outcome, and echo each STATE once all before it is durable.  They\n"
    "are read from standard input, or FIFOs and files by name; a bookmark\n"
    "moves when all of them have brought it.\n"
    "\n"
    "  -c, --config FILE    the configuration\n"
    "      --follow         stay, also when every input has ended\n"
    "      --in-doubt WHAT  what to do with a message that may have reached\n"
    "                       Slack and can't be looked up there: hold (the\n"
    "                       default) or resend\n"
    "      --receipts       write a line for each final outcome\n"
    "      --plan           write what would be sent, where and when: the\n"
    "                       queue, and messages if there are some; send\n"
    "                       nothing\n"
    "      --check          say what is to be mended before every channel can\n"
    "                       be posted to; post nothing\n"
    "      --login          get the bot's token from Slack with a browser, and\n"
    "                       keep it in the vault\n"
    "      --log FORMAT     text or json, on stderr\n"
    "  -h, --help           this text\n"
    "  -V, --version        the version\n";

static int
bad(const char *message)
{
	log_error("%s; see deliver --help", message);
	return EXIT_USAGE;
}

/* Does standard input bring messages?  A plan can do without. */
static bool
has_input(void)
{
	struct stat input, null;

	return fstat(STDIN_FILENO, &input) == 0 && !isatty(STDIN_FILENO) &&
	    !(S_ISCHR(input.st_mode) && stat("/dev/null", &null) == 0 &&
	    input.st_rdev == null.st_rdev);
}

/* Do they go together? */
static int
check(struct options *options)
{
	size_t i;

	if (options->check && options->plan)
		return bad("--check and --plan exclude each other");
	if (options->follow && (options->check || options->plan))
		return bad("--check and --plan don't stay: not with --follow");
	if (options->check && options->count > 0)
		return bad("--check takes no operand");
	if (options->login && (options->check || options->plan ||
	    options->follow || options->receipts || options->count > 0))
		return bad("--login goes with --config and --log alone");
	options->standard = options->count == 0;
	for (i = 0; i < options->count; i++)
		if (strcmp(options->paths[i], "-") == 0) {
			if (options->standard)
				return bad("standard input can be named once");
			options->standard = true;
		}
	options->input = !options->check && !options->login && (!options->plan ||
	    options->count > 0 || has_input());
	return -1;
}

int
options_parse(struct options *options, int argc, char **argv)
{
	static const struct option table[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "follow", no_argument, NULL, 'F' },
		{ "in-doubt", required_argument, NULL, 'd' },
		{ "receipts", no_argument, NULL, 'R' },
		{ "check", no_argument, NULL, 'C' },
		{ "plan", no_argument, NULL, 'P' },
		{ "login", no_argument, NULL, 'O' },
		{ "log", required_argument, NULL, 'L' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "c:hV", table, NULL)) != -1)
		switch (option) {
		case 'c':
			options->config = optarg;
			break;
		case 'd':
			options->resend = strcmp(optarg, "resend") == 0;
			if (options->resend || strcmp(optarg, "hold") == 0)
				break;
			return bad("--in-doubt takes hold or resend");
		case 'F':
			options->follow = true;
			break;
		case 'R':
			options->receipts = true;
			break;
		case 'C':
			options->check = true;
			break;
		case 'P':
			options->plan = true;
			break;
		case 'O':
			options->login = true;
			break;
		case 'L':
			if (log_open("deliver", optarg) == 0)
				break;
			return bad("--log takes text or json");
		case 'h':
			fputs(usage, stdout);
			return EXIT_DONE;
		case 'V':
			puts("deliver (ledgerpipe) " VERSION);
			return EXIT_DONE;
		default:
			return bad("an option is unknown or lacks its "
			    "argument");
		}
	options->paths = argv + optind;
	options->count = (size_t)(argc - optind);
	return check(options);
}
