# slack: blocks and texts for chat.postMessage.
#
# A string given to these functions is a value, maybe a stranger's: it becomes
# plain_text (emoji off) or rich text, where `*`, `:fire:`, `<!channel>` or a
# bare URL are only characters.  Mark-up of your own goes through mrkdwn.
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

# A value as one line: white space and control characters become one space,
# and characters that turn the direction of what follows are dropped.
# example: " Two\n\tLines\u202e " | slack::one_line => "Two Lines"
def one_line:
  tostring
  | if test("[[:cntrl:]\\x{200e}\\x{200f}\\x{2028}-\\x{202e}\\x{2066}-\\x{2069}]|  |^ | $")
    then gsub("[\\x{200e}\\x{200f}\\x{202a}-\\x{202e}\\x{2066}-\\x{2069}]"; "")
      | gsub("[[:cntrl:][:space:]]+"; " ") | ltrimstr(" ") | rtrimstr(" ")
    else . end;

# At most $limit characters, an entity counting as it is written.  A limit of
# 200 and more leaves room to say how many went. Never cuts an entity.
# example: "fish &amp; chips" | slack::truncate(9) => "fish …"
# example: ("x" * 5000) | slack::truncate(200) | .[167:] => "x… (4,832 more characters)"
def truncate($limit):
  if length <= $limit then . else
    (if $limit < 200 then 1 else 32 end) as $room
    | (.[:$limit - $room] | sub("&[a-z]{0,3}$"; "")) as $head
    | ((unescape | length) - ($head | unescape | length)) as $cut
    | $head + "…" + if $room == 1 then "" else
        " (\($cut | tostring | if length > 3 then .[:-3] + "," + .[-3:]
          else . end) more characters)" end
  end;

# A value, if there is one.
def _there: select(. != null) | tostring | select(test("\\S"));

# Text objects -------------------------------------------------------------

# A value as a text object in which nothing acts.
# example: "*Bold* :fire:" | slack::plain => {"type":"plain_text","text":"*Bold* :fire:","emoji":false}
def plain:
  { type: "plain_text", text: (tostring | truncate(2000)), emoji: false };

# Mark-up of the filter's own as a text object. Never put a value into it.
# example: "*Due*" | slack::mrkdwn => {"type":"mrkdwn","text":"*Due*","verbatim":true}
def mrkdwn: { type: "mrkdwn", text: ., verbatim: true };

def _text: if type == "object" then . else _there | plain end;

# For use in mrkdwn: a link whose label does nothing else.
# example: slack::link_text("https://x.example/?a=1&b=<2>"; "A | B") => "<https://x.example/?a=1&amp;b=%3C2%3E|A   B>"
def link_text($url; $title):
  "<\($url | unescape | split("<") | join("%3C") | split(">") | join("%3E")
    | split("|") | join("%7C") | split(" ") | join("%20") | escape
  )|\($title | one_line | unescape | split("|") | join(" ") | escape)>";

# A moment as text for a client that can't show dates.
def _fallback($format):
  todate as $utc
  | $format | gsub("\\{time[a-z_]*\\}"; $utc[11:16] + " UTC")
  | gsub("\\{[a-z_]*\\}"; $utc[:10]);

# For use in mrkdwn: a moment (in Unix seconds) in the reader's own time zone.
# example: 1769846400 | slack::date_text("Due {date_short_pretty} at {time}") => "<!date^1769846400^Due {date_short_pretty} at {time}|Due 2026-01-31 at 08:00 UTC>"
def date_text($format): "<!date^\(floor)^\($format)|\(_fallback($format))>";

# For use in mrkdwn: call a user (U…), a group (S…), or name a channel (C…).
# example: "U024BE7LH", "S0614TZR7" | slack::mention_text => "<@U024BE7LH>", "<!subteam^S0614TZR7>"
def mention_text:
  if test("^[UW]") then "<@\(.)>" elif test("^S") then "<!subteam^\(.)>"
  else "<#\(.)>" end;

# Blocks -------------------------------------------------------------------

# example: slack::header("Invoice\nINV-1") => {"type":"header","text":{"type":"plain_text","text":"Invoice INV-1","emoji":false}}
def header($text):
  $text | _there | one_line | truncate(150) | { type: "header", text: plain };

# A paragraph: a value, or a text object from mrkdwn.
# example: slack::section("x"), slack::section(null) => {"type":"section","text":{"type":"plain_text","text":"x","emoji":false}}
def section($text): $text | _text | { type: "section", text: . };

# Pairs of label and value, two to a row, in as many sections as they need.
# A value may be a text object from mrkdwn.
# example: slack::fields([["Vendor", "_A_"], ["PO", null]]) | .fields => [{"type":"plain_text","text":"Vendor: _A_","emoji":false}]
# example: slack::fields([["Due", ("*now*" | slack::mrkdwn)]]) | .fields[0].text => "*Due:* *now*"
def fields($pairs):
  [ $pairs[] | . as [$title, $value]
    | $value
    | if type == "object" then .text | "*\($title):* \(.)" | mrkdwn
      else _there | one_line | truncate(300) | "\($title): \(.)" | plain end ]
  | range(0; length; 10) as $at
  | { type: "section", fields: .[$at:$at + 10] };

# Small print: up to ten values or text objects.
# example: slack::context(["Net 30", null]) | .elements => [{"type":"plain_text","text":"Net 30","emoji":false}]
def context($texts):
  [ $texts[] | if type == "string" then one_line | truncate(300) else . end
    | _text ][:10]
  | select(length > 0) | { type: "context", elements: . };

# example: slack::divider => {"type":"divider"}
def divider: { type: "divider" };

# A button that opens a page; nothing without a URL.
# example: slack::button("Open"; "https://x.example/") | .url, .text.text => "https://x.example/", "Open"
def button($title; $url):
  $url | _there
  | { type: "button", text: ($title | truncate(75) | plain), url: . };

# A row of buttons; nothing without one.
# example: slack::actions([slack::button("Open"; null)]) | .type =>
def actions($buttons):
  $buttons | select(length > 0) | { type: "actions", elements: .[:25] };

# Rich text: parts from line, list, numbered, quote and preformatted.
# example: slack::rich_text([]) =>
def rich_text($parts):
  $parts | select(length > 0) | { type: "rich_text", elements: . };

# Rows of cells, with a letter for each column's alignment: l, c or r.
# Slack shows one table in a message, of at most 100 rows and 20 columns.
# example: [["A", null]] | slack::table("lr") | .rows, .column_settings[1] => [[{"type":"raw_text","text":"A"},{"type":"raw_text","text":" "}]], {"align":"right"}
def table($align):
  { type: "table",
    rows: .[:100] | map(.[:20] | map({ type: "raw_text",
      text: ([_there] | .[0] // " " | one_line | truncate(200)
        | if . == "" then " " else . end) })),
    column_settings: ($align / "" | map({ align:
      ({ l: "left", c: "center", r: "right" }[.]) })) };

# Rich text ----------------------------------------------------------------
# Elements: a plain string, or one of these.

def _styled($style):
  _there | { type: "text", text: truncate(2000), $style };

# example: "*x*" | slack::bold => {"type":"text","text":"*x*","style":{"bold":true}}
def bold: _styled({ bold: true });
# example: "x" | slack::italic | .style => {"italic":true}
def italic: _styled({ italic: true });
# example: "x" | slack::code | .style => {"code":true}
def code: _styled({ code: true });
# example: slack::link("https://x.example/"; "PO 7") => {"type":"link","url":"https://x.example/","text":"PO 7"}
def link($url; $title): { type: "link", url: $url, text: $title };
# A user, group or channel by its id: calls the first two.
# example: "S0614TZR7" | slack::mention => {"type":"usergroup","usergroup_id":"S0614TZR7"}
def mention:
  if test("^[UW]") then { type: "user", user_id: . }
  elif test("^S") then { type: "usergroup", usergroup_id: . }
  else { type: "channel", channel_id: . } end;
# A moment (in Unix seconds) in the reader's own time zone.
# example: 1769846400 | slack::date("{date_short} {time}") => {"type":"date","timestamp":1769846400,"format":"{date_short} {time}","fallback":"2026-01-31 08:00 UTC"}
def date($format):
  { type: "date", timestamp: floor, format: $format,
    fallback: _fallback($format) };

def _elements:
  [ .[] | if type == "object" then .
    else select(. != null and . != "")
      | { type: "text", text: (tostring | truncate(2000)) } end ];

# A line or paragraph of elements.
# example: slack::line(["Due ", null, ("today" | slack::bold)]) | [.elements[].text] => ["Due ","today"]
def line($elements):
  $elements | _elements | select(length > 0)
  | { type: "rich_text_section", elements: . };

def _list($style; $items):
  [ $items[] | line(.) ] | select(length > 0)
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
  map(map(. // "" | one_line)) as $rows
  | [ range(0; $align | length) as $at
      | [$rows[][$at] // "" | length] | max // 0 ] as $widths
  | [ $rows[]
      | [ range(0; $align | length) as $at | .[$at] // ""
          | ((" " * ($widths[$at] - length)) // "") as $pad
          | if $align[$at:$at + 1] == "r" then $pad + . else . + $pad end ]
      | join("  ") | sub(" +$"; "") ]
  | join("\n");

# The message ---------------------------------------------------------------

# $text is what a phone's lock screen and a screen reader say: one line of at
# most 200 characters. Blocks over Slack's 50 are counted at the end.
# example: slack::message("#finance"; "Hello\nworld"; [slack::divider]) => {"channel":"#finance","text":"Hello world","blocks":[{"type":"divider"}]}
def message($channel; $text; $blocks):
  { channel: $channel, text: ($text | one_line | truncate(200)),
    blocks: ($blocks | if length <= 50 then . else
      .[:49] + [context(["and \(length - 49) more blocks"])] end) };
