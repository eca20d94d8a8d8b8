#!/usr/bin/env bats
# transform: a filter that loops, eats memory or crashes costs its own record
# one REJECT, and nobody else anything.
load helper
export BIN

setup() {
	cd "$BATS_TEST_TMPDIR"
	unset LEDGERPIPE_CONFIG
	printf '{channel:"#good",text:"\\(.InvoiceId)"}\n' >good.jq
}

# invoices COUNT [MEMBERS]: so many records, with a STATE behind them; the first
# has these members too.
invoices() {
	jq -nc --argjson count "$1" --argjson more "${2:-{\}}" '
		{type:"SCHEMA",stream:"invoices",schema:{},
		  key_properties:["InvoiceId"]},
		(range(1; $count + 1) as $n | {type:"RECORD",stream:"invoices",
		  record:({InvoiceId:$n} + if $n == 1 then $more else {} end)}),
		{type:"STATE",value:{},stats:{records:$count}}' >input
}

# The sick filter fails on what it is given and is well without.
sick() {
	printf 'if has("v") then %s else . end
		| {channel:"#sick",text:"\\(.InvoiceId)"}\n' "$1" >sick.jq
}

# isolates WHY: the first of three records is a REJECT of the sick filter that
# says so; all else is as if there were no such filter.
isolates() {
	run -65 --separate-stderr "$BIN/transform" --cpu 300ms --memory 128 \
		-f good=good.jq -f sick=sick.jq input
	printf '%s\n' "$output" >out
	[ "$(jq -sr 'map(if .type == "STATE" then .type
		else "\(.type) \(.filter // "-") \(.record_id)" end) | join(",")' out)" = \
"MESSAGE good 1,REJECT sick 1,SEEN - 1,MESSAGE good 2,MESSAGE sick 2,SEEN - 2,MESSAGE good 3,MESSAGE sick 3,SEEN - 3,STATE" ]
	[[ "$(jq -r 'select(.type == "REJECT").error' out)" == *"$1"* ]]
	[ "$(jq -c 'select(.type == "REJECT").record' out)" = \
		"$(jq -c 'select(.type == "RECORD").record' input | head -n 1)" ]
}

@test "a filter that loops for ever is stopped by its budget of CPU time" {
	invoices 3 '{"v":1}'
	sick 'last(repeat(1))'
	isolates "over its budget of 300 ms of CPU time"
}

@test "a trim that libjq 1.6 never ends is stopped too" {
	invoices 3 '{"v":"Acme"}'
	sick '(.v | until(false; gsub("^x*"; "")))'
	isolates "stopped: over its budget"
}

@test "a filter that allocates without end is stopped by its budget of memory" {
	ldd "$BIN/transform" | grep -q asan && skip "ASan has its own memory"
	invoices 3 '{"v":1}'
	sick '(reduce range(40) as $i ("xx"; . + .))'
	isolates "over its budget of 128 MB of memory"
}

@test "a recursion without end is stopped" {
	ldd "$BIN/transform" | grep -q asan && skip "ASan has its own memory"
	invoices 3 '{"v":1}'
	sick '(def f: 1 + f; f)'
	isolates "stopped: over its budget of"
}

@test "a filter that calls error is a REJECT with its words" {
	invoices 3 '{"v":1}'
	sick 'error("no supplier")'
	isolates "no supplier"
}

@test "a message of 60 blocks is a REJECT that names the limit" {
	invoices 3 '{"v":1}'
	printf 'if has("v") then {channel:"#sick",text:"x",
		blocks:[range(60) | {type:"divider"}]}
		else {channel:"#sick",text:"x"} end\n' >sick.jq
	isolates "/blocks: no more than 50 items allowed"
}

@test "a date that crashes libjq 1.6 costs one REJECT" {
	invoices 3 '{"v":100000000000000000}'
	printf 'if has("v") then (1e17 | todate) else {channel:"#sick",text:"x"} end\n' >sick.jq
	jq --version | grep -q 1.6 || skip "this libjq doesn't crash of it"
	isolates "libjq crashed"
}

@test "nesting that overflows the stack costs one REJECT" {
	invoices 3 '{"v":1}'
	sick '(reduce range(3000000) as $x (null; [.]) | tojson | {InvoiceId:.})'
	isolates "stopped"
}

@test "a filter that is left inside a path expression doesn't hurt the next record" {
	invoices 3 '{"v":{"a":1,"b":2}}'
	printf 'if has("v") then (.v | paths | 1) else {channel:"#sick",text:"x"} end\n' >sick.jq
	isolates "must be an object"
	printf 'if has("v") then path(.v[]) | halt else {channel:"#sick",text:"x"} end\n' >sick.jq
	isolates "the filter halted"
}

@test "endless outputs are one REJECT" {
	invoices 3 '{"v":1}'
	printf 'if has("v") then repeat({channel:"#sick",text:"x"})
		else {channel:"#sick",text:"x"} end\n' >sick.jq
	isolates "more than 20 outputs"
}

@test "what is stopped is the same whatever the number of workers" {
	jq -nc '{type:"SCHEMA",stream:"invoices",schema:{},key_properties:["InvoiceId"]},
		(range(1; 900) as $n | {type:"RECORD",stream:"invoices",
		  record:({InvoiceId:$n, text:("x" * 500)}
		    + if $n % 300 == 0 then {v:1} else {} end)}),
		{type:"STATE",value:{}}' >input
	sick 'last(repeat(1))'
	for workers in 1 2 5; do
		run -65 --separate-stderr "$BIN/transform" --cpu 100ms -j "$workers" \
			-f good=good.jq -f sick=sick.jq input
		printf '%s\n' "$output" >"out$workers"
	done
	cmp out1 out2
	cmp out1 out5
	[ "$(jq -s 'map(select(.type == "REJECT").record_id)' -c out1)" = \
		'["300","600"]' ]
	[ "$(jq -s 'map(select(.type == "SEEN")) | length' out1)" = 899 ]
}

@test "a filter that is stopped again and again is tried now and then, and the others go on" {
	invoices 400
	printf 'last(repeat(1))\n' >sick.jq
	run -65 --separate-stderr "$BIN/transform" --cpu 20ms -j 1 \
		-f good=good.jq -f sick=sick.jq input
	printf '%s\n' "$output" >out
	[[ "$stderr" == *"filter 'sick': stopped on 5 records near each other"* ]]
	[ "$(jq -s 'map(select(.type == "MESSAGE")) | length' out)" = 400 ]
	[ "$(jq -s 'map(select(.type == "REJECT" and .record.InvoiceId)) | length' out)" = 400 ]
	jq -se 'map(select(.type == "REJECT").error | select(startswith("not run")))
		| length > 100' out
}

@test "a filter that is stopped on one record in a hundred is run on all others" {
	jq -nc '{type:"SCHEMA",stream:"invoices",schema:{},key_properties:["InvoiceId"]},
		(range(1; 1001) as $n | {type:"RECORD",stream:"invoices",
		  record:({InvoiceId:$n} + if $n % 100 == 0 then {v:1} else {} end)})' >input
	sick 'last(repeat(1))'
	run -65 --separate-stderr "$BIN/transform" --cpu 20ms -j 1 -f sick=sick.jq input
	printf '%s\n' "$output" >out
	[ "$(jq -s 'map(select(.type == "MESSAGE")) | length' out)" = 990 ]
	[ "$(jq -s 'map(select(.type == "REJECT").error | select(startswith("stopped"))) | length' out)" = 10 ]
}

@test "a filter that is stopped again and again is found out also when records come one by one" {
	printf 'last(repeat(1))\n' >sick.jq
	mkfifo in out
	"$BIN/transform" --cpu 20ms -f sick=sick.jq <in >out 2>said 3>&- &
	pid=$!
	exec 8>in 9<out
	invoices 1
	head -n 1 input >&8
	for _ in 1 2 3 4 5 6 7; do
		sed -n 2,3p input >&8
		IFS= read -r -u 9 line
		IFS= read -r -u 9 _
		IFS= read -r -u 9 _
	done
	exec 8>&-
	wait "$pid" || true
	[[ $line == *"not run: the filter was stopped on 5 records"* ]]
}

@test "what one filter leaks is held against no other" {
	ldd "$BIN/transform" | grep -q asan && skip "ASan has its own memory"
	jq -nc '{type:"SCHEMA",stream:"invoices",schema:{},key_properties:["InvoiceId"]},
		(range(1; 1501) as $n | {type:"RECORD",stream:"invoices",
		  record:{InvoiceId:$n}})' >input
	# libjq 1.6 leaks a little at each error that is caught.
	printf '[range(3000) | ltrimstr(1)] | empty\n' >leak.jq
	printf '([range(20000)] | length) as $n | {channel:"#c",text:"\\($n)"}\n' >innocent.jq
	"$BIN/transform" --memory 64 -j 1 -f leak=leak.jq -f innocent=innocent.jq input >out
	[ "$(grep -c '"MESSAGE"' out)" = 1500 ]
}

@test "a large record takes no memory from the one behind it" {
	ldd "$BIN/transform" | grep -q asan && skip "ASan has its own memory"
	{
		echo '{"type":"SCHEMA","stream":"invoices","schema":{},"key_properties":["InvoiceId"]}'
		printf '{"type":"RECORD","stream":"invoices","record":{"InvoiceId":1,"Text":"'
		head -c 15000000 /dev/zero | tr '\0' x
		printf '"}}\n{"type":"RECORD","stream":"invoices","record":{"InvoiceId":2}}\n'
	} >input
	printf 'if .InvoiceId == 1 then error("no") else {channel:"#c",text:"x"} end\n' >f.jq
	printf 'if .InvoiceId == 2 then ([range(2500000)] | length) as $n
		| {channel:"#c",text:"\\($n)"} else empty end\n' >g.jq
	run -65 --separate-stderr "$BIN/transform" --memory 96 --cpu 10s -j 1 \
		-f a=f.jq -f b=f.jq -f c=f.jq -f g=g.jq input
	[[ $stderr != *"filter 'g'"* ]]
}

@test "outputs of many gigabytes pass, whatever the number of workers" {
	jq -nc '{type:"SCHEMA",stream:"invoices",schema:{},key_properties:["InvoiceId"]},
		(range(300) as $n | {type:"RECORD",stream:"invoices",
		  record:{InvoiceId:$n, text:("x" * 500)}})' >input
	# The first one takes long: all others wait for it.
	printf 'if .InvoiceId == 0 then last(range(3000000)) else . end
		| range(20) | {channel:"#c",text:"x",delivery:{digest:("x" * 30000)}}\n' >f.jq
	for workers in 1 4; do
		"$BIN/transform" --cpu 1m -j "$workers" -f f=f.jq input | cksum >"sum$workers"
		[ "${PIPESTATUS[0]}" = 0 ]
	done
	cmp sum1 sum4
}

@test "a filter that is well again is run again" {
	jq -nc '{type:"SCHEMA",stream:"invoices",schema:{},key_properties:["InvoiceId"]},
		(range(1; 40000) as $n | {type:"RECORD",stream:"invoices",
		  record:({InvoiceId:$n, text:("x" * 200)}
		    + if $n < 8 then {v:1} else {} end)})' >input
	sick 'last(repeat(1))'
	run -65 --separate-stderr "$BIN/transform" --cpu 20ms -j 1 -f sick=sick.jq input
	printf '%s\n' "$output" >out
	jq -se '(map(select(.type == "SEEN")) | length) == 39999
		and (map(select(.type != "SEEN")) | .[-1].type == "MESSAGE")' out
}

# numbers COUNT: a record of nothing but so many short numbers, and a neighbour.
numbers() {
	{
		echo '{"type":"SCHEMA","stream":"invoices","schema":{},"key_properties":["InvoiceId"]}'
		printf '{"type":"RECORD","stream":"invoices","record":{"InvoiceId":1,"n":[0'
		yes ,1 | head -n "$1" | tr -d '\n'
		printf ']}}\n'
		echo '{"type":"RECORD","stream":"invoices","record":{"InvoiceId":2}}'
	} >input
}

@test "a record that no filter can hold is a REJECT of all of them" {
	ldd "$BIN/transform" | grep -q asan && skip "ASan has its own memory"
	numbers 1000000
	# $raw is the record once more.
	printf '{channel:"#good",text:"\\($raw.InvoiceId)"}\n' >good.jq
	run -65 --separate-stderr "$BIN/transform" --memory 64 -f f=good.jq -f g=good.jq input
	printf '%s\n' "$output" >out
	[ "$(jq -r '[.type, .filter // "-", .record_id] | join(" ")' out | paste -sd,)" = \
		"REJECT f 1,REJECT g 1,SEEN - 1,MESSAGE f 2,MESSAGE g 2,SEEN - 2" ]
	[[ "$(jq -r 'select(.type == "REJECT").error' out)" == *"64 MB of memory"* ]]
}

@test "a record that can't even be read is a bad line" {
	ldd "$BIN/transform" | grep -q asan && skip "ASan has its own memory"
	numbers 4000000
	run -65 --separate-stderr "$BIN/transform" --memory 64 -f f=good.jq input
	printf '%s\n' "$output" >out
	[ "$(jq -r '[.type, .filter // "-", (.record_id | .[:7])] | join(" ")' out | paste -sd,)" = \
		"REJECT  line~2~,MESSAGE f 2,SEEN - 2" ]
	[[ "$stderr" == *"line 2: stopped: over its budget of 64 MB of memory"* ]]
}

@test "a worker that is killed from outside costs nothing" {
	mkfifo in out
	printf '{channel:"#c",text:"x"}\n' >f.jq
	"$BIN/transform" -j 1 -f f=f.jq <in >out 3>&- &
	pid=$!
	exec 8>in 9<out
	invoices 1
	head -n 2 input >&8
	read -r -u 9 line
	read -r -u 9 line
	worker=$(pgrep -P "$(pgrep -P "$pid")")
	kill -KILL "$worker"
	tail -n 2 input >&8
	exec 8>&-
	cat <&9 >rest
	wait "$pid"
	[ "$(jq -r .type rest | paste -sd,)" = MESSAGE,SEEN,STATE ]
}

@test "a reader that leaves is not waited for until a filter is done" {
	invoices 3 '{"v":1}'
	sick 'last(repeat(1))'
	jq -nc '{type:"SCHEMA",stream:"invoices",schema:{},key_properties:["InvoiceId"]},
		(range(2000) as $n | {type:"RECORD",stream:"invoices",
		  record:({InvoiceId:$n, text:("x" * 500)}
		    + if $n == 1999 then {v:1} else {} end)})' >input
	run -74 --separate-stderr bash -c \
		'"$BIN/transform" --cpu 10m -j 1 -f sick=sick.jq input >/dev/full'
	[[ "$stderr" == *"cannot write"* ]]
}

@test "a foreman that is killed is replaced" {
	mkfifo in out
	printf '{channel:"#c",text:"x"}\n' >f.jq
	"$BIN/transform" -j 1 -f f=f.jq <in >out 2>said 3>&- &
	pid=$!
	exec 8>in 9<out
	invoices 1
	head -n 2 input >&8
	read -r -u 9 _
	read -r -u 9 _
	foreman=$(pgrep -P "$pid")
	worker=$(pgrep -P "$foreman")
	kill -KILL "$foreman"
	# The worker ends after it, and till then may take another record.
	while [ -e "/proc/$worker/exe" ]; do :; done
	tail -n 2 input >&8
	exec 8>&-
	cat <&9 >rest
	wait "$pid"
	[ "$(jq -r .type rest | paste -sd,)" = MESSAGE,SEEN,STATE ]
	grep -q "was killed; there is another" said
}

@test "no process stays when transform is killed" {
	mkfifo in
	printf '{channel:"#c",text:"x"}\n' >f.jq
	"$BIN/transform" -j 1 -f f=f.jq <in >out 3>&- &
	pid=$!
	exec 8>in
	invoices 1
	cat input >&8
	until [ -s out ]; do :; done
	foreman=$(pgrep -P "$pid")
	worker=$(pgrep -P "$foreman")
	kill -KILL "$pid"
	wait "$pid" || true
	while kill -0 "$foreman" 2>/dev/null || kill -0 "$worker" 2>/dev/null; do :; done
}

@test "a filter opens no file, not even of its modules, once it runs" {
	mkdir lib
	echo 'def f: 1;' >lib/m.jq
	invoices 3 '{"v":1}'
	printf 'if has("v") then ("lib/m" | modulemeta | tojson | error)
		else {channel:"#sick",text:"x"} end\n' >sick.jq
	run -65 --separate-stderr "$BIN/transform" -f good=good.jq -f sick=sick.jq input
	printf '%s\n' "$output" >out
	[ "$(jq -s 'map(select(.type == "MESSAGE")) | length' out)" = 5 ]
	! grep -q '"deps' out
}

@test "a worker may not open files, make sockets or start processes" {
	mkfifo in
	printf '{channel:"#c",text:"x"}\n' >f.jq
	"$BIN/transform" -j 1 -f f=f.jq <in >out 3>&- &
	pid=$!
	exec 8>in
	invoices 1
	cat input >&8
	until [ -s out ]; do :; done
	worker=$(pgrep -P "$(pgrep -P "$pid")")
	grep -Eq '^Seccomp:[[:space:]]2$' "/proc/$worker/status"
	grep -Eq '^NoNewPrivs:[[:space:]]1$' "/proc/$worker/status"
	grep -Eq '^Max core file size +0 ' "/proc/$worker/limits"
	[ "$(find "/proc/$worker/fd" -type l | wc -l)" -eq 4 ]
	exec 8>&-
	wait "$pid"
}

@test "the budgets are those of the configuration, and the command line's outweigh them" {
	invoices 3 '{"v":1}'
	sick 'last(repeat(1))'
	cat >ledgerpipe.json <<-END
		{ "ledger": "ledger.db", "key_file": "ledger.key",
		  "transform": { "workers": 1, "cpu": "50ms", "memory": 100 },
		  "filters": { "sick": { "file": "sick.jq" } } }
	END
	run -65 --separate-stderr "$BIN/transform" --config ledgerpipe.json input
	[[ "$output" == *"over its budget of 50 ms of CPU"* ]]
	run -65 --separate-stderr "$BIN/transform" --config ledgerpipe.json --cpu 70ms input
	[[ "$output" == *"over its budget of 70 ms of CPU"* ]]
}

@test "a budget or a number of workers that is none is a usage error" {
	for option in "-j 0" "-j 65" "-j x" "--cpu 1" "--cpu 1ms" "--memory 1" \
		"--on-invalid drop"; do
		# shellcheck disable=SC2086 # an option and its value
		run -64 --separate-stderr "$BIN/transform" $option -f good=good.jq
		[ "${#stderr_lines[@]}" = 1 ]
	done
}
