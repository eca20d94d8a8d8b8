#!/usr/bin/env bats
# deliver: from transform's lines to the workspace, and what the ledger says.
load helper
load deliver

setup() {
	setup_deliver
}

teardown() {
	stop_sandbox
}

# refuse_posts JSON: the next posts get this answer and aren't looked at.
refuse_posts() {
	control fault "$(jq -nc --argjson more "$1" '{ path: "/api/chat.postMessage" } + $more')"
}

# What the ledger says of each message, the oldest first.
states() {
	"$BIN/auditctl" list | jq -r .state | tac | tr '\n' ' '
}

@test "help and version go to stdout, a wrong option is a usage error" {
	run -0 --separate-stderr "$BIN/deliver" --help
	[[ $output == usage:* && -z $stderr ]]
	run -0 "$BIN/deliver" --version
	[[ $output == 'deliver (ledgerpipe) '* ]]
	run -64 "$BIN/deliver" --nonsense
	run -64 "$BIN/deliver" --in-doubt perhaps
	run -64 "$BIN/deliver" --follow --plan
	run -64 "$BIN/deliver" - -
	run -66 --separate-stderr "$BIN/deliver" nowhere
	[[ $stderr == *nowhere* ]]
}

@test "a message is posted, and the ledger knows where and when" {
	message '#finance' 7 >in
	run -0 "$BIN/deliver" <in
	[ "$(texts)" = 'about 7' ]
	"$BIN/auditctl" list --state sent >rows
	jq -e '.record_id == "7" and .channel == "#finance" and .sent_at != null' rows
	[ "$(jq -r .slack_ts rows)" = "$(curl -sf "$SANDBOX/_control/slack/messages" | jq -r .message.ts)" ]
	[ "$(sql 'select amount, currency, outcome from records')" = '1250.10|USD|{"f":1}' ]
	run -0 "$BIN/auditctl" check
}

@test "what leaves is the filter's payload, no unfurling, and an opaque key" {
	message '#finance' 300000047414679 | sed 's/"text":"about/"blocks":[{"type":"divider"}],"text":"about/' >in
	"$BIN/deliver" <in
	curl -sf "$SANDBOX/_control/requests" | jq -c 'select(.path == "/api/chat.postMessage") | .body | fromjson' >body
	[ "$(jq -c 'keys' body)" = '["blocks","channel","metadata","text","unfurl_links","unfurl_media"]' ]
	[ "$(jq -c '[.unfurl_links, .unfurl_media, .blocks]' body)" = '[false,false,[{"type":"divider"}]]' ]
	[ "$(jq -c '.metadata | [.event_type, (.event_payload | keys)]' body)" = '["ledgerpipe_delivery",["key"]]' ]
	[[ $(jq -r .metadata.event_payload.key body) =~ ^[0-9a-f]{32}$ ]]
}

@test "a STATE is echoed and moves the bookmark once all before it is durable" {
	{ message '#finance' 1; state 1; } >in
	run -0 --separate-stderr "$BIN/deliver" <in
	[ "$output" = "$(jq -c 'select(.type == "STATE").value' in)" ]
	[ "$("$BIN/auditctl" bookmark list | jq -r .value)" = 2026-01-01T00:00:00.000Z ]
}

@test "a bookmark never goes back" {
	state 0 2026-03-01T00:00:00.000Z | "$BIN/deliver" >/dev/null
	state 0 2026-02-01T00:00:00.000Z | "$BIN/deliver" >/dev/null
	[ "$("$BIN/auditctl" bookmark list | jq -r .value)" = 2026-03-01T00:00:00.000Z ]
}

@test "reading the same again posts nothing" {
	{ message '#finance' 1; message '#finance' 2; state 2; } >in
	run -0 "$BIN/deliver" <in
	run -0 "$BIN/deliver" <in
	[ "$(texts | wc -l)" = 2 ]
	[ "$(states)" = 'sent sent ' ]
}

@test "a new version that says the same is unchanged, another is a reply" {
	{ message '#finance' 1 v1 A; message '#finance' 1 v2 A; message '#finance' 1 v3 B; message '#finance' 1 v4 A; } >in
	run -0 "$BIN/deliver" <in
	[ "$(texts | tr '\n' ' ')" = 'A B A ' ]
	[ "$(states)" = 'sent unchanged sent sent ' ]
	curl -sf "$SANDBOX/_control/slack/messages" | jq -s '
		.[0].message.ts as $first | (.[0].message.thread_ts == null or .[0].message.thread_ts == $first)
		and .[1].message.thread_ts == $first and .[2].message.thread_ts == $first' | grep -x true
}

@test "on_change decides between a reply, a new post and silence" {
	{ message '#finance' 1 v1 A; message '#finance' 1 v2 B '{"on_change":"post"}'; message '#finance' 1 v3 C '{"on_change":"ignore"}'; } >in
	run -0 "$BIN/deliver" <in
	[ "$(states)" = 'sent sent unchanged ' ]
	[ "$(curl -sf "$SANDBOX/_control/slack/messages?channel=finance" | jq -r '"\(.message.text) \(.message.thread_ts == null or .message.thread_ts == .message.ts)"' | tr '\n' ' ')" = 'A true B true ' ]
}

@test "on_change edit changes the first message, and is the latest word in it" {
	edit='{"on_change":"edit"}'
	{ message '#finance' 1 v1 A; message '#finance' 1 v2 B "$edit"; message '#finance' 1 v3 C "$edit"; } >in
	run -0 "$BIN/deliver" <in
	[ "$(states)" = 'sent sent sent ' ]
	[ "$(texts)" = C ]
	[ "$(sql 'SELECT count(DISTINCT slack_ts) FROM messages')" = 1 ]
	[ "$(sql 'SELECT group_concat(method) FROM messages')" = post,edit,edit ]
	"$BIN/auditctl" check
}

@test "an edit of a message that is gone is a post that says so, and the next edit changes that" {
	edit='{"on_change":"edit"}'
	message '#finance' 1 v1 A >in
	run -0 "$BIN/deliver" <in
	control "slack/delete?channel=finance&ts=$(sql 'SELECT slack_ts FROM messages')"
	message '#finance' 1 v2 B "$edit" >in
	run -0 "$BIN/deliver" <in
	[[ "$(texts)" == *"earlier message is gone"*B ]]
	message '#finance' 1 v3 C "$edit" >in
	run -0 "$BIN/deliver" <in
	[ "$(texts)" = C ]
	[ "$(states)" = 'sent sent sent ' ]
}

@test "a change whose thread is gone is a post of its own that says so" {
	message '#finance' 1 v1 A >in
	run -0 "$BIN/deliver" <in
	control "slack/delete?channel=finance&ts=$(sql 'SELECT slack_ts FROM messages')"
	message '#finance' 1 v2 B >in
	run -0 "$BIN/deliver" <in
	[[ "$(texts)" == *"earlier message is gone"*B ]]
	[ "$(sql 'SELECT thread_ts IS NULL FROM messages WHERE id = 2')" = 1 ]
}

@test "an edit whose answer is lost is made again, and never in doubt" {
	edit='{"on_change":"edit"}'
	message '#finance' 1 v1 A >in
	run -0 "$BIN/deliver" <in
	control fault '{"path":"/api/chat.update","reset":true,"handle":true}'
	message '#finance' 1 v2 B "$edit" >in
	run -0 "$BIN/deliver" <in
	[ "$(texts)" = B ]
	[ "$(sql "SELECT count(*) FROM audit WHERE event LIKE '%doubt%'")" = 0 ]
	[ "$(sql 'SELECT count(*) FROM attempts WHERE message = 2')" = 2 ]
}

@test "a text that Slack cuts is sent, said, and in the audit log" {
	message '#finance' 1 v1 "$(printf '%041000d' 7)" >in
	jq -c 'if .payload then .payload.blocks = [{ type: "divider" }] else . end' in >blocks
	run -0 "$BIN/deliver" <blocks
	[[ $output == *'Slack cut its text'* ]]
	[ "$(states)" = 'sent ' ]
	[ "$(sql "SELECT count(*) FROM audit WHERE event = 'message.cut' AND subject = '1'")" = 1 ]
}

@test "messages of a channel arrive in the order they came" {
	for i in 1 2 3 4 5 6 7 8 9; do message '#finance' "$i"; message '#operations' "$i"; done >in
	run -0 "$BIN/deliver" <in
	[ "$(curl -sf "$SANDBOX/_control/slack/messages?channel=finance" | jq -r .message.text | tr -d '\na-z ')" = 123456789 ]
	[ "$(stats '.channels["#operations"].messages')" = 9 ]
}

@test "a reject is a dead letter with its cause, and no message" {
	printf '%s\n' '{"type":"REJECT","filter":"f","stream":"s","record_id":"9","record_version":"v","error":"null has no keys","record":{"A":1.10}}' \
		'{"type":"SEEN","stream":"s","record_id":"9","record_version":"v","amount":null,"currency":null,"messages":{"f":1}}' >in
	state 1 >>in
	run -65 "$BIN/deliver" <in
	[[ $output == *'1 records were rejected'*'auditctl list --state dead'* ]]
	[ "$("$BIN/auditctl" list | jq -c '[.state, .channel, .record_id, .error]')" = '["dead",null,"9","null has no keys"]' ]
	[ "$("$BIN/auditctl" show 1 | grep -o '"payload":{[^}]*}')" = '"payload":{"A":1.10}' ]
	run -0 "$BIN/deliver" <in
	[ "$("$BIN/auditctl" list | wc -l)" = 1 ]
}

@test "no channel gets two messages within a second, and a saturated one no 429" {
	control 'slack/limits?channel_ms=1000'
	configure '{"channel_interval":"1s"}'
	for i in 1 2 3; do message '#finance' "$i"; message '#operations' "$i"; done >in
	run -0 "$BIN/deliver" <in
	[ "$(stats .refused)" = 0 ]
	stats -e '.channels["#finance"] | .messages == 3 and .smallest_gap_ms >= 1000'
}

@test "a restart does not reset the pace" {
	control 'slack/limits?channel_ms=1000'
	configure '{"channel_interval":"1s"}'
	for i in 1 2 3; do message '#finance' "$i" | "$BIN/deliver"; done
	stats -e '.refused == 0 and .channels["#finance"].smallest_gap_ms >= 1000'
}

@test "the workspace's ceiling holds across channels and restarts" {
	configure '{"workspace_rate":5}'
	for i in 1 2 3; do message '#finance' "$i"; message '#operations' "$i"; message '#treasury' "$i"; done >in
	run -0 "$BIN/deliver" <in
	message '#procurement' 1 | "$BIN/deliver"
	stats -e '.busiest_second <= 5 and ([.channels[].messages] | add) == 10'
}

@test "a 429 is waited for, keeps the order and uses up no attempt" {
	control 'slack/ratelimit?count=1&retry_after=1'
	for i in 1 2 3; do message '#finance' "$i"; done >in
	run -0 "$BIN/deliver" <in
	[ "$(texts | tr -d '\na-z ')" = 123 ]
	[ "$(sql 'select attempts from messages where id = 1')" = 1 ]
	[ "$(sql 'select group_concat(outcome) from attempts where message = 1')" = rate,sent ]
}

@test "a 429 without Retry-After pauses too, longer than the budget ends the run, and a restart keeps to it" {
	configure '{"retry_budget":"1s"}'
	refuse_posts '{"status":429,"body":"{}"}'
	message '#finance' 1 >in
	run -75 "$BIN/deliver" <in
	run -75 "$BIN/deliver" </dev/null
	[ "$(curl -sf "$SANDBOX/_control/requests" | grep -c /api/chat.postMessage)" = 1 ]
	[ "$(states)" = 'queued ' ]
}

@test "a message whose answer is lost is found, not sent again" {
	control 'slack/lose?count=1'
	{ message '#finance' 1; message '#finance' 2; } >in
	run -0 "$BIN/deliver" <in
	[ "$(texts | tr -d '\na-z ')" = 12 ]
	[ "$(states)" = 'sent sent ' ]
	[ "$("$BIN/auditctl" show 1 | jq -r '.events[].event' | tr '\n' ' ')" = 'message.queued message.sending message.in_doubt message.settled message.sent ' ]
}

@test "a lost answer on a connection that was used before is not repeated by the HTTP library" {
	message '#finance' 1 >in
	message '#finance' 2 >>in
	refuse_posts '{"skip":1,"drop":true,"handle":true}'
	run -0 "$BIN/deliver" <in
	[ "$(texts | tr -d '\na-z ')" = 12 ]
	[ "$(curl -sf "$SANDBOX/_control/requests" | grep -c /api/chat.postMessage)" = 2 ]
}

@test "a message in doubt that Slack never had is sent again as a new generation" {
	refuse_posts '{"drop":true}'
	message '#finance' 1 | "$BIN/deliver"
	[ "$(texts)" = 'about 1' ]
	[ "$(sql 'select generation, state from messages')" = '2|sent' ]
}

@test "a message that history shows late is not sent again" {
	control 'slack/lag?ms=100'
	control 'slack/lose?count=1'
	message '#finance' 1 | "$BIN/deliver"
	[ "$(texts)" = 'about 1' ]
}

@test "server errors, garbage and a cut answer put in doubt, whether Slack kept the message or not" {
	n=0
	while read -r fault; do
		n=$((n + 1))
		refuse_posts "$fault"
		message '#finance' "$n" | "$BIN/deliver" || { echo "$fault"; return 1; }
		[ "$(texts | wc -l)" = "$n" ] || { echo "$fault"; return 1; }
	done <<-'END'
		{"status":500,"body":"oops"}
		{"status":500,"body":"oops","handle":true}
		{"status":503,"body":"<html>","handle":true}
		{"status":200,"body":"<html>hello"}
		{"status":200,"body":"<html>hello","handle":true}
		{"status":200,"body":"{\"ok\":false,\"error\":\"internal_error\"}","handle":true}
		{"status":200,"body":"{\"ok\":false,\"error\":\"fatal_error\"}"}
		{"status":200,"body":"{\"ok\":true}","handle":true}
		{"handle":true,"truncate":true}
	END
	[ "$(sql "select count(*) from messages where state = 'sent'")" = 9 ]
	[ "$(sql "select count(*) from audit where event = 'message.in_doubt'")" = 9 ]
}

@test "where the bot can't read, doubt is held for a person" {
	control 'slack/channel?name=finance&action=kick'
	control 'slack/lose?count=1'
	message '#finance' 1 >in
	run -65 "$BIN/deliver" <in
	[[ $output == *'not_in_channel (invite the app to the channel, then replay it)'* ]]
	[ "$(states)" = 'held ' ]
}

@test "where the bot can't read and the operator wants it, doubt is sent again" {
	control 'slack/channel?name=finance&action=kick'
	refuse_posts '{"drop":true}'
	message '#finance' 1 >in
	run -0 "$BIN/deliver" --in-doubt resend <in
	[ "$(texts)" = 'about 1' ]
}

@test "where another app's message has the key, a person decides" {
	refuse_posts '{"status":500,"body":"","delay_ms":1500}'
	message '#finance' 1 >in
	"$BIN/deliver" <in &
	until curl -sf "$SANDBOX/_control/requests" | grep -q /api/chat.postMessage; do :; done
	curl -sf "$SANDBOX/_control/requests" | jq -c 'select(.path == "/api/chat.postMessage") | .body | fromjson | {text: "forged", metadata}' >forged
	control 'slack/foreign?channel=finance' "$(cat forged)"
	ended=0; wait $! || ended=$?
	[ "$ended" = 65 ]
	[ "$(texts | sort | tr '\n' ' ')" = 'forged ' ]
	[ "$(states)" = 'held ' ]
	"$BIN/auditctl" replay --resend 1
	run -0 "$BIN/deliver" </dev/null
	[ "$(texts | sort | tr '\n' ' ')" = 'about 1 forged ' ]
}

@test "each error of Slack's ends as its class says" {
	n=0
	configure '{"max_attempts":2}'
	while read -r word wanted status; do
		n=$((n + 1))
		printf 'xoxb-sandbox' | "$BIN/auditctl" vault set slack.bot_token
		refuse_posts "$(jq -nc --arg w "$word" '{status: 200, count: 2, body: "{\"ok\":false,\"error\":\"\($w)\"}"}')"
		message '#finance' "$n" >in
		run "-$status" "$BIN/deliver" <in
		[ "$("$BIN/auditctl" list --record "$n" | jq -r .state)" = "$wanted" ] || { echo "$word"; return 1; }
		curl -sf -X DELETE "$SANDBOX/_control/fault" >/dev/null
	done <<-'END'
		msg_too_long dead 65
		invalid_blocks dead 65
		no_text dead 65
		cannot_reply_to_message dead 65
		is_archived dead 65
		not_in_channel dead 65
		restricted_action dead 65
		brand_new_error held 65
		request_timeout dead 65
		invalid_auth queued 77
		token_revoked queued 77
		account_inactive queued 77
		missing_scope queued 77
		unknown_method queued 76
	END
}

@test "an unknown channel gets its letters back, its neighbours go on, and replay sends them" {
	{ message '#nowhere' 1; message '#finance' 2; message '#nowhere' 3; } >in
	run -65 "$BIN/deliver" <in
	[ "$(grep -c 'channel #nowhere takes nothing: channel_not_found' <<<"$output")" = 1 ]
	[ "$(texts)" = 'about 2' ]
	[ "$(states)" = 'dead sent dead ' ]
	[ "$("$BIN/auditctl" list --state dead --record 1 | jq -r .error)" = channel_not_found ]
	control 'slack/channel?name=nowhere&action=create'
	"$BIN/auditctl" replay --state dead >/dev/null
	run -0 "$BIN/deliver" </dev/null
	[ "$(curl -sf "$SANDBOX/_control/slack/messages?channel=nowhere" | jq -r .message.text | tr -d '\na-z ')" = 13 ]
}

@test "a channel that was made anew under its name is found by its name" {
	message '#finance' 1 | "$BIN/deliver"
	control 'slack/channel?name=finance&action=delete'
	control 'slack/channel?name=finance&action=create'
	message '#finance' 2 >in
	run -0 "$BIN/deliver" <in
	[ "$(states)" = 'sent sent ' ]
}

@test "a refused token stops the workspace, keeps the queue and says what to do" {
	control 'slack/token?value=another'
	{ message '#finance' 1; message '#operations' 2; state 2; } >in
	run -77 --separate-stderr "$BIN/deliver" <in
	[[ $stderr == *'invalid_auth'*'auditctl vault set slack.bot_token'* ]]
	[ -n "$output" ]
	printf another | "$BIN/auditctl" vault set slack.bot_token
	run -0 "$BIN/deliver" </dev/null
	[ "$(texts | wc -l)" = 2 ]
}

@test "without a token in the vault nothing is read, and the remedy is named" {
	"$BIN/auditctl" vault rm slack.bot_token
	run -77 "$BIN/deliver" </dev/null
	[[ $output == *'auditctl vault set slack.bot_token'* ]]
}

@test "Slack that can't be reached is told once, kept for, and made up for" {
	stop_sandbox
	wait "$SANDBOX_PID" || :
	configure '{"retry_budget":"1s"}'
	{ message '#finance' 1; state 1; } >in
	run -69 "$BIN/deliver" <in
	[ "$(grep -c "can't be reached: " <<<"$output")" = 2 ]
	start_sandbox --invoices 0 --orders 0 --journals 0
	configure
	run -0 "$BIN/deliver" </dev/null
	[ "$(texts)" = 'about 1' ]
}

@test "a redirect is not followed: the token goes nowhere else" {
	refuse_posts "$(jq -nc --arg u "$SANDBOX/api/auth.test" '{status: 302, body: "", headers: {Location: $u}}')"
	message '#finance' 1 >in
	run -76 "$BIN/deliver" <in
	[ "$(curl -sf "$SANDBOX/_control/requests" | grep -c /api/auth.test)" = 0 ]
	[ "$(states)" = 'queued ' ]
}

@test "kill -9 while a request is on its way: the next run finds the message" {
	refuse_posts '{"delay_ms":60000,"handle":true}'
	{ message '#finance' 1; message '#finance' 2; } >in
	"$BIN/deliver" <in &
	until [ "$(texts)" = 'about 1' ]; do :; done
	kill -9 $!
	wait $! || :
	[ "$(states)" = 'sending queued ' ]
	run -0 "$BIN/deliver" <in
	[ "$(texts | tr -d '\na-z ')" = 12 ]
	[ "$(stats '[.channels[].duplicates] | add')" = 0 ]
	run -0 "$BIN/auditctl" check
}

@test "a message that was sent long ago and isn't found is held, not sent again" {
	refuse_posts '{"drop":true}'
	configure '{"settle_delay":"1h"}'
	message '#finance' 1 >in
	"$BIN/deliver" <in &
	until [ "$(states)" = 'in_doubt ' ]; do :; done
	kill $!
	wait $! || :
	sqlite3 ledger.db "update messages set sending_at = '2026-01-01T00:00:00.000Z'"
	run -65 "$BIN/deliver" </dev/null
	[[ $output == *'was it deleted there?'* ]]
	[ "$(states)" = 'held ' ]
	[ -z "$(texts)" ]
}

@test "a later version waits for an earlier one that is held" {
	refuse_posts '{"status":200,"body":"{\"ok\":false,\"error\":\"brand_new_error\"}"}'
	{ message '#finance' 1 v1 A; message '#finance' 1 v2 B; message '#finance' 2 v1 other; } >in
	run -65 "$BIN/deliver" <in
	[[ $output == *'1 messages wait behind earlier ones'* ]]
	[ "$(states)" = 'held queued sent ' ]
	"$BIN/auditctl" replay 1 >/dev/null
	run -0 "$BIN/deliver" </dev/null
	[ "$(texts | tr '\n' ' ')" = 'other A B ' ]
}

@test "one deliver per ledger: the second says who has it" {
	mkfifo pipe
	"$BIN/deliver" <pipe &
	exec 4>pipe
	message '#finance' 1 >&4
	until [ "$(texts)" = 'about 1' ]; do :; done
	run -75 "$BIN/deliver" </dev/null
	[[ $output == *"has a deliver already: process $!"* ]]
	exec 4>&-
	wait $!
}

@test "a line that waits in a slow pipe is sent before its end" {
	mkfifo pipe
	"$BIN/deliver" <pipe >echo &
	exec 4>pipe
	{ message '#finance' 1; state 1; } >&4
	until [ "$(texts)" = 'about 1' ] && [ -s echo ]; do :; done
	exec 4>&-
	wait $!
}

@test "SIGTERM lets what is in flight end, and keeps the rest" {
	refuse_posts '{"delay_ms":500,"handle":true}'
	{ message '#finance' 1; message '#finance' 2; } >in
	"$BIN/deliver" <in &
	until [ "$(texts)" = 'about 1' ]; do :; done
	kill -TERM $!
	status=0
	wait $! || status=$?
	[ "$status" = 75 ]
	[ "$(states)" = 'sent queued ' ]
}

@test "a torn line ends the intake with 75, and what came before it is delivered" {
	{ message '#finance' 1; message '#finance' 2 | head -c 40; } >in
	run -75 "$BIN/deliver" <in
	[[ $output == *'input line 3 is torn'* ]]
	[ "$(texts)" = 'about 1' ]
}

@test "a line that is no message ends the intake with 65 before any later STATE" {
	while read -r line; do
		{ message '#finance' 1; echo "$line"; state 1; } >in
		run -65 --separate-stderr "$BIN/deliver" <in
		[ -z "$output" ] || { echo "$line"; return 1; }
		[[ $stderr == *'input line 3 '* ]] || { echo "$line"; return 1; }
	done <<-'END'
		junk
		[]
		{"type":"MESSAGE"}
		{"type":"MESSAGE","filter":"f","stream":"s","record_id":"1","record_version":"v","key":"k","payload":{"text":"x"}}
		{"type":"MESSAGE","filter":"f","stream":"s","record_id":"1","record_version":"v","key":"k","payload":{"channel":"c"},"delivery":{"not_before":"soon"}}
		{"type":"REJECT"}
		{"type":"SEEN"}
		{"type":"STATE"}
		{"type":"RECORD","stream":"s","record":{}}
		{"type":"WHATEVER"}
	END
	[ -z "$("$BIN/auditctl" bookmark list)" ]
	[ "$(texts)" = 'about 1' ]
}

@test "a STATE whose count differs is refused: something was lost in the pipe" {
	{ message '#finance' 1; state 2; } >in
	run -75 --separate-stderr "$BIN/deliver" <in
	[ -z "$output" ]
	[[ $stderr == *'STATE after 2 records, and 1 came'* ]]
	[ -z "$("$BIN/auditctl" bookmark list)" ]
}

@test "a line that transform could not read may be one of the records that a STATE counts" {
	{ message '#finance' 1; echo '{"type":"REJECT","filter":"","stream":"","record_id":"line~00","record_version":"","error":"not JSON","record":"x"}'; state 2; } >in
	run -65 "$BIN/deliver" <in
	[ -n "$("$BIN/auditctl" bookmark list)" ]
}

@test "not_before is waited for by a later run, not by this one" {
	message '#finance' 1 v1 later '{"not_before":"2999-01-01T00:00:00+02:00"}' >in
	message '#finance' 2 v1 now '{"not_before":"2001-01-01T00:00:00Z"}' >>in
	run -0 "$BIN/deliver" <in
	[[ $output == *'1 messages wait for their time'* ]]
	[ "$(texts)" = now ]
	[ "$(sql 'select not_before from messages where id = 1')" = 2998-12-31T22:00:00.000Z ]
}

@test "when nobody reads the STATEs deliver says so, after it has delivered" {
	{ message '#finance' 1; state 1; } >in
	run -74 bash -c '"$BIN/deliver" <in >/dev/full'
	[ "$(texts)" = 'about 1' ]
}

@test "thousands of lines at once are taken in groups" {
	jq -nc 'range(2000) | { type: "MESSAGE", filter: "f", stream: "s", record_id: "\(.)", record_version: "v",
		position: 0, key: "k\(.)", payload: { channel: "#c\(. % 4)", text: "\(.)" } }' >in
	for i in 0 1 2 3; do control "slack/channel?name=c$i&action=create"; done
	run -0 "$BIN/deliver" <in
	[ "$(texts | sort -n | uniq | wc -l)" = 2000 ]
	[ "$(texts | wc -l)" = 2000 ]
	[ "$(curl -sf "$SANDBOX/_control/slack/messages?channel=c1" | jq -r .message.text)" = "$(seq 1 4 1999)" ]
}

@test "a name that can't be resolved is Slack away, and not the end of deliver" {
	configure '{"url":"https://no-such-host.invalid/api","retry_budget":"1s"}'
	message '#finance' 1 >in
	run -69 "$BIN/deliver" <in
	[ "$(states)" = 'queued ' ]
}

@test "a lost answer in a thread that the filter names is found there" {
	message '#finance' 1 | "$BIN/deliver"
	ts=$("$BIN/auditctl" list | jq -r .slack_ts)
	control 'slack/lose?count=1'
	message '#finance' 2 | jq -c --arg ts "$ts" 'if .payload then .payload.thread_ts = $ts else . end' >in
	run -0 "$BIN/deliver" <in
	[ "$(texts | tr -d '\na-z ')" = 12 ]
	[ "$(states)" = 'sent sent ' ]
}

@test "doubt is settled by Slack's clock where ours is minutes ahead" {
	control 'slack/lose?count=1'
	message '#finance' 1 >in
	LEDGERPIPE_NOW=$(date -u -d '+10 minutes' +%Y-%m-%dT%H:%M:%S.000Z) run -0 "$BIN/deliver" <in
	[ "$(texts)" = 'about 1' ]
}

@test "doubt is settled by Slack's clock where ours is minutes behind" {
	control 'slack/lose?count=1'
	message '#finance' 1 >in
	LEDGERPIPE_NOW=$(date -u -d '-10 minutes' +%Y-%m-%dT%H:%M:%S.000Z) run -0 "$BIN/deliver" <in
	[ "$(texts)" = 'about 1' ]
}

@test "history that comes in many pages and is rate limited between them settles all the same" {
	for i in 1 2 3 4 5; do message '#finance' "$i"; done | "$BIN/deliver"
	control 'slack/history?page_max=1'
	control 'slack/lose?count=1'
	control 'slack/ratelimit?method=conversations.history&count=1&retry_after=1'
	message '#finance' 6 >in
	run -0 "$BIN/deliver" <in
	[ "$(texts | tr -d '\na-z ')" = 123456 ]
}

@test "one channel's broken history keeps no other channel's doubt waiting" {
	message '#finance' 1 | "$BIN/deliver"
	message '#operations' 1 | "$BIN/deliver"
	control 'slack/lose?count=2'
	control 'slack/history?count=1&error=internal_error'
	{ message '#finance' 2; message '#operations' 2; } >in
	run -0 "$BIN/deliver" <in
	[ "$(states)" = 'sent sent sent sent ' ]
	[ "$(texts | wc -l)" = 4 ]
}

@test "a ledger has one deliver, whatever name leads to it" {
	mkdir elsewhere
	ln -s ../ledger.db elsewhere/ledger.db
	jq '.ledger = "elsewhere/ledger.db"' "$CONFIG" >other.json
	mkfifo pipe
	"$BIN/deliver" <pipe &
	exec 4>pipe
	message '#finance' 1 >&4
	until [ "$(texts)" = 'about 1' ]; do :; done
	run -75 "$BIN/deliver" --config other.json </dev/null
	exec 4>&-
	wait $!
}

@test "a channel has one queue, whether it is named with # or without, or by its id" {
	control 'slack/limits?channel_ms=1000'
	configure '{"channel_interval":"1s"}'
	message '#finance' 1 | "$BIN/deliver"
	id=$("$BIN/auditctl" show 1 | jq -r '.message.slack_channel')
	{ message finance 2; message "$id" 3; } >in
	run -0 "$BIN/deliver" <in
	stats -e '.refused == 0 and .channels["#finance"].messages == 3'
}

@test "what on_change ignored is no news that the channel has heard" {
	{ message '#finance' 1 v1 A; message '#finance' 1 v2 B '{"on_change":"ignore"}'; message '#finance' 1 v3 B '{"on_change":"post"}'; } >in
	run -0 "$BIN/deliver" <in
	[ "$(texts | tr '\n' ' ')" = 'A B ' ]
}

@test "a change that died is followed by the next one, and replay leaves the last word right" {
	message '#finance' 1 v1 A | "$BIN/deliver"
	control 'slack/channel?name=finance&action=archive'
	{ message '#finance' 1 v2 B; message '#finance' 1 v3 A; } >in
	run -65 "$BIN/deliver" <in
	[ "$(states)" = 'sent dead dead ' ]
	control 'slack/channel?name=finance&action=unarchive'
	"$BIN/auditctl" replay --state dead >/dev/null
	run -0 "$BIN/deliver" </dev/null
	[ "$(texts | tr '\n' ' ')" = 'A B A ' ]
}

@test "a change reaches a channel that was made anew, as a post of its own" {
	message '#finance' 1 v1 A | "$BIN/deliver"
	control 'slack/channel?name=finance&action=delete'
	control 'slack/channel?name=finance&action=create'
	message '#finance' 1 v2 B >in
	run -0 "$BIN/deliver" <in
	[ "$(states)" = 'sent sent ' ]
}

@test "a message that something on the way refuses is held, and the others go on" {
	refuse_posts '{"status":413,"body":"<html>too large"}'
	{ message '#finance' 1; message '#finance' 2; } >in
	run -65 "$BIN/deliver" <in
	[[ $output == *'something on the way to Slack refused it: '* ]]
	[ "$(states)" = 'held sent ' ]
}

@test "when something on the way refuses everything, one is held and the rest waits" {
	refuse_posts '{"status":403,"count":9,"body":"<html>forbidden"}'
	for i in 1 2 3 4; do message '#finance' "$i"; done >in
	run -76 "$BIN/deliver" <in
	[ "$(states)" = 'held queued queued queued ' ]
}

@test "SIGTERM ends a deliver whose reader has fallen asleep" {
	mkfifo out
	exec 5<>out
	line=$(state 0)
	for _ in $(seq 2000); do printf '%s\n' "$line"; done >in
	"$BIN/deliver" <in >out &
	until [ -n "$("$BIN/auditctl" bookmark list)" ]; do :; done
	kill -TERM $!
	wait $! || status=$?
	[ "${status:-0}" -lt 128 ]
	exec 5>&-
}

@test "what is replayed while deliver waits for input is sent" {
	message '#nowhere' 1 >in
	run -65 "$BIN/deliver" <in
	control 'slack/channel?name=nowhere&action=create'
	mkfifo pipe
	"$BIN/deliver" <pipe &
	exec 4>pipe
	message '#finance' 2 >&4
	until [ "$(texts)" = 'about 2' ]; do :; done
	"$BIN/auditctl" replay 1 >/dev/null
	until [ "$(texts | wc -l)" = 2 ]; do :; done
	exec 4>&-
	wait $!
}

@test "a retry budget shorter than the looks for a message in doubt cuts none of them off" {
	configure '{"retry_budget":"100ms","settle_delay":"100ms"}'
	refuse_posts '{"drop":true}'
	message '#finance' 1 >in
	run -0 "$BIN/deliver" <in
	[ "$(texts)" = 'about 1' ]
}

@test "a closed standard input is told from an empty one" {
	run -66 bash -c '"$BIN/deliver" <&-'
	[[ $output == *'standard input is closed'* ]]
}

@test "what Slack says of a refused payload is kept without its words" {
	refuse_posts '{"status":200,"body":"{\"ok\":false,\"error\":\"invalid_blocks\",\"errors\":[\"unsupported type: sekret [json-pointer:/blocks/0/type]\"]}"}'
	message '#finance' 1 >in
	run -65 "$BIN/deliver" <in
	[[ $output == *"'invalid_blocks at /blocks/0/type'"* ]]
	[[ $output != *sekret* ]]
}

@test "a replay of a message that may be in Slack looks there first" {
	control 'slack/channel?name=finance&action=kick'
	control 'slack/lose?count=1'
	message '#finance' 1 >in
	run -65 "$BIN/deliver" <in
	control 'slack/channel?name=finance&action=join'
	run -0 --separate-stderr "$BIN/auditctl" replay --state held
	[ "$output" = '{"id":1,"state":"in_doubt"}' ]
	run -0 "$BIN/deliver" </dev/null
	[ "$(states)" = 'sent ' ]
	[ "$(texts)" = 'about 1' ]
}

@test "replay --resend sends it without a look" {
	control 'slack/channel?name=finance&action=kick'
	refuse_posts '{"drop":true}'
	message '#finance' 1 >in
	run -65 "$BIN/deliver" <in
	run -0 "$BIN/auditctl" replay --resend 1
	run -0 "$BIN/deliver" </dev/null
	[ "$(texts)" = 'about 1' ]
}

@test "a message under a key that was used before is not sent, and accounted for" {
	{ message '#finance' 1; message '#finance' 2; } | sed 's/"key":"[^"]*"/"key":"f:=once:#finance"/' >in
	run -0 "$BIN/deliver" <in
	run -0 "$BIN/deliver" <in
	[ "$(texts)" = 'about 1' ]
	[ "$(states)" = 'sent unchanged ' ]
	[ "$(sql 'select record_id, error from messages where id = 2')" = '2|its key was used by an earlier message' ]
}

@test "a reject is put away once its filter makes a message of the record" {
	echo '{"type":"REJECT","filter":"f","stream":"s","record_id":"1","record_version":"v1","error":"no","record":{}}' >in
	run -65 "$BIN/deliver" <in
	message '#finance' 1 >in
	run -0 "$BIN/deliver" <in
	[ "$(states)" = 'cancelled sent ' ]
	run -0 "$BIN/auditctl" check
}

@test "what a filter makes of a record when it is read again is known beside the others" {
	message '#finance' 1 | "$BIN/deliver"
	echo '{"type":"SEEN","stream":"s","record_id":"1","record_version":"v1","amount":null,"currency":null,"messages":{"g":0}}' | "$BIN/deliver"
	[ "$(sql 'select outcome from records')" = '{"f":1,"g":0}' ]
}

@test "a message that waits for its time holds back its own filter's later ones alone" {
	message '#finance' 1 v1 later '{"not_before":"2999-01-01T00:00:00Z"}' >in
	message '#finance' 1 v2 after >>in
	message '#finance' 1 v2 other | sed 's/"f"/"g"/;s/"f:/"g:/' >>in
	run -0 "$BIN/deliver" <in
	[[ $output == *'2 messages wait for their time'* ]]
	[ "$(texts)" = other ]
}

@test "the audit log says which message went where, about which record" {
	message '#finance' 1 | "$BIN/deliver"
	"$BIN/auditctl" show 1 | jq -c '.events[] | [.event, .detail]' >events
	jq -s -e '.[0][1] | .filter == "f" and .stream == "s" and .record_id == "1" and .channel == "#finance" and (.payload_hash | length) == 32' events
	[ "$(jq -s -r '.[2][1].slack' events)" = "$(sql "select slack_channel || '/' || slack_ts from messages")" ]
}

@test "a damaged ledger is 66 and told as such, and check finds it" {
	for i in 1 2 3 4 5 6 7 8 9; do message '#finance' "$i"; done | "$BIN/deliver"
	sqlite3 ledger.db 'pragma wal_checkpoint(truncate)' >/dev/null
	head -c 40960 /dev/urandom | dd of=ledger.db bs=4096 seek=3 conv=notrunc status=none
	message '#finance' 10 >in
	run -66 "$BIN/deliver" <in
	[[ $output == *malformed* ]]
	run ! "$BIN/auditctl" check
}

@test "root leaves the lock to the user of the ledger" {
	[ "$(id -u)" = 0 ] || skip 'this is not root'
	chown 12345 ledger.db
	"$BIN/deliver" </dev/null
	[ "$(stat -c %u ledger.db.deliver-lock)" = 12345 ]
}

@test "the token is in no argument, environment, message of ours, or clear column" {
	refuse_posts '{"delay_ms":60000,"handle":true}'
	message '#finance' 1 >in
	"$BIN/deliver" <in 2>stderr &
	until [ "$(texts)" = 'about 1' ]; do :; done
	run ! grep -q xoxb-sandbox "/proc/$!/cmdline" "/proc/$!/environ" stderr
	kill $!
	run ! grep -q xoxb-sandbox ledger.db ledger.db-wal
	kill -9 $!
	wait $! || :
}

@test "a message that died is queued again when its filter, mended, says something else of the same version" {
	refuse_posts '{"status":200,"body":"{\"ok\":false,\"error\":\"invalid_blocks\"}","content_type":"application/json"}'
	message '#finance' 1 v1 wrong >in
	run -65 "$BIN/deliver" <in
	run -0 "$BIN/deliver" <in
	[ "$(states)" = 'dead ' ]
	message '#finance' 1 v1 right >in
	run -0 "$BIN/deliver" <in
	[ "$(states)" = 'sent ' ]
	[ "$(texts)" = right ]
	[ "$(sql 'SELECT generation FROM messages')" = 2 ]
	run -0 "$BIN/deliver" <in
	[ "$(texts)" = right ]
	"$BIN/auditctl" check
}

@test "refusals of the moment are counted for each message by itself" {
	configure '{"max_attempts":3,"channel_interval":"1ms"}'
	moment='{"status":200,"body":"{\"ok\":false,\"error\":\"service_unavailable\"}","content_type":"application/json","count":2}'
	refuse_posts "$moment"
	refuse_posts '{"status":200,"body":"{\"ok\":false,\"error\":\"invalid_blocks\"}","content_type":"application/json"}'
	refuse_posts "$moment"
	{ message '#finance' 1; message '#finance' 2; } >in
	run -65 "$BIN/deliver" <in
	[ "$(states)" = 'dead sent ' ]
}

@test "a wider margin that a 429 taught outlives a restart" {
	configure '{"channel_interval":"1ms"}'
	control 'slack/ratelimit?count=1&retry_after=1'
	message '#finance' 1 >in
	run -0 "$BIN/deliver" <in
	[ "$(sql 'SELECT margin_ms FROM clock')" = 40 ]
	message '#finance' 2 >in
	run -0 "$BIN/deliver" <in
	[ "$(sql 'SELECT margin_ms FROM clock')" = 40 ]
}

@test "a message that died isn't mended behind a later version of its record" {
	refuse_posts '{"status":200,"body":"{\"ok\":false,\"error\":\"invalid_blocks\"}","content_type":"application/json"}'
	{ message '#finance' 1 v1 wrong; message '#finance' 1 v2 latest; } >in
	run -65 "$BIN/deliver" <in
	{ message '#finance' 1 v1 mended; message '#finance' 1 v2 latest; } >in
	run -0 "$BIN/deliver" <in
	[ "$(texts)" = latest ]
	[ "$(states)" = 'dead sent ' ]
}

@test "a 429 that many requests in flight are answered teaches one lesson" {
	configure '{"channel_interval":"1ms"}'
	control 'slack/ratelimit?count=4&retry_after=1'
	for c in finance procurement operations treasury; do message "#$c" 1$c; done >in
	run -0 "$BIN/deliver" <in
	[ "$(sql 'SELECT margin_ms FROM clock')" -le 60 ]
	[ "$(sql "SELECT count(*) FROM attempts WHERE outcome = 'rate'")" = 4 ]
}

@test "doubt is looked up by the bot of the token that there is now" {
	mkfifo in
	"$BIN/deliver" --follow in 2>err & pid=$!
	exec 7>in
	# The first token is another app's.
	control fault '{"path":"/api/auth.test","count":1,"status":200,"body":"{\"ok\":true,\"bot_id\":\"BOLD00001\"}","content_type":"application/json"}'
	control fault '{"path":"/api/chat.postMessage","count":1,"reset":true,"unread":true}'
	message '#finance' 1 >&7
	until [ "$(sql 'SELECT state FROM messages WHERE id = 1')" = sent ]; do kill -0 $pid; done
	control 'slack/token?value=xoxb-new'
	printf xoxb-new | "$BIN/auditctl" vault set slack.bot_token
	message '#finance' 2 >&7
	until [ "$(sql 'SELECT state FROM messages WHERE id = 2')" = sent ]; do kill -0 $pid; done
	control 'slack/lose?count=1'
	message '#finance' 3 >&7
	until [ "$(sql 'SELECT state FROM messages WHERE id = 3')" = sent ]; do kill -0 $pid; done
	exec 7>&-
	kill $pid
	wait $pid
	[ "$(texts | tr '\n' ' ')" = 'about 1 about 2 about 3 ' ]
}

@test "doubt is settled, not sent again, when the clock was wrong at the sending and is set right before the look" {
	for wrong in '+1 hour' '+3 minutes' '-10 minutes' '-20 minutes'; do
		record=$((${record:-0} + 1))
		control 'slack/lose?count=1'
		message '#finance' "$record" >in
		configure '{"settle_delay":"1h"}'
		LEDGERPIPE_NOW=$(date -u -d "$wrong" +%Y-%m-%dT%H:%M:%S.000Z) "$BIN/deliver" <in 2>err & pid=$!
		until [ "$(sql "SELECT state FROM messages WHERE id = $record")" = in_doubt ]; do kill -0 $pid; done
		kill -9 $pid
		wait $pid || :
		configure
		run -0 "$BIN/deliver" </dev/null
		[ "$(texts | grep -c .)" = "$record" ]
		[ "$(sql "SELECT state FROM messages WHERE id = $record")" = sent ]
	done
}

@test "two messages in doubt of one channel both stop it" {
	control 'slack/channel?name=finance&action=kick'
	for i in 1 2; do
		control 'slack/lose?count=1'
		message '#finance' $i >in
		run -65 "$BIN/deliver" <in
	done
	control 'slack/channel?name=finance&action=join'
	"$BIN/auditctl" replay 1 2
	control fault '{"path":"/api/conversations.history","skip":1,"count":1,"delay_ms":600}'
	message '#finance' 3 >in
	run -0 "$BIN/deliver" <in
	[ "$(sql "SELECT (SELECT max(seq) FROM audit WHERE event = 'message.settled') < (SELECT seq FROM audit WHERE event = 'message.sending' AND subject = '3')")" = 1 ]
	[ "$(texts | tr '\n' ' ')" = 'about 1 about 2 about 3 ' ]
}

@test "a connection that all in flight are refused is one failure of Slack's, and is waited for" {
	cp "$CONFIG" right
	jq '.slack.url = "http://127.0.0.1:9/api" | .slack.retry_budget = "8s"' right >"$CONFIG"
	for i in $(seq 40); do jq -nc --arg i "$i" '{ type: "MESSAGE", filter: "f", stream: "s", record_id: $i, record_version: "v",
		position: 0, key: $i, payload: { channel: "#c\($i)", text: $i } }'; done >in
	run -69 "$BIN/deliver" <in
	# It was tried again, which one long pause would not allow.
	[ "$(sql 'SELECT max(number) FROM attempts')" -ge 2 ]
}
