#!/usr/bin/env bats
# What auditctl asks SQLite for: on a large ledger, what is shown is what is read.
load helper
export BIN
MESSAGES=100000

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR setup_ledger
	"${BIN%/bin}/bench/ledger" ledger.db "$MESSAGES"
	sqlite3 ledger.db 'PRAGMA journal_mode = WAL'
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	ln -s "$BATS_FILE_TMPDIR"/ledger.* .
	export LEDGERPIPE_CONFIG=$BATS_FILE_TMPDIR/ledgerpipe.json
}

needs_plans() {
	! grep -q __asan_init "$BIN/auditctl" || skip 'a library cannot be preloaded beside the sanitizer'
}

# ask WORDS...: what it answers in rows, what SQLite did for it in plans.
ask() {
	rm -f plans
	LD_PRELOAD="${BIN%/bin}/test/plans.so" PLANS=$PWD/plans "$BIN/auditctl" "$@" >rows || [ $? = 1 ]
	grep -q '^plan ' plans
	grep -q '^steps ' plans
}

at_terminal() {
	rm -f plans
	script -qec "LD_PRELOAD='${BIN%/bin}/test/plans.so' PLANS='$PWD/plans' '$BIN/auditctl' $*" /dev/null </dev/null >rows
	grep -q '^plan ' plans
}

operations() {
	awk '$1 == "steps" { sum += $2 } END { print sum }' plans
}

# No table that grows, under its name or as the queries call it, is read from one end to the other; why calls so what it has found.
scans_nothing() {
	run -1 grep -E '^plan SCAN (messages|audit|attempts|bodies|records|a|b|e|r)( |$)' plans
	[[ $1 == why ]] || run -1 grep -E '^plan SCAN m( |$)' plans
}

# is_cheap WORDS [TIMES]: a scan takes several operations a message.
is_cheap() {
	scans_nothing "$1"
	[ "$(operations)" -lt $((MESSAGES * ${2:-1})) ] || { echo "$1: $(operations) operations"; return 1; }
}

sql() {
	sqlite3 -cmd '.timeout 60000' -readonly ledger.db "$1"
}

@test "a page of list costs what is on it, however rare or old that is" {
	needs_plans
	record=$(sql "SELECT record_id FROM messages WHERE id = 50000")
	old=$(sql "SELECT substr(queued_at, 1, 10) FROM messages WHERE id = 5000")
	old_end=$(sql "SELECT substr(queued_at, 1, 10) FROM messages WHERE id = 6000")
	for words in '' '--before 50000' '--state sent' '--state dead' '--state held,merged' '--state unchanged --before 100' \
		'--filter team00' '--filter rare' '--filter retired' '--filter nothing' '--filter retired --before 1000' \
		'--stream invoices' '--stream nothing' '--channel channel-027' '--channel nothing' \
		'--filter team03 --channel channel-027' '--filter rare --channel channel-027' '--filter team00 --stream payments' \
		'--stream payments --channel channel-027' '--filter rare --state unchanged' '--stream expenses --state dead' \
		"--record $record" "--record $record --stream expenses" '--record nothing' "--record $record --filter rare" \
		"--since $old" "--since $old --until $old_end" "--until $old" "--since $old --filter rare" \
		"--since $old --until $old_end --filter rare" "--since $old --state held" "--until $old --channel channel-027"; do
		# shellcheck disable=SC2086 # words
		ask list $words
		is_cheap "list $words"
	done
	at_terminal list --filter retired
	is_cheap 'list at a terminal'
}

@test "show, why and queue cost what they show" {
	needs_plans
	ask show 50000
	is_cheap show
	ask why "$(sql "SELECT record_id FROM messages WHERE id = 50000")"
	[ -s rows ]
	is_cheap why
	ask why nothing
	is_cheap why
	ask queue
	is_cheap queue
	at_terminal queue
	is_cheap queue
}

@test "stats and balance of a day cost what the day has" {
	needs_plans
	day=$(sql "SELECT substr(queued_at, 1, 10) FROM messages WHERE id = 50000")
	next=$(date -u -d "$day + 1 day" +%F)
	ask stats --since "$day" --until "$next"
	[ "$(jq -s '.[0].messages' rows)" -gt 100 ]
	is_cheap stats 3
	at_terminal stats --since "$day" --until "$next"
	is_cheap stats 6
	ask balance --from "$day" --to "$next"
	[ "$(jq -s 'map(.fetched | numbers) | add' rows)" -gt 100 ]
	is_cheap balance
}

@test "list merges its routes by id, page by page, and misses nothing" {
	since=$(sql "SELECT queued_at FROM messages WHERE id = 40000")
	until=$(sql "SELECT queued_at FROM messages WHERE id = 60000")
	# shellcheck disable=SC2089,SC2090 # quotes of SQL
	for words in "filter = 'team00' --filter team00" "stream = 'expenses' --stream expenses" \
		"channel = '#channel-027' --channel channel-027" "filter = 'retired' AND stream = 'payments' --filter retired --stream payments" \
		"stream = 'expenses' AND state = 'sent' --stream expenses --state sent" \
		"stream = 'expenses' AND state IN ('sent', 'unchanged') AND id < 3000 --stream expenses --state unchanged,sent --before 3000" \
		"filter = 'team00' AND queued_at >= '$since' AND queued_at < '$until' --filter team00 --since $since --until $until" \
		"state IN ('dead', 'held') --state dead,held" "state = 'dead' AND filter = 'team00' --state dead --filter team00"; do
		# shellcheck disable=SC2086 # words
		"$BIN/auditctl" list --limit 100000 --${words#* --} | jq .id >listed
		sql "SELECT id FROM messages WHERE ${words%% --*} ORDER BY id DESC" >there
		[ -s there ]
		cmp listed there
	done
	last=100001
	while "$BIN/auditctl" list --filter retired --limit 700 --before "$last" | jq .id >page && [ -s page ]; do
		cat page
		last=$(tail -n 1 page)
	done >pages
	sql "SELECT id FROM messages WHERE filter = 'retired' ORDER BY id DESC" | cmp - pages
}
