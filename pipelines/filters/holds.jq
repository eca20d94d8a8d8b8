# holds: an invoice is held, and is released, to $config.channel (#finance).
#
#   Invoice ERS-17741 on hold
#   Advanced Network Devices, Amount exceeds limit
#   (hold, who holds it, business unit, purchase order)
#
# From the stream invoiceHolds: a hold that is placed or released need not touch
# the invoice itself, so the invoice's own record may come days later or never.
# The release goes into the thread that the hold began.
import "slack" as slack;
import "fusion" as fusion;

select($stream == "invoiceHolds")
| (.ReleaseDate == null) as $held
| ("Invoice \(.InvoiceNumber // "without a number") "
  + if $held then "on hold" else "no longer on hold" end) as $title
| (.Supplier | slack::one_line("Unknown vendor")) as $vendor
| (if $held then .HoldReason // .HoldName
  else .ReleaseReason // .ReleaseName end
  | slack::one_line("no reason given")) as $reason
| slack::message($config.channel // "#finance";
    "\($title), \($vendor | slack::truncate(60)), \($reason)";
    [ slack::header($title),
      slack::rich_text([
        slack::line([($vendor | slack::bold), ", \($reason)"]),
        slack::quote(.HoldDetails; 300)]),
      slack::fields([
        ["Hold", .HoldName],
        ["Held by", .HeldBy],
        ["Business unit", .BusinessUnit],
        ["Purchase order", .PurchaseOrderNumber],
        ["Invoice line", .LineHeld],
        ["Receipt", .ReceiptNumber]]),
      slack::context([
        (.HoldDate | fusion::seconds
          | slack::date_text("Held {date_short_pretty} at {time}")
          | slack::mrkdwn),
        (.ReleaseDate | fusion::seconds
          | slack::date_text("Released {date_short_pretty} at {time}")
          | slack::mrkdwn),
        "ID \($id)"])])
