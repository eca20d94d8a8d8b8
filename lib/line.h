/*
 * line: lines from a descriptor, with a ceiling, torn ends noticed.
 *
 * The caller owns the descriptor (blocking or not).  A line that line_next
 * gives lives until the next call.  Bytes may hold NUL; '\n' is taken off.
 */
#ifndef LEDGERPIPE_LINE_H
#define LEDGERPIPE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "error.h"

#define LINE_MAX_BYTES ((size_t)16 << 20) /* a record with thousands of lines */

enum line_result {
	LINE_OK,       /* *text, *length are a whole line */
	LINE_END,      /* the input ended after a '\n', or was empty */
	LINE_TORN,     /* the input ended inside a line; *text is the piece */
	LINE_TOO_LONG, /* a line over LINE_MAX_BYTES was passed over */
	LINE_AGAIN,    /* a non-blocking descriptor has nothing now */
	LINE_ERROR     /* read failed, *error says why (EXIT_IO, EXIT_SYSTEM) */
};

struct line_reader {
	int fd;
	struct buffer buffer;
	size_t at, scanned;
	uint64_t number; /* of the line given last, from 1 */
	uint64_t again;  /* lines that were given back are still to come */
	bool ended, skipping;
};

void line_open(struct line_reader *reader, int fd);
void line_close(struct line_reader *reader); /* frees; leaves fd open */
/* Give lines back: they come again before all else, and are counted again.
 * bytes hold them with their newlines; lines is how many they are.  -1: no
 * memory. */
int line_put_back(struct line_reader *reader, const char *bytes, size_t count,
    uint64_t lines);
enum line_result line_next(struct line_reader *reader, const char **text,
    size_t *length, struct error *error);

/* Write all bytes to fd, through partial writes, EINTR and EAGAIN.
 * Errors: EXIT_IO.  Have SIGPIPE ignored. */
int write_all(int fd, const void *bytes, size_t count, struct error *error);

#endif
