/* SPDX-License-Identifier: MIT */
/* notify and doorbell, against a real socket and a real FIFO. */
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "doorbell.h"
#include "notify.h"
#include "tap.h"

static char folder[] = "/tmp/test_service.XXXXXX";

/* ---- notify ------------------------------------------------------------ */

/* Listen under a name, a path or '@' and an abstract one. */
static int
listen_to(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t length = (socklen_t)(sizeof(address) -
	    sizeof(address.sun_path) + strlen(name));
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	memcpy(address.sun_path, name, strlen(name));
	if (*name == '@')
		address.sun_path[0] = '\0';
	if (fd == -1 || bind(fd, (struct sockaddr *)&address, length) == -1) {
		perror(name);
		exit(1);
	}
	return fd;
}

/* Does the next datagram say so?  NULL: is there none? */
static bool
heard(int fd, const char *state)
{
	char text[64];
	ssize_t count = recv(fd, text, sizeof(text), 0);

	return state == NULL ? count == -1 : count == (ssize_t)strlen(state) &&
	    memcmp(text, state, strlen(state)) == 0;
}

static void
start(const char *name, const char *usec, const char *pid)
{
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", usec, 1);
	if (pid != NULL)
		setenv("WATCHDOG_PID", pid, 1);
	notify_start();
}

static void
test_notify_names(void)
{
	char path[128], abstract[64];
	int fd;

	snprintf(path, sizeof(path), "%s/notify", folder);
	fd = listen_to(path);
	start(path, "30000000", NULL);
	notify_say("READY=1");
	ok(heard(fd, "READY=1"), "a manager under a path is told");
	ok(getenv("NOTIFY_SOCKET") == NULL && getenv("WATCHDOG_USEC") == NULL,
	    "no child inherits the manager's socket");
	notify_say("STOPPING=1\nSTATUS=x");
	ok(heard(fd, "STOPPING=1\nSTATUS=x"), "several words are one datagram");
	close(fd);
	notify_say("WATCHDOG=1"); /* one that went away does no harm */

	snprintf(abstract, sizeof(abstract), "@ledgerpipe-test-%ld",
	    (long)getpid());
	fd = listen_to(abstract);
	start(abstract, "0", NULL);
	notify_say("READY=1");
	ok(heard(fd, "READY=1"), "a manager under an abstract name is told");

	start("relative", "1000000", NULL);
	notify_say("READY=1");
	ok(heard(fd, NULL) && notify_watchdog_ms() == 0,
	    "a name of another kind is nobody's");
	unsetenv("NOTIFY_SOCKET");
	notify_start();
	notify_say("READY=1");
	ok(heard(fd, NULL), "without a manager nothing is said");
	close(fd);
}

static void
test_notify_patience(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, full, count = 0, heard_of = 0;
	char path[100];

	snprintf(path, sizeof(path), "%s/slow", folder);
	fd = listen_to(path);
	strcpy(address.sun_path, path);
	full = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	while (sendto(full, "full", 4, 0, (struct sockaddr *)&address,
	    sizeof(address)) == 4)
		count++;
	close(full);
	start(path, "0", NULL);
	notify_say("READY=1");
	while (heard(fd, "full"))
		heard_of++;
	ok(count > 0 && heard_of == count && heard(fd, NULL),
	    "a manager that doesn't read is given up");
	notify_say("READY=1");
	ok(heard(fd, "READY=1"), "and told again when it does");
	close(fd);
}

static void
test_watchdog(void)
{
	char path[128], pid[32];

	snprintf(path, sizeof(path), "%s/none", folder);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	start(path, "30000000", pid);
	ok(notify_watchdog_ms() == 30000, "the watchdog's time is in ms");
	start(path, "30000000", "1");
	ok(notify_watchdog_ms() == 0, "another process's watchdog isn't ours");
	start(path, "soon", NULL);
	ok(notify_watchdog_ms() == 0, "what is no number is no watchdog");
	start(path, "-5", NULL);
	ok(notify_watchdog_ms() == 0, "nor is less than nothing");
}

/* ---- doorbell ---------------------------------------------------------- */

static char db[128], bell[160];

static bool
rung(int fd)
{
	struct pollfd look = { .fd = fd, .events = POLLIN };

	return poll(&look, 1, 0) == 1;
}

static bool
refused(void)
{
	struct error error;
	int fd;

	return doorbell_open(db, &fd, &error) == -1 && fd == -1 &&
	    error.code == EXIT_CANTCREATE &&
	    strstr(error.message, bell) != NULL;
}

static void
test_doorbell_rings(void)
{
	struct error error;
	struct stat status;
	char link_path[160];
	int fd, i;

	doorbell_ring(db);
	ok(access(bell, F_OK) == -1, "without a doorbell nothing is made");
	ok(doorbell_open(db, &fd, &error) == 0 && !rung(fd),
	    "it is made, and silent");
	ok(stat(bell, &status) == 0 && S_ISFIFO(status.st_mode) &&
	    (status.st_mode & 0777) == 0600, "it is its owner's alone");
	doorbell_ring(db);
	doorbell_ring(db);
	ok(rung(fd), "a ring is heard");
	doorbell_drain(fd);
	ok(!rung(fd), "drained, it is silent again");
	snprintf(link_path, sizeof(link_path), "%s/other.db", folder);
	if (symlink(db, link_path) == 0)
		doorbell_ring(link_path);
	ok(rung(fd), "whatever name leads to the ledger, its doorbell is one");
	for (i = 0; i < 100000; i++)
		doorbell_ring(db);
	doorbell_drain(fd);
	ok(!rung(fd), "a doorbell that is full of rings does no harm");
	close(fd);
	doorbell_ring(db);
	ok(doorbell_open(db, &fd, &error) == 0 && !rung(fd),
	    "an old one is used again; what nobody heard is gone");
	close(fd);
}

static void
test_doorbell_of_root(void)
{
	struct error error;
	struct stat status;
	int fd;

	unlink(bell);
	if (geteuid() != 0 || chown(db, 12345, 12345) == -1)
		return;
	ok(doorbell_open(db, &fd, &error) == 0 && stat(bell, &status) == 0 &&
	    status.st_uid == 12345 && status.st_gid == 12345,
	    "one that root makes is the ledger's owner's");
	close(fd);
	ok(doorbell_open(db, &fd, &error) == 0, "and root may listen to it");
	close(fd);
	if (chown(bell, 54321, 54321) == 0)
		ok(refused(), "but to nobody else's");
}

static void
test_doorbell_refuses(void)
{
	char target[160];
	struct stat status;
	int fd;

	unlink(bell);
	snprintf(target, sizeof(target), "%s/target", folder);
	fd = open(target, O_CREAT | O_WRONLY, 0600);
	close(fd);
	ok(symlink(target, bell) == 0 && refused(), "no link is followed");
	doorbell_ring(db);
	unlink(bell);
	if (mkfifo(bell, 0600) == 0 && chmod(bell, 0622) == 0)
		ok(refused(), "one that others may ring is refused");
	unlink(bell);
	ok(link(target, bell) == 0 && refused(), "a file is no doorbell");
	doorbell_ring(db);
	ok(stat(target, &status) == 0 && status.st_size == 0,
	    "and nothing is written into it");
	unlink(bell);
}

static int
forget(const char *path, const struct stat *status, int kind, struct FTW *at)
{
	(void)status;
	(void)kind;
	(void)at;
	return remove(path);
}

int
main(void)
{
	int fd;

	signal(SIGPIPE, SIG_IGN);
	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(db, sizeof(db), "%s/ledger.db", folder);
	snprintf(bell, sizeof(bell), "%s.doorbell", db);
	fd = open(db, O_CREAT | O_WRONLY, 0600);
	close(fd);
	test_notify_names();
	test_notify_patience();
	test_watchdog();
	test_doorbell_rings();
	test_doorbell_of_root();
	test_doorbell_refuses();
	nftw(folder, forget, 8, FTW_DEPTH | FTW_PHYS);
	return tap_end();
}
