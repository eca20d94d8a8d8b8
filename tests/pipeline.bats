#!/usr/bin/env bats
# The whole pipeline through pipelines/run: from the pod into the channels.
load helper
load pipeline

SMALL='--invoices 14 --orders 24 --journals 8'

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	[ -z "${PASS:-}" ] || kill "$PASS" 2>/dev/null || :
	stop_sandbox
}

# small: a pod with a few rows, and everything that belongs to it.
small() {
	# shellcheck disable=SC2086 # words
	setup_pipeline $SMALL "$@"
}

# latest: the invoice that was entered last, and told in #procurement.
latest() {
	ledger "SELECT record_id FROM messages WHERE filter = 'procurement' ORDER BY id DESC LIMIT 1"
}

# new_amount ID AMOUNT: somebody corrects an invoice.
new_amount() {
	control "erp/update?stream=invoices&id=$1" "{\"InvoiceAmount\":$2}"
}

# fake TOOL SCRIPT: replace a stage; the rest is as built. $FAKE is the folder.
fake() {
	FAKE=$BATS_TEST_TMPDIR/fake
	mkdir -p "$FAKE"
	for tool in fetch transform deliver; do
		[ -e "$FAKE/$tool" ] || ln -s "$BIN/$tool" "$FAKE/$tool"
	done
	rm -f "$FAKE/$1"
	printf '#!/bin/sh\n%s\n' "$2" >"$FAKE/$1"
	chmod +x "$FAKE/$1"
}

# ---- contract ---------------------------------------------------------------

@test "help and version go to stdout, usage errors are 64 and start nothing" {
	run -0 --separate-stderr "$RUN" --help
	[[ $output == usage:* ]]
	run -0 --separate-stderr "$RUN" --bin "$BIN" --version
	[[ $output == 'run (ledgerpipe)'* ]]
	for words in --nothing operand --config; do
		run -64 --separate-stderr "$RUN" --bin "$BIN" "$words"
		[ -z "$output" ]
		[[ $stderr == run:* ]]
	done
	run -66 --separate-stderr "$RUN" --bin "$BATS_TEST_TMPDIR"
	[[ $stderr == *--bin* ]]
}

@test "a failure that a person must mend outweighs one that time may, and the cause comes first" {
	# fetch, transform, deliver: the status, the line that comes first.
	while read -r fetch transform deliver status first; do
		fake fetch "exit $fetch"
		# Its first start is the look at the filters.
		fake transform "[ -e started ] || { : >started; exit 0; }; exit $transform"
		fake deliver "exit $deliver"
		rm -f started
		run "-$status" --separate-stderr "$RUN" --bin "$FAKE"
		[[ $stderr == "run: $first ended with "* ]] || { echo "$fetch $transform $deliver: $stderr"; return 1; }
	done <<-'EOF'
		69 0 0 69 fetch
		77 0 69 77 fetch
		69 0 77 77 deliver
		0 65 75 75 deliver
		65 0 77 77 deliver
		74 74 75 75 deliver
		74 74 69 69 deliver
		69 78 65 78 transform
	EOF
}

@test "each stage that failed has one line with its status in words" {
	fake fetch 'exit 76'
	fake transform '[ -e started ] || { : >started; exit 0; }; exit 65'
	fake deliver 'exit 65'
	run -76 --separate-stderr "$RUN" --bin "$FAKE"
	[ "$stderr" = 'run: fetch ended with 76 (the other side broke its protocol)
run: deliver ended with 65 (some records, messages or channels failed; the others went on)' ]
}

@test "a stage whose reader failed adds nothing about its closed pipe" {
	fake fetch 'exit 74'
	fake transform '[ -e started ] || { : >started; exit 0; }; exit 74'
	fake deliver 'exit 77'
	run -77 --separate-stderr "$RUN" --bin "$FAKE"
	[ "$stderr" = 'run: deliver ended with 77 (not authorised)' ]
}

@test "a stage that a signal ended is told with the signal; its own fault is a bug" {
	ulimit -c 0
	while read -r signal number status; do
		fake fetch "kill -$signal \$\$"
		fake transform 'exit 0'
		fake deliver 'exit 0'
		run "-$status" --separate-stderr "$RUN" --bin "$FAKE"
		[ "$stderr" = "run: fetch ended with $number (killed by SIG$signal)" ] || { echo "$stderr"; return 1; }
	done <<-'EOF'
		KILL 137 75
		TERM 143 75
		SEGV 139 70
		ABRT 134 70
	EOF
}

# ---- happy path -------------------------------------------------------------

@test "a first run delivers everything that the filters want, and run says nothing" {
	small
	pass
	exactly_once
	[ "$(cut -d: -f1 err)" = deliver ]
	[ "$(jq -r .channel messages | sort -u | wc -l)" = 4 ]
}

@test "a second run posts nothing and is silent" {
	small
	pass
	posted >before
	curl -sf -X DELETE "$SANDBOX/_control/requests"
	pass
	[ ! -s err ]
	posted | diff before -
	curl -sf "$SANDBOX/_control/requests" >requests
	[ "$(jq -r .path requests | grep -c '^/api/')" = 0 ]
	[ "$(jq -r .path requests | grep -c '^/fscmRestApi/')" != 0 ]
}

@test "after a change only what changed is posted, as a reply in the thread" {
	small
	pass
	posted_count >before
	id=$(latest)
	new_amount "$id" 4321.05
	pass
	[ "$(posted_count)" = $(($(cat before) + 1)) ]
	first=$(ledger "SELECT slack_ts FROM messages WHERE record_id = '$id' AND filter = 'procurement' ORDER BY id LIMIT 1")
	jq -s -e --arg first "$first" 'map(select(.message.text | contains("4,321.05")))
		| length == 1 and .[0].channel == "#procurement" and .[0].message.thread_ts == $first' messages
}

@test "A, B, A is two changes; a change that no filter shows is none" {
	small
	pass
	posted_count >before
	id=$(latest)
	amount=$("$BIN/fetch" --since 2000-01-01T00:00:00Z | jq "select(.type == \"RECORD\" and .record.InvoiceId == $id).record.InvoiceAmount")
	new_amount "$id" 4321.05
	pass
	control "erp/update?stream=invoices&id=$id" '{"LastUpdateLogin":"another"}'
	pass
	[ ! -s err ]
	new_amount "$id" "$amount"
	pass
	[ "$(posted_count)" = $(($(cat before) + 2)) ]
	[ "$(ledger "SELECT group_concat(state) FROM (SELECT state FROM messages WHERE record_id = '$id' AND filter = 'procurement' ORDER BY id)")" = sent,sent,unchanged,sent ]
}

@test "new rows in the ERP arrive with the next run, each once" {
	small
	pass
	control 'erp/insert?stream=invoices&count=5'
	control 'erp/insert?stream=journalBatches&count=5'
	pass
	exactly_once
}

@test "a new filter gets what comes, and what was before when it is read again; the others repeat nothing" {
	small
	configure 'del(.filters.treasury)'
	pass
	posted_count >before
	configure
	pass
	[ "$(posted_count)" = "$(cat before)" ]
	"$BIN/fetch" --since 2000-01-01T00:00:00Z >records
	"$BIN/transform" <records >lines
	"$BIN/deliver" <lines >states
	exactly_once
}

@test "a first pass with --since leaves what is older alone for ever, in streams without rows too" {
	small
	"$BIN/fetch" --since "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >records
	"$BIN/transform" <records >lines
	"$BIN/deliver" <lines >states
	[ "$(ledger 'SELECT count(*) FROM bookmarks')" = 3 ]
	pass
	[ "$(posted_count)" = 0 ]
	control "erp/insert?stream=invoices&count=2&stamp=$(date -u +%Y-%m-%dT%H:%M:%SZ)"
	pass
	[ "$(posted_count)" -ge 2 ]
	[ "$(ledger "SELECT count(*) FROM records")" = 2 ]
}

@test "the control totals are rows: each record that was read, and what each filter made of it" {
	small
	pass
	"$BIN/fetch" --since 2000-01-01T00:00:00Z >records
	read=$(grep -c '"type":"RECORD"' records)
	[ "$read" = 46 ]
	[ "$(ledger 'SELECT count(*) FROM records')" = "$read" ]
	[ "$(ledger 'SELECT sum(value) FROM records, json_each(outcome)')" = "$(ledger 'SELECT count(*) FROM messages')" ]
	[ "$(ledger "SELECT count(*) FROM records WHERE stream = 'invoices' AND (amount IS NULL OR currency IS NULL)")" = 0 ]
}

@test "auditctl list shows for each sent message record, channel, time and ts, as Slack has them" {
	small
	pass
	"$BIN/auditctl" list --state sent --limit 1000 >sent
	jq -c '[.channel, .slack_ts]' sent | sort >listed
	curl -sf "$SANDBOX/_control/slack/messages" >messages
	jq -c '[.channel, .message.ts]' messages | sort | diff listed -
	[ -s listed ]
	jq -s -e 'all(.state == "sent" and (.sent_at | test("^20.*Z$")) and (.record_id | test("^[0-9]+$")))' sent
}

@test "at the real pace a channel gets one message a second and Slack never says 429" {
	setup_pipeline --invoices 4 --orders 0 --journals 0
	configure 'del(.slack.channel_interval)'
	control 'slack/limits?channel_ms=1000'
	pass
	exactly_once
	curl -sf "$SANDBOX/_control/slack/stats" >stats
	jq -e '.refused == 0 and .channels["#procurement"].messages == 4
		and .channels["#procurement"].smallest_gap_ms >= 1000' stats
}

# ---- what a person must mend ------------------------------------------------

# told STATUS PATTERN LINES: a run ends so, and says so, in so many lines.
told() {
	status=0
	pass || status=$?
	[ "$status" = "$1" ]
	grep -q "$2" err
	[ "$(wc -l <err)" = "$3" ]
}

@test "a wrong client secret is named with the remedy; once it is mended all arrives" {
	small
	printf 'wrong' | "$BIN/auditctl" vault set oracle.client_secret
	told 77 'fetch: .*vault set oracle.client_secret' 2
	printf 'sandbox-secret' | "$BIN/auditctl" vault set oracle.client_secret
	pass
	exactly_once
}

@test "a wrong bot token is named; what was read waits in the ledger, and then arrives" {
	small
	printf 'xoxb-wrong' | "$BIN/auditctl" vault set slack.bot_token
	status=0
	pass || status=$?
	[ "$status" = 77 ]
	grep -q '^deliver: .*vault set slack.bot_token' err
	grep -q '^run: deliver ended with 77 (not authorised)$' err
	[ "$(posted_count)" = 0 ]
	[ "$(ledger "SELECT count(*) FROM messages WHERE state = 'queued'")" != 0 ]
	printf 'xoxb-sandbox' | "$BIN/auditctl" vault set slack.bot_token
	pass
	exactly_once
}

@test "an unknown channel kills its own messages alone, says why, and replay sends them once it is there" {
	small
	configure '.filters.treasury.config.channel = "#nowhere"'
	told 65 'deliver: channel #nowhere takes nothing: channel_not_found' 3
	grep -q '^run: deliver ended with 65' err
	"$BIN/auditctl" list --state dead >dead
	jq -s -e 'length > 0 and all(.channel == "#nowhere" and (.error | startswith("channel_not_found")))' dead
	[ "$(ledger "SELECT count(*) FROM messages WHERE state NOT IN ('dead', 'sent')")" = 0 ]
	control 'slack/channel?name=nowhere&action=create'
	"$BIN/auditctl" replay --state dead >replayed
	pass
	exactly_once
}

@test "an archived channel: the dead show why, and go once it is open again" {
	small
	control 'slack/channel?name=operations&action=archive'
	told 65 '#operations.*is_archived' 3
	"$BIN/auditctl" list --state dead >dead
	id=$(jq -rs '.[0].id' dead)
	"$BIN/auditctl" show "$id" >shown
	grep -q is_archived shown
	control 'slack/channel?name=operations&action=unarchive'
	"$BIN/auditctl" replay --state dead >replayed
	pass
	exactly_once
}

@test "a syntax error in a filter costs no request: its file and line are named, and nothing is lost" {
	small
	cp "$FILTERS/procurement.jq" mine.jq
	echo '| {' >>mine.jq
	configure '.filters.procurement.file = "mine.jq"'
	told 78 'transform: .*mine.jq' 2
	curl -sf "$SANDBOX/_control/requests" >requests
	[ ! -s requests ]
	cp "$FILTERS/procurement.jq" mine.jq
	pass
	exactly_once
}

@test "a missing configuration key is named; so is an unknown one" {
	small
	configure 'del(.oracle.token_url)'
	told 78 'fetch: .*oracle.token_url.*add it' 2
	configure '.slack.colour = "red"'
	told 78 'slack.colour' 2
	configure
	pass
	exactly_once
}

@test "a torn line moves no bookmark past it: the next run brings the rest" {
	small
	"$BIN/fetch" >whole
	fake fetch 'head -c 30000 whole'
	status=0
	"$RUN" --bin "$FAKE" 2>err || status=$?
	cat err
	[ "$status" = 75 ]
	grep -q '^transform: .*ended inside' err
	grep -q '^run: transform ended with 75 (try again later)$' err
	pass
	exactly_once
}

@test "a torn message is no end of the input either" {
	small
	"$BIN/fetch" >records
	"$BIN/transform" <records >lines
	fake transform 'cat >/dev/null; head -c 40000 lines'
	status=0
	"$RUN" --bin "$FAKE" 2>err || status=$?
	cat err
	[ "$status" = 75 ]
	grep -q '^deliver: .*torn' err
	pass
	exactly_once
}

@test "a record that is lost in the pipe is noticed by its count" {
	small
	"$BIN/fetch" >records
	"$BIN/transform" <records >lines
	line=$(grep -n '"type":"SEEN"' lines | sed -n '5s/:.*//p')
	sed "${line}d" lines >fewer
	fake transform 'cat >/dev/null; cat fewer'
	status=0
	"$RUN" --bin "$FAKE" 2>err || status=$?
	[ "$status" = 75 ]
	grep -q '^deliver: .*lost in the pipe' err
	pass
	exactly_once
	[ "$(ledger 'SELECT count(*) FROM records')" = 46 ]
}

@test "a record that a filter fails on is a reject; its neighbours are delivered" {
	small
	id=$("$BIN/fetch" | jq -r 'select(.type == "RECORD" and .stream == "invoices").record.InvoiceId' | sed -n 3p)
	sed "s/^select(\$stream/if \$id == \"$id\" then error(\"no\") else . end | select(\$stream/" \
		"$FILTERS/procurement.jq" >mine.jq
	configure '.filters.procurement.file = "mine.jq"'
	status=0
	pass || status=$?
	[ "$status" = 65 ]
	[ "$(ledger "SELECT group_concat(record_id) FROM messages WHERE state = 'dead'")" = "$id" ]
	# It is read again within the overlap, and is no news.
	pass
	posted >found
	configure
	wanted >expected
	[ "$(diff expected found | grep -c '^[<>]')" = 1 ]
}

# ---- the world outside ------------------------------------------------------

@test "SIGTERM is passed on and waited for; the next run goes on where it ended" {
	small
	# fetch would wait for a minute, deliver does for its answer.
	control fault '{"path":"/fscmRestApi","skip":3,"count":1000,"delay_ms":60000}'
	control fault '{"path":"/api/chat.postMessage","skip":3,"count":1,"delay_ms":1500,"handle":true}'
	start_pass
	until_true ledger_at_least 1 "SELECT count(*) FROM messages WHERE state = 'sending' AND (SELECT count(*) FROM messages WHERE state = 'sent') >= 3"
	until_true asked_at_least 4 /fscmRestApi
	stages="$(stage fetch) $(stage transform) $(stage deliver)"
	kill -TERM "$PASS"
	end_pass
	[ "$ended" = 143 ]
	for process in $stages; do
		[ ! -e "/proc/$process" ]
	done
	[ "$(tail -n 1 err)" = 'run: stopped by SIGTERM; run it again to go on' ]
	[ "$(ledger "SELECT count(*) FROM messages WHERE state IN ('sending', 'in_doubt')")" = 0 ]
	curl -sf -X DELETE "$SANDBOX/_control/fault"
	pass
	exactly_once
}

@test "SIGTERM when deliver alone is left at work: it gets the answer that it waits for" {
	small
	control fault '{"path":"/api/chat.postMessage","skip":3,"count":1,"delay_ms":1500,"handle":true}'
	start_pass
	until_true ledger_at_least 1 "SELECT count(*) FROM messages WHERE state = 'sending' AND (SELECT count(*) FROM bookmarks) = 3"
	until_true eval '[ -z "$(stage transform)" ]'
	deliver=$(stage deliver)
	kill -TERM "$PASS"
	end_pass
	[ "$ended" = 143 ]
	[ ! -e "/proc/$deliver" ]
	[ "$(ledger "SELECT count(*) FROM messages WHERE state IN ('sending', 'in_doubt')")" = 0 ]
	pass
	exactly_once
}

@test "run --sweep brings what was committed late, behind the overlap" {
	setup_pipeline --invoices 20 --orders 10 --journals 5
	pass
	control 'erp/insert?stream=invoices&count=9&stamp=2026-01-31T08:00:00Z'
	wanted >all
	pass
	posted >posted
	run -1 cmp -s all posted
	pass --sweep 366d
	posted >posted
	cmp all posted
}

@test "run --every carries what comes later, until SIGTERM ends it behind what it read" {
	setup_pipeline --invoices 20 --orders 10 --journals 5
	"$RUN" --bin "$BIN" --config "$CONFIG" --every 1s 2>err 3>&- &
	PASS=$!
	wanted >before
	until_true posted_at_least "$(wc -l <before)"
	control 'erp/insert?stream=invoices&count=12'
	wanted >after
	[ "$(wc -l <after)" -gt "$(wc -l <before)" ]
	until_true posted_at_least "$(wc -l <after)"
	kill -TERM "$PASS"
	end_pass
	[ "$ended" = 143 ]
	[ "$(tail -n 1 err)" = 'run: stopped by SIGTERM; run it again to go on' ]
	posted >posted
	cmp after posted
	[ "$(ledger "SELECT count(*) FROM messages WHERE state <> 'sent'")" = 0 ]
	pass
	[ "$(posted_count)" = "$(wc -l <after)" ]
}

@test "SIGHUP gives run --every changed filters, and no message is lost" {
	setup_pipeline --invoices 20 --orders 10 --journals 5
	mine() {
		printf 'select($stream == "invoices") | {channel:"#finance",text:"%s"}\n' "$1" >mine.jq
	}
	mine old
	configure ".filters = { mine: { file: \"$PWD/mine.jq\" } }"
	"$RUN" --bin "$BIN" --config "$CONFIG" --every 1s 2>err 3>&- &
	PASS=$!
	until_true posted_at_least 20
	mine new
	kill -HUP "$PASS"
	until_true grep -q 'filters loaded anew: 1' err
	control 'erp/insert?stream=invoices&count=12'
	until_true posted_at_least 32
	kill -TERM "$PASS"
	end_pass
	[ "$(posted | uniq -c | awk '{ print $1 $2 }')" = '12["#finance","new"]
20["#finance","old"]' ]
}

@test "run --every ends, and says why, when one of its tools is gone; SIGUSR1 polls" {
	for victim in fetch transform deliver; do
		setup_pipeline --invoices 20 --orders 10 --journals 5
		# A queue that would take minutes.
		configure '.slack.channel_interval = "20s"'
		"$RUN" --bin "$BIN" --config "$CONFIG" --every 1s --verbose 2>err 3>&- &
		PASS=$!
		until_true grep -q 'fetch: invoices: 20 records' err
		until_true ledger_at_least 20 "SELECT count(*) FROM records WHERE stream = 'invoices'"
		kill -USR1 "$PASS"
		kill -9 "$(stage "$victim")"
		end_pass
		[ "$ended" != 0 ]
		grep -q "run: $victim ended with 137 (killed by SIGKILL)" err
		stop_sandbox
		wait "$SANDBOX_PID" || :
		rm -f ledger.*
	done
}

@test "a run beside another deliver says to try later, and the next one brings all" {
	small
	mkfifo hold
	"$BIN/deliver" <hold >held 3>&- &
	exec 4>hold
	echo '{"type":"STATE","value":{"bookmarks":{}},"stats":{"records":0}}' >&4
	until [ -s held ]; do :; done
	status=0
	pass 4>&- || status=$?
	[ "$status" = 75 ]
	grep -q '^deliver: .*has a deliver already' err
	[ "$(grep '^run:' err | sed -n 1p)" = 'run: deliver ended with 75 (try again later)' ]
	exec 4>&-
	wait $!
	pass
	exactly_once
}

@test "no FIFO and no folder is left in TMPDIR, not even while the stages run" {
	small
	control fault '{"path":"/fscmRestApi","count":1000,"delay_ms":100}'
	start_pass
	until_true asked_at_least 2 /fscmRestApi
	[ -z "$(ls -A tmp)" ]
	end_pass
	[ "$ended" = 0 ]
	[ -z "$(ls -A tmp)" ]
}

@test "no secret is in an argument, an environment, an error or the ledger's files" {
	secret=planted-client-secret-8841 bot=xoxb-planted-token-5523
	small --client-secret "$secret" --bot-token "$bot"
	printf '%s' "$secret" | "$BIN/auditctl" vault set oracle.client_secret
	printf '%s' "$bot" | "$BIN/auditctl" vault set slack.bot_token
	control fault '{"path":"/fscmRestApi","count":1000,"delay_ms":100}'
	start_pass
	until_true asked_at_least 3 /fscmRestApi
	for process in "$PASS" "$(stage fetch)" "$(stage transform)" "$(stage deliver)"; do
		cat "/proc/$process/cmdline" "/proc/$process/environ" >>processes
	done
	# The write-ahead log goes when the last one closes the ledger.
	cat ledger.db ledger.db-* >>files
	end_pass
	[ "$ended" = 0 ]
	cat ledger.db* >>files
	# An answer that breaks off, and a refusal, may tempt an error text.
	control fault '{"path":"/fscmRestApi","count":1,"status":500,"body":"x"}'
	printf 'wrong' | "$BIN/auditctl" vault set slack.bot_token
	new_amount "$(latest)" 4321.05
	cp err all_errors
	pass || cat err >>all_errors
	[ "$(wc -l <all_errors)" -gt 2 ]
	asked_at_least 1 /
	access=$(jq -r 'select(.path | startswith("/fscmRestApi")).headers.Authorization' requests | sed -n '1s/^Bearer //p')
	basic=$(jq -r 'select(.path | startswith("/oauth2")).headers.Authorization' requests | sed -n '1s/^Basic //p')
	[ "${#access}" -gt 20 ] && [ "${#basic}" -gt 20 ]
	for planted in "$secret" "$bot" "$access" "$basic"; do
		# grep would find it.
		grep -qF "$planted" requests || [ "$planted" = "$secret" ]
		run -1 grep -aFe "$planted" processes files all_errors
	done
	grep -aq LEDGERPIPE_CONFIG processes
	grep -aq 'CREATE TABLE vault' files
}

# ---- installed --------------------------------------------------------------

@test "ledgerpipe runs its tools by name and refuses other words" {
	small
	sed -e "s|@LIBEXEC@|$BATS_TEST_TMPDIR/libexec|" -e 's|@VERSION@|1.2.3|' \
		"$BATS_TEST_DIRNAME/../pipelines/ledgerpipe.in" >ledgerpipe
	mkdir libexec
	cp "$RUN" libexec/run
	for tool in fetch transform deliver verify auditctl; do
		ln -s "$BIN/$tool" libexec/
		run -0 sh ledgerpipe "$tool" --version
		[[ $output == "$tool (ledgerpipe)"* ]]
	done
	[ "$(sh ledgerpipe --version)" = 'ledgerpipe 1.2.3' ]
	run -0 --separate-stderr sh ledgerpipe help
	[[ $output == usage:* ]]
	run -64 --separate-stderr sh ledgerpipe nothing
	[[ $stderr == *"'nothing'"* ]]
	run -64 --separate-stderr sh ledgerpipe
	sh ledgerpipe run 2>err
	exactly_once
}

@test "the example configuration has only known keys and names the installed filters" {
	example=$BATS_TEST_DIRNAME/../pipelines/ledgerpipe.json.example
	jq --arg folder "$BATS_TEST_TMPDIR" --arg filters "$FILTERS" '
		.ledger = "\($folder)/ledger.db" | .key_file = "\($folder)/ledger.key"
		| .filters[].file |= "\($filters)/\(split("/") | last)"' "$example" >example.json
	"$BIN/auditctl" -c example.json init
	"$BIN/transform" -c example.json </dev/null
	run -77 --separate-stderr "$BIN/fetch" -c example.json
	[[ $stderr == *'vault set oracle.client_secret'* ]]
}

@test "the demo ends well and leaves nothing behind" {
	mkdir tmp
	BIN=$BIN TMPDIR=$BATS_TEST_TMPDIR/tmp INVOICES=3 ORDERS=8 JOURNALS=3 \
		sh "$BATS_TEST_DIRNAME/../pipelines/demo" >out 2>err
	cat out err
	[ ! -s err ]
	grep -q '^ *#procurement  *3 ' out
	grep -q '^    0 messages' out
	grep -q 'in the thread of its first message' out
	grep -q 'events, whole' out
	[ -z "$(ls -A tmp)" ]
}
