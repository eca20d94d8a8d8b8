# payments: large payments, and what becomes of them, to $config.channel
# (#treasury).
#
#   Payment 40113: 500,000.01 EUR
#   Müller & Söhne, 2 Feb 2026, Electronic
#   (status, accounts, business unit, and the first five invoices it pays)
#
# Payments of $config.threshold (100000) and more: a number for any currency, or
# one for each, {"USD": 50000, "JPY": 7500000, "other": 40000}.  One that is
# voided, stopped or cleared later, or goes to another account, says so in the
# first message's thread.  A payment to a third party is marked: look at it
# twice.
import "slack" as slack;
import "fusion" as fusion;

def invoice:
  .InvoiceCurrency as $currency
  | [ (.InvoiceNumber // .InvoiceId | slack::one_line("Invoice")
        | slack::truncate(120)),
      (.AmountPaidInvoiceCurrency | fusion::money($currency) | values
        | ": ", (slack::truncate(60) | slack::bold)) ];

select($stream == "payablesPayments")
| .PaymentCurrency as $currency
| fusion::threshold($config.threshold; $currency; 100000) as $large
| select((.PaymentAmount | fusion::number | fabs) >= $large)
| (if .VoidDate != null then " voided" elif .StopDate != null then " stopped"
  else "" end) as $state
| (.PaymentAmount | fusion::money($currency) // "no amount") as $amount
| "Payment \(.PaymentNumber // $id)\($state): \($amount)" as $title
| (.Payee | slack::one_line("Unknown payee")) as $payee
| (.PaymentDate | fusion::day // "no date") as $date
| (.relatedInvoices | fusion::first_lines(5)) as $first
| slack::message($config.channel // "#treasury";
    "\($title), \($payee | slack::truncate(100)), \($date)";
    [ slack::header(if $state == "" then $title else "⚠ " + $title end),
      slack::rich_text([slack::line([
        ($payee | slack::bold), ", ", ($date | slack::bold),
        (.PaymentMethod | values | slack::truncate(80) | ", \(.)")])]),
      slack::fields([
        ["⚠ Third party", .ThirdPartySupplier],
        ["Status", .PaymentStatus],
        ["From account", .DisbursementBankAccountName],
        ["To account", .RemitToAccountNumber],
        ["Business unit", .BusinessUnit],
        ["Voided", (.VoidDate | fusion::day)],
        ["Stopped", (.StopDate | fusion::day)],
        ["Reason", .StopReason],
        ["Cleared", (.ClearingDate | fusion::day)]]),
      slack::rich_text([
        slack::quote(.PaymentDescription; 300),
        slack::list([$first.lines[] | invoice]),
        slack::line([($first.more | slack::italic)])]),
      slack::context([
        (.CreationDate | fusion::seconds
          | slack::date_text("Created {date_short_pretty} at {time}")
          | slack::mrkdwn),
        "ID \($id)"])])
