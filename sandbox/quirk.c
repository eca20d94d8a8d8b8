/* SPDX-License-Identifier: MIT */
#include "sandbox/quirk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[QUIRK_COUNT] = {
	[HASMORE_LIES] = "hasmore_lies", [HASMORE_EARLY] = "hasmore_early",
	[HASMORE_MISSING] = "hasmore_missing",
	[ITEMS_MISSING] = "items_missing", [PAGE_CAP] = "page_cap",
	[SHORT_PAGES] = "short_pages", [IGNORE_OFFSET] = "ignore_offset",
	[UNSORTED] = "unsorted", [TOTALRESULTS_500] = "totalresults_500",
	[TOTALRESULTS_WRONG] = "totalresults_wrong",
	[FIELDS_500] = "fields_500", [NO_ROLE] = "no_role",
	[FORBIDDEN] = "forbidden", [DATE_SKEW] = "date_skew",
	[VERSION_OTHER] = "version", [WHOLE_SECONDS] = "whole_seconds",
	[OPAQUE_KEYS] = "opaque_keys", [LINK_HOST] = "link_host",
	[DESCRIBE_REFS] = "describe_refs", [NO_GZIP] = "no_gzip",
};

bool
quirk_set(struct quirks *quirks, const char *name, int stream,
    const char *value, int64_t count)
{
	struct quirk_setting *setting;
	int quirk = 0;

	while (quirk < QUIRK_COUNT && strcmp(names[quirk], name) != 0)
		quirk++;
	if (quirk == QUIRK_COUNT)
		return false;
	if (value == NULL)
		value = "1";
	for (int i = 0; i < STREAM_COUNT; i++) {
		if (stream != -1 && stream != i)
			continue;
		setting = &quirks->of[i][quirk];
		snprintf(setting->text, QUIRK_TEXT, "%s",
		    strcmp(value, "0") == 0 ? "" : value);
		setting->count = count <= 0 ? -1 : count;
	}
	return true;
}

const char *
quirk_use(struct quirks *quirks, enum quirk quirk, int stream)
{
	struct quirk_setting *setting = &quirks->of[stream][quirk];

	if (setting->text[0] == '\0' || setting->count == 0)
		return NULL;
	if (setting->count > 0)
		setting->count--;
	return setting->text;
}

int64_t
quirk_number(struct quirks *quirks, enum quirk quirk, int stream)
{
	const char *text = quirk_use(quirks, quirk, stream);

	return text == NULL ? 0 : strtoll(text, NULL, 10);
}
