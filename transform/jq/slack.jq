# slack: blocks and texts for chat.postMessage.
#
# A string given to these functions is a value, maybe a stranger's: it becomes
# plain_text (emoji off) or rich text, where `*`, `:fire:`, `<!channel>` or a
# bare URL are only characters; an object or array is shown as JSON.  Mark-up of
# your own goes through mrkdwn.
# What is null or blank is left out, and the block with it when nothing is
# left, so a filter needs no "if" for fields that may be missing.  Texts are
# cut at Slack's limits, visibly.  An example that follows a description is
# tested.  Limits: https://docs.slack.dev/reference/block-kit/
#
# In a list a comma binds tighter than a pipe: write ["due ", (.x | f)].

# Values -------------------------------------------------------------------

# Each function here runs for each value of each record: what costs much (test,
# sub, split, first, join) stands behind something that seldom lets it run.
def _replace($from; $to):
  if contains($from) then
    split($from) | reduce .[1:][] as $piece (.[0]; . + $to + $piece)
  else . end;

# What a record's text is like when a filter sees it: & < > as entities.
# example: "<!here> & co" | slack::escape => "&lt;!here&gt; &amp; co"
def escape: _replace("&"; "&amp;") | _replace("<"; "&lt;")
  | _replace(">"; "&gt;");

# The opposite of escape.
# example: "A &amp;lt; B &lt; C" | slack::unescape => "A &lt; B < C"
def unescape:
  if contains("&") then
    _replace("&lt;"; "<") | _replace("&gt;"; ">") | _replace("&amp;"; "&")
  else . end;

# The first $n characters, without a piece of an entity at their end.
def _head($n):
  .[:$n] | (.[-4:] | split("&")) as $pieces
  | if ($pieces | length) > 1 and ($pieces[-1] | test("^[a-z]*$"))
    then .[:length - 1 - ($pieces[-1] | length)] else . end;

# Is it without control characters, line separators and those that turn the
# direction? (A text with a quotation mark or a backslash counts as not. What
# JSON escapes makes it longer, and so, in bytes, does what isn't ASCII.)
def _simple:
  if (tojson | utf8bytelength) - length == 2 then true else
    (tojson | utf8bytelength) == utf8bytelength + 2 and (test(
      "[\u0080-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]") | not) end;

# A value as one line: white space and control characters become one space,
# and characters that turn the direction of what follows are dropped.  Of more
# than 4,000 characters the first are taken, and an ellipsis.
# example: " Two\n\tLines\u202e " | slack::one_line => "Two Lines"
# example: "x\u2067y\u00a0\u3000 z\u0085" | slack::one_line => "xy z"
def one_line:
  tostring
  | if length <= 4000 and _simple and (" \(.) " | contains("  ") | not)
    then . else
      if length > 4000 then _head(3999) + "…" else . end
      | if test("[[:cntrl:]\u200e\u200f\u2028-\u202e\u2066-\u2069]|  |^ | $")
        then
          # by code points: gsub's time grows with the square of the length
          [ explode[]
            | if . > 32 and . < 127 then .
              elif . <= 160 or . == 5760 or . == 12288 then 32
              elif . < 8192 or . > 8297 then .
              elif . <= 8202 or . == 8232 or . == 8233 or . == 8239
                or . == 8287 then 32
              elif . == 8206 or . == 8207 or (. >= 8234 and . <= 8238)
                or . >= 8294 then empty
              else . end ]
          | implode | split(" ") | map(select(. != "")) | join(" ")
        else . end
    end;

# How many characters a reader sees.
def _seen:
  length - 3 * ((split("&lt;") | length) + (split("&gt;") | length) - 2)
    - 4 * ((split("&amp;") | length) - 1);

def _count:
  tostring | if length > 3 then (.[:-3] | _count) + "," + .[-3:] else . end;

# A value in at most $limit characters, an entity counting as it is written.  A
# limit of 200 and more leaves room to say how many went (at least, if what was
# cut had been cut). Never cuts an entity.
# example: "fish &amp; chips" | slack::truncate(9) => "fish …"
# example: ("x" * 5000) | slack::truncate(200) | .[167:] => "x… (4,832 more characters)"
def truncate($limit):
  tostring
  | if length <= $limit then . else
      (if $limit < 200 then 1 elif endswith("…") then 41 else 32 end) as $room
      | _head($limit - $room) as $head
      | $head + "…" + if $room == 1 then "" else
          " (" + (if $room == 41 then "at least " else "" end)
          + (_seen - ($head | _seen) | _count) + " more characters)" end
    end;

# A value without the characters that turn the direction of what follows: they
# would reverse an amount behind it.
def _straight:
  if utf8bytelength != length # ASCII has none: spare it the search
    and test("[\u202a-\u202e\u2066-\u2069]")
  then reduce ("\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066",
    "\u2067", "\u2068", "\u2069") as $turn (.; split($turn) | join(""))
  else . end;

# A text, if it shows anything.
def _visible:
  if . >= "!" and . < "\u007f" then .
  else select(test("[^[:space:][:cntrl:]\u200e\u200f]")) end;

# A value, if there is one; and the same as one line.
def _there:
  if . == null then empty else tostring | _straight | _visible end;
def _line: if . == null then empty else one_line | _visible end;

# A value inside a line: its line breaks would tear the line apart.
def _flat:
  if _simple then . else
    _straight
    | if test("[[:cntrl:]\\x{2028}\\x{2029}]") then
        [ explode[] | if . == 13 then empty
          elif . < 32 or (. > 126 and . < 160) or . == 8232 or . == 8233
          then 32
          else . end ] | implode
      else . end
  end;

# A value as one line, or another word where it is null or blank.
# example: ["A\nB", " ", null] | map(slack::one_line("Unknown")) => ["A B","Unknown","Unknown"]
def one_line($other): [_line][0] // ($other | one_line);

# A value to put into mark-up of your own, on one line: what would format there
# (* ~ ` and, but inside a word, _; a > in front) is replaced by a character
# that looks like it. The name of an emoji still shows it.
# example: "*a*\n`b` _c_ INV_1_2", "&gt; &lt;!here&gt;", null | slack::safe => "∗a∗ ˋbˋ ＿c＿ INV_1_2", "› &lt;!here&gt;", null
def safe:
  if . == null then . else
    one_line | _replace("*"; "∗") | _replace("~"; "∼") | _replace("`"; "ˋ")
    | if startswith("&gt;") then "›" + .[4:] else . end
    | if contains("_") then
        split("_")
        | reduce .[1:][] as $piece (.[0];
            . + (if test("[A-Za-z0-9]$") and ($piece | test("^[A-Za-z0-9]"))
              then "_" else "＿" end) + $piece)
      else . end
  end;

# Text objects -------------------------------------------------------------

def _plain: { type: "plain_text", text: ., emoji: false };

# A value as a text object in which nothing acts.
# example: "*Bold* :fire:" | slack::plain => {"type":"plain_text","text":"*Bold* :fire:","emoji":false}
def plain:
  tostring | _straight | if length > 2000 then truncate(2000) else . end
  | _plain;

# What a reader sees of mark-up: of a link its label.
def _labels:
  split("<")
  | reduce .[1:][] as $piece (.[0]; . + ($piece | split("|")[-1] | split(">")
    | join("")));

def _cut_mrkdwn($limit): # no half link, date or mention at the end
  _straight
  | if length <= $limit then . else
      (_head($limit - 32) | split("<")[-1] as $tail
        | if $tail == . or ($tail | contains(">")) then .
          else .[:length - 1 - ($tail | length)] end) as $head
      | $head + "… (" + ((_labels | _seen) - ($head | _labels | _seen) | _count)
        + " more characters)" end;

# Mark-up of the filter's own as a text object; null when there is none. A value
# in it goes through safe.
# example: "*Due*", null | slack::mrkdwn => {"type":"mrkdwn","text":"*Due*","verbatim":true}, null
# example: ("x" * 2960 + "<https://x.example/|" + "y" * 99 + ">") | slack::mrkdwn | .text[2959:] => "x… (99 more characters)"
def mrkdwn:
  [_there][0]
  | if . == null then .
    else { type: "mrkdwn", text: _cut_mrkdwn(3000), verbatim: true } end;

# A text object as mrkdwn or plain makes it, or a value.
def _text:
  if type == "object" and ((.type == "mrkdwn" and .verbatim == true)
    or (.type == "plain_text" and .emoji == false)) and length == 3
    and (.text | type) == "string"
  then . else _there | plain end;

# The address of a page or a mailbox, if Slack takes the value for one. Nothing
# else in a record may stand between < and >, where it could call people, or be
# the URL of a block, which would cost the whole message.
def _address:
  _line
  | select(.[:8] | ascii_downcase
      | startswith("https://") or startswith("http://") or startswith("mailto:"))
  | _replace(" "; "%20") | select(length > 8 and length <= 3000);

# For use in mrkdwn: a link whose label does nothing else. Without a label it is
# the URL, without the URL of a page or a mailbox the label, safe.
# example: slack::link_text("www.x.example"; null) => "www.x.example"
# example: "!channel", "@U1", "javascript:alert(1)" | slack::link_text(.; "our *site*") => "our ∗site∗", "our ∗site∗", "our ∗site∗"
# example: slack::link_text("https://x.example/?a=1&b=<2>"; "A | B") => "<https://x.example/?a=1&amp;b=%3C2%3E|A   B>"
# example: slack::link_text("https://x.example/"; null), slack::link_text(null; "*A*") => "<https://x.example/|https://x.example/>", "∗A∗"
def link_text($url; $title):
  [$url | _address][0] as $address | [$title, $url | _there][0] as $shown
  | if $address == null then $shown | safe else
  "<\($address | unescape | _replace("<"; "%3C") | _replace(">"; "%3E")
    | _replace("|"; "%7C") | escape
  )|\($shown | one_line | unescape | _replace("|"; " ") | escape)>" end;

# For use in mrkdwn: a list with bullets; an item is a value.
# example: slack::list_text(["*A*\nB", null, "C"]) => "• ∗A∗ B\n• C"
# example: slack::list_text([]) => null
def list_text($items):
  reduce ($items // [] | .[] | _there | safe) as $item (null;
    (if . == null then "" else . + "\n" end) + "• " + $item);

# A moment as text for a client that can't show dates.
def _fallback($format):
  . as $moment
  | $format / "{"
  | reduce .[1:][] as $piece (.[0];
      . + ($piece / "}" | if length == 1 then "{" + $piece else
          (.[0] | if startswith("time") then "%H:%M UTC" else "%Y-%m-%d" end)
            as $shown
          | ($moment | strftime($shown))
            + if length == 2 then .[1] else .[1:] | join("}") end
        end));

# A moment as whole seconds, if it is one that a calendar has. (Beyond, libjq
# crashes.)
def _moment: numbers | floor | select(fabs < 253402300800);

# For use in mrkdwn: a moment (in Unix seconds) in the reader's own time zone.
# $format is the filter's own; what would end it or make a link of it is dropped.
# example: 1769846400 | slack::date_text("{date}^https://x.example|<") => "<!date^1769846400^{date}https://x.example|2026-01-31https://x.example>"
# example: 1769846400 | slack::date_text("Due {date_short_pretty} at {time}") => "<!date^1769846400^Due {date_short_pretty} at {time}|Due 2026-01-31 at 08:00 UTC>"
# example: null | slack::date_text("{date}") => null
def date_text($format):
  ($format | _replace("^"; "") | _replace("|"; "") | _replace("<"; "")
    | _replace(">"; "")) as $format
  | [_moment][0]
  | if . == null then .
    else "<!date^\(.)^\($format)|\(_fallback($format))>" end;

# Is it the id of a user, a group or a channel?
def _is_id: tostring | test("^[UWSCDG][A-Z0-9]+\\z");

# For use in mrkdwn: call a user (U…), a group (S…), or name a channel (C…). What
# is no id stays text.
# example: "!channel", "U1|x", "U1\n", 7 | slack::mention_text => "!channel", "U1|x", "U1", "7"
# example: "U024BE7LH", "S0614TZR7", null | slack::mention_text => "<@U024BE7LH>", "<!subteam^S0614TZR7>", null
def mention_text:
  if . == null then .
  elif _is_id | not then safe
  elif startswith("U") or startswith("W") then "<@\(.)>"
  elif startswith("S") then "<!subteam^\(.)>"
  else "<#\(.)>" end;

# Blocks -------------------------------------------------------------------

def _each: if . == null then empty else .[] end;

# A title in large letters, on one line.
# example: slack::header("Invoice\nINV-1") => {"type":"header","text":{"type":"plain_text","text":"Invoice INV-1","emoji":false}}
def header($text):
  $text | _line | if length > 150 then truncate(150) else . end
  | { type: "header", text: _plain };

# A paragraph: a value, or a text object from mrkdwn.
# example: slack::section("x"), slack::section(null) => {"type":"section","text":{"type":"plain_text","text":"x","emoji":false}}
def section($text): $text | _text | { type: "section", text: . };

# The same with a button or an image at its side, if there is one.
# example: slack::section("x"; slack::button("Open"; "https://x.example/")) | .accessory.type => "button"
# example: slack::section("x"; slack::image(null; null)) | has("accessory") => false
def section($text; element):
  section($text)
  | [element | values][0] as $element
  | if $element == null then . else .accessory = $element end;

# An image, as a block, at a section's side or in a context. Slack loads it, so
# it is https or nothing; the text is for whoever can't see it.
# example: slack::image("https://x.example/a.png"; "Chart\nof May") => {"type":"image","image_url":"https://x.example/a.png","alt_text":"Chart of May"}
# example: slack::image("http://x.example/a.png"; "A"), slack::image(null; "A") =>
# example: slack::image("https://"; "A"), slack::image("https://x.example/" + "x" * 3000; "A") =>
# example: slack::image("https://x.example/a.png"; null) | .alt_text => "Image"
def image($url; $text):
  $url | _address | select(.[:8] | ascii_downcase == "https://")
  | { type: "image", image_url: .,
      alt_text: ([$text, "Image" | _line][0] | truncate(300)) };

# An array of pairs [["Vendor", .Supplier], ["PO", .PurchaseOrderNumber]], two
# to a row, in as many sections as they need. A value may be a text object from
# mrkdwn.
# example: slack::fields([["Vendor", "_A_"], ["PO", null]]) | .fields => [{"type":"plain_text","text":"Vendor: _A_","emoji":false}]
# example: slack::fields([["Due", ("*now*" | slack::mrkdwn)]]) | .fields[0].text => "*Due:* *now*"
def fields($pairs):
  [ $pairs | _each | .[0] as $title | .[1]
    | if type == "object" and .type == "mrkdwn" and . == (.text | mrkdwn)
      then "*\($title | safe):* \(.text)" | mrkdwn | .text |= _cut_mrkdwn(2000)
      else _there as $value
        | "\($title): \($value)"
        | if length > 300 then
            "\($title): \($value | one_line | truncate(300))" | plain
          else one_line | _plain end end ]
  | if length > 10 then range(length / 10 | ceil) as $at | .[10 * $at:][:10]
    elif . == [] then empty else . end
  | { type: "section", fields: . };

# Small print: the first ten values, text objects or images.
# example: slack::context(["Net 30", null]) | .elements => [{"type":"plain_text","text":"Net 30","emoji":false}]
def context($texts):
  [ $texts | _each
    | if type == "string" then
        _line | if length > 300 then truncate(300) else . end | _plain
      elif type == "object" and .type == "image" and length == 3 then .
      else _text end
  ][:10]
  | if . == [] then empty else { type: "context", elements: . } end;

# A thin line.
# example: slack::divider => {"type":"divider"}
def divider: { type: "divider" };

# A button that opens a page; nothing without the URL of one. Without a title it
# has the URL's.
# example: slack::button("Open"; "none yet"), slack::button("Open"; "https://") =>
# example: slack::button("Open"; "HTTPS://x.example/a b\n").url => "HTTPS://x.example/a%20b"
# example: slack::button(null; "https://x.example/") | .text.text => "https://x.example/"
# example: slack::button("Open"; "https://x.example/") | .url, .text.text => "https://x.example/", "Open"
def button($title; $url):
  $url | _address
  | { type: "button", text: ([$title, $url | _line][0]
      | if length > 75 then truncate(75) else . end | _plain), url: . };

# A button by which a reader says that he has seen the message about a record;
# auditctl events writes into the ledger who did.  Nothing, unless the filter's
# settings have acknowledge: true.
# example: slack::acknowledge({acknowledge: true}; "invoices"; "1") | .action_id, .value => "acknowledge", "invoices 1"
# example: slack::acknowledge({}; "invoices"; "1") =>
def acknowledge($config; $stream; $id):
  select($config.acknowledge)
  | { type: "button", action_id: "acknowledge", value: "\($stream) \($id)",
      text: ("Acknowledge" | _plain) };

# A row of buttons, the first 25; nothing without one.
# example: slack::actions([slack::button("Open"; null)]) | .type =>
def actions($buttons):
  $buttons | select(length > 0) | { type: "actions", elements: .[:25] };

# Rich text: parts from line, list, numbered, quote and preformatted.
# example: slack::rich_text([]) =>
def rich_text($parts):
  $parts | select(length > 0) | { type: "rich_text", elements: . };

# Rows of cells, with a letter for each column's alignment: l, c or r.
# Slack takes at most 100 rows and 20 columns: what is beyond them is left out,
# so tell elsewhere how many there are.
# example: [], [null], null | slack::table("l") =>
# example: [["A", null]] | slack::table("lr") | .rows, .column_settings[1] => [[{"type":"raw_text","text":"A"},{"type":"raw_text","text":" "}]], {"align":"right"}
def table($align):
  . // [] | map(values) | select(length > 0)
  | { type: "table",
    rows: .[:100] | map(.[:20] | map({ type: "raw_text",
      text: ([_there] | .[0] // " " | one_line | truncate(200)
        | if . == "" then " " else . end) })),
    column_settings: ($align / "" | map({ align:
      ({ l: "left", c: "center", r: "right" }[.]) })) };

# Rich text ----------------------------------------------------------------
# Elements: a value, or what one of these gives.

# Is it a text that can stand on a line as it is?
def _short: if length > 2000 then false else _simple end;

def _styled($style):
  if type == "string" and . >= "!" and _short
  then { type: "text", text: ., $style }
  else _there | { type: "text", text: (truncate(2000) | _flat), $style } end;

# A value in bold, in italics, or in a typewriter's face.
# example: "*x*" | slack::bold => {"type":"text","text":"*x*","style":{"bold":true}}
def bold: _styled({ bold: true });
# example: "x" | slack::italic | .style => {"italic":true}
def italic: _styled({ italic: true });
# example: "x" | slack::code | .style => {"code":true}
def code: _styled({ code: true });
# A link; without the URL of a page or a mailbox only its title.
# example: slack::link("javascript:alert(1)"; "PO 7") => {"type":"text","text":"PO 7"}
# example: slack::link("https://x.example/"; "PO 7") => {"type":"link","url":"https://x.example/","text":"PO 7"}
# example: slack::link(null; "PO 7"), slack::link("https://x.example/"; null) | .text => "PO 7", "https://x.example/"
def link($url; $title):
  ([$title, $url | _line][0] // empty | truncate(2000)) as $text
  | [$url | _address][0] as $url
  | if $url == null then { type: "text", $text }
    else { type: "link", $url, $text } end;
# A user, group or channel by its id, for line and list: calls the first two.
# They take the mark off, which no value from a record has: its < is &lt;. What is
# no id stays text.
# example: null | slack::mention =>
# example: slack::line(["@ann" | slack::mention]) | .elements => [{"type":"text","text":"@ann"}]
# example: slack::line(["S0614TZR7" | slack::mention]) | .elements => [{"type":"usergroup","usergroup_id":"S0614TZR7"}]
def mention:
  values
  | if _is_id | not then . else { made: "<slack>" }
    + if startswith("U") or startswith("W") then { type: "user", user_id: . }
      elif startswith("S") then { type: "usergroup", usergroup_id: . }
      else { type: "channel", channel_id: . } end end;
# A moment (in Unix seconds) in the reader's own time zone.
# example: 1769846400 | slack::date("{date_short} {time}") => {"type":"date","timestamp":1769846400,"format":"{date_short} {time}","fallback":"2026-01-31 08:00 UTC"}
# example: null | slack::date("{date}") =>
def date($format):
  _moment
  | { type: "date", timestamp: ., format: $format,
      fallback: _fallback($format) };

# Does an object have what bold, code, link, date and the like give?
def _harmless:
  (.type == "text" and (.text | type) == "string"
    and (length == 2 or (length == 3 and (.style | type) == "object")))
  or (.type == "link" and length == 3) or (.type == "date" and length == 4);

def _elements:
  [ _each
    | if type == "string" and _short then
        if . == "" then empty else { type: "text", text: . } end
      elif . == null then empty
      elif type == "object" and _harmless then select(.text != "")
      elif type == "object" and .made == "<slack>" then del(.made)
      else { type: "text", text: (truncate(2000) | _flat) }
        | select(.text != "") end ];

# A line or paragraph of elements; values stay on it, whatever breaks they have.
# An object that is no element is a record's, and shown as JSON: none calls.
# example: slack::line([{"type":"broadcast","range":"channel"}]) | .elements[0].text => "{\"type\":\"broadcast\",\"range\":\"channel\"}"
# example: slack::line(["Due ", null, ("today" | slack::bold)]) | [.elements[].text] => ["Due ","today"]
def line($elements):
  $elements | _elements
  | if . == [] then empty else { type: "rich_text_section", elements: . } end;

def _list($style; $items):
  [ $items | _each | line(.) ]
  | if . == [] then empty
    else { type: "rich_text_list", style: $style, elements: . } end;

# A list with bullets; an item is an array of elements.
# example: slack::list([["a"], ["b"], []]) | .style, (.elements | length) => "bullet", 2
def list($items): _list("bullet"; $items);
# The same with numbers.
# example: slack::numbered([["a"]]) | .style => "ordered"
def numbered($items): _list("ordered"; $items);

# A value as a quotation, at most $limit characters of it.
# example: slack::quote("a\nb"; 300) => {"type":"rich_text_quote","elements":[{"type":"text","text":"a\nb"}]}
def quote($text; $limit):
  $text | _there | truncate($limit)
  | { type: "rich_text_quote", elements: [{ type: "text", text: . }] };

# Text in a typewriter's face, as columns makes it.
# example: slack::preformatted("1  2") => {"type":"rich_text_preformatted","elements":[{"type":"text","text":"1  2"}]}
def preformatted($text):
  $text | _there | truncate(3000)
  | { type: "rich_text_preformatted", elements: [{ type: "text", text: . }] };

def _trimmed: if endswith(" ") then .[:-1] | _trimmed else . end;

# Rows of strings padded to columns, with l or r for each column.
# For accounts and amounts; wide characters would stand out of line.
# example: [["101.10", "1,200.00"], ["7", "35.10"]] | slack::columns("lr") => "101.10  1,200.00\n7          35.10"
def columns($align):
  ($align / "") as $sides
  | [ . // [] | .[] | values
      | [ .[] | if . == null then "" else one_line end ] ] as $rows
  | [ range($sides | length) as $at | [$rows[][$at] | length] | max ] as $widths
  | reduce $rows[] as $row (null;
      (if . == null then "" else . + "\n" end)
      + (reduce range($sides | length) as $at (null;
          # " " * 0 is null, as is a cell at the end of a short row
          (" " * ($widths[$at] - ($row[$at] | length))) as $pad
          | . + if $sides[$at] == "r" then $pad + $row[$at]
            else $row[$at] + $pad end + "  ")
        | rtrimstr("  ") | _trimmed))
  // "";

# The message ---------------------------------------------------------------

# $text is what a phone's lock screen and a screen reader say: one line of at
# most 200 characters; without it that is the header, or the first text there
# is.  blocks is an array of blocks, or one.  When none are left the text is
# shown.  Blocks over Slack's 50 are counted at the end.
# example: slack::message("#finance"; "Hello\nworld"; [slack::divider]) => {"channel":"#finance","text":"Hello world","blocks":[{"type":"divider"}]}
# example: slack::message("#finance"; "*Bold*"; slack::section(null)) | .blocks => [{"type":"section","text":{"type":"plain_text","text":"*Bold*","emoji":false}}]
# example: slack::message("#finance"; null; [null, slack::section("A"), slack::header("B")]) | .text, (.blocks | length) => "B", 2
# example: try slack::message("#finance"; "x"; "y") catch . => "slack::message: blocks must be an array of blocks"
def message($channel; $text; blocks):
  [ blocks | if type == "array" then .[] else . end
    | if type == "object" then . elif . == null then empty
      else error("slack::message: blocks must be an array of blocks") end ]
    as $blocks
  | ([$text | _line][0]
      // first(($blocks[] | select(.type == "header") | .text.text?),
          ($blocks | .. | objects | .text | strings) | _line)
      // "" | truncate(200)) as $text
  | { channel: $channel, $text,
      blocks: ($blocks | if . == [] then [$text | section(.)]
        elif length <= 50 then . else
          .[:49] + [context(["and \(length - 49) more blocks"])] end) };
