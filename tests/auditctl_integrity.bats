#!/usr/bin/env bats
# auditctl: is the ledger what was written?
load helper
export BIN

setup() {
	setup_ledger
	cd "$BATS_TEST_TMPDIR" || return 1
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
	[ "$(sqlite3 ledger.db "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'")" = 2 ]
}

# loosened SQL: the same on a table that takes any type.
loosened() {
	tamper "PRAGMA writable_schema = on;
		UPDATE sqlite_schema SET sql = replace(replace(sql, 'STRICT', ''), ' NOT NULL', '') WHERE name = 'audit';
		PRAGMA writable_schema = reset; $1"
}

@test "check finds a change of any column of the log" {
	cp ledger.db whole.db
	while read -r change; do
		cp whole.db ledger.db
		tamper "UPDATE audit SET $change WHERE seq = 2"
		run -1 --separate-stderr "$BIN/auditctl" check
		[ -z "$output" ]
		[[ $stderr == *'event'* ]]
	done <<-'CHANGES'
		seq = 9
		seq = -1
		time = replace(time, '2', '3')
		actor = 'x' || substr(actor, 2)
		event = 'x' || substr(event, 2)
		subject = subject || ' '
		detail = ''
		previous = zeroblob(32)
		hash = zeroblob(32)
		hash = zeroblob(0)
		hash = zeroblob(5000000)
		previous = zeroblob(31)
		subject = printf('%.*c', 5000000, 'x')
	CHANGES
}

@test "check finds values of a type that no event has" {
	cp ledger.db whole.db
	while read -r change; do
		cp whole.db ledger.db
		loosened "UPDATE audit SET $change WHERE seq = 2"
		run -1 --separate-stderr "$BIN/auditctl" check
		[[ $stderr == *'event 2 holds what no event can hold'* ]]
	done <<-'CHANGES'
		time = NULL
		actor = CAST(actor AS BLOB)
		subject = CAST(subject AS BLOB)
		subject = subject || char(0) || 'hidden'
		detail = x'00'
		previous = NULL
		hash = NULL
		hash = 'text'
	CHANGES
}

@test "check finds deleted, inserted and swapped events" {
	cp ledger.db whole.db
	while read -r change; do
		cp whole.db ledger.db
		tamper "$change"
		run -1 --separate-stderr "$BIN/auditctl" check
		[[ $stderr == *'tampered with: '*event* ]]
	done <<-'CHANGES'
		DELETE FROM audit WHERE seq = 2
		INSERT INTO audit SELECT 4, time, actor, event, subject, detail, hash, hash FROM audit WHERE seq = 3
		INSERT INTO audit SELECT 0, time, actor, event, subject, detail, hash, hash FROM audit WHERE seq = 3
		UPDATE audit SET seq = 99 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 99
	CHANGES
}

@test "an anchor is verified by openssl, with no key of ours" {
	"$BIN/auditctl" anchor >kept
	{ echo '-----BEGIN PUBLIC KEY-----'; jq -r .public_key kept; echo '-----END PUBLIC KEY-----'; } >key.pem
	jq -r .signature kept | base64 -d >signature
	jq -r '"ledgerpipe anchor 1\n\(.ledger)\n\(.seq)\n\(.time)\n\(.head)"' kept >text
	run -0 openssl pkeyutl -verify -rawin -pubin -inkey key.pem -in text -sigfile signature
	sed -i 's/1/2/' text
	run -1 openssl pkeyutl -verify -rawin -pubin -inkey key.pem -in text -sigfile signature
}

@test "check takes anchors of a file and of stdin, old and new ones" {
	"$BIN/auditctl" anchor >anchors
	printf x | "$BIN/auditctl" vault set slack.signing_secret
	"$BIN/auditctl" anchor >>anchors
	run -0 --separate-stderr "$BIN/auditctl" check --anchor anchors
	[ "$(jq -c '[.events, .whole, .anchored]' <<<"$output")" = '[6,true,6]' ]
	run -0 --separate-stderr "$BIN/auditctl" check --anchor - <anchors
}

@test "events cut off at the end are found with an anchor" {
	"$BIN/auditctl" anchor >kept
	tamper 'DELETE FROM audit WHERE seq = 4'
	run -0 "$BIN/auditctl" check
	run -1 --separate-stderr "$BIN/auditctl" check --anchor kept
	[[ $stderr == *'the log ends at event 3, and event 4 was anchored'* ]]
}

@test "an old copy that was put back is found with an anchor, also when it went on" {
	cp ledger.db old.db
	"$BIN/auditctl" anchor >kept
	mv old.db ledger.db
	rm -f ledger.db-wal ledger.db-shm
	run -1 --separate-stderr "$BIN/auditctl" check --anchor kept
	[[ $stderr == *'an old copy was put back'* ]]
	printf x | "$BIN/auditctl" vault set slack.signing_secret
	printf x | "$BIN/auditctl" vault set slack.signing_secret
	run -0 "$BIN/auditctl" check
	run -1 --separate-stderr "$BIN/auditctl" check --anchor kept
	[[ $stderr == *'event 4 is not the one that was anchored'*'went on from an old copy'* ]]
}

@test "an anchor that was altered, forged, garbled or is another ledger's is told in its own words" {
	"$BIN/auditctl" anchor >kept
	for change in '.seq = 3' '.head |= ("0" + .[1:])' '.time = "2026-01-01T00:00:00.000Z"' '.signature = "AAAA"' '.ledger |= ("0" + .[1:])'; do
		jq -c "$change" kept >altered
		cmp -s kept altered && continue
		run -1 --separate-stderr "$BIN/auditctl" check --anchor altered
		[[ $stderr == *'the anchor was altered'* ]]
	done
	for garbage in 'hello' '{}' '[]' '{"type":"ANCHOR","seq":"4"}' ''; do
		run -65 --separate-stderr "$BIN/auditctl" check --anchor - <<<"$garbage"
		[[ $stderr == *'no anchor'* ]]
	done
	run -66 "$BIN/auditctl" check --anchor nowhere
	"$BIN/auditctl" --db other.db --key-file other.key init
	"$BIN/auditctl" --db other.db --key-file other.key anchor >other
	run -65 --separate-stderr "$BIN/auditctl" check --anchor other
	[[ $stderr == *'of another ledger'* ]]
	# A key of somebody else's, with a good signature over our head.
	openssl genpkey -algorithm ed25519 -out forger.pem
	jq -rj '"ledgerpipe anchor 1\n\(.ledger)\n\(.seq)\n\(.time)\n\(.head)\n"' kept >text
	openssl pkeyutl -sign -rawin -inkey forger.pem -in text -out signature
	jq -c --arg s "$(base64 -w0 signature)" --arg k "$(openssl pkey -in forger.pem -pubout -outform DER | base64 -w0)" \
		'.signature = $s | .public_key = $k' kept >forged
	run -1 --separate-stderr "$BIN/auditctl" check --anchor forged
	[[ $stderr == *'never had'* ]]
}

@test "check finds a trigger of the log that is gone or was changed" {
	cp ledger.db whole.db
	for change in '' 'CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT 1; END;'; do
		cp whole.db ledger.db
		sqlite3 ledger.db "DROP TRIGGER audit_no_delete; $change"
		run -1 --separate-stderr "$BIN/auditctl" check
		[[ $stderr == *triggers* ]]
	done
}

@test "check --rows finds a message or payload that isn't what the log says" {
	start_sandbox
	configure_sandbox
	cat >lines <<-'LINES'
		{"type":"MESSAGE","v":1,"key":"k1","filter":"f","stream":"invoices","record_id":"1","record_version":"a","position":0,"payload":{"channel":"#finance","text":"one"}}
	LINES
	"$BIN/deliver" <lines >out 2>err || { cat err; false; }
	stop_sandbox
	run -0 --separate-stderr "$BIN/auditctl" check --rows
	[ "$(jq .messages <<<"$output")" -ge 1 ]
	sqlite3 ledger.db 'PRAGMA wal_checkpoint(truncate)'
	cp ledger.db whole.db
	while IFS='|' read -r column change; do
		rm -f ledger.db-*
		cp whole.db ledger.db
		sqlite3 ledger.db "$change"
		run -0 "$BIN/auditctl" check
		run -1 --separate-stderr "$BIN/auditctl" check --rows
		[[ $stderr == *"message 1 is not what the log says: $column"* ]]
	done <<-'CHANGES'
		channel|UPDATE messages SET channel = '#other' WHERE id = 1
		filter|UPDATE messages SET filter = 'g' WHERE id = 1
		stream|UPDATE messages SET stream = 'g' WHERE id = 1
		record_id|UPDATE messages SET record_id = '9' WHERE id = 1
		record_version|UPDATE messages SET record_version = '9' WHERE id = 1
		payload_hash|UPDATE messages SET payload_hash = '9' WHERE id = 1
		state|UPDATE messages SET state = 'queued' WHERE id = 1
		slack_ts|UPDATE messages SET slack_ts = '1.2' WHERE id = 1
		payload|UPDATE bodies SET payload = '{}' WHERE message = 1
	CHANGES
	# The end of the log is cut off, and nobody kept an anchor.
	rm -f ledger.db-*
	cp whole.db ledger.db
	tamper "DELETE FROM audit WHERE seq >= (SELECT min(seq) FROM audit WHERE event = 'message.sent')"
	run -0 "$BIN/auditctl" check
	run -1 --separate-stderr "$BIN/auditctl" check --rows
	[[ $stderr == *'message 1 is not what the log says: state'* ]]
}

teardown() {
	stop_sandbox
}
