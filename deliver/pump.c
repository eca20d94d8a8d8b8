/* SPDX-License-Identifier: MIT */
#include "deliver/pump.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "retry.h"

#define GROUP_LINES 500
#define GROUP_MS 50
#define PAUSE_MS 2 /* input that is silent for so long has paused */
#define SCAN_MS 5000 /* for what others queue, and what falls due */
#define LONG_MS 60000 /* a pause that is worth a word */
#define BACKOFF_MS 1000
#define BACKOFF_MAX_MS (5 * 60 * 1000)

/* A message on its way. */
struct flight {
	struct message message;
	struct buffer body;
	struct flight *next;
};

static volatile sig_atomic_t ended_by_signal;

static void
on_signal(int number)
{
	ended_by_signal = number;
}

static void
catch_signals(sigset_t *mask)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t blocked;

	sigemptyset(&action.sa_mask);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	/* They come while the loop waits, and nowhere else. */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	sigprocmask(SIG_BLOCK, &blocked, mask);
	sigdelset(mask, SIGTERM);
	sigdelset(mask, SIGINT);
}

static int
begin(struct pump *pump, struct error *error)
{
	if (pump->writing)
		return 0;
	if (db_begin(pump->ledger->db, error) == -1)
		return -1;
	pump->writing = true;
	pump->writing_since_ms = clock_monotonic_ms();
	return 0;
}

static void
flight_free(struct flight *flight)
{
	buffer_free(&flight->body);
	free(flight);
}

/* ---- answers ----------------------------------------------------------- */

static void
stop(struct pump *pump, enum slack_class class, const char *word)
{
	if (pump->stopped != SLACK_SENT)
		return;
	pump->stopped = class;
	if (class == SLACK_AUTH)
		log_error("Slack refuses the token: %s; nothing more is sent "
		    "and the queue is kept: auditctl vault set "
		    "slack.bot_token, and the next run sends them", word);
	else
		log_error("this is not Slack's API, or not as we know it: %s; "
		    "nothing more is sent and the queue is kept: check "
		    "slack.url and the proxy", word);
}

/* Slack as a whole is away: everything waits, longer each time. */
static void
service_away(struct pump *pump, const char *why, int64_t now)
{
	if (pump->away_since_ms == 0) {
		pump->away_since_ms = now;
		log_warning("Slack can't be reached: %s; trying again", why);
	}
	pace_pause(&pump->pace, now + retry_backoff_ms(pump->away_failures++,
	    BACKOFF_MS, BACKOFF_MAX_MS));
}

static void
service_back(struct pump *pump)
{
	pump->away_failures = 0;
	pump->away_since_ms = 0;
}

static int
channel_dead(struct pump *pump, struct channel *channel,
    const struct slack_answer *answer, struct error *error)
{
	char why[256];
	int64_t count;

	snprintf(why, sizeof(why), "%s (an earlier message was refused)",
	    answer->error);
	if (outbox_channel_dead(&pump->outbox, channel, why, &count,
	    error) == -1)
		return -1;
	pump->dead += count;
	if (!channel->told)
		log_error("channel %s takes nothing: %s; %lld %s dead: mend "
		    "the channel, then auditctl replay --state dead; if its "
		    "name is wrong, correct the filter and read again with "
		    "fetch --since", channel->name, answer->error,
		    (long long)count + 1, count == 0 ? "message is" :
		    "messages are");
	channel->told = true;
	return 0;
}

/* The stored id may belong to a channel that was made anew under its name. */
static bool
forget_id(struct channel *channel, const char *word)
{
	bool known = *channel->slack != '\0' && !slack_is_id(channel->name) &&
	    strcmp(word, "channel_not_found") == 0;

	if (known)
		*channel->slack = '\0';
	return known;
}

static int
take_refusal(struct pump *pump, const struct message *message,
    const struct slack_answer *answer, const struct http_answer *http,
    struct error *error)
{
	struct channel *channel = message->channel;

	if (answer->class == SLACK_CHANNEL && forget_id(channel,
	    answer->error))
		return outbox_again(&pump->outbox, message, answer, http, true,
		    error);
	if (answer->class == SLACK_UNKNOWN || answer->class == SLACK_BLOCKED) {
		pump->held++;
		log_error("message %lld is held: %s '%s'; see auditctl show "
		    "%lld", (long long)message->id,
		    answer->class == SLACK_UNKNOWN ?
		    "Slack gave an answer that no page documents:" :
		    "something on the way to Slack refused it:",
		    answer->error, (long long)message->id);
		return outbox_failed(&pump->outbox, message, "held", answer,
		    http, error);
	}
	pump->dead++;
	if (outbox_failed(&pump->outbox, message, "dead", answer, http,
	    error) == -1)
		return -1;
	if (answer->class == SLACK_CHANNEL)
		return channel_dead(pump, channel, answer, error);
	log_error("message %lld is dead: Slack answered '%s'; see auditctl "
	    "show %lld", (long long)message->id, answer->error,
	    (long long)message->id);
	return 0;
}

/* Slack refused it for a reason of the moment. */
static int
take_transient(struct pump *pump, const struct message *message,
    const struct slack_answer *answer, const struct http_answer *http,
    int64_t now, struct error *error)
{
	struct channel *channel = message->channel;

	if (channel->failures + 1 >= pump->max_attempts) {
		channel->failures = 0;
		return take_refusal(pump, message, answer, http, error);
	}
	channel->due_ms = now + retry_backoff_ms(channel->failures++,
	    BACKOFF_MS, BACKOFF_MAX_MS);
	return outbox_again(&pump->outbox, message, answer, http, true,
	    error);
}

static int
take_sent(struct pump *pump, const struct message *message,
    const struct slack_answer *answer, const struct http_answer *http,
    struct error *error)
{
	message->channel->failures = 0;
	pump->sent++;
	return outbox_sent(&pump->outbox, message, answer, http, error);
}

static void
take_limit(struct pump *pump, const struct slack_answer *answer, int64_t now)
{
	if (answer->retry_after_ms >= LONG_MS)
		log_warning("Slack wants nothing for %lld s: %s",
		    (long long)answer->retry_after_ms / 1000, answer->error);
	pace_limited(&pump->pace, now, answer->retry_after_ms);
}

/* STATES.md has a row for each case. */
static int
decide(struct pump *pump, const struct message *message,
    const struct slack_answer *answer, const struct http_answer *http,
    int64_t now, struct error *error)
{
	struct outbox *outbox = &pump->outbox;

	switch (answer->class) {
	case SLACK_SENT:
		return take_sent(pump, message, answer, http, error);
	case SLACK_RATE:
		take_limit(pump, answer, now);
		return outbox_again(outbox, message, answer, http, false,
		    error);
	case SLACK_UNSENT:
		service_away(pump, answer->error, now);
		return outbox_again(outbox, message, answer, http, false,
		    error);
	case SLACK_TRANSIENT:
		return take_transient(pump, message, answer, http, now, error);
	case SLACK_AUTH:
	case SLACK_CONTRACT:
		stop(pump, answer->class, answer->error);
		return outbox_again(outbox, message, answer, http, false,
		    error);
	case SLACK_DOUBT:
		log_warning("message %lld is in doubt: %s; looking it up in "
		    "Slack before anything is sent again",
		    (long long)message->id, answer->error);
		return outbox_failed(outbox, message, "in_doubt", answer, http,
		    error) == -1 ? -1 : settle_add(&pump->settle, message,
		    now, error);
	case SLACK_BLOCKED:
		/* Once it may be the message, twice in a row it is all. */
		if (pump->blocked) {
			stop(pump, answer->class, answer->error);
			return outbox_again(outbox, message, answer, http,
			    false, error);
		}
		return take_refusal(pump, message, answer, http, error);
	case SLACK_CHANNEL:
	case SLACK_MESSAGE:
	case SLACK_UNKNOWN:
		return take_refusal(pump, message, answer, http, error);
	}
	return error_set(error, EXIT_BUG, "an answer of no class");
}

static int
take_post(struct pump *pump, const struct call *call, int64_t now,
    struct error *error)
{
	struct flight *flight = call->context;
	struct channel *channel = flight->message.channel;
	struct slack_answer answer;
	int rc;

	slack_judge(&call->answer, call->not_sent, clock_wall_ms(), &answer);
	channel->busy = false;
	if (answer.class != SLACK_UNSENT)
		service_back(pump);
	if (!call->not_sent)
		pace_left(&pump->pace, channel, call->left_ms);
	channel->waiting = channel->waiting || answer.class != SLACK_SENT;
	rc = decide(pump, &flight->message, &answer, &call->answer, now,
	    error);
	if (answer.class != SLACK_UNSENT)
		pump->blocked = answer.class == SLACK_BLOCKED;
	if (rc == 0)
		rc = outbox_keep_channel(&pump->outbox, channel,
		    answer.class == SLACK_TRANSIENT ? answer.error : NULL, now,
		    error);
	if (rc == 0)
		rc = outbox_keep_workspace(&pump->outbox, answer.class ==
		    SLACK_RATE ? answer.error : NULL, now, error);
	flight_free(flight);
	return rc;
}

static int
take_answers(struct pump *pump, int64_t now, struct error *error)
{
	struct call *call;
	int rc = 0;

	while (rc == 0 && (call = client_next(pump->client)) != NULL) {
		pump->urgent = true;
		if ((rc = begin(pump, error)) == 0)
			rc = call->context == &pump->settle ?
			    settle_take(&pump->settle, call, now, error) :
			    take_post(pump, call, now, error);
		client_release(pump->client, call);
	}
	if (pump->settle.unauthorised)
		stop(pump, SLACK_AUTH, "the token was refused");
	return rc;
}

/* ---- sending ----------------------------------------------------------- */

static int
claim(struct pump *pump, struct channel *channel, int64_t now,
    struct error *error)
{
	struct flight *flight = calloc(1, sizeof(*flight)), **at;
	int rc;

	if (flight == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	buffer_init(&flight->body, SLACK_ANSWER_MAX);
	if ((rc = begin(pump, error)) == 0)
		rc = outbox_claim(&pump->outbox, channel, &flight->message,
		    &flight->body, error);
	if (rc != 1) {
		flight_free(flight);
		return rc;
	}
	pump->urgent = true;
	pace_claimed(&pump->pace, channel, now);
	for (at = &pump->claimed; *at != NULL; at = &(*at)->next)
		;
	*at = flight;
	return outbox_keep_channel(&pump->outbox, channel, NULL, now, error);
}

/* Claim what is due; *due_ms gets when the next one will be. */
static int
claim_due(struct pump *pump, int64_t now, int64_t *due_ms,
    struct error *error)
{
	size_t room = CLIENT_CALLS_MAX - client_in_flight(pump->client);
	struct channel *channel;
	bool any = false;

	*due_ms = PACE_NEVER;
	if (pump->stopped != SLACK_SENT || ended_by_signal)
		return 0;
	while (room > 0 && (channel = pace_next(&pump->pace, now,
	    due_ms)) != NULL) {
		if (claim(pump, channel, now, error) == -1)
			return -1;
		if (channel->busy) {
			any = true;
			room--;
		}
	}
	return any ? outbox_keep_workspace(&pump->outbox, NULL, now, error) :
	    0;
}

/* What was claimed is on disk as `sending`: it may leave. */
static int
let_leave(struct pump *pump, struct error *error)
{
	struct flight *flight;

	while ((flight = pump->claimed) != NULL) {
		if (client_call(pump->client, "chat.postMessage",
		    "application/json", &flight->body, flight, error) == -1)
			return -1;
		pump->claimed = flight->next;
		buffer_free(&flight->body);
	}
	return 0;
}

static void
echo(struct pump *pump)
{
	/* Nobody reads the STATEs any more: take no more, but end well. */
	if (intake_committed(&pump->intake, &pump->intake.failure) == -1)
		pump->intake.failed = pump->intake.ended = true;
}

static int
commit(struct pump *pump, struct error *error)
{
	if (!pump->writing)
		return 0;
	if (db_commit(pump->ledger->db, error) == -1)
		return -1;
	pump->writing = pump->urgent = false;
	pump->lines = 0;
	if (let_leave(pump, error) == -1)
		return -1;
	echo(pump);
	return 0;
}

/* ---- the loop ---------------------------------------------------------- */

static int
take_input(struct pump *pump, int64_t now, struct error *error)
{
	size_t count;

	if (pump->intake.ended || pump->lines >= GROUP_LINES)
		return 0;
	if (begin(pump, error) == -1 || intake_read(&pump->intake,
	    GROUP_LINES - pump->lines, &count, error) == -1)
		return -1;
	pump->lines += count;
	/* Lines that were read with these wait in memory: nothing will tell. */
	pump->more = pump->lines >= GROUP_LINES && !pump->intake.ended;
	if (count > 0)
		pump->last_line_ms = now;
	return 0;
}

/* When the open transaction is to be committed. */
static int64_t
commit_due(const struct pump *pump)
{
	int64_t paused = pump->last_line_ms + PAUSE_MS;
	int64_t latest = pump->writing_since_ms + GROUP_MS;

	if (!pump->writing)
		return PACE_NEVER;
	if (pump->urgent || pump->intake.ended || pump->lines == 0 ||
	    pump->lines >= GROUP_LINES)
		return INT64_MIN;
	return paused < latest ? paused : latest;
}

/* Would going on mean to wait longer for Slack than the budget? */
static bool
is_spent(const struct pump *pump, int64_t since_ms, int64_t now)
{
	return since_ms != 0 && now - since_ms > pump->budget_ms;
}

static bool
is_over(struct pump *pump, int64_t now, int64_t due_ms)
{
	int64_t pace_ms = pump->pace.interval_ms + PACE_MARGIN_MAX_MS;

	if (client_in_flight(pump->client) > 0 || pump->writing)
		return false;
	if (ended_by_signal)
		return true;
	if (!pump->intake.ended || pump->intake.durable > 0)
		return false;
	if (pump->stopped != SLACK_SENT ||
	    is_spent(pump, pump->away_since_ms, now))
		return true;
	if (settle_due(&pump->settle) != PACE_NEVER &&
	    !is_spent(pump, pump->settle.failing_since_ms, now))
		return false;
	return due_ms == PACE_NEVER || due_ms - now >
	    (pump->budget_ms > pace_ms ? pump->budget_ms : pace_ms);
}

/* How long to wait, in ms; -1: for ever. */
static int64_t
how_long(const struct pump *pump, int64_t now, int64_t due_ms)
{
	int64_t commit_ms = commit_due(pump);
	int64_t settle_ms = settle_due(&pump->settle);

	if (ended_by_signal)
		due_ms = PACE_NEVER;
	else if (pump->stopped == SLACK_SENT && settle_ms < due_ms)
		due_ms = settle_ms;
	if (commit_ms < due_ms)
		due_ms = commit_ms;
	if (pump->more && !pump->intake.ended && !ended_by_signal)
		return 0;
	if (!ended_by_signal && pump->scanned_ms + SCAN_MS < due_ms)
		due_ms = pump->scanned_ms + SCAN_MS;
	if (pump->intake.durable > 0 && now + GROUP_MS < due_ms)
		due_ms = now + GROUP_MS;
	return due_ms == PACE_NEVER ? -1 : due_ms <= now ? 0 : due_ms - now;
}

/* Others may have queued something meanwhile, or its time has come. */
static int
scan(struct pump *pump, int64_t now, struct error *error)
{
	pump->scanned_ms = now;
	return outbox_scan(&pump->outbox, error);
}

/* Take what there is and send what is due; *due_ms: when more will be. */
static int
work(struct pump *pump, bool readable, int64_t now, int64_t *due_ms,
    struct error *error)
{
	if (pump->intake.durable > 0)
		echo(pump);
	if (take_answers(pump, now, error) == -1)
		return -1;
	if (!ended_by_signal && (readable || pump->more) &&
	    take_input(pump, now, error) == -1)
		return -1;
	if (pump->scanned_ms + SCAN_MS <= now && scan(pump, now, error) == -1)
		return -1;
	if (!ended_by_signal && pump->stopped == SLACK_SENT &&
	    settle_start(&pump->settle, now, error) == -1)
		return -1;
	if (claim_due(pump, now, due_ms, error) == -1)
		return -1;
	return commit_due(pump) <= now ? commit(pump, error) : 0;
}

/* One turn.  1: it is over. */
static int
turn(struct pump *pump, const sigset_t *mask, bool *readable,
    struct error *error)
{
	int64_t now = clock_monotonic_ms(), due_ms;
	int input;

	if (work(pump, *readable, now, &due_ms, error) == -1)
		return -1;
	/* Look once more before the end. */
	if (is_over(pump, now, due_ms) && (scan(pump, now, error) == -1 ||
	    claim_due(pump, now, &due_ms, error) == -1 ||
	    commit(pump, error) == -1))
		return -1;
	if (is_over(pump, now, due_ms))
		return 1;
	input = pump->intake.ended || ended_by_signal ||
	    pump->lines >= GROUP_LINES ? -1 : pump->intake.reader.fd;
	return client_wait(pump->client, input, how_long(pump, now, due_ms),
	    mask, readable, error);
}

static int
resume_doubts(struct pump *pump, struct error *error)
{
	struct message message = { 0 };
	int64_t now = clock_monotonic_ms(), count = 0;
	int rc;

	for (; (rc = outbox_doubt_next(&pump->outbox, &message, error)) == 1;
	    count++)
		if (settle_add(&pump->settle, &message, now, error) == -1)
			return -1;
	if (count > 0)
		log_warning("%lld messages are in doubt since an earlier run; "
		    "looking them up in Slack", (long long)count);
	return rc;
}

/* What is left in the queue. */
struct rest {
	int64_t queued, doubts;
	int64_t later;   /* queued for a time to come */
	int64_t blocked; /* queued behind one that is held */
};

static int
count_rest(struct pump *pump, struct rest *rest, struct error *error)
{
	rest->later = outbox_count_later(&pump->outbox, error);
	rest->blocked = rest->later == -1 ? -1 :
	    outbox_count_blocked(&pump->outbox, error);
	rest->doubts = rest->blocked == -1 ? -1 :
	    outbox_count(&pump->outbox, "in_doubt", error);
	rest->queued = rest->doubts == -1 ? -1 :
	    outbox_count(&pump->outbox, "queued", error);
	if (rest->queued == -1)
		return -1;
	rest->queued -= rest->later + rest->blocked;
	return 0;
}

static void
tell(const struct pump *pump, const struct rest *rest)
{
	const struct intake *intake = &pump->intake;
	int64_t sent = pump->sent + pump->settle.found;

	if (sent + pump->dead + pump->held + intake->rejected > 0)
		log_info("%lld sent, %lld unchanged, %lld rejected, %lld dead, "
		    "%lld held, %lld waiting", (long long)sent,
		    (long long)intake->unchanged, (long long)intake->rejected,
		    (long long)pump->dead, (long long)pump->held,
		    (long long)(rest->queued + rest->doubts));
	if (intake->rejected > 0)
		log_error("%lld records were rejected by their filters, or "
		    "couldn't be read: auditctl list --state dead says why",
		    (long long)intake->rejected);
	if (rest->later > 0)
		log_info("%lld messages wait for their time (not_before)",
		    (long long)rest->later);
	if (rest->blocked > 0)
		log_error("%lld messages wait behind earlier ones about the "
		    "same records, which are held: decide with auditctl list "
		    "--state held, then auditctl replay",
		    (long long)rest->blocked);
}

/* The exit status. */
static int
conclude(struct pump *pump)
{
	struct error error;
	struct rest rest;

	pump->held += pump->settle.held;
	if (count_rest(pump, &rest, &error) == -1)
		return log_failure(&error);
	tell(pump, &rest);
	if (pump->stopped != SLACK_SENT)
		return pump->stopped == SLACK_AUTH ? EXIT_NOAUTH :
		    EXIT_PROTOCOL;
	if (pump->intake.failed)
		return log_failure(&pump->intake.failure);
	if (pump->away_since_ms != 0) {
		log_error("Slack can't be reached: %lld messages stay queued "
		    "for the next run", (long long)rest.queued);
		return EXIT_UNAVAILABLE;
	}
	if (rest.queued + rest.doubts > 0) {
		log_error("%lld messages stay queued and %lld in doubt for the "
		    "next run%s", (long long)rest.queued,
		    (long long)rest.doubts, pump->pace.pause_ms >
		    clock_monotonic_ms() ? ": Slack asked for a pause" : "");
		return EXIT_TEMPFAIL;
	}
	if (!pump->intake.ended)
		return EXIT_TEMPFAIL; /* a signal; the rest of it is unread */
	return pump->dead + pump->held + pump->intake.rejected +
	    rest.blocked > 0 ? EXIT_DATA : EXIT_DONE;
}

int
pump_run(struct pump *pump)
{
	struct error error;
	bool readable = true;
	sigset_t mask;
	int rc;

	catch_signals(&mask);
	rc = outbox_load(&pump->outbox, clock_monotonic_ms(), &error);
	if (rc == 0)
		rc = resume_doubts(pump, &error);
	while (rc == 0)
		rc = turn(pump, &mask, &readable, &error);
	if (rc == 1)
		return conclude(pump);
	db_rollback(pump->ledger->db);
	return log_failure(&error);
}
