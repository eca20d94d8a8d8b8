#!/usr/bin/env bats
# auditctl tail: what happens to messages, as it happens.
load helper
load deliver
export BIN

setup() {
	setup_ledger
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	[ -z "${TAIL:-}" ] || kill "$TAIL" 2>/dev/null || :
	stop_sandbox
}

# row ID [COLUMN=VALUE,...]: a message, and its event.
row() {
	sqlite3 -cmd '.timeout 5000' ledger.db "INSERT INTO messages (id, key, state, filter, stream, record_id, record_version, position, channel, payload_hash, queued_at)
		VALUES ($1, 'key-$1', 'queued', 'finance', 'invoices', '77', 'v1', 0, '#a', 'h', '2026-11-24T01:00:00.000Z');
		${2:+UPDATE messages SET $2 WHERE id = $1;}"
	event "$1" message.queued
}

# event ID EVENT [DETAIL]
event() {
	sqlite3 -cmd '.timeout 5000' ledger.db "INSERT INTO audit SELECT max(seq) + 1, '2026-11-24T01:00:00.123Z', 'deliver', '$2', '$1', nullif('${3:-}', ''), x'', x'' FROM audit"
}

# follow [OPTIONS]: tail -f in the background, into the file followed.
follow() {
	"$BIN/auditctl" tail -f "$@" >followed 2>errors 3>&- &
	TAIL=$!
}

# has_lines N: wait until it wrote so many.
has_lines() {
	until [ "$(wc -l <followed)" -ge "$1" ]; do
		kill -0 "$TAIL" || return 1
	done
}

@test "tail has the last changes of messages, the newest at the end, and no other events" {
	for id in 1 2 3; do row $id; done
	event 2 message.sent '{"slack":"C1/1.2"}'
	event x vault.set
	event 3 message.dead '{"error":"is_archived"}'
	"$BIN/auditctl" tail >rows
	[ "$(jq -c '[.id, .event]' rows | tr '\n' ' ')" = \
		'[1,"message.queued"] [2,"message.queued"] [3,"message.queued"] [2,"message.sent"] [3,"message.dead"] ' ]
	[ "$("$BIN/auditctl" tail -n 2 | jq -c '[.id, .words, .detail]' | tr '\n' ' ')" = \
		'[2,"sent: slack C1/1.2",{"slack":"C1/1.2"}] [3,"could not be sent: error is_archived",{"error":"is_archived"}] ' ]
	[ "$(jq -c keys rows | head -n 1)" = '["actor","channel","detail","event","filter","id","record_id","record_version","seq","state","stream","time","words"]' ]
	[ "$("$BIN/auditctl" tail -n 0)" = '' ]
}

@test "tail takes the options of list" {
	row 1 "state = 'dead'"
	row 2 "channel = '#b', stream = 'payments', filter = 'other', record_id = '78'"
	row 3 "state = 'held'"
	for words in '--channel b' '--stream payments' '--filter other' '--record 78' '--state queued,sent'; do
		# shellcheck disable=SC2086 # words
		[ "$("$BIN/auditctl" tail $words | jq .id)" = 2 ]
	done
	[ "$("$BIN/auditctl" tail --state dead,held | jq .id | tr '\n' ' ')" = '1 3 ' ]
	[ "$("$BIN/auditctl" tail --since 2026-11-25)" = '' ]
	for words in '-n x' '-n -1' '-n' 'operand' '--nothing' '--state nothing' '--csv' '-n 20001'; do
		# shellcheck disable=SC2086 # words
		run -64 --separate-stderr "$BIN/auditctl" tail $words
		[ -n "$stderr" ]
	done
}

@test "tail -f goes on as it happens, and ends well when it is interrupted" {
	for signal in INT TERM; do
		row "${#signal}1"
		follow -n 1
		has_lines 1
		row "${#signal}2"
		event "${#signal}2" message.sent
		has_lines 3
		kill -s $signal $TAIL
		wait $TAIL
		[ "$(jq -c '[.id, .event]' followed | tr '\n' ' ')" = \
			"[${#signal}1,\"message.queued\"] [${#signal}2,\"message.queued\"] [${#signal}2,\"message.sent\"] " ]
		[ ! -s errors ]
	done
}

@test "tail -f ends well when nobody reads it any more" {
	for id in 1 2; do row $id; done
	mkfifo pipe
	"$BIN/auditctl" tail -f >pipe 2>errors 3>&- &
	TAIL=$!
	head -n 1 pipe >first
	wait $TAIL
	[ "$(jq .id first)" = 1 ]
	[ ! -s errors ]
}

@test "tail -f tells each event once, however many come at a time, and only what is asked for" {
	row 1
	follow -n 0 --channel b
	sqlite3 -cmd '.timeout 5000' ledger.db "BEGIN; WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 5001)
		INSERT INTO messages (id, key, state, filter, stream, record_id, record_version, position, channel, payload_hash, queued_at)
		SELECT i, i, 'queued', 'f', 's', i, 'v', 0, '#' || char(97 + i % 2), 'h', 't' FROM n;
		INSERT INTO audit SELECT (SELECT max(seq) FROM audit) + id, '2026-11-24T01:00:00.000Z', 'a', 'message.queued', id, NULL, x'', x'' FROM messages WHERE id > 1; COMMIT"
	has_lines 2500
	row 5003 "channel = '#b'"
	has_lines 2501
	kill $TAIL
	wait $TAIL
	[ "$(jq .id followed | sort -un | wc -l)" = 2501 ]
	[ "$(wc -l <followed)" = 2501 ]
}

@test "tail -f goes on while deliver writes and the key is changed" {
	start_sandbox --invoices 0 --orders 0 --journals 0
	control 'slack/limits?channel_ms=0'
	configure "{}"
	follow
	{ message '#finance' 1; state 1; } | "$BIN/deliver"
	has_lines 3
	"$BIN/auditctl" vault rekey
	"$BIN/auditctl" vault rekey --verify
	{ message '#finance' 2; state 1 2026-01-02T00:00:00.000Z; } | "$BIN/deliver"
	has_lines 6
	kill $TAIL
	wait $TAIL
	[ "$(jq -r .event followed | tr '\n' ' ')" = 'message.queued message.sending message.sent message.queued message.sending message.sent ' ]
}

@test "on a terminal tail is a line for each change, in words, that is safe" {
	row 1 "channel = '#a' || char(27)"
	event 1 message.sent '{"slack":"C1/1.2"}'
	script -qec "'$BIN/auditctl' tail" /dev/null </dev/null | tr -d '\r' >lines
	[ "$(cat lines)" = '11-24 01:00:00.123  1  #a?  invoices 77  queued
11-24 01:00:00.123  1  #a?  invoices 77  sent: slack C1/1.2' ]
}
