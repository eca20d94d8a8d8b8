/* SPDX-License-Identifier: MIT */
/* What stands beside purchase orders, and the suppliers. */
#include "sandbox/plain.h"

static const char *const flat_attributes[] = {
	"OrderNumber", "POHeaderId", "POLineId", "LineLocationId",
	"LineNumber", "ScheduleNumber", "LineNumberScheduleNumber", "DueDate",
	"RequestedDeliveryDate", "RequestedShipDate", "ScheduleStatus",
	"ScheduleStatusCode", "Supplier", "SupplierSite", "ItemNumber",
	"ItemDescription", "Quantity", "ReceivedQuantity", "Amount",
	"ShipToLocation", "RequisitioningBU", "ProcurementBU", "CreatedBy",
	"CreationDate", "LastUpdatedBy", "LastUpdateDate", NULL
};

static const struct recipe flat_recipes[] = {
	{ "OrderNumber", plain_counted, "US 164535 1" },
	{ "POHeaderId", plain_whole, "300000025673187 100" },
	{ "POLineId", plain_whole, "300000025673190 100" },
	{ "LineLocationId", plain_whole, "300000025673191 100" },
	{ "LineNumber", plain_fixed, "1" },
	{ "ScheduleNumber", plain_fixed, "1" },
	{ "LineNumberScheduleNumber", plain_fixed, "\"1-1\"" },
	{ "DueDate", plain_day, "-10 30" },
	{ "RequestedDeliveryDate", plain_day, "-10 30" },
	{ "RequestedShipDate", plain_day, "-10 30" },
	{ "ScheduleStatus", plain_choice,
	    "Open|Closed for Receiving|Open|Closed" },
	{ "ScheduleStatusCode", plain_choice,
	    "OPEN|CLOSED FOR RECEIVING|OPEN|CLOSED" },
	{ "Supplier", plain_vendor, "name" },
	{ "SupplierSite", plain_vendor, "site" },
	{ "ItemNumber", plain_choice, "ST10-A36|BR6204|HY-PMP40" },
	{ "ItemDescription", plain_choice,
	    "Hot rolled steel plate A36, 10 mm|Deep groove ball bearing "
	    "6204-2RS|Hydraulic gear pump 40 cc" },
	{ "Quantity", plain_quantity, "500" },
	{ "ReceivedQuantity", plain_fixed, "0" },
	{ "Amount", plain_amount, "9000000" },
	{ "ShipToLocation", plain_choice, "Seattle|Cleveland Plant 2" },
	{ "RequisitioningBU", plain_fixed, "\"US1 Business Unit\"" },
	{ "ProcurementBU", plain_fixed, "\"US1 Business Unit\"" },
	{ NULL, NULL, NULL }
};

const struct kind kind_flat_schedule = {
	"purchaseOrderSchedules", "LineLocationId", flat_attributes,
	{ NULL }, flat_recipes
};

static const char *const acknowledgment_attributes[] = {
	"POHeaderId", "OrderNumber", "Revision", "ProcurementBUId",
	"ProcurementBU", "Supplier", "SupplierSite", "Buyer", "StatusCode",
	"Status", "RequiredAcknowledgmentCode", "RequiredAcknowledgment",
	"AcknowledgmentDueDate", "AcknowledgmentResponse",
	"AcknowledgmentNote", "CreatedBy", "CreationDate", "LastUpdatedBy",
	"LastUpdateDate", NULL
};

static const struct recipe acknowledgment_recipes[] = {
	{ "POHeaderId", plain_whole, "300000025673187 100" },
	{ "OrderNumber", plain_counted, "US 164535 1" },
	{ "Revision", plain_fixed, "0" },
	{ "ProcurementBUId", plain_fixed, "300000046987012" },
	{ "ProcurementBU", plain_fixed, "\"US1 Business Unit\"" },
	{ "Supplier", plain_vendor, "name" },
	{ "SupplierSite", plain_vendor, "site" },
	{ "Buyer", plain_choice, "Roth, Calvin|Singh, Saurabh" },
	{ "StatusCode", plain_choice, "PENDING SUPPLIER ACKNOWLEDGMENT|OPEN" },
	{ "Status", plain_choice, "Pending Supplier Acknowledgment|Open" },
	{ "RequiredAcknowledgmentCode", plain_choice, "D|Y" },
	{ "RequiredAcknowledgment", plain_choice,
	    "Document|Document and Schedule" },
	{ "AcknowledgmentDueDate", plain_day, "-10 10" },
	{ "AcknowledgmentResponse", plain_choice, "|Accepted" },
	{ "AcknowledgmentNote", plain_choice, "|Shipping <next> week" },
	{ NULL, NULL, NULL }
};

const struct kind kind_acknowledgment = {
	"purchaseOrderAcknowledgments", "POHeaderId", acknowledgment_attributes,
	{ NULL }, acknowledgment_recipes
};

static const char *const draft_schedule_attributes[] = {
	"LineLocationId", "POLineId", "POHeaderId", "ScheduleNumber",
	"Quantity", "Ordered", "ShipToLocationId", "RequestedDeliveryDate",
	"DestinationTypeCode", "DestinationType", "CreatedBy", "CreationDate",
	"LastUpdatedBy", "LastUpdateDate", NULL
};

static const struct recipe draft_schedule_recipes[] = {
	{ "LineLocationId", plain_id, "300000027000003" },
	{ "POLineId", plain_parent, NULL },
	{ "POHeaderId", plain_parent, NULL },
	{ "ScheduleNumber", plain_position, NULL },
	{ "Quantity", plain_quantity, "60" },
	{ "Ordered", plain_amount, "900000" },
	{ "ShipToLocationId", plain_fixed, "300000047013271" },
	{ "RequestedDeliveryDate", plain_day, "0 40" },
	{ "DestinationTypeCode", plain_fixed, "\"EXPENSE\"" },
	{ "DestinationType", plain_fixed, "\"Expense\"" },
	{ NULL, NULL, NULL }
};

static const struct kind kind_draft_schedule = {
	"schedules", "LineLocationId", draft_schedule_attributes,
	{ NULL }, draft_schedule_recipes
};

static const char *const draft_line_attributes[] = {
	"POLineId", "POHeaderId", "LineNumber", "LineTypeId", "LineType",
	"Item", "Description", "Quantity", "Price", "Ordered", "CurrencyCode",
	"UOMCode", "UOM", "CreatedBy", "CreationDate", "LastUpdatedBy",
	"LastUpdateDate", NULL
};

static const struct recipe draft_line_recipes[] = {
	{ "POLineId", plain_id, "300000027000002" },
	{ "POHeaderId", plain_parent, NULL },
	{ "LineNumber", plain_position, NULL },
	{ "LineTypeId", plain_fixed, "1" },
	{ "LineType", plain_fixed, "\"Goods\"" },
	{ "Item", plain_choice, "BR6204|HY-PMP40" },
	{ "Description", plain_choice,
	    "Deep groove ball bearing 6204-2RS|Hydraulic gear pump 40 cc" },
	{ "Quantity", plain_quantity, "60" },
	{ "Price", plain_amount, "50000" },
	{ "Ordered", plain_amount, "900000" },
	{ "CurrencyCode", plain_fixed, "\"USD\"" },
	{ "UOMCode", plain_fixed, "\"Ea\"" },
	{ "UOM", plain_fixed, "\"Each\"" },
	{ NULL, NULL, NULL }
};

static const struct kind kind_draft_line = {
	"lines", "POLineId", draft_line_attributes,
	{ &kind_draft_schedule }, draft_line_recipes
};

static const char *const draft_attributes[] = {
	"POHeaderId", "VersionId", "OrderNumber", "Revision", "StatusCode",
	"Status", "ChangeOrderStatusCode", "ProcurementBUId", "ProcurementBU",
	"BuyerId", "Buyer", "SupplierId", "Supplier", "SupplierSite",
	"CurrencyCode", "Currency", "Ordered", "TotalTax", "Total",
	"Description", "PaymentTerms", "NoteToSupplier",
	"BudgetControlEnabledFlag", "CreatedBy", "CreationDate",
	"LastUpdatedBy", "LastUpdateDate", NULL
};

static const struct recipe draft_recipes[] = {
	{ "POHeaderId", plain_shared, "300000027000001" },
	{ "VersionId", plain_id, "300000028000001" },
	{ "OrderNumber", plain_counted, "US 170001 1" },
	{ "Revision", plain_whole, "0 0" },
	{ "StatusCode", plain_choice, "INCOMPLETE|PENDING APPROVAL|REJECTED" },
	{ "Status", plain_choice, "Incomplete|Pending Approval|Rejected" },
	{ "ChangeOrderStatusCode", plain_choice, "|PENDING APPROVAL" },
	{ "ProcurementBUId", plain_fixed, "300000046987012" },
	{ "ProcurementBU", plain_fixed, "\"US1 Business Unit\"" },
	{ "BuyerId", plain_fixed, "300000047340498" },
	{ "Buyer", plain_choice, "Roth, Calvin|Singh, Saurabh" },
	{ "SupplierId", plain_whole, "300000024164123 11" },
	{ "Supplier", plain_vendor, "name" },
	{ "SupplierSite", plain_vendor, "site" },
	{ "CurrencyCode", plain_fixed, "\"USD\"" },
	{ "Currency", plain_fixed, "\"US Dollar\"" },
	{ "Ordered", plain_amount, "9000000" },
	{ "TotalTax", plain_amount, "90000" },
	{ "Total", plain_amount, "9000000" },
	{ "Description", plain_choice,
	    "Plant supplies||Spare parts & <urgent> repairs" },
	{ "PaymentTerms", plain_fixed, "\"Net 30\"" },
	{ "BudgetControlEnabledFlag", plain_fixed, "false" },
	{ NULL, NULL, NULL }
};

/* The same order may be there in several versions. */
const struct kind kind_draft_order = {
	"draftPurchaseOrders", "VersionId", draft_attributes,
	{ &kind_draft_line }, draft_recipes
};

static const char *const site_attributes[] = {
	"SupplierSiteId", "SupplierSite", "ProcurementBU", "Status",
	"CreatedBy", "CreationDate", "LastUpdatedBy", "LastUpdateDate", NULL
};

static const struct recipe site_recipes[] = {
	{ "SupplierSiteId", plain_id, "300000024170000" },
	{ "SupplierSite", plain_vendor, "site" },
	{ "ProcurementBU", plain_fixed, "\"US1 Business Unit\"" },
	{ "Status", plain_fixed, "\"ACTIVE\"" },
	{ NULL, NULL, NULL }
};

static const struct kind kind_supplier_site = {
	"sites", "SupplierSiteId", site_attributes,
	{ NULL }, site_recipes
};

static const char *const address_attributes[] = {
	"SupplierAddressId", "AddressName", "Country", "City", "CreatedBy",
	"CreationDate", "LastUpdatedBy", "LastUpdateDate", NULL
};

static const struct recipe address_recipes[] = {
	{ "SupplierAddressId", plain_id, "300000024180000" },
	{ "AddressName", plain_vendor, "site" },
	{ "Country", plain_fixed, "\"United States\"" },
	{ "City", plain_vendor, "site" },
	{ NULL, NULL, NULL }
};

static const struct kind kind_supplier_address = {
	"addresses", "SupplierAddressId", address_attributes,
	{ NULL }, address_recipes
};

static const char *const contact_attributes[] = {
	"SupplierContactId", "FirstName", "LastName", "Email", "CreatedBy",
	"CreationDate", "LastUpdatedBy", "LastUpdateDate", NULL
};

static const struct recipe contact_recipes[] = {
	{ "SupplierContactId", plain_id, "300000024190000" },
	{ "FirstName", plain_choice, "Ana|Bo|Chi" },
	{ "LastName", plain_choice, "Núñez|Øster|Wu" },
	{ "Email", plain_vendor, "email" },
	{ NULL, NULL, NULL }
};

static const struct kind kind_supplier_contact = {
	"contacts", "SupplierContactId", contact_attributes,
	{ NULL }, contact_recipes
};

static const char *const supplier_attributes[] = {
	"SupplierId", "SupplierPartyId", "Supplier", "SupplierNumber",
	"AlternateName", "Alias", "BusinessRelationshipCode",
	"BusinessRelationship", "SupplierTypeCode", "SupplierType", "Status",
	"InactiveDate", "OneTimeSupplierFlag", "TaxpayerCountry", "TaxpayerId",
	"CorporateWebsite", "CreationDate", "CreatedBy", "LastUpdateDate",
	"LastUpdatedBy", NULL
};

static const struct recipe supplier_recipes[] = {
	{ "SupplierId", plain_whole, "300000024164123 11" },
	{ "SupplierPartyId", plain_whole, "300000024164120 11" },
	{ "Supplier", plain_vendor, "name" },
	{ "SupplierNumber", plain_counted, "1 201 1" },
	{ "Alias", plain_choice, "||\"Quoted\" & <alias>" },
	{ "BusinessRelationshipCode", plain_choice,
	    "SPEND_AUTHORIZED|PROSPECTIVE" },
	{ "BusinessRelationship", plain_choice,
	    "Spend Authorized|Prospective" },
	{ "SupplierTypeCode", plain_choice, "|SERVICES" },
	{ "SupplierType", plain_choice, "|Services" },
	{ "Status", plain_choice, "ACTIVE|ACTIVE|INACTIVE" },
	{ "OneTimeSupplierFlag", plain_fixed, "false" },
	{ "TaxpayerCountry", plain_choice, "United States||Germany" },
	{ "TaxpayerId", plain_counted, "98- 7650001 1" },
	{ "CorporateWebsite", plain_choice, "https://example.com|" },
	{ NULL, NULL, NULL }
};

const struct kind kind_supplier = {
	"suppliers", "SupplierId", supplier_attributes,
	{ &kind_supplier_site, &kind_supplier_address,
	    &kind_supplier_contact }, supplier_recipes
};
