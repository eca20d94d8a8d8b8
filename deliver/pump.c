/* SPDX-License-Identifier: MIT */
#include "deliver/pump_part.h"

#include <signal.h>
#include <string.h>

#include "clock.h"
#include "deliver/outcome.h"
#include "deliver/report.h"
#include "doorbell.h"
#include "log.h"
#include "notify.h"

#define GROUP_LINES 500
#define GROUP_MS 50
#define PAUSE_MS 2  /* input that is silent for so long has paused */
#define BUSY_CALLS 4 /* in flight: then more answers are at hand soon */
#define GATHER_MS 8 /* and are waited for so long */
#define SCAN_MS 5000 /* for what others queue, and what falls due */
#define STOPPED_MS (5 * 60 * 1000) /* before a refused token is tried again */
#define STATUS_MS 1000 /* on a terminal */

static volatile sig_atomic_t ended_by_signal;

static void
on_signal(int number)
{
	ended_by_signal = number;
}

bool
pump_is_told_to_end(void)
{
	return ended_by_signal != 0;
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
apply(struct pump *pump, struct call *call, int64_t now, struct error *error)
{
	if (call->context == &pump->settle)
		return settle_take(&pump->settle, call, now, error);
	return outcome_take(pump, call->context, call, now, error);
}

static int
take_answers(struct pump *pump, int64_t now, struct error *error)
{
	struct call *call;

	while ((call = pump->answered.first) != NULL) {
		pump->urgent = true;
		if (pump_begin(pump, now, error) == -1)
			return -1;
		calls_add(&pump->applied, calls_take(&pump->answered));
		if (apply(pump, call, now, error) == -1)
			return -1;
	}
	if (pump->settle.unauthorised) {
		if (renewal_refused(&pump->renewal, pump->settle.generation,
		    pump->settle.word))
			pump->settle.unauthorised = false; /* asked again */
		else
			outcome_stop(pump, SLACK_AUTH, "it can't be asked "
			    "what became of a message");
	}
	return 0;
}

/* ---- what others put into the ledger ----------------------------------- */

/* Messages in doubt that settle doesn't know of: an earlier run left them, or
 * auditctl wants them looked up. */
static int
take_doubts(struct pump *pump, int64_t now, struct error *error)
{
	struct message message = { 0 };
	int64_t count = 0;
	int rc;

	while ((rc = outbox_doubt_next(&pump->outbox, &message, error)) == 1) {
		if (settle_knows(&pump->settle, message.id))
			continue;
		if (settle_add(&pump->settle, &message, now, error) == -1)
			return -1;
		count++;
	}
	/* After a transaction that was undone they are no news. */
	if (count > 0 && pump->full_since_ms == 0)
		log_warning("%lld %s in doubt; looking %s up in Slack",
		    (long long)count, count == 1 ? "message is" :
		    "messages are", count == 1 ? "it" : "them");
	return rc;
}

/* Another token is used: go on with it. */
static void
take_token(struct pump *pump)
{
	if (pump->generation == client_generation(pump->client))
		return;
	pump->generation = client_generation(pump->client);
	pump->stopped = SLACK_SENT;
	pump->settle.unauthorised = false;
	if (pump->renewal.other)
		settle_new_token(&pump->settle);
	pump->renewal.other = false;
}

/* A token that Slack refused may be good again, or the vault has another. */
static int
try_again(struct pump *pump, int64_t now, struct error *error)
{
	struct renewal *renewal = &pump->renewal;

	if (pump->stopped == SLACK_SENT && renewal->failing_since_ms == 0 &&
	    !renewal->dead)
		return 0;
	if (renewal_look(renewal, error) == -1)
		return -1;
	take_token(pump);
	if (pump->stopped == SLACK_SENT || client_in_flight(pump->client) > 0 ||
	    now - pump->stopped_ms < STOPPED_MS)
		return 0;
	pump->stopped = SLACK_SENT;
	renewal->renewed = false;
	settle_new_token(&pump->settle);
	return 0;
}

/* In no transaction: it has its own. */
static void
renew(struct pump *pump, int64_t now)
{
	struct renewal *renewal = &pump->renewal;

	if (pump->writing || (ended_by_signal &&
	    renewal->step != RENEWAL_STORING))
		return;
	renewal_run(renewal, now);
	take_token(pump);
	/* It isn't to be had, and Slack refuses the old one. */
	if (renewal->dead && renewal->refused)
		outcome_stop(pump, SLACK_AUTH, "it has ended, and isn't "
		    "renewed");
}

/* A service has no end at which to say it. */
static void
tell_rejects(struct pump *pump)
{
	int64_t count = pump->intake.kept.rejected - pump->rejects_told;

	if (!pump->follow || count == 0)
		return;
	log_error("%lld %s rejected by their filters, or couldn't be read: "
	    "auditctl list --state dead says why", (long long)count,
	    count == 1 ? "record was" : "records were");
	pump->rejects_told += count;
}

static int
scan(struct pump *pump, int64_t now, struct error *error)
{
	pump->scanned_ms = now;
	tell_rejects(pump);
	if (outbox_scan(&pump->outbox, error) == -1 ||
	    settle_look(&pump->settle, error) == -1 ||
	    take_doubts(pump, now, error) == -1)
		return -1;
	return try_again(pump, now, error);
}

/* ---- the loop ---------------------------------------------------------- */

static int
take_input(struct pump *pump, int64_t now, struct error *error)
{
	size_t count;

	if (pump->intake.ended || pump->lines >= GROUP_LINES)
		return 0;
	if (pump_begin(pump, now, error) == -1 || intake_read(&pump->intake,
	    GROUP_LINES - pump->lines, &count, error) == -1)
		return -1;
	pump->lines += count;
	if (count > 0)
		pump->last_line_ms = now;
	return 0;
}

/* When what is pending is to be committed. */
static int64_t
commit_due(const struct pump *pump)
{
	int64_t paused, latest;

	if (pump->pending_ms == 0)
		return PACE_NEVER;
	if (ended_by_signal || pump->lines >= GROUP_LINES)
		return INT64_MIN;
	if (client_in_flight(pump->client) >= BUSY_CALLS)
		return pump->pending_ms + GATHER_MS;
	/* Out of a silence the first line needn't wait for more. */
	if (pump->urgent || pump->intake.ended || pump->lines == 0 ||
	    pump->pending_ms - pump->committed_ms > GROUP_MS)
		return INT64_MIN;
	paused = pump->last_line_ms + PAUSE_MS;
	latest = pump->pending_ms + GROUP_MS;
	return paused < latest ? paused : latest;
}

/* Would going on mean to wait longer for Slack than the budget? */
static bool
is_spent(const struct pump *pump, int64_t since_ms, int64_t now)
{
	return since_ms != 0 && now - since_ms > pump->budget_ms;
}

/* More may come, whatever has become of what came. */
static bool
is_standing(const struct pump *pump)
{
	return !pump->intake.ended || (pump->follow && !pump->intake.failed);
}

static bool
is_over(struct pump *pump, int64_t now, int64_t due_ms)
{
	int64_t pace_ms = pump->pace.interval_ms + PACE_MARGIN_MAX_MS;

	if (client_in_flight(pump->client) > 0 || pump->writing ||
	    pump->answered.first != NULL)
		return false;
	if (ended_by_signal)
		return true;
	if (pump->renewal.step == RENEWAL_STORING && !pump->renewal.unstored)
		return false;
	if (is_standing(pump) || echo_pending(&pump->echo))
		return false;
	if (pump->stopped != SLACK_SENT ||
	    is_spent(pump, pump->away_since_ms, now) ||
	    (renewal_blocks(&pump->renewal) &&
	    is_spent(pump, pump->renewal.failing_since_ms, now)))
		return true;
	if (settle_due(&pump->settle) != PACE_NEVER &&
	    !is_spent(pump, pump->settle.failing_since_ms, now))
		return false;
	return due_ms == PACE_NEVER || due_ms - now >
	    (pump->budget_ms > pace_ms ? pump->budget_ms : pace_ms);
}

static void
sooner(int64_t *at_ms, int64_t other_ms)
{
	if (other_ms < *at_ms)
		*at_ms = other_ms;
}

/* How long to wait, in ms; -1: for ever. */
static int64_t
how_long(const struct pump *pump, int64_t now, int64_t due_ms)
{
	int64_t at_ms = commit_due(pump);
	int64_t watchdog_ms = notify_watchdog_ms() / 2;

	if (watchdog_ms > 0)
		sooner(&at_ms, pump->spoke_ms + watchdog_ms);
	if (echo_pending(&pump->echo))
		sooner(&at_ms, now + GROUP_MS);
	if (!ended_by_signal) {
		if (intake_at_hand(&pump->intake))
			return 0;
		if (pump_may_ask(pump))
			sooner(&at_ms, settle_due(&pump->settle));
		if (!pump->writing)
			sooner(&at_ms, renewal_due(&pump->renewal, now));
		sooner(&at_ms, due_ms);
		sooner(&at_ms, pump->scanned_ms + SCAN_MS);
	}
	return at_ms == PACE_NEVER ? -1 : at_ms <= now ? 0 : at_ms - now;
}

/* Take what there is and send what is due; *due_ms: when more will be. */
static int
work(struct pump *pump, bool readable, int64_t now, int64_t *due_ms,
    struct error *error)
{
	if (take_answers(pump, now, error) == -1)
		return -1;
	if (!ended_by_signal && (readable || intake_at_hand(&pump->intake)) &&
	    take_input(pump, now, error) == -1)
		return -1;
	if (pump->scanned_ms + SCAN_MS <= now && scan(pump, now, error) == -1)
		return -1;
	if (pump_may_ask(pump) &&
	    settle_start(&pump->settle, now, error) == -1)
		return -1;
	*due_ms = pump_next_due(pump, now);
	if (*due_ms <= now) {
		pump->urgent = true;
		if (pump->pending_ms == 0)
			pump->pending_ms = now;
	}
	if (commit_due(pump) > now) {
		*due_ms = PACE_NEVER; /* it is claimed with what is gathered */
		return 0;
	}
	if (pump_claim_due(pump, now, error) == -1 ||
	    pump_commit(pump, now, error) == -1)
		return -1;
	*due_ms = pump_next_due(pump, now);
	return 0;
}

/* Look once more before the end.  1: it is over. */
static int
end(struct pump *pump, int64_t now, int64_t *due_ms, struct error *error)
{
	if (!is_over(pump, now, *due_ms))
		return 0;
	if (scan(pump, now, error) == -1 || pump_claim_due(pump, now,
	    error) == -1 || pump_commit(pump, now, error) == -1)
		return -1;
	*due_ms = pump_next_due(pump, now);
	return is_over(pump, now, *due_ms);
}

static void
speak(struct pump *pump, int64_t now)
{
	int64_t watchdog_ms = notify_watchdog_ms() / 2;

	if (watchdog_ms > 0 && pump->spoke_ms + watchdog_ms <= now) {
		notify_say("WATCHDOG=1");
		pump->spoke_ms = now;
	}
}

/* For who looks on. */
static void
show(struct pump *pump, int64_t now)
{
	const struct tally *tally = &pump->tally;
	int64_t left = pump->intake.tally.waiting - tally->sent -
	    tally->dead - tally->held;

	if (pump->shown_ms == 0)
		pump->shown_ms = now; /* a short run needs none */
	if (now - pump->shown_ms < STATUS_MS)
		return;
	pump->shown_ms = now;
	log_status("%lld sent, %lld to go%s", (long long)tally->sent,
	    (long long)(left > 0 ? left : 0), pump->full_since_ms != 0 ?
	    ", waiting for the ledger" : pump->away_since_ms != 0 ?
	    ", waiting for Slack" : "");
}

enum { WATCH_INPUT, WATCH_DOORBELL, WATCHES };

/* One turn.  1: it is over. */
static int
turn(struct pump *pump, struct watch watches[WATCHES], const sigset_t *mask,
    struct error *error)
{
	int64_t now = clock_monotonic_ms(), due_ms = PACE_NEVER, wait_ms;
	struct call *call;
	bool full;
	int rc = 0;

	if (ended_by_signal && !pump->stopping) {
		pump->stopping = true;
		notify_say("STOPPING=1");
	}
	pump->settle.ending = ended_by_signal != 0;
	speak(pump, now);
	show(pump, now);
	while ((call = client_next(pump->client)) != NULL)
		if (call->context == &pump->renewal) {
			renewal_take(&pump->renewal, call, now);
			client_release(pump->client, call);
		} else
			calls_add(&pump->answered, call);
	if (watches[WATCH_DOORBELL].ready) {
		doorbell_drain(pump->doorbell);
		pump->scanned_ms = 0;
	}
	if (echo_pending(&pump->echo))
		pump_flush(pump);
	if (pump->full_retry_ms <= now) {
		if (work(pump, watches[WATCH_INPUT].ready, now, &due_ms,
		    error) == -1 || (rc = end(pump, now, &due_ms,
		    error)) == -1)
			rc = pump_wait_for_ledger(pump, now, error);
		if (rc != 0)
			return rc;
		renew(pump, now);
	}
	full = pump->full_retry_ms > now;
	wait_ms = full ? pump->full_retry_ms - now :
	    how_long(pump, now, due_ms);
	watches[WATCH_INPUT].fd = full || pump->intake.ended ||
	    ended_by_signal || pump->lines >= GROUP_LINES ? -1 :
	    intake_fd(&pump->intake);
	return client_wait(pump->client, watches, WATCHES, wait_ms, mask,
	    error);
}

/* What a start finds. */
static int
load(struct pump *pump, struct error *error)
{
	int64_t now = clock_monotonic_ms();

	if (db_begin(pump->ledger->db, error) == -1)
		return -1;
	if (due_load(&pump->due, now, true, error) == 0 &&
	    outbox_crashed(&pump->outbox, now, error) == 0 &&
	    scan(pump, now, error) == 0 &&
	    db_commit(pump->ledger->db, error) == 0)
		return 0;
	db_rollback(pump->ledger->db);
	return -1;
}

int
pump_run(struct pump *pump)
{
	struct watch watches[WATCHES] = {
		[WATCH_INPUT] = { -1, true, -1 },
		[WATCH_DOORBELL] = { pump->doorbell, false, -1 },
	};
	struct error error;
	sigset_t mask;
	int rc;

	catch_signals(&mask);
	pump->generation = client_generation(pump->client);
	rc = load(pump, &error);
	if (rc == 0)
		notify_say("READY=1");
	while (rc == 0)
		rc = turn(pump, watches, &mask, &error);
	log_status(NULL);
	if (rc == 1)
		return report_end(pump);
	db_rollback(pump->ledger->db);
	return log_failure(&error);
}
