/*
 * workspace: the simulated Slack workspace.
 *
 * Methods, as https://docs.slack.dev/reference/methods/ describes them:
 * chat.postMessage, chat.update, auth.test, conversations.history,
 * conversations.info, conversations.list, conversations.replies.  It refuses
 * what Slack refuses: an unknown token, a scope that the token doesn't have, an
 * unknown channel, thread or message, blocks that break the rules, and more
 * than one message a second in a channel (429 with Retry-After; no burst is
 * tolerated here).  A text over 4,040 characters without blocks is split into
 * messages of 4,000, one over 40,000 is cut with a warning.
 *
 *   GET  /_control/slack/messages[?channel=NAME]  all messages, one a line
 *   GET  /_control/slack/stats                    see stats.c
 *   POST /_control/slack/channel?name=N&action=create|archive|unarchive|
 *            forbid|kick|join|delete
 *        forbid: the bot can't post (not_in_channel); kick: it can post, as
 *        with chat:write.public, but not read; join undoes both
 *   POST /_control/slack/delete?channel=N&ts=T
 *        take a message away, as people do; a reply to it is refused then, and
 *        so is an update
 *   POST /_control/slack/foreign?channel=N  another app posts the JSON object
 *        in the body: text, blocks, metadata, thread_ts
 *   POST /_control/slack/token?value=T      only this token is good from now on
 *   POST /_control/slack/scopes?value=A,B   ... and these are its scopes, all
 *        that the methods take by default; without chat:write.public a bot
 *        that was kicked can't post either
 *   POST /_control/slack/oauth?deny=0|1&rotation=0|1&...  see oauth.h
 *   POST /_control/slack/limits?channel_ms=N  the least time between two posts
 *        in a channel instead of 1000; 0: any
 *   POST /_control/slack/ratelimit?count=N&retry_after=S[&method=M]
 *        answer N calls of M (chat.postMessage) with 429
 *   POST /_control/slack/lose?count=N       keep the next N posts, reset the
 *        connection instead of an answer
 *   POST /_control/slack/lag?ms=N           so long a message isn't in history
 *   POST /_control/slack/history?count=N&error=E       the next N readings fail
 *   POST /_control/slack/history?count=N&incomplete=1  ... give half a page,
 *        promise more and no cursor to get it with
 *   POST /_control/slack/history?page_max=N  no page is longer, whatever its
 *        limit; 0 undoes it
 *
 * What goes wrong on the way is ordered at /_control/fault, see fault.h.
 */
#ifndef SANDBOX_WORKSPACE_H
#define SANDBOX_WORKSPACE_H

#include "sandbox/server.h"

struct workspace;

struct workspace *workspace_new(const char *bot_token); /* NULL: no memory */
void workspace_free(struct workspace *workspace); /* NULL: fine */
/* -1: no memory. */
int workspace_add_channel(struct workspace *workspace, const char *name);
/* Every path under /api/. */
void workspace_handle(struct workspace *workspace,
    const struct request *request, struct response *response);
/* Every path under /_control/slack/. */
void workspace_control(struct workspace *workspace,
    const struct request *request, struct response *response);
/* /oauth/v2/authorize; see oauth.h. */
void workspace_authorize(struct workspace *workspace,
    const struct request *request, struct response *response);
/* GET /: what a person sees. */
void workspace_page(struct workspace *workspace, struct response *response);

#endif
