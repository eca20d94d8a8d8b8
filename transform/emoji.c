/* SPDX-License-Identifier: MIT */
#include "transform/emoji.h"

#include <string.h>

static const struct {
	const char *name, *text;
} table[] = {
	{ "+1", "👍" },
	{ "alarm_clock", "⏰" },
	{ "arrow_right", "➡️" },
	{ "arrow_up", "⬆️" },
	{ "arrow_down", "⬇️" },
	{ "ballot_box_with_check", "☑️" },
	{ "bank", "🏦" },
	{ "bar_chart", "📊" },
	{ "bell", "🔔" },
	{ "black_circle", "⚫" },
	{ "calendar", "📅" },
	{ "chart_with_upwards_trend", "📈" },
	{ "credit_card", "💳" },
	{ "eyes", "👀" },
	{ "factory", "🏭" },
	{ "fire", "🔥" },
	{ "hourglass", "⌛" },
	{ "hourglass_flowing_sand", "⏳" },
	{ "inbox_tray", "📥" },
	{ "large_blue_circle", "🔵" },
	{ "large_green_circle", "🟢" },
	{ "large_orange_circle", "🟠" },
	{ "large_yellow_circle", "🟡" },
	{ "ledger", "📒" },
	{ "lock", "🔒" },
	{ "mag", "🔍" },
	{ "memo", "📝" },
	{ "money_with_wings", "💸" },
	{ "moneybag", "💰" },
	{ "no_entry", "⛔" },
	{ "octagonal_sign", "🛑" },
	{ "package", "📦" },
	{ "page_facing_up", "📄" },
	{ "paperclip", "📎" },
	{ "point_right", "👉" },
	{ "question", "❓" },
	{ "receipt", "🧾" },
	{ "red_circle", "🔴" },
	{ "rotating_light", "🚨" },
	{ "scales", "⚖️" },
	{ "tada", "🎉" },
	{ "thumbsup", "👍" },
	{ "truck", "🚚" },
	{ "warning", "⚠️" },
	{ "wave", "👋" },
	{ "white_check_mark", "✅" },
	{ "white_circle", "⚪" },
	{ "x", "❌" },
};

const char *
emoji_find(const char *name, size_t length)
{
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strlen(table[i].name) == length &&
		    memcmp(table[i].name, name, length) == 0)
			return table[i].text;
	return NULL;
}

const char *
emoji_read(const char *text, size_t count, size_t *length)
{
	const char *end, *found;

	if (count < 3 || text[0] != ':' ||
	    (end = memchr(text + 1, ':', count - 1)) == NULL)
		return NULL;
	found = emoji_find(text + 1, (size_t)(end - text) - 1);
	if (found != NULL)
		*length = (size_t)(end - text) + 1;
	return found;
}
