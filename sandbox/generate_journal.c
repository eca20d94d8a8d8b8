/* SPDX-License-Identifier: MIT */
#include "sandbox/generate.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"

#define DAY_MS (24 * 3600 * 1000LL)
#define FIRST_ID 300000026110001LL
#define WHO "FIN_IMPL"

struct draft {
	struct data *data;
	struct chance *chance;
	size_t number;
	int64_t id, stamp, created;
	int64_t entered, accounted;   /* the batch's, one side */
	bool posted, euro;
	const char *source, *category;
	char period[6];               /* 01-26 */
};

static const char *const sources[][2] = {
	{ "Payables", "Purchase Invoices" },
	{ "Receivables", "Sales Invoices" },
	{ "Manual", "Accrual" },
	{ "Spreadsheet", "Adjustment" },
	{ "Assets", "Depreciation" },
};
static const char *const debits[] = { "101.10.60230.462.000.000",
    "101.10.51100.110.000.000", "101.10.61550.130.000.000" };
#define CREDIT "101.10.22200.120.000.000"
#define EURO_RATE "1.0813"

static const struct fixed batch_fixed[] = {
	{ "AccountedPeriodType", "\"MONTH\"" },
	{ "ActualFlagMeaning", "\"Actual\"" },
	{ "FundsStatusMeaning", "\"Not applicable\"" },
	{ "ChartOfAccountsName", "\"US Chart of Accounts\"" },
	{ "UserPeriodSetName", "\"AccountingMMYY\"" },
	{ NULL, NULL }
};

static int64_t
to_dollars(const struct draft *draft, int64_t cents)
{
	return draft->euro ? cents * 10813 / 10000 : cents;
}

static void
currency_set(const struct draft *draft, struct item *item)
{
	struct data *data = draft->data;

	data_set(data, item, "CurrencyCode", draft->euro ? "\"EUR\"" :
	    "\"USD\"");
	data_set(data, item, "CurrencyConversionRate", draft->euro ?
	    EURO_RATE : "1");
	data_set(data, item, "UserCurrencyConversionType", draft->euro ?
	    "\"Corporate\"" : "\"User\"");
	set_day(data, item, "CurrencyConversionDate", draft->created);
}

static void
line_make(const struct draft *draft, struct item *header, size_t n,
    bool debit, int64_t entered, int64_t accounted)
{
	struct data *data = draft->data;
	struct item *line = data_add(data, &header->children[0],
	    header->kind->children[0]);

	if (line == NULL)
		return;
	data_set(data, line, "JeLineNumber", "%zu", n);
	data_set_text(data, line, "AccountCombination", debit ?
	    debits[n % 3] : CREDIT);
	set_money(data, line, debit ? "AccountedDr" : "AccountedCr",
	    accounted, 2);
	set_money(data, line, debit ? "EnteredDr" : "EnteredCr", entered, 2);
	currency_set(draft, line);
	data_set(data, line, "ChartOfAccountsName",
	    "\"US Chart of Accounts\"");
	if (n % 2 == 1)
		data_set_text(data, line, "Description", draft->category);
	set_audit(data, line, WHO, draft->created, draft->stamp);
}

static void
header_make(struct draft *draft, struct item *batch, size_t n,
    int64_t entered)
{
	static const char *const totals[] = { "RunningTotalCr",
	    "RunningTotalDr", "RunningTotalAccountedCr",
	    "RunningTotalAccountedDr" };
	struct data *data = draft->data;
	struct item *header = data_add(data, &batch->children[0],
	    batch->kind->children[0]);
	size_t lines = 1 + chance_next(draft->chance, 3), i;
	int64_t accounted = to_dollars(draft, entered), part, left = entered;
	int64_t left_accounted = accounted;

	if (header == NULL)
		return;
	draft->entered += entered;
	draft->accounted += accounted;
	data_set(data, header, "JournalName", "\"%s %s %zu\"",
	    draft->category, draft->euro ? "EUR" : "USD", n);
	data_set(data, header, "LedgerName", "\"US Primary Ledger\"");
	data_set(data, header, "LedgerCurrencyCode", "\"USD\"");
	currency_set(draft, header);
	data_set_text(data, header, "PeriodName", draft->period);
	set_day(data, header, "DefaultEffectiveDate", draft->created);
	data_set_text(data, header, "UserJeCategoryName", draft->category);
	for (i = 0; i < 4; i++)
		set_money(data, header, totals[i], i < 2 ? entered :
		    accounted, 2);
	data_set(data, header, "LegalEntityName", "\"US1 Legal Entity\"");
	data_set(data, header, "JeFromSlaFlagMeaning",
	    strcmp(draft->source, "Manual") == 0 ? "\"No\"" : "\"Yes\"");
	set_audit(data, header, WHO, draft->created, draft->stamp);
	for (i = 1; i < lines; i++) {
		part = entered / (int64_t)lines;
		line_make(draft, header, i, true, part,
		    to_dollars(draft, part));
		left -= part;
		left_accounted -= to_dollars(draft, part);
	}
	line_make(draft, header, lines, true, left, left_accounted);
	line_make(draft, header, lines + 1, false, entered, accounted);
}

/* Between a thousand and five millions, each magnitude as likely. */
static int64_t
total_make(struct chance *chance)
{
	static const int64_t magnitudes[] = { 100000, 1000000, 10000000,
	    100000000 };
	int64_t base = magnitudes[chance_next(chance, 4)];

	return base + (int64_t)chance_next(chance, base == 100000000 ?
	    400000001 : (uint64_t)base * 9);
}

static void
batch_describe(const struct draft *draft, struct item *batch)
{
	struct data *data = draft->data;

	data_set(data, batch, "JeBatchId", "%lld", (long long)draft->id);
	data_set_text(data, batch, "DefaultPeriodName", draft->period);
	data_set(data, batch, "BatchName", "\"%s %s %lld\"", draft->source,
	    draft->category, (long long)draft->id);
	data_set(data, batch, "Status", draft->posted ? "\"P\"" : "\"U\"");
	data_set(data, batch, "StatusMeaning", draft->posted ?
	    "\"Posted\"" : "\"Unposted\"");
	data_set(data, batch, "CompletionStatusMeaning", draft->posted ?
	    "\"Complete\"" : "\"Incomplete\"");
	data_set(data, batch, "ApprovalStatusMeaning",
	    draft->number % 5 == 2 ? "\"Required\"" : "\"Not required\"");
	data_set_text(data, batch, "UserJeSourceName", draft->source);
	data_set(data, batch, "ReversalFlag", "false");
	if (draft->number % 4 == 1)
		data_set_text(data, batch, "BatchDescription",
		    "Month-end <accrual> & correction\nper controller");
	if (draft->posted) {
		set_day(data, batch, "PostedDate", draft->stamp);
		data_set(data, batch, "PostingRunId", "%zu",
		    812044 + draft->number);
		data_set(data, batch, "RequestId", "%zu",
		    4410293 + draft->number * 7);
	}
	set_audit(data, batch, WHO, draft->created, draft->stamp);
}

struct item *
generate_journal(struct data *data, struct chance *chance, size_t number,
    int64_t stamp_ms)
{
	struct item *batch = data_add(data, &data->lists[JOURNAL_BATCHES],
	    &kind_journal);
	struct draft draft = { .data = data, .chance = chance,
	    .number = number, .stamp = stamp_ms };
	size_t headers = 1 + chance_next(chance, 2);
	int64_t total = total_make(chance), first;
	char created[CLOCK_TEXT];

	if (batch == NULL)
		return NULL;
	draft.id = FIRST_ID + (int64_t)number * 43;
	draft.created = stamp_ms - 1000 -
	    (int64_t)chance_next(chance, DAY_MS / 4);
	draft.posted = number % 3 != 2;
	draft.euro = number % 7 == 3;
	draft.source = sources[number % 5][0];
	draft.category = sources[number % 5][1];
	clock_format(draft.created, created);
	snprintf(draft.period, sizeof(draft.period), "%.2s-%.2s",
	    created + 5, created + 2);
	set_fixed(data, batch, batch_fixed);
	batch_describe(&draft, batch);
	first = headers == 2 ? total / 3 : total;
	header_make(&draft, batch, 1, first);
	if (headers == 2)
		header_make(&draft, batch, 2, total - first);
	set_money(data, batch, "RunningTotalCr", draft.entered, 2);
	set_money(data, batch, "RunningTotalDr", draft.entered, 2);
	set_money(data, batch, "RunningTotalAccountedCr", draft.accounted, 2);
	set_money(data, batch, "RunningTotalAccountedDr", draft.accounted, 2);
	return batch;
}
