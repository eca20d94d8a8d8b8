#!/usr/bin/env bats
# auditctl login slack: a token by OAuth, with a code that a person pastes.
# tests/fetch_auth.bats has login oracle.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
	setup_ledger
	"$BIN/auditctl" vault rm slack.bot_token
	printf 'sandbox-secret' | "$BIN/auditctl" vault set slack.client_secret
	start_sandbox --invoices 0 --orders 0 --journals 0 -c finance
	control 'slack/scopes?value=chat:write,channels:history,groups:history,channels:read,groups:read'
	configure '.'
	mkfifo pasted
}

teardown() {
	exec 7>&-
	[ -z "${LOGIN:-}" ] || kill "$LOGIN" 2>/dev/null || :
	stop_sandbox
}

# configure JQ: the configuration of a login, changed so.
configure() {
	jq -n --arg url "$SANDBOX/api" '{ ledger: "ledger.db", key_file: "ledger.key",
		slack: { url: $url, client_id: "sandbox" } } | '"$1" >"$CONFIG"
}

# start_login: a login in the background; $URL is what to open.
start_login() {
	"$BIN/auditctl" login slack <pasted >url 2>login.err 3>&- &
	LOGIN=$!
	exec 7>pasted
	until grep -q '^http' url; do
		kill -0 "$LOGIN" || return 1
	done
	URL=$(cat url)
}

# browse URL: where the browser ends, who opened it.
browse() {
	curl -s -o page -w '%{redirect_url}' "$1"
}

# paste STATUS TEXT: the login ends so.
paste() {
	local status=0
	printf '%s\n' "$2" >&7
	wait "$LOGIN" || status=$?
	LOGIN=
	cat login.err
	[ "$status" -eq "$1" ]
}

# kept: is a token in the vault?
kept() {
	"$BIN/auditctl" vault list >names
	grep -q slack.bot_token names
}

@test "a pasted address ends in a token that deliver can use" {
	start_login
	paste 0 "$(browse "$URL")"
	grep -q 'logged in' login.err
	run ! grep -q lacks login.err
	"$BIN/deliver" --check
}

@test "a pasted code does as well" {
	start_login
	[[ $(browse "$URL") =~ code=([^\&]*) ]]
	paste 0 "${BASH_REMATCH[1]}"
	kept
}

@test "a login is audited, and no secret is told" {
	start_login
	paste 0 "$(browse "$URL")"
	"$BIN/auditctl" check
	sqlite3 ledger.db "SELECT event, subject, detail FROM audit" >audit
	grep -q '^vault.set|slack.bot_token' audit
	run ! grep -E 'xoxb|sandbox-secret|1\.2\.code' audit url login.err
	run ! grep -aE 'xoxb|sandbox-secret|1\.2\.code' ledger.db
}

@test "the redirect URL that is configured is the one that Slack is told" {
	configure '.slack.redirect_url = "https://app.example/slack/two"'
	start_login
	REACHED=$(browse "$URL")
	[[ $REACHED == https://app.example/slack/two\?* ]]
	paste 0 "$REACHED"
	kept
}

@test "an address of another login is refused, and its code isn't spent" {
	start_login
	paste 65 "$(browse "${URL/state=/state=x}")"
	grep -q 'state is another' login.err
	run ! kept
	curl -sf "$SANDBOX/_control/requests" >requests
	run ! grep -q oauth.v2.access requests
}

@test "an address without a state is refused" {
	start_login
	paste 65 'https://app.example/slack?code=1.2.code1'
	run ! kept
}

@test "who says no keeps the old state of things" {
	control 'slack/oauth?deny=1'
	start_login
	paste 77 "$(browse "$URL")"
	grep -q access_denied login.err
	run ! kept
}

@test "a wrong client secret is told, with the remedy" {
	printf 'another' | "$BIN/auditctl" vault set slack.client_secret
	start_login
	paste 77 "$(browse "$URL")"
	grep -q 'bad_client_secret.*vault set slack.client_secret' login.err
	run ! grep -q another login.err
	run ! kept
}

@test "a code that is too old, or was used, is told so" {
	start_login
	REACHED=$(browse "$URL")
	control 'slack/oauth?age=1'
	paste 77 "$REACHED"
	grep -q 'invalid_code.*ten minutes' login.err
	run ! kept

	start_login
	REACHED=$(browse "$URL")
	curl -sf -u sandbox:sandbox-secret -d "code=1.2.code2" \
		"$SANDBOX/api/oauth.v2.access" >first
	jq -e .ok first
	paste 77 "$REACHED"
	grep -q invalid_code login.err
	run ! kept
}

@test "the token of an app that rotates them is kept with its end and its refresh token" {
	control 'slack/oauth?rotation=1'
	start_login
	paste 0 "$(browse "$URL")"
	grep -q 'rotates its tokens: this one is good until .* renews it before' login.err
	"$BIN/auditctl" vault list >names
	grep -q slack.refresh_token names
	"$BIN/deliver" --check
	run ! grep -aE 'xoxe' ledger.db ledger.db-wal url login.err

	# One that doesn't end leaves no refresh token behind.
	control 'slack/oauth?rotation=0'
	start_login
	paste 0 "$(browse "$URL")"
	run ! grep -q 'good until' login.err
	"$BIN/auditctl" vault list >names
	run ! grep -q slack.refresh_token names
	"$BIN/deliver" --check
}

@test "the log says who logged in, to which workspace, as which bot" {
	start_login
	paste 0 "$(browse "$URL")"
	sqlite3 ledger.db "SELECT actor, subject, detail FROM audit WHERE event = 'token.given'" >given
	grep -q "^deliver uid=$(id -u) user=$(id -un).*|slack.bot_token|" given
	[ "$(cut -d '|' -f 3 given | jq -c '[.team, .bot_user, .expires_at]')" = '["T0SANDBOX","U0SANDBOX",null]' ]
	[ "$(sqlite3 ledger.db "SELECT count(DISTINCT actor) FROM audit WHERE event IN ('token.given', 'vault.set') AND actor LIKE 'deliver%'")" = 1 ]
}

@test "a scope that wasn't given is named" {
	control 'slack/scopes?value=chat:write,channels:history,groups:history,channels:read'
	start_login
	paste 0 "$(browse "$URL")"
	grep -q 'lacks groups:read:' login.err
	kept
}

@test "a token that can't post is not kept" {
	control 'slack/scopes?value=chat:write.public,channels:history'
	start_login
	paste 77 "$(browse "$URL")"
	grep -q "can't post.*chat:write, groups:history" login.err
	run ! kept
}

@test "what isn't Slack is told, and so is a service that is away" {
	control fault '{"path":"/api/oauth.v2.access","status":200,"body":"<html>"}'
	start_login
	paste 76 "$(browse "$URL")"
	control fault '{"path":"/api/oauth.v2.access","status":503}'
	start_login
	paste 69 "$(browse "$URL")"
	run ! kept
}

@test "nothing pasted, and too much, is no login" {
	run -66 --separate-stderr "$BIN/auditctl" login slack </dev/null
	[[ $stderr == *'no code was pasted'* ]]
	head -c 5000 /dev/zero | tr '\0' a >long
	run -65 --separate-stderr "$BIN/auditctl" login slack <long
	[[ $stderr == *'too long'* ]]
	run -65 --separate-stderr "$BIN/auditctl" login slack <<<'a b'
	[[ $stderr == *'no code'* ]]
	run ! kept
}

@test "what the exchange needs is missed before a person is asked" {
	"$BIN/auditctl" vault rm slack.client_secret
	run -77 --separate-stderr "$BIN/auditctl" login slack </dev/null
	[ -z "$output" ]
	[[ $stderr == *slack.client_secret* ]]
	configure 'del(.slack.client_id)'
	run -78 --separate-stderr "$BIN/auditctl" login slack </dev/null
	[ -z "$output" ]
	[[ $stderr == *slack.client_id* ]]
}

@test "a login takes no option that it doesn't know" {
	run -64 "$BIN/auditctl" login slack --no-browser
	run -64 "$BIN/auditctl" login teams
	run -64 "$BIN/deliver" --login --check
	run -64 "$BIN/deliver" --login fifo
}
