#!/usr/bin/env bats
# auditctl prune: the payloads of messages that are over go, and nothing else.
load helper
export BIN

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	setup_ledger
	export LEDGERPIPE_NOW=2026-11-24T00:00:00.000Z
}

teardown() {
	stop_sandbox
}

# rows FROM TO STATE TIME [BYTES]: messages queued, and if they are sent sent,
# at that time.
rows() {
	sqlite3 ledger.db "WITH RECURSIVE n (id) AS (SELECT $1 UNION ALL SELECT id + 1 FROM n WHERE id < $2)
		INSERT INTO messages (id, key, state, filter, stream, record_id, record_version, position, channel, payload_hash, queued_at, sent_at)
			SELECT id, 'key-' || id, '$3', 'f', 's', 'r' || id, 'v', 0, '#finance', 'h', '$4', CASE '$3' WHEN 'sent' THEN '$4' END FROM n;
		INSERT INTO bodies (message, payload) SELECT id, json_object('text', 'canary-' || id || printf('%.*c', ${5-1}, 'x')) FROM messages WHERE id BETWEEN $1 AND $2"
}

# left: the ids that have a payload.
left() {
	sqlite3 ledger.db 'SELECT group_concat(message) FROM (SELECT message FROM bodies ORDER BY message)'
}

@test "payloads of sent and cancelled messages that are old enough go, and no other" {
	rows 1 1 sent 2025-01-01T00:00:00.000Z
	rows 2 2 cancelled 2025-01-01T00:00:00.000Z
	rows 3 3 dead 2025-01-01T00:00:00.000Z
	rows 4 4 held 2025-01-01T00:00:00.000Z
	rows 5 5 queued 2025-01-01T00:00:00.000Z
	rows 6 6 in_doubt 2025-01-01T00:00:00.000Z
	rows 7 7 sending 2025-01-01T00:00:00.000Z
	rows 8 9 sent 2025-01-01T00:00:00.000Z
	rows 10 10 sent 2026-11-20T00:00:00.000Z
	sqlite3 ledger.db "UPDATE messages SET sent_at = '2026-11-20T00:00:00.000Z' WHERE id = 9"
	run -0 --separate-stderr "$BIN/auditctl" prune --older-than 400d
	[ "$output" = '{"pruned":3,"kept":6,"records":0,"older_than":"2025-10-20T00:00:00.000Z"}' ]
	[ "$(left)" = 3,4,5,6,7,9,10 ]
	[ "$(sqlite3 ledger.db 'SELECT count(*) FROM messages')" = 10 ]
}

@test "prune is in the log: which, how many, older than what, by whom and why" {
	rows 1 3 sent 2025-01-01T00:00:00.000Z
	rows 4 4 dead 2025-01-01T00:00:00.000Z
	rows 5 1002 sent 2025-01-01T00:00:00.000Z
	run -0 "$BIN/auditctl" prune --older-than 2025-06-01 --reason 'retention "A"'
	[ "$(sqlite3 ledger.db "SELECT subject, detail FROM audit WHERE event = 'payloads.pruned'")" = \
'payloads|{"first":1,"last":1000,"count":999,"kept":[4],"older_than":"2025-06-01T00:00:00.000Z","reason":"retention \"A\""}
payloads|{"first":1001,"last":1002,"count":2,"kept":[],"older_than":"2025-06-01T00:00:00.000Z","reason":"retention \"A\""}' ]
	[[ $(sqlite3 ledger.db "SELECT actor FROM audit WHERE event = 'payloads.pruned'") == "auditctl uid=$(id -u)"* ]]
	run -0 "$BIN/auditctl" check
	# What is done is not done again.
	run -0 --separate-stderr "$BIN/auditctl" prune --older-than 2025-06-01
	[ "$(jq -c '[.pruned, .kept]' <<<"$output")" = '[0,1]' ]
	[ "$(sqlite3 ledger.db "SELECT count(*) FROM audit WHERE event = 'payloads.pruned'")" = 2 ]
}

@test "--dry-run writes the same and changes nothing" {
	rows 1 1500 sent 2025-01-01T00:00:00.000Z
	rows 1501 1502 dead 2025-01-01T00:00:00.000Z
	run -0 --separate-stderr "$BIN/auditctl" prune --older-than 1d --dry-run
	[ "$(jq -c '[.pruned, .kept]' <<<"$output")" = '[1500,2]' ]
	[ "$(sqlite3 ledger.db 'SELECT count(*) FROM bodies')" = 1502 ]
	run -1 grep -q pruned <<<"$(sqlite3 ledger.db 'SELECT event FROM audit')"
}

@test "a time that is none, is to come or is missing, and a reason too long are refused" {
	for words in '' '--older-than' '--older-than soon' '--older-than 2027-01-01' '--older-than -1d' '--older-than 1d all' \
		"--older-than 1d --reason $(printf '%4097s' '' | tr ' ' x)"; do
		# shellcheck disable=SC2086
		run -64 --separate-stderr "$BIN/auditctl" prune $words
		[ -n "$stderr" ]
	done
}

@test "the bytes of a pruned payload are in no file of the ledger" {
	# Short ones and ones of many pages, with some between that stay, written
	# by a connection that stays open: so there is a -wal file.
	mkfifo words
	sqlite3 ledger.db >read <words &
	exec {hold}>words
	echo 'SELECT count(*) FROM audit;' >&"$hold"
	until [ -s read ]; do kill -0 $!; done
	for ((i = 0; i < 20; i++)); do
		rows $((i * 100 + 1)) $((i * 100 + 99)) sent 2025-01-01T00:00:00.000Z $((1 + i % 7 * 900))
		rows $((i * 100 + 100)) $((i * 100 + 100)) dead 2025-01-01T00:00:00.000Z 10
	done
	grep -qa canary-1999x ledger.db-wal
	run -0 "$BIN/auditctl" prune --older-than 1d
	for id in 1 50 199 250 399 555 777 1001 1234 1999; do
		run -1 grep -la "canary-${id}x" ledger.db*
	done
	run -1 grep -laE 'canary-[0-9]*[1-9]x|canary-[0-9]*[1-9]0x' ledger.db*
	grep -qa 'canary-100x' ledger.db*
	exec {hold}>&-
}

@test "no copy is left of a payload that was moved from page to page while others were removed" {
	sqlite3 ledger.db "WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 20000)
		INSERT INTO messages (id, key, state, filter, stream, record_id, record_version, position, payload_hash, queued_at)
			SELECT id, 'key-' || id, CASE WHEN id * 7919 % 1009 % 6 = 0 THEN 'dead' ELSE 'cancelled' END, 'f', 's', 'r' || id, 'v', 0, 'h', '2025-01-01T00:00:00.000Z' FROM n;
		INSERT INTO bodies (message, payload) SELECT id, state || '-' || id || printf('%.*c', 1 + id * 104729 % 401, 'x') FROM messages ORDER BY id"
	run -0 "$BIN/auditctl" prune --older-than 1d
	run -1 grep -laE 'cancelled-[0-9]+x' ledger.db*
	grep -qa 'dead-[0-9]*x' ledger.db
}

@test "a payload that was pruned while another process reads is said to be in the -wal file yet" {
	rows 1 10 sent 2025-01-01T00:00:00.000Z
	mkfifo words
	sqlite3 ledger.db >read <words &
	reader=$!
	exec {hold}>words
	printf 'BEGIN; SELECT count(*) FROM bodies;\n' >&"$hold"
	until [ -s read ]; do kill -0 "$reader"; done
	run -75 --separate-stderr "$BIN/auditctl" prune --older-than 1d
	[ "$(jq .pruned <<<"$output")" = 10 ]
	[[ $stderr == *'run prune again'* ]]
	echo 'COMMIT;' >&"$hold"
	exec {hold}>&-
	wait "$reader"
	run -0 --separate-stderr "$BIN/auditctl" prune --older-than 1d
	[ "$(jq .pruned <<<"$output")" = 0 ]
	run -1 grep -la 'canary-' ledger.db*
}

@test "prune that is killed between leaves a whole ledger, and goes on when run again" {
	rows 1 3500 sent 2025-01-01T00:00:00.000Z
	# It comes to the middle of its third transaction, and no further.
	sqlite3 ledger.db 'CREATE TRIGGER stop BEFORE DELETE ON bodies WHEN old.message = 2500 BEGIN
		SELECT count(*) FROM (WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n); END'
	"$BIN/auditctl" prune --older-than 1d 3>&- &
	pid=$!
	until [ "$(sqlite3 ledger.db "SELECT count(*) FROM audit WHERE event = 'payloads.pruned'")" = 2 ]; do
		kill -0 "$pid"
	done
	kill -9 "$pid"
	wait "$pid" || true
	run -0 "$BIN/auditctl" check
	[ "$(sqlite3 ledger.db 'SELECT count(*), min(message) FROM bodies')" = '1500|2001' ]
	sqlite3 ledger.db 'DROP TRIGGER stop'
	run -0 --separate-stderr "$BIN/auditctl" prune --older-than 1d
	[ "$(jq .pruned <<<"$output")" = 1500 ]
	[ "$(sqlite3 ledger.db "SELECT sum(detail ->> 'count') FROM audit WHERE event = 'payloads.pruned'")" = 3500 ]
	run -0 "$BIN/auditctl" check
	run -1 grep -la 'canary-' ledger.db*
}

@test "a cancelled message without its payload isn't replayed, with the reason" {
	rows 1 1 cancelled 2025-01-01T00:00:00.000Z
	rows 2 2 cancelled 2026-11-23T23:00:00.000Z
	run -0 "$BIN/auditctl" prune --older-than 1d
	run -1 --separate-stderr "$BIN/auditctl" replay 1
	[[ $stderr == *'message 1 has no payload any more'*prune* ]]
	[ "$(sqlite3 ledger.db 'SELECT state FROM messages WHERE id = 1')" = cancelled ]
	run -0 "$BIN/auditctl" replay 2
}

# message VERSION TEXT ON_CHANGE
message() {
	jq -nc '{ type: "MESSAGE", v: 1, key: "k\($ARGS.positional[0])", filter: "f", stream: "invoices", record_id: "1",
		record_version: $ARGS.positional[0], position: 0, payload: { channel: "#finance", text: $ARGS.positional[1] },
		delivery: { on_change: $ARGS.positional[2] } }' --args "$@"
}

@test "a later edit and reply find the message whose payload was pruned; check --rows knows which were" {
	unset LEDGERPIPE_NOW
	start_sandbox
	configure_sandbox
	message a one edit | "$BIN/deliver" >out 2>err || { cat err; false; }
	run -0 "$BIN/auditctl" prune --older-than 0s
	[ "$(left)" = '' ]
	message b two edit | "$BIN/deliver" >out 2>err || { cat err; false; }
	message c three thread | "$BIN/deliver" >out 2>err || { cat err; false; }
	# The same again is the same, though its payload is gone.
	message a one edit | "$BIN/deliver" >out 2>err || { cat err; false; }
	[ "$(sqlite3 ledger.db "SELECT group_concat(method || iif(thread_ts IS NULL, '', ' reply')) FROM messages WHERE state = 'sent'")" = 'post,edit,post reply' ]
	[ "$(sqlite3 ledger.db 'SELECT count(DISTINCT coalesce(thread_ts, slack_ts)) FROM messages')" = 1 ]
	stop_sandbox
	run -0 --separate-stderr "$BIN/auditctl" check --rows
	# Somebody else took these.
	sqlite3 ledger.db 'DELETE FROM bodies WHERE message = 2'
	run -1 --separate-stderr "$BIN/auditctl" check --rows
	[[ $stderr == *'message 2 is not what the log says: its payload is gone, and was not pruned'*'1 of 3 messages'* ]]
	[[ $stderr != *'message 1 '* ]]
}

@test "check --rows: what prune kept is missed when it goes" {
	unset LEDGERPIPE_NOW
	start_sandbox
	configure_sandbox
	# All are queued at one time, and the second is sent later.
	export LEDGERPIPE_NOW=2026-01-01T00:00:00.000Z
	printf wrong | "$BIN/auditctl" vault set slack.bot_token
	for id in 1 2 3; do
		message "$id" "text $id" post | jq -c --arg id "$id" '.record_id = $id'
	done >lines
	run -77 "$BIN/deliver" <lines
	run -0 "$BIN/auditctl" hold 2
	printf xoxb-sandbox | "$BIN/auditctl" vault set slack.bot_token
	"$BIN/deliver" </dev/null >out 2>err || { cat err; false; }
	export LEDGERPIPE_NOW=2026-06-01T00:00:00.000Z
	run -0 "$BIN/auditctl" release 2
	"$BIN/deliver" </dev/null >out 2>err || { cat err; false; }
	stop_sandbox
	run -0 "$BIN/auditctl" prune --older-than 2026-03-01
	[ "$(left)" = 2 ]
	run -0 "$BIN/auditctl" check --rows
	sqlite3 ledger.db 'DELETE FROM bodies'
	run -1 --separate-stderr "$BIN/auditctl" check --rows
	[[ $stderr == *'message 2 is not what the log says: its payload is gone'*'1 of 3 messages'* ]]
}
