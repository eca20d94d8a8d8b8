#!/usr/bin/env bats
# sandbox: the Slack workspace half, asked by curl.
load helper

setup() {
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
	[ "$(curl -s "$SANDBOX/_control/slack/stats" | jq -c '[.refused, .channels["#finance"]]')" = '[1,1]' ]
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
	EOF
	refused invalid_blocks_format chat.postMessage '{"channel":"#finance","text":"x","blocks":{}}'
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
	run -52 call chat.postMessage '{"channel":"finance","text":"lost"}'
	[ "$(curl -s "$SANDBOX/_control/slack/messages" | jq -r .message.text)" = lost ]
}

@test "the page shows what Slack would, and no message becomes its markup" {
	call chat.postMessage "$(jq -nc '{channel: "finance", text: "f", blocks: [
		{type: "header", text: {type: "plain_text", text: "<script>alert(1)</script>"}},
		{type: "section", text: {type: "mrkdwn", text: "*bold* a*b <https://x.example/?a=1&amp;b=2|the link> &lt;b&gt; <!channel> `co<de`"}}]}')" >/dev/null
	page=$(curl -s "$SANDBOX/")
	[[ $page == *'&lt;script&gt;alert(1)'* ]]
	[[ $page != *'<script>'* ]]
	[[ $page == *'<b>bold</b> a*b <a href="https://x.example/?a=1&amp;b=2">the link</a> &lt;b&gt; <span class="mention">@channel</span>'* ]]
}
