#!/usr/bin/env bats
# transform: every record passes every filter, and nothing of it is lost.
load helper
export BIN

setup() {
	cd "$BATS_TEST_TMPDIR"
	unset LEDGERPIPE_CONFIG
	SCHEMA='{"type":"SCHEMA","stream":"invoices","schema":{},"key_properties":["InvoiceId"],"bookmark_properties":["LastUpdateDate"],"amount_property":"InvoiceAmount","currency_property":"InvoiceCurrency"}'
	STATE='{"type":"STATE", "value":{"bookmarks":{"invoices":{}}},"stats":{"records":1}}'
	MESSAGE='{channel:"#finance",text:"x"}'
}

# filter NAME PROGRAM: a filter file.
filter() {
	printf '%s\n' "$2" >"$1.jq"
}

# record MEMBERS: a RECORD line of invoice 1, with these members too.
record() {
	printf '{"type":"RECORD","stream":"invoices","record":{"InvoiceId":1%s}}\n' \
		"${1:+,$1}"
}

# input LINE...: the SCHEMA and these lines.
input() {
	printf '%s\n' "$SCHEMA" "$@" >input
}

# transform ARGS...: over the input, into "out".
transform() {
	"$BIN/transform" "$@" <input >out
}

# get JQ: what the output holds, every line of it.
get() {
	jq -cs "$1" out
}

# rejects WHY [PROGRAM]: the filter's output is rejected, and its error says so.
rejects() {
	filter f "$2"
	input "$(record)"
	run -65 --separate-stderr transform -f f=f.jq
	[ "$(get 'map(.type)')" = '["REJECT","SEEN"]' ]
	[[ "$(get '.[0].error')" == *"$1"* ]]
}

@test "a record becomes the message, its account and nothing else" {
	filter f '{channel:"#finance", text:"Invoice \($id)"}'
	input "$(record '"LastUpdateDate":"2026-11-24T03:57:11.0421+01:00"')"
	transform -f finance=f.jq
	[ "$(get length)" = 2 ]
	version=$(get '.[0].record_version | fromjson?')
	[ -z "$version" ]
	version=$(jq -rs '.[0].record_version' out)
	[[ $version =~ ^2026-11-24T02:57:11\.042Z~[0-9a-f]{16}$ ]]
	[ "$(get '.[0]')" = '{"type":"MESSAGE","filter":"finance","stream":"invoices","record_id":"1","record_version":"'"$version"'","position":0,"key":"finance:invoices:1:#finance:'"$version"':0","payload":{"channel":"#finance","text":"Invoice 1"}}' ]
	[ "$(get '.[1]')" = '{"type":"SEEN","stream":"invoices","record_id":"1","record_version":"'"$version"'","amount":null,"currency":null,"messages":{"finance":1}}' ]
}

@test "a filter may make no message, one or several, each with its position" {
	filter f 'range(.n) | {channel:"#c", text:"\(.)"}'
	input "$(record '"n":0')" "$(record '"n":1')" "$(record '"n":3')"
	transform -f f=f.jq
	[ "$(get 'map(.position // .messages.f)')" = '[0,0,1,0,1,2,3]' ]
	[ "$(get '[.[] | select(.type == "MESSAGE").key] | unique | length')" = 4 ]
}

@test "all filters see each record, in the order of the command line" {
	filter f "$MESSAGE"
	filter g empty
	input "$(record)" "$(record)"
	transform -f b=f.jq -f a=f.jq -f c=g.jq
	[ "$(get 'map(.filter // .messages)')" = \
		'["b","a",{"b":1,"a":1,"c":0},"b","a",{"b":1,"a":1,"c":0}]' ]
}

@test "STATE passes byte for byte, after what came before it" {
	filter f "$MESSAGE"
	STATE='{ "stats":{"records":1}, "value" : {"a":1.10,"é":"\u00e9"},"type":"STATE"}  '
	input "$(record)" "$STATE" "$(record)" "$STATE"
	transform -f f=f.jq
	[ "$(get 'map(.type)')" = '["MESSAGE","SEEN","STATE","MESSAGE","SEEN","STATE"]' ]
	[ "$(sed -n 3p out)" = "$STATE" ]
	[ "$(sed -n 6p out)" = "$STATE" ]
}

@test "a stranger's mark-up is inert in mrkdwn and whole in plain and rich text" {
	filter f '{channel:"#c", text:.s, blocks:[
		{type:"header", text:{type:"plain_text", text:.s}},
		{type:"section", text:{type:"mrkdwn", text:.s}},
		{type:"rich_text", elements:[{type:"rich_text_section", elements:[
			{type:"text", text:.s}]}]},
		{type:"table", rows:[[{type:"raw_text", text:.s}, {type:"rich_text",
			elements:[{type:"rich_text_section", elements:[
			{type:"text", text:.s}]}]}]]}]}'
	input "$(record '"s":"<!channel> *b* &lt; &amp;lt; A&B"')"
	transform -f f=f.jq
	escaped='"&lt;!channel&gt; *b* &amp;lt; &amp;amp;lt; A&amp;B"'
	whole='"<!channel> *b* &lt; &amp;lt; A&B"'
	[ "$(get '.[0].payload | [.text, .blocks[1].text.text] | unique')" = "[$escaped]" ]
	[ "$(get '.[0].payload.blocks | [.[0].text.text,
		.[2].elements[0].elements[0].text, .[3].rows[0][0].text,
		.[3].rows[0][1].elements[0].elements[0].text] | unique')" = "[$whole]" ]
}

@test "URLs, values and alternative texts are as the record had them" {
	filter f '{channel:"#c", text:"x", username:.s, icon_url:.s, blocks:[
		{type:"image", image_url:.s, alt_text:.s, block_id:.s},
		{type:"actions", elements:[{type:"button", url:.s, value:.s,
			action_id:.s, text:{type:"plain_text", text:.s}}]}]}'
	input "$(record '"s":"https://x.example/?b=1&c=<2>"')"
	transform -f f=f.jq
	[ "$(get '.[0].payload | [.username, .icon_url, (.blocks[0] |
		.image_url, .alt_text, .block_id), (.blocks[1].elements[0] |
		.url, .value, .action_id, .text.text)] | unique')" = '["https://x.example/?b=1&c=<2>"]' ]
}

@test "an option's value and a label for a screen reader are as the record had them" {
	filter f '{channel:"#c", text:"x", blocks:[{type:"actions", elements:[
		{type:"button", accessibility_label:.s, text:{type:"plain_text", text:"x"}},
		{type:"overflow", options:[{text:{type:"plain_text", text:.s}, value:.s}]}]}],
		attachments:[{title_link:.s, thumb_url:.s, author_link:.s}]}'
	input "$(record '"s":"https://x.example/?b=1&c=<2>"')"
	transform -f f=f.jq
	[ "$(get '.[0].payload | [(.blocks[0].elements | .[0].accessibility_label,
		(.[1].options[0] | .text.text, .value)), .attachments[0][]] |
		[length, unique]')" = '[6,["https://x.example/?b=1&c=<2>"]]' ]
}

@test "what an attachment calls itself makes nothing in it act" {
	filter f '(.s | {type:"rich_text", text:., value:., fields:[{title:., value:.},
		{type:"button", title:., value:.}]}) as $a
		| {channel:"#c", attachments:[$a, $a + {type:"plain_text"}]}'
	input "$(record '"s":"<!channel>"')"
	transform -f f=f.jq
	[ "$(get '.[0].payload | [.. | strings | select(test("channel"))] | unique')" = \
		'["&lt;!channel&gt;"]' ]
}

@test "an id or a stream with mark-up in it is inert, and the key has it whole" {
	filter f '{channel:"#c", text:"\($id) \($stream)"}'
	input '{"type":"SCHEMA","stream":"<&>","key_properties":["a"]}' \
		'{"type":"RECORD","stream":"<&>","record":{"a":"<!channel>"}}'
	transform -f f=f.jq
	[ "$(get '.[0] | [.payload.text, .record_id, .stream, .key[:20]]')" = \
		'["&lt;!channel&gt; &lt;&amp;&gt;","<!channel>","<&>","f:<&>:<!channel>:#c:"]' ]
}

@test "\$raw is the record with nothing escaped" {
	filter f '{channel:"#c", text:($raw.s == "A & B" | tostring)}'
	input "$(record '"s":"A & B"')"
	transform -f f=f.jq
	[ "$(get '.[0].payload.text')" = '"true"' ]
}

@test "\$stream, \$id, \$version and \$filter are those of the record and the filter" {
	filter f '{channel:"#c", text:([$stream, $id, $version, $filter] | tojson)}'
	input "$(record)"
	transform -f name=f.jq
	[ "$(get '.[0] | (.payload.text | fromjson) ==
		[.stream, .record_id, .record_version, .filter]')" = true ]
}

@test "long integers keep every digit, as strings, and the id does too" {
	filter f '{channel:"#c", text:(.n | tojson)}'
	n='[9007199254740992,9007199254740993,-9007199254740993,300000123456789012]'
	input '{"type":"RECORD","stream":"invoices","record":{"InvoiceId":300000123456789012,"n":'"$n"'}}'
	transform -f f=f.jq
	[ "$(get '.[0].payload.text | fromjson')" = \
		'[9007199254740992,"9007199254740993","-9007199254740993","300000123456789012"]' ]
	[ "$(get '.[0].record_id')" = '"300000123456789012"' ]
}

@test "numbers are written as the shortest that reads back the same" {
	filter f '{channel:"#c", attachments:[{text:"x", n:.n}]}'
	input "$(record '"n":[0.1,1250.10,-0,1e3,0.1e-6,123456789.123]')"
	transform -f f=f.jq
	grep -qF '"n":[0.1,1250.1,0,1000,1e-07,123456789.123]' out
}

@test "an amount is the source's digits, and what isn't a number is null" {
	filter f empty
	input "$(record '"InvoiceAmount":1234567.10,"InvoiceCurrency":"USD"')" \
		"$(record '"InvoiceAmount":-1E+3,"InvoiceCurrency":null')" \
		"$(record '"InvoiceAmount":"12","InvoiceCurrency":""')"
	transform -f f=f.jq
	[ "$(get 'map([.amount, .currency])')" = \
		'[["1234567.10","USD"],["-1E+3",null],[null,null]]' ]
}

@test "a key of several members is joined, strings and numbers alike" {
	filter f empty
	input '{"type":"SCHEMA","stream":"s","schema":{},"key_properties":["a","b"]}' \
		'{"type":"RECORD","stream":"s","record":{"b":"é\u0041","a":1.0}}'
	transform -f f=f.jq
	[ "$(get '.[0] | [.record_id, .record_version[:1]]')" = '["1.0:éA","~"]' ]
}

@test "parts of a key are told apart, and none holds a control character" {
	filter f empty
	input '{"type":"SCHEMA","stream":"s","key_properties":["a","b"]}' \
		'{"type":"SCHEMA","stream":"t","key_properties":["a"]}' \
		'{"type":"RECORD","stream":"s","record":{"a":"x:y","b":"z%"}}' \
		'{"type":"RECORD","stream":"s","record":{"a":"x","b":"y:z%"}}' \
		'{"type":"RECORD","stream":"t","record":{"a":"x:y%"}}' \
		'{"type":"RECORD","stream":"t","record":{"a":"x\u0000y"}}' \
		'{"type":"RECORD","stream":"s","record":{"a":"x","b":"\n"}}' \
		'{"type":"RECORD","stream":"t","record":{"a":"'"$(printf 'x%.0s' {1..1025})"'"}}'
	run -65 --separate-stderr transform -f f=f.jq
	[ "$(get '.[:3] | map(.record_id)')" = '["x%3Ay:z%25","x:y%3Az%25","x:y%"]' ]
	[ "$(get '.[3:] | map([.type, .error] | join(" "))')" = '["REJECT a record of '"'t' has a control character in its key 'a'"'","REJECT a record of '"'s' has a control character in its key 'b'"'","REJECT a record of '"'t' has a key of more than 1024 bytes"'"]' ]
}

@test "of members with one name the first counts, for the filter as for the id" {
	filter f '{channel:"#c", text:"\(.InvoiceId) \($raw.n)"}'
	input "$(record '"InvoiceId":2,"n":"a","n":"b"')"
	transform -f f=f.jq
	[ "$(get '.[0] | [.record_id, .payload.text]')" = '["1","1 a"]' ]
}

@test "the same record read again has the same key, whatever its page and spacing" {
	filter f "$MESSAGE"
	input "$(record '"l":{"items":[1],"count":1,"hasMore":false,"limit":25,"offset":0,"links":[]}')" \
		"$(record '"l" : {"items":[ 1 ],"count":9,"hasMore":true,"limit":500,"totalResults":9}')"
	transform -f f=f.jq
	[ "$(get 'map(select(.key).key) | [length, (unique | length)]')" = '[2,1]' ]
}

@test "a change under the same stamp is another version" {
	filter f empty
	stamp='"LastUpdateDate":"2026-11-24T00:00:00Z"'
	input "$(record "$stamp")" "$(record "$stamp,\"count\":1")" "$(record "$stamp,\"count\":2")"
	transform -f f=f.jq
	[ "$(get 'map(.record_version) | unique | length')" = 3 ]
	[ "$(get 'map(.record_version[:25]) | unique')" = '["2026-11-24T00:00:00.000Z~"]' ]
}

@test "a filter's own key stands in place of the record's" {
	filter f '{channel:"#c", text:"x", delivery:{key:"daily", on_change:"edit",
		not_before:"2026-11-24T00:00:00Z", digest:{by:1}}}'
	input "$(record)"
	transform -f f=f.jq
	[ "$(get '.[0] | [.key, .payload, .delivery]')" = '["f:=daily:#c",{"channel":"#c","text":"x"},{"key":"daily","on_change":"edit","not_before":"2026-11-24T00:00:00Z","digest":{"by":1}}]' ]
}

@test "an output that Slack would refuse is rejected with the reason" {
	rejects 'must be an object' 1
	rejects '/channel: is missing' '{text:"x"}'
	rejects '/channel: must be a string' '{channel:"", text:"x"}'
	rejects '/channel: must be a string' '{channel:"a\nb", text:"x"}'
	rejects '/channel: must be a string' '{channel:("é" * 81), text:"x"}'
	rejects "/channel: holds a ':'" '{channel:"C1:2", text:"x"}'
	rejects 'text or blocks' '{channel:"#c"}'
	rejects 'text or blocks' '{channel:"#c", text:"", blocks:[]}'
	rejects '/text: must be a string' '{channel:"#c", text:1}'
	rejects '/text: has 4001 characters' '{channel:"#c", text:("é" * 4001)}'
	rejects '/blocks/1/text/text: must be less than 151' '{channel:"#c", blocks:[
		{type:"divider"}, {type:"header", text:{type:"plain_text", text:("x" * 151)}}]}'
	rejects '/blocks: count' '{channel:"#c", blocks:[range(4) | {type:"section",
		text:{type:"plain_text", text:("x" * 3000)}}]}'
	rejects 'nested deeper' '{channel:"#c", text:"x", a:(reduce range(70) as $i (1; [.]))}'
	rejects 'over the ceiling' '{channel:"#c", text:"x", a:("x" * 300000)}'
}

@test "channel and text at their ceilings are messages" {
	filter f '{channel:("é" * 80), text:("é" * 4000)}'
	input "$(record)"
	transform -f f=f.jq
	[ "$(get '.[0].payload | map_values(length)')" = '{"channel":80,"text":4000}' ]
}

@test "what is not a filter's to say is rejected" {
	for name in metadata token as_user markdown_text parse link_names; do
		rejects "/$name: " "{channel:\"#c\", text:\"x\", $name:true}"
	done
}

@test "a line is nested as deep as deliver reads, or rejected" {
	filter f '{channel:"#c", text:"x", attachments:[{a:(reduce range(.n - 2) as $i (1; [.]))}]}'
	filter g '{channel:"#c", text:"x", delivery:{digest:(reduce range(.n) as $i (1; [.]))}}'
	input "$(record '"n":61')" "$(record '"n":62')" "$(record '"n":63')" "$(record '"n":64')"
	run -65 --separate-stderr transform -f f=f.jq
	[ "$(get 'map(select(.filter).type)')" = '["MESSAGE","MESSAGE","REJECT","REJECT"]' ]
	# one deeper, as deliver has it, is read again
	run -0 --separate-stderr "$BIN/transform" -f f=f.jq <(sed -n 3p out)
	run -65 --separate-stderr transform -f f=g.jq
	[ "$(get 'map(select(.filter).type)')" = '["MESSAGE","REJECT","REJECT","REJECT"]' ]
}

@test "a message may be attachments alone, and blocks null" {
	filter f '{channel:"#c", blocks:null, attachments:[{color:"#f00", text:"x"}]}'
	input "$(record)"
	transform -f f=f.jq
	[ "$(get '.[0].payload.blocks')" = null ]
	rejects 'text or blocks' '{channel:"#c", blocks:null}'
	rejects '/attachments: no more than 100' '{channel:"#c", text:"x", attachments:[range(101) | {text:"x"}]}'
}

@test "the budget of a message counts an ampersand as Slack keeps it" {
	rejects '/blocks: count 12200' '{channel:"#c", blocks:[range(2) | {type:"section",
		text:{type:"plain_text", text:("&" * 1200)}}]}'
	filter f '{channel:"#c", blocks:[range(2) | {type:"section",
		text:{type:"mrkdwn", text:("&amp;" * 590)}}]}'
	input "$(record)"
	transform -f f=f.jq
	[ "$(get '.[0].type')" = '"MESSAGE"' ]
}

@test "a delivery that can't be meant is rejected" {
	rejects '/delivery: must be an object' "$MESSAGE + {delivery:null}"
	rejects '/delivery: takes' "$MESSAGE + {delivery:{channel:1}}"
	rejects '/delivery/key' "$MESSAGE + {delivery:{key:\"\"}}"
	rejects '/delivery/key' "$MESSAGE + {delivery:{key:(\"x\" * 201)}}"
	rejects '/delivery/on_change' "$MESSAGE + {delivery:{on_change:\"shout\"}}"
	rejects '/delivery/not_before' "$MESSAGE + {delivery:{not_before:\"soon\"}}"
}

@test "twenty outputs are taken, one more is rejected" {
	filter f "range(20) | $MESSAGE"
	input "$(record)"
	transform -f f=f.jq
	[ "$(get '.[-1].messages.f')" = 20 ]
	rejects 'more than 20' "range(21) | $MESSAGE"
	rejects 'more than 20' "repeat($MESSAGE)"
}

@test "a filter that fails takes none of its neighbours along" {
	filter good "$MESSAGE"
	filter bad "$MESSAGE, (if .n == 2 then error(\"no <\\u0001> tax\") else empty end)"
	input "$(record '"n":1')" "$(record '"n":2,"s":"<&>","x":1.10')" "$(record '"n":3')" "$STATE"
	run -65 --separate-stderr transform -f bad=bad.jq -f good=good.jq
	[ "$(get 'map(.type[0:1] + (.filter // ""))')" = \
		'["Mbad","Mgood","S","Rbad","Mgood","S","Mbad","Mgood","S","S"]' ]
	[ "$(get '.[3].error')" = '"no <?> tax"' ]
	[ "$(get '.[5].messages')" = '{"bad":1,"good":1}' ]
	grep -qF '"record":{"InvoiceId":1,"n":2,"s":"<&>","x":1.10}}' out
	[[ $stderr == *"'bad': records rejected: 1"* ]]
	[[ $stderr != *tax* ]]
}

@test "the first reject of a filter is told, but nothing that a filter says" {
	filter ours '
		if .n == 1 then {channel:"#c", text:"x"}
		elif .n == 2 then {channel:"#c", text:2} else {text:"x"} end'
	filter own 'if .n > 1 then error(.secret) else empty end'
	input "$(record '"n":1')" "$(record '"n":2,"secret":"tax"')" \
		"$(record '"n":3,"secret":"tax"')"
	run -65 --separate-stderr transform -f ours=ours.jq -f own=own.jq
	[ "${stderr_lines[0]}" = "transform: filter 'ours': records rejected: 2; their REJECT lines say why; the first: invoices 1: output 0: /text: must be a string" ]
	[ "${stderr_lines[1]}" = "transform: filter 'own': records rejected: 2; their REJECT lines say why; the first: invoices 1" ]
	[ "${#stderr_lines[@]}" -eq 2 ]
}

@test "an error is told whatever it is made of, at a bearable length" {
	rejects '"{\"a\":[1]}"' 'error({a:[1]})'
	rejects 'Cannot' '.InvoiceId.x'
	filter f 'error("é" * 1000)'
	input "$(record)"
	run -65 transform -f f=f.jq
	[ "$(get '.[0].error == ("é" * 250)')" = true ]
}

@test "halting is a failure of one record, and the next one runs" {
	for how in halt halt_error '"x" | halt_error(3)'; do
		filter f "$MESSAGE, if .n == 1 then $how else empty end"
		input "$(record '"n":1')" "$(record '"n":2')"
		run -65 --separate-stderr transform -f f=f.jq
		[ "$(get 'map(.type)')" = '["REJECT","SEEN","MESSAGE","SEEN"]' ]
		[[ "$(get '.[0].error')" == *halted* ]]
	done
}

@test "a filter sees no environment and no input but its record" {
	export PLANTED=secret
	filter f '{channel:"#c", text:([env, $ENV] | tojson)}'
	filter g '[inputs] | {channel:"#c", text:"x"}'
	filter h 'input | {channel:"#c", text:"x"}'
	input "$(record)" "$STATE"
	run -65 transform -f f=f.jq -f g=g.jq -f h=h.jq
	[ "$(get '.[0].payload.text')" = '"[{},{}]"' ]
	[ "$(get 'map(.type)')" = '["MESSAGE","REJECT","REJECT","SEEN","STATE"]' ]
}

@test "a ~/.jq is not read" {
	export HOME=$PWD
	echo 'def mine: 1;' >.jq
	filter f 'mine'
	input "$(record)"
	run -78 transform -f f=f.jq
}

@test "debug and stderr don't show a payload" {
	mkdir m
	echo 'def a: "secret" | stderr | debug;' >m/one.jq
	filter f 'import "one" as one; ("secret" | debug | stderr | one::a | empty)'
	input "$(record)"
	run -0 --separate-stderr transform -L m -f f=f.jq
	[ -z "$stderr" ]
	# and what transform has to say itself still comes
	input "$(record)" broken
	run -65 --separate-stderr transform -L m -f f=f.jq
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == *'line 3'* ]]
}

@test "modules come from -L, the filter's own folder and beside the program" {
	mkdir m
	echo 'def a: "A";' >m/one.jq
	echo 'def b: "B";' >two.jq
	filter f 'include "two"; # not a ; program
		import "one" as one;
		import "slack" as slack;
		{channel:"#c", text:(one::a + b + ("x" | slack::plain.text))}'
	input "$(record)"
	transform -L m -f f=f.jq
	[ "$(get '.[0].payload.text')" = '"ABx"' ]
}

@test "a filter's own modules are found wherever it is run from" {
	mkdir mods away
	echo 'import "one" as one; def a: one::a + "!";' >mods/my.jq
	echo 'def a: "A";' >mods/one.jq
	filter mods/f 'import "my" as my; {channel:"#c", text:my::a}'
	input "$(record)"
	transform -f f=mods/f.jq
	[ "$(get '.[0].payload.text')" = '"A!"' ]
	cd away
	"$BIN/transform" -f f=../mods/f.jq ../input >../out
	cd ..
	[ "$(get '.[0].payload.text')" = '"A!"' ]
	mkdir -p all/lib
	mv mods/one.jq all/lib
	filter all/g 'import "lib/one" as one; {channel:"#c", text:one::a}'
	transform -d all
	[ "$(get '[.[0].payload.text, length]')" = '["A",2]' ]
}

@test "a shipped module is not replaced by a file in the current or the filter's folder" {
	mkdir mods m
	echo 'def escape: "replaced";' | tee slack.jq >mods/slack.jq
	echo 'def a: "not to be found";' >my.jq
	filter mods/f 'import "slack" as slack; {channel:"#c", text:("<" | slack::escape)}'
	input "$(record)"
	transform -f f=mods/f.jq
	[ "$(get '.[0].payload.text')" = '"&lt;"' ]
	filter mods/g 'import "my" as my; {channel:"#c", text:my::a}'
	run -78 --separate-stderr transform -f g=mods/g.jq
	[[ $stderr == *"module not found: my"* ]]
	mv slack.jq m
	transform -L m -f f=mods/f.jq
	[ "$(get '.[0].payload.text')" = '"replaced"' ]
}

@test "an import can't reach another folder" {
	mkdir m
	echo '"out of bounds"' >m/data.json
	for search in '{search:"m"}' '{"sea\u0072ch":"./m"}'; do
		filter f "import \"data\" as \$d $search; {channel:\"#c\", text:\$d}"
		input "$(record)"
		run -78 --separate-stderr transform -f f=f.jq
		[[ $stderr == *metadata* ]]
	done
	echo "import \"two\" as two; def a: 1;" >m/one.jq
	mkdir m/two
	echo 'module {name: "two"}; import "data" as $d {search:"/etc"}; def b: $d;' >m/two/two.jq
	filter f 'import "one" as one; {channel:"#c", text:"x"}'
	run -78 --separate-stderr transform -L m -f f=f.jq
	[[ $stderr == *"/m/two/two.jq': an import takes no metadata"* ]]
	echo 'module {name: "two"}; import "one" as one; def b: 1;' >m/two/two.jq
	filter f 'import "o\u006ee" as one; {channel:"#c", text:"x"}'
	run -78 --separate-stderr transform -L m -f f=f.jq
	[[ $stderr == *backslash* ]]
	filter f 'import "two" as $two; {channel:"#c", text:"x"}'
	run -78 transform -L m -f f=f.jq
	echo '"out of bounds"' >data.json
	echo 'def a: "out of bounds";' >up.jq
	for import in 'import "../data" as $d' 'import "../up" as up' \
		'include "../up"' 'import "./x" as x' 'import "a//b" as b' \
		'import "/etc/x" as x' 'import "two/../../up" as up'; do
		filter f "$import; {channel:\"#c\", text:\"x\"}"
		run -78 --separate-stderr transform -L m -f f=f.jq
		[[ $stderr == *"an import can't lead to another folder"* ]]
	done
}

@test "no form of a module that libjq looks for hides what it imports" {
	mkdir -p m/mod/jq
	echo 'import "key" as $k {search:"/etc"}; def x: $k;' >m/mod/jq/main.jq
	filter f 'import "mod" as mod; {channel:"#c", text:mod::x}'
	input "$(record)"
	run -78 --separate-stderr transform -L m -f f=f.jq
	[[ $stderr == *"/mod/jq/main.jq': an import takes no metadata"* ]]
}

@test "no comment hides an import from some version of jq" {
	mkdir m
	input "$(record)"
	filter f 'import "m" as m; {channel:"#c", text:m::a}'
	for head in '# \\\n' '# \\\r\n'; do
		printf "${head}import \"../f\" as f;\ndef a: \"A\";\n" >m/m.jq
		run -78 --separate-stderr transform -L m -f f=f.jq
		[[ $stderr == *"/m/m.jq': an import must not stand near"* ]]
	done
	printf '# \\ one\ndef a: "A"; # \\\n' >m/m.jq
	transform -L m -f f=f.jq
	[ "$(get '.[0].payload.text')" = '"A"' ]
}

@test "modules import one another 64 deep, and no deeper" {
	mkdir m
	for n in {1..70}; do
		echo "import \"m$((n + 1))\" as m; def a: m::a;" >m/m$n.jq
	done
	echo 'def a: "A";' >m/m64.jq
	filter f 'import "m1" as m; {channel:"#c", text:m::a}'
	input "$(record)"
	transform -L m -f f=f.jq
	[ "$(get '.[0].payload.text')" = '"A"' ]
	echo 'import "m65" as m; def a: m::a;' >m/m64.jq
	run -78 --separate-stderr transform -L m -f f=f.jq
	[[ $stderr == *"/m/m64.jq': an import is nested too deep"* ]]
}

@test "a name of thousands of characters is looked at in full" {
	name=$(printf 'abcdefghi%d/' {1000..1199})
	mkdir -p "m/$name"
	echo '"out of bounds"' >key.json
	echo "import \"key\" as \$k {search:\"$PWD\"}; def x: \$k[0];" \
		>"m/${name}x.jq"
	filter f "import \"${name}x\" as x; {channel:\"#c\", text:x::x}"
	input "$(record)"
	run -78 --separate-stderr transform -L m -f f=f.jq
	[[ $stderr == *"the module '$PWD/m/abcdefghi1000/"* ]]
}

@test "a link doesn't lead an import out of its folder, nor to what is no file" {
	mkdir m
	echo '"out of bounds"' >key.json
	echo 'def a: "out of bounds";' >key.jq
	ln -s ../key.json m/data.json
	ln -s ../key.jq m/code.jq
	ln -s /dev/zero m/zero.json
	mkfifo m/pipe.jq
	input "$(record)"
	for import in 'import "data" as $d' 'import "code" as code' \
		'import "zero" as $d' 'include "pipe"'; do
		filter f "$import; {channel:\"#c\", text:\"x\"}"
		run -78 --separate-stderr transform -L m -f f=f.jq
		[[ $stderr == *"leads out of its folder"* || $stderr == *"is no regular file"* ]]
	done
}

@test "a filter that is a FIFO or a device is refused, not waited for" {
	mkfifo pipe.jq
	input "$(record)"
	for file in pipe.jq /dev/zero; do
		run -78 --separate-stderr transform -f "f=$file"
		[[ $stderr == *"($file): is no regular file; save the program in one" ]]
	done
}

@test "a filter that doesn't compile is one line with its name, file and line" {
	filter f 'import "slack" as slack;
{channel:"#c",
 text:; }'
	input "$(record)"
	run -78 --separate-stderr transform -f finance=f.jq
	[ ! -s out ]
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == "transform: filter 'finance' (f.jq): line 3: syntax error"* ]]
	[[ $stderr != *quoting* ]]
	filter f 'nothing_like_it'
	run -78 --separate-stderr transform -f finance=f.jq
	[[ $stderr == *"line 1: nothing_like_it/0 is not defined, in: "* ]]
	filter f 'import "nowhere" as n; 1'
	run -78 --separate-stderr transform -f finance=f.jq
	[[ $stderr == *nowhere* ]]
}

@test "what doesn't compile is shown with its line, of a module too" {
	filter f $'# one\nselect(.a)\n| {channel: foo(1),\n text: "x"}'
	run -78 --separate-stderr "$BIN/transform" -f f=f.jq </dev/null
	[ "$stderr" = "transform: filter 'f' (f.jq): line 3: foo/1 is not defined, in: | {channel: foo(1)," ]
	filter f '.a as [$x | 3'
	run -78 --separate-stderr "$BIN/transform" -f f=f.jq </dev/null
	[[ "$stderr" == *", in: .a as [\$x | 3" ]]
	mkdir lib
	printf 'def a: 1;\ndef b: .x | | 3;\n' >lib/m.jq
	filter f 'import "lib/m" as m; m::b'
	run -78 --separate-stderr "$BIN/transform" -f f=f.jq </dev/null
	[[ "$stderr" == *"/lib/m.jq, line 2, "*"in: def b: .x | | 3;" ]]
}

@test "a filter with a byte order mark and CRLF compiles, lines counted right" {
	printf '\357\273\277import "slack" as s;\r\n{channel:"#c",\r\n text:"x\ry"}\r\n' >f.jq
	input "$(record)"
	transform -f f=f.jq
	[ "$(get '.[0].payload.text')" = '"x\ry"' ]
	printf '\357\273\2771 |\r\nnothing_like_it\r\n' >f.jq
	run -78 --separate-stderr transform -f f=f.jq
	[[ $stderr == *"line 2: nothing_like_it/0 is not defined, in: "* ]]
}

@test "a missing, an empty and a binary filter are each an error that names the file" {
	input "$(record)"
	: >empty.jq
	printf '1\0' >binary.jq
	for file in missing.jq empty.jq binary.jq .; do
		run -78 --separate-stderr transform -f f=$file
		[ "${#stderr_lines[@]}" = 1 ]
		[[ $stderr == *"$file"* ]]
	done
}

@test "-d runs a folder's filters in the order of their names" {
	mkdir d
	filter d/b "$MESSAGE"
	filter d/a "$MESSAGE"
	echo '1 +' >d/.hidden.jq
	echo '1 +' >d/notes.txt
	input "$(record)"
	transform -d d
	[ "$(get '.[-1].messages')" = '{"a":1,"b":1}' ]
	filter 'd/no name' "$MESSAGE"
	run -78 --separate-stderr transform -d d
	[[ $stderr == *'no name'* ]]
}

@test "the configuration's filters run in its order, each with its own settings" {
	mkdir etc
	filter etc/f '{channel:($config.channel // "#none"), text:$filter}'
	cat >etc/config.json <<-'E'
	{"filters":{"z":{"file":"f.jq","config":{"channel":"#R&D"}},"a":{"file":"f.jq"}}}
	E
	input "$(record)"
	transform --config etc/config.json
	[ "$(get 'map(.payload // empty | [.channel, .text])')" = '[["#R&D","z"],["#none","a"]]' ]
	transform --config etc/config.json -f z=etc/f.jq
	[ "$(get 'map(.payload.channel // empty)')" = '["#R&D"]' ]
}

@test "a configuration that is wrong is 78, also when the filters are named" {
	filter f empty
	echo '{"filters":{"f":{"fiel":"f.jq"}}}' >ledgerpipe.json
	input "$(record)"
	run -78 --separate-stderr transform -f f=f.jq
	[[ $stderr == *filters.f.fiel* ]]
	echo '{"filters":{"f":{}}}' >ledgerpipe.json
	run -78 --separate-stderr transform
	[[ $stderr == *filters.f.file* ]]
	run -78 --separate-stderr transform --config missing.json -f f=f.jq
	[[ $stderr == *missing.json* ]]
}

@test "no filter at all is an error that says how to name one" {
	echo '{}' >ledgerpipe.json
	mkdir d
	input "$(record)"
	for arguments in '' '-d d'; do
		run -78 --separate-stderr transform $arguments
		[[ $stderr == *'-f NAME=FILE'* ]]
	done
}

@test "two filters of one name are refused, and so is a name that is none" {
	filter f empty
	input "$(record)"
	run -78 --separate-stderr transform -f f=f.jq -f f=f.jq
	[[ $stderr == *"two filters 'f'"* ]]
	for name in '' 'a b' 'a:b' "$(printf 'x%.0s' {1..65})"; do
		run -78 transform -f "$name=f.jq"
	done
	transform -f "$(printf 'x%.0s' {1..64})=f.jq"
}

@test "a line that is no message is kept as a REJECT, and its neighbours go on" {
	filter f "$MESSAGE"
	input 'not "json' '[1]' '{"type":1}' '{"type":"RECORD","stream":"other","record":{}}' \
		'{"type":"RECORD","stream":"invoices"}' '{"type":"RECORD","stream":"invoices","record":{}}' \
		'{"type":"RECORD","record":{}}' '{"type":"SCHEMA","stream":"s","key_properties":[]}' '' \
		"$(record)" "$STATE"
	run -65 --separate-stderr transform -f f=f.jq
	[ "$(get 'map(.type)')" = '["REJECT","REJECT","REJECT","REJECT","REJECT","REJECT","REJECT","REJECT","REJECT","MESSAGE","SEEN","STATE"]' ]
	hash=$(printf 'not "json' | b2sum -l 128)
	[ "$(get '.[0] | del(.error)')" = '{"type":"REJECT","filter":"","stream":"","record_id":"line~'"${hash:0:16}"'","record_version":"","record":"not \"json"}' ]
	[ "$(get '.[3:9] | map(.stream)')" = '["other","invoices","invoices","","s",""]' ]
	[[ ${stderr_lines[0]} == 'transform: line 2: not valid JSON'* ]]
	[ "${#stderr_lines[@]}" = 9 ]
}

@test "what a bad line held is not shown on stderr" {
	filter f empty
	input '{"secret-payload' '{"type":"RECORD","stream":"invoices","record":{"s":"secret-payload"}}'
	run -65 --separate-stderr transform -f f=f.jq
	[[ $stderr == *'line 2'* ]]
	[[ $stderr != *secret-payload* ]]
}

@test "bytes that are not UTF-8 are a bad line, shown as U+FFFD" {
	filter f "$MESSAGE"
	input "$(record "\"s\":\"$(printf 'a\377b')\"")" "$(record)"
	run -65 transform -f f=f.jq
	[ "$(get 'map(.type)')" = '["REJECT","MESSAGE","SEEN"]' ]
	[[ "$(get '.[0].record')" == *'a�b'* ]]
}

@test "a NUL behind a backslash is a bad line too" {
	filter f empty
	input "$STATE"
	printf '{"type":"STATE","\\\0":1}\n' >>input
	run -65 transform -f f=f.jq
	[ "$(get 'map(.type)')" = '["STATE","REJECT"]' ]
}

@test "nesting at the ceiling passes, one deeper is a bad line" {
	filter f empty
	open=$(printf '[%.0s' {1..62}) close=$(printf ']%.0s' {1..62})
	input "$(record "\"d\":$open 1 $close")" "$(record "\"d\":[$open 1 $close]")"
	run -65 transform -f f=f.jq
	[ "$(get 'map(.type)')" = '["SEEN","REJECT"]' ]
}

@test "a bad record read again at another time is the same REJECT" {
	filter f empty
	for time in 1 2; do
		input '{"type":"RECORD","stream":"invoices","record":{"x":"'$time'"},"time_extracted":"1"}' \
			'{"type":"RECORD","stream":"invoices","record":{"x":1},"time_extracted":"'$time'"}'
		run -65 --separate-stderr transform -f f=f.jq
		get 'map(.record_id)' >$time
	done
	[ "$(jq -cs '[.[0][0] == .[1][0], .[0][1] == .[1][1]]' 1 2)" = '[false,true]' ]
}

@test "a bad line is kept up to 64 KB, one over the ceiling by its number" {
	filter f empty
	{
		echo "$SCHEMA"
		head -c 65535 /dev/zero | tr '\0' x
		echo éy
		head -c 16777217 /dev/zero | tr '\0' x
		echo
		record
	} >input
	run -65 --separate-stderr transform -f f=f.jq
	[ "$(get '.[0].record | [length, .[-1:]]')" = '[65535,"x"]' ]
	[[ "$(get '.[1] | [.record_id, .record]')" =~ ^'["line~3~20'[0-9T:.-]+'Z",null]'$ ]]
	[ "$(get '.[2].type')" = '"SEEN"' ]
	[[ $stderr == *'line 3: is longer than'* ]]
}

@test "a REJECT fits on a line that deliver reads, however large its record" {
	filter f 'error("no")'
	{
		echo "$SCHEMA"
		printf '{"type":"RECORD","stream":"invoices","record":{"InvoiceId":1,"Description":"'
		head -c 16777000 /dev/zero | tr '\0' x
		printf '"}}\n'
	} >input
	run -65 --separate-stderr transform -f f=f.jq
	[ "$(get '.[0] | [.type, .record_id, .record]')" = '["REJECT","1",null]' ]
}

@test "a message of another type is passed over with one warning" {
	filter f empty
	input '{"type":"ACTIVATE_VERSION","stream":"invoices","version":1}' '{"type":"BATCH"}' "$STATE"
	run -0 --separate-stderr transform -f f=f.jq
	[ "$(cat out)" = "$STATE" ]
	[ "${#stderr_lines[@]}" = 1 ]
}

@test "a torn last line is 75, and what was before it is written" {
	filter f "$MESSAGE"
	input "$(record)" "$STATE"
	printf '{"type":"STATE","value":{}}' >>input
	run -75 --separate-stderr transform -f f=f.jq
	[ "$(get 'map(.type)')" = '["MESSAGE","SEEN","STATE"]' ]
	[[ $stderr == *'line 4'* ]]
}

@test "a torn last line that is too long is 75 as well, and no REJECT" {
	filter f "$MESSAGE"
	input "$(record)"
	head -c 17000000 /dev/zero | tr '\0' x >>input
	run -75 transform -f f=f.jq
	[ "$(get 'map(.type)')" = '["MESSAGE","SEEN"]' ]
}

@test "files are read in their order, - is stdin, and lines are counted in each" {
	filter f empty
	input "$(record)"
	record >two
	echo broken >three
	run -65 --separate-stderr "$BIN/transform" -f f=f.jq -- - two three <input
	[ "${#lines[@]}" = 3 ]
	[[ $stderr == *"'three', line 1:"* ]]
	run -66 --separate-stderr "$BIN/transform" -f f=f.jq input missing
	[ "${#lines[@]}" = 1 ]
	[[ $stderr == *"'missing'"* ]]
	run -74 --separate-stderr "$BIN/transform" -f f=f.jq .
	[[ $stderr == *"'.'"* ]]
}

@test "a full disk and a reader that left are 74" {
	filter f "$MESSAGE"
	input "$(record)"
	run -74 --separate-stderr bash -c '"$BIN/transform" -f f=f.jq input >/dev/full'
	[ "${#stderr_lines[@]}" = 1 ]
	run -74 bash -c '"$BIN/transform" -f f=f.jq input >&-'
	run -74 bash -c 'set -o pipefail; yes "$(cat input)" | "$BIN/transform" -f f=f.jq | true; exit "${PIPESTATUS[1]}"'
}

@test "what there is comes out while the input pauses" {
	filter f "$MESSAGE"
	mkfifo in back
	"$BIN/transform" -f f=f.jq <in >back 3>&- &
	exec 8>in 9<back
	for i in 1 2; do
		printf '%s\n' "$SCHEMA" "$(record)" "$STATE" >&8
		read -r line <&9
		[[ $line == '{"type":"MESSAGE"'* ]]
		read -r line <&9
		[[ $line == '{"type":"SEEN"'* ]]
		read -r line <&9
		[ "$line" = "$STATE" ]
	done
	exec 8>&-
	wait $!
}

@test "what there is comes out while half a line waits" {
	filter f "$MESSAGE"
	mkfifo in back
	"$BIN/transform" -f f=f.jq <in >back 3>&- &
	exec 8>in 9<back
	printf '%s\n' "$SCHEMA" "$(record)" "$STATE" >&8
	for i in 1 2; do
		printf '%s\n{"type":' "$(record)" >&8
		while read -r line <&9 && [ "$line" != "$STATE" ]; do
			:
		done
		[ "$line" = "$STATE" ]
		printf '"STATE"}\n%s\n' "$STATE" >&8
	done
	exec 8>&-
	wait $!
}

@test "a pipe on stdin is left as it was, blocking" {
	filter f empty
	printf '%s\n' "$SCHEMA" >input
	run -0 bash -c 'cat input | { "$BIN/transform" -f f=f.jq; grep ^flags /proc/self/fdinfo/0; }'
	flags=${output##*[[:space:]]}
	[ $(( 8#$flags & 8#4000 )) = 0 ]
}

@test "the program links no network and no database" {
	run -0 readelf -d "$BIN/transform"
	[[ $output == *libjq* ]]
	[[ $output != *libcurl* ]]
	[[ $output != *sqlite* ]]
	[[ $output != *libssl* ]]
}

@test "a closed stdin can't be read" {
	filter f "$MESSAGE"
	run -74 --separate-stderr bash -c '"$BIN/transform" -f f=f.jq <&-'
	[[ $stderr == *"cannot read"* ]]
}

@test "--lint and --preview together are a usage error" {
	run -64 --separate-stderr "$BIN/transform" --lint --preview
	run -64 --separate-stderr "$BIN/transform" --preview --lint
	[ "${#stderr_lines[@]}" = 1 ]
}

@test "help and version go to stdout, a usage error is one line and 64" {
	run -0 --separate-stderr "$BIN/transform" --help
	[[ $output == usage:* ]]
	[ -z "$stderr" ]
	run -0 --separate-stderr "$BIN/transform" -V
	[[ $output == *ledgerpipe* ]]
	for arguments in --nothing -f '-f f.jq' '-d a -d b' '--log xml'; do
		run -64 --separate-stderr "$BIN/transform" $arguments
		[ -z "$output" ]
		[ "${#stderr_lines[@]}" = 1 ]
	done
}

@test "a RECORD that says its id and version is called that, and needs no SCHEMA" {
	filter f '{channel:"#c",text:"\($id) \($version) \(.InvoiceId)"}'
	named() {
		printf '{"type":"RECORD","stream":"s","record_id":"%s","record_version":"%s","record":{"InvoiceId":1}}' "$1" "$2"
	}
	long=$(printf 'x%.0s' {1..1024})
	version=$(printf 'v%.0s' {1..64})
	input "$(named 7%3A8:9 v~1)" "$(named "$long" "$version")"
	run -0 transform -f f=f.jq
	[ "$(get '[.[] | select(.type == "MESSAGE") | [.record_id, .record_version, .key, .payload.text]][0]')" = '["7%3A8:9","v~1","f:s:7%3A8:9:#c:v~1:0","7%3A8:9 v~1 1"]' ]
	[ "$(get '[.[] | select(.type == "SEEN") | [(.record_id | length), (.record_version | length)]]')" = '[[7,3],[1024,64]]' ]
	input "$(named "${long}x" v)" "$(named 1 "${version}v")" "$(named '' v)" "$(named '\n' v)" "$(named 1 v | sed 's/"record_version":"v",//')"
	run -65 transform -f f=f.jq
	[ "$(get 'map(.type) | unique')" = '["REJECT"]' ]
	[ "$(get 'map(.error) | unique')" = '["a RECORD comes before the SCHEMA of its stream '"'s'"'","a RECORD of '"'s'"' has no good record_id or record_version"]' ]
	[ "$(get length)" = 5 ]
}

@test "with keep_records SEEN has the record as it was, unless it is nearly a whole line" {
	filter f empty
	echo '{"keep_records":true,"filters":{"f":{"file":"f.jq"}}}' >c.json
	input "$(record '"Amount": 1250.10,"Id":300000047414679123')"
	run -0 transform --config c.json
	[[ $(cat out) == *',"messages":{"f":0},"record":{"InvoiceId":1,"Amount": 1250.10,"Id":300000047414679123}}' ]]
	echo '{"keep_records":false,"filters":{"f":{"file":"f.jq"}}}' >c.json
	run -0 transform --config c.json
	[[ $(cat out) == *',"messages":{"f":0}}' ]]
	echo '{"keep_records":true,"filters":{"f":{"file":"f.jq"}}}' >c.json
	# 16 MB less 64 KB.
	for more in 0 1; do
		{ echo "$SCHEMA"; printf '{"type":"RECORD","stream":"invoices","record":{"InvoiceId":1,"x":"'
			head -c $((16711680 - 22 + more)) /dev/zero | tr '\0' x; printf '"}}\n'; } >input
		run -0 transform --config c.json
		[ "$(grep -c '"record":{"InvoiceId":1,"x"' out || :)" = $((1 - more)) ]
	done
}
