# invoices: deterministic invoices of 3 lines, 2.8 KB each, as Singer messages.
#   awk -v rows=N [-v bare=1] -f invoices.awk
# bare: the records alone, one a line.

# The same whatever awk it is.
function chance()
{
	seed = seed * 16807 % 2147483647
	return seed / 2147483647
}

function decimal(from, to) # with two digits, as an ERP writes it
{
	return int(from + chance() * (to - from)) "." int(10 + chance() * 90)
}

function pad(number)
{
	return (number < 10 ? "0" : "") number
}

function one_of(list, words)
{
	return words[1 + int(chance() * split(list, words, "|"))]
}

function text(name, value)
{
	return "\"" name "\":\"" value "\","
}

function raw(name, value)
{
	return "\"" name "\":" value ","
}

function nulls(list, names, count, i, out)
{
	count = split(list, names, " ")
	for (i = 1; i <= count; i++)
		out = out raw(names[i], "null")
	return out
}

function line(number, order, date)
{
	return "{" raw("LineNumber", number) text("LineType", "Item") \
	    raw("LineAmount", decimal(100, 90000)) text("Description",
	    one_of(goods)) raw("Quantity", 1 + int(chance() * 40)) \
	    text("UOM", "Each") raw("UnitPrice", decimal(5, 900)) \
	    text("AccountingDate", date) text("PurchaseOrderNumber", order) \
	    text("DistributionCombination", "101.10.52100.130.000.000") \
	    nulls("Item TaxRate") text("LineSource", "Manual line entry") \
	    "\"CanceledFlag\":false}"
}

function invoice(row, date, order)
{
	date = "2026-" pad(1 + row % 12) "-" pad(1 + row % 28)
	order = "US" 164000 + row % 900
	return "{" raw("InvoiceId", 3000000 sprintf("%08d", 47000000 + row)) \
	    text("InvoiceNumber", "INV-" 80000 + row) \
	    text("InvoiceCurrency", one_of("USD|USD|USD|EUR|GBP")) \
	    text("PaymentCurrency", "USD") \
	    raw("InvoiceAmount", decimal(500, 250000)) \
	    text("InvoiceDate", date) \
	    text("BusinessUnit", "US1 Business Unit") \
	    text("Supplier", one_of(suppliers)) \
	    text("SupplierNumber", 1200 + row % 40) \
	    text("ProcurementBU", "US1 Business Unit") \
	    text("SupplierSite", one_of("Newark|Reno|São Paulo|Köln")) \
	    raw("RequesterId", 3000000 sprintf("%08d", 47340000 + row % 500)) \
	    text("Requester", one_of("Ann Lee|José Núñez|Li Wei|Tom <Ops>")) \
	    nulls("InvoiceGroup ConversionRateType ConversionDate") \
	    nulls("ConversionRate GoodsReceivedDate DocumentSequence") \
	    text("AccountingDate", date) \
	    text("Description", one_of(descriptions)) \
	    nulls("DeliveryChannelCode DeliveryChannel") \
	    raw("PayAloneFlag", "false") \
	    text("InvoiceSource", "Manual invoice entry") \
	    text("InvoiceType", "Standard") nulls("PayGroup") \
	    text("InvoiceReceivedDate", date) nulls("PaymentReason") \
	    text("PaymentTerms", one_of("Net 30|Net 45|2/10 & Net 30")) \
	    text("PaymentMethod", one_of("Check|Electronic")) \
	    text("LegalEntity", "US1 Legal Entity") \
	    text("LiabilityDistribution", "101.10.22200.120.000.000") \
	    text("ValidationStatus", one_of("Validated|Not validated")) \
	    text("ApprovalStatus", one_of("Not required|Required")) \
	    text("PaidStatus", "Unpaid") raw("CanceledFlag", "false") \
	    text("LastUpdateLogin", "7B273F6DCA3CF7D0E0533BFDF40AFF00") \
	    text("TaxationCountry", "United States") \
	    nulls("RoutingAttribute1 RoutingAttribute2 RoutingAttribute3") \
	    nulls("ReferenceKeyOne ReferenceKeyTwo ReferenceKeyThree") \
	    raw("AmountPaid", 0) text("PurchaseOrderNumber", order) \
	    nulls("Party PartySite ControlAmount FundsStatus BankAccount") \
	    text("CreationDate", date "T09:00:00+00:00") \
	    text("CreatedBy", "AP_SUPV_OPERATIONS") \
	    text("LastUpdatedBy", "AP_SUPV_OPERATIONS") \
	    text("LastUpdateDate", date "T" pad(row % 24) ":" \
	    pad(row % 60) ":07.123+00:00") \
	    raw("invoiceInstallments", "{\"items\":[{" \
	    raw("InstallmentNumber", 1) text("DueDate", date) \
	    "\"UnpaidAmount\":" decimal(500, 250000) "}],\"count\":1}") \
	    "\"invoiceLines\":{\"items\":[" line(1, order, date) "," \
	    line(2, order, date) "," line(3, order, date) \
	    "],\"count\":3,\"hasMore\":false}}"
}

BEGIN {
	seed = 1
	goods = "Heat treated pallet 48 x 40 in|Gauge calibration on site" \
	    "|Argon 4.8, 50 l cylinder|Bolts & nuts M8|Pipe, diameter < 2 in"
	suppliers = "Blue Ridge Castings|Tanaka Precision|Smith & Sons" \
	    "|Acme <East> & Co|Office Depot|Müller GmbH|Advanced Network"
	descriptions = "Monthly delivery|Spare parts & service" \
	    "|Rework as agreed, quantity > 10|Calibration of all gauges"
	if (!bare)
		print "{\"type\":\"SCHEMA\",\"stream\":\"invoices\"," \
		    "\"schema\":{},\"key_properties\":[\"InvoiceId\"]," \
		    "\"bookmark_properties\":[\"LastUpdateDate\"]," \
		    "\"amount_property\":\"InvoiceAmount\"," \
		    "\"currency_property\":\"InvoiceCurrency\"}"
	for (row = 1; row <= rows; row++)
		print bare ? invoice(row) : "{\"type\":\"RECORD\"," \
		    "\"stream\":\"invoices\",\"record\":" invoice(row) "}"
}
