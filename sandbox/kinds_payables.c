/* SPDX-License-Identifier: MIT */
/* Holds and payments. */
#include "sandbox/plain.h"

static const char *const hold_attributes[] = {
	"HoldId", "InvoiceNumber", "BusinessUnit", "Supplier", "LineHeld",
	"HoldDate", "HoldDetails", "HoldReason", "ReleaseReason",
	"WorkflowStatus", "ReleaseName", "HoldName", "ReleaseDate", "HeldBy",
	"CreatedBy", "CreationDate", "LastUpdateDate", "LastUpdatedBy",
	"LastUpdateLogin", "PurchaseOrderNumber", "PurchaseOrderLineNumber",
	"PurchaseOrderScheduleLineNumber", "ReceiptNumber",
	"ReceiptLineNumber", NULL
};

static const struct recipe hold_recipes[] = {
	{ "HoldId", plain_id, "300100170746046" },
	{ "InvoiceNumber", plain_counted, "INV- 88231 3" },
	{ "BusinessUnit", plain_fixed, "\"US1 Business Unit\"" },
	{ "Supplier", plain_vendor, "name" },
	{ "LineHeld", plain_whole, "1 0" },
	{ "HoldDate", plain_stamped, NULL },
	{ "HoldReason", plain_choice,
	    "Amount exceeds limit|Quantity billed exceeds quantity "
	    "received|Price variance above tolerance" },
	{ "ReleaseReason", plain_choice, "||Invoice amount approved" },
	{ "ReleaseName", plain_choice, "||Amount approved" },
	{ "HoldName", plain_choice, "Amount|Quantity received|Price" },
	{ "ReleaseDate", plain_released, NULL },
	{ "HeldBy", plain_choice, "System|Kerry Jones" },
	{ "LastUpdateLogin", plain_choice,
	    "-1|7B273F6DCA3CF7D0E0533BFDF40AFF00" },
	{ "PurchaseOrderNumber", plain_counted, "US 164535 1" },
	{ "PurchaseOrderLineNumber", plain_whole, "1 0" },
	{ "PurchaseOrderScheduleLineNumber", plain_whole, "1 0" },
	{ NULL, NULL, NULL }
};

const struct kind kind_hold = {
	"invoiceHolds", "HoldId", hold_attributes,
	{ NULL }, hold_recipes
};

static const char *const related_attributes[] = {
	"InvoicePaymentId", "CheckId", "InvoiceId", "InvoiceBusinessUnit",
	"InvoiceNumber", "InstallmentNumber", "AmountPaidPaymentCurrency",
	"AmountPaidInvoiceCurrency", "DiscountLost", "DiscountTaken",
	"InvoiceBaseAmount", "PaymentBaseAmount", "InvoiceCurrency",
	"CrossCurrencyRate", "LastUpdatedBy", "LastUpdateDate", "CreatedBy",
	"CreationDate", "LastUpdateLogin", NULL
};

static const struct recipe related_recipes[] = {
	{ "InvoicePaymentId", plain_id, "300000025990010" },
	{ "CheckId", plain_parent, NULL },
	{ "InvoiceId", plain_id, "300000025701101" },
	{ "InvoiceBusinessUnit", plain_fixed, "\"US1 Business Unit\"" },
	{ "InvoiceNumber", plain_counted, "INV- 88231 3" },
	{ "InstallmentNumber", plain_position, NULL },
	{ "AmountPaidPaymentCurrency", plain_amount, "2500000" },
	{ "AmountPaidInvoiceCurrency", plain_amount, "2500000" },
	{ "DiscountLost", plain_fixed, "0" },
	{ "DiscountTaken", plain_fixed, "0" },
	{ "InvoiceCurrency", plain_fixed, "\"USD\"" },
	{ NULL, NULL, NULL }
};

static const struct kind kind_related = {
	"relatedInvoices", "InvoicePaymentId", related_attributes,
	{ NULL }, related_recipes
};

static const char *const payment_attributes[] = {
	"CheckId", "PaymentId", "PaymentReference", "PaperDocumentNumber",
	"PaymentNumber", "PaymentFileReference", "PaymentProcessRequest",
	"PaymentAmount", "PaymentDate", "AccountingDate", "PaymentDescription",
	"ConversionRate", "ConversionDate", "ConversionRateType",
	"ClearingDate", "ClearingAmount", "ClearingLedgerAmount",
	"ClearingConversionRate", "ClearingConversionDate",
	"ClearingConversionRateType", "CrossCurrencyRateType", "MaturityDate",
	"MaturityConversionRateType", "MaturityConversionDate",
	"MaturityConversionRate", "AnticipatedValueDate", "ClearingValueDate",
	"StopDate", "StopReason", "StopReference", "VoidDate",
	"VoidAccountingDate", "PaymentStatus",
	"SeparateRemittanceAdviceCreated", "AccountingStatus",
	"ReconciledFlag", "PaymentType", "PaymentCurrency", "WithheldAmount",
	"BankChargeAmount", "LegalEntity", "BusinessUnit", "PaymentFunction",
	"Payee", "PartyId", "ProcurementBU", "PayeeSite", "EmployeeAddress",
	"SupplierNumber", "ThirdPartySupplier", "ThirdPartyAddressName",
	"ExternalBankAccountId", "RemitToAccountNumber",
	"DisbursementBankAccountNumber", "DisbursementBankAccountName",
	"PaymentMethodCode", "PaymentMethod", "PaymentDocument",
	"PaymentProcessProfile", "PaymentProcessProfileCode",
	"DocumentCategory", "DocumentSequence", "VoucherNumber",
	"PaymentBaseAmount", "PaymentBaseCurrency", "AddressLine1",
	"AddressLine2", "AddressLine3", "AddressLine4", "City", "County",
	"Province", "State", "Country", "Zip", "CreatedBy", "CreationDate",
	"LastUpdatedBy", "LastUpdateDate", "LastUpdateLogin", NULL
};

static const struct recipe payment_recipes[] = {
	{ "CheckId", plain_id, "300000025990001" },
	{ "PaymentId", plain_whole, "4210 1" },
	{ "PaymentReference", plain_whole, "78110 1" },
	{ "PaperDocumentNumber", plain_whole, "40113 1" },
	{ "PaymentNumber", plain_whole, "40113 1" },
	{ "PaymentAmount", plain_amount, "5000000" },
	{ "PaymentDate", plain_day, "-20 0" },
	{ "AccountingDate", plain_day, "-20 0" },
	{ "PaymentDescription", plain_choice,
	    "|Quarterly <run>|Spare parts & repairs" },
	{ "PaymentStatus", plain_choice,
	    "Negotiable|Cleared|Negotiable|Voided" },
	{ "AccountingStatus", plain_choice, "Unaccounted|Accounted" },
	{ "ReconciledFlag", plain_fixed, "false" },
	{ "PaymentType", plain_choice, "Quick|Payment Process Request" },
	{ "PaymentCurrency", plain_fixed, "\"USD\"" },
	{ "WithheldAmount", plain_fixed, "0" },
	{ "LegalEntity", plain_fixed, "\"US1 Legal Entity\"" },
	{ "BusinessUnit", plain_fixed, "\"US1 Business Unit\"" },
	{ "PaymentFunction", plain_fixed, "\"Payables disbursements\"" },
	{ "Payee", plain_vendor, "name" },
	{ "PartyId", plain_id, "300000024164120" },
	{ "ProcurementBU", plain_fixed, "\"US1 Business Unit\"" },
	{ "PayeeSite", plain_vendor, "site" },
	{ "SupplierNumber", plain_vendor, "number" },
	{ "DisbursementBankAccountNumber", plain_fixed, "\"XXXXXX1023\"" },
	{ "DisbursementBankAccountName", plain_fixed, "\"BofA-204\"" },
	{ "PaymentMethodCode", plain_fixed, "\"CHECK\"" },
	{ "PaymentMethod", plain_fixed, "\"Check\"" },
	{ "PaymentDocument", plain_fixed, "\"BofA Checks\"" },
	{ "PaymentProcessProfile", plain_fixed, "\"US Check\"" },
	{ "DocumentCategory", plain_fixed, "\"Check payments\"" },
	{ "AddressLine1", plain_fixed, "\"1200 Main St\"" },
	{ "City", plain_vendor, "site" },
	{ "State", plain_choice, "WA|OH|NJ" },
	{ "Country", plain_fixed, "\"US\"" },
	{ "Zip", plain_counted, "9 8101 1" },
	{ "LastUpdateLogin", plain_fixed,
	    "\"8A11F00DCA3CF7D0E0533BFDF40AFF11\"" },
	{ NULL, NULL, NULL }
};

const struct kind kind_payment = {
	"payablesPayments", "CheckId", payment_attributes,
	{ &kind_related }, payment_recipes
};
