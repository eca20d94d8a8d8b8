/* SPDX-License-Identifier: MIT */
/* auditctl login */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "auditctl/auditctl.h"
#include "buffer.h"
#include "log.h"

#define ARGUMENT_MAX ((size_t)PATH_MAX + 32)

/* --login=... as the program reads it, which is fetch for oracle and deliver
 * for slack.  NULL: a usage error. */
static const char *
parse_options(struct buffer *login, int argc, char **argv)
{
	static const struct option table[] = {
		{ "no-browser", no_argument, NULL, 'n' },
		{ "port", required_argument, NULL, 'p' },
		{ "timeout", required_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 }
	};
	int option;

	optind = 0;
	buffer_puts(login, "--login=");
	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (option == '?' || (optarg != NULL &&
		    strchr(optarg, ',') != NULL))
			return NULL;
		if (option == 'n')
			buffer_puts(login, "no-browser,");
		else
			buffer_printf(login, "%s=%s,", option == 'p' ?
			    "port" : "timeout", optarg);
	}
	if (argc - optind != 1 || login->failed)
		return NULL;
	/* The last comma, or the sign before nothing. */
	login->data[--login->length] = '\0';
	if (strcmp(argv[optind], "oracle") == 0)
		return "fetch";
	/* No option is deliver's. */
	return strcmp(argv[optind], "slack") == 0 && argc == 2 ? "deliver" :
	    NULL;
}

int
program_path(struct buffer *path, const char *name, struct error *error)
{
	char self[PATH_MAX], *slash;
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (length <= 0)
		return error_errno(error, EXIT_SYSTEM, "cannot tell where "
		    "this program is");
	self[length] = '\0';
	if ((slash = strrchr(self, '/')) != NULL)
		*slash = '\0';
	return buffer_printf(path, "%s/%s", self, name) == 0 ? 0 :
	    error_set(error, EXIT_SYSTEM, "out of memory");
}

int
login_command(const char *config, const char *log, int argc, char **argv)
{
	struct buffer login, path;
	const char *words[] = { NULL, NULL, "--log", log != NULL ? log : "text",
		config != NULL ? "--config" : NULL, config, NULL };
	const char *program;
	struct error error;
	int rc;

	buffer_init(&login, ARGUMENT_MAX);
	buffer_init(&path, ARGUMENT_MAX);
	if ((program = parse_options(&login, argc, argv)) == NULL) {
		log_error("login: say login oracle [--no-browser] [--port N] "
		    "[--timeout SPAN], or login slack");
		rc = EXIT_USAGE;
	} else if (program_path(&path, program, &error) == -1)
		rc = log_failure(&error);
	else {
		words[0] = path.data;
		words[1] = login.data;
		execv(path.data, (char *const *)words);
		error_errno(&error, EXIT_SYSTEM, "cannot run '%s'", path.data);
		rc = log_failure(&error);
	}
	buffer_free(&login);
	buffer_free(&path);
	return rc;
}
