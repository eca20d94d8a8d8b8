#!/usr/bin/env bats
# auditctl hold, release, cancel, settle.
load helper
export BIN

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	setup_ledger
}

teardown() {
	if [ -n "${SANDBOX-}" ]; then stop_sandbox; fi
}

# row ID STATE [CHANNEL]
row() {
	sqlite3 ledger.db "INSERT INTO messages (id, key, state, filter, stream, record_id, record_version, position, channel, payload_hash, queued_at)
		VALUES ($1, 'key-$1', '$2', 'f', 's', 'r$1', 'v', 0, ${3-"'#finance'"}, 'h', '2026-11-24T01:00:00.000Z');
		INSERT INTO bodies (message, payload) VALUES ($1, '{\"channel\":\"#finance\",\"text\":\"hello $1\"}')"
}

# tried ID OUTCOME: a request of its first generation.
tried() {
	sqlite3 ledger.db "INSERT INTO attempts (message, generation, number, started_at, outcome)
		VALUES ($1, 1, 1, '2026-11-24T01:00:00.000Z', '$2')"
}

# is ID STATE|GENERATION
is() {
	[ "$(sqlite3 -cmd '.timeout 5000' ledger.db "SELECT state, generation FROM messages WHERE id = $1")" = "$2" ]
}

@test "hold keeps a queued message back, release queues the same generation" {
	row 1 queued
	run -0 --separate-stderr "$BIN/auditctl" hold 1 --reason 'audit "week"'
	[ "$output" = '{"id":1,"state":"held"}' ]
	is 1 'held|1'
	run -0 "$BIN/auditctl" release 1
	is 1 'queued|1'
	[ "$(sqlite3 ledger.db "SELECT group_concat(event) FROM audit WHERE subject = '1'")" = message.held,message.released ]
	[ "$(sqlite3 ledger.db "SELECT detail ->> 'reason' FROM audit WHERE event = 'message.held'")" = 'audit "week"' ]
	run -0 "$BIN/auditctl" check
}

@test "cancel takes queued, held and dead messages, and no other, nor a reject" {
	row 1 queued; row 2 held; row 3 dead; row 4 sent; row 5 dead NULL; row 6 in_doubt
	run -1 --separate-stderr "$BIN/auditctl" cancel 1 2 3 4 5 6 7
	for id in 1 2 3; do is $id 'cancelled|1'; done
	is 4 'sent|1'; is 5 'dead|1'; is 6 'in_doubt|1'
	[[ $stderr == *'message 4 is sent'*'message 5 is a reject'*'message 6 is in_doubt'*'no message 7'* ]]
}

@test "what may be in Slack isn't cancelled, and release has it looked up" {
	row 1 held; tried 1 in_doubt
	run -1 --separate-stderr "$BIN/auditctl" cancel 1
	[[ $stderr == *settle* ]]
	run -0 "$BIN/auditctl" release 1
	is 1 'in_doubt|1'
}

@test "what an answer of Slack held isn't released" {
	row 1 held; tried 1 held
	run -1 --separate-stderr "$BIN/auditctl" release 1
	[[ $stderr == *replay* ]]
	is 1 'held|1'
}

@test "a message that is being sent is left alone for the moment" {
	row 1 sending
	for verb in hold release cancel; do
		run -75 --separate-stderr "$BIN/auditctl" $verb 1
	done
	is 1 'sending|1'
}

@test "settle says whether a message is in Slack" {
	row 1 held; tried 1 in_doubt
	row 2 held; tried 2 in_doubt
	row 3 held
	run -64 "$BIN/auditctl" settle 1 sent
	run -64 "$BIN/auditctl" settle 1 sent --ts now --channel-id C1
	run -0 "$BIN/auditctl" settle 1 sent --ts 1764000000.000100 --channel-id C1
	is 1 'sent|1'
	[ "$(sqlite3 ledger.db 'SELECT slack_ts, slack_channel, sent_at FROM messages WHERE id = 1')" = '1764000000.000100|C1|2025-11-24T16:00:00.000Z' ]
	run -0 "$BIN/auditctl" settle 2 unsent
	is 2 'queued|2'
	run -1 "$BIN/auditctl" settle 3 unsent
	is 3 'held|1'
	run -0 "$BIN/auditctl" check
}

@test "ids and objects come from stdin, and a bad line costs no neighbour" {
	row 1 queued; row 2 queued; row 3 queued
	run -65 --separate-stderr "$BIN/auditctl" hold - <<<$'1\nnonsense\n{"id":3,"state":"queued"}'
	[[ $stderr == *'line 2 of'* ]]
	is 1 'held|1'; is 2 'queued|1'; is 3 'held|1'
}

@test "--dry-run says what would become of each, and changes nothing" {
	row 1 queued; row 2 sent
	before=$(sqlite3 ledger.db .dump)
	run -1 --separate-stderr "$BIN/auditctl" hold --dry-run 1 2
	[ "$output" = '{"id":1,"state":"held"}' ]
	[ "$(sqlite3 ledger.db .dump)" = "$before" ]
}

@test "a deliver that runs leaves a held message, sends others, and sends it when it is released" {
	start_sandbox --invoices 0 --orders 0 --journals 0
	control 'slack/limits?channel_ms=0'
	jq -n --arg url "$SANDBOX/api" '{ ledger: "ledger.db", key_file: "ledger.key",
		slack: { url: $url, workspace_rate: 0, channel_interval: "2s" } }' >"$CONFIG"
	row 1 queued; row 2 queued; row 3 queued; row 4 queued
	mkfifo pipe
	"$BIN/deliver" <pipe 3>&- &
	pid=$!
	exec 4>pipe
	until is 1 'sent|1'; do :; done
	"$BIN/auditctl" hold 2
	"$BIN/auditctl" cancel 3
	until is 4 'sent|1'; do :; done
	is 2 'held|1'
	"$BIN/auditctl" release 2
	until is 2 'sent|1'; do :; done
	exec 4>&-
	wait $pid
	[ "$(curl -sf "$SANDBOX/_control/slack/messages" | jq -r .message.text | tr '\n' ' ')" = 'hello 1 hello 4 hello 2 ' ]
}

@test "hold, release and cancel take the words of list, and only what they can change" {
	row 1 queued; row 2 queued "'#tax'"; row 3 sent; row 4 queued; row 5 dead NULL
	run -0 --separate-stderr "$BIN/auditctl" hold --channel finance
	[ "$output" = $'{"id":1,"state":"held"}\n{"id":4,"state":"held"}' ]
	[[ $stderr == *'held 2 of 2 messages' ]]
	run -0 --separate-stderr "$BIN/auditctl" release --record r4 --reason ready
	[ "$output" = '{"id":4,"state":"queued"}' ]
	run -0 --separate-stderr "$BIN/auditctl" cancel --dry-run --stream s --until 2026-11-25T00:00:00Z --state queued,held
	[ "$(jq -c .id <<<"$output" | tr '\n' ' ')" = '1 2 4 ' ]
	[[ $stderr == *'dry run: cancelled 3 of 3 messages' ]]
	run -1 --separate-stderr "$BIN/auditctl" cancel --filter f --since 2026-01-01T00:00:00Z
	[[ $stderr == *'message 5 is a reject'*'cancelled 3 of 4 messages; left as they were: 1 a reject' ]]
	[ "$(sqlite3 ledger.db "SELECT group_concat(state) FROM (SELECT state FROM messages ORDER BY id)")" = cancelled,cancelled,sent,cancelled,dead ]
	run -0 --separate-stderr "$BIN/auditctl" hold --filter nobody
	[[ -z $output && $stderr == *'held 0 of 0 messages' ]]
	run -0 "$BIN/auditctl" check
}

@test "a query that would be nearly the whole ledger, or none, is refused" {
	row 1 queued; row 2 sent
	before=$(sqlite3 ledger.db .dump)
	for words in 'hold' 'cancel --state sent,queued' 'hold --state queued 1' 'replay --again --state sent' \
		'release --state nonsense' 'cancel --since yesterday' 'hold --limit 3'; do
		# shellcheck disable=SC2086
		run -64 "$BIN/auditctl" $words
	done
	[ "$(sqlite3 ledger.db .dump)" = "$before" ]
}

@test "of many that a query can't change ten are named, and all are counted" {
	for ((id = 1; id <= 250; id++)); do row $id sent; done
	row 251 queued
	run -1 --separate-stderr "$BIN/auditctl" hold --filter f --state queued,sent
	[ "$output" = '{"id":251,"state":"held"}' ]
	[ "$(grep -c 'is sent: only queued' <<<"$stderr")" = 10 ]
	[[ $stderr == *'held 1 of 251 messages; left as they were: 250 sent' ]]
}
