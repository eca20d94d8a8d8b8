#!/usr/bin/env bats
# auditctl login oracle, against an OAuth server that this project did not
# write: oidc-provider, from npm.
load helper

setup_file() {
	export OIDC=$BATS_FILE_TMPDIR/oidc
	command -v npm >/dev/null && command -v node >/dev/null || return 0
	cp -r "$BATS_TEST_DIRNAME/oidc" "$OIDC"
	cd "$OIDC" || return 1
	timeout 60 npm ci --no-audit --no-fund --ignore-scripts \
		--prefer-offline --fetch-retries 0 >npm.out 2>&1 || rm -rf node_modules
}

setup() {
	command -v npm >/dev/null || skip "npm isn't installed"
	[ -d "$OIDC/node_modules" ] || skip "npm can't install oidc-provider"
	cd "$BATS_TEST_TMPDIR"
	setup_ledger
	printf 'oidc-secret' | "$BIN/auditctl" vault set oracle.client_secret
	start_sandbox --invoices 0 --orders 0 --journals 0
	node "$OIDC/server.mjs" >oidc.out 2>oidc.err 3>&- &
	SERVER=$!
	until grep -q '^ISSUER ' oidc.out; do kill -0 "$SERVER"; done
	ISSUER=$(sed -n 's/^ISSUER //p' oidc.out)
	jq -n --arg erp "$SANDBOX" --arg issuer "$ISSUER" '{
		ledger: "ledger.db", key_file: "ledger.key",
		oracle: { url: $erp, auth: "authorization_code", client_id: "ledgerpipe",
			authorize_url: "\($issuer)/auth", token_url: "\($issuer)/token",
			scope: "openid", redirect_port: 0, retry_budget: "2s",
			streams: { invoices: {} } } }' >"$CONFIG"
}

teardown() {
	[ -z "${LOGIN:-}" ] || kill "$LOGIN" 2>/dev/null || :
	[ -z "${SERVER:-}" ] || kill "$SERVER" 2>/dev/null || :
	stop_sandbox
}

# start_login: a login in the background; $URL is what to open.
start_login() {
	"$BIN/auditctl" login oracle >url 2>login.err 3>&- &
	LOGIN=$!
	until grep -q '^http' url; do kill -0 "$LOGIN"; done
	URL=$(cat url)
}

# end_login STATUS: it ends so.
end_login() {
	local status=0
	wait "$LOGIN" || status=$?
	LOGIN=
	cat login.err oidc.out oidc.err
	[ "$status" -eq "$1" ]
}

# browse ARGS... URL: redirects followed, cookies kept; where it ends in $AT.
browse() {
	AT=$(curl -sL -c cookies -b cookies -o page -w '%{url_effective}' "$@")
}

# consent: a person logs in and says yes.
consent() {
	browse "$URL"
	browse -d prompt=login -d login=jane -d password=any "$AT"
	browse -d prompt=consent "$AT"
}

# kept: is there a refresh token?
kept() {
	[ "$(sqlite3 ledger.db "SELECT count(*) FROM vault
		WHERE name = 'oracle.refresh_token'")" = 1 ]
}

# renew: a run that has the refresh token alone.  The ERP of the sandbox
# doesn't know this server's tokens, so it ends with 77.
renew() {
	sqlite3 ledger.db "DELETE FROM vault WHERE name LIKE 'oracle.access%'"
	run -77 --separate-stderr "$BIN/fetch" --once
}

@test "a login with PKCE ends with the refresh token in the vault" {
	start_login
	consent
	end_login 0
	kept
	grep -qx 'GRANT authorization_code given' oidc.out
}

@test "a run renews the token, and keeps each refresh token that it gets" {
	start_login
	consent
	end_login 0
	renew
	count=$(grep -cx 'GRANT refresh_token given' oidc.out)
	renew
	[ "$(grep -cx 'GRANT refresh_token given' oidc.out)" -gt "$count" ]
	run ! grep refused oidc.out
}

@test "who denies consent gives no token" {
	start_login
	browse "$URL"
	browse -d prompt=login -d login=jane -d password=any "$AT"
	browse "$AT/abort"
	end_login 77
	grep -q access_denied login.err
	run ! kept
}

@test "a wrong client secret gives no token" {
	printf 'another' | "$BIN/auditctl" vault set oracle.client_secret
	start_login
	consent
	end_login 77
	grep -q 'invalid_client.*oracle.client_secret' login.err
	grep -qx 'GRANT authorization_code refused' oidc.out
	run ! kept
}
