#!/usr/bin/env bats
# fetch: complete pages and children from servers that misbehave, and how far
# back it looks.
load helper
export BIN

ROOT=/fscmRestApi/resources/11.13.18.05
TIE=2026-01-31T08:00:00Z
# A stream without children, for pages of any size.
HEADERS='"fields":"InvoiceId,LastUpdateDate"'

setup() {
	setup_ledger
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	stop_sandbox
}

# answer BODY [COUNT]: what the pod's next requests are answered with.
answer() {
	control fault "$(jq -nc --arg body "$1" --argjson count "${2:-1}" '{path: "/fscmRestApi", status: 200,
		count: $count, body: $body, content_type: "application/json",
		headers: {"REST-Framework-Version": "4"}}')"
}

# queries [STREAM]: the decoded requests for its pages since the last call.
queries() {
	curl -sf "$SANDBOX/_control/requests" >requests
	curl -sf -X DELETE "$SANDBOX/_control/requests" >/dev/null
	jq -r --arg path "$ROOT/${1:-invoices}?" 'select(.path | startswith($path)) | .path' requests |
		while IFS= read -r query; do printf '%b\n' "${query//%/\\x}"; done
}

# pod: the ids of its invoices, in order.
pod() {
	curl -sf "$SANDBOX/_control/erp/rows?stream=invoices" | jq .id | sort
}

# ids: those in out, in order.
ids() {
	jq 'select(.type == "RECORD") | .record | .InvoiceId // .POHeaderId' out | sort
}

# read_all [ARGS...]: one pass, kept in out.
read_all() {
	"$BIN/fetch" "$@" >out
}

# last_state: the value of the last STATE in out.
last_state() {
	jq -c 'select(.type == "STATE") | .value' out | tail -n 1
}

# records: those in out, whatever is said of how their children were paged.
records() {
	jq -cS 'select(.type == "RECORD") | .record | walk(if type == "object" and has("items") then .items else . end)' out | sort
}

# mark: the bookmark of invoices in out.
mark() {
	last_state | jq -r .bookmarks.invoices.replication_key_value
}

# earlier TIME SECONDS: a stamp so long before.
earlier() {
	date -u -d "@$(($(date -u -d "$1" +%s) - $2))" +%Y-%m-%dT%H:%M:%SZ
}

# quirk NAME[=VALUE]: the only one from now on.
quirk() {
	curl -sf -X DELETE "$SANDBOX/_control/erp/quirk" >/dev/null
	control "erp/quirk?name=${1%=*}&value=$(case $1 in *=*) echo "${1#*=}" ;; *) echo 1 ;; esac)"
}

# whole SCAN QUIRK...: all rows come once each, whichever quirk the pod has.
whole() {
	configure_sandbox "{\"invoices\":{\"page_size\":10,$HEADERS,$1}}"
	for quirk in "${@:2}"; do
		quirk "$quirk"
		echo "# $1 $quirk"
		read_all
		ids | cmp - all
		jq -s -e 'last.type == "STATE" and ([.[] | select(.type == "STATE").stats.records] | add == 70)' out
	done
}

QUIRKS=(hasmore_lies hasmore_early hasmore_early=7 hasmore_missing items_missing page_cap=7 short_pages=3 whole_seconds
	totalresults_500 totalresults_wrong=3 opaque_keys no_gzip)

@test "whatever a pod says of its pages, an ascending scan reads each row once" {
	start_sandbox --invoices 45
	control "erp/insert?stream=invoices&count=25&stamp=$TIE"
	pod >all
	whole '"scan":"query"' "${QUIRKS[@]}"
}

@test "whatever a pod says of its pages, a descending scan reads each row once" {
	start_sandbox --invoices 45
	control "erp/insert?stream=invoices&count=25&stamp=$TIE"
	pod >all
	whole '"scan":"descending"' "${QUIRKS[@]}"
}

@test "whatever a pod says of its pages, a stream without a cursor is read once each pass" {
	start_sandbox --invoices 70
	pod >all
	whole '"cursor":"none"' "${QUIRKS[@]}" unsorted
}

@test "the last group of equal stamps is whole though the pod cuts it short and says that it is" {
	start_sandbox --invoices 3
	now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
	control "erp/insert?stream=invoices&count=40&stamp=$now"
	configure_sandbox "{\"invoices\":{\"page_size\":10,$HEADERS}}"
	quirk hasmore_early
	read_all
	pod | cmp - <(ids)
	[ "$(mark)" = "${now%Z}.000Z" ]
}

@test "a pod that promises more without end is told, and what it gave is not lost" {
	start_sandbox --invoices 30
	pod >all
	for scan in '"scan":"query"' '"scan":"descending"' '"cursor":"none"'; do
		configure_sandbox "{\"invoices\":{\"page_size\":10,$HEADERS,$scan}}"
		quirk hasmore_lies=2
		run -76 --separate-stderr "$BIN/fetch"
		[[ $stderr == *invoices*'promises more'* ]]
		printf '%s\n' "$output" >out
		ids | cmp - all
	done
}

@test "a pod that ignores the offset or the order is told, and no STATE follows" {
	start_sandbox --invoices 0
	control "erp/insert?stream=invoices&count=30&stamp=$TIE"
	for scan in '"scan":"query"' '"scan":"descending"' '"cursor":"none"'; do
		configure_sandbox "{\"invoices\":{\"page_size\":10,$HEADERS,$scan}}"
		quirk ignore_offset
		run -76 --separate-stderr "$BIN/fetch"
		[[ $stderr == *invoices*'same page twice'* ]]
		[[ $output != *STATE* ]]
	done
	control 'erp/insert?stream=invoices&count=5'
	quirk unsorted
	configure_sandbox "{\"invoices\":{\"page_size\":10,$HEADERS,\"scan\":\"descending\"}}"
	run -76 --separate-stderr "$BIN/fetch"
	[[ $stderr == *'out of order'*LastUpdateDate* ]]
	[[ $output != *STATE* ]]
}

@test "a pod of one row a page is refused by every scan" {
	start_sandbox --invoices 5
	for scan in '"scan":"query"' '"scan":"descending"' '"cursor":"none"'; do
		for quirk in page_cap=1 short_pages=1; do
			configure_sandbox "{\"invoices\":{$HEADERS,$scan}}"
			quirk "$quirk"
			run -76 --separate-stderr "$BIN/fetch"
			[[ $stderr == *'one row a page'* ]]
			[[ $output != *STATE* ]]
		done
	done
}

@test "rows of a group that spread over page borders carry one STATE behind the last of them" {
	start_sandbox --invoices 0
	for hour in 06 07 08; do
		control "erp/insert?stream=invoices&count=7&stamp=2026-01-31T$hour:00:00Z"
	done
	configure_sandbox "{\"invoices\":{\"page_size\":3,$HEADERS}}"
	read_all
	[ "$(jq -c 'select(.type == "STATE") | [.value.bookmarks.invoices.replication_key_value, .stats.records]' out | tr '\n' ' ')" = \
		'["2026-01-31T06:00:00.000Z",7] ["2026-01-31T07:00:00.000Z",7] ["2026-01-31T08:00:00.000Z",7] ' ]
}

@test "a page that the pod has no time for is asked for again by half, in this pass" {
	start_sandbox --invoices 60
	configure_sandbox "{\"invoices\":{\"page_size\":20,$HEADERS}}"
	control fault '{"path":"/fscmRestApi","status":504,"count":2}'
	read_all
	pod | cmp - <(ids)
	queries | sed 's/.*&limit=\([0-9]*\)&.*/\1/' >limits
	[ "$(head -n 3 limits | tr '\n' ' ')" = '20 10 5 ' ]
	[ "$(tail -n 1 limits)" = 5 ]
	read_all
	[ "$(queries | sed 's/.*&limit=\([0-9]*\)&.*/\1/' | sort -u)" = 20 ]
}

# ---- children --------------------------------------------------------------

@test "children that go on at another host are not asked for, and end the stream" {
	start_sandbox --invoices 40 --orders 3
	configure_sandbox '{"invoices":{"page_size":2},"purchaseOrders":{"page_size":100}}'
	quirk link_host=erp.example.com
	run -76 --separate-stderr "$BIN/fetch"
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == *invoices*"record 3"*'another host'*oracle.url* ]]
	printf '%s\n' "$output" >out
	queries >asked
	run -1 grep child asked
	# What was read up to there stands, and the other stream is whole.
	[ "$(jq -s '[.[] | select(.stream == "purchaseOrders" and .type == "RECORD")] | length' out)" = 3 ]
}

# cut HASMORE [LINKS]: a page of one record whose lines are cut.
cut_record() {
	printf '{"items":[{"InvoiceId":7,"LastUpdateDate":"%s","invoiceLines":{"items":[{"LineNumber":1}],"count":1,"hasMore":%s%s}}],"hasMore":false}' \
		"$TIE" "$1" "${2:+,\"links\":$2}"
}

@test "whatever a pod says of its children's pages, records come whole" {
	start_sandbox --invoices 30
	configure_sandbox '{"invoices":{"page_size":499}}'
	read_all
	records >all
	configure_sandbox '{"invoices":{"page_size":4}}'
	for quirk in hasmore_lies hasmore_early hasmore_missing page_cap=3 short_pages=3 opaque_keys opaque_keys=2; do
		quirk "$quirk"
		echo "# $quirk"
		read_all
		records | cmp - all
		run -1 grep -q '"hasMore":true' out
	done
}

@test "a child without an address is read below its record" {
	start_sandbox --invoices 0
	configure_sandbox
	answer "$(cut_record true)"
	answer '{"items":[{"LineNumber":1},{"LineNumber":2.50}],"hasMore":false}'
	answer '{"items":[{"LineNumber":2.50}],"hasMore":false}'
	answer "$(cut_record true)"
	read_all
	grep -F '"invoiceLines":{"items":[{"LineNumber":1},{"LineNumber":2.50}],"count":2,"hasMore":false}' out
	curl -sf "$SANDBOX/_control/requests" | jq -r .path >paths
	[ "$(grep -cF "$ROOT/invoices/7/child/invoiceLines?" paths)" = 2 ]
}

@test "a child that is cut before its first item is read, too" {
	start_sandbox --invoices 0
	configure_sandbox
	answer '{"items":[{"InvoiceId":7,"LastUpdateDate":"2026-01-31T08:00:00Z","invoiceLines":{"count":0,"hasMore":true}}]}'
	answer '{"items":[{"LineNumber":1}]}'
	answer '{"items":[{"LineNumber":1}]}'
	answer '{"items":[]}'
	read_all
	grep -F '"invoiceLines":{"count":1,"items":[{"LineNumber":1}],"hasMore":false}' out
}

@test "children that never stand still, or are promised and not sent, leave their record out and no STATE" {
	start_sandbox --invoices 0
	configure_sandbox
	answer "$(cut_record true)"
	for number in 8 9 8 9 8 9 8 9 8 9; do
		answer '{"items":[{"LineNumber":'$number'},{"LineNumber":7}],"hasMore":true}'
	done
	run -75 --separate-stderr "$BIN/fetch"
	[ -z "$output" ]
	[[ $stderr == *invoices*invoiceLines*'record 7'*'try later'* ]]
	curl -sf -X DELETE "$SANDBOX/_control/fault"
	answer "$(cut_record true)"
	answer '{"items":[{"LineNumber":1}],"hasMore":true}'
	answer '{"hasMore":true}'
	run -76 --separate-stderr "$BIN/fetch"
	[ -z "$output" ]
	[[ $stderr == *invoices*invoiceLines*'record 7'*'promises more'* ]]
	answer "$(cut_record true)"
	answer '{"items":[{"LineNumber":1}],"hasMore":true}'
	answer '{"items":[{"LineNumber":2}],"hasMore":true}'
	run -76 --separate-stderr "$BIN/fetch"
	[ -z "$output" ]
	[[ $stderr == *invoices*invoiceLines*'one of its invoiceLines a page'* ]]
	answer "$(cut_record true)"
	answer '{"items":7}'
	run -76 --separate-stderr "$BIN/fetch"
	[ -z "$output" ]
	[[ $stderr == *invoices*invoiceLines*'record 7'* ]]
}

@test "a child's page that fails is tried again, and the record comes once and whole" {
	start_sandbox --invoices 12
	configure_sandbox '{"invoices":{"page_size":499}}'
	read_all
	records >all
	configure_sandbox '{"invoices":{"page_size":2}}'
	control fault "{\"path\":\"$ROOT/invoices/\",\"status\":503}"
	control fault "{\"path\":\"$ROOT/invoices/\",\"truncate\":true}"
	control fault "{\"path\":\"$ROOT/invoices/\",\"skip\":1,\"status\":401}"
	read_all
	records | cmp - all
}

@test "a child's page that is refused ends the stream before its record" {
	start_sandbox --invoices 12
	configure_sandbox '{"invoices":{"page_size":2}}'
	control fault "{\"path\":\"$ROOT/invoices/\",\"status\":404,\"body\":\"gone\",\"content_type\":\"text/plain\"}"
	run -78 --separate-stderr "$BIN/fetch"
	[[ $stderr == *invoices*'HTTP 404: gone'* ]]
	printf '%s\n' "$output" >out
	[ "$(jq -s '([.[] | select(.type == "STATE").stats.records] | add // 0) <= ([.[] | select(.type == "RECORD")] | length)' out)" = true ]
	run -1 grep -q '"hasMore":true' out
}

# ---- the watermark ---------------------------------------------------------

@test "the watermark is the pod's own stamp, whatever the clocks here and there say" {
	start_sandbox --invoices 5
	configure_sandbox
	newest=$(curl -sf "$SANDBOX/_control/erp/rows?stream=invoices" | jq -r .stamp | sort | tail -n 1)
	quirk date_skew=7200
	LEDGERPIPE_NOW=2020-01-01T00:00:00Z read_all
	[ "$(date -u -d "$(mark)" +%s)" = "$(date -u -d "$newest" +%s)" ]
	queries >asked
	run -1 grep -F 2020-01-01 asked
}

@test "the window of the overlap is set for all streams and for one" {
	start_sandbox --invoices 5 --orders 5
	state='{"bookmarks":{"invoices":{"replication_key_value":"2026-01-31T08:00:00Z"},"purchaseOrders":{"replication_key_value":"2026-01-31T08:00:00Z"}}}'
	printf '%s' "$state" >state
	configure_sandbox '{"invoices":{},"purchaseOrders":{"overlap":"2h"}}'
	read_all --state state
	queries >asked
	grep -F "LastUpdateDate >= '2026-01-31T07:50:00.000Z'" asked
	configure_sandbox '{"invoices":{},"purchaseOrders":{"overlap":"2h"}}'
	sed -i 's/"page_size": 25/"page_size": 25, "overlap": "1h"/' "$CONFIG"
	read_all --state state
	queries >asked
	grep -F "LastUpdateDate >= '2026-01-31T07:00:00.000Z'" asked
	read_all --state state
	queries purchaseOrders >asked
	grep -F "LastUpdateDate >= '2026-01-31T06:00:00.000Z'" asked
}

@test "a row that was committed before the overlap is found by the sweep alone" {
	start_sandbox --invoices 5
	configure_sandbox
	read_all
	last_state >state
	ids >before
	control "erp/insert?stream=invoices&count=1&stamp=$(earlier "$(mark)" 86400)"
	read_all --state state
	[ "$(ids | comm -13 before - | wc -l)" = 0 ]
	read_all --state state --sweep 2d
	[ "$(ids | comm -13 before - | wc -l)" = 1 ]
	# The bookmark stays where it is.
	[ "$(last_state)" = "$(cat state)" ]
}

@test "until ends before its time, to the millisecond, and the next run goes on there" {
	start_sandbox --invoices 0
	for stamp in 08:00:00Z 08:00:01.499Z 08:00:01.500Z 08:00:01.501Z 08:00:02Z; do
		control "erp/insert?stream=invoices&count=1&stamp=2026-01-31T$stamp"
	done
	pod >all
	for scan in query descending; do
		configure_sandbox "{\"invoices\":{\"scan\":\"$scan\",\"overlap\":\"0s\",$HEADERS}}"
		read_all --until 2026-01-31T08:00:01.500Z
		ids >first
		[ "$(wc -l <first)" = 2 ]
		[ "$(mark)" = 2026-01-31T08:00:01.499Z ]
		last_state >state
		read_all --state state
		ids | sort -u - first | cmp - all
		[ "$(mark)" = 2026-01-31T08:00:02.000Z ]
	done
}

@test "since starts at its time, to the millisecond" {
	start_sandbox --invoices 0
	for stamp in 08:00:01.499Z 08:00:01.500Z; do
		control "erp/insert?stream=invoices&count=1&stamp=2026-01-31T$stamp"
	done
	configure_sandbox "{\"invoices\":{$HEADERS}}"
	read_all --since 2026-01-31T08:00:01.5Z
	[ "$(jq -r 'select(.type == "RECORD") | .record.LastUpdateDate' out)" = 2026-01-31T08:00:01.500+00:00 ]
}

@test "a descending scan reads down to the bookmark and writes its STATE at the end alone" {
	start_sandbox --invoices 60
	control 'erp/queryable?stream=invoices&attribute=LastUpdateDate&value=0'
	configure_sandbox "{\"invoices\":{\"scan\":\"descending\",\"page_size\":10,$HEADERS}}"
	read_all
	pod | cmp - <(ids)
	[ "$(jq -r .type out | uniq -c | tr -s ' \n' ' ')" = ' 1 SCHEMA 60 RECORD 1 STATE ' ]
	queries >asked
	run -1 grep -F 'q=' asked
	grep -F 'orderBy=LastUpdateDate:desc,InvoiceId:asc' asked
	last_state >state
	control 'erp/insert?stream=invoices&count=2'
	ids >before
	read_all --state state
	[ "$(ids | comm -13 before - | wc -l)" = 2 ]
	# Not a page further than the bookmark's.
	queries >asked
	[ "$(wc -l <asked)" -le 3 ]
}

@test "a descending scan keeps its business unit and filter" {
	start_sandbox --invoices 3
	configure_sandbox '{"invoices":{"scan":"descending","filter":"InvoiceAmount > 1"}}'
	read_all
	queries >asked
	grep -F 'q=(InvoiceAmount > 1)&' asked
}

@test "rows that change in the middle of a descending scan are read by its second round" {
	start_sandbox --invoices 60
	configure_sandbox "{\"invoices\":{\"scan\":\"descending\",\"page_size\":10,$HEADERS}}"
	pod >before
	id=$(sed -n 5p before)
	control "erp/update?stream=invoices&id=$id&after=2" '{"Description":"changed"}'
	control 'erp/insert?stream=invoices&count=3&after=3'
	read_all
	pod | cmp - <(ids | sort -u)
	jq -c --argjson id "$id" 'select(.type == "RECORD" and .record.InvoiceId == $id) | .record.LastUpdateDate' out >stamps
	newest=$(curl -sf "$SANDBOX/_control/erp/rows?stream=invoices" | jq -r --argjson id "$id" 'select(.id == $id).stamp')
	[ "$(date -u -d "$(jq -r . stamps | tail -n 1)" +%s.%N)" = "$(date -u -d "$newest" +%s.%N)" ]
}

@test "a descending scan that breaks off leaves the bookmark where it was" {
	start_sandbox --invoices 60
	configure_sandbox "{\"invoices\":{\"scan\":\"descending\",\"page_size\":10,$HEADERS}}"
	control fault '{"path":"/fscmRestApi","skip":3,"status":403}'
	run -77 --separate-stderr "$BIN/fetch"
	[[ $output == *RECORD* ]]
	[[ $output != *STATE* ]]
}

@test "a stream without a stamp is read in the order of its key and says so without a bookmark" {
	start_sandbox --invoices 30
	configure_sandbox "{\"invoices\":{\"cursor\":\"none\",\"page_size\":10,$HEADERS}}"
	read_all
	jq 'select(.type == "RECORD") | .record.InvoiceId' out | sort -nc
	[ "$(jq -c 'select(.type == "SCHEMA") | .bookmark_properties' out)" = '[]' ]
	[ "$(tail -n 1 out)" = '{"type":"STATE","value":{"bookmarks":{}},"stats":{"records":30}}' ]
	queries >asked
	grep -F 'orderBy=InvoiceId:asc' asked
	run -1 grep -F 'q=' asked
}

@test "a row that leaves in the middle takes no other with it, in any scan" {
	for scan in '"scan":"query"' '"scan":"descending"' '"cursor":"none"'; do
		start_sandbox --invoices 60
		configure_sandbox "{\"invoices\":{\"page_size\":10,$HEADERS,$scan}}"
		pod >before
		control "erp/delete?stream=invoices&id=$(sed -n 3p before)&after=2"
		control "erp/delete?stream=invoices&id=$(sed -n 58p before)&after=3"
		read_all
		pod | comm -23 - <(ids) >missed
		[ ! -s missed ]
		stop_sandbox
	done
}

@test "a pod that cuts the same page again and again is 69 when the budget is spent" {
	start_sandbox --invoices 40
	configure_sandbox "{\"invoices\":{\"page_size\":30,$HEADERS}}"
	sed -i 's/"retry_budget": "5s"/"retry_budget": "1s"/' "$CONFIG"
	control fault '{"path":"/fscmRestApi","truncate":true,"count":1000}'
	run -69 --separate-stderr "$BIN/fetch"
	[[ $stderr == *invoices*'no answer'* ]]
}

@test "more streams than one run reads are refused, not left out" {
	start_sandbox --invoices 1
	configure_sandbox "$(jq -nc '[range(129) | {key: "s\(.)", value: {path: "/fscmRestApi/resources/11.13.18.05/invoices", key: "InvoiceId", cursor: "LastUpdateDate", expand: ""}}] | from_entries')"
	run -78 --separate-stderr "$BIN/fetch"
	[[ $stderr == *oracle.streams*129*128* ]]
	[ -z "$output" ]
}
