/*
 * workspace_state: what the workspace's methods (post.c, history.c, list.c), its
 * controls (workspace_control.c) and workspace.c share.
 */
#ifndef SANDBOX_WORKSPACE_STATE_H
#define SANDBOX_WORKSPACE_STATE_H

#include "sandbox/arguments.h"
#include "sandbox/channel.h"
#include "sandbox/oauth.h"
#include "sandbox/workspace.h"

enum method {
	CHAT_POST_MESSAGE,
	CHAT_UPDATE,
	AUTH_TEST,
	CONVERSATIONS_HISTORY,
	CONVERSATIONS_INFO,
	CONVERSATIONS_LIST,
	CONVERSATIONS_REPLIES,
	METHODS
};

extern const char *const method_names[METHODS];

/* Calls of a method that are to be answered 429. */
struct limit {
	size_t count;
	long long retry_after_s;
};

/* How reading goes wrong. */
struct read_fault {
	size_t count;    /* so many calls; the rest holds for these alone */
	char error[64];  /* their answer, or "" */
	bool incomplete; /* half a page, more promised, but no cursor */
};

struct workspace {
	char *token;
	char *scopes; /* of the token, joined by commas */
	struct channels channels;
	struct oauth oauth;
	struct limit limits[METHODS];
	struct read_fault read_fault;
	size_t page_max;     /* messages in a page of history; 0: Slack's */
	int64_t lag_ms;      /* until a message is in the history */
	int64_t interval_ms; /* between two posts in a channel; 0: any */
	size_t lose;         /* how many posts to keep without an answer */
	size_t refused;      /* 429s so far */
	int64_t last_post_ms, smallest_gap_ms; /* as in struct channel */
	unsigned long long requests;
};

/* One call of a method. */
struct call {
	struct workspace *workspace;
	struct response *response;
	struct arguments arguments;
	struct channel *channel;
};

/* Answer with Slack's word for what is wrong. */
void call_fail(struct call *call, const char *error);
/* The same with a 429. */
void call_too_fast(struct call *call, long long retry_after_s);
/* May the token do what takes the scope? */
bool has_scope(const struct workspace *workspace, const char *scope);
/* Find the channel that the call names; false: answered. */
bool call_channel(struct call *call);

/* The methods. */
void chat_post_message(struct call *call);
void chat_update(struct call *call);
void conversations_history(struct call *call);
void conversations_info(struct call *call);
void conversations_list(struct call *call);
void conversations_replies(struct call *call);

/* See stats.c. */
void stats_write(struct buffer *out, const struct workspace *workspace);

#endif
