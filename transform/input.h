/*
 * input: what a Singer line is, and, of a record, who it is.
 *
 * A record's id is the source text of its key's values, joined as record_key.h
 * says.  Its version is the stamp of its cursor, as clock.h writes it (empty
 * without one), '~', and the first 16 hex digits of the BLAKE2b-128 hash of its
 * source text.  White space isn't hashed, nor are the members of a collection
 * that tell how it was paged (count, hasMore, ... beside items): they change
 * with the page size alone.
 */
#ifndef LEDGERPIPE_TRANSFORM_INPUT_H
#define LEDGERPIPE_TRANSFORM_INPUT_H

#include "json.h"

#define INPUT_STREAMS_MAX 1000
#define INPUT_KEY_MAX 16      /* members of a key */
#define INPUT_ID_MAX 1024     /* bytes of a record's id */
#define INPUT_HASH_TEXT 17    /* 16 hex digits and a NUL */

enum input_kind {
	INPUT_SCHEMA,  /* remembered; nothing to do */
	INPUT_RECORD,
	INPUT_STATE,
	INPUT_UNKNOWN, /* a message of a type we don't know */
	INPUT_BAD      /* *error says why; EXIT_SYSTEM: stop */
};

struct input_stream {
	char *name;
	char *key[INPUT_KEY_MAX];
	size_t key_count;
	char *cursor, *amount, *currency; /* names of members, or NULL */
};

struct input {
	struct json json; /* of the line read last; borrows its text */
	struct input_stream *streams;
	size_t count, capacity;
	/* Of the line read last; a bad one may have its stream. */
	struct buffer stream, id, version, currency;
	json_node record; /* also of a RECORD that is bad, if it is there */
	json_node amount; /* JSON_NONE: none */
	bool has_currency;
	struct buffer hashed;
};

void input_open(struct input *input);
void input_close(struct input *input);
/* text must outlive the use of what is found in it. */
enum input_kind input_read(struct input *input, const char *text,
    size_t length, struct error *error);

void input_hash(const char *text, size_t length, char out[INPUT_HASH_TEXT]);

#endif
