#!/usr/bin/env bats
# transform --preview: what Slack would show, before anyone else sees it.
load helper
export BIN

setup() {
	cd "$BATS_TEST_TMPDIR"
	unset LEDGERPIPE_CONFIG NO_COLOR
	SCHEMA='{"type":"SCHEMA","stream":"invoices","schema":{},"key_properties":["InvoiceId"]}'
	printf '%s\n' '$raw.m[]' >show.jq
	printf '%s\n' "$SCHEMA" >input
}

# messages JSON...: a record each, of which the filter makes these messages.
messages() {
	jq -nc '$ARGS.positional | to_entries[] | { type: "RECORD",
		stream: "invoices", record: { InvoiceId: (.key + 1),
		m: [.value | fromjson] } }' --args "$@" >>input
}

# nothing: a record that no filter wants.
nothing() {
	printf '{"type":"RECORD","stream":"invoices","record":{"InvoiceId":%s,"m":[]}}\n' "$1" >>input
}

# blocks JSON: a message of these blocks.
blocks() {
	messages "{\"channel\":\"#finance\",\"text\":\"the text\",\"blocks\":[$1]}"
}

# preview [FORMAT]: of the input, into the file out.
preview() {
	"$BIN/transform" "--preview${1:+=$1}" -f show=show.jq input >out
}

# shows LINE...: the lines inside the first box, without its sides and the
# spaces at their ends.
shows() {
	sed -n '/^╭/,/^╰/{s/^│ //; s/ *│$//; /^[╭╰]/!p;}; /^╰/q' out >got
	printf '%s\n' "$@" | diff -u - got
}

# terminal COLUMNS [VARIABLE=VALUE]: preview in a terminal, into out.
terminal() {
	script -qec "stty cols $1; env TERM=xterm ${2-} '$BIN/transform' \
		--preview -f show=show.jq input" /dev/null >typescript
	tr -d '\r' <typescript >out
}

# plain: the out of a terminal without what colours it.
plain() {
	sed -i -e $'s/\e\\[[0-9;]*m//g' -e $'s/\e]8;;[^\e]*\e\\\\//g' out
}

# straight COLUMNS: each line of each box has this width.
straight() {
	local line count=0 width
	while IFS= read -r line; do
		case $line in [│╭╰]*) ;; *) continue ;; esac
		count=$((count + 1))
		width=$(LC_ALL=C.UTF-8 wc -L <<<"$line")
		[ "$width" = "$1" ] || { echo "$width: $line"; return 1; }
		case $line in *[│╮╯]) ;; *) echo "open: $line"; return 1 ;; esac
	done <out
	[ "$count" -gt 2 ]
}

@test "a message stands in a box with its channel, filter and record" {
	messages '{"channel":"#finance","text":"Invoice *12* of Acme"}'
	preview
	diff -u - out <<'END'
╭─ #finance ─────────────────────────────────────────────── show · invoices 1 ─╮
│ Invoice 12 of Acme                                                           │
╰──────────────────────────────────────────────────────────────────────────────╯

1 record, 1 message
END
}

@test "a header, fields in two columns, small print and a button look so" {
	blocks '{"type":"header","text":{"type":"plain_text","text":"Invoice 12"}},
		{"type":"section","fields":[
		  {"type":"mrkdwn","text":"*Due*\n1 Mar"},
		  {"type":"plain_text","text":"Unit: US1"},
		  {"type":"plain_text","text":"Terms: Net 30"}]},
		{"type":"divider"},
		{"type":"context","elements":[{"type":"plain_text","text":"ID 1"},
		  {"type":"image","image_url":"https://x.example/i.png","alt_text":"a logo"}]},
		{"type":"actions","elements":[{"type":"button","action_id":"a",
		  "text":{"type":"plain_text","text":"Open"},"url":"https://erp.example/1?a=b"},
		  {"type":"button","action_id":"b","text":{"type":"plain_text","text":"No"}}]}'
	preview
	shows 'Invoice 12' '' \
		'Due                                    Unit: US1' \
		'1 Mar' '' 'Terms: Net 30' '' \
		'────────────────────────────────────────────────────────────────────────────' \
		'' 'ID 1  [image: a logo]' '' \
		'[ Open ] (https://erp.example/1?a=b)' '[ No ]' '' \
		'notification: the text'
}

@test "a button beside a section stands at its right" {
	blocks '{"type":"section","text":{"type":"mrkdwn","text":"Approve it?"},
		"accessory":{"type":"button","action_id":"a","text":{"type":"plain_text","text":"Yes"}}}'
	preview
	shows 'Approve it?                                                          [ Yes ]' \
		'' 'notification: the text'
}

@test "mark-up is read as Slack reads it, and a mention is marked" {
	messages "$(jq -n '{channel: "#f", text: "*b* _i_ ~s~ `c` a*b <https://x.example/?a=1&amp;b=2|here> https://y.example, <!channel> <@U1> <#C1|general> &lt;!here&gt; :tada: :none: <!date^1392734382^{date_num} {time}|x> <!date^1e99999^^|then>\n> said\n> so\nafter\n```\ncode  *c*\n```"}')"
	preview
	shows 'b i ~s~ `c` a*b here (https://x.example/?a=1&b=2) https://y.example,' \
		'‹@channel› ‹@U1› ‹#general› <!here> 🎉 :none: 2014-02-18 2:39 PM then' \
		'┃ said' '┃ so' 'after' '  code  *c*'
}

@test "what is plain stays plain" {
	blocks '{"type":"section","text":{"type":"plain_text","emoji":false,"text":"*a* _b_ :fire: <!channel> https://x.example"}}'
	preview
	shows '*a* _b_ :fire: <!channel> https://x.example' '' \
		'notification: the text'
}

@test "rich text has its lists, quotes, styles, mentions and code" {
	blocks '{"type":"rich_text","elements":[
		{"type":"rich_text_section","elements":[{"type":"text","text":"one "},
		  {"type":"text","text":"two","style":{"code":true}},{"type":"text","text":" "},
		  {"type":"broadcast","range":"here"},{"type":"text","text":" "},
		  {"type":"link","url":"https://x.example","text":"a link"},{"type":"text","text":" "},
		  {"type":"emoji","name":"fire"},{"type":"text","text":" "},
		  {"type":"date","timestamp":1392734382,"format":"{date_short}"}]},
		{"type":"rich_text_list","style":"ordered","offset":8,"elements":[
		  {"type":"rich_text_section","elements":[{"type":"text","text":"nine"}]},
		  {"type":"rich_text_section","elements":[{"type":"text","text":"ten"}]}]},
		{"type":"rich_text_list","style":"bullet","indent":1,"elements":[
		  {"type":"rich_text_section","elements":[{"type":"text","text":"in\nside"}]}]},
		{"type":"rich_text_quote","elements":[{"type":"text","text":"they said"}]},
		{"type":"rich_text_preformatted","elements":[{"type":"text","text":"a   b\n  c"}]}]}'
	preview
	shows 'one `two` ‹@here› a link (https://x.example) 🔥 Feb 18, 2014' \
		'9. nine' '10. ten' '  ◦ in' '    side' '┃ they said' \
		'  a   b' '    c' '' 'notification: the text'
}

@test "a table has its columns, as wide as they need to be and aligned" {
	blocks '{"type":"table","column_settings":[{},{"align":"right"}],"rows":[
		[{"type":"raw_text","text":"Account"},{"type":"raw_text","text":"Amount"}],
		[{"type":"raw_text","text":"101.10"},{"type":"raw_text","text":"1,250.50"}],
		[{"type":"raw_text","text":"東京"},{"type":"raw_text","text":"9.00"}]]}'
	preview
	shows 'Account │   Amount' '────────┼─────────' \
		'101.10  │ 1,250.50' '東京    │     9.00' '' \
		'notification: the text'
}

@test "a table that is wider than the box is wrapped inside its cells" {
	long=$(printf 'word%.0s ' {1..40})
	blocks '{"type":"table","rows":[[{"type":"raw_text","text":"'"$long"'"},
		{"type":"raw_text","text":"'"$long"'"},{"type":"raw_text","text":"end"}]]}'
	preview
	straight 80
	[ "$(grep -c 'word.*│.*word' out)" -gt 3 ]
	[ "$(grep -o word out | wc -l)" = 80 ]
}

@test "a table of more columns than there's room for loses none" {
	blocks "$(jq -nc '{type: "table", rows: [[range(20) | {type: "raw_text", text: "cell \(.)."}]]}')"
	preview
	straight 80
	[ "$(grep -c 'cell [0-9]*\.' out)" = 20 ]
}

@test "an attachment has a bar, its fields and its own blocks" {
	messages '{"channel":"#f","text":"x","attachments":[
		{"color":"good","pretext":"before","title":"T","title_link":"https://t.example",
		 "text":"*a*\nb","fields":[{"title":"F","value":"v"},{"title":"G","value":"w"}],"footer":"end"},
		{"blocks":[{"type":"header","text":{"type":"plain_text","text":"inner"}}]}]}'
	preview
	shows 'x' '' 'before' '▌ T (https://t.example)' '▌ a' '▌ b' \
		'▌ F                                     G' \
		'▌ v                                     w' '▌ end' '' '▌ inner'
}

@test "a message of blocks without a text says that it notifies nobody" {
	messages '{"channel":"#f","blocks":[{"type":"divider"}]}'
	preview
	grep -F 'notification: none, the message has no text' out
}

@test "what is rejected is shown where it would stand, with its reason" {
	messages '{"channel":"#a","text":"first"}' \
		'{"channel":"#b","blocks":[{"type":"header","text":{"type":"plain_text","text":""}}]}' \
		'{"channel":"#c","text":"last"}'
	run -65 preview
	[ "$(grep -c '^╭' out)" = 3 ]
	[[ $(grep -A1 '^╭─ REJECTED ─.* show · invoices 2 ─╮$' out) == *'/blocks/0/text'* ]]
	[[ $(<out) == *'#a'*first*REJECTED*'#c'*last* ]]
	[ "$(tail -n 1 out)" = '3 records, 2 messages, 1 rejected' ]
}

@test "a line that is no message is shown as rejected" {
	messages '{"channel":"#a","text":"good"}'
	echo 'not JSON' >>input
	run -65 preview
	grep -E '^╭─ REJECTED ─.* line~[0-9a-f]+ ─╮$' out
	[ "$(tail -n 1 out)" = '1 record, 1 message, 1 rejected' ]
}

@test "records that no filter wants are told of, those in a row together" {
	nothing 7
	messages '{"channel":"#a","text":"x"}'
	for id in 20 21 22; do nothing $id; done
	preview
	[ "$(head -n 1 out)" = 'invoices 7: no message' ]
	grep -x 'invoices 20 to invoices 22: 3 records without a message' out
	[ "$(tail -n 1 out)" = '5 records, 1 message' ]
}

@test "a pause of the input doesn't part records that no filter wants" {
	messages '{"channel":"#a","text":"now"}'
	nothing 2
	mkfifo pipe
	"$BIN/transform" --preview -f show=show.jq pipe >out 3>&- &
	exec 7>pipe
	cat input >&7
	until grep -q '│ now ' out; do
		kill -0 $!
	done
	nothing 3
	tail -n 1 input >&7
	exec 7>&-
	wait $!
	grep -x 'invoices 2 to invoices 3: 2 records without a message' out
}

@test "the same file gives the same preview, byte for byte" {
	jq -nc 'range(1; 6000) | {type:"RECORD", stream:"invoices",
		record:{InvoiceId:., m:[if . % 1999 == 0 then {channel:"#a", text:"x"} else empty end]}}' >>input
	preview
	mv out first
	[ "$(grep -c 'records without a message$' first)" -eq 4 ]
	for run in {2..12}; do
		preview
		cmp first out || { echo "run $run"; return 1; }
	done
}

@test "a file of another kind is told at once, not line by line" {
	jq -n '[range(1000) | {InvoiceId:.}]' >pages
	for format in terminal html url; do
		run -65 --separate-stderr "$BIN/transform" "--preview=$format" -f show=show.jq pages
		[[ $stderr == *"the first 20 lines hold no record; keep some lines that fetch wrote, a SCHEMA before the RECORDs of its stream"* ]]
		[[ $output != *REJECTED* ]]
		[ "$(wc -l <<<"$output")" -lt 100 ]
	done
	tail -n 1 pages >>input
	messages '{"channel":"#a","text":"good"}'
	cat pages >>input
	run -65 preview
	grep -q '│ good ' out
	tail -n 1 out | grep -E '^1 record, 1 message, [0-9]{4} rejected$'
	head -n 19 pages >few
	run -65 "$BIN/transform" --preview -f show=show.jq few
	[[ $output == *'0 records, 0 messages, 19 rejected'* ]]
}

@test "nothing is told of STATE, and the end is a count" {
	echo '{"type":"STATE","value":{"bookmarks":{}},"stats":{"records":0}}' >>input
	preview
	[ "$(<out)" = '0 records, 0 messages' ]
}

@test "a file or a pipe gets no escape" {
	blocks '{"type":"section","text":{"type":"mrkdwn","text":"*b* <https://x.example|l> <!here>"}}'
	TERM=xterm preview
	run -1 grep $'\e' out
}

@test "a terminal gets bold, colours and links" {
	blocks '{"type":"section","text":{"type":"mrkdwn","text":"*b* <https://x.example/ä|l>"}}'
	terminal 80
	grep -F $'\e[0;1mb\e[0m' out
	grep -F $'\e]8;;https://x.example/%C3%A4\e\\l\e]8;;\e\\' out
	plain
	shows 'b l' '' 'notification: the text'
}

@test "NO_COLOR and a dumb terminal get no escape" {
	blocks '{"type":"section","text":{"type":"mrkdwn","text":"*b*"}}'
	terminal 80 NO_COLOR=1
	run -1 grep $'\e' out
	terminal 80 TERM=dumb
	run -1 grep $'\e' out
	grep -F '│ b ' out
	terminal 80 NO_COLOR=
	grep -F $'\e' out
}

@test "a box is as wide as the terminal, up to 100 columns" {
	blocks '{"type":"section","text":{"type":"mrkdwn","text":"'"$(printf 'word%.0s ' {1..60})"'"}}'
	for columns in 24 60 99 100 101 200; do
		terminal $columns
		plain
		straight $((columns > 100 ? 100 : columns))
	done
}

@test "a title that doesn't fit is cut, and the record stands below it" {
	messages "$(jq -nc '{channel: ("#" + "c" * 78), text: "x"}')"
	preview
	straight 80
	[[ $(<out) == '╭─ #cccc'*'ccc… ──╮'*'│ show · invoices 1 '* ]]
}

@test "the edge of the box stays straight whatever the script" {
	messages "$(jq -nc '{channel: "#שלום", text: ("東京都港区" * 20 + " \u0301e\u0301" * 9
		+ " שלום עולם 123 " * 9 + "مرحبا بالعالم " * 9 + " 👩\u200d💻 ⚠\ufe0f 👍🏽 " * 9
		+ "x" * 200 + "\tt\ufeff")}')" \
		"$(jq -nc '{channel: "#f", text: "x", blocks: [{type: "section",
		fields: [("שלום", "東京都" * 20, "é", "مرحبا " * 9) | {type: "plain_text", text: .}]},
		{type: "rich_text", elements: [{type: "rich_text_preformatted",
		elements: [{type: "text", text: ("東" * 99)}]}]}]}')"
	preview
	straight 80
	terminal 31
	plain
	straight 31
}

@test "no control character of a record reaches the terminal" {
	evil='\u0000\u0001\u0002x\u0003\u0004\u0007\b\u001b[2J\u001b]0;t\u0007\u007f\u0085\u009b31m\u202e\u2066\r'
	messages '{"channel":"#f","text":"'"$evil"'","blocks":[{"type":"section",
		"text":{"type":"plain_text","text":"'"$evil"'"}},{"type":"actions","elements":[{"type":"button",
		"action_id":"a","text":{"type":"plain_text","text":"b"},"url":"https://x.example/'"$evil"'"}]}]}'
	preview
	run -1 env LC_ALL=C.UTF-8 grep -P '[\x00-\x08\x0b-\x1f\x7f-\x9f\x{202a}-\x{202e}\x{2066}-\x{2069}]' out
	straight 80
	terminal 80
	plain
	run -1 env LC_ALL=C.UTF-8 grep -P '[\x00-\x08\x0b-\x1f\x7f-\x9f\x{202a}-\x{202e}\x{2066}-\x{2069}]' out
	straight 80
}

@test "--preview=html is one page that loads nothing, light and dark" {
	blocks '{"type":"header","text":{"type":"plain_text","text":"Invoice 12"}},
		{"type":"image","image_url":"https://x.example/i.png","alt_text":"a chart"}'
	preview html
	[[ $(<out) == '<!DOCTYPE html>'*'prefers-color-scheme:dark'*'#finance'*'show · invoices 1'*'<div class="header">Invoice 12</div>'*'a chart'*'Notification: the text'*'1 record, 1 message'*'</html>' ]]
	run -1 grep -Ei '<script|src=|@import|url\(|<link|<iframe|<img' out
}

@test "nothing of a message becomes markup of the page" {
	messages '{"channel":"#<b>f\"","text":"<script>alert(1)</script>","username":"<i>","blocks":[{"type":"section",
		"text":{"type":"plain_text","text":"</div><script>alert(2)</script>"}},
		{"type":"actions","elements":[{"type":"button","action_id":"a","text":{"type":"plain_text","text":"\"><u>"},
		"url":"https://x.example/\"onclick=alert(3)"}]}]}'
	preview html
	[[ $(<out) == *'#&lt;b&gt;f&quot;'*'&lt;/div&gt;&lt;script&gt;'* ]]
	run -1 grep -E '<script|<u>|<i>|"onclick' out
}

@test "no control character of a message gets into the page" {
	evil='\u0000\u0001x\u0007\b\u000b\u001b[2J\u007f\u0080\u009fy\r\u00a0\u00e9\t\n'
	messages '{"channel":"#f","text":"'"$evil"'","username":"a\u0000b","blocks":[{"type":"section",
		"text":{"type":"plain_text","text":"'"$evil"'"}},{"type":"section","text":{"type":"mrkdwn","text":"'"$evil"'"}},
		{"type":"actions","elements":[{"type":"button","action_id":"a","text":{"type":"plain_text","text":"b"},
		"url":"https://x.example/\u0001\u0085'"$evil"'"}]}]}'
	preview html
	run -1 env LC_ALL=C.UTF-8 grep -aP '[\x00-\x08\x0b-\x1f\x7f-\x9f]' out
	[[ $(<out) == *$'\ufffd\ufffdx\ufffd\ufffd\ufffd\ufffd[2J\ufffd\ufffd\ufffdy\ufffd\u00a0\u00e9\t<br>'* ]]
	[[ $(<out) == *$'href="https://x.example/\ufffd\ufffd'* ]]
}

@test "the page shows what was rejected, and records without a message" {
	messages '{"channel":"#a","text":"first"}' '{"channel":"#<b>"}'
	nothing 3
	run -65 preview html
	[[ $(<out) == *'card rejected'*'Rejected'*'show · invoices 2'*'class="reason"'*'invoices 3: no message'*'3 records, 1 message, 1 rejected'* ]]
}

# builder LINE: the JSON of the link on this line.
builder() {
	local link
	link=$(sed -n "${1}p" out)
	[[ $link =~ ^https://app\.slack\.com/block-kit-builder/#[A-Za-z0-9._~%-]+$ ]]
	link=${link#*#}
	printf '%b' "${link//%/\\x}"
}

@test "--preview=url is a link to Block Kit Builder for each message" {
	blocks '{"type":"header","text":{"type":"plain_text","text":"100% \"ä\" & 東"}}'
	messages '{"channel":"#a","text":"only *text*"}' \
		'{"channel":"#a","attachments":[{"text":"a"}]}'
	nothing 9
	preview url
	[ "$(wc -l <out)" = 3 ]
	[ "$(builder 1)" = '{"blocks":[{"type":"header","text":{"type":"plain_text","text":"100% \"ä\" & 東"}}]}' ]
	[ "$(builder 2)" = '{"blocks":[{"type":"section","text":{"type":"mrkdwn","text":"only *text*"}}]}' ]
	[ "$(builder 3)" = '{"attachments":[{"text":"a"}]}' ]
}

@test "--preview=url tells of what was rejected on standard error" {
	messages '{"channel":"#b"}' '{"channel":"#a","text":"x"}'
	run -65 --separate-stderr preview url
	[[ $stderr == *"filter 'show': records rejected: 1"* ]]
	[ "$(wc -l <out)" = 1 ]
}

@test "a message is shown while its input is still open" {
	messages '{"channel":"#a","text":"now"}'
	mkfifo pipe
	"$BIN/transform" --preview -f show=show.jq pipe >out 3>&- &
	exec 7>pipe
	cat input >&7
	until grep -q '│ now ' out; do
		kill -0 $!
	done
	run -1 grep 'message$' out
	exec 7>&-
	wait $!
	[ "$(tail -n 1 out)" = '1 record, 1 message' ]
}

@test "a preview in a format that there isn't is a usage error" {
	run -64 preview pdf
	[ ! -s out ]
}

@test "a preview that can't be written ends with 74" {
	messages '{"channel":"#a","text":"x"}'
	run -74 sh -c '"$BIN/transform" --preview -f show=show.jq input >/dev/full'
	[[ $output == *'transform: '* ]]
}

@test "the shipped filters' messages about ugly records are shown, straight" {
	jq -nc -f "$BATS_TEST_DIRNAME/golden/records.jq" >records
	"$BIN/transform" --preview -d "$BATS_TEST_DIRNAME/../pipelines/filters" records >out
	straight 80
	[ "$(grep -c '^╭' out)" -gt 10 ]
	grep -F '<!channel> & *Bold* _Co_ :fire: `x`' out
	run -1 grep -F '‹@channel›' out
}
