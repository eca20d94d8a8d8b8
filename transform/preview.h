/*
 * preview: transform's lines as what people would see in Slack.
 *
 * It takes the lines in order and writes as it goes: boxes in a terminal, one
 * page of HTML, or links to Block Kit Builder.  What was rejected is shown,
 * with its reason, among the messages (not as a link: there's none); records
 * that no filter wanted are one line together; a count ends it.
 */
#ifndef LEDGERPIPE_TRANSFORM_PREVIEW_H
#define LEDGERPIPE_TRANSFORM_PREVIEW_H

#include <stdint.h>

#include "error.h"
#include "transform/sink.h"
#include "transform/terminal.h"

#define PREVIEW_BAD_MAX 20

enum preview_format { PREVIEW_TERMINAL, PREVIEW_HTML, PREVIEW_URL };

struct preview {
	enum preview_format format;
	int fd;
	struct terminal terminal;
	struct buffer out;
	struct json json;
	uint64_t records, messages, rejected;
	/* Lines of the input that were no message, before the first that was
	 * a record. */
	uint64_t bad;
	bool live; /* somebody watches: tell at each pause what there is */
	uint64_t made; /* lines of the record that is being told of */
	/* Records in a row that no filter wanted, not told of yet. */
	uint64_t unwanted;
	char first[256], last[256];
};

/* terminal (also for NULL), html or url.  -1: it is none of them. */
int preview_format(const char *name, enum preview_format *format);

/* Write to fd, which stays the caller's.  It sets LC_CTYPE, since a terminal
 * needs to know how wide a character is. */
void preview_open(struct preview *preview, enum preview_format format,
    const struct terminal *terminal, int fd);
/* Whole lines that transform made, and: nothing more comes for the moment, so
 * write what there is.  Records without a message that may go on are told of
 * later, unless fd is a terminal: the same lines give the same preview.
 * Errors: EXIT_IO, EXIT_SYSTEM, EXIT_DATA (PREVIEW_BAD_MAX lines of the input
 * were no message, before any record). */
int preview_lines(struct preview *preview, const char *lines, size_t length,
    struct error *error);
int preview_pause(struct preview *preview, struct error *error);
/* The two as a sink. */
struct sink preview_sink(struct preview *preview);
/* Write what ends it, and free it. */
int preview_close(struct preview *preview, struct error *error);

/* The page's parts: before, a MESSAGE and a REJECT line, a remark, after. */
void preview_page_begin(struct buffer *html);
void preview_page_message(struct buffer *html, const struct json *line);
void preview_page_reject(struct buffer *html, const struct json *line);
void preview_page_note(struct buffer *html, const char *text);
void preview_page_end(struct buffer *html);

#endif
