/* SPDX-License-Identifier: MIT */
/*
 * limit: what can't be left out of deliver's work: keep each message durably,
 * post it, keep its outcome.
 *
 *   limit [-f] PORT FILE < messages
 *
 * The messages go into a fresh SQLite database FILE (WAL, synchronous=FULL) in
 * groups of up to 500, each posted over one of 16 kept connections only behind
 * its commit; the outcomes of a group go in with the next one.  No audit log,
 * no pace, no order, no doubt, and any answer but 200 is the end.
 * -f: FILE is a plain file instead, appended to with one fdatasync a group, and
 * no outcome is kept: the least that "durable first" can cost.
 */
#define _GNU_SOURCE /* memmem */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define CONNECTIONS 16
#define GROUP 500
#define ROOM ((size_t)1 << 21)

struct post {
	const char *key, *channel, *payload; /* in the input */
	size_t key_length, channel_length, payload_length;
	int64_t id;
	char ts[32];
};

struct connection {
	int fd;
	struct post *post; /* what is on its way; NULL: none */
};

struct limit {
	char input[ROOM + 1];
	size_t start, end;
	struct post group[GROUP];
	size_t count, left, answered; /* of the group */
	struct connection connections[CONNECTIONS];
	int epoll, file;
	sqlite3 *db;
	sqlite3_stmt *insert, *body, *update;
};

static void
die(const char *what)
{
	perror(what);
	exit(71);
}

static void
die_of_db(struct limit *limit)
{
	fprintf(stderr, "limit: %s\n", sqlite3_errmsg(limit->db));
	exit(71);
}

/* ---- store ------------------------------------------------------------- */

static void
execute(struct limit *limit, const char *sql)
{
	if (sqlite3_exec(limit->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		die_of_db(limit);
}

static sqlite3_stmt *
prepare(struct limit *limit, const char *sql)
{
	sqlite3_stmt *statement;

	if (sqlite3_prepare_v3(limit->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
	    &statement, NULL) != SQLITE_OK)
		die_of_db(limit);
	return statement;
}

static void
open_store(struct limit *limit, const char *path)
{
	if (sqlite3_open(path, &limit->db) != SQLITE_OK)
		die_of_db(limit);
	execute(limit, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
	    "CREATE TABLE messages (id INTEGER PRIMARY KEY, key TEXT NOT NULL "
	    "UNIQUE, state TEXT NOT NULL, channel TEXT NOT NULL, ts TEXT) "
	    "STRICT; CREATE INDEX waiting ON messages (channel, id) "
	    "WHERE state = 'sending'; CREATE TABLE bodies (message INTEGER "
	    "PRIMARY KEY, payload TEXT NOT NULL) STRICT");
	limit->insert = prepare(limit, "INSERT INTO messages (key, state, "
	    "channel) VALUES (?1, 'sending', ?2)");
	limit->body = prepare(limit, "INSERT INTO bodies VALUES (?1, ?2)");
	limit->update = prepare(limit, "UPDATE messages SET state = 'sent', "
	    "ts = ?2 WHERE id = ?1");
}

static void
step(struct limit *limit, sqlite3_stmt *statement)
{
	if (sqlite3_step(statement) != SQLITE_DONE)
		die_of_db(limit);
	sqlite3_reset(statement);
}

static void
keep_outcomes(struct limit *limit)
{
	const struct post *post;
	size_t i;

	for (i = 0; i < limit->answered; i++) {
		post = &limit->group[i];
		sqlite3_bind_int64(limit->update, 1, post->id);
		sqlite3_bind_text(limit->update, 2, post->ts, -1,
		    SQLITE_STATIC);
		step(limit, limit->update);
	}
	limit->answered = 0;
}

static void
keep_post(struct limit *limit, struct post *post)
{
	sqlite3_bind_text(limit->insert, 1, post->key, (int)post->key_length,
	    SQLITE_STATIC);
	sqlite3_bind_text(limit->insert, 2, post->channel,
	    (int)post->channel_length, SQLITE_STATIC);
	step(limit, limit->insert);
	post->id = sqlite3_last_insert_rowid(limit->db);
	sqlite3_bind_int64(limit->body, 1, post->id);
	sqlite3_bind_text(limit->body, 2, post->payload,
	    (int)post->payload_length, SQLITE_STATIC);
	step(limit, limit->body);
}

static void
append(const struct limit *limit)
{
	size_t i;

	for (i = 0; i < limit->count; i++)
		if (write(limit->file, limit->group[i].payload,
		    limit->group[i].payload_length) == -1)
			die("write");
	if (fdatasync(limit->file) == -1)
		die("fdatasync");
}

/* ---- input ------------------------------------------------------------- */

static const char *
member(const char *line, const char *end, const char *name, size_t *length)
{
	const char *at = memmem(line, (size_t)(end - line), name,
	    strlen(name));

	if (at == NULL)
		exit(65);
	at += strlen(name);
	*length = strcspn(at, "\"");
	return at;
}

static void
take_line(struct limit *limit, const char *line, const char *end)
{
	static const char type[] = "{\"type\":\"MESSAGE\"";
	struct post *post = &limit->group[limit->count];

	if (strncmp(line, type, sizeof(type) - 1) != 0)
		return;
	post->key = member(line, end, "\"key\":\"", &post->key_length);
	post->channel = member(line, end, "\"channel\":\"",
	    &post->channel_length);
	post->payload = member(line, end, "\"payload\":",
	    &post->payload_length);
	post->payload_length = (size_t)(end - 1 - post->payload);
	limit->count++;
}

/* The lines that are there, or that the next read brings: a group. */
static void
take_lines(struct limit *limit)
{
	char *line, *end;

	limit->count = 0;
	while (limit->count < GROUP) {
		line = limit->input + limit->start;
		end = memchr(line, '\n', limit->end - limit->start);
		if (end == NULL)
			return;
		*end = '\0';
		take_line(limit, line, end);
		limit->start = (size_t)(end + 1 - limit->input);
	}
}

/* 0: the input has ended. */
static bool
next_group(struct limit *limit)
{
	ssize_t count;

	for (;;) {
		take_lines(limit);
		if (limit->count > 0)
			return true;
		memmove(limit->input, limit->input + limit->start,
		    limit->end - limit->start);
		limit->end -= limit->start;
		limit->start = 0;
		count = read(STDIN_FILENO, limit->input + limit->end,
		    ROOM - limit->end);
		if (count <= 0)
			return false;
		limit->end += (size_t)count;
	}
}

/* ---- posts ------------------------------------------------------------- */

static void
connect_all(struct limit *limit, int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	struct epoll_event event = { .events = EPOLLIN };
	struct connection *connection;
	int i, on = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons((uint16_t)port);
	if ((limit->epoll = epoll_create1(EPOLL_CLOEXEC)) == -1)
		die("epoll_create1");
	for (i = 0; i < CONNECTIONS; i++) {
		connection = &limit->connections[i];
		event.data.ptr = connection;
		if ((connection->fd = socket(AF_INET, SOCK_STREAM |
		    SOCK_CLOEXEC, 0)) == -1 || connect(connection->fd,
		    (struct sockaddr *)&address, sizeof(address)) == -1 ||
		    epoll_ctl(limit->epoll, EPOLL_CTL_ADD, connection->fd,
		    &event) == -1)
			die("connect");
		setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on,
		    sizeof(on));
	}
}

/* Post the next of the group, if there is one. */
static void
post_next(struct limit *limit, struct connection *connection)
{
	struct post *post = &limit->group[limit->count - limit->left];
	char head[512];
	struct iovec parts[2] = { { .iov_base = head } };

	connection->post = NULL;
	if (limit->left == 0)
		return;
	limit->left--;
	connection->post = post;
	parts[0].iov_len = (size_t)snprintf(head, sizeof(head),
	    "POST /api/chat.postMessage HTTP/1.1\r\nHost: 127.0.0.1\r\n"
	    "Authorization: Bearer xoxb-bench\r\nContent-Type: "
	    "application/json; charset=utf-8\r\nContent-Length: %zu\r\n\r\n",
	    post->payload_length);
	parts[1].iov_base = (void *)(uintptr_t)post->payload;
	parts[1].iov_len = post->payload_length;
	if (writev(connection->fd, parts, 2) !=
	    (ssize_t)(parts[0].iov_len + parts[1].iov_len))
		die("writev");
}

static void
take_answer(struct limit *limit, struct connection *connection)
{
	static const char ok[] = "HTTP/1.1 200 ", name[] = "\"ts\":\"";
	char answer[1024];
	ssize_t count = recv(connection->fd, answer, sizeof(answer) - 1, 0);
	const char *ts;

	if (count <= 0)
		die("recv");
	answer[count] = '\0';
	ts = strstr(answer, name);
	if (strncmp(answer, ok, sizeof(ok) - 1) != 0 || ts == NULL) {
		fprintf(stderr, "limit: %s\n", answer);
		exit(69);
	}
	ts += sizeof(name) - 1;
	snprintf(connection->post->ts, sizeof(connection->post->ts), "%.*s",
	    (int)strcspn(ts, "\""), ts);
	limit->answered++;
	post_next(limit, connection);
}

static void
post_group(struct limit *limit)
{
	struct epoll_event events[CONNECTIONS];
	int i, count;

	limit->left = limit->count;
	for (i = 0; i < CONNECTIONS; i++)
		post_next(limit, &limit->connections[i]);
	while (limit->answered < limit->count) {
		count = epoll_wait(limit->epoll, events, CONNECTIONS, -1);
		for (i = 0; i < count; i++)
			take_answer(limit, events[i].data.ptr);
	}
}

static void
run(struct limit *limit)
{
	bool any = true;
	size_t i;

	while (any) {
		/* next_group forgets the last group's keys, not its ids. */
		any = next_group(limit);
		if (limit->db != NULL) {
			execute(limit, "BEGIN IMMEDIATE");
			keep_outcomes(limit);
			for (i = 0; i < limit->count; i++)
				keep_post(limit, &limit->group[i]);
			execute(limit, "COMMIT");
		} else
			append(limit);
		limit->answered = 0;
		post_group(limit);
	}
}

int
main(int argc, char **argv)
{
	static struct limit limit;
	bool plain = false;
	int option;

	while ((option = getopt(argc, argv, "f")) != -1)
		if (option == 'f')
			plain = true;
		else
			return 64;
	if (optind + 2 != argc)
		return 64;
	connect_all(&limit, atoi(argv[optind]));
	if (!plain)
		open_store(&limit, argv[optind + 1]);
	else if ((limit.file = open(argv[optind + 1], O_WRONLY | O_CREAT |
	    O_APPEND | O_CLOEXEC, 0600)) == -1)
		die("open");
	run(&limit);
	sqlite3_finalize(limit.insert);
	sqlite3_finalize(limit.body);
	sqlite3_finalize(limit.update);
	return sqlite3_close(limit.db) == SQLITE_OK ? 0 : 71;
}
