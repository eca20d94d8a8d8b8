#!/usr/bin/env bats
# fetch: the ERP's records, each once, as a Singer tap.
load helper
export BIN

setup() {
	setup_ledger
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	stop_sandbox
}

# configure ORACLE: the oracle section of the configuration.
configure() {
	printf '{"oracle":%s}\n' "$1" >"$CONFIG"
}

# requests PATH: the sandbox's requests whose path starts so, one a line.
requests() {
	curl -sf "$SANDBOX/_control/requests" >requests
	jq -c --arg path "$1" 'select(.path | startswith($path))' requests
}

# answer BODY [COUNT]: what the pod's next requests are answered with.
answer() {
	control fault "$(jq -nc --arg body "$1" --argjson count "${2:-1}" '{path: "/fscmRestApi", status: 200,
		count: $count, body: $body, content_type: "application/json",
		headers: {"REST-Framework-Version": "4"}}')"
}

# last_state: the value of the last STATE in out.
last_state() {
	jq -c 'select(.type == "STATE") | .value' out | tail -n 1
}

@test "help and version go to stdout, usage errors are 64" {
	run -0 --separate-stderr "$BIN/fetch" --help
	[[ $output == usage:* ]]
	run -0 --separate-stderr "$BIN/fetch" --version
	[[ $output == *ledgerpipe* ]]
	for words in --nothing operand '--since yesterday' '--since 2999-01-01' '--since 2026-01-01 --state x' '--log xml'; do
		# shellcheck disable=SC2086 # words
		run -64 --separate-stderr "$BIN/fetch" $words
		[ -z "$output" ]
		[[ $stderr == fetch:* ]]
	done
}

@test "without a stream the error says where to name one" {
	run -78 --separate-stderr "$BIN/fetch"
	[[ $stderr == *oracle.streams* ]]
}

@test "a stream that is not built in must bring path, key and cursor" {
	configure '{"streams":{"workers":{}}}'
	run -78 --separate-stderr "$BIN/fetch"
	[[ $stderr == *workers*path*key*cursor* ]]
}

@test "a missing URL is named" {
	configure '{"streams":{"invoices":{}}}'
	run -78 --separate-stderr "$BIN/fetch"
	[[ $stderr == *oracle.url* ]]
}

@test "http to another machine is refused" {
	configure '{"url":"http://erp.example.com","streams":{"invoices":{}}}'
	run -78 --separate-stderr "$BIN/fetch"
	[[ $stderr == *https* ]]
}

@test "a page size over the server's cap is refused with the range" {
	configure '{"page_size":500,"streams":{"invoices":{}}}'
	run -78 --separate-stderr "$BIN/fetch"
	[[ $stderr == *page_size*499* ]]
}

@test "a missing client secret says how to set it" {
	"$BIN/auditctl" vault rm oracle.client_secret
	configure '{"url":"http://127.0.0.1:1","token_url":"http://127.0.0.1:1/t","client_id":"c","streams":{"invoices":{}}}'
	run -77 --separate-stderr "$BIN/fetch"
	[[ $stderr == *'auditctl vault set oracle.client_secret'* ]]
}

@test "an ERP that stays away is 69, and nothing is written" {
	configure '{"url":"http://127.0.0.1:1","token_url":"http://127.0.0.1:1/t","client_id":"c","retry_budget":"1s","streams":{"invoices":{}}}'
	run -69 --separate-stderr "$BIN/fetch"
	[ -z "$output" ]
	[[ $stderr == *'no answer'* ]]
}

@test "a state file that can't be read is 66" {
	configure '{"url":"http://127.0.0.1:1","token_url":"http://127.0.0.1:1/t","client_id":"c","streams":{"invoices":{}}}'
	run -66 --separate-stderr "$BIN/fetch" --state nowhere.json
	[[ $stderr == *nowhere.json* ]]
}

# read_all [ARGS...]: one pass, kept in out; the ids that came in ids.
read_all() {
	"$BIN/fetch" "$@" >out
	jq -r 'select(.type == "RECORD") | .record | .InvoiceId // .POHeaderId // .JeBatchId' out >ids
}

@test "every row of all streams comes once, ties larger than a page too" {
	start_sandbox --invoices 120 --orders 60 --journals 30
	configure_sandbox '{"invoices":{"page_size":50},"purchaseOrders":{"page_size":25},"journalBatches":{"page_size":25}}'
	read_all
	[ "$(wc -l <ids)" = 210 ]
	[ "$(sort -u ids | wc -l)" = 210 ]
}

@test "a STATE counts the records since the last, and ends whole groups" {
	start_sandbox --invoices 40 --orders 60
	configure_sandbox '{"purchaseOrders":{}}'
	read_all
	[ "$(jq -s '[.[] | select(.type == "STATE") | .stats.records] | add' out)" = 60 ]
	[ "$(jq -r .type out | head -1)" = SCHEMA ]
	[ "$(jq -r .type out | tail -1)" = STATE ]
	# No record behind a STATE is as old as its bookmark.
	jq -rs 'def time: sub("\\+00:00$"; "") | if test("\\.") then . + "Z" else . + ".000Z" end;
		reduce .[] as $line ({mark: ""};
		if $line.type == "STATE" then .mark = $line.value.bookmarks.purchaseOrders.replication_key_value
		elif $line.type == "RECORD" and ($line.record.LastUpdateDate | time) <= .mark then error("late") else . end) | .mark' out
}

@test "a record keeps its digits and loses only its links" {
	start_sandbox --invoices 1
	configure_sandbox
	read_all
	id=$(cat ids)
	curl -sf -X POST "$SANDBOX/_control/erp/update?stream=invoices&id=$id" \
		-d '{"InvoiceAmount":300000123456789012.10,"ControlAmount":1E+3}' >/dev/null
	read_all
	grep -q '"InvoiceAmount":300000123456789012.10,' out
	grep -q '"ControlAmount":1E+3,' out
	run -1 grep -q '"links"' out
}

@test "a stream without a record since the time of --since is read from there by the next run" {
	start_sandbox --invoices 30
	configure_sandbox
	since=$(date -u +%Y-%m-%dT%H:%M:%S.000Z)
	run -0 "$BIN/fetch" --since "$since"
	[ "$output" = '{"type":"STATE","value":{"bookmarks":{"invoices":{"replication_key":"LastUpdateDate","replication_key_value":"'"$since"'"}}},"stats":{"records":0}}' ]
	"$BIN/fetch" --since "$since" >state.line
	jq .value state.line >state.json
	run -0 "$BIN/fetch" --state state.json
	[[ $output != *RECORD* ]]
}

@test "a time of --since behind the bookmark leaves the bookmark where it is" {
	start_sandbox --orders 60
	configure_sandbox '{"purchaseOrders":{}}'
	sqlite3 ledger.db "insert into bookmarks values ('default', 'purchaseOrders', 'LastUpdateDate', '2020-01-01T00:00:00.000Z', '2020-01-01T00:00:00.000Z')"
	run -0 --separate-stderr "$BIN/fetch" --since 2021-01-01
	[[ $stderr == *'purchaseOrders'*'bookmark 2020-01-01'*'stays'* ]]
	[ "$(jq -r 'select(.type == "STATE").value.bookmarks.purchaseOrders.replication_key_value' <<<"$output" | sort -u)" = 2020-01-01T00:00:00.000Z ]
	[ "$(jq -s '[.[] | select(.type == "STATE").stats.records] | add' <<<"$output")" = 60 ]
}

@test "a time of --until must be later than that of --since" {
	run -64 "$BIN/fetch" --since 2026-01-02 --until 2026-01-01
}

@test "check asks for a new token, so that yesterday's hides no wrong secret" {
	start_sandbox --invoices 3
	configure_sandbox
	run -0 --separate-stderr "$BIN/fetch" --check
	[[ $stderr == *'1 of 1 streams can be read'* ]]
	sqlite3 ledger.db "create table kept as select * from vault where name = 'oracle.access_token'"
	printf wrong | "$BIN/auditctl" vault set oracle.client_secret
	sqlite3 ledger.db 'insert into vault select * from kept'
	run -77 "$BIN/fetch" --check
}

@test "a new client secret ends the token that the old one got, and another client doesn't use it" {
	start_sandbox --invoices 3
	configure_sandbox
	"$BIN/fetch" >out
	jq '.oracle.client_id = "somebody"' "$CONFIG" >other.json
	run -77 "$BIN/fetch" --config other.json
	printf wrong | "$BIN/auditctl" vault set oracle.client_secret
	run -77 "$BIN/fetch"
}

@test "a state file starts where it ends, and is never emptied" {
	start_sandbox --invoices 30
	configure_sandbox '{"invoices":{"page_size":50,"overlap":"0s"}}'
	read_all
	jq -c 'select(.type == "STATE") | .value' out | tail -n 1 >state
	control 'erp/insert?stream=invoices&count=2'
	read_all --state state
	[ "$(sort -u ids | wc -l)" -ge 2 ]
	[ "$(wc -l <ids)" -lt 30 ]
	jq -c 'select(.type == "STATE") | .value' out | tail -n 1 >state
	"$BIN/fetch" --state state --until 2000-01-01 >out
	[ "$(jq -c 'select(.type == "STATE") | .value' out)" = "$(cat state)" ]
}

@test "a row that changes while it is read hides no other" {
	start_sandbox --invoices 150
	configure_sandbox '{"invoices":{"page_size":50}}'
	read_all
	sort -u ids >all
	first=$(head -1 ids)
	control "erp/update?stream=invoices&id=$first&after=1" '{"Description":"changed"}'
	"$BIN/fetch" >out
	jq -r 'select(.type == "RECORD") | .record.InvoiceId' out | sort -u | cmp all
}

@test "the token is asked for once, kept in the vault, renewed once on 401" {
	start_sandbox --invoices 3
	configure_sandbox
	read_all
	read_all
	tokens() { curl -s "$SANDBOX/_control/requests" | jq -r .path | grep -c '^/oauth2/v1/token'; }
	[ "$(tokens)" = 1 ]
	control erp/revoke
	read_all
	[ "$(wc -l <ids)" = 3 ]
	[ "$(tokens)" = 2 ]
}

@test "a wrong client secret is 77, told once, with the remedy and without the secret" {
	start_sandbox --invoices 3
	configure_sandbox '{"invoices":{},"purchaseOrders":{},"journalBatches":{}}'
	printf 'wrong-canary' | "$BIN/auditctl" vault set oracle.client_secret
	run -77 --separate-stderr "$BIN/fetch"
	[ -z "$output" ]
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == *invalid_client*'auditctl vault set oracle.client_secret'* ]]
	[[ $stderr != *wrong-canary* ]]
	# A client that keeps trying may be locked out.
	[ "$(requests /oauth2 | wc -l)" = 1 ]
}

@test "errors that time mends are tried again" {
	start_sandbox --invoices 3
	configure_sandbox
	control fault '{"path":"/fscmRestApi","status":503,"body":"<html>planned outage</html>","content_type":"text/html"}'
	control fault '{"path":"/fscmRestApi","status":429,"headers":{"Retry-After":"1"}}'
	control fault '{"path":"/fscmRestApi","drop":true}'
	read_all
	[ "$(wc -l <ids)" = 3 ]
}

@test "a refusal is said in the server's own words, and the other streams go on" {
	start_sandbox --invoices 3 --orders 2
	configure_sandbox '{"invoices":{"filter":"Nothing = 1"},"purchaseOrders":{"page_size":100}}'
	run -78 --separate-stderr "$BIN/fetch"
	[[ $stderr == *invoices*'HTTP 400'*Nothing*ECID* ]]
	[ "$(jq -r 'select(.type == "RECORD") | .stream' <<<"$output" | sort -u)" = purchaseOrders ]
}

@test "a page of another kind than JSON, a redirect and a forbidden one are told apart" {
	start_sandbox --invoices 3
	configure_sandbox
	control fault '{"path":"/fscmRestApi","status":200,"body":"<html>log in</html>","content_type":"text/html"}'
	run -76 --separate-stderr "$BIN/fetch"
	[[ $stderr == *'log-in page'* ]]
	control fault '{"path":"/fscmRestApi","status":302,"headers":{"Location":"http://127.0.0.1:1/login"}}'
	run -76 --separate-stderr "$BIN/fetch"
	control fault '{"path":"/fscmRestApi","status":403,"body":"<HTML>Access Denied</HTML>","content_type":"text/html"}'
	run -77 --separate-stderr "$BIN/fetch"
}

@test "children that the page cut are read on from their own address, nested ones too" {
	start_sandbox --invoices 60 --orders 40 --journals 30
	configure_sandbox '{"invoices":{},"purchaseOrders":{},"journalBatches":{}}'
	for size in 499 2; do
		sed -i 's/"page_size": [0-9]*/"page_size": '$size'/' "$CONFIG"
		read_all
		# How a collection was paged is no part of it.
		jq -cS 'select(.type == "RECORD") | .record | walk(if type == "object" and has("items") then .items else . end)' \
			out | sort >"whole.$size"
	done
	[ "$(wc -l <whole.2)" = 130 ]
	cmp whole.499 whole.2
	run -1 grep -q '"hasMore":true' out
	requests /fscmRestApi | grep -q '/child/'
	requests /fscmRestApi | grep -q '/child/.*/child/'
}

@test "check asks for a token and one row of each stream and writes nothing" {
	start_sandbox --invoices 3
	configure_sandbox
	run -0 --separate-stderr "$BIN/fetch" --check
	[ -z "$output" ]
}

# HEADERS: a stream without children, for pages of any size.
HEADERS='"fields":"InvoiceId,LastUpdateDate"'

@test "a token that ends in the middle of a run is renewed once" {
	start_sandbox --invoices 60
	configure_sandbox "{\"invoices\":{\"page_size\":20,$HEADERS}}"
	control fault '{"path":"/fscmRestApi","skip":1,"status":401,"body":"<html>"}'
	read_all
	[ "$(wc -l <ids)" = 60 ]
	[ "$(sort -u ids | wc -l)" = 60 ]
	[ "$(requests /oauth2 | wc -l)" = 2 ]
}

@test "a fresh token that is refused as well ends with 77 and what to check" {
	start_sandbox --invoices 3
	configure_sandbox
	control fault '{"path":"/fscmRestApi","status":401,"body":"<html>","count":2}'
	run -77 --separate-stderr "$BIN/fetch"
	[ -z "$output" ]
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == *invoices*401*'oracle.scope'* ]]
}

@test "a token endpoint that is none is a matter of its URL" {
	start_sandbox --invoices 3
	configure_sandbox
	sed -i 's|/oauth2/v1/token|/oauth2/v1/tokens|' "$CONFIG"
	run -78 --separate-stderr "$BIN/fetch"
	[[ $stderr == *oracle.token_url*404* ]]
}

@test "an unknown resource is told in the server's own words, once" {
	start_sandbox --invoices 3
	configure_sandbox '{"nothing":{"path":"/fscmRestApi/resources/latest/nothing","key":"Id","cursor":"LastUpdateDate"}}'
	run -78 --separate-stderr "$BIN/fetch"
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == *nothing*'HTTP 404'*'Not Found'* ]]
}

@test "a refusal in plain text is told as well, and without an ECID none is named" {
	start_sandbox --invoices 3
	configure_sandbox
	control fault '{"path":"/fscmRestApi","status":400,"body":"URL request parameter q cannot be used in this context.","content_type":"text/plain"}'
	run -78 --separate-stderr "$BIN/fetch"
	[[ $stderr == *'HTTP 400: URL request parameter q cannot'* ]]
	[[ $stderr != *ECID* ]]
}

@test "Retry-After is waited for" {
	start_sandbox --invoices 3
	configure_sandbox
	control fault '{"path":"/fscmRestApi","status":429,"headers":{"Retry-After":"1"}}'
	read_all
	[ "$(wc -l <ids)" = 3 ]
	requests /fscmRestApi >asked
	[ "$(jq -s 'length == 3 and .[1].at_ms - .[0].at_ms >= 1000' asked)" = true ]
}

@test "an ERP that stays broken is 69 when the retry budget is spent, and says so" {
	start_sandbox --invoices 3
	configure_sandbox
	sed -i 's/"retry_budget": "5s"/"retry_budget": "1s"/' "$CONFIG"
	control fault '{"path":"/fscmRestApi","status":503,"count":99}'
	run -69 --separate-stderr "$BIN/fetch"
	[ -z "$output" ]
	tries=$(requests /fscmRestApi | wc -l)
	[ "$tries" -ge 2 ]
	[[ $stderr == *invoices*"HTTP 503, $tries times"* ]]
}

@test "a broken answer is read again, not half believed" {
	start_sandbox --invoices 60
	configure_sandbox "{\"invoices\":{\"page_size\":20,$HEADERS}}"
	control fault '{"path":"/fscmRestApi","skip":1,"truncate":true}'
	read_all
	[ "$(wc -l <ids) $(sort -u ids | wc -l)" = '60 60' ]
}

@test "rows that change, come and go while they are read hide no other" {
	start_sandbox --invoices 120
	configure_sandbox "{\"invoices\":{\"page_size\":10,$HEADERS}}"
	read_all
	sort -u ids >all
	for after in 1 2 3 5 8; do
		id=$(sed -n "${after}0p" ids)
		control "erp/update?stream=invoices&id=$id&after=$after" '{"Description":"changed"}'
	done
	read_all
	sort -u ids | cmp - all
	# Only what changed comes twice.
	[ "$(sort ids | uniq -d | wc -l)" -le 5 ]
}

@test "a row that leaves a tie larger than a page takes no other with it" {
	start_sandbox --invoices 0 --orders 3
	configure_sandbox '{"purchaseOrders":{"page_size":10,"fields":"POHeaderId,LastUpdateDate"}}'
	control 'erp/insert?stream=purchaseOrders&count=50&stamp=2026-01-31T08:00:00Z'
	read_all
	sort -u ids >all
	[ "$(wc -l <all)" = 53 ]
	for after in 1 2 3 4 5 6; do
		id=$(jq -r 'select(.type == "RECORD") | .record | select(.LastUpdateDate | startswith("2026-01-31T08:00:00")) | .POHeaderId' out | head -1)
		control "erp/update?stream=purchaseOrders&id=$id&after=$after" '{"Description":"changed"}'
		read_all
		sort -u ids | cmp - all
	done
}

@test "a server that clamps the limit is read to the end" {
	start_sandbox --invoices 60 --page-cap 7
	configure_sandbox "{\"invoices\":{\"page_size\":50,$HEADERS}}"
	control 'erp/insert?stream=invoices&count=30&stamp=2026-01-31T08:00:00Z'
	read_all
	[ "$(wc -l <ids) $(sort -u ids | wc -l)" = '90 90' ]
}

@test "twenty thousand rows with one stamp come once each" {
	start_sandbox --invoices 1
	configure_sandbox "{\"invoices\":{\"page_size\":499,$HEADERS}}"
	control 'erp/insert?stream=invoices&count=20000&stamp=2026-01-31T08:00:00Z'
	read_all
	[ "$(wc -l <ids) $(sort -u ids | wc -l)" = '20001 20001' ]
}

@test "a row that comes later with the stamp of the bookmark is read by the next run" {
	start_sandbox --invoices 5
	configure_sandbox '{"invoices":{"page_size":100,"overlap":"0s"}}'
	read_all
	jq -c 'select(.type == "STATE") | .value' out | tail -n 1 >state
	mark=$(jq -r '.bookmarks.invoices.replication_key_value' state)
	control "erp/insert?stream=invoices&count=1&stamp=$mark"
	sort ids >before
	read_all --state state
	[ "$(sort ids | comm -13 before - | wc -l)" = 1 ]
}

@test "a row that is committed late is read within the overlap" {
	start_sandbox --invoices 5
	configure_sandbox '{"invoices":{"page_size":100,"overlap":"10m"}}'
	read_all
	jq -c 'select(.type == "STATE") | .value' out | tail -n 1 >state
	late=$(jq -r '.bookmarks.invoices.replication_key_value | sub("\\.[0-9]+Z$"; "Z") | fromdate - 300 | todate' state)
	control "erp/insert?stream=invoices&count=1&stamp=$late"
	sort ids >before
	read_all --state state
	[ "$(sort ids | comm -13 before - | wc -l)" = 1 ]
	# The bookmark doesn't go back.
	[ "$(jq -c 'select(.type == "STATE") | .value' out | tail -n 1)" = "$(cat state)" ]
}

@test "an answer over the ceiling is 76 and says what helps" {
	start_sandbox --invoices 10
	configure_sandbox '{"invoices":{"page_size":50,"fields":"InvoiceId,LastUpdateDate,Description"}}'
	read_all
	printf '{"Description":"%07000000d"}' 0 >big
	while read -r id; do
		curl -sf -X POST "$SANDBOX/_control/erp/update?stream=invoices&id=$id" --data-binary @big >/dev/null
	done <ids
	run -76 --separate-stderr "$BIN/fetch"
	[ "$(grep -c '"RECORD"' <<<"$output")" -lt 10 ]
	[[ $stderr == *invoices*page_size* ]]
	sed -i 's/"page_size": 50/"page_size": 3/' "$CONFIG"
	read_all
	[ "$(wc -l <ids)" = 10 ]
}

@test "an answer without items is an empty one, unless more is promised" {
	start_sandbox --invoices 3
	configure_sandbox
	answer '{"count":0,"hasMore":false}' 2
	run -0 --separate-stderr "$BIN/fetch"
	[ -z "$output" ]
	curl -sf -X DELETE "$SANDBOX/_control/fault"
	answer '{"hasMore":true}' 2
	run -76 --separate-stderr "$BIN/fetch"
	[[ $stderr == *'promises more'* ]]
	answer '{"items":{}}' 2
	run -76 --separate-stderr "$BIN/fetch"
	curl -sf -X DELETE "$SANDBOX/_control/fault"
	answer '{"items":[{"InvoiceId":1' 2
	run -76 --separate-stderr "$BIN/fetch"
	[[ $stderr == *invoices*JSON* ]]
	[ -z "$output" ]
}

@test "a server of another framework version is refused" {
	start_sandbox --invoices 3
	configure_sandbox
	control fault '{"path":"/fscmRestApi","status":200,"body":"{\"items\":[]}","content_type":"application/json"}'
	run -76 --separate-stderr "$BIN/fetch"
	[[ $stderr == *REST-Framework-Version* ]]
}

@test "a closed output, a full one and one whose reader left are 74" {
	start_sandbox --invoices 60
	configure_sandbox '{"invoices":{"page_size":100}}'
	# shellcheck disable=SC2016 # expanded by the inner shell
	run -74 --separate-stderr bash -c '"$BIN/fetch" >&-'
	[[ $stderr == *output* ]]
	run -74 --separate-stderr bash -c '"$BIN/fetch" >/dev/full'
	mkfifo pipe
	bash -c 'exec 8<pipe' &
	run -74 --separate-stderr bash -c '"$BIN/fetch" >pipe'
	wait $!
	run -0 "$BIN/auditctl" check
}

@test "a state that is none is refused by name, and one without bookmarks starts afresh" {
	start_sandbox --invoices 3
	configure_sandbox
	printf '{"bookmarks":' >state
	run -65 --separate-stderr "$BIN/fetch" --state state
	[[ $stderr == *"'state'"* ]]
	printf '{"type":"STATE","value":{"bookmarks":{}}}' >state
	run -65 --separate-stderr "$BIN/fetch" --state state
	[[ $stderr == *"'state'"*bookmarks* ]]
	printf '{"bookmarks":{"invoices":{"replication_key_value":"yesterday"}}}' >state
	run -65 --separate-stderr "$BIN/fetch" --state state
	[[ $stderr == *invoices*yesterday* ]]
	printf '{}' >state
	read_all --state state
	[ "$(wc -l <ids)" = 3 ]
	: >state
	read_all --state state
	[ "$(wc -l <ids)" = 3 ]
}

@test "an unknown key of a stream is named" {
	configure '{"streams":{"invoices":{"pagesize":25}}}'
	run -78 --separate-stderr "$BIN/fetch"
	[[ $stderr == *oracle.streams.invoices.pagesize* ]]
}

@test "check refuses a filter that a run would stumble over" {
	start_sandbox --invoices 3
	configure_sandbox '{"invoices":{"filter":"Nothing = 1"}}'
	run -78 --separate-stderr "$BIN/fetch" --check
	[[ $stderr == *invoices*Nothing* ]]
}

@test "check warns of a stream that shows no row" {
	start_sandbox --invoices 0
	configure_sandbox
	run -0 --separate-stderr "$BIN/fetch" --check
	[ -z "$output" ]
	[[ $stderr == *invoices*roles* ]]
}

@test "the token is in no argument, environment, message or file in clear" {
	start_sandbox --invoices 3
	configure_sandbox
	control fault '{"path":"/fscmRestApi","delay_ms":20000,"count":2}'
	"$BIN/fetch" --log json >out 2>err 3>&- &
	local fetch=$!
	until [ -n "$(requests /fscmRestApi)" ]; do :; done
	token=$(requests /fscmRestApi | jq -r '.headers.Authorization | ltrimstr("Bearer ")')
	[ "${#token}" -ge 16 ]
	tr '\0' '\n' <"/proc/$fetch/cmdline" >arguments
	tr '\0' '\n' <"/proc/$fetch/environ" >environment
	kill "$fetch"
	wait "$fetch" || :
	rm requests
	run -1 grep -rlaF -e "$token" -e sandbox-secret .
}

@test "a stamp in the future never becomes the bookmark, and its stream says so at every run" {
	start_sandbox --invoices 5 --orders 2
	configure_sandbox "{\"invoices\":{\"page_size\":100,\"overlap\":\"0s\",$HEADERS},\"purchaseOrders\":{\"page_size\":100}}"
	read_all --stream invoices
	whole=$(sed -n 4p ids | xargs -I ID jq -r 'select(.record.InvoiceId == ID) | .record.LastUpdateDate' out)
	id=$(sed -n 5p ids)
	control "erp/update?stream=invoices&id=$id" '{"LastUpdateDate":"4712-12-31T00:00:00Z"}'
	run -76 --separate-stderr "$BIN/fetch"
	[[ $stderr == *invoices*"$id"*4712-12-31*LastUpdateDate*oracle.streams.invoices.filter* ]]
	printf '%s\n' "$output" >out
	run -1 grep -q 4712 out
	# What lies before it is complete and has its STATE, and the others go on.
	[ "$(jq -s '[.[] | select(.stream == "invoices" and .type == "RECORD")] | length' out)" = 4 ]
	[ "$(jq -s '[.[] | select(.type == "STATE") | .stats.records] | add' out)" = 6 ]
	[ "$(last_state | jq -r '.bookmarks.invoices.replication_key_value[:19]')" = "${whole:0:19}" ]
	last_state >state
	control "erp/insert?stream=invoices&count=1&stamp=$(date -u +%Y-%m-%dT%H:%M:%SZ)"
	run -76 --separate-stderr "$BIN/fetch" --state state --stream invoices
	[ "$(jq -r 'select(.type == "RECORD") | .record.InvoiceId' <<<"$output" | wc -l)" = 2 ]
	jq --arg id "$id" '.oracle.streams.invoices.filter = "InvoiceId != \($id)"' "$CONFIG" >config
	mv config "$CONFIG"
	read_all --state state --stream invoices
	[ "$(wc -l <ids)" = 2 ]
}

@test "the server's clock judges what the future is, and ours when it tells none" {
	start_sandbox --invoices 3
	configure_sandbox
	LEDGERPIPE_NOW=2020-01-01T00:00:00Z read_all
	[ "$(wc -l <ids)" = 3 ]
	control fault '{"path":"/fscmRestApi","headers":{"Date":"never"},"count":3}'
	read_all
	[ "$(wc -l <ids)" = 3 ]
	run -76 --separate-stderr env LEDGERPIPE_NOW=2020-01-01T00:00:00Z "$BIN/fetch"
	[[ $stderr == *invoices*future* ]]
	[ -z "$output" ]
	control fault '{"path":"/fscmRestApi","headers":{"Date":"Wed, 01 Jan 2020 00:00:00 GMT"}}'
	run -76 --separate-stderr "$BIN/fetch"
	[[ $stderr == *invoices*future* ]]
}

@test "a stamp a day ahead of the server's clock is believed, one later is not" {
	start_sandbox --invoices 0
	configure_sandbox
	row() {
		control fault "$(jq -nc --arg body "{\"items\":[{\"InvoiceId\":1,\"LastUpdateDate\":\"$1\"}]}" '{path: "/fscmRestApi",
			status: 200, body: $body, content_type: "application/json",
			headers: {"REST-Framework-Version": "4", "Date": "Sat, 31 Jan 2026 08:00:00 GMT"}}')"
	}
	row 2026-02-01T08:00:00.000+00:00
	read_all
	[ "$(last_state | jq -r .bookmarks.invoices.replication_key_value)" = 2026-02-01T08:00:00.000Z ]
	row 2026-02-01T08:00:00.001+00:00
	run -76 --separate-stderr "$BIN/fetch"
	[ -z "$output" ]
}

@test "a stamp ahead of the clock hides nothing that comes till then" {
	start_sandbox --invoices 2
	configure_sandbox
	control "erp/insert?stream=invoices&count=1&stamp=$(date -u -d '+20 hours' +%Y-%m-%dT%H:%M:%SZ)"
	read_all
	[ "$(wc -l <ids)" = 3 ]
	last_state >state
	[[ $(jq -r .bookmarks.invoices.replication_key_value state) < $(date -u -d '+1 minute' +%Y-%m-%dT%H:%M:%S) ]]
	control "erp/insert?stream=invoices&count=1&stamp=$(date -u +%Y-%m-%dT%H:%M:%SZ)"
	read_all --state state
	[ "$(wc -l <ids)" = 2 ]
}

@test "a bookmark in the future is refused, for nothing would ever be read" {
	start_sandbox --invoices 3
	configure_sandbox
	printf '{"bookmarks":{"invoices":{"replication_key_value":"4712-12-31T00:00:00.000Z"}}}' >state
	run -65 --separate-stderr "$BIN/fetch" --state state
	[ -z "$output" ]
	[[ $stderr == *invoices*4712-12-31*future*--since* ]]
}

@test "a page size of one loses no row of a tie when another leaves it" {
	start_sandbox --invoices 2
	configure_sandbox "{\"invoices\":{\"page_size\":1,$HEADERS}}"
	control 'erp/insert?stream=invoices&count=8&stamp=2026-01-31T08:00:00Z'
	read_all
	sort -u ids >all
	[ "$(wc -l <ids) $(wc -l <all)" = '10 10' ]
	for after in 2 3 4; do
		id=$(jq -r 'select(.type == "RECORD") | .record | select(.LastUpdateDate | startswith("2026-01-31T08:00:00")) | .InvoiceId' out | head -1)
		control "erp/update?stream=invoices&id=$id&after=$after" '{}'
		read_all
		sort -u ids | cmp - all
	done
}

@test "a server that gives one row a page is refused" {
	start_sandbox --invoices 3 --page-cap 1
	configure_sandbox "{\"invoices\":{$HEADERS}}"
	run -76 --separate-stderr "$BIN/fetch"
	[[ $stderr == *invoices*'one row a page'* ]]
}

@test "a row that enters a tie of small pages is no broken server" {
	start_sandbox --invoices 8
	configure_sandbox "{\"invoices\":{\"page_size\":2,$HEADERS}}"
	read_all
	sort -n ids | tail -n 7 >tied
	first=$(sort -n ids | head -n 1)
	while read -r id; do
		control "erp/update?stream=invoices&id=$id" '{"LastUpdateDate":"2026-01-31T08:00:00Z"}'
	done <tied
	# It sorts before all that were read, so each page shifts right.
	control "erp/update?stream=invoices&id=$first&after=3" '{"LastUpdateDate":"2026-01-31T08:00:00Z"}'
	read_all
	[ "$(sort -n ids | uniq | wc -l) $(wc -l <ids)" = '8 8' ]
}

@test "a server that ignores the offset is refused" {
	start_sandbox --invoices 3
	configure_sandbox
	answer '{"items":[{"InvoiceId":1,"LastUpdateDate":"2026-01-31T08:00:00Z"},
		{"InvoiceId":2,"LastUpdateDate":"2026-01-31T08:00:00Z"}],"hasMore":true}' 20
	run -76 --separate-stderr "$BIN/fetch"
	[[ $stderr == *invoices*'same page twice'* ]]
	[ "$(grep -c RECORD <<<"$output")" = 2 ]
	[[ $output != *STATE* ]]
}

@test "what is no key is refused with the name of its attribute" {
	start_sandbox --invoices 0
	configure_sandbox '{"invoices":{"key":"InvoiceId,Part"}}'
	for value in '""' true false null '{}' '[1]' '"a\u0000b"' '"a\tb"' '"\u007f"'; do
		answer '{"items":[{"InvoiceId":1,"Part":'"$value"',"LastUpdateDate":"2026-01-31T08:00:00Z"}]}'
		run -76 --separate-stderr "$BIN/fetch"
		[ -z "$output" ]
		[[ $stderr == *invoices*Part*oracle.streams.invoices.key* ]]
	done
	answer '{"items":[{"InvoiceId":1,"LastUpdateDate":"2026-01-31T08:00:00Z"}]}'
	run -76 --separate-stderr "$BIN/fetch"
	[[ $stderr == *'has no Part'* ]]
}

@test "a key of 1024 bytes is taken, one of 1025 is refused" {
	start_sandbox --invoices 0
	configure_sandbox
	printf -v key '%01024d' 0
	answer '{"items":[{"InvoiceId":"'"$key"'","LastUpdateDate":"2026-01-31T08:00:00Z"}]}'
	run -0 "$BIN/fetch"
	[[ $output == *RECORD* ]]
	answer '{"items":[{"InvoiceId":"'"$key"'1","LastUpdateDate":"2026-01-31T08:00:00Z"}]}'
	run -76 --separate-stderr "$BIN/fetch"
	[[ $stderr == *invoices*InvoiceId*1024* ]]
}

@test "keys of several attributes are told apart whatever is in them" {
	start_sandbox --invoices 0
	configure_sandbox '{"invoices":{"key":"A,B"}}'
	answer '{"items":[{"A":"x:y","B":"z","LastUpdateDate":"2026-01-31T08:00:00Z"},
		{"A":"x","B":"y:z","LastUpdateDate":"2026-01-31T08:00:00Z"},
		{"A":"x%3Ay","B":"z","LastUpdateDate":"2026-01-31T08:00:00Z"}]}' 2
	answer '{"items":[{"A":"x%3Ay","B":"z","LastUpdateDate":"2026-01-31T08:00:00Z"}]}'
	run -0 "$BIN/fetch"
	[ "$(grep -c RECORD <<<"$output")" = 3 ]
}

@test "a key that is no list of names is refused" {
	printf -v long '%0128d' 0
	for key in '' 'A,,B' 'A,' ",A" "$long" 'A,B,C,D,E,F,G,H,I,J,K,L,M,N,O,P,Q'; do
		configure '{"streams":{"invoices":{"key":"'"$key"'"}}}'
		run -78 --separate-stderr "$BIN/fetch"
		[[ $stderr == *invoices*key* ]]
	done
	printf -v long '%0127d' 0
	configure '{"streams":{"invoices":{"key":"'"$long"'"}}}'
	run -78 --separate-stderr "$BIN/fetch"
	[[ $stderr == *oracle.url* ]]
}

@test "the bookmarks of other streams stay in every STATE" {
	start_sandbox --invoices 30
	configure_sandbox '{"invoices":{"page_size":50},"purchaseOrders":{}}'
	printf '%s\n' '{' '  "bookmarks": { "purchaseOrders": {' '    "replication_key_value":	"2026-01-31T08:00:00.000Z" },' \
		'  "of\u0020another tap": {"offset": 1.10, "links": ["a\nb"]} } }' >state
	read_all --state state --stream invoices
	jq -c 'select(.type == "STATE") | .value.bookmarks' out >marks
	[ "$(jq -c 'keys' marks | sort -u)" = '["invoices","of another tap","purchaseOrders"]' ]
	[ "$(jq -c .purchaseOrders marks | sort -u)" = '{"replication_key_value":"2026-01-31T08:00:00.000Z"}' ]
	# What isn't ours keeps its digits.
	grep -F STATE out | grep -qF '{"offset": 1.10, "links": ["a\nb"]}'
	last_state >state
	read_all --state state --stream invoices
	[ "$(last_state)" = "$(cat state)" ]
}

@test "an ERP that is away is said once for all streams" {
	start_sandbox --invoices 1
	configure_sandbox '{"invoices":{},"purchaseOrders":{},"journalBatches":{}}'
	read_all
	stop_sandbox
	wait "$SANDBOX_PID" || :
	run -69 --separate-stderr "$BIN/fetch"
	[ -z "$output" ]
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == *oracle.url*'no answer'* ]]
}

@test "whoever watches on a terminal learns of each further try" {
	start_sandbox --invoices 3
	configure_sandbox
	control fault '{"path":"/fscmRestApi","status":503}'
	script -qefc "'$BIN/fetch' >out" /dev/null >screen
	grep -q 'invoices: HTTP 503; try 2 follows' screen
	[ "$(grep -c RECORD out)" = 3 ]
	control fault '{"path":"/fscmRestApi","status":503}'
	"$BIN/fetch" >out 2>err
	[ ! -s err ]
}

@test "a bookmark of another attribute than the cursor is told" {
	start_sandbox --invoices 3
	configure_sandbox '{"invoices":{}}'
	sqlite3 ledger.db "INSERT INTO bookmarks VALUES ('default', 'invoices', 'CreationDate', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')"
	run -0 --separate-stderr "$BIN/fetch"
	[[ $stderr == *invoices*CreationDate*LastUpdateDate*--since* ]]
	[ "${#stderr_lines[@]}" = 1 ]
}

@test "rows that stand under an escaped name aren't lost in silence" {
	start_sandbox --invoices 0
	configure_sandbox
	answer '{"it\u0065ms":[{"InvoiceId":1,"LastUpdateDate":"2026-01-31T08:00:00Z"}],"hasMore":false}'
	run -76 --separate-stderr "$BIN/fetch"
	[[ $stderr == *invoices*items* ]]
}
