#!/usr/bin/env bats
# auditctl prune --rows: events go where they are sealed, and the log is whole.
load helper
load deliver
export BIN

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	LEDGERPIPE_NOW=2026-01-01T00:00:00.000Z setup_ledger
}

teardown() {
	[ -z "${DELIVER_PID:-}" ] || kill "$DELIVER_PID" 2>/dev/null || :
	stop_sandbox
}

# at DATE COMMAND...: on that day.
at() {
	LEDGERPIPE_NOW=${1}T00:00:00.000Z "${@:2}"
}

# events COUNT DATE: so many more, of that day.
events() {
	local i
	for ((i = 0; i < $1; i++)); do
		printf x | at "$2" "$BIN/auditctl" vault set slack.signing_secret
	done
}

# prune DATE OPTION...: what is older.
prune() {
	at "$1" "$BIN/auditctl" prune --rows --older-than "$1" "${@:2}"
}

check() {
	run "-$1" --separate-stderr "$BIN/auditctl" check "${@:2}"
}

left() {
	sql 'SELECT group_concat(seq) FROM (SELECT seq FROM audit ORDER BY seq)'
}

# tamper SQL: as somebody who has the file, and no regard for its schema.
tamper() {
	sqlite3 ledger.db >/dev/null <<-SQL
		.dbconfig defensive off
		CREATE TEMP TABLE kept AS SELECT name, sql FROM sqlite_schema WHERE type = 'trigger';
		DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete;
		$1;
		PRAGMA writable_schema = on;
		INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql)
			SELECT 'trigger', name, 'audit', 0, sql FROM kept;
	SQL
}

@test "events before the cut go, the first one stays, and check begins behind the seal" {
	events 3 2026-01-31
	events 1 2026-02-01
	run -0 --separate-stderr prune 2026-02-01 --no-archive --reason 'two "years"'
	[ "$output" = '{"events":5,"attempts":0,"sealed":6,"older_than":"2026-02-01T00:00:00.000Z"}' ]
	[ "$(left)" = 1,7,8 ]
	[ "$(sql "SELECT event, detail ->> 'first_seq', detail ->> 'last_seq', detail ->> 'archive', detail ->> 'reason' FROM audit WHERE seq = 8")" = 'audit.sealed|2|6||two "years"' ]
	check 0 --rows
	[ "$output" = '{"events":8,"whole":true,"sealed":6,"messages":0}' ]
	# Nothing more is that old.
	run -0 --separate-stderr prune 2026-02-01 --no-archive
	[ "$(jq -c '[.events, .sealed]' <<<"$output")" = '[0,6]' ]
	[ "$(sql 'SELECT count(*) FROM seals')" = 1 ]
}

@test "seals follow each other, the log goes on behind each, and each archive is proven" {
	for month in 2 3 4; do
		events 2 "2026-0$((month - 1))-15"
		run -0 --separate-stderr prune "2026-0$month-01" --archive "archive.$month"
		[ "$(stat -c %a "archive.$month")" = 600 ]
		check 0
	done
	[ "$(sql "SELECT group_concat(first_seq || '-' || last_seq) FROM seals")" = 2-5,6-8,9-11 ]
	[ "$(left)" = 1,12 ]
	[ "$(jq -s -c 'map(.seq)' archive.2 archive.3 archive.4)" = '[2,3,4,5,6,7,8,9,10,11]' ]
	check 0 --archive archive.4 --archive archive.2 --archive archive.3
	[ "$(jq .archives <<<"$output")" = 3 ]
	[ "$(echo archive*)" = 'archive.2 archive.3 archive.4' ]
}

@test "more events than one transaction removes, and those that were half removed, are one segment" {
	message '#finance' 1 | jq -c 'select(.type == "MESSAGE") | . as $m | range(2500) | . as $n | $m | .key += "\($n)" | .record_id = "\($n)"' >lines
	jq -c '{ type: "REJECT", filter, stream, record_id, record_version, error: "e", record: {} }' lines >rejects
	run -65 at 2026-01-02 "$BIN/deliver" <rejects
	[ "$(sql 'SELECT count(*) FROM audit')" -ge 2503 ]
	# It comes to the middle of its second transaction, and no further.
	sqlite3 ledger.db 'CREATE TRIGGER stop BEFORE DELETE ON audit WHEN old.seq = 1500 BEGIN
		SELECT count(*) FROM (WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n); END'
	LEDGERPIPE_NOW=2026-02-01T00:00:00.000Z "$BIN/auditctl" prune --rows --older-than 2026-02-01 --archive archive 3>&- &
	pid=$!
	until [ "$(sql 'SELECT count(*) FROM audit WHERE seq > 1 AND seq < 1002')" = 0 ]; do
		kill -0 "$pid"
	done
	kill -9 "$pid"
	wait "$pid" || true
	sqlite3 ledger.db 'DROP TRIGGER stop'
	[ "$(sql 'SELECT min(seq) FROM audit WHERE seq > 1')" = 1002 ]
	check 0 --rows --archive archive
	cp ledger.db half.db
	# In the half that is left an edit, and one that is missing, are found.
	for change in "UPDATE audit SET actor = 'x' WHERE seq = 1002" 'DELETE FROM audit WHERE seq = 2000' \
		'UPDATE audit SET previous = hash WHERE seq = 1002'; do
		tamper "$change"
		check 1
		[[ $stderr == *'tampered with: event'* ]]
		cp half.db ledger.db
	done
	run -0 --separate-stderr prune 2026-02-01 --archive other
	[ "$(jq .events <<<"$output")" = $((2500 + 3 - 1 - 1000 + $(sql "SELECT count(*) FROM audit WHERE event = 'records.read'"))) ]
	[ ! -e other ]
	check 0 --rows --archive archive
}

@test "nothing can be deleted from the log but what is sealed" {
	events 3 2026-01-02
	run -0 prune 2026-02-01 --no-archive
	sqlite3 ledger.db 'DELETE FROM audit WHERE seq > 1 AND seq <= 6'
	for seq in 1 7; do
		run ! sqlite3 ledger.db "DELETE FROM audit WHERE seq = $seq"
		[[ $output == *'append-only'* ]]
	done
}

@test "a log that was tampered with is not sealed" {
	events 3 2026-01-02
	tamper "UPDATE audit SET actor = 'nobody' WHERE seq = 3"
	run -1 --separate-stderr prune 2026-02-01 --archive archive
	[[ $stderr == *'event 3 is not what was written'*'nothing is removed'* ]]
	[ "$(sql 'SELECT count(*) FROM audit')" = 6 ]
	[ "$(sql 'SELECT count(*) FROM seals')" = 0 ]
	[ "$(echo archive*)" = 'archive*' ]
}

@test "a seal that was changed, removed, forged or taken from another ledger is found" {
	events 2 2026-01-02
	run -0 prune 2026-02-01 --archive archive
	events 2 2026-02-02
	run -0 prune 2026-03-01 --archive archive.2
	events 2 2026-03-02
	cp ledger.db whole.db
	mkdir other
	(cd other && at 2026-01-01 "$BIN/auditctl" --db ledger.db --key-file ledger.key init &&
		for i in 1 2 3 4; do printf x | at 2026-01-01 "$BIN/auditctl" --db ledger.db --key-file ledger.key vault set slack.bot_token; done &&
		at 2026-02-01 "$BIN/auditctl" --db ledger.db --key-file ledger.key prune --rows --older-than 2026-02-01 --no-archive)
	[ "$(sql 'SELECT count(*) FROM seals')" = 2 ]
	while read -r change; do
		cp whole.db ledger.db
		tamper "$change"
		check 1
		[[ $stderr == *'tampered with:'* ]] || { echo "$change: $stderr"; false; }
	done <<-'CHANGES'
		UPDATE seals SET last_seq = last_seq - 1 WHERE first_seq = 2
		UPDATE seals SET last_seq = last_seq + 1 WHERE first_seq = 6
		UPDATE seals SET first_seq = 3 WHERE first_seq = 2
		UPDATE seals SET last_message = 9 WHERE first_seq = 6
		UPDATE seals SET hash = zeroblob(32)
		UPDATE seals SET hash = x''
		UPDATE seals SET archive = NULL WHERE first_seq = 6
		UPDATE seals SET archive = zeroblob(32) WHERE first_seq = 6
		UPDATE seals SET archive = zeroblob(500000) WHERE first_seq = 6
		UPDATE seals SET sealed_at = '2026-01-01T00:00:00.000Z'
		UPDATE seals SET sealed_at = printf('%.*c', 500000, 'x')
		UPDATE seals SET mac = zeroblob(32)
		DELETE FROM seals WHERE first_seq = 2
		DELETE FROM seals WHERE first_seq = 6
		DELETE FROM seals
		INSERT INTO seals SELECT last_seq + 1, last_seq + 2, last_message, hash, NULL, sealed_at, mac FROM seals WHERE first_seq = 6
		ATTACH 'other/ledger.db' AS other; DELETE FROM seals; INSERT INTO seals SELECT * FROM other.seals
		UPDATE seals SET hash = (SELECT hash FROM seals WHERE first_seq = 2) WHERE first_seq = 6
		DELETE FROM audit WHERE event = 'audit.sealed'
		UPDATE audit SET detail = json_set(detail, '$.mac', '00') WHERE event = 'audit.sealed'
		DELETE FROM audit WHERE seq > 1
		DELETE FROM audit WHERE seq = (SELECT max(last_seq) + 1 FROM seals)
	CHANGES
	# The end was cut off with the word of the seal.
	cp whole.db ledger.db
	tamper "DELETE FROM audit WHERE seq >= (SELECT max(seq) FROM audit WHERE event = 'audit.sealed')"
	check 1
	[[ $stderr == *'tampered with:'* ]]
}

@test "an archive that was cut, edited, swapped or is another's is found" {
	events 3 2026-01-02
	run -0 prune 2026-02-01 --archive archive
	events 3 2026-02-02
	run -0 prune 2026-03-01 --archive archive.2
	while read -r change; do
		eval "$change" <archive >changed
		run ! cmp -s archive changed
		run ! "$BIN/auditctl" check --archive changed
		[[ $output == *"archive 'changed'"* ]] || { echo "$change: $output"; false; }
	done <<-'CHANGES'
		head -n 2
		tail -n +2
		sed 2d
		sed s/slack/Slack/
		sed '2s/"hash":"[^f]/"hash":"f/;t;2s/"hash":"f/"hash":"0/'
		cat - archive.2
		cat archive.2 -
		head -c 300
		cat - <(echo '{"type":"ATTEMPT","message":1}')
		cat - <(echo hello)
		true
		jq .
		tr -d '\n'
		head -c 100000 /dev/urandom
	CHANGES
	check 66 --archive nowhere
	check 0 --archive archive --archive archive.2
	# The events are all there, and were not sealed as one.
	cat archive archive.2 >both
	check 1 --archive both
}

@test "an anchor of a removed event is judged by its seal, by the archive, or not at all" {
	at 2026-01-02 "$BIN/auditctl" anchor >first
	events 2 2026-01-02
	at 2026-01-02 "$BIN/auditctl" anchor >boundary
	run -0 prune 2026-02-01 --archive archive
	at 2026-02-02 "$BIN/auditctl" anchor >later
	check 0 --anchor later
	check 0 --anchor boundary
	[ "$(jq .anchored <<<"$output")" = "$(jq .seq boundary)" ]
	check 66 --anchor first
	[[ $stderr == *"event 4, which was anchored, was sealed and removed"*'can'*'be judged without the archive'* ]]
	[[ $stderr != *tampered* ]]
	cat first boundary later >all
	check 66 --anchor all
	check 0 --anchor all --archive archive
	[ "$(jq .anchored <<<"$output")" = "$(jq .seq later)" ]
	# An anchor of the same event as it was on another way from the same start.
	cp ledger.db whole.db
	sqlite3 ledger.db 'PRAGMA wal_checkpoint(truncate)' >/dev/null
	rm -f ledger.db*
	cp whole.db ledger.db
	jq -c '.seq = 5' first >altered
	check 1 --anchor altered --archive archive
}

@test "an anchor that another course of the log signed is told from the archived one" {
	cp ledger.db start.db
	at 2026-01-02 "$BIN/auditctl" anchor >other
	cp start.db ledger.db
	at 2026-01-03 "$BIN/auditctl" anchor >kept
	events 1 2026-01-03
	run -0 prune 2026-02-01 --archive archive
	check 0 --anchor kept --archive archive
	check 1 --anchor other --archive archive
	[[ $stderr == *'not the one that was anchored'* ]]
}

@test "attempts of messages that are over go with their events, and those of others stay" {
	sqlite3 ledger.db "
		INSERT INTO messages (id, key, state, filter, stream, record_id, record_version, position, channel, payload_hash, queued_at)
			SELECT value, 'k' || value, CASE value WHEN 1 THEN 'sent' WHEN 2 THEN 'dead' WHEN 3 THEN 'held' WHEN 4 THEN 'cancelled' ELSE 'sent' END,
			'f', 's', 'r', 'v', 0, '#c', 'h', '2026-01-01T00:00:00.000Z' FROM json_each('[1,2,3,4,5]');
		INSERT INTO attempts (message, generation, number, started_at, ended_at, outcome)
			SELECT id, 1, 1, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:01.000Z', 'sent' FROM messages;
		INSERT INTO bodies (message, payload) SELECT id, '{}' FROM messages"
	at 2026-01-03 "$BIN/auditctl" cancel 2
	at 2026-01-03 "$BIN/auditctl" replay 2
	at 2026-01-03 "$BIN/auditctl" release 3 || :
	# Message 5 has a later event: nobody knows of one before.
	sqlite3 ledger.db "UPDATE messages SET state = 'queued' WHERE id = 5"
	at 2026-01-04 "$BIN/auditctl" hold 5
	at 2026-02-02 "$BIN/auditctl" cancel 5
	before=$(sql 'SELECT group_concat(message) FROM attempts')
	[ "$before" = 1,2,3,4,5 ]
	run -0 --separate-stderr prune 2026-02-01 --archive archive --dry-run
	dry=$output
	[ "$(sql 'SELECT group_concat(message) FROM attempts')" = "$before" ]
	[ ! -e archive ]
	run -0 --separate-stderr prune 2026-02-01 --archive archive
	[ "$output" = "$dry" ]
	[ "$(jq .attempts <<<"$output")" = 2 ]
	[ "$(sql 'SELECT group_concat(message) FROM attempts')" = 2,3,5 ]
	[ "$(jq -c 'select(.type == "ATTEMPT") | [.message, .attempt, .outcome]' archive)" = $'[1,1,"sent"]\n[4,1,"sent"]' ]
	check 0 --archive archive
	run -0 --separate-stderr "$BIN/auditctl" show --json 1
	[ "$(jq -r .message.events_removed_at <<<"$output")" = 2026-02-01T00:00:00.000Z ]
}

@test "what was sent and sealed is not sent again, balance tells what it can't sum, and check --rows judges the rest" {
	setup_sent
	run -0 --separate-stderr "$BIN/auditctl" prune --rows --older-than 0s --archive archive
	[ "$(jq .attempts <<<"$output")" = 2 ]
	{ message '#finance' 1; message '#finance' 2; state 2; } | "$BIN/deliver" >out 2>err || { cat err; false; }
	[ "$(texts)" = $'about 1\nabout 2' ]
	{ message '#finance' 3; state 1; } | "$BIN/deliver" >out 2>err || { cat err; false; }
	[ "$(texts)" = $'about 1\nabout 2\nabout 3' ]
	check 0 --rows --archive archive
	run -0 --separate-stderr "$BIN/auditctl" balance
	[[ $stderr == *'2 records of s are in no sum'*'prune --rows removed the earlier ones'* ]]
	run -0 "$BIN/auditctl" why 1
	run -0 "$BIN/auditctl" stats
	run -0 --separate-stderr "$BIN/auditctl" show --json 1
	[ "$(jq '.events, .attempts | length' <<<"$output")" = $'0\n0' ]
	# A payload may go before the event that says so.
	run -0 "$BIN/auditctl" prune --older-than 0s
	run -0 "$BIN/auditctl" prune --rows --older-than 0s --no-archive
	script -qec "'$BIN/auditctl' show 1" /dev/null </dev/null >shown
	grep -q '^payload removed; ' shown
	grep -q '^earlier ones were removed by prune --rows on 2' shown
}

@test "of a message whose events are there nothing is said to be removed" {
	setup_sent
	run -0 --separate-stderr "$BIN/auditctl" prune --rows --older-than 0s --no-archive
	{ message '#finance' 3; state 1; } | "$BIN/deliver" >out 2>err || { cat err; false; }
	script -qec "'$BIN/auditctl' show 3" /dev/null </dev/null >shown
	run -1 grep removed shown
	run -0 --separate-stderr "$BIN/auditctl" show --json 3
	[ "$(jq .message.events_removed_at <<<"$output")" = null ]
	sqlite3 ledger.db 'DELETE FROM bodies WHERE message = 3'
	check 1 --rows
	[[ $stderr == *'message 3 '* && $stderr == *'1 of 3'* ]]
}

# setup_sent: two messages were sent.
setup_sent() {
	start_sandbox --invoices 0 --orders 0 --journals 0
	control 'slack/limits?channel_ms=0'
	configure '{}'
	{ message '#finance' 1; message '#finance' 2; state 2; } | "$BIN/deliver" >out 2>err || { cat err; false; }
}

@test "a sent message is sent again after its events were removed" {
	setup_sent
	run -0 "$BIN/auditctl" prune --rows --older-than 0s --no-archive
	run -0 "$BIN/auditctl" replay --again 1
	"$BIN/deliver" </dev/null >out 2>err || { cat err; false; }
	[ "$(texts)" = $'about 1\nabout 2\nabout 1' ]
	check 0 --rows
}

@test "a deliver that runs goes on while events are sealed and removed" {
	setup_sent
	mkfifo messages
	"$BIN/deliver" --follow messages >out 2>err 3>&- & DELIVER_PID=$!
	for record in 3 4 5; do
		message '#finance' "$record" >messages
		until [ "$(sql "SELECT state FROM messages WHERE record_id = '$record'")" = sent ]; do kill -0 "$DELIVER_PID"; done
		run -0 "$BIN/auditctl" prune --rows --older-than 0s --archive "archive.$record"
	done
	kill -TERM "$DELIVER_PID"
	wait "$DELIVER_PID"
	DELIVER_PID=
	[ "$(texts | wc -l)" = 5 ]
	check 0 --rows --archive archive.3 --archive archive.4 --archive archive.5
	[ "$(sql 'SELECT count(*) FROM attempts')" = 0 ]
}

@test "a seal outlives a change of the master key" {
	events 2 2026-01-02
	run -0 prune 2026-02-01 --archive archive
	"$BIN/auditctl" vault rekey
	"$BIN/auditctl" vault rekey --verify
	check 0 --archive archive
	events 2 2026-02-02
	run -0 --separate-stderr "$BIN/auditctl" prune --rows --older-than 0s --archive archive.2
	check 0 --archive archive --archive archive.2
	run -0 "$BIN/auditctl" vault list
}

@test "--rows without a word about the archive, an archive that is there, and words that don't belong are refused" {
	events 1 2026-01-02
	for words in '--rows' '--archive x' '--no-archive' '--rows --archive x --no-archive'; do
		# shellcheck disable=SC2086
		run -64 --separate-stderr "$BIN/auditctl" prune --older-than 1d $words
		[[ $stderr == *archive* ]]
	done
	echo mine >archive
	run -73 --separate-stderr prune 2026-02-01 --archive archive
	[[ $stderr == *'never overwritten'* ]]
	[ "$(cat archive)" = mine ]
	run -73 prune 2026-02-01 --archive nowhere/archive
	[ "$(sql 'SELECT count(*) FROM seals')" = 0 ]
	[ "$(sql 'SELECT count(*) FROM audit')" = 4 ]
}

@test "a full disk leaves no archive, no seal and every event" {
	events 1 2026-01-02
	ln -s /dev/full archive.part
	# The link is taken away: it is no part of ours.
	run -0 prune 2026-02-01 --archive archive
	[ ! -L archive ]
	check 0 --archive archive
}
