/*
 * generate: what the generators share; data.h has the entry.
 */
#ifndef SANDBOX_GENERATE_H
#define SANDBOX_GENERATE_H

#include "sandbox/data.h"

#define MONEY_TEXT 32
#define DATE_TEXT 11

/* A row's own source of chance: rows don't depend on one another. */
struct chance {
	uint64_t state;
};
uint64_t chance_next(struct chance *chance, uint64_t below);

struct vendor {
	const char *name, *number, *site, *email;
};
/* The first rows meet each vendor once; the hostile names are among them. */
const struct vendor *vendor_pick(struct chance *chance, size_t number,
    size_t *index);

struct product {
	const char *code, *name, *unit, *unit_code, *account;
	int64_t cents;
};
const struct product *product_pick(struct chance *chance);

struct fixed {
	const char *attribute, *json;
};
/* Set attributes that are alike in all rows; ends with a NULL attribute. */
void set_fixed(struct data *data, struct item *item,
    const struct fixed *fixed);
/* Minor units as a decimal text: 12450 → "124.50", whole amounts "124" when
 * short is true. */
void money(int64_t minor, int decimals, bool brief, char out[MONEY_TEXT]);
void set_money(struct data *data, struct item *item, const char *attribute,
    int64_t minor, int decimals);
/* A date so many days from the day of the start, as YYYY-MM-DD. */
void set_day(struct data *data, struct item *item, const char *attribute,
    int64_t ms);
/* CreationDate, LastUpdateDate and who. */
void set_audit(struct data *data, struct item *item, const char *who,
    int64_t created_ms, int64_t updated_ms);

struct item *generate_invoice(struct data *data, struct chance *chance,
    size_t number, int64_t stamp_ms);
struct item *generate_order(struct data *data, struct chance *chance,
    size_t number, int64_t stamp_ms);
struct item *generate_journal(struct data *data, struct chance *chance,
    size_t number, int64_t stamp_ms);

#endif
