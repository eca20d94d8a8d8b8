#!/usr/bin/env bats
# sandbox: the pod's other streams, what it says of itself, its bad manners,
# and the rows of bulk.
load helper

FSCM=/fscmRestApi/resources/11.13.18.05
HCM=/hcmRestApi/resources/11.13.18.05
MORE=(invoiceHolds payablesPayments purchaseOrderSchedules
    purchaseOrderAcknowledgments draftPurchaseOrders suppliers
    receivablesInvoices receivablesCustomerAccountActivities
    standardReceipts)

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	stop_sandbox
}

# start_more N [ARGS...]: a pod with N rows of each stream.
start_more() {
	local stream rows=(--rows "workers=$1") count=$1
	shift
	for stream in "${MORE[@]}"; do
		rows+=(--rows "$stream=$count")
	done
	start_sandbox --invoices "$count" --orders "$count" \
	    --journals "$count" "${rows[@]}" "$@"
}

# ask PATH [CURL-ARGS...]: a resource at version 4, as the client itself.
ask() {
	curl -sG -u sandbox:sandbox-secret -H 'REST-Framework-Version: 4' \
	    "$SANDBOX$1" "${@:2}"
}

# get STREAM [CURL-ARGS...]
get() {
	ask "$FSCM/$1" "${@:2}"
}

status() {
	get "$@" -o /dev/null -w '%{http_code}'
}

# quirk NAME[&PARAMETERS]
quirk() {
	control "erp/quirk?name=$1"
}

# page JQ [CURL-ARGS...]: of the invoices.
page() {
	get invoices "${@:2}" | jq -c "$1"
}

first_id() {
	get "$1" -d limit=1 -d onlyData=true | jq ".items[0].$2"
}

@test "every stream has rows, with a key and two stamps of its own" {
	start_more 7
	for pair in invoiceHolds:HoldId payablesPayments:CheckId \
	    purchaseOrderSchedules:LineLocationId \
	    purchaseOrderAcknowledgments:POHeaderId \
	    draftPurchaseOrders:VersionId suppliers:SupplierId \
	    receivablesInvoices:CustomerTransactionId \
	    receivablesCustomerAccountActivities:AccountId \
	    standardReceipts:StandardReceiptId; do
		get "${pair%:*}" -d limit=499 >page
		[ "$(jq "[.items[].${pair#*:}]|unique|length" page)" = 7 ]
		[ "$(jq '[.items[]|.LastUpdateDate > .CreationDate]|all' \
		    page)" = true ]
		run -0 get "${pair%:*}/$(jq ".items[0].${pair#*:}" page)"
		[ "$(jq -c "del(.links)" <<<"$output")" = \
		    "$(jq -c '.items[0]|del(.links)' page)" ]
	done
	[ "$(ask "$HCM/workers" -d expand=names |
	    jq '[.items[].names.items[].PersonNameId]|length')" -ge 7 ]
	[ "$(status workers)" = 404 ]
	[ "$(ask "$HCM/invoices" -o /dev/null -w '%{http_code}')" = 404 ]
	[ "$(ask /crmRestApi/resources/latest/accounts -o /dev/null \
	    -w '%{http_code}')" = 404 ]
}

@test "streams have no rows unless asked for, and unknown ones are a usage error" {
	start_sandbox
	for stream in "${MORE[@]}" bulk; do
		[ "$(get "$stream" | jq -c '[.items,.hasMore]')" = '[[],false]' ]
	done
	for words in nothing=1 suppliers suppliers=x suppliers=-1; do
		run -64 --separate-stderr "$BIN/sandbox" --rows "$words"
		[ -n "$stderr" ]
	done
}

@test "an order may be drafted in several versions" {
	start_more 12
	[ "$(get draftPurchaseOrders -d limit=499 | jq -c \
	    '[([.items[].POHeaderId]|unique|length), ([.items[].VersionId]|unique|length)]')" \
	    = '[10,12]' ]
}

@test "describe names each attribute with the type that its values have" {
	start_more 12
	local types='{integer:"number",number:"number",string:"string",
	    boolean:"boolean",date:"string",datetime:"string"}'
	for path in "$HCM/workers" "$FSCM/invoices" "$FSCM/purchaseOrders" \
	    "$FSCM/journalBatches" "${MORE[@]/#/$FSCM/}"; do
		ask "$path" -d limit=499 -d onlyData=true >page
		ask "$path/describe" >describe
		jq -c --slurpfile described describe "$types as \$json
		    | (\$described[0].Resources[].attributes
		    | map({(.name): .type})|add) as \$types
		    | .items[]|to_entries[]|select(.value != null)
		    | select((.value|type) != \$json[\$types[.key]]
		    or (\$types[.key] == \"integer\" and .value != (.value|floor))
		    or (\$types[.key] == \"date\" and (.value|length) != 10)
		    or (\$types[.key] == \"datetime\" and (.value|length) < 25))" \
		    page >wrong
		diff /dev/null wrong
		[ "$(jq '.items|length' page)" = 12 ]
	done
}

@test "describe goes down to the children, or refers to them" {
	start_sandbox
	get purchaseOrders/describe >describe
	[ "$(jq -r '.Resources.purchaseOrders.children.lines.children.schedules
	    .children.distributions.attributes[0].name' describe)" \
	    = PODistributionId ]
	[ "$(jq -c '.Resources.purchaseOrders|[.collection.finders[0].attributes[0].name,.collection.links[0].href]' \
	    describe)" = "[\"POHeaderId\",\"$SANDBOX$FSCM/purchaseOrders\"]" ]
	quirk describe_refs
	href=$(get purchaseOrders/describe | jq -r \
	    '.Resources.purchaseOrders.children.lines."$ref"')
	[ "$href" = "$SANDBOX$FSCM/purchaseOrders/{id}/child/lines/describe" ]
	[ "$(curl -sg -u sandbox:sandbox-secret "$href" | jq -r \
	    '.Resources.lines.children.schedules."$ref"|type')" = string ]
	[ "$(status invoices/describe -d limit=1)" = 400 ]
	[ "$(status nothing/describe)" = 404 ]
}

@test "an attribute that isn't queryable is refused by q and described so" {
	start_sandbox
	local q="q=LastUpdateDate >= '2026-01-01T00:00:00Z'"
	control 'erp/queryable?stream=invoices&attribute=LastUpdateDate&value=0'
	[ "$(get invoices/describe | jq -r '.Resources.invoices.attributes[]
	    | select(.queryable == false)|.name')" = LastUpdateDate ]
	run -0 get invoices --data-urlencode "$q"
	[[ $(jq -r '."o:errorDetails"[0].detail' <<<"$output") == \
	    *queryable*LastUpdateDate* ]]
	[ "$(status invoices -d orderBy=LastUpdateDate:desc)" = 200 ]
	[ "$(status purchaseOrders --data-urlencode "$q")" = 200 ]
	control 'erp/sortable?stream=invoices&attribute=LastUpdateDate&value=0'
	run -0 get invoices -d orderBy=InvoiceId,LastUpdateDate:desc
	[[ $output == *"LastUpdateDate isn't sortable"* ]]
	for verb in queryable sortable; do
		control "erp/$verb?stream=invoices&attribute=LastUpdateDate&value=1"
	done
	[ "$(status invoices -d orderBy=LastUpdateDate --data-urlencode "$q")" \
	    = 200 ]
	run -22 control 'erp/queryable?stream=invoices&attribute=Foo'
}

@test "hasMore can lie, stop too early, or be missing" {
	start_sandbox --invoices 10
	quirk hasmore_lies
	[ "$(page '[.count,.hasMore]' -d offset=5)" = '[5,true]' ]
	[ "$(page '[.count,.hasMore]' -d offset=10)" = '[0,false]' ]
	quirk 'hasmore_lies&value=2'
	[ "$(page '[.count,.hasMore]' -d offset=10)" = '[0,true]' ]
	quirk 'hasmore_lies&value=0'
	quirk 'hasmore_early&count=1'
	[ "$(page '[.count,.hasMore]' -d limit=20)" = '[10,false]' ]
	[ "$(page '[.count,.hasMore]' -d limit=8)" = '[4,false]' ]
	[ "$(page '[.count,.hasMore]' -d limit=8)" = '[8,true]' ]
	quirk 'hasmore_early&value=3'
	[ "$(page '[.count,.hasMore]' -d limit=8)" = '[3,false]' ]
	quirk hasmore_missing
	[ "$(page 'has("hasMore")')" = false ]
	curl -sf -X DELETE "$SANDBOX/_control/erp/quirk"
	[ "$(page '[.count,.hasMore]' -d limit=8)" = '[8,true]' ]
}

@test "an empty page can come without items" {
	start_sandbox --invoices 1
	quirk items_missing
	[ "$(page '[has("items"),.count]' -d offset=9)" = '[false,0]' ]
	[ "$(page '[has("items"),.count]')" = '[true,1]' ]
}

@test "pages can be shorter than asked, with and without saying so" {
	start_sandbox --invoices 10
	quirk 'page_cap&value=4'
	[ "$(page '[.count,.limit,.hasMore]' -d limit=8)" = '[4,4,true]' ]
	quirk 'short_pages&value=1'
	quirk 'page_cap&value=0'
	[ "$(page '[.count,.limit,.hasMore]' -d limit=8 -d offset=8)" \
	    = '[1,8,true]' ]
	[ "$(page '[.count,.limit,.hasMore]' -d limit=8 -d offset=9)" \
	    = '[1,8,false]' ]
}

@test "the offset can be ignored, and the order" {
	start_sandbox --invoices 10
	local order='orderBy=InvoiceId'
	page '[.items[].InvoiceId]' -d $order >sorted
	quirk ignore_offset
	[ "$(page '[.offset,.items[0].InvoiceId]' -d $order -d offset=5)" \
	    = "[5,$(jq '.[0]' sorted)]" ]
	quirk unsorted
	[ "$(page '[.items[].InvoiceId]' -d $order)" = "$(jq -c \
	    '[range(0;10;2) as $i|.[$i+1],.[$i]]' sorted)" ]
}

@test "totalResults and a field can make it fail, in JSON" {
	start_sandbox --invoices 3
	quirk totalresults_500
	[ "$(status invoices -d totalResults=true)" = 500 ]
	[ "$(page '.totalResults' -d totalResults=false)" = null ]
	quirk 'totalresults_500&value=0'
	quirk 'totalresults_wrong&value=12345'
	[ "$(page '.totalResults' -d totalResults=true)" = 12345 ]
	quirk 'fields_500&value=Supplier'
	[ "$(status invoices -d fields=InvoiceId,Supplier)" = 500 ]
	[ "$(status invoices -d fields=SupplierNumber,InvoiceId)" = 200 ]
	[ "$(page '.status' -d fields=Supplier)" = '"500"' ]
}

@test "without the role a stream is empty, or forbidden" {
	start_sandbox
	quirk 'no_role&stream=invoices'
	[ "$(page '[.items,.hasMore,.count]')" = '[[],false,0]' ]
	[ "$(get purchaseOrders | jq .count)" = 25 ]
	quirk 'forbidden&stream=purchaseOrders'
	run -0 get purchaseOrders -w '\n%{http_code} %{content_type}'
	[ "${lines[-1]}" = '403 application/vnd.oracle.adf.error+json' ]
	[ "$(status journalBatches)" = 200 ]
	run -22 quirk 'forbidden&stream=nothing'
	run -22 quirk nothing
}

@test "the pod's clock can be ahead or behind" {
	export LEDGERPIPE_NOW=2026-01-31T08:00:00.000Z
	start_sandbox
	quirk 'date_skew&value=-60'
	get invoices -D headers -o /dev/null
	[ "$(grep -ci '^date:' headers)" = 1 ]
	grep -q '^Date: Sat, 31 Jan 2026 07:59:00 GMT' headers
}

@test "the framework's version can be another one than asked for, or untold" {
	start_sandbox
	quirk 'version&value=absent'
	get invoices -D headers -o body
	run -1 grep -i '^rest-framework-version' headers
	[ "$(jq '.items[0].InvoiceId|type' body)" = '"number"' ]
	quirk 'version&value=3'
	get invoices -D headers -o /dev/null
	grep -q '^REST-Framework-Version: 3' headers
	[ "$(get invoices -d foo=1 -o /dev/null -w '%{content_type}')" \
	    = text/plain ]
	quirk 'version&value=9'
	get invoices -D headers -o body -d limit=1 -d expand=invoiceLines
	grep -q '^REST-Framework-Version: 9' headers
	[ "$(jq -c '.items[0]|[(.InvoiceId|type),(.InvoiceAmount|type),has("links"),
	    (."@context".links[0].rel), .invoiceLines."@context".links[0].rel]' body)" \
	    = '["string","number",false,"self","self"]' ]
	[ "$(jq 'has("links")' body)" = false ]
}

@test "q can look at whole seconds alone" {
	start_sandbox --invoices 1
	control 'erp/insert?stream=invoices&stamp=2026-01-31T08:15:30.700Z'
	local q="q=LastUpdateDate > '2026-01-31T08:15:30.100Z' and LastUpdateDate < '2026-01-31T08:15:31Z'"
	[ "$(page .count --data-urlencode "$q")" = 1 ]
	quirk whole_seconds
	[ "$(page .count --data-urlencode "$q")" = 0 ]
	[ "$(page .count --data-urlencode "${q/>/>=}")" = 1 ]
	[ "$(page .count --data-urlencode \
	    "q=LastUpdateDate >= '2026-01-31T08:15:30.900Z' and LastUpdateDate < '2026-01-31T08:15:31Z'")" \
	    = 1 ]
}

@test "keys in addresses can be opaque, and others each day" {
	start_sandbox --invoices 5 --orders 3
	quirk 'opaque_keys&stream=invoices'
	get invoices -d expand=invoiceLines.invoiceDistributions >page
	href=$(jq -r '.items[2].links[0].href' page)
	[[ ${href##*/} == 00020000000EACED00057708*0000004AACED0005* ]]
	run -0 curl -s -u sandbox:sandbox-secret "$href"
	[ "$(jq .InvoiceId <<<"$output")" = "$(jq '.items[2].InvoiceId' page)" ]
	href=$(jq -r '.items[2].invoiceLines.items[0].invoiceDistributions.links[0].href' page)
	[[ $href == *"ACED0005"*/child/invoiceLines/1/child/invoiceDistributions ]]
	run -0 curl -s -u sandbox:sandbox-secret "$href"
	[ "$(jq '.items|length' <<<"$output")" = 1 ]
	[ "$(get purchaseOrders | jq '.items[0].links[0].href|test("ACED")')" \
	    = false ]
	[ "$(page '.items[2].links[0].href')" \
	    = "$(jq -c '.items[2].links[0].href' page)" ]
	quirk 'opaque_keys&stream=invoices&value=2'
	page '.items[2].links[0].href' >one
	page '.items[2].links[0].href' >two
	run -1 cmp -s one two
	[ "$(status "invoices/$(jq -r 'sub(".*/";"")' one)")" = 200 ]
}

@test "links can lead to another host" {
	start_sandbox
	quirk 'link_host&value=evil.example:443'
	[[ $(page '.items[0].links[0].href') == \
	    '"http://evil.example:443/fscmRestApi/'* ]]
}

@test "a cut child's own pages hold the rest, at any depth" {
	start_sandbox
	get journalBatches -d limit=1 -d onlyData=true \
	    -d expand=journalHeaders.journalLines |
	    jq '.items[0].journalHeaders.items[0].journalLines' >lines
	[ "$(jq -c '[.count,.hasMore,.limit]' lines)" = '[1,true,1]' ]
	href=$(jq -r '.links[0].href' lines)
	curl -sG -u sandbox:sandbox-secret -H 'REST-Framework-Version: 4' \
	    -d offset=1 -d limit=1 -d onlyData=true "$href" >next
	[ "$(jq -c '[.count,.offset,.items[0].JeLineNumber]' next)" = '[1,1,2]' ]
	[ "$(jq -c .items lines next | sort -u | wc -l)" = 2 ]
}

@test "a job gives many rows one new stamp" {
	start_sandbox --invoices 30
	control 'erp/stamp?stream=invoices&count=28'
	get invoices -d limit=499 -d orderBy=LastUpdateDate:desc >page
	[ "$(jq '[.items[].LastUpdateDate]|group_by(.)|map(length)|max' page)" \
	    = 28 ]
	[ "$(jq '.items[0].LastUpdateDate == .items[27].LastUpdateDate' page)" \
	    = true ]
	control 'erp/stamp?stream=invoices&count=2&stamp=2026-01-01T00:00:00Z'
	[ "$(page .count --data-urlencode \
	    "q=LastUpdateDate = '2026-01-01T00:00:00Z'")" = 2 ]
}

@test "rows come and go in the middle of paging" {
	start_sandbox --invoices 5
	id=$(first_id invoices InvoiceId)
	control 'erp/insert?stream=invoices&stamp=2026-01-01T00:00:00Z&after=1'
	control "erp/delete?stream=invoices&id=$id&after=2"
	control 'erp/stamp?stream=invoices&count=9&after=3'
	[ "$(curl -s "$SANDBOX/_control/erp/stats" | jq .waiting)" = 3 ]
	[ "$(page .count)" = 5 ]
	[ "$(page .count)" = 6 ]
	[ "$(page .count)" = 5 ]
	[ "$(page '[.items[].LastUpdateDate]|unique|length')" = 1 ]
	[ "$(curl -s "$SANDBOX/_control/erp/stats" | jq .waiting)" = 0 ]
}

@test "all that rows are and ever were can be listed" {
	start_sandbox --invoices 3
	get invoices -d onlyData=true >page
	curl -s "$SANDBOX/_control/erp/rows?stream=invoices" >rows
	[ "$(jq -sc 'map([.id,.stamp])' rows)" = "$(jq -c \
	    '[.items[]|[.InvoiceId,.LastUpdateDate]]' page)" ]
	id=$(jq '.items[0].InvoiceId' page)
	control "erp/update?stream=invoices&id=$id" '{"PayGroup":"a"}'
	control "erp/update?stream=invoices&id=$id&keep_stamp=1" '{"PayGroup":"b"}'
	control "erp/delete?stream=invoices&id=$(jq '.items[1].InvoiceId' page)"
	control 'erp/stamp?stream=invoices&count=1'
	curl -s "$SANDBOX/_control/erp/rows?stream=invoices" >rows
	curl -s "$SANDBOX/_control/erp/history?stream=invoices" >history
	[ "$(jq -sc 'map(.content)' rows)" = '[4,1]' ]
	[ "$(jq -s length history)" = 6 ]
	[ "$(jq -sc "[.[]|select(.id == $id)|.stamp]|[length,(unique|length)]" \
	    history)" = '[4,3]' ]
	# what is there now is what was written last
	[ "$(jq -sc 'group_by(.id)|map(last)|map(select(.content == 4))' history)" \
	    = "$(jq -sc '[.[0]]' rows)" ]
}

@test "answers are compressed for who takes it, and counted" {
	start_sandbox
	page '.items|length' --compressed >plain
	[ "$(cat plain)" = 25 ]
	get invoices -H 'Accept-Encoding: gzip' -D headers -o body
	grep -qi '^content-encoding: gzip' headers
	[ "$(gzip -dc body | jq .count)" = 25 ]
	get invoices -D headers -o /dev/null
	run -1 grep -qi '^content-encoding' headers
	get invoices -H 'Accept-Encoding: gzip' -d fields=InvoiceId \
	    -d limit=1 -d onlyData=true -D headers -o /dev/null
	run -1 grep -qi '^content-encoding' headers
	[ "$(curl -s "$SANDBOX/_control/erp/stats" | jq .gzip_answers)" = 2 ]
	quirk no_gzip
	get invoices -H 'Accept-Encoding: gzip' -D headers -o /dev/null
	run -1 grep -qi '^content-encoding' headers
}

@test "a fault's body may be any bytes, and some megabytes" {
	start_sandbox
	printf '{"items":[{"a":"\377\000x"}]}' >bytes
	control fault "{\"status\":200,\"content_type\":\"application/json\",
	    \"body_base64\":\"$(base64 -w0 bytes)\"}"
	get invoices -o got
	cmp bytes got
	head -c 5000000 /dev/zero | tr '\0' x >large
	jq -Rc '{status:200,body:.}' large >order
	curl -sf "$SANDBOX/_control/fault" --data-binary @order
	get invoices -o got
	cmp large got
	run -22 control fault '{"body_base64":"?"}'
}

@test "an answer can stall in its middle while others go on" {
	start_sandbox
	control fault '{"path":"'$FSCM'/invoices","stall_ms":60000}'
	get invoices -N -o stalled 3>&- &
	local reader=$!
	until [ -s stalled ]; do :; done
	[ "$(status journalBatches)" = 200 ]
	kill -0 "$reader"
	kill "$reader"
	control fault '{"path":"'$FSCM'/invoices","stall_ms":50}'
	[ "$(page .count)" = 25 ]
}

@test "an answer can be chunked, whole or cut" {
	start_sandbox
	control fault '{"path":"/","chunked":true}'
	get invoices -D headers -o body
	grep -qi '^transfer-encoding: chunked' headers
	[ "$(jq .count body)" = 25 ]
	control fault '{"path":"/","chunked":true,"truncate":true}'
	run -18 get invoices
}

@test "bulk has as many rows as asked, in order, with ties" {
	start_sandbox --bulk 1000 --bulk-tie 7
	local order='orderBy=LastUpdateDate:asc,BulkId:asc'
	for offset in 0 400 800; do
		get bulk -d limit=400 -d offset=$offset -d onlyData=true \
		    -d $order
	done >pages
	jq -c '.items[]|[.LastUpdateDate,.BulkId]' pages >rows
	[ "$(wc -l <rows)" = 1000 ]
	[ "$(jq -sc '[.[]|[(.[0]|sub("(?<s>:[0-9]{2})[+]";"\(.s).000+")), .[1]]]
	    | . == unique' rows)" = true ]
	[ "$(jq -s 'group_by(.[0])|map(length)|unique' -c rows)" = '[6,7]' ]
	[ "$(jq -sc 'map(.hasMore)' pages)" = '[true,true,false]' ]
}

@test "bulk is bounded by its stamps" {
	start_sandbox --bulk 1000 --bulk-tie 7
	get bulk -d limit=499 -d onlyData=true >page
	local low high
	low=$(jq -r '.items[70].LastUpdateDate' page)
	high=$(jq -r '.items[140].LastUpdateDate' page)
	get bulk -d limit=499 -d onlyData=true --data-urlencode \
	    "q=LastUpdateDate >= '$low' and LastUpdateDate < '$high'" >part
	[ "$(jq -c '[.items[].BulkId]' part)" \
	    = "$(jq -c '[.items[70:140][].BulkId]' page)" ]
	[ "$(get bulk --data-urlencode "q=LastUpdateDate > '$low'" |
	    jq '.items[0].BulkId')" = "$(jq '.items[77].BulkId' page)" ]
	[ "$(get bulk --data-urlencode "q=LastUpdateDate >= '2999-01-01'" |
	    jq .count)" = 0 ]
	for wrong in 'q=BulkId = 1' orderBy=BulkId:desc finder=PrimaryKey; do
		[ "$(status bulk --data-urlencode "$wrong")" = 400 ]
	done
	[ "$(status bulk/300000070000001)" = 404 ]
}

@test "a row of bulk has three lines, and is as large as asked" {
	start_sandbox --bulk 5 --bulk-size 200000
	get bulk -d expand=lines >page
	[ "$(jq -c '[.items[].lines.count]|unique' page)" = '[3]' ]
	[ "$(jq '[.items[]|tojson|length]|min' page)" -ge 200000 ]
	[ "$(jq -r '.items[4].links[0].href' page)" \
	    = "$SANDBOX$FSCM/bulk/300000070000005" ]
	[ "$(get bulk -d fields=BulkId,InvoiceAmount -d onlyData=true |
	    jq -c '.items[0]|keys')" = '["BulkId","InvoiceAmount"]' ]
}
