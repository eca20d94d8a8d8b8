#!/usr/bin/env bats
# transform: what it holds doesn't grow with what it reads. TRANSFORM_ROWS=2000000
# is the full measure.
load helper
export BIN

setup() {
	! grep -q __asan_init "$BIN/transform" || skip 'sanitizers need memory of their own'
	cd "$BATS_TEST_TMPDIR" || return 1
	unset LEDGERPIPE_CONFIG
	rows=${TRANSFORM_ROWS:-100000}
}

teardown() {
	[ -z "${pid:-}" ] || kill -KILL "$pid" 2>/dev/null || true
}

# records FROM TO: invoices; each has a name, a member and a text of its own.
records() {
	awk -v row="$1" -v to="$2" 'BEGIN {
		for (; row < to; row++)
			printf("{\"type\":\"RECORD\",\"stream\":\"invoices\",\"record\":" \
			    "{\"InvoiceId\":%d,\"Supplier\":\"No. %d & Sons\"," \
			    "\"Attribute%d\":[%d.25,null,\"%d\"]}}\n", row, row, row, row, row) }'
}

# begin ARGS...: transform between two FIFOs, descriptors 8 (in) and 9 (out).
begin() {
	mkfifo in out
	"$BIN/transform" "$@" <in >out 2>said 3>&- &
	pid=$!
	exec 8>in 9<out
	printf '{"type":"SCHEMA","stream":"invoices","schema":{},"key_properties":["InvoiceId"]}\n' >&8
}

# send FROM TO: records, and read what comes of them, to the STATE behind them.
send() {
	{ records "$1" "$2"; echo '{"type":"STATE","value":{}}'; } >&8 &
	sed -u '/^{"type":"STATE"/q' <&9 | grep -c '^{"type":"MESSAGE"' >count
	wait $!
	[ "$(cat count)" = $(($2 - $1)) ]
}

# peak: the most memory, in kB, that each of the processes had, in sum.
peak() {
	local all=$pid some=$pid
	until [ -z "$some" ]; do
		some=$(pgrep -d , -P "$some") || some=
		all=$all${some:+,$some}
	done
	sed 's|.*|/proc/&/status|' <<<"${all//,/$'\n'}" | xargs cat |
		awk '/^VmHWM:/ { sum += $2; count++ } END { print sum; exit count < 3 }'
}

finish() {
	exec 8>&-
	cat <&9 >rest
	wait "$pid"
	pid=
}

@test "many records pass in flat memory" {
	echo '{channel: "#c", text: "\(.InvoiceId) of \(.Supplier)"}' >f.jq
	begin -j 2 -f f=f.jq
	send 0 $((rows / 10))
	few=$(peak)
	send $((rows / 10)) "$rows"
	many=$(peak)
	echo "# $few kB after a tenth, $many kB after $rows"
	[ "$many" -lt $((few + 4096)) ]
	[ "$many" -lt 49152 ]
	finish
}
