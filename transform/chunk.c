/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memmem */
#include "transform/chunk.h"

#include <stdlib.h>
#include <string.h>

#include "line.h"
#include "list.h"
#include "transform/run.h"

#define NOTES_MAX ((size_t)1 << 20)

void
chunk_open(struct chunk *chunk)
{
	*chunk = (struct chunk){ 0 };
	buffer_init(&chunk->input, 4 * LINE_MAX_BYTES);
	buffer_init(&chunk->answers, 4 * RUN_LINE_BYTES_MAX);
}

void
chunk_close(struct chunk *chunk)
{
	buffer_free(&chunk->input);
	buffer_free(&chunk->answers);
	free(chunk->vetoes);
	*chunk = (struct chunk){ 0 };
}

/* A buffer that one large line has grown is given back. */
static void
reset(struct buffer *buffer)
{
	const size_t ceiling = buffer->ceiling;

	if (buffer->capacity > LINE_MAX_BYTES / 4) {
		buffer_free(buffer);
		buffer_init(buffer, ceiling);
	}
	buffer_clear(buffer);
}

void
chunk_clear(struct chunk *chunk)
{
	reset(&chunk->input);
	reset(&chunk->answers);
	chunk->lines = chunk->answered = 0;
	chunk->whole = chunk->emitted = chunk->at = 0;
	chunk->veto_count = 0;
	chunk->careful = chunk->suspects = false;
}

static void
frame_append(struct buffer *out, enum frame_kind kind, uint64_t number,
    const char *text, size_t length)
{
	const struct frame frame = { number, (uint32_t)length, kind };

	buffer_append(out, &frame, sizeof(frame));
	buffer_append(out, text, length);
}

int
chunk_add(struct chunk *chunk, enum frame_kind kind, uint64_t number,
    const char *text, size_t length)
{
	frame_append(&chunk->input, kind, number, text, length);
	chunk->lines++;
	return chunk->input.failed ? -1 : 0;
}

int
chunk_veto(struct chunk *chunk, uint64_t number, size_t filter,
    const char *why)
{
	struct chunk_veto *vetoes = list_grow(chunk->vetoes, chunk->veto_count,
	    &chunk->veto_capacity, sizeof(*vetoes));

	if (vetoes == NULL)
		return -1;
	chunk->vetoes = vetoes;
	vetoes = &chunk->vetoes[chunk->veto_count++];
	*vetoes = (struct chunk_veto){ .number = number, .filter = filter };
	strncpy(vetoes->why, why, sizeof(vetoes->why) - 1);
	return 0;
}

static size_t
frame_at(const struct buffer *input, size_t at, struct frame *frame)
{
	memcpy(frame, input->data + at, sizeof(*frame));
	return at + sizeof(*frame) + frame->length;
}

/* A line and what is known of it; at: its frame's place. */
static void
send_line(const struct chunk *chunk, const struct frame *frame, size_t at,
    struct buffer *send)
{
	const struct chunk_veto *veto, *last = NULL;
	size_t i, all = 0;

	for (i = 0; i < chunk->veto_count; i++)
		if (chunk->vetoes[i].number == frame->number) {
			last = &chunk->vetoes[i];
			all += last->filter == FRAME_ALL_FILTERS;
		}
	if (all > 1) {
		frame_append(send, FRAME_LONG, frame->number, last->why,
		    strlen(last->why));
		return;
	}
	for (i = 0; i < chunk->veto_count; i++) {
		veto = &chunk->vetoes[i];
		if (veto->number == frame->number)
			frame_append(send, FRAME_VETO, veto->filter,
			    veto->why, strlen(veto->why));
	}
	buffer_append(send, chunk->input.data + at,
	    sizeof(*frame) + frame->length);
}

/* The place of the first frame that isn't answered. */
static size_t
first_frame(const struct chunk *chunk)
{
	struct frame frame;
	size_t at = 0, line;

	for (line = 0; line < chunk->answered; line++)
		at = frame_at(&chunk->input, at, &frame);
	return at;
}

bool
chunk_first(const struct chunk *chunk, uint64_t *number, bool *record)
{
	static const char word[] = "\"RECORD\"";
	struct frame frame;
	size_t at;

	if (chunk->answered == chunk->lines)
		return false;
	at = first_frame(chunk);
	frame_at(&chunk->input, at, &frame);
	*number = frame.number;
	*record = memmem(chunk->input.data + at + sizeof(frame), frame.length,
	    word, sizeof(word) - 1) != NULL;
	return true;
}

bool
chunk_waits(const struct chunk *chunk, uint64_t number)
{
	struct frame frame;
	size_t at;

	for (at = first_frame(chunk); at < chunk->input.length; ) {
		at = frame_at(&chunk->input, at, &frame);
		if (frame.number == number)
			return true;
	}
	return false;
}

void
chunk_send(const struct chunk *chunk, const struct buffer *before,
    const struct buffer *behind, struct buffer *send)
{
	struct frame frame;
	size_t at = first_frame(chunk), next;
	bool first = true;

	if (chunk->careful)
		frame_append(send, FRAME_CAREFUL, 0, "", 0);
	buffer_append(send, buffer_text(before), before->length);
	for (; at < chunk->input.length; at = next) {
		next = frame_at(&chunk->input, at, &frame);
		if (chunk->suspects && chunk->suspect == frame.number)
			frame_append(send, FRAME_FRESH, 0, "", 0);
		send_line(chunk, &frame, at, send);
		if (first)
			buffer_append(send, buffer_text(behind),
			    behind->length);
		first = false;
	}
	frame_append(send, FRAME_END, 0, "", 0);
}

int
chunk_took(struct chunk *chunk, const char *bytes, size_t count)
{
	struct buffer *answers = &chunk->answers;
	struct answer answer;

	if (buffer_append(answers, bytes, count) == -1)
		return -1;
	while (answers->length - chunk->whole >= sizeof(answer)) {
		memcpy(&answer, answers->data + chunk->whole, sizeof(answer));
		if (answer.notes > NOTES_MAX ||
		    chunk->answered == chunk->lines)
			return -1;
		if (answers->length - chunk->whole - sizeof(answer) <
		    (size_t)answer.length + answer.notes)
			break;
		chunk->whole += sizeof(answer) + answer.length + answer.notes;
		chunk->answered++;
	}
	return 0;
}

void
chunk_lost(struct chunk *chunk)
{
	chunk->answers.length = chunk->whole;
}

bool
chunk_next(struct chunk *chunk, struct chunk_answer *out)
{
	struct answer answer;
	struct frame frame;
	const char *at;

	if (chunk->emitted == chunk->whole) {
		/* Nothing is left to give: begin anew at the front. */
		if (chunk->whole > 0)
			buffer_consume(&chunk->answers, chunk->whole);
		chunk->emitted = chunk->whole = 0;
		return false;
	}
	at = chunk->answers.data + chunk->emitted;
	memcpy(&answer, at, sizeof(answer));
	chunk->at = frame_at(&chunk->input, chunk->at, &frame);
	at += sizeof(answer);
	*out = (struct chunk_answer){ .number = frame.number, .lines = at,
		.length = answer.length, .notes = at + answer.length,
		.notes_length = answer.notes };
	chunk->emitted += sizeof(answer) + answer.length + answer.notes;
	return true;
}
