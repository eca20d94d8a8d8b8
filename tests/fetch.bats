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

@test "help and version go to stdout, usage errors are 64" {
	run -0 --separate-stderr "$BIN/fetch" --help
	[[ $output == usage:* ]]
	run -0 --separate-stderr "$BIN/fetch" --version
	[[ $output == *ledgerpipe* ]]
	for words in --nothing operand '--since yesterday' '--since 2026-01-01 --state x' '--log xml'; do
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
	configure '{"url":"http://127.0.0.1:1","token_url":"http://127.0.0.1:1/t","client_id":"c","streams":{"invoices":{}}}'
	run -69 --separate-stderr "$BIN/fetch"
	[ -z "$output" ]
	[[ $stderr == *'no answer'* ]]
}

@test "a state file that can't be read is 66" {
	configure '{"streams":{"invoices":{}}}'
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

@test "a wrong client secret is 77 with the remedy and without the secret" {
	start_sandbox --invoices 3
	configure_sandbox
	printf 'wrong-canary' | "$BIN/auditctl" vault set oracle.client_secret
	run -77 --separate-stderr "$BIN/fetch"
	[ -z "$output" ]
	[[ $stderr == *invalid_client*'auditctl vault set oracle.client_secret'* ]]
	[[ $stderr != *wrong-canary* ]]
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

@test "a record whose children are cut ends its stream before a STATE passes it" {
	start_sandbox --invoices 60
	configure_sandbox '{"invoices":{"page_size":10}}'
	run -76 --separate-stderr "$BIN/fetch"
	[[ $stderr == *'page_size'* ]]
}

@test "check asks for a token and one row of each stream and writes nothing" {
	start_sandbox --invoices 3
	configure_sandbox
	run -0 --separate-stderr "$BIN/fetch" --check
	[ -z "$output" ]
}
