#!/usr/bin/env bats
# fetch: what can go wrong between it and the pod, what it says of that, and
# what it shows while all is well.
load helper
export BIN

ROOT=/fscmRestApi/resources/11.13.18.05
STAMP=2026-01-31T08:00:00Z

setup() {
	setup_ledger
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	[ -z "${TLS_PID:-}" ] || kill "$TLS_PID" 2>/dev/null || :
	stop_sandbox
}

# fault MEMBERS [STREAM]: what happens to the next request for it.
fault() {
	control fault "{\"path\":\"$ROOT/${2:-invoices}\",$1}"
}

# clear: no fault, and no request so far.
clear() {
	curl -sf -X DELETE "$SANDBOX/_control/fault" >/dev/null
	curl -sf -X DELETE "$SANDBOX/_control/requests" >/dev/null
}

# set_config JQ: change the configuration.
set_config() {
	jq "$1" "$CONFIG" >changed
	mv changed "$CONFIG"
}

# page ROWS: a page of them, once and then once more with the last one alone.
page() {
	printf '%s' "$1" >rows
	jq -nc --rawfile rows rows --arg root "$ROOT/invoices" '{path: $root, status: 200, count: 2,
		body: "{\"items\":[\($rows)],\"hasMore\":false}", content_type: "application/json",
		headers: {"REST-Framework-Version": "4"}}' >fault
	curl -sf -X POST "$SANDBOX/_control/fault" --data-binary @fault >/dev/null
}

# bytes PRINTF-FORMAT: the same of a page that may be no JSON and no UTF-8.
bytes() {
	# shellcheck disable=SC2059 # it is a format
	jq -nc --arg body "$(printf "$1" | base64 -w 0)" --arg root "$ROOT/invoices" '{path: $root, status: 200,
		body_base64: $body, content_type: "application/json", headers: {"REST-Framework-Version": "4"}}' >fault
	curl -sf -X POST "$SANDBOX/_control/fault" --data-binary @fault >/dev/null
}

# asked [STREAM]: when its pages were asked for, in ms, one a line.
asked() {
	curl -sf "$SANDBOX/_control/requests" >requests
	jq --arg path "$ROOT/${1:-invoices}?" 'select(.path | startswith($path)) | .at_ms' requests
}

# fails STATUS PATTERN [ARGS...]: one line that fits, without a secret.
fails() {
	run "-$1" --separate-stderr "$BIN/fetch" "${@:3}"
	# shellcheck disable=SC2154 # run sets it
	[ "${#stderr_lines[@]}" = 1 ]
	# shellcheck disable=SC2053 # a pattern
	[[ $stderr == fetch:\ $2 ]]
	[[ $stderr != *sandbox-secret* ]]
	[[ $stderr != *Bearer* ]]
	[[ $stderr != *payload-canary* ]]
}

# records: how many are in out.
records() {
	jq -s '[.[] | select(.type == "RECORD")] | length' out
}

# ---- answers that aren't the one that was asked for -------------------------

@test "each failure that time may mend is tried again" {
	start_sandbox --invoices 2 --orders 2 --journals 2 --rows suppliers=2 --rows invoiceHolds=2 \
		--rows payablesPayments=2 --rows receivablesInvoices=2 --rows standardReceipts=2
	configure_sandbox '{"invoices":{},"purchaseOrders":{},"journalBatches":{},"suppliers":{},"invoiceHolds":{},
		"payablesPayments":{},"receivablesInvoices":{},"standardReceipts":{}}'
	fault '"status":408'
	fault '"status":425' purchaseOrders
	fault '"status":429' journalBatches
	fault '"status":500' suppliers
	fault '"status":502' invoiceHolds
	fault '"status":504' payablesPayments
	fault '"reset":true' receivablesInvoices
	# Bytes that are no gzip.
	fault '"status":200,"body":"bytes that are no gzip","content_type":"application/json","headers":{"Content-Encoding":"gzip","REST-Framework-Version":"4"}' standardReceipts
	"$BIN/fetch" >out 2>err
	[ ! -s err ]
	[ "$(records)" = 16 ]
	for stream in invoices purchaseOrders journalBatches suppliers invoiceHolds payablesPayments receivablesInvoices standardReceipts; do
		[ "$(asked "$stream" | wc -l)" -ge 2 ]
	done
}

@test "each failure that lasts is 69 and says how often it was tried" {
	start_sandbox --invoices 2
	configure_sandbox
	set_config '.oracle.retry_budget = "0s"'
	for status in 408 425 429 500 502 503 504; do
		fault '"status":'$status',"body":"busy","content_type":"text/plain"'
		fails 69 "invoices: HTTP $status, 1 time: busy*try later*"
		[ -z "$output" ]
	done
	fault '"drop":true'
	fails 69 'invoices: no answer: *try later'
	fault '"reset":true'
	fails 69 'invoices: no answer: *try later'
	fault '"truncate":true'
	fails 69 'invoices: no answer: *try later'
}

@test "each refusal is final, in the pod's own words, with what to do and the documented status" {
	start_sandbox --invoices 2
	configure_sandbox
	refused() {
		clear
		fault '"status":'"$1"',"body":'"$2"',"content_type":"'"$3"'","headers":{"X-ORACLE-DMS-ECID":"ecid-7"}'
		fails "$4" "invoices: HTTP $1$5"
		[ -z "$output" ]
		[ "$(asked | wc -l)" = 1 ]
	}
	error='application/vnd.oracle.adf.error+json'
	refused 400 '"{\"title\":\"Bad Request\",\"status\":\"400\",\"o:errorDetails\":[{\"detail\":\"one\"},{\"detail\":\"two\"}]}"' $error 78 ': one; two (ECID ecid-7); *filter*'
	refused 400 '"{\"title\":\"Bad Request\",\"status\":\"400\"}"' application/json 78 ': Bad Request (ECID*'
	refused 400 '"Attribute X cannot be\nused"' text/plain 78 ': Attribute X cannot be?used (ECID*'
	refused 403 '"<html><head></head><body><h1>Access\n Denied</h1> </body></html>"' text/html 77 ': Access Denied (ECID*edge*addresses*'
	refused 403 '"no"' text/plain 77 ': no (ECID*role*'
	refused 404 '""' text/html 78 ' (ECID*path*release*'
	refused 405 '""' text/html 78 ' (ECID*path*'
	refused 414 '"long"' text/plain 78 ': long*fields*'
	refused 204 '""' text/plain 76 ' (ECID*oracle.url'
	refused 302 '""' text/html 76 '*redirect*oracle.url'
}

@test "no redirect is followed, and the token goes nowhere" {
	start_sandbox --invoices 2
	configure_sandbox
	for status in 301 302 303 307 308; do
		fault '"status":'$status',"headers":{"Location":"'"$SANDBOX"'/elsewhere"}'
		fails 76 "invoices: HTTP $status*redirect*oracle.url"
	done
	curl -sf "$SANDBOX/_control/requests" | jq -r .path >paths
	run -1 grep elsewhere paths
}

@test "a maintenance page is recognised whatever its status" {
	start_sandbox --invoices 2
	configure_sandbox
	set_config '.oracle.retry_budget = "0s"'
	for words in 'a Planned Outage' 'during scheduled maintenance'; do
		for status in 200 503; do
			fault '"status":'$status',"body":"<html><p>We are in '"$words"'.</p>","content_type":"text/html;charset=utf-8"'
			fails 69 'invoices: *down for maintenance; try later'
		done
	done
	fault '"status":200,"body":"<html>log in</html>","content_type":"text/html"'
	fails 76 'invoices: HTTP 200 with text/html, not JSON: a log-in page?*oracle.url'
	fault '"status":200,"body":"","content_type":""'
	fails 76 'invoices: HTTP 200 with *not JSON*'
}

@test "an answer of another framework version is refused, and one that doesn't say its own" {
	start_sandbox --invoices 2
	configure_sandbox
	for version in 1 3 9 absent; do
		control "erp/quirk?name=version&value=$version"
		fails 76 'invoices: *REST-Framework-Version 4*oracle.framework_version'
	done
}

@test "from version 9 on ids are strings, and a child's address stands in its @context" {
	start_sandbox --invoices 0
	configure_sandbox
	set_config '.oracle.framework_version = 9'
	answer() {
		control fault "$(jq -nc --arg body "$1" '{path: "/fscmRestApi", status: 200, body: $body,
			content_type: "application/json", headers: {"REST-Framework-Version": "9"}}')"
	}
	answer '{"items":[{"InvoiceId":"7","LastUpdateDate":"2026-01-31T08:00:00Z","invoiceLines":{"items":[{"LineNumber":1}],"hasMore":true,
		"@context":{"links":[{"rel":"self","href":"'"$SANDBOX$ROOT"'/invoices/opaque/child/invoiceLines"}]}}}]}'
	answer '{"items":[{"LineNumber":1},{"LineNumber":2}]}'
	answer '{"items":[{"LineNumber":2}]}'
	answer '{"items":[{"InvoiceId":"7","LastUpdateDate":"2026-01-31T08:00:00Z"}]}'
	"$BIN/fetch" >out
	[ "$(jq -c 'select(.type == "RECORD").record | [.InvoiceId, (.invoiceLines.items | length)]' out)" = '["7",2]' ]
	curl -sf "$SANDBOX/_control/requests" >requests
	grep -qF "$ROOT/invoices/opaque/child/invoiceLines?" requests
	jq -r 'select(.path | startswith("/fscm")) | .headers["REST-Framework-Version"]' requests >versions
	[ "$(sort -u versions)" = 9 ]
}

@test "Retry-After is waited for as a date, too" {
	start_sandbox --invoices 2
	configure_sandbox
	"$BIN/fetch" >out
	clear
	fault '"status":503,"headers":{"Retry-After":"'"$(LC_ALL=C date -u -d '+2 sec' '+%a, %d %b %Y %H:%M:%S GMT')"'"}'
	"$BIN/fetch" >out
	[ "$(records)" = 2 ]
	asked | jq -s -e '.[1] - .[0] >= 900'
}

@test "a wait that Retry-After asks for beyond the budget isn't begun" {
	start_sandbox --invoices 2
	configure_sandbox
	fault '"status":429,"headers":{"Retry-After":"86400"},"count":9'
	fails 69 'invoices: HTTP 429, 1 time: it asks to wait 86400 s; try later'
	fault '"status":429,"headers":{"Retry-After":"tomorrow"}'
	clear
	fault '"status":429,"headers":{"Retry-After":"tomorrow"}'
	"$BIN/fetch" >out
	[ "$(records)" = 2 ]
}

# ---- time -------------------------------------------------------------------

@test "an answer that takes longer than timeout, and one that stalls, are given up" {
	start_sandbox --invoices 2
	configure_sandbox
	set_config '.oracle.retry_budget = "0s" | .oracle.timeout = "300ms"'
	"$BIN/fetch" >out
	fault '"delay_ms":60000'
	fails 69 'invoices: no answer: Operation timed out*page_size'
	clear
	set_config '.oracle.timeout = "100s" | .oracle.stall_timeout = "1s"'
	fault '"stall_ms":60000'
	fails 69 'invoices: no answer: *too slow*page_size'
}

@test "an answer that stalls is read again, and what came of it isn't read twice" {
	start_sandbox --invoices 40
	configure_sandbox '{"invoices":{"page_size":20,"fields":"InvoiceId,LastUpdateDate"}}'
	set_config '.oracle.stall_timeout = "1s"'
	fault '"stall_ms":60000,"skip":1'
	"$BIN/fetch" >out
	[ "$(records)" = 40 ]
	[ "$(jq 'select(.type == "RECORD") | .record.InvoiceId' out | sort -u | wc -l)" = 40 ]
}

@test "a server that takes no connection within connect_timeout is given up" {
	start_sandbox --invoices 2
	configure_sandbox
	set_config '.oracle.retry_budget = "0s" | .oracle.connect_timeout = "300ms"'
	"$BIN/fetch" >out
	# It listens, but nobody is there to speak TLS.
	set_config '.oracle.url |= sub("http:"; "https:")'
	kill -STOP "$SANDBOX_PID"
	fails 69 'oracle.url: no answer: *timeout*'
	kill -CONT "$SANDBOX_PID"
}

@test "a host that isn't there, and one that refuses, are told with the URL to check" {
	start_sandbox --invoices 2
	configure_sandbox
	"$BIN/fetch" >out
	set_config '.oracle.retry_budget = "0s" | .oracle.url = "https://nowhere.invalid"'
	fails 69 'oracle.url: no answer: *nowhere.invalid*check the URL*'
	set_config '.oracle.url = "http://127.0.0.1:1"'
	fails 69 'oracle.url: no answer: *check the URL*'
	set_config '.oracle.token_url = "http://127.0.0.1:1/token"'
	fails 69 'oracle.token_url: no answer: *check the URL*'
}

# ---- TLS --------------------------------------------------------------------

# tls NAME ARGS...: a pod with one row behind TLS, whose certificate is for
# that name; $TLS is its address.
tls() {
	[ -z "${TLS_PID:-}" ] || kill "$TLS_PID"
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" -addext "subjectAltName=$1" \
		-keyout tls.key -out tls.pem 2>/dev/null
	mkdir -p "files$ROOT"
	printf 'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nREST-Framework-Version: 4\r\n\r\n{"items":[{"InvoiceId":7}],"hasMore":false}' \
		>"files$ROOT/invoices?onlyData=true&limit=25&offset=0&orderBy=InvoiceId%3Aasc&expand=L"
	printf 'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nREST-Framework-Version: 4\r\n\r\n{"items":[],"hasMore":false}' \
		>"files$ROOT/invoices?onlyData=true&limit=25&offset=1&orderBy=InvoiceId%3Aasc&expand=L"
	: >accepted
	(cd files && exec openssl s_server -HTTP -accept 127.0.0.1:0 -key ../tls.key -cert ../tls.pem "${@:2}" \
		>../accepted 2>&1 3>&-) &
	TLS_PID=$!
	until grep -q '^ACCEPT ' accepted; do kill -0 "$TLS_PID"; done
	TLS=https://127.0.0.1:$(sed -n 's/^ACCEPT .*://p' accepted)
	jq -n --arg url "$TLS" '{ledger: "ledger.db", key_file: "ledger.key", oracle: {url: $url, auth: "basic",
		retry_budget: "0s", page_size: 25,
		streams: {invoices: {cursor: "none", expand: "L"}}}}' >"$CONFIG"
	printf ann | "$BIN/auditctl" vault set oracle.username
	printf password-canary | "$BIN/auditctl" vault set oracle.password
}

@test "a certificate that nobody vouches for is refused at once, and ca_file vouches for it" {
	tls IP:127.0.0.1
	set_config '.oracle.retry_budget = "1h"'
	fails 78 'oracle.url: no answer: *certificate*oracle.ca_file'
	set_config '.oracle.ca_file = "tls.pem"'
	"$BIN/fetch" >out 2>err
	[ ! -s err ]
	[ "$(jq -c 'select(.type == "RECORD") | .record' out)" = '{"InvoiceId":7}' ]
	set_config '.oracle.ca_file = "missing.pem"'
	fails 78 '*ca_file*'
}

@test "a certificate for another host is refused though ca_file vouches for it" {
	tls DNS:erp.example.com
	set_config '.oracle.ca_file = "tls.pem"'
	fails 78 'oracle.url: no answer: *certificate*'
	[[ $stderr != *password-canary* ]]
}

@test "TLS 1.2 is spoken, 1.1 is not" {
	tls IP:127.0.0.1 -tls1_2
	set_config '.oracle.ca_file = "tls.pem"'
	"$BIN/fetch" >out
	[ "$(records)" = 1 ]
	tls IP:127.0.0.1 -tls1_1 -cipher DEFAULT@SECLEVEL=0
	set_config '.oracle.ca_file = "tls.pem"'
	fails 69 'oracle.url: no answer: *TLS 1.2*'
}

@test "a token endpoint whose certificate nobody vouches for gets no secret, and is told at once" {
	start_sandbox --invoices 1
	tls IP:127.0.0.1
	configure_sandbox
	set_config ".oracle.token_url = \"$TLS/oauth2/v1/token\" | .oracle.retry_budget = \"1h\""
	fails 78 'oracle.token_url: no answer: *certificate*oracle.ca_file'
}

# ---- gzip -------------------------------------------------------------------

@test "gzip is asked for and used, and what comes is the same without" {
	start_sandbox --invoices 40
	configure_sandbox
	"$BIN/fetch" >out
	curl -sf "$SANDBOX/_control/requests" | jq -r 'select(.path | startswith("/fscmRestApi")) | .headers["Accept-Encoding"]' >encodings
	[ "$(sort -u encodings)" = gzip ]
	[ "$(curl -sf "$SANDBOX/_control/erp/stats" | jq .gzip_answers)" -ge 2 ]
	jq -c 'select(.type == "RECORD") | .record' out >with
	control 'erp/quirk?name=no_gzip'
	"$BIN/fetch" >out
	jq -c 'select(.type == "RECORD") | .record' out | cmp - with
}

# ---- bytes ------------------------------------------------------------------

@test "numbers, nulls and escapes leave as the bytes that the pod sent" {
	start_sandbox --invoices 0
	configure_sandbox
	row='"InvoiceId":300000000000000001,"Big":123456789012345678.90,"Exp":1E+3,"Low":1e-7,"Money":1250.10,"Minus":-0,"Zero":0.00,"None":null,"Text":"\u00e9 \ud83d\ude00 \/ \" é <!channel>","LastUpdateDate":"2026-01-31T10:00:00.5+02:00"'
	page "{$row}"
	"$BIN/fetch" >out
	[ "$(sed -n 2p out | sed 's/,"time_extracted".*//')" = '{"type":"RECORD","stream":"invoices","record":{'"$row"'}' ]
	# The stamp is written anew in STATE alone.
	[ "$(jq -r 'select(.type == "STATE").value.bookmarks.invoices.replication_key_value' out)" = 2026-01-31T08:00:00.500Z ]
}

@test "a record that is spread over lines is one line, and its strings are untouched" {
	start_sandbox --invoices 0
	configure_sandbox
	bytes '{ "items" : [\r\n\t{\r\n"InvoiceId":\t1 ,\n"Text":"a\\nb\\t", "links" : [ {"href":"x"} ],\n"LastUpdateDate":"2026-01-31T08:00:00Z"\n}\n] }'
	bytes '{"items":[]}'
	"$BIN/fetch" >out
	[ "$(wc -l <out)" = 3 ]
	[ "$(jq -c 'select(.type == "RECORD").record' out)" = '{"InvoiceId":1,"Text":"a\nb\t","LastUpdateDate":"2026-01-31T08:00:00Z"}' ]
	grep -qF '"Text":"a\nb\t"' out
}

@test "bytes that are no UTF-8, or no JSON, are reported and not passed, and those before stay" {
	start_sandbox --invoices 0
	configure_sandbox
	row='{"InvoiceId":1,"LastUpdateDate":"2026-01-31T08:00:00Z"},{"InvoiceId":2,"LastUpdateDate":"2026-01-31T08:00:01Z","Text":"payload-canary '
	for broken in '\xff' '\xc0\xaf' '\xed\xa0\x80' '\xf4\x90\x80\x80' '\xe2\x82' 'a\x01b' '\\x' '\\u12'; do
		bytes '{"items":['"$row$broken"'"}],"hasMore":false}'
		fails 76 'stream invoices: the record behind 1 is not valid JSON at byte *oracle.streams.invoices.filter'
		printf '%s\n' "$output" >out
		[ "$(jq -c 'select(.type == "RECORD").record.InvoiceId' out)" = 1 ]
		[ "$(records)" = 1 ]
	done
	for broken in '' '{' '[]' '7' '{"items":[7]}' '{"items":[{}}' '{"items":[{"a":1}]' '{"items":[]}}' '{"items":[],}'; do
		bytes "$broken"
		fails 76 'stream invoices: *'
		[ -z "$output" ]
	done
}

@test "a record nests 64 deep, and not deeper" {
	start_sandbox --invoices 0
	configure_sandbox
	nested() {
		page "{\"InvoiceId\":1,\"LastUpdateDate\":\"$STAMP\",\"Deep\":$(printf "%$1s" '' | tr ' ' '[')$(printf "%$1s" '' | tr ' ' ']')}"
	}
	for depth in 63 64; do
		nested "$depth"
		"$BIN/fetch" >out
		[ "$(records)" = 1 ]
		grep -q '\[\[\]\]' out
	done
	nested 65
	fails 76 'stream invoices: the first record of a page *nested too deep*'
	[ -z "$output" ]
	nested 200000
	fails 76 'stream invoices: *nested too deep*'
}

@test "a line is at most 16 MiB, to the byte" {
	start_sandbox --invoices 1
	configure_sandbox '{"invoices":{"fields":"InvoiceId,LastUpdateDate,Description,InvoiceNumber,Supplier"}}'
	id=$(curl -sf "$SANDBOX/_control/erp/rows?stream=invoices" | jq .id)
	text() {
		{ printf '{"%s":"' "$1"; head -c "$2" /dev/zero | tr '\0' x; printf '"}'; } >text
		curl -sf -X POST "$SANDBOX/_control/erp/update?stream=invoices&id=$id&keep_stamp=1" --data-binary @text >/dev/null
	}
	text Description 8300000
	text InvoiceNumber 8300000
	text Supplier 1000
	"$BIN/fetch" >out
	room=$(((16 << 20) - $(sed -n 2p out | wc -c)))
	for more in -1 0; do
		text Supplier $((1000 + room + more))
		"$BIN/fetch" >out
		[ "$(sed -n 2p out | wc -c)" = $(((16 << 20) + more)) ]
		# The next stage takes it, too.
		printf 'empty\n' >nothing.jq
		"$BIN/transform" -f nothing=nothing.jq <out >/dev/null
	done
	text Supplier $((1000 + room + 1))
	fails 76 "stream invoices: record $id is over the ceiling of 16777216 bytes*oracle.streams.invoices.fields"
	[[ $output != *RECORD* ]]
}

@test "a page has at most a mebibyte around its records" {
	start_sandbox --invoices 0
	configure_sandbox
	around() {
		{
			printf '{"path":"%s","status":200,"content_type":"application/json","headers":{"REST-Framework-Version":"4"},"body":"{\\"a\\":\\"' "$ROOT"
			head -c "$1" /dev/zero | tr '\0' x
			printf '\\",\\"items\\":[]}"}'
		} >fault
		curl -sf -X POST "$SANDBOX/_control/fault" --data-binary @fault >/dev/null
	}
	around 1048000
	"$BIN/fetch" >out
	around 1048577
	fails 76 'stream invoices: *over 1048576 bytes around*'
}

# ---- what it shows ----------------------------------------------------------

@test "a dry run writes the requests that a pass would begin with, and makes none" {
	start_sandbox --invoices 3 --orders 3
	configure_sandbox '{"invoices":{"business_unit":"Vision"},"purchaseOrders":{"page_size":50,"scan":"descending"}}'
	printf '{"bookmarks":{"invoices":{"replication_key_value":"2026-01-31T08:00:00Z"}}}' >state
	run -0 --separate-stderr "$BIN/fetch" --dry-run --state state
	[ -z "$stderr" ]
	[ "${#lines[@]}" = 3 ]
	[[ ${lines[0]} == "GET $SANDBOX$ROOT/invoices?"*'&limit=25&offset=0&q='* ]]
	[ "${lines[1]}" = "    q=LastUpdateDate >= '2026-01-31T07:50:00.000Z' and (BusinessUnit = 'Vision')" ]
	[[ ${lines[2]} == "GET $SANDBOX$ROOT/purchaseOrders?"*'limit=50'*'orderBy=LastUpdateDate%3Adesc'* ]]
	curl -sf "$SANDBOX/_control/requests" >requests
	[ "$(grep -c '"path":"/\(fscm\|oauth\)' requests)" = 0 ]
	# What it writes can be asked for.
	printf '%s' "${lines[0]#GET }" >url
	curl -sf -u sandbox:sandbox-secret -H 'REST-Framework-Version: 4' "$(cat url)" | jq -e '.limit == 25'
	printf '{"bookmarks":{"invoices":{"replication_key_value":"never"}}}' >state
	run -65 --separate-stderr "$BIN/fetch" --dry-run --state state
	[[ $stderr == *invoices*never* ]]
	[[ $output == *purchaseOrders* ]]
}

@test "with --verbose each pass of a stream says what it read, in one line" {
	start_sandbox --invoices 3 --orders 1
	configure_sandbox '{"invoices":{},"purchaseOrders":{},"journalBatches":{}}'
	control 'erp/quirk?name=no_role&stream=journalBatches'
	"$BIN/fetch" -v >out 2>err
	[ "$(wc -l <err)" = 3 ]
	mark=$(jq -r 'select(.type == "STATE") | .value.bookmarks.invoices.replication_key_value // empty' out | tail -n 1)
	grep -qE "^fetch: invoices: 3 records, 0 known already, [0-9]+ pages?, [0-9.]+ s; bookmark ${mark//./\\.}$" err
	grep -qE '^fetch: purchaseOrders: 1 record, 0 known' err
	grep -qE '^fetch: journalBatches: 0 records, 0 known already, 1 page, [0-9.]+ s; bookmark none$' err
	"$BIN/fetch" >out 2>err
	[ ! -s err ]
}

@test "on a terminal a line shows what is read, and each stream has its summary at the end" {
	start_sandbox --invoices 40
	configure_sandbox '{"invoices":{"page_size":10,"fields":"InvoiceId,LastUpdateDate"}}'
	fault '"delay_ms":1200,"skip":1'
	script -qefc "'$BIN/fetch' >out" /dev/null >screen
	grep -qE $'\rfetch: *|invoices: 10 rows, 1 pages?, [0-9]+/s, at 20[0-9-]+T[0-9:.]+Z' screen
	grep -qE 'invoices: 10 rows, 1 pages?, [0-9]+/s, at 20[0-9-]+T[0-9:.]+Z' screen
	grep -qE 'invoices: 40 records, 0 known already, [0-9]+ pages, [0-9.]+ s; bookmark 20' screen
	[ "$(records)" = 40 ]
}

@test "a log in JSON is an object a line, of errors and of what is told" {
	start_sandbox --invoices 2 --orders 2
	configure_sandbox '{"invoices":{},"purchaseOrders":{}}'
	fault '"status":400,"body":"a \"quoted\"\nword","content_type":"text/plain"'
	run -78 --separate-stderr "$BIN/fetch" --log json -v
	printf '%s\n' "$stderr" >err
	jq -s -e 'all(.[]; (keys == ["level", "message", "time", "tool"]) and .tool == "fetch" and (.time | test("Z$")))' err
	jq -s -e 'map(.level) | unique == ["error", "info"]' err
	jq -s -e 'map(select(.level == "error")) | length == 1 and (.[0].message | test("^invoices: HTTP 400: a \"quoted\".word"))' err
}

@test "what is spoken in clear to this machine goes through no proxy" {
	start_sandbox --invoices 3
	configure_sandbox
	http_proxy=http://127.0.0.1:1 all_proxy=http://127.0.0.1:1 "$BIN/fetch" >out
	[ "$(grep -c RECORD out)" = 3 ]
}
