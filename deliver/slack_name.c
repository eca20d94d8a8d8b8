/* SPDX-License-Identifier: MIT */
/* What a channel is called. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deliver/slack.h"

bool
slack_is_id(const char *name)
{
	size_t length = strlen(name);

	return length >= 8 && strchr("CGDU", *name) != NULL &&
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == length;
}

char *
slack_channel_name(const char *text)
{
	bool bare = *text != '\0' && strchr("#@", *text) == NULL &&
	    !slack_is_id(text);
	size_t room = strlen(text) + 2;
	char *name = malloc(room);

	if (name != NULL)
		snprintf(name, room, "%s%s", bare ? "#" : "", text);
	return name;
}
