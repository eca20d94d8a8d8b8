/* SPDX-License-Identifier: MIT */
#include "transform/check_argument.h"

#include <string.h>

#include "nearest.h"

#define NAME_MAX_LENGTH 32
#define LIKE_MAX 2 /* letters that may differ */

static const struct check_argument arguments[] = {
	{ "channel", TAKES_ELSEWHERE, NULL },
	{ "text", TAKES_ELSEWHERE, NULL },
	{ "blocks", TAKES_ARRAY, NULL },
	{ "delivery", TAKES_ELSEWHERE, NULL },
	{ "attachments", TAKES_ARRAY, NULL },
	{ "thread_ts", TAKES_TIME, NULL },
	{ "reply_broadcast", TAKES_BOOLEAN, NULL },
	{ "unfurl_links", TAKES_BOOLEAN, NULL },
	{ "unfurl_media", TAKES_BOOLEAN, NULL },
	{ "mrkdwn", TAKES_BOOLEAN, NULL },
	{ "username", TAKES_STRING, NULL },
	{ "icon_url", TAKES_WEB_URL, NULL },
	{ "icon_emoji", TAKES_STRING, NULL },
	{ "metadata", TAKES_NOTHING, "is for the delivery to set" },
	{ "token", TAKES_NOTHING, "is no place for a credential" },
	{ "as_user", TAKES_NOTHING, "is refused by Slack" },
	{ "markdown_text", TAKES_NOTHING,
	    "is refused by Slack beside the text" },
	/* With these a bare @channel in a record would call. */
	{ "parse", TAKES_NOTHING, "makes mentions of what is only text" },
	{ "link_names", TAKES_NOTHING, "makes mentions of what is only text" },
	{ "current_draft_last_updated_ts", TAKES_NOTHING,
	    "is for people's drafts" },
};

const struct check_argument *
check_argument(const char *name, size_t length)
{
	size_t i;

	for (i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++)
		if (strncmp(arguments[i].name, name, length) == 0 &&
		    arguments[i].name[length] == '\0')
			return &arguments[i];
	return NULL;
}

const char *
check_argument_like(const char *name, size_t length)
{
	char wanted[NAME_MAX_LENGTH + 1];
	struct nearest nearest;
	size_t i;

	if (length > NAME_MAX_LENGTH)
		return NULL;
	memcpy(wanted, name, length);
	wanted[length] = '\0';
	nearest_start(&nearest, wanted);
	for (i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++)
		if (arguments[i].takes != TAKES_NOTHING)
			nearest_try(&nearest, arguments[i].name);
	return nearest.distance <= LIKE_MAX && nearest.distance < length ?
	    nearest.found : NULL;
}
