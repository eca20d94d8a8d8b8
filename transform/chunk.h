/*
 * chunk: some lines of the input, and what a worker answered to them.
 *
 * No I/O: bytes go in and come out.  The lines are kept until all are answered,
 * so that another worker can be given those that aren't.
 */
#ifndef LEDGERPIPE_TRANSFORM_CHUNK_H
#define LEDGERPIPE_TRANSFORM_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "transform/frame.h"

/* A filter that isn't run over a line; the reason is its REJECT's. */
struct chunk_veto {
	uint64_t number; /* of the line */
	size_t filter;   /* or FRAME_ALL_FILTERS */
	char why[FRAME_WHY_MAX];
};

struct chunk {
	struct buffer input;   /* frames: FRAME_LINE and FRAME_LONG */
	struct buffer answers; /* as they came */
	size_t lines, answered;
	size_t whole;   /* bytes of answers up to the end of one */
	size_t emitted; /* bytes of answers that chunk_next gave */
	size_t at;      /* in input: the frame that the next one answers */
	struct chunk_veto *vetoes;
	size_t veto_count, veto_capacity;
	bool careful;     /* a worker died of it: FRAME_CAREFUL */
	bool suspects;    /* FRAME_FRESH goes before this line */
	uint64_t suspect;
};

/* One answer; borrowed until the chunk changes. */
struct chunk_answer {
	const char *lines, *notes;
	size_t length, notes_length;
	uint64_t number; /* of the line it answers */
};

void chunk_open(struct chunk *chunk);
void chunk_close(struct chunk *chunk);
void chunk_clear(struct chunk *chunk); /* for other lines; memory is kept */

/* kind: FRAME_LINE or FRAME_LONG.  -1: out of memory. */
int chunk_add(struct chunk *chunk, enum frame_kind kind, uint64_t number,
    const char *text, size_t length);
/* A line that all filters are vetoed for, twice, is one that can't be held.
 * -1: out of memory. */
int chunk_veto(struct chunk *chunk, uint64_t number, size_t filter,
    const char *why);
/* The first line that isn't answered; false: all are.  record: it may be a
 * RECORD. */
bool chunk_first(const struct chunk *chunk, uint64_t *number, bool *record);
/* Is a line among those that aren't answered? */
bool chunk_waits(const struct chunk *chunk, uint64_t number);
/* Append the frames of what isn't answered, with vetoes and FRAME_END.
 * before, behind: FRAME_STOPs for before and behind the first of the lines. */
void chunk_send(const struct chunk *chunk, const struct buffer *before,
    const struct buffer *behind, struct buffer *send);
/* Bytes that a worker sent.  -1: they are no answers, or memory ran out. */
int chunk_took(struct chunk *chunk, const char *bytes, size_t count);
/* The worker died: a piece of an answer is worth nothing. */
void chunk_lost(struct chunk *chunk);
/* The next answer that is whole; false: none. */
bool chunk_next(struct chunk *chunk, struct chunk_answer *answer);

#endif
