/* SPDX-License-Identifier: MIT */
#include "sandbox/data.h"

#include <stddef.h>

/* The attributes, in the order in which the pod writes them. */

static const char *const invoice_distribution_attributes[] = {
	"InvoiceDistributionId", "DistributionLineNumber",
	"DistributionLineType", "DistributionAmount", "BaseAmount",
	"Description", "AccountingDate", "AccountingStatus",
	"DistributionCombination", "MatchedStatus", "FundsStatus",
	"CanceledFlag", "ReversedFlag", "PurchaseOrderNumber",
	"PrepaymentNumber", "PrepaymentLineNumber", "TaxName", "TaxRate",
	"CreationDate", "CreatedBy", "LastUpdateDate", "LastUpdatedBy", NULL
};

static const struct kind kind_invoice_distribution = {
	"invoiceDistributions", "InvoiceDistributionId",
	invoice_distribution_attributes,
	{ NULL }, NULL
};

static const char *const invoice_line_attributes[] = {
	"LineNumber", "LineType", "LineAmount", "BaseAmount", "Description",
	"Quantity", "UOM", "UnitPrice", "AccountingDate", "ApprovalStatus",
	"DiscardedFlag", "CanceledFlag", "PurchaseOrderNumber",
	"PurchaseOrderLineNumber", "PurchaseOrderScheduleLineNumber",
	"ReceiptNumber", "ReceiptLineNumber", "Item", "ItemDescription",
	"TaxRateName", "TaxRateCode", "TaxRate", "ShipToLocation",
	"DistributionCombination", "DistributionSet", "LineSource",
	"MatchType", "MatchOption", "FundsStatus", "CreationDate",
	"CreatedBy", "LastUpdateDate", "LastUpdatedBy", NULL
};

static const struct kind kind_invoice_line = {
	"invoiceLines", "LineNumber", invoice_line_attributes,
	{ &kind_invoice_distribution }, NULL
};

static const char *const installment_attributes[] = {
	"InstallmentNumber", "UnpaidAmount", "FirstDiscountAmount",
	"FirstDiscountDate", "DueDate", "GrossAmount", "HoldReason",
	"PaymentPriority", "SecondDiscountAmount", "SecondDiscountDate",
	"ThirdDiscountAmount", "ThirdDiscountDate", "NetAmountOne",
	"NetAmountTwo", "NetAmountThree", "HoldFlag", "HeldBy", "HoldType",
	"PaymentMethod", "PaymentMethodCode", "HoldDate", "BankAccount",
	"ExternalBankAccountId", "CreatedBy", "CreationDate",
	"LastUpdateDate", "LastUpdatedBy", "LastUpdateLogin",
	"RemitToAddressName", "RemitToSupplier", "RemittanceMessageOne",
	"RemittanceMessageTwo", "RemittanceMessageThree", NULL
};

static const struct kind kind_installment = {
	"invoiceInstallments", "InstallmentNumber", installment_attributes,
	{ NULL }, NULL
};

static const char *const invoice_attributes[] = {
	"InvoiceId", "InvoiceNumber", "InvoiceCurrency", "PaymentCurrency",
	"InvoiceAmount", "InvoiceDate", "BusinessUnit", "Supplier",
	"SupplierNumber", "ProcurementBU", "SupplierSite", "RequesterId",
	"Requester", "InvoiceGroup", "ConversionRateType", "ConversionDate",
	"ConversionRate", "AccountingDate", "Description",
	"DeliveryChannelCode", "DeliveryChannel", "PayAloneFlag",
	"InvoiceSourceCode", "InvoiceSource", "InvoiceType", "PayGroup",
	"InvoiceReceivedDate", "PaymentReasonCode", "PaymentReason",
	"PaymentReasonComments", "RemittanceMessageOne",
	"RemittanceMessageTwo", "RemittanceMessageThree", "PaymentTerms",
	"TermsDate", "GoodsReceivedDate", "PaymentMethodCode",
	"PaymentMethod", "SupplierTaxRegistrationNumber",
	"FirstPartyTaxRegistrationId", "FirstPartyTaxRegistrationNumber",
	"LegalEntity", "LegalEntityIdentifier", "LiabilityDistribution",
	"DocumentCategory", "DocumentSequence", "VoucherNumber",
	"ValidationStatus", "ApprovalStatus", "PaidStatus",
	"AccountingStatus", "ApplyAfterDate", "CanceledFlag", "AmountPaid",
	"BaseAmount", "PurchaseOrderNumber", "Party", "PartySite",
	"ControlAmount", "DocumentFiscalClassificationCodePath",
	"TaxationCountry", "RoutingAttribute1", "RoutingAttribute2",
	"RoutingAttribute3", "RoutingAttribute4", "RoutingAttribute5",
	"AccountCodingStatus", "BudgetDate", "FundsStatus", "CanceledDate",
	"CanceledBy", "UniqueRemittanceIdentifier",
	"UniqueRemittanceIdentifierCheckDigit", "CreationDate", "CreatedBy",
	"LastUpdatedBy", "LastUpdateDate", "LastUpdateLogin", "BankAccount",
	"SupplierIBAN", "ExternalBankAccountId", "BankChargeBearer",
	"SettlementPriority", "ReferenceKeyOne", "ReferenceKeyTwo",
	"ReferenceKeyThree", "ReferenceKeyFour", "ReferenceKeyFive",
	"ProductTable", "ImageDocumentNumber", NULL
};

const struct kind kind_invoice = {
	"invoices", "InvoiceId", invoice_attributes,
	{ &kind_invoice_line, &kind_installment }, NULL
};

static const char *const distribution_attributes[] = {
	"PODistributionId", "LineLocationId", "POLineId", "POHeaderId",
	"DistributionNumber", "Quantity", "POChargeAccountId",
	"POChargeAccount", "CreationDate", "CreatedBy", "LastUpdateDate",
	"LastUpdatedBy", NULL
};

static const struct kind kind_distribution = {
	"distributions", "PODistributionId", distribution_attributes,
	{ NULL }, NULL
};

static const char *const schedule_attributes[] = {
	"LineLocationId", "POLineId", "POHeaderId", "ScheduleNumber",
	"StatusCode", "Status", "Quantity", "SecondaryQuantity",
	"SecondaryUOMCode", "Ordered", "CountryOfOriginCode",
	"ShipToLocationId", "ShipToOrganizationId", "RequestedDeliveryDate",
	"PromisedDeliveryDate", "DestinationTypeCode", "DestinationType",
	"CreationDate", "CreatedBy", "LastUpdateDate", "LastUpdatedBy", NULL
};

static const struct kind kind_schedule = {
	"schedules", "LineLocationId", schedule_attributes,
	{ &kind_distribution }, NULL
};

static const char *const order_line_attributes[] = {
	"POLineId", "POHeaderId", "LineNumber", "LineTypeId", "LineType",
	"ItemId", "Item", "Description", "Quantity", "Price", "Ordered",
	"Total", "CurrencyCode", "Currency", "UOMCode", "UOM", "SupplierItem",
	"StatusCode", "Status", "CreationDate", "CreatedBy", "LastUpdateDate",
	"LastUpdatedBy", NULL
};

static const struct kind kind_order_line = {
	"lines", "POLineId", order_line_attributes,
	{ &kind_schedule }, NULL
};

static const char *const order_attributes[] = {
	"POHeaderId", "OrderNumber", "SoldToLegalEntityId",
	"SoldToLegalEntity", "StatusCode", "Status", "ProcurementBUId",
	"ProcurementBU", "RequisitioningBUId", "RequisitioningBU",
	"BillToBUId", "BillToBU", "Revision", "BuyerId", "Buyer",
	"BuyerDisplayName", "SupplierId", "Supplier", "SupplierSiteId",
	"SupplierSite", "SupplierContact", "SupplierContactDisplayName",
	"BillToLocation", "BillToLocationAddress", "ShipToLocationCode",
	"ShipToLocationAddress", "Ordered", "OrderedAmountBeforeAdjustments",
	"CreditAmount", "DiscountAmount", "TotalTax", "Total",
	"RecoverableTax", "NonRecoverableTax", "CurrencyCode", "Currency",
	"ConversionRateType", "ConversionRate", "ConversionRateDate",
	"Description", "RequiredAcknowledgmentCode", "RequiredAcknowledgment",
	"AcknowledgmentDueDate", "AcknowledgeWithinDays", "PaymentTerms",
	"Carrier", "ModeOfTransport", "ServiceLevel", "ShippingMethod",
	"FreightTermsCode", "FreightTerms", "FOBCode", "FOB",
	"RequiresSignatureFlag", "BuyerManagedTransportFlag",
	"PayOnReceiptFlag", "ConfirmingOrderFlag", "FrozenFlag",
	"ConsignmentTermsFlag", "PurchaseBasis", "DocumentStyleId",
	"DocumentStyle", "OrderDate", "ImportSourceCode",
	"SupplierCommunicationMethodCode", "SupplierCommunicationMethod",
	"SupplierEmailAddress", "SupplierOrder", "Requisition",
	"SourceAgreement", "Negotiation", "SalesOrder", "NoteToSupplier",
	"NoteToReceiver", "ReferenceNumber", "FundsStatusCode", "FundsStatus",
	"BudgetControlEnabledFlag", "OverridingApprover", "CreationDate",
	"CreatedBy", "LastUpdateDate", "LastUpdatedBy", NULL
};

const struct kind kind_order = {
	"purchaseOrders", "POHeaderId", order_attributes,
	{ &kind_order_line }, NULL
};

static const char *const journal_line_attributes[] = {
	"JeLineNumber", "AccountCombination", "AccountedCr", "AccountedDr",
	"EnteredCr", "EnteredDr", "CurrencyCode", "CurrencyConversionDate",
	"CurrencyConversionRate", "UserCurrencyConversionType", "Description",
	"ChartOfAccountsName", "StatAmount", "ReconciliationReference",
	"jgzzReconStatusMeaning", "CreatedBy", "CreationDate",
	"LastUpdateDate", "LastUpdatedBy", NULL
};

static const struct kind kind_journal_line = {
	"journalLines", "JeLineNumber", journal_line_attributes,
	{ NULL }, NULL
};

static const char *const journal_header_attributes[] = {
	"JournalName", "JournalDescription", "LedgerName",
	"LedgerCurrencyCode", "CurrencyCode", "PeriodName",
	"DefaultEffectiveDate", "ReferenceDate", "UserJeCategoryName",
	"UserCurrencyConversionType", "CurrencyConversionDate",
	"CurrencyConversionRate", "InvCurrencyConversionRate", "ControlTotal",
	"RunningTotalAccountedCr", "RunningTotalAccountedDr",
	"RunningTotalCr", "RunningTotalDr", "LegalEntityName",
	"EncumbranceType", "AccrualReversalEffectiveDate",
	"AccrualReversalPeriodName", "AccrualReversalStatus",
	"AccrualReversalJeHeaderName", "CloseAccountSequenceValue",
	"CloseAccountSequenceAssignName", "PostingAccountSequenceValue",
	"PostingAccountSequenceAssignName", "ExternalReference",
	"OriginatingBalSegValue", "ReversedJeHeaderName",
	"JeFromSlaFlagMeaning", "CreatedBy", "CreationDate", "LastUpdateDate",
	"LastUpdatedBy", NULL
};

static const struct kind kind_journal_header = {
	"journalHeaders", NULL, journal_header_attributes,
	{ &kind_journal_line }, NULL
};

static const char *const journal_attributes[] = {
	"JeBatchId", "AccountedPeriodType", "DefaultPeriodName", "BatchName",
	"Status", "ControlTotal", "BatchDescription", "ErrorMessage",
	"PostedDate", "PostingRunId", "RequestId", "RunningTotalAccountedCr",
	"RunningTotalAccountedDr", "RunningTotalCr", "RunningTotalDr",
	"CreatedBy", "CreationDate", "LastUpdateDate", "LastUpdatedBy",
	"ActualFlagMeaning", "ApprovalStatusMeaning", "ApproverEmployeeName",
	"FundsStatusMeaning", "ParentJeBatchName", "ChartOfAccountsName",
	"StatusMeaning", "CompletionStatusMeaning", "UserPeriodSetName",
	"UserJeSourceName", "ReversalDate", "ReversalPeriod", "ReversalFlag",
	"ReversalMethodMeaning", NULL
};

const struct kind kind_journal = {
	"journalBatches", "JeBatchId", journal_attributes,
	{ &kind_journal_header }, NULL
};

const struct kind *const stream_kinds[STREAM_COUNT] = {
	[INVOICES] = &kind_invoice, [PURCHASE_ORDERS] = &kind_order,
	[JOURNAL_BATCHES] = &kind_journal, [INVOICE_HOLDS] = &kind_hold,
	[PAYMENTS] = &kind_payment, [SCHEDULES] = &kind_flat_schedule,
	[ACKNOWLEDGMENTS] = &kind_acknowledgment,
	[DRAFT_ORDERS] = &kind_draft_order, [SUPPLIERS] = &kind_supplier,
	[RECEIVABLES] = &kind_receivable, [ACTIVITIES] = &kind_activity,
	[RECEIPTS] = &kind_receipt, [WORKERS] = &kind_worker,
	[BULK] = &kind_bulk
};
