/* SPDX-License-Identifier: MIT */
#include "sandbox/generate.h"

#include <stdio.h>
#include <string.h>

#define DAY_MS (24 * 3600 * 1000LL)
#define FIRST_ID 300000047414679LL
#define LONG_INVOICE 3 /* the number of the one with so many lines */
#define LONG_LINES 47
#define WHO "AP_SUPV_OPERATIONS"

enum { LINES, INSTALLMENTS };

struct draft {
	struct data *data;
	struct chance *chance;
	size_t number;
	int64_t id, stamp, created, due, total;
	int sign;          /* -1: a credit memo */
	const char *currency;
	int decimals;
	const char *rate;  /* to dollars, as text; NULL for dollars */
	int64_t rate_micro;
	const char *validation, *paid, *type;
	const struct vendor *vendor;
	char order[16];    /* "" when there is none */
};

static const struct fixed invoice_fixed[] = {
	{ "BusinessUnit", "\"US1 Business Unit\"" },
	{ "ProcurementBU", "\"US1 Business Unit\"" },
	{ "InvoiceSourceCode", "\"MANUAL INVOICE ENTRY\"" },
	{ "InvoiceSource", "\"Manual invoice entry\"" },
	{ "PayAloneFlag", "false" },
	{ "PaymentTerms", "\"Net 30\"" },
	{ "PaymentMethodCode", "\"CHECK\"" },
	{ "PaymentMethod", "\"Check\"" },
	{ "LegalEntity", "\"US1 Legal Entity\"" },
	{ "LegalEntityIdentifier", "\"US0101\"" },
	{ "LiabilityDistribution", "\"101.10.22200.120.000.000\"" },
	{ "AccountingStatus", "\"Unaccounted\"" },
	{ "CanceledFlag", "false" },
	{ "TaxationCountry", "\"United States\"" },
	{ "LastUpdateLogin", "\"7B273F6DCA3CF7D0E0533BFDF40AFF00\"" },
	{ NULL, NULL }
};

static const struct fixed line_fixed[] = {
	{ "ApprovalStatus", "\"Not required\"" },
	{ "DiscardedFlag", "false" },
	{ "CanceledFlag", "false" },
	{ "LineSource", "\"Manual line entry\"" },
	{ "MatchOption", "\"Order\"" },
	{ "FundsStatus", "\"Not reserved\"" },
	{ NULL, NULL }
};

static int64_t
base_amount(const struct draft *draft, int64_t minor)
{
	/* A dollar has cents, whatever the other currency has. */
	return draft->decimals == 0 ? minor * draft->rate_micro / 10000 :
	    minor * draft->rate_micro / 1000000;
}

static void
set_base(const struct draft *draft, struct item *item, int64_t minor)
{
	if (draft->rate != NULL)
		set_money(draft->data, item, "BaseAmount",
		    base_amount(draft, minor), 2);
}

static void
distribution_make(const struct draft *draft, struct item *line, size_t n,
    int64_t amount, const char *type, const char *account)
{
	struct data *data = draft->data;
	struct item *item = data_add(data, &line->children[0],
	    line->kind->children[0]);

	if (item == NULL)
		return;
	data_set(data, item, "InvoiceDistributionId", "%lld",
	    (long long)(draft->id * 1000 % 1000000000000 +
	    300000000000000 + (int64_t)n));
	data_set(data, item, "DistributionLineNumber", "1");
	data_set_text(data, item, "DistributionLineType", type);
	set_money(data, item, "DistributionAmount", amount, draft->decimals);
	set_base(draft, item, amount);
	set_day(data, item, "AccountingDate", draft->created);
	data_set(data, item, "AccountingStatus", "\"Unaccounted\"");
	data_set_text(data, item, "DistributionCombination", account);
	data_set(data, item, "CanceledFlag", "false");
	data_set(data, item, "ReversedFlag", "false");
	if (draft->order[0] != '\0')
		data_set_text(data, item, "PurchaseOrderNumber", draft->order);
	set_audit(data, item, WHO, draft->created, draft->created);
}

static void
line_make(struct draft *draft, struct item *invoice, size_t n)
{
	struct data *data = draft->data;
	const struct product *product = product_pick(draft->chance);
	struct item *line = data_add(data, &invoice->children[LINES],
	    invoice->kind->children[LINES]);
	int64_t quantity = 1 + (int64_t)chance_next(draft->chance, 40);
	int64_t price = product->cents, amount;

	if (line == NULL)
		return;
	if (draft->decimals == 0)
		price = price * 3 / 2; /* in whole yen */
	quantity *= draft->sign;
	amount = quantity * price;
	draft->total += amount;
	set_fixed(data, line, line_fixed);
	data_set(data, line, "LineNumber", "%zu", n);
	data_set(data, line, "LineType", "\"Item\"");
	set_money(data, line, "LineAmount", amount, draft->decimals);
	set_base(draft, line, amount);
	data_set_text(data, line, "Description", product->name);
	data_set(data, line, "Quantity", "%lld", (long long)quantity);
	data_set_text(data, line, "UOM", product->unit);
	set_money(data, line, "UnitPrice", price, draft->decimals);
	set_day(data, line, "AccountingDate", draft->created);
	data_set_text(data, line, "Item", product->code);
	data_set_text(data, line, "ItemDescription", product->name);
	data_set_text(data, line, "DistributionCombination", product->account);
	if (draft->order[0] != '\0') {
		data_set_text(data, line, "PurchaseOrderNumber", draft->order);
		data_set(data, line, "PurchaseOrderLineNumber", "%zu", n);
		data_set(data, line, "PurchaseOrderScheduleLineNumber", "1");
		data_set(data, line, "MatchType", "\"Purchase order\"");
	}
	set_audit(data, line, WHO, draft->created, draft->stamp);
	distribution_make(draft, line, n, amount, "Item", product->account);
}

/* 8.25 %, written as the ERP writes it: a line without a unit and item. */
static void
tax_make(struct draft *draft, struct item *invoice, size_t n)
{
	struct data *data = draft->data;
	struct item *line = data_add(data, &invoice->children[LINES],
	    invoice->kind->children[LINES]);
	int64_t amount = draft->total * 825 / 10000;

	if (line == NULL)
		return;
	draft->total += amount;
	set_fixed(data, line, line_fixed);
	data_set(data, line, "LineNumber", "%zu", n);
	data_set(data, line, "LineType", "\"Tax\"");
	set_money(data, line, "LineAmount", amount, draft->decimals);
	set_base(draft, line, amount);
	set_day(data, line, "AccountingDate", draft->created);
	data_set(data, line, "TaxRateName", "\"US-SALES-TAX-STD\"");
	data_set(data, line, "TaxRateCode", "\"US-SALES-TAX-STD\"");
	data_set(data, line, "TaxRate", "\"8.25\"");
	data_set(data, line, "LineSource",
	    "\"Tax calculated automatically\"");
	data_set(data, line, "MatchOption", "null");
	set_audit(data, line, WHO, draft->created, draft->stamp);
}

static void
installment_make(const struct draft *draft, struct item *invoice, size_t n,
    int64_t amount, int64_t unpaid, int64_t due)
{
	static const char *const reasons[] = {
		"Quantity billed exceeds quantity received",
		"Price variance above tolerance",
		"Supplier bank account is missing",
		"Possible duplicate of another invoice",
	};
	struct data *data = draft->data;
	struct item *item = data_add(data, &invoice->children[INSTALLMENTS],
	    invoice->kind->children[INSTALLMENTS]);
	bool held = draft->number % 6 == 1 && unpaid != 0;

	if (item == NULL)
		return;
	data_set(data, item, "InstallmentNumber", "%zu", n);
	set_money(data, item, "GrossAmount", amount, draft->decimals);
	set_money(data, item, "UnpaidAmount", unpaid, draft->decimals);
	set_day(data, item, "DueDate", due);
	data_set(data, item, "PaymentPriority", "99");
	data_set(data, item, "PaymentMethod", "\"Check\"");
	data_set(data, item, "PaymentMethodCode", "\"CHECK\"");
	data_set_text(data, item, "RemitToSupplier", draft->vendor->name);
	data_set(data, item, "HoldFlag", held ? "true" : "false");
	if (held) {
		data_set_text(data, item, "HoldReason",
		    reasons[draft->number / 6 % 4]);
		data_set(data, item, "HeldBy", "\"Calvin Roth\"");
		data_set(data, item, "HoldType", "\"Manual\"");
		set_day(data, item, "HoldDate", draft->stamp);
	}
	set_audit(data, item, WHO, draft->created, draft->created);
}

static void
draft_plan(struct draft *draft)
{
	static const char *const validations[] = { "Validated",
	    "Needs revalidation", "Validated", "Not validated", "Validated" };
	size_t number = draft->number, vendor;

	draft->id = FIRST_ID + (int64_t)number * 37;
	draft->created = draft->stamp - DAY_MS -
	    (int64_t)chance_next(draft->chance, 3 * DAY_MS);
	draft->due = draft->data->base_ms +
	    ((int64_t)chance_next(draft->chance, 60) - 20) * DAY_MS;
	draft->vendor = vendor_pick(draft->chance, number, &vendor);
	draft->currency = "USD";
	draft->decimals = 2;
	if (number % 10 == 6 || vendor == 3) {
		draft->currency = "EUR";
		draft->rate = "1.0813";
		draft->rate_micro = 1081300;
	} else if (number % 20 == 13) {
		draft->currency = "JPY";
		draft->decimals = 0;
		draft->rate = "0.00670000000000001";
		draft->rate_micro = 6700;
	}
	draft->validation = validations[number % 5];
	draft->type = number % 10 == 4 ? "Credit memo" : "Standard";
	draft->sign = number % 10 == 4 ? -1 : 1;
	draft->paid = number % 7 == 5 ? "Paid" : number % 14 == 9 ?
	    "Partially paid" : "Unpaid";
	if (number % 3 != 1)
		snprintf(draft->order, sizeof(draft->order), "US%zu",
		    164535 + number % 40);
}

static void
invoice_describe(const struct draft *draft, struct item *invoice)
{
	struct data *data = draft->data;
	char text[64];

	snprintf(text, sizeof(text), "%s-%zu",
	    draft->sign < 0 ? "CM" : "INV", 88231 + draft->number * 3);
	data_set_text(data, invoice, "InvoiceNumber", text);
	switch (draft->number % 8) {
	case 2:
		data_set_text(data, invoice, "Description", "Freight & duty "
		    "<https://example.com|see here>, 20% \"extra\"\n"
		    "second line `code` ~struck~");
		break;
	case 5: /* null */
		break;
	default:
		data_set_text(data, invoice, "Description",
		    "Materials for the Cleveland plant");
	}
	data_set_text(data, invoice, "InvoiceType", draft->type);
	data_set_text(data, invoice, "Supplier", draft->vendor->name);
	data_set_text(data, invoice, "SupplierNumber", draft->vendor->number);
	data_set_text(data, invoice, "SupplierSite", draft->vendor->site);
	data_set_text(data, invoice, "InvoiceCurrency", draft->currency);
	data_set_text(data, invoice, "PaymentCurrency", draft->currency);
	if (draft->order[0] != '\0')
		data_set_text(data, invoice, "PurchaseOrderNumber",
		    draft->order);
	if (draft->rate != NULL) {
		data_set(data, invoice, "ConversionRateType",
		    "\"Corporate\"");
		data_set(data, invoice, "ConversionRate", "%s", draft->rate);
		set_day(data, invoice, "ConversionDate", draft->created);
	}
	data_set_text(data, invoice, "ValidationStatus", draft->validation);
	data_set_text(data, invoice, "ApprovalStatus",
	    draft->number % 4 == 2 ? "Required" : "Not required");
	data_set_text(data, invoice, "PaidStatus", draft->paid);
}

struct item *
generate_invoice(struct data *data, struct chance *chance, size_t number,
    int64_t stamp_ms)
{
	struct item *invoice = data_add(data, &data->lists[INVOICES],
	    &kind_invoice);
	struct draft draft = { .data = data, .chance = chance,
	    .number = number, .stamp = stamp_ms };
	size_t lines, n;
	int64_t paid;

	if (invoice == NULL)
		return NULL;
	draft_plan(&draft);
	set_fixed(data, invoice, invoice_fixed);
	data_set(data, invoice, "InvoiceId", "%lld", (long long)draft.id);
	invoice_describe(&draft, invoice);
	set_day(data, invoice, "InvoiceDate", draft.created - DAY_MS);
	set_day(data, invoice, "TermsDate", draft.created - DAY_MS);
	set_day(data, invoice, "AccountingDate", draft.created);
	set_day(data, invoice, "InvoiceReceivedDate", draft.created);
	set_audit(data, invoice, WHO, draft.created, stamp_ms);
	lines = number == LONG_INVOICE ? LONG_LINES :
	    1 + chance_next(chance, 4);
	for (n = 1; n <= lines; n++)
		line_make(&draft, invoice, n);
	if (number % 2 == 0)
		tax_make(&draft, invoice, n);
	set_money(data, invoice, "InvoiceAmount", draft.total, draft.decimals);
	set_base(&draft, invoice, draft.total);
	paid = strcmp(draft.paid, "Paid") == 0 ? draft.total :
	    strcmp(draft.paid, "Unpaid") == 0 ? 0 : draft.total / 2;
	set_money(data, invoice, "AmountPaid", paid, draft.decimals);
	n = 1;
	if (paid != 0)
		installment_make(&draft, invoice, n++, paid, 0,
		    draft.due - 30 * DAY_MS);
	if (paid != draft.total)
		installment_make(&draft, invoice, n, draft.total - paid,
		    draft.total - paid, draft.due);
	return invoice;
}
