#!/usr/bin/env bats
# auditctl why, queue, stats, list and show: what the ledger answers to people.
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

# hours_after ID HOURS [SECONDS]: queued so many hours after a day began, and sent SECONDS later.
hours_after() {
	sqlite3 ledger.db "UPDATE messages SET queued_at = strftime('%Y-%m-%dT%H:%M:%fZ', '2026-11-20', '$2 hours')${3:+,
		sent_at = strftime('%Y-%m-%dT%H:%M:%fZ', '2026-11-20', '$2 hours', '$3 seconds')} WHERE id = $1"
}

@test "stats counts by state and channel what was queued in the period alone" {
	id=0
	for state in queued sending sent in_doubt dead held merged cancelled unchanged sent; do
		message $((id += 1)) $state v1 "'#a'"
		hours_after $id 5
	done
	message 11 dead v1 NULL
	hours_after 11 5
	message 12 sent v1 "'#a'"
	hours_after 12 4.99
	message 13 sent v1 "'#a'"
	hours_after 13 6
	"$BIN/auditctl" stats --since 2026-11-20T05:00:00Z --until 2026-11-20T06:00:00Z >rows
	[ "$(jq -c '[.of, .channel, .messages, .queued, .sending, .sent, .in_doubt, .dead, .held, .merged, .cancelled, .unchanged]' rows)" = \
'["total",null,11,1,1,2,1,2,1,1,1,1]
["channel","#a",10,1,1,2,1,1,1,1,1,1]
["channel",null,1,0,0,0,0,1,0,0,0,0]' ]
}

@test "stats has the percentiles of the times to Slack by nearest rank" {
	for id in {1..100}; do
		message "$id" sent 2026-11-20T04:59:50.000Z~0123456789abcdef "'#a'"
	done >/dev/null
	sqlite3 ledger.db "UPDATE messages SET queued_at = '2026-11-20T05:00:00.000Z',
		sent_at = strftime('%Y-%m-%dT%H:%M:%fZ', '2026-11-20T05:00:00', (101 - id) || ' seconds')"
	message 101 sent '~0123456789abcdef' "'#b'"
	hours_after 101 5 7.25
	message 102 dead 2026-11-20T04:59:50.000Z~0123456789abcdef "'#c'"
	hours_after 102 5
	"$BIN/auditctl" stats --since 2026-11-20 --until 2026-11-21 >rows
	[ "$(jq -c '[.channel, .queue_p50_ms, .queue_p90_ms, .queue_p99_ms, .queue_max_ms, .erp_p50_ms, .erp_p90_ms, .erp_p99_ms, .erp_max_ms]' rows | tail -n +2)" = \
'["#a",50000,90000,99000,100000,60000,100000,109000,110000]
["#b",7250,7250,7250,7250,null,null,null,null]
["#c",null,null,null,null,null,null,null,null]' ]
	[ "$(jq -c '[.queue_p50_ms, .queue_max_ms, .erp_max_ms]' rows | head -n 1)" = '[50000,100000,110000]' ]
}

@test "stats is of the last 24 hours, and of nothing says so" {
	[ "$("$BIN/auditctl" stats | jq -c '[.of, .messages, .sent, .queue_p50_ms]')" = '["total",0,0,null]' ]
	for id in 1 2 3; do message $id queued v1 "'#a'"; done
	minutes_old 1 1500
	minutes_old 2 1380
	minutes_old 3 0
	[ "$("$BIN/auditctl" stats | jq -c '[.of, .messages]' | tr '\n' ' ')" = '["total",2] ["channel",2] ' ]
}

@test "stats refuses what is no period" {
	for words in '--since yesterday' '--until x' '--since 2026-11-21 --until 2026-11-21' '--since 2999-01-01' '--nothing' 'operand' '--since'; do
		# shellcheck disable=SC2086 # words
		run -64 --separate-stderr "$BIN/auditctl" stats $words
		[ -n "$stderr" ]
	done
}

@test "on a terminal stats has bars and fits 80 columns" {
	for id in {1..9}; do
		message "$id" sent 2026-11-20T04:00:00.000Z~0123456789abcdef "'#a-channel-with-a-name-that-is-much-too-long-for-it'"
		hours_after "$id" 5 2
	done
	message 10 dead v1 NULL
	hours_after 10 5
	at_terminal 80 stats --since 2026-11-20 --until 2026-11-21 >table
	run -0 awk 'length($0) > 80 { exit 1 }' table
	grep -qE '^sent +9 +#{40}$' table
	grep -qE '^dead +1 +#{5}$' table
	grep -qE '^from queueing +2000 ms +2000 ms' table
	grep -qE "^from the ERP's stamp +60 min" table
	grep -qE '^#a-channel-with-a- +9 +0 +0 +0 +2000 ms +2000 ms +#{10}$' table
	grep -qE '^\(rejects\) +1 +0 +0 +1 +- +- +##$' table
}

@test "stats and list find a period by id though ids have gaps and the clock was set back" {
	# Queued at these hours, in the order of ids; then the clock was set back by 20 hours.
	id=0
	for hour in 0 10 30 50 70 75 55 60 65 90 100 150; do
		message $((id += 100)) queued v1 "'#a'"
		hours_after $id $hour
	done
	while read -r since until ids; do
		"$BIN/auditctl" list --since "$since" --until "$until" >rows
		[ "$(jq .id rows | tr '\n' ' ')" = "$ids " ]
		[ "$("$BIN/auditctl" stats --since "$since" --until "$until" | jq -s '.[0].messages')" = "$(wc -w <<<"$ids")" ]
	done <<-'END'
		2026-11-19 2026-11-20T00:00:01Z 100
		2026-11-20 2026-11-20T10:00:00Z 100
		2026-11-22T06:00:00Z 2026-11-22T16:00:00Z 800 700
		2026-11-22T15:00:00Z 2026-11-22T23:00:00Z 900 500
		2026-11-22T23:00:00Z 2026-11-23T10:00:00Z 600
		2026-11-26T06:00:00Z 2026-12-01 1200
	END
	[ "$("$BIN/auditctl" list --since 2026-12-01)" = '' ]
}

@test "show is one object with the message, its payload, attempts and events as JSON" {
	message 1 sent v1 "'#a'"
	message 2 sent v1 "'#a'" "replays = 1"
	sqlite3 ledger.db "INSERT INTO bodies VALUES (2, '{\"text\":' || char(10) || '\"12\",\"n\":1.10}', '{\"update\":\"thread\"}');
		INSERT INTO attempts VALUES (2, 1, 1, '2026-11-24T01:00:00.000Z', NULL, 200, NULL, NULL, 'sent', NULL);
		INSERT INTO audit VALUES (1000, 't', 'a', 'message.sent', '2', '{\"channel\":\"#a\"}', x'', x''), (1001, 't', 'a', 'message.read', '2', NULL, x'', x'');"
	"$BIN/auditctl" show 2 >shown
	[ "$(wc -l <shown)" = 1 ]
	[ "$(jq -c 'keys' shown)" = '["attempts","delivery","events","message","payload","text"]' ]
	grep -qF '"payload":{"text": "12","n":1.10}' shown
	[ "$(jq -c '[.message.id, .message.replays, .message.replayed_by, .delivery.update, .attempts[0].http_status, (.events | map(.detail))]' shown)" = \
		'[2,1,null,"thread",200,[{"channel":"#a"},null]]' ]
	"$BIN/auditctl" show --json 1 >shown
	[ "$(jq -c '[.message.replayed_by, .payload, .delivery, .attempts, .events]' shown)" = '[2,null,null,[],[]]' ]
}

@test "show on a terminal says which message it sends again" {
	message 1 sent v1 "'#a'"
	message 2 sent v1 "'#a'" "replays = 1"
	at_terminal 80 show 2 >shown
	grep -qE '^  replays +1$' shown
	[ "$("$BIN/auditctl" show --csv 2 | tr -d '\r' | grep -c '^id,key,')" = 1 ]
}

@test "show on a terminal names the channel that a message went to, and that its record is kept" {
	message 1 sent v1 "'#b'"
	body 1 '{"channel":"#a","text":"hello"}'
	TERM=dumb at_terminal 80 show 1 >shown
	grep -q '^╭─ #b ' shown
	run -1 grep -e '#a ' -e record_kept shown
	sqlite3 ledger.db "INSERT INTO record_bodies SELECT stream, record_id, record_version, '2026-11-24', x'00', x'00' FROM messages"
	at_terminal 80 show 1 >shown
	grep -qE '^  record_kept +yes$' shown
}

# body ID PAYLOAD
body() {
	sqlite3 ledger.db "INSERT INTO bodies VALUES ($1, '$2', NULL)"
}

workspace() {
	printf '{"ledger":"ledger.db","key_file":"ledger.key","slack":{"workspace_url":"%s"}}\n' "$1" >"$CONFIG"
}

# In Slack: its channel, ts and thread.
in_slack() {
	printf "sent_at = '2026-11-24T01:00:02.000Z', sending_at = '2026-11-24T01:00:01.000Z', slack_channel = 'C0123', slack_ts = '1764000000.000100', thread_ts = %s" "${1:-NULL}"
}

@test "show, why and list tell where a message is in Slack once the workspace is known" {
	message 1 sent v1 "'#a'" "$(in_slack)"
	message 2 sent v1 "'#a'" "$(in_slack "'1763999999.000200'")"
	message 3 queued v1 "'#a'"
	[ "$("$BIN/auditctl" show 1 | jq -c .message.permalink)" = null ]
	at_terminal 80 show 1 >shown
	grep -qF 'none: set slack.workspace_url' shown
	workspace https://acme.slack.com/
	[ "$("$BIN/auditctl" show 1 | jq -r .message.permalink)" = https://acme.slack.com/archives/C0123/p1764000000000100 ]
	[ "$("$BIN/auditctl" show 2 | jq -r .message.permalink)" = \
		'https://acme.slack.com/archives/C0123/p1764000000000100?thread_ts=1763999999.000200&cid=C0123' ]
	[ "$("$BIN/auditctl" show 3 | jq -c .message.permalink)" = null ]
	"$BIN/auditctl" why 77 >rows
	[ "$(jq -r .permalink rows | head -n 1)" = https://acme.slack.com/archives/C0123/p1764000000000100 ]
	at_terminal 80 show 1 >shown
	grep -qE '^  permalink +https://acme.slack.com/archives/C0123/p1764000000000100$' shown
	at_terminal 80 why 77 >told
	grep -qxF '    https://acme.slack.com/archives/C0123/p1764000000000100' told
}

@test "the address of the workspace is https and nothing but an address" {
	for url in http://acme.slack.com acme.slack.com 'https://acme.slack.com?x' 'https://a b' https://u@acme.slack.com; do
		workspace "$url"
		run -78 --separate-stderr "$BIN/auditctl" list
		[[ $stderr == *slack.workspace_url* ]]
	done
}

@test "show on a terminal is the message as it looks, its attempts, and its events in words" {
	message 1 sent v1 "'#a'" "$(in_slack)"
	body 1 '{"channel":"#a","text":"a *bold* invoice &amp; its order","blocks":[{"type":"header","text":{"type":"plain_text","text":"Approved"}}]}'
	sqlite3 ledger.db "INSERT INTO attempts VALUES (1, 1, 1, '2026-11-24T01:00:01.000Z', '2026-11-24T01:00:01.250Z', 429, 'ratelimited', 3000, 'rate', NULL);
		INSERT INTO audit VALUES (1000, '2026-11-24T01:00:00.123Z', 'deliver', 'message.queued', '1', '{\"filter\":\"finance\",\"payload_hash\":\"abcdef\"}', x'', x''),
		(1001, '2026-11-24T01:00:02.000Z', 'deliver', 'message.sent', '1', '{\"slack\":\"C0123/1764000000.000100\"}', x'', x''),
		(1002, '2026-11-24T01:00:03.000Z', 'auditctl' || char(27), 'message.novel', '1', NULL, x'', x'')"
	TERM=dumb at_terminal 80 show 1 >shown
	grep -qE '│ Approved +│' shown
	grep -qF 'notification: a bold invoice & its order' shown
	grep -qE '^1 +1 +2026-11-24 01:00:01 +250 +429 +rate +ratelimited +3000' shown
	grep -qxF '2026-11-24 01:00:00.123  queued (deliver)' shown
	grep -qxF '2026-11-24 01:00:02.000  sent: slack C0123/1764000000.000100 (deliver)' shown
	grep -qxF '2026-11-24 01:00:03.000  message.novel (auditctl?)' shown
	run ! grep -q '"blocks"' shown
	[ "$("$BIN/auditctl" show 1 | jq -r .text)" = Approved ]
	[ "$("$BIN/auditctl" show 1 | jq -r .payload.channel)" = '#a' ]
}

@test "show on a terminal has a sentence for every event of a message that the code writes" {
	cd "$BATS_TEST_DIRNAME/.." || return 1
	# Those that are made of a state, and those that stand there.
	{ sed -n "s/.*state = '\([a-z_]*\)'.*/message.\1/p" lib/schema.sql
	  grep -hoE '"message\.[a-z_]+"' auditctl/*.c deliver/*.c lib/*.c | grep -v rows_sql | tr -d '"'; } | sort -u >"$BATS_TEST_TMPDIR/events"
	cd "$BATS_TEST_TMPDIR" || return 1
	[ "$(wc -l <events)" -ge 12 ]
	grep -qx message.released events
	grep -qx message.sent events
	message 1 sent v1 "'#a'"
	sqlite3 ledger.db <<<"$(while read -r name; do
		echo "INSERT INTO audit SELECT max(seq) + 1, 't', 'a', '$name', '1', NULL, x'', x'' FROM audit;"; done <events)"
	at_terminal 80 show 1 >shown
	[ "$(sed '1,/^Events/d' shown | wc -l)" = "$(wc -l <events)" ]
	run ! grep -q 'message\.' shown
}

@test "show says when a payload was removed, and that one is missing" {
	message 1 sent v1 "'#a'" "sent_at = '2020-01-01T00:00:00.000Z', queued_at = '2020-01-01T00:00:00.000Z'"
	body 1 '{"text":"gone"}'
	message 2 unchanged v1 "'#a'"
	message 3 sent v1 "'#a'"
	"$BIN/auditctl" prune --older-than 2021-01-01
	at_terminal 80 show 1 >shown
	grep -qx "payload removed on $(date -u +%F)" shown
	at_terminal 80 show 2 >shown
	grep -q '^payload not kept' shown
	at_terminal 80 show 3 >shown
	grep -q '^payload missing' shown
	[ "$("$BIN/auditctl" show 1 | jq -c '[.payload, .text]')" = '[null,null]' ]
}

@test "show on a terminal has the error and the record of a reject, and bears a damaged payload" {
	message 1 dead v1 NULL "error = 'no such field'"
	body 1 '{"InvoiceId":"123"}'
	at_terminal 80 show 1 >shown
	grep -q 'REJECTED' shown
	grep -qF '"InvoiceId": "123"' shown
	message 2 dead v1 "'#a'"
	body 2 '{"text":'
	at_terminal 80 show 2 >shown
	grep -q "can't be shown" shown
	[ "$("$BIN/auditctl" show 2 | jq -c '[.payload, .text]')" = '["{\"text\":",""]' ]
}

@test "list tells posts, replies, edits and reposts apart" {
	message 1 sent v1 "'#a'" "$(in_slack)"
	message 2 sent v1 "'#a'" "$(in_slack "'1763999999.000200'")"
	message 3 sent v1 "'#a'" "$(in_slack), method = 'edit'"
	message 4 sent v1 "'#a'" "$(in_slack), method = 'repost'"
	message 5 queued v1 "'#a'"
	[ "$("$BIN/auditctl" list | jq -c .kind | tr '\n' ' ')" = 'null "repost" "edit" "reply" "post" ' ]
	[ "$("$BIN/auditctl" list | jq -r 'select(.id == 2).thread_ts')" = 1763999999.000200 ]
	at_terminal 80 list >table
	run -0 awk 'length($0) > 80 { exit 1 }' table
	grep -qE '^2 +sent +11-24 01:00:02 +reply +#a' table
	grep -qE '^5 +queued +11-24 01:00:00 +- +#a' table
}

@test "on a terminal list tells how the next page is got, when there is one" {
	for id in 1 2 3 4; do message $id sent v1 "'#a'"; body $id '{"text":"word"}'; done
	for words in '' '--text word' '--state sent --channel a'; do
		# shellcheck disable=SC2086 # words
		at_terminal 80 list --limit 3 $words >table
		grep -q 'with --before 2$' table
		# shellcheck disable=SC2086 # words
		at_terminal 80 list --limit 3 $words --before 2 >table
		grep -q '^1 ' table
		run ! grep -q -e --before table
		# shellcheck disable=SC2086 # words
		at_terminal 80 list --limit 4 $words >table
		run ! grep -q -e --before table
	done
	run -0 --separate-stderr "$BIN/auditctl" list --limit 3
	[ -z "$stderr" ]
}
