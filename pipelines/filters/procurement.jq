# procurement: every new invoice, to $config.channel (#procurement).
#
#   Invoice INV-88291: 19,336.04 USD
#   Blue Ridge Castings, due 12 Nov 2026
#   (dates, purchase order, business unit, description, first five lines)
#
# New means: last touched at most $config.days (7) after it was entered.  That
# outlasts a weekend without polling, and leaves out the old invoice that is
# paid today.  The message holds nothing that validation or approval change, so
# after those it is the same again and deliver doesn't send it; a changed
# amount, line or due date goes into the first message's thread.
#
# $config.minimum takes only invoices of that size: a number for any currency,
# or one for each, {"USD": 50000, "JPY": 7500000, "other": 40000}.  Credit memos
# count by their size.  With it this file also serves a route "treasury":
# {"channel": "#treasury", "minimum": 50000}.
# $config.erp_url adds a button that opens the invoice in the ERP.
import "slack" as slack;
import "fusion" as fusion;

def line($currency):
  [ (fusion::line_name | slack::one_line | slack::truncate(120)),
    (fusion::line_quantity | values | slack::truncate(80) | ", \(.)"),
    (.LineAmount | fusion::amount($currency) | values | ": ", slack::bold) ];

select($stream == "invoices" and .CanceledFlag != true)
| select(fusion::is_new($config.days // 7))
| select((.InvoiceAmount | fusion::number | fabs) 
    >= fusion::threshold($config.minimum; .InvoiceCurrency; 0))
| .InvoiceCurrency as $currency
| fusion::invoice_title(null) as $title
| (.Supplier | slack::one_line("Unknown vendor")) as $vendor
| (fusion::due_date | fusion::day // "unknown") as $due
| (.invoiceLines | fusion::first_lines(5)) as $first
| slack::message($config.channel // "#procurement";
    "\($title), \($vendor | slack::truncate(100)), due \($due)";
    [ slack::header($title),
      slack::rich_text([slack::line([
        ($vendor | slack::bold), ", due ", ($due | slack::bold)])]),
      slack::fields([
        ["Invoice date", (.InvoiceDate | fusion::day)],
        ["Purchase order", .PurchaseOrderNumber],
        ["Business unit", .BusinessUnit],
        ["Payment terms", .PaymentTerms]]),
      slack::rich_text([
        slack::quote(.Description; 300),
        slack::list([$first.lines[] | line($currency)]),
        slack::line([($first.more | slack::italic)])]),
      slack::context([
        (.CreationDate | fusion::seconds
          | slack::date_text("Entered {date_short_pretty} at {time}")
          | slack::mrkdwn),
        "ID \($id)"]),
      slack::actions([slack::button("Open in Oracle";
        fusion::deep_link($config; $stream; $id))])])
