/* SPDX-License-Identifier: MIT */
/* What a resource says of itself. */
#include <stdio.h>
#include <string.h>

#include "sandbox/call.h"

static bool
is_any(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

static bool
ends_with_any(const char *name, const char *const *ends)
{
	size_t length = strlen(name);

	for (; *ends != NULL; ends++)
		if (length >= strlen(*ends) &&
		    strcmp(name + length - strlen(*ends), *ends) == 0)
			return true;
	return false;
}

/* By its name: the ERP's names are regular enough. */
static const char *
type_of(const struct kind *kind, const char *name)
{
	static const char *const strings[] = { "TaxRate",
	    "PrepaymentLineNumber", "TaxpayerId", NULL };
	static const char *const integers[] = { "LineNumber", "LineHeld",
	    "JeLineNumber", "DistributionLineNumber", "DistributionNumber",
	    "ScheduleNumber", "InstallmentNumber", "PaymentNumber",
	    "PaymentReference", "PaperDocumentNumber", "PaymentFileReference",
	    "PurchaseOrderLineNumber", "PurchaseOrderScheduleLineNumber",
	    "ReceiptLineNumber", "AcknowledgeWithinDays", "PaymentPriority",
	    "PaymentDaysLate", NULL };
	static const char *const dates[] = { "Date", NULL };
	static const char *const flags[] = { "Flag", NULL };
	static const char *const ids[] = { "Id", NULL };
	static const char *const numbers[] = { "Amount", "Quantity", "Price",
	    "Rate", "Total", "Ordered", "Cr", "Dr", "Revision", "Tax",
	    "DiscountLost", "DiscountTaken", "ForAccount",
	    "OrderedAmountBeforeAdjustments", "AmountPaid", "AmountOne",
	    "AmountTwo", "AmountThree", "AmountPaidPaymentCurrency",
	    "AmountPaidInvoiceCurrency", NULL };

	if (kind_is_stamp(kind, name))
		return "datetime";
	if (is_any(name, strings))
		return "string";
	if (is_any(name, integers) || ends_with_any(name, ids))
		return "integer";
	if (ends_with_any(name, dates))
		return "date";
	if (ends_with_any(name, flags))
		return "boolean";
	return ends_with_any(name, numbers) ? "number" : "string";
}

static void
attributes_write(struct buffer *out, const struct kind *kind,
    const bool *barred)
{
	buffer_json_name(out, "attributes");
	buffer_puts(out, "[");
	for (size_t i = 0; kind->attributes[i] != NULL; i++) {
		const char *name = kind->attributes[i];
		bool is_key = kind->key != NULL && strcmp(kind->key, name) ==
		    0;

		buffer_puts(out, i == 0 ? "{" : ",{");
		buffer_json_member(out, "name", name);
		buffer_json_member(out, "type", type_of(kind, name));
		buffer_printf(out, ",\"updatable\":false,\"mandatory\":%s,"
		    "\"queryable\":%s,\"allowChanges\":\"never\"}",
		    is_key ? "true" : "false",
		    barred != NULL && barred[i] ? "false" : "true");
	}
	buffer_puts(out, "]");
}

static void
collection_write(struct buffer *out, const struct kind *kind,
    const char *href)
{
	buffer_json_name(out, "collection");
	buffer_puts(out, "{\"rangeSize\":25,\"finders\":[");
	if (kind->key != NULL) {
		buffer_puts(out, "{\"name\":\"PrimaryKey\",\"attributes\":[{");
		buffer_json_member(out, "name", kind->key);
		buffer_json_member(out, "type", type_of(kind, kind->key));
		buffer_puts(out, "}]}");
	}
	buffer_printf(out, "],\"links\":[{\"rel\":\"self\",\"href\":\"%s\","
	    "\"name\":\"self\",\"kind\":\"collection\"}]}", href);
}

static void
kind_write(struct buffer *out, const struct kind *kind, const bool *barred,
    bool refs, const char *href)
{
	char below[HREF_MAX];

	buffer_puts(out, "{\"discrColumnType\":false");
	attributes_write(out, kind, barred);
	collection_write(out, kind, href);
	buffer_json_name(out, "children");
	buffer_puts(out, "{");
	for (size_t i = 0; kind->children[i] != NULL; i++) {
		snprintf(below, sizeof(below), "%.400s/{id}/child/%s", href,
		    kind->children[i]->name);
		buffer_json_name(out, kind->children[i]->name);
		if (refs)
			buffer_printf(out, "{\"$ref\":\"%s/describe\"}",
			    below);
		else
			kind_write(out, kind->children[i], NULL, false,
			    below);
	}
	buffer_puts(out, "}}");
}

static bool
first_parameter(void *context, const char *name, const char *value)
{
	struct call *call = context;

	(void)value;
	call->stray = name;
	return false;
}

void
describe_answer(struct call *call)
{
	struct target *target = &call->target;
	struct buffer *out = &call->response->body;
	const bool *barred = target->kind == stream_kinds[target->stream] ?
	    call->pod->barred[target->stream].query : NULL;
	bool refs = quirk_use(&call->pod->quirks, DESCRIBE_REFS,
	    target->stream) != NULL;

	request_each_query(call->request, first_parameter, call);
	if (call->stray != NULL) {
		call_bad_parameter(call, call->stray);
		return;
	}
	/* the collection's own address, without /describe */
	target->href[strlen(target->href) - strlen("/describe")] = '\0';
	buffer_puts(out, "{\"Resources\":{");
	buffer_json_name(out, target->kind->name);
	kind_write(out, target->kind, barred, refs, target->href);
	buffer_puts(out, "}}");
}
