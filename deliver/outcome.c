/* SPDX-License-Identifier: MIT */
#include "deliver/outcome.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "retry.h"

#define LONG_MS 60000 /* a pause that is worth a word */
#define BACKOFF_MS 1000
#define BACKOFF_MAX_MS (5 * 60 * 1000)

void
outcome_stop(struct pump *pump, enum slack_class class, const char *word)
{
	if (pump->stopped != SLACK_SENT)
		return;
	pump->stopped = class;
	pump->stopped_ms = clock_monotonic_ms();
	if (pump->stopped_told) /* it stands, and tried again */
		return;
	pump->stopped_told = true;
	if (class == SLACK_AUTH && strcmp(word, "missing_scope") == 0)
		log_error("Slack refuses the token: %s; nothing more is sent "
		    "and the queue is kept: deliver --check says which; add "
		    "it and install the app anew, and it is sent then", word);
	else if (class == SLACK_AUTH)
		log_error("Slack refuses the token: %s; nothing more is sent "
		    "and the queue is kept: %s, and it is sent then", word,
		    pump->renewal.token.rotates ? "auditctl login slack" :
		    "auditctl vault set " TOKEN_NAME);
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
	/* All that were in flight say so, and it is one failure. */
	if (pump->pace.away_ms > now)
		return;
	pace_away(&pump->pace, now + retry_backoff_ms(pump->away_failures++,
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
	pump->tally.dead += count;
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
forget_id(struct pump *pump, struct channel *channel, const char *word)
{
	if (*channel->slack == '\0' || slack_is_id(channel->name) ||
	    strcmp(word, "channel_not_found") != 0)
		return false;
	strcpy(channel->lost, channel->slack);
	pace_identify(&pump->pace, channel, "");
	return true;
}

static int
take_refusal(struct pump *pump, const struct message *message,
    const struct slack_answer *answer, const struct http_answer *http,
    struct error *error)
{
	struct channel *channel = message->channel;

	channel->failures = 0; /* the next one begins anew */
	if (answer->class == SLACK_CHANNEL && forget_id(pump, channel,
	    answer->error))
		return outbox_again(&pump->outbox, message, answer, http, true,
		    error);
	if (answer->class == SLACK_UNKNOWN || answer->class == SLACK_BLOCKED) {
		pump->tally.held++;
		log_error("message %lld for %s is held: %s '%s'; see auditctl "
		    "show %lld", (long long)message->id, channel->name,
		    answer->class == SLACK_UNKNOWN ?
		    "Slack gave an answer that no page documents:" :
		    "something on the way to Slack refused it:",
		    answer->error, (long long)message->id);
		return outbox_failed(&pump->outbox, message, "held", answer,
		    http, error);
	}
	if (answer->class == SLACK_GONE && (message->method == SLACK_UPDATE ||
	    (!message->own_thread && *message->thread_ts != '\0')))
		return outbox_repost(&pump->outbox, message, answer, http,
		    error);
	pump->tally.dead++;
	if (outbox_failed(&pump->outbox, message, "dead", answer, http,
	    error) == -1)
		return -1;
	if (answer->class == SLACK_CHANNEL)
		return channel_dead(pump, channel, answer, error);
	log_error("message %lld for %s is dead: %s '%s'; see auditctl show "
	    "%lld", (long long)message->id, channel->name,
	    answer->class == SLACK_DOUBT ?
	    "its edit has no answer, and Slack may have made it:" :
	    "Slack answered", answer->error, (long long)message->id);
	return 0;
}

/* Slack refused it for a reason of the moment. */
static int
take_transient(struct pump *pump, const struct message *message,
    const struct slack_answer *answer, const struct http_answer *http,
    int64_t now, struct error *error)
{
	struct channel *channel = message->channel;

	if (channel->failures + 1 >= pump->max_attempts)
		return take_refusal(pump, message, answer, http, error);
	pace_delay(&pump->pace, channel, now + retry_backoff_ms(
	    channel->failures++, BACKOFF_MS, BACKOFF_MAX_MS));
	return outbox_again(&pump->outbox, message, answer, http, true,
	    error);
}

static int
take_sent(struct pump *pump, const struct message *message,
    const struct slack_answer *answer, const struct http_answer *http,
    struct error *error)
{
	message->channel->failures = 0;
	message->channel->told = false;
	if (answer->cut)
		log_warning("message %lld is sent, but Slack cut its text: it "
		    "is too long; see auditctl show %lld",
		    (long long)message->id, (long long)message->id);
	pump->tally.sent++;
	if (pump->stopped == SLACK_SENT)
		pump->stopped_told = false;
	return outbox_sent(&pump->outbox, message, answer, http, error);
}

static int
take_limit(struct pump *pump, const struct message *message,
    const struct slack_answer *answer, const struct http_answer *http,
    int64_t now, struct error *error)
{
	if (answer->retry_after_ms >= LONG_MS)
		log_warning("Slack wants no %s for %lld s: %s",
		    slack_method_name(message->method),
		    (long long)answer->retry_after_ms / 1000, answer->error);
	pace_limited(&pump->pace, message->method, now,
	    answer->retry_after_ms);
	return outbox_again(&pump->outbox, message, answer, http, false,
	    error) == -1 ? -1 : due_keep_method(&pump->due, message->method,
	    answer->error, now, error);
}

static int
take_doubt(struct pump *pump, const struct message *message,
    const struct slack_answer *answer, const struct http_answer *http,
    int64_t now, struct error *error)
{
	/* The same edit twice is one edit. */
	if (message->method == SLACK_UPDATE)
		return take_transient(pump, message, answer, http, now, error);
	log_warning("message %lld for %s is in doubt: %s; looking it up in "
	    "Slack before anything is sent again", (long long)message->id,
	    message->channel->name, answer->error);
	return outbox_failed(&pump->outbox, message, "in_doubt", answer, http,
	    error) == -1 ? -1 : settle_add(&pump->settle, message, now, error);
}

/* STATES.md has a row for each case. */
static int
decide(struct pump *pump, const struct message *message,
    const struct slack_answer *answer, const struct call *call,
    int64_t now, struct error *error)
{
	const struct http_answer *http = &call->answer;
	struct outbox *outbox = &pump->outbox;

	switch (answer->class) {
	case SLACK_SENT:
		return take_sent(pump, message, answer, http, error);
	case SLACK_RATE:
		return take_limit(pump, message, answer, http, now, error);
	case SLACK_UNSENT:
		service_away(pump, answer->error, now);
		return outbox_again(outbox, message, answer, http, false,
		    error);
	case SLACK_TRANSIENT:
		return take_transient(pump, message, answer, http, now, error);
	case SLACK_AUTH:
		if (renewal_refused(&pump->renewal, call->generation,
		    answer->error))
			return outbox_again(outbox, message, answer, http,
			    false, error);
		/* fall through */
	case SLACK_CONTRACT:
		outcome_stop(pump, answer->class, answer->error);
		return outbox_again(outbox, message, answer, http, false,
		    error);
	case SLACK_DOUBT:
		return take_doubt(pump, message, answer, http, now, error);
	case SLACK_BLOCKED:
		/* Once it may be the message, twice in a row it is all. */
		if (pump->blocked) {
			outcome_stop(pump, answer->class, answer->error);
			return outbox_again(outbox, message, answer, http,
			    false, error);
		}
		return take_refusal(pump, message, answer, http, error);
	case SLACK_CHANNEL:
	case SLACK_GONE:
	case SLACK_MESSAGE:
	case SLACK_UNKNOWN:
		return take_refusal(pump, message, answer, http, error);
	}
	return error_set(error, EXIT_BUG, "an answer of no class");
}

/* When it left, and how long Slack may have taken to count it. */
static void
take_times(struct pump *pump, struct channel *channel, const struct call *call,
    int64_t now)
{
	if (call->not_sent)
		return;
	if (call->answer.status != 0)
		pace_answered(&pump->pace, channel, call->left_ms,
		    call->took_us);
	else
		pace_lost(&pump->pace, channel, now);
}

int
outcome_take(struct pump *pump, struct flight *flight,
    const struct call *call, int64_t now, struct error *error)
{
	const struct message *message = &flight->message;
	struct channel *channel = message->channel;
	struct slack_answer answer;

	flight->before = (struct before){ .failures = channel->failures,
		.told = channel->told };
	strcpy(flight->before.slack, channel->slack);
	strcpy(flight->before.lost, channel->lost);
	slack_judge(&call->answer, message->method, call->not_sent,
	    clock_wall_ms(), &answer);
	channel->flying = false;
	pace_busy(&pump->pace, channel, settle_holds(&pump->settle,
	    channel));
	if (answer.class != SLACK_UNSENT)
		service_back(pump);
	take_times(pump, channel, call, now);
	if (answer.class != SLACK_SENT)
		pace_waiting(&pump->pace, channel, true);
	if (answer.class == SLACK_SENT)
		renewal_proven(&pump->renewal, call->generation);
	if (decide(pump, message, &answer, call, now, error) == -1)
		return -1;
	if (answer.class != SLACK_UNSENT)
		pump->blocked = answer.class == SLACK_BLOCKED;
	if (due_keep_channel(&pump->due, channel, answer.class ==
	    SLACK_TRANSIENT ? answer.error : NULL, now, error) == -1)
		return -1;
	return due_keep_margin(&pump->due, error) == -1 ? -1 :
	    due_keep_workspace(&pump->due, now, error);
}
