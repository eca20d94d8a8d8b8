/* SPDX-License-Identifier: MIT */
#include "sandbox/generate.h"

#include <stdio.h>
#include <string.h>

#define DAY_MS (24 * 3600 * 1000LL)
#define FIRST_ID 300000025673187LL
#define ID_STEP 100 /* room for the lines and schedules of an order */
#define WHO "CVBUYER01"

struct draft {
	struct data *data;
	struct chance *chance;
	int64_t id, stamp, created, ordered;
	const char *code, *status;
};

struct status {
	const char *code, *text;
};

/* Every fourth order waits for its supplier, see order_describe. */
static const struct status statuses[] = {
	{ "OPEN", "Open" },
	{ "CLOSED FOR RECEIVING", "Closed for Receiving" },
	{ "OPEN", "Open" },
	{ "ON HOLD", "On Hold" },
	{ "CLOSED", "Closed" },
	{ "OPEN", "Open" },
	{ "CANCELED", "Canceled" },
};
static const struct status pending = { "PENDING SUPPLIER ACKNOWLEDGMENT",
    "Pending Supplier Acknowledgment" };

static const char *const buyers[][2] = {
	{ "Roth, Calvin", "Calvin Roth" },
	{ "Singh, Saurabh", "Saurabh Singh" },
	{ "Núñez, María José", "María José Núñez" },
};

static const struct fixed order_fixed[] = {
	{ "SoldToLegalEntityId", "300000046973970" },
	{ "SoldToLegalEntity", "\"US1 Legal Entity\"" },
	{ "ProcurementBUId", "300000046987012" },
	{ "ProcurementBU", "\"US1 Business Unit\"" },
	{ "RequisitioningBUId", "300000046987012" },
	{ "RequisitioningBU", "\"US1 Business Unit\"" },
	{ "BillToBUId", "300000046987012" },
	{ "BillToBU", "\"US1 Business Unit\"" },
	{ "BillToLocation", "\"Seattle\"" },
	{ "CurrencyCode", "\"USD\"" },
	{ "Currency", "\"US Dollar\"" },
	{ "RecoverableTax", "0" },
	{ "PaymentTerms", "\"Net 30\"" },
	{ "RequiresSignatureFlag", "false" },
	{ "BuyerManagedTransportFlag", "false" },
	{ "PayOnReceiptFlag", "false" },
	{ "ConfirmingOrderFlag", "false" },
	{ "FrozenFlag", "false" },
	{ "ConsignmentTermsFlag", "false" },
	{ "PurchaseBasis", "\"GOODS_AND_SERVICES\"" },
	{ "DocumentStyleId", "1" },
	{ "DocumentStyle", "\"Purchase Order\"" },
	{ "SupplierCommunicationMethodCode", "\"EMAIL\"" },
	{ "SupplierCommunicationMethod", "\"E-Mail\"" },
	{ "BudgetControlEnabledFlag", "false" },
	{ NULL, NULL }
};

static void
schedule_make(const struct draft *draft, struct item *line, int64_t line_id,
    int64_t quantity, int64_t amount, const char *account)
{
	struct data *data = draft->data;
	struct item *item = data_add(data, &line->children[0],
	    line->kind->children[0]), *share;

	if (item == NULL)
		return;
	data_set(data, item, "LineLocationId", "%lld",
	    (long long)line_id + 1);
	data_set(data, item, "POLineId", "%lld", (long long)line_id);
	data_set(data, item, "POHeaderId", "%lld", (long long)draft->id);
	data_set(data, item, "ScheduleNumber", "1");
	data_set_text(data, item, "StatusCode", draft->code);
	data_set_text(data, item, "Status", draft->status);
	data_set(data, item, "Quantity", "%lld", (long long)quantity);
	set_money(data, item, "Ordered", amount, 2);
	data_set(data, item, "ShipToLocationId", "300000047013271");
	data_set(data, item, "ShipToOrganizationId", "300000047274444");
	set_day(data, item, "RequestedDeliveryDate", data->base_ms +
	    ((int64_t)chance_next(draft->chance, 40) - 10) * DAY_MS);
	data_set(data, item, "DestinationTypeCode", "\"EXPENSE\"");
	data_set(data, item, "DestinationType", "\"Expense\"");
	set_audit(data, item, WHO, draft->created, draft->created);
	share = data_add(data, &item->children[0], item->kind->children[0]);
	if (share == NULL)
		return;
	data_set(data, share, "PODistributionId", "%lld",
	    (long long)line_id + 2);
	data_set(data, share, "LineLocationId", "%lld",
	    (long long)line_id + 1);
	data_set(data, share, "POLineId", "%lld", (long long)line_id);
	data_set(data, share, "POHeaderId", "%lld", (long long)draft->id);
	data_set(data, share, "DistributionNumber", "1");
	data_set(data, share, "Quantity", "%lld", (long long)quantity);
	data_set(data, share, "POChargeAccountId", "300000047407074");
	data_set_text(data, share, "POChargeAccount", account);
	set_audit(data, share, WHO, draft->created, draft->created);
}

static void
line_make(struct draft *draft, struct item *order, size_t n)
{
	struct data *data = draft->data;
	const struct product *product = product_pick(draft->chance);
	struct item *line = data_add(data, &order->children[0],
	    order->kind->children[0]);
	int64_t id = draft->id + (int64_t)n * 3;
	int64_t quantity = 1 + (int64_t)chance_next(draft->chance, 60);
	int64_t amount = quantity * product->cents;

	if (line == NULL)
		return;
	draft->ordered += amount;
	data_set(data, line, "POLineId", "%lld", (long long)id);
	data_set(data, line, "POHeaderId", "%lld", (long long)draft->id);
	data_set(data, line, "LineNumber", "%zu", n);
	data_set(data, line, "LineTypeId", "1");
	data_set(data, line, "LineType", "\"Goods\"");
	data_set_text(data, line, "Item", product->code);
	data_set_text(data, line, "Description", product->name);
	data_set(data, line, "Quantity", "%lld", (long long)quantity);
	set_money(data, line, "Price", product->cents, 2);
	set_money(data, line, "Ordered", amount, 2);
	set_money(data, line, "Total", amount + amount * 825 / 10000, 2);
	data_set(data, line, "CurrencyCode", "\"USD\"");
	data_set(data, line, "Currency", "\"US Dollar\"");
	data_set_text(data, line, "UOMCode", product->unit_code);
	data_set_text(data, line, "UOM", product->unit);
	data_set_text(data, line, "StatusCode", draft->code);
	data_set_text(data, line, "Status", draft->status);
	set_audit(data, line, WHO, draft->created, draft->stamp);
	schedule_make(draft, line, id, quantity, amount, product->account);
}

static void
order_describe(struct draft *draft, struct item *order, size_t number)
{
	struct data *data = draft->data;
	bool waits = number % 4 == 0;
	const struct status *status = waits ? &pending :
	    &statuses[number % (sizeof(statuses) / sizeof(statuses[0]))];
	int64_t days = 1 + (int64_t)(number / 8 % 6);
	const struct vendor *vendor;
	size_t index;

	vendor = vendor_pick(draft->chance, number, &index);
	draft->code = status->code;
	draft->status = status->text;
	data_set_text(data, order, "StatusCode", draft->code);
	data_set_text(data, order, "Status", draft->status);
	data_set(data, order, "RequiredAcknowledgmentCode",
	    waits ? "\"D\"" : "\"N\"");
	data_set(data, order, "RequiredAcknowledgment",
	    waits ? "\"Document\"" : "\"None\"");
	if (waits) {
		/* in turn overdue and still to come */
		set_day(data, order, "AcknowledgmentDueDate", data->base_ms +
		    (number % 8 == 0 ? -days : days) * DAY_MS);
		data_set(data, order, "AcknowledgeWithinDays", "5");
	}
	data_set(data, order, "SupplierId", "%lld",
	    300000024164123LL + (long long)index * 11);
	data_set_text(data, order, "Supplier", vendor->name);
	data_set(data, order, "SupplierSiteId", "%lld",
	    300000024164131LL + (long long)index * 11);
	data_set_text(data, order, "SupplierSite", vendor->site);
	data_set_text(data, order, "SupplierEmailAddress", vendor->email);
	data_set_text(data, order, "Description", number % 6 == 4 ? NULL :
	    number % 6 == 1 ? "Spare parts & <urgent> repairs" :
	    "Plant supplies");
	if (number % 11 == 7)
		data_set_text(data, order, "NoteToSupplier",
		    "Deliver to dock 4 only.\nCall <!here> *first*: "
		    "+1 216 555 0100");
}

struct item *
generate_order(struct data *data, struct chance *chance, size_t number,
    int64_t stamp_ms)
{
	struct item *order = data_add(data, &data->lists[PURCHASE_ORDERS],
	    &kind_order);
	struct draft draft = { .data = data, .chance = chance,
	    .stamp = stamp_ms };
	size_t lines = 1 + chance_next(chance, 4);
	size_t buyer = chance_next(chance, 3);
	int64_t tax;

	if (order == NULL)
		return NULL;
	draft.id = FIRST_ID + (int64_t)number * ID_STEP;
	draft.created = stamp_ms - stamp_ms % 1000 - DAY_MS -
	    (int64_t)chance_next(chance, 864000) * 1000;
	set_fixed(data, order, order_fixed);
	data_set(data, order, "POHeaderId", "%lld", (long long)draft.id);
	data_set(data, order, "OrderNumber", "\"US%zu\"", 164535 + number);
	data_set(data, order, "Revision", "%zu", number % 3);
	data_set(data, order, "BuyerId", "%lld",
	    300000047340498LL + (long long)buyer);
	data_set_text(data, order, "Buyer", buyers[buyer][0]);
	data_set_text(data, order, "BuyerDisplayName", buyers[buyer][1]);
	data_set(data, order, "ShipToLocationCode", number % 2 == 0 ?
	    "\"Seattle\"" : "\"Cleveland Plant 2\"");
	order_describe(&draft, order, number);
	for (size_t n = 1; n <= lines; n++)
		line_make(&draft, order, n);
	tax = draft.ordered * 825 / 10000;
	set_money(data, order, "Ordered", draft.ordered, 2);
	set_money(data, order, "OrderedAmountBeforeAdjustments",
	    draft.ordered, 2);
	set_money(data, order, "TotalTax", tax, 2);
	set_money(data, order, "NonRecoverableTax", tax, 2);
	set_money(data, order, "Total", draft.ordered + tax, 2);
	data_set_stamp(data, order, "OrderDate", draft.created);
	set_audit(data, order, WHO, draft.created, stamp_ms);
	return order;
}
