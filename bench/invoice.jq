# An invoice as a message: a header, six fields, the lines, a context and two
# buttons.  escape is defined before: with jq as below, with transform, whose
# records are escaped already, as ".".
def group: if length > 3 then (.[:-3] | group) + "," + .[-3:] else . end;

def money($currency):
  (. * 100 | round) as $cents
  | ($cents % 100) as $rest
  | (($cents - $rest) / 100 | tostring | group)
    + "." + ($rest + 100 | tostring | .[1:]) + " " + $currency;

def field($name; $value):
  { type: "mrkdwn", text: ("*" + $name + "*\n" + $value) };

def button($name; $action; $id):
  { type: "button", text: { type: "plain_text", text: $name },
    action_id: $action, value: ($id | tostring),
    url: ("https://erp.example.com/fscmUI/invoice?id=" + ($id | tostring)) };

.InvoiceCurrency as $currency
| (.InvoiceAmount | money($currency)) as $total
| (.Supplier | escape) as $supplier
| { channel: "#finance",
    text: ("Invoice " + .InvoiceNumber + " of " + $supplier + ": " + $total),
    blocks: [
      { type: "header", text: { type: "plain_text",
          text: ("Invoice " + .InvoiceNumber + ": " + $total) } },
      { type: "section", fields: [
          field("Supplier"; $supplier),
          field("Amount"; $total),
          field("Invoice date"; .InvoiceDate),
          field("Purchase order"; .PurchaseOrderNumber | escape),
          field("Requester"; .Requester | escape),
          field("Payment terms"; .PaymentTerms | escape) ] },
      { type: "section", text: { type: "mrkdwn",
          text: ([ .invoiceLines.items[]
            | "• " + (.Description | escape) + ", "
              + (.Quantity | tostring) + " x "
              + (.LineAmount | money($currency)) ] | join("\n")) } },
      { type: "context", elements: [
          { type: "mrkdwn", text: ((.Description | escape) + " · "
            + .BusinessUnit + " · " + .ValidationStatus + " · ID "
            + (.InvoiceId | tostring)) } ] },
      { type: "actions", elements: [
          button("Approve"; "approve"; .InvoiceId),
          button("Open in Oracle"; "open"; .InvoiceId) ] } ] }
