/* SPDX-License-Identifier: MIT */
/* Receivables, people, and the rows of bulk. */
#include "sandbox/plain.h"

static const char *const receivable_attributes[] = {
	"CustomerTransactionId", "TransactionNumber", "TransactionDate",
	"TransactionType", "TransactionSource", "AccountingDate",
	"BillingDate", "DueDate", "BusinessUnit", "BillToCustomerName",
	"BillToCustomerNumber", "BillToSite", "InvoiceStatus", "EnteredAmount",
	"InvoiceBalanceAmount", "InvoiceCurrencyCode", "ConversionRateType",
	"ConversionDate", "ConversionRate", "PaymentTerms", "PurchaseOrder",
	"CrossReference", "Comments", "AllowCompletion", "CreationDate",
	"CreatedBy", "LastUpdateDate", "LastUpdatedBy", NULL
};

static const struct recipe receivable_recipes[] = {
	{ "CustomerTransactionId", plain_id, "300000026330001" },
	{ "TransactionNumber", plain_counted, "4 1022 1" },
	{ "TransactionDate", plain_day, "-30 0" },
	{ "TransactionType", plain_choice, "Invoice|Credit Memo|Invoice" },
	{ "TransactionSource", plain_choice,
	    "Manual|Distributed Order Orchestration" },
	{ "AccountingDate", plain_day, "-30 0" },
	{ "BillingDate", plain_day, "-30 0" },
	{ "DueDate", plain_day, "-10 40" },
	{ "BusinessUnit", plain_fixed, "\"Vision Operations\"" },
	{ "BillToCustomerName", plain_choice,
	    "Imaging Innovations, Inc.|Business World|A. C. Networks|"
	    "Smith, <Jones> & \"Co\"" },
	{ "BillToCustomerNumber", plain_choice, "1005|1006|1007|1008" },
	{ "InvoiceStatus", plain_choice, "Complete|Complete|Incomplete" },
	{ "EnteredAmount", plain_amount, "9000000" },
	{ "InvoiceBalanceAmount", plain_amount, "9000000" },
	{ "InvoiceCurrencyCode", plain_fixed, "\"USD\"" },
	{ "PaymentTerms", plain_fixed, "\"30 Net\"" },
	{ "PurchaseOrder", plain_choice, "|PO-77" },
	{ "Comments", plain_choice, "||Second line\nfollows" },
	{ "AllowCompletion", plain_fixed, "\"Y\"" },
	{ NULL, NULL, NULL }
};

const struct kind kind_receivable = {
	"receivablesInvoices", "CustomerTransactionId", receivable_attributes,
	{ NULL }, receivable_recipes
};

static const char *const payment_schedule_attributes[] = {
	"InstallmentId", "InstallmentNumber", "InstallmentStatus",
	"TransactionId", "TransactionNumber", "TransactionDate",
	"PaymentDueDate", "EnteredCurrency", "TotalOriginalAmount",
	"TotalBalanceAmount", "PaymentDaysLate", "CreatedBy", "CreationDate",
	"LastUpdatedBy", "LastUpdateDate", NULL
};

static const struct recipe payment_schedule_recipes[] = {
	{ "InstallmentId", plain_id, "300000026400001" },
	{ "InstallmentNumber", plain_position, NULL },
	{ "InstallmentStatus", plain_choice, "Open|Closed" },
	{ "TransactionId", plain_id, "300000026330001" },
	{ "TransactionNumber", plain_counted, "4 1022 1" },
	{ "TransactionDate", plain_day, "-30 0" },
	{ "PaymentDueDate", plain_day, "-10 40" },
	{ "EnteredCurrency", plain_fixed, "\"USD\"" },
	{ "TotalOriginalAmount", plain_amount, "900000" },
	{ "TotalBalanceAmount", plain_amount, "900000" },
	{ "PaymentDaysLate", plain_quantity, "30" },
	{ NULL, NULL, NULL }
};

static const struct kind kind_payment_schedule = {
	"transactionPaymentSchedules", "InstallmentId",
	payment_schedule_attributes,
	{ NULL }, payment_schedule_recipes
};

static const char *const activity_attributes[] = {
	"AccountId", "AccountNumber", "CustomerId", "CustomerName",
	"TaxRegistrationNumber", "TaxpayerIdentificationNumber",
	"TotalOpenReceivablesForAccount", "TotalTransactionsDueForAccount",
	"CreatedBy", "CreationDate", "LastUpdatedBy", "LastUpdateDate", NULL
};

static const struct recipe activity_recipes[] = {
	{ "AccountId", plain_id, "300000026500001" },
	{ "AccountNumber", plain_counted, "100 5 1" },
	{ "CustomerId", plain_id, "300000026600001" },
	{ "CustomerName", plain_choice,
	    "Imaging Innovations, Inc.|Business World|A. C. Networks|"
	    "Smith, <Jones> & \"Co\"" },
	{ "TotalOpenReceivablesForAccount", plain_amount, "9000000" },
	{ "TotalTransactionsDueForAccount", plain_amount, "9000000" },
	{ NULL, NULL, NULL }
};

const struct kind kind_activity = {
	"receivablesCustomerAccountActivities", "AccountId",
	activity_attributes,
	{ &kind_payment_schedule }, activity_recipes
};

static const char *const receipt_attributes[] = {
	"StandardReceiptId", "ReceiptNumber", "BusinessUnit", "ReceiptMethod",
	"ReceiptDate", "AccountingDate", "DocumentNumber", "Amount",
	"Currency", "State", "Status", "CustomerName", "CustomerAccountNumber",
	"CustomerSite", "RemittanceBankName", "UnappliedAmount", "Comments",
	"CreatedBy", "CreationDate", "LastUpdatedBy", "LastUpdateDate", NULL
};

static const struct recipe receipt_recipes[] = {
	{ "StandardReceiptId", plain_id, "300000026700001" },
	{ "ReceiptNumber", plain_counted, "RC- 5001 1" },
	{ "BusinessUnit", plain_fixed, "\"Vision Operations\"" },
	{ "ReceiptMethod", plain_choice, "Wire|Check|Lockbox" },
	{ "ReceiptDate", plain_day, "-30 0" },
	{ "AccountingDate", plain_day, "-30 0" },
	{ "Amount", plain_amount, "9000000" },
	{ "Currency", plain_fixed, "\"USD\"" },
	{ "State", plain_choice, "Cleared|Remitted|Confirmed" },
	{ "Status", plain_choice, "Applied|Unapplied|Unidentified" },
	{ "CustomerName", plain_choice,
	    "Imaging Innovations, Inc.|Business World|A. C. Networks|"
	    "Smith, <Jones> & \"Co\"" },
	{ "CustomerAccountNumber", plain_choice, "1005|1006|1007|1008" },
	{ "RemittanceBankName", plain_fixed, "\"BofA\"" },
	{ "UnappliedAmount", plain_fixed, "0" },
	{ NULL, NULL, NULL }
};

const struct kind kind_receipt = {
	"standardReceipts", "StandardReceiptId", receipt_attributes,
	{ NULL }, receipt_recipes
};

static const char *const name_attributes[] = {
	"PersonNameId", "EffectiveStartDate", "EffectiveEndDate",
	"LegislationCode", "LastName", "FirstName", "DisplayName", "CreatedBy",
	"CreationDate", "LastUpdatedBy", "LastUpdateDate", NULL
};

static const struct recipe name_recipes[] = {
	{ "PersonNameId", plain_id, "300000047700001" },
	{ "EffectiveStartDate", plain_day, "-900 -100" },
	{ "EffectiveEndDate", plain_fixed, "\"4712-12-31\"" },
	{ "LegislationCode", plain_fixed, "\"US\"" },
	{ "LastName", plain_choice, "Roth|Singh|Núñez" },
	{ "FirstName", plain_choice, "Calvin|Saurabh|María José" },
	{ "DisplayName", plain_choice,
	    "Calvin Roth|Saurabh Singh|María José Núñez" },
	{ NULL, NULL, NULL }
};

static const struct kind kind_name = {
	"names", "PersonNameId", name_attributes,
	{ NULL }, name_recipes
};

static const char *const worker_attributes[] = {
	"PersonId", "PersonNumber", "CorrespondenceLanguage", "BloodType",
	"DateOfBirth", "DateOfDeath", "CountryOfBirth", "RegionOfBirth",
	"TownOfBirth", "ApplicantNumber", "CreatedBy", "CreationDate",
	"LastUpdatedBy", "LastUpdateDate", NULL
};

static const struct recipe worker_recipes[] = {
	{ "PersonId", plain_id, "300000047674147" },
	{ "PersonNumber", plain_counted, "100 1 1" },
	{ "DateOfBirth", plain_day, "-20000 -8000" },
	{ "CountryOfBirth", plain_choice, "US|MX||IN" },
	{ NULL, NULL, NULL }
};

const struct kind kind_worker = {
	"workers", "PersonId", worker_attributes,
	{ &kind_name }, worker_recipes
};

static const char *const bulk_line_attributes[] = {
	"LineNumber", "LineType", "LineAmount", "Description", "Quantity",
	"UOM", "UnitPrice", "AccountingDate", "ApprovalStatus",
	"DiscardedFlag", "CanceledFlag", "PurchaseOrderNumber",
	"PurchaseOrderLineNumber", "Item", "DistributionCombination",
	"CreatedBy", "CreationDate", "LastUpdatedBy", "LastUpdateDate", NULL
};

static const struct recipe bulk_line_recipes[] = {
	{ "LineNumber", plain_position, NULL },
	{ "LineType", plain_fixed, "\"Item\"" },
	{ "LineAmount", plain_amount, "500000" },
	{ "Description", plain_fixed, "\"Deep groove ball bearing 6204-2RS\"" },
	{ "Quantity", plain_quantity, "60" },
	{ "UOM", plain_fixed, "\"Each\"" },
	{ "UnitPrice", plain_fixed, "6.85" },
	{ "AccountingDate", plain_day, "-20 -20" },
	{ "ApprovalStatus", plain_fixed, "\"Not required\"" },
	{ "DiscardedFlag", plain_fixed, "false" },
	{ "CanceledFlag", plain_fixed, "false" },
	{ "PurchaseOrderNumber", plain_fixed, "\"US164535\"" },
	{ "PurchaseOrderLineNumber", plain_position, NULL },
	{ "Item", plain_fixed, "\"BR6204\"" },
	{ "DistributionCombination", plain_fixed,
	    "\"101.10.51200.110.000.000\"" },
	{ NULL, NULL, NULL }
};

static const struct kind kind_bulk_line = {
	"lines", "LineNumber", bulk_line_attributes,
	{ NULL }, bulk_line_recipes
};

static const char *const bulk_attributes[] = {
	"BulkId", "InvoiceNumber", "InvoiceCurrency", "PaymentCurrency",
	"InvoiceAmount", "InvoiceDate", "BusinessUnit", "Supplier",
	"SupplierNumber", "ProcurementBU", "SupplierSite",
	"ConversionRateType", "ConversionDate", "ConversionRate",
	"AccountingDate", "Description", "PayAloneFlag", "InvoiceSourceCode",
	"InvoiceSource", "InvoiceType", "PayGroup", "InvoiceReceivedDate",
	"PaymentTerms", "TermsDate", "PaymentMethodCode", "PaymentMethod",
	"LegalEntity", "LiabilityDistribution", "DocumentCategory",
	"VoucherNumber", "ValidationStatus", "ApprovalStatus", "PaidStatus",
	"AccountingStatus", "CanceledFlag", "AmountPaid", "BaseAmount",
	"PurchaseOrderNumber", "TaxationCountry", "CreationDate", "CreatedBy",
	"LastUpdatedBy", "LastUpdateDate", NULL
};

static const struct recipe bulk_recipes[] = {
	{ "InvoiceCurrency", plain_fixed, "\"USD\"" },
	{ "PaymentCurrency", plain_fixed, "\"USD\"" },
	{ "InvoiceDate", plain_day, "-20 -20" },
	{ "BusinessUnit", plain_fixed, "\"US1 Business Unit\"" },
	{ "Supplier", plain_fixed, "\"Pacific Bearings Inc.\"" },
	{ "SupplierNumber", plain_fixed, "\"1202\"" },
	{ "ProcurementBU", plain_fixed, "\"US1 Business Unit\"" },
	{ "SupplierSite", plain_fixed, "\"Tacoma\"" },
	{ "AccountingDate", plain_day, "-20 -20" },
	{ "Description", plain_fixed, "\"Materials for the Cleveland plant\"" },
	{ "PayAloneFlag", plain_fixed, "false" },
	{ "InvoiceSourceCode", plain_fixed, "\"MANUAL INVOICE ENTRY\"" },
	{ "InvoiceSource", plain_fixed, "\"Manual invoice entry\"" },
	{ "InvoiceType", plain_fixed, "\"Standard\"" },
	{ "PaymentTerms", plain_fixed, "\"Net 30\"" },
	{ "TermsDate", plain_day, "-20 -20" },
	{ "PaymentMethodCode", plain_fixed, "\"CHECK\"" },
	{ "PaymentMethod", plain_fixed, "\"Check\"" },
	{ "LegalEntity", plain_fixed, "\"US1 Legal Entity\"" },
	{ "LiabilityDistribution", plain_fixed,
	    "\"101.10.22200.120.000.000\"" },
	{ "ValidationStatus", plain_fixed, "\"Validated\"" },
	{ "ApprovalStatus", plain_fixed, "\"Not required\"" },
	{ "PaidStatus", plain_fixed, "\"Unpaid\"" },
	{ "AccountingStatus", plain_fixed, "\"Unaccounted\"" },
	{ "CanceledFlag", plain_fixed, "false" },
	{ "AmountPaid", plain_fixed, "0" },
	{ "PurchaseOrderNumber", plain_fixed, "\"US164535\"" },
	{ "TaxationCountry", plain_fixed, "\"United States\"" },
	{ NULL, NULL, NULL }
};

/* bulk.c fills in what is missing here. */
const struct kind kind_bulk = {
	"bulk", "BulkId", bulk_attributes,
	{ &kind_bulk_line }, bulk_recipes
};
