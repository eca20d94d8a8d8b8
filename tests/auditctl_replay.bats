#!/usr/bin/env bats
# auditctl replay, with the deliver and the workspace that see what comes of it.
load helper
load deliver
export BIN

setup() {
	setup_deliver
}

teardown() {
	if [ -n "${DELIVER_PID-}" ]; then kill "$DELIVER_PID" 2>/dev/null || :; fi
	stop_sandbox
}

# archive_and_die: what comes in for #finance is dead; then the cause is gone.
archive_and_die() {
	control 'slack/channel?name=finance&action=archive'
	run -65 "$BIN/deliver" <in
	control 'slack/channel?name=finance&action=unarchive'
}

# is ID STATE|GENERATION
is() {
	[ "$(sql "SELECT state, generation FROM messages WHERE id = $1")" = "$2" ]
}

@test "replay takes ids from stdin, the lowest first, and keeps the reason" {
	for i in 1 2 3; do message '#finance' $i; done >in
	archive_and_die
	run -65 --separate-stderr "$BIN/auditctl" replay --reason 'the "channel" is back' - <<<$'{"id":3}\nnonsense\n1\n1\n'
	[ "$output" = $'{"id":1,"state":"queued"}\n{"id":3,"state":"queued"}' ]
	[[ $stderr == *'line 2 of'* ]]
	is 1 'queued|2'; is 2 'dead|1'; is 3 'queued|2'
	[ "$(sql "SELECT detail ->> 'reason' FROM audit WHERE event = 'message.replayed' AND subject = '3'")" = 'the "channel" is back' ]
	run -0 "$BIN/auditctl" check --rows
}

@test "replay --dry-run says what would become of each, and changes nothing" {
	message '#finance' 1 >in
	archive_and_die
	message '#finance' 2 | "$BIN/deliver"
	before=$(sql .dump)
	run -1 --separate-stderr "$BIN/auditctl" replay --dry-run 1 2 3
	[ "$output" = '{"id":1,"state":"queued"}' ]
	[[ $stderr == *'message 2 is sent'*'--again'*'no message 3'* ]]
	run -0 "$BIN/auditctl" replay --dry-run --again 1 2
	[ "$output" = $'{"id":1,"state":"queued"}\n{"id":null,"state":"queued","replays":2}' ]
	run -0 "$BIN/auditctl" replay --dry-run --state dead
	[ "$(sql .dump)" = "$before" ]
}

@test "replay --again sends a sent message once more, as a new one that names it" {
	message '#finance' 1 | "$BIN/deliver"
	run -0 "$BIN/auditctl" replay --again 1 --reason 'it was deleted'
	[ "$output" = '{"id":2,"state":"queued","replays":1}' ]
	run -0 "$BIN/deliver" </dev/null
	[ "$(texts)" = $'about 1\nabout 1' ]
	[ "$(sql "SELECT id, generation, state, method, replays, thread_ts IS NULL FROM messages")" = $'1|1|sent|post||1\n2|2|sent|post|1|1' ]
	[ "$(sql "SELECT detail ->> 'replays', detail ->> 'reason', detail ->> 'record_id' FROM audit WHERE event = 'message.queued' AND subject = '2'")" = '1|it was deleted|1' ]
	run -0 "$BIN/auditctl" check --rows
}

@test "replay --again of the same message sends nothing, and of the new one goes on" {
	message '#finance' 1 | "$BIN/deliver"
	run -0 "$BIN/auditctl" replay --again 1
	run -1 --separate-stderr "$BIN/auditctl" replay --again 1
	[[ $stderr == *'message 1 was sent again as message 2'* ]]
	[ -z "$output" ]
	run -1 --separate-stderr "$BIN/auditctl" replay --again 2
	[[ $stderr == *'message 2 is queued'* ]]
	run -0 "$BIN/deliver" </dev/null
	run -1 "$BIN/auditctl" replay --again 1
	run -0 "$BIN/auditctl" replay --again 2
	[ "$output" = '{"id":3,"state":"queued","replays":2}' ]
	run -0 "$BIN/deliver" </dev/null
	[ "$(texts | wc -l)" = 3 ]
	is 3 'sent|3'
}

@test "two replays --again at once send once" {
	for i in 1 2 3 4 5 6 7 8; do message '#finance' $i; done >in
	run -0 "$BIN/deliver" <in
	"$BIN/auditctl" replay --again 1 2 3 4 5 6 7 8 >one 2>one.err & first=$!
	"$BIN/auditctl" replay --again 1 2 3 4 5 6 7 8 >two 2>two.err || [ $? = 1 ]
	wait $first || [ $? = 1 ]
	[ "$(cat one two | wc -l)" = 8 ]
	[ "$(cat one.err two.err | grep -c 'was sent again as')" = 8 ]
	run -0 "$BIN/deliver" </dev/null
	[ "$(texts | wc -l)" = 16 ]
	[ "$(texts | sort | uniq -c | awk '{ print $1 }' | uniq)" = 2 ]
}

@test "what changed a message or replied to it is a post of its own when it is sent again" {
	for how in edit thread; do
		message '#finance' $how v1 "$how 1" "{\"on_change\":\"$how\"}"
		message '#finance' $how v2 "$how 2" "{\"on_change\":\"$how\"}"
	done >in
	run -0 "$BIN/deliver" <in
	[ "$(sql "SELECT group_concat(method || (thread_ts IS NOT NULL)) FROM (SELECT * FROM messages ORDER BY id)")" = post0,edit0,post0,post1 ]
	run -0 "$BIN/auditctl" replay --again 2 4
	run -0 "$BIN/deliver" </dev/null
	[ "$(sql "SELECT group_concat(method || (thread_ts IS NOT NULL)) FROM messages WHERE replays IS NOT NULL")" = post0,post0 ]
	# The next change is of the first message, not of the copy.
	message '#finance' edit v3 'edit 3' '{"on_change":"edit"}' | "$BIN/deliver"
	[ "$(texts | sort | tr '\n' ' ')" = 'edit 2 edit 3 thread 1 thread 2 thread 2 ' ]
}

@test "a message that was sent again is no news about its record" {
	{ message '#finance' 1 v1 A; message '#finance' 1 v2 B; } | "$BIN/deliver"
	run -0 "$BIN/auditctl" replay --again 1
	run -0 "$BIN/deliver" </dev/null
	{ message '#finance' 1 v3 B; message '#finance' 1 v4 A; } | "$BIN/deliver"
	[ "$(texts | tr '\n' ' ')" = 'A B A A ' ]
	[ "$(sql 'SELECT state FROM messages ORDER BY id' | tr '\n' ' ')" = 'sent sent sent unchanged sent ' ]
}

@test "what has no payload any more is not replayed, and it is said why" {
	{ message '#finance' 1 v1 A; message '#finance' 1 v2 A; } | "$BIN/deliver"
	sqlite3 ledger.db 'DELETE FROM bodies WHERE message = 1'
	run -1 --separate-stderr "$BIN/auditctl" replay --again 1 2
	[[ $stderr == *'message 1 '*'no payload any more'*'message 2 is unchanged'* ]]
	[ "$(sql 'SELECT count(*) FROM messages')" = 2 ]
}

# thousand: dead letters of four channels, whose records come by turns.
thousand() {
	local i
	for channel in finance operations treasury tax; do
		control "slack/channel?name=$channel&action=create" || :
		control "slack/channel?name=$channel&action=archive"
	done
	for ((i = 1; i <= 250; i++)); do
		for channel in finance operations treasury tax; do
			printf '{"type":"MESSAGE","filter":"f","stream":"s","record_id":"%s","record_version":"v","position":0,"key":"f:s:%s:%s","payload":{"channel":"#%s","text":"%s %s"}}\n' \
				$i $i $channel $channel $channel $i
		done
	done >in
	state 0 >>in
	run -65 "$BIN/deliver" <in
	[ "$(sql "SELECT count(*) FROM messages WHERE state = 'dead'")" = 1000 ]
	for channel in finance operations treasury tax; do
		control "slack/channel?name=$channel&action=unarchive"
	done
}

@test "a thousand dead letters are replayed while deliver runs: in order, not too fast, each once" {
	thousand
	bookmark=$(sql "SELECT * FROM bookmarks")
	[[ $bookmark == *2026-01-01* ]]
	control 'slack/limits?channel_ms=20'
	configure '{"channel_interval":"20ms"}'
	mkfifo pipe
	exec 5<>pipe
	"$BIN/deliver" --follow pipe >out 2>err 5>&- &
	DELIVER_PID=$!
	message '#finance' new >pipe
	until [ "$(sql "SELECT state FROM messages WHERE record_id = 'new'")" = sent ]; do :; done
	"$BIN/auditctl" list --state dead --json --limit 2000 >dead
	jq -c '{ id }' dead >ids
	"$BIN/auditctl" replay - <ids >one 2>one.err & first=$!
	"$BIN/auditctl" replay - <ids >two 2>two.err || [ $? = 1 ]
	wait $first || [ $? = 1 ]
	[ "$(cat one two | wc -l)" = 1000 ]
	# Only what was dead went.
	until [ "$(sql "SELECT count(*) FROM messages WHERE state = 'sent'")" = 1001 ]; do :; done
	kill -TERM $DELIVER_PID
	wait $DELIVER_PID
	unset DELIVER_PID
	# A busy machine may bend a few gaps; who kept no rate had hundreds refused.
	stats -e '.duplicates == 0 and .refused < 20 and all(.channels[].smallest_gap_ms; . == null or . >= 20)'
	texts | grep -v new >got
	for channel in finance operations treasury tax; do
		diff <(grep "^$channel " got) <(seq 250 | sed "s/^/$channel /")
	done
	[ "$(sql "SELECT * FROM bookmarks")" = "$bookmark" ]
	run -0 "$BIN/auditctl" check --rows
}

@test "replay takes a query, and tells how many it queued" {
	control 'slack/channel?name=general&action=create'
	{ for i in 1 2 3; do message '#finance' $i; done; message '#general' 4; } >in
	archive_and_die
	"$BIN/auditctl" cancel 2 >/dev/null
	# What a person cancelled is meant only where that is said.
	run -0 --separate-stderr "$BIN/auditctl" replay --channel finance --dry-run
	[ "$(jq -c .id <<<"$output" | tr '\n' ' ')" = '1 3 ' ]
	run -0 --separate-stderr "$BIN/auditctl" replay --channel finance --state dead,cancelled --dry-run
	[ "$(jq -c .id <<<"$output" | tr '\n' ' ')" = '1 2 3 ' ]
	run -0 --separate-stderr "$BIN/auditctl" replay --channel finance --state dead --record 3
	[ "$output" = '{"id":3,"state":"queued"}' ]
	run -0 --separate-stderr "$BIN/auditctl" replay --again --state dead,cancelled,sent --stream s --since 2020-01-01T00:00:00Z
	# What it made itself is not in its query.
	[ "$(jq -c '[.id, .replays]' <<<"$output" | tr '\n' ' ')" = '[1,null] [2,null] [5,4] ' ]
	[[ $stderr == *'queued 3 of 3 messages' ]]
	run -0 "$BIN/deliver" </dev/null
	[ "$(texts | sort | uniq -c | awk '{ print $1 $3 }' | tr '\n' ' ')" = '11 12 13 24 ' ]
}

@test "replay --to sends the payload to another channel, once" {
	control 'slack/channel?name=general&action=create'
	{ message '#finance' 1 v1 A; message '#finance' 2 v1 B; } >in
	archive_and_die
	message '#general' 3 v1 C | "$BIN/deliver"
	run -0 --separate-stderr "$BIN/auditctl" replay --to general --reason 'they asked' --dry-run 1 2
	[ "$output" = $'{"id":null,"state":"queued","replays":1,"channel":"#general"}\n{"id":null,"state":"queued","replays":2,"channel":"#general"}' ]
	run -0 --separate-stderr "$BIN/auditctl" replay --to general --reason 'they asked' 1
	[ "$output" = '{"id":4,"state":"queued","replays":1,"channel":"#general"}' ]
	run -1 --separate-stderr "$BIN/auditctl" replay --to '#general' 1 3 9
	[[ $stderr == *'message 1 was sent again as message 4, which is queued'*'message 3 is for #general itself'*'no message 9'* ]]
	run -0 "$BIN/deliver" </dev/null
	run -1 "$BIN/auditctl" replay --to general 1
	[ "$(sql 'SELECT id, channel, state, generation, replays, method FROM messages ORDER BY id')" = \
		$'1|#finance|dead|1||post\n2|#finance|dead|1||post\n3|#general|sent|1||post\n4|#general|sent|2|1|post' ]
	[ "$(sql "SELECT detail ->> 'replays', detail ->> 'channel', detail ->> 'reason' FROM audit WHERE event = 'message.queued' AND subject = '4'")" = '1|#general|they asked' ]
	# It was sent there, and can still be sent to its own channel.
	run -0 "$BIN/auditctl" replay 1
	run -0 "$BIN/deliver" </dev/null
	[ "$(texts | sort | tr '\n' ' ')" = 'A A C ' ]
	run -0 "$BIN/auditctl" check --rows
}

@test "what was sent to another channel is no news about its record there" {
	control 'slack/channel?name=general&action=create'
	message '#finance' 1 v1 A | "$BIN/deliver"
	run -0 --separate-stderr "$BIN/auditctl" replay --to general --record 1
	[[ $stderr == *'queued 1 of 1 messages' ]]
	run -0 "$BIN/deliver" </dev/null
	message '#general' 1 v2 A '{"on_change":"edit"}' | "$BIN/deliver"
	[ "$(sql "SELECT group_concat(method || ':' || state) FROM messages WHERE channel = '#general'")" = post:sent,post:sent ]
	[ "$(texts | tr '\n' ' ')" = 'A A A ' ]
}

@test "the same query twice sends once, and what it sent goes to no third channel" {
	control 'slack/channel?name=general&action=create'
	control 'slack/channel?name=audit&action=create'
	message '#finance' 1 v1 A | "$BIN/deliver"
	run -0 "$BIN/auditctl" replay --again --record 1
	run -0 "$BIN/deliver" </dev/null
	run -1 --separate-stderr "$BIN/auditctl" replay --again --record 1
	[[ $stderr == *'message 1 was sent again as message 2'*'message 2 sends another one again: give its id'*'queued 0 of 2 messages'* ]]
	run -1 "$BIN/auditctl" replay --to general --record 1
	run -0 "$BIN/deliver" </dev/null
	run -1 "$BIN/auditctl" replay --to audit --record 1
	run -1 "$BIN/auditctl" replay --to finance --record 1
	run -0 "$BIN/deliver" </dev/null
	[ "$(sql 'SELECT channel FROM messages ORDER BY id' | tr '\n' ' ')" = '#finance #finance #general #audit ' ]
	# By its id one can be sent on.
	run -0 "$BIN/auditctl" replay --again 2
}

@test "a reply in a thread that its filter names goes to no other channel" {
	message '#finance' 1 v1 A | jq -c '.payload += if .type == "MESSAGE" then { thread_ts: "1764000000.000100" } else null end' >in
	archive_and_die
	run -1 --separate-stderr "$BIN/auditctl" replay --to general 1
	[[ $stderr == *'replies in a thread'* ]]
	run -64 "$BIN/auditctl" replay --to general --again 1
	run -64 "$BIN/auditctl" replay --to '' 1
	[ "$(sql 'SELECT count(*) FROM messages')" = 1 ]
}
