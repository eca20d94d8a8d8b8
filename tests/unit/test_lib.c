/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "json.h"
#include "line.h"
#include "record_key.h"
#include "retry.h"
#include "utf8.h"
#include "tap.h"

static bool
parses(const char *text)
{
	struct json json = { 0 };
	struct error error;
	int rc = json_parse(&json, text, strlen(text), &error);

	json_free(&json);
	return rc == 0;
}

static void
test_json_grammar(void)
{
	static const char *const bad[] = { "", "{", "[1,]", "{\"a\"}", "01",
		"1.", "-", "\"\\x\"", "\"\\u12\"", "nul", "[1] 2", "\"\xff\"",
		"\"\x01\"", "\"\xed\xa0\x80\"", "{\"a\":1,}", "'a'", "+1" };
	static const char *const good[] = { "0", "-0", "1E+3", "[]", "{}",
		" [ 1 , {\"a\" : null} ] ", "\"\\u00e9\\n\"", "true" };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(!parses(bad[i]), bad[i]);
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ok(parses(good[i]), good[i]);
}

static void
test_json_depth(void)
{
	char text[2 * JSON_DEPTH_MAX + 8];
	int depth, n;

	for (depth = JSON_DEPTH_MAX - 1; depth <= JSON_DEPTH_MAX + 1; depth++) {
		/* depth brackets around a number */
		memset(text, '[', (size_t)depth);
		text[depth] = '1';
		memset(text + depth + 1, ']', (size_t)depth);
		text[2 * depth + 1] = '\0';
		n = parses(text);
		ok(n == (depth <= JSON_DEPTH_MAX), "nesting has a ceiling");
	}
}

static void
test_json_values(void)
{
	const char *text = "{\"id\":300000123456789012,\"amount\":1250.10,"
	    "\"s\":\"a\\ud83d\\ude00\\u0041\",\"in\":{\"x\":[1,2,3]}}";
	struct json json = { 0 };
	struct error error;
	const char *raw;
	size_t length;
	char *s;

	ok(json_parse(&json, text, strlen(text), &error) == 0, "it parses");
	raw = json_raw(&json, json_path(&json, "amount"), &length);
	ok(length == 7 && memcmp(raw, "1250.10", 7) == 0,
	    "a number keeps its source text");
	s = json_dup(&json, json_path(&json, "id"));
	ok(s != NULL && strcmp(s, "300000123456789012") == 0,
	    "an 18-digit id is exact");
	free(s);
	s = json_dup(&json, json_path(&json, "s"));
	ok(s != NULL && strcmp(s, "a\xf0\x9f\x98\x80" "A") == 0,
	    "escapes and surrogate pairs are decoded");
	free(s);
	ok(json_count(&json, json_path(&json, "in.x")) == 3, "paths work");
	ok(json_path(&json, "in.y.z") == JSON_NONE, "a missing path is none");
	json_free(&json);
}

static bool
reads(const char *text, int64_t expected)
{
	int64_t ms;

	return clock_parse(text, &ms) == 0 && ms == expected;
}

static void
test_clock(void)
{
	char text[CLOCK_TEXT];
	int64_t ms;

	ok(reads("1970-01-01T00:00:00Z", 0), "the epoch");
	ok(reads("2026-01-31T08:15:27.114+00:00", 1769847327114),
	    "an ERP stamp with a fraction");
	ok(reads("2026-01-31T08:15:27+00:00", 1769847327000),
	    "an ERP stamp without one");
	ok(reads("2026-01-31T10:15:27.1149+02:00", 1769847327114),
	    "an offset, a long fraction");
	ok(reads("2024-02-29", 1709164800000), "a leap day alone");
	ok(clock_parse("2023-02-29", &ms) == -1, "no such day");
	ok(clock_parse("2026-01-31T08:15:27", &ms) == -1,
	    "a time without a zone is refused");
	ok(clock_parse("2026-01-31T08:15:27Zx", &ms) == -1, "nothing behind");
	clock_format(1769847327004, text);
	ok(strcmp(text, "2026-01-31T08:15:27.004Z") == 0, "it is written");
	ok(clock_parse_span("10m", &ms) == 0 && ms == 600000, "a span");
	ok(clock_parse_span("10", &ms) == -1, "a span needs its unit");
}

static void
test_retry(void)
{
	int64_t delay;
	int i;

	ok(retry_after_ms("7", -1, 30000, 3600000) == 7000, "seconds");
	ok(retry_after_ms("0", -1, 30000, 3600000) == 1000, "zero is a second");
	ok(retry_after_ms("-5", -1, 30000, 3600000) == 30000, "negative");
	ok(retry_after_ms("soon", -1, 30000, 3600000) == 30000, "garbage");
	ok(retry_after_ms("99999999999999999999", -1, 30000, 3600000) ==
	    3600000, "the cap");
	ok(retry_after_ms("Thu, 01 Jan 1970 00:00:09 GMT", 2000, 30000,
	    3600000) == 7000, "a date");
	for (i = 0; i < 100; i++) {
		delay = retry_backoff_ms(i, 500, 60000);
		if (delay < 250 || delay > 60000)
			break;
	}
	ok(i == 100, "backoff stays in its range");
}

static void
test_lines(void)
{
	struct line_reader reader;
	struct error error;
	const char *text;
	size_t length;
	int ends[2];

	ok(pipe(ends) == 0 && write(ends[1], "one\n\ntorn", 9) == 9, "a pipe");
	close(ends[1]);
	line_open(&reader, ends[0]);
	ok(line_next(&reader, &text, &length, &error) == LINE_OK &&
	    length == 3 && memcmp(text, "one", 3) == 0, "a line");
	ok(line_next(&reader, &text, &length, &error) == LINE_OK &&
	    length == 0, "an empty line");
	ok(line_next(&reader, &text, &length, &error) == LINE_TORN &&
	    length == 4 && reader.number == 3, "a torn end is noticed");
	ok(line_next(&reader, &text, &length, &error) == LINE_END, "the end");
	line_close(&reader);
	close(ends[0]);
}

/* Is this the next line, with that number? */
static bool
gives(struct line_reader *reader, const char *wanted, uint64_t number)
{
	struct error error;
	const char *text;
	size_t length;

	return line_next(reader, &text, &length, &error) == LINE_OK &&
	    length == strlen(wanted) && memcmp(text, wanted, length) == 0 &&
	    reader->number == number;
}

static enum line_result
result_of(struct line_reader *reader)
{
	struct error error;
	const char *text;
	size_t length;

	return line_next(reader, &text, &length, &error);
}

static void
test_lines_put_back(void)
{
	struct line_reader reader;
	int ends[2];

	ok(pipe(ends) == 0 && write(ends[1], "one\n\nthree\nfo", 13) == 13,
	    "a pipe");
	ok(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0, "that is not waited for");
	line_open(&reader, ends[0]);
	ok(gives(&reader, "one", 1) && gives(&reader, "", 2), "two lines");
	ok(line_put_back(&reader, "one\n\n", 5, 2) == 0 &&
	    gives(&reader, "one", 1) && gives(&reader, "", 2) &&
	    gives(&reader, "three", 3) && result_of(&reader) == LINE_AGAIN,
	    "lines come again, with their numbers, before what is left");
	ok(line_put_back(&reader, "one\n\nthree\n", 11, 3) == 0 &&
	    gives(&reader, "one", 1) && line_put_back(&reader, "one\n", 4,
	    1) == 0 && gives(&reader, "one", 1) && gives(&reader, "", 2) &&
	    gives(&reader, "three", 3) && result_of(&reader) == LINE_AGAIN,
	    "those that didn't all come again are given back once more");
	ok(write(ends[1], "ur\nfi", 5) == 5 && gives(&reader, "four", 4) &&
	    result_of(&reader) == LINE_AGAIN, "the piece of a line is kept");
	close(ends[1]);
	ok(result_of(&reader) == LINE_TORN && reader.number == 5, "a torn end");
	ok(line_put_back(&reader, "four\n", 5, 2) == 0 &&
	    gives(&reader, "four", 4) && result_of(&reader) == LINE_END,
	    "behind the end lines come again too");
	line_close(&reader);
	close(ends[0]);
}

/* Lines of so many bytes, and a newline each. */
static char *
long_lines(size_t bytes, size_t count)
{
	char *text = malloc((bytes + 1) * count);
	size_t i;

	if (text == NULL)
		abort();
	memset(text, 'x', (bytes + 1) * count);
	for (i = 1; i <= count; i++)
		text[i * (bytes + 1) - 1] = '\n';
	return text;
}

/* A file with this in it, from its start. */
static int
file_with(const char *text, size_t bytes)
{
	FILE *file = tmpfile();
	int fd;

	if (file == NULL || fwrite(text, 1, bytes, file) != bytes ||
	    fflush(file) != 0 || (fd = dup(fileno(file))) == -1)
		abort();
	fclose(file);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static void
test_lines_ceiling(void)
{
	int extra, fd;

	for (extra = -1; extra <= 1; extra++) {
		size_t bytes = LINE_MAX_BYTES + (size_t)extra;
		char *text = long_lines(bytes, 2);
		struct line_reader reader;

		memcpy(text + bytes + 1, "end\n", 4);
		fd = file_with(text, bytes + 5);
		line_open(&reader, fd);
		ok(result_of(&reader) == (extra > 0 ? LINE_TOO_LONG :
		    LINE_OK) && reader.number == 1, "a line has a ceiling");
		ok(gives(&reader, "end", 2) && result_of(&reader) == LINE_END,
		    "the next one comes whole");
		line_close(&reader);
		close(fd);
		free(text);
	}
}

/* Much more than a line's ceiling is given back, and again from its middle. */
static void
test_lines_much_put_back(void)
{
	const size_t bytes = LINE_MAX_BYTES / 4, count = 12;
	char *text = long_lines(bytes, count);
	int fd = file_with(text, (bytes + 1) * count);
	struct line_reader reader;
	size_t i;

	line_open(&reader, fd);
	for (i = 0; i < count && result_of(&reader) == LINE_OK; i++)
		;
	ok(i == count && line_put_back(&reader, text, (bytes + 1) * count,
	    count) == 0, "lines of 48 MiB are given back");
	ok(result_of(&reader) == LINE_OK && result_of(&reader) == LINE_OK &&
	    line_put_back(&reader, text, (bytes + 1) * 2, 2) == 0,
	    "two that came again are given back once more");
	for (i = 0; i < count && result_of(&reader) == LINE_OK; i++)
		;
	ok(i == count && reader.number == count && result_of(&reader) ==
	    LINE_END, "all of them come again");
	line_close(&reader);
	close(fd);
	free(text);
}

/* The descriptor has nothing more, and what came of the line is too long. */
static void
test_lines_put_back_before_a_long_one(void)
{
	struct line_reader reader;
	static char chunk[32768];
	size_t sent = 0;
	int ends[2];

	memset(chunk, 'x', sizeof(chunk));
	ok(pipe(ends) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 &&
	    write(ends[1], "one\ntwo\n", 8) == 8, "a pipe");
	line_open(&reader, ends[0]);
	ok(gives(&reader, "one", 1) && gives(&reader, "two", 2) &&
	    result_of(&reader) == LINE_AGAIN, "two lines");
	while (sent <= LINE_MAX_BYTES + sizeof(chunk) &&
	    write(ends[1], chunk, sizeof(chunk)) == sizeof(chunk) &&
	    result_of(&reader) == LINE_AGAIN)
		sent += sizeof(chunk);
	ok(sent > LINE_MAX_BYTES + sizeof(chunk), "and one without an end");
	ok(line_put_back(&reader, "one\ntwo\n", 8, 2) == 0 &&
	    gives(&reader, "one", 1) && gives(&reader, "two", 2) &&
	    result_of(&reader) == LINE_AGAIN, "the lines before it come again");
	ok(write(ends[1], "x\nfour\n", 7) == 7 &&
	    result_of(&reader) == LINE_TOO_LONG && reader.number == 3 &&
	    gives(&reader, "four", 4), "and then it is too long all the same");
	close(ends[1]);
	ok(result_of(&reader) == LINE_END, "the end");
	line_close(&reader);
	close(ends[0]);
}

static void
test_record_key(void)
{
	struct buffer id;

	buffer_init(&id, 10);
	ok(record_key_append(&id, "", 0, true) == -1 &&
	    record_key_append(&id, "a\0b", 3, true) == -1 &&
	    record_key_append(&id, "\x1f", 1, false) == -1 &&
	    record_key_append(&id, "\x7f", 1, false) == -1 &&
	    id.length == 0 && !id.failed,
	    "an empty part and control characters are no key");
	ok(record_key_append(&id, "a:b%", 4, true) == 0 &&
	    strcmp(buffer_text(&id), "a%3Ab%25") == 0,
	    "in one part of several the separator is escaped");
	ok(record_key_append(&id, "cd", 2, true) == 0 &&
	    record_key_append(&id, "e", 1, true) == -1 && id.failed,
	    "a key has a ceiling");
	buffer_clear(&id);
	ok(record_key_append(&id, "a:b%", 4, false) == 0 &&
	    strcmp(buffer_text(&id), "a:b%") == 0,
	    "a single part stays as it is");
	buffer_free(&id);
}

static void
test_tame(void)
{
	char text[] = "a\nb\x1b[1m\x7f \xc2\x9b" "1m \xe2\x80\xae" "x "
	    "\xe2\x81\xa6 \xff \xc3\xa9 \xe2\x82\xac \xc3";

	utf8_tame(text);
	ok(strcmp(text, "a?b?[1m? ??1m ???x ??? ? \xc3\xa9 \xe2\x82\xac ?") ==
	    0, "controls, marks of direction and torn bytes are no text");
}

int
main(void)
{
	test_tame();
	test_json_grammar();
	test_json_depth();
	test_json_values();
	test_clock();
	test_retry();
	test_lines();
	test_lines_put_back();
	test_lines_ceiling();
	test_lines_much_put_back();
	test_lines_put_back_before_a_long_one();
	test_record_key();
	return tap_end();
}
