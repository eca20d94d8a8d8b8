/* SPDX-License-Identifier: MIT */
/* sandbox: a simulated ERP pod and Slack workspace on the loopback. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exitcode.h"
#include "sandbox/fault.h"
#include "sandbox/options.h"
#include "sandbox/server.h"
#include "sandbox/workspace.h"

struct sandbox {
	struct pod *pod;
	struct workspace *workspace;
	struct faults *faults;
};

static volatile sig_atomic_t stopped;

static void
stop(int signal_number)
{
	(void)signal_number;
	stopped = 1;
}

static void
route(void *context, const struct request *request, struct response *response)
{
	struct sandbox *sandbox = context;

	if (strncmp(request->path, "/api/", 5) == 0)
		workspace_handle(sandbox->workspace, request, response);
	else if (strcmp(request->path, "/oauth/v2/authorize") == 0)
		workspace_authorize(sandbox->workspace, request, response);
	else if (strcmp(request->path, "/") == 0)
		workspace_page(sandbox->workspace, response);
	else
		pod_handle(sandbox->pod, request, response);
}

static bool
screen(void *context, const char *path)
{
	struct sandbox *sandbox = context;

	return strncmp(path, "/_control/", 10) != 0 &&
	    faults_screen(sandbox->faults, path);
}

static void
serve(void *context, const struct request *request, struct response *response)
{
	struct sandbox *sandbox = context;
	const char *path = request->path;

	if (strncmp(path, "/_control/", 10) != 0) {
		faults_record(sandbox->faults, request);
		faults_answer(sandbox->faults, request, response, route,
		    sandbox);
		if (strncmp(path, "/api/", 5) != 0)
			pod_compress(sandbox->pod, request, response);
	} else if (strncmp(path, "/_control/erp/", 14) == 0)
		pod_control(sandbox->pod, request, response);
	else if (strncmp(path, "/_control/slack/", 16) == 0)
		workspace_control(sandbox->workspace, request, response);
	else if (!faults_control(sandbox->faults, request, response))
		response_text(response, 404, "text/plain", "the controls are "
		    "/_control/erp/, /_control/slack/, /_control/fault and "
		    "/_control/requests\n");
}

static int
sandbox_start(struct sandbox *sandbox, const struct options *options)
{
	static const char *const defaults[] = { "#procurement", "#finance",
	    "#operations", "#treasury", NULL };

	sandbox->faults = faults_new();
	sandbox->pod = pod_new(&options->pod);
	sandbox->workspace = workspace_new(options->bot_token);
	if (sandbox->faults == NULL || sandbox->pod == NULL ||
	    sandbox->workspace == NULL)
		return -1;
	for (size_t i = 0; i < options->channel_count; i++)
		if (workspace_add_channel(sandbox->workspace,
		    options->channels[i]) == -1)
			return -1;
	if (options->channel_count == 0)
		for (size_t i = 0; defaults[i] != NULL; i++)
			if (workspace_add_channel(sandbox->workspace,
			    defaults[i]) == -1)
				return -1;
	return 0;
}

static int
run(struct sandbox *sandbox, const struct options *options)
{
	struct server *server;
	struct sigaction action = { .sa_handler = stop };

	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	server = server_start((uint16_t)options->port, screen, serve,
	    sandbox);
	if (server == NULL) {
		fprintf(stderr, "sandbox: can't listen on 127.0.0.1 port "
		    "%lld: %s\n", options->port, strerror(errno));
		return EXIT_UNAVAILABLE;
	}
	printf("PORT %u\n", (unsigned int)server_port(server));
	if (fflush(stdout) == 0)
		server_run(server, &stopped);
	server_stop(server);
	return stopped ? EXIT_DONE : EXIT_IO;
}

int
main(int argc, char **argv)
{
	struct options options;
	struct sandbox sandbox = { 0 };
	int rc = options_read(&options, argc, argv);

	if (rc != -1)
		return rc;
	if (sandbox_start(&sandbox, &options) == -1) {
		fprintf(stderr, "sandbox: can't start: out of memory, or a "
		    "name or secret is too long\n");
		rc = EXIT_SYSTEM;
	} else
		rc = run(&sandbox, &options);
	pod_free(sandbox.pod);
	faults_free(sandbox.faults);
	workspace_free(sandbox.workspace);
	return rc;
}
