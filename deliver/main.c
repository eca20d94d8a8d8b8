/* SPDX-License-Identifier: MIT */
/* deliver: queue messages durably, post them to Slack at its pace. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actor.h"
#include "config.h"
#include "deliver/check.h"
#include "deliver/login.h"
#include "deliver/options.h"
#include "deliver/plan.h"
#include "deliver/pump.h"
#include "doorbell.h"
#include "lockfile.h"
#include "log.h"
#include "notify.h"

#define TIMEOUT_MS 30000
#define BUDGET_MS (5 * 60 * 1000)
#define SETTLE_MS 10000
#define BACKLOG_MAX 1000000
#define DAY_MS (24LL * 3600 * 1000)

/* What a run owns beside its pump. */
struct run {
	struct options options;
	struct config config;
	struct ledger ledger;
	struct client_setup setup;
	struct pump pump;
	char *db, *key_file, *pipeline, *url, *ca_file;
	int lock;
};

/* One deliver per ledger: two would not know of each other's requests. */
static int
lock(struct run *run, const char *db, struct error *error)
{
	char *path = lockfile_path(db, "deliver-lock");
	char holder[LOCKFILE_HOLDER];
	int rc = path == NULL ? error_set(error, EXIT_SYSTEM,
	    "out of memory") : lockfile_take(path, db, &run->lock, holder,
	    error);

	free(path);
	if (rc == 0)
		return error_set(error, EXIT_TEMPFAIL, "the ledger '%s' has a "
		    "deliver already: process %s; wait for it, or stop it", db,
		    holder);
	return rc == 1 ? 0 : -1;
}

/* Without one what others queue is found a little later. */
static void
open_doorbell(struct run *run, const char *db)
{
	struct error error;

	if (doorbell_open(db, &run->pump.doorbell, &error) == -1) {
		run->pump.doorbell = -1;
		log_warning("%s; what auditctl queues is found within seconds "
		    "all the same", error.message);
	}
}

static int
open_ledger(struct run *run, struct error *error)
{
	const struct options *options = &run->options;
	char *db;
	int rc = -1;

	run->db = db = config_file(&run->config, "ledger", "ledger.db");
	run->key_file = config_file(&run->config, "key_file", "ledger.key");
	run->pipeline = config_string(&run->config, "pipeline", "default");
	if (db == NULL || run->key_file == NULL || run->pipeline == NULL)
		error_set(error, EXIT_SYSTEM, "out of memory");
	else if (ledger_open(&run->ledger, db, run->key_file, options->input ||
	    options->login ? DB_WRITE : DB_READ, options->login ?
	    actor_name("deliver") : "deliver", error) == 0)
		/* Who only looks is in nobody's way. */
		rc = options->input ? lock(run, db, error) : 0;
	if (rc == 0 && options->input && !options->plan)
		open_doorbell(run, db);
	return rc;
}

static int
set_up_pump(struct run *run, struct error *error)
{
	const struct config *config = &run->config;
	int64_t interval, rate, settle, timeout, backlog;
	struct pump *pump = &run->pump;

	if (config_span(config, "slack.channel_interval", 1000, 0, DAY_MS,
	    &interval, error) == -1 ||
	    /* 0: no ceiling. */
	    config_integer(config, "slack.workspace_rate", 3, 0, 1000, &rate,
	    error) == -1 ||
	    config_span(config, "slack.settle_delay", SETTLE_MS, 1, DAY_MS,
	    &settle, error) == -1 ||
	    config_span(config, "slack.timeout", TIMEOUT_MS, 1, DAY_MS,
	    &timeout, error) == -1 ||
	    config_span(config, "slack.retry_budget", BUDGET_MS, 0, DAY_MS,
	    &pump->budget_ms, error) == -1 ||
	    config_integer(config, "slack.max_backlog", BACKLOG_MAX, 0,
	    INT64_MAX, &backlog, error) == -1 ||
	    config_integer(config, "slack.max_attempts", 10, 1, 1000,
	    &pump->max_attempts, error) == -1)
		return -1;
	run->setup = (struct client_setup){ .url = run->url,
		.ca_file = run->ca_file, .timeout_ms = timeout };
	pace_init(&pump->pace, interval, rate);
	echo_init(&pump->echo, run->options.receipts);
	pump->ledger = &run->ledger;
	pump->due = (struct due){ .ledger = &run->ledger,
		.pace = &pump->pace };
	pump->outbox = (struct outbox){ .ledger = &run->ledger,
		.pace = &pump->pace, .due = &pump->due, .echo = &pump->echo };
	pump->settle = (struct settle){ .outbox = &pump->outbox,
		.delay_ms = settle, .resend = run->options.resend,
		.tally = &pump->tally };
	pump->follow = run->options.follow;
	if (!run->options.input)
		return 0;
	return intake_open(&pump->intake, &(struct intake_setup){
		.ledger = &run->ledger, .pace = &pump->pace,
		.echo = &pump->echo, .pipeline = run->pipeline,
		.paths = run->options.paths, .count = run->options.count,
		.follow = run->options.follow, .backlog_max = backlog }, error);
}

/* The token, and the client that has it. */
static int
open_slack(struct run *run, struct error *error)
{
	struct pump *pump = &run->pump;
	struct renewal *renewal = &pump->renewal;

	if (renewal_open(renewal, &(struct renewal_setup){
	    .config = &run->config, .ledger = &run->ledger,
	    .ledger_path = run->db }, error) == -1)
		return -1;
	pump->client = client_open(&run->setup, &renewal->token.access, error);
	pump->settle.client = renewal->client = pump->client;
	return pump->client != NULL ? 0 : -1;
}

static int
run_open(struct run *run, struct error *error)
{
	const struct config *config = &run->config;

	if (config_open(&run->config, run->options.config, error) == -1 ||
	    (run->url = config_url(config, "slack.url",
	    "https://slack.com/api", error)) == NULL)
		return -1;
	run->ca_file = config_file(config, "slack.ca_file", NULL);
	if (open_ledger(run, error) == -1 || set_up_pump(run, error) == -1)
		return -1;
	if (run->options.plan || run->options.login)
		return 0;
	return open_slack(run, error);
}

static void
run_close(struct run *run)
{
	renewal_close(&run->pump.renewal);
	client_close(run->pump.client);
	pump_close(&run->pump);
	echo_free(&run->pump.echo);
	settle_free(&run->pump.settle);
	intake_close(&run->pump.intake);
	pace_free(&run->pump.pace);
	ledger_close(&run->ledger);
	config_close(&run->config);
	doorbell_close(run->db, run->pump.doorbell);
	free(run->db);
	free(run->key_file);
	free(run->pipeline);
	free(run->url);
	free(run->ca_file);
	if (run->lock != -1)
		close(run->lock);
}

/* A check writes nothing, unless the token has ended. */
static int
renew_for_check(struct run *run, struct error *error)
{
	struct renewal *renewal = &run->pump.renewal;

	if (!renewal_blocks(renewal))
		return 0;
	ledger_close(&run->ledger);
	return ledger_open(&run->ledger, run->db, run->key_file, DB_WRITE,
	    "deliver", error) == -1 ? -1 : renewal_wait(renewal,
	    run->pump.budget_ms, error);
}

static int
run_check(struct run *run, struct error *error)
{
	const struct check_setup setup = { .config = &run->config,
		.ledger = &run->ledger, .client = run->pump.client,
		.renewal = &run->pump.renewal,
		.budget_ms = run->pump.budget_ms };

	return renew_for_check(run, error) == -1 ? log_failure(error) :
	    check_run(&setup, error);
}

static int
run_plan(struct run *run, struct error *error)
{
	const struct plan_setup setup = { .ledger = &run->ledger,
		.pace = &run->pump.pace, .intake = run->options.input ?
		&run->pump.intake : NULL };

	return plan_run(&setup, error);
}

static int
run_login(struct run *run, struct error *error)
{
	const struct login_setup setup = { .config = &run->config,
		.ledger = &run->ledger, .ledger_path = run->db,
		.client = &run->setup };

	return login_run(&setup, error) == 0 ? EXIT_DONE : log_failure(error);
}

int
main(int argc, char **argv)
{
	struct run run = { .lock = -1, .pump.doorbell = -1 };
	struct error error;
	int rc;

	log_open("deliver", NULL);
	signal(SIGPIPE, SIG_IGN);
	if ((rc = options_parse(&run.options, argc, argv)) != -1)
		return log_close_stdout(rc);
	notify_start();
	if (run.options.input && run.options.standard &&
	    fcntl(STDIN_FILENO, F_GETFL) == -1) {
		log_error("standard input is closed: give it messages, or "
		    "</dev/null to send what is queued");
		return EXIT_NOINPUT;
	}
	if (secret_start(&error) == -1 || http_start(&error) == -1)
		return log_failure(&error);
	if (run_open(&run, &error) == -1)
		rc = log_failure(&error);
	else
		rc = run.options.check ? run_check(&run, &error) :
		    run.options.plan ? run_plan(&run, &error) :
		    run.options.login ? run_login(&run, &error) :
		    pump_run(&run.pump);
	run_close(&run);
	http_stop();
	return log_close_stdout(rc);
}
