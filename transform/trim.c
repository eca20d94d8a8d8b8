/* SPDX-License-Identifier: MIT */
#include "transform/trim.h"

#include <stdlib.h>
#include <string.h>

#include "transform/check.h"
#include "transform/trim_edit.h"
#include "transform/trim_text.h"

#define CUTS_MAX 256   /* texts in one round */
#define ROUNDS_MAX 500 /* each makes the message smaller */
#define ROUNDS_CALM 50 /* so many do for a message that is only too long */
#define NOTE_ROOM 150  /* what a note counts against the budget, and more */
#define WORTH_CUTTING 400 /* characters of a text, when others are shorter */
#define KEPT_MIN 200      /* of such a text */

struct cut {
	json_node node;
	size_t limit;
	bool mrkdwn;
};

/* What a look at the message finds. */
struct survey {
	struct cut cuts[CUTS_MAX];
	size_t count;
	json_node many, crowded;
	size_t many_limit, crowded_limit;
	bool over;
};

static void
on_violation(void *context, const struct blockkit_violation *violation)
{
	struct survey *survey = context;

	switch (violation->fault) {
	case BLOCKKIT_LONG:
	case BLOCKKIT_LONG_MRKDWN:
		if (survey->count < CUTS_MAX)
			survey->cuts[survey->count++] = (struct cut){
				.node = violation->node,
				.limit = violation->limit,
				.mrkdwn = violation->fault ==
				    BLOCKKIT_LONG_MRKDWN };
		break;
	case BLOCKKIT_MANY:
		/* Nodes are in the order of the text: the outermost. */
		if (survey->many == JSON_NONE ||
		    violation->node < survey->many) {
			survey->many = violation->node;
			survey->many_limit = violation->limit;
		}
		break;
	case BLOCKKIT_CROWDED:
		if (survey->crowded == JSON_NONE) {
			survey->crowded = violation->node;
			survey->crowded_limit = violation->limit;
		}
		break;
	case BLOCKKIT_TOTAL:
		survey->over = true;
		break;
	default:
		break;
	}
}

static int
by_place(const void *one, const void *other)
{
	const struct cut *a = one, *b = other;

	return (a->node > b->node) - (a->node < b->node);
}

static int
cut_texts(struct edit *edit, struct cut *cuts, size_t count)
{
	const struct json *json = edit->json;
	struct buffer whole, part;
	size_t i;

	buffer_init(&whole, edit->text->ceiling);
	buffer_init(&part, edit->text->ceiling);
	qsort(cuts, count, sizeof(*cuts), by_place);
	for (i = 0; i < count; i++) {
		buffer_clear(&whole);
		buffer_clear(&part);
		json_decode(json, cuts[i].node, &whole);
		trim_text(buffer_text(&whole), whole.length, cuts[i].limit,
		    cuts[i].mrkdwn, &part);
		edit_keep(edit, json->values[cuts[i].node].start);
		buffer_json_string(&edit->fresh, buffer_text(&part),
		    part.length);
		edit_skip(edit, json->values[cuts[i].node].end);
	}
	buffer_free(&whole);
	buffer_free(&part);
	return 0;
}

/* The fields beyond the tenth, in sections of their own. */
static int
spread_fields(struct edit *edit, json_node fields, size_t limit)
{
	const struct json *json = edit->json;
	json_node section = edit_parent(json, fields), field;
	size_t first = edit_end_of(json, fields, limit), i = 0;
	size_t last = edit_end_of(json, fields, json_count(json, fields));

	edit_keep(edit, first);
	edit_skip(edit, last);
	edit_keep(edit, json->values[section].end);
	for (field = json_first(json, fields); field != JSON_NONE;
	    field = json_next(json, field), i++) {
		if (i < limit)
			continue;
		buffer_puts(&edit->fresh, i % limit > 0 ? "," : i > limit ?
		    "]},{\"type\":\"section\",\"fields\":[" :
		    ",{\"type\":\"section\",\"fields\":[");
		edit_copy(edit, field);
	}
	buffer_puts(&edit->fresh, "]}");
	return 0;
}

static bool
has_type(const struct json *json, json_node object, const char *type)
{
	return json_is(json, json_member(json, object, "type"), type);
}

static int
fix_many(struct edit *edit, json_node node, size_t limit)
{
	const struct json *json = edit->json;
	json_node parent = edit_parent(json, node);

	if (json_named(json, node, "blocks") ||
	    json_named(json, node, "child_blocks"))
		return edit_keep_items(edit, node, limit - 1, EDIT_BLOCKS);
	if (parent == 0 && json_named(json, node, "attachments"))
		return edit_keep_items(edit, node, limit - 1,
		    EDIT_ATTACHMENTS);
	if (json_named(json, node, "fields") &&
	    has_type(json, parent, "section"))
		return spread_fields(edit, node, limit);
	if (has_type(json, parent, "context"))
		return edit_keep_items(edit, node, limit - 1, EDIT_CONTEXT);
	if (json_type(json, parent) == JSON_ARRAY)
		return edit_keep_items(edit, node, limit - 1, EDIT_CELLS);
	return edit_keep_noted(edit, node, limit);
}

/* As many of a table's rows as have so many characters. */
static int
fix_crowded(struct edit *edit, json_node rows, size_t limit)
{
	const struct json *json = edit->json;
	json_node table = edit_parent(json, rows), row;
	size_t keep = 0, characters = 0;

	for (row = json_first(json, rows); row != JSON_NONE;
	    row = json_next(json, row), keep++) {
		characters += blockkit_weigh(json, row, BLOCKKIT_ROW).plain;
		if (characters > limit)
			break;
	}
	if (keep < (has_type(json, table, "table") ? 1 : 2))
		return edit_replace_by_note(edit, table, "tables");
	return edit_keep_noted(edit, rows, keep);
}

/* The array below node with most elements, on the way down where most of the
 * text is; JSON_NONE if none has two. */
static json_node
longest_array(const struct json *json, json_node node)
{
	json_node best = JSON_NONE, child, next;
	size_t most = 1, count;

	while (node != JSON_NONE) {
		count = json_count(json, node);
		if (json_type(json, node) == JSON_ARRAY && count > most) {
			most = count;
			best = node;
		}
		next = JSON_NONE;
		for (child = json_first(json, node); child != JSON_NONE;
		    child = json_next(json, child))
			if (json_first(json, child) != JSON_NONE &&
			    (next == JSON_NONE || edit_length(json, child) >
			    edit_length(json, next)))
				next = child;
		node = next;
	}
	return best;
}

/* One block, or one attachment, that is too much by itself. */
static int
shrink(struct edit *edit, json_node node, size_t excess,
    enum blockkit_part part)
{
	struct blockkit_weight weight = blockkit_weigh(edit->json, node, part);
	struct cut cut = { .node = weight.longest, .mrkdwn = weight.mrkdwn };
	json_node array;
	size_t count, drop, keep;
	bool is_blocks;

	if (weight.length >= WORTH_CUTTING) {
		cut.limit = weight.length > excess + KEPT_MIN ?
		    weight.length - excess : KEPT_MIN;
		return cut_texts(edit, &cut, 1);
	}
	array = longest_array(edit->json, node);
	if (array != JSON_NONE) {
		is_blocks = json_named(edit->json, array, "blocks") ||
		    json_named(edit->json, array, "child_blocks");
		count = is_blocks ? edit_count(edit->json, array,
		    EDIT_BLOCKS) : json_count(edit->json, array);
		drop = count * (excess + NOTE_ROOM) / weight.characters + 1;
		keep = drop < count ? count - drop : 1;
		if (keep < count)
			return is_blocks ? edit_keep_items(edit, array, keep,
			    EDIT_BLOCKS) : edit_keep_noted(edit, array, keep);
	}
	return part == BLOCKKIT_BLOCK ?
	    edit_replace_by_note(edit, node, "blocks") : -1;
}

/* Of an array's first count elements: how many have, with what stands beside
 * them, room in the budget, but at least low. */
static size_t
how_many(const struct json *json, json_node array, size_t count,
    enum blockkit_part part, size_t beside, size_t low)
{
	json_node node = json_first(json, array);
	size_t keep;

	for (keep = 0; keep < count; keep++, node = json_next(json, node)) {
		beside += blockkit_weigh(json, node, part).characters;
		if (beside + NOTE_ROOM > BLOCKKIT_CHARACTERS_MAX)
			break;
	}
	return keep < low ? low : keep;
}

static size_t
weigh_all(const struct json *json, json_node array, enum blockkit_part part)
{
	json_node node;
	size_t sum = 0;

	for (node = json_first(json, array); node != JSON_NONE;
	    node = json_next(json, node))
		sum += blockkit_weigh(json, node, part).characters;
	return sum;
}

/* Drop from the end, which is what a reader reaches last. */
static int
fix_total(struct edit *edit)
{
	const struct json *json = edit->json;
	json_node blocks = json_member(json, 0, "blocks");
	json_node attachments = json_member(json, 0, "attachments");
	size_t block_count = edit_count(json, blocks, EDIT_BLOCKS);
	size_t attachment_count = edit_count(json, attachments,
	    EDIT_ATTACHMENTS);
	size_t in_blocks = weigh_all(json, blocks, BLOCKKIT_BLOCK);
	size_t in_attachments = weigh_all(json, attachments,
	    BLOCKKIT_ATTACHMENT);
	size_t total = in_blocks + in_attachments;
	size_t excess = total > BLOCKKIT_CHARACTERS_MAX ?
	    total - BLOCKKIT_CHARACTERS_MAX : 1;

	if (attachment_count > (block_count == 0))
		return edit_keep_items(edit, attachments, how_many(json,
		    attachments, attachment_count - 1, BLOCKKIT_ATTACHMENT,
		    in_blocks, block_count == 0), EDIT_ATTACHMENTS);
	if (block_count > 1)
		return edit_keep_items(edit, blocks, how_many(json, blocks,
		    block_count - 1, BLOCKKIT_BLOCK, in_attachments, 1),
		    EDIT_BLOCKS);
	if (block_count == 1)
		return shrink(edit, json_first(json, blocks), excess,
		    BLOCKKIT_BLOCK);
	return attachment_count == 1 ? shrink(edit, json_first(json,
	    attachments), excess, BLOCKKIT_ATTACHMENT) : -1;
}

/* Mend one kind of excess.  1: something was; 0: nothing could be.  What is in
 * the blocks comes first, for then more of them fit; in haste it doesn't. */
static int
mend(struct edit *edit, struct survey *survey, bool haste)
{
	if (haste && survey->over && fix_total(edit) == 0)
		return 1;
	if (survey->many != JSON_NONE &&
	    fix_many(edit, survey->many, survey->many_limit) == 0)
		return 1;
	if (survey->count > 0)
		return cut_texts(edit, survey->cuts, survey->count) == 0;
	if (survey->crowded != JSON_NONE)
		return fix_crowded(edit, survey->crowded,
		    survey->crowded_limit) == 0;
	return survey->over && fix_total(edit) == 0;
}

int
trim_message(struct buffer *text, struct json *json, struct error *why)
{
	struct edit edit;
	struct survey survey;
	int rounds, rc = 0;

	edit_open(&edit, text, json);
	for (rounds = 0; rounds < ROUNDS_MAX; rounds++) {
		survey.count = 0;
		survey.many = survey.crowded = JSON_NONE;
		survey.over = false;
		if (check_each(json, on_violation, &survey) == 0 ||
		    mend(&edit, &survey, rounds >= ROUNDS_CALM) == 0)
			break;
		if ((rc = edit_finish(&edit, why)) == -1)
			break;
	}
	edit_close(&edit);
	return rc == -1 ? -1 : check_message(json, why);
}
