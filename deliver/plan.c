/* SPDX-License-Identifier: MIT */
#include "deliver/plan.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "clock.h"
#include "deliver/forecast.h"
#include "log.h"
#include "utf8.h"

#define ROW_MAX_BYTES ((size_t)1 << 20)
#define GROUP_LINES 500

/* The table's columns but the last, which gets the rest of the line. */
enum column {
	WHEN,
	CHANNEL,
	WHAT,
	ABOUT,
	FILTER,
	COLUMNS
};

static const struct {
	const char *title;
	size_t most; /* characters */
} columns[COLUMNS] = { [WHEN] = { "when", 20 }, [CHANNEL] = { "channel", 24 },
	[WHAT] = { "what", 5 }, [ABOUT] = { "about", 48 },
	[FILTER] = { "filter", 16 } };

struct plan {
	const struct plan_setup *setup;
	FILE *out;
	bool table;
	size_t widths[COLUMNS], room; /* room: of a line */
	int64_t known;                /* the last message before the input */
	struct json json, delivery;
	struct buffer text, line;
	int64_t count;
	char last[CLOCK_TEXT];        /* when the last one leaves */
};

/* ---- a row ------------------------------------------------------------- */

/* root: 2 if a message about the same record went to the same channel, or will
 * have gone when this one leaves; 1 if that is a reply, which can be edited but
 * has no replies. */
static const char row_sql[] = "SELECT m.filter, m.stream, m.record_id, "
    "m.record_version, m.key, b.payload, b.delivery, "
    "(SELECT max(CASE WHEN e.state = 'sent' AND e.thread_ts IS NOT NULL "
    "THEN 1 ELSE 2 END) FROM messages e WHERE e.stream = m.stream "
    "AND e.record_id = m.record_id AND e.id < m.id AND e.filter = m.filter "
    "AND e.channel = m.channel AND e.position = m.position "
    "AND e.replays IS NULL AND (" OUTBOX_WAITING("e.") " OR (e.state = 'sent' "
    "AND e.method <> 'edit' AND e.slack_channel = ?2))) AS root, m.method "
    "FROM messages m JOIN bodies b ON b.message = m.id "
    "WHERE m.id = ?1 AND m.state = 'queued'";

/* What it will be for who reads the channel; plan->json is its payload. */
static const char *
what(struct plan *plan, struct statement *row)
{
	const char *delivery = db_text(row, 6), *alone = "post";
	struct json *json = &plan->delivery;
	int64_t root = db_int(row, 7);
	struct error ignored;
	json_node wanted = JSON_NONE;

	if (json_type(&plan->json, json_member(&plan->json, 0,
	    "thread_ts")) == JSON_STRING)
		alone = "reply";
	if (delivery != NULL && json_parse(json, delivery, strlen(delivery),
	    &ignored) == 0)
		wanted = json_member(json, 0, "on_change");
	if (root == 0 || strcmp(db_text(row, 8), "repost") == 0)
		return alone;
	if (json_is(json, wanted, "edit"))
		return "edit";
	return root == 2 && !json_is(json, wanted, "post") ? "reply" : alone;
}

/* The first string called "text" in a value. */
static json_node
find_text(const struct json *json, json_node node)
{
	json_node child = json_first(json, node), found = JSON_NONE;

	for (; child != JSON_NONE && found == JSON_NONE;
	    child = json_next(json, child))
		found = json_named(json, child, "text") &&
		    json_type(json, child) == JSON_STRING ? child :
		    find_text(json, child);
	return found;
}

/* The first line of what it says into plan->text; its own text or, without
 * one, that of its blocks. */
static void
first_line(struct plan *plan)
{
	const struct json *json = &plan->json;
	json_node node = json_member(json, 0, "text");
	size_t skip;

	if (json_type(json, node) != JSON_STRING)
		node = find_text(json, 0);
	buffer_clear(&plan->text);
	json_decode(json, node, &plan->text);
	skip = strspn(buffer_text(&plan->text), " \t\r\n");
	buffer_consume(&plan->text, skip);
	if (plan->text.length > 0) {
		plan->text.length = strcspn(plan->text.data, "\r\n");
		plan->text.data[plan->text.length] = '\0';
	}
}

static void
cell(struct plan *plan, enum column column, const char *text)
{
	size_t width = plan->widths[column], bytes = utf8_cut(text, width);
	size_t used = utf8_length(text, bytes);

	buffer_append(&plan->line, text, bytes);
	buffer_printf(&plan->line, "%*s", (int)(width - used + 2), "");
}

/* Write the line, with text behind the cells, as far as the room goes. */
static void
end_row(struct plan *plan, const char *text)
{
	size_t bytes;

	buffer_puts(&plan->line, text);
	if (plan->line.failed)
		return;
	utf8_tame(plan->line.data);
	bytes = utf8_cut(plan->line.data, plan->room);
	while (bytes > 0 && plan->line.data[bytes - 1] == ' ')
		bytes--;
	fwrite(plan->line.data, 1, bytes, plan->out);
	putc('\n', plan->out);
}

static void
write_cells(struct plan *plan, struct statement *row,
    const struct departure *departure, const char *when)
{
	char seconds[CLOCK_TEXT];
	struct buffer about;

	snprintf(seconds, sizeof(seconds), "%.19sZ", when);
	buffer_init(&about, ROW_MAX_BYTES);
	buffer_printf(&about, "%s/%s", db_text(row, 1), db_text(row, 2));
	cell(plan, WHEN, seconds);
	cell(plan, CHANNEL, departure->channel->name);
	cell(plan, WHAT, what(plan, row));
	cell(plan, ABOUT, buffer_text(&about));
	cell(plan, FILTER, db_text(row, 0));
	end_row(plan, buffer_text(&plan->text));
	buffer_free(&about);
}

static void
write_object(struct plan *plan, struct statement *row,
    const struct departure *departure, const char *when)
{
	struct buffer *line = &plan->line;
	char id[32];

	snprintf(id, sizeof(id), "%lld", (long long)departure->message);
	buffer_puts(line, "{");
	buffer_json_member(line, "when", when);
	buffer_json_member(line, "message", departure->message <= plan->known ?
	    id : NULL);
	buffer_json_member(line, "channel", departure->channel->name);
	buffer_json_member(line, "what", what(plan, row));
	buffer_json_member(line, "filter", db_text(row, 0));
	buffer_json_member(line, "stream", db_text(row, 1));
	buffer_json_member(line, "record_id", db_text(row, 2));
	buffer_json_member(line, "record_version", db_text(row, 3));
	buffer_json_member(line, "key", db_text(row, 4));
	buffer_json_member(line, "text", buffer_text(&plan->text));
	buffer_puts(line, "}\n");
	if (!line->failed)
		fwrite(line->data, 1, line->length, plan->out);
}

/* One that left meanwhile isn't there any more. */
static int
write_row(struct plan *plan, const struct departure *departure,
    struct error *error)
{
	struct statement *row;
	const char *payload;
	int rc;

	if ((row = db_prepare(plan->setup->ledger->db, row_sql,
	    error)) == NULL)
		return -1;
	db_bind_int(row, 1, departure->message);
	db_bind_text(row, 2, departure->channel->slack);
	if ((rc = db_step(row, error)) != 1)
		return rc;
	payload = db_text(row, 5);
	if (json_parse(&plan->json, payload, strlen(payload), error) == -1)
		log_warning("message %lld would be dead: its payload can't be "
		    "read", (long long)departure->message);
	else {
		clock_format(departure->wall_ms, plan->last);
		buffer_clear(&plan->line);
		first_line(plan);
		if (plan->table)
			write_cells(plan, row, departure, plan->last);
		else
			write_object(plan, row, departure, plan->last);
		plan->count++;
	}
	db_reset(row);
	return 0;
}

/* ---- the whole --------------------------------------------------------- */

static int
lay_out(struct plan *plan, struct error *error)
{
	static const int measured[] = { CHANNEL, ABOUT, FILTER };
	struct statement *row;
	struct winsize size;
	size_t i, width;
	int rc;

	plan->room = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
	    size.ws_col > 0 ? size.ws_col : SIZE_MAX;
	for (i = 0; i < COLUMNS; i++)
		plan->widths[i] = strlen(columns[i].title);
	plan->widths[WHEN] = columns[WHEN].most;
	plan->widths[WHAT] = columns[WHAT].most;
	if ((row = db_prepare(plan->setup->ledger->db, "SELECT "
	    "max(length(channel)), max(length(stream) + 1 + "
	    "length(record_id)), max(length(filter)) FROM messages "
	    "WHERE state = 'queued'", error)) == NULL ||
	    (rc = db_step(row, error)) == -1)
		return -1;
	for (i = 0; rc == 1 && i < 3; i++) {
		width = (size_t)db_int(row, (int)i);
		if (width > columns[measured[i]].most)
			width = columns[measured[i]].most;
		if (width > plan->widths[measured[i]])
			plan->widths[measured[i]] = width;
	}
	db_reset(row);
	buffer_clear(&plan->line);
	for (i = 0; i < COLUMNS; i++)
		cell(plan, (enum column)i, columns[i].title);
	end_row(plan, "text");
	return 0;
}

static int
write_rows(struct plan *plan, struct forecast *forecast,
    struct error *error)
{
	struct departure departure;
	int rc;

	if (plan->table && lay_out(plan, error) == -1)
		return -1;
	while ((rc = forecast_next(forecast, &departure, error)) == 1 &&
	    !ferror(plan->out))
		if (write_row(plan, &departure, error) == -1)
			return -1;
	return rc == -1 ? -1 : 0;
}

/* What doesn't leave, or not as it is said, and what was taken from the
 * input. */
static int
tell(struct plan *plan, const struct forecast *forecast, struct error *error)
{
	const struct intake *intake = plan->setup->intake;
	struct db *db = plan->setup->ledger->db;
	int64_t doubts, held;

	if (db_number(db, "SELECT count(*) FROM messages WHERE state IN "
	    "('sending', 'in_doubt') AND channel IS NOT NULL", NULL, &doubts,
	    error) == -1 || db_number(db, "SELECT count(*) FROM messages "
	    "WHERE state = 'held'", NULL, &held, error) == -1)
		return -1;
	if (intake != NULL)
		log_info("of the input %lld messages are new, %lld unchanged "
		    "and %lld rejected; it was not kept",
		    (long long)intake->tally.queued,
		    (long long)intake->tally.unchanged,
		    (long long)intake->tally.rejected);
	if (plan->count > 0)
		log_info("%lld messages would be sent, the last at %s",
		    (long long)plan->count, plan->last);
	else
		log_info("nothing would be sent");
	if (doubts > 0)
		log_info("%lld messages are on their way or in doubt: their "
		    "channels wait until it is known what became of them",
		    (long long)doubts);
	if (held > 0)
		log_warning("%lld messages are held, and %lld wait behind "
		    "them: decide with auditctl list --state held, then "
		    "auditctl replay", (long long)held,
		    (long long)forecast->blocked);
	return 0;
}

static int
write_plan(struct plan *plan, struct error *error)
{
	struct forecast forecast = { 0 };
	int rc;

	rc = forecast_open(&forecast, plan->setup->ledger, plan->setup->pace,
	    error);
	if (rc == 0)
		rc = write_rows(plan, &forecast, error);
	if (rc == 0)
		rc = tell(plan, &forecast, error);
	forecast_close(&forecast);
	return rc;
}

/* ---- with an input ----------------------------------------------------- */

/* Until there is something to read. */
static void
await(const struct intake *intake)
{
	struct pollfd input = { .fd = intake_fd(intake), .events = POLLIN };

	if (!intake->ended && !intake_at_hand(intake))
		poll(&input, 1, -1);
}

static int
take_input(struct intake *intake, struct error *error)
{
	size_t count;

	while (!intake->ended) {
		await(intake);
		if (intake_read(intake, GROUP_LINES, &count, error) == -1)
			return -1;
		/* It is undone as a whole, and nothing comes again. */
		intake_committed(intake);
	}
	return 0;
}

/* Nobody who reads slowly may keep the ledger from others: what is to be
 * written waits in a file until the transaction is over. */
static int
plan_input(struct plan *plan, struct error *error)
{
	struct db *db = plan->setup->ledger->db;
	char bytes[65536];
	size_t count;
	int rc;

	if (db_number(db, "SELECT coalesce(max(id), 0) FROM messages", NULL,
	    &plan->known, error) == -1)
		return -1;
	if ((plan->out = tmpfile()) == NULL)
		return error_errno(error, EXIT_CANTCREATE,
		    "cannot make a temporary file");
	/* Its writers may need the ledger too, before they say a word. */
	await(plan->setup->intake);
	if ((rc = db_begin(db, error)) == 0)
		rc = take_input(plan->setup->intake, error);
	if (rc == 0)
		rc = write_plan(plan, error);
	db_rollback(db);
	if (rc == 0 && (fflush(plan->out) == EOF || ferror(plan->out)))
		rc = error_errno(error, EXIT_IO,
		    "cannot write a temporary file");
	rewind(plan->out);
	while (rc == 0 && (count = fread(bytes, 1, sizeof(bytes),
	    plan->out)) > 0 && fwrite(bytes, 1, count, stdout) == count)
		;
	fclose(plan->out);
	return rc;
}

int
plan_run(const struct plan_setup *setup, struct error *error)
{
	struct plan plan = { .setup = setup, .out = stdout,
		.table = isatty(STDOUT_FILENO), .known = INT64_MAX };
	int rc;

	buffer_init(&plan.text, ROW_MAX_BYTES);
	buffer_init(&plan.line, ROW_MAX_BYTES);
	rc = setup->intake != NULL ? plan_input(&plan, error) :
	    write_plan(&plan, error);
	buffer_free(&plan.text);
	buffer_free(&plan.line);
	json_free(&plan.json);
	json_free(&plan.delivery);
	if (rc == -1)
		return log_failure(error);
	return setup->intake != NULL && setup->intake->failed ?
	    log_failure(&setup->intake->failure) : EXIT_DONE;
}
