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

# flipped TABLE COLUMN WHERE PLACE: a value with one bit of one byte changed, in
# its first, middle or last place, as SQL.
flipped() {
	local value at
	value=$(sqlite3 ledger.db "SELECT typeof($2) || ' ' || hex($2) FROM $1 WHERE $3")
	local hex=${value#* }
	[ -n "$hex" ]
	case $4 in
	first) at=0 ;;
	middle) at=$((${#hex} / 4 * 2)) ;;
	last) at=$((${#hex} - 2)) ;;
	esac
	hex=${hex:0:at}$(printf %02X $((0x${hex:at:2} ^ 1)))${hex:at+2}
	case ${value%% *} in
	text) echo "CAST(x'$hex' AS TEXT)" ;;
	blob) echo "x'$hex'" ;;
	integer) echo "CAST(CAST(x'$hex' AS TEXT) AS INTEGER)" ;;
	esac
}

@test "check finds one bit flipped anywhere in an event" {
	cp ledger.db whole.db
	printf x | "$BIN/auditctl" vault set slack.signing_secret
	run -0 "$BIN/auditctl" bookmark set s 2026-01-01 --pipeline p --key k --skip
	sqlite3 ledger.db 'PRAGMA wal_checkpoint(truncate)'
	cp ledger.db whole.db
	for seq in 1 3 5; do
		for column in time actor event subject detail previous hash; do
			[ "$seq,$column" = 1,detail ] || [ "$seq,$column" = 3,detail ] && continue
			for place in first middle last; do
				cp whole.db ledger.db
				tamper "UPDATE audit SET $column = $(flipped audit "$column" "seq = $seq" "$place") WHERE seq = $seq"
				run ! "$BIN/auditctl" check
				case $seq,$column in
				1,subject) [[ $output == *'is not the key of the ledger'* ]] ;;
				*) [[ $output == *'tampered with'* ]] && [ "$status" = 1 ] ;;
				esac || { echo "$seq $column $place: $output"; false; }
			done
		done
	done
}

@test "a log that was computed anew without the key, or with another ledger's, is found; with the key, by an anchor" {
	"$BIN/auditctl" anchor >kept
	sqlite3 ledger.db 'PRAGMA wal_checkpoint(truncate)'
	cp ledger.db whole.db
	# Without: the hash of another key, which is as long.
	tamper "UPDATE audit SET hash = randomblob(32); UPDATE audit SET previous = (SELECT hash FROM audit p WHERE p.seq = audit.seq - 1) WHERE seq > 1"
	run -1 --separate-stderr "$BIN/auditctl" check
	[[ $stderr == *'event 1 is not what was written'* ]]
	# An attacker's own ledger with the same acts, computed by its own key.
	mkdir own
	(cd own && "$BIN/auditctl" --db ledger.db --key-file ledger.key init &&
		for name in slack.bot_token oracle.client_secret; do printf x | "$BIN/auditctl" --db ledger.db --key-file ledger.key vault set "$name"; done &&
		"$BIN/auditctl" --db ledger.db --key-file ledger.key anchor >kept)
	cp whole.db ledger.db
	tamper "ATTACH 'own/ledger.db' AS own; DELETE FROM audit; INSERT INTO audit SELECT * FROM own.audit"
	run -77 --separate-stderr "$BIN/auditctl" check
	[[ $stderr == *'is not the key of the ledger'* ]]
	# The same but for its first event, by which the key is known.
	cp whole.db ledger.db
	tamper "ATTACH 'own/ledger.db' AS own; DELETE FROM audit WHERE seq > 1; INSERT INTO audit SELECT * FROM own.audit WHERE seq > 1"
	run -1 --separate-stderr "$BIN/auditctl" check --anchor kept
	[[ $stderr == *'event 2 is not what was written'* ]]
	cp whole.db ledger.db
	run -65 "$BIN/auditctl" check --anchor own/kept
	# Who has the key has a ledger whose log is whole, and isn't the one that was.
	rm -f ledger.db*
	"$BIN/auditctl" init
	for name in slack.bot_token oracle.client_secret; do printf x | "$BIN/auditctl" vault set "$name"; done
	"$BIN/auditctl" anchor >/dev/null
	run -0 "$BIN/auditctl" check
	run -1 --separate-stderr "$BIN/auditctl" check --anchor kept
	[[ $stderr == *'event 1 is not the one that was anchored'*recomputed* ]]
}

@test "tables that took each other's place are told, and nothing crashes" {
	sqlite3 ledger.db 'PRAGMA wal_checkpoint(truncate)'
	cp ledger.db whole.db
	while read -r one other; do
		cp whole.db ledger.db
		sqlite3 ledger.db <<-SQL
			.dbconfig defensive off
			PRAGMA legacy_alter_table = on;
			ALTER TABLE $one RENAME TO aside; ALTER TABLE $other RENAME TO $one; ALTER TABLE aside RENAME TO $other;
		SQL
		ended=0
		"$BIN/auditctl" check --rows >told 2>&1 || ended=$?
		[ "$ended" != 0 ] && [ "$ended" -lt 128 ] || { echo "$one, $other: $ended $(cat told)"; false; }
		[ -s told ]
		cp whole.db ledger.db
		# Their pages alone, under the definitions that were there.
		sqlite3 ledger.db <<-SQL
			.dbconfig defensive off
			PRAGMA writable_schema = on;
			UPDATE sqlite_schema AS s SET rootpage = (SELECT rootpage FROM sqlite_schema o WHERE o.name =
				CASE s.name WHEN '$one' THEN '$other' ELSE '$one' END) WHERE name = '$one' OR name = '$other';
		SQL
		ended=0
		"$BIN/auditctl" check --rows >told 2>&1 || ended=$?
		[ "$ended" != 0 ] && [ "$ended" -lt 128 ] || { echo "pages of $one, $other: $ended $(cat told)"; false; }
	done <<-'TABLES'
		audit messages
		audit events
		messages bodies
		audit vault
	TABLES
}

# sent: a message was sent, another is dead; whole.db is a copy.
sent() {
	start_sandbox
	configure_sandbox
	cat >lines <<-'LINES'
		{"type":"MESSAGE","v":1,"key":"k1","filter":"f","stream":"invoices","record_id":"1","record_version":"a","position":0,"payload":{"channel":"#finance","text":"one"}}
		{"type":"MESSAGE","v":1,"key":"k2","filter":"f","stream":"invoices","record_id":"2","record_version":"a","position":0,"payload":{"channel":"#nowhere","text":"two"}}
	LINES
	run -65 "$BIN/deliver" <lines
	stop_sandbox
	run -0 --separate-stderr "$BIN/auditctl" check --rows
	[ "$(jq .messages <<<"$output")" = 2 ]
	sqlite3 ledger.db 'PRAGMA wal_checkpoint(truncate)'
	cp ledger.db whole.db
}

@test "check --rows finds a message or payload that isn't what the log says" {
	sent
	while IFS='|' read -r id column change; do
		rm -f ledger.db-*
		cp whole.db ledger.db
		sqlite3 ledger.db "$change"
		run -0 "$BIN/auditctl" check
		run -1 --separate-stderr "$BIN/auditctl" check --rows
		[[ $stderr == *"message $id is not what the log says: $column"* ]] || { echo "$change: $stderr"; false; }
		[[ $stderr == *'1 of '* ]]
	done <<-'CHANGES'
		1|channel|UPDATE messages SET channel = '#other' WHERE id = 1
		1|filter|UPDATE messages SET filter = 'g' WHERE id = 1
		1|stream|UPDATE messages SET stream = 'g' WHERE id = 1
		1|record_id|UPDATE messages SET record_id = '9' WHERE id = 1
		1|record_version|UPDATE messages SET record_version = '9' WHERE id = 1
		1|payload_hash|UPDATE messages SET payload_hash = '9' WHERE id = 1
		1|state|UPDATE messages SET state = 'queued' WHERE id = 1
		2|state|UPDATE messages SET state = 'cancelled' WHERE id = 2
		1|slack_ts|UPDATE messages SET slack_ts = '1.2' WHERE id = 1
		1|slack_ts|UPDATE messages SET slack_channel = 'C0' WHERE id = 1
		1|slack_ts|UPDATE messages SET slack_ts = NULL WHERE id = 1
		1|sent_at|UPDATE messages SET sent_at = '2026-01-01T00:00:00.000Z' WHERE id = 1
		1|sent_at|UPDATE messages SET sent_at = NULL WHERE id = 1
		1|sent_at|UPDATE messages SET sent_at = 'soon' WHERE id = 1
		1|queued_at|UPDATE messages SET queued_at = '2026-01-01T00:00:00.000Z' WHERE id = 1
		1|thread_ts|UPDATE messages SET thread_ts = '1.2' WHERE id = 1
		1|method|UPDATE messages SET method = 'edit' WHERE id = 1
		1|generation|UPDATE messages SET generation = 2 WHERE id = 1
		1|replays|UPDATE messages SET replays = 2 WHERE id = 1
		2|error|UPDATE messages SET error = 'other' WHERE id = 2
		1|attempts|DELETE FROM attempts WHERE message = 1
		1|attempts|INSERT INTO attempts (message, generation, number, started_at) VALUES (1, 1, 2, '2026-01-01')
		1|payload|UPDATE bodies SET payload = '{}' WHERE message = 1
		1|its payload is gone|DELETE FROM bodies WHERE message = 1
		2|its payload is gone|DELETE FROM bodies WHERE message = 2
		2|its row is gone|DELETE FROM attempts WHERE message = 2; DELETE FROM bodies WHERE message = 2; DELETE FROM messages WHERE id = 2
		3|no event made it|INSERT INTO messages (key, state, filter, stream, record_id, record_version, position, payload_hash, queued_at) VALUES ('k', 'unchanged', 'f', 's', 'r', 'v', 0, 'h', '2026-01-01T00:00:00.000Z')
	CHANGES
	# The end of the log is cut off, and nobody kept an anchor.
	rm -f ledger.db-*
	cp whole.db ledger.db
	tamper "DELETE FROM audit WHERE seq >= (SELECT min(seq) FROM audit WHERE event = 'message.sent')"
	run -0 "$BIN/auditctl" check
	run -1 --separate-stderr "$BIN/auditctl" check --rows
	[[ $stderr == *'message 1 is not what the log says: state'* ]]
}

# Pages are overwritten with bytes that a seed gives, in one run or in many.
@test "a file with random bytes in it crashes neither check nor list nor show" {
	sent
	head -c 1000000 /dev/zero | openssl enc -aes-128-ctr -K 00 -iv 00 2>/dev/null >noise
	pages=$(($(stat -c %s whole.db) / 4096))
	found=0
	for seed in {1..24}; do
		RANDOM=$seed
		cp whole.db ledger.db
		rm -f ledger.db-*
		for ((i = 0; i <= seed % 4; i++)); do
			# Not page 1 each time, whose damage is told at once.
			at=$(((RANDOM % 8 == 0 ? 0 : 1 + RANDOM % (pages - 1)) * 4096 + (seed % 2 ? RANDOM % 4096 : 0)))
			count=$((seed % 3 ? 1 + RANDOM % 64 : 1 + RANDOM % 4096))
			dd if=noise of=ledger.db bs=1 skip=$((RANDOM * 30)) seek="$at" count="$count" conv=notrunc status=none
		done
		for words in 'check --rows' 'list --json' 'show --json 1' check; do
			ended=0
			# shellcheck disable=SC2086
			timeout 60 "$BIN/auditctl" $words >told 2>&1 || ended=$?
			[ "$ended" -lt 124 ] || { echo "$seed, $words: $ended $(cat told)"; false; }
			run ! grep -E 'Sanitizer|runtime error|xoxb' told
			[ "$ended" != 70 ] || { echo "$seed, $words: $(cat told)"; false; }
			[ "$words,$ended" = 'check --rows,0' ] || found=$((found + 1))
		done
	done
	[ "$found" -gt 10 ]
}

teardown() {
	stop_sandbox
}
