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
