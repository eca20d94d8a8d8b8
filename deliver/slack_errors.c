/* SPDX-License-Identifier: MIT */
/* The documented errors of chat.postMessage and of the Web API, by class. */
#include <stdlib.h>
#include <string.h>

#include "deliver/slack.h"

struct row {
	const char *word;
	enum slack_class class;
};

/* Sorted by word. */
static const struct row rows[] = {
	{ "access_denied", SLACK_AUTH },
	{ "accesslimited", SLACK_AUTH },
	{ "account_inactive", SLACK_AUTH },
	{ "action_prohibited", SLACK_CHANNEL },
	{ "app_access_restricted", SLACK_AUTH },
	{ "as_user_not_supported", SLACK_CONTRACT },
	{ "attachment_payload_limit_exceeded", SLACK_MESSAGE },
	{ "cannot_reply_to_message", SLACK_MESSAGE },
	{ "channel_is_archived", SLACK_CHANNEL },
	{ "channel_not_found", SLACK_CHANNEL },
	{ "deprecated_endpoint", SLACK_CONTRACT },
	{ "draft_already_deleted", SLACK_MESSAGE },
	{ "draft_already_sent", SLACK_MESSAGE },
	{ "draft_has_conflict", SLACK_MESSAGE },
	{ "draft_invalid", SLACK_MESSAGE },
	{ "duplicate_channel_not_found", SLACK_DOUBT },
	{ "duplicate_message_not_found", SLACK_DOUBT },
	{ "ekm_access_denied", SLACK_CHANNEL },
	{ "enterprise_is_restricted", SLACK_AUTH },
	{ "external_channel_migrating", SLACK_TRANSIENT },
	{ "fatal_error", SLACK_DOUBT },
	{ "internal_error", SLACK_DOUBT },
	{ "invalid_arg_name", SLACK_MESSAGE },
	{ "invalid_arguments", SLACK_MESSAGE },
	{ "invalid_array_arg", SLACK_MESSAGE },
	{ "invalid_attachments", SLACK_MESSAGE },
	{ "invalid_auth", SLACK_AUTH },
	{ "invalid_blocks", SLACK_MESSAGE },
	{ "invalid_blocks_format", SLACK_MESSAGE },
	{ "invalid_charset", SLACK_CONTRACT },
	{ "invalid_form_data", SLACK_MESSAGE },
	{ "invalid_json", SLACK_MESSAGE },
	{ "invalid_metadata_format", SLACK_MESSAGE },
	{ "invalid_metadata_schema", SLACK_MESSAGE },
	{ "invalid_post_type", SLACK_CONTRACT },
	{ "invalid_token", SLACK_AUTH },
	{ "is_archived", SLACK_CHANNEL },
	{ "is_bot", SLACK_AUTH },
	{ "is_inactive", SLACK_CHANNEL },
	{ "json_not_object", SLACK_MESSAGE },
	{ "markdown_text_conflict", SLACK_MESSAGE },
	/* The quota of a free plan: no time is told when it ends. */
	{ "message_limit_exceeded", SLACK_RATE },
	{ "messages_tab_disabled", SLACK_CHANNEL },
	{ "metadata_must_be_sent_from_app", SLACK_MESSAGE },
	{ "metadata_too_large", SLACK_MESSAGE },
	{ "method_deprecated", SLACK_CONTRACT },
	{ "missing_file_data", SLACK_MESSAGE },
	{ "missing_post_type", SLACK_CONTRACT },
	{ "missing_scope", SLACK_AUTH },
	{ "msg_blocks_too_long", SLACK_MESSAGE },
	{ "msg_too_large", SLACK_MESSAGE },
	{ "msg_too_long", SLACK_MESSAGE },
	{ "no_permission", SLACK_AUTH },
	{ "no_team", SLACK_AUTH },
	{ "no_text", SLACK_MESSAGE },
	{ "not_allowed_token_type", SLACK_AUTH },
	{ "not_authed", SLACK_AUTH },
	{ "not_in_channel", SLACK_CHANNEL },
	{ "org_login_required", SLACK_AUTH },
	{ "posting_to_general_channel_denied", SLACK_CHANNEL },
	{ "rate_limited", SLACK_RATE },
	{ "ratelimited", SLACK_RATE },
	{ "request_timeout", SLACK_TRANSIENT },
	{ "restricted_action", SLACK_CHANNEL },
	{ "restricted_action_non_threadable_channel", SLACK_CHANNEL },
	{ "restricted_action_read_only_channel", SLACK_CHANNEL },
	{ "restricted_action_thread_locked", SLACK_MESSAGE },
	{ "restricted_action_thread_only_channel", SLACK_CHANNEL },
	{ "restricted_too_many", SLACK_CHANNEL },
	{ "send_on_behalf_not_allowed", SLACK_MESSAGE },
	{ "service_unavailable", SLACK_TRANSIENT },
	{ "slack_connect_canvas_sharing_blocked", SLACK_MESSAGE },
	{ "slack_connect_file_link_sharing_blocked", SLACK_MESSAGE },
	{ "slack_connect_lists_sharing_blocked", SLACK_MESSAGE },
	{ "team_access_not_granted", SLACK_AUTH },
	{ "team_added_to_org", SLACK_AUTH },
	{ "team_disabled", SLACK_AUTH },
	{ "team_not_found", SLACK_CHANNEL },
	{ "token_expired", SLACK_AUTH },
	{ "token_revoked", SLACK_AUTH },
	{ "too_many_attachments", SLACK_MESSAGE },
	{ "too_many_contact_cards", SLACK_MESSAGE },
	{ "two_factor_setup_required", SLACK_AUTH },
	{ "unknown_method", SLACK_CONTRACT },
	{ "user_not_found", SLACK_CHANNEL },
	{ "user_not_in_channel", SLACK_CHANNEL },
};

static int
compare(const void *word, const void *row)
{
	return strcmp(word, ((const struct row *)row)->word);
}

enum slack_class
slack_error_class(const char *word)
{
	const struct row *row = bsearch(word, rows,
	    sizeof(rows) / sizeof(rows[0]), sizeof(rows[0]), compare);

	return row != NULL ? row->class : SLACK_UNKNOWN;
}
