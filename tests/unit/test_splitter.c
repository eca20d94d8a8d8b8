/* SPDX-License-Identifier: MIT */
/*
 * The splitter against the JSON reader: what it cuts out of a page must be
 * what the reader finds in the whole of it, however the page is cut into
 * pieces; and a page that is no JSON never passes.
 *
 *   test_splitter [SECONDS [SEED]]
 *
 * Random pages, half of them damaged, follow the known ones: so many, or for
 * so long.  A failure says the seed, and what the page was.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fetch/splitter.h"
#include "tap.h"

#define CEILING ((size_t)1 << 20)
#define ROUNDS 100000
#define LEVELS 4

static unsigned seed = 1;
static struct json whole, row_json;
static struct splitter splitter;

static unsigned
dice(unsigned sides)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % sides;
}

/* ---- the reader's word -------------------------------------------------- */

static bool
is_items(json_node member)
{
	const struct json_value *value = &whole.values[member];

	return value->type == JSON_ARRAY && !value->name_escaped &&
	    json_named(&whole, member, "items");
}

/* The row behind row, which is JSON_NONE at first; JSON_NONE at the end. */
static json_node
next_row(json_node *member, json_node row)
{
	if (row != JSON_NONE && (row = json_next(&whole, row)) != JSON_NONE)
		return row;
	for (; *member != JSON_NONE; *member = json_next(&whole, *member))
		if (is_items(*member) &&
		    (row = json_first(&whole, *member)) != JSON_NONE) {
			*member = json_next(&whole, *member);
			return row;
		}
	return JSON_NONE;
}

static bool
rows_are_objects(void)
{
	json_node member, row = JSON_NONE;

	if (json_type(&whole, 0) != JSON_OBJECT)
		return true;
	member = json_first(&whole, 0);
	while ((row = next_row(&member, row)) != JSON_NONE)
		if (json_type(&whole, row) != JSON_OBJECT)
			return false;
	return true;
}

/* ---- against the splitter's --------------------------------------------- */

/* Take the rows that are there.  false: one is another than the reader's. */
static bool
take_rows(bool valid, json_node *member, json_node *expected, bool *broken)
{
	enum splitter_result result;
	struct error error;
	const char *row, *raw;
	size_t length, raw_length;

	while ((result = splitter_next(&splitter, &row, &length, &error)) ==
	    SPLITTER_ROW) {
		if (json_parse(&row_json, row, length, &error) == -1)
			*broken = true;
		if (!valid)
			continue;
		*expected = next_row(member, *expected);
		raw = json_raw(&whole, *expected, &raw_length);
		if (*expected == JSON_NONE || length != raw_length ||
		    memcmp(row, raw, length) != 0)
			return false;
	}
	if (result == SPLITTER_ERROR)
		*broken = true;
	return true;
}

/* In pieces of this size, 0: of random ones. */
static bool
agree(const char *text, size_t length, size_t piece)
{
	struct error error;
	bool valid = json_parse(&whole, text, length, &error) == 0 &&
	    rows_are_objects();
	bool broken = false;
	json_node member = JSON_NONE, expected = JSON_NONE;
	struct json envelope = { 0 };
	size_t at, count;
	char *copy;

	if (valid && json_type(&whole, 0) == JSON_OBJECT)
		member = json_first(&whole, 0);
	splitter_reset(&splitter);
	for (at = 0; at < length && !broken; at += count) {
		count = piece > 0 ? piece : 1 + dice(dice(2) ? 70 : 1000);
		if (count > length - at)
			count = length - at;
		/* Of its own, so that a look beyond it is noticed. */
		copy = malloc(count);
		memcpy(copy, text + at, count);
		splitter_feed(&splitter, copy, count);
		free(copy);
		if (!take_rows(valid, &member, &expected, &broken))
			return false;
	}
	if (!broken && splitter_end(&splitter, &envelope, &error) == -1)
		broken = true;
	json_free(&envelope);
	return broken == !valid &&
	    (broken || next_row(&member, expected) == JSON_NONE);
}

static bool
agree_in_all_pieces(const char *text)
{
	size_t length = strlen(text), piece;

	for (piece = 1; piece <= length; piece++)
		if (!agree(text, length, piece))
			return false;
	return true;
}

/* ---- pages -------------------------------------------------------------- */

static void
test_known(void)
{
	static const char *const pages[] = {
		"{\"items\":[{\"a\":1},{\"b\":[{}]}],\"hasMore\":false}",
		"{\"items\":[],\"count\":0}", "{\"count\":0}", "{}", "[]",
		"{\"items\":[ ]}", "{\"items\":null}", "{\"items\":{}}",
		"{\"links\":[{\"items\":[{\"x\":1}]}],\"items\":[{\"y\":2}]}",
		"{\"a\":{\"items\":[{\"x\":1}]},\"items\":[{\"y\":2}]}",
		"{\"a\":[\"items\",{\"items\":[1]}],\"items\":[{\"y\":2}]}",
		"{\"xitems\":[1],\"x\\\"items\":[2],\"items\":[{\"y\":2}]}",
		"{\"it\\u0065ms\":[{\"a\":1}]}", "[{\"items\":[{\"a\":1}]}]",
		"{\"items\":[{\"items\":[{\"a\":\"}]\"}]}],\"items\":[{}]}",
		"{\"items\":[{\"a\":\"{[\\\"}]\\\\\"},{\"\\\\\\\"{\":\"\\\\\"}]}",
	};
	static const char *const broken[] = { "", "{", "{\"items\":[",
		"{\"items\":[{}", "{\"items\":[{}]", "{\"items\":[{},]}",
		"{\"items\":[,{}]}", "{\"items\":[{}{}]}", "{\"items\":[1]}",
		"{\"items\":[{}],}", "{\"items\":[{]}]}", "{\"items\":[{\"}]}",
		"{\"items\":[{}]]}", "{\"items\":[{}]}}", "[\"items\":[{}]]",
		"{\"items\":[{\"a\"}]}", "{\"items\":[{\"a\":\"\xff\"}]}",
		"}{{\"items\":[{}]}", "{\"items\":[{}],\"a\":tru}",
		"<html>items: [{}]</html>" };
	size_t i;

	ok(agree_in_all_pieces(" {\n\"count\" : 2,\t\"items\" : [ {\"a\":1} "
	    ",\r\n{} ] } "), "white space between all that is");
	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		ok(agree_in_all_pieces(pages[i]), pages[i]);
	for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		ok(agree_in_all_pieces(broken[i]), broken[i]);
}

/* Escapes, quotes and brackets on all sides of the borders of 64 bytes. */
static void
test_borders(void)
{
	static const char *const ends[] = { "\\\\\"", "\\\"{\"", "}\\\\\\\"\"",
		"\\u007b]\"", "\"", "\xc3\xa9[\"" };
	char page[512];
	size_t i, fill;
	bool good = true;

	for (fill = 0; fill < 200; fill++)
		for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
			snprintf(page, sizeof(page), "{\"items\":[{\"a\":"
			    "\"%.*s%s},{\"b\":{\"c\":[\"%s]}}]}", (int)fill,
			    "a long text {[ with brackets ]} and words in it, "
			    "which goes on and on, for as long as it takes to "
			    "reach over more than three of the blocks that are "
			    "looked at, and some more of them in the end",
			    ends[i], ends[i]);
			good = good && agree(page, strlen(page), 512) &&
			    agree(page, strlen(page), 0);
		}
	ok(good, "what stands at a border of two blocks is read as elsewhere");
}

/* ---- random ones -------------------------------------------------------- */

static void
space(struct buffer *out)
{
	static const char *const some[] = { " ", "\n", "\t", "\r\n  " };

	if (dice(8) == 0)
		buffer_puts(out, some[dice(4)]);
}

static void
string(struct buffer *out)
{
	static const char *const parts[] = { "{", "}", "[", "]", ",", ":",
		"\\\"", "\\\\", "\\u00e9", "\xe2\x82\xac", "items", "a word ",
		"0", "/", "\\n", "hasMore" };
	unsigned left = dice(dice(10) == 0 ? 60 : 6);

	buffer_puts(out, "\"");
	while (left-- > 0)
		buffer_puts(out, parts[dice(16)]);
	buffer_puts(out, "\"");
}

static void value(struct buffer *, unsigned level);

static void
list(struct buffer *out, bool object, unsigned level)
{
	unsigned left = dice(6);

	buffer_puts(out, object ? "{" : "[");
	space(out);
	while (left-- > 0) {
		if (object) {
			string(out);
			space(out);
			buffer_puts(out, ":");
		}
		value(out, level + 1);
		if (left > 0)
			buffer_puts(out, ",");
		space(out);
	}
	buffer_puts(out, object ? "}" : "]");
}

static void
value(struct buffer *out, unsigned level)
{
	static const char *const words[] = { "true", "false", "null", "0",
		"-1.50", "300000123456789012", "1E+3" };

	space(out);
	if (level < LEVELS && dice(4) == 0)
		list(out, dice(2) == 0, level);
	else if (dice(2) == 0)
		string(out);
	else
		buffer_puts(out, words[dice(7)]);
	space(out);
}

static void
page(struct buffer *out)
{
	unsigned members = 1 + dice(5), place = dice(members + 1), rows, i;

	buffer_puts(out, "{");
	for (i = 0; i < members; i++) {
		space(out);
		if (i == place) {
			buffer_puts(out, "\"items\"");
			space(out);
			buffer_puts(out, ":[");
			for (rows = dice(6); rows > 0; rows--) {
				space(out);
				list(out, true, 1);
				if (rows > 1)
					buffer_puts(out, ",");
			}
			buffer_puts(out, "]");
		} else {
			string(out);
			buffer_puts(out, ":");
			value(out, 1);
		}
		if (i + 1 < members)
			buffer_puts(out, ",");
	}
	buffer_puts(out, "}");
}

static void
damage(struct buffer *out)
{
	static const char bytes[] = "{}[]\",:\\ 0e\x01\x80\xff";
	size_t at = dice((unsigned)out->length);

	switch (dice(4)) {
	case 0:
		out->data[at] = bytes[dice(sizeof(bytes) - 1)];
		break;
	case 1:
		out->data[at] = (char)dice(256);
		break;
	case 2:
		memmove(out->data + at, out->data + at + 1, out->length - at);
		out->length--;
		break;
	default:
		out->length = at;
	}
}

static bool
try_one(void)
{
	unsigned first = seed;
	struct buffer out;
	bool good;

	buffer_init(&out, CEILING);
	page(&out);
	while (dice(2) == 0 && out.length > 0)
		damage(&out);
	good = agree(out.data, out.length, 0);
	if (!good)
		printf("# seed %u: %.*s\n", first, (int)out.length, out.data);
	buffer_free(&out);
	return good;
}

int
main(int argc, char **argv)
{
	time_t end = argc > 1 ? time(NULL) + atoi(argv[1]) : 0;
	unsigned long rounds = 0;
	bool good = true;

	splitter_open(&splitter, CEILING);
	test_known();
	test_borders();
	if (argc > 2)
		seed = (unsigned)strtoul(argv[2], NULL, 10);
	printf("# seed %u\n", seed);
	while (good && (end > 0 ? time(NULL) < end : rounds < ROUNDS)) {
		good = try_one();
		rounds++;
	}
	printf("# %lu random pages\n", rounds);
	ok(good, "random pages are cut as the reader reads them");
	splitter_close(&splitter);
	json_free(&whole);
	json_free(&row_json);
	return tap_end();
}
