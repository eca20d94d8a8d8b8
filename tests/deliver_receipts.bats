#!/usr/bin/env bats
# deliver --receipts: a line for each final outcome, once it is durable.
load helper
load deliver

setup() {
	setup_deliver
}

teardown() {
	stop_sandbox
}

# deliver STATUS: of the file in; its lines in out, the receipts in receipts.
deliver() {
	run "-$1" --separate-stderr "$BIN/deliver" --receipts <in
	printf '%s\n' "$output" >out
	jq -c 'select(.type == "RECEIPT")' out >receipts
}

@test "a receipt says what became of the message, and where it is" {
	message '#finance' 7 >in
	deliver 0
	[ "$(wc -l <receipts)" = 1 ]
	jq -e '.message == "1" and .key == "f:s:7:#finance:v1:0" and .state == "sent" and .filter == "f"
		and .stream == "s" and .record_id == "7" and .record_version == "v1" and .channel == "#finance" and .error == null' receipts
	[ "$(jq -r '"\(.slack_channel) \(.slack_ts) \(.time)"' receipts)" = "$(sqlite3 -separator ' ' ledger.db 'select slack_channel, slack_ts, sent_at from messages')" ]
	[ "$(jq -r .slack_ts receipts)" = "$(curl -sf "$SANDBOX/_control/slack/messages" | jq -r .message.ts)" ]
}

@test "sent, unchanged, dead and held have one each, and nothing else has" {
	control 'slack/channel?name=archived&action=create'
	control 'slack/channel?name=archived&action=archive'
	control fault '{"path":"/api/chat.postMessage","match":"strange","status":200,"body":"{\"ok\":false,\"error\":\"a_word_of_tomorrow\"}"}'
	{ message '#finance' 1 v1 A; message '#finance' 1 v2 A; message '#finance' 2 v1 strange; message '#archived' 3; message '#archived' 4
	printf '%s\n' '{"type":"REJECT","filter":"f","stream":"s","record_id":"9","record_version":"v","error":"no","record":{}}' \
		'{"type":"SEEN","stream":"s","record_id":"9","record_version":"v","amount":null,"currency":null,"messages":{"f":1}}'; } >in
	deliver 65
	[ "$(jq -r '"\(.record_id)\(.record_version) \(.state)"' receipts | sort | tr '\n' ' ')" = '1v1 sent 1v2 unchanged 2v1 held 3v1 dead 4v1 dead 9v dead ' ]
	[ "$(jq -r 'select(.record_id == "2").error' receipts)" = a_word_of_tomorrow ]
	[ "$(jq -r 'select(.record_id == "9") | "\(.channel) \(.error)"' receipts)" = 'null no' ]
	# Read again: known keys have no second outcome.
	deliver 0
	[ ! -s receipts ]
}

@test "a message in doubt has its receipt when it is settled" {
	control 'slack/lose?count=1'
	message '#finance' 1 >in
	deliver 0
	[ "$(jq -r '"\(.state) \(.slack_ts)"' receipts)" = "sent $(curl -sf "$SANDBOX/_control/slack/messages" | jq -r .message.ts)" ]
}

@test "STATE values come between receipts, as ever" {
	{ message '#finance' 1 v1 A; message '#finance' 1 v2 A; state 2; } >in
	deliver 0
	[ "$(jq -c 'select(.type != "RECEIPT")' out)" = "$(jq -c 'select(.type == "STATE").value' in)" ]
	[ "$(wc -l <out)" = 3 ]
}

@test "a replayed message has a further receipt" {
	control 'slack/channel?name=finance&action=archive'
	message '#finance' 1 >in
	deliver 65
	[ "$(jq -r .state receipts)" = dead ]
	control 'slack/channel?name=finance&action=unarchive'
	"$BIN/auditctl" replay 1
	: >in
	deliver 0
	[ "$(jq -r '"\(.message) \(.state)"' receipts)" = '1 sent' ]
}

@test "without the option there is none" {
	message '#finance' 1 >in
	run -0 --separate-stderr "$BIN/deliver" <in
	[ -z "$output" ]
}
