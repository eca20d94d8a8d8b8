/* SPDX-License-Identifier: MIT */
/* What Slack's answers mean, and what deliver says to it.  The errors come
 * from tests/slack_errors.tsv, or the file that is named. */
#include <stdlib.h>
#include <string.h>

#include "deliver/slack.h"
#include "tap.h"

#define POSTED "{\"ok\":true,\"channel\":\"C1\",\"ts\":\"1.2\""
#define NOW ((int64_t)1700000000000) /* Tue, 14 Nov 2023 22:13:20 GMT */

static const char *const class_names[] = {
	[SLACK_SENT] = "sent", [SLACK_UNSENT] = "unsent",
	[SLACK_RATE] = "rate", [SLACK_TRANSIENT] = "transient",
	[SLACK_DOUBT] = "doubt", [SLACK_AUTH] = "auth",
	[SLACK_CONTRACT] = "contract", [SLACK_BLOCKED] = "blocked",
	[SLACK_CHANNEL] = "channel", [SLACK_GONE] = "gone",
	[SLACK_MESSAGE] = "message", [SLACK_UNKNOWN] = "unknown",
};

/* ---- answers ----------------------------------------------------------- */

static struct slack_answer
judged(enum slack_method method, long status, const char *retry_after,
    const char *body)
{
	struct http_answer http;
	struct slack_answer answer;

	http_answer_init(&http, 1 << 16);
	http.status = status;
	buffer_puts(&http.body, body);
	snprintf(http.retry_after, sizeof(http.retry_after), "%s",
	    retry_after);
	slack_judge(&http, method, false, NOW, &answer);
	http_answer_free(&http);
	return answer;
}

static const char *
class_of(enum slack_method method, long status, const char *body)
{
	return class_names[judged(method, status, "", body).class];
}

static const char *
class_of_word(enum slack_method method, const char *word)
{
	char body[256];

	snprintf(body, sizeof(body), "{\"ok\":false,\"error\":\"%s\"}", word);
	return class_of(method, 200, body);
}

/* One row of the table: code, methods, class for a post, for an update. */
static void
check_row(char *line)
{
	char *at = NULL, title[256];
	const char *word = strtok_r(line, "\t\n", &at);
	const char *methods = strtok_r(NULL, "\t\n", &at);
	const char *post = strtok_r(NULL, "\t\n", &at);
	const char *update = strtok_r(NULL, "\t\n", &at);
	const char *told = slack_error_methods(word);

	snprintf(title, sizeof(title), "%s is %s for a post and %s for an "
	    "update", word, post, update);
	ok(update != NULL && strcmp(class_of_word(SLACK_POST, word), post) ==
	    0 && strcmp(class_of_word(SLACK_UPDATE, word), update) == 0 &&
	    told != NULL && strcmp(told, methods) == 0, title);
}

static void
test_errors(const char *path)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t size = 0, count = 0;

	while (file != NULL && getline(&line, &size, file) != -1)
		if (*line != '#') {
			check_row(line);
			count++;
		}
	ok(count >= 112 && count == slack_error_count(),
	    "every documented error is in the table, and no other");
	free(line);
	if (file != NULL)
		fclose(file);
	ok(slack_error_methods("brand_new_error") == NULL &&
	    strcmp(class_of_word(SLACK_POST, "brand_new_error"), "unknown") ==
	    0 && strcmp(class_of_word(SLACK_UPDATE, ""), "unknown") == 0,
	    "a word that no page lists is unknown");
}

static void
test_answers(void)
{
	static const struct {
		const char *class, *body;
		long status;
	} rows[] = {
		{ "sent", POSTED "}", 200 },
		{ "sent", POSTED ","
		    "\"error\":\"no_text\",\"warning\":\"x\"}", 200 },
		{ "doubt", "{\"ok\":true,\"channel\":\"C1\"}", 200 },
		{ "doubt", "{\"ok\":true,\"ts\":\"1.2\"}", 200 },
		{ "doubt", "{\"ok\":true,\"channel\":\"C1\",\"ts\":\"12345678"
		    "901234567890123456789012345678901234567890123456789012345"
		    "\"}", 200 },
		{ "doubt", "{\"ok\":\"true\"}", 200 },
		{ "doubt", "{\"ok\":false}", 200 },
		{ "doubt", "{\"ok\":false,\"error\":{}}", 200 },
		{ "doubt", "[]", 200 },
		{ "doubt", "", 200 },
		{ "doubt", "ok", 200 },
		{ "doubt", POSTED, 200 },
		{ "doubt", "<html>", 200 },
		{ "doubt", "<html>", 408 },
		{ "doubt", "", 500 },
		{ "doubt", "{\"ok\":false,\"error\":\"no_text\"}", 500 },
		{ "doubt", POSTED "}", 503 },
		{ "contract", "", 302 },
		{ "contract", "", 401 },
		{ "contract", "", 404 },
		{ "contract", "", 407 },
		{ "blocked", "", 403 },
		{ "blocked", "<html>", 413 },
		{ "message", "{\"ok\":false,\"error\":\"no_text\"}", 400 },
		{ "rate", "", 429 },
		{ "rate", "{\"ok\":false,\"error\":\"ratelimited\"}", 200 },
	};
	char title[160];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(title, sizeof(title), "%s: status %ld, %.60s",
		    rows[i].class, rows[i].status, rows[i].body);
		ok(strcmp(class_of(SLACK_POST, rows[i].status, rows[i].body),
		    rows[i].class) == 0, title);
		ok(strcmp(class_of(SLACK_UPDATE, rows[i].status,
		    rows[i].body), rows[i].class) == 0, title);
	}
}

static void
test_no_answer(void)
{
	struct http_answer http;
	struct slack_answer answer;

	http_answer_init(&http, 1 << 16);
	snprintf(http.failure, sizeof(http.failure), "it\033[31m broke");
	slack_judge(&http, SLACK_POST, false, NOW, &answer);
	ok(answer.class == SLACK_DOUBT &&
	    strcmp(answer.error, "it?[31m broke") == 0,
	    "no answer is doubt, and its cause steers no terminal");
	slack_judge(&http, SLACK_POST, true, NOW, &answer);
	ok(answer.class == SLACK_UNSENT, "no byte left: it isn't sent");
	http_answer_free(&http);
}

static void
test_words(void)
{
	struct slack_answer answer = judged(SLACK_POST, 200, "",
	    "{\"ok\":false,\"error\":\"invalid_blocks\",\"errors\":"
	    "[\"ACME [json-pointer:/blocks/0/text]\"]}");

	ok(strcmp(answer.error, "invalid_blocks at /blocks/0/text") == 0,
	    "a refused message says where, and nothing of the payload");
	answer = judged(SLACK_POST, 200, "",
	    "{\"ok\":true,\"channel\":\"C1\",\"ts\":\"1503435956.000247\"}");
	ok(strcmp(answer.channel, "C1") == 0 &&
	    strcmp(answer.ts, "1503435956.000247") == 0 &&
	    *answer.error == '\0', "channel and ts are kept as they came");
}

static void
test_waits(void)
{
	static const struct {
		const char *header;
		int64_t ms;
	} rows[] = {
		{ "7", 7000 },
		{ "0", 1000 },
		{ "3600", 3600000 },
		{ "3601", 3600000 },
		{ "99999999999999999999999999", 3600000 },
		{ "", 30000 },
		{ "-5", 30000 },
		{ "+5", 30000 },
		{ "soon", 30000 },
		{ "5s", 30000 },
		{ "1.5", 30000 },
		{ "Tue, 14 Nov 2023 22:13:50 GMT", 30000 },
		{ "Tue, 14 Nov 2023 22:13:27 GMT", 7000 },
		{ "Tue, 14 Nov 2023 22:00:00 GMT", 1000 },
		{ "Fri, 14 Nov 2053 22:13:20 GMT", 3600000 },
		{ "Tue, 99 Nov 2023 22:13:50 GMT", 30000 },
	};
	struct slack_answer answer;
	char title[128];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		answer = judged(SLACK_POST, 429, rows[i].header,
		    "{\"ok\":false,\"error\":\"ratelimited\"}");
		snprintf(title, sizeof(title), "Retry-After '%s': wait %lld "
		    "ms", rows[i].header, (long long)rows[i].ms);
		ok(answer.class == SLACK_RATE && answer.retry_after_ms ==
		    rows[i].ms, title);
	}
	answer = judged(SLACK_UPDATE, 200, "2",
	    "{\"ok\":false,\"error\":\"rate_limited\"}");
	ok(answer.retry_after_ms == 2000, "the header counts with a 200 too");
	answer = judged(SLACK_POST, 429, "", "message_limit_exceeded");
	ok(answer.class == SLACK_RATE && answer.retry_after_ms == 3600000 &&
	    strcmp(answer.error, "message_limit_exceeded") == 0,
	    "a spent quota is waited for as long as can be");
}

/* ---- bodies ------------------------------------------------------------ */

#define META ",\"metadata\":{\"event_type\":\"ledgerpipe_delivery\"," \
	"\"event_payload\":{\"key\":\"k\"}}}"
#define NO_UNFURL ",\"unfurl_links\":false,\"unfurl_media\":false"
#define GONE "Update: the earlier message is gone"
#define GONE_BLOCK "{\"type\":\"context\",\"elements\":[" \
	"{\"type\":\"plain_text\",\"emoji\":false,\"text\":\"" GONE "\"}]}"

static bool
post_is(const char *payload, const char *thread_ts, bool says_gone,
    const char *wanted)
{
	struct buffer out;
	struct error error;
	bool same;

	buffer_init(&out, 1 << 20);
	same = slack_post_body(payload, "C1", thread_ts, says_gone, "k", &out,
	    &error) == 0 && strcmp(buffer_text(&out), wanted) == 0;
	if (!same)
		printf("# got %s\n", buffer_text(&out));
	buffer_free(&out);
	return same;
}

static bool
update_is(const char *payload, const char *wanted)
{
	struct buffer out;
	struct error error;
	bool same;

	buffer_init(&out, 1 << 20);
	same = slack_update_body(payload, "C1", "1.2", "k", &out, &error) ==
	    0 && strcmp(buffer_text(&out), wanted) == 0;
	if (!same)
		printf("# got %s\n", buffer_text(&out));
	buffer_free(&out);
	return same;
}

static void
test_posts(void)
{
	ok(post_is("{\"channel\":\"#a\",\"text\":\"x\\u00e9 1.10\"}", NULL,
	    false, "{\"channel\":\"C1\"" NO_UNFURL
	    ",\"text\":\"x\\u00e9 1.10\"" META),
	    "the channel is replaced and the text copied as it is");
	ok(post_is("{\"text\":\"x\",\"unfurl_links\":true,"
	    "\"unfurl_media\":true,\"n\":1.10}", NULL, false,
	    "{\"channel\":\"C1\",\"text\":\"x\",\"unfurl_links\":true,"
	    "\"unfurl_media\":true,\"n\":1.10" META),
	    "links are unfurled for who asks for it");
	ok(post_is("{\"text\":\"x\",\"metadata\":{\"event_type\":\"e\"},"
	    "\"thread_ts\":\"9.9\"}", "1.2", false, "{\"channel\":\"C1\","
	    "\"thread_ts\":\"1.2\"" NO_UNFURL ",\"text\":\"x\"" META),
	    "the thread and the metadata are ours");
	ok(post_is("{\"text\":\"x\",\"thread_ts\":\"9.9\"}", NULL, false,
	    "{\"channel\":\"C1\"" NO_UNFURL ",\"text\":\"x\","
	    "\"thread_ts\":\"9.9\"" META), "a payload may name its thread");
	ok(post_is("{\"\\u0063hannel\":\"#a\",\"text\":\"x\"}", NULL, false,
	    "{\"channel\":\"C1\"" NO_UNFURL ",\"text\":\"x\"" META),
	    "a name may be escaped");
}

/* A payload of so many dividers, with the first extra before them. */
static void
dividers(struct buffer *out, const char *before, int count)
{
	int i;

	buffer_init(out, 1 << 16);
	buffer_puts(out, "\"blocks\":[");
	buffer_puts(out, before);
	for (i = 0; i < count; i++)
		buffer_printf(out, "%s{\"type\":\"divider\"}", i > 0 ? "," :
		    "");
	buffer_puts(out, "]");
}

static void
test_gone_blocks(int count, bool told)
{
	struct buffer in, blocks, wanted, out;
	char title[80];

	dividers(&blocks, "", count);
	dividers(&wanted, told ? GONE_BLOCK "," : "", count);
	buffer_init(&in, 1 << 16);
	buffer_printf(&in, "{\"text\":\"x\",%s}", buffer_text(&blocks));
	buffer_init(&out, 1 << 16);
	buffer_printf(&out, "{\"channel\":\"C1\"%s,\"text\":\"%s\\nx\",%s%s",
	    NO_UNFURL, GONE, buffer_text(&wanted), META);
	snprintf(title, sizeof(title), "of %d blocks a gone one is told of "
	    "in %s", count, told ? "one more" : "the text alone");
	ok(post_is(buffer_text(&in), NULL, true, buffer_text(&out)), title);
	buffer_free(&in);
	buffer_free(&blocks);
	buffer_free(&wanted);
	buffer_free(&out);
}

static void
test_gone(void)
{
	test_gone_blocks(0, false);
	test_gone_blocks(1, true);
	test_gone_blocks(49, true);
	test_gone_blocks(50, false);
	ok(post_is("{\"text\":\"x\"}", NULL, true, "{\"channel\":\"C1\""
	    NO_UNFURL ",\"text\":\"" GONE "\\nx\"" META),
	    "a text alone says so in front");
	ok(post_is("{\"text\":\"\"}", NULL, true, "{\"channel\":\"C1\""
	    NO_UNFURL ",\"text\":\"" GONE "\\n\"" META),
	    "so does an empty one");
	ok(post_is("{\"blocks\":[{\"type\":\"divider\"}]}", NULL, true,
	    "{\"channel\":\"C1\",\"text\":\"" GONE "\"" NO_UNFURL
	    ",\"blocks\":[" GONE_BLOCK ",{\"type\":\"divider\"}]" META),
	    "blocks without a text get one");
	ok(post_is("{\"text\":null,\"attachments\":[{}]}", NULL, true,
	    "{\"channel\":\"C1\",\"text\":\"" GONE "\"" NO_UNFURL
	    ",\"attachments\":[{}]" META), "so does a null");
	ok(strlen(GONE "\n") <= 40, "a text that wasn't split isn't now");
}

static void
test_updates(void)
{
	ok(update_is("{\"channel\":\"#a\",\"text\":\"x\"}", "{\"channel\":"
	    "\"C1\",\"ts\":\"1.2\",\"text\":\"x\",\"blocks\":[],"
	    "\"attachments\":[]" META), "an update empties what is absent");
	ok(update_is("{\"blocks\":[{\"type\":\"divider\"}]}",
	    "{\"channel\":\"C1\",\"ts\":\"1.2\",\"text\":\"\","
	    "\"blocks\":[{\"type\":\"divider\"}],\"attachments\":[]" META),
	    "the old text too");
	ok(update_is("{\"text\":null,\"blocks\":null,\"attachments\":"
	    "[{\"text\":\"y\"}]}", "{\"channel\":\"C1\",\"ts\":\"1.2\","
	    "\"text\":\"\",\"blocks\":[],\"attachments\":[{\"text\":\"y\"}]"
	    META), "null is absent");
	ok(update_is("{\"text\":\"x\",\"thread_ts\":\"9.9\",\"ts\":\"9.9\","
	    "\"unfurl_links\":true,\"reply_broadcast\":true,\"username\":"
	    "\"u\",\"metadata\":{}}", "{\"channel\":\"C1\",\"ts\":\"1.2\","
	    "\"text\":\"x\",\"blocks\":[],\"attachments\":[]" META),
	    "what holds for posts alone isn't said again");
}

static void
test_bad_payloads(void)
{
	static const char *const bad[] = { "", "{", "[]", "\"x\"", "null" };
	struct buffer out;
	struct error error;
	size_t i;

	buffer_init(&out, 1 << 16);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		error = (struct error){ 0 };
		ok(slack_post_body(bad[i], "C1", NULL, true, "k", &out,
		    &error) == -1 && error.code == EXIT_DATA &&
		    slack_update_body(bad[i], "C1", "1.2", "k", &out,
		    &error) == -1 && error.code == EXIT_DATA, bad[i]);
	}
	buffer_free(&out);
	buffer_init(&out, 20);
	ok(slack_post_body("{\"text\":\"x\"}", "C1", NULL, false, "k", &out,
	    &error) == -1 && error.code == EXIT_DATA &&
	    slack_update_body("{\"text\":\"x\"}", "C1", "1.2", "k", &out,
	    &error) == -1, "a body has a ceiling");
	buffer_free(&out);
}

int
main(int argc, char **argv)
{
	test_errors(argc > 1 ? argv[1] : "tests/slack_errors.tsv");
	test_answers();
	test_no_answer();
	test_words();
	test_waits();
	test_posts();
	test_gone();
	test_updates();
	test_bad_payloads();
	return tap_end();
}
