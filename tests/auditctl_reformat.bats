#!/usr/bin/env bats
# Records that are kept, and auditctl replay --reformat, which has today's filters
# look at them again.
load helper
load deliver
export BIN

setup() {
	setup_deliver
	configure_filters true
	filter '{ channel: "#finance", text: "\(.Amount) for \(.Id)" }'
}

teardown() {
	stop_sandbox
}

# configure_filters KEEP [MORE]: one filter f; MORE is put into its $config.
configure_filters() {
	configure '{}'
	jq --argjson keep "$1" --argjson more "${2:-{\}}" '. + { keep_records: $keep,
		filters: { f: { file: "f.jq", config: $more } } }' "$CONFIG" >new.json
	mv new.json "$CONFIG"
}

filter() {
	printf '%s\n' "$1" >f.jq
}

# records [ID AMOUNT]...: as fetch writes them.
records() {
	local count=$(($# / 2))
	echo '{"type":"SCHEMA","stream":"s","schema":{},"key_properties":["Id"],"bookmark_properties":["At"]}'
	while [ $# -gt 0 ]; do
		printf '{"type":"RECORD","stream":"s","record":{"Id":%s,"Amount":%s,"At":"2026-01-01T00:00:00Z","Bank":"DE89 3704"}}\n' "$1" "$2"
		shift 2
	done
	printf '{"type":"STATE","value":{"bookmarks":{"s":{"replication_key":"At","replication_key_value":"2026-01-01T00:00:00Z"}}},"stats":{"records":%s}}\n' $count
}

# sent RECORDS...: they go all the way to Slack.
sent() {
	records "$@" | "$BIN/transform" >lines
	"$BIN/deliver" <lines >/dev/null
}

@test "a record is kept once, sealed, where the configuration says so" {
	sent 1 1250.10 2 20
	sent 1 1250.10
	[ "$(sql 'SELECT count(*) FROM record_bodies')" = 2 ]
	run -1 grep -c 'DE89' ledger.db ledger.db-wal
	[ "$("$BIN/auditctl" show 1 --json | jq .message.record_kept)" = 1 ]
	[ "$("$BIN/auditctl" why 2 --json | jq .record_kept)" = 1 ]
	configure_filters false
	sent 3 30
	run -1 grep 'DE89' lines
	[ "$("$BIN/auditctl" why 3 --json | jq .record_kept)" = 0 ]
	[ "$(sql 'SELECT count(*) FROM record_bodies')" = 2 ]
	configure_filters '"yes"'
	run -78 --separate-stderr "$BIN/auditctl" list
	[[ $stderr == *"'keep_records' must be true or false"* ]]
}

@test "records that are kept are pruned with the payloads of their time" {
	sent 1 10
	sqlite3 ledger.db "UPDATE record_bodies SET kept_at = '2020-01-01T00:00:00.000Z'"
	sent 2 20
	run -0 "$BIN/auditctl" prune --older-than 30d --dry-run
	[ "$(jq .records <<<"$output")" = 1 ]
	run -0 "$BIN/auditctl" prune --older-than 30d --reason 'old enough'
	[ "$(jq -c '[.pruned, .records]' <<<"$output")" = '[0,1]' ]
	[ "$(sql 'SELECT record_id FROM record_bodies')" = 2 ]
	[ "$(sql "SELECT detail ->> 'count', detail ->> 'reason' FROM audit WHERE event = 'records.pruned'")" = '1|old enough' ]
	run -0 "$BIN/auditctl" check --rows
}

@test "thousands of records are pruned by batches, each with its event" {
	sqlite3 ledger.db "INSERT INTO record_bodies SELECT 's' || value % 3, value, 'v', iif(value % 2, '2020', '2999'), x'00', x'00' FROM generate_series(1, 5000)"
	run -0 "$BIN/auditctl" prune --older-than 30d
	[ "$(jq .records <<<"$output")" = 2500 ]
	[ "$(sql "SELECT count(*), min(kept_at) FROM record_bodies")" = '2500|2999' ]
	[ "$(sql "SELECT count(*), sum(detail ->> 'count') FROM audit WHERE event = 'records.pruned'")" = '5|2500' ]
}

# in_state IDS...: their states, channels and what they say.
rows() {
	sql "SELECT m.id, m.state, m.channel, b.payload ->> 'text', m.replays FROM messages m LEFT JOIN bodies b ON b.message = m.id ORDER BY m.id"
}

# A dead message, whose filter is then mended.
dead_then_mended() {
	filter '{ channel: "#nowhere", text: "\(.Amount) for \(.Id)" }'
	records "$@" | "$BIN/transform" >lines
	run -65 "$BIN/deliver" <lines
	filter '{ channel: "#finance", text: "now \(.Amount) for \(.Id)" }'
}

@test "a dead message says what its filter makes of the record today, where it sends it today" {
	dead_then_mended 1 1250.10 2 20
	bookmark=$(sql 'SELECT * FROM bookmarks')
	before=$(sql .dump)
	run -0 --separate-stderr "$BIN/auditctl" replay --reformat --dry-run 1
	[ "$output" = '{"id":1,"state":"queued","channel":"#nowhere","text":"1250.1 for 1","new_channel":"#finance","new_text":"now 1250.1 for 1"}' ]
	[ "$(sql .dump)" = "$before" ]
	run -0 --separate-stderr "$BIN/auditctl" replay --reformat --filter f --reason 'the channel had another name'
	[ "$output" = $'{"id":1,"state":"queued"}\n{"id":2,"state":"queued"}' ]
	[[ $stderr == *'queued 2 of 2 messages' ]]
	# Once more changes nothing.
	events=$(sql 'SELECT count(*) FROM audit')
	run -0 "$BIN/auditctl" replay --reformat 1 2
	[ "$(sql 'SELECT count(*) FROM audit')" = "$events" ]
	run -0 "$BIN/deliver" </dev/null
	[ "$(texts | tr '\n' ' ')" = 'now 1250.1 for 1 now 20 for 2 ' ]
	[ "$(sql "SELECT detail ->> 'old_channel', detail ->> 'channel', detail ->> 'reason', detail ->> 'old_payload_hash' <> detail ->> 'payload_hash' FROM audit WHERE event = 'message.queued' AND subject = '1' ORDER BY seq DESC LIMIT 1")" = \
		'#nowhere|#finance|the channel had another name|1' ]
	[ "$(sql 'SELECT * FROM bookmarks')" = "$bookmark" ]
	run -0 "$BIN/auditctl" check --rows
	# The record is read again: it has its message.
	sent 1 1250.10 2 20
	[ "$(texts | wc -l)" = 2 ]
	[ "$(sql 'SELECT count(*) FROM messages')" = 2 ]
	run -1 "$BIN/auditctl" replay --reformat 1
}

@test "queued, held and cancelled messages are exchanged before they are sent" {
	dead_then_mended 1 10 2 20 3 30
	"$BIN/auditctl" replay --state dead
	"$BIN/auditctl" hold 2
	"$BIN/auditctl" cancel 3
	run -0 --separate-stderr "$BIN/auditctl" replay --reformat --stream s --state queued,held,cancelled
	[[ $stderr == *'queued 3 of 3 messages' ]]
	[ "$(rows)" = $'1|queued|#finance|now 10 for 1|\n2|queued|#finance|now 20 for 2|\n3|queued|#finance|now 30 for 3|' ]
	run -0 "$BIN/deliver" </dev/null
	[ "$(texts | wc -l)" = 3 ]
}

@test "what another message says already isn't said by two" {
	dead_then_mended 1 10
	sent 1 10
	[ "$(sql 'SELECT group_concat(state) FROM messages')" = dead,sent ]
	run -1 --separate-stderr "$BIN/auditctl" replay --reformat --state dead
	[[ $stderr == *'message 1 is left as it is: message 2 stands for'*'left as they were: 1 said by other messages' ]]
}

@test "a message that was sent needs --again, and is sent again once" {
	sent 1 10
	filter '{ channel: "#finance", text: "better \(.Amount)" }'
	run -1 --separate-stderr "$BIN/auditctl" replay --reformat 1
	[[ $stderr == *'message 1 is sent: --again'* ]]
	run -0 "$BIN/auditctl" replay --reformat --again --dry-run 1
	[ "$(jq -c '[.id, .replays, .new_text]' <<<"$output")" = '[null,1,"better 10"]' ]
	run -0 "$BIN/auditctl" replay --reformat --again 1
	[ "$output" = '{"id":2,"state":"queued","replays":1}' ]
	run -0 "$BIN/deliver" </dev/null
	run -1 --separate-stderr "$BIN/auditctl" replay --reformat --again --record 1
	[[ $stderr == *'message 2 sends another one again'* ]]
	run -1 --separate-stderr "$BIN/auditctl" replay --reformat --again 1
	[[ $stderr == *'message 1 was sent again as message 2'* ]]
	run -0 "$BIN/deliver" </dev/null
	[ "$(texts | tr '\n' ' ')" = '10 for 1 better 10 ' ]
	[ "$(sql 'SELECT state, b.delivery FROM messages m JOIN bodies b ON b.message = m.id WHERE id = 2')" = 'sent|{"on_change":"post"}' ]
	run -0 "$BIN/auditctl" check --rows
}

@test "what was sent again to the channel of today isn't sent there when its record is read again" {
	sent 1 10
	control 'slack/channel?name=audit&action=create'
	filter '{ channel: "#audit", text: "moved" }'
	run -0 "$BIN/auditctl" replay --reformat --again 1
	run -0 "$BIN/deliver" </dev/null
	sent 1 10
	[ "$(texts | tr '\n' ' ')" = '10 for 1 moved ' ]
}

@test "what was sent to another channel by replay --to says what its filter makes of the record now, and stays there" {
	sent 1 10
	run -0 "$BIN/auditctl" replay --to nowhere 1
	run -65 "$BIN/deliver" </dev/null
	filter '{ channel: "#finance", text: "better \(.Amount)" }'
	control 'slack/channel?name=nowhere&action=create'
	run -0 "$BIN/auditctl" replay --reformat --dry-run 2
	[ "$(jq -r .new_channel <<<"$output")" = '#nowhere' ]
	run -0 "$BIN/auditctl" replay --reformat 2
	run -0 "$BIN/deliver" </dev/null
	run -0 "$BIN/auditctl" replay --reformat --again 2
	run -0 "$BIN/deliver" </dev/null
	[ "$(sql "SELECT channel || ':' || state FROM messages ORDER BY id" | tr '\n' ' ')" = '#finance:sent #nowhere:sent #nowhere:sent ' ]
	run -0 "$BIN/auditctl" check --rows
}

@test "what sends a message again isn't moved to where its record was told already" {
	sent 1 10
	run -0 "$BIN/auditctl" replay --again 1
	run -0 "$BIN/deliver" </dev/null
	control 'slack/channel?name=audit&action=create'
	filter '{ channel: "#audit", text: "moved" }'
	sent 1 10
	run -1 "$BIN/auditctl" replay --reformat --again 2
	run -0 "$BIN/auditctl" replay --again 2
	run -1 --separate-stderr "$BIN/auditctl" replay --reformat 4
	[[ $stderr == *'message 4 is left as it is: message 3 stands for'* ]]
	run -0 "$BIN/deliver" </dev/null
	[ "$(texts | sort | tr '\n' ' ')" = '10 for 1 10 for 1 10 for 1 moved ' ]
	run -0 "$BIN/auditctl" check --rows
}

@test "a reject becomes the messages that its mended filter makes, with or without a kept record" {
	for keep in true false; do
		configure_filters $keep
		filter 'error("no \(.Id)")'
		records 1$keep 10 2>/dev/null | sed "s/1$keep/\"1$keep\"/" >in
		run -65 "$BIN/transform" <in
		printf '%s\n' "$output" | grep '^{' | "$BIN/deliver" >/dev/null || [ $? = 65 ]
	done
	run -1 --separate-stderr "$BIN/auditctl" replay --reformat 1 2
	[[ $stderr == *'message 1 is left as it is: filter f fails on its record'* ]]
	filter 'empty'
	run -1 --separate-stderr "$BIN/auditctl" replay --reformat 1
	[[ $stderr == *'filter f makes no such message'* ]]
	filter '("a", "b") as $x | { channel: "#finance", text: "\($x) \(.Id)" }'
	run -0 --separate-stderr "$BIN/auditctl" replay --reformat --dry-run --state dead
	[ "$(jq -c '[.id, .state, .reject, .new_text]' <<<"$output" | head -1)" = '[null,"queued",1,"a 1true"]' ]
	run -0 --separate-stderr "$BIN/auditctl" replay --reformat --state dead
	[ "$(jq -c '[.id, .state, .reject]' <<<"$output" | tr '\n' ' ')" = \
		'[3,"queued",1] [4,"queued",1] [1,"cancelled",null] [5,"queued",2] [6,"queued",2] [2,"cancelled",null] ' ]
	run -1 --separate-stderr "$BIN/auditctl" replay --reformat 1
	[[ $stderr == *'is a reject that was put away'* ]]
	run -0 "$BIN/deliver" </dev/null
	[ "$(texts | tr '\n' ' ')" = 'a 1true b 1true a 1false b 1false ' ]
	run -0 "$BIN/auditctl" check --rows
}

@test "a record that isn't kept is told with the remedy, and costs no neighbour" {
	configure_filters false
	dead_then_mended 1 10
	configure_filters true
	dead_then_mended 2 20
	run -1 --separate-stderr "$BIN/auditctl" replay --reformat 1 2 9
	[ "$output" = '{"id":2,"state":"queued"}' ]
	[[ $stderr == *'message 1: its record'*'keep_records'*'fetch --since'*'no message 9'* ]]
	# The remedy.
	records 1 10 | "$BIN/transform" | sed '/"MESSAGE"/d' | "$BIN/deliver" >/dev/null
	run -0 "$BIN/auditctl" replay --reformat 1
}

@test "records that are kept can be read after the master key was changed" {
	dead_then_mended 1 10
	"$BIN/auditctl" vault rekey
	"$BIN/auditctl" vault rekey --verify
	run -0 "$BIN/auditctl" replay --reformat 1
	sqlite3 ledger.db "UPDATE record_bodies SET record_id = '7'; UPDATE messages SET record_id = '7'"
	run -65 --separate-stderr "$BIN/auditctl" replay --reformat 1
	[[ $stderr == *'kept record 7 of stream s is damaged'* ]]
}

@test "what may be in Slack isn't exchanged, but for --resend" {
	dead_then_mended 1 10
	sqlite3 ledger.db "UPDATE messages SET state = 'held'; UPDATE attempts SET outcome = 'in_doubt'"
	run -1 --separate-stderr "$BIN/auditctl" replay --reformat 1
	[[ $stderr == *'may be in Slack'*settle* ]]
	run -0 "$BIN/auditctl" replay --reformat --resend 1
	[[ $(rows) == *'queued|#finance|now 10 for 1'* ]]
}

@test "megabytes of records go through the filters and back" {
	filter '{ channel: "#nowhere", text: "x" }'
	big=$(printf '%0120000d' 0)
	for ((i = 1; i <= 150; i++)); do
		printf '{"type":"RECORD","stream":"s","record_id":"%s","record_version":"v","record":{"Id":%s,"Big":"%s"}}\n' $i $i "$big"
	done >in
	"$BIN/transform" <in >lines
	run -65 "$BIN/deliver" <lines
	filter '{ channel: "#finance", text: .Big[:3000] }'
	run -0 --separate-stderr "$BIN/auditctl" replay --reformat --state dead
	[[ $stderr == *'queued 150 of 150 messages' ]]
	[ "$(sql "SELECT count(*), min(length(payload) >= 3000) FROM bodies")" = '150|1' ]
}

@test "filters that don't compile, and no configuration, change nothing" {
	dead_then_mended 1 10
	before=$(sql .dump)
	filter 'nonsense('
	run -78 --separate-stderr "$BIN/auditctl" replay --reformat --state dead
	[[ $stderr == *'transform ended with status 78'* ]]
	run -64 --separate-stderr "$BIN/auditctl" --db ledger.db --key-file ledger.key replay --reformat 1
	[[ $stderr == *'give --config'* ]]
	run -64 "$BIN/auditctl" replay --reformat --to general 1
	[ "$(sql .dump)" = "$before" ]
}

@test "transform is looked for in PATH too, and gets nothing of the environment but that" {
	dead_then_mended 1 10
	mkdir alone bin
	cp "$BIN/auditctl" alone
	run -71 --separate-stderr env PATH=/usr/bin:/bin alone/auditctl replay --reformat 1
	[[ $stderr == *"transform can't be run"* ]]
	printf '#!/bin/sh\ntr "\\000" "\\n" </proc/$$/environ >%s/environment\nexec "%s/transform" "$@"\n' "$PWD" "$BIN" >bin/transform
	chmod +x bin/transform
	PATH=$PWD/bin:$PATH SLACK_TOKEN=xoxb-secret run -0 alone/auditctl replay --reformat 1
	[ "$(cut -d= -f1 environment)" = PATH ]
}

@test "a deliver that runs sends what was exchanged, to the channel of now" {
	filter '{ channel: "#nowhere", text: "old \(.Id)" }'
	mkfifo pipe
	exec 5<>pipe
	"$BIN/deliver" --follow pipe >out 2>err 5>&- &
	pid=$!
	records 1 10 2 20 | "$BIN/transform" >pipe
	until [ "$(sql "SELECT count(*) FROM messages WHERE state = 'dead'")" = 2 ]; do :; done
	filter '{ channel: "#finance", text: "new \(.Id)" }'
	"$BIN/auditctl" replay --reformat --state dead
	until [ "$(sql "SELECT count(*) FROM messages WHERE state = 'sent'")" = 2 ]; do :; done
	kill -TERM $pid
	wait $pid
	[ "$(texts | tr '\n' ' ')" = 'new 1 new 2 ' ]
}
