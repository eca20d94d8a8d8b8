#!/usr/bin/env bats
# auditctl why and queue: what the ledger answers to people.
load helper
export BIN

setup() {
	setup_ledger
	cd "$BATS_TEST_TMPDIR" || return 1
}

# seen VERSION OUTCOME: a version of record 77 was read.
seen() {
	sqlite3 ledger.db "INSERT INTO records (stream, record_id, record_version, seen_at, outcome)
		VALUES ('invoices', '77', '$1', '2026-11-24T01:00:00.000Z', '$2')"
}

# message ID STATE VERSION CHANNEL [COLUMN=VALUE,...]: about record 77; CHANNEL may be NULL.
message() {
	sqlite3 ledger.db "INSERT INTO messages (id, key, state, filter, stream, record_id, record_version, position, channel, payload_hash, queued_at)
		VALUES ($1, 'key-$1', '$2', 'finance', 'invoices', '77', '$3', 0, $4, 'h', '2026-11-24T01:00:00.000Z');
		${5:+UPDATE messages SET $5 WHERE id = $1;}"
}

# minutes_old ID MINUTES
minutes_old() {
	sqlite3 ledger.db "UPDATE messages SET queued_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-$2 minutes') WHERE id = $1"
}

explained() {
	"$BIN/auditctl" why "$@" >rows && jq -r .explanation rows
}

at_terminal() {
	script -qec "stty cols $1; '$BIN/auditctl' ${*:2}" /dev/null </dev/null | tr -d '\r'
}

@test "why of a record that was never read is an honest no" {
	seen v1 '{"finance":0}'
	run -1 --separate-stderr "$BIN/auditctl" why 78
	[ -z "$output" ]
	[[ $stderr == *"'78' was never read"* ]]
	run -1 --separate-stderr "$BIN/auditctl" why 77 --stream payments
	[[ $stderr == *'in stream payments'* ]]
}

@test "why takes one record" {
	run -64 "$BIN/auditctl" why
	run -64 "$BIN/auditctl" why 1 2
	run -64 "$BIN/auditctl" why 1 --nothing
}

@test "why names the filter that wanted nothing, beside the one that did" {
	seen v1 '{"finance":1,"large":0}'
	message 1 sent v1 "'#finance'" "sent_at = '2026-11-24T01:00:02.000Z'"
	run -0 explained 77
	[ "$output" = "filter large wanted no message about it
message 1 of filter finance was sent to #finance at 2026-11-24T01:00:02.000Z" ]
	[ "$(jq -c '[.outcome, .filter, .message, .seen_at]' rows)" = '["filtered","large",null,"2026-11-24T01:00:00.000Z"]
["sent","finance",1,"2026-11-24T01:00:00.000Z"]' ]
}

@test "why says that no filter looked at a record" {
	seen v1 '{}'
	run -0 explained 77
	[ "$output" = 'no filter looked at it' ]
}

@test "why says of an unchanged message which one says the same" {
	message 1 sent v1 "'#finance'" "payload_hash = 'same'"
	message 2 unchanged v2 "'#finance'" "payload_hash = 'same'"
	run -0 explained 77
	[[ $output == *'message 2 of filter finance was not sent to #finance; message 1 says the same'* ]]
}

@test "why names the message, the pause or the time that a message waits for" {
	message 1 held v1 "'#finance'"
	message 2 queued v1 "'#finance'"
	message 3 queued v1 "'#other'"
	message 4 queued v1 "'#third'" "not_before = '2999-01-01T00:00:00.000Z'"
	sqlite3 ledger.db "INSERT INTO channels (name, pause_until, reason) VALUES ('#other', '2999-01-01T00:00:00.000Z', 'ratelimited')"
	run -0 explained 77
	[[ $output == *'message 2 '*', behind message 1, about the same record, which is held'* ]]
	[[ $output == *'message 3 '*', which is paused until 2999-01-01T00:00:00.000Z: ratelimited'* ]]
	[[ $output == *'message 4 '*', is not to go before 2999-01-01T00:00:00.000Z'* ]]
}

@test "why has a sentence for every state" {
	id=0
	for state in queued sending sent in_doubt dead held merged cancelled unchanged; do
		message $((id += 1)) $state v1 "'#finance'"
	done
	message 10 dead v1 NULL "error = 'no such field'"
	run -0 explained 77
	[ "${#lines[@]}" = 10 ]
	[[ $output != *null* ]]
	[[ $output == *'filter finance failed on it: no such field'* ]]
}

@test "why finds a record in each stream that has it, and in the one that is named" {
	seen v1 '{}'
	sqlite3 ledger.db "INSERT INTO records SELECT 'payments', record_id, record_version, seen_at, amount, currency, outcome FROM records"
	[ "$("$BIN/auditctl" why 77 | jq -r .stream | tr '\n' ' ')" = 'invoices payments ' ]
	[ "$("$BIN/auditctl" why 77 --stream payments | jq -r .stream)" = payments ]
}

@test "on a terminal why is sentences below each version, without control characters" {
	seen v1 '{"finance":0}'
	seen v2 '{"finance":1}'
	message 1 dead v2 "'#finance'" "error = 'a' || char(27) || 'b'"
	at_terminal 80 why 77 >told
	[ "$(cat told)" = 'invoices 77, version v1, read at 2026-11-24T01:00:00.000Z
  filter finance wanted no message about it
invoices 77, version v2, read at 2026-11-24T01:00:00.000Z
  message 1 of filter finance could not be sent to #finance: a?b' ]
}

@test "queue counts by age and channel, the oldest first, and held apart" {
	for id in 1 2 3 4; do message $id queued v1 "'#a'"; done
	minutes_old 1 1; minutes_old 2 7; minutes_old 3 100; minutes_old 4 5000
	message 5 in_doubt v1 "'#b'"; minutes_old 5 30
	message 6 held v1 "'#b'"
	message 7 sent v1 "'#c'"
	message 8 dead v1 "'#c'"
	"$BIN/auditctl" queue >rows
	[ "$(jq -c '[.channel, .waiting, .under_5m, .under_10m, .under_40m, .under_160m, .older, .held]' rows)" = '["#a",4,1,1,0,1,1,0]
["#b",1,0,0,1,0,0,1]' ]
}

@test "queue says until when and why a channel pauses" {
	message 1 queued v1 "'#a'"
	sqlite3 ledger.db "INSERT INTO channels (name, pause_until, reason) VALUES ('#a', '2999-01-01T00:00:00.000Z', 'ratelimited')"
	[ "$("$BIN/auditctl" queue | jq -r .pause_reason)" = ratelimited ]
	at_terminal 80 queue >table
	grep -q '#a .*2999-01-01 00:00:00 .*ratelimited' table
	sqlite3 ledger.db "UPDATE channels SET pause_until = '2001-01-01T00:00:00.000Z'"
	[ "$("$BIN/auditctl" queue | jq -r .pause_until)" = null ]
}

@test "on a terminal queue begins with the total and fits 80 columns" {
	message 1 queued v1 "'#a-channel-with-a-name-that-is-much-too-long-for-it'"
	message 2 held v1 "'#b'"
	at_terminal 200 queue >table
	run -0 awk 'length($0) > 80 { exit 1 }' table
	[[ $(sed -n 2p table) =~ ^TOTAL\ +1\ .*\ 1$ ]]
	run -64 "$BIN/auditctl" queue now
}

@test "pages of list neither repeat nor miss a message while new ones come" {
	for id in 1 2 3 4 5; do message $id dead v1 "'#a'"; done
	message 6 sent v1 "'#a'"
	last=99
	for page in '6 5 ' '4 3 ' '2 1 ' ''; do
		"$BIN/auditctl" list --state dead,sent --limit 2 --before $last >rows
		[ "$(jq -r .id rows | tr '\n' ' ')" = "$page" ]
		[ -z "$page" ] || last=$(tail -n 1 rows | jq .id)
		[ $last != 5 ] || message 100 dead v1 "'#a'"
	done
	for id in 0 -1 x 1x ''; do
		run -64 --separate-stderr "$BIN/auditctl" list --before "$id"
		[[ $stderr == *'--before'* ]]
	done
}
