#!/usr/bin/env bats
# sandbox: the ERP pod half, asked by curl.
load helper

ROOT=/fscmRestApi/resources/11.13.18.05

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	stop_sandbox
}

# pod_start ARGS...: a sandbox in the background; its address in $POD.
pod_start() {
	start_sandbox "$@"
	POD=$SANDBOX
}

# get PATH [CURL-ARGS...]: a resource at version 4, as the client itself.
get() {
	local path=$1
	shift
	curl -sG -u sandbox:sandbox-secret -H 'REST-Framework-Version: 4' \
	    "$POD$ROOT/$path" "$@"
}

# q TEXT: the ids of the invoices that a q leaves.
q() {
	get invoices -d limit=499 -d onlyData=true -d fields=InvoiceId \
	    --data-urlencode "q=$1" | jq -c '[.items[].InvoiceId]'
}

# status PATH [CURL-ARGS...]: only the status code.
status() {
	get "$@" -o /dev/null -w '%{http_code}'
}

control() {
	curl -sf -X POST "$POD/_control/$1" -d "${2-}"
}

@test "help goes to stdout and usage errors are 64" {
	run -0 --separate-stderr "$BIN/sandbox" --help
	[[ $output == usage:* ]]
	for words in --nothing operand '--port 70000' '--page-cap 0'; do
		# shellcheck disable=SC2086 # words
		run -64 --separate-stderr "$BIN/sandbox" $words
		[ -z "$output" ]
		[[ $stderr == *sandbox* ]]
	done
}

@test "the same seed makes the same rows, another seed others" {
	export LEDGERPIPE_NOW=2026-01-31T08:00:00.000Z
	for seed in 7 7 8; do
		pod_start --seed "$seed"
		get invoices -d limit=499 -d onlyData=true \
		    -d expand=invoiceLines |
		    jq -c '[.items[]|del(.invoiceLines.links)]' \
		    >>"$BATS_TEST_TMPDIR/rows"
		kill "$SANDBOX_PID"
		wait "$SANDBOX_PID"
	done
	[ "$(sort -u "$BATS_TEST_TMPDIR/rows" | wc -l)" -eq 2 ]
	[ "$(head -2 "$BATS_TEST_TMPDIR/rows" | sort -u | wc -l)" -eq 1 ]
}

@test "a token is given for the right client only, and opens the pod" {
	pod_start
	token=$(curl -s -u sandbox:sandbox-secret \
	    -d grant_type=client_credentials "$POD/oauth2/v1/token" |
	    jq -r .access_token)
	run -0 curl -s -o /dev/null -w '%{http_code}' \
	    -H "Authorization: Bearer $token" "$POD$ROOT/invoices"
	[ "$output" = 200 ]
	run -0 curl -s -w '%{http_code}' -u sandbox:wrong \
	    -d grant_type=client_credentials "$POD/oauth2/v1/token"
	[[ $output == *invalid_client*401 ]]
	run -0 curl -s -w '%{http_code}' -u sandbox:sandbox-secret \
	    -d grant_type=refresh_token "$POD/oauth2/v1/token"
	[[ $output == *invalid_grant*400 ]]
}

@test "a token that has ended gets a 401 that isn't JSON" {
	pod_start --token-lifetime 1
	token=$(curl -s -u sandbox:sandbox-secret \
	    -d grant_type=client_credentials "$POD/oauth2/v1/token" |
	    jq -r .access_token)
	code=200
	while [ "$code" = 200 ]; do
		code=$(curl -s -o "$BATS_TEST_TMPDIR/body" -w '%{http_code}' \
		    -H "Authorization: Bearer $token" "$POD$ROOT/invoices")
	done
	[ "$code" = 401 ]
	grep -q '<html>' "$BATS_TEST_TMPDIR/body"
}

@test "a page has 25 rows unless asked, and never more than the cap" {
	pod_start --page-cap 30
	[ "$(get invoices | jq -c '[.count,.limit,.hasMore,(.items|length)]')" \
	    = '[25,25,true,25]' ]
	[ "$(get invoices -d limit=5000 | jq -c '[.count,.limit]')" \
	    = '[30,30]' ]
	[ "$(get invoices -d offset=59 | jq -c '[.count,.hasMore]')" \
	    = '[1,false]' ]
	[ "$(get invoices -d offset=600 | jq -c '[.count,.hasMore,.items]')" \
	    = '[0,false,[]]' ]
}

@test "a q compares times as times, numbers as numbers, texts as texts" {
	pod_start
	stamp=$(get invoices -d limit=1 -d orderBy=LastUpdateDate:desc |
	    jq -r '.items[0].LastUpdateDate')
	[ "$(q "LastUpdateDate >= '$stamp'" | jq length)" -ge 1 ]
	[ "$(q "LastUpdateDate > '$stamp'")" = '[]' ]
	# the same instant, in another zone
	id=$(get invoices -d limit=1 | jq '.items[0].InvoiceId')
	control "erp/update?stream=invoices&id=$id" \
	    '{"LastUpdateDate":"2026-01-31T08:15:27.114+00:00","InvoiceAmount":9.50}'
	[ "$(q "LastUpdateDate = '2026-01-31T10:15:27.114+02:00'")" = "[$id]" ]
	[ "$(q "InvoiceAmount > 9 and InvoiceAmount < 10")" = "[$id]" ]
	[ "$(q "InvoiceAmount = 9.5 or InvoiceId in (1, 2)")" = "[$id]" ]
	[ "$(q "Supplier like '<!channel>%'" | jq length)" -ge 1 ]
	[ "$(q "Supplier = 'O''Malley \"Quick\" Couriers'" | jq length)" -ge 1 ]
	[ "$(q "PayGroup = 'x' or PayGroup != 'x'")" = '[]' ]
	[ "$(q "(InvoiceCurrency = 'JPY' or InvoiceCurrency = 'EUR') and PaidStatus <> 'Paid'" |
	    jq length)" -ge 1 ]
}

@test "what the pod doesn't know is a structured 400" {
	pod_start
	for parameter in 'q=Foo = 1' "q=InvoiceId = 'x" 'q=InvoiceId' \
	    'q=InvoiceId = 1 and' 'q=Supplier = x' 'q=((InvoiceId = 1)' \
	    "q=LastUpdateDate > 'today'" orderBy=Foo:asc \
	    orderBy=InvoiceId:up expand=foo expand=invoiceLines.foo \
	    fields=Foo limit=0 limit=x offset=-1 finder=Other foo=1; do
		run -0 get invoices --data-urlencode "$parameter" \
		    -w '\n%{http_code} %{content_type}'
		[ "${lines[-1]}" = '400 application/vnd.oracle.adf.error+json' ]
		[ "$(jq -r .status <<<"${lines[0]}")" = 400 ]
	done
	[ "$(status nothing)" = 404 ]
	[ "$(status invoices/1234567)" = 404 ]
	id=$(get invoices -d limit=1 | jq '.items[0].InvoiceId')
	[ "$(status "invoices/$id" -d q=x)" = 400 ]
}

@test "a raw plus in a time is a space and refused" {
	pod_start
	run -0 curl -s -o /dev/null -w '%{http_code}' \
	    -u sandbox:sandbox-secret -H 'REST-Framework-Version: 4' \
	    "$POD$ROOT/invoices?q=LastUpdateDate%3E%3D'2026-01-01T00:00:00+00:00'"
	[ "$output" = 400 ]
	run -0 curl -s -o /dev/null -w '%{http_code}' \
	    -u sandbox:sandbox-secret -H 'REST-Framework-Version: 4' \
	    "$POD$ROOT/invoices?q=LastUpdateDate%3E%3D'2026-01-01T00:00:00%2B00:00'"
	[ "$output" = 200 ]
}

@test "rows come in the order asked for, first key first" {
	pod_start
	for order in LastUpdateDate:asc,InvoiceId:asc \
	    LastUpdateDate:desc,InvoiceId:desc; do
		get invoices -d limit=499 -d orderBy="$order" |
		    jq -c '[.items[]|[.LastUpdateDate,.InvoiceId]]' \
		    >>"$BATS_TEST_TMPDIR/orders"
	done
	[ "$(jq -s '.[0] == (.[1]|reverse)' "$BATS_TEST_TMPDIR/orders")" \
	    = true ]
	[ "$(get invoices -d limit=499 -d orderBy=InvoiceAmount |
	    jq '[.items[].InvoiceAmount] | . == sort')" = true ]
}

@test "one time stamp is shared by more orders than a page holds" {
	pod_start
	[ "$(get purchaseOrders -d limit=499 | jq '[.items|group_by(.LastUpdateDate)[]|length]|max > 25')" \
	    = true ]
}

@test "stamps have a fraction or none, never zeros and never a Z" {
	pod_start
	get invoices -d limit=499 | jq -r '.items[].LastUpdateDate' \
	    >"$BATS_TEST_TMPDIR/stamps"
	run -1 grep -Evq 'T[0-9:]{8}(\.[0-9]{3})?\+00:00$' "$BATS_TEST_TMPDIR/stamps"
	run -1 grep -q '\.000+' "$BATS_TEST_TMPDIR/stamps"
	grep -q '\.[0-9]' "$BATS_TEST_TMPDIR/stamps"
	grep -q ':[0-9][0-9]+' "$BATS_TEST_TMPDIR/stamps"
}

@test "an expanded child is cut at the page's limit and can be paged itself" {
	pod_start
	get invoices -d limit=25 -d onlyData=true -d expand=invoiceLines |
	    jq -c 'first(.items[]|select(.invoiceLines.hasMore))' \
	    >"$BATS_TEST_TMPDIR/cut"
	[ "$(jq -c '.invoiceLines|[.count,.limit,(.items|length)]' \
	    "$BATS_TEST_TMPDIR/cut")" = '[25,25,25]' ]
	href=$(jq -r '.invoiceLines.links[0].href' "$BATS_TEST_TMPDIR/cut")
	run -0 curl -sG -u sandbox:sandbox-secret -d offset=25 -d limit=100 \
	    -H 'REST-Framework-Version: 4' "$href"
	[ "$(jq '.items[0].LineNumber' <<<"$output")" = 26 ]
	[ "$(jq .hasMore <<<"$output")" = false ]
}

@test "nested children are expanded and addressed by dotted names and paths" {
	pod_start
	get purchaseOrders -d limit=1 -d onlyData=true \
	    -d expand=lines.schedules.distributions >"$BATS_TEST_TMPDIR/page"
	href=$(jq -r '.items[0].lines.items[0].schedules.items[0].distributions.links[0].href' \
	    "$BATS_TEST_TMPDIR/page")
	run -0 curl -s -u sandbox:sandbox-secret \
	    -H 'REST-Framework-Version: 4' "$href"
	[ "$(jq .items[0].PODistributionId <<<"$output")" = "$(jq \
	    '.items[0].lines.items[0].schedules.items[0].distributions.items[0].PODistributionId' \
	    "$BATS_TEST_TMPDIR/page")" ]
	id=$(get journalBatches -d limit=1 | jq '.items[0].JeBatchId')
	[ "$(get "journalBatches/$id/child/journalHeaders/1/child/journalLines" |
	    jq '.items[0].JeLineNumber')" = 1 ]
}

@test "journals balance and invoices are the sum of their lines" {
	pod_start
	[ "$(get journalBatches -d limit=200 -d expand=journalHeaders.journalLines |
	    jq '[.items[].journalHeaders.items[].journalLines.items
	    | ((map(.EnteredDr // 0)|add)*100|round) == ((map(.EnteredCr // 0)|add)*100|round)]|all')" \
	    = true ]
	[ "$(get invoices -d limit=200 -d expand=invoiceLines |
	    jq '[.items[]|((.invoiceLines.items|map(.LineAmount)|add)*100|round)
	    == (.InvoiceAmount*100|round)]|all')" = true ]
}

@test "without the version header children are arrays and errors are text" {
	pod_start
	run -0 curl -sG -u sandbox:sandbox-secret "$POD$ROOT/invoices" \
	    -d limit=1 -d expand=invoiceLines \
	    --data-urlencode 'q=InvoiceAmount>=100 and <=50000000;InvoiceCurrency=USD'
	[ "$(jq -r '.items[0].invoiceLines|type' <<<"$output")" = array ]
	run -0 curl -s -u sandbox:sandbox-secret -w ' %{content_type}' \
	    "$POD$ROOT/invoices?foo=1"
	[ "$output" = 'URL request parameter foo cannot be used in this context. text/plain' ]
}

@test "fields win over expand, and onlyData drops the items' links alone" {
	pod_start
	[ "$(get invoices -d limit=1 -d onlyData=true -d expand=invoiceLines \
	    -d fields=InvoiceNumber,InvoiceId | jq -c '.items[0]|keys')" \
	    = '["InvoiceId","InvoiceNumber"]' ]
	[ "$(get invoices -d limit=1 -d onlyData=true |
	    jq -c '[.items[0].links, .links[0].rel]')" = '[null,"self"]' ]
	[ "$(get invoices -d limit=1 | jq -r '.items[0].links[0].rel')" = self ]
}

@test "fields name children's attributes too, behind the child's path" {
	pod_start
	[ "$(get invoices -d limit=1 -d onlyData=true --data-urlencode \
	    'fields=InvoiceId;invoiceLines:LineNumber;invoiceLines.invoiceDistributions:DistributionAmount' |
	    jq -c '.items[0] | keys, (.invoiceLines.items[0] | keys,
	    (.invoiceDistributions.items[0] | keys))')" = \
	    '["InvoiceId","invoiceLines"]
["LineNumber","invoiceDistributions"]
["DistributionAmount"]' ]
	for fields in 'InvoiceId;invoiceLine:LineNumber' 'InvoiceId;' \
	    'InvoiceId;invoiceLines:InvoiceNumber' 'InvoiceId;invoiceLines:'; do
		[ "$(status invoices --data-urlencode "fields=$fields")" = 400 ]
	done
}

@test "PrimaryKey finds one row by its key" {
	pod_start
	id=$(get invoices -d limit=1 -d offset=7 | jq '.items[0].InvoiceId')
	[ "$(get invoices --data-urlencode "finder=PrimaryKey;InvoiceId=$id" |
	    jq -c '[.items[].InvoiceId]')" = "[$id]" ]
	[ "$(get invoices --data-urlencode 'finder=PrimaryKey;InvoiceId=1' |
	    jq .count)" = 0 ]
}

@test "an update keeps a number's text and stamps the row last" {
	pod_start
	id=$(get invoices -d limit=1 -d orderBy=LastUpdateDate | jq '.items[0].InvoiceId')
	control "erp/update?stream=invoices&id=$id" '{"InvoiceAmount":12345678901234567.10}'
	run -0 get "invoices/$id"
	[[ $output == *'"InvoiceAmount":12345678901234567.10,'* ]]
	[ "$(get invoices -d limit=1 -d orderBy=LastUpdateDate:desc |
	    jq '.items[0].InvoiceId')" = "$id" ]
	run -22 control "erp/update?stream=invoices&id=$id" '{"Foo":1}'
}

@test "an update that waits happens in the middle of paging" {
	pod_start
	id=$(get invoices -d limit=1 | jq '.items[0].InvoiceId')
	control "erp/update?stream=invoices&id=$id&after=2" '{"PayGroup":"late"}'
	for expected in null null '"late"'; do
		[ "$(get "invoices/$id" | jq .PayGroup)" = "$expected" ]
	done
}

@test "rows inserted with a stamp appear with it, others later than all" {
	pod_start
	run -0 control 'erp/insert?stream=purchaseOrders&count=3&stamp=2026-01-01T00:00:00Z'
	[ "$(jq '.inserted|length' <<<"$output")" = 3 ]
	[ "$(get purchaseOrders --data-urlencode \
	    "q=LastUpdateDate = '2026-01-01T00:00:00Z'" | jq .count)" = 3 ]
	id=$(control 'erp/insert?stream=purchaseOrders' | jq '.inserted[0]')
	[ "$(get purchaseOrders -d limit=1 -d orderBy=LastUpdateDate:desc |
	    jq '.items[0].POHeaderId')" = "$id" ]
	control "erp/delete?stream=purchaseOrders&id=$id"
	[ "$(status "purchaseOrders/$id")" = 404 ]
}

@test "a fault answers so many requests and no other path's" {
	pod_start
	control fault '{"path":"'$ROOT'/invoices","count":2,"status":503,"body":"<h1>planned outage</h1>","headers":{"Retry-After":"7"}}'
	[ "$(status journalBatches)" = 200 ]
	run -0 get invoices -i
	[[ $output == *503*'Retry-After: 7'*outage* ]]
	[ "$(status invoices)" = 503 ]
	[ "$(status invoices)" = 200 ]
	control fault '{"path":"/","drop":true}'
	run -52 get invoices
	control fault '{"path":"/","truncate":true}'
	run -18 get invoices
	control fault '{"status":500,"count":9}'
	curl -s -X DELETE "$POD/_control/fault"
	[ "$(status invoices)" = 200 ]
}

@test "an answer that waits holds up nobody else" {
	pod_start
	control fault '{"path":"'$ROOT'/invoices","delay_ms":60000}'
	get invoices >slow 3>&- &
	local slow=$!
	until curl -s "$POD/_control/requests" | grep -q invoices; do :; done
	[ "$(status journalBatches)" = 200 ]
	kill -0 "$slow"
	[ ! -s slow ]
	kill "$slow"
	control fault '{"path":"'$ROOT'/invoices","delay_ms":300}'
	get invoices -o /dev/null -w '%{time_total}' >time
	[ "$(jq '. >= 0.3' time)" = true ]
}

@test "all requests are kept as they came" {
	pod_start
	get 'invoices?limit=1&q=InvoiceId%20=+1' >/dev/null
	curl -s -d 'a=1&b=%20' "$POD/oauth2/v1/token" >/dev/null
	curl -s "$POD/_control/requests" >"$BATS_TEST_TMPDIR/requests"
	[ "$(jq -s length "$BATS_TEST_TMPDIR/requests")" = 2 ]
	[ "$(jq -rs '.[0]|[.method,.path,.headers.Authorization]|@tsv' \
	    "$BATS_TEST_TMPDIR/requests")" = "$(printf 'GET\t%s\t%s' \
	    "$ROOT/invoices?limit=1&q=InvoiceId%20=+1" \
	    "Basic $(printf sandbox:sandbox-secret | base64)")" ]
	[ "$(jq -rs '.[1].body' "$BATS_TEST_TMPDIR/requests")" = 'a=1&b=%20' ]
	curl -s -X DELETE "$POD/_control/requests"
	[ -z "$(curl -s "$POD/_control/requests")" ]
}
