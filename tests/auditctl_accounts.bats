#!/usr/bin/env bats
# auditctl bookmark: a person says how far a stream was read.
load helper
load pipeline
export BIN

setup() {
	setup_ledger
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	stop_sandbox
}

# mark PIPELINE STREAM VALUE: a bookmark as deliver leaves it.
mark() {
	sqlite3 ledger.db "INSERT INTO bookmarks VALUES ('$1', '$2', 'LastUpdateDate', '$3', '2026-01-02T00:00:00.000Z')"
}

marks() {
	sqlite3 ledger.db 'SELECT pipeline, stream, replication_key, value FROM bookmarks ORDER BY 1, 2'
}

# The one event of a kind: its subject and detail.
event() {
	sqlite3 ledger.db "SELECT subject || ' ' || detail FROM audit WHERE event = '$1'"
}

# What a refusal leaves: the bookmarks of $before, and no event.
unchanged() {
	[ "$(marks)" = "$before" ]
	[ "$(sqlite3 ledger.db "SELECT count(*) FROM audit WHERE event LIKE 'bookmark.%'")" = 0 ]
}

@test "bookmark list says how far back a stream is, and since when" {
	mark default invoices 2026-01-01T00:00:00.000Z
	mark default odd 'no time'
	LEDGERPIPE_NOW=2026-01-02T00:00:30.000Z "$BIN/auditctl" bookmark list >rows
	[ "$(jq -c 'select(.stream == "invoices") | [.lag_seconds, .age_seconds]' rows)" = '[86430,30]' ]
	[ "$(jq -c 'select(.stream == "odd") | [.value, .lag_seconds]' rows)" = '["no time",null]' ]
}

@test "bookmark set goes back, and the log says from where and why" {
	mark default invoices 2026-01-05T00:00:00.000Z
	run -0 --separate-stderr "$BIN/auditctl" bookmark set invoices 2026-01-03T02:00:00+02:00 --reason 'a late "close"'
	[ "$(marks)" = 'default|invoices|LastUpdateDate|2026-01-03T00:00:00.000Z' ]
	[ "$output" = '{"pipeline":"default","stream":"invoices","old":"2026-01-05T00:00:00.000Z","new":"2026-01-03T00:00:00.000Z"}' ]
	said=$(event bookmark.set)
	[ "${said%% *}" = default/invoices ]
	[ "$(jq -c '[.pipeline, .stream, .old.replication_key, .old.value, .new.replication_key, .new.value, .reason]' <<<"${said#* }")" = \
		'["default","invoices","LastUpdateDate","2026-01-05T00:00:00.000Z","LastUpdateDate","2026-01-03T00:00:00.000Z","a late \"close\""]' ]
	run -0 "$BIN/auditctl" check
}

@test "bookmark set goes on past records with --skip alone" {
	mark default invoices 2026-01-05T00:00:00.000Z
	before=$(marks)
	run -1 --separate-stderr "$BIN/auditctl" bookmark set invoices 2026-01-06
	[[ $stderr == *2026-01-05*2026-01-06*--skip* ]]
	unchanged
	run -0 --separate-stderr "$BIN/auditctl" bookmark set invoices 2026-01-06 --skip
	[[ $stderr == *'passed by'* ]]
	[ "$(marks)" = 'default|invoices|LastUpdateDate|2026-01-06T00:00:00.000Z' ]
}

@test "a bookmark of another attribute, and one that is no time, are passed with --skip alone" {
	mark default invoices 2026-01-05T00:00:00.000Z
	mark default odd 'no time'
	before=$(marks)
	run -1 --separate-stderr "$BIN/auditctl" bookmark set invoices 2026-01-04 --key CreationDate
	[[ $stderr == *--skip* ]]
	run -1 --separate-stderr "$BIN/auditctl" bookmark set odd 2026-01-04
	[[ $stderr == *--skip* ]]
	unchanged
	run -0 "$BIN/auditctl" bookmark set invoices 2026-01-04 --key CreationDate --skip
	[[ $(marks) == *'invoices|CreationDate|2026-01-04T00:00:00.000Z'* ]]
}

@test "a first bookmark wants its pipeline, its attribute and --skip" {
	before=
	run -1 --separate-stderr "$BIN/auditctl" bookmark set invoices 2026-01-04
	[[ $stderr == *--pipeline* ]]
	run -1 --separate-stderr "$BIN/auditctl" bookmark set invoices 2026-01-04 --pipeline p
	[[ $stderr == *--key* ]]
	run -1 --separate-stderr "$BIN/auditctl" bookmark set invoices 2026-01-04 --pipeline p --key LastUpdateDate
	[[ $stderr == *--skip* ]]
	unchanged
	run -0 "$BIN/auditctl" bookmark set invoices 2026-01-04 --pipeline p --key LastUpdateDate --skip
	[ "$(marks)" = 'p|invoices|LastUpdateDate|2026-01-04T00:00:00.000Z' ]
	said=$(event bookmark.set)
	[ "$(jq -c .old <<<"${said#* }")" = null ]
}

@test "a stream of several pipelines is touched in the one that is named" {
	mark one invoices 2026-01-05T00:00:00.000Z
	mark two invoices 2026-01-05T00:00:00.000Z
	before=$(marks)
	run -1 --separate-stderr "$BIN/auditctl" bookmark reset invoices
	[[ $stderr == *several*--pipeline* ]]
	unchanged
	run -0 "$BIN/auditctl" bookmark reset invoices --pipeline two
	[ "$(marks)" = 'one|invoices|LastUpdateDate|2026-01-05T00:00:00.000Z' ]
}

@test "bookmark reset forgets, says what that means, and is in the log" {
	mark default invoices 2026-01-05T00:00:00.000Z
	run -0 --separate-stderr "$BIN/auditctl" bookmark reset invoices --reason 'new filter'
	[ -z "$(marks)" ]
	[[ $stderr == *'reads all of invoices'* ]]
	[ "$(jq -c '[.old, .new]' <<<"$output")" = '["2026-01-05T00:00:00.000Z",null]' ]
	said=$(event bookmark.reset)
	[ "$(jq -c '[.old.value, .new, .reason]' <<<"${said#* }")" = '["2026-01-05T00:00:00.000Z",null,"new filter"]' ]
	run -0 "$BIN/auditctl" check
}

@test "what changes nothing is an honest no" {
	mark default invoices 2026-01-05T00:00:00.000Z
	before=$(marks)
	run -1 --separate-stderr "$BIN/auditctl" bookmark set invoices 2026-01-05
	[[ $stderr == *'nothing was changed'* ]]
	run -1 --separate-stderr "$BIN/auditctl" bookmark reset payments
	run -1 --separate-stderr "$BIN/auditctl" bookmark reset invoices --pipeline other
	[[ $stderr == *'nothing was changed'* ]]
	unchanged
}

@test "bookmark refuses what is no time, lies in the future, or is said wrongly" {
	mark default invoices 2026-01-05T00:00:00.000Z
	before=$(marks)
	for words in 'set invoices yesterday' 'set invoices' 'set' 'set a 2026-01-01 b' 'reset' 'reset a b' \
		'reset invoices --skip' 'reset invoices --key k' 'set invoices 2026-01-01 --nothing' 'set invoices 2026-01-01 --reason'; do
		# shellcheck disable=SC2086 # words
		run -64 --separate-stderr "$BIN/auditctl" bookmark $words
	done
	run -64 "$BIN/auditctl" bookmark set '' 2026-01-01
	run -64 "$BIN/auditctl" bookmark reset invoices --pipeline ''
	run -64 "$BIN/auditctl" bookmark reset invoices --reason "$(printf '%*s' 5000 x)"
	run -65 --separate-stderr "$BIN/auditctl" bookmark set invoices 9000-01-01 --skip
	[[ $stderr == *future* ]]
	unchanged
}

@test "after a reset all is read again, and nothing is posted twice" {
	rm -f ledger.db* ledger.key
	setup_pipeline --invoices 40
	run -0 pass
	posts=$(posted)
	read=$(ledger "SELECT value FROM bookmarks WHERE stream = 'invoices'")
	[ -n "$posts" ]
	[ -n "$read" ]
	run -0 "$BIN/auditctl" bookmark reset invoices
	"$BIN/fetch" >again
	[ "$(jq -c 'select(.type == "RECORD" and .stream == "invoices")' again | wc -l)" = 40 ]
	run -0 pass
	[ "$(posted)" = "$posts" ]
	[ "$(ledger "SELECT value FROM bookmarks WHERE stream = 'invoices'")" = "$read" ]
}
