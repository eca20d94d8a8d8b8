/* SPDX-License-Identifier: MIT */
#include "verify/door.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "notify.h"
#include "verify/emit.h"
#include "verify/server.h"
#include "verify/socket.h"
#include "verify/spool.h"

#define PEM_MAX ((size_t)1 << 20)
#define DESCRIPTORS 64 /* beside the connections */
#define LEFT_MS 100    /* so often is noted which events have left */
#define PRUNE_MS 60000
#define TRY_MS 1000    /* so often it is tried again to write the spool */
#define GRACE_MS 2000  /* after the signal, for what is under way */

struct door {
	struct socket socket;
	struct spool spool;
	struct emit emit;
	struct server *server;
	struct server_setup setup;
	struct buffer certificate;
	struct secret key;
	int signals;
	int64_t left;      /* the last event that is noted as having left */
	int64_t left_ms;   /* when that was */
	int64_t prune_ms;  /* when ids are to be pruned */
	int64_t notify_ms; /* when the manager is told that we live */
	int64_t end_ms;    /* a signal came: end by then; or 0 */
	bool failing;      /* the spool; its operator knows */
};

/* ---- to open it -------------------------------------------------------- */

static int
read_certificate(struct door *door, const char *path, struct error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = 0;

	if (fd == -1 || buffer_read(&door->certificate, fd) == -1)
		rc = error_errno(error, EXIT_NOINPUT, "cannot read the "
		    "certificate '%s'", path);
	else if (door->certificate.failed)
		rc = error_set(error, EXIT_CONFIG, "the certificate '%s' is "
		    "over %zu bytes", path, PEM_MAX);
	if (fd != -1)
		close(fd);
	return rc;
}

static int
open_tls(struct door *door, const struct options *options,
    struct error *error)
{
	if (options->certificate == NULL)
		return 0;
	if (read_certificate(door, options->certificate, error) == -1 ||
	    secret_read_file(&door->key, options->key, error) == -1)
		return -1;
	door->setup.certificate = buffer_text(&door->certificate);
	door->setup.key = door->key.text;
	return 0;
}

/* Each connection takes a descriptor. */
static int
find_descriptors(int64_t connections, struct error *error)
{
	struct rlimit limit;
	rlim_t need = (rlim_t)connections + DESCRIPTORS;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1 || limit.rlim_cur >= need)
		return 0;
	if (limit.rlim_max >= need) {
		limit.rlim_cur = need;
		if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
			return 0;
	}
	return error_set(error, EXIT_CONFIG, "%lld connections need more than "
	    "the %llu descriptors that this process may have: raise that "
	    "limit, or lower --connections", (long long)connections,
	    (unsigned long long)limit.rlim_max);
}

static int
open_spool(struct door *door, const struct options *options,
    const struct secrets *secrets, struct error *error)
{
	struct buffer path;
	int rc;

	buffer_init(&path, 65536);
	if (options->spool != NULL)
		buffer_puts(&path, options->spool);
	else
		buffer_printf(&path, "%s.events", secrets->ledger);
	rc = spool_open(&door->spool, buffer_text(&path), error);
	buffer_free(&path);
	return rc == -1 ? -1 : emit_open(&door->emit, &door->spool, error);
}

static int
catch_signals(struct door *door, struct error *error)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == 0 && (door->signals =
	    signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) != -1)
		return 0;
	return error_errno(error, EXIT_SYSTEM, "cannot wait for signals");
}

static int
open_door(struct door *door, const struct options *options,
    const struct secrets *secrets, struct error *error)
{
	struct server_setup *setup = &door->setup;

	*setup = (struct server_setup){ .fd = -1, .secrets = secrets,
		.window = options->window,
		.connections = (unsigned int)options->connections,
		.per_address = (unsigned int)(options->per_address != 0 ?
		    options->per_address : (options->connections + 1) / 2),
		.deadline_ms = options->deadline * 1000 };
	if (find_descriptors(options->connections, error) == -1 ||
	    catch_signals(door, error) == -1 ||
	    open_tls(door, options, error) == -1 ||
	    open_spool(door, options, secrets, error) == -1 ||
	    socket_open(&door->socket, options->listen, error) == -1)
		return -1;
	setup->fd = door->socket.fd;
	if ((door->server = server_open(setup, error)) == NULL)
		return -1;
	door->socket.fd = -1; /* the server's */
	return 0;
}

static void
close_door(struct door *door)
{
	server_close(door->server);
	socket_close(&door->socket);
	emit_close(&door->emit);
	spool_close(&door->spool);
	buffer_free(&door->certificate);
	secret_free(&door->key);
	if (door->signals != -1)
		close(door->signals);
}

/* ---- a turn ------------------------------------------------------------ */

/* One transaction for all that came, and for all that left. */
static int
write_spool(struct door *door, int64_t left, int64_t now_ms,
    struct error *error)
{
	struct arrival *arrival;
	bool prune = now_ms >= door->prune_ms;
	int more = 0;

	if (db_begin(door->spool.db, error) == -1)
		return -1;
	for (arrival = server_arrivals(door->server); arrival != NULL;
	    arrival = arrival->next)
		if (spool_keep(&door->spool, &arrival->request,
		    clock_wall_ms(), error) == -1)
			goto fail;
	if (left > door->left && spool_left(&door->spool, left, error) == -1)
		goto fail;
	/* Nobody may come any more: find out without. */
	if (door->failing && spool_try(&door->spool, error) == -1)
		goto fail;
	if (prune && (more = spool_prune(&door->spool, clock_wall_ms(),
	    error)) == -1)
		goto fail;
	if (db_commit(door->spool.db, error) == -1)
		goto fail;
	if (prune)
		door->prune_ms = now_ms + (more ? 0 : PRUNE_MS);
	door->left = left;
	return 0;
fail:
	db_rollback(door->spool.db);
	return -1;
}

/* A spool that can't be written refuses what comes; Slack brings it again. */
static void
keep(struct door *door, int64_t now_ms)
{
	int64_t left = emit_left(&door->emit);
	bool arrived = server_arrivals(door->server) != NULL, kept;
	struct error error;

	if (!arrived && now_ms < door->prune_ms && (left == door->left ||
	    now_ms < door->left_ms + LEFT_MS))
		return;
	door->left_ms = now_ms;
	kept = write_spool(door, left, now_ms, &error) == 0;
	if (!kept && !door->failing)
		log_error("%s; what comes is refused until it can be kept",
		    error.message);
	else if (kept && door->failing)
		log_info("events can be kept again: going on");
	if (!kept)
		door->prune_ms = now_ms + TRY_MS;
	door->failing = !kept;
	if (arrived && kept)
		door->emit.more = true;
	server_answer(door->server, kept);
}

static void
take_signal(struct door *door, int64_t now_ms)
{
	struct signalfd_siginfo info;

	if (read(door->signals, &info, sizeof(info)) != sizeof(info) ||
	    door->end_ms != 0)
		return;
	notify_say("STOPPING=1");
	door->end_ms = now_ms + GRACE_MS;
	server_quiesce(door->server);
}

/* How long nothing needs to be done. */
static int
patience(const struct door *door, int64_t now_ms, bool unread)
{
	int64_t ms = server_timeout_ms(door->server);
	int64_t until[] = { door->prune_ms, door->emit.retry_ms,
		unread || door->end_ms != 0 ? now_ms + LEFT_MS : 0,
		notify_watchdog_ms() > 0 ? door->notify_ms : 0 };
	size_t i;

	for (i = 0; i < sizeof(until) / sizeof(until[0]); i++)
		if (until[i] != 0 && until[i] - now_ms < ms)
			ms = until[i] > now_ms ? until[i] - now_ms : 0;
	return (int)ms;
}

static void
say_alive(struct door *door, int64_t now_ms)
{
	if (notify_watchdog_ms() == 0 || now_ms < door->notify_ms)
		return;
	notify_say("WATCHDOG=1");
	door->notify_ms = now_ms + notify_watchdog_ms() / 2;
}

static int
turn(struct door *door, struct error *error)
{
	int64_t now_ms = clock_monotonic_ms();
	bool unread = door->emit.count > 0 || door->emit.left > door->left;
	struct pollfd polls[] = {
		{ .fd = server_fd(door->server), .events = POLLIN },
		{ .fd = door->signals, .events = POLLIN },
		{ .fd = emit_wants(&door->emit) && door->emit.retry_ms == 0 ?
		    STDOUT_FILENO : -1, .events = POLLOUT }
	};

	if (poll(polls, 3, patience(door, now_ms, unread)) == -1 &&
	    errno != EINTR)
		return error_errno(error, EXIT_SYSTEM, "cannot wait");
	now_ms = clock_monotonic_ms();
	say_alive(door, now_ms);
	if (polls[1].revents != 0)
		take_signal(door, now_ms);
	if (server_run(door->server, error) == -1)
		return -1;
	keep(door, now_ms);
	return emit_write(&door->emit, now_ms, error);
}

/* After the signal: is anything left that is worth the wait? */
static bool
is_over(const struct door *door)
{
	int64_t now_ms = clock_monotonic_ms();

	if (door->end_ms == 0)
		return false;
	return now_ms >= door->end_ms || (!server_is_busy(door->server) &&
	    (door->emit.retry_ms != 0 || (!emit_wants(&door->emit) &&
	    door->emit.count == 0 && door->emit.left == door->left)));
}

int
door_run(const struct options *options, const struct secrets *secrets)
{
	struct door door = { .socket = { .fd = -1 }, .spool = { .lock = -1 },
		.signals = -1 };
	struct error error;
	int rc = EXIT_DONE;

	buffer_init(&door.certificate, PEM_MAX);
	notify_start();
	if (open_door(&door, options, secrets, &error) == -1) {
		rc = log_failure(&error);
		goto out;
	}
	log_info("listening at %s", door.socket.name);
	notify_say("READY=1");
	while (!is_over(&door))
		if (turn(&door, &error) == -1) {
			rc = log_failure(&error);
			goto out;
		}
	if (door.emit.retry_ms != 0) {
		log_error("events wait in the spool: they are emitted at the "
		    "next start");
		rc = EXIT_IO;
	}
out:
	close_door(&door);
	return rc;
}
