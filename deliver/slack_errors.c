/* SPDX-License-Identifier: MIT */
/* Every documented error of the methods that post and change messages, of
 * webhooks and of the Web API as a whole, with its class. */
#include <stdlib.h>
#include <string.h>

#include "deliver/slack.h"

struct row {
	const char *word;
	const char *methods; /* that document it: (P)ostMessage, (U)pdate,
	                      * post(E)phemeral, (S)cheduleMessage, (W)ebhooks,
	                      * (d)ocuments about the API as a whole */
	enum slack_class post, update;
};

/* For a word that means the same wherever it comes from. */
#define SAME(word, methods, class) { word, methods, class, class }
/* For one that makes sense for one method alone. */
#define POST(word, methods, class) { word, methods, class, SLACK_UNKNOWN }
#define UPDATE(word, methods, class) { word, methods, SLACK_UNKNOWN, class }

/* Sorted by word. */
static const struct row rows[] = {
	SAME("access_denied", "PUES", SLACK_AUTH),
	SAME("accesslimited", "PUES", SLACK_AUTH),
	SAME("account_inactive", "PUES", SLACK_AUTH),
	SAME("action_prohibited", "W", SLACK_CHANNEL),
	SAME("app_access_restricted", "P", SLACK_AUTH),
	SAME("as_user_not_supported", "PU", SLACK_CONTRACT),
	SAME("attachment_payload_limit_exceeded", "P", SLACK_MESSAGE),
	UPDATE("block_mismatch", "U", SLACK_GONE),
	SAME("blocked_file_type", "U", SLACK_MESSAGE),
	POST("cannot_reply_to_message", "PE", SLACK_GONE),
	UPDATE("cant_broadcast_message", "U", SLACK_GONE),
	UPDATE("cant_update_message", "U", SLACK_GONE),
	SAME("channel_is_archived", "W", SLACK_CHANNEL),
	SAME("channel_not_found", "PUES", SLACK_CHANNEL),
	SAME("deprecated_endpoint", "PUES", SLACK_CONTRACT),
	SAME("draft_already_deleted", "P", SLACK_MESSAGE),
	SAME("draft_already_sent", "P", SLACK_MESSAGE),
	SAME("draft_has_conflict", "P", SLACK_MESSAGE),
	SAME("draft_invalid", "P", SLACK_MESSAGE),
	SAME("duplicate_channel_not_found", "P", SLACK_DOUBT),
	SAME("duplicate_message_not_found", "P", SLACK_DOUBT),
	UPDATE("edit_window_closed", "U", SLACK_GONE),
	SAME("ekm_access_denied", "PUES", SLACK_CHANNEL),
	SAME("enterprise_is_restricted", "PUES", SLACK_AUTH),
	SAME("external_channel_migrating", "U", SLACK_TRANSIENT),
	SAME("fatal_error", "PUES", SLACK_DOUBT),
	SAME("file_deleted", "U", SLACK_MESSAGE),
	SAME("file_is_deleted", "U", SLACK_MESSAGE),
	SAME("file_not_found", "U", SLACK_MESSAGE),
	SAME("file_share_limit_reached", "U", SLACK_MESSAGE),
	SAME("internal_error", "PUESd", SLACK_DOUBT),
	SAME("invalid_arg_name", "PUES", SLACK_MESSAGE),
	SAME("invalid_arguments", "PUESd", SLACK_MESSAGE),
	SAME("invalid_array_arg", "PUES", SLACK_MESSAGE),
	SAME("invalid_attachments", "UE", SLACK_MESSAGE),
	SAME("invalid_auth", "PUESd", SLACK_AUTH),
	SAME("invalid_blocks", "PUES", SLACK_MESSAGE),
	SAME("invalid_blocks_format", "PUES", SLACK_MESSAGE),
	SAME("invalid_charset", "PUES", SLACK_CONTRACT),
	SAME("invalid_form_data", "PUES", SLACK_MESSAGE),
	SAME("invalid_json", "d", SLACK_MESSAGE),
	SAME("invalid_metadata_format", "PUS", SLACK_MESSAGE),
	SAME("invalid_metadata_schema", "PUS", SLACK_MESSAGE),
	SAME("invalid_payload", "W", SLACK_MESSAGE),
	SAME("invalid_post_type", "PUES", SLACK_CONTRACT),
	SAME("invalid_time", "S", SLACK_MESSAGE),
	SAME("invalid_token", "SW", SLACK_AUTH),
	SAME("is_archived", "PES", SLACK_CHANNEL),
	SAME("is_bot", "PUES", SLACK_AUTH),
	SAME("is_inactive", "U", SLACK_CHANNEL),
	SAME("json_not_object", "d", SLACK_MESSAGE),
	SAME("markdown_text_conflict", "PUES", SLACK_MESSAGE),
	SAME("max_file_sharing_exceeded", "U", SLACK_MESSAGE),
	/* The quota of a free plan: no time is told when it ends. */
	SAME("message_limit_exceeded", "PUES", SLACK_RATE),
	UPDATE("message_not_found", "U", SLACK_GONE),
	SAME("messages_tab_disabled", "PE", SLACK_CHANNEL),
	SAME("metadata_must_be_sent_from_app", "PUS", SLACK_MESSAGE),
	SAME("metadata_too_large", "PUS", SLACK_MESSAGE),
	SAME("method_deprecated", "PUES", SLACK_CONTRACT),
	SAME("missing_file_data", "P", SLACK_MESSAGE),
	SAME("missing_post_type", "PUES", SLACK_CONTRACT),
	SAME("missing_scope", "PUES", SLACK_AUTH),
	SAME("msg_blocks_too_long", "P", SLACK_MESSAGE),
	SAME("msg_too_large", "d", SLACK_MESSAGE),
	/* A post may be longer than an edit. */
	{ "msg_too_long", "UES", SLACK_MESSAGE, SLACK_GONE },
	SAME("no_active_hooks", "W", SLACK_AUTH),
	UPDATE("no_dual_broadcast_content_update", "U", SLACK_GONE),
	SAME("no_permission", "PUES", SLACK_AUTH),
	SAME("no_service", "W", SLACK_AUTH),
	SAME("no_service_id", "W", SLACK_AUTH),
	SAME("no_team", "W", SLACK_AUTH),
	SAME("no_text", "PUESW", SLACK_MESSAGE),
	SAME("not_allowed_token_type", "PUES", SLACK_AUTH),
	SAME("not_authed", "PUES", SLACK_AUTH),
	SAME("not_in_channel", "PES", SLACK_CHANNEL),
	SAME("org_login_required", "PUES", SLACK_AUTH),
	SAME("posting_to_channel_denied", "U", SLACK_MESSAGE),
	SAME("posting_to_general_channel_denied", "W", SLACK_CHANNEL),
	SAME("rate_limited", "PSW", SLACK_RATE),
	SAME("ratelimited", "PUES", SLACK_RATE),
	SAME("request_timeout", "PUES", SLACK_TRANSIENT),
	SAME("restricted_action", "PES", SLACK_CHANNEL),
	/* It refuses replies alone. */
	POST("restricted_action_non_threadable_channel", "PS", SLACK_GONE),
	SAME("restricted_action_read_only_channel", "PS", SLACK_CHANNEL),
	POST("restricted_action_thread_locked", "P", SLACK_GONE),
	SAME("restricted_action_thread_only_channel", "PS", SLACK_CHANNEL),
	SAME("restricted_too_many", "S", SLACK_CHANNEL),
	SAME("send_on_behalf_not_allowed", "P", SLACK_MESSAGE),
	SAME("service_unavailable", "PUES", SLACK_TRANSIENT),
	SAME("slack_connect_blocked_file_type", "U", SLACK_MESSAGE),
	SAME("slack_connect_canvas_sharing_blocked", "PUS", SLACK_MESSAGE),
	SAME("slack_connect_clip_sharing_blocked", "U", SLACK_MESSAGE),
	SAME("slack_connect_file_link_sharing_blocked", "PUS", SLACK_MESSAGE),
	SAME("slack_connect_file_upload_sharing_blocked", "U", SLACK_MESSAGE),
	SAME("slack_connect_lists_sharing_blocked", "PS", SLACK_MESSAGE),
	UPDATE("streaming_state_conflict", "U", SLACK_TRANSIENT),
	SAME("team_access_not_granted", "PUESd", SLACK_AUTH),
	SAME("team_added_to_org", "PUES", SLACK_AUTH),
	SAME("team_disabled", "W", SLACK_AUTH),
	SAME("team_not_found", "PU", SLACK_CHANNEL),
	POST("thread_not_found", "d", SLACK_GONE),
	SAME("time_in_past", "S", SLACK_MESSAGE),
	SAME("time_too_far", "S", SLACK_MESSAGE),
	SAME("token_expired", "PUES", SLACK_AUTH),
	SAME("token_revoked", "PUES", SLACK_AUTH),
	SAME("too_many_attachments", "PUESW", SLACK_MESSAGE),
	SAME("too_many_contact_cards", "P", SLACK_MESSAGE),
	SAME("two_factor_setup_required", "PUES", SLACK_AUTH),
	SAME("unable_to_share_files", "U", SLACK_MESSAGE),
	SAME("unknown_method", "PUES", SLACK_CONTRACT),
	UPDATE("update_failed", "U", SLACK_TRANSIENT),
	SAME("user_not_found", "W", SLACK_CHANNEL),
	SAME("user_not_in_channel", "E", SLACK_CHANNEL),
};

static int
compare(const void *word, const void *row)
{
	return strcmp(word, ((const struct row *)row)->word);
}

static const struct row *
find(const char *word)
{
	return bsearch(word, rows, sizeof(rows) / sizeof(rows[0]),
	    sizeof(rows[0]), compare);
}

enum slack_class
slack_error_class(const char *word, enum slack_method method)
{
	const struct row *row = find(word);

	if (row == NULL)
		return SLACK_UNKNOWN;
	return method == SLACK_UPDATE ? row->update : row->post;
}

const char *
slack_error_methods(const char *word)
{
	const struct row *row = find(word);

	return row != NULL ? row->methods : NULL;
}

size_t
slack_error_count(void)
{
	return sizeof(rows) / sizeof(rows[0]);
}
