/* SPDX-License-Identifier: MIT */
/*
 * ledger: a year in a ledger that auditctl init made: COUNT messages, spread
 * evenly, the last of them now, as deliver would have written them.
 *
 *   ledger LEDGER COUNT
 *
 * 8 streams, 26 filters, 504 channels of which some are busy.  A record in four
 * is a later version of a recent one; of six records one is filtered, and of
 * six messages one is about a record that another filter told about too.
 * Filter "retired" ended after the first weeks; "rare" made five messages.  3 %
 * are unchanged, 0.1 % dead, 0.02 % rejects and as many cancelled, some held;
 * of the last 2,000 a quarter waits.  Bodies have 600 bytes.
 *
 * The hashes of the audit log are no hashes: auditctl check will say so.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "db.h"

#define YEAR_MS ((int64_t)365 * 24 * 3600 * 1000)
#define BATCH 100 /* messages of a transaction of deliver's */
#define BATCHES 1000 /* of them in one of ours */
#define STREAMS 8
#define FILTERS 24
#define CHANNELS 504
#define BODY_BYTES 600
#define NUMBERED "Invoice " /* in it, before the message's own number */
#define NUMBER_DIGITS 8
#define VERSION_BYTES 64

static const char *const streams[STREAMS] = { "invoices", "payments",
	"purchase_orders", "receipts", "journals", "suppliers",
	"requisitions", "expenses" };

struct message {
	int64_t id;
	const char *state;
	char filter[32], record[24], version[VERSION_BYTES];
	char channel[32]; /* "": a reject */
	int stream;
};

struct ledger {
	struct db *db;
	struct error error;
	uint64_t random;
	int64_t count, start_ms, sequence;
	int64_t records[STREAMS]; /* so far */
	char ids[STREAMS][BATCH * 2 * 24]; /* of the batch: JSON strings */
	int64_t read[STREAMS];
	char time[CLOCK_TEXT], body[BODY_BYTES + 1];
};

static void
die(const struct ledger *ledger)
{
	fprintf(stderr, "ledger: %s\n", ledger->error.message);
	exit(ledger->error.code);
}

/* xorshift64*: the same ledger each time. */
static int64_t
pick(struct ledger *ledger, int64_t below)
{
	uint64_t x = ledger->random;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	ledger->random = x;
	return (int64_t)((x * 2685821657736338717u >> 33) % (uint64_t)below);
}

static struct statement *
prepare(struct ledger *ledger, const char *sql)
{
	struct statement *row = db_prepare(ledger->db, sql, &ledger->error);

	if (row == NULL)
		die(ledger);
	return row;
}

static void
run(struct ledger *ledger, struct statement *row)
{
	if (db_run(row, &ledger->error) == -1)
		die(ledger);
}

static void
event(struct ledger *ledger, const char *name, const char *subject,
    const char *detail)
{
	struct statement *row = prepare(ledger, "INSERT INTO audit (seq, time, "
	    "actor, event, subject, detail, previous, hash) VALUES "
	    "(?1, ?2, 'deliver', ?3, ?4, ?5, zeroblob(32), randomblob(32))");

	db_bind_int(row, 1, ++ledger->sequence);
	db_bind_text(row, 2, ledger->time);
	db_bind_text(row, 3, name);
	db_bind_text(row, 4, subject);
	db_bind_text(row, 5, detail);
	run(ledger, row);
}

/* A new record, or in one of four a new version of one of the last 20,000. */
static void
read_record(struct ledger *ledger, int stream, const char *outcome,
    char record[24], char version[VERSION_BYTES])
{
	struct statement *row = prepare(ledger, "INSERT INTO records (stream, "
	    "record_id, record_version, seen_at, amount, currency, outcome) "
	    "VALUES (?1, ?2, ?3, ?4, '1234.56', 'USD', ?5)");
	int64_t number = ledger->records[stream], back;
	char *ids = ledger->ids[stream];

	if (number > 0 && pick(ledger, 4) == 0) {
		back = pick(ledger, number < 20000 ? number : 20000);
		number -= 1 + back;
	} else
		ledger->records[stream]++;
	snprintf(record, 24, "300000%09" PRId64, number);
	snprintf(version, VERSION_BYTES, "%s~%08" PRIx64 "%08" PRIx64,
	    ledger->time, (uint64_t)pick(ledger, INT32_MAX),
	    (uint64_t)pick(ledger, INT32_MAX));
	db_bind_text(row, 1, streams[stream]);
	db_bind_text(row, 2, record);
	db_bind_text(row, 3, version);
	db_bind_text(row, 4, ledger->time);
	db_bind_text(row, 5, outcome);
	run(ledger, row);
	snprintf(ids + strlen(ids), sizeof(ledger->ids[stream]) - strlen(ids),
	    "%s\"%s\"", *ids != '\0' ? "," : "", record);
	ledger->read[stream]++;
}

static void
insert_message(struct ledger *ledger, const struct message *message)
{
	struct statement *row = prepare(ledger, "INSERT INTO messages (id, key, "
	    "state, filter, stream, record_id, record_version, position, "
	    "channel, payload_hash, attempts, queued_at, sending_at, sent_at, "
	    "slack_channel, slack_ts, error) VALUES (?1, ?2, ?3, ?4, ?5, ?6, "
	    "?7, 0, ?8, ?9, ?10, ?11, CASE ?10 WHEN 1 THEN ?11 END, ?12, "
	    "CASE WHEN ?12 IS NOT NULL THEN 'C0123456789' END, ?13, ?14)");
	bool sent = strcmp(message->state, "sent") == 0;
	char key[256], hash[33], ts[32];
	bool dead = strcmp(message->state, "dead") == 0;

	snprintf(key, sizeof(key), "%s:%s:%s:%s:%s:0", message->filter,
	    streams[message->stream], message->record, *message->channel !=
	    '\0' ? message->channel : "!reject", message->version);
	snprintf(hash, sizeof(hash), "%016" PRIx64 "%016" PRIx64,
	    (uint64_t)message->id, ledger->random);
	snprintf(ts, sizeof(ts), "1760000000.%06" PRId64,
	    message->id % 1000000);
	db_bind_int(row, 1, message->id);
	db_bind_text(row, 2, key);
	db_bind_text(row, 3, message->state);
	db_bind_text(row, 4, message->filter);
	db_bind_text(row, 5, streams[message->stream]);
	db_bind_text(row, 6, message->record);
	db_bind_text(row, 7, message->version);
	db_bind_text(row, 8, *message->channel != '\0' ? message->channel :
	    NULL);
	db_bind_text(row, 9, hash);
	db_bind_int(row, 10, sent || (dead && *message->channel != '\0'));
	db_bind_text(row, 11, ledger->time);
	db_bind_text(row, 12, sent ? ledger->time : NULL);
	db_bind_text(row, 13, sent ? ts : NULL);
	db_bind_text(row, 14, dead ? "is_archived" : NULL);
	run(ledger, row);
}

static void
insert_body(struct ledger *ledger, int64_t id)
{
	struct statement *row = prepare(ledger, "INSERT INTO bodies (message, "
	    "payload) VALUES (?1, ?2)");
	char number[32];

	snprintf(number, sizeof(number), "%0*lld", NUMBER_DIGITS,
	    (long long)(id % 100000000));
	memcpy(strstr(ledger->body, NUMBERED) + sizeof(NUMBERED) - 1, number,
	    NUMBER_DIGITS);
	db_bind_int(row, 1, id);
	db_bind_text(row, 2, ledger->body);
	run(ledger, row);
}

static void
insert_attempt(struct ledger *ledger, int64_t id, int number,
    const char *outcome)
{
	struct statement *row = prepare(ledger, "INSERT INTO attempts (message, "
	    "generation, number, started_at, ended_at, http_status, outcome) "
	    "VALUES (?1, 1, ?2, ?3, ?3, 200, ?4)");

	db_bind_int(row, 1, id);
	db_bind_int(row, 2, number);
	db_bind_text(row, 3, ledger->time);
	db_bind_text(row, 4, outcome);
	run(ledger, row);
}

static const char *
state_of(struct ledger *ledger, const struct message *message)
{
	int64_t luck = pick(ledger, 100000);

	if (*message->channel == '\0')
		return "dead";
	if (message->id > ledger->count - 2000 && luck < 25000)
		return luck < 24900 ? "queued" : "in_doubt";
	return luck >= 3121 ? "sent" : luck >= 121 ? "unchanged" :
	    luck >= 21 ? "dead" : luck >= 1 ? "cancelled" : "held";
}

/* The first is the busiest. */
static int
pick_stream(struct ledger *ledger)
{
	int64_t weight = pick(ledger, STREAMS * (STREAMS + 1) / 2);
	int stream;

	for (stream = 0; weight >= STREAMS - stream; stream++)
		weight -= STREAMS - stream;
	return stream;
}

/* Who tells whom: a filter is of a stream, its channels are its own, and the
 * first of them the busiest. */
static void
route(struct ledger *ledger, struct message *message)
{
	int64_t filter, channel;

	filter = message->stream + STREAMS * pick(ledger, FILTERS / STREAMS);
	channel = pick(ledger, CHANNELS / FILTERS);
	channel = filter + FILTERS * pick(ledger, channel + 1);
	snprintf(message->filter, sizeof(message->filter), "team%02d", (int)
	    filter);
	if (message->id % (ledger->count / 5 > 0 ? ledger->count / 5 : 1) ==
	    ledger->count / 10)
		strcpy(message->filter, "rare");
	else if (message->id < ledger->count / 20 && pick(ledger, 3) == 0)
		strcpy(message->filter, "retired");
	if (pick(ledger, 5000) != 0)
		snprintf(message->channel, sizeof(message->channel),
		    "#channel-%03d", (int)channel);
}

static void
add_message(struct ledger *ledger, struct message *message,
    const struct message *last)
{
	char outcome[64], detail[512], subject[32];
	bool again = message->id % 6 == 0 && last != NULL;

	message->stream = again ? last->stream : pick_stream(ledger);
	route(ledger, message);
	snprintf(outcome, sizeof(outcome), "{\"%s\":%d}", message->filter,
	    *message->channel != '\0');
	if (again && strcmp(last->filter, message->filter) != 0) {
		strcpy(message->record, last->record);
		strcpy(message->version, last->version);
	} else
		read_record(ledger, message->stream, outcome, message->record,
		    message->version);
	message->state = state_of(ledger, message);
	insert_message(ledger, message);
	if (strcmp(message->state, "unchanged") != 0)
		insert_body(ledger, message->id);
	snprintf(subject, sizeof(subject), "%" PRId64, message->id);
	snprintf(detail, sizeof(detail), "{\"filter\":\"%s\",\"stream\":\"%s\","
	    "\"record_id\":\"%s\",\"record_version\":\"%s\",\"channel\":\"%s\","
	    "\"payload_hash\":\"%032" PRId64 "\"}", message->filter,
	    streams[message->stream], message->record, message->version,
	    message->channel, message->id);
	event(ledger, strcmp(message->state, "unchanged") == 0 ?
	    "message.unchanged" : "message.queued", subject, detail);
}

static void
send_message(struct ledger *ledger, const struct message *message)
{
	char subject[32], name[32];

	if (strcmp(message->state, "queued") == 0 ||
	    strcmp(message->state, "unchanged") == 0 ||
	    *message->channel == '\0')
		return;
	snprintf(subject, sizeof(subject), "%" PRId64, message->id);
	snprintf(name, sizeof(name), "message.%s", message->state);
	event(ledger, "message.sending", subject, NULL);
	event(ledger, name, subject,
	    "{\"slack\":\"C0123456789/1760000000.000001\"}");
	if (message->id % 33 == 0)
		insert_attempt(ledger, message->id, 1, "retry");
	insert_attempt(ledger, message->id, 2, message->state);
}

/* A transaction of deliver's: what it read, and what became of that. */
static void
add_batch(struct ledger *ledger, int64_t first)
{
	char record[24], version[VERSION_BYTES], subject[64];
	struct message messages[BATCH];
	static char detail[sizeof(ledger->ids[0]) + 256];
	int64_t i, n = ledger->count - first + 1;
	int stream;

	n = n < BATCH ? n : BATCH;
	clock_format(ledger->start_ms + YEAR_MS * (first + n - 1) /
	    ledger->count, ledger->time);
	memset(ledger->ids, 0, sizeof(ledger->ids));
	memset(ledger->read, 0, sizeof(ledger->read));
	for (i = 0; i < n; i++) {
		messages[i] = (struct message){ .id = first + i };
		add_message(ledger, &messages[i], i > 0 ? &messages[i - 1] :
		    NULL);
		if (messages[i].id % 6 == 0)
			read_record(ledger, messages[i].stream,
			    "{\"team00\":0}", record, version);
	}
	for (stream = 0; stream < STREAMS; stream++) {
		if (ledger->read[stream] == 0)
			continue;
		snprintf(subject, sizeof(subject), "stream:%s",
		    streams[stream]);
		snprintf(detail, sizeof(detail), "{\"seen_at\":\"%s\","
		    "\"records\":%" PRId64 ",\"again\":0,\"amounts\":{\"USD\":"
		    "\"%" PRId64 ".%02" PRId64 "\"},\"ids\":[%s]}",
		    ledger->time, ledger->read[stream],
		    ledger->read[stream] * 123456 / 100,
		    ledger->read[stream] * 123456 % 100, ledger->ids[stream]);
		event(ledger, "records.read", subject, detail);
	}
	for (i = 0; i < n; i++)
		send_message(ledger, &messages[i]);
}

static void
write_body(char body[BODY_BYTES + 1])
{
	static const char head[] = "{\"channel\":\"#channel-000\",\"text\":"
	    "\"" NUMBERED "00000000 of Acme &amp; Sons: 1,234.56 USD. ", tail[] = "\"}";
	size_t length = sizeof(head) - 1;

	memset(body, '.', BODY_BYTES);
	memcpy(body, head, length);
	strcpy(body + BODY_BYTES - (sizeof(tail) - 1), tail);
}

int
main(int argc, char **argv)
{
	static struct ledger ledger;
	int64_t first, batch = 0;

	if (argc != 3 || (ledger.count = atoll(argv[2])) < 1)
		return 64;
	ledger.random = 88172645463325252u;
	ledger.start_ms = clock_wall_ms() - YEAR_MS;
	write_body(ledger.body);
	if ((ledger.db = db_open(argv[1], DB_WRITE, &ledger.error)) == NULL ||
	    db_execute(ledger.db, "PRAGMA journal_mode = DELETE;"
	    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
	    "PRAGMA secure_delete = OFF; PRAGMA cache_size = -400000",
	    &ledger.error) == -1 || db_number(ledger.db,
	    "SELECT max(seq) FROM audit", NULL, &ledger.sequence,
	    &ledger.error) == -1)
		die(&ledger);
	for (first = 1; first <= ledger.count; first += BATCH, batch++) {
		if (batch % BATCHES == 0 && db_begin(ledger.db,
		    &ledger.error) == -1)
			die(&ledger);
		add_batch(&ledger, first);
		if ((batch % BATCHES == BATCHES - 1 ||
		    first + BATCH > ledger.count) && db_commit(ledger.db,
		    &ledger.error) == -1)
			die(&ledger);
	}
	db_close(ledger.db);
	return 0;
}
