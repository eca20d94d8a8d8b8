# What the suites share: a ledger with its configuration, and the sandbox.
bats_require_minimum_version 1.5.0

: "${BIN:?the folder of the built programs; make test sets it}"
export BATS_TEST_TIMEOUT=120

# A ledger in the test's own folder, with its configuration; the secrets that
# the sandbox takes are in its vault.
setup_ledger() {
	CONFIG=$BATS_TEST_TMPDIR/ledgerpipe.json
	export LEDGERPIPE_CONFIG=$CONFIG
	printf '{"ledger":"ledger.db","key_file":"ledger.key"}\n' >"$CONFIG"
	"$BIN/auditctl" init
	printf 'xoxb-sandbox' | "$BIN/auditctl" vault set slack.bot_token
	printf 'sandbox-secret' | "$BIN/auditctl" vault set oracle.client_secret
}

# start_sandbox ARGS...: a pod and a workspace in the background; $SANDBOX is
# their address. stop_sandbox belongs into teardown.
start_sandbox() {
	: >"$BATS_TEST_TMPDIR/port"
	"$BIN/sandbox" "$@" >"$BATS_TEST_TMPDIR/port" 3>&- &
	SANDBOX_PID=$!
	until grep -q '^PORT ' "$BATS_TEST_TMPDIR/port"; do
		kill -0 "$SANDBOX_PID" || return 1
	done
	SANDBOX=http://127.0.0.1:$(sed -n 's/^PORT //p' "$BATS_TEST_TMPDIR/port")
}

stop_sandbox() {
	[ -z "${SANDBOX_PID:-}" ] || kill "$SANDBOX_PID" 2>/dev/null || :
}

# control PATH [BODY]: move one of the sandbox's levers.
control() {
	curl -sf -X POST "$SANDBOX/_control/$1" -d "${2-}" >/dev/null
}

# configure_sandbox [STREAMS]: a configuration aimed at the sandbox.
configure_sandbox() {
	jq -n --arg url "$SANDBOX" --argjson streams "${1:-{\"invoices\":{\}\}}" '{
		ledger: "ledger.db", key_file: "ledger.key",
		oracle: { url: $url, token_url: "\($url)/oauth2/v1/token",
			client_id: "sandbox", page_size: 25, retry_budget: "5s", streams: $streams },
		slack: { url: "\($url)/api" } }' >"$CONFIG"
}
