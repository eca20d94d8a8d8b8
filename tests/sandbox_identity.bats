#!/usr/bin/env bats
# sandbox: the identity domain, and who may call the pod.
load helper

ROOT=/fscmRestApi/resources/11.13.18.05
JWT_BEARER=urn:ietf:params:oauth:grant-type:jwt-bearer
ASSERTION_TYPE=urn:ietf:params:oauth:client-assertion-type:jwt-bearer
REDIRECT=http://127.0.0.1:8910/callback
VERIFIER=a-verifier-of-more-than-43-characters-0123456789

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem \
	    -out certificate.pem -subj /CN=sandbox -days 2 2>/dev/null
	openssl x509 -in certificate.pem -pubkey -noout >public.pem
	openssl genrsa -out other.pem 2048 2>/dev/null
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	KEYS=$BATS_FILE_TMPDIR
	CLIENT=(-u sandbox:sandbox-secret)
}

teardown() {
	stop_sandbox
}

# token ARGS...: ask for a token; the answer, and its status in $STATUS.
token() {
	STATUS=$(curl -s -o answer -w '%{http_code}' "$@" \
	    "$SANDBOX/oauth2/v1/token")
}

# refused CODE ARGS...: asking for a token fails with that error.
refused() {
	local code=$1
	shift
	token "$@"
	[ "$(jq -r .error answer)" = "$code" ]
	if [ "$code" = invalid_client ]; then
		[ "$STATUS" = 401 ]
	else
		[ "$STATUS" = 400 ]
	fi
}

# given ARGS...: it is answered with a token, which opens the pod.
given() {
	token "$@"
	[ "$STATUS" = 200 ]
	[ "$(opens -H "Authorization: Bearer $(jq -r .access_token answer)")" \
	    = 200 ]
}

# opens CURL-ARGS...: the status of a call of the pod.
opens() {
	curl -s -o /dev/null -w '%{http_code}' "$@" "$SANDBOX$ROOT/invoices"
}

base64url() {
	openssl base64 -A | tr '+/' '-_' | tr -d '='
}

# jwt CLAIMS [HEADER [KEY]]: a signed token.
jwt() {
	local header=${2-'{"alg":"RS256"}'} key=${3-$KEYS/key.pem} text
	text=$(printf %s "$header" | base64url).$(printf %s "$1" | base64url)
	printf %s.%s "$text" "$(printf %s "$text" |
	    openssl dgst -sha256 -sign "$key" | base64url)"
}

# claims ISS SUB [AUD-JSON [SECONDS]]: an assertion's claims.
claims() {
	jq -cn --arg iss "$1" --arg sub "$2" --argjson aud \
	    "${3-\"$SANDBOX/oauth2/v1/token\"}" --argjson in "${4-300}" \
	    '{iss:$iss, sub:$sub, aud:$aud, iat:(now|floor), exp:((now|floor)+$in)}'
}

challenge() {
	printf %s "$VERIFIER" | openssl dgst -sha256 -binary | base64url
}

# authorize CURL-ARGS...: where the browser is sent to.
authorize() {
	curl -sG -o /dev/null -w '%{redirect_url}' -d response_type=code \
	    -d client_id=sandbox --data-urlencode "redirect_uri=$REDIRECT" \
	    -d "code_challenge=$(challenge)" -d code_challenge_method=S256 \
	    --data-urlencode 'state=a b&c' "$@" \
	    "$SANDBOX/oauth2/v1/authorize"
}

# login: the form fields that turn a consent into a token, in $FORM.
login() {
	local url
	url=$(authorize --data-urlencode 'scope=all offline_access')
	url=${url#*code=}
	FORM=(-d grant_type=authorization_code -d "code=${url%%&*}"
	    --data-urlencode "redirect_uri=$REDIRECT"
	    -d "code_verifier=$VERIFIER")
}

refresh() {
	printf '%s' "$(jq -r .refresh_token answer)"
}

@test "a secret in the form counts only where it is allowed" {
	local form=(-d grant_type=client_credentials -d client_id=sandbox)
	start_sandbox
	refused invalid_client "${form[@]}" -d client_secret=sandbox-secret
	stop_sandbox
	start_sandbox --body-credentials
	given "${form[@]}" -d client_secret=sandbox-secret
	refused invalid_client "${form[@]}" -d client_secret=wrong
	refused invalid_client "${form[@]}"
}

@test "a client can show who it is by an assertion signed with its key" {
	local form=(-d grant_type=client_credentials
	    --data-urlencode "client_assertion_type=$ASSERTION_TYPE")
	start_sandbox --jwt-key "$KEYS/public.pem"
	given "${form[@]}" -d "client_assertion=$(jwt "$(claims sandbox sandbox)")"
	given "${form[@]}" -d "client_assertion=$(jwt "$(claims sandbox sandbox \
	    '["https://other.example","https://identity.oraclecloud.com/"]')")"
	refused invalid_client "${form[@]}" \
	    -d "client_assertion=$(jwt "$(claims sandbox somebody)")"
	refused invalid_client "${form[@]}" \
	    -d "client_assertion=$(jwt "$(claims somebody sandbox)")"
	refused invalid_client "${form[@]}" -d "client_assertion=$(jwt \
	    "$(claims sandbox sandbox '"https://other.example"')")"
	refused invalid_client "${form[@]}" \
	    -d "client_assertion=$(jwt "$(claims sandbox sandbox \
	    '"https://identity.oraclecloud.com/"' -1)")"
	refused invalid_client "${form[@]}" \
	    -d "client_assertion=$(jwt "$(claims sandbox sandbox)" \
	    '{"alg":"RS256"}' "$KEYS/other.pem")"
	refused invalid_client "${form[@]}" \
	    -d "client_assertion=$(jwt "$(claims sandbox sandbox)" \
	    '{"alg":"none"}')"
	refused invalid_client "${form[@]}" \
	    -d "client_assertion=$(jwt "$(claims sandbox sandbox |
	    jq -c '.iat += 120')")"
	refused invalid_client "${form[@]}" -d client_assertion=a.b.c
	refused invalid_client "${form[@]}"
}

@test "a user is asserted by a JWT, and refused in words" {
	start_sandbox --jwt-key "$KEYS/certificate.pem" --user PAT
	given "${CLIENT[@]}" --data-urlencode "grant_type=$JWT_BEARER" \
	    -d "assertion=$(jwt "$(claims sandbox PAT)")"
	[ "$(refresh)" = null ]
	given --data-urlencode "grant_type=$JWT_BEARER" \
	    --data-urlencode "client_assertion_type=$ASSERTION_TYPE" \
	    -d "client_assertion=$(jwt "$(claims sandbox sandbox)")" \
	    -d "assertion=$(jwt "$(claims sandbox PAT)")" \
	    -d 'scope=all offline_access'
	[ "$(refresh)" != null ]
	refused invalid_grant "${CLIENT[@]}" \
	    --data-urlencode "grant_type=$JWT_BEARER" \
	    -d "assertion=$(jwt "$(claims sandbox KIM)")"
	[[ $(jq -r .error_description answer) == *sub* ]]
	refused invalid_client --data-urlencode "grant_type=$JWT_BEARER" \
	    -d "assertion=$(jwt "$(claims sandbox PAT)")"
}

@test "only the scope of the option is given, offline_access beside it" {
	local scope=urn:opc:resource:fa:instanceid=1urn:opc:resource:consumer::all
	local form=("${CLIENT[@]}" -d grant_type=client_credentials)
	start_sandbox --scope "$scope"
	given "${form[@]}" --data-urlencode "scope=$scope"
	given "${form[@]}" --data-urlencode "scope=$scope offline_access"
	refused invalid_scope "${form[@]}" -d scope=other
	refused invalid_scope "${form[@]}" --data-urlencode "scope=$scope other"
	refused invalid_scope "${form[@]}"
	[[ $(authorize -d scope=other) == *error=invalid_scope* ]]
}

@test "a code is given for a consent and used once, with its verifier" {
	start_sandbox
	run -0 authorize
	[[ $output == "$REDIRECT?code="*'&state=a%20b%26c' ]]
	login
	given "${CLIENT[@]}" "${FORM[@]}"
	[ "$(refresh)" != null ]
	refused invalid_grant "${CLIENT[@]}" "${FORM[@]}"
	login
	refused invalid_grant "${CLIENT[@]}" "${FORM[@]/$VERIFIER/other}"
	login
	refused invalid_grant "${CLIENT[@]}" "${FORM[@]/8910/8911}"
	login
	refused invalid_client "${FORM[@]}" -d client_id=sandbox
	stop_sandbox
	start_sandbox --public-client
	login
	given "${FORM[@]}" -d client_id=sandbox
}

@test "nobody is sent elsewhere, and a refusal is told to the client" {
	start_sandbox
	for uri in https://evil.example/ http://127.0.0.1.evil.example/ \
	    http://127.0.0.1@evil.example/ ''; do
		run -0 curl -sG -o /dev/null -w '%{http_code}%{redirect_url}' \
		    -d response_type=code -d client_id=sandbox \
		    --data-urlencode "redirect_uri=$uri" \
		    "$SANDBOX/oauth2/v1/authorize"
		[ "$output" = 400 ]
	done
	run -0 curl -sG -o /dev/null -w '%{redirect_url}' \
	    -d response_type=code -d client_id=sandbox \
	    --data-urlencode "redirect_uri=$REDIRECT" \
	    "$SANDBOX/oauth2/v1/authorize"
	[ "$output" = "$REDIRECT?error=invalid_request" ]
	control 'erp/consent?deny=1'
	run -0 authorize
	[ "$output" = "$REDIRECT?error=access_denied&state=a%20b%26c" ]
	control 'erp/consent?deny=0'
	[[ $(authorize) == *code=* ]]
}

@test "a refresh token is used up, and coming back with it ends its family" {
	start_sandbox
	login
	given "${CLIENT[@]}" "${FORM[@]}"
	local first second
	first=$(refresh)
	given "${CLIENT[@]}" -d grant_type=refresh_token -d "refresh_token=$first"
	second=$(refresh)
	[ "$first" != "$second" ]
	refused invalid_grant "${CLIENT[@]}" -d grant_type=refresh_token \
	    -d "refresh_token=$first"
	refused invalid_grant "${CLIENT[@]}" -d grant_type=refresh_token \
	    -d "refresh_token=$second"
}

@test "with late rotation a refresh token lives until its successor is used" {
	start_sandbox --late-rotation
	login
	given "${CLIENT[@]}" "${FORM[@]}"
	local first second
	first=$(refresh)
	for _ in 1 2; do
		given "${CLIENT[@]}" -d grant_type=refresh_token \
		    -d "refresh_token=$first"
		second=$(refresh)
	done
	given "${CLIENT[@]}" -d grant_type=refresh_token \
	    -d "refresh_token=$second"
	refused invalid_grant "${CLIENT[@]}" -d grant_type=refresh_token \
	    -d "refresh_token=$first"
}

@test "the user's password opens the pod, another's doesn't" {
	start_sandbox --user PAT --password secret
	[ "$(opens -u PAT:secret)" = 200 ]
	[ "$(opens -u PAT:sandbox-password)" = 401 ]
	[ "$(opens -u KIM:secret)" = 401 ]
	[ "$(opens -u sandbox:sandbox-secret)" = 200 ]
	[ "$(opens)" = 401 ]
}

@test "a JWT of the trusted issuer opens the pod while it lasts" {
	start_sandbox --jwt-key "$KEYS/certificate.pem" --issuer us
	local thumbprint header claims
	thumbprint=$(openssl x509 -in "$KEYS/certificate.pem" -outform DER |
	    openssl dgst -sha1 -binary | base64url)
	header='{"alg":"RS256","typ":"JWT","x5t":"'$thumbprint'"}'
	claims=$(jq -cn '{iss:"us",prn:"INTEGRATION.USER",iat:(now|floor),exp:((now|floor)+60)}')
	bearer() { opens -H "Authorization: Bearer $(jwt "$@")"; }
	[ "$(bearer "$claims" "$header")" = 200 ]
	[ "$(bearer "$claims")" = 401 ]
	[ "$(bearer "$claims" "$header" "$KEYS/other.pem")" = 401 ]
	[ "$(bearer "$(jq -c '.iss = "them"' <<<"$claims")" "$header")" = 401 ]
	[ "$(bearer "$(jq -c '.prn = "KIM"' <<<"$claims")" "$header")" = 401 ]
	[ "$(bearer "$(jq -c '.exp = .iat - 1' <<<"$claims")" "$header")" = 401 ]
	[ "$(bearer "$(jq -c 'del(.exp)' <<<"$claims")" "$header")" = 401 ]
}

@test "tokens are counted, and all of them can be ended" {
	start_sandbox
	login
	given "${CLIENT[@]}" "${FORM[@]}"
	local access refresh
	access=$(jq -r .access_token answer)
	refresh=$(refresh)
	given "${CLIENT[@]}" -d grant_type=client_credentials
	curl -s "$SANDBOX/_control/erp/stats" >stats
	[ "$(jq -c '[.tokens_given,.refresh_tokens_given]' stats)" = '[2,1]' ]
	control erp/revoke
	[ "$(opens -H "Authorization: Bearer $access")" = 401 ]
	given "${CLIENT[@]}" -d grant_type=refresh_token \
	    -d "refresh_token=$refresh"
	refresh=$(refresh)
	control 'erp/revoke?refresh=1'
	refused invalid_grant "${CLIENT[@]}" -d grant_type=refresh_token \
	    -d "refresh_token=$refresh"
}

@test "a key that isn't one is refused at the start" {
	run -66 --separate-stderr "$BIN/sandbox" --jwt-key "$KEYS/key.pem"
	[[ $stderr == *key.pem* ]]
	run -66 --separate-stderr "$BIN/sandbox" --jwt-key nowhere.pem
	[[ $stderr == *nowhere.pem* ]]
}
