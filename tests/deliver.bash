# What deliver's suites share: a workspace and a ledger, transform's lines, and
# what became of them.  Load it after helper.
# shellcheck shell=bash

# A ledger, and a sandbox that takes messages as fast as they come.
setup_deliver() { # [SANDBOX'S ARGUMENTS]
	cd "$BATS_TEST_TMPDIR" || return 1
	setup_ledger
	start_sandbox --invoices 0 --orders 0 --journals 0 "$@"
	control 'slack/limits?channel_ms=0'
	configure "{}"
}

# configure [JSON]: quick enough for tests; JSON goes over slack's settings.
configure() {
	jq -n --arg url "$SANDBOX/api" --argjson more "${1:-{\}}" '{
		ledger: "ledger.db", key_file: "ledger.key",
		slack: ({ url: $url, workspace_rate: 0, channel_interval: "0ms",
			settle_delay: "50ms", retry_budget: "20s" } + $more) }' >"$CONFIG"
}

# message CHANNEL RECORD [VERSION] [TEXT] [DELIVERY]: a MESSAGE and its SEEN.
message() {
	jq -nc --arg c "$1" --arg r "$2" --arg v "${3:-v1}" --arg t "${4-about $2}" \
		--argjson d "${5:-null}" '
		{ type: "MESSAGE", filter: "f", stream: "s", record_id: $r, record_version: $v,
		  position: 0, key: "f:s:\($r):\($c):\($v):0", payload: { channel: $c, text: $t } }
		  + (if $d then { delivery: $d } else {} end),
		{ type: "SEEN", stream: "s", record_id: $r, record_version: $v,
		  amount: "1250.10", currency: "USD", messages: { f: 1 } }'
}

# state RECORDS [TIME]
state() {
	jq -nc --argjson n "$1" --arg t "${2:-2026-01-01T00:00:00.000Z}" '{ type: "STATE",
		value: { bookmarks: { s: { replication_key: "LastUpdateDate", replication_key_value: $t } } },
		stats: { records: $n } }'
}

texts() {
	curl -sf "$SANDBOX/_control/slack/messages" | jq -r .message.text
}

stats() {
	curl -sf "$SANDBOX/_control/slack/stats" | jq "$@"
}

# sql TEXT: a question to the ledger, which deliver may be writing.
sql() {
	sqlite3 -cmd '.timeout 5000' -readonly "$BATS_TEST_TMPDIR/ledger.db" "$1"
}
