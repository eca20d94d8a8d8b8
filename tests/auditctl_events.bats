#!/usr/bin/env bats
# auditctl events: what Slack's events mean to the ledger.
load helper
load deliver
load verify

setup() {
	setup_deliver
	VERIFY_PID=''
}

teardown() {
	end_verify
	stop_sandbox
}

# One message of the finance filter's, sent.
send_message() {
	{
		jq -nc '{ type: "MESSAGE", filter: "finance", stream: "invoices", record_id: "300000047414679",
			record_version: "v1", position: 0, key: "finance:invoices:300000047414679:v1:0",
			payload: { channel: "#finance", text: "Invoice on hold" } },
			{ type: "SEEN", stream: "invoices", record_id: "300000047414679", record_version: "v1",
			amount: "1.10", currency: "USD", messages: { finance: 1 } }'
	} | "$BIN/deliver" >/dev/null
	[ "$(sql 'SELECT state FROM messages')" = sent ]
}

# click USER TRIGGER [VALUE] [TS]: the payload of a click on the message.
click() {
	jq -nc --arg user "$1" --arg trigger "$2" --arg value "${3-invoices 300000047414679}" \
		--arg ts "${4-$(sql 'SELECT slack_ts FROM messages')}" \
		--arg channel "$(sql 'SELECT slack_channel FROM messages')" '{
		type: "block_actions", trigger_id: $trigger,
		user: { id: $user, username: "jane", team_id: "T1" }, team: { id: "T1" },
		container: { type: "message", channel_id: $channel, message_ts: $ts },
		actions: [ { type: "button", action_id: "acknowledge", value: $value, action_ts: "1.2" } ] }'
}

# line KIND ID: an EVENT line with the body that comes on stdin.
line() {
	jq -c --arg kind "$1" --arg id "$2" '{ type: "EVENT", event_id: $id, kind: $kind,
		received_at: "2026-11-26T10:00:00.000Z", body: . }'
}

acknowledged() {
	"$BIN/auditctl" show 1 --json | jq -c '[.events[] | select(.event == "message.acknowledged") | .detail]'
}

# removed TYPE [TEAM] [SECONDS FROM NOW]
removed() {
	jq -nc --arg type "$1" --arg team "${2:-T1}" --argjson time "$(($(date +%s) + ${3:-60}))" '{
		type: "event_callback", team_id: $team, event_time: $time, event_id: "Ev1",
		event: { type: $type, tokens: { bot: ["U9"] } } }' | line event_callback Ev1
}

has_token() {
	"$BIN/auditctl" vault list --json | jq -e 'select(.name == "slack.bot_token")' >found
}

@test "a click on Acknowledge, from Slack's request to auditctl show" {
	send_message
	mkdir door && cd door
	(umask 077 && printf sandbox-signing >secret)
	FORM='Content-Type: application/x-www-form-urlencoded'
	mkfifo pipe
	"$BIN/auditctl" events <pipe >passed 3>&- &
	auditctl=$!
	OUT=pipe start_verify
	click U1 1.2.a | jq -r '"payload=" + @uri "\(.)"' | tr -d '\n' >form
	sign form
	# Slack repeats none of these; whoever does changes nothing.
	[ "$(send form "$FORM")" = 200 ]
	[ "$(send form "$FORM")" = 200 ]
	until_true lines_are 1 passed
	stop_verify
	wait "$auditctl"
	[ "$(acknowledged)" = '[{"user":"U1","user_name":"jane","team":"T1","event_id":"1.2.a"}]' ]
	"$BIN/auditctl" check
	"$BIN/auditctl" check --rows
}

@test "a click that comes twice is recorded once, another person's too" {
	send_message
	click U1 1.2.a | line interaction 1.2.a >events
	click U1 1.2.a | line interaction 1.2.a >>events
	click U2 1.2.b | line interaction 1.2.b >>events
	"$BIN/auditctl" events <events >passed
	cmp events passed
	"$BIN/auditctl" events <events >passed
	[ "$(acknowledged | jq -c 'map(.user)')" = '["U1","U2"]' ]
}

@test "a click on a message that isn't in this ledger changes nothing" {
	send_message
	before=$(sql 'SELECT count(*) FROM audit')
	click U1 1.2.a 'invoices 1' | line interaction 1.2.a >events
	click U1 1.2.b 'invoices' | line interaction 1.2.b >>events
	click U1 1.2.c 'invoices 300000047414679' 1.000001 | line interaction 1.2.c >>events
	click U1 1.2.d | jq -c '.actions[0].action_id = "other"' | line interaction 1.2.d >>events
	run -0 --separate-stderr "$BIN/auditctl" events <events
	[[ $stderr == *'no such message'* ]]
	[ "$(sql 'SELECT count(*) FROM audit')" = "$before" ]
	[ "$(sql 'SELECT count(*) FROM events')" = 0 ]
}

@test "an app that is uninstalled, or whose bot lost its token, stops its workspace's queue" {
	for type in app_uninstalled tokens_revoked; do
		printf 'xoxb-sandbox' | "$BIN/auditctl" vault set slack.bot_token
		removed "$type" | jq -c --arg id "Ev-$type" '.event_id = $id' >events
		run -0 --separate-stderr "$BIN/auditctl" events --team T1 <events
		[[ $stderr == *'vault set slack.bot_token'* ]]
		run ! has_token
		run -77 --separate-stderr "$BIN/deliver" </dev/null
	done
	[ "$(sql "SELECT count(*) FROM audit WHERE event = 'workspace.stopped' AND subject = 'T1'")" = 2 ]
	"$BIN/auditctl" events --team T1 <events >passed
	[ "$(sql "SELECT count(*) FROM audit WHERE event = 'workspace.stopped'")" = 2 ]
	"$BIN/auditctl" check
}

@test "another workspace's end, a person's token, and one before the last login stop nothing" {
	removed app_uninstalled T2 >events
	removed tokens_revoked | jq -c '.body.event.tokens = { oauth: ["U1"], bot: [] }' >>events
	removed app_uninstalled T1 -60 >>events
	"$BIN/auditctl" events --team T1 <events >passed
	removed app_uninstalled | "$BIN/auditctl" events >passed
	has_token
	[ "$(sql "SELECT count(*) FROM audit WHERE event = 'workspace.stopped'")" = 0 ]
}

@test "a line that is no EVENT costs no other, and the status is 65" {
	send_message
	{ printf 'no JSON\n\n{"type":"STATE"}\n'; click U1 1.2.a | line interaction 1.2.a; } >events
	run -65 --separate-stderr "$BIN/auditctl" events <events
	[ "$(acknowledged | jq length)" = 1 ]
}

@test "a line that can't be applied, or passed on, stays in the pipe, and those behind it" {
	send_message
	mkfifo pipe
	exec 4<>pipe
	click U1 1.2.a | line interaction 1.2.a >events
	removed app_uninstalled T2 >>events
	cat events >&4
	sqlite3 ledger.db "CREATE TRIGGER fails BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no'); END"
	run -70 "$BIN/auditctl" events <pipe
	sqlite3 ledger.db 'DROP TRIGGER fails'
	run -74 bash -c '"$BIN/auditctl" events <pipe >/dev/full'
	[ "$(acknowledged | jq length)" = 1 ]
	"$BIN/auditctl" events <pipe >passed 3>&- 4>&- &
	exec 4>&-
	wait $!
	cmp events passed
	[ "$(acknowledged | jq length)" = 1 ]
}

@test "lines longer than a pipe, and in pieces, pass as they are" {
	pad=$(head -c 200000 /dev/zero | tr '\0' x)
	for i in 1 2 3; do
		printf '{"type":"EVENT","event_id":"Ev%s","kind":"other","body":{"text":"%s"}}\n' "$i" "$pad"
	done >events
	printf '{"type":"EVENT","event_id":"Ev9","kind":"other","body":{}}' >>events
	cat events | "$BIN/auditctl" events >passed
	cmp events passed
	{ head -c 20 events; tail -c +21 events; } | "$BIN/auditctl" events >passed
	cmp events passed
	"$BIN/auditctl" events <events >passed
	cmp events passed
}

@test "the finance filter has the button when it is asked for" {
	# shellcheck disable=SC2016 # jq's variables
	printf '%s\n' '{"type":"SCHEMA","stream":"invoices","schema":{},"key_properties":["InvoiceId"],"bookmark_properties":["LastUpdateDate"]}' \
		'{"type":"RECORD","stream":"invoices","record":{"InvoiceId":"7","LastUpdateDate":"2026-01-01T00:00:00Z","ValidationStatus":"Needs revalidation"}}' >records
	button() {
		jq -n --argjson acknowledge "$1" --arg file "$BATS_TEST_DIRNAME/../pipelines/filters/finance.jq" '{ filters: { finance: { file: $file,
			config: { acknowledge: $acknowledge } } } }' >transform.json
		"$BIN/transform" --config transform.json <records >messages
		jq -r 'select(.type == "MESSAGE") | [.. | objects | select(.action_id? == "acknowledge") | .value] | join(",")' messages
	}
	[ "$(button true)" = 'invoices 7' ]
	[ "$(button false)" = '' ]
}
