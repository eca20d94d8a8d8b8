/* SPDX-License-Identifier: MIT */
#include "fetch/built_in.h"

#include <string.h>

#include "nearest.h"

/* With children a row is ~10 kB and takes the pod a while; flat ones are read
 * by the largest page that all pods give. */
#define DEEP 100
#define FLAT 499

static const struct built_in catalogue[] = {
	{ "invoices", "InvoiceId",
	    "invoiceLines.invoiceDistributions,invoiceInstallments",
	    "InvoiceAmount", "InvoiceCurrency", "BusinessUnit", DEEP },
	{ "invoiceHolds", "HoldId", NULL, NULL, NULL, "BusinessUnit", FLAT },
	{ "payablesPayments", "CheckId", "relatedInvoices", "PaymentAmount",
	    "PaymentCurrency", "BusinessUnit", DEEP },
	{ "purchaseOrders", "POHeaderId", "lines.schedules", "Total",
	    "CurrencyCode", "ProcurementBU", DEEP },
	{ "purchaseOrderSchedules", "LineLocationId", NULL, "Amount", NULL,
	    "ProcurementBU", FLAT },
	{ "purchaseOrderAcknowledgments", "POHeaderId", NULL, NULL, NULL,
	    NULL, FLAT },
	{ "draftPurchaseOrders", "POHeaderId,VersionId", "lines.schedules",
	    "Total", "CurrencyCode", "ProcurementBU", DEEP },
	{ "journalBatches", "JeBatchId", "journalHeaders.journalLines",
	    "RunningTotalDr", NULL, NULL, DEEP },
	{ "suppliers", "SupplierId", NULL, NULL, NULL, NULL, FLAT },
	{ "receivablesInvoices", "CustomerTransactionId", NULL,
	    "EnteredAmount", "InvoiceCurrencyCode", "BusinessUnit", FLAT },
	{ "receivablesCustomerAccountActivities", "AccountId",
	    "transactionPaymentSchedules", NULL, NULL, NULL, DEEP },
	{ "standardReceipts", "StandardReceiptId", NULL, "Amount", "Currency",
	    "BusinessUnit", FLAT },
};

#define COUNT (sizeof(catalogue) / sizeof(catalogue[0]))

size_t
built_in_count(void)
{
	return COUNT;
}

const struct built_in *
built_in_at(size_t index)
{
	return &catalogue[index];
}

const struct built_in *
built_in_find(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT; i++)
		if (strcmp(catalogue[i].name, name) == 0)
			return &catalogue[i];
	return NULL;
}

const char *
built_in_nearest(const char *name)
{
	struct nearest nearest;
	size_t i;

	nearest_start(&nearest, name);
	for (i = 0; i < COUNT; i++)
		nearest_try(&nearest, catalogue[i].name);
	return nearest.found;
}
