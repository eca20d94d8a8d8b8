#!/usr/bin/env bats
# sandbox: the Slack workspace half, asked by curl.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	start_sandbox --invoices 0 --orders 0 --journals 0
}

teardown() {
	stop_sandbox
}

# call METHOD JSON [CURL-ARGS...]: a method with the good token.
call() {
	curl -s "$SANDBOX/api/$1" -H 'Authorization: Bearer xoxb-sandbox' \
		-H 'Content-Type: application/json; charset=utf-8' -d "$2" "${@:3}"
}

# read_control PATH FILTER: a control's answer through jq.
read_control() {
	curl -sf "$SANDBOX/_control/$1" >answer
	jq -c "$2" answer
}

# posted TEXT: how many messages have that text?
posted() {
	curl -sf "$SANDBOX/_control/slack/messages" >messages
	jq -s --arg text "$1" 'map(select(.message.text == $text)) | length' messages
}

# refused ERROR METHOD JSON
refused() {
	[ "$(call "$2" "$3" | jq -r '"\(.ok) \(.error)"')" = "false $1" ]
}

@test "a post is answered with the channel's id and a ts, and kept" {
	answer=$(call chat.postMessage '{"channel":"#finance","text":"hello"}')
	[ "$(jq -r '"\(.ok) \(.message.text) \(.message.bot_id)"' <<<"$answer")" = 'true hello B0SANDBOX' ]
	[[ $(jq -r .ts <<<"$answer") =~ ^[0-9]{10}\.[0-9]{6}$ ]]
	[ "$(curl -s "$SANDBOX/_control/slack/messages" | jq -r '.channel + " " + .message.text')" = '#finance hello' ]
}

@test "a form body with blocks in a string is taken as well" {
	answer=$(curl -s "$SANDBOX/api/chat.postMessage" -H 'Authorization: Bearer xoxb-sandbox' \
		--data-urlencode 'channel=finance' --data-urlencode 'text=a & b+c' \
		--data-urlencode 'blocks=[{"type":"divider"}]')
	[ "$(jq -r '"\(.ok) \(.message.text) \(.message.blocks[0].type)"' <<<"$answer")" = 'true a & b+c divider' ]
}

@test "without a token, and with another, nothing is told" {
	[ "$(curl -s -X POST "$SANDBOX/api/auth.test" | jq -r .error)" = not_authed ]
	[ "$(curl -s -X POST "$SANDBOX/api/auth.test" -H 'Authorization: Bearer x' | jq -r .error)" = invalid_auth ]
	[ "$(call auth.test '{}' | jq -r .bot_id)" = B0SANDBOX ]
	control 'slack/token?value=other'
	refused invalid_auth auth.test '{}'
}

@test "bad bodies and unknown methods have Slack's words" {
	refused invalid_json chat.postMessage '{'
	refused json_not_object chat.postMessage '[]'
	refused unknown_method chat.nothing '{}'
	refused channel_not_found chat.postMessage '{"channel":"#nowhere","text":"x"}'
	refused no_text chat.postMessage '{"channel":"#finance"}'
	refused invalid_metadata_schema chat.postMessage '{"channel":"#finance","text":"x","metadata":{}}'
	refused cannot_reply_to_message chat.postMessage '{"channel":"#finance","text":"x","thread_ts":"1.2"}'
}

@test "two posts in one channel within a second are a 429, in another channel not" {
	call chat.postMessage '{"channel":"#finance","text":"1"}' >/dev/null
	[ "$(call chat.postMessage '{"channel":"#procurement","text":"2"}' | jq .ok)" = true ]
	call chat.postMessage '{"channel":"#finance","text":"3"}' -D headers -o body -w '%{http_code}' >code
	[ "$(cat code)" = 429 ]
	grep -qi '^retry-after: 1' headers
	[ "$(jq -r .error body)" = ratelimited ]
	[ "$(read_control slack/stats '[.refused, .channels["#finance"].messages]')" = '[1,1]' ]
}

@test "blocks that break a limit are told with their JSON pointer" {
	long=$(printf '%3001s' '' | tr ' ' x)
	answer=$(call chat.postMessage "{\"channel\":\"#finance\",\"text\":\"x\",\"blocks\":[{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\",\"text\":\"$long\"}}]}")
	[ "$(jq -r .error <<<"$answer")" = invalid_blocks ]
	[ "$(jq -r '.errors[0]' <<<"$answer")" = 'must be less than 3001 characters [json-pointer:/blocks/0/text/text]' ]
	answer=$(call chat.postMessage "{\"channel\":\"#finance\",\"text\":\"x\",\"blocks\":[{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\",\"text\":\"${long%x}\"}}]}")
	[ "$(jq -r .ok <<<"$answer")" = true ]
}

@test "each kind of wrong block is refused" {
	while read -r blocks; do
		refused invalid_blocks chat.postMessage "{\"channel\":\"#finance\",\"text\":\"x\",\"blocks\":$blocks}" || { echo "$blocks"; return 1; }
	done <<-'EOF'
		[{"type":"nothing"}]
		[{}]
		[{"type":"section"}]
		[{"type":"section","fields":[]}]
		[{"type":"section","text":{"type":"html","text":"x"}}]
		[{"type":"header","text":{"type":"mrkdwn","text":"x"}}]
		[{"type":"section","text":{"type":"plain_text","text":""}}]
		[{"type":"context","elements":[]}]
		[{"type":"context","elements":[{"type":"button"}]}]
		[{"type":"actions","elements":[{"type":"button"}]}]
		[{"type":"image","image_url":"https://x.example/a.png"}]
		[{"type":"rich_text","elements":[{"type":"text","text":"x"}]}]
		[{"type":"table","rows":[[{"type":"raw_text"}]]}]
		[{"type":"divider","block_id":"a"},{"type":"divider","block_id":"a"}]
		[{"type":"context_actions","elements":[]}]
		[{"type":"context_actions","elements":[{"type":"button"}]}]
		[{"type":"input","label":{"type":"plain_text","text":"x"}}]
		[{"type":"input","element":{"type":"plain_text_input"}}]
		[{"type":"video","video_url":"https://x.example/","thumbnail_url":"https://x.example/","alt_text":"x"}]
		[{"type":"table","rows":[[]]}]
		[{"type":"table","rows":[[{"type":"raw_text","text":"x"}]],"column_settings":[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]}]
		[{"type":"actions","elements":[{"type":"image","image_url":"https://x.example/a.png","alt_text":"x"}]}]
		[{"type":"rich_text","elements":[{"type":"rich_text_list","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"x"}]}]}]}]
		[{"type":"rich_text","elements":[{"type":"rich_text_list","style":"bullet","elements":[{"type":"rich_text_quote","elements":[{"type":"text","text":"x"}]}]}]}]
		[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"date","format":"{date}"}]}]}]
		[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"date","timestamp":1}]}]}]
	EOF
	refused invalid_blocks_format chat.postMessage '{"channel":"#finance","text":"x","blocks":{}}'
}

# elements JQ: a message with these elements in an actions block.
elements() {
	jq -nc "def text(\$n): {type: \"plain_text\", text: (\"x\" * \$n)};
		def options(\$n): [range(\$n) | {text: text(1), value: \"v\"}];
		{channel: \"#finance\", text: \"x\", blocks: [{type: \"actions\", elements: $1}]}"
}

@test "elements and what is in them have limits too" {
	confirm='{title: text(100), text: text(300), confirm: text(30), deny: text(30)}'
	while read -r good; do
		control "slack/channel?name=good$((++n))&action=create"
		[ "$(call chat.postMessage "$(elements "$good" | sed "s/#finance/#good$n/")" | jq .ok)" = true ] || { echo "$good"; return 1; }
	done <<-EOF
		[{type: "button", action_id: "a", text: text(75), confirm: $confirm}, {type: "button", action_id: "b", text: text(1)}]
		[{type: "overflow", options: options(5)}]
		[{type: "static_select", placeholder: text(150), options: options(100)}]
		[{type: "static_select", placeholder: text(1), option_groups: [{label: text(75), options: options(1)}]}]
		[{type: "radio_buttons", options: options(10)}]
	EOF
	while read -r bad; do
		refused invalid_blocks chat.postMessage "$(elements "$bad")" || { echo "$bad"; return 1; }
	done <<-EOF
		[{type: "button", action_id: "a", text: text(1)}, {type: "button", action_id: "a", text: text(1)}]
		[{type: "button", text: text(1), confirm: ($confirm | .title = text(101))}]
		[{type: "button", text: text(1), confirm: ($confirm | .text = text(301))}]
		[{type: "button", text: text(1), confirm: ($confirm | .confirm = text(31))}]
		[{type: "button", text: text(1), confirm: ($confirm | del(.deny))}]
		[{type: "overflow", options: options(0)}]
		[{type: "overflow", options: options(6)}]
		[{type: "overflow", options: [{text: text(76), value: "v"}]}]
		[{type: "overflow", options: [{text: text(1), value: ("v" * 151)}]}]
		[{type: "static_select", options: options(1)}]
		[{type: "static_select", placeholder: text(1), options: options(101)}]
		[{type: "multi_static_select", placeholder: text(1), options: []}]
		[{type: "checkboxes", options: options(11)}]
	EOF
}

@test "the tables of a message have ten thousand characters in all" {
	tables() { jq -nc --argjson n "$1" '{channel: "#finance", text: "x", blocks: [range(2) | {type: "table", rows: [[{type: "raw_text", text: ("x" * $n)}]]}]}'; }
	refused invalid_blocks chat.postMessage "$(tables 5001)"
	[ "$(call chat.postMessage "$(tables 5000)" | jq .ok)" = true ]
}

@test "blocks that belong elsewhere pass when they are whole" {
	[ "$(call chat.postMessage '{"channel":"#finance","text":"x","attachments":[{"text":"y"}],"blocks":[
		{"type":"context_actions","elements":[{"type":"icon_button","icon":"trash","text":{"type":"plain_text","text":"x"}}]},
		{"type":"input","label":{"type":"plain_text","text":"x"},"element":{"type":"plain_text_input","action_id":"a"}},
		{"type":"video","title":{"type":"plain_text","text":"x"},"video_url":"https://x.example/","thumbnail_url":"https://x.example/","alt_text":"x"}]}' | jq .ok)" = true ]
}

@test "attachments are looked into, and a hundred are enough" {
	attachments() { jq -nc --argjson n "$1" '{channel: "#finance", text: "x", attachments: [range($n) | {text: "y"}]}'; }
	answer=$(call chat.postMessage '{"channel":"#finance","text":"x","attachments":[{"text":"y"},{"blocks":[{"type":"nothing"}]}]}')
	[ "$(jq -r '.error, .errors[0]' <<<"$answer")" = 'invalid_attachments
unsupported type of a block [json-pointer:/attachments/1/blocks/0/type]' ]
	refused too_many_attachments chat.postMessage "$(attachments 101)"
	[ "$(call chat.postMessage "$(attachments 100)" | jq .ok)" = true ]
}

@test "fifty blocks pass, fifty-one do not" {
	blocks() { jq -nc --argjson n "$1" '{channel: "#finance", text: "x", blocks: [range($n) | {type: "divider"}]}'; }
	refused invalid_blocks chat.postMessage "$(blocks 51)"
	[ "$(call chat.postMessage "$(blocks 50)" | jq .ok)" = true ]
}

@test "a text over 4,040 characters is split and one over 40,000 is cut" {
	text() { jq -nc --argjson n "$1" '{channel: "#finance", text: ([range($n) | "é"] | join(""))}'; }
	call chat.postMessage "$(text 4041)" >/dev/null
	[ "$(curl -s "$SANDBOX/_control/slack/messages" | jq -c '.message.text | length' | tr '\n' ' ')" = '4000 41 ' ]
	control 'slack/channel?name=long&action=create'
	[ "$(call chat.postMessage "$(text 40001 | sed s/#finance/#long/)" | jq -r .warning)" = message_truncated ]
}

@test "history is newest first, in pages, with metadata only when asked for" {
	control 'slack/channel?name=h&action=create'
	call chat.postMessage '{"channel":"h","text":"a","metadata":{"event_type":"e","event_payload":{"key":"k"}}}' >/dev/null
	until call chat.postMessage '{"channel":"h","text":"b"}' | jq -e .ok >/dev/null; do :; done
	page=$(call conversations.history '{"channel":"h","limit":1,"include_all_metadata":true}')
	[ "$(jq -r '"\(.messages[0].text) \(.has_more)"' <<<"$page")" = 'b true' ]
	cursor=$(jq -r .response_metadata.next_cursor <<<"$page")
	page=$(call conversations.history "{\"channel\":\"h\",\"limit\":1,\"cursor\":\"$cursor\",\"include_all_metadata\":true}")
	[ "$(jq -r '"\(.messages[0].text) \(.has_more) \(.messages[0].metadata.event_payload.key)"' <<<"$page")" = 'a false k' ]
	page=$(curl -s "$SANDBOX/api/conversations.history?channel=h" -H 'Authorization: Bearer xoxb-sandbox')
	[ "$(jq -c '.messages[1].metadata' <<<"$page")" = '{"event_type":"e"}' ]
}

@test "a reply is in its thread and not in the history" {
	ts=$(call chat.postMessage '{"channel":"finance","text":"parent"}' | jq -r .ts)
	until call chat.postMessage "{\"channel\":\"finance\",\"text\":\"reply\",\"thread_ts\":\"$ts\"}" | jq -e .ok >/dev/null; do :; done
	[ "$(call conversations.history '{"channel":"finance"}' | jq '.messages | length')" = 1 ]
	[ "$(call conversations.replies "{\"channel\":\"finance\",\"ts\":\"$ts\"}" | jq -r '[.messages[].text] | join(" ")')" = 'parent reply' ]
}

@test "archived, forbidden and left channels refuse what they refuse" {
	control 'slack/channel?name=finance&action=archive'
	refused is_archived chat.postMessage '{"channel":"finance","text":"x"}'
	control 'slack/channel?name=procurement&action=forbid'
	refused not_in_channel chat.postMessage '{"channel":"procurement","text":"x"}'
	control 'slack/channel?name=operations&action=kick'
	refused not_in_channel conversations.history '{"channel":"operations"}'
	[ "$(call chat.postMessage '{"channel":"operations","text":"x"}' | jq .ok)" = true ]
}

@test "a lost answer leaves the message where it was posted" {
	control 'slack/lose?count=1'
	run -56 call chat.postMessage '{"channel":"finance","text":"lost"}'
	[ "$(posted lost)" = 1 ]
}

@test "a post that is dropped before it is handled is not there" {
	control fault '{"path":"/api/chat.postMessage","drop":true}'
	run -52 call chat.postMessage '{"channel":"finance","text":"x"}'
	control fault '{"path":"/api/chat.postMessage","reset":true}'
	run -56 call chat.postMessage '{"channel":"finance","text":"x"}'
	[ "$(posted x)" = 0 ]
}

@test "a 500 comes with or without the message in its channel" {
	control fault '{"path":"/api/chat.postMessage","status":500}'
	control fault '{"path":"/api/chat.postMessage","status":500,"handle":true}'
	for text in before after; do
		run -0 call chat.postMessage "{\"channel\":\"finance\",\"text\":\"$text\"}" -o body -w '%{http_code}'
		[ "$output" = 500 ]
	done
	[ "$(posted before) $(posted after)" = '0 1' ]
}

@test "a 200 that is garbage hides an accepted post" {
	control fault '{"path":"/api/chat.postMessage","status":200,"body":"<html>oops</html>","handle":true}'
	[ "$(call chat.postMessage '{"channel":"finance","text":"x"}')" = '<html>oops</html>' ]
	[ "$(posted x)" = 1 ]
}

@test "a fault can be for the requests that contain a text" {
	control 'slack/limits?channel_ms=0'
	control fault '{"path":"/api/chat.postMessage","match":"\"text\":\"b\"","skip":1,"status":200,"body":"{\"ok\":false,\"error\":\"b\"}"}'
	for text in a b bb b; do
		call chat.postMessage "{\"channel\":\"finance\",\"text\":\"$text\"}" | jq -c '[.ok, .error]'
	done >answers
	[ "$(tr '\n' ' ' <answers)" = '[true,null] [true,null] [true,null] [false,"b"] ' ]
	[ "$(posted b)" = 1 ]
}

@test "a connection can break before the request is read" {
	control 'slack/limits?channel_ms=0'
	control fault '{"path":"/api/chat.postMessage","skip":1,"unread":true}'
	[ "$(call chat.postMessage '{"channel":"finance","text":"x"}' | jq .ok)" = true ]
	[ "$(call auth.test '{}' | jq .ok)" = true ]
	run call chat.postMessage '{"channel":"finance","text":"x"}'
	[[ $status == 5[56] && -z $output ]]
	[ "$(call chat.postMessage '{"channel":"finance","text":"x"}' | jq .ok)" = true ]
	[ "$(posted x)" = 2 ]
	[ "$(curl -sf "$SANDBOX/_control/requests" | grep -c chat.postMessage)" = 2 ]
	run -22 control fault '{"unread":true,"match":"x"}'
}

@test "a request that is broken off unread may be larger than any buffer on its way" {
	control fault '{"path":"/api/chat.postMessage","unread":true}'
	jq -nc '{channel: "finance", text: ("x" * 7000000)}' >big
	run call chat.postMessage @big -H 'Expect:'
	[[ $status == 5[56] && -z $output ]]
	[ "$(call auth.test '{}' | jq .ok)" = true ]
}

@test "a post whose answer is late is in its channel before it" {
	control fault '{"path":"/api/chat.postMessage","delay_ms":20000}'
	call chat.postMessage '{"channel":"finance","text":"x"}' --max-time 60 >late 3>&- &
	local caller=$!
	until [ "$(posted x)" = 1 ]; do :; done
	[ ! -s late ]
	kill "$caller"
}

@test "a 429 may come without Retry-After" {
	control fault '{"path":"/api/chat.postMessage","status":429,"body":"message_limit_exceeded","content_type":"text/plain"}'
	[ "$(call chat.postMessage '{"channel":"finance","text":"x"}' -D headers)" = message_limit_exceeded ]
	run -0 head -1 headers
	[[ $output == *429* ]]
	run -1 grep -qi retry-after headers
	[ "$(posted x)" = 0 ]
}

@test "a rate limit holds for the method that was named" {
	control 'slack/ratelimit?method=chat.update&count=1&retry_after=7'
	ts=$(call chat.postMessage '{"channel":"finance","text":"x"}' | jq -r .ts)
	call chat.update "{\"channel\":\"finance\",\"ts\":\"$ts\",\"text\":\"y\"}" -D headers >body
	[ "$(jq -r .error body)" = ratelimited ]
	grep -qi '^retry-after: 7' headers
	[ "$(call chat.update "{\"channel\":\"finance\",\"ts\":\"$ts\",\"text\":\"y\"}" | jq .ok)" = true ]
	control 'slack/ratelimit?method=conversations.history'
	refused ratelimited conversations.history '{"channel":"finance"}'
	run -22 control 'slack/ratelimit?method=chat.nothing'
}

@test "the limit of a channel can be another or none" {
	control 'slack/limits?channel_ms=0'
	for text in 1 2 3; do
		[ "$(call chat.postMessage "{\"channel\":\"finance\",\"text\":\"$text\"}" | jq .ok)" = true ]
	done
	control 'slack/limits?channel_ms=3600000'
	refused ratelimited chat.postMessage '{"channel":"finance","text":"4"}'
	run -22 control 'slack/limits?channel_ms=-1'
}

@test "stats tell the smallest gaps and the messages with the same key" {
	[ "$(read_control slack/stats '[.smallest_gap_ms, .channels["#finance"].smallest_gap_ms, .duplicates]')" = '[null,null,0]' ]
	call chat.postMessage '{"channel":"finance","text":"x","metadata":{"event_type":"e","event_payload":{"key":"k1"}}}' >/dev/null
	until call chat.postMessage '{"channel":"finance","text":"x","metadata":{"event_type":"e","event_payload":{"key":"k2"}}}' | jq -e .ok >/dev/null; do :; done
	[ "$(read_control slack/stats '.duplicates')" = 0 ]
	control 'slack/limits?channel_ms=0'
	call chat.postMessage '{"channel":"procurement","text":"x","metadata":{"event_type":"e","event_payload":{"key":"k1"}}}' >/dev/null
	[ "$(read_control slack/stats '[.channels["#finance"].smallest_gap_ms >= 1000, .smallest_gap_ms <= .channels["#finance"].smallest_gap_ms, .duplicates]')" = '[true,true,0]' ]
	call chat.postMessage '{"channel":"finance","text":"x","metadata":{"event_type":"e","event_payload":{"key":"k1"}}}' >/dev/null
	[ "$(read_control slack/stats '[.duplicates, .channels["#finance"].duplicates, .busiest_second >= 1]')" = '[1,1,true]' ]
}

@test "an update replaces what is named and keeps the rest" {
	control 'slack/limits?channel_ms=0'
	ts=$(call chat.postMessage '{"channel":"finance","text":"first words","blocks":[{"type":"divider"}],"metadata":{"event_type":"e","event_payload":{"key":"k"}}}' | jq -r .ts)
	update() {
		call chat.update "$(jq -nc --arg ts "$ts" "{channel: \"finance\", ts: \$ts} + $1")" >answer
		call conversations.history '{"channel":"finance","include_all_metadata":true}' >history
		jq -c '.messages[0] | [.ts == $ts, .text, (.blocks | length), .metadata.event_payload.key, .edited != null]' --arg ts "$ts" history
	}
	[ "$(update '{blocks: [{type: "divider"}, {type: "divider"}]}')" = '[true,"first words",2,"k",false]' ]
	[ "$(jq -c '[.ok, .ts == $ts, .text, .message.text]' --arg ts "$ts" answer)" = '[true,true,"first words","first words"]' ]
	[ "$(update '{text: "new"}')" = '[true,"new",0,"k",true]' ]
	[ "$(update '{text: "newer", metadata: {}}')" = '[true,"newer",0,null,true]' ]
	[ "$(update '{blocks: []}')" = '[true,"newer",0,null,true]' ]
	page=$(curl -s "$SANDBOX/")
	[[ $page == *newer*edited* ]]
	[[ $page != *'first words'* ]]
}

@test "an update is refused for what it is refused" {
	ts=$(call chat.postMessage '{"channel":"finance","text":"old"}' | jq -r .ts)
	refused message_not_found chat.update '{"channel":"finance","ts":"1.000000","text":"x"}'
	refused message_not_found chat.update "{\"channel\":\"procurement\",\"ts\":\"$ts\",\"text\":\"x\"}"
	refused message_not_found chat.update '{"channel":"finance","text":"x"}'
	refused channel_not_found chat.update "{\"channel\":\"nowhere\",\"ts\":\"$ts\",\"text\":\"x\"}"
	refused no_text chat.update "{\"channel\":\"finance\",\"ts\":\"$ts\",\"text\":\"\"}"
	refused invalid_blocks chat.update "{\"channel\":\"finance\",\"ts\":\"$ts\",\"blocks\":[{\"type\":\"nothing\"}]}"
	refused msg_too_long chat.update "$(jq -nc --arg ts "$ts" '{channel: "finance", ts: $ts, text: ([range(4001) | "é"] | join(""))}')"
	[ "$(call chat.update "$(jq -nc --arg ts "$ts" '{channel: "finance", ts: $ts, text: ([range(4000) | "é"] | join(""))}')" | jq .ok)" = true ]
	control 'slack/foreign?channel=finance' '{"text":"theirs"}'
	theirs=$(call conversations.history '{"channel":"finance","limit":1}' | jq -r .messages[0].ts)
	refused cant_update_message chat.update "{\"channel\":\"finance\",\"ts\":\"$theirs\",\"text\":\"x\"}"
	control 'slack/channel?name=finance&action=archive'
	refused is_inactive chat.update "{\"channel\":\"finance\",\"ts\":\"$ts\",\"text\":\"x\"}"
}

@test "another app's message has its own bot, and counts for no limit and no key" {
	call chat.postMessage '{"channel":"finance","text":"ours","metadata":{"event_type":"e","event_payload":{"key":"k"}}}' >/dev/null
	control 'slack/foreign?channel=finance' '{"text":"theirs","metadata":{"event_type":"e","event_payload":{"key":"k"}}}'
	call conversations.history '{"channel":"finance","include_all_metadata":true}' >history
	[ "$(jq -c '[.messages[] | [.text, .bot_id, .metadata.event_payload.key]]' history)" = '[["theirs","B0OTHER","k"],["ours","B0SANDBOX","k"]]' ]
	[ "$(read_control slack/stats '[.duplicates, .smallest_gap_ms]')" = '[0,null]' ]
}

@test "a fresh message is missing from history and replies for the lag" {
	ts=$(call chat.postMessage '{"channel":"finance","text":"x"}' | jq -r .ts)
	shown() { call "$1" "{\"channel\":\"finance\",\"ts\":\"$ts\"}" | jq '.messages | length'; }
	control 'slack/lag?ms=3600000'
	[ "$(shown conversations.history) $(shown conversations.replies)" = '0 0' ]
	control 'slack/lag?ms=1'
	until [ "$(shown conversations.history)" = 1 ]; do :; done
	[ "$(shown conversations.replies)" = 1 ]
}

@test "the channels are listed in pages, with who may read them" {
	control 'slack/channel?name=procurement&action=kick'
	control 'slack/channel?name=finance&action=archive'
	call conversations.list '{"limit":1,"exclude_archived":true}' >page
	[ "$(jq -c '[.channels[] | [.name, .is_member]]' page)" = '[["procurement",false]]' ]
	cursor=$(jq -r .response_metadata.next_cursor page)
	[ "$(call conversations.list "{\"cursor\":\"$cursor\"}" | jq -c '[[.channels[].name], .response_metadata.next_cursor, (.channels[0].id | length)]')" = '[["finance","operations","treasury"],"",10]' ]
}

@test "reading fails as often as was ordered" {
	control 'slack/history?error=internal_error&count=2'
	refused internal_error conversations.history '{"channel":"finance"}'
	refused internal_error conversations.replies '{"channel":"finance","ts":"1.0"}'
	[ "$(call conversations.history '{"channel":"finance"}' | jq .ok)" = true ]
}

@test "an incomplete page promises more and has no cursor" {
	call chat.postMessage '{"channel":"finance","text":"x"}' >/dev/null
	control 'slack/history?incomplete=1'
	read_history() { call conversations.history '{"channel":"finance"}' | jq -c '[(.messages | length), .has_more, .response_metadata.next_cursor]'; }
	[ "$(read_history)" = '[0,true,""]' ]
	[ "$(read_history)" = '[1,false,""]' ]
}

@test "a page of history can be shorter than its limit" {
	control 'slack/limits?channel_ms=0'
	for text in 1 2 3; do
		call chat.postMessage "{\"channel\":\"finance\",\"text\":\"$text\"}" >/dev/null
	done
	control 'slack/history?page_max=2'
	call conversations.history '{"channel":"finance","limit":200}' >page
	[ "$(jq -c '[[.messages[].text], .has_more]' page)" = '[["3","2"],true]' ]
	cursor=$(jq -r .response_metadata.next_cursor page)
	[ "$(call conversations.history "{\"channel\":\"finance\",\"limit\":200,\"cursor\":\"$cursor\"}" | jq -c '[[.messages[].text], .has_more]')" = '[["1"],false]' ]
}

@test "a parent counts its replies and a broadcast one is in the history too" {
	control 'slack/limits?channel_ms=0'
	ts=$(call chat.postMessage '{"channel":"finance","text":"parent"}' | jq -r .ts)
	call chat.postMessage "{\"channel\":\"finance\",\"text\":\"quiet\",\"thread_ts\":\"$ts\"}" >answer
	call chat.postMessage "{\"channel\":\"finance\",\"text\":\"loud\",\"thread_ts\":\"$ts\",\"reply_broadcast\":true}" >/dev/null
	[ "$(call conversations.history '{"channel":"finance"}' | jq -c '[.messages[] | [.text, .reply_count]]')" = '[["loud",null],["parent",2]]' ]
	refused cannot_reply_to_message chat.postMessage "{\"channel\":\"finance\",\"text\":\"x\",\"thread_ts\":\"$(jq -r .ts answer)\"}"
}

@test "metadata are an object of a type and a payload, and no more than 4,000 bytes" {
	refused invalid_metadata_format chat.postMessage '{"channel":"finance","text":"x","metadata":"k"}'
	refused invalid_metadata_schema chat.postMessage '{"channel":"finance","text":"x","metadata":{"event_type":"e"}}'
	refused metadata_too_large chat.postMessage "$(jq -nc '{channel: "finance", text: "x", metadata: {event_type: "e", event_payload: {key: ([range(4000) | "k"] | join(""))}}}')"
}

@test "the page shows what Slack would, and no message becomes its markup" {
	call chat.postMessage "$(jq -nc '{channel: "finance", text: "f", blocks: [
		{type: "header", text: {type: "plain_text", text: "<script>alert(1)</script>"}},
		{type: "section", text: {type: "mrkdwn", text: "*bold* a*b <https://x.example/?a=1&amp;b=2|the link> &lt;b&gt; <!channel> `co<de`"}}]}')" >/dev/null
	page=$(curl -s "$SANDBOX/")
	[[ $page == *'&lt;script&gt;alert(1)'* ]]
	[[ $page != *'<script>'* ]]
	[[ $page == *'<b>bold</b> a*b <a href="https://x.example/?a=1&amp;b=2" rel="noreferrer">the link</a> &lt;b&gt; <span class="mention">@channel</span>'* ]]
}

# shows MESSAGE HTML...: the message's JSON, posted, is on the page as this HTML.
shows() {
	until call chat.postMessage "$(jq -nc "{channel: \"finance\", text: \"f\"} + $1")" >answer && jq -e .ok answer >/dev/null; do
		[ "$(jq -r .error answer)" = ratelimited ] || { cat answer; return 1; }
	done
	curl -s "$SANDBOX/" >page
	for html in "${@:2}"; do
		grep -qF -e "$html" page || { echo "not on the page: $html"; return 1; }
	done
}

@test "rich text, tables, fields and buttons look like themselves" {
	control 'slack/limits?channel_ms=0'
	shows '{blocks: [{type: "rich_text", elements: [
		{type: "rich_text_section", elements: [{type: "text", text: "a<b", style: {bold: true, code: true}}, {type: "emoji", name: "warning"},
			{type: "date", timestamp: 1769846400, format: " {date_short} at {time}", fallback: "x"}, {type: "user", user_id: "U1"}]},
		{type: "rich_text_list", style: "bullet", elements: [{type: "rich_text_section", elements: [{type: "text", text: "one"}]}]},
		{type: "rich_text_list", style: "ordered", indent: 1, offset: 4, elements: [{type: "rich_text_section", elements: [{type: "text", text: "five"}]}]},
		{type: "rich_text_quote", elements: [{type: "text", text: "said"}]},
		{type: "rich_text_preformatted", elements: [{type: "text", text: "1  2"}]}]}]}' \
		'<b><code>a&lt;b</code></b>⚠️<time> Jan 31, 2026 at 8:00 AM</time><span class="mention">@U1</span>' \
		'<ul class="indent0"><li>one</li></ul><ol class="indent1" start="5"><li>five</li></ol>' \
		'<div class="quote text">said</div><pre>1  2</pre>'
	shows '{blocks: [{type: "table", column_settings: [{align: "left"}, {align: "right"}],
		rows: [[{type: "raw_text", text: "Account"}, {type: "raw_text", text: "Debit"}], [{type: "raw_text", text: "101.10"}, {type: "raw_text", text: "1.00"}]]}]}' \
		'<tr><th>Account</th><th class="right">Debit</th></tr><tr><td>101.10</td><td class="right">1.00</td></tr>'
	shows '{blocks: [{type: "section", fields: [{type: "mrkdwn", text: "*Due*\nnow"}, {type: "plain_text", text: ":x: *no*", emoji: false}]}]}' \
		'<div class="fields"><div class="text"><b>Due</b><br>now</div><div class="text">:x: *no*</div></div>'
	shows '{blocks: [{type: "actions", elements: [{type: "button", text: {type: "plain_text", text: "Open"}, url: "https://x.example/?a=1&b=\"2"}, {type: "button", style: "danger", action_id: "a", text: {type: "plain_text", text: "Reject"}}]}]}' \
		'<a class="button" rel="noreferrer" href="https://x.example/?a=1&amp;b=&quot;2">Open</a><span class="button danger">Reject</span>'
	shows '{text: "x", attachments: [{color: "#a1b2c3", title: "t", text: "*b*"}, {color: "red;x", text: "y"}]}' \
		'<div class="attachment" style="border-color:#a1b2c3">' '<div class="attachment"><div class="text">y</div></div>'
}

@test "mark-up in a text looks like itself" {
	control 'slack/limits?channel_ms=0'
	shows '{text: "a\n> said\n&gt; again\nb"}' 'a<br><div class="quote">said<br>again</div>b'
	shows '{text: "see https://x.example/a?b, :fire: 10:30:45 <!date^1769846400^{date_num}|x>"}' \
		'see <a href="https://x.example/a?b" rel="noreferrer">https://x.example/a?b</a>, 🔥 10:30:45 <time>2026-01-31</time>'
	shows '{blocks: [{type: "section", text: {type: "mrkdwn", verbatim: true, text: "https://y.example"}}]}' '<div class="text">https://y.example</div>'
	shows '{text: "```a\n> b```\n>"}' '<pre>a<br>&gt; b</pre><br><div class="quote"></div>'
	shows '{text: "<https://x.example|a *b* `> *c* <> <!date^x> `d"}' '<a href="https://x.example" rel="noreferrer">a *b* `</a> <b>c</b> &lt;&gt;'
}

@test "no address but a page's or a mailbox's becomes a link" {
	shows '{blocks: [{type: "rich_text", elements: [{type: "rich_text_section", elements: [{type: "link", url: "javascript:alert(1)", text: "no"}]}]},
		{type: "section", text: {type: "mrkdwn", text: "<javascript:alert(2)|no> <data:text/html,x|no>"}}]}' 'no'
	run -1 grep -Eo 'href="(javascript|data)[^"]*' page
}

@test "the page has all channels, threads under their parent, and loads nothing" {
	control 'slack/limits?channel_ms=0'
	ts=$(call chat.postMessage '{"channel":"finance","text":"parent"}' | jq -r .ts)
	call chat.postMessage '{"channel":"finance","text":"neighbour"}' >/dev/null
	call chat.postMessage "{\"channel\":\"finance\",\"text\":\"child\",\"thread_ts\":\"$ts\"}" >/dev/null
	control 'slack/channel?name=operations&action=delete'
	curl -s "$SANDBOX/" -D headers >page
	[[ $(<page) == *'>parent<'*'1 reply'*'>child<'*'>neighbour<'* ]]
	[ "$(grep -oE '# (procurement|finance|treasury|operations)</span><span class="count">[0-9]+' page | tr -cd '0-9\n' | tr '\n' ' ')" = '0 3 0 ' ]
	grep -qi "^content-security-policy: default-src 'none'; style-src 'unsafe-inline'" headers
	run -1 grep -Ei '<script|src=|@import|url\(|<link|<iframe' page
}

@test "a message that was deleted is in no history and can be neither answered nor updated" {
	control 'slack/limits?channel_ms=0'
	for text in first second third; do
		call chat.postMessage "{\"channel\":\"finance\",\"text\":\"$text\"}" | jq -r .ts
	done >stamps
	ts=$(sed -n 2p stamps)
	call chat.postMessage "{\"channel\":\"finance\",\"text\":\"reply\",\"thread_ts\":\"$ts\"}" >/dev/null
	control "slack/delete?channel=finance&ts=$ts"
	[ "$(call conversations.history '{"channel":"finance"}' | jq -c '[.messages[].text]')" = '["third","first"]' ]
	refused cannot_reply_to_message chat.postMessage "{\"channel\":\"finance\",\"text\":\"x\",\"thread_ts\":\"$ts\"}"
	refused message_not_found chat.update "{\"channel\":\"finance\",\"text\":\"x\",\"ts\":\"$ts\"}"
	refused thread_not_found conversations.replies "{\"channel\":\"finance\",\"ts\":\"$ts\"}"
	[ "$(posted reply)" = 1 ]
	run -22 control "slack/delete?channel=finance&ts=$ts"
	run -22 control "slack/delete?channel=nowhere&ts=$(head -1 stamps)"
}

@test "a reply that was deleted is not counted any more" {
	control 'slack/limits?channel_ms=0'
	ts=$(call chat.postMessage '{"channel":"finance","text":"parent"}' | jq -r .ts)
	for text in one two; do
		call chat.postMessage "{\"channel\":\"finance\",\"text\":\"$text\",\"thread_ts\":\"$ts\"}" | jq -r .ts
	done >stamps
	control "slack/delete?channel=finance&ts=$(head -1 stamps)"
	[ "$(call conversations.replies "{\"channel\":\"finance\",\"ts\":\"$ts\"}" | jq -c '[.messages[] | [.text, .reply_count]]')" = '[["parent",1],["two",null]]' ]
}

@test "a token can lack scopes, and each method says which it takes" {
	ts=$(call chat.postMessage '{"channel":"finance","text":"x"}' | jq -r .ts)
	while read -r scope method arguments; do
		control 'slack/scopes?value=chat:writes,channels,users:read'
		call "$method" "$arguments" | jq -r '"\(.error) \(.needed) \(.provided)"' >answer
		[ "$(cat answer)" = "missing_scope $scope chat:writes,channels,users:read" ] || { echo "$method"; return 1; }
		control "slack/scopes?value=users:read,$scope"
		call "$method" "$arguments" -D headers | jq -e '.error != "missing_scope"' || { echo "$method"; return 1; }
		grep -qi "^x-oauth-scopes: users:read,$scope" headers || { echo "$method"; return 1; }
	done <<-END
		chat:write chat.postMessage {"channel":"finance","text":"y"}
		chat:write chat.update {"channel":"finance","ts":"$ts","text":"y"}
		channels:history conversations.history {"channel":"finance"}
		channels:history conversations.replies {"channel":"finance","ts":"$ts"}
		channels:read conversations.list {}
		channels:read conversations.info {"channel":"finance"}
	END
	control 'slack/scopes?value='
	[ "$(call auth.test '{}' | jq .ok)" = true ]
	refused missing_scope conversations.list '{}'
}

@test "where it is no member the bot posts by chat:write.public alone" {
	control 'slack/channel?name=finance&action=kick'
	control 'slack/scopes?value=chat:write'
	refused not_in_channel chat.postMessage '{"channel":"finance","text":"x"}'
	control 'slack/scopes?value=chat:write,chat:write.public'
	[ "$(call chat.postMessage '{"channel":"finance","text":"x"}' | jq .ok)" = true ]
}

@test "a channel is described by its id, not by its name" {
	control 'slack/channel?name=procurement&action=kick'
	control 'slack/channel?name=finance&action=archive'
	info() { call conversations.info "{\"channel\":\"$1\"}" | jq -c '[.channel | .id, .name, .is_member, .is_archived]'; }
	call conversations.list '{}' | jq -r '.channels[] | .id' >ids
	for id in $(cat ids); do info "$id"; done >answers
	[ "$(cat answers)" = '["C000000001","procurement",false,false]
["C000000002","finance",true,true]
["C000000003","operations",true,false]
["C000000004","treasury",true,false]' ]
	refused channel_not_found conversations.info '{"channel":"finance"}'
	refused channel_not_found conversations.info '{"channel":"C000000009"}'
	refused channel_not_found conversations.info '{}'
}
