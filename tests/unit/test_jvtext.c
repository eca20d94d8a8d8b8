/* SPDX-License-Identifier: MIT */
/*
 * jvtext against libjq's own reader and writer: what it reads is what libjq
 * reads, but for the integers that a double can't hold and for names that
 * stand twice; and what it writes, libjq reads back.
 *
 *   test_jvtext [SECONDS [SEED]]
 *
 * Random documents, some of them damaged, and random values follow the known
 * ones: so many, or for so long.  A failure says the seed, and what it was.
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tap.h"
#include "transform/jvtext.h"

#define CEILING ((size_t)1 << 22)
#define ROUNDS 50000
#define LEVELS 6

static unsigned seed = 1;
static struct json json;
/* Of the document that was made last: libjq may read all of it as we do. */
static bool comparable;

static unsigned
dice(unsigned sides)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % sides;
}

/* ---- what is expected --------------------------------------------------- */

/* Consumes string. */
static jv
escaped(jv string)
{
	const char *text = jv_string_value(string);
	int length = jv_string_length_bytes(jv_copy(string)), i;
	struct buffer out;
	jv result;

	buffer_init(&out, CEILING);
	for (i = 0; i < length; i++)
		if (text[i] == '&')
			buffer_puts(&out, "&amp;");
		else if (text[i] == '<')
			buffer_puts(&out, "&lt;");
		else if (text[i] == '>')
			buffer_puts(&out, "&gt;");
		else
			buffer_append(&out, text + i, 1);
	result = jv_string_sized(buffer_text(&out), (int)out.length);
	buffer_free(&out);
	jv_free(string);
	return result;
}

/* A piece of the document as libjq reads it; what is no value is a failure
 * to the caller, as it is equal to nothing. */
static jv
parsed(const char *text, size_t length)
{
	return jv_parse_sized(text, (int)length);
}

static jv
expected_scalar(json_node node, enum jvtext_escape escape)
{
	size_t length, digits;
	const char *raw = json_raw(&json, node, &length);
	char *copy;
	jv result;

	if (json_type(&json, node) == JSON_STRING) {
		result = parsed(raw, length);
		return escape == JVTEXT_PLAIN ||
		    jv_get_kind(result) != JV_KIND_STRING ? result :
		    escaped(result);
	}
	if (json_type(&json, node) != JSON_NUMBER)
		return parsed(raw, length);
	digits = strspn(raw + (*raw == '-'), "0123456789") + (*raw == '-');
	copy = strndup(raw, length);
	/* A double is printed by libc to its last digit. */
	result = jv_number(strtod(copy, NULL));
	if (digits == length && fabs(jv_number_value(result)) >= 0x1p53 &&
	    strcmp(copy + (*copy == '-'), "9007199254740992") != 0) {
		jv_free(result);
		result = jv_string(copy);
	}
	free(copy);
	return result;
}

static bool is_expected(json_node node, jv value, enum jvtext_escape escape);

static bool
is_expected_object(json_node node, jv value, enum jvtext_escape escape)
{
	jv seen = jv_object(), name;
	const struct json_value *child;
	json_node at;
	bool good = true;

	for (at = json_first(&json, node); at != JSON_NONE && good;
	    at = json_next(&json, at)) {
		child = &json.values[at];
		name = parsed(json.text + child->name,
		    (size_t)(child->name_end - child->name));
		if (!jv_object_has(jv_copy(seen), jv_copy(name)))
			good = is_expected(at, jv_object_get(jv_copy(value),
			    jv_copy(name)), escape);
		seen = jv_object_set(seen, name, jv_true());
	}
	good = good && jv_object_length(jv_copy(seen)) ==
	    jv_object_length(jv_copy(value));
	jv_free(seen);
	jv_free(value);
	return good;
}

/* Consumes value. */
static bool
is_expected(json_node node, jv value, enum jvtext_escape escape)
{
	json_node at;
	int i = 0;

	if (json_type(&json, node) == JSON_OBJECT) {
		if (jv_get_kind(value) == JV_KIND_OBJECT)
			return is_expected_object(node, value, escape);
	} else if (json_type(&json, node) != JSON_ARRAY)
		return jv_equal(expected_scalar(node, escape), value) == 1;
	else if (jv_get_kind(value) == JV_KIND_ARRAY) {
		for (at = json_first(&json, node); at != JSON_NONE;
		    at = json_next(&json, at))
			if (!is_expected(at, jv_array_get(jv_copy(value), i++),
			    escape))
				break;
		i = at == JSON_NONE &&
		    i == jv_array_length(jv_copy(value)) ? 1 : 0;
	}
	jv_free(value);
	return i == 1;
}

/* ---- reading ------------------------------------------------------------ */

/* Half a surrogate pair: U+FFFD to us and to libjq from 1.7 on, which 1.6 does
 * not take for JSON.  Consumes what is invalid. */
static bool
is_half_a_pair(jv value)
{
	bool half;

	value = jv_invalid_get_msg(value);
	half = jv_get_kind(value) == JV_KIND_STRING &&
	    strstr(jv_string_value(value), "surrogate") != NULL;
	jv_free(value);
	return half;
}

/* The text is read as expected, or refused. */
static bool
reads(const char *text, size_t length, bool valid)
{
	struct error error;
	/* Of its own, so that a look beyond it is noticed. */
	char *copy = malloc(length + 1);
	bool good;
	jv plain, theirs;

	memcpy(copy, text, length);
	copy[length] = '\0';
	if (json_parse(&json, copy, length, &error) == -1) {
		free(copy);
		return !valid;
	}
	plain = jvtext_read(&json, 0, JVTEXT_PLAIN);
	theirs = parsed(copy, length);
	good = (!valid && !jv_is_valid(theirs) &&
	    is_half_a_pair(jv_copy(theirs))) ||
	    (jv_is_valid(theirs) &&
	    is_expected(0, jv_copy(plain), JVTEXT_PLAIN) &&
	    is_expected(0, jvtext_read(&json, 0, JVTEXT_MRKDWN),
	    JVTEXT_MRKDWN) && (!valid || !comparable ||
	    jv_equal(jv_copy(plain), jv_copy(theirs)) == 1));
	jv_free(plain);
	jv_free(theirs);
	free(copy);
	return good;
}

static void
test_known_texts(void)
{
	static const char *const texts[] = { "0", "-0", "1.10", "1E+3", "-1e-7",
		"9007199254740991", "9007199254740992", "9007199254740993",
		"-9007199254740992", "-9007199254740993", "10000000000000000",
		"9007199254740993.0", "9007199254740993e0", "1e308", "5e-324",
		"300000047414679123", "0.1", "2.2250738585072011e-308",
		"1.7976931348623157e308", "123456789012345678901234567890",
		"\"\"", "\"a\\u0000b\"", "\"\\ud83d\\ude00 \\u20ac\"",
		"\"&lt;<>&&amp;\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "[]",
		"{}", "[[],{}]", "{\"a\":1,\"a\":2}", "{\"\":{\"\":\"\"}}",
		"{\"a\\u0062\":1,\"ab\":2,\"b\":[3]}", " [ 1 , 2 ] ", "true",
		"false", "null", "[null,false,\"<!channel>\",{\"<\":\">\"}]",
		"\"\xf0\x9f\x98\x80\xef\xbf\xbf\x7f\"" };
	size_t i;

	comparable = false;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ok(reads(texts[i], strlen(texts[i]), true), texts[i]);
}

/* ---- writing ------------------------------------------------------------ */

/* value (consumed) as it comes out, read by libjq. */
static jv
written(jv value, int above)
{
	struct buffer out;
	jv result;

	buffer_init(&out, CEILING);
	if (jvtext_write(value, above, &out) == -1)
		result = jv_invalid();
	else
		result = parsed(buffer_text(&out), out.length);
	buffer_free(&out);
	return result;
}

static bool
is_refused(jv value, int above)
{
	jv out = written(value, above);
	bool refused = !jv_is_valid(out);

	jv_free(out);
	return refused;
}

/* Consumes value. */
static bool
writes(jv value, const char *expected)
{
	return jv_equal(written(value, 0), jv_parse(expected)) == 1;
}

static jv
nested(int levels, bool object)
{
	jv value = jv_null();

	while (levels-- > 0)
		value = object ? jv_object_set(jv_object(), jv_string("a"),
		    value) : jv_array_append(jv_array(), value);
	return value;
}

static void
test_known_values(void)
{
	struct buffer out;

	ok(writes(jv_number(NAN), "null"), "what is no number is null");
	ok(writes(jv_number(INFINITY), "1.7976931348623157e+308") &&
	    writes(jv_number(-INFINITY), "-1.7976931348623157e+308"),
	    "a number without end is the greatest");
	ok(writes(jv_string_sized("a\0\x01\x1f\x7f\"\\/", 8),
	    "\"a\\u0000\\u0001\\u001f\x7f\\\"\\\\/\""), "controls are escaped");
	ok(jv_equal(written(nested(
	    JSON_DEPTH_MAX, false), 0), nested(JSON_DEPTH_MAX, false)) == 1 &&
	    jv_equal(written(nested(JSON_DEPTH_MAX - 2, true), 2),
	    nested(JSON_DEPTH_MAX - 2, true)) == 1,
	    "it may be nested as deep as what is read");
	ok(is_refused(nested(JSON_DEPTH_MAX + 1, false), 0) &&
	    is_refused(nested(JSON_DEPTH_MAX + 1, true), 0) &&
	    is_refused(nested(JSON_DEPTH_MAX, true), 1),
	    "and no deeper, with what is above it");
	buffer_init(&out, 10);
	ok(jvtext_write(jv_parse("[1,2,3,4,5,6]"), 0, &out) == -1 &&
	    out.failed, "what is longer than the ceiling fails");
	buffer_free(&out);
	buffer_init(&out, 10);
	ok(jvtext_write(jv_string("a long & windy text"), 0, &out) == -1 &&
	    out.failed, "so does a string");
	buffer_free(&out);
}

/* In each context the strings of a record come out as Slack reads them. */
static void
test_contexts(void)
{
	static const struct {
		const char *document, *out;
	} cases[] = {
		{ "{\"text\":\"<a>\"}", "{\"text\":\"&lt;a&gt;\"}" },
		{ "{\"url\":\"?a&b\",\"x\":{\"block_id\":\"<\"}}",
		    "{\"url\":\"?a&b\",\"x\":{\"block_id\":\"<\"}}" },
		{ "{\"url\":[\"<\"],\"alt_text\":{\"a\":\"<\"}}",
		    "{\"url\":[\"&lt;\"],\"alt_text\":{\"a\":\"&lt;\"}}" },
		{ "{\"type\":\"plain_text\",\"text\":\"<\"}",
		    "{\"type\":\"plain_text\",\"text\":\"&lt;\"}" },
		{ "{\"blocks\":[{\"type\":\"plain_text\",\"text\":\"&lt;\"},"
		    "{\"type\":\"mrkdwn\",\"text\":\"<\",\"value\":\"<\"}]}",
		    "{\"blocks\":[{\"type\":\"plain_text\",\"text\":\"&lt;\"},"
		    "{\"type\":\"mrkdwn\",\"text\":\"&lt;\","
		    "\"value\":\"&lt;\"}]}" },
		{ "{\"blocks\":[{\"type\":\"rich_text\","
		    "\"a\":[{\"b\":\"<\"}]},"
		    "{\"type\":\"button\",\"value\":\"<&>\"},"
		    "{\"text\":{},\"value\":\"<\"}]}",
		    "{\"blocks\":[{\"type\":\"rich_text\","
		    "\"a\":[{\"b\":\"<\"}]},"
		    "{\"type\":\"button\",\"value\":\"<&>\"},"
		    "{\"text\":{},\"value\":\"<\"}]}" },
		{ "{\"blocks\":\"<\",\"<\":\"&amp;\",\"x\":[[\"&\"]]}",
		    "{\"blocks\":\"&lt;\",\"<\":\"&amp;amp;\","
		    "\"x\":[[\"&amp;\"]]}" } };
	struct error error;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(json_parse(&json, cases[i].document,
		    strlen(cases[i].document), &error) == 0 &&
		    writes(jvtext_read(&json, 0, JVTEXT_MRKDWN), cases[i].out),
		    cases[i].document);
}

/* ---- random documents --------------------------------------------------- */

static void
space(struct buffer *out)
{
	static const char *const some[] = { " ", "\n", "\t", "\r\n  " };

	if (dice(10) == 0)
		buffer_puts(out, some[dice(4)]);
}

static void
string(struct buffer *out)
{
	static const char *const parts[] = { "&", "<", ">", "&amp;", "&lt;",
		"\\u0026", "\\u003C", "\\\"", "\\\\", "\\/", "\\b\\f\\n\\r\\t",
		"\\u0000", "\\u001f", "\\u00e9", "\\uD83D\\uDE00", "\\uffff",
		"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\x7f",
		"a word ", "0", "{[", "long enough for a run of eight bytes" };
	unsigned left = dice(dice(20) == 0 ? 300 : 6);

	buffer_puts(out, "\"");
	while (left-- > 0)
		buffer_puts(out, parts[dice(24)]);
	buffer_puts(out, "\"");
}

static void
digits(struct buffer *out, unsigned count)
{
	while (count-- > 0)
		buffer_printf(out, "%u", dice(10));
}

static void
number(struct buffer *out)
{
	static const char *const near[] = { "9007199254740991",
		"9007199254740992", "9007199254740993", "9007199254741000",
		"10000000000000000", "99999999999999999" };
	size_t before = out->length;
	unsigned whole = 1 + dice(dice(4) == 0 ? 25 : 8);

	buffer_puts(out, dice(4) == 0 ? "-" : "");
	if (dice(12) == 0) {
		buffer_puts(out, near[dice(6)]);
		whole = 17;
	} else if (dice(5) == 0)
		buffer_puts(out, "0");
	else {
		buffer_printf(out, "%u", 1 + dice(9));
		digits(out, whole - 1);
	}
	comparable &= whole < 16;
	if (dice(3) == 0) {
		buffer_puts(out, ".");
		digits(out, 1 + dice(dice(4) == 0 ? 20 : 3));
	}
	if (dice(5) == 0) {
		buffer_puts(out, dice(2) ? "e" : "E");
		buffer_puts(out, dice(3) == 0 ? "+" : dice(2) ? "-" : "");
		whole = 1 + dice(3);
		digits(out, whole);
		/* Without end it isn't written as it was read. */
		comparable &= whole < 3;
	}
	/* Later ones don't round what is longer as strtod does. */
	comparable &= out->length - before < 16;
}

/* One of few, so that some stand twice. */
static void
member_name(struct buffer *out, unsigned *used)
{
	unsigned which;

	if (dice(2) == 0) {
		string(out);
		comparable = false;
		return;
	}
	which = dice(12);
	comparable &= (*used & 1u << which) == 0;
	*used |= 1u << which;
	if (dice(4) == 0)
		buffer_printf(out, "\"\\u%04x\"", 'a' + which);
	else
		buffer_printf(out, "\"%c\"", 'a' + (int)which);
}

static void value(struct buffer *out, unsigned level);

static void
list(struct buffer *out, bool object, unsigned level)
{
	unsigned left = dice(6), used = 0;

	buffer_puts(out, object ? "{" : "[");
	space(out);
	while (left-- > 0) {
		if (object) {
			member_name(out, &used);
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
	static const char *const words[] = { "true", "false", "null" };

	space(out);
	if (level < LEVELS && dice(3) == 0)
		list(out, dice(2) == 0, level);
	else if (dice(2) == 0)
		string(out);
	else if (dice(4) > 0)
		number(out);
	else
		buffer_puts(out, words[dice(3)]);
	space(out);
}

static void
damage(struct buffer *out)
{
	static const char bytes[] = "{}[]\",:\\ 0e-.u\x01\x80\xff";
	size_t at = dice((unsigned)out->length);

	switch (dice(3)) {
	case 0:
		out->data[at] = bytes[dice(sizeof(bytes) - 1)];
		break;
	case 1:
		out->data[at] = (char)dice(256);
		break;
	default:
		memmove(out->data + at, out->data + at + 1, out->length - at);
		out->length--;
	}
}

/* Escaped on reading, a document below rich text is written as it was. */
static bool
comes_back(const char *text, size_t length)
{
	struct error error;
	jv out, plain;

	if (json_parse(&json, text, length, &error) == -1)
		return false;
	plain = jvtext_read(&json, 0, JVTEXT_PLAIN);
	out = jv_object_set(jv_parse("{\"type\":\"rich_text\"}"),
	    jv_string("elements"), jvtext_read(&json, 0, JVTEXT_MRKDWN));
	out = written(jv_object_set(jv_object(), jv_string("blocks"), out), 0);
	if (jv_get_kind(out) == JV_KIND_OBJECT)
		out = jv_object_get(jv_object_get(out, jv_string("blocks")),
		    jv_string("elements"));
	return jv_equal(plain, out) == 1;
}

static bool
try_document(void)
{
	unsigned first = seed;
	struct buffer out;
	bool good, valid = true;

	buffer_init(&out, CEILING);
	comparable = true;
	value(&out, 0);
	while (dice(3) == 0 && out.length > 0) {
		damage(&out);
		valid = false;
	}
	good = reads(buffer_text(&out), out.length, valid) &&
	    (!valid || !comparable ||
	    comes_back(buffer_text(&out), out.length));
	if (!good)
		printf("# seed %u: %.*s\n", first, (int)out.length,
		    buffer_text(&out));
	buffer_free(&out);
	return good;
}

/* ---- random values ------------------------------------------------------ */

static double
random_double(void)
{
	uint64_t bits = 0;
	double number;
	int i;

	switch (dice(4)) {
	case 0:
		return (int)dice(2000) - 1000;
	case 1:
		return ((int)dice(60000) - 30000) / 100.0;
	case 2:
		return (double)((uint64_t)1 << dice(60)) + (int)dice(3) - 1;
	default:
		for (i = 0; i < 8; i++)
			bits = bits << 8 | dice(256);
		memcpy(&number, &bits, sizeof(number));
		return isfinite(number) ? number : 0.5;
	}
}

static jv
random_string(void)
{
	static const char *const parts[] = { "&", "<", "&amp;", "\"", "\\",
		"\n", "\x01", "\x1f", "\x7f", "\xc3\xa9", "\xf0\x9f\x98\x80",
		"a word", "long enough for a run of eight bytes" };
	unsigned left = dice(dice(20) == 0 ? 300 : 6);
	jv string = jv_string("");

	while (left-- > 0) {
		if (dice(14) == 0)
			string = jv_string_append_buf(string, "\0", 1);
		else
			string = jv_string_append_str(string, parts[dice(13)]);
	}
	return string;
}

static jv
random_value(unsigned level)
{
	unsigned left = dice(6);
	jv result, name;

	switch (dice(level < LEVELS ? 8 : 6)) {
	case 0:
		return dice(2) == 0 ? jv_true() : jv_false();
	case 1:
		return jv_null();
	case 2:
	case 3:
		return jv_number(random_double());
	case 4:
	case 5:
		return random_string();
	case 6:
		for (result = jv_array(); left > 0; left--)
			result = jv_array_append(result,
			    random_value(level + 1));
		return result;
	default:
		for (result = jv_object(); left > 0; left--) {
			name = random_string();
			result = jv_object_set(result, name,
			    random_value(level + 1));
		}
		return result;
	}
}

static bool
try_value(void)
{
	unsigned first = seed;
	jv value = random_value(0);

	if (jv_equal(written(jv_copy(value), 0), jv_copy(value)) == 1) {
		jv_free(value);
		return true;
	}
	printf("# seed %u: ", first);
	jv_show(value, 0);
	return false;
}

int
main(int argc, char **argv)
{
	time_t end = argc > 1 ? time(NULL) + atoi(argv[1]) : 0;
	unsigned long rounds = 0;
	bool read_good = true, write_good = true;

	test_known_texts();
	test_known_values();
	test_contexts();
	if (argc > 2)
		seed = (unsigned)strtoul(argv[2], NULL, 10);
	printf("# seed %u\n", seed);
	while (read_good && write_good &&
	    (end > 0 ? time(NULL) < end : rounds < ROUNDS)) {
		read_good = try_document();
		write_good = try_value();
		rounds++;
	}
	printf("# %lu random documents and values\n", rounds);
	ok(read_good, "random documents are read as libjq reads them");
	ok(write_good, "random values are written as libjq reads them");
	json_free(&json);
	return tap_end();
}
