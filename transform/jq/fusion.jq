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
  { BIF: 0, CLP: 0, DJF: 0, GNF: 0, ISK: 0, JPY: 0, KMF: 0, KRW: 0, PYG: 0,
    RWF: 0, UGX: 0, UYI: 0, VND: 0, VUV: 0, XAF: 0, XOF: 0, XPF: 0,
    BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3, CLF: 4, UYW: 4
  }[tostring] // 2;

def _group: if length > 3 then (.[:-3] | _group) + "," + .[-3:] else . end;

def _pointed($decimals): # digits, the last ones behind a point
  (length - $decimals) as $point
  | (.[:$point] | _group) + if $decimals > 0 then "." + .[$point:] else "" end;

def _fixed($decimals): # a double as text, rounded; exact up to 15 digits
  (. * pow(10; $decimals) | round) as $minor
  | ($minor | fabs | tostring) as $digits
  | (("0" * ($decimals + 1 - ($digits | length))) // "") + $digits
  | (if $minor < 0 then "-" else "" end) + _pointed($decimals);

def _increment: # a string of digits and one
  if . == "" then "1" elif endswith("9") then (.[:-1] | _increment) + "0"
  else .[:-1] + (.[-1:] | tonumber + 1 | tostring) end;

# A decimal's text in parts; null when it is none. (capture takes much longer.)
def _parts:
  if test("^-?[0-9]+([.][0-9]+)?$") then
    { sign: (if startswith("-") then "-" else "" end) }
    + (ltrimstr("-") / "." | { whole: .[0], rest: (.[1] // "") })
  else null end;

# A decimal that was taken apart, with so many decimals; a half goes up.
def _rounded($decimals):
  .rest as $rest
  | .whole + $rest[:$decimals] + (("0" * ($decimals - ($rest | length))) // "")
  | if $rest[$decimals:$decimals + 1] >= "5" then _increment else . end
  | _pointed($decimals);

# An amount with its currency's decimals, without the code. An exact string
# keeps all its whole digits, and is rounded like a number.
# example: ["100.5", "-0.4", "-99.5"] | map(fusion::amount("JPY")) => ["101","0","-100"]
# example: ["0.005", "-1999.9951", "7"] | map(fusion::amount("USD")) => ["0.01","-2,000.00","7.00"]
# example: [-1234567.1, 0, "900719925474099312345.5"] | map(fusion::amount("USD")) => ["-1,234,567.10","0.00","900,719,925,474,099,312,345.50"]
# example: [12450, 1.25, null] | map(fusion::amount("JPY")) => ["12,450","1",null]
def amount($currency):
  ($currency | decimals) as $decimals
  | if type == "number" and (fabs * pow(10; $decimals)) < 9e15
    then _fixed($decimals)
    elif . == null or . == "" then null else
      tostring
      | _parts as $part
      | if $part == null then . else
          ($part | _rounded($decimals)) as $digits
          | if $digits | test("[1-9]") then $part.sign else "" end + $digits
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
    | _parts as $part
    | if $part == null then . else
        ($part.rest | if endswith("0") then sub("0+$"; "") else . end) as $rest
        | $part.sign + ($part.whole | _group)
          + if $rest == "" then "" else "." + $rest end
      end
  end;

# Dates ----------------------------------------------------------------------

def _is_day: # the start of the text is a date that the calendar has
  type == "string"
  and test("^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
  and .[8:10] <= (
    if .[5:7] == "02" then
      (.[:4] | tonumber) as $year
      | if $year % 4 == 0 and ($year % 100 != 0 or $year % 400 == 0)
        then "29" else "28" end
    else { "04": "30", "06": "30", "09": "30", "11": "30" }[.[5:7]] // "31"
    end);

# A calendar date for people. It has no time zone, so it must not become a
# Slack date, which would show the day before to readers in the west.
# example: ["2026-02-07", "2026-02-07T08:00:00+00:00", "4712-12-31", "2026-01-39", "2026-02-29", "2028-02-29", null] | map(fusion::day) => ["7 Feb 2026","7 Feb 2026",null,null,null,"29 Feb 2028",null]
def day:
  if _is_day and (startswith("4712-") | not)
  then "\(.[8:10] | tonumber) \(["Jan", "Feb", "Mar", "Apr", "May", "Jun",
    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][(.[5:7] | tonumber) - 1]
    ) \(.[:4])"
  else null end;

# A time stamp in Unix seconds; null when it is none.
# example: ["2026-01-31T08:15:27.114+00:00", "2026-01-31T10:15:27+02:00", "2026-01-31T08:15:27Z", "?"] | map(fusion::seconds) => [1769847327,1769847327,1769847327,null]
# example: "2026-13-31T08:15:27Z", "2026-01-31T27:15:27Z" | fusion::seconds => null, null
def seconds:
  (strings
    | select(test(
      "^[-0-9]{10}T[:0-9]{8}([.][0-9]+)?(Z|[-+][0-9]{2}:[0-9]{2})?$"))
    | .[-6:] as $zone
    | (.[:19] + "Z" | fromdateiso8601?)
      - if $zone[:1] != "-" and $zone[:1] != "+" then 0 else
          (($zone[1:3] | tonumber) * 3600 + ($zone[4:6] | tonumber) * 60)
          * if $zone[:1] == "-" then -1 else 1 end
        end) // null;

# How many days lie between two dates, negative when the second is the earlier
# one; null when one of them is none.
# example: fusion::days_between("2026-02-27"; "2026-03-02"), fusion::days_between("2026-03-02"; "2026-02-27T08:00:00Z"), fusion::days_between("2026-02-27"; null) => 3, -3, null
def days_between($from; $to):
  [$from, $to]
  | if all(_is_day) then
      map(.[:10] + "T00:00:00Z" | fromdateiso8601) | (.[1] - .[0]) / 86400
    else null end;

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

def _stands: # not discarded, not cancelled
  .DiscardedFlag != true and .CanceledFlag != true
  and .StatusCode != "CANCELED";

# The first $n of a collection by their LineNumber (REST promises no order),
# without discarded and cancelled ones, and what to say about the others: null
# when there are none.
# example: [range(40) | {n: .}] | fusion::first_lines(2) => {"lines":[{"n":0},{"n":1}],"more":"and 38 more"}
# example: {"items": [{}, {}], "hasMore": true} | fusion::first_lines(1) | .more => "and at least 1 more"
def first_lines($n):
  (type == "object" and .hasMore == true) as $cut
  | items | map(select(_stands))
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

# When a line is needed: the earliest date asked for on its schedules that
# aren't cancelled, or on itself. A date the supplier promised counts only where
# none was asked for, or it would hide that the line will be late. (The names
# are those that pods have been seen to use.)
# example: {"schedules": [{"RequestedDeliveryDate": "2026-02-10", "PromisedDeliveryDate": "2026-02-20"}, {"RequestedDeliveryDate": "2026-02-08", "StatusCode": "CANCELED"}]} | fusion::need_by => "2026-02-10"
# example: {"schedules": [{"PromisedDeliveryDate": "2026-02-08"}]}, {"NeedByDate": "2026-02-09"}, {} | fusion::need_by => "2026-02-08", "2026-02-09", null
def need_by:
  [ (.schedules | items[] | select(_stands)), . ]
  | ([ .[] | .RequestedDeliveryDate // .NeedByDate // .DueDate | values ] | min)
    // ([ .[].PromisedDeliveryDate | values ] | min);

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
      | select(_stands)
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

def _unescape:
  split("&lt;") | join("<") | split("&gt;") | join(">")
  | split("&amp;") | join("&");

# The page of a record in the ERP; null without $config.erp_url (such as
# "https://acme.fa.us2.oraclecloud.com") or when no page is known.
# $config.erp_pages adds streams and replaces what is built in; its {id} stands
# for the record's id. Takes $stream and $id escaped, as a filter has them.
# example: fusion::deep_link({"erp_url": "https://x.example"}; "invoices"; 7) => "https://x.example/fscmUI/faces/deeplink?objType=AP_VIEWINVOICE&action=VIEW&objKey=InvoiceId=7"
# example: fusion::deep_link({"erp_url": "https://x.example"}; "invoices"; "A&amp;B") | .[-6:] => "=A%26B"
# example: fusion::deep_link({}; "invoices"; 7), fusion::deep_link({"erp_url": "https://x.example"}; "other"; 7) => null, null
def deep_link($config; $stream; $id):
  ({ invoices: "objType=AP_VIEWINVOICE&action=VIEW&objKey=InvoiceId={id}",
     purchaseOrders:
       "objType=PURCHASE_ORDER&action=VIEW&objKey=poHeaderId={id}" }
    + ($config.erp_pages // {}))[$stream | _unescape] as $page
  | if $config.erp_url == null or $page == null then null else
      "\($config.erp_url | rtrimstr("/"))/fscmUI/faces/deeplink?\($page
        | split("{id}") | join($id | tostring | _unescape | @uri))" end;
