#!/usr/bin/env bats
# auditctl balance: what was read is what is there, record by record.
load helper
load deliver
export BIN

setup() {
	setup_deliver
}

teardown() {
	stop_sandbox
}

# seen RECORD AMOUNT CURRENCY MESSAGES [STREAM]: a SEEN; AMOUNT and CURRENCY are JSON.
seen() {
	jq -nc --arg r "$1" --argjson a "$2" --argjson c "$3" --argjson m "$4" --arg s "${5:-s}" '
		{ type: "SEEN", stream: $s, record_id: $r, record_version: "v1",
		  amount: $a, currency: $c, messages: $m }'
}

# Two records that are sent, and one that no filter wanted: one transaction.
three_records() {
	{ message '#finance' 1; message '#finance' 2; seen 3 '"0.05"' '"USD"' '{"f":0}'; state 3; } >lines
	"$BIN/deliver" <lines >/dev/null
}

balance() {
	run --separate-stderr "$BIN/auditctl" balance "$@"
	printf '%s\n' "$output" >rows
}

# count CLASS: of the records; amount CLASS [CURRENCY]
count() {
	jq -r "select(.fetched and .currency == null) | .$1" rows
}

amount() {
	jq -r --arg c "${2-USD}" "select(.currency == \$c) | .$1" rows
}

differences() {
	jq -r 'select(has("record_id")) | "\(.record_id) \(.difference)"' rows
}

read_events() {
	sql "SELECT subject || ' ' || detail FROM audit WHERE event = 'records.read' ORDER BY seq"
}

@test "one event says what a transaction read of a stream, and its rows have its time" {
	three_records
	run -0 read_events
	[ "${#lines[@]}" = 1 ]
	[ "${output%% *}" = stream:s ]
	[ "$(jq -c '[.records, .again, .amounts, .ids]' <<<"${output#* }")" = '[3,0,{"USD":"2500.25"},["1","2","3"]]' ]
	[ "$(sql 'SELECT DISTINCT seen_at FROM records')" = "$(jq -r .seen_at <<<"${output#* }")" ]
	run -0 "$BIN/auditctl" check
}

@test "a record that is read again counts as known, and its amount no second time" {
	three_records
	{ message '#finance' 1; message '#finance' 1; message '#finance' 4; state 3; } >lines
	"$BIN/deliver" <lines >/dev/null
	[ "$(read_events | tail -n 1 | cut -d ' ' -f 2- | jq -c '[.records, .again, .amounts]')" = '[1,2,{"USD":"1250.10"}]' ]
	balance
	[ "$status" = 0 ]
	[ "$(count fetched)" = 4 ]
	[ "$(amount fetched)" = 3750.35 ]
}

@test "each record is in one class, and the amounts are exact" {
	three_records
	balance
	[ "$status" = 0 ]
	[ "$(jq -c 'select(.currency == null)' rows)" = '{"stream":"s","currency":null,"fetched":3,"sent":2,"unchanged":0,"filtered":1,"held":0,"dead":0,"waiting":0,"cancelled":0,"merged":0,"difference":0}' ]
	[ "$(amount fetched) $(amount sent) $(amount filtered) $(amount difference)" = '2500.25 2500.20 0.05 0.00' ]
	[ -z "$(differences)" ]
}

@test "a record is where its message is that is furthest from done" {
	{ message '#finance' 1; message '#operations' 1; message '#finance' 2; state 3; } >lines
	"$BIN/deliver" <lines >/dev/null
	for state in merged cancelled unchanged sent dead held queued; do
		sqlite3 ledger.db "UPDATE messages SET state = '$state' WHERE id = 2;
			UPDATE messages SET state = 'merged' WHERE id = 1"
		class=${state/queued/waiting}
		balance
		[ "$status" = 0 ]
		[ "$(count "$class")" -ge 1 ] || { echo "$state"; return 1; }
		[ "$(count fetched)" = 2 ]
	done
}

@test "streams without amounts, other currencies and odd amounts are accounted for" {
	{ seen 1 null null '{"f":0}' plain
		seen 1 '"-99999999999999999999.001"' '"EUR"' '{"f":0}'
		seen 2 '"1E+2"' '"EUR"' '{"f":0}'
		seen 3 '"7"' null '{}'
		seen 4 '"about ten"' '"EUR"' '{"f":0}'; } | "$BIN/deliver" >/dev/null
	balance
	[ "$status" = 0 ]
	[ "$(jq -c 'select(.stream == "plain") | [.currency, .fetched, .filtered]' rows)" = '[null,1,1]' ]
	[ "$(amount filtered EUR)" = -99999999999999999899.001 ]
	[ "$(amount filtered '')" = 7 ]
	[ "$(jq -c 'select(.stream == "s" and .currency == null) | [.fetched, .filtered]' rows)" = '[4,4]' ]
	balance --stream plain
	[ "$(jq -r .stream rows)" = plain ]
}

@test "a record that was deleted, added or changed by hand is a difference" {
	three_records
	cp ledger.db whole.db
	sqlite3 ledger.db "DELETE FROM records WHERE record_id = '2'"
	balance
	[ "$status" = 1 ]
	[ "$(count difference) $(amount difference)" = '1 1250.10' ]
	[[ $(differences) == *'3 records were read then, and 2 are there'* ]]
	[[ $(differences) == *'2 it was read then, and its record is gone'* ]]
	cp whole.db ledger.db
	sqlite3 ledger.db "INSERT INTO records SELECT stream, '9', record_version, seen_at, amount, currency, outcome FROM records WHERE record_id = '3'"
	balance
	[ "$status" = 1 ]
	[ "$(count difference)" = -1 ]
	cp whole.db ledger.db
	sqlite3 ledger.db "UPDATE records SET amount = '0.06' WHERE record_id = '3'"
	balance
	[ "$status" = 1 ]
	[ "$(count difference) $(amount difference)" = '0 -0.01' ]
	[[ $(differences) == 'null the log says that 2500.25 USD were read then, and 2500.26 are there' ]]
}

@test "amounts that are moved between two transactions are a difference" {
	seen 1 '"1"' '"USD"' '{"f":0}' | "$BIN/deliver" >/dev/null
	seen 2 '"2"' '"USD"' '{"f":0}' | "$BIN/deliver" >/dev/null
	sqlite3 ledger.db "UPDATE records SET amount = 3 - amount"
	balance
	[ "$status" = 1 ]
	[ "$(amount difference)" = 0 ]
	[ "$(differences | wc -l)" = 2 ]
}

@test "a message that was deleted by hand is a difference, and names its record" {
	three_records
	sqlite3 ledger.db "DELETE FROM messages WHERE record_id = '2'"
	balance
	[ "$status" = 1 ]
	[ "$(count difference)" = 1 ]
	[ "$(differences)" = '2 filter f made 1 of it, and 0 are there' ]
}

@test "messages of a record under one key that their filter chose are no difference" {
	message '#finance' 1 | jq -c 'if .key then .key = "f:=mine:#finance" else .messages.f = 2 end' |
		"$BIN/deliver" >/dev/null
	balance
	[ "$status" = 0 ]
	[ "$(count sent)" = 1 ]
}

@test "--from and --to cut between transactions" {
	seen 1 '"1"' '"USD"' '{"f":0}' | "$BIN/deliver" >/dev/null
	seen 2 '"2"' '"USD"' '{"f":0}' | "$BIN/deliver" >/dev/null
	second=$(sql "SELECT seen_at FROM records WHERE record_id = '2'")
	balance --to "$second"
	[ "$status" = 0 ]
	[ "$(count fetched) $(amount filtered)" = '1 1' ]
	balance --from "$second"
	[ "$(count fetched) $(amount filtered)" = '1 2' ]
	balance --from 2001-01-01 --to 2001-01-02
	[ "$status" = 0 ]
	[ -z "$output" ]
	[[ $stderr == *'nothing is compared: no control total is of that time and stream'* ]]
	balance --stream t
	[ "$status" = 0 ]
	[[ $stderr == *'nothing is compared'* ]]
}

@test "a negative amount is a number in CSV" {
	seen 1 '"-1250.10"' '"USD"' '{"f":0}' | "$BIN/deliver" >/dev/null
	run -0 "$BIN/auditctl" balance --csv
	[[ ${lines[2]} == s,USD,-1250.10,* ]]
}

@test "the difference is seen on a narrow terminal" {
	three_records
	script -qec "stty cols 40; '$BIN/auditctl' balance" /dev/null </dev/null | tr -d '\r' >shown
	grep -qE '^stream +in +difference +fetched' shown
	grep -qE '^s +USD +0.00 +2500.25' shown
}

@test "of a period the records are found, and are missed, by the names that the log has for them" {
	three_records
	{ seen 4 '"1"' '"USD"' '{"f":0}'; seen 4 '"2"' '"USD"' '{"f":0}' | jq -c '.record_version = "v2"'
		seen '5"'\''' '"4"' '"USD"' '{"f":0}'; } | "$BIN/deliver" >/dev/null
	balance --from 2001-01-01
	[ "$status" = 0 ]
	[ "$(count fetched) $(count filtered) $(amount filtered)" = '6 4 7.05' ]
	sqlite3 ledger.db "DELETE FROM records WHERE record_id = '3'"
	balance --from 2001-01-01
	[ "$status" = 1 ]
	[ "$(count difference) $(amount difference)" = '1 0.05' ]
	[[ $(differences) == *'3 it was read then, and its record is gone' ]]
	[[ $stderr == *': 3 differences; '* ]]
	sqlite3 ledger.db "DELETE FROM records WHERE record_version = 'v2'"
	balance --to 2999-01-01
	[ "$(count difference) $(amount difference)" = '2 2.05' ]
	[[ $(differences) == *'3 records were read then, and 2 are there'* ]]
}

@test "of more than a thousand differences it is told that those are the first" {
	three_records
	sqlite3 ledger.db "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001)
		INSERT INTO records SELECT 's', 'x' || i, 'v', seen_at, NULL, NULL, '{' FROM n, (SELECT max(seen_at) AS seen_at FROM records)"
	balance
	[ "$status" = 1 ]
	[[ $stderr == *': 1002 differences, the first 1000 of which are listed'* ]]
	[ "$(differences | wc -l)" = 1000 ]
}

@test "records from before there were control totals are told, and no difference" {
	sqlite3 ledger.db "INSERT INTO records VALUES ('s', 'old', 'v1', '2020-01-01T00:00:00.000Z', '5', 'USD', '{\"f\":0}')"
	balance
	[ "$status" = 0 ]
	[[ $stderr == *'1 records of s are in no sum'*'before control totals were kept'* ]]
	three_records
	balance
	[ "$status" = 0 ]
	[ "$(count fetched)" = 3 ]
	[[ $stderr == *'1 records of s are in no sum'*'which began at 20'* ]]
}

@test "a transaction that is undone leaves no totals behind" {
	three_records
	sqlite3 ledger.db "CREATE TRIGGER full BEFORE INSERT ON records WHEN NEW.record_id = 'bad'
		BEGIN SELECT RAISE(ABORT, 'no'); END"
	{ seen 5 '"1"' '"USD"' '{"f":0}'; seen bad '"1"' '"USD"' '{"f":0}'; } >lines
	run ! "$BIN/deliver" <lines
	sqlite3 ledger.db 'DROP TRIGGER full'
	run -0 "$BIN/deliver" <lines
	[ "$(read_events | wc -l)" = 2 ]
	balance
	[ "$status" = 0 ]
	[ "$(count fetched)" = 5 ]
}

@test "an outcome that is damaged, and what is no time or option, are told" {
	three_records
	sqlite3 ledger.db "UPDATE records SET outcome = '{' WHERE record_id = '3'"
	balance
	[ "$status" = 1 ]
	[ "$(differences)" = '3 its outcome is no JSON' ]
	run -64 "$BIN/auditctl" balance --from yesterday
	run -64 "$BIN/auditctl" balance now
	run -64 --separate-stderr "$BIN/auditctl" balance --from 2026-02-01 --to 2026-01-01
	[[ $stderr == *'--from must be before --to'* ]]
	run -64 "$BIN/auditctl" balance --until 2026-01-01
}

@test "a copy in another channel that could not be sent changes no record's class" {
	three_records
	"$BIN/auditctl" replay --to nowhere 1
	run -65 "$BIN/deliver" </dev/null
	[ "$(sql 'SELECT state FROM messages WHERE replays = 1')" = dead ]
	balance
	[ "$status" = 0 ]
	[ "$(count sent) $(count dead)" = '2 0' ]
}
