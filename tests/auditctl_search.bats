#!/usr/bin/env bats
# auditctl list --text: messages by what they say.
load helper

setup() {
	setup_ledger
	cd "$BATS_TEST_TMPDIR" || return 1
}

# message ID PAYLOAD [COLUMN=VALUE,...]: a sent one, with its event.
message() {
	local payload=${2//\'/\'\'}
	sqlite3 ledger.db "INSERT INTO messages (id, key, state, filter, stream, record_id, record_version, position, channel, payload_hash, queued_at, sent_at)
		VALUES ($1, 'key-$1', 'sent', 'finance', 'invoices', '77', 'v1', 0, '#a', 'h', '2026-11-24T01:00:00.000Z', '2026-11-24T01:00:00.000Z');
		INSERT INTO bodies VALUES ($1, '$payload', NULL);
		${3:+UPDATE messages SET $3 WHERE id = $1;}
		$(event "$1" message.queued '{"payload_hash":"h"}')"
}

# event SUBJECT EVENT DETAIL: as SQL.
event() {
	printf '%s' "INSERT INTO audit SELECT coalesce(max(seq), 0) + 1, 't', 'a', '$2', '$1', '$3', x'', randomblob(32) FROM audit;"
}

text() {
	jq -nc --arg text "$1" '{ text: $text }'
}

# finds IDS WORDS [OPTIONS]: the ids, each with a space behind it.
finds() {
	local got
	"$BIN/auditctl" list --text "${@:2}" >rows || return 1
	got=$(jq .id rows | tr '\n' ' ')
	[ "$got" = "$1" ] || { echo "${*:2}: $got"; return 1; }
}

@test "words are found whole, as beginnings and as phrases, whatever their case and accents" {
	message 1 "$(text 'Invoice INV-2026-0042 of Müller & Söhne')"
	message 2 "$(text 'Invoice INV-2026-0043 of Acme, 2026-0042 follows')"
	message 3 "$(text 'nothing of it')"
	finds '2 1 ' invoice
	finds '1 ' INV-2026-0042
	finds '2 1 ' 'INV-2026-004*'
	finds '2 1 ' 'inv*'
	finds '' inv-2026-00
	finds '1 ' 'MULLER sohne'
	finds '' 'sohne acme'
	finds '1 ' '"muller sohne"'
	finds '' '"sohne muller"'
	finds '2 1 ' '"of" invoice'
}

@test "nothing in the words is a command to the search engine" {
	message 1 "$(text 'this OR that NEAR text: "quoted" a^b')"
	for words in 'this OR nowhere' 'text:this' 'NOT nowhere' 'that AND' '(this' 'nowhere OR this' '{text}' 'this -that'; do
		run -0 --separate-stderr "$BIN/auditctl" list --text "$words"
		[ -z "$stderr" ]
	done
	finds '1 ' 'NEAR OR'
	finds '1 ' '"this or that'
	finds '' '"that or this'
	finds '1 ' "th* \"that near\"* '"
	for words in '' '  ' '*' '""' '"-' '-- ?'; do
		run -64 --separate-stderr "$BIN/auditctl" list --text "$words"
		[[ $stderr == *'takes words'* ]]
	done
}

@test "what people read is searched: blocks, rich text, fields, pictures, and no ids or addresses" {
	message 1 '{"text":"alpha &amp; beta","blocks":[
		{"type":"header","block_id":"blockone","text":{"type":"plain_text","text":"Gamma"}},
		{"type":"section","fields":[{"type":"mrkdwn","text":"*Delta* <https://address.example/|label>"}]},
		{"type":"image","image_url":"https://picture.example/x.png","alt_text":"epsilon"},
		{"type":"actions","elements":[{"type":"button","action_id":"actionone","value":"valueone","text":{"type":"plain_text","text":"Zeta"}}]},
		{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"INV-"},{"type":"text","text":"9","style":{"bold":true}}]}]}],
		"attachments":[{"title":"Eta","text":"theta","fields":[{"title":"Iota","value":"kappa"}]}]}'
	for words in alpha gamma delta label epsilon zeta INV-9 eta theta iota kappa '"alpha beta"'; do
		finds '1 ' "$words"
	done
	for words in blockone address picture actionone valueone section mrkdwn amp; do
		finds '' "$words"
	done
}

@test "words go together with all other options, and pages follow each other" {
	for id in {1..9}; do message "$id" "$(text "common odd$((id % 2))")"; done
	message 10 "$(text 'common odd0')" "channel = '#b'"
	message 11 "$(text 'common odd1')" "state = 'dead', error = 'no'"
	message 12 "$(text 'common odd0')" "stream = 'payments', filter = 'other', record_id = '78'"
	finds '12 11 10 9 8 7 6 5 4 3 2 1 ' common
	finds '11 ' common --state dead,held
	finds '10 ' common --channel b
	finds '' odd1 --channel b
	finds '12 ' common --stream payments
	finds '12 ' common --filter other
	finds '12 ' common --record 78
	finds '12 10 8 ' odd0 --limit 3
	finds '6 4 2 ' odd0 --limit 3 --before 8
	finds '' odd0 --limit 3 --before 2
	finds '9 8 7 6 5 4 3 2 1 ' common --channel a --state sent,queued --before 11
	sqlite3 ledger.db "UPDATE messages SET queued_at = '2026-11-25T01:00:00.000Z' WHERE id >= 5"
	finds '9 8 7 6 5 ' common --since 2026-11-25 --before 10
	finds '4 3 2 1 ' common --until 2026-11-25
}

@test "a search finds what is common and rare together in steps" {
	sqlite3 ledger.db "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
		INSERT INTO messages (id, key, state, filter, stream, record_id, record_version, position, channel, payload_hash, queued_at)
		SELECT i, i, CASE i % 1000 WHEN 7 THEN 'dead' ELSE 'sent' END, 'f', 's', i, 'v', 0, '#c' || (i % 500), 'h', 't' FROM n;
		INSERT INTO bodies SELECT id, '{\"text\":\"common n' || (id % 100) || '\"}', NULL FROM messages"
	finds '4007 3007 2007 1007 7 ' common --state dead
	finds '4007 3007 2007 1007 7 ' n7 --state dead
	finds '' n8 --state dead
	finds '4507 4007 3507 ' n7 --channel c7 --limit 3
	finds '4007 3007 ' common --channel c7 --state dead --limit 2
}

@test "a payload that changed is found by its new words alone, and new messages at once" {
	message 1 "$(text 'before change')"
	message 2 "$(text 'other')"
	finds '1 ' before
	sqlite3 ledger.db "UPDATE bodies SET payload = '{\"text\":\"after change\"}' WHERE message = 1; $(event 1 message.queued '{"payload_hash":"g"}')"
	message 3 "$(text 'after all')"
	finds '3 1 ' after
	finds '1 ' change
	finds '' before
	finds '1 ' '"after change"'
	finds '' '"before change"'
	sqlite3 ledger.db.search "INSERT INTO words (words) VALUES ('optimize')"
	finds '3 1 ' after
	finds '' before
}

@test "the index is its owner's alone, and made anew when it is damaged or of another format" {
	message 1 "$(text word)"
	finds '1 ' word
	[ "$(stat -c %a ledger.db.search)" = 600 ]
	printf 'this is no database, and long enough to be one that is read' >ledger.db.search
	rm -f ledger.db.search-wal ledger.db.search-shm
	finds '1 ' word
	sqlite3 ledger.db.search 'PRAGMA user_version = 999'
	finds '1 ' word
	[ "$(sqlite3 ledger.db.search 'PRAGMA user_version')" != 999 ]
}

@test "an old copy of the ledger isn't searched with a newer index" {
	message 1 "$(text old)"
	sqlite3 ledger.db ".backup copy.db"
	message 2 "$(text new)"
	finds '2 ' new
	sqlite3 ledger.db ".restore copy.db"
	message 2 "$(text different)"
	finds '2 ' different
	finds '' new
	finds '1 ' old
}

@test "prune removes the index with the payloads" {
	message 1 "$(text secret)" "sent_at = '2020-01-01T00:00:00.000Z', queued_at = '2020-01-01T00:00:00.000Z'"
	message 2 "$(text secret)"
	finds '2 1 ' secret
	"$BIN/auditctl" prune --older-than 2021-01-01 --dry-run
	[ -e ledger.db.search ]
	"$BIN/auditctl" prune --older-than 2021-01-01
	[ ! -e ledger.db.search ]
	[ ! -e ledger.db.search-wal ]
	finds '2 ' secret
	# By another one, which was killed before it came to the index.
	sqlite3 ledger.db "DELETE FROM bodies; $(event payloads payloads.pruned '{}')"
	finds '' secret
	run ! grep -q secret ledger.db.search ledger.db.search-wal
}

@test "prune says so when somebody searches" {
	message 1 "$(text secret)"
	finds '1 ' secret
	exec 7<ledger.db.search
	flock -s 7
	run -75 --separate-stderr "$BIN/auditctl" prune --older-than 2021-01-01
	[[ $stderr == *'search'*'run prune again'* ]]
	flock -u 7
	"$BIN/auditctl" prune --older-than 2021-01-01
	[ ! -e ledger.db.search ]
}

@test "where the index can't be written the payloads are read, and that is said" {
	message 1 "$(text 'the word')"
	message 2 "$(text 'another')"
	message 3 "$(text 'the word')"
	mkdir ledger.db.search
	run -0 --separate-stderr "$BIN/auditctl" list --text 'wor*' --limit 5
	[ "$(jq .id <<<"$output" | tr '\n' ' ')" = '3 1 ' ]
	[[ $stderr == *'cannot write the index'*'one by one'* ]]
	finds '1 ' word --before 3 2>/dev/null
}

@test "an index that was killed in the making goes on, and two at once make it whole" {
	sqlite3 ledger.db "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
		INSERT INTO messages (id, key, state, filter, stream, record_id, record_version, position, channel, payload_hash, queued_at)
		SELECT i, i, 'sent', 'f', 's', i, 'v', 0, '#c', 'h', 't' FROM n;
		INSERT INTO bodies SELECT id, '{\"text\":\"word n' || id || '\"}', NULL FROM messages"
	"$BIN/auditctl" list --text word >/dev/null 3>&- &
	pid=$!
	until [ "$(sqlite3 -cmd '.timeout 5000' ledger.db.search 'SELECT message FROM progress' 2>/dev/null || echo 0)" -gt 0 ]; do
		kill -0 $pid || break
	done
	kill -9 $pid || :
	wait $pid || :
	"$BIN/auditctl" list --text n1 >one 3>&- &
	first=$!
	"$BIN/auditctl" list --text n30000 >two 3>&- &
	second=$!
	wait $first
	wait $second
	[ "$(jq .id one)" = 1 ]
	[ "$(jq .id two)" = 30000 ]
	[ "$("$BIN/auditctl" list --text word --limit 100000 | wc -l)" = 30000 ]
	[ "$(sqlite3 ledger.db.search "INSERT INTO words (words) VALUES ('integrity-check'); PRAGMA integrity_check")" = ok ]
}
