/* SPDX-License-Identifier: MIT */
/*
 * Trimming random messages, some of them damaged: what trim_message gives
 * passes check_message or is refused with a reason, is what went in when that
 * passed already, is the same when it is trimmed again, and has no piece of an
 * entity or of a link in it.
 *
 *   test_trim [ROUNDS [SEED]]
 */
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "transform/check.h"
#include "transform/trim.h"
#include "transform/trim_text.h"

#define CEILING ((size_t)1 << 18) /* as a worker has it */
#define ROUNDS 1000

static unsigned seed = 1;
static struct buffer text, before;
static struct json json;

static unsigned
dice(unsigned sides)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % sides;
}

/* ---- one text ----------------------------------------------------------- */

static const char *
trimmed(const char *whole, size_t limit, bool mrkdwn)
{
	static struct buffer out;

	buffer_free(&out);
	buffer_init(&out, CEILING);
	trim_text(whole, strlen(whole), limit, mrkdwn, &out);
	return buffer_text(&out);
}

static void
test_texts(void)
{
	char many[1301];

	ok(strcmp(trimmed("abcdef", 5, false), "abcd…") == 0,
	    "a text is cut and ends in an ellipsis");
	ok(strcmp(trimmed("ééééé", 4, false), "ééé…") == 0,
	    "characters are counted, not bytes");
	ok(strcmp(trimmed("ab cdef", 4, false), "ab…") == 0,
	    "no space is left before the ellipsis");
	ok(strcmp(trimmed("ab&amp;cd", 6, true), "ab…") == 0,
	    "an entity isn't cut");
	ok(strcmp(trimmed("ab&amp;cd", 6, false), "ab&am…") == 0,
	    "plain text has no entities");
	ok(strcmp(trimmed("a<https://x.example|b>c", 12, true), "a…") == 0,
	    "a link isn't cut");
	ok(strcmp(trimmed("a < b > c", 4, true), "a…") == 0,
	    "what is between two signs counts as a link");
	ok(strcmp(trimmed("a<<bcdef", 5, true), "a<<b…") == 0,
	    "a sign that nothing closes is a character");
	ok(strcmp(trimmed("a[b](https://x.example/)c", 12, true), "a…") == 0,
	    "nor is a link of a markdown block");
	memset(many, 'x', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	ok(strcmp(trimmed(many, 200, false) + 175,
	    "… (1,125 more characters)") == 0,
	    "where there is room the missing characters are counted");
	memcpy(many + 1000, "&amp;&lt;<https://x.example/|y>", 31);
	many[1031] = '\0';
	ok(strcmp(trimmed(many, 1030, true) + 1000,
	    "&amp;… (2 more characters)") == 0,
	    "they are counted as a reader sees them");
}

/* ---- random messages ---------------------------------------------------- */

static void
words(size_t most)
{
	static const char *const pieces[] = { "word ", "é", "&amp;",
		"&lt;b&gt;", "<https://x.example/?a&amp;b|label>", "\\n",
		"<!date^1^{date}|x>", "\\ud83d\\ude00", "𝄞", "*bold* ",
		"\\\"", "xxxxxxxxxxxxxxxxxxxx" };
	size_t length = dice(3) > 0 ? dice(40) : dice((unsigned)most), i;

	buffer_puts(&text, "\"");
	for (i = 0; i <= length; i += 5)
		buffer_puts(&text, pieces[dice(sizeof(pieces) /
		    sizeof(pieces[0]))]);
	buffer_puts(&text, "\"");
}

static void
text_object(size_t most)
{
	buffer_printf(&text, "{\"type\":\"%s\",\"text\":", dice(2) ?
	    "plain_text" : "mrkdwn");
	words(most);
	buffer_puts(&text, "}");
}

static void
plain_object(size_t most)
{
	buffer_puts(&text, "{\"type\":\"plain_text\",\"text\":");
	words(most);
	buffer_puts(&text, "}");
}

static void
many(unsigned often, unsigned most, void (*one)(void))
{
	unsigned count = dice(5) > 0 ? 1 + dice(often) : 1 + dice(most), i;

	buffer_puts(&text, "[");
	for (i = 0; i < count; i++) {
		if (i > 0)
			buffer_puts(&text, ",");
		one();
	}
	buffer_puts(&text, "]");
}

static void
field(void)
{
	text_object(4000);
}

static void
option(void)
{
	buffer_puts(&text, "{\"value\":\"v\",\"text\":");
	plain_object(150);
	buffer_puts(&text, "}");
}

static void
element(void)
{
	if (dice(4) > 0) {
		buffer_puts(&text, "{\"type\":\"button\",\"text\":");
		plain_object(150);
	} else {
		buffer_puts(&text, "{\"type\":\"static_select\","
		    "\"placeholder\":");
		plain_object(300);
		buffer_puts(&text, ",\"options\":");
		many(10, 150, option);
	}
	buffer_puts(&text, "}");
}

static void
leaf(void)
{
	if (dice(4) > 0) {
		buffer_puts(&text, "{\"type\":\"text\",\"text\":");
		words(9000);
		buffer_puts(&text, "}");
	} else
		buffer_puts(&text, "{\"type\":\"link\",\"url\":"
		    "\"https://x.example/\"}");
}

static void
item(void)
{
	buffer_puts(&text, "{\"type\":\"rich_text_section\",\"elements\":");
	many(2, 30, leaf);
	buffer_puts(&text, "}");
}

static void
cell(void)
{
	buffer_puts(&text, "{\"type\":\"raw_text\",\"text\":");
	words(dice(50) > 0 ? 40 : 13000);
	buffer_puts(&text, "}");
}

static void
row(void)
{
	many(10, 25, cell);
}

static void block(void);

static void
block_with(unsigned kind)
{
	switch (kind) {
	case 0:
		buffer_puts(&text, "{\"type\":\"divider\"}");
		return;
	case 1:
		buffer_puts(&text, "{\"type\":\"header\",\"text\":");
		plain_object(400);
		break;
	case 2:
		buffer_puts(&text, "{\"type\":\"section\",\"text\":");
		text_object(6000);
		break;
	case 3:
		buffer_puts(&text, "{\"type\":\"section\",\"fields\":");
		many(10, 40, field);
		break;
	case 4:
		buffer_puts(&text, "{\"type\":\"context\",\"elements\":");
		many(5, 20, field);
		break;
	case 5:
		buffer_puts(&text, "{\"type\":\"actions\",\"elements\":");
		many(5, 40, element);
		break;
	case 6:
		buffer_puts(&text, "{\"type\":\"table\",\"rows\":");
		many(20, 130, row);
		break;
	case 7:
		buffer_puts(&text, "{\"type\":\"rich_text\",\"elements\":["
		    "{\"type\":\"rich_text_list\",\"style\":\"bullet\","
		    "\"elements\":");
		many(20, 500, item);
		buffer_puts(&text, "}]");
		break;
	case 8:
		buffer_puts(&text, "{\"type\":\"markdown\",\"text\":");
		words(16000);
		break;
	default:
		buffer_puts(&text, "{\"type\":\"container\",\"title\":");
		plain_object(200);
		buffer_puts(&text, ",\"child_blocks\":");
		many(5, 15, block);
	}
	buffer_puts(&text, "}");
}

static void
block(void)
{
	/* A container in a container is wrong, and stays so. */
	block_with(dice(60) > 0 ? dice(9) : 9);
}

static void
attachment(void)
{
	buffer_puts(&text, "{\"color\":\"good\",\"text\":");
	words(dice(10) > 0 ? 300 : 15000);
	if (dice(2)) {
		buffer_puts(&text, ",\"footer\":");
		words(600);
	}
	if (dice(4) == 0) {
		buffer_puts(&text, ",\"blocks\":");
		many(5, 60, block);
	}
	buffer_puts(&text, "}");
}

/* One that is over the ceiling is none. */
static void
make_message(void)
{
	buffer_clear(&text);
	buffer_puts(&text, "{\"channel\":\"#c\",\"text\":");
	words(6000);
	if (dice(4) > 0) {
		buffer_puts(&text, ",\"blocks\":");
		many(10, 80, block);
	}
	if (dice(4) == 0) {
		buffer_puts(&text, ",\"attachments\":");
		many(5, 130, attachment);
	}
	buffer_puts(&text, "}");
}

/* Put something else in place of one value. */
static void
damage(void)
{
	static const char *const others[] = { "null", "1", "true", "\"x\"",
		"\"\"", "[]", "{}", "[[]]", "[{}]", "{\"type\":\"card\"}",
		"\"rich_text\"", "\"\\u0000\"" };
	const struct json_value *value;
	struct error error;

	if (json_parse(&json, text.data, text.length, &error) == -1)
		return;
	value = &json.values[dice((unsigned)json.count)];
	buffer_clear(&before);
	buffer_append(&before, text.data, value->start);
	buffer_puts(&before, others[dice(sizeof(others) /
	    sizeof(others[0]))]);
	buffer_append(&before, text.data + value->end,
	    text.length - value->end);
	buffer_clear(&text);
	buffer_append(&text, before.data, before.length);
}

/* Every & < > is a part of something whole. */
static bool
is_whole(const char *s)
{
	const char *end;

	for (; *s != '\0'; s++) {
		if (*s == '&' && strncmp(s, "&amp;", 5) != 0 &&
		    strncmp(s, "&lt;", 4) != 0 && strncmp(s, "&gt;", 4) != 0)
			return false;
		if (*s == '>')
			return false;
		if (*s == '<') {
			end = strchr(s, '>');
			if (end == NULL || memchr(s + 1, '<',
			    (size_t)(end - s) - 1) != NULL)
				return false;
			s = end;
		}
	}
	return true;
}

static bool
mrkdwn_is_whole(void)
{
	json_node node, string;
	char *decoded;
	bool whole = true;

	for (node = 0; (size_t)node < json.count && whole; node++) {
		string = json_member(&json, node, "text");
		if (json_type(&json, string) != JSON_STRING ||
		    json_is(&json, json_member(&json, node, "type"),
		    "plain_text") || json_is(&json, json_member(&json, node,
		    "type"), "raw_text") || json_is(&json, json_member(&json,
		    node, "type"), "text"))
			continue;
		decoded = json_dup(&json, string);
		whole = decoded != NULL && is_whole(decoded);
		free(decoded);
	}
	return whole;
}

/* NULL, or what is wrong with the trimming of the message in text. */
static const char *
fault(size_t *passed, size_t *refused)
{
	static struct error error;
	bool good;

	if (json_parse(&json, text.data, text.length, &error) == -1)
		return error.message;
	buffer_clear(&before);
	buffer_append(&before, text.data, text.length);
	good = check_message(&json, &error) == 0;
	if (trim_message(&text, &json, &error) == -1) {
		(*refused)++;
		return NULL;
	}
	if (good) {
		(*passed)++;
		return text.length == before.length && memcmp(text.data,
		    before.data, text.length) == 0 ? NULL :
		    "a message that passes was touched";
	}
	if (check_message(&json, &error) == -1)
		return error.message;
	if (!mrkdwn_is_whole())
		return "a piece of an entity or a link";
	buffer_clear(&before);
	buffer_append(&before, text.data, text.length);
	if (trim_message(&text, &json, &error) == -1)
		return error.message;
	return text.length == before.length && memcmp(text.data, before.data,
	    text.length) == 0 ? NULL : "trimmed again it is another";
}

int
main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : ROUNDS, i;
	unsigned began = argc > 2 ? (unsigned)atoi(argv[2]) : 1;
	size_t passed = 0, refused = 0, damaged = 0;
	const char *why = NULL;

	buffer_init(&text, CEILING);
	buffer_init(&before, CEILING);
	test_texts();
	for (i = 0; i < rounds && why == NULL; i++) {
		seed = began + i;
		make_message();
		if (text.failed)
			continue;
		if (i % 4 == 3) {
			damage();
			why = fault(&passed, &damaged);
		} else
			why = fault(&passed, &refused);
	}
	if (why != NULL)
		printf("# seed %u: %s\n# %.2000s\n", seed, why,
		    buffer_text(&before));
	printf("# %u messages: %zu had the right size, %zu were refused, and "
	    "%zu damaged ones\n", i, passed, refused, damaged);
	ok(why == NULL, "random messages are trimmed, and only once");
	ok(passed > rounds / 100 && refused < rounds / 20,
	    "most are trimmed, and some needed no trimming");
	buffer_free(&text);
	buffer_free(&before);
	json_free(&json);
	return tap_end();
}
