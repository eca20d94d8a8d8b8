# fusion: what Oracle Fusion's records mean.
#
# Everything here takes a record (or a value of one) as REST sends it and gives
# plain values: strings ready to be shown, numbers, arrays.  How they look in
# Slack is the business of slack.jq.  All of it bears null, an attribute that
# isn't there, and a number that arrives as a string.  An example that follows
# a description is tested.

# Amounts ------------------------------------------------------------------

# A number, whatever the ERP wrote; 0 when there is none. For comparing.
# example: [1250.5, "-7", null, "x"] | map(fusion::number) => [1250.5,-7,0,0]
def number:
  if type == "number" then . elif type == "string" then tonumber? // 0
  else 0 end;

# How many decimals a currency has (ISO 4217); 2 when it isn't known.
# example: ["USD", "JPY", "KWD", null] | map(fusion::decimals) => [2,0,3,2]
def decimals:
  if . == null then 2
  elif IN("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF",
    "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF") then 0
  elif IN("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND") then 3
  elif IN("CLF", "UYW") then 4
  else 2 end;

def _fixed($decimals): # a double as text, rounded; exact up to 15 digits
  (. * pow(10; $decimals) | round) as $minor
  | ($minor | fabs | tostring) as $digits
  | (("0" * ($decimals + 1 - ($digits | length))) // "") + $digits
  | (if $minor < 0 then "-" else "" end) + .[:length - $decimals]
    + if $decimals > 0 then "." + .[length - $decimals:] else "" end;

def _group: if length > 3 then (.[:-3] | _group) + "," + .[-3:] else . end;

# An amount with its currency's decimals, without the code. An exact string
# keeps all its digits.
# example: [-1234567.1, 0, "900719925474099312345.5"] | map(fusion::amount("USD")) => ["-1,234,567.10","0.00","900,719,925,474,099,312,345.50"]
# example: [12450, 1.25, null] | map(fusion::amount("JPY")) => ["12,450","1",null]
def amount($currency):
  ($currency | decimals) as $decimals
  | if type == "number" and (fabs * pow(10; $decimals)) < 9e15
    then _fixed($decimals) else . end
  | if . == null or . == "" then null else
      tostring
      | (capture("^(?<sign>-?)(?<whole>[0-9]+)([.](?<rest>[0-9]+))?$") // null)
        as $part
      | if $part == null then . else
          ($part.rest // "" | sub("0+$"; "")) as $rest
          | (("0" * ($decimals - ($rest | length))) // "") as $pad
          | $part.sign + ($part.whole | _group)
            + if $rest + $pad == "" then "" else "." + $rest + $pad end
        end
    end;

# An amount with its currency. A credit has a minus sign. Bind the currency to
# a variable before: the argument is looked for in the amount.
# example: -1250 | fusion::money("KWD") => "-1,250.000 KWD"
# example: null | fusion::money("USD") => null
def money($currency):
  amount($currency)
  | if . == null then . else [., $currency | values] | join(" ") end;

# The same the accountants' way: a credit in parentheses.
# example: -1250.5 | fusion::money_accounting("USD") => "(1,250.50) USD"
def money_accounting($currency):
  amount($currency)
  | if . == null then . else
      if startswith("-") then "(\(.[1:]))" else . end
      | [., $currency | values] | join(" ") end;

# A quantity or price with as many decimals as it has.
# example: [12, 0.0685, "3.50", null] | map(fusion::quantity) => ["12","0.0685","3.5",null]
def quantity:
  if . == null then . else
    tostring
    | (capture("^(?<sign>-?)(?<whole>[0-9]+)([.](?<rest>[0-9]+))?$") // null)
      as $part
    | if $part == null then . else
        ($part.rest // "" | sub("0+$"; "")) as $rest
        | $part.sign + ($part.whole | _group)
          + if $rest == "" then "" else "." + $rest end
      end
  end;

# Dates ----------------------------------------------------------------------

# A calendar date for people. It has no time zone, so it must not become a
# Slack date, which would show the day before to readers in the west.
# example: ["2026-02-07", "2026-02-07T08:00:00+00:00", "4712-12-31", null] | map(fusion::day) => ["7 Feb 2026","7 Feb 2026",null,null]
def day:
  if type == "string" and test("^[0-9]{4}-(0[1-9]|1[0-2])-[0-3][0-9]")
    and (startswith("4712-") | not)
  then "\(.[8:10] | tonumber) \(["Jan", "Feb", "Mar", "Apr", "May", "Jun",
    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][(.[5:7] | tonumber) - 1]
    ) \(.[:4])"
  else null end;

# A time stamp in Unix seconds; null when it is none.
# example: ["2026-01-31T08:15:27.114+00:00", "2026-01-31T10:15:27+02:00", "2026-01-31T08:15:27Z", "?"] | map(fusion::seconds) => [1769847327,1769847327,1769847327,null]
def seconds:
  (strings
    | capture("^(?<time>[-0-9]{10}T[:0-9]{8})([.][0-9]+)?(?<zone>Z|[-+][0-9]{2}:[0-9]{2})?$")
    | (.zone // "Z") as $zone
    | (.time + "Z" | fromdateiso8601)
      - if $zone == "Z" then 0 else
          (($zone[1:3] | tonumber) * 3600 + ($zone[4:6] | tonumber) * 60)
          * if $zone[:1] == "-" then -1 else 1 end
        end) // null;

# The day it is in UTC, or the one in $config.today.
# example: fusion::today({"today": "2026-02-01"}) => "2026-02-01"
def today($config): $config.today // (now | floor | todate | .[:10]);

# Children --------------------------------------------------------------------

# A child collection as an array: {"items": […]}, an array, null or absent.
# example: [{"items": [{"a": 1}], "hasMore": false}, [{"b": 2}], null] | map(fusion::items) => [[{"a":1}],[{"b":2}],[]]
def items:
  if type == "object" then .items else . end
  | if type == "array" then map(objects) else [] end;

# The different values that an attribute has in a collection.
# example: [{"LedgerName": "B"}, {"LedgerName": "A"}, {"LedgerName": "B"}, {}] | fusion::distinct("LedgerName") => ["A","B"]
def distinct($attribute): [items[] | .[$attribute] | values] | unique;

# The first $n of a collection by their LineNumber (REST promises no order),
# without discarded and cancelled ones, and what to say about the others: null
# when there are none.
# example: [range(40) | {n: .}] | fusion::first_lines(2) => {"lines":[{"n":0},{"n":1}],"more":"and 38 more"}
# example: {"items": [{}, {}], "hasMore": true} | fusion::first_lines(1) | .more => "and at least 1 more"
def first_lines($n):
  (type == "object" and .hasMore == true) as $cut
  | items | map(select(.DiscardedFlag != true and .CanceledFlag != true))
  | sort_by(.LineNumber)
  | (length - $n) as $left
  | { lines: .[:$n],
      more: (if $left > 0 then
          "and \(if $cut then "at least " else "" end)\($left) more"
        elif $cut then "and more" else null end) };

# What a line of an invoice or order is for.
# example: {"Description": null, "LineType": "Tax"}, {} | fusion::line_name => "Tax", "Line"
def line_name:
  first(.Description, .ItemDescription, .Item, .LineType, "Line"
    | select(. != null and . != ""));

# How much of it.
# example: {"Quantity": 2.5, "UOM": "Ton"}, {"Quantity": null} | fusion::line_quantity => "2.5 Ton", null
def line_quantity:
  if .Quantity == null then null
  else [(.Quantity | quantity), .UOM | values] | join(" ") end;

# Invoices --------------------------------------------------------------------

# Does it give money back? (A credit or debit memo, a negative amount.)
# example: {"InvoiceAmount": -5} | fusion::is_credit => true
def is_credit:
  (.InvoiceAmount | number) < 0
  or (.InvoiceType // "" | test("^(credit|debit) memo"; "i"));

# What to call it.
# example: {"InvoiceType": "Credit memo"}, {"InvoiceType": "Standard"} | fusion::kind => "Credit memo", "Invoice"
def kind:
  if is_credit then
    .InvoiceType // "" | if test("memo"; "i") then . else "Credit memo" end
  else "Invoice" end;

# Its name and amount, with some words about it between the two.
# example: {"InvoiceNumber": "INV-7", "InvoiceAmount": 5, "InvoiceCurrency": "USD"} | fusion::invoice_title(null), fusion::invoice_title("on hold") => "Invoice INV-7: 5.00 USD", "Invoice INV-7 on hold: 5.00 USD"
def invoice_title($words):
  .InvoiceCurrency as $currency
  | "\([kind, (.InvoiceNumber // .InvoiceId), $words | values | tostring]
    | join(" ")): \(.InvoiceAmount | money($currency) // "no amount")";

# Was it last touched within $days of its creation? True when that isn't known.
# example: {"CreationDate": "2026-01-29T14:02:11+00:00", "LastUpdateDate": "2026-02-06T00:00:00Z"} | fusion::is_new(7), fusion::is_new(8) => false, true
def is_new($days):
  (.CreationDate | seconds) as $created
  | (.LastUpdateDate | seconds) as $touched
  | $created == null or $touched == null
    or $touched - $created <= $days * 86400;

# The earliest due date still unpaid, or the earliest of all once it is paid.
# example: {"invoiceInstallments": [{"UnpaidAmount": 0, "DueDate": "2026-01-01"}, {"UnpaidAmount": 5, "DueDate": "2026-02-01"}]} | fusion::due_date => "2026-02-01"
def due_date:
  (.invoiceInstallments | items | map(select(.DueDate != null))) as $all
  | [ $all[] | select(.UnpaidAmount == null or (.UnpaidAmount | number) != 0)
      | .DueDate ] as $unpaid
  | ($unpaid | min) // ([$all[].DueDate] | min) // .DueDate;

# The holds on its installments.
# example: {"invoiceInstallments": [{"HoldFlag": true, "HoldReason": "Price", "HeldBy": "Ann", "HoldDate": "2026-01-31"}]} | fusion::holds => [{"reason":"Price","by":"Ann","date":"31 Jan 2026"}]
def holds:
  [ .invoiceInstallments | items[] | select(.HoldFlag == true)
    | { reason: (.HoldReason // .HoldType // "No reason given"), by: .HeldBy,
        date: (.HoldDate | day) } ]
  | unique;

# Orders ----------------------------------------------------------------------

# When a line is needed: the earliest date on its schedules, or on itself.
# What is promised goes before what was asked for. (The names are those that
# pods have been seen to use.)
# example: {"schedules": [{"RequestedDeliveryDate": "2026-02-10"}, {"PromisedDeliveryDate": "2026-02-08"}]} | fusion::need_by => "2026-02-08"
def need_by:
  [ (.schedules | items[]), .
    | .PromisedDeliveryDate // .RequestedDeliveryDate // .NeedByDate
      // .DueDate | values ] | min;

# Accounts --------------------------------------------------------------------

def _by_account: # [{account, debit, credit}] summed, the largest first
  group_by(.account)
  | map({ account: .[0].account, debit: (map(.debit) | add),
      credit: (map(.credit) | add) })
  | sort_by(-([.debit, .credit | fabs] | max));

# The accounts an invoice would post to: its distributions, or its lines where
# they have none yet, against the liability; one side for each account. What no
# line that we have accounts for stands under "no account yet", so both sides
# are equal.
# example: {"InvoiceAmount": 90, "LiabilityDistribution": "22", "invoiceLines": [{"LineAmount": 100, "DistributionCombination": "51"}, {"LineAmount": -10}]} | fusion::invoice_accounts => [{"account":"51","debit":100,"credit":0},{"account":"22","debit":0,"credit":90},{"account":"no account yet","debit":0,"credit":10}]
def invoice_accounts:
  (.InvoiceAmount | number) as $amount
  | [ .invoiceLines | items[]
      | select(.DiscardedFlag != true and .CanceledFlag != true)
      | (.invoiceDistributions | items) as $distributions
      | if $distributions == [] then
          { account: .DistributionCombination, net: (.LineAmount | number) }
        else $distributions[]
          | { account: .DistributionCombination,
              net: (.DistributionAmount | number) } end
      | select(.account != null) ] as $known
  | $known + [
      { account: (.LiabilityDistribution // "no liability account"),
        net: -$amount },
      { account: "no account yet",
        net: ($amount - ([$known[].net] | add // 0)) }]
  | map({ account, debit: .net, credit: 0 }) | _by_account
  # a ten thousandth is rounding, in any currency
  | map(select(.debit | fabs >= 0.0001)
    | if .debit < 0 then { account, debit: 0, credit: -.debit } else . end);

# The accounts of a journal batch, in the ledger's currency.
# example: {"journalHeaders": [{"journalLines": [{"AccountCombination": "51", "AccountedDr": 7}, {"AccountCombination": "22", "AccountedCr": 7}]}]} | fusion::journal_accounts | length => 2
def journal_accounts:
  [ .journalHeaders | items[] | .journalLines | items[]
    | { account: (.AccountCombination // "no account yet"),
        debit: (.AccountedDr | number), credit: (.AccountedCr | number) } ]
  | _by_account;

# What a journal batch adds up to: debit, credit, the larger of the two as
# amount, and the ledger and its currency, which stand on its headers. Batches
# over several currencies have none.
# example: {"RunningTotalAccountedDr": 7, "RunningTotalAccountedCr": 7, "journalHeaders": [{"LedgerName": "US", "LedgerCurrencyCode": "USD"}]} | fusion::journal_totals => {"debit":7,"credit":7,"amount":7,"ledger":"US","currency":"USD"}
def journal_totals:
  (.journalHeaders | distinct("LedgerCurrencyCode")) as $currencies
  | { debit: (.RunningTotalAccountedDr // .RunningTotalDr),
      credit: (.RunningTotalAccountedCr // .RunningTotalCr),
      ledger: (.journalHeaders | distinct("LedgerName") | join(", ")),
      currency: (if ($currencies | length) == 1 then $currencies[0]
        else null end) }
  | .amount = ([.debit, .credit | number | fabs] | max);

# The first $n accounts as rows under a heading, debits before credits, for
# slack::columns("lrr").
# example: [{"account": "51", "debit": 7, "credit": 0}] | fusion::account_rows(5; "USD") => [["Account","Debit","Credit"],["51","7.00",null]]
def account_rows($n; $currency):
  [["Account", "Debit", "Credit"]]
  + (.[:$n] | sort_by(.debit == 0) | map([.account]
    + ([.debit, .credit]
      | map(if . == 0 then null else amount($currency) end))))
  + if length > $n then [["and \(length - $n) more accounts"]] else [] end;

# Links -----------------------------------------------------------------------

# The page of a record in the ERP; null without $config.erp_url (such as
# "https://acme.fa.us2.oraclecloud.com") or when no page is known.
# $config.erp_pages adds streams and replaces what is built in; its {id} stands
# for the record's id.
# example: fusion::deep_link({"erp_url": "https://x.example"}; "invoices"; 7) => "https://x.example/fscmUI/faces/deeplink?objType=AP_VIEWINVOICE&action=VIEW&objKey=InvoiceId=7"
# example: fusion::deep_link({}; "invoices"; 7), fusion::deep_link({"erp_url": "https://x.example"}; "other"; 7) => null, null
def deep_link($config; $stream; $id):
  ({ invoices: "objType=AP_VIEWINVOICE&action=VIEW&objKey=InvoiceId={id}",
     purchaseOrders:
       "objType=PURCHASE_ORDER&action=VIEW&objKey=poHeaderId={id}" }
    + ($config.erp_pages // {}))[$stream] as $page
  | if $config.erp_url == null or $page == null then null else
      "\($config.erp_url | rtrimstr("/"))/fscmUI/faces/deeplink?\($page
        | split("{id}") | join($id | tostring | @uri))" end;
