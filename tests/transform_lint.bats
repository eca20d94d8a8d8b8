#!/usr/bin/env bats
# transform --lint: filters alone, over samples.
load helper
export BIN

setup() {
	cd "$BATS_TEST_TMPDIR"
	unset LEDGERPIPE_CONFIG
	TREE=$BATS_TEST_DIRNAME/..
}

# filter NAME PROGRAM: a filter file.
filter() {
	printf '%s\n' "$2" >"$1.jq"
}

# samples RECORD...: invoices of the user's own.
samples() {
	printf '%s\n' '{"type":"SCHEMA","stream":"invoices","schema":{},"key_properties":["InvoiceId"]}' >own
	[ $# -eq 0 ] || printf '{"type":"RECORD","stream":"invoices","record":%s}\n' "$@" >>own
}

# lint ARGS...: what it says is in "out".
lint() {
	"$BIN/transform" --lint "$@" >out
}

# finds STATUS PATTERN PROGRAM: the program as a filter, over one sample, gives
# a finding that matches, and that is the exit status.
finds() {
	filter f "$3"
	samples '{"InvoiceId":7,"Supplier":"Acme","Due":"2026-01-31","Lines":{"items":[{"Text":"a"},{"Text":"b"}]}}'
	run "-$1" --separate-stderr "$BIN/transform" --lint --samples own -f f=f.jq
	[[ $output == *"$2"* ]] || { echo "$output"; false; }
	[ -z "$stderr" ]
}

# The same with one that puts an object of blocks beside a text; it may be given
# imports.
finds_in_blocks() {
	finds "$1" "$2" "${4-}{channel:\"#c\", text:\"t\", blocks:[$3]}"
}

@test "the shipped filters have nothing wrong" {
	lint -L "$TREE/transform/jq" -d "$TREE/pipelines/filters"
	# A slow machine tries fewer of the records, and notes so.
	grep -v ': note: what filters let through was tried with ' out >verdict
	[[ $(<verdict) =~ ^[0-9]+\ filters,\ [0-9]+\ samples:\ 0\ errors,\ 0\ warnings$ ]]
}

@test "each shipped filter has samples that it wants" {
	samples=$(dirname "$BIN")/share/samples.ndjson
	run -0 --separate-stderr "$BIN/transform" -d "$TREE/pipelines/filters" "$samples"
	printf '%s\n' "${lines[@]}" >out
	for filter in "$TREE"/pipelines/filters/*.jq; do
		jq -se --arg name "$(basename "$filter" .jq)" \
			'map(select(.type == "SEEN" and .messages[$name] > 0))
			| length > 2' out
	done
	jq -se 'map(select(.type == "REJECT")) == []' out
}

@test "the shipped samples are small, and have a record of each built-in stream" {
	samples=$TREE/transform/samples.ndjson
	[ "$(wc -c <"$samples")" -lt 163840 ]
	jq -r 'select(.type == "RECORD").stream' "$samples" | sort -u >have
	sed -n 's/^	{ "\([a-zA-Z]*\)", .*/\1/p' "$TREE/fetch/built_in.c" | sort >want
	[ "$(wc -l <want)" -gt 10 ]
	[ -z "$(comm -13 have want)" ]
}

@test "a filter with nothing wrong is one line, and ends with 0" {
	filter a 'select($stream == "invoices") | {channel:"#c", text:"Invoice \($id)"}'
	lint -f a=a.jq
	[[ $(<out) =~ ^1\ filter,\ [0-9]+\ samples:\ 0\ errors,\ 0\ warnings$ ]]
}

@test "a filter that doesn't compile is told with its line, and the others are run" {
	filter good '{channel:"#c", text:"x"}'
	printf 'def a: 1;\n{channel:\n' >bad.jq
	filter worse '{channel:"#c", text:$raw.Supplier}'
	samples '{"InvoiceId":7,"Supplier":"Acme"}'
	run -65 --separate-stderr "$BIN/transform" --lint --samples own -d .
	[[ ${lines[0]} == "./bad.jq: filter 'bad': error: line "*"syntax error"* ]]
	[[ ${lines[1]} == "./worse.jq: filter 'worse': error: "*".Supplier"* ]]
	[ "${lines[2]}" = "3 filters, 1 sample: 2 errors, 0 warnings; the samples are in own" ]
	[ ${#lines[@]} -eq 3 ]
	[ -z "$stderr" ]
}

@test "a name that could call people is an error with its attribute and place" {
	finds 65 "f.jq: filter 'f': error: the record's .Supplier can call people and show links of its own in /text: " \
		'{channel:"#c", text:"of \($raw.Supplier)"}'
	[[ $output == *"(sample: invoices 7, line 2)"* ]]
	[[ $output == *"1 filter, 1 sample: 1 error, 0 warnings; "* ]]
}

@test "a mention or link that a filter builds of a record's text is an error" {
	for text in '"<!" + .Supplier + ">"' '"<@" + .Supplier + "|y>"' \
		'"<#" + (.Supplier | ascii_upcase) + ">"' \
		'"<!" + (.Supplier | split(" ")[0]) + ">"' \
		'"<@" + (.Supplier | gsub("[^A-Za-z0-9]"; "")) + ">"'; do
		finds 65 "error: the record's .Supplier can call people in /text: " \
			"{channel:\"#c\", text:($text)}"
	done
	for text in '"<" + .Supplier + "|Pay>"' '"<" + .Supplier + ">"' \
		'"<https://" + .Supplier + "/|Pay>"' \
		'"<https://x.example" + (.Supplier | split(" ")[0]) + "|Pay>"' \
		'"<https://x.example@" + (.Supplier | @uri) + "|Pay>"' \
		'"<https://x.example/" + .Supplier + ">"' \
		'"<mailto:" + (.Supplier | split(" ")[0]) + "|Write>"'; do
		finds 65 "error: the record's .Supplier can show links of its own in /text: " \
			"{channel:\"#c\", text:($text)}"
	done
	finds_in_blocks 65 "the record's .Supplier can call people in /blocks/0/text/text: " \
		'{type:"section", text:{type:"mrkdwn", text:"*To* <!\(.Supplier)>"}}'
	finds_in_blocks 65 "the record's .Supplier can call people " \
		'{type:"section", text:{type:"mrkdwn", text:"a <b *To* <!\(.Supplier)>"}}'
}

@test "a link of the filter's own may say what the record says, and end in it" {
	for text in '"<https://x.example/|\(.Supplier | slack::safe)>"' \
		'"<mailto:a@x.example|\(.Supplier | slack::safe)>"' \
		'"<https://x.example/?of=\(.Supplier | @uri)|Open> <!here>"' \
		'slack::link_text("https://x.example/" + .Supplier; .Supplier | slack::safe)' \
		'"<!here> \(.Supplier | slack::safe) &gt; <@U1>"' \
		'"1 < 2: \(.Supplier | slack::safe)"'; do
		finds_in_blocks 0 '1 sample: 0 errors' \
			"{type:\"section\", text:{type:\"mrkdwn\", text:($text)}}" \
			'import "slack" as slack; '
	done
}

@test "a link in a markdown block that a record makes is an error" {
	advice=': put it into rich text or, with slack::safe, into a section'
	for text in '.Supplier' '"[Pay](" + .Supplier + ")"' \
		'"[Pay](https://" + (.Supplier | split(" ")[0]) + "/)"'; do
		finds_in_blocks 65 "error: the record's .Supplier can show links of its own in /blocks/0/text$advice" \
			"{type:\"markdown\", text:($text)}"
	done
	for text in '"[Pay](https://x.example/\(.Supplier | @uri))"' \
		'"\(.Supplier | gsub("(?<c>[\\[\\]])"; "\\\(.c)"))"'; do
		finds_in_blocks 0 '0 errors' "{type:\"markdown\", text:($text)}"
	done
}

@test "a filter that wants none of the words tried on it isn't warned of" {
	finds 0 '0 errors, 0 warnings' \
		'if .Supplier | startswith("Acme") then {channel:"#c", text:"t"} else error("whose?") end'
}

@test "what calls is found wherever Slack reads mrkdwn" {
	name='$raw.Supplier'
	finds_in_blocks 65 'people and show links of its own in /blocks/0/text/text:' \
		"{type:\"section\", text:{type:\"mrkdwn\", text:$name}}"
	finds_in_blocks 65 'in /blocks/1/fields/0/text:' \
		"{type:\"divider\"}, {type:\"section\", fields:[{type:\"mrkdwn\", text:$name}]}"
	finds_in_blocks 65 'in /blocks/0/elements/0/text:' \
		"{type:\"context\", elements:[{type:\"mrkdwn\", text:$name}]}"
	finds_in_blocks 65 'in /blocks/0/text:' "{type:\"markdown\", text:$name}"
	for member in text pretext footer; do
		finds 65 "in /attachments/0/$member:" \
			"{channel:\"#c\", text:\"t\", attachments:[{$member:$name}]}"
	done
	finds 65 "in /attachments/0/fields/0/value:" \
		"{channel:\"#c\", text:\"t\", attachments:[{fields:[{title:\"x\", value:$name}]}]}"
	finds 65 "in /attachments/0/blocks/0/text/text:" \
		"{channel:\"#c\", text:\"t\", attachments:[{blocks:[{type:\"section\", text:{type:\"mrkdwn\", text:$name}}]}]}"
}

@test "an attribute of a line is told as jq writes it, once" {
	finds 65 "the record's .Lines.items[].Text can call people" \
		'{channel:"#c", text:($raw.Lines.items | map(.Text) | join(", "))}'
	[[ $output == *": 1 error, 0 warnings; "* ]]
}

@test "what Slack shows as it stands is no finding" {
	name='$raw.Supplier'
	for block in "{type:\"header\", text:{type:\"plain_text\", text:$name, emoji:false}}" \
		"{type:\"rich_text\", elements:[{type:\"rich_text_section\", elements:[{type:\"text\", text:$name}]}]}" \
		"{type:\"table\", rows:[[{type:\"raw_text\", text:$name}]]}" \
		"{type:\"image\", image_url:\"https://x.example/\", alt_text:$name}"; do
		finds_in_blocks 0 '0 errors, 0 warnings' "$block"
	done
}

@test "the half that is taken out isn't told" {
	finds 65 "the record's .Supplier can show links of its own in /text" \
		'{channel:"#c", text:($raw.Supplier | gsub("<!"; ""))}'
	finds 65 "the record's .Supplier can call people in /text" \
		'{channel:"#c", text:($raw.Supplier | gsub("<http"; ""))}'
}

@test "capital letters and a short limit don't hide what calls" {
	finds 65 "can call people" '{channel:"#c", text:($raw.Supplier | ascii_upcase)}'
	filter f '{channel:"#c", text:$raw.Supplier[:30]}'
	samples "{\"InvoiceId\":1,\"Supplier\":\"$(printf '%060d' 0)\"}"
	run -65 "$BIN/transform" --lint --samples own -f f=f.jq
	[[ $output == *".Supplier can call people in /text"* ]]
}

@test "a record that chooses whom a rich text calls is an error" {
	finds_in_blocks 65 "the record's .Supplier says who is called in /blocks/0/elements/0/elements/0" \
		'{type:"rich_text", elements:[{type:"rich_text_section", elements:[{type:"usergroup", usergroup_id:.Supplier}]}]}'
	finds_in_blocks 65 "the record's .Supplier says who is called in" \
		'{type:"rich_text", elements:[{type:"rich_text_section", elements:[{type:"user", user_id:.Supplier}]}]}'
	finds_in_blocks 65 "the record's .Supplier says who is called in" \
		'{type:"rich_text", elements:[{type:"rich_text_section", elements:[{type:"channel", channel_id:.Supplier}]}]}'
}

@test "a name that could be bold or an emoji is a warning, and ends with 0" {
	finds_in_blocks 0 "warning: the record's .Supplier can format (*bold*, bare links) in /blocks/0/text/text: give it to slack::safe" \
		'{type:"section", text:{type:"mrkdwn", text:.Supplier}}'
	finds 0 "warning: the record's .Supplier can format (*bold*, bare links) in /text" \
		'{channel:"#c", text:"of \(.Supplier)"}'
	finds_in_blocks 0 "warning: the record's .Supplier can show emoji in /blocks/0/text/text: add \"emoji\": false" \
		'{type:"header", text:{type:"plain_text", text:.Supplier}}'
	[[ $output == *"0 errors, 1 warning; "* ]]
}

@test "what slack::safe gives, and a notification's text beside blocks, are good" {
	finds 0 '0 errors, 0 warnings' \
		'import "slack" as slack; {channel:"#c", text:"of \(.Supplier)", blocks:[slack::section("*Of* \(.Supplier | slack::safe)" | slack::mrkdwn)]}'
}

@test "a name that is escaped twice is a warning" {
	for place in '{type:"section", text:{type:"mrkdwn", text:(.Supplier | slack::escape)}}' \
		'{type:"header", text:{type:"plain_text", text:(.Supplier | slack::escape), emoji:false}}' \
		'{type:"rich_text", elements:[{type:"rich_text_section", elements:[{type:"text", text:(.Supplier | slack::escape)}]}]}'; do
		finds 0 "warning: the record's .Supplier is escaped twice in /blocks/0/" \
			"import \"slack\" as slack; {channel:\"#c\", text:\"t\", blocks:[$place]}"
	done
}

@test "dates are left as they are, so that a filter can read them" {
	finds 0 '0 errors, 0 warnings' \
		'{channel:"#c", text:"due \(.Due + "T00:00:00Z" | fromdate)"}'
}

@test "blocks without a text are an error" {
	for text in '' 'text:"",' 'text:"  ",'; do
		finds 65 "error: a message has blocks and no text, so a notification and a screen reader say nothing: add text (sample: invoices 7, line 2)" \
			"{channel:\"#c\", $text blocks:[{type:\"divider\"}]}"
	done
}

@test "a broken rule of Slack's is an error with pointer, sample and line" {
	filter f '{channel:"#c", text:"t", blocks:[{type:"header", text:{type:"plain_text", text:("x" * .n), emoji:false}}]}'
	samples '{"InvoiceId":1,"n":150}' '{"InvoiceId":2,"n":151}' '{"InvoiceId":3,"n":170}'
	run -65 "$BIN/transform" --lint --samples own -f f=f.jq
	[[ ${lines[0]} == "f.jq: filter 'f': error: fails: output 0: /blocks/0/text/text: "*"(2 samples, the first: invoices 2, line 3)" ]]
	[ ${#lines[@]} -eq 2 ]
}

@test "a filter that fails on a null is an error, and its other samples count" {
	filter f '{channel:"#c", text:(.Supplier | ascii_upcase)}'
	samples '{"InvoiceId":1,"Supplier":null}' '{"InvoiceId":2,"Supplier":"x"}'
	run -65 "$BIN/transform" --lint --samples own -f f=f.jq
	[[ $output == *"error: fails: "*"(sample: invoices 1, line 2)"* ]]
	[[ $output == *"warning: the record's .Supplier can format"* ]]
}

@test "one that fails on a name with marks is warned of" {
	finds 0 "warning: fails when the record's .Supplier holds marks such as < | * or a colon: output 0: /channel: holds a ':'" \
		'{channel:"#\(.Supplier)", text:"t"}'
}

@test "a null that people would read is a warning with its place" {
	finds 0 "warning: shows 'null' for something the record lacks: /text (sample: invoices 7, line 2)" \
		'{channel:"#c", text:"Batch \(.BatchName)"}'
	finds_in_blocks 0 "shows 'null' for something the record lacks: /blocks/0/fields/1/text (sample" \
		'{type:"section", fields:[{type:"plain_text", text:"null_", emoji:false}, {type:"plain_text", text:"(\(.No))", emoji:false}]}'
	finds_in_blocks 0 "shows 'null' for something the record lacks: /blocks/0/elements/0/elements/0/text (sample" \
		'{type:"rich_text", elements:[{type:"rich_text_section", elements:[{type:"text", text:"\(.No)"}]}]}'
	finds_in_blocks 0 "shows 'null' for something the record lacks: /blocks/0/rows/0/0/text (sample" \
		'{type:"table", rows:[[{type:"raw_text", text:"\(.No)"}]]}'
	finds 0 "shows 'null' for something the record lacks: /attachments/0/fields/0/value (sample" \
		'{channel:"#c", text:"t", attachments:[{fields:[{title:"x", value:"\(.No)"}]}]}'
	[[ $output == *": 0 errors, 1 warning; "* ]]
}

@test "a null that the record or the filter says itself is none" {
	samples '{"InvoiceId":7,"Supplier":"Null & null Ltd","No":null}'
	filter f 'import "slack" as slack; {channel:"#c", text:(.Supplier | slack::safe)}'
	lint --samples own -f f=f.jq
	[ "$(<out)" = "1 filter, 1 sample: 0 errors, 0 warnings" ]
	samples '{"InvoiceId":7,"No":null}'
	for text in '"is null (\(.No))"' '"annulled, nullable, null_1"' '"x\(.No // "")"'; do
		filter f "{channel:\"#c\", text:($text)}"
		lint --samples own -f f=f.jq
		[ "$(<out)" = "1 filter, 1 sample: 0 errors, 0 warnings" ]
	done
	for text in '"\(.No)" # "null"' '"\(.No | if . == null then . else "x" end)"'; do
		filter f "{channel:\"#c\", text:($text
			)}"
		lint --samples own -f f=f.jq
		[[ $(<out) == *"warning: shows 'null' "* ]]
	done
}

@test "a filter that asks for no stream and makes messages of all is warned of" {
	jq -nc '("a", "b", "c" | {type:"SCHEMA", stream:., schema:{}, key_properties:["Id"]}),
		("a", "b", "c", "a" | {type:"RECORD", stream:., record:{Id:1}})' >own
	filter f '{channel:"#c", text:"t"}'
	lint --samples own -f f=f.jq
	[ "$(head -n 1 out)" = "f.jq: filter 'f': warning: makes messages of every stream: begin with select(\$stream == \"invoices\")" ]
	[[ $(tail -n 1 out) == "1 filter, 4 samples: 0 errors, 1 warning; "* ]]
	filter f '{channel:"#c", text:$stream}'
	lint --samples own -f f=f.jq
	[ "$(<out)" = "1 filter, 4 samples: 0 errors, 0 warnings" ]
	filter f '{channel:"#c", text:"t"}'
	grep -v '"RECORD","stream":"c"' own >two
	lint --samples two -f f=f.jq
	[ "$(<out)" = "1 filter, 3 samples: 0 errors, 0 warnings" ]
}

@test "what can't be a channel is warned of" {
	samples '{"InvoiceId":7}'
	for channel in '#Finance' 'accounts payable' '#a.b' '@x' '#' 'C12'; do
		filter f "{channel:\"$channel\", text:\"t\"}"
		lint --samples own -f f=f.jq
		[ "$(head -n 1 out)" = "f.jq: filter 'f': warning: /channel: '$channel' can't be a channel: a # and lower-case letters, digits, - and _ are, or an id (sample: invoices 7, line 2)" ]
	done
	for channel in '#finance' 'ap-team_2' '#größe' '#財務' C0123ABCD U0123ABCD; do
		filter f "{channel:\"$channel\", text:\"t\"}"
		lint --samples own -f f=f.jq
		[ "$(<out)" = "1 filter, 1 sample: 0 errors, 0 warnings" ]
	done
}

@test "one that makes nothing of the samples is warned of" {
	filter f 'select($stream == "elsewhere") | {channel:"#c", text:"t"}'
	lint -f f=f.jq
	[[ $(<out) == "f.jq: filter 'f': warning: makes no message of any sample: "*"--samples FILE"* ]]
}

@test "a slow filter is an error with its time" {
	filter f '[range(150000)] | map(tostring) | {channel:"#c", text:"\(length)"}'
	samples '{"InvoiceId":1}'
	run -65 "$BIN/transform" --lint --samples own -f f=f.jq
	[[ ${lines[0]} =~ ^"f.jq: filter 'f': error: takes "[0-9]+\.[0-9]" ms of CPU for a record, 5.0 are allowed and 0.1 are usual: " ]]
	[ ${#lines[@]} -eq 2 ]
}

@test "a filter that loops is told once, and the others are checked all the same" {
	filter loop 'def f: f; f'
	filter good 'select($stream == "invoices") | {channel:"#c", text:"t"}'
	filter worse 'select($stream == "invoices") | {channel:"#c", text:"of \($raw.Supplier // "")"}'
	run -65 --separate-stderr "$BIN/transform" --lint --cpu 50ms -d .
	[[ ${lines[0]} == "./loop.jq: filter 'loop': error: fails: stopped: "*" CPU time "* ]]
	[[ ${lines[1]} == "./worse.jq: filter 'worse': error: the record's .Supplier can call people "* ]]
	[[ ${lines[-1]} == "3 filters, "*": 2 errors, 0 warnings; "* ]]
}

@test "files to read, and samples without --lint, are usage errors" {
	filter f '{channel:"#c", text:"t"}'
	samples '{"InvoiceId":1}'
	run -64 "$BIN/transform" --lint -f f=f.jq own
	run -64 "$BIN/transform" --samples own -f f=f.jq
}

@test "the configuration's filters are checked with their settings" {
	filter f 'select($stream == "invoices") | {channel:$config.channel, text:"t"}'
	echo '{"ledger":"l","key_file":"k","filters":{"a":{"file":"f.jq","config":{"channel":"#c"}},"b":{"file":"f.jq"}}}' >ledgerpipe.json
	run -65 "$BIN/transform" --lint
	[[ ${lines[0]} == *"f.jq: filter 'b': error: fails: output 0: /channel: "* ]]
	[[ ${lines[1]} == "2 filters, "*": 1 error, 0 warnings; "* ]]
}

@test "a line that is no sample costs itself" {
	filter f '{channel:"#c", text:"t"}'
	samples '{"InvoiceId":1}' '{"No":1}'
	echo '{"type":"STATE","value":{}}' >>own
	echo '{"type":' >>own
	printf '{"type":"RECORD","stream":"invoices","record":{"InvoiceId":2}}' >>own
	run -65 "$BIN/transform" --lint --samples own -f f=f.jq
	[[ ${lines[0]} == "own: error: line 3: a record of 'invoices' lacks its key 'InvoiceId'" ]]
	[[ ${lines[1]} == "own: error: line 5: "* ]]
	[[ ${lines[2]} == "1 filter, 2 samples: 2 errors, 0 warnings; "* ]]
}

@test "samples that aren't there end with 66, empty ones with 65" {
	filter f '{channel:"#c", text:"t"}'
	run -66 "$BIN/transform" --lint --samples nowhere -f f=f.jq
	[[ $output == *"cannot open the samples 'nowhere'"* ]]
	samples
	run -65 "$BIN/transform" --lint --samples own -f f=f.jq
	[[ $output == *"the samples 'own' hold no record"* ]]
}

@test "samples none of which can be used are told with the first reason" {
	filter f '{channel:"#c", text:"t"}'
	samples '{"InvoiceId":1}' '{"InvoiceId":2}'
	tail -n 2 own >late
	head -n 1 own >>late
	run -65 "$BIN/transform" --lint --samples late -f f=f.jq
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *"no record of the samples 'late' can be used: line 1: a RECORD comes before the SCHEMA of its stream 'invoices'; keep some lines "* ]]
}

@test "of more than 1,000 samples the first are used, and it says so" {
	filter f '{channel:"#c", text:"t"}'
	jq -nc '{type:"SCHEMA", stream:"s", schema:{}, key_properties:["Id"]},
		(range(1000) | {type:"RECORD", stream:"s", record:{Id:.}})' >own
	lint --samples own -f f=f.jq
	[ "$(cat out)" = "1 filter, 1000 samples: 0 errors, 0 warnings" ]
	tail -n 1 own >>own
	lint --samples own -f f=f.jq
	[[ $(head -n 1 out) == "own: note: only the first 1000 records are used" ]]
	[[ $(tail -n 1 out) == "1 filter, 1000 samples: "* ]]
}

@test "where there are too many texts, samples from beginning to end are tried" {
	filter f 'select($stream == "late") | {channel:"#c", text:$raw.Name}'
	filter g 'select($stream == "early") | {channel:"#c", text:"t"}'
	jq -nc '("early", "late" | {type:"SCHEMA", stream:., schema:{}, key_properties:["Id"]}),
		(range(900) | {type:"RECORD", stream:"early", record:({Id:.} + ([range(20) | {"a\(.)":"x"}] | add))}),
		{type:"RECORD", stream:"late", record:{Id:1, Name:"x"}},
		{type:"RECORD", stream:"late", record:{Id:2, Name:"x"}},
		{type:"RECORD", stream:"late", record:{Id:3, Name:"x"}},
		{type:"RECORD", stream:"late", record:{Id:4, Name:"x"}},
		{type:"RECORD", stream:"late", record:{Id:5, Name:"x"}}' >own
	run -65 "$BIN/transform" --lint --samples own -f f=f.jq -f g=g.jq
	[[ ${lines[0]} =~ "own: note: what filters let through was tried with "[0-9]+" of the 905 that became messages" ]]
	[[ ${lines[1]} == *"filter 'f': error: the record's .Name can call people"* ]]
}

@test "no name or reason turns the terminal around or adds a line" {
	filter f '{channel:"#c", text:error("a\u001b[2J\nb\u202ec")}'
	samples '{"InvoiceId":"\u001b]0;x\u202e"}' '{"InvoiceId":"9\u202e9"}'
	run -65 --separate-stderr "$BIN/transform" --lint --samples own -f f=f.jq
	printf '%s\n' "$output" >said
	run -1 grep -P '[\x00-\x09\x0b-\x1f]|\x{202e}' said
	[[ $(<said) == *"error: fails: a?[2J?b???c (sample: invoices 9???9, line 3)"* ]]
}

@test "nor does the name of a file or a filter" {
	mkdir d
	evil=$'a\e[2J\nb\u202ec'
	printf '%s\n' '{channel:"#c", text:$raw.Supplier}' >"d/$evil.jq"
	printf '%s\n' 'nonsense(' >"d/x$evil.jq"
	samples '{"InvoiceId":7,"Supplier":"Acme"}'
	echo '{"type":' >>own
	mv own "$evil"
	run -65 --separate-stderr "$BIN/transform" --lint --samples "$evil" -d d
	printf '%s\n' "$output" >said
	run -1 grep -P '[\x00-\x09\x0b-\x1f]|\x{202e}' said
	[ "$(wc -l <said)" -eq 4 ]
	[[ $(<said) == "a?[2J?b???c: error: line 3: "*"d/a?[2J?b???c.jq: filter 'a?[2J?b???c': error: "*"in a?[2J?b???c" ]]
}

@test "a closed standard output is told, not a success" {
	filter f '{channel:"#c", text:"t"}'
	run -74 bash -c '"$BIN/transform" --lint -f f=f.jq >/dev/full'
}

@test "what libjq 1.6 forgets behind a ? is a warning, unless it is collected" {
	jq --version | grep -q 1.6 || skip "this libjq doesn't forget"
	forgets='line 1: libjq 1.6 catches also what fails behind a'
	message='{channel:"#c", text:"x"}'
	for program in '(.a | tonumber?)' 'try .a catch 1' '(.a | .b)?' \
		'"\(.a | tonumber?)"' '{b: (1 | tostring?)}' 'first(.a | tonumber?)' \
		'((.a | tonumber)? // 1)' '[1]?' '$id?' '.?'; do
		finds 0 "$forgets" "($program) as \$x | $message"
	done
	finds 0 "line 2 and others: libjq" ". # a ?
		| (.a | tonumber?) as \$x | try .b as \$y | $message"
	for program in '.a?' '.a.b?' '.[0]?' '.a[]?' '."a"?' '.["a"]?' \
		'[(.a | tonumber?)][0]' '[try .a catch 1]' \
		'[.[]] | map(tonumber?)' 'reduce (.a | tonumber?) as $i (0; . + 1)' '"?"' \
		'"\([1?])?"' '.try' 'if [1?] == [] then [2?] else [3?] end'; do
		finds 0 "1 sample: 0 errors" "($program) as \$x | $message"
		[[ $output != *"libjq 1.6"* ]]
	done
}

@test "a filter that does so loses a record indeed" {
	jq --version | grep -q 1.6 || skip "this libjq doesn't forget"
	filter f '(.Supplier | ascii_downcase?) | error("told")'
	samples '{"InvoiceId":7,"Supplier":"Acme"}'
	"$BIN/transform" -f f=f.jq own >out
	[ "$(jq -c 'select(.type == "SEEN").messages' out)" = '{"f":0}' ]
}
