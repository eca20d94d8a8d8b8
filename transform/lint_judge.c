/* SPDX-License-Identifier: MIT */
/* What the engine made of the samples, line by line. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "transform/blockkit.h"
#include "transform/lint.h"
#include "transform/lint_harm.h"

#define KEY_MAX 600
/* How pool begins the reason of a filter that was stopped too often: what it
 * was stopped for is told already. */
#define NOT_RUN "not run: "

/* Whose lines come now; NULL: nobody's. */
static struct lint_sample *
judged(struct lint *lint)
{
	struct lint_samples *samples = &lint->samples;

	if (lint->phase == LINT_VARIANTS)
		return lint->judged < lint->variant_count ?
		    &samples->rows[lint->variants[lint->judged].sample] : NULL;
	/* A SCHEMA makes no lines. */
	while (lint->judged < samples->count &&
	    samples->rows[lint->judged].name == NULL)
		lint->judged++;
	return lint->judged < samples->count ? &samples->rows[lint->judged] :
	    NULL;
}

/* The filter of a line; lint->count: none of them. */
static size_t
filter_of(const struct lint *lint, json_node name)
{
	size_t i;

	for (i = 0; i < lint->count; i++)
		if (lint->filters[i].compiled &&
		    json_is(&lint->message, name, lint->filters[i].name))
			break;
	return i;
}

/* The place of a finding: its sample. */
static struct lint_place
place(const struct lint *lint)
{
	size_t at = lint->phase == LINT_VARIANTS ?
	    lint->variants[lint->judged].sample : lint->judged;

	return (struct lint_place){ at, lint->samples.rows[at].name };
}

static const char *
attribute(const struct lint *lint)
{
	return lint->samples.attributes[lint->variants[lint->judged].attribute];
}

static void
add_cost(struct lint_cost *cost, int64_t ns)
{
	cost->ns += ns;
	cost->runs++;
}

/* A filter has made a line of a sample: the first of them has its cost. */
static void
made_line(struct lint_filter *filter)
{
	if (filter->last > 0)
		add_cost(&filter->wanted, filter->last);
	filter->last = 0;
}

#define UNESCAPED "it stands there unescaped, or in a <...> of the " \
	"filter's: take it from . and not from $raw, or give it to " \
	"slack::escape, and build no <...> of it"

static const struct harm {
	unsigned harm;
	enum lint_severity severity;
	const char *what, *advice;
} harms[] = {
	{ LINT_CALLS | LINT_LINKS, LINT_ERROR,
	    "can call people and show links of its own", UNESCAPED },
	{ LINT_CALLS, LINT_ERROR, "can call people", UNESCAPED },
	{ LINT_LINKS, LINT_ERROR, "can show links of its own", UNESCAPED },
	{ LINT_LINKS_MARKDOWN, LINT_ERROR, "can show links of its own",
	    "put it into rich text or, with slack::safe, into a section" },
	{ LINT_NAMES, LINT_ERROR, "says who is called",
	    "name people and groups in the filter or its config" },
	{ LINT_FORMATS, LINT_WARNING, "can format (*bold*, bare links)",
	    "give it to slack::safe, or put it into plain_text or rich text" },
	{ LINT_SHOWS, LINT_WARNING, "can show emoji", "add \"emoji\": false" },
	{ LINT_TWICE, LINT_WARNING, "is escaped twice", "people read &lt; in "
	    "place of <: a record's strings come escaped" },
};

struct harmed {
	struct lint *lint;
	size_t subject;
	const struct lint_sample *sample;
};

static void
harm_found(void *context, unsigned found, const char *pointer)
{
	struct harmed *harmed = context;
	struct lint *lint = harmed->lint;
	const struct harm *harm = harms;
	char key[KEY_MAX];

	while (harm->harm != found)
		harm++;
	snprintf(key, sizeof(key), "%s %.500s", harm->what, attribute(lint));
	lint_findings_add(&lint->findings, harmed->subject, harm->severity,
	    place(lint), key, "the record's %.300s %s in %.300s: %s",
	    attribute(lint), harm->what, pointer, harm->advice);
}

static void
warning_found(void *context, const struct blockkit_violation *violation)
{
	const struct harmed *harmed = context;
	char key[KEY_MAX];

	if (violation->fault != BLOCKKIT_WARNING)
		return;
	snprintf(key, sizeof(key), "advice %.500s", violation->pointer);
	lint_findings_add(&harmed->lint->findings, harmed->subject,
	    LINT_WARNING, place(harmed->lint), key, "%.300s: %.300s",
	    violation->pointer, violation->message);
}

/* Does a string of the sample's say null? */
static bool
says_null(struct lint *lint, const struct lint_sample *sample)
{
	struct json json = { 0 };
	struct buffer text;
	struct error error;
	bool says = false;
	size_t i;

	buffer_init(&text, JSON_TEXT_MAX);
	if (json_parse(&json, sample->text, sample->length, &error) == -1)
		lint->failed = true;
	for (i = 0; i < json.count && !lint->failed && !says; i++) {
		buffer_clear(&text);
		if (json_type(&json, (json_node)i) == JSON_STRING)
			json_decode(&json, (json_node)i, &text);
		says = lint_harm_has_null(buffer_text(&text), text.length);
	}
	lint->failed |= text.failed;
	buffer_free(&text);
	json_free(&json);
	return says;
}

static void
null_found(void *context, unsigned found, const char *pointer)
{
	struct harmed *harmed = context;
	char key[KEY_MAX];

	(void)found;
	if (says_null(harmed->lint, harmed->sample))
		return;
	snprintf(key, sizeof(key), "null %.500s", pointer);
	lint_findings_add(&harmed->lint->findings, harmed->subject,
	    LINT_WARNING, place(harmed->lint), key, "shows 'null' for "
	    "something the record lacks: %.300s", pointer);
}

/* An id, or what Slack lets a channel be called; # may stand before that.  Its
 * length is checked already. */
static bool
is_channel(const char *name)
{
	size_t length = strlen(name);

	if (length >= 7 && strchr("CDGUW", name[0]) != NULL &&
	    strspn(name + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") ==
	    length - 1)
		return true;
	name += name[0] == '#';
	if (*name == '\0')
		return false;
	for (; *name != '\0'; name++)
		if (!islower((unsigned char)*name) &&
		    !isdigit((unsigned char)*name) && *name != '-' &&
		    *name != '_' && (unsigned char)*name < 0x80)
			return false;
	return true;
}

static void
judge_channel(struct lint *lint, size_t subject, json_node payload)
{
	char *name = json_dup(&lint->message, json_member(&lint->message,
	    payload, "channel"));

	if (name == NULL)
		lint->failed = true;
	else if (!is_channel(name))
		lint_findings_add(&lint->findings, subject, LINT_WARNING,
		    place(lint), "channel", "/channel: '%.100s' can't be a "
		    "channel: a # and lower-case letters, digits, - and _ "
		    "are, or an id", name);
	free(name);
}

/* Blocks need a text beside them: what a phone and a screen reader say. */
static bool
is_mute(const struct json *json, json_node payload)
{
	json_node text = json_member(json, payload, "text");
	size_t length, i;
	const char *raw = json_raw(json, text, &length);

	if (json_count(json, json_member(json, payload, "blocks")) == 0)
		return false;
	for (i = 1; i + 1 < length; i++)
		if (raw[i] != ' ')
			return false;
	return true;
}

static void
judge_message(struct lint *lint, size_t subject, struct lint_sample *sample)
{
	json_node payload = json_member(&lint->message, 0, "payload");
	struct harmed harmed = { lint, subject, sample };

	if (lint->phase == LINT_VARIANTS) {
		if (lint_harm_find(&lint->message, payload, harm_found,
		    &harmed) == -1)
			lint->failed = true;
		return;
	}
	sample->wanted = true;
	lint->filters[subject].messages++;
	lint->filters[subject].streams |= sample->stream;
	made_line(&lint->filters[subject]);
	blockkit_check(&lint->message, payload, NULL, warning_found, &harmed);
	judge_channel(lint, subject, payload);
	if (!lint->filters[subject].says_null &&
	    lint_harm_null(&lint->message, payload, null_found, &harmed) == -1)
		lint->failed = true;
	if (is_mute(&lint->message, payload))
		lint_findings_add(&lint->findings, subject, LINT_ERROR,
		    place(lint), "mute", "a message has blocks and no text, "
		    "so a notification and a screen reader say nothing: add "
		    "text");
}

/* The same reason but for its numbers is the same finding. */
static void
reject_key(char *key, size_t size, const char *name, const char *why)
{
	size_t length;

	snprintf(key, size, "reject %.200s ", name);
	length = strlen(key);
	for (; *why != '\0' && length + 1 < size; why++)
		if (!isdigit((unsigned char)*why))
			key[length++] = *why;
	key[length] = '\0';
}

static void
judge_reject(struct lint *lint, size_t subject)
{
	struct buffer why;
	char key[KEY_MAX];

	/* Of one that fails anyway it isn't the poison that makes it, and a
	 * value that is gone may well be missed. */
	if (lint->phase == LINT_VARIANTS &&
	    (lint->filters[subject].rejects > 0 ||
	    lint->variants[lint->judged].poison == LINT_WORD))
		return;
	buffer_init(&why, JSON_TEXT_MAX);
	json_decode(&lint->message, json_member(&lint->message, 0, "error"),
	    &why);
	if (lint->phase == LINT_VARIANTS) {
		reject_key(key, sizeof(key), attribute(lint),
		    buffer_text(&why));
		lint_findings_add(&lint->findings, subject, LINT_WARNING,
		    place(lint), key, "fails when the record's %.300s holds "
		    "marks such as < | * or a colon: %.600s", attribute(lint),
		    buffer_text(&why));
	} else if (lint->filters[subject].rejects++ == 0 ||
	    strncmp(buffer_text(&why), NOT_RUN, strlen(NOT_RUN)) != 0) {
		made_line(&lint->filters[subject]);
		reject_key(key, sizeof(key), "", buffer_text(&why));
		lint_findings_add(&lint->findings, subject, LINT_ERROR,
		    place(lint), key, "fails: %.800s", buffer_text(&why));
	}
	lint->failed |= why.failed;
	buffer_free(&why);
}

static void
judge_line(struct lint *lint, const char *line, size_t length)
{
	const struct json *json = &lint->message;
	struct lint_sample *sample = judged(lint);
	struct error error;
	json_node type;
	size_t subject;

	if (sample == NULL)
		return;
	if (json_parse(&lint->message, line, length, &error) == -1) {
		lint->failed |= error.code == EXIT_SYSTEM;
		return;
	}
	type = json_member(json, 0, "type");
	subject = filter_of(lint, json_member(json, 0, "filter"));
	if (json_is(json, type, "MESSAGE") && subject < lint->count)
		judge_message(lint, subject, sample);
	else if (json_is(json, type, "REJECT") && subject < lint->count)
		judge_reject(lint, subject);
	else if (json_is(json, type, "SEEN") || json_is(json, type, "REJECT"))
		lint->judged++; /* a line that was no record's has no SEEN */
}

static int
take_lines(void *context, const char *lines, size_t length,
    struct error *error)
{
	const char *end = lines + length, *line, *next;

	(void)error;
	for (line = lines; line < end; line = next + 1) {
		next = memchr(line, '\n', (size_t)(end - line));
		if (next == NULL)
			next = end;
		judge_line(context, line, (size_t)(next - line));
	}
	return 0;
}

static int
not_yet(void *context, struct error *error)
{
	(void)context;
	(void)error;
	return 0;
}

static void
take_time(void *context, const char *name, int64_t ns)
{
	struct lint *lint = context;
	size_t i;

	for (i = 0; i < lint->count && lint->phase == LINT_SAMPLES; i++)
		if (strcmp(lint->filters[i].name, name) == 0) {
			add_cost(&lint->filters[i].all, ns);
			lint->filters[i].last = ns;
		}
}

struct sink
lint_sink(struct lint *lint)
{
	return (struct sink){ lint, take_lines, not_yet, take_time };
}
