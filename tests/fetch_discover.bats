#!/usr/bin/env bats
# fetch: which streams there are, what the pod says of them, and what a Singer
# catalog selects of that.
load helper
export BIN

ROOT=/fscmRestApi/resources/11.13.18.05

setup() {
	setup_ledger
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	stop_sandbox
}

# fault PATH STATUS BODY [COUNT]: what the pod answers to requests there.
fault() {
	control fault "$(jq -nc --arg path "$1" --argjson status "$2" --arg body "$3" --argjson count "${4:-1}" '{
		path: $path, status: $status, body: $body, count: $count, content_type: "application/json",
		headers: {"REST-Framework-Version": "4"}}')"
}

# describe STREAM RESOURCE [COUNT]: the pod's description of a stream.
describe() {
	fault "$ROOT/$1/describe" 200 "$(jq -nc --arg name "$1" --argjson resource "$2" '{Resources: {($name): $resource}}')" "${3:-1}"
}

# queries PATH: the decoded queries of the requests for a path, one a line.
queries() {
	curl -sf "$SANDBOX/_control/requests" >requests
	jq -r --arg path "$1?" 'select(.path | startswith($path)) | .path[($path | length):]' requests |
		while IFS= read -r query; do printf '%b\n' "${query//%/\\x}"; done
}

# schema: the SCHEMA in out.
schema() {
	jq -c 'select(.type == "SCHEMA")' out
}

# Invoices as a pod describes them, one child within, one by reference.
# shellcheck disable=SC2016 # $ref is a name
INVOICES='{"attributes":[
	{"name":"InvoiceId","type":"integer","queryable":true},
	{"name":"InvoiceNumber","type":"string","queryable":true},
	{"name":"InvoiceAmount","type":"number","queryable":false},
	{"name":"InvoiceCurrency","type":"string","queryable":true},
	{"name":"BusinessUnit","type":"string","queryable":true},
	{"name":"InvoiceDate","type":"date","queryable":true},
	{"name":"CanceledFlag","type":"boolean","queryable":false},
	{"name":"CreationDate","type":"datetime","queryable":true},
	{"name":"LastUpdateDate","type":"datetime","queryable":true},
	{"name":"Scan","type":"attachment"}],
	"children":{
	"invoiceLines":{"attributes":[{"name":"LineNumber","type":"integer"},{"name":"LineAmount","type":"number"}],
		"children":{"invoiceDistributions":{"attributes":[{"name":"DistributionAmount","type":"number"}]}}},
	"invoiceInstallments":{"$ref":"https://pod.example.com:443/describe"}}}'

# blocked ATTRIBUTE: the same, but q on the attribute is refused.
blocked() {
	jq -c --arg name "$1" '(.attributes[] | select(.name == $name)).queryable = false' <<<"$INVOICES"
}

# refuses STATUS CONFIGURATION WORDS: the streams can't be configured so.
refuses() {
	printf '{"oracle":{"url":"http://127.0.0.1:1","token_url":"http://127.0.0.1:1/t","client_id":"c","streams":%s}}\n' "$2" >"$CONFIG"
	run "-$1" --separate-stderr "$BIN/fetch"
	[ -z "$output" ]
	# shellcheck disable=SC2053,SC2154 # a pattern; run sets stderr
	[[ $stderr == $3 ]]
}

@test "a stream's name with a typing error brings the one that was meant" {
	refuses 78 '{"invoice":{}}' '*invoice*did you mean invoices?*'
	refuses 78 '{"PurchaseOrder":{}}' '*did you mean purchaseOrders?*'
	refuses 78 '{"workers":{"path":"/hcmRestApi/resources/11.13.18.05/workers","key":"PersonId"}}' '*path*key*cursor*'
}

@test "settings of a stream that can't be meant so are named" {
	refuses 78 '{"invoices":{"scan":"sideways"}}' '*scan*query*descending*'
	refuses 78 '{"invoices":{"scan":"descending","cursor":"none"}}' '*descending*cursor*'
	refuses 78 '{"invoices":{"fields":"InvoiceNumber,,InvoiceDate"}}' '*fields*empty*'
	refuses 78 '{"invoices":{"fields":["InvoiceNumber",3]}}' '*fields*string or an array of strings*'
	refuses 78 '{"invoices":{"key":["InvoiceId",""]}}' '*key*names*'
	refuses 78 '{"invoices":{"business_unit":[]}}' '*business units*empty*'
	refuses 78 '{"journalBatches":{"business_unit":"Vision"}}' '*business_unit_attribute*'
}

@test "versions of the pod's interface are checked" {
	printf '{"oracle":{"rest_version":"../x","streams":{"invoices":{}}}}\n' >"$CONFIG"
	run -78 --separate-stderr "$BIN/fetch"
	[[ $stderr == *rest_version*11.13.18.05* ]]
	printf '{"oracle":{"framework_version":2,"streams":{"invoices":{}}}}\n' >"$CONFIG"
	run -78 --separate-stderr "$BIN/fetch"
	[[ $stderr == *framework_version*'3 to 9'* ]]
}

@test "another version of the REST API is in the paths of built-in streams" {
	start_sandbox
	configure_sandbox
	jq '.oracle.rest_version = "latest"' "$CONFIG" >latest.json
	run --separate-stderr "$BIN/fetch" --config latest.json --check
	queries /fscmRestApi/resources/latest/invoices >asked
	grep -q '^onlyData=true' asked
}

@test "fields are a string or an array, and always hold what the pipeline lives on" {
	start_sandbox --invoices 1
	configure_sandbox '{"invoices":{"fields":["InvoiceNumber", "invoiceLines:LineNumber,LineAmount", "InvoiceId"]}}'
	fault "$ROOT/invoices" 200 '{"items":[],"hasMore":false}'
	"$BIN/fetch" >out
	queries "$ROOT/invoices" >asked
	grep -qF '&fields=InvoiceNumber,InvoiceId,LastUpdateDate,InvoiceAmount,InvoiceCurrency;invoiceLines:LineNumber,LineAmount' asked
	run -1 grep -F expand= asked
}

@test "an empty expand asks for no children" {
	start_sandbox --invoices 2
	configure_sandbox '{"invoices":{"expand":""}}'
	"$BIN/fetch" >out
	queries "$ROOT/invoices" >asked
	run -1 grep -F expand asked
	[ "$(jq -c 'select(.type == "RECORD") | .record | has("invoiceLines")' out | sort -u)" = false ]
}

@test "business units are a condition with their quotes doubled, beside the filter" {
	start_sandbox --invoices 1
	configure_sandbox '{"invoices":{"business_unit":"Kelly'\''s US1","filter":"InvoiceAmount > 1"},
		"purchaseOrders":{"business_unit":["A","B"],"business_unit_attribute":"RequisitioningBU"}}'
	"$BIN/fetch" --check
	queries "$ROOT/invoices" >asked
	grep -qF "and (InvoiceAmount > 1) and (BusinessUnit = 'Kelly''s US1')&" asked
	queries "$ROOT/purchaseOrders" >asked
	grep -qF "and (RequisitioningBU in ('A','B'))&" asked
}

@test "without a catalog a SCHEMA has the types of what the pipeline lives on" {
	start_sandbox --invoices 1
	configure_sandbox
	"$BIN/fetch" >out
	schema | jq -e '.schema | .additionalProperties and
		(.properties | keys == ["InvoiceAmount","InvoiceCurrency","InvoiceId","LastUpdateDate"]) and
		.properties.LastUpdateDate.format == "date-time"'
}

@test "discover writes a Singer catalog with the types that the pod describes" {
	start_sandbox
	configure_sandbox
	describe invoices "$INVOICES"
	"$BIN/fetch" --discover >catalog 2>err
	[ ! -s err ]
	jq -e '.streams[0] | .tap_stream_id == "invoices" and .stream == "invoices" and .key_properties == ["InvoiceId"]' catalog
	jq -e '.streams[0].schema.properties |
		.InvoiceId == {type: ["integer", "null"]} and .InvoiceAmount == {type: ["number", "null"]} and
		.InvoiceNumber == {type: ["string", "null"]} and .CanceledFlag == {type: ["boolean", "null"]} and
		.InvoiceDate == {type: ["string", "null"], format: "date"} and
		.LastUpdateDate == {type: ["string", "null"], format: "date-time"} and .Scan == {}' catalog
	jq -e '.streams[0].schema.properties | .invoiceInstallments.properties.items.type == "array" and
		(.invoiceLines.properties.items.items.properties | .LineAmount.type == ["number", "null"] and
		.invoiceDistributions.properties.items.items.properties.DistributionAmount.type == ["number", "null"])' catalog
}

@test "discover tells what is automatic, the key, and which stamps can be asked for" {
	start_sandbox
	configure_sandbox '{"invoices":{"fields":"InvoiceNumber,InvoiceDate"}}'
	describe invoices "$(blocked CreationDate)"
	"$BIN/fetch" --discover >catalog
	jq -e '.streams[0].metadata | map(select(.breadcrumb == [])) == [{breadcrumb: [], metadata: {
		inclusion: "available", selected: true, "table-key-properties": ["InvoiceId"],
		"forced-replication-method": "INCREMENTAL", "valid-replication-keys": ["LastUpdateDate"]}}]' catalog
	[ "$(jq -c '[.streams[0].metadata[] | select(.metadata.inclusion == "automatic") | .breadcrumb[1]]' catalog)" = \
		'["InvoiceId","InvoiceAmount","InvoiceCurrency","LastUpdateDate"]' ]
	[ "$(jq -c '[.streams[0].metadata[] | select(.metadata.selected == false) | .breadcrumb[1]]' catalog)" = \
		'["BusinessUnit","CanceledFlag","CreationDate","Scan"]' ]
}

@test "discover says which cursors can't be queried or aren't there, and what to set" {
	start_sandbox
	configure_sandbox '{"invoices":{},"suppliers":{},"journalBatches":{}}'
	describe invoices "$(blocked LastUpdateDate)"
	describe suppliers '{"attributes":[{"name":"SupplierId","type":"integer"}]}'
	describe journalBatches '{"attributes":[{"name":"LastUpdateDate","type":"string"},{"name":"Posted","type":"datetime"}]}'
	"$BIN/fetch" --discover >catalog 2>err
	[ "$(jq '.streams | length' catalog)" = 3 ]
	[ "$(wc -l <err)" = 3 ]
	grep -q 'invoices: .*LastUpdateDate is not queryable.*invoices\.scan to "descending"$' err
	run -1 grep -q CreationDate err
	grep -q 'suppliers: it has no attribute LastUpdateDate.*"none"' err
	grep -q 'journalBatches: .*no time.*cursor to Posted' err
}

@test "a stream scanned in descending order needs no queryable cursor" {
	start_sandbox
	configure_sandbox '{"invoices":{"scan":"descending"}}'
	describe invoices "$(blocked LastUpdateDate)"
	"$BIN/fetch" --discover >catalog 2>err
	[ ! -s err ]
	jq -e '.streams[0].metadata[0].metadata["valid-replication-keys"] | index("LastUpdateDate")' catalog
}

@test "with no stream configured discover writes all that are built in, selected by nobody" {
	start_sandbox
	configure_sandbox '{}'
	fault "$ROOT" 200 '{"Resources":{"any":{"attributes":[{"name":"LastUpdateDate","type":"datetime"}]}}}' 12
	"$BIN/fetch" --discover >catalog 2>err
	[ ! -s err ]
	[ "$(jq -r '.streams[].stream' catalog | sort | tr '\n' ' ')" = "draftPurchaseOrders invoiceHolds invoices journalBatches \
payablesPayments purchaseOrderAcknowledgments purchaseOrderSchedules purchaseOrders receivablesCustomerAccountActivities \
receivablesInvoices standardReceipts suppliers " ]
	jq -e '[.streams[].metadata[0].metadata.selected] | any | not' catalog
	jq -e '.streams[] | select(.stream == "draftPurchaseOrders") | .key_properties == ["POHeaderId", "VersionId"]' catalog
}

@test "discover reports a stream that is forbidden or absent, and writes the others" {
	start_sandbox
	configure_sandbox '{"invoices":{},"nothing":{"path":"/fscmRestApi/resources/latest/nothing","key":"Id","cursor":"none"},"suppliers":{}}'
	describe invoices "$INVOICES"
	fault "$ROOT/suppliers/describe" 403 '{"title":"Forbidden","status":"403","o:errorDetails":[{"detail":"no privilege"}]}'
	run --separate-stderr -78 "$BIN/fetch" --discover
	[ "$(jq -r '.streams[].stream' <<<"$output")" = invoices ]
	[[ $stderr == *nothing/describe*404*path* ]]
	[[ $stderr == *suppliers/describe*403*'no privilege'* ]]
}

@test "a description that is none is said, and crashes nothing" {
	start_sandbox
	configure_sandbox
	for body in '[]' '{}' '{"Resources":3}' '{"Resources":{"a":{},"b":{}}}' '{"Resources":{"invoices":{"attributes":{}}}}'; do
		fault "$ROOT/invoices/describe" 200 "$body"
		run -76 --separate-stderr "$BIN/fetch" --discover
		[[ $stderr == *describe* ]]
		[ "$(jq -c . <<<"$output")" = '{"streams":[]}' ]
	done
	describe invoices '{"attributes":[3,{},{"name":4},{"name":""},{"name":"A","type":[]},{"type":"x"}],"children":[1]}'
	"$BIN/fetch" --discover >catalog
	[ "$(jq -c '[.streams[0].schema.properties | to_entries[] | select(.value == {}) | .key]' catalog)" = '["A"]' ]
}

@test "discover, check and catalog don't go together" {
	run -64 --separate-stderr "$BIN/fetch" --discover --check
	run -64 --separate-stderr "$BIN/fetch" --discover --catalog x
	[[ $stderr == *--discover* ]]
}

# discover [STREAMS]: a catalog of invoices, made by the pod's description.
discover() {
	configure_sandbox "$@"
	describe invoices "$INVOICES"
	"$BIN/fetch" --discover >catalog
}

# leave_out NAME...: a catalog without these fields of the first stream.
leave_out() {
	jq '.streams[0].metadata |= map(if .breadcrumb[1] as $name | $ARGS.positional | index($name)
		then .metadata.selected = false else . end)' catalog --args "$@" >chosen
}

@test "what discover wrote is read as a catalog, and its schema is in the output" {
	start_sandbox --invoices 4 --orders 4
	discover
	configure_sandbox '{"purchaseOrders":{},"invoices":{"page_size":100}}'
	"$BIN/fetch" --catalog catalog >out
	[ "$(jq -r 'select(.type == "RECORD") | .stream' out | sort | uniq -c | tr -s ' ')" = ' 4 invoices' ]
	[ "$(schema | jq -c .schema)" = "$(jq -c '.streams[0].schema' catalog)" ]
	[ "$(jq -r .type out | head -n 1)" = SCHEMA ]
}

@test "a stream is selected by its metadata, by itself, or by default" {
	start_sandbox --invoices 1 --orders 1 --journals 1
	configure_sandbox
	echo '{"streams":[
		{"stream":"invoices","selected":true},
		{"tap_stream_id":"purchaseOrders","selected":true,"metadata":[{"breadcrumb":[],"metadata":{"selected":false}}]},
		{"tap_stream_id":"journalBatches","metadata":[{"breadcrumb":[],"metadata":{"selected-by-default":true}}]},
		{"tap_stream_id":"suppliers"}, {"tap_stream_id":"invoices","selected":true}, 3]}' >catalog
	"$BIN/fetch" --catalog catalog >out
	[ "$(jq -r 'select(.type == "RECORD") | .stream' out | sort | tr '\n' ' ')" = 'invoices journalBatches ' ]
	"$BIN/fetch" --catalog catalog --stream journalBatches >out
	[ "$(jq -r 'select(.type == "RECORD") | .stream' out)" = journalBatches ]
}

@test "a catalog that is none, or selects nothing that there is, says so" {
	configure_sandbox
	run -66 --separate-stderr "$BIN/fetch" --catalog nowhere
	[[ $stderr == *catalog*nowhere* ]]
	for text in '' '{' '{}' '{"streams":{}}'; do
		printf %s "$text" >catalog
		run -65 --separate-stderr "$BIN/fetch" --catalog catalog
		[[ $stderr == *"catalog 'catalog'"* ]]
	done
	echo '{"streams":[{"stream":"invoices"}]}' >catalog
	run -65 --separate-stderr "$BIN/fetch" --catalog catalog
	[[ $stderr == *'selects no stream'*selected* ]]
	run -65 --separate-stderr "$BIN/fetch" --catalog catalog --stream invoices
	[[ $stderr == *"doesn't select"*invoices* ]]
	echo '{"streams":[{"stream":"invoice","selected":true}]}' >catalog
	run -78 --separate-stderr "$BIN/fetch" --catalog catalog
	[[ $stderr == *'did you mean invoices'* ]]
}

@test "a field that is left out is not asked for, and not in the SCHEMA" {
	start_sandbox --invoices 2
	discover '{"invoices":{"expand":""}}'
	leave_out CanceledFlag InvoiceId Scan
	"$BIN/fetch" --catalog chosen >out
	queries "$ROOT/invoices" >asked
	grep -qF '&fields=InvoiceId,InvoiceNumber,InvoiceAmount,InvoiceCurrency,BusinessUnit,InvoiceDate,CreationDate,LastUpdateDate' asked
	[ "$(jq -c 'select(.type == "RECORD") | .record | has("CanceledFlag"), has("InvoiceId")' out | sort -u | tr '\n' ' ')" = 'false true ' ]
	[ "$(schema | jq -c '.schema.properties | has("CanceledFlag"), has("Scan"), has("InvoiceId")' | tr '\n' ' ')" = 'false false true ' ]
	[ "$(wc -l <out)" = "$(jq -c . out | wc -l)" ]
}

@test "when all fields are left out the key and the cursor still come, and nothing else" {
	start_sandbox --invoices 2
	discover '{"invoices":{"expand":""}}'
	jq '.streams[0].metadata |= map(if .breadcrumb == [] then . else .metadata = {inclusion: "unsupported"} end)' catalog >chosen
	"$BIN/fetch" --catalog chosen >out
	[ "$(jq -c 'select(.type == "RECORD") | .record | keys' out | sort -u)" = '["InvoiceAmount","InvoiceCurrency","InvoiceId","LastUpdateDate"]' ]
}

@test "a child that is left out is not expanded, and the record stays as it is" {
	start_sandbox --invoices 2
	discover
	leave_out invoiceLines
	"$BIN/fetch" --catalog chosen >out
	queries "$ROOT/invoices" >asked
	grep -q '&expand=invoiceInstallments$' asked
	run -1 grep -F fields= asked
	[ "$(jq -c 'select(.type == "RECORD") | .record | has("invoiceLines"), has("Supplier")' out | sort -u | tr '\n' ' ')" = 'false true ' ]
}

@test "fields that are left out name the children's attributes, or say which child isn't described" {
	start_sandbox --invoices 1
	discover
	leave_out Scan
	run -78 --separate-stderr "$BIN/fetch" --catalog chosen
	[[ $stderr == *invoices*invoiceInstallments*fields* ]]
	leave_out Scan invoiceInstallments
	fault "$ROOT/invoices" 200 '{"items":[],"hasMore":false}'
	"$BIN/fetch" --catalog chosen >out
	queries "$ROOT/invoices" >asked
	grep -q ';invoiceLines:LineNumber,LineAmount;invoiceLines.invoiceDistributions:DistributionAmount$' asked
}

@test "a catalog without a schema can't leave out fields in silence" {
	configure_sandbox
	echo '{"streams":[{"stream":"invoices","selected":true,"metadata":[
		{"breadcrumb":["properties","SupplierIBAN"],"metadata":{"selected":false}}]}]}' >catalog
	run -65 --separate-stderr "$BIN/fetch" --catalog catalog
	[[ $stderr == *invoices*schema* ]]
}

@test "fields of the configuration come back through a catalog as they were" {
	start_sandbox --invoices 1
	discover '{"invoices":{"fields":"InvoiceNumber;invoiceLines:LineNumber"}}'
	fault "$ROOT/invoices" 200 '{"items":[],"hasMore":false}' 2
	"$BIN/fetch" >out
	"$BIN/fetch" --catalog catalog >out
	queries "$ROOT/invoices" | sed 's/.*fields=//' >asked
	[ "$(wc -l <asked)" = 2 ]
	for line in 1 2; do
		sed -n "${line}p" asked | tr ',;' '\n' | sort >"fields.$line"
	done
	cmp fields.1 fields.2
}

@test "a catalog names another key and another cursor" {
	start_sandbox --invoices 3
	configure_sandbox '{"invoices":{"cursor":"none"}}'
	echo '{"streams":[{"stream":"invoices","selected":true,"key_properties":["InvoiceNumber","InvoiceId"],"metadata":[
		{"breadcrumb":[],"metadata":{"replication-key":"CreationDate"}}]}]}' >catalog
	"$BIN/fetch" --catalog catalog >out
	schema | jq -e '.key_properties == ["InvoiceNumber","InvoiceId"] and .bookmark_properties == ["CreationDate"]'
	[ "$(jq -c 'select(.type == "RECORD")' out | wc -l)" = 3 ]
	[ "$(jq -r 'select(.type == "STATE") | .value.bookmarks.invoices.replication_key' out | sort -u)" = CreationDate ]
}

@test "check says of each stream that it can be read" {
	start_sandbox --invoices 2 --orders 2
	configure_sandbox '{"invoices":{},"purchaseOrders":{"scan":"descending"},"journalBatches":{"cursor":"none"}}'
	run -0 --separate-stderr "$BIN/fetch" --check
	[ -z "$output" ]
	[[ $stderr == *'ok: stream invoices: its oldest record has the LastUpdateDate 2'* ]]
	[[ $stderr == *'ok: stream purchaseOrders: its newest record has the LastUpdateDate 2'* ]]
	[[ $stderr == *'3 of 3 streams can be read'* ]]
	queries "$ROOT/invoices" >asked
	grep -qF "q=LastUpdateDate >= '1970-01-01T00:00:00.000Z'&orderBy=LastUpdateDate:asc,InvoiceId:asc&" asked
	queries "$ROOT/purchaseOrders" >asked
	grep -qF 'offset=0&orderBy=LastUpdateDate:desc,POHeaderId:asc&' asked
	queries "$ROOT/journalBatches" >asked
	grep -qF 'offset=0&orderBy=JeBatchId:asc&' asked
}

@test "check lists every finding of every stream, with the names that were meant" {
	start_sandbox --invoices 1 --orders 1
	configure_sandbox '{"invoices":{"cursor":"LastUpdatedDate","key":"InvoiceNo","amount":"InvoiceAmont","currency":"",
		"business_unit":"A","business_unit_attribute":"BusinesUnit","expand":["invoiceLine","invoiceLines.invoiceDistribution"]},
		"purchaseOrders":{}}'
	describe invoices "$INVOICES"
	run -78 --separate-stderr "$BIN/fetch" --check
	[ -z "$output" ]
	[[ $stderr == *'no attribute LastUpdatedDate'*'invoices.cursor to LastUpdateDate'* ]]
	[[ $stderr == *'no attribute InvoiceNo for its key'*'invoices.key'* ]]
	[[ $stderr == *'no attribute InvoiceAmont'*'did you mean InvoiceAmount?'* ]]
	[[ $stderr == *'no attribute BusinesUnit'*'did you mean BusinessUnit?'* ]]
	[[ $stderr == *'no child invoiceLine:'*'did you mean invoiceLines?'* ]]
	[[ $stderr == *'no child invoiceDistribution:'*'did you mean invoiceDistributions?'* ]]
	[[ $stderr == *'ok: stream purchaseOrders'*'1 of 2 streams'* ]]
}

@test "check knows the fields of records and children that aren't there" {
	start_sandbox --invoices 1
	configure_sandbox '{"invoices":{"fields":"InvoiceNumer;invoiceLines:LineAmount,LineNo;invoiceInstallments:Anything;invoiceLine:A"}}'
	describe invoices "$INVOICES"
	run -78 --separate-stderr "$BIN/fetch" --check
	[[ $stderr == *'no attribute InvoiceNumer for its fields'*'did you mean InvoiceNumber?'* ]]
	[[ $stderr == *'child invoiceLines has no attribute LineNo'* ]]
	[[ $stderr == *'no child invoiceLine:'* ]]
	[[ $stderr != *Anything* ]]
	[[ $stderr != *'attribute LineAmount'* ]]
}

@test "check fails for a cursor that isn't queryable, and warns of a key that isn't" {
	start_sandbox --invoices 1
	configure_sandbox
	describe invoices "$(blocked LastUpdateDate)"
	run -78 --separate-stderr "$BIN/fetch" --check
	[[ $stderr == *'LastUpdateDate is not queryable'*descending* ]]
	describe invoices "$(blocked InvoiceId)"
	run -0 --separate-stderr "$BIN/fetch" --check
	[[ $stderr == *'key InvoiceId is not queryable'*'1 of 1 streams'* ]]
}

@test "check tells a forbidden stream from one that shows no record" {
	start_sandbox --invoices 0
	configure_sandbox
	run -0 --separate-stderr "$BIN/fetch" --check
	[[ $stderr == *invoices*'no record is visible'*'data roles'* ]]
	fault "$ROOT/invoices" 403 '{"title":"Forbidden","status":"403","o:errorDetails":[{"detail":"not yours"}]}' 2
	run -77 --separate-stderr "$BIN/fetch" --check
	[[ $stderr == *'invoices: HTTP 403: not yours'*'job or duty role'*'0 of 1'* ]]
}

@test "check reads on where the pod doesn't describe a stream" {
	start_sandbox --invoices 1
	configure_sandbox
	for status in 403 404; do
		fault "$ROOT/invoices/describe" "$status" '{"title":"No","status":"x","o:errorDetails":[{"detail":"no description"}]}'
		run -0 --separate-stderr "$BIN/fetch" --check
		[[ $stderr == *"$status"*'no description'*'not checked'*'1 of 1 streams'* ]]
	done
}

@test "check says when the pod doesn't allow the framework version" {
	start_sandbox --invoices 1
	configure_sandbox
	fault /fscmRestApi/resources 200 '{"items":[{"version":"11.13.18.05","adf:extension":{"allowedFrameworkVersions":["1","2"]}}]}'
	run -78 --separate-stderr "$BIN/fetch" --check
	[[ $stderr == *'version 4'*framework_version*'ok: stream invoices'* ]]
}

@test "check says once that there is no pod, or no token" {
	start_sandbox --invoices 0 --orders 0
	configure_sandbox '{"invoices":{},"purchaseOrders":{}}'
	printf wrong | "$BIN/auditctl" vault set oracle.client_secret
	run -77 --separate-stderr "$BIN/fetch" --check
	[ "$(grep -c HTTP <<<"$stderr")" = 1 ]
	[[ $stderr == *'0 of 2 streams'* ]]
	printf sandbox-secret | "$BIN/auditctl" vault set oracle.client_secret
	"$BIN/fetch" >out
	jq '.oracle.url = "http://127.0.0.1:1"' "$CONFIG" >gone.json
	run -69 --separate-stderr "$BIN/fetch" --config gone.json --check
	[ "$(grep -c 'no answer' <<<"$stderr")" = 1 ]
}

@test "each built-in stream has its key, cursor, amount and children in the pod's description" {
	start_sandbox
	configure_sandbox '{}'
	"$BIN/fetch" --discover >catalog
	configure_sandbox "$(jq -c '[.streams[] | {(.stream): {}}] | add' catalog)"
	run -0 --separate-stderr "$BIN/fetch" --check
	[[ $stderr == *'12 of 12 streams can be read'* ]]
	[[ $stderr != *'not checked'* ]]
}

@test "a pod that refuses q on the cursor is found out, and read in descending order" {
	start_sandbox --invoices 3
	configure_sandbox
	control 'erp/queryable?stream=invoices&attribute=LastUpdateDate&value=0'
	run -78 --separate-stderr "$BIN/fetch" --check
	[[ $stderr == *'LastUpdateDate is not queryable'*'"descending"'*'HTTP 400'* ]]
	configure_sandbox '{"invoices":{"scan":"descending"}}'
	run -0 --separate-stderr "$BIN/fetch" --check
	[[ $stderr == *'ok: stream invoices: its newest record'* ]]
}

@test "a cursor that the pod doesn't sort by has its own advice, and that helps" {
	start_sandbox --invoices 3
	configure_sandbox
	control 'erp/sortable?stream=invoices&attribute=LastUpdateDate&value=0'
	run -78 --separate-stderr "$BIN/fetch" --check
	[[ $stderr == *invoices*orderBy*cursor*'"none"'* ]]
	configure_sandbox '{"invoices":{"cursor":"none"}}'
	"$BIN/fetch" --check 2>err
	[ "$("$BIN/fetch" | grep -c RECORD)" = 3 ]
}
