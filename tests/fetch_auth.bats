#!/usr/bin/env bats
# fetch: how it proves who it is, and auditctl login.
load helper
export BIN

setup() {
	setup_ledger
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	[ -z "${BACKGROUND:-}" ] || kill "$BACKGROUND" 2>/dev/null || :
	[ -z "${POLLER:-}" ] || kill -9 "$POLLER" 2>/dev/null || :
	stop_sandbox
}

# start ORACLE [ARGS...]: a pod of three invoices; ORACLE, a JSON object, goes
# over the configuration's section.
start() {
	local oracle=$1
	shift
	start_sandbox --invoices 3 "$@"
	configure_sandbox
	configure "$oracle"
}

# configure ORACLE: lay it over the configuration's section.
configure() {
	jq --argjson more "$1" '.oracle += $more' "$CONFIG" >config.new
	mv config.new "$CONFIG"
}

vault() {
	"$BIN/auditctl" vault set "$1"
}

# make_key [NAME]: a private key and its certificate, NAME.key and NAME.pem.
make_key() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=${1:-client}" \
		-keyout "${1:-client}.key" -out "${1:-client}.pem" 2>openssl.err
}

# requests PATH: the sandbox's requests whose path starts so, one a line.
requests() {
	curl -sf "$SANDBOX/_control/requests" >requests
	jq -c --arg path "$1" 'select(.path | startswith($path))' requests
}

tokens_asked() {
	requests /oauth2/v1/token >asked
	[ "$(wc -l <asked)" = "$1" ]
}

# field NAME: of the form of the last request for a token, decoded.
field() {
	requests /oauth2/v1/token | tail -n 1 | jq -r --arg name "$1" \
		'[.body | split("&")[] | split("=") | select(.[0] == $name)[1]][0] // empty | gsub("%3A"; ":") | gsub("%2F"; "/") | gsub("%20"; " ")'
}

# jwt_part N TEXT: header 1 or claims 2 of a JWT.
jwt_part() {
	local part
	part=$(cut -d . -f "$1" <<<"$2" | tr -- '-_' '+/')
	while [ $((${#part} % 4)) != 0 ]; do part=$part=; done
	base64 -d <<<"$part"
}

# jwt_verify CERTIFICATE TEXT: is the signature that of the certificate's key?
jwt_verify() {
	local signature
	signature=$(cut -d . -f 3 <<<"$2" | tr -- '-_' '+/')
	while [ $((${#signature} % 4)) != 0 ]; do signature=$signature=; done
	base64 -d <<<"$signature" >signed
	openssl x509 -in "$1" -pubkey -noout >public
	printf '%s' "${2%.*}" | openssl dgst -sha256 -verify public -signature signed
}

thumbprint() {
	openssl x509 -in "$1" -outform DER | openssl dgst -sha1 -binary | base64 | tr '+/' '-_' | tr -d =
}

read_all() {
	"$BIN/fetch" "$@" >out
	[ "$(grep -c '"type":"RECORD"' out)" = 3 ]
}

ALL='{"streams":{"invoices":{},"invoiceHolds":{},"payablesPayments":{},"purchaseOrders":{},
	"purchaseOrderSchedules":{},"purchaseOrderAcknowledgments":{},"draftPurchaseOrders":{},"journalBatches":{},
	"suppliers":{},"receivablesInvoices":{},"receivablesCustomerAccountActivities":{},"standardReceipts":{}}}'

# poll [ARGS...]: a fetch that polls, in the background; records in out1.
poll() {
	"$BIN/fetch" -v --every 1s "$@" >out1 2>err1 3>&- &
	POLLER=$!
}

# passes N: until it made N more passes of each stream.
passes() {
	local i count
	until [ -s err1 ]; do kill -0 "$POLLER"; done
	for ((i = 0; i < $1; i++)); do
		count=$(grep -c ' known already' err1) || :
		kill -USR1 "$POLLER"
		until [ "$(grep -c ' known already' err1)" -ge $((count + $(jq '.oracle.streams | length' "$CONFIG"))) ]; do
			kill -0 "$POLLER"
		done
	done
}

# until_said WORDS: until it said so.
until_said() {
	until grep -q -- "$1" err1; do kill -0 "$POLLER"; done
}

end_poll() {
	kill "$POLLER"
	wait "$POLLER" || :
	POLLER=
}

# token_answer BODY [STATUS]: what the next request for a token is answered.
token_answer() {
	control fault "$(jq -nc --arg body "$1" --argjson status "${2:-200}" '{path: "/oauth2",
		status: $status, body: $body, content_type: "application/json"}')"
}

# ---- client credentials ----------------------------------------------------

@test "the client's secret goes into a header, or into the form when asked to" {
	start '{"scope":"urn:a:b urn:c"}' --body-credentials
	read_all
	[ "$(jq -r '.headers.Authorization' <(requests /oauth2))" = "Basic $(printf sandbox:sandbox-secret | base64)" ]
	[ "$(field grant_type)|$(field scope)|$(field client_secret)" = 'client_credentials|urn:a:b urn:c|' ]
	"$BIN/auditctl" vault rm oracle.access_token
	configure '{"client_auth":"body"}'
	read_all
	[ "$(requests /oauth2 | tail -n 1 | jq -r '.headers.Authorization')" = null ]
	[ "$(field client_id)|$(field client_secret)" = 'sandbox|sandbox-secret' ]
}

@test "a domain that takes no secret in the form says so, and what to check" {
	start '{"client_auth":"body"}'
	run -77 --separate-stderr "$BIN/fetch"
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == *invalid_client*'auditctl vault set oracle.client_secret'* ]]
	tokens_asked 1
}

@test "a scope that isn't the client's is told as such" {
	start '{"scope":"other"}' --scope urn:opc:resource:consumer::all
	run -77 --separate-stderr "$BIN/fetch"
	[[ $stderr == *invalid_scope*'oracle.scope'* ]]
}

@test "settings that don't go together are refused by name" {
	start '{}'
	for words in '{"auth":"magic"}|client_credentials, jwt_assertion' \
		'{"client_auth":"magic"}|oracle.client_auth' \
		'{"client_auth":"none"}|oracle.client_auth' \
		'{"auth":"jwt_assertion","client_auth":"body","key_id":"k"}|oracle.client_auth' \
		'{"auth":"jwt_assertion"}|oracle.certificate' \
		'{"client_auth":"assertion"}|oracle.certificate' \
		'{"auth":"user_assertion","key_id":"k"}|oracle.user' \
		'{"auth":"user_assertion","key_id":"k","user":""}|oracle.user' \
		'{"auth":"self_signed","key_id":"k","user":"u"}|oracle.issuer' \
		'{"auth":"self_signed","issuer":"i","user":"u"}|oracle.certificate'; do
		cp "$CONFIG" kept
		configure "${words%|*}"
		run -78 --separate-stderr "$BIN/fetch"
		[ "${#stderr_lines[@]}" = 1 ]
		[[ $stderr == *"${words#*|}"* ]]
		mv kept "$CONFIG"
	done
	tokens_asked 0
}

# ---- signatures ------------------------------------------------------------

@test "a client proves itself by a signed assertion, a new one each time" {
	make_key
	start '{"auth":"jwt_assertion","certificate":"client.pem","key_id":"my \"alias\""}' --jwt-key client.pem
	vault oracle.private_key <client.key
	"$BIN/auditctl" vault rm oracle.client_secret
	before=$(date +%s)
	read_all
	after=$(date +%s)
	[ "$(jq -r '.headers.Authorization' <(requests /oauth2))" = null ]
	[ "$(field client_assertion_type)" = urn:ietf:params:oauth:client-assertion-type:jwt-bearer ]
	first=$(field client_assertion)
	[ "$(jwt_verify client.pem "$first")" = 'Verified OK' ]
	[ "$(jwt_part 1 "$first")" = "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"my \\\"alias\\\"\",\"x5t\":\"$(thumbprint client.pem)\"}" ]
	jwt_part 2 "$first" >claims
	[ "$(jq -c '[.iss, .sub, .aud, .prn]' claims)" = '["sandbox","sandbox","https://identity.oraclecloud.com/",null]' ]
	jq -e --argjson low "$before" --argjson high "$after" \
		'.iat >= $low - 60 and .iat <= $high - 60 and .exp == .iat + 360' claims
	control erp/revoke
	read_all
	[ "$(jwt_part 2 "$(field client_assertion)" | jq -r .jti)" != "$(jq -r .jti claims)" ]
}

@test "an assertion's audience can be set" {
	make_key
	start '{"auth":"jwt_assertion","certificate":"client.pem","audience":"nobody"}' --jwt-key client.pem
	vault oracle.private_key <client.key
	run -77 --separate-stderr "$BIN/fetch"
	[[ $stderr == *invalid_client*oracle.audience* ]]
	configure "{\"audience\":\"$SANDBOX/oauth2/v1/token\"}"
	read_all
}

@test "an assertion of a key that the domain doesn't know is refused with what to check" {
	make_key
	make_key other
	start '{"auth":"jwt_assertion","key_id":"k"}' --jwt-key client.pem
	vault oracle.private_key <other.key
	run -77 --separate-stderr "$BIN/fetch"
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == *invalid_client*oracle.private_key*oracle.key_id* ]]
	tokens_asked 1
}

@test "a key that can't sign is refused before anything is asked" {
	make_key
	make_key other
	openssl pkcs8 -topk8 -in client.key -passout pass:canary-word -out locked.key
	openssl rsa -in client.key -aes128 -traditional -passout pass:canary-word -out old.key 2>openssl.err
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.key 2>openssl.err
	openssl genrsa -out short.key 1024 2>openssl.err
	head -n 5 client.key >cut.key
	start '{"auth":"jwt_assertion","certificate":"client.pem"}' --jwt-key client.pem
	run -77 --separate-stderr "$BIN/fetch"
	[[ $stderr == *'auditctl vault set oracle.private_key'* ]]
	for words in 'locked.key|passphrase' 'old.key|passphrase' 'ec.key|2048' 'short.key|2048' 'cut.key|PEM' \
		'client.pem|PEM' "other.key|isn't that of"; do
		vault oracle.private_key <"${words%|*}"
		run -78 --separate-stderr "$BIN/fetch"
		[ "${#stderr_lines[@]}" = 1 ]
		[[ $stderr == *"${words#*|}"* ]]
		[[ $stderr != *BEGIN* ]]
	done
	tokens_asked 0
}

@test "a certificate may be PEM or DER, and must be one" {
	make_key
	openssl x509 -in client.pem -outform DER -out client.der
	start '{"auth":"jwt_assertion","certificate":"client.der"}' --jwt-key client.pem
	# As a Windows machine may write it.
	sed 's/$/\r/' client.key | vault oracle.private_key
	read_all
	[ "$(jwt_part 1 "$(field client_assertion)" | jq -r .x5t)" = "$(thumbprint client.pem)" ]
	for file in client.key nowhere.pem; do
		configure "{\"certificate\":\"$file\",\"scope\":\"$file\"}"
		run -78 --separate-stderr "$BIN/fetch"
		[[ $stderr == *"$file"*oracle.certificate* ]]
	done
}

@test "a user's token is asked for by an assertion about the user" {
	make_key
	start '{"auth":"user_assertion","user":"ann","certificate":"client.pem","scope":"s"}' --jwt-key client.pem --user ann
	vault oracle.private_key <client.key
	read_all
	[ "$(jq -r '.headers.Authorization' <(requests /oauth2))" = "Basic $(printf sandbox:sandbox-secret | base64)" ]
	[ "$(field grant_type)|$(field scope)" = 'urn:ietf:params:oauth:grant-type:jwt-bearer|s' ]
	[ "$(jwt_part 2 "$(field assertion)" | jq -c '[.iss, .sub]')" = '["sandbox","ann"]' ]
	[ "$(jwt_verify client.pem "$(field assertion)")" = 'Verified OK' ]
	# Without a secret, both are signed.
	"$BIN/auditctl" vault rm oracle.access_token
	"$BIN/auditctl" vault rm oracle.client_secret
	configure '{"client_auth":"assertion"}'
	read_all
	[ "$(jwt_part 2 "$(field client_assertion)" | jq -r .sub)" = sandbox ]
	[ "$(jwt_part 2 "$(field assertion)" | jq -r .sub)" = ann ]
}

@test "a user whom the domain doesn't know is told with the key to check" {
	make_key
	start '{"auth":"user_assertion","user":"eve","certificate":"client.pem"}' --jwt-key client.pem --user ann
	vault oracle.private_key <client.key
	run -77 --separate-stderr "$BIN/fetch"
	[[ $stderr == *invalid_grant*oracle.user* ]]
}

@test "a self-signed token needs no token endpoint" {
	make_key
	start '{"auth":"self_signed","issuer":"acme","user":"ann","certificate":"client.pem"}' \
		--jwt-key client.pem --issuer acme --user ann
	configure '{"token_url":"http://127.0.0.1:1/none"}'
	jq 'del(.oracle.token_url, .oracle.client_id)' "$CONFIG" >config.new
	mv config.new "$CONFIG"
	vault oracle.private_key <client.key
	read_all
	tokens_asked 0
	token=$(requests /fscmRestApi | head -n 1 | jq -r '.headers.Authorization | ltrimstr("Bearer ")')
	[ "$(jwt_verify client.pem "$token")" = 'Verified OK' ]
	[ "$(jwt_part 1 "$token" | jq -r .x5t)" = "$(thumbprint client.pem)" ]
	jwt_part 2 "$token" >claims
	[ "$(jq -c '[.iss, .prn, .sub, .aud, .exp - .iat]' claims)" = '["acme","ann","ann",null,3660]' ]
}

@test "a self-signed token that the pod refuses is made anew once, and then it is final" {
	make_key
	start '{"auth":"self_signed","issuer":"other","user":"ann","certificate":"client.pem","audience":"pod"}' \
		--jwt-key client.pem --issuer acme --user ann
	vault oracle.private_key <client.key
	run -77 --separate-stderr "$BIN/fetch"
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == *401*oracle.issuer* ]]
	requests /fscmRestApi >asked
	[ "$(jq -r .headers.Authorization asked | sort -u | wc -l) $(wc -l <asked)" = '2 2' ]
	token=$(jq -rs '.[0].headers.Authorization | ltrimstr("Bearer ")' asked)
	[ "$(jwt_part 2 "$token" | jq -r .aud)" = pod ]
}

# ---- basic -----------------------------------------------------------------

@test "basic sends the user's name and password from the vault" {
	start '{"auth":"basic"}' --user ann --password 'p:w d'
	printf ann | vault oracle.username
	run -77 --separate-stderr "$BIN/fetch"
	[[ $stderr == *'auditctl vault set oracle.password'* ]]
	printf 'p:w d' | vault oracle.password
	read_all
	[ "$(requests /fscmRestApi | head -n 1 | jq -r .headers.Authorization)" = "Basic $(printf 'ann:p:w d' | base64)" ]
	tokens_asked 0
}

@test "a wrong password is tried once, for the user may be locked out" {
	start '{"auth":"basic"}' --user ann
	configure '{"streams":{"invoices":{}}}'
	printf ann | vault oracle.username
	printf wrong-canary | vault oracle.password
	run -77 --separate-stderr "$BIN/fetch"
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == *401*oracle.username*oracle.password* ]]
	[[ $stderr != *wrong-canary* ]]
	[ "$(requests /fscmRestApi | wc -l)" = 1 ]
}

@test "a wrong password is sent once, however many streams and passes there are" {
	start '{"auth":"basic"}' --user ann --password right
	configure "$ALL"
	printf ann | vault oracle.username
	printf wrong | vault oracle.password
	run -77 --separate-stderr "$BIN/fetch"
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == *'oracle.url: HTTP 401'*oracle.username*oracle.password* ]]
	[ "$(requests /fscmRestApi | wc -l)" = 1 ]
	run -77 "$BIN/fetch" --check
	[ "$(requests /fscmRestApi | wc -l)" = 2 ]
	run -77 "$BIN/fetch" --discover
	[ "$(requests /fscmRestApi | wc -l)" = 3 ]
	poll --jitter 1s
	passes 3
	[ "$(requests /fscmRestApi | wc -l)" = 4 ]
	# Another one is taken up, and again for one try.
	printf wrong-again | vault oracle.password
	passes 3
	[ "$(requests /fscmRestApi | wc -l)" = 5 ]
	[ "$(grep -c 'HTTP 401' err1)" = 1 ]
	printf right | vault oracle.password
	kill -USR1 "$POLLER"
	until [ "$(grep -c '"type":"RECORD"' out1)" -ge 3 ]; do kill -0 "$POLLER"; done
	end_poll
}

@test "an answer that says nothing of the password lets no second request go" {
	start '{"auth":"basic"}' --user ann --password right
	configure "$ALL"
	printf ann | vault oracle.username
	printf wrong | vault oracle.password
	control fault '{"path":"/fscmRestApi","status":503}'
	run -77 "$BIN/fetch"
	[ "$(requests /fscmRestApi | wc -l)" = 2 ]
}

@test "a self-signed token that is refused twice isn't made for each stream" {
	make_key
	start '{"auth":"self_signed","issuer":"other","user":"ann","certificate":"client.pem"}' \
		--jwt-key client.pem --issuer acme --user ann
	configure "$ALL"
	vault oracle.private_key <client.key
	run -77 --separate-stderr "$BIN/fetch"
	[ "${#stderr_lines[@]}" = 1 ]
	[ "$(requests /fscmRestApi | wc -l)" = 2 ]
	run -77 "$BIN/fetch" --check
	[ "$(requests /fscmRestApi | wc -l)" = 4 ]
}

@test "a user's name with a colon is refused, for basic can't tell it" {
	start '{"auth":"basic"}'
	printf 'a:b' | vault oracle.username
	printf x | vault oracle.password
	run -78 --separate-stderr "$BIN/fetch"
	[[ $stderr == *oracle.username* ]]
	[ "$(requests /fscmRestApi | wc -l)" = 0 ]
}

# ---- the token's life ------------------------------------------------------

@test "a token is used until a minute before its end, and then another" {
	start '{}' --token-lifetime 3600
	read_all
	LEDGERPIPE_NOW=$(date -u -d '+58 minutes' +%Y-%m-%dT%H:%M:%SZ) read_all
	tokens_asked 1
	LEDGERPIPE_NOW=$(date -u -d '+59 minutes +1 second' +%Y-%m-%dT%H:%M:%SZ) read_all
	tokens_asked 2
}

@test "a token of a short life is used for half of it" {
	start '{}' --token-lifetime 100
	now=$(date +%s)
	LEDGERPIPE_NOW=$(date -u -d "@$now" +%Y-%m-%dT%H:%M:%SZ) read_all
	LEDGERPIPE_NOW=$(date -u -d "@$((now + 49))" +%Y-%m-%dT%H:%M:%SZ) read_all
	tokens_asked 1
	LEDGERPIPE_NOW=$(date -u -d "@$((now + 50))" +%Y-%m-%dT%H:%M:%SZ) read_all
	tokens_asked 2
}

@test "a life that is none is taken as an hour" {
	start '{}'
	for life in 0 -5 '"soon"' 1e99 null; do
		"$BIN/auditctl" vault rm oracle.access_token || :
		body=$(curl -sf -u sandbox:sandbox-secret -d grant_type=client_credentials "$SANDBOX/oauth2/v1/token")
		token_answer "$(jq -c --argjson life "$life" '.expires_in = $life' <<<"$body")"
		read_all
		LEDGERPIPE_NOW=$(date -u -d '+58 minutes' +%Y-%m-%dT%H:%M:%SZ) read_all
	done
	[ "$(requests /oauth2 | wc -l)" = 10 ]
}

@test "a token that was got one way isn't used in another" {
	make_key
	start '{"key_id":"k"}' --jwt-key client.pem --user ann
	vault oracle.private_key <client.key
	read_all
	configure '{"auth":"user_assertion","user":"ann"}'
	read_all
	tokens_asked 2
	configure '{"user":"eve"}'
	run -77 "$BIN/fetch"
	tokens_asked 3
}

@test "an answer that holds no usable token is 76, and nothing is kept" {
	start '{}'
	for body in '{}' '[]' 'none' '{"access_token":""}' '{"access_token":"a\nb"}' '{"access_token":"a b"}' \
		'{"access_token":"tökn"}' '{"access_token":"x","token_type":"mac"}' '{"access_token":7.5,"token_type":"N_A"}'; do
		token_answer "$body"
		run -76 --separate-stderr "$BIN/fetch"
		[ "${#stderr_lines[@]}" = 1 ]
		[[ $stderr == *oracle.token_url* ]]
		run -1 "$BIN/auditctl" vault rm oracle.access_token
	done
	printf -v long '%070000d' 0
	jq -nc --arg body "{\"access_token\":\"$long\"}" \
		'{path: "/oauth2", status: 200, body: $body, content_type: "application/json"}' >fault
	curl -sf -X POST "$SANDBOX/_control/fault" -d @fault
	run -76 --separate-stderr "$BIN/fetch"
	[[ $stderr == *'too long'* ]]
}

@test "the token endpoint's redirect isn't followed with the secret" {
	start '{}'
	control fault "$(jq -nc --arg to "$SANDBOX/elsewhere" '{path: "/oauth2", status: 307, headers: {Location: $to}}')"
	run -78 --separate-stderr "$BIN/fetch"
	[[ $stderr == *oracle.token_url*307* ]]
	[ "$(requests /elsewhere | wc -l)" = 0 ]
}

@test "a server that repeats a secret doesn't bring it into the error" {
	start '{}'
	token_answer '{"error":"invalid_client","error_description":"you sent sandbox-secret"}' 401
	run -77 --separate-stderr "$BIN/fetch"
	[[ $stderr == *invalid_client*'hold a credential'* ]]
	[[ $stderr != *sandbox-secret* ]]
}

@test "no form of a credential that a server repeats gets into an error" {
	start '{"retry_budget":"0s"}' --client-secret 'client/canary+1'
	printf 'client/canary+1' | vault oracle.client_secret
	for words in 'client%2Fcanary%2B1' 'client%2fcanary%2b1' "$(printf 'sandbox:client/canary+1' | base64)" \
		'Authorization: Basic c29tZWJvZHk6ZWxzZQ=='; do
		token_answer "{\"error\":\"invalid_client\",\"error_description\":\"you sent $words\"}" 401
		run -77 --separate-stderr "$BIN/fetch"
		[[ $stderr == *'invalid_client: (its words hold a credential)'* ]]
		[[ $stderr != *"$words"* ]]
		token_answer "{\"title\":\"you sent $words\"}" 400
		run -78 --separate-stderr "$BIN/fetch"
		[[ $stderr != *'you sent'* ]]
		token_answer "{\"title\":\"you sent $words\",\"error\":\"server_error\",\"ecid\":\"abc-1\"}" 500
		run -69 --separate-stderr "$BIN/fetch"
		[[ $stderr == *'HTTP 500, 1 time: server_error (ECID abc-1)'* ]]
		[[ $stderr != *'you sent'* ]]
	done
	read_all
	token=$(requests /fscmRestApi | tail -n 1 | jq -r '.headers.Authorization | ltrimstr("Bearer ")')
	for words in "$token" "${token:5:20}" 'Bearer Somebody.Else.1'; do
		for answer in 400 500; do
			jq -nc --arg words "you sent $words" --argjson answer "$answer" \
				'{path: "/fscmRestApi", status: $answer, body: $words, content_type: "text/plain"}' >fault
			curl -sf -X POST "$SANDBOX/_control/fault" -d @fault
			run ! --separate-stderr "$BIN/fetch"
			[[ $stderr == *"HTTP $answer"*'hold a credential'* ]]
			[[ $stderr != *"$words"* ]]
		done
	done
	# Nor where its words are cut.
	printf -v long '%0390d' 0
	jq -nc --arg words "$long$token" \
		'{path: "/fscmRestApi", status: 400, body: $words, content_type: "text/plain"}' >fault
	curl -sf -X POST "$SANDBOX/_control/fault" -d @fault
	run -78 --separate-stderr "$BIN/fetch"
	[[ $stderr == *'hold a credential'* ]]
	# What holds none is shown.
	control fault '{"path":"/fscmRestApi","status":400,"body":"Basic authentication is off, bearer of bad news","content_type":"text/plain"}'
	run -78 --separate-stderr "$BIN/fetch"
	[[ $stderr == *'Basic authentication is off, bearer of bad news'* ]]
}

@test "a password that the pod repeats isn't shown" {
	start '{"auth":"basic"}' --user ann --password 'p%w+canary'
	printf ann | vault oracle.username
	printf 'p%%w+canary' | vault oracle.password
	for words in 'p%w+canary' 'p%25w%2Bcanary' "$(printf 'ann:p%%w+canary' | base64)"; do
		jq -nc --arg words "you sent $words" \
			'{path: "/fscmRestApi", status: 403, body: $words, content_type: "text/plain"}' >fault
		curl -sf -X POST "$SANDBOX/_control/fault" -d @fault
		run -77 --separate-stderr "$BIN/fetch"
		[[ $stderr == *'HTTP 403'*'hold a credential'* ]]
		[[ $stderr != *"$words"* ]]
	done
}

@test "the token endpoint's failures come without advice for streams" {
	start '{"retry_budget":"0s","timeout":"300ms"}'
	token_answer '{}' 500
	run -69 --separate-stderr "$BIN/fetch"
	[[ $stderr == *'oracle.token_url: HTTP 500'*'try later' ]]
	control fault '{"path":"/oauth2","delay_ms":100000}'
	run -69 --separate-stderr "$BIN/fetch"
	[[ $stderr == *'oracle.token_url: no answer'*'try later' ]]
}

@test "a client's secret that is refused is sent once, until it is mended" {
	start '{}'
	configure "$ALL"
	printf wrong | vault oracle.client_secret
	poll --jitter 1s
	passes 3
	tokens_asked 1
	[ "$(grep -c invalid_client err1)" = 1 ]
	printf sandbox-secret | vault oracle.client_secret
	kill -USR1 "$POLLER"
	until [ "$(grep -c '"type":"RECORD"' out1)" -ge 3 ]; do kill -0 "$POLLER"; done
	tokens_asked 2
	end_poll
}

@test "a damaged or foreign token in the vault is like none" {
	start '{}'
	read_all
	sqlite3 ledger.db "update vault set ciphertext = randomblob(60) where name = 'oracle.access_token'"
	read_all
	tokens_asked 2
	sqlite3 ledger.db "update vault set nonce = x'00' where name = 'oracle.access_token'"
	read_all
	tokens_asked 3
	read_all
	tokens_asked 3
}

@test "the server's words are cut, and stay one line" {
	start '{}'
	printf -v long '%05000d' 0
	token_answer "{\"error\":\"unauthorized_client\",\"error_description\":\"a\\nb $long\"}" 400
	run -77 --separate-stderr "$BIN/fetch"
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == *'a?b 0000'*oracle.scope* ]]
	[ "${#stderr}" -lt 700 ]
}

# ---- several processes -----------------------------------------------------

# hold_token: a fetch, in the background, whose request for a token is answered
# only when the test is over.
hold_token() {
	control fault '{"path":"/oauth2","delay_ms":100000}'
	"$BIN/fetch" >out1 2>err1 3>&- &
	BACKGROUND=$!
	until tokens_asked 1; do kill -0 "$BACKGROUND"; done
}

@test "of two runs at once one asks for a token, and both use it" {
	start '{}'
	control fault '{"path":"/oauth2","delay_ms":1500}'
	"$BIN/fetch" >out1 3>&- &
	BACKGROUND=$!
	until tokens_asked 1; do kill -0 "$BACKGROUND"; done
	read_all
	wait "$BACKGROUND"
	[ "$(grep -c '"type":"RECORD"' out1)" = 3 ]
	tokens_asked 1
	[ "$(stat -c %a ledger.db.token-lock)" = 600 ]
}

@test "a run that was killed while it asked blocks no other" {
	start '{}'
	hold_token
	kill -9 "$BACKGROUND"
	wait "$BACKGROUND" || :
	read_all
	tokens_asked 2
}

@test "a process that asks for a token without an end is waited for as long as for a request, and named" {
	start '{"retry_budget":"1500ms"}'
	configure "$ALL"
	exec 5>ledger.db.token-lock
	flock 5
	run -75 --separate-stderr "$BIN/fetch" -v 5>&-
	exec 5>&-
	[ "$(grep -c 'another process is asking.*ledger.db.token-lock.*waited for' <<<"$stderr")" = 1 ]
	[ "$(grep -c 'too long.*ledger.db.token-lock' <<<"$stderr")" = 1 ]
	tokens_asked 0
	"$BIN/fetch" >out
	tokens_asked 1
}

@test "a token's lock that can't be made is 73 and named" {
	start '{}'
	mkdir ledger.db.token-lock
	run -73 --separate-stderr "$BIN/fetch"
	[[ $stderr == *ledger.db.token-lock* ]]
	rmdir ledger.db.token-lock
	ln -s elsewhere ledger.db.token-lock
	run -73 "$BIN/fetch"
	[ ! -e elsewhere ]
}

# ---- a login ---------------------------------------------------------------

CODE='{"auth":"authorization_code","scope":"urn:erp","redirect_port":0}'

# start_login [ARGS...]: a login in the background; $URL is what to open.
start_login() {
	: >url
	"$BIN/auditctl" login oracle "$@" >url 2>login.err 3>&- &
	BACKGROUND=$!
	until [ "$(wc -l <url)" = 1 ]; do kill -0 "$BACKGROUND"; done
	URL=$(cat url)
}

# end_login STATUS: it ends so.
end_login() {
	local status=0
	wait "$BACKGROUND" || status=$?
	BACKGROUND=
	[ "$status" = "$1" ]
}

# browse URL: as a browser does, redirects followed; the page.
browse() {
	curl -sfL "$1"
}

# log_in [ARGS...]: all of it.
log_in() {
	start_login "$@"
	browse "$URL" >page
	end_login 0
}

# query NAME: of $URL, decoded.
query() {
	tr '?&' '\n\n' <<<"$URL" | sed -n "s/^$1=//p" | sed -e 's/%3A/:/g' -e 's/%2F/\//g' -e 's/%20/ /g'
}

@test "without a refresh token the error names the command that gets one" {
	start "$CODE"
	run -77 --separate-stderr "$BIN/fetch"
	[[ $stderr == *oracle.refresh_token*'auditctl login oracle'* ]]
	tokens_asked 0
}

@test "a login keeps both tokens, and a run uses them" {
	start "$CODE" --scope urn:erp
	start_login
	[ "$(query response_type)|$(query client_id)|$(query code_challenge_method)" = 'code|sandbox|S256' ]
	[ "$(query scope)" = 'urn:erp offline_access' ]
	[ "$(query redirect_uri)" = "http://127.0.0.1:$(query redirect_uri | sed 's/.*:\([0-9]*\).*/\1/')/callback" ]
	[ "$(query state | wc -c)|$(query code_challenge | wc -c)" = '44|44' ]
	browse "$URL" >page
	end_login 0
	grep -q 'You can close this window' page
	grep -q 'logged in' login.err
	# The challenge is the verifier's.
	[ "$(printf %s "$(field code_verifier)" | openssl dgst -sha256 -binary | base64 | tr '+/' '-_' | tr -d =)" = "$(query code_challenge)" ]
	[ "$(field grant_type)" = authorization_code ]
	read_all
	tokens_asked 1
	"$BIN/auditctl" check
}

@test "two logins have nothing in common" {
	start "$CODE"
	log_in
	one="$(query state) $(query code_challenge)"
	log_in
	two="$(query state) $(query code_challenge)"
	[ "${one% *}" != "${two% *}" ]
	[ "${one#* }" != "${two#* }" ]
}

@test "a scope that has offline_access gets no second one" {
	start "$CODE"
	configure '{"scope":"offline_access urn:erp"}'
	log_in
	[ "$(query scope)" = 'offline_access urn:erp' ]
	jq 'del(.oracle.scope)' "$CONFIG" >config.new
	mv config.new "$CONFIG"
	log_in
	[ "$(query scope)" = offline_access ]
}

@test "each new token rotates the refresh token" {
	start "$CODE"
	log_in
	for ((i = 0; i < 3; i++)); do
		control erp/revoke
		read_all
		[ "$(field grant_type)" = refresh_token ]
	done
	[ "$(requests /oauth2/v1/token | jq -r .body | sort -u | wc -l)" = 4 ]
	"$BIN/auditctl" check
}

@test "a login for another scope isn't used" {
	start "$CODE"
	log_in
	configure '{"scope":"urn:other"}'
	run -77 --separate-stderr "$BIN/fetch"
	[[ $stderr == *oracle.scope*'auditctl login oracle'* ]]
	tokens_asked 1
	log_in
	read_all
	control erp/revoke
	read_all
	tokens_asked 3
}

@test "a refresh token that isn't rotated is kept" {
	start "$CODE"
	log_in
	control erp/revoke
	body=$(curl -sf -u sandbox:sandbox-secret -d grant_type=client_credentials "$SANDBOX/oauth2/v1/token")
	token_answer "$body"
	read_all
	control erp/revoke
	read_all
	[ "$(requests /oauth2/v1/token | jq -r '.body | select(startswith("grant_type=refresh"))' | sort -u | wc -l)" = 1 ]
}

@test "a refresh token that ended asks for another login" {
	start "$CODE"
	printf 'stale-canary' | vault oracle.refresh_token
	run -77 --separate-stderr "$BIN/fetch"
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == *invalid_grant*'auditctl login oracle'* ]]
	[[ $stderr != *stale-canary* ]]
	tokens_asked 1
}

@test "check renews a login's token without losing it" {
	start "$CODE"
	log_in
	run -0 "$BIN/fetch" --check
	[ "$(field grant_type)" = refresh_token ]
	read_all
	tokens_asked 2
}

@test "a public client logs in without a secret" {
	start "$CODE" --public-client
	"$BIN/auditctl" vault rm oracle.client_secret
	run -77 --separate-stderr "$BIN/auditctl" login oracle
	[[ $stderr == *oracle.client_secret* ]]
	configure '{"client_auth":"none"}'
	log_in
	[ "$(field client_id)" = sandbox ]
	control erp/revoke
	read_all
	[ "$(field client_id)|$(field client_secret)" = 'sandbox|' ]
}

@test "a client that isn't public is told to prove itself" {
	start "$CODE"
	configure '{"client_auth":"none"}'
	start_login
	browse "$URL" >page
	end_login 77
	grep -q 'invalid_client.*oracle.client_auth' login.err
}

@test "a client logs in with a signed assertion" {
	make_key
	start "$CODE" --jwt-key client.pem
	configure '{"client_auth":"assertion","certificate":"client.pem"}'
	vault oracle.private_key <client.key
	log_in
	[ "$(jwt_part 2 "$(field client_assertion)" | jq -r .sub)" = sandbox ]
}

@test "a person who says no is told, and nothing is kept" {
	start "$CODE"
	control 'erp/consent?deny=1'
	start_login
	browse "$URL" >page
	end_login 77
	grep -q refused page
	grep -q 'access_denied' login.err
	run -1 "$BIN/auditctl" vault rm oracle.refresh_token
}

@test "a redirect that isn't the login's own ends nothing, and shows nothing of it" {
	start "$CODE"
	start_login
	here=$(query redirect_uri)
	for words in 'state=wrong&code=x' 'code=x' 'error=access_denied' "state=$(query state)x&error=<b>"; do
		[ "$(curl -s -o page -w '%{http_code}' "$here?$words")" = 400 ]
		run -1 grep -q '<b>' page
	done
	[ "$(curl -s -o page -w '%{http_code}' "${here%/callback}/other?state=$(query state)&code=x")" = 404 ]
	[ "$(curl -s -o page -w '%{http_code}' -X POST -d x "$here?state=$(query state)&code=x")" = 404 ]
	browse "$URL" >page
	end_login 0
	[ "$(grep -c 'another state' login.err)" = 4 ]
	tokens_asked 1
}

@test "a redirect without a code, and one with another error, say what came" {
	start "$CODE"
	start_login
	curl -sf "$(query redirect_uri)?state=$(query state)" >page
	end_login 76
	grep -q 'no code' login.err
	start_login
	curl -sf "$(query redirect_uri)?state=$(query state)&error=invalid_scope&error_description=a%0Ab" >page
	end_login 77
	grep -q 'invalid_scope: a?b; .*oracle.scope' login.err
}

@test "a code that is refused is 77, one that gets no answer 69" {
	start "$CODE"
	start_login
	curl -sf "$(query redirect_uri)?state=$(query state)&code=bad-canary" >page
	end_login 77
	grep -q 'invalid_grant.*auditctl login oracle' login.err
	run -1 grep -q bad-canary login.err
	for fault in '"status":503' '"drop":true' '"status":429'; do
		control fault "{\"path\":\"/oauth2/v1/token\",$fault}"
		start_login
		browse "$URL" >page
		end_login 69
		grep -q 'oracle.token_url.*log in again' login.err
	done
	run -1 "$BIN/auditctl" vault rm oracle.refresh_token
}

@test "an answer without a refresh token is refused with the reason" {
	start "$CODE"
	start_login
	token_answer '{"access_token":"x","token_type":"Bearer","expires_in":3600}'
	curl -sf "$(query redirect_uri)?state=$(query state)&code=x" >page
	end_login 77
	grep -q offline_access login.err
	run -1 "$BIN/auditctl" vault rm oracle.access_token
}

@test "a port that is taken is named, and another can be given" {
	start "$CODE"
	configure "{\"redirect_port\":${SANDBOX##*:}}"
	run -69 --separate-stderr "$BIN/auditctl" login oracle
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == *"port ${SANDBOX##*:}"*'in use'* ]]
	[ -z "$output" ]
	log_in --port 0
}

@test "an address that can't be shown is 74 at once" {
	start "$CODE"
	status=0
	"$BIN/auditctl" login oracle >/dev/full 2>login.err || status=$?
	[ "$status" = 74 ]
	grep -q stdout login.err
}

@test "nobody who comes in time is 75" {
	start "$CODE"
	run -75 --separate-stderr "$BIN/auditctl" login oracle --timeout 50ms
	[[ $stderr == *'nobody logged in'* ]]
}

@test "a browser is started on a terminal with a display alone, unless it isn't wanted" {
	start "$CODE"
	mkdir stub
	printf '#!/bin/sh\nprintf "%%s\\n" "$1" >"%s/opened"\n' "$PWD" >stub/xdg-open
	chmod +x stub/xdg-open
	export PATH=$PWD/stub:$PATH DISPLAY=:9
	log_in
	[ ! -e opened ]
	script -qefc "'$BIN/auditctl' login oracle --no-browser --timeout 300ms" /dev/null >screen </dev/null || [ $? = 75 ]
	[ ! -e opened ]
	(
		unset DISPLAY WAYLAND_DISPLAY
		script -qefc "'$BIN/auditctl' login oracle --timeout 300ms" /dev/null >screen </dev/null || [ $? = 75 ]
	)
	[ ! -e opened ]
	script -qefc "'$BIN/auditctl' login oracle" /dev/null >screen 3>&- </dev/null &
	BACKGROUND=$!
	until [ -s opened ]; do kill -0 "$BACKGROUND"; done
	browse "$(cat opened)" >page
	end_login 0
}

@test "what a login can't do it says before anybody logs in" {
	start '{}'
	run -78 --separate-stderr "$BIN/auditctl" login oracle
	[[ $stderr == *oracle.auth*authorization_code* ]]
	configure "$CODE"
	configure '{"token_url":"http://127.0.0.1:1/other"}'
	run -78 --separate-stderr "$BIN/auditctl" login oracle
	[[ $stderr == *oracle.authorize_url* ]]
	configure '{"authorize_url":"http://erp.example.com/a"}'
	run -78 --separate-stderr "$BIN/auditctl" login oracle
	[[ $stderr == *oracle.authorize_url*https* ]]
	configure '{"authorize_url":"https://erp.example.com/a?tenant=1"}'
	run -75 --separate-stderr "$BIN/auditctl" login oracle --timeout 1ms
	[[ $output == 'https://erp.example.com/a?tenant=1&response_type=code&'* ]]
	configure '{"redirect_port":70000}'
	run -78 --separate-stderr "$BIN/auditctl" login oracle
	[[ $stderr == *redirect_port*65535* ]]
}

@test "a login that is asked for in other words is 64" {
	start "$CODE"
	for words in '' teams 'slack --port 1' 'oracle slack' 'oracle --port' 'oracle --port 1,no-browser' 'oracle --port x' \
		'oracle --port 65536' 'oracle --port -1' 'oracle --timeout never' 'oracle --timeout 61m' 'oracle --timeout 0s' 'oracle --other'; do
		# shellcheck disable=SC2086 # words
		run -64 --separate-stderr "$BIN/auditctl" login $words
		[ -z "$output" ]
		[ "${#stderr_lines[@]}" = 1 ]
	done
	run -64 --separate-stderr "$BIN/auditctl" --db ledger.db --key-file ledger.key login oracle
	[[ $stderr == *--config* ]]
	for words in other no-browser=1 port port= 'timeout' ',' 'port=1x'; do
		run -64 "$BIN/fetch" "--login=$words"
	done
}

@test "auditctl passes on where the configuration is, and how to log" {
	start "$CODE"
	mv "$CONFIG" other.json
	unset LEDGERPIPE_CONFIG
	run -75 --separate-stderr "$BIN/auditctl" --config other.json --log json login oracle --timeout 1ms
	[ "$(jq -rs '.[-1].tool' <<<"$stderr")" = fetch ]
	[[ $output == "$SANDBOX/"* ]]
}

@test "an auditctl without its fetch says what it can't run" {
	mkdir elsewhere
	cp "$BIN/auditctl" elsewhere/
	run -71 --separate-stderr elsewhere/auditctl login oracle
	[[ $stderr == *elsewhere/fetch* ]]
}

@test "auditctl has no library that speaks to a network" {
	readelf -d "$BIN/auditctl" >needs
	run -1 grep -q 'curl\|microhttpd\|ssl' needs
	grep -q sqlite needs
}

# ---- durability ------------------------------------------------------------

# refuse_store: the ledger can be written, but takes no other refresh token.
refuse_store() {
	sqlite3 ledger.db "create trigger full before update on vault when new.name = 'oracle.refresh_token'
		begin select raise(abort, 'full'); end"
}

# mend_store: it does again.
mend_store() {
	sqlite3 -cmd '.timeout 10000' ledger.db 'drop trigger full'
}

@test "no token is used before its refresh token is stored, and a kill then loses nothing" {
	start "$CODE" --late-rotation
	log_in
	control erp/revoke
	requests /fscmRestApi >before
	refuse_store
	configure '{"retry_budget":"1h"}'
	sqlite3 ledger.db 'select name, hex(nonce) from vault order by name' >kept
	poll
	# The revoked token is refused, and a new one is given.
	until_said 'full; it is waited for'
	tokens_asked 2
	asked=$(requests /fscmRestApi | wc -l)
	[ "$asked" = $(($(wc -l <before) + 1)) ]
	kill -9 "$POLLER"
	wait "$POLLER" || :
	POLLER=
	[ ! -s out1 ]
	sqlite3 ledger.db 'select name, hex(nonce) from vault order by name' | cmp - kept
	mend_store
	# The old token is still there, and is good.
	read_all
	tokens_asked 3
	[ "$(jq -r .body asked | sed -n 2p)" = "$(jq -r .body asked | sed -n 3p)" ]
	"$BIN/auditctl" check
}

@test "a refresh token that can't be stored yet is stored later, and none is asked for again" {
	start "$CODE"
	log_in
	control erp/revoke
	refuse_store
	configure '{"retry_budget":"1h"}'
	poll
	until_said 'full; it is waited for'
	mend_store
	until [ "$(grep -c '"type":"RECORD"' out1)" = 3 ]; do kill -0 "$POLLER"; done
	end_poll
	tokens_asked 2
	# It was the new one that was stored.
	control erp/revoke
	read_all
	"$BIN/auditctl" check
}

@test "a run that ends before it could store a refresh token says that the login is lost" {
	start "$CODE"
	log_in
	control erp/revoke
	refuse_store
	configure '{"retry_budget":"1h"}'
	poll
	until_said 'full; it is waited for'
	end_poll
	grep -q 'refresh token is lost.*log in again' err1
}

@test "a login that is lost since it can't be stored asks for another, and isn't tried again" {
	start "$CODE"
	log_in
	control erp/revoke
	refuse_store
	configure '{"retry_budget":"0s"}'
	poll
	until_said 'refresh token is lost.*full.*auditctl login oracle'
	passes 3
	tokens_asked 2
	[ "$(requests /fscmRestApi | wc -l)" = 1 ]
	mend_store
	log_in
	kill -USR1 "$POLLER"
	until [ "$(grep -c '"type":"RECORD"' out1)" = 3 ]; do kill -0 "$POLLER"; done
	end_poll
	tokens_asked 3
	"$BIN/auditctl" check
}

@test "a ledger that can't be written is noticed before a refresh token is spent" {
	start "$CODE"
	log_in
	control erp/revoke
	sqlite3 ledger.db "create trigger full before insert on vault begin select raise(abort, 'full'); end"
	run -70 --separate-stderr "$BIN/fetch"
	[ -z "$output" ]
	[[ $stderr == *ledger*full* ]]
	tokens_asked 1
	mend_store
	read_all
	tokens_asked 2
}

@test "an answer that is lost is asked for again with the old refresh token" {
	start "$CODE" --late-rotation
	log_in
	control erp/revoke
	control fault '{"path":"/oauth2/v1/token","handle":true,"reset":true}'
	read_all
	tokens_asked 3
	[ "$(jq -r .body asked | sed -n 2p)" = "$(jq -r .body asked | sed -n 3p)" ]
}

# ---- secrets ---------------------------------------------------------------

# nowhere WORD...: in no file here but the sandbox's own logs, in clear or as
# a form has it.
nowhere() {
	local word
	for word; do
		run -1 grep -rlaF --exclude=requests --exclude=asked --exclude='*.key' --exclude=out -- "$word" .
	done
}

@test "no secret is in the ledger's files, in a log, in argv or in the environment" {
	make_key
	start '{"auth":"user_assertion","user":"ann","certificate":"client.pem"}' --jwt-key client.pem --user ann \
		--client-secret client-canary-1
	printf client-canary-1 | vault oracle.client_secret
	vault oracle.private_key <client.key
	hold_token
	tr '\0' '\n' <"/proc/$BACKGROUND/cmdline" >cmdline
	tr '\0' '\n' <"/proc/$BACKGROUND/environ" >environ
	kill -9 "$BACKGROUND"
	wait "$BACKGROUND" || :
	BACKGROUND=
	control fault '{"path":"/fscmRestApi","status":401,"count":2}'
	run -77 --separate-stderr "$BIN/fetch"
	printf '%s\n%s\n' "$output" "$stderr" >said
	read_all
	token=$(requests /fscmRestApi | tail -n 1 | jq -r '.headers.Authorization | ltrimstr("Bearer ")')
	[ -n "$token" ]
	nowhere client-canary-1 "$(printf sandbox:client-canary-1 | base64)" "$token" "$(field assertion)" \
		"$(sed -n 2p client.key)"
}

@test "no secret of a login is anywhere but in the vault" {
	start "$CODE"
	start_login
	tr '\0' '\n' <"/proc/$BACKGROUND/cmdline" >cmdline
	tr '\0' '\n' <"/proc/$BACKGROUND/environ" >environ
	browse "$URL" >page
	end_login 0
	verifier=$(field code_verifier) code=$(field code)
	control erp/revoke
	read_all
	refresh=$(field refresh_token)
	[ -n "$verifier" ]
	[ -n "$code" ]
	[ -n "$refresh" ]
	token=$(requests /fscmRestApi | tail -n 1 | jq -r '.headers.Authorization | ltrimstr("Bearer ")')
	nowhere "$verifier" "$code" "$refresh" "$token" sandbox-secret
}

@test "a signal in the middle of a refresh loses no login" {
	start "$CODE"
	log_in
	control erp/revoke
	control fault '{"path":"/oauth2/v1/token","delay_ms":1000}'
	"$BIN/fetch" >out1 2>err1 3>&- &
	BACKGROUND=$!
	until tokens_asked 2; do kill -0 "$BACKGROUND"; done
	kill -TERM "$BACKGROUND"
	status=0
	wait "$BACKGROUND" || status=$?
	BACKGROUND=
	[ "$status" = 75 ]
	# What was given meanwhile is in the vault.
	read_all
	tokens_asked 2
}

@test "a check, a discovery and a login end at the first signal" {
	start '{}'
	control fault '{"path":"/oauth2/v1/token","delay_ms":60000}'
	"$BIN/fetch" --check >out1 2>err1 3>&- &
	BACKGROUND=$!
	until tokens_asked 1; do kill -0 "$BACKGROUND"; done
	kill -TERM "$BACKGROUND"
	status=0
	wait "$BACKGROUND" || status=$?
	BACKGROUND=
	[ "$status" = 143 ]
}
