#!/usr/bin/env bats
# fetch: streams side by side, again and again, and what an operator tells it.
load helper
export BIN

ROOT=/fscmRestApi/resources/11.13.18.05
TIE=2026-01-31T08:00:00Z
HEADERS='"fields":"InvoiceId,LastUpdateDate"'

setup() {
	setup_ledger
	cd "$BATS_TEST_TMPDIR" || return 1
	FETCH=
}

teardown() {
	[ -z "$FETCH" ] || kill -KILL "$FETCH" 2>/dev/null || :
	stop_sandbox
}

# start_fetch ARGS...: a long-running one, writing to out and err.
start_fetch() {
	"$BIN/fetch" "$@" >out 2>err 3>&- &
	FETCH=$!
}

# until_true COMMAND...: wait for a condition; the suite's time-out bounds it.
until_true() {
	until "$@"; do
		kill -0 "$FETCH" 2>/dev/null || { echo "fetch ended before: $*"; cat err; return 1; }
	done
}

# end_fetch [SIGNAL]: $ended is its status.
end_fetch() {
	ended=0
	kill "-${1:-TERM}" "$FETCH"
	wait "$FETCH" || ended=$?
	FETCH=
}

# asked STREAM: when its pages were asked for, in ms, one a line, into the file asked.
asked() {
	curl -sf "$SANDBOX/_control/requests" >requests
	jq --arg path "$ROOT/$1?" 'select(.path | startswith($path)) | .at_ms' requests >asked
}

# asked_at_least N STREAM
asked_at_least() {
	asked "$2"
	[ "$(wc -l <asked)" -ge "$1" ]
}

# records [STREAM]: how many are in out.
records() {
	jq -s --arg stream "${1:-invoices}" '[.[] | select(.type == "RECORD" and .stream == $stream)] | length' out
}

# records_at_least N [STREAM]; the last line may still be half there.
records_at_least() {
	[ "$(grep -c '"RECORD","stream":"'"${2:-invoices}"'".*}$' out)" -ge "$1" ]
}

# told N WORDS: N lines of err have them.
told() {
	[ "$(grep -cF "$2" err)" = "$1" ]
}

# strict: what a strict reader of Singer messages checks of out.
strict() {
	jq -s -e '
		def time: sub("(\\.(?<f>[0-9]+))?(Z|\\+00:00)$"; "." + ((.f // "") + "000")[:3]);
		reduce .[] as $line ({schemas: {}, marks: {}, records: 0};
			if $line.type == "SCHEMA" then .schemas[$line.stream] = $line.key_properties
			elif $line.type == "RECORD" then
				if .schemas[$line.stream] == null then error("a record before its schema") else . end
				| .schemas[$line.stream] as $key
				| if all($key[]; $line.record[.] != null) then .records += 1 else error("no key") end
			elif $line.type == "STATE" then
				.marks as $old | ($line.value.bookmarks | map_values(.replication_key_value)) as $new
				| if all($old | keys[]; $new[.] >= $old[.]) then . else error("a bookmark went back") end
				| if .records == $line.stats.records then . else error("a wrong count") end
				| .marks = $new | .records = 0
			else error("another type") end) | true' out
}

# mark [STREAM]: the bookmark that out ends with.
mark() {
	jq -r 'select(.type == "STATE") | .value' out | jq -r -s --arg stream "${1:-invoices}" 'last.bookmarks[$stream].replication_key_value'
}

@test "the spans of --every and --jitter are checked, and what goes with them" {
	printf '{"oracle":{"url":"http://127.0.0.1:1","streams":{"invoices":{}}}}' >"$CONFIG"
	for words in '--every 999ms' '--every 0' '--every 2d' '--every soon' '--every -1s' '--jitter 1s' \
		'--every 1m --jitter 2d' '--every 1m --until 2026-01-01' '--every 1m --check' '--every 1m --discover' \
		'--every 1m --dry-run' '--sweep 0' '--sweep 367d'; do
		# shellcheck disable=SC2086 # words
		run -64 --separate-stderr "$BIN/fetch" $words
		[ -z "$output" ]
		[ "${#stderr_lines[@]}" = 1 ]
		[[ $stderr == *--help* ]]
	done
}

@test "a poller reads again and again, each record once, until it is told to end" {
	start_sandbox --invoices 20
	configure_sandbox
	start_fetch --every 1s
	until_true records_at_least 20
	control 'erp/insert?stream=invoices&count=3'
	until_true records_at_least 23
	until_true asked_at_least 4 invoices
	end_fetch
	[ "$ended" = 0 ]
	[ ! -s err ]
	[ "$(records)" = 23 ]
	[ "$(jq 'select(.type == "RECORD") | .record.InvoiceId' out | sort -u | wc -l)" = 23 ]
	[ "$(jq -r .type out | tail -n 1)" = STATE ]
	strict
}

@test "passes begin as far apart as --every says, or with --jitter further" {
	start_sandbox --invoices 0
	configure_sandbox
	"$BIN/fetch" >out
	for jitter in 0s 300ms; do
		curl -sf -X DELETE "$SANDBOX/_control/requests" >/dev/null
		start_fetch --every 1s --jitter "$jitter"
		until_true asked_at_least 3 invoices
		end_fetch
		asked invoices
		jq -s -e 'length >= 3 and ([range(1; length) as $i | .[$i] - .[$i - 1]] | min) >= 500' asked
	done
}

@test "SIGUSR1 polls now" {
	start_sandbox --invoices 2
	configure_sandbox
	start_fetch --every 1d
	until_true grep -q STATE out
	control 'erp/insert?stream=invoices&count=1'
	kill -USR1 "$FETCH"
	until_true records_at_least 3
	end_fetch
	[ "$(records)" = 3 ]
	strict
}

@test "a version that came late is read once, and a change of a record that is known again" {
	start_sandbox --invoices 5
	configure_sandbox
	start_fetch --every 1d
	until_true grep -q STATE out
	id=$(jq -s 'map(select(.type == "RECORD"))[0].record.InvoiceId' out)
	before=$(mark)
	control "erp/insert?stream=invoices&count=1&stamp=$(date -u -d "@$(($(date -u -d "$before" +%s) - 300))" +%Y-%m-%dT%H:%M:%SZ)"
	kill -USR1 "$FETCH"
	until_true records_at_least 6
	[ "$(mark)" = "$before" ]
	control "erp/update?stream=invoices&id=$id" '{"Description":"changed"}'
	kill -USR1 "$FETCH"
	until_true records_at_least 7
	curl -sf -X DELETE "$SANDBOX/_control/requests" >/dev/null
	kill -USR1 "$FETCH"
	until_true asked_at_least 2 invoices
	end_fetch
	[ "$(records)" = 7 ]
	[ "$(jq --argjson id "$id" 'select(.type == "RECORD" and .record.InvoiceId == $id) | .record.InvoiceId' out | wc -l)" = 2 ]
	strict
}

# ---- side by side ----------------------------------------------------------

@test "a stream that hangs delays no other" {
	start_sandbox --invoices 3 --orders 5 --journals 5
	configure_sandbox '{"invoices":{},"purchaseOrders":{"page_size":100},"journalBatches":{"page_size":100}}'
	control fault "{\"path\":\"$ROOT/invoices\",\"delay_ms\":60000}"
	start_fetch --every 1s
	until_true records_at_least 5 purchaseOrders
	until_true records_at_least 5 journalBatches
	control 'erp/insert?stream=purchaseOrders&count=1'
	until_true records_at_least 6 purchaseOrders
	[ "$(records invoices)" = 0 ]
	asked invoices
	[ "$(wc -l <asked)" = 1 ]
	end_fetch KILL
}

@test "a stream that fails waits for its next try without a place among the concurrent ones" {
	start_sandbox --invoices 3 --orders 60 --journals 5
	configure_sandbox '{"invoices":{},"purchaseOrders":{"page_size":10},"journalBatches":{"page_size":100}}'
	jq '.oracle.concurrency = 1' "$CONFIG" >one
	mv one "$CONFIG"
	control fault "{\"path\":\"$ROOT/invoices\",\"status\":503,\"count\":2,\"headers\":{\"Retry-After\":\"1\"}}"
	start_fetch
	wait "$FETCH"
	[ "$(records invoices) $(records purchaseOrders) $(records journalBatches)" = '3 60 5' ]
	asked invoices
	second=$(sed -n 2p asked)
	# The others were done before its second try.
	asked purchaseOrders
	jq -s -e --argjson second "$second" 'length >= 6 and .[0] < $second' asked
	asked journalBatches
	jq -s -e --argjson second "$second" '.[0] < $second' asked
	strict
}

@test "as many requests run at once as oracle.concurrency says, four by default, and no more" {
	start_sandbox --invoices 3 --orders 3 --journals 3
	configure_sandbox '{"invoices":{},"purchaseOrders":{},"journalBatches":{},"suppliers":{},"invoiceHolds":{},
		"payablesPayments":{},"receivablesInvoices":{},"standardReceipts":{}}'
	running() { [ "$(curl -sf "$SANDBOX/_control/requests" | grep -c /fscmRestApi)" -ge "$1" ]; }
	for most in 4 2; do
		[ "$most" = 4 ] || {
			jq '.oracle.concurrency = 2' "$CONFIG" >two
			mv two "$CONFIG"
		}
		# None of them is answered.
		control fault '{"path":"/fscmRestApi","delay_ms":60000,"count":64}'
		start_fetch
		until_true running "$most"
		end_fetch KILL
		curl -sf -X DELETE "$SANDBOX/_control/fault" >/dev/null
		curl -sf -X DELETE "$SANDBOX/_control/requests" >/dev/null
		# Another begins when one has ended.
		control fault '{"path":"/fscmRestApi","delay_ms":200,"count":64}'
		"$BIN/fetch" >out
		curl -sf "$SANDBOX/_control/requests" >requests
		jq -s --argjson most "$most" -e 'map(select(.path | startswith("/fscmRestApi")) | .at_ms) |
			length >= 8 and all(range($most; length) as $i | .[$i] - .[$i - $most]; . >= 200)' requests
		curl -sf -X DELETE "$SANDBOX/_control/fault" >/dev/null
		curl -sf -X DELETE "$SANDBOX/_control/requests" >/dev/null
	done
}

@test "a stream that ends with an error leaves the others' records and STATE whole" {
	start_sandbox --invoices 3 --orders 30 --journals 3
	configure_sandbox '{"invoices":{},"purchaseOrders":{"page_size":5},"journalBatches":{}}'
	control 'erp/quirk?name=forbidden&stream=invoices'
	control fault "{\"path\":\"$ROOT/journalBatches\",\"status\":404}"
	"$BIN/fetch" >out 2>err && false
	[ "$(records purchaseOrders)" = 30 ]
	[ "$(wc -l <err)" = 2 ]
	grep -q 'invoices: HTTP 403' err
	grep -q 'journalBatches: HTTP 404' err
	[ "$(jq -c 'select(.type == "STATE") | .value.bookmarks | keys' out | sort -u)" = '["purchaseOrders"]' ]
	strict
}

# ---- failures that last ----------------------------------------------------

@test "a stream that a person must mend is tried ever more rarely, told once, and told again when it is read" {
	start_sandbox --invoices 3 --orders 3
	configure_sandbox '{"invoices":{},"purchaseOrders":{}}'
	control 'erp/quirk?name=forbidden&stream=invoices'
	start_fetch --every 1s
	until_true asked_at_least 3 invoices
	until_true asked_at_least 4 purchaseOrders
	asked invoices
	jq -s -e '.[1] - .[0] >= 500 and .[2] - .[1] >= 1500' asked
	told 1 'HTTP 403'
	[ "$(wc -l <err)" = 1 ]
	curl -sf -X DELETE "$SANDBOX/_control/erp/quirk" >/dev/null
	kill -USR1 "$FETCH"
	until_true records_at_least 3
	until_true told 1 'stream invoices: it is read again'
	control 'erp/quirk?name=forbidden&stream=invoices'
	kill -USR1 "$FETCH"
	until_true told 2 'HTTP 403'
	end_fetch
	[ "$ended" = 77 ]
	strict
}

@test "another cause of a failure that lasts is told" {
	start_sandbox --invoices 3
	configure_sandbox
	control 'erp/quirk?name=forbidden&stream=invoices'
	start_fetch --every 1d
	until_true told 1 'HTTP 403'
	curl -sf -X DELETE "$SANDBOX/_control/erp/quirk" >/dev/null
	control fault "{\"path\":\"$ROOT/invoices\",\"status\":404,\"count\":9}"
	kill -USR1 "$FETCH"
	until_true told 1 'HTTP 404'
	kill -USR1 "$FETCH"
	until_true asked_at_least 3 invoices
	end_fetch
	[ "$(wc -l <err)" = 2 ]
}

@test "a pod that is away is told once for all streams, and once that it is back" {
	start_sandbox --invoices 3 --orders 3
	configure_sandbox '{"invoices":{},"purchaseOrders":{}}'
	sed -i 's/"retry_budget": "5s"/"retry_budget": "0s"/' "$CONFIG"
	"$BIN/fetch" >out
	control fault '{"path":"/fscmRestApi","drop":true,"count":4}'
	start_fetch --every 1s
	until_true records_at_least 3
	until_true records_at_least 3 purchaseOrders
	end_fetch
	[ "$ended" = 0 ]
	told 2 'it is read again'
	[ "$(grep -vc 'it is read again' err)" -le 2 ]
	strict
}

@test "what Retry-After asks for is waited for over the passes, and holds up no other stream" {
	start_sandbox --invoices 3 --orders 3
	configure_sandbox '{"invoices":{},"purchaseOrders":{}}'
	control fault "{\"path\":\"$ROOT/invoices\",\"status\":429,\"count\":99,\"headers\":{\"Retry-After\":\"3600\"}}"
	start_fetch --every 1s
	until_true asked_at_least 5 purchaseOrders
	asked invoices
	[ "$(wc -l <asked)" = 1 ]
	told 1 'invoices: HTTP 429'
	grep -q 'asks to wait 3600 s' err
	end_fetch
	[ "$ended" = 69 ]
}

@test "what Retry-After of the token endpoint asks for is waited for, too" {
	start_sandbox --invoices 3 --orders 3
	configure_sandbox '{"invoices":{},"purchaseOrders":{}}'
	control fault '{"path":"/oauth2","status":429,"count":99,"headers":{"Retry-After":"3"}}'
	sed -i 's/"retry_budget": "5s"/"retry_budget": "1s"/' "$CONFIG"
	start_fetch --every 1s
	until_true told 1 'oracle.token_url: HTTP 429'
	tokens() {
		curl -sf "$SANDBOX/_control/requests" >requests
		jq 'select(.path | startswith("/oauth2")) | .at_ms' requests >asked
		[ "$(wc -l <asked)" -ge "$1" ]
	}
	until_true tokens 2
	jq -s -e '.[1] - .[0] >= 3000' asked
	told 1 'HTTP 429'
	end_fetch
}

# ---- the end ---------------------------------------------------------------

@test "SIGTERM ends behind the group that is being read, with its STATE" {
	start_sandbox --invoices 0
	for second in 1 2 3; do
		control "erp/insert?stream=invoices&count=1&stamp=2026-01-31T07:00:0${second}Z"
	done
	control "erp/insert?stream=invoices&count=30&stamp=$TIE"
	for second in 1 2 3; do
		control "erp/insert?stream=invoices&count=5&stamp=2026-01-31T09:00:0${second}Z"
	done
	configure_sandbox "{\"invoices\":{\"page_size\":10,$HEADERS}}"
	control fault "{\"path\":\"$ROOT/invoices\",\"skip\":2,\"delay_ms\":700}"
	start_fetch --every 1m
	until_true asked_at_least 3 invoices
	end_fetch
	[ "$ended" = 0 ]
	[ "$(records)" = 33 ]
	[ "$(mark)" = "${TIE%Z}.000Z" ]
	[ "$(jq -r .type out | tail -n 1)" = STATE ]
	strict
}

@test "SIGTERM while nothing is read ends at once, and so does one in a wait for the next try" {
	start_sandbox --invoices 3
	configure_sandbox
	start_fetch --every 1d
	until_true grep -q STATE out
	end_fetch
	[ "$ended" = 0 ]
	control fault "{\"path\":\"$ROOT/invoices\",\"status\":503,\"count\":99,\"headers\":{\"Retry-After\":\"100\"}}"
	jq '.oracle.retry_budget = "1h"' "$CONFIG" >long
	mv long "$CONFIG"
	curl -sf -X DELETE "$SANDBOX/_control/requests" >/dev/null
	start_fetch --every 1d
	until_true asked_at_least 1 invoices
	end_fetch
	[ "$ended" = 0 ]
}

@test "a second SIGTERM kills a fetch whose pod is silent" {
	start_sandbox --invoices 3
	control "erp/insert?stream=invoices&count=30&stamp=$TIE"
	configure_sandbox "{\"invoices\":{\"page_size\":10,$HEADERS}}"
	control fault "{\"path\":\"$ROOT/invoices\",\"skip\":2,\"delay_ms\":60000}"
	start_fetch --every 1m
	until_true asked_at_least 3 invoices
	kill -TERM "$FETCH"
	# The first one is taken when its handler is gone.
	until (((0x$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$FETCH/status") >> 14 & 1) == 0)); do :; done
	end_fetch
	[ "$ended" = 143 ]
}

@test "a single pass that is cut by SIGTERM says that it isn't complete" {
	start_sandbox --invoices 3
	control "erp/insert?stream=invoices&count=30&stamp=$TIE"
	control 'erp/insert?stream=invoices&count=30'
	configure_sandbox "{\"invoices\":{\"page_size\":10,$HEADERS}}"
	control fault "{\"path\":\"$ROOT/invoices\",\"skip\":2,\"delay_ms\":700}"
	start_fetch
	until_true asked_at_least 3 invoices
	end_fetch
	[ "$ended" = 75 ]
	strict
}

# ---- another configuration -------------------------------------------------

@test "SIGHUP adds a stream and takes one away, and those that stay go on where they are" {
	start_sandbox --invoices 5 --orders 5 --journals 5
	configure_sandbox '{"invoices":{},"purchaseOrders":{}}'
	start_fetch --every 1d
	until_true grep -q '"bookmarks":{.*invoices.*purchaseOrders' out
	configure_sandbox '{"invoices":{},"journalBatches":{}}'
	kill -HUP "$FETCH"
	until_true told 1 'the configuration was read again'
	until_true records_at_least 5 journalBatches
	control 'erp/insert?stream=invoices&count=1'
	control 'erp/insert?stream=purchaseOrders&count=1'
	kill -USR1 "$FETCH"
	until_true records_at_least 6
	end_fetch
	[ "$ended" = 0 ]
	[ "$(records invoices) $(records purchaseOrders) $(records journalBatches)" = '6 5 5' ]
	strict
}

@test "SIGHUP with a configuration that is broken keeps the one that there is" {
	start_sandbox --invoices 5
	configure_sandbox
	start_fetch --every 1d
	until_true grep -q STATE out
	for broken in '{' '{"oracle":{"url":"http://erp.example.com","streams":{"invoices":{}}}}' '{"oracle":{"nothing":1}}'; do
		: >err
		printf '%s' "$broken" >"$CONFIG"
		kill -HUP "$FETCH"
		until_true told 1 'all stays as it was'
		[ "$(wc -l <err)" = 1 ]
	done
	control 'erp/insert?stream=invoices&count=1'
	kill -USR1 "$FETCH"
	until_true records_at_least 6
	end_fetch
	[ "$ended" = 0 ]
	[ "$(records)" = 6 ]
	strict
}

@test "SIGHUP in the middle of a pass loses no record" {
	start_sandbox --invoices 60
	configure_sandbox "{\"invoices\":{\"page_size\":10,$HEADERS}}"
	control fault "{\"path\":\"$ROOT/invoices\",\"skip\":2,\"delay_ms\":500}"
	start_fetch --every 1s
	until_true asked_at_least 3 invoices
	kill -HUP "$FETCH"
	until_true told 1 'the configuration was read again'
	until_true records_at_least 60
	end_fetch
	[ "$(jq 'select(.type == "RECORD") | .record.InvoiceId' out | sort -u | wc -l)" = 60 ]
	[ "$(records)" = 60 ]
	strict
}

@test "with --state, SIGHUP keeps the bookmark of a stream that leaves, and starts one that comes there" {
	start_sandbox --invoices 5 --orders 5
	configure_sandbox '{"invoices":{"overlap":"0s"},"purchaseOrders":{"overlap":"0s"}}'
	"$BIN/fetch" >out
	jq -c 'select(.type == "STATE") | .value' out | tail -n 1 >state
	configure_sandbox '{"invoices":{"overlap":"0s"}}'
	start_fetch --every 1d --state state
	until_true grep -q STATE out
	[ "$(mark purchaseOrders)" = "$(jq -r .bookmarks.purchaseOrders.replication_key_value state)" ]
	configure_sandbox '{"purchaseOrders":{"overlap":"0s"}}'
	: >out
	kill -HUP "$FETCH"
	until_true grep -q STATE out
	# The file was cut; fetch writes on behind the gap.
	tr -d '\0' <out >rest
	mv rest out
	end_fetch
	[ "$(jq -c 'select(.type == "STATE").value.bookmarks | map_values(.replication_key_value)' out | tail -n 1)" = \
		"$(jq -c '.bookmarks | map_values(.replication_key_value)' state)" ]
	# Only the row of the bookmark itself.
	[ "$(records purchaseOrders)" -le 1 ]
}

# ---- where it starts -------------------------------------------------------

@test "with --since a poller starts there, and goes on at its bookmark" {
	start_sandbox --invoices 0
	for hour in 06 07 08; do
		control "erp/insert?stream=invoices&count=2&stamp=2026-01-31T$hour:00:00Z"
	done
	configure_sandbox
	start_fetch --every 1d --since 2026-01-31T07:00:00Z
	until_true grep -q STATE.*08:00:00 out
	[ "$(records)" = 4 ]
	control "erp/insert?stream=invoices&count=1&stamp=2026-01-31T09:00:00Z"
	kill -USR1 "$FETCH"
	until_true records_at_least 5
	end_fetch
	[ "$(records)" = 5 ]
	[ "$(mark)" = 2026-01-31T09:00:00.000Z ]
	strict
}

@test "with --state a poller starts there, drops nothing by the ledger, and its STATE goes on" {
	start_sandbox --invoices 3
	configure_sandbox
	"$BIN/fetch" >out
	jq -c 'select(.type == "STATE") | .value' out | tail -n 1 >state
	start_fetch --every 1d --state state
	until_true grep -q STATE out
	control 'erp/insert?stream=invoices&count=1'
	kill -USR1 "$FETCH"
	until_true grep -q 'STATE.*"records":1' out
	end_fetch
	[ "$(jq 'select(.type == "RECORD") | .record.InvoiceId' out | sort | uniq -d | wc -l)" = 0 ]
	strict
}

@test "a sweep is read once a day, and the passes between look back as far as the overlap" {
	start_sandbox --invoices 3
	configure_sandbox
	printf '{"bookmarks":{"invoices":{"replication_key_value":"2026-01-31T08:00:00Z"}}}' >state
	start_fetch --every 1d --state state --sweep 2d
	until_true grep -q STATE out
	curl -sf "$SANDBOX/_control/requests" | jq -r .path | grep -F '2026-01-29T08%3A00%3A00.000Z' >swept
	[ "$(wc -l <swept)" = 1 ]
	last=$(mark)
	curl -sf -X DELETE "$SANDBOX/_control/requests" >/dev/null
	kill -USR1 "$FETCH"
	until_true asked_at_least 1 invoices
	end_fetch
	from=$(date -u -d "@$(($(date -u -d "$last" +%s) - 600))" +%Y-%m-%dT%H%%3A%M%%3A%S)
	curl -sf "$SANDBOX/_control/requests" | jq -r .path | grep -F "$from"
}

@test "a bookmark of the ledger that is none stops its stream alone, and is named" {
	start_sandbox --invoices 3 --orders 3
	configure_sandbox '{"invoices":{},"purchaseOrders":{}}'
	sqlite3 ledger.db "insert into bookmarks values ('default', 'invoices', 'LastUpdateDate', 'yesterday', '2026-01-31T08:00:00.000Z')"
	run -65 --separate-stderr "$BIN/fetch"
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == *invoices*yesterday* ]]
	printf '%s\n' "$output" >out
	[ "$(records invoices) $(records purchaseOrders)" = '0 3' ]
	start_fetch --every 1s
	until_true asked_at_least 4 purchaseOrders
	end_fetch
	[ "$ended" = 65 ]
	[ "$(wc -l <err)" = 1 ]
}

# ---- one ledger, several of us ---------------------------------------------

# deliver [CONFIG]: what is in out goes into the ledger; no message comes of it.
deliver() {
	"$BIN/transform" --config "${1:-$CONFIG}" <out >lines
	"$BIN/deliver" --config "${1:-$CONFIG}" <lines
}

# filters NAME...: the configuration's; they want nothing.
filters() {
	printf 'empty\n' >nothing.jq
	jq '.filters = ($ARGS.positional | map({key: ., value: {file: "nothing.jq"}}) | from_entries)' \
		--args "$@" <"$CONFIG" >config.new
	mv config.new "$CONFIG"
}

@test "a restart reads from the ledger what was seen in the overlap" {
	start_sandbox --invoices 20
	configure_sandbox
	filters nothing
	"$BIN/fetch" >out
	deliver
	control 'erp/insert?stream=invoices&count=2'
	"$BIN/fetch" >out
	[ "$(records)" = 2 ]
	# Another process that was stopped before it delivered loses nothing.
	"$BIN/fetch" >out
	[ "$(records)" = 2 ]
	deliver
	"$BIN/fetch" >out
	[ "$(records)" = 0 ]
	# A filter that hasn't had them gets those that are looked at again.
	filters nothing new
	"$BIN/fetch" >out
	[ "$(records)" -ge 1 ]
	deliver
	"$BIN/fetch" >out
	[ "$(records)" = 0 ]
}

@test "what one pipeline has had isn't kept from another, whatever the scan" {
	for scan in '{}' '{"scan":"descending"}' '{"cursor":"none"}'; do
		start_sandbox --invoices 4
		configure_sandbox "{\"invoices\":$scan}"
		filters first
		cp "$CONFIG" first.json
		filters second
		jq '.pipeline = "second"' "$CONFIG" >second.json
		for config in first second; do
			"$BIN/fetch" --config "$config.json" >out
			[ "$(records)" = 4 ]
			deliver "$config.json"
			"$BIN/fetch" --config "$config.json" >out
			[ "$(records)" = 0 ]
		done
		# One that comes late, within the overlap of both.
		last=$(curl -sf "$SANDBOX/_control/erp/rows?stream=invoices" | jq -rs 'map(.stamp[:19]) | max')
		control "erp/insert?stream=invoices&count=1&stamp=${last}Z"
		for config in first second; do
			"$BIN/fetch" --config "$config.json" >out
			[ "$(records)" = 1 ]
			deliver "$config.json"
		done
		stop_sandbox
		wait "$SANDBOX_PID" || :
		rm ledger.*
		setup_ledger
	done
}

@test "two at once on one ledger read the same, and harm nothing" {
	start_sandbox --invoices 40 --orders 40
	configure_sandbox '{"invoices":{},"purchaseOrders":{}}'
	"$BIN/fetch" >one 2>err 3>&- &
	local one=$!
	"$BIN/fetch" >two
	wait "$one"
	[ ! -s err ]
	for file in one two; do
		jq -c 'select(.type == "RECORD") | .record' "$file" | sort >"$file.records"
	done
	[ "$(wc -l <one.records)" = 80 ]
	cmp one.records two.records
	"$BIN/auditctl" check
}

@test "a reader that takes nothing doesn't keep fetch beyond a signal" {
	start_sandbox --bulk 3000
	configure_sandbox "{\"bulk\":{\"path\":\"$ROOT/bulk\",\"key\":\"BulkId\",\"cursor\":\"LastUpdateDate\"}}"
	mkfifo lines
	exec 7<>lines
	"$BIN/fetch" >lines 2>err 3>&- 7>&- &
	FETCH=$!
	full() { grep -q pipe_write "/proc/$FETCH/wchan"; }
	until_true full
	kill -TERM "$FETCH"
	# Once somebody reads again it ends behind its group, whole lines only.
	cat <&7 >taken 3>&- &
	ended=0
	wait "$FETCH" || ended=$?
	FETCH=
	kill $!
	[ "$ended" = 75 ]
}
