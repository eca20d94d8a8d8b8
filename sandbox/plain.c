/* SPDX-License-Identifier: MIT */
#include "sandbox/plain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS (24 * 3600 * 1000LL)
#define ID_STEP 100 /* room for the children of a row */
#define CHILDREN_MAX 3
#define WHO "INTEGRATION.USER"

PLAIN_MAKER(id)
{
	data_set(made->row->data, made->item, attribute, "%lld",
	    strtoll(text, NULL, 10) + (long long)made->row->number * ID_STEP +
	    (long long)made->row->serial);
}

PLAIN_MAKER(shared)
{
	size_t number = made->row->number;

	data_set(made->row->data, made->item, attribute, "%lld",
	    strtoll(text, NULL, 10) + (long long)(number % 6 == 5 ?
	    number - 1 : number) * ID_STEP);
}

PLAIN_MAKER(fixed)
{
	data_set(made->row->data, made->item, attribute, "%s", text);
}

PLAIN_MAKER(choice)
{
	char chosen[256];
	size_t count = 1, turn;

	for (const char *at = text; *at != '\0'; at++)
		count += *at == '|';
	for (turn = made->row->number % count; turn > 0; turn--)
		text = strchr(text, '|') + 1;
	snprintf(chosen, sizeof(chosen), "%.*s", (int)strcspn(text, "|"),
	    text);
	data_set_text(made->row->data, made->item, attribute,
	    chosen[0] == '\0' ? NULL : chosen);
}

PLAIN_MAKER(counted)
{
	char prefix[16] = "", value[64];
	long long base = 0, step = 0;

	sscanf(text, "%15s %lld %lld", prefix, &base, &step);
	snprintf(value, sizeof(value), "%s%lld", prefix,
	    base + step * (long long)made->row->number);
	data_set_text(made->row->data, made->item, attribute, value);
}

PLAIN_MAKER(whole)
{
	long long base = 0, step = 0;

	sscanf(text, "%lld %lld", &base, &step);
	data_set(made->row->data, made->item, attribute, "%lld",
	    base + step * (long long)made->row->number);
}

PLAIN_MAKER(position)
{
	(void)text;
	data_set(made->row->data, made->item, attribute, "%zu",
	    made->position);
}

PLAIN_MAKER(parent)
{
	(void)text;
	data_set(made->row->data, made->item, attribute, "%s",
	    item_value(made->parent, attribute));
}

PLAIN_MAKER(vendor)
{
	const struct vendor *vendor = made->row->vendor;

	data_set_text(made->row->data, made->item, attribute,
	    strcmp(text, "name") == 0 ? vendor->name :
	    strcmp(text, "number") == 0 ? vendor->number :
	    strcmp(text, "site") == 0 ? vendor->site : vendor->email);
}

PLAIN_MAKER(amount)
{
	uint64_t most = strtoull(text, NULL, 10);
	int64_t cents = 1 + (int64_t)chance_next(made->row->chance, most);

	set_money(made->row->data, made->item, attribute,
	    made->row->number % 9 == 4 ? -cents : cents, 2);
}

PLAIN_MAKER(quantity)
{
	data_set(made->row->data, made->item, attribute, "%llu",
	    1 + (unsigned long long)chance_next(made->row->chance,
	    strtoull(text, NULL, 10)));
}

PLAIN_MAKER(day)
{
	long long from = 0, to = 0;

	sscanf(text, "%lld %lld", &from, &to);
	from += (long long)chance_next(made->row->chance,
	    (uint64_t)(to - from) + 1);
	set_day(made->row->data, made->item, attribute,
	    made->row->data->base_ms + from * DAY_MS);
}

PLAIN_MAKER(stamped)
{
	(void)text;
	data_set_stamp(made->row->data, made->item, attribute,
	    made->row->created);
}

PLAIN_MAKER(released)
{
	(void)text;
	if (made->row->number % 3 == 2)
		data_set_stamp(made->row->data, made->item, attribute,
		    made->row->stamp);
}

static struct item *
item_make(struct plain_row *row, struct list *list, const struct kind *kind,
    const struct item *parent)
{
	struct data *data = row->data;
	struct item *item = data_add(data, list, kind);
	struct plain_item made = { row, item, parent, list->count };
	size_t children = 1 + row->number % CHILDREN_MAX;

	if (item == NULL)
		return NULL;
	for (const struct recipe *recipe = kind->recipes;
	    recipe->attribute != NULL; recipe++)
		recipe->make(&made, recipe->attribute, recipe->text);
	set_audit(data, item, WHO, row->created,
	    parent == NULL ? row->stamp : row->created);
	for (size_t i = 0; kind->children[i] != NULL; i++)
		for (size_t n = 0; n < children; n++) {
			row->serial++;
			item_make(row, &item->children[i], kind->children[i],
			    item);
		}
	return item;
}

struct item *
plain_make(struct data *data, struct list *list, const struct kind *kind,
    struct chance *chance, size_t number, int64_t stamp_ms)
{
	struct plain_row row = { .data = data, .chance = chance,
	    .number = number, .stamp = stamp_ms };
	size_t index;

	row.vendor = vendor_pick(chance, number, &index);
	row.created = stamp_ms - stamp_ms % 1000 - DAY_MS -
	    (int64_t)chance_next(chance, 864000) * 1000;
	return item_make(&row, list, kind, NULL);
}
