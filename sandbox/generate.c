/* SPDX-License-Identifier: MIT */
#include "sandbox/generate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "sandbox/plain.h"

#define HOUR_MS (3600 * 1000LL)
#define DAY_MS (24 * HOUR_MS)
#define SPREAD_DAYS 30
/* Orders 5 to 34 came in one import: a tie longer than a default page. */
#define IMPORT_FIRST 5
#define IMPORT_COUNT 30

static const struct vendor vendors[] = {
	{ "Great Lakes Steel Supply", "1201", "Cleveland",
	    "ar@glsteel.example.com" },
	{ "Pacific Bearings Inc.", "1202", "Tacoma",
	    "billing@pacbear.example.com" },
	{ "<!channel> & Sons", "1203", "Newark", "office@andsons.example.com" },
	{ "Müller GmbH", "1204", "Stuttgart", "rechnung@mueller.example.com" },
	{ "Lone Star Hydraulics LLC", "1205", "Houston",
	    "ap@lshyd.example.com" },
	{ "*Bold* _Co_ :fire:", "1206", "Reno", "hello@boldco.example.com" },
	{ "Tanaka Precision Co., Ltd.", "1207", "Osaka",
	    "keiri@tanaka.example.com" },
	{ "The Extraordinarily Long-Winded Consolidated Midwestern Industrial "
	    "Fastener, Gasket, Packing and General Hardware Wholesale "
	    "Distribution Company of Fort Wayne, Indiana", "1208",
	    "Fort Wayne", "orders@longwinded.example.com" },
	{ "Two\nLines Logistics", "1209", "Memphis",
	    "desk@twolines.example.com" },
	{ "Blue Ridge Castings", "1210", "Roanoke", "ar@brcast.example.com" },
	{ "O'Malley \"Quick\" Couriers", "1211", "Boston",
	    "omq@couriers.example.com" },
	{ "Señal Eléctrica S.A. 電気 🔌", "1212", "Monterrey",
	    "cobros@senal.example.com" },
	{ "Prairie Packaging Corp.", "1213", "Omaha",
	    "ar@prairiepack.example.com" },
	{ "Keystone Industrial Gases", "1214", "Pittsburgh",
	    "ar@kigas.example.com" },
};

static const struct product products[] = {
	{ "ST10-A36", "Hot rolled steel plate A36, 10 mm", "Ton", "TN",
	    "101.10.51100.110.000.000", 89500 },
	{ "BR6204", "Deep groove ball bearing 6204-2RS", "Each", "Ea",
	    "101.10.51200.110.000.000", 685 },
	{ "HY-PMP40", "Hydraulic gear pump 40 cc", "Each", "Ea",
	    "101.10.51300.120.000.000", 41250 },
	{ "FS-M8X30", "Hex bolt M8x30, zinc plated", "Box", "BX",
	    "101.10.51400.110.000.000", 1899 },
	{ "PK-PAL48", "Heat treated pallet 48 x 40 in", "Each", "Ea",
	    "101.10.52100.130.000.000", 1450 },
	{ "GA-ARG50", "Argon 4.8, 50 l cylinder", "Each", "Ea",
	    "101.10.52300.110.000.000", 9640 },
	{ "EL-VFD15", "Variable frequency drive 15 kW", "Each", "Ea",
	    "101.10.15400.120.000.000", 118900 },
	{ "SV-CAL", "Gauge calibration on site", "Hour", "HR",
	    "101.10.60230.462.000.000", 14500 },
};

/* splitmix64 */
uint64_t
chance_next(struct chance *chance, uint64_t below)
{
	uint64_t z = chance->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	z ^= z >> 31;
	return below == 0 ? z : z % below;
}

const struct vendor *
vendor_pick(struct chance *chance, size_t number, size_t *index)
{
	size_t count = sizeof(vendors) / sizeof(vendors[0]);

	*index = number < count ? number : chance_next(chance, count);
	return &vendors[*index];
}

const struct product *
product_pick(struct chance *chance)
{
	return &products[chance_next(chance,
	    sizeof(products) / sizeof(products[0]))];
}

void
set_fixed(struct data *data, struct item *item, const struct fixed *fixed)
{
	for (; fixed->attribute != NULL; fixed++)
		data_set(data, item, fixed->attribute, "%s", fixed->json);
}

void
money(int64_t minor, int decimals, bool brief, char out[MONEY_TEXT])
{
	int64_t unit = 1;
	const char *sign = minor < 0 ? "-" : "";

	for (int i = 0; i < decimals; i++)
		unit *= 10;
	minor = llabs(minor);
	if (decimals == 0 || (brief && minor % unit == 0))
		snprintf(out, MONEY_TEXT, "%s%lld", sign,
		    (long long)(minor / unit));
	else
		snprintf(out, MONEY_TEXT, "%s%lld.%0*lld", sign,
		    (long long)(minor / unit), decimals,
		    (long long)(minor % unit));
}

void
set_money(struct data *data, struct item *item, const char *attribute,
    int64_t minor, int decimals)
{
	char text[MONEY_TEXT];

	money(minor, decimals, true, text);
	data_set(data, item, attribute, "%s", text);
}

void
set_day(struct data *data, struct item *item, const char *attribute,
    int64_t ms)
{
	char text[CLOCK_TEXT];

	clock_format(ms, text);
	data_set(data, item, attribute, "\"%.10s\"", text);
}

void
set_audit(struct data *data, struct item *item, const char *who,
    int64_t created_ms, int64_t updated_ms)
{
	data_set_text(data, item, "CreatedBy", who);
	data_set_text(data, item, "LastUpdatedBy", who);
	data_set_stamp(data, item, "CreationDate", created_ms);
	data_set_stamp(data, item, "LastUpdateDate", updated_ms);
}

/* Orders carry whole seconds, the others milliseconds three times in four;
 * some rows share the stamp of the one before. */
static int64_t
stamp_make(const struct data *data, enum stream stream, size_t number)
{
	struct chance chance;
	int64_t stamp;

	if (stream == PURCHASE_ORDERS && number >= IMPORT_FIRST &&
	    number < IMPORT_FIRST + IMPORT_COUNT)
		return data->base_ms - 9 * DAY_MS - 4 * HOUR_MS + 17000;
	if (number % 9 == 8)
		number--;
	chance.state = data->seed * 31 + (uint64_t)stream * 1000003 +
	    number * 7919;
	stamp = data->base_ms - HOUR_MS - DAY_MS * SPREAD_DAYS +
	    (int64_t)chance_next(&chance, DAY_MS * SPREAD_DAYS);
	if (stream == PURCHASE_ORDERS || stream == SCHEDULES ||
	    stream == ACKNOWLEDGMENTS || stream == DRAFT_ORDERS ||
	    number % 4 == 0)
		stamp -= stamp % 1000;
	return stamp;
}

struct item *
generate(struct data *data, enum stream stream, int64_t stamp_ms)
{
	static struct item *(*const makers[])(struct data *, struct chance *,
	    size_t, int64_t) = { [INVOICES] = generate_invoice,
	    [PURCHASE_ORDERS] = generate_order,
	    [JOURNAL_BATCHES] = generate_journal };
	const struct kind *kind = stream_kinds[stream];
	size_t number = data->made[stream]++;
	struct chance chance = { data->seed ^ ((uint64_t)stream << 56) ^
	    ((uint64_t)number * 0xd1342543de82ef95ULL) };
	struct item *item;

	if (stamp_ms < 0)
		stamp_ms = stamp_make(data, stream, number);
	item = kind->recipes == NULL ?
	    makers[stream](data, &chance, number, stamp_ms) :
	    plain_make(data, &data->lists[stream], kind, &chance, number,
	    stamp_ms);
	if (item != NULL)
		data_changed(data, stream, item);
	return data->failed ? NULL : item;
}
