#!/usr/bin/env bats
# deliver's inputs: FIFOs and files by name, barriers over them, and the ceiling.
load helper
load deliver

setup() {
	setup_deliver
	DELIVER_PID=
}

teardown() {
	[ -z "$DELIVER_PID" ] || kill -9 "$DELIVER_PID" 2>/dev/null || :
	stop_sandbox
}

# message FILTER RECORD [CHANNEL]: a MESSAGE and its SEEN.
message() {
	jq -nc --arg f "$1" --arg r "$2" --arg c "${3:-#finance}" '
		{ type: "MESSAGE", filter: $f, stream: "s", record_id: $r, record_version: "v",
		  position: 0, key: "\($f):s:\($r):v", payload: { channel: $c, text: "\($f) \($r)" } },
		{ type: "SEEN", stream: "s", record_id: $r, record_version: "v",
		  amount: null, currency: null, messages: { ($f): 1 } }'
}

# state RECORDS HOUR [STREAM]
state() {
	jq -nc --argjson n "$1" --arg t "2026-01-01T0$2:00:00.000Z" --arg s "${3:-s}" '{ type: "STATE",
		value: { bookmarks: { ($s): { replication_key: "LastUpdateDate", replication_key_value: $t } } },
		stats: { records: $n } }'
}

# bookmark [STREAM]: the hour that it stands at, or nothing.
bookmark() {
	sql "SELECT CAST(substr(value, 12, 2) AS INTEGER) FROM bookmarks WHERE stream = '${1:-s}'"
}

texts() {
	curl -sf "$SANDBOX/_control/slack/messages" | jq -r .message.text | sort | tr '\n' ' '
}

# start ARGS...: deliver in the background.
start() {
	"$BIN/deliver" "$@" >out 2>err </dev/null 3>&- & DELIVER_PID=$!
}

# finish: wait for it; $ended is its status.
finish() {
	ended=0
	wait "$DELIVER_PID" || ended=$?
	DELIVER_PID=
}

until_true() {
	until "$@"; do kill -0 "$DELIVER_PID" || { cat err; return 1; }; done
}

is_sent() {
	[ "$(sql "SELECT count(*) FROM messages WHERE state = 'sent'")" -ge "$1" ]
}

stands_at() {
	[ "$(bookmark)" = "$1" ]
}

@test "messages come from several files, and a STATE that all of them bring is echoed once" {
	{ message a 1; state 1 1; } >one
	{ message b 1; state 1 1; } >two
	run -0 --separate-stderr "$BIN/deliver" one two
	[ "$(texts)" = 'a 1 b 1 ' ]
	[ "$(grep -c . <<<"$output")" = 1 ]
	[ "$(bookmark)" = 1 ]
	[ "$(sql 'SELECT outcome FROM records')" = '{"a":1,"b":1}' ]
}

@test "standard input and files go together" {
	{ message a 1; state 1 1; } >one
	{ message b 1; state 1 1; } >two
	run -0 "$BIN/deliver" one - <two
	[ "$(texts)" = 'a 1 b 1 ' ]
	[ "$(bookmark)" = 1 ]
}

@test "a bookmark waits for the slowest input, whose messages don't wait for it" {
	mkfifo one two
	start one two
	exec 5>one 6>two
	{ message a 1; state 1 1; message a 2; state 1 2; } >&5
	until_true is_sent 2
	[ -z "$(bookmark)" ]
	{ message b 1; state 1 1; } >&6
	until_true stands_at 1
	{ message b 2; state 1 2; } >&6
	until_true stands_at 2
	exec 5>&- 6>&-
	finish
	[ "$ended" = 0 ]
	[ "$(jq -r '.bookmarks.s.replication_key_value[11:13]' out | tr '\n' ' ')" = '01 02 ' ]
}

@test "a bookmark moves to the least that the inputs have come to, and never back" {
	{ message a 1; state 1 1; message a 2; state 1 5; } >one
	{ message b 1; state 1 1; message b 2; state 1 3; message b 3; state 1 5; } >two
	run -0 --separate-stderr "$BIN/deliver" one two
	[ "$(bookmark)" = 5 ]
	[ "$(jq -r '.bookmarks.s.replication_key_value[11:13]' <<<"$output" | tr '\n' ' ')" = '01 03 05 ' ]
	{ message a 9; state 1 2; } >one
	{ message b 9; state 1 2; } >two
	run -0 "$BIN/deliver" one two
	[ "$(bookmark)" = 5 ]
}

@test "an input that ends without a STATE holds its bookmark back, and is named" {
	{ message a 1; state 1 1; message a 2; state 1 2; } >one
	{ message b 1; state 1 1; message b 2; } >two
	run -75 --separate-stderr "$BIN/deliver" one two
	[ "$(bookmark)" = 1 ]
	[ "$(texts)" = 'a 1 a 2 b 1 b 2 ' ]
	[[ $stderr == *'bookmark of s'*' two ended without'* ]]
}

@test "an input that knows nothing of a stream holds that stream back alone" {
	{ message a 1; state 1 1; state 0 1 other; } >one
	{ message b 1; state 1 1; } >two
	run -75 "$BIN/deliver" one two
	[ "$(bookmark)" = 1 ]
	[ -z "$(bookmark other)" ]
}

@test "each input's records are counted for themselves" {
	{ message a 1; message a 2; state 2 1; } >one
	{ message b 1; state 2 1; } >two
	run -75 --separate-stderr "$BIN/deliver" one two
	[[ $stderr == *'two line 3 is a STATE after 2 records, and 1 came'* ]]
	[ -z "$(bookmark)" ]
	[ "$(texts)" = 'a 1 a 2 b 1 ' ]
}

@test "a line that is no message, a torn one and one that is too long end their input, and delay no other" {
	{ message a 1; message a 2; message a 3; state 3 1; } >good
	{ message b 1; echo nonsense; message b 2; } >nonsense
	{ message c 1; printf '{"type":"MESS'; } >torn
	{ message d 1; head -c 17000000 /dev/zero | tr '\0' x; echo; message d 2; } >long
	run -65 --separate-stderr "$BIN/deliver" good nonsense torn long
	[ "$(texts)" = 'a 1 a 2 a 3 b 1 c 1 d 1 ' ]
	[ -z "$(bookmark)" ]
	[[ $stderr == *'nonsense line 3 is not JSON'* ]]
	[[ $stderr == *'torn line 3 is torn'* ]]
	[[ $stderr == *'long line 3 is too long'* ]]
}

@test "an input that has nothing yet keeps no other waiting" {
	mkfifo slow
	{ message a 1; state 1 1; } >one
	start one slow
	until_true is_sent 1
	{ message b 1; state 1 1; } >slow
	finish
	[ "$ended" = 0 ]
	[ "$(bookmark)" = 1 ]
}

@test "a missing operand and a folder are named, and nothing is taken" {
	{ message a 1; state 1 1; } >one
	run -66 --separate-stderr "$BIN/deliver" one nowhere
	[[ $stderr == *nowhere* ]]
	mkdir folder
	run -66 --separate-stderr "$BIN/deliver" one folder
	[[ $stderr == *folder* ]]
	[ "$(sql 'SELECT count(*) FROM messages')" = 0 ]
}

@test "a service goes on with the next writer of a FIFO, and forgets what the last one tore" {
	mkfifo pipe
	start --follow pipe
	{ message a 1; message a 2; printf '{"type":"MESS'; } >pipe
	until_true is_sent 2
	until_true grep -q 'is torn' err
	# Its count begins anew with the writer.
	{ message a 3; state 1 1; } >pipe
	until_true is_sent 3
	until_true stands_at 1
	kill -TERM "$DELIVER_PID"
	finish
	[ "$ended" = 0 ]
}

@test "a service takes nothing more from a writer that it can't understand, and trusts the next one" {
	mkfifo bad good
	start --follow bad good
	exec 5>bad 6>good
	{ message a 1; echo nonsense; message a 2; state 2 1; } >&5
	{ message b 1; state 1 1; } >&6
	until_true is_sent 2
	until_true grep -q 'bad line 3 is not JSON' err
	{ message a 3; state 1 2; } >&5
	{ message b 3; state 1 2; } >&6
	until_true is_sent 3
	[ "$(texts)" = 'a 1 b 1 b 3 ' ]
	[ -z "$(bookmark)" ]
	exec 5>&-
	until_true grep -q 'its writer has ended; the next' err
	{ message a 2; message a 3; state 2 2; } >bad
	until_true stands_at 2
	[ "$(texts)" = 'a 1 a 2 a 3 b 1 b 3 ' ]
	[ "$(grep -c nothing.more err)" = 1 ]
	exec 6>&-
}

@test "whatever a distrusted writer sends on, however long its lines, the others are served" {
	mkfifo bad good
	start --follow bad good
	exec 6>good
	{ echo nonsense; for i in 1 2; do head -c 17000000 /dev/zero | tr '\0' x; echo; done; printf '{"type":"MESS'; } >bad
	until_true grep -q 'its writer has ended; the next' err
	[ "$(grep -c 'bad line' err)" = 1 ]
	{ message b 1; state 1 1; } >&6
	until_true is_sent 1
	{ message a 1; state 1 1; } >bad
	until_true stands_at 1
	exec 6>&-
}

@test "a distrusted writer that never stops takes neither the others' turn nor deliver's ear" {
	mkfifo bad good
	start --follow bad good
	exec 6>good
	yes nonsense >bad 6>&- 3>&- &
	until_true grep -q 'bad line 1 is not JSON' err
	{ message b 1; state 1 1; } >&6
	until_true is_sent 1
	kill -TERM "$DELIVER_PID"
	finish
	[ "$ended" = 0 ]
	exec 6>&-
}

@test "a service says that a record was rejected" {
	mkfifo pipe
	start --follow pipe
	jq -nc '{ type: "REJECT", filter: "a", stream: "s", record_id: "1", record_version: "v", error: "no", record: {} }' >pipe
	until_true grep -q '1 record was rejected' err
}

@test "a service without any input stays, sends what is replayed, and ends when it is told" {
	control fault '{"path":"/api/chat.postMessage","status":200,"body":"{\"ok\":false,\"error\":\"invalid_blocks\"}","content_type":"application/json"}'
	message a 1 >in
	run -65 "$BIN/deliver" in
	start --follow
	"$BIN/auditctl" replay 1
	until_true is_sent 1
	kill -TERM "$DELIVER_PID"
	finish
	[ "$ended" = 0 ]
}

@test "a FIFO that is named twice is a usage error: each reader would get some of its lines" {
	mkfifo pipe
	ln -s pipe same
	run -64 --separate-stderr "$BIN/deliver" pipe same
	[[ $stderr == *'same is named twice'* ]]
}

@test "lines of megabytes are committed before there are many in memory" {
	! grep -q __asan_init "$BIN/deliver" || skip 'sanitizers need memory of their own'
	head -c 2000000 /dev/zero | tr '\0' x >blob
	for i in $(seq 40); do
		printf '{"type":"REJECT","filter":"a","stream":"s","record_id":"%s","record_version":"v","error":"no","record":"' "$i"
		cat blob
		printf '"}\n'
	done >in
	run -65 /usr/bin/time -f %M -o peak "$BIN/deliver" in
	[ "$(sql "SELECT count(*) FROM messages WHERE state = 'dead'")" = 40 ]
	[ "$(tail -n 1 peak)" -lt 60000 ]
}

@test "the queue takes as many messages as it may, one more ends the input, and later runs go on" {
	configure '{"max_backlog":3}'
	control fault '{"path":"/api/chat.postMessage","count":1000,"delay_ms":200,"handle":true}'
	{ for i in 1 2 3; do message a $i; done; state 3 1; } >in
	run -0 "$BIN/deliver" in
	[ "$(bookmark)" = 1 ]
	{ for i in 4 5 6 7 8; do message a $i; done; state 5 2; } >in
	run -75 --separate-stderr "$BIN/deliver" in
	[[ $stderr == *'3 messages wait already'*slack.max_backlog* ]]
	[ "$(texts)" = 'a 1 a 2 a 3 a 4 a 5 a 6 ' ]
	[ "$(bookmark)" = 1 ]
	run -0 "$BIN/deliver" in
	[ "$(texts)" = 'a 1 a 2 a 3 a 4 a 5 a 6 a 7 a 8 ' ]
	[ "$(bookmark)" = 2 ]
}

@test "a queue that was emptied has room again, and without a ceiling there always is" {
	configure '{"max_backlog":2}'
	mkfifo pipe
	start pipe
	exec 5>pipe
	for i in 1 2 3 4 5; do
		message a "$i" >&5
		until_true is_sent "$i"
	done
	exec 5>&-
	finish
	[ "$ended" = 0 ]
	configure '{"max_backlog":0}'
	for i in 6 7 8 9; do message a $i; done >in
	run -0 "$BIN/deliver" in
	[ "$(sql "SELECT count(*) FROM messages WHERE state = 'sent'")" = 9 ]
}

@test "thousands of lines of two inputs arrive once each" {
	for f in a b; do
		jq -nc --arg f $f 'range(1500) | tostring as $r | { type: "MESSAGE", filter: $f, stream: "s", record_id: $r, record_version: "v",
			position: 0, key: "\($f):\($r)", payload: { channel: "#\(["finance", "operations", "treasury"][. % 3])", text: "\($f) \($r)" } },
			{ type: "SEEN", stream: "s", record_id: $r, record_version: "v", amount: null, currency: null, messages: { ($f): 1 } }' >$f
		state 1500 1 >>$f
	done
	run -0 "$BIN/deliver" a b
	[ "$(bookmark)" = 1 ]
	curl -sf "$SANDBOX/_control/slack/stats" | jq -e '.duplicates == 0 and ([.channels[].messages] | add) == 3000'
}

@test "inputs are read in turn, so that a long one delays no other" {
	for i in {1..60}; do message a "$i"; done >one
	message b 0 >two
	run -0 "$BIN/deliver" one two
	[ "$(sql "SELECT m.id < last.id FROM messages m, messages last WHERE m.record_id = '0' AND last.record_id = '60'")" = 1 ]
}

@test "five hundred lines are one transaction, and the next one is another" {
	! grep -q __asan_init "$BIN/deliver" || skip 'a library cannot be preloaded beside the sanitizer'
	seen='{"type":"SEEN","stream":"s","record_id":"1","record_version":"v","amount":null,"currency":null,"messages":{"a":0}}'
	{ yes "$seen" | head -n 99; state 99 1; yes "$seen" | head -n 399; state 399 2; } >in
	[ "$(wc -l <in)" = 500 ]
	# What a transaction echoes is one write.
	for writes in o oo; do
		rm -f ledger.db*
		"$BIN/auditctl" init
		printf 'xoxb-sandbox' | "$BIN/auditctl" vault set slack.bot_token
		LD_PRELOAD="${BIN%/bin}/test/crash.so" CRASH_EVENTS=o CRASH_REPORT=events "$BIN/deliver" in >out
		[ "$(cat out)" = "$(jq -c 'select(.type == "STATE").value' in)" ]
		[ "$(cat events)" = "$writes" ]
		state 0 3 >>in
	done
}

@test "an input that may not be read is named, and nothing is taken" {
	message a 1 >one
	: >secret
	chmod 000 secret
	# Root has no more rights here than others.
	[ "$(id -u)" != 0 ] || plain=(setpriv --bounding-set=-dac_override,-dac_read_search)
	run -66 "${plain[@]}" "$BIN/deliver" one secret
	[[ $output == *'cannot open the input secret: Permission denied'* ]]
	[ "$(sql 'SELECT count(*) FROM messages')" = 0 ]
}

@test "standard input that is taken without blocking blocks its next reader again" {
	mkfifo pipe
	exec 6<>pipe
	echo junk >&6
	run -65 "$BIN/deliver" - <&6
	flags=$(sed -n 's/^flags:[[:space:]]*//p' /proc/$$/fdinfo/6)
	[ $((8#$flags & 8#4000)) = 0 ]
	exec 6>&-
}

@test "an input that fails is named with its reason, also when a full disk has it said again" {
	{ message a 1; state 1 1; } >one
	run -74 --separate-stderr "$BIN/deliver" /proc/self/mem one
	[[ $stderr == *'/proc/self/mem: cannot read the input: Input/output error'* ]]
	[ -z "$output" ]
	is_sent 1
	! grep -q __asan_init "$BIN/deliver" || skip 'a library cannot be preloaded beside the sanitizer'
	for at in 1 2 3 4 5 6; do
		rm -rf ledger.db* space
		"$BIN/auditctl" init
		printf 'xoxb-sandbox' | "$BIN/auditctl" vault set slack.bot_token
		LD_PRELOAD="${BIN%/bin}/test/crash.so" CRASH_FILES=ledger.db CRASH_EVENTS=w CRASH_AT=$at \
			CRASH_HOW=full CRASH_SPACE=space "$BIN/deliver" /proc/self/mem one >out 2>err 3>&- & DELIVER_PID=$!
		until grep -q 'waiting: nothing is lost' err; do kill -0 "$DELIVER_PID" 2>/dev/null || break; done
		: >space
		finish
		# Where the ledger couldn't even be opened that is the reason.
		grep -q 'waiting: nothing is lost' err || continue
		waited=1
		[ "$ended" = 74 ]
		[ "$(grep -c '^deliver: /proc/self/mem: cannot read the input: Input/output error$' err)" = 1 ]
	done
	[ "$waited" = 1 ]
}

@test "a service tells at once what is wrong with a file, and goes on with its FIFO" {
	mkfifo pipe
	{ message a 1; printf torn; } >one
	start --follow one pipe
	until_true grep -q 'one line 3 is torn' err
	message a 2 >pipe
	until_true is_sent 2
	kill -TERM "$DELIVER_PID"
	finish
	[ "$ended" = 0 ]
}
