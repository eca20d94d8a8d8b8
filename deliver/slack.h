/*
 * slack: what deliver says to Slack's Web API, and what an answer means.
 *
 * Pure: text in, text out; no network, no database, no clock.
 *
 * Slack has no idempotency key for posts (slackapi/slack-api-specs issue 10),
 * so the class of an answer decides between three things that must never be
 * mixed up: the message is there, it is not there, or nobody knows.  Nearly
 * every failure is HTTP 200 with "ok":false and a word in "error"; the words
 * are those that the method pages at
 * https://docs.slack.dev/reference/methods/ list (2026-08), each with its class
 * in the table of slack_errors.c.  A word that isn't there, or that makes no
 * sense as an answer to that method, is SLACK_UNKNOWN: never success, never a
 * loop.
 */
#ifndef LEDGERPIPE_DELIVER_SLACK_H
#define LEDGERPIPE_DELIVER_SLACK_H

#include "http.h"
#include "json.h"

#define SLACK_METADATA_TYPE "ledgerpipe_delivery"
#define SLACK_RETRY_AFTER_DEFAULT_MS 30000 /* a 429 that doesn't say */
#define SLACK_RETRY_AFTER_MAX_MS (3600 * 1000)
#define SLACK_ID_MAX 64
#define SLACK_ANSWER_MAX ((size_t)16 << 20)

enum slack_method {
	SLACK_POST,   /* chat.postMessage, and what only reads */
	SLACK_UPDATE, /* chat.update */
	SLACK_METHODS
};

const char *slack_method_name(enum slack_method method);

enum slack_class {
	SLACK_SENT,      /* it is there; channel and ts are known */
	SLACK_UNSENT,    /* no byte left: the service can't be reached */
	SLACK_RATE,      /* 429: wait, no attempt is used up */
	SLACK_TRANSIENT, /* Slack says it didn't take it: again, later */
	SLACK_DOUBT,     /* it may be there: look a post up before anything
	                  * else; an update may be made again as it is */
	SLACK_AUTH,      /* the token is no good: nothing can be sent */
	SLACK_CONTRACT,  /* we speak to the wrong thing: nothing can be sent */
	SLACK_BLOCKED,   /* something on the way refused this one, or all */
	SLACK_CHANNEL,   /* this channel takes nothing */
	SLACK_GONE,      /* what it replies to, or is to change, isn't there
	                  * or can't be changed any more */
	SLACK_MESSAGE,   /* this message can't ever be taken */
	SLACK_UNKNOWN    /* an error that no page documents: a person decides */
};

struct slack_answer {
	enum slack_class class;
	char error[128];            /* a word for the ledger; "" when sent */
	bool cut;                   /* Slack took it, and cut its text */
	char channel[SLACK_ID_MAX]; /* of SLACK_SENT */
	char ts[SLACK_ID_MAX];
	int64_t retry_after_ms;     /* of SLACK_RATE */
};

/* The class of an error word in an answer to method. */
enum slack_class slack_error_class(const char *word, enum slack_method method);
/* Letters for the methods whose pages list it, see slack_errors.c; NULL: none
 * does. */
const char *slack_error_methods(const char *word);
size_t slack_error_count(void); /* words that are listed */

/* Judge a finished call of method.  not_sent: curl failed before any byte of
 * the request left.  now_wall_ms serves a Retry-After that is a date. */
void slack_judge(const struct http_answer *answer, enum slack_method method,
    bool not_sent, int64_t now_wall_ms, struct slack_answer *out);

/* The body of chat.postMessage: the filter's payload with the channel replaced
 * by channel, thread_ts (unless NULL), the opaque token as metadata, and the
 * unfurl switches off unless the payload sets them.  The payload's text is
 * copied, not reformatted.  says_gone: it stands for a change of a message that
 * can't be changed any more, and says so, in its text and, if it has blocks and
 * there is room for one more, in a block before them.  Errors: EXIT_DATA for a
 * payload that isn't an object. */
int slack_post_body(const char *payload, const char *channel,
    const char *thread_ts, bool says_gone, const char *token,
    struct buffer *out, struct error *error);

/* The body of chat.update for the message at ts, which will say what the
 * payload says and nothing of what it said before.  What a payload says beside
 * text, blocks and attachments holds for posts alone.  Errors: as above. */
int slack_update_body(const char *payload, const char *channel,
    const char *ts, const char *token, struct buffer *out,
    struct error *error);

/* Does name look like an id (C, G, D or U and capitals and digits)? */
bool slack_is_id(const char *name);
/* One name for one channel, in fresh memory: "finance" is "#finance"; an id, a
 * person and "" are what they are.  NULL: no memory. */
char *slack_channel_name(const char *text);
/* When a message was posted, by its ts: "1795662661.540000" are seconds since
 * 1970.  -1: it is none. */
int slack_parse_ts(const char *text, int64_t *wall_ms);

#endif
