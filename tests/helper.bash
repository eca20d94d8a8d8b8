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
