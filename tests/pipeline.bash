# What the suites of the whole pipeline share; load it after helper.
# shellcheck shell=bash

RUN=$BATS_TEST_DIRNAME/../pipelines/run
FILTERS=$(cd "$BATS_TEST_DIRNAME/../pipelines/filters" && pwd)
export BIN RUN

# setup_pipeline [SANDBOX-ARGS...]: a sandbox that takes messages as fast as
# they come, a ledger, four filters; nothing is written outside $BATS_TEST_TMPDIR.
setup_pipeline() {
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir -p tmp
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	start_sandbox "$@"
	setup_ledger 2>init
	configure
	control 'slack/limits?channel_ms=0'
}

# configure [JQ-FILTER]: the configuration, changed by a jq program.
configure() {
	jq -n --arg url "$SANDBOX" --arg filters "$FILTERS" '{
		ledger: "ledger.db", key_file: "ledger.key",
		oracle: { url: $url, token_url: "\($url)/oauth2/v1/token",
			client_id: "sandbox", page_size: 50, streams: {
			invoices: {}, purchaseOrders: { page_size: 12 },
			journalBatches: {} } },
		slack: { url: "\($url)/api", workspace_rate: 0,
			channel_interval: "1ms", settle_delay: "100ms" },
		filters: {
			procurement: { file: "\($filters)/procurement.jq" },
			finance: { file: "\($filters)/finance.jq" },
			operations: { file: "\($filters)/operations.jq" },
			treasury: { file: "\($filters)/procurement.jq",
				config: { channel: "#treasury", minimum: 50000 } } } }
		| '"${1:-.}" >"$CONFIG"
}

# pass [ARGS...]: one run of the pipeline; its messages in the file err.
pass() {
	local status=0
	"$RUN" --bin "$BIN" --config "$CONFIG" "$@" 2>err || status=$?
	cat err
	return "$status"
}

# start_pass: one in the background, as $PASS.
start_pass() {
	"$RUN" --bin "$BIN" --config "$CONFIG" 2>err 3>&- &
	PASS=$!
}

# end_pass: wait for it; $ended is its status.
end_pass() {
	ended=0
	wait "$PASS" || ended=$?
}

# stage NAME: the process id of a stage of $PASS.
stage() {
	pgrep -P "$PASS" -x "$1"
}

# until_true COMMAND...: wait for a condition; the suite's time-out bounds it.
until_true() {
	until "$@"; do
		kill -0 "$PASS" 2>/dev/null || { echo "$PASS ended before: $*"; return 1; }
	done
}

# What is in the workspace, as sorted lines of channel and text.
posted() {
	curl -sf "$SANDBOX/_control/slack/messages" >messages
	jq -c '[.channel, .message.text]' messages | sort
}

posted_count() {
	curl -sf "$SANDBOX/_control/slack/messages" >messages
	grep -c . messages || :
}

# posted_at_least N
posted_at_least() {
	[ "$(posted_count)" -ge "$1" ]
}

# What all records of the pod make, as posted prints it; nothing is sent.
wanted() {
	"$BIN/fetch" --since 2000-01-01T00:00:00Z >wanted_records
	"$BIN/transform" <wanted_records >wanted_lines
	jq -c 'select(.type == "MESSAGE") | [.payload.channel, .payload.text]' \
		wanted_lines | sort
}

# ledger SQL: ask the database itself.
ledger() {
	sqlite3 -readonly "$BATS_TEST_TMPDIR/ledger.db" ".timeout 10000" "$1"
}

# ledger_at_least N SQL
ledger_at_least() {
	[ "$(ledger "$2")" -ge "$1" ]
}

# asked_at_least N PATH-START: how many requests has the sandbox had there?
asked_at_least() {
	curl -sf "$SANDBOX/_control/requests" >requests
	[ "$(jq -s --arg path "$2" 'map(select(.path | startswith($path))) | length' requests)" -ge "$1" ]
}

# Everything that the pod has is in its channel once, and the ledger says so.
exactly_once() {
	wanted >expected
	posted >found
	diff -u expected found
	[ -s expected ]
	jq -s -e 'map(.message.metadata.event_payload.key)
		| all(type == "string") and (unique | length) == length' messages
	curl -sf "$SANDBOX/_control/slack/stats" | jq -e '.duplicates == 0'
	[ "$(ledger "SELECT count(*) FROM messages WHERE state NOT IN ('sent', 'unchanged')")" = 0 ]
	[ "$(ledger "SELECT count(*) FROM messages WHERE state = 'sent'")" = "$(wc -l <found)" ]
	"$BIN/auditctl" check
}
