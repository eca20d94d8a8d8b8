/* SPDX-License-Identifier: MIT */
#include "deliver/report.h"

#include <stdio.h>

#include "clock.h"
#include "log.h"

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
	const struct tally *tally = &pump->tally;

	if (tally->sent + tally->dead + tally->held +
	    intake->tally.rejected > 0)
		log_info("%lld sent, %lld unchanged, %lld rejected, %lld dead, "
		    "%lld held, %lld waiting", (long long)tally->sent,
		    (long long)intake->tally.unchanged,
		    (long long)intake->tally.rejected,
		    (long long)tally->dead, (long long)tally->held,
		    (long long)(rest->queued + rest->doubts));
	if (intake->tally.rejected > 0)
		log_error("%lld records were rejected by their filters, or "
		    "couldn't be read: auditctl list --state dead says why",
		    (long long)intake->tally.rejected);
	if (rest->later > 0)
		log_info("%lld messages wait for their time (not_before)",
		    (long long)rest->later);
	if (rest->blocked > 0)
		log_error("%lld messages wait behind earlier ones about the "
		    "same records, which are held: decide with auditctl list "
		    "--state held, then auditctl replay",
		    (long long)rest->blocked);
}

/* ": Slack asked for a pause until ...", or nothing. */
static void
pause_words(const struct pump *pump, char out[128])
{
	int64_t now = clock_monotonic_ms(), until = now;
	char at[CLOCK_TEXT];
	int method;

	for (method = 0; method < SLACK_METHODS; method++)
		if (pump->pace.pause_ms[method] > until)
			until = pump->pace.pause_ms[method];
	clock_format(clock_wall_ms() + until - now, at);
	*out = '\0';
	if (until > now)
		snprintf(out, 128, ": Slack asked for a pause until %s, and "
		    "that is longer than slack.retry_budget", at);
}

int
report_end(struct pump *pump)
{
	const struct tally *tally = &pump->tally;
	struct error error;
	struct rest rest;
	char words[128];

	if (count_rest(pump, &rest, &error) == -1)
		return log_failure(&error);
	tell(pump, &rest);
	if (pump->follow && pump->stopping) {
		/* Its manager wanted it so. */
		if (rest.queued + rest.doubts > 0)
			log_info("%lld messages wait in the ledger",
			    (long long)(rest.queued + rest.doubts));
		return EXIT_DONE;
	}
	if (pump->stopped != SLACK_SENT)
		return pump->stopped == SLACK_AUTH ? EXIT_NOAUTH :
		    EXIT_PROTOCOL;
	if (renewal_blocks(&pump->renewal) && rest.queued + rest.doubts > 0) {
		log_error("the token has expired and isn't renewed: %s; %lld "
		    "messages stay queued for the next run",
		    pump->renewal.why.message,
		    (long long)(rest.queued + rest.doubts));
		return EXIT_UNAVAILABLE;
	}
	if (pump->intake.failed)
		return log_failure(&pump->intake.failure);
	if (pump->away_since_ms != 0) {
		log_error("Slack can't be reached: %lld messages stay queued "
		    "for the next run", (long long)rest.queued);
		return EXIT_UNAVAILABLE;
	}
	if (rest.queued + rest.doubts > 0) {
		pause_words(pump, words);
		log_error("%lld messages stay queued and %lld in doubt for the "
		    "next run%s", (long long)rest.queued,
		    (long long)rest.doubts, words);
		return EXIT_TEMPFAIL;
	}
	if (!pump->intake.ended)
		return EXIT_TEMPFAIL; /* a signal; the rest of it is unread */
	return tally->dead + tally->held + pump->intake.tally.rejected +
	    rest.blocked > 0 ? EXIT_DATA : EXIT_DONE;
}
