# Ugly records, as fetch writes them; ids tell which is which.
def record($stream): { type: "RECORD", $stream, record: . };
def invoice($n): { InvoiceId: (300000047410000 + $n),
  CreationDate: "2026-01-29T14:02:11.256+00:00",
  LastUpdateDate: "2026-01-31T08:15:27+00:00" } + . | record("invoices");
def order($n): { POHeaderId: (300000025670000 + $n),
  LastUpdateDate: "2026-01-30T11:04:09+00:00" } + . | record("purchaseOrders");
def batch($n): { JeBatchId: (300000026110000 + $n),
  LastUpdateDate: "2026-01-31T10:20:00.250+00:00" } + .
  | record("journalBatches");
def payment($n): { CheckId: (300000025990000 + $n),
  LastUpdateDate: "2026-02-02T16:00:05.3+00:00" } + .
  | record("payablesPayments");
def hold($n): { HoldId: (300100170746000 + $n),
  LastUpdateDate: "2026-01-31T09:00:01+00:00" } + . | record("invoiceHolds");

{ type: "SCHEMA", stream: "invoices", schema: {}, key_properties: ["InvoiceId"],
  bookmark_properties: ["LastUpdateDate"] },
{ type: "SCHEMA", stream: "purchaseOrders", schema: {},
  key_properties: ["POHeaderId"], bookmark_properties: ["LastUpdateDate"] },
{ type: "SCHEMA", stream: "journalBatches", schema: {},
  key_properties: ["JeBatchId"], bookmark_properties: ["LastUpdateDate"] },
{ type: "SCHEMA", stream: "payablesPayments", schema: {},
  key_properties: ["CheckId"], bookmark_properties: ["LastUpdateDate"] },
{ type: "SCHEMA", stream: "invoiceHolds", schema: {},
  key_properties: ["HoldId"], bookmark_properties: ["LastUpdateDate"] },

# 1: a vendor that tries everything, forty lines in disorder, one of two
# installments paid, a literal entity
({ InvoiceNumber: "INV-*1*", InvoiceAmount: 12450.1, InvoiceCurrency: "USD",
   InvoiceType: "Standard", ValidationStatus: "Validated",
   Supplier: "<!channel> & *Bold* _Co_ :fire: `x` <https://evil.example|pay>\nnow",
   Description: "20% \"extra\"\n> <@U024BE7LH> &lt;b&gt; \\ ~struck~ 🔌",
   InvoiceDate: "2026-01-28", PurchaseOrderNumber: "US164535",
   BusinessUnit: "US1 & Co", PaymentTerms: "Net 30",
   invoiceLines: { hasMore: false, items: [ range(40; 0; -1)
     | { LineNumber: ., LineAmount: (. * 100), Quantity: ., UOM: "Each",
         Description: "Part *\(.)* <here>\nnew" } ] },
   invoiceInstallments: { items: [
     { UnpaidAmount: 0, DueDate: "2026-02-01" },
     { UnpaidAmount: 6225.05, DueDate: "2026-03-01" } ] } } | invoice(1)),
# 2: a held credit memo in euros, its children cut by the page
({ InvoiceNumber: "CM-2", InvoiceAmount: -1250.5, InvoiceCurrency: "EUR",
   InvoiceType: "Credit memo", ValidationStatus: "Not validated",
   ApprovalStatus: "Required", Supplier: "Müller GmbH",
   LiabilityDistribution: "101.10.22200.120.000.000",
   invoiceLines: { hasMore: true, items: [
     { LineNumber: 1, LineAmount: -1250.5, Quantity: -1.5,
       ItemDescription: "Freight, returned", invoiceDistributions: { items: [
         { DistributionAmount: -1000, DistributionCombination: "101.10.60230" },
         { DistributionAmount: -250.5, DistributionCombination: "101.10.7" },
         { DistributionAmount: 9, DistributionCombination: "101.10.8" },
         { DistributionAmount: -9, DistributionCombination: "101.10.8" } ] } },
     { LineNumber: 2, LineAmount: 5, DiscardedFlag: true } ] },
   invoiceInstallments: { items: [
     { HoldFlag: true, HoldReason: "Price *above* <tolerance>",
       HeldBy: "O'Malley \"Q\"", HoldDate: "2026-01-30",
       UnpaidAmount: -1250.5, DueDate: "2026-02-15" } ] } } | invoice(2)),
# 3: yen, and children as the REST framework's version 1 sends them
({ InvoiceNumber: "INV-3", InvoiceAmount: 3639000, InvoiceCurrency: "JPY",
   ValidationStatus: "Needs revalidation", Supplier: "田中精密 株式会社",
   LiabilityDistribution: "101.10.22200.120.000.000",
   invoiceLines: [
     { LineNumber: 1, LineAmount: 3356250, Description: "Steel",
       DistributionCombination: "101.10.51100.110.000.000" },
     { LineNumber: 2, LineType: "Tax", LineAmount: 282750 } ],
   invoiceInstallments: [{ DueDate: "4712-12-31" }] } | invoice(3)),
# 4: dinars, right to left with an override, 5,000 characters
({ InvoiceNumber: "INV-4", InvoiceAmount: 1234567.125, InvoiceCurrency: "KWD",
   Supplier: "شركة الخليج \u202egnp.exe", Description: ("&" * 5000),
   invoiceLines: null } | invoice(4)),
# 5: null wherever it can be
({ InvoiceNumber: null, InvoiceAmount: null, InvoiceCurrency: null,
   Supplier: null, Description: null, CreationDate: null,
   ValidationStatus: "Needs revalidation", invoiceLines: { items: [
     { LineNumber: null, LineAmount: null, Description: null } ] },
   invoiceInstallments: { items: [{ HoldFlag: null }] } } | invoice(5)),
# 6 and 7: an old one that was paid today, and a cancelled one
({ InvoiceNumber: "INV-6", CreationDate: "2025-11-02T09:00:00+00:00",
   InvoiceAmount: 60000, PaidStatus: "Paid" } | invoice(6)),
({ InvoiceNumber: "INV-7", CanceledFlag: true, InvoiceAmount: 60000,
   ValidationStatus: "Needs revalidation" } | invoice(7)),

# 1: overdue, seven lines, one with schedules
({ OrderNumber: "US1", StatusCode: "PENDING SUPPLIER ACKNOWLEDGMENT",
   Supplier: "<!here> Pumps", BuyerDisplayName: "María José Núñez",
   CurrencyCode: "TND", Total: 1883.5, AcknowledgmentDueDate: "2026-01-31",
   OrderDate: "2026-01-26T11:04:09+00:00", ShipToLocationCode: "Dock <4>",
   NoteToSupplier: "Call <!here> *first*:\n+1 216 555 0100", Revision: 0,
   lines: { items: [ range(1; 8)
     | { LineNumber: ., Item: "HY-\(.)", Quantity: 2.5, UOM: "Each",
         Ordered: (. * 0.5) } ] } }
 | .lines.items[0].schedules.items = [
     { RequestedDeliveryDate: "2026-02-10" },
     { RequestedDeliveryDate: "2026-02-09" } ] | order(1)),
# 2: due today, all else null; 3: acknowledged
({ StatusCode: "PENDING SUPPLIER ACKNOWLEDGMENT", lines: null,
   AcknowledgmentDueDate: "2026-02-01", Total: null } | order(2)),
({ StatusCode: "OPEN", AcknowledgmentDueDate: "2026-01-01" } | order(3)),

# 1: large, two headers, ten accounts; 2: at the threshold; 3: only just above
({ BatchName: "Payables *A* <b>", DefaultPeriodName: "01-26", Status: "P",
   StatusMeaning: "Posted", UserJeSourceName: "Payables",
   BatchDescription: "Month-end <accrual> & correction\nper controller",
   RunningTotalAccountedDr: 1234567.1, RunningTotalAccountedCr: 1234567.1,
   journalHeaders: { items: [ range(2) | { LedgerName: "US Primary Ledger",
     LedgerCurrencyCode: "USD", journalLines: { items: [ range(1; 6)
       | { AccountCombination: "101.10.6023\(.).462", AccountedDr: (. * 1000),
           AccountedCr: null },
         { AccountCombination: "101.10.2220\(.).120", AccountedDr: null,
           AccountedCr: (. * 1000) } ] } } ] } } | batch(1)),
({ RunningTotalAccountedDr: 100000, RunningTotalAccountedCr: 100000 }
 | batch(2)),
({ BatchName: null, RunningTotalDr: -100000.01, journalHeaders: { items: [
   { LedgerCurrencyCode: "USD", LedgerName: "A" },
   { LedgerCurrencyCode: "EUR", LedgerName: "B" } ] } } | batch(3)),

# 1: to a third party, six invoices in two currencies; 2: voided yen, all else
# null; 3: below the threshold
({ PaymentNumber: 40113, PaymentAmount: 500000.01, PaymentCurrency: "EUR",
   Payee: "*Müller* & <Söhne>", PaymentDate: "2026-02-02",
   PaymentMethod: "Electronic", PaymentStatus: "Negotiable",
   ThirdPartySupplier: "<!channel> Factoring", BusinessUnit: "France",
   DisbursementBankAccountName: "BofA-204",
   RemitToAccountNumber: "XXXXXX3000", CreationDate: "2026-02-02T16:00:04+00:00",
   PaymentDescription: "Quarterly \"run\"\n> *now* 🔌",
   relatedInvoices: { hasMore: true, items: [ range(6) | {
     InvoiceNumber: "2026/\(.)-_x_", InvoiceId: ., AmountPaidInvoiceCurrency: -5.5,
     InvoiceCurrency: ["EUR", "KWD"][. % 2] } ] } } | payment(1)),
({ PaymentAmount: "-9007199254740993", PaymentCurrency: "JPY", Payee: null,
   VoidDate: "2026-02-03", StopReason: null, relatedInvoices: null }
 | payment(2)),
({ PaymentAmount: 99999.99, PaymentCurrency: "USD" } | payment(3)),

# 1: held; 2: the same kind, released; 3: null wherever it can be
({ InvoiceNumber: "INV-*1*", Supplier: "<!here> & _Co_", LineHeld: 1,
   BusinessUnit: "US1", HoldName: "Price", HoldReason: "Price *above*\n`limit`",
   HeldBy: "O'Malley \"Q\"", HoldDate: "2026-01-31T09:00:01.003+00:00",
   HoldDetails: "See <https://evil.example|this>", ReleaseDate: null,
   PurchaseOrderNumber: "US164535", ReceiptNumber: null } | hold(1)),
({ InvoiceNumber: "INV-2", Supplier: "شركة الخليج", HoldName: "Amount",
   HoldReason: "Amount exceeds limit", ReleaseReason: "Amount approved",
   HoldDate: "2026-01-30T09:00:01+00:00",
   ReleaseDate: "2026-01-31T09:00:01+00:00" } | hold(2)),
({ InvoiceNumber: null, Supplier: null, HoldReason: null, HoldDate: null }
 | hold(3))
