#!/usr/bin/env bats
# transform: many workers, one order; and filters that change while it runs.
load helper
export BIN

setup() {
	cd "$BATS_TEST_TMPDIR"
	unset LEDGERPIPE_CONFIG
}

teardown() {
	[ -z "${pid:-}" ] || kill -KILL "$pid" 2>/dev/null || true
}

schema() {
	printf '{"type":"SCHEMA","stream":"%s","schema":{},"key_properties":["%s"]}\n' "$1" "$2"
}

# records FROM TO: of 1 KB each, a STATE behind every hundredth.
records() {
	jq -nc --argjson from "$1" --argjson to "$2" 'range($from; $to) as $n
		| {type:"RECORD",stream:"invoices",
		   record:{InvoiceId:$n, Text:("x" * 900)}},
		  if $n % 100 == 99 then {type:"STATE",value:{n:$n}} else empty end'
}

# begin ARGS...: transform between two FIFOs, descriptors 8 (in) and 9 (out).
begin() {
	mkfifo in out
	"$BIN/transform" "$@" <in >out 2>said 3>&- &
	pid=$!
	exec 8>in 9<out
}

# ask NUMBER: the text of the message about a record; its SEEN is read too.
ask() {
	printf '{"type":"RECORD","stream":"invoices","record":{"InvoiceId":%s}}\n' "$1" >&8
	IFS= read -r -u 9 line
	IFS= read -r -u 9 _
	jq -r '.payload.text // .error' <<<"$line"
}

# ask_until TEXT: records until the filter says so.
ask_until() {
	number=100
	until [ "$(ask "$number")" = "$1" ]; do
		number=$((number + 1))
	done
}

finish() {
	exec 8>&-
	cat <&9 >rest
	wait "$pid"
	pid=
}

@test "the output is the same whatever the number of workers" {
	{ schema invoices InvoiceId; records 0 5000; } >input
	printf '{channel:"#c",text:"\\(.InvoiceId)"}, ({channel:"#d",text:"x"} | select($id | endswith("7")))\n' >f.jq
	printf 'if .InvoiceId %% 50 == 0 then error("no") else empty end\n' >g.jq
	for workers in 1 2 3 16; do
		run -65 --separate-stderr "$BIN/transform" -j "$workers" \
			-f f=f.jq -f g=g.jq input
		printf '%s\n' "$output" >"out$workers"
		cmp out1 "out$workers"
	done
	[ "$(jq -r 'select(.type == "SEEN").record_id' out1 | paste -sd,)" = \
		"$(seq -s, 0 4999)" ]
	[ "$(grep -c '"STATE"' out1)" = 50 ]
}

@test "a STATE comes behind all records that stand before it, however slow they are" {
	{ schema invoices InvoiceId; records 0 1000; } >input
	# The first of each hundred takes longer than all others.
	printf 'if .InvoiceId %% 100 == 0 then last(range(200000)) else . end
		| {channel:"#c",text:"x"}\n' >f.jq
	"$BIN/transform" -j 4 -f f=f.jq input >out
	jq -se 'reduce .[] as $line ({seen: 0, good: true};
		if $line.type == "SEEN" then .seen += 1
		elif $line.type == "STATE" then
			.good = (.good and .seen == $line.value.n + 1)
		else . end) | .good and .seen == 1000' out
}

@test "a SCHEMA holds for the records behind it alone, on every worker" {
	{
		schema invoices InvoiceId
		records 0 300
		schema invoices Other
		jq -nc 'range(300; 600) as $n | {type:"RECORD",stream:"invoices",
			record:{InvoiceId:$n, Other:"o\($n)", Text:("x" * 900)}}'
		schema invoices InvoiceId
		records 600 900
	} >input
	printf '{channel:"#c",text:"x"}\n' >f.jq
	"$BIN/transform" -j 4 -f f=f.jq input >out
	[ "$(jq -r 'select(.type == "SEEN").record_id' out | paste -sd,)" = \
		"$(seq -s, 0 299),$(seq -f 'o%g' -s, 300 599),$(seq -s, 600 899)" ]
}

@test "a bad SCHEMA is a bad line, and the one before it still holds" {
	{
		schema invoices InvoiceId
		records 0 300
		echo '{"type":"SCHEMA","stream":"invoices","key_properties":[]}'
		records 300 600
	} >input
	printf '{channel:"#c",text:"x"}\n' >f.jq
	run -65 --separate-stderr "$BIN/transform" -j 3 -f f=f.jq input
	printf '%s\n' "$output" >out
	[ "$(grep -c '"SEEN"' out)" = 600 ]
	[ "$(jq -r 'select(.type == "REJECT").error' out)" = \
		"a SCHEMA needs key_properties, an array of 1 to 16 names" ]
	[[ "$stderr" == *"line 305:"* ]]
}

@test "a SCHEMA that escapes its type is a bad line on any worker" {
	{
		echo '{"type":"\u0053CHEMA","stream":"invoices","key_properties":["InvoiceId"]}'
		schema invoices InvoiceId
		records 0 100
	} >input
	printf '{channel:"#c",text:"x"}\n' >f.jq
	run -65 --separate-stderr "$BIN/transform" -j 3 -f f=f.jq input
	printf '%s\n' "$output" >out
	[ "$(grep -c '"SEEN"' out)" = 100 ]
	[ "$(grep -c '"REJECT"' out)" = 1 ]
}

@test "SIGHUP loads the filters anew" {
	printf '{channel:"#c",text:"old"}\n' >f.jq
	begin -f f=f.jq
	schema invoices InvoiceId >&8
	[ "$(ask 1)" = old ]
	printf '{channel:"#c",text:"new"}\n' >f.jq
	[ "$(ask 2)" = old ]
	kill -HUP "$pid"
	ask_until new
	finish
	grep -q "filters loaded anew: 1" said
}

@test "a SCHEMA that was read before SIGHUP is known after it" {
	printf '{channel:"#c",text:"old"}\n' >f.jq
	begin -j 3 -f f=f.jq
	schema invoices InvoiceId >&8
	[ "$(ask 1)" = old ]
	printf '{channel:"#c",text:"new"}\n' >f.jq
	kill -HUP "$pid"
	ask_until new
	finish
}

@test "a new version that doesn't compile is told, and the old one stays" {
	printf '{channel:"#c",text:"old"}\n' >f.jq
	printf '{channel:"#c",text:"g"}\n' >g.jq
	begin -f f=f.jq -f g=g.jq
	schema invoices InvoiceId >&8
	[ "$(ask 0)" = old ]
	IFS= read -r -u 9 _
	printf '{channel:"#c",text:"new"}\n' >f.jq
	printf '{channel:\n' >g.jq
	kill -HUP "$pid"
	until grep -qs 'send SIGHUP again' said; do :; done
	grep -q "filter 'g' (g.jq): .*syntax error" said
	[ "$(ask 1)" = old ]
	IFS= read -r -u 9 _
	printf '{channel:"#c",text:"g"}\n' >g.jq
	kill -HUP "$pid"
	number=2
	while [ "$(ask "$number")" = old ]; do
		IFS= read -r -u 9 _
		number=$((number + 1))
	done
	IFS= read -r -u 9 _
	finish
	jq -se 'length == 0' rest
}

@test "SIGHUP reads the configuration again: filters come and go" {
	printf '{channel:"#c",text:"f"}\n' >f.jq
	printf '{channel:"#c",text:"g"}\n' >g.jq
	configure() {
		printf '{ "ledger": "l", "key_file": "k", "filters": { "%s": { "file": "%s.jq" } } }\n' "$1" "$1" >ledgerpipe.json
	}
	configure f
	begin --config ledgerpipe.json
	schema invoices InvoiceId >&8
	[ "$(ask 1)" = f ]
	configure g
	kill -HUP "$pid"
	ask_until g
	finish
}

@test "records that wait when SIGHUP comes are lost by neither version" {
	printf '{channel:"#c",text:"old"}\n' >f.jq
	{ schema invoices InvoiceId; records 0 20000; } >input
	mkfifo in
	"$BIN/transform" -j 2 -f f=f.jq <in >out 2>said 3>&- &
	pid=$!
	exec 8>in
	head -n 5000 input >&8
	printf '{channel:"#c",text:"new"}\n' >f.jq
	kill -HUP "$pid"
	tail -n +5001 input >&8
	exec 8>&-
	wait "$pid"
	pid=
	jq -se '[.[] | select(.type == "SEEN").record_id | tonumber] == [range(20000)]
		and ([.[] | select(.type == "MESSAGE").payload.text] as $texts
		  | ($texts | length) == 20000
		  and (($texts | index("new")) as $at
		    | $at == null or all($texts[$at:][]; . == "new")))' out
}

@test "an ignored SIGHUP stays ignored" {
	printf '{channel:"#c",text:"x"}\n' >f.jq
	mkfifo in out
	nohup "$BIN/transform" -f f=f.jq <in >out 2>said 3>&- &
	pid=$!
	exec 8>in 9<out
	schema invoices InvoiceId >&8
	[ "$(ask 1)" = x ]
	kill -HUP "$pid"
	[ "$(ask 2)" = x ]
	finish
	[ ! -s said ]
}

@test "one record at a time needs one worker alone" {
	printf '{channel:"#c",text:"x"}\n' >f.jq
	begin -j 8 -f f=f.jq
	schema invoices InvoiceId >&8
	for number in 1 2 3 4 5; do
		[ "$(ask "$number")" = x ]
	done
	[ "$(pgrep -c -P "$(pgrep -P "$pid")")" = 1 ]
	finish
}

@test "all filters that don't compile are told, not the first alone" {
	printf '{channel:\n' >f.jq
	printf 'nothing_of_the_kind\n' >g.jq
	printf '{channel:"#c",text:"x"}\n' >h.jq
	run -78 --separate-stderr "$BIN/transform" -f f=f.jq -f g=g.jq -f h=h.jq </dev/null
	[ "${#stderr_lines[@]}" = 2 ]
	[[ "${stderr_lines[0]}" == *"filter 'f' (f.jq): "*"syntax error"* ]]
	[[ "${stderr_lines[1]}" == *"filter 'g' (g.jq): line 1: nothing_of_the_kind/0 is not defined"* ]]
}
