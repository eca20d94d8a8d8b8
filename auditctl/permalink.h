/*
 * permalink: the address of a message in Slack's own pages.
 *
 * It begins with that of the workspace, slack.workspace_url of the configuration;
 * without it none is made up.
 */
#ifndef LEDGERPIPE_AUDITCTL_PERMALINK_H
#define LEDGERPIPE_AUDITCTL_PERMALINK_H

#include "config.h"

/* Once. */
int permalink_configure(const struct config *config, struct error *error);
/* The address of the workspace, or NULL. */
const char *permalink_workspace(void);

/* In SQL: url is a parameter with that address, m the table of messages and a
 * point.  NULL of a message that isn't in Slack, as far as is known. */
#define PERMALINK(url, m) "CASE WHEN " m "state = 'sent' THEN " url \
    " || '/archives/' || " m "slack_channel || '/p' || " \
    "replace(" m "slack_ts, '.', '') || CASE WHEN " m "thread_ts <> " \
    m "slack_ts THEN '?thread_ts=' || " m "thread_ts || '&cid=' || " \
    m "slack_channel ELSE '' END END"

#endif
