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
  # in jq 1.6 a ? or try that isn't shut in also catches what fails after it
  if type == "number" then . elif type == "string" then [tonumber?][0] // 0
  else 0 end;

# How many of its smallest unit a currency's unit has.
def _scale:
  { BIF: 1, CLP: 1, DJF: 1, GNF: 1, ISK: 1, JPY: 1, KMF: 1, KRW: 1, PYG: 1,
    RWF: 1, UGX: 1, UYI: 1, VND: 1, VUV: 1, XAF: 1, XOF: 1, XPF: 1,
    BHD: 1000, IQD: 1000, JOD: 1000, KWD: 1000, LYD: 1000, OMR: 1000,
    TND: 1000, CLF: 10000, UYW: 10000
  }[tostring] | if . == null then 100 else . end;

# How many decimals a currency has (ISO 4217); 2 when it isn't known.
# example: ["USD", "JPY", "KWD", "CLF", null] | map(fusion::decimals) => [2,0,3,4,2]
def decimals: _scale | tostring | length - 1;

def _group: if length > 3 then (.[:-3] | _group) + "," + .[-3:] else . end;

def _grouped: # the same of a whole number that isn't negative
  if . < 1000 then tostring else
    (. % 1000) as $last
    | ((. - $last) / 1000 | _grouped) + ","
      + ($last + 1000 | tostring | ltrimstr("1")) end;

def _pointed($decimals): # digits, the last ones behind a point
  (length - $decimals) as $point
  | (.[:$point] | _group) + if $decimals > 0 then "." + .[$point:] else "" end;

def _fixed($scale): # a double as text, rounded; exact up to 15 digits
  (. * $scale | round) as $minor
  | ($minor | fabs) as $size
  | ($size % $scale) as $rest
  | (if $minor < 0 then "-" else "" end)
    + (($size - $rest) / $scale | _grouped)
    + if $scale == 1 then "" else
        "." + ($rest + $scale | tostring | ltrimstr("1")) end;

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
  ($currency | _scale) as $scale
  | if type == "number" and fabs * $scale < 9e15 then _fixed($scale)
    elif . == null or . == "" then null else
      tostring
      | _parts as $part
      | if $part == null then . else
          ($part | _rounded($currency | decimals)) as $digits
          | if $digits | test("[1-9]") then $part.sign else "" end + $digits
        end
    end;

# An amount with its currency. A credit has a minus sign. Bind the currency to
# a variable before: the argument is looked for in the amount.
# example: -1250 | fusion::money("KWD") => "-1,250.000 KWD"
# example: null | fusion::money("USD") => null
def money($currency):
  amount($currency)
  | if . == null or $currency == null then . else "\(.) \($currency)" end;

# The same the accountants' way: a credit in parentheses.
# example: -1250.5 | fusion::money_accounting("USD") => "(1,250.50) USD"
def money_accounting($currency):
  amount($currency)
  | if . == null then . else
      if startswith("-") then "(\(.[1:]))" else . end
      | if $currency == null then . else "\(.) \($currency)" end end;

# From how much on an amount is large: $set, such as $config.minimum, is a
# number for any currency, or an object with one for each, "other" for the
# rest; $default where it has none.
# example: fusion::threshold(100; "EUR"; 5), fusion::threshold(null; "EUR"; 5) => 100, 5
# example: {"USD": 100, "JPY": 15000, "other": 90} | fusion::threshold(.; "JPY"; 5), fusion::threshold(.; "EUR"; 5) => 15000, 90
def threshold($set; $currency; $default):
  $set
  | if type == "object" then .[$currency | tostring] // .other else . end
    // $default
  | if type == "number" then . else error(
      "a threshold must be a number, or an object such as "
      + "{\"USD\": 50000, \"JPY\": 7500000, \"other\": 40000}") end;

def _trimmed: if endswith("0") then .[:-1] | _trimmed else . end;

# A quantity or price with as many decimals as it has.
# example: [12, 0.0685, "3.50", null] | map(fusion::quantity) => ["12","0.0685","3.5",null]
def quantity:
  if . == null then .
  elif type == "number" and . >= 0 and . < 1e15 and . == floor
  then _grouped else
    tostring
    | _parts as $part
    | if $part == null then . else
        ($part.rest | _trimmed) as $rest
        | $part.sign + ($part.whole | _group)
          + if $rest == "" then "" else "." + $rest end
      end
  end;

# Dates ----------------------------------------------------------------------

# The calendar date that a text starts with, as strptime has it: year, month
# from 0, day…; null when the calendar hasn't got it.
def _date:
  if type != "string" then null else
    (if utf8bytelength == 10 then . else .[:10] end)
    | [strptime("%Y-%m-%d")?][0]
    | if . == null then . elif .[2] <= 28 then .
      elif (mktime | gmtime)[2] == .[2] then . else null end
  end;

# A calendar date for people. It has no time zone, so it must not become a
# Slack date, which would show the day before to readers in the west.
# example: ["2026-02-07", "2026-02-07T08:00:00+00:00", "4712-12-31", "2026-01-39", "2026-02-29", "2028-02-29", null] | map(fusion::day) => ["7 Feb 2026","7 Feb 2026",null,null,null,"29 Feb 2028",null]
# example: ["1900-02-29", "2000-02-29", "0026-01-05", "2026-01-00"] | map(fusion::day) => [null,"29 Feb 2000","5 Jan 0026",null]
def day:
  _date
  | if . == null or .[0] == 4712 then null else
      "\(.[2]) \(["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
        "Oct", "Nov", "Dec"][.[1]]) \(.[0] + 10000 | tostring | ltrimstr("1"))"
    end;

def _offset: # +hh:mm as seconds
  ((.[1:3] | tonumber) * 3600 + (.[4:6] | tonumber) * 60)
  * if startswith("-") then -1 else 1 end;

# A time stamp in Unix seconds; null when it is none.
# example: ["2026-01-31T08:15:27.114+00:00", "2026-01-31T10:15:27+02:00", "2026-01-31T08:15:27Z", "?"] | map(fusion::seconds) => [1769847327,1769847327,1769847327,null]
# example: "2026-13-31T08:15:27Z", "2026-01-31T27:15:27Z" | fusion::seconds => null, null
def seconds:
  if type != "string" then null else
    (if endswith("+00:00") or endswith("Z") then 0
     elif test("T[:0-9]{8}([.][0-9]+)?[-+][0-9]{2}:[0-9]{2}$")
     then .[-6:] | _offset
     elif test("T[:0-9]{8}([.][0-9]+)?$") then 0 else null end) as $offset
    | [((.[:19] | strptime("%Y-%m-%dT%H:%M:%S") | mktime) - $offset)?][0]
  end;

# How many days lie between two dates, negative when the second is the earlier
# one; null when one of them is none.
# example: fusion::days_between("2026-02-27"; "2026-03-02"), fusion::days_between("2026-03-02"; "2026-02-27T08:00:00Z"), fusion::days_between("2026-02-27"; null) => 3, -3, null
def days_between($from; $to):
  [$from, $to | _date]
  | if any(. == null) then null
    else map(mktime) | (.[1] - .[0]) / 86400 end;

# The day it is in UTC, or the one in $config.today.
# example: fusion::today({"today": "2026-02-01"}) => "2026-02-01"
def today($config): $config.today // (now | floor | todate | .[:10]);

# Children --------------------------------------------------------------------

# A child collection as an array: {"items": […]}, an array, null or absent.
# example: [{"items": [{"a": 1}], "hasMore": false}, [{"b": 2}], null] | map(fusion::items) => [[{"a":1}],[{"b":2}],[]]
def items:
  if type == "object" then .items else . end
  | if type == "array" then [.[] | select(type == "object")] else [] end;

# The different values that an attribute has in a collection.
# example: [{"LedgerName": "B"}, {"LedgerName": "A"}, {"LedgerName": "B"}, {}] | fusion::distinct("LedgerName") => ["A","B"]
def distinct($attribute): [items[] | .[$attribute] | values] | unique;

# What a collection adds up to in each of its currencies; the arguments are the
# attributes' names.
# example: [{"Paid": 1, "In": "USD"}, {"Paid": 2.5, "In": "EUR"}, {"Paid": "3", "In": "USD"}] | fusion::totals("Paid"; "In") => ["2.50 EUR","4.00 USD"]
def totals($amount; $currency):
  [ items[] | select(.[$amount] != null) ] | group_by(.[$currency])
  | map(.[0][$currency] as $in
    | reduce .[] as $item (0; . + ($item[$amount] | number)) | money($in));

def _stands: # not discarded, not cancelled
  if .DiscardedFlag == true then false elif .CanceledFlag == true then false
  else .StatusCode != "CANCELED" end;

# The first $n of a collection by their LineNumber (REST promises no order),
# without discarded and cancelled ones, and what to say about the others: null
# when there are none.
# example: [range(40) | {n: .}] | fusion::first_lines(2) => {"lines":[{"n":0},{"n":1}],"more":"and 38 more"}
# example: {"items": [{}, {}], "hasMore": true} | fusion::first_lines(1) | .more => "and at least 1 more"
def first_lines($n):
  (type == "object" and .hasMore == true) as $cut
  | [ items[] | select(_stands) ] | sort_by(.LineNumber)
  | (length - $n) as $left
  | { lines: .[:$n],
      more: (if $left > 0 then
          "and \(if $cut then "at least " else "" end)\($left) more"
        elif $cut then "and more" else null end) };

# What a line of an invoice or order is for.
# example: {"Description": null, "LineType": "Tax"}, {} | fusion::line_name => "Tax", "Line"
def line_name:
  if .Description != null and .Description != "" then .Description
  else first(.ItemDescription, .Item, .LineType, "Line"
    | select(. != null and . != "")) end;

# How much of it.
# example: {"Quantity": 2.5, "UOM": "Ton"}, {"Quantity": null} | fusion::line_quantity => "2.5 Ton", null
def line_quantity:
  if .Quantity == null then null
  else .UOM as $unit
    | (.Quantity | quantity)
      + if $unit == null then "" else " \($unit)" end end;

# Invoices --------------------------------------------------------------------

# These take an invoice of payables, and all but holds one of receivables.

# Does it give money back? (A credit or debit memo, a negative amount.)
# example: {"InvoiceAmount": -5} | fusion::is_credit => true
def is_credit:
  (.InvoiceAmount // .EnteredAmount | number) < 0
  or (.InvoiceType // .TransactionType
    | strings // "" | (contains("m") or contains("M"))
      and test("^(credit|debit) memo"; "i"));

# What to call it.
# example: {"InvoiceType": "Credit memo"}, {"InvoiceType": "Standard"} | fusion::kind => "Credit memo", "Invoice"
def kind:
  if is_credit then
    .InvoiceType // .TransactionType
    | if type == "string" and test("memo"; "i") then . else "Credit memo" end
  else "Invoice" end;

# Its name and amount, with some words about it between the two.
# example: {"InvoiceNumber": "INV-7", "InvoiceAmount": 5, "InvoiceCurrency": "USD"} | fusion::invoice_title(null), fusion::invoice_title("on hold") => "Invoice INV-7: 5.00 USD", "Invoice INV-7 on hold: 5.00 USD"
def invoice_title($words):
  (.InvoiceCurrency // .InvoiceCurrencyCode) as $currency
  | kind + (if .InvoiceNumber != null then .InvoiceNumber
       else .TransactionNumber // .InvoiceId // .CustomerTransactionId end
      | if . == null then "" else " \(.)" end)
    + (if $words == null then "" else " \($words)" end)
    + ": " + (.InvoiceAmount // .EnteredAmount | money($currency)
      // "no amount");

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

# Its payments as they are planned, in order; the status is "paid", "partly
# paid", "unpaid", "on hold", or null where it isn't known.
# example: {"invoiceInstallments": [{"InstallmentNumber": 1, "DueDate": "2026-02-01", "GrossAmount": 9, "UnpaidAmount": 5}]} | fusion::installments => [{"number":1,"due":"1 Feb 2026","amount":9,"unpaid":5,"status":"partly paid"}]
# example: {"invoiceInstallments": [{"InstallmentNumber": 2, "UnpaidAmount": 0}, {"InstallmentNumber": 1, "HoldFlag": true}]} | fusion::installments | map(.status) => ["on hold","paid"]
def installments:
  [ .invoiceInstallments | items[]
    | { number: .InstallmentNumber, due: (.DueDate | day),
        amount: .GrossAmount, unpaid: .UnpaidAmount,
        status: (if .HoldFlag == true then "on hold"
          elif .UnpaidAmount == null then null
          elif (.UnpaidAmount | number) == 0 then "paid"
          elif .GrossAmount == null
            or (.GrossAmount | number) == (.UnpaidAmount | number)
          then "unpaid"
          else "partly paid" end) } ]
  | sort_by(.number);

# The holds on its installments; or the hold that a record of the stream
# invoiceHolds is, unless it is released.
# example: {"invoiceInstallments": [{"HoldFlag": true, "HoldReason": "Price", "HeldBy": "Ann", "HoldDate": "2026-01-31"}]} | fusion::holds => [{"reason":"Price","by":"Ann","date":"31 Jan 2026"}]
# example: {"HoldId": 1, "HoldName": "Price"}, {"HoldId": 1, "ReleaseDate": "2026-01-31"} | fusion::holds | map(.reason) => ["Price"], []
def holds:
  [ if .HoldId != null then select(.ReleaseDate == null)
    else .invoiceInstallments | items[] | select(.HoldFlag == true) end
    | { reason: (.HoldReason // .HoldType // .HoldName // "No reason given"),
        by: .HeldBy, date: (.HoldDate | day) } ]
  | if length > 1 then unique else . end;

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

# The segments of an account combination under their names, as pairs for
# slack::fields; one whose name is null is left out. A good place for the names
# is $config.segments.
# example: "101.10.60230.462" | fusion::segments(["Company", null, "Account"]) => [["Company","101"],["Account","60230"]]
# example: null, "101-10" | fusion::segments(["Company", "Line"]) => [], [["Company","101"],["Line","10"]]
def segments($names):
  (strings // "" | . / if contains(".") then "." else "-" end) as $parts
  | [ range($names // [] | length) as $at
      | select($names[$at] != null and $parts[$at] != null)
      | [$names[$at], $parts[$at]] ];

# An account combination without the zeros at its end.
# example: "101.10.22200.120.000.000", "101.10.60230", null | fusion::short_account => "101.10.22200.120", "101.10.60230", null
def short_account:
  if type == "string" and test("[.-]0+$")
  then .[:match("[.-]0+$").offset] | short_account else . end;

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

# The accounts of a journal batch, in the ledger's currency; none for a batch over
# several currencies.
# example: {"journalHeaders": [{"journalLines": [{"AccountCombination": "51", "AccountedDr": 7}, {"AccountCombination": "22", "AccountedCr": 7}]}]} | fusion::journal_accounts | length => 2
def journal_accounts:
  [ .journalHeaders | select(distinct("LedgerCurrencyCode") | length < 2)
    | items[] | .journalLines | items[]
    | { account: (.AccountCombination // "no account yet"),
        debit: (.AccountedDr | number), credit: (.AccountedCr | number) } ]
  | _by_account;

# What a journal batch adds up to: debit, credit, the larger of the two as
# amount, how that is shown, and the ledger and its currency, which stand on its
# headers. A batch over several currencies has no currency, debit and credit; its
# amount is good for nothing but a threshold.
# example: {"RunningTotalDr": 7, "RunningTotalCr": 7, "journalHeaders": [{"LedgerCurrencyCode": "USD"}, {"LedgerCurrencyCode": "EUR"}]} | fusion::journal_totals | .shown, .debit, .amount => "several currencies", null, 7
# example: {"RunningTotalAccountedDr": 7, "RunningTotalAccountedCr": 7, "journalHeaders": [{"LedgerName": "US", "LedgerCurrencyCode": "USD"}]} | fusion::journal_totals => {"debit":7,"credit":7,"amount":7,"ledger":"US","currency":"USD","shown":"7.00 USD"}
def journal_totals:
  (.journalHeaders | distinct("LedgerCurrencyCode")) as $currencies
  | { debit: (.RunningTotalAccountedDr // .RunningTotalDr),
      credit: (.RunningTotalAccountedCr // .RunningTotalCr),
      ledger: (.journalHeaders | distinct("LedgerName") | join(", ")),
      currency: (if ($currencies | length) == 1 then $currencies[0]
        else null end) }
  | .amount = ([.debit, .credit | number | fabs] | max)
  | if $currencies | length > 1
    then . + { debit: null, credit: null, shown: "several currencies" }
    else .currency as $currency | .shown = (.amount | money($currency)) end;

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
  if contains("&") then
    split("&lt;") | join("<") | split("&gt;") | join(">")
    | split("&amp;") | join("&")
  else . end;

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
      ($id | tostring | _unescape | @uri) as $id
      | ($config.erp_url | rtrimstr("/")) + "/fscmUI/faces/deeplink?"
        + ($page | split("{id}") | join($id)) end;
