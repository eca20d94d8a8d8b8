/* SPDX-License-Identifier: MIT */
#include "fetch/splitter.h"

#include <endian.h>
#include <string.h>
#if defined(__SSE2__) && !defined(SPLITTER_PORTABLE)
#include <emmintrin.h>
#endif

#define BLOCK 64

struct masks {
	uint64_t quote, backslash, open, close;
};

void
splitter_open(struct splitter *splitter, size_t ceiling)
{
	*splitter = (struct splitter){ 0 };
	buffer_init(&splitter->text, ceiling);
	buffer_init(&splitter->envelope, SPLITTER_ENVELOPE_MAX);
}

void
splitter_close(struct splitter *splitter)
{
	buffer_free(&splitter->text);
	buffer_free(&splitter->envelope);
}

void
splitter_reset(struct splitter *splitter)
{
	struct buffer text = splitter->text, envelope = splitter->envelope;

	buffer_clear(&text);
	buffer_clear(&envelope);
	*splitter = (struct splitter){ .text = text, .envelope = envelope };
}

int
splitter_feed(struct splitter *splitter, const char *bytes, size_t count)
{
	if (splitter->at > 0) {
		buffer_consume(&splitter->text, splitter->at);
		splitter->at = 0;
	}
	return buffer_append(&splitter->text, bytes, count);
}

/* equal: bit i is set when byte i is that one.  look: '[' and '{', and ']' and
 * '}', differ in the bit 0x20 alone. */
#if defined(__SSE2__) && !defined(SPLITTER_PORTABLE)
static uint64_t
equal(const __m128i part[4], char byte)
{
	__m128i wanted = _mm_set1_epi8(byte);
	uint64_t mask = 0;
	int i;

	for (i = 0; i < 4; i++)
		mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(
		    part[i], wanted)) << (16 * i);
	return mask;
}

static struct masks
look(const char *bytes)
{
	__m128i raw[4], folded[4];
	int i;

	for (i = 0; i < 4; i++) {
		raw[i] = _mm_loadu_si128((const __m128i *)(const void *)
		    (bytes + 16 * i));
		folded[i] = _mm_or_si128(raw[i], _mm_set1_epi8(0x20));
	}
	return (struct masks){ equal(raw, '"'), equal(raw, '\\'),
		equal(folded, '{'), equal(folded, '}') };
}
#else
/* The same, eight bytes at a time. */
static uint64_t
equal(const uint64_t word[8], char byte)
{
	const uint64_t each = UINT64_MAX / 0xff, low = each * 0x7f;
	uint64_t differs, mask = 0;
	int i;

	for (i = 0; i < 8; i++) {
		differs = word[i] ^ each * (unsigned char)byte;
		/* The high bit of each byte that isn't 0. */
		differs |= (differs & low) + low;
		/* The product brings those that are together in its top. */
		mask |= ((~differs >> 7 & each) * 0x0102040810204080u >> 56) <<
		    (8 * i);
	}
	return mask;
}

static struct masks
look(const char *bytes)
{
	uint64_t raw[8], folded[8];
	int i;

	memcpy(raw, bytes, sizeof(raw));
	for (i = 0; i < 8; i++) {
		raw[i] = le64toh(raw[i]);
		folded[i] = raw[i] | UINT64_MAX / 0xff * 0x20;
	}
	return (struct masks){ equal(raw, '"'), equal(raw, '\\'),
		equal(folded, '{'), equal(folded, '}') };
}
#endif

/* The bytes that a backslash before them escapes. */
static uint64_t
escapes(struct splitter *splitter, uint64_t backslash)
{
	uint64_t escaped = splitter->escaped, todo = backslash & ~escaped;
	int i;

	splitter->escaped = false;
	while (todo != 0) {
		i = __builtin_ctzll(todo);
		if (i == BLOCK - 1)
			splitter->escaped = true;
		else
			escaped |= (uint64_t)1 << (i + 1);
		todo &= ~((uint64_t)3 << i);
	}
	return escaped;
}

/* Bit i: an odd number of bits up to i. */
static uint64_t
parity(uint64_t bits)
{
	int shift;

	for (shift = 1; shift < BLOCK; shift *= 2)
		bits ^= bits << shift;
	return bits;
}

/* Go on to the end of the row within a block; how many bytes that are (BLOCK:
 * look at depth). */
static size_t
block(struct splitter *splitter, const char *bytes)
{
	struct masks masks = look(bytes);
	uint64_t string, bit;

	masks.quote &= ~escapes(splitter, masks.backslash);
	string = parity(masks.quote) ^ splitter->in_string;
	splitter->in_string = -(string >> (BLOCK - 1));
	masks.open &= ~string;
	masks.close &= ~string;
	for (bit = masks.open | masks.close; bit != 0; bit &= bit - 1) {
		splitter->depth += (masks.open & bit & -bit) != 0 ? 1 : -1;
		if (splitter->depth == 0)
			return (size_t)__builtin_ctzll(bit) + 1;
	}
	return BLOCK;
}

/* One byte of JSON: brackets change depth, but not within strings. */
static void
step(struct splitter *splitter, char byte)
{
	if (splitter->escaped)
		splitter->escaped = false;
	else if (byte == '\\')
		splitter->escaped = true;
	else if (byte == '"')
		splitter->in_string = ~splitter->in_string;
	else if (splitter->in_string == 0 && (byte | 0x20) == '{')
		splitter->depth++;
	else if (splitter->in_string == 0 && (byte | 0x20) == '}')
		splitter->depth--;
}

/* true: the row that begins at at is complete, scanned bytes long. */
static bool
row_scan(struct splitter *splitter)
{
	const char *row = splitter->text.data + splitter->at;
	size_t length = splitter->text.length - splitter->at, used;

	while (length - splitter->scanned >= BLOCK) {
		used = block(splitter, row + splitter->scanned);
		splitter->scanned += used;
		if (splitter->depth == 0) {
			splitter->in_string = 0;
			splitter->escaped = false;
			return true;
		}
	}
	while (splitter->scanned < length) {
		step(splitter, row[splitter->scanned++]);
		if (splitter->depth == 0)
			return true;
	}
	return false;
}

static bool
is_space(char byte)
{
	return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

/* Does the envelope end with the name items and a colon? */
static bool
at_items(const struct buffer *envelope)
{
	static const char name[] = "\"items\"";
	size_t length = envelope->length, size = sizeof(name) - 1;
	const char *text = envelope->data;

	while (length > 0 && is_space(text[length - 1]))
		length--;
	if (length == 0 || text[--length] != ':')
		return false;
	while (length > 0 && is_space(text[length - 1]))
		length--;
	return length > size && memcmp(text + length - size, name, size) == 0 &&
	    text[length - size - 1] != '\\';
}

static int
around(struct splitter *splitter, struct error *error)
{
	const struct buffer *text = &splitter->text;
	size_t from = splitter->at;
	char byte;

	while (splitter->at < text->length) {
		byte = text->data[splitter->at];
		if (byte == '[' && splitter->depth == 1 &&
		    splitter->in_string == 0) {
			buffer_append(&splitter->envelope, text->data + from,
			    splitter->at - from);
			from = splitter->at;
			if (at_items(&splitter->envelope)) {
				splitter->place = SPLITTER_BETWEEN;
				splitter->none = true;
				splitter->comma = false;
				splitter->at++;
				break;
			}
		}
		step(splitter, byte);
		splitter->at++;
	}
	buffer_append(&splitter->envelope, text->data + from,
	    splitter->at - from);
	return splitter->envelope.failed ? error_set(error, EXIT_PROTOCOL,
	    "the page has over %zu bytes around its records",
	    SPLITTER_ENVELOPE_MAX) : 0;
}

static int
between(struct splitter *splitter, struct error *error)
{
	const struct buffer *text = &splitter->text;
	char byte;

	for (; splitter->at < text->length; splitter->at++) {
		byte = text->data[splitter->at];
		if (is_space(byte))
			continue;
		if (byte == ',' && splitter->comma)
			splitter->comma = false;
		else if (byte == ']' && (splitter->comma || splitter->none)) {
			splitter->place = SPLITTER_AROUND;
			return 0;
		} else if (byte == '{' && !splitter->comma) {
			splitter->place = SPLITTER_WITHIN;
			splitter->depth = 0;
			splitter->scanned = 0;
			return 0;
		} else
			return error_set(error, EXIT_PROTOCOL, "the answer is "
			    "not valid JSON: items is no array of objects");
	}
	return 0;
}

enum splitter_result
splitter_next(struct splitter *splitter, const char **row, size_t *length,
    struct error *error)
{
	while (splitter->at < splitter->text.length) {
		if (splitter->place == SPLITTER_WITHIN) {
			/* The ceiling's error is the row's reader's, or ours
			 * when it never ends. */
			if (!row_scan(splitter)) {
				if (splitter->scanned <= SPLITTER_ROW_MAX)
					return SPLITTER_MORE;
				error_set(error, EXIT_PROTOCOL, "a record is "
				    "over the ceiling of %zu bytes",
				    SPLITTER_ROW_MAX);
				return SPLITTER_ERROR;
			}
			*row = splitter->text.data + splitter->at;
			*length = splitter->scanned;
			splitter->at += splitter->scanned;
			splitter->place = SPLITTER_BETWEEN;
			splitter->comma = true;
			splitter->none = false;
			/* Back at the depth of the page's object. */
			splitter->depth = 1;
			return SPLITTER_ROW;
		}
		if ((splitter->place == SPLITTER_AROUND ?
		    around(splitter, error) : between(splitter, error)) == -1)
			return SPLITTER_ERROR;
		if (splitter->place == SPLITTER_AROUND &&
		    splitter->at < splitter->text.length &&
		    splitter->text.data[splitter->at] == ']') {
			/* The array of rows ends: the envelope's has none. */
			buffer_puts(&splitter->envelope, "]");
			splitter->at++;
		}
	}
	return SPLITTER_MORE;
}

int
splitter_end(struct splitter *splitter, struct json *json,
    struct error *error)
{
	struct error broken;

	if (splitter->place != SPLITTER_AROUND)
		return error_set(error, EXIT_PROTOCOL, "the answer is not "
		    "valid JSON: it ends within its records");
	if (json_parse(json, buffer_text(&splitter->envelope),
	    splitter->envelope.length, &broken) == -1)
		return error_set(error, EXIT_PROTOCOL, "the answer is %.200s",
		    broken.message);
	return 0;
}
