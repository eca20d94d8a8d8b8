#!/usr/bin/env bats
# deliver: what becomes of a message, for every error that Slack documents and
# for every way in which an answer gets lost.
load helper
load deliver

setup() {
	setup_deliver
	# A time-out is waited for often here, and each message tried twice.
	configure '{ "timeout": "1500ms", "max_attempts": 2 }'
}

teardown() {
	stop_sandbox
}

# A message for each name of standard input, about a record that is called so
# and saying so or TEXT, in the channel of that name up to a dot.
messages() { # [VERSION] [TEXT] [ON_CHANGE]
	jq -Rc --arg version "${1:-v}" --arg text "${2-}" --arg change "${3:-thread}" '{ type: "MESSAGE",
		filter: "f", stream: "s", record_id: ., record_version: $version, position: 0,
		key: "f:s:\(.):\($version)", payload: { channel: "#\(split(".")[0])",
		text: (if $text == "" then . else $text end) }, delivery: { on_change: $change } }'
}

# Make the channel of each name of standard input.
make_channels() {
	sed "s|.*|url = \"$SANDBOX/_control/slack/channel?name=&\&action=${1:-create}\"|" >urls
	curl -sf -X POST -K urls >made
	[ "$(grep -c '"ok":true' made)" = "$(grep -c . urls)" ]
}

# fail NAME COUNT JSON: the next calls of $METHOD for that message meet this
# fault.
METHOD=chat.postMessage
fail() {
	control fault "$(jq -nc --arg match "\"text\":\"$1\"" --argjson count "$2" --argjson more "$3" \
		--arg method "$METHOD" '{ path: "/api/\($method)", match: $match, count: $count } + $more')"
}

# refuse CODE COUNT: the next calls for the message of that name get that answer.
refuse() {
	fail "$1" "$2" "$(jq -nc --arg code "$1" '{ status: 200, headers: { "Retry-After": "1" },
		body: ({ ok: false, error: $code } | tojson) }')"
}

# What became of each record's last message, in the order of their names:
# name|posts in the workspace|state|error|attempts used|outcomes|audit events
outcomes() {
	curl -sf "$SANDBOX/_control/slack/messages" | jq -r .message.text >texts
	sqlite3 -readonly ledger.db "select record_id || '|' || '#' || '|' || state || '|' ||
		coalesce(error, '') || '|' || attempts || '|' || coalesce((select group_concat(outcome, ' ')
		from (select outcome from attempts where message = m.id order by generation, number)), '') || '|' ||
		(select group_concat(substr(event, 9), ' ') from
		(select event from audit where subject = cast(m.id as text) and event like 'message.%' order by seq))
		from messages m where id = (select max(id) from messages where record_id = m.record_id)" |
		awk -F '|' -v OFS='|' 'FILENAME == "texts" { posts[$0]++; next } { $2 = posts[$1] + 0; print }' texts - |
		sort
}

# compare WANTED: the outcomes are these, or the difference is shown.
compare() {
	sort "$1" >sorted
	outcomes >got
	diff sorted got
}

# codes CLASS METHOD...: those that are of the class in answer to the method.
codes() {
	awk -F '\t' -v class="$1" -v column="$([ "$2" = update ] && echo 4 || echo 3)" \
		'!/^#/ && $column == class { print $1 }' "$BATS_TEST_DIRNAME/slack_errors.tsv"
}

# wanted POSTS STATE ERROR ATTEMPTS OUTCOMES EVENTS: for each name of standard
# input; in ERROR & is the name.
wanted() {
	sed "s/.*/&|$1|$2|$3|$4|$5|$6/"
}

@test "each error that Slack documents ends a post as its class says, and what stands behind it too" {
	for class in channel gone message unknown transient doubt rate; do
		codes "$class" post >"$class"
		[ -s "$class" ] || { echo "no code is of class $class"; return 1; }
	done
	echo brand_new_error >>unknown
	{ echo neighbour; cat channel gone message unknown transient doubt rate; } >names
	make_channels <names
	grep -vx neighbour names | grep -vxf transient | while read -r code; do refuse "$code" 1; done
	while read -r code; do refuse "$code" 2; done <transient
	{ cat names; sed 's/$/.next/' names; } | messages >in
	run -65 "$BIN/deliver" <in
	{
		sed 's/.*/&.next|0|dead|& (an earlier message was refused)|0||queued dead/' channel
		grep -vxf channel names | sed 's/$/.next/' | wanted 1 sent '' 1 sent 'queued sending sent'
		echo neighbour | wanted 1 sent '' 1 sent 'queued sending sent'
		cat channel gone message | wanted 0 dead '&' 1 dead 'queued sending dead'
		wanted 0 held '&' 1 held 'queued sending held' <unknown
		wanted 0 dead '&' 2 'retry dead' 'queued sending queued sending dead' <transient
		wanted 1 sent '' 2 'in_doubt sent' 'queued sending in_doubt queued sending sent' <doubt
		wanted 1 sent '' 1 'rate sent' 'queued sending queued sending sent' <rate
	} >wanted
	compare wanted
	run -0 "$BIN/auditctl" check
}

# each_stops CLASS STATUS: one run for each code of the class, which keeps the
# message; a last run sends them all.
each_stops() {
	codes "$1" post >names
	[ "$(grep -c . names)" -gt 5 ]
	make_channels <names
	while read -r code; do
		refuse "$code" 1
		messages <<<"$code" >in
		run "-$2" "$BIN/deliver" <in
		[[ $output == *": $code; nothing more is sent and the queue is kept"* ]] || { echo "$output"; return 1; }
		wanted 0 queued '&' 0 retry 'queued sending queued' <<<"$code" >wanted
		outcomes | grep "^$code|" >got
		diff wanted got
	done <names
	run -0 "$BIN/deliver" </dev/null
	outcomes | cut -d '|' -f 1-3 >got
	sed 's/$/|1|sent/' names | sort | diff - got
}

@test "each error that means a bad token stops the workspace, keeps the queue, and ends with 77" {
	each_stops auth 77
}

@test "each error that means another API stops the workspace, keeps the queue, and ends with 76" {
	each_stops contract 76
}

# ---- changes of messages ----------------------------------------------------

# Send a first version of each name of standard input.
send_before() {
	messages v1 before >first
	"$BIN/deliver" <first
}

# The texts that say that they stand for a change.
stand_ins() {
	curl -sf "$SANDBOX/_control/slack/messages" |
		jq -r '.message | select(.thread_ts == null or .thread_ts == .ts) | .text' |
		grep -A 1 -x "Update: the earlier message is gone" | grep -vx -e "Update: .*" -e -- | sort
}

@test "each error that Slack documents ends an edit as its class says, and a new post stands for what can't be changed" {
	for class in channel gone message unknown transient doubt rate; do
		codes "$class" update >"$class"
		[ -s "$class" ] || { echo "no code is of class $class"; return 1; }
	done
	echo brand_new_error >>unknown
	{ echo neighbour; cat channel gone message unknown transient doubt rate; } >names
	make_channels <names
	send_before <names
	METHOD=chat.update
	grep -vx neighbour names | grep -vxf transient | while read -r code; do refuse "$code" 1; done
	while read -r code; do refuse "$code" 2; done <transient
	messages v2 '' edit <names >in
	run -65 "$BIN/deliver" <in
	{
		echo neighbour | wanted 1 sent '' 1 sent 'queued sending sent'
		grep -vx channel_not_found channel | cat - message | wanted 0 dead '&' 1 dead 'queued sending dead'
		# Its stored id is forgotten and its name tried: there is no first message.
		echo channel_not_found | wanted 1 sent '' 2 'retry sent' 'queued sending queued sending sent'
		wanted 0 dead '&' 2 'retry dead' 'queued sending queued sending dead' <transient
		wanted 0 held '&' 1 held 'queued sending held' <unknown
		# The same update again: never in doubt.
		wanted 1 sent '' 2 'retry sent' 'queued sending queued sending sent' <doubt
		wanted 1 sent '' 1 'rate sent' 'queued sending queued sending sent' <rate
		wanted 1 sent '' 2 'retry sent' 'queued sending queued sending sent' <gone
	} >wanted
	compare wanted
	stand_ins >got
	sort gone | diff - got
	# The old text is still there where it couldn't be changed, and there alone.
	[ "$(grep -cx before texts)" = "$(cat channel message unknown transient gone | grep -c .)" ]
	run -0 "$BIN/auditctl" check
}

@test "each error that stops a post stops an edit too, and the last run makes it" {
	while read -r class status; do
		codes "$class" update >names
		[ "$(grep -c . names)" -gt 5 ]
		make_channels <names
		send_before <names
		METHOD=chat.update
		while read -r code; do
			refuse "$code" 1
			messages v2 '' edit <<<"$code" >in
			run "-$status" "$BIN/deliver" <in
			wanted 0 queued '&' 0 retry 'queued sending queued' <<<"$code" >wanted
			outcomes | grep "^$code|" >got
			diff wanted got
		done <names
		METHOD=chat.postMessage
		run -0 "$BIN/deliver" </dev/null
		outcomes | cut -d '|' -f 1-3 >got
		sed 's/$/|1|sent/' names | cat - names.before 2>/dev/null | sort | diff - got
		sed 's/$/|1|sent/' names >names.before
	done <<-'END'
		auth 77
		contract 76
	END
}

@test "each error that means a dead thread makes a reply a new post that says so" {
	codes gone post >names
	[ -s names ]
	make_channels <names
	send_before <names
	while read -r code; do refuse "$code" 1; done <names
	messages v2 <names >in
	run -0 "$BIN/deliver" <in
	wanted 1 sent '' 2 'retry sent' 'queued sending queued sending sent' <names >wanted
	compare wanted
	stand_ins >got
	sort names | diff - got
}

@test "when the first message was deleted, its reply and its edit become new posts that say so" {
	printf '%s\n' edit reply >names
	make_channels <names
	send_before <names
	while read -r name; do
		control "slack/delete?channel=$name&ts=$("$BIN/auditctl" list --record "$name" | jq -r .slack_ts)"
	done <names
	{ messages v2 '' edit <<<edit; messages v2 '' thread <<<reply; } >in
	run -0 "$BIN/deliver" <in
	stand_ins >got
	diff names got
	outcomes | cut -d '|' -f 1-3 >got
	sed 's/$/|1|sent/' names | diff - got
}

@test "an edit whose answer is lost is made again, and never in doubt" {
	losses | cut -d '|' -f 1 >names
	make_channels <names
	send_before <names
	METHOD=chat.update
	losses | while IFS='|' read -r name _ fault; do fail "$name" 1 "$fault"; done
	messages v2 '' edit <names >in
	run -0 "$BIN/deliver" <in
	wanted 1 sent '' 2 'retry sent' 'queued sending queued sending sent' <names >wanted
	compare wanted
	[ "$(grep -cx before texts || :)" = 0 ]
}

# ---- answers that get lost --------------------------------------------------

# Where the answer gets lost: name, 1 if Slack has the message, the fault.
losses() {
	cat <<-'END'
		reset_after_reading|0|{"reset":true}
		closed_after_reading|0|{"drop":true}
		timeout_before_accepting|0|{"delay_ms":5000,"drop":true}
		timeout_after_accepting|1|{"delay_ms":5000,"handle":true}
		server_error_before|0|{"status":503,"body":"<html>"}
		server_error_after|1|{"status":500,"body":"oops","handle":true}
		garbage_before|0|{"status":200,"body":"<html>hello"}
		garbage_after|1|{"status":200,"body":"<html>hello","handle":true}
		no_ts_after|1|{"status":200,"body":"{\"ok\":true}","handle":true}
		cut_after|1|{"handle":true,"truncate":true}
		lost_after_accepting|1|{"reset":true,"handle":true}
	END
}

# deliver_losses [OPTION...]: meet all losses at once, beside a 429 with a
# header and a healthy message; then a connection that breaks before the
# request is read, alone. Each is to be in doubt, but the two. $status is the
# worst of both runs.
deliver_losses() {
	losses | cut -d '|' -f 1 >lost
	losses | while IFS='|' read -r name _ fault; do fail "$name" 1 "$fault"; done
	fail limited 1 '{"status":429,"headers":{"Retry-After":"1"},"body":"{\"ok\":false,\"error\":\"ratelimited\"}"}'
	{ cat lost; echo healthy; echo limited; } | messages >in
	run "$BIN/deliver" "$@" <in
	local first=$status
	control fault '{"path":"/api/chat.postMessage","unread":true}'
	messages <<<reset_before_reading >in
	run "$BIN/deliver" "$@" <in
	[ "$status" = "$first" ]
	losses | awk -F '|' '$2 == 1 { print $1 }' >kept
	{ losses | awk -F '|' '$2 == 0 { print $1 }'; echo reset_before_reading; } >unkept
	{
		echo healthy | wanted 1 sent '' 1 sent 'queued sending sent'
		echo limited | wanted 1 sent '' 1 'rate sent' 'queued sending queued sending sent'
	} >others
}

# A channel for each of what deliver_losses sends, and two more.
loss_channels() {
	{ losses | cut -d '|' -f 1; printf '%s\n' healthy limited reset_before_reading refused unlimited; } | make_channels "$@"
}

# What never reached Slack, or was turned away, needs no history: a refused
# connection is made up for, and a 429 without a header waited for.
without_doubt() {
	local before
	before=$(curl -sf "$SANDBOX/_control/requests" | grep -c /api/conversations || :)
	configure '{"timeout":"1500ms","max_attempts":2,"url":"http://127.0.0.1:1/api","retry_budget":"0s"}'
	messages <<<refused >in
	run -69 "$BIN/deliver" <in
	outcomes | grep '^refused|' | sed ':a; s/ retry retry/ retry/; s/ sending queued sending queued/ sending queued/; ta' | cut -d '|' -f 1-3,5,7 >got
	[ "$(cat got)" = 'refused|0|queued|0|queued sending queued' ] || { cat got; return 1; }
	configure
	run -0 "$BIN/deliver" </dev/null
	[[ $(outcomes | grep '^refused|') == 'refused|1|sent||1|'*' sending sent' ]]
	configure '{"timeout":"1500ms","max_attempts":2,"retry_budget":"1s"}'
	fail unlimited 1 '{"status":429,"body":"{\"ok\":false,\"error\":\"ratelimited\"}"}'
	messages <<<unlimited >in
	run -75 "$BIN/deliver" <in
	run -75 "$BIN/deliver" </dev/null
	[ "$(outcomes | grep '^unlimited|')" = 'unlimited|0|queued|ratelimited|0|rate|queued sending queued' ]
	[ "$(curl -sf "$SANDBOX/_control/requests" | grep -c /api/conversations || :)" = "$before" ]
	run -0 "$BIN/auditctl" check
}

# All are sent, those that Slack has under the ts that was found.
all_are_settled() {
	[ "$status" = 0 ]
	{
		cat others
		wanted 1 sent '' 1 in_doubt 'queued sending in_doubt settled sent' <kept
		wanted 1 sent '' 2 'in_doubt sent' 'queued sending in_doubt queued sending sent' <unkept
	} >wanted
	compare wanted
	curl -sf "$SANDBOX/_control/slack/messages" | jq -r '"\(.message.text) \(.message.ts)"' | sort >shown
	sqlite3 -readonly ledger.db "select record_id || ' ' || slack_ts from messages order by 1" | sort | diff shown -
}

# all_are_held WHY REMEDY: none was sent twice; once it can be looked up, a
# replay settles each.
all_are_held() {
	[ "$status" = 65 ]
	{
		cat others
		wanted 1 held "in doubt, and Slack can't be asked: $1" 1 in_doubt 'queued sending in_doubt held' <kept
		wanted 0 held "in doubt, and Slack can't be asked: $1" 1 in_doubt 'queued sending in_doubt held' <unkept
	} >wanted
	compare wanted
	$2 # its words are a command and its arguments
	"$BIN/auditctl" replay --state held >/dev/null
	run -0 "$BIN/deliver" </dev/null
	{
		cat others
		wanted 1 sent '' 1 in_doubt 'queued sending in_doubt held replayed settled sent' <kept
		wanted 1 sent '' 2 'in_doubt sent' 'queued sending in_doubt held replayed queued sending sent' <unkept
	} >wanted
	compare wanted
}

@test "where the history can be read, every lost answer is found out and nothing is sent twice" {
	loss_channels
	deliver_losses
	all_are_settled
	without_doubt
}

@test "where the history is rate limited, every lost answer is found out later" {
	loss_channels
	control 'slack/ratelimit?method=conversations.history&count=2&retry_after=1'
	deliver_losses
	all_are_settled
	[ "$(curl -sf "$SANDBOX/_control/slack/stats" | jq .refused)" = 2 ]
	without_doubt
}

@test "where the history lags, every lost answer is found out by a later look" {
	loss_channels
	control 'slack/lag?ms=300'
	deliver_losses
	all_are_settled
	# One look found out nothing: with each at first sight there were 24.
	[ "$(curl -sf "$SANDBOX/_control/requests" | grep -c /api/conversations.history)" -gt 24 ]
	without_doubt
}

@test "where the bot is no member, every lost answer is held until it is" {
	loss_channels
	loss_channels kick
	deliver_losses
	all_are_held 'not_in_channel (invite the app to the channel, then replay it)' 'loss_channels join'
	without_doubt
}

@test "where the history is cut, every lost answer is held until it is whole" {
	loss_channels
	control 'slack/history?incomplete=1&count=1000'
	deliver_losses
	all_are_held 'its history is cut' 'control slack/history'
	without_doubt
}

@test "where the bot is no member and the operator takes the risk, every lost answer is sent again" {
	loss_channels
	loss_channels kick
	deliver_losses --in-doubt resend
	[ "$status" = 0 ]
	{
		cat others
		wanted 2 sent '' 2 'in_doubt sent' 'queued sending in_doubt queued sending sent' <kept
		wanted 1 sent '' 2 'in_doubt sent' 'queued sending in_doubt queued sending sent' <unkept
	} >wanted
	compare wanted
}
