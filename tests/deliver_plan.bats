#!/usr/bin/env bats
# deliver --plan: what would be sent, where and when; nothing is.
load helper
load deliver

NOW=2026-03-01T12:00:00.000Z

setup() {
	cd "$BATS_TEST_TMPDIR"
	setup_ledger
	configure
}

teardown() {
	stop_sandbox
}

# configure [JSON]: JSON goes over slack's settings; nobody listens there.
configure() {
	jq -n --argjson more "${1:-{\}}" '{ ledger: "ledger.db", key_file: "ledger.key",
		slack: ({ url: "http://127.0.0.1:1/api", workspace_rate: 0, settle_delay: "50ms", retry_budget: "0s" } + $more) }' >"$CONFIG"
}

# queue FILE: its lines become rows; that Slack was tried is forgotten.
queue() {
	run -69 "$BIN/deliver" <"$1"
	sqlite3 "$BATS_TEST_TMPDIR/ledger.db" 'update channels set next_send_at = null; delete from throttles; delete from clock'
}

# plan [INPUT]: the plan at NOW, in the file plan; what is said, in said.
plan() {
	LEDGERPIPE_NOW=$NOW "$BIN/deliver" --plan <"${1:-/dev/null}" >plan 2>said
}

# change SQL: the ledger, by hand.
change() {
	sqlite3 "$BATS_TEST_TMPDIR/ledger.db" "$1"
}

# What a plan must not change.
contents() {
	sql 'select * from clock; select * from messages; select count(*) from audit; select * from bookmarks; select * from records; select * from channels; select * from throttles'
}

# on_terminal COLUMNS: the plan as a terminal that wide shows it.
on_terminal() {
	LEDGERPIPE_NOW=$NOW script -qec "stty cols $1; '$BIN/deliver' --plan 2>/dev/null" /dev/null </dev/null | tr -d '\r'
}

@test "an empty queue is an empty plan" {
	plan
	[ ! -s plan ]
	grep -x 'deliver: nothing would be sent' said
}

@test "messages are planned a second and a margin apart in each channel" {
	{ message '#a' 1; message '#a' 2; message '#b' 3; } >in
	queue in
	plan
	[ "$(jq -r '"\(.message) \(.channel) \(.when) \(.text)"' plan)" = \
'1 #a 2026-03-01T12:00:00.000Z about 1
3 #b 2026-03-01T12:00:00.000Z about 3
2 #a 2026-03-01T12:00:01.020Z about 2' ]
	[ "$(jq -c 'select(.message == "1") | [.what, .filter, .stream, .record_id, .record_version, .key]' plan)" = '["post","f","s","1","v1","f:s:1:#a:v1:0"]' ]
	grep -F '3 messages would be sent, the last at 2026-03-01T12:00:01.020Z' said
}

@test "the ceiling of the workspace spaces the channels" {
	configure '{"workspace_rate":2}'
	for i in 1 2 3 4; do message "#c$i" "$i"; done >in
	queue in
	plan
	[ "$(jq -rs 'map(.when[17:23]) | .[0], (map(tonumber) | .[3] - .[2] >= 0.5 and .[2] - .[1] >= 0.5)' plan)" = $'00.000\ntrue' ]
}

@test "due times, pauses and not_before that the ledger keeps count" {
	{ message '#a' 1; message '#b' 2; message '#c' 3 v1 later '{"not_before":"2026-03-01T13:00:00Z"}'; message '#c' 4; } >in
	queue in
	change "update channels set next_send_at = '2026-03-01T12:00:00.700Z' where name = '#a'"
	plan
	jq -es 'map({ (.message): .when }) | add | .["1"] >= "2026-03-01T12:00:00.700Z" and .["1"] < "2026-03-01T12:00:02Z"
		and .["2"] < "2026-03-01T12:00:02Z" and .["3"] == "2026-03-01T13:00:00.000Z" and .["4"] < "2026-03-01T12:00:02Z"' plan
	change "insert into throttles values ('chat.postMessage', '2026-03-01T12:10:00.000Z', 'ratelimited')"
	plan
	jq -es 'map({ (.message): .when }) | add | .["1"] == "2026-03-01T12:10:00.000Z" and .["3"] == "2026-03-01T13:00:00.000Z"' plan
}

@test "a message waits for an earlier one about its record, whatever that waits for" {
	{ message '#a' 1 v1 A '{"not_before":"2026-03-01T12:30:00Z"}'; message '#a' 1 v2 B; message '#a' 2; } >in
	queue in
	plan
	[ "$(jq -r '"\(.message) \(.when)"' plan | tr '\n' ' ')" = '3 2026-03-01T12:00:00.000Z 1 2026-03-01T12:30:00.000Z 2 2026-03-01T12:30:01.020Z ' ]
}

@test "what it will be: a post, a reply or an edit" {
	{ message '#a' 1 v1 A; message '#a' 1 v2 B; message '#a' 1 v3 C '{"on_change":"edit"}'; message '#a' 1 v4 D '{"on_change":"post"}'
	message '#a' 2 v1 E '{"on_change":"edit"}'; message '#b' 1 v1 F
	message '#a' 4 v1 G; message '#a' 4 v2 H '{"on_change":"edit"}' | sed 's/"text"/"thread_ts":"1.5","text"/'
	message '#a' 3 | sed 's/"text":"about/"thread_ts":"1.5","text":"about/'; } >in
	queue in
	plan
	[ "$(jq -rs 'sort_by(.message | tonumber)[].what' plan | tr '\n' ' ')" = 'post reply edit post post post post edit reply ' ]
}

@test "a change of what was sent is a reply to it" {
	start_sandbox --invoices 0 --orders 0 --journals 0
	configure "{\"url\":\"$SANDBOX/api\"}"
	message '#finance' 1 v1 A | "$BIN/deliver"
	configure
	message '#finance' 1 v2 B >in
	queue in
	plan
	[ "$(jq -r .what plan)" = reply ]
}

@test "what is held, or waits behind that, is counted and not planned" {
	{ message '#a' 1 v1 A; message '#a' 1 v2 B; message '#a' 1 v3 C; message '#a' 2; message '#b' 3; message '#b' 4; } >in
	queue in
	change "update messages set state = 'held' where id = 1; update messages set state = 'in_doubt' where id = 5"
	plan
	[ "$(jq -r .message plan | tr '\n' ' ')" = '4 6 ' ]
	grep -F '1 messages are held, and 2 wait behind them' said
	grep -F '1 messages are on their way or in doubt' said
}

@test "lines of an input are planned too, and leave no trace" {
	{ message '#a' 1; message '#a' 2; } >old
	queue old
	contents >before
	{ message '#a' 2; message '#a' 3; message '#a' 1 v2 'about 1'; message '#a' 1 v3 changed
	jq -nc '{ type: "STATE", value: { bookmarks: { s: { replication_key: "k", replication_key_value: "2026-01-01T00:00:00Z" } } }, stats: { records: 4 } }'; } >in
	plan in
	[ "$(jq -r '"\(.message) \(.record_id) \(.what)"' plan | tr '\n' ' ')" = '1 1 post 2 2 post null 3 post null 1 reply ' ]
	grep -F 'of the input 2 messages are new, 1 unchanged and 0 rejected; it was not kept' said
	contents >after
	cmp before after
	run -0 "$BIN/auditctl" check
}

@test "an input that can't be understood ends the plan with its status" {
	{ message '#a' 1; echo nonsense; } >in
	run -65 --separate-stderr "$BIN/deliver" --plan <in
	[ "$(jq -r .record_id <<<"$output")" = 1 ]
	[[ $stderr == *'is not JSON'* ]]
}

@test "a payload that is damaged is told, and its neighbours are planned" {
	{ message '#a' 1; message '#a' 2; } >in
	queue in
	change "update bodies set payload = '{' where message = 1"
	plan
	[ "$(jq -r .message plan)" = 2 ]
	grep -F "message 1 would be dead: its payload can't be read" said
}

@test "what feeds the plan may write to the ledger before its first line" {
	message '#a' 1 >in
	mkfifo fifo
	LEDGERPIPE_NOW=$NOW "$BIN/deliver" --plan <fifo >plan 2>said 3>&- & pid=$!
	exec 7>fifo
	until [ "$(cat ledger.db.deliver-lock)" = $pid ]; do kill -0 $pid; done
	printf x | "$BIN/auditctl" vault set slack.signing_secret
	cat in >&7
	exec 7>&-
	wait $pid
	[ "$(jq -r .record_id plan)" = 1 ]
}

@test "while a deliver runs the queue is planned, but no input" {
	message '#a' 1 >in
	queue in
	mkfifo fifo
	"$BIN/deliver" <fifo 3>&- & pid=$!
	exec 7>fifo
	until [ -s ledger.db.deliver-lock ] && kill -0 $pid && [ "$(cat ledger.db.deliver-lock)" = $pid ]; do :; done
	run -0 --separate-stderr "$BIN/deliver" --plan </dev/null
	[ "$(jq -r .record_id <<<"$output")" = 1 ]
	run -75 "$BIN/deliver" --plan <in
	[[ $output == *"process $pid"* ]]
	exec 7>&-
	wait $pid || [ $? = 69 ]
}

@test "on a terminal it is a table that fits, and nothing in it steers the terminal" {
	message '#a' 1 v1 $'first \e[31mline\nsecond' >in
	queue in
	on_terminal 200 >wide
	[[ $(sed -n 1p wide) == 'when                  channel  what   about  filter  text' ]]
	[[ $(sed -n 2p wide) == '2026-03-01T12:00:00Z  #a       post   s/1    f       first ?[31mline' ]]
	[ "$(wc -l <wide)" = 2 ]
	on_terminal 40 >narrow
	[ "$(wc -L <narrow)" -le 40 ]
	run ! grep -q $'\e' wide
}

@test "without a text the first line of the blocks is shown" {
	message '#a' 1 | sed 's/"text":"about 1"/"blocks":[{"type":"divider"},{"type":"section","text":{"type":"mrkdwn","text":"a\\nb"}}]/' >in
	queue in
	plan
	[ "$(jq -r .text plan)" = a ]
}

@test "a plan needs no token and asks Slack nothing" {
	"$BIN/auditctl" vault rm slack.bot_token
	plan
	run -64 "$BIN/deliver" --plan --check
}

@test "100,000 rows are planned within little memory" {
	change "with recursive n (i) as (select 1 union all select i + 1 from n where i < 100000)
		insert into messages (key, state, filter, stream, record_id, record_version, position, channel, payload_hash, queued_at)
		select 'k' || i, 'queued', 'f', 's', i, 'v', 0, '#c' || (i % 500), 'h', '2026-01-01T00:00:00.000Z' from n;
		insert into bodies (message, payload) select id, '{\"channel\":\"#c\",\"text\":\"' || hex(zeroblob(1000)) || '\"}' from messages"
	LEDGERPIPE_NOW=$NOW command time -f %M -o kilobytes "$BIN/deliver" --plan </dev/null >plan 2>said
	[ "$(wc -l <plan)" = 100000 ]
	jq -r '"\(.channel) \(.when)"' plan >times
	sort -s -k1,1 times | awk '$1 == channel && $2 <= when { exit 1 } { channel = $1; when = $2 }'
	[ "$(tail -n 1 times | cut -d ' ' -f 2)" = 2026-03-01T12:03:22.980Z ]
	grep -q __asan_init "$BIN/deliver" || [ "$(cat kilobytes)" -lt 60000 ]
}
