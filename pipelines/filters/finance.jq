# finance: what is stuck and what is large, to $config.channel (#finance).
#
#   Invoice INV-88249 on hold: 575.55 EUR     Journal batch: 234,567.10 USD
#   Tanaka Precision, due 11 Dec 2026         Payables Purchase Invoices
#   (the holds, and the accounts it would     (ledger, period, debit, credit,
#   post to)                                  status, the largest accounts)
#
# Invoices with a hold on an installment, or whose ValidationStatus is one of
# $config.statuses (["Needs revalidation"], in the language of the ERP's user).
# Journal batches with more than $config.threshold (100000, or by currency) on
# one side.  $config.acknowledge: with a button for it. Changes go into threads.
import "slack" as slack;
import "fusion" as fusion;

def message($title; $about; parts; $fields; $heading; $accounts; $currency):
  slack::message($config.channel // "#finance"; "\($title), \($about)";
    [ slack::header($title), slack::rich_text([parts]), slack::fields($fields),
      slack::rich_text([$accounts | select(. != [])
        | slack::line([($heading | slack::bold)]),
          slack::preformatted(fusion::account_rows(8; $currency)
            | slack::columns("lrr"))]),
      slack::context(["ID \($id)"]),
      slack::actions([slack::acknowledge($config; $stream; $id), slack::button(
        "Open in Oracle"; fusion::deep_link($config; $stream; $id))])]);

def invoice:
  fusion::holds as $holds | .ValidationStatus as $status
  | select(.CanceledFlag != true and ($holds != []
      or any($config.statuses // ["Needs revalidation"] | .[]; . == $status)))
  | (.Supplier | slack::one_line("Unknown vendor")) as $vendor
  | (fusion::due_date | fusion::day // "unknown") as $due
  | message(fusion::invoice_title(
        if $holds != [] then "on hold" else $status | ascii_downcase end);
      "\($vendor | slack::truncate(100)), due \($due)";
      slack::line([($vendor | slack::bold), ", due ", ($due | slack::bold)]),
      slack::list([$holds[:5][] | [(.reason | slack::truncate(300)),
        (.by | values | ", held by \(slack::truncate(80))"),
        (.date | values | ", \(.)")]]);
      [ ["Validation", $status], ["Approval", .ApprovalStatus],
        ["Purchase order", .PurchaseOrderNumber],
        ["Business unit", .BusinessUnit] ];
      "Would post to"; fusion::invoice_accounts; .InvoiceCurrency);

def journal:
  (fusion::journal_totals | select(.amount
      > fusion::threshold($config.threshold; .currency; 100000))) as $total
  | (.BatchName | slack::one_line("Batch \($id)")) as $name
  | message("Journal batch: \($total.shown)";
      $name | slack::truncate(120);
      slack::line([($name | slack::bold)]),
      slack::quote(.BatchDescription; 300);
      [ ["Ledger", $total.ledger], ["Period", .DefaultPeriodName],
        ["Debit", ($total.debit | fusion::money($total.currency))],
        ["Credit", ($total.credit | fusion::money($total.currency))],
        ["Status", (.StatusMeaning // .Status)],
        ["Source", .UserJeSourceName] ];
      "Largest accounts"; fusion::journal_accounts; $total.currency);

if $stream == "invoices" then invoice
elif $stream == "journalBatches" then journal else empty end
