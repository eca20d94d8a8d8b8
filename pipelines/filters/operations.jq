# operations: orders that the supplier hasn't acknowledged, to $config.channel
# (#operations).
#
#   ⚠ Order US164551 acknowledgment overdue: 55,165.76 USD
#   Müller GmbH, was due 21 Nov 2026
#   (buyer, place, and the first five lines with need-by dates)
#
# Orders whose StatusCode is one of $config.statuses (["PENDING SUPPLIER
# ACKNOWLEDGMENT"]); a supplier's answer gives them another one.  An order is
# overdue from the day after its due date.  The key says whether it is, so that
# an order that becomes overdue unchanged is told once more when it is read
# again.  $config.erp_url adds a button that opens the order in the ERP.
import "slack" as slack;
import "fusion" as fusion;

def line($currency):
  [ (fusion::line_name | slack::one_line | slack::truncate(120)),
    (fusion::line_quantity | values | slack::truncate(80) | ", \(.)"),
    (.Ordered // .Total | fusion::amount($currency) | values
      | ": ", slack::bold),
    (fusion::need_by | fusion::day | values | ", need by \(.)") ];

select($stream == "purchaseOrders")
| .StatusCode as $code
| select(any($config.statuses // ["PENDING SUPPLIER ACKNOWLEDGMENT"] | .[];
    . == $code))
| ((.AcknowledgmentDueDate // "9999") < fusion::today($config)) as $overdue
| (if $overdue then "acknowledgment overdue" else "awaits acknowledgment" end)
  as $state
| .CurrencyCode as $currency
| (.Total // .Ordered | fusion::money($currency) // "no total") as $total
| "Order \(.OrderNumber // $id) \($state): \($total)" as $title
| (.Supplier | slack::one_line("Unknown supplier")) as $supplier
| (if $overdue then "was due" else "due" end) as $when
| (.AcknowledgmentDueDate | fusion::day // "unknown") as $due
| (.lines | fusion::first_lines(5)) as $first
| slack::message($config.channel // "#operations";
    "\($title), \($supplier | slack::truncate(90)), \($when) \($due)";
    [ slack::header(if $overdue then "⚠ " else "" end + $title),
      slack::rich_text([slack::line([
        ($supplier | slack::bold), ", \($when) ", ($due | slack::bold)])]),
      slack::fields([
        ["Buyer", (.BuyerDisplayName // .Buyer)],
        ["Ship to", .ShipToLocationCode],
        ["Contact", (.SupplierContactDisplayName // .SupplierEmailAddress)]]),
      slack::rich_text([
        slack::quote(.NoteToSupplier // .Description; 300),
        slack::list([$first.lines[] | line($currency)]),
        slack::line([($first.more | slack::italic)])]),
      slack::context([
        (.OrderDate | fusion::seconds
          | slack::date_text("Ordered {date_short_pretty} at {time}")
          | slack::mrkdwn),
        (.Revision | values | "Revision \(.)"), "ID \($id)"]),
      slack::actions([slack::button("Open in Oracle";
        fusion::deep_link($config; $stream; $id))])])
  + { delivery: { key: "\($id):\($version):\($state)" } }
