/*
 * workspace: the simulated Slack workspace.
 *
 * Methods, as https://docs.slack.dev/reference/methods/ describes them:
 * chat.postMessage, auth.test, conversations.history, conversations.replies.
 * It refuses what Slack refuses: an unknown token, channel or thread, blocks
 * that break the rules, and more than one message a second in a channel (429
 * with Retry-After; no burst is tolerated here).  A text over 4,040 characters
 * without blocks is split into messages of 4,000, one over 40,000 is cut with
 * a warning.
 *
 *   GET  /_control/slack/messages[?channel=NAME]  all messages, one a line
 *   GET  /_control/slack/stats                    messages per channel, 429s
 *   POST /_control/slack/channel?name=N&action=create|archive|unarchive|
 *            forbid|kick|join|delete
 *        forbid: the bot can't post (not_in_channel); kick: it can post, as
 *        with chat:write.public, but not read; join undoes both
 *   POST /_control/slack/lose?count=N     keep the next N posts, answer none
 *   POST /_control/slack/token?value=T    only this token is good from now on
 *   POST /_control/slack/ratelimit?count=N&retry_after=S  answer N times 429
 */
#ifndef SANDBOX_WORKSPACE_H
#define SANDBOX_WORKSPACE_H

#include "sandbox/server.h"

struct workspace;

struct workspace *workspace_new(const char *bot_token); /* NULL: no memory */
void workspace_free(struct workspace *workspace);
int workspace_add_channel(struct workspace *workspace, const char *name);
void workspace_handle(struct workspace *workspace,
    const struct request *request, struct response *response);
void workspace_control(struct workspace *workspace,
    const struct request *request, struct response *response);
void workspace_page(struct workspace *workspace, struct response *response);

#endif
