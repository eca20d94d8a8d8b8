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

# What a record's text is like when a filter sees it: & < > as entities.
# example: "<!here> & co" | slack::escape => "&lt;!here&gt; &amp; co"
def escape:
  split("&") | join("&amp;") | split("<") | join("&lt;")
  | split(">") | join("&gt;");

# The opposite of escape.
# example: "A &amp;lt; B &lt; C" | slack::unescape => "A &lt; B < C"
def unescape:
  split("&lt;") | join("<") | split("&gt;") | join(">")
  | split("&amp;") | join("&");

# The first $n characters, without a piece of an entity at their end.
def _head($n):
  .[:$n] | (.[-4:] | split("&")) as $pieces
  | if ($pieces | length) > 1 and ($pieces[-1] | test("^[a-z]*$"))
    then .[:length - 1 - ($pieces[-1] | length)] else . end;

# A value as one line: white space and control characters become one space,
# and characters that turn the direction of what follows are dropped.  Of more
# than 4,000 characters the first are taken, and an ellipsis.
# example: " Two\n\tLines\u202e " | slack::one_line => "Two Lines"
# example: "x\u2067y\u00a0\u3000 z\u0085" | slack::one_line => "xy z"
def one_line:
  tostring
  | if length > 4000 then _head(3999) + "…" else . end
  | if test("[[:cntrl:]\\x{200e}\\x{200f}\\x{2028}-\\x{202e}\\x{2066}-\\x{2069}]|  |^ | $")
    then
      # by code points: gsub's time grows with the square of the length
      [ explode[]
        | if . > 32 and . < 127 then .
          elif . <= 160 or . == 5760 or . == 12288 then 32
          elif . < 8192 or . > 8297 then .
          elif . <= 8202 or . == 8232 or . == 8233 or . == 8239 or . == 8287
          then 32
          elif . == 8206 or . == 8207 or (. >= 8234 and . <= 8238)
            or . >= 8294 then empty
          else . end ]
      | implode | split(" ") | map(select(. != "")) | join(" ")
    else . end;

# How many characters a reader sees.
def _seen:
  length - 3 * ((split("&lt;") | length) + (split("&gt;") | length) - 2)
    - 4 * ((split("&amp;") | length) - 1);

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
          + (_seen - ($head | _seen) | tostring
            | if length > 3 then .[:-3] + "," + .[-3:] else . end)
          + " more characters)" end
    end;

# A value without the characters that turn the direction of what follows: they
# would reverse an amount behind it.
def _straight:
  if utf8bytelength != length # ASCII has none: spare it the search
    and test("[\\x{202a}-\\x{202e}\\x{2066}-\\x{2069}]")
  then reduce ("\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066",
    "\u2067", "\u2068", "\u2069") as $turn (.; split($turn) | join(""))
  else . end;

# A value, if there is one.
def _there:
  select(. != null) | tostring | _straight
  | select((.[:1] | . > " " and . < "\u007f")
      or test("[^[:space:][:cntrl:]\\x{200e}\\x{200f}]"));

# A value inside a line: its line breaks would tear the line apart.
def _flat:
  _straight
  | if (utf8bytelength != length or (tojson | length) != length + 2)
      and test("[[:cntrl:]\\x{2028}\\x{2029}]")
    then
      [ explode[] | if . == 13 then empty
        elif . < 32 or (. > 126 and . < 160) or . == 8232 or . == 8233 then 32
        else . end ] | implode
    else . end;

# A value as one line, or another word where it is null or blank.
# example: ["A\nB", " ", null] | map(slack::one_line("Unknown")) => ["A B","Unknown","Unknown"]
def one_line($other): [_there][0] // $other | one_line;

# A value to put into mark-up of your own, on one line: what would format there
# (* ~ ` and, but inside a word, _; a > in front) is replaced by a character that
# looks like it. The name of an emoji still shows it.
# example: "*a*\n`b` _c_ INV_1_2", "&gt; &lt;!here&gt;", null | slack::safe => "∗a∗ ˋbˋ ＿c＿ INV_1_2", "› &lt;!here&gt;", null
def safe:
  if . == null then . else
    one_line | split("*") | join("∗") | split("~") | join("∼")
    | split("`") | join("ˋ") | sub("^&gt;"; "›")
    | gsub("(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"; "＿")
  end;

# Text objects -------------------------------------------------------------

# A value as a text object in which nothing acts.
# example: "*Bold* :fire:" | slack::plain => {"type":"plain_text","text":"*Bold* :fire:","emoji":false}
def plain:
  { type: "plain_text", text: (tostring | _straight | truncate(2000)),
    emoji: false };

def _cut_mrkdwn($limit): # no half link, date or mention at the end
  _straight
  | if length <= $limit then . else
      .[:$limit - 2] | sub("(<[^<>]*|&[a-z]{0,3})$"; "") + " …" end;

# Mark-up of the filter's own as a text object; null when there is none. A value
# in it goes through safe.
# example: "*Due*", null | slack::mrkdwn => {"type":"mrkdwn","text":"*Due*","verbatim":true}, null
# example: ("x" * 2960 + "<https://x.example/|" + "y" * 99 + ">") | slack::mrkdwn | .text[2959:] => "x …"
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

# For use in mrkdwn: a link whose label does nothing else. Without a label it is
# the URL, without a URL the label, safe.
# example: slack::link_text("https://x.example/?a=1&b=<2>"; "A | B") => "<https://x.example/?a=1&amp;b=%3C2%3E|A   B>"
# example: slack::link_text("https://x.example/"; null), slack::link_text(null; "*A*") => "<https://x.example/|https://x.example/>", "∗A∗"
def link_text($url; $title):
  if [$url | _there] == [] then $title | safe else
  "<\($url | unescape | split("<") | join("%3C") | split(">") | join("%3E")
    | split("|") | join("%7C") | split(" ") | join("%20") | escape
  )|\([$title | _there][0] // $url | one_line | unescape | split("|")
    | join(" ") | escape)>" end;

# A moment as text for a client that can't show dates.
def _fallback($format):
  todate as $utc
  | $format | gsub("\\{time[a-z_]*\\}"; $utc[11:16] + " UTC")
  | gsub("\\{[a-z_]*\\}"; $utc[:10]);

# For use in mrkdwn: a moment (in Unix seconds) in the reader's own time zone.
# example: 1769846400 | slack::date_text("Due {date_short_pretty} at {time}") => "<!date^1769846400^Due {date_short_pretty} at {time}|Due 2026-01-31 at 08:00 UTC>"
# example: null | slack::date_text("{date}") => null
def date_text($format):
  if . == null then .
  else "<!date^\(floor)^\($format)|\(_fallback($format))>" end;

# For use in mrkdwn: call a user (U…), a group (S…), or name a channel (C…).
# example: "U024BE7LH", "S0614TZR7", null | slack::mention_text => "<@U024BE7LH>", "<!subteam^S0614TZR7>", null
def mention_text:
  if . == null then . elif test("^[UW]") then "<@\(.)>"
  elif test("^S") then "<!subteam^\(.)>"
  else "<#\(.)>" end;

# Blocks -------------------------------------------------------------------

# example: slack::header("Invoice\nINV-1") => {"type":"header","text":{"type":"plain_text","text":"Invoice INV-1","emoji":false}}
def header($text):
  $text | _there | one_line | truncate(150) | { type: "header", text: plain };

# A paragraph: a value, or a text object from mrkdwn.
# example: slack::section("x"), slack::section(null) => {"type":"section","text":{"type":"plain_text","text":"x","emoji":false}}
def section($text): $text | _text | { type: "section", text: . };

# An array of pairs [["Vendor", .Supplier], ["PO", .PurchaseOrderNumber]], two
# to a row, in as many sections as they need. A value may be a text object from
# mrkdwn.
# example: slack::fields([["Vendor", "_A_"], ["PO", null]]) | .fields => [{"type":"plain_text","text":"Vendor: _A_","emoji":false}]
# example: slack::fields([["Due", ("*now*" | slack::mrkdwn)]]) | .fields[0].text => "*Due:* *now*"
def fields($pairs):
  [ $pairs // [] | .[] | . as [$title, $value]
    | $value
    | if type == "object" and .type == "mrkdwn" and . == (.text | mrkdwn)
      then "*\($title):* \(.text)" | mrkdwn | .text |= _cut_mrkdwn(2000)
      else _there | one_line | truncate(300) | "\($title): \(.)" | plain end ]
  | range(0; length; 10) as $at
  | { type: "section", fields: .[$at:$at + 10] };

# Small print: the first ten values or text objects.
# example: slack::context(["Net 30", null]) | .elements => [{"type":"plain_text","text":"Net 30","emoji":false}]
def context($texts):
  [ $texts // [] | .[]
    | if type == "string" then one_line | truncate(300) else . end | _text
  ][:10]
  | select(length > 0) | { type: "context", elements: . };

# example: slack::divider => {"type":"divider"}
def divider: { type: "divider" };

# A button that opens a page; nothing without a URL. Without a title it has the
# URL's.
# example: slack::button(null; "https://x.example/") | .text.text => "https://x.example/"
# example: slack::button("Open"; "https://x.example/") | .url, .text.text => "https://x.example/", "Open"
def button($title; $url):
  $url | _there
  | { type: "button", text: ([$title | _there][0] // . | one_line | truncate(75)
      | plain), url: . };

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

def _styled($style):
  _there | { type: "text", text: (truncate(2000) | _flat), $style };

# example: "*x*" | slack::bold => {"type":"text","text":"*x*","style":{"bold":true}}
def bold: _styled({ bold: true });
# example: "x" | slack::italic | .style => {"italic":true}
def italic: _styled({ italic: true });
# example: "x" | slack::code | .style => {"code":true}
def code: _styled({ code: true });
# example: slack::link("https://x.example/"; "PO 7") => {"type":"link","url":"https://x.example/","text":"PO 7"}
# example: slack::link(null; "PO 7"), slack::link("https://x.example/"; null) | .text => "PO 7", "https://x.example/"
def link($url; $title):
  ([$title, $url | _there][0] // empty | one_line | truncate(2000)) as $text
  | if [$url | _there] == [] then { type: "text", $text }
    else { type: "link", $url, $text } end;
# A user, group or channel by its id, for line and list: calls the first two.
# They take the mark off, which no value from a record has: its < is &lt;.
# example: null | slack::mention =>
# example: slack::line(["S0614TZR7" | slack::mention]) | .elements => [{"type":"usergroup","usergroup_id":"S0614TZR7"}]
def mention:
  values
  | { made: "<slack>" }
    + if test("^[UW]") then { type: "user", user_id: . }
      elif test("^S") then { type: "usergroup", usergroup_id: . }
      else { type: "channel", channel_id: . } end;
# A moment (in Unix seconds) in the reader's own time zone.
# example: 1769846400 | slack::date("{date_short} {time}") => {"type":"date","timestamp":1769846400,"format":"{date_short} {time}","fallback":"2026-01-31 08:00 UTC"}
# example: null | slack::date("{date}") =>
def date($format):
  values | { type: "date", timestamp: floor, format: $format,
    fallback: _fallback($format) };

# Does an object have what bold, code, link, date and the like give?
def _harmless:
  (.type == "text" and (.text | type) == "string"
    and (length == 2 or (length == 3 and (.style | type) == "object")))
  or (.type == "link" and length == 3) or (.type == "date" and length == 4);

def _elements:
  [ . // [] | .[]
    | if type == "object" and _harmless then .
    elif type == "object" and .made == "<slack>" then del(.made)
    else select(. != null and . != "")
      | { type: "text", text: (tostring | truncate(2000) | _flat) } end
    | select(.text != "") ];

# A line or paragraph of elements; values stay on it, whatever breaks they have.
# An object that is no element is a record's, and shown as JSON: none calls.
# example: slack::line([{"type":"broadcast","range":"channel"}]) | .elements[0].text => "{\"type\":\"broadcast\",\"range\":\"channel\"}"
# example: slack::line(["Due ", null, ("today" | slack::bold)]) | [.elements[].text] => ["Due ","today"]
def line($elements):
  $elements | _elements | select(length > 0)
  | { type: "rich_text_section", elements: . };

def _list($style; $items):
  [ $items // [] | .[] | line(.) ] | select(length > 0)
  | { type: "rich_text_list", style: $style, elements: . };

# A list with bullets; an item is an array of elements.
# example: slack::list([["a"], ["b"], []]) | .style, (.elements | length) => "bullet", 2
def list($items): _list("bullet"; $items);
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

# Rows of strings padded to columns, with l or r for each column.
# For accounts and amounts; wide characters would stand out of line.
# example: [["101.10", "1,200.00"], ["7", "35.10"]] | slack::columns("lr") => "101.10  1,200.00\n7          35.10"
def columns($align):
  (. // [] | map(values | map(. // "" | one_line))) as $rows
  | [ range(0; $align | length) as $at
      | [$rows[][$at] // "" | length] | max // 0 ] as $widths
  | [ $rows[]
      | [ range(0; $align | length) as $at | .[$at] // ""
          | ((" " * ($widths[$at] - length)) // "") as $pad
          | if $align[$at:$at + 1] == "r" then $pad + . else . + $pad end ]
      | join("  ") | if endswith(" ") then sub(" +$"; "") else . end ]
  | join("\n");

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
  [ blocks | if type == "array" then .[] else . end | values
    | if type == "object" then .
      else error("slack::message: blocks must be an array of blocks") end ]
    as $blocks
  | (first(($text, ($blocks[] | select(.type == "header") | .text.text?),
        ($blocks | .. | objects | .text | strings)) | _there) // ""
      | one_line | truncate(200)) as $text
  | { channel: $channel, $text,
      blocks: ($blocks | if . == [] then [$text | section(.)]
        elif length <= 50 then . else
          .[:49] + [context(["and \(length - 49) more blocks"])] end) };
