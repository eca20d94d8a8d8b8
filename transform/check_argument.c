/* SPDX-License-Identifier: MIT */
#include "transform/check_argument.h"

#include <string.h>

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

/* How many letters must be put in, taken out or changed to make one name of
 * the other. */
static size_t
distance(const char *one, size_t one_length, const char *other)
{
	size_t row[NAME_MAX_LENGTH + 1], length = strlen(other), i, j;
	size_t diagonal, above, best;

	for (j = 0; j <= length; j++)
		row[j] = j;
	for (i = 1; i <= one_length; i++) {
		diagonal = row[0];
		row[0] = i;
		for (j = 1; j <= length; j++) {
			above = row[j];
			best = diagonal + (one[i - 1] != other[j - 1]);
			if (best > above + 1)
				best = above + 1;
			if (best > row[j - 1] + 1)
				best = row[j - 1] + 1;
			diagonal = above;
			row[j] = best;
		}
	}
	return row[length];
}

const char *
check_argument_like(const char *name, size_t length)
{
	const char *like = NULL;
	size_t i, apart, nearest = LIKE_MAX + 1;

	if (length > NAME_MAX_LENGTH)
		return NULL;
	for (i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++) {
		if (arguments[i].takes == TAKES_NOTHING)
			continue;
		apart = distance(name, length, arguments[i].name);
		if (apart < nearest && apart < length) {
			nearest = apart;
			like = arguments[i].name;
		}
	}
	return like;
}
