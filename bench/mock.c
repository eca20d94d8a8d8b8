/* SPDX-License-Identifier: MIT */
/*
 * mock: a Slack for measurements: as little work as an honest server can do,
 * so that what is measured is the client.
 *
 *   mock [-l MS] [-d MS]
 *
 * Listens on a port of 127.0.0.1, says "PORT n" and answers POSTs over
 * HTTP/1.1 until SIGTERM; then it prints what it saw as one JSON object.
 * -l: a channel takes one message in so many milliseconds, another is a 429.
 * -d: each answer comes so many milliseconds late.
 *
 * A channel may be named or go by the id that an answer gave it.  A text that
 * starts with "at N " was written at N microseconds of the monotonic clock: the
 * time from there to its arrival is kept.
 */
#define _GNU_SOURCE /* memmem, accept4 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ROOM 65536         /* of a request */
#define CHANNELS_MAX 16384 /* a power of two, never more than half full */
#define LATENCIES_MAX 100000
#define EVENTS 64
#define TS_BASE 1700000000LL

struct channel {
	char name[96];
	int64_t last_us; /* when it took its last message; 0: never */
};

struct connection {
	int fd;
	size_t length;
	char *request;
	char answer[512];
	int answer_length;
	int64_t due_us;          /* of the answer */
	bool late, gone;
	struct connection *next; /* in the order of their answers */
};

struct mock {
	int epoll, listener, signals;
	int64_t limit_us, delay_us;
	struct channel channels[CHANNELS_MAX];
	struct connection *late, **late_tail;
	int64_t posts, refused, connections;
	int64_t first_us, last_us, smallest_gap_us;
	uint32_t latencies[LATENCIES_MAX]; /* us */
	size_t latency_count;
	bool over;
};

static int64_t
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void
die(const char *what)
{
	perror(what);
	exit(71);
}

/* The slot of a name, or of an id of ours, which names the slot. */
static size_t
find_channel(struct mock *mock, const char *name, size_t length)
{
	uint64_t hash = 14695981039346656037ULL;
	struct channel *channel;
	size_t i;

	if (length == 9 && *name == 'C')
		return (size_t)strtoul(name + 1, NULL, 10) &
		    (CHANNELS_MAX - 1);
	if (length >= sizeof(mock->channels->name))
		length = sizeof(mock->channels->name) - 1;
	for (i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)name[i]) * 1099511628211ULL;
	for (i = hash & (CHANNELS_MAX - 1);;
	    i = (i + 1) & (CHANNELS_MAX - 1)) {
		channel = &mock->channels[i];
		if (*channel->name == '\0') {
			memcpy(channel->name, name, length);
			return i;
		}
		if (strncmp(channel->name, name, length) == 0 &&
		    channel->name[length] == '\0')
			return i;
	}
}

static void
keep_latency(struct mock *mock, const char *body, size_t length, int64_t now)
{
	static const char mark[] = "\"text\":\"at ";
	const char *at = memmem(body, length < 400 ? length : 400, mark,
	    sizeof(mark) - 1);

	if (at != NULL && mock->latency_count < LATENCIES_MAX)
		mock->latencies[mock->latency_count++] = (uint32_t)(now -
		    strtoll(at + sizeof(mark) - 1, NULL, 10));
}

/* Does the channel take a message now? */
static bool
take(struct mock *mock, struct channel *channel, int64_t now)
{
	int64_t gap = now - channel->last_us;

	if (channel->last_us != 0 && gap < mock->limit_us) {
		mock->refused++;
		return false;
	}
	if (channel->last_us != 0 && (mock->smallest_gap_us == 0 ||
	    gap < mock->smallest_gap_us))
		mock->smallest_gap_us = gap;
	channel->last_us = now;
	mock->posts++;
	mock->last_us = now;
	if (mock->first_us == 0)
		mock->first_us = now;
	return true;
}

/* Write the answer to a request into the connection. */
static void
judge(struct mock *mock, struct connection *connection, const char *body,
    size_t length)
{
	static const char name[] = "\"channel\":\"";
	const char *at = memmem(body, length, name, sizeof(name) - 1);
	int64_t now = now_us();
	const char *extra = "";
	char text[256];
	size_t slot;
	int status = 200;

	if (at == NULL) {
		snprintf(text, sizeof(text),
		    "{\"ok\":false,\"error\":\"channel_not_found\"}");
	} else {
		at += sizeof(name) - 1;
		slot = find_channel(mock, at, strcspn(at, "\""));
		keep_latency(mock, body, length, now);
		if (take(mock, &mock->channels[slot], now))
			snprintf(text, sizeof(text), "{\"ok\":true,"
			    "\"channel\":\"C%08zu\",\"ts\":\"%lld.%06lld\","
			    "\"message\":{\"type\":\"message\","
			    "\"bot_id\":\"B00000001\"}}", slot,
			    TS_BASE + (long long)mock->posts / 1000000,
			    (long long)mock->posts % 1000000);
		else {
			status = 429;
			extra = "Retry-After: 1\r\n";
			snprintf(text, sizeof(text),
			    "{\"ok\":false,\"error\":\"ratelimited\"}");
		}
	}
	connection->answer_length = snprintf(connection->answer,
	    sizeof(connection->answer), "HTTP/1.1 %d %s\r\n"
	    "Content-Type: application/json; charset=utf-8\r\n%s"
	    "Content-Length: %zu\r\n\r\n%s", status, status == 200 ? "OK" :
	    "Too Many Requests", extra, strlen(text), text);
	connection->due_us = now + mock->delay_us;
}

/* How long the request is once it is whole, its body at *body; else 0. */
static size_t
request_length(const struct connection *connection, size_t *body)
{
	static const char name[] = "content-length:";
	const char *end = memmem(connection->request, connection->length,
	    "\r\n\r\n", 4), *line;
	size_t length = 0;

	if (end == NULL)
		return 0;
	for (line = connection->request; line < end;
	    line = strchr(line, '\n') + 1)
		if (strncasecmp(line, name, sizeof(name) - 1) == 0)
			length = strtoul(line + sizeof(name) - 1, NULL, 10);
	*body = (size_t)(end + 4 - connection->request);
	if (*body + length >= ROOM)
		exit(65);
	return connection->length >= *body + length ? *body + length : 0;
}

static void
drop(struct connection *connection)
{
	if (!connection->gone)
		close(connection->fd);
	connection->gone = true;
	if (connection->late)
		return;
	free(connection->request);
	free(connection);
}

static void
answer(const struct connection *connection)
{
	/* The buffers of a socket take more than one answer. */
	if (send(connection->fd, connection->answer,
	    (size_t)connection->answer_length, MSG_NOSIGNAL) == -1 &&
	    errno != EPIPE && errno != ECONNRESET)
		die("send");
}

/* Every whole request that is there; a client sends one at a time. */
static void
serve(struct mock *mock, struct connection *connection)
{
	size_t length, body;

	connection->request[connection->length] = '\0';
	while ((length = request_length(connection, &body)) > 0) {
		judge(mock, connection, connection->request + body,
		    length - body);
		connection->length -= length;
		memmove(connection->request, connection->request + length,
		    connection->length);
		if (mock->delay_us == 0) {
			answer(connection);
			continue;
		}
		connection->late = true;
		connection->next = NULL;
		*mock->late_tail = connection;
		mock->late_tail = &connection->next;
	}
}

static void
read_request(struct mock *mock, struct connection *connection)
{
	ssize_t count = recv(connection->fd, connection->request +
	    connection->length, ROOM - 1 - connection->length, 0);

	if (count > 0) {
		connection->length += (size_t)count;
		serve(mock, connection);
	} else if (count == 0 || (errno != EAGAIN && errno != EINTR))
		drop(connection);
}

static void
accept_all(struct mock *mock)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct connection *connection;
	int fd, on = 1;

	while ((fd = accept4(mock->listener, NULL, NULL,
	    SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if ((connection = calloc(1, sizeof(*connection))) == NULL ||
		    (connection->request = malloc(ROOM)) == NULL)
			die("memory");
		connection->fd = fd;
		event.data.ptr = connection;
		if (epoll_ctl(mock->epoll, EPOLL_CTL_ADD, fd, &event) == -1)
			die("epoll_ctl");
		mock->connections++;
	}
}

/* Give the answers that are due; when the next one is, in ms, or -1. */
static int
answer_late(struct mock *mock)
{
	struct connection *connection;
	int64_t now = now_us();

	while ((connection = mock->late) != NULL &&
	    connection->due_us <= now) {
		if ((mock->late = connection->next) == NULL)
			mock->late_tail = &mock->late;
		connection->late = false;
		if (connection->gone)
			drop(connection);
		else
			answer(connection);
	}
	return connection == NULL ? -1 :
	    (int)((connection->due_us - now + 999) / 1000);
}

static int
compare(const void *one, const void *other)
{
	uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;

	return a < b ? -1 : a > b;
}

static void
tell(struct mock *mock)
{
	size_t count = mock->latency_count;
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	qsort(mock->latencies, count, sizeof(*mock->latencies), compare);
	printf("{\"posts\":%lld,\"refused\":%lld,\"connections\":%lld,"
	    "\"span_ms\":%.1f,\"smallest_gap_ms\":%.3f,\"cpu_ms\":%lld,"
	    "\"latencies\":%zu,\"median_us\":%u,\"p95_us\":%u}\n",
	    (long long)mock->posts, (long long)mock->refused,
	    (long long)mock->connections,
	    (double)(mock->last_us - mock->first_us) / 1e3,
	    (double)mock->smallest_gap_us / 1e3,
	    (long long)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
	    (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000, count,
	    count > 0 ? mock->latencies[count / 2] : 0,
	    count > 0 ? mock->latencies[count * 95 / 100] : 0);
}

static void
watch(struct mock *mock, int fd, void *mark)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = mark };

	if (epoll_ctl(mock->epoll, EPOLL_CTL_ADD, fd, &event) == -1)
		die("epoll_ctl");
}

static void
start(struct mock *mock)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	mock->late_tail = &mock->late;
	if ((mock->epoll = epoll_create1(EPOLL_CLOEXEC)) == -1 ||
	    (mock->signals = signalfd(-1, &set, SFD_CLOEXEC)) == -1 ||
	    (mock->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0)) == -1 || bind(mock->listener,
	    (struct sockaddr *)&address, sizeof(address)) == -1 ||
	    listen(mock->listener, 1024) == -1 || getsockname(mock->listener,
	    (struct sockaddr *)&address, &length) == -1)
		die("listen");
	watch(mock, mock->listener, &mock->listener);
	watch(mock, mock->signals, &mock->signals);
	printf("PORT %d\n", ntohs(address.sin_port));
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	static struct mock mock;
	struct epoll_event events[EVENTS];
	int option, count, i;

	while ((option = getopt(argc, argv, "l:d:")) != -1)
		if (option == 'l')
			mock.limit_us = atoll(optarg) * 1000;
		else if (option == 'd')
			mock.delay_us = atoll(optarg) * 1000;
		else
			return 64;
	start(&mock);
	while (!mock.over) {
		count = epoll_wait(mock.epoll, events, EVENTS,
		    answer_late(&mock));
		for (i = 0; i < count; i++)
			if (events[i].data.ptr == &mock.signals)
				mock.over = true;
			else if (events[i].data.ptr == &mock.listener)
				accept_all(&mock);
			else
				read_request(&mock, events[i].data.ptr);
	}
	tell(&mock);
	return 0;
}
