# A random history: the pod's rows come, change and go, also while they are
# read, and requests fail, over several polls and restarts; at its end what
# fetch wrote is held against what the pod says it had (history.jq).  All
# follows from the seed.  Load it after helper; setup_histories comes first.
# shellcheck shell=bash

STREAMS=(invoices journalBatches)
declare -A TAG=([invoices]=Description [journalBatches]=BatchDescription)

# random N: PICK is one of 0 .. N-1.
random() {
	DICE=$(((DICE * 1103515245 + 12345) & 0x7fffffff))
	PICK=$(((DICE >> 8) % $1))
}

# one_of WORDS...: PICK is one of them.
one_of() {
	random $#
	PICK=${*:PICK+1:1}
}

# chance N: true once in N times.
chance() {
	random "$1"
	((PICK == 0))
}

# ---- the pod -----------------------------------------------------------------

# Requests are gathered, and go out with one curl.
# look PATH FILE
look() {
	REQUESTS+="next
url = \"$SANDBOX$1\"
output = \"$2\"
silent
write-out = \"%{http_code} %{url}\\n\"
"
}

# look_inside STREAM PARAMETERS FILE: what the pod itself answers.
look_inside() {
	look "/fscmRestApi/resources/11.13.18.05/$1?onlyData=true$2" "$3"
	REQUESTS+="user = \"sandbox:sandbox-secret\"
header = \"REST-Framework-Version: 4\"
"
}

# move CONTROL [BODY [METHOD]]
move() {
	look "/_control/$1" /dev/null
	REQUESTS+="request = \"${3:-POST}\"
data = \"${2//\"/\\\"}\"
"
	echo "    $1 ${2-}" >>err
}

send() {
	local status url
	curl -K - <<<"$REQUESTS" >answers || return 1
	REQUESTS=
	while read -r status url; do
		# A row may be gone already.
		[[ $status == 200 || ($status == 400 && $url == *'&id='*) ]] ||
			{ echo "$status $url"; return 1; }
	done <answers
}

# snapshot NAME: all rows of the pod, and what they ever were.
snapshot() {
	local stream
	for stream in "${STREAMS[@]}"; do
		look "/_control/erp/rows?stream=$stream" "rows.$stream.$1"
		look "/_control/erp/history?stream=$stream" "past.$stream"
	done
}

# learn NAME: from a snapshot, the latest stamp there was (LATEST, in ms), how
# many rows there are (HAVE), and which of them are so young that the next poll
# looks at them again (YOUNG).
learn() {
	local stream last
	last=$(cat past.* | sed 's/.*"stamp":"\([^+]*\)+.*/\1/' | sort | tail -n 1)
	last=${last:-2024-05-16T21:00:00}
	LATEST=$(($(date -u -d "${last:0:19}Z" +%s%3N) + 10#0${last:20}))
	stamp $((LATEST - 60000))
	for stream in "${STREAMS[@]}"; do
		HAVE[$stream]=$(wc -l <"rows.$stream.$1")
		YOUNG[$stream]=$(sed 's/.*"id":\([0-9]*\),"stamp":"\([^+]*\)+.*/\2 \1/' "rows.$stream.$1" |
			awk -v since="${PICK:0:19}" '$1 > since { print $2 }')
	done
}

# stamp MS: PICK is it as a time.
stamp() {
	local fraction
	TZ=UTC printf -v PICK '%(%Y-%m-%dT%H:%M:%S)T' $(($1 / 1000))
	printf -v fraction '%03d' $(($1 % 1000))
	PICK+=.${fraction}Z
}

# late: PICK is the stamp of something that is committed late, but within what
# the next poll looks at again.
late() {
	one_of 1 1500 60000
	random "$PICK"
	stamp $((LATEST - PICK))
}

# change [&after=N]: something happens to a stream.
change() {
	local stream when=${1-} what id count tag
	one_of "${STREAMS[@]}"
	stream=$PICK
	random $((HAVE[$stream] + 2))
	# A row is found by its place as well.
	id=$((PICK + 1))
	TAGS=$((TAGS + 1))
	tag="\"${TAG[$stream]}\":\"change $TAGS\""
	one_of insert tie update update update update children late-insert late-update same-stamp stamp late-stamp delete delete
	what=$PICK
	if ((TIGHT)); then
		# Nothing comes but in the order of the stamps.
		case $what in tie | late-* | same-stamp) what=update ;; esac
	fi
	one_of 1 2 5 $((SIZE + 1)) $((SIZE * 2 + 1)) $((HAVE[$stream] + 1))
	count=$PICK
	case $what in
	insert)
		# Each comes a second later, and all must stay near LATEST.
		move "erp/insert?stream=$stream&count=$((count < 5 ? count : 5))$when"
		;;
	tie)
		random 2500
		stamp $((LATEST + PICK))
		move "erp/insert?stream=$stream&count=$count&stamp=$PICK$when"
		;;
	late-insert)
		late
		move "erp/insert?stream=$stream&count=$count&stamp=$PICK$when"
		;;
	update)
		move "erp/update?stream=$stream&id=$id$when" "{$tag}"
		;;
	children)
		# A child's change moves the stamp of its record.
		move "erp/update?stream=invoices&id=$id$when" \
			"{\"Description\":\"change $TAGS\",\"invoiceLines\":[{\"Description\":\"change $TAGS\"}]}"
		;;
	late-update)
		late
		move "erp/update?stream=$stream&id=$id$when" "{$tag,\"LastUpdateDate\":\"$PICK\"}"
		;;
	same-stamp)
		[ -n "${YOUNG[$stream]}" ] || return 0
		# shellcheck disable=SC2086 # ids
		one_of ${YOUNG[$stream]}
		move "erp/update?stream=$stream&id=$PICK&keep_stamp=1$when" "{$tag}"
		;;
	stamp)
		move "erp/stamp?stream=$stream&count=$count$when"
		;;
	late-stamp)
		late
		move "erp/stamp?stream=$stream&count=$count&stamp=$PICK$when"
		;;
	delete)
		move "erp/delete?stream=$stream&id=$id$when"
		;;
	esac
}

# fault: some request of the next poll fails.
fault() {
	local count skip how
	one_of 1 1 1 2
	count=$PICK
	one_of 0 1 2 3 5 8
	skip=$PICK
	one_of '"status":503' '"status":500' '"status":429,"headers":{"Retry-After":"0"}' '"status":401,"body":"<html>"' \
		'"reset":true' '"drop":true' '"truncate":true' '"truncate":true,"chunked":true' '"stall_ms":30' \
		'"delay_ms":30' '"status":503,"headers":{"Retry-After":"100"}' '"status":403'
	how=$PICK
	# Over the time-out, and slow.
	[[ $how != *stall* ]] || ! chance 4 || how='"stall_ms":2500'
	# Halved by a pod that also halves them itself, pages would have one row.
	[[ $QUIRKS != *early* ]] || how=${how/500/503}
	move fault "{\"path\":\"/fscmRestApi\",\"count\":$count,\"skip\":$skip,$how}"
}

# quirk NAME=VALUE [&count=N]
quirk() {
	move "erp/quirk?name=${1%=*}&value=${1#*=}${2-}"
}

# lasting_quirk: a manner of the pod's that loses nothing, to the end.
lasting_quirk() {
	one_of page_cap=2 page_cap=3 page_cap=7 short_pages=3 short_pages=5 hasmore_missing=1 items_missing=1 \
		hasmore_early=1 hasmore_early=3 whole_seconds=1 opaque_keys=1 opaque_keys=2 no_gzip=1 date_skew=3600
	QUIRKS=$PICK
	quirk "$QUIRKS"
}

# passing_quirk: one that may end the stream with an error.
passing_quirk() {
	local count
	one_of 1 2 5
	count=$PICK
	one_of hasmore_lies=1 hasmore_lies=2 ignore_offset=1 hasmore_early=2 version=3 link_host=127.0.0.2:1
	[ "$QUIRKS $PICK" = 'page_cap=2 hasmore_early=2' ] || quirk "$PICK" "&count=$count"
}

# calm: no more faults, and what waits for so many requests happens.
calm() {
	local i
	move fault '' DELETE
	move erp/quirk '' DELETE
	for ((i = 0; i < 10; i++)); do
		look_inside invoices '&limit=1' /dev/null
	done
	[ -z "$QUIRKS" ] || quirk "$QUIRKS"
}

# ---- fetch -------------------------------------------------------------------

# slow_request SKIP MS: of the requests that follow, the pod answers one late.
slow_request() {
	move requests '' DELETE
	move fault "{\"path\":\"/fscmRestApi\",\"skip\":$1,\"delay_ms\":$2}"
	send
}

# until_slow SKIP: until that request has come, or fetch or the pod has ended.
until_slow() {
	local asked=0
	until ((asked > $1)) || ! kill -0 "$FETCH" 2>/dev/null || ! kill -0 "$SANDBOX_PID" 2>/dev/null; do
		asked=$(curl -sf "$SANDBOX/_control/requests" | grep -c '"path":"/fscmRestApi' || :)
	done
}

# keep COMPLETE: of the output of a run, in out, a consumer has all up to the
# last STATE; what stands behind it was written, but isn't to be relied on.
keep() {
	[ -z "$(tail -c 1 out)" ] || sed -i '$d' out
	awk -v complete="$1" '{ line[NR] = $0 } /^{"type":"STATE"/ { last = NR }
		END {
			print "{\"type\":\"RUN\",\"complete\":" complete "}"
			for (i = 1; i <= last; i++) print line[i]
			print "{\"type\":\"CUT\"}"
			for (; i <= NR; i++) print line[i]
		}' out >>kept
	sed -n 's/^{"type":"STATE","value":\(.*\),"stats":.*/\1/p' out | tail -n 1 >last
	[ ! -s last ] || mv last state
}

# run_fetch [ARGS...]: a run, perhaps one that is ended in its middle, into out;
# STATUS is its exit status.
run_fetch() {
	local skip signal
	STATUS=0
	if ((QUIET)) || ! chance 3; then
		"$BIN/fetch" "$@" >out 2>>err || STATUS=$?
	else
		one_of KILL TERM
		signal=$PICK
		one_of 0 1 2 3 5 8
		skip=$PICK
		slow_request "$skip" 200
		"$BIN/fetch" "$@" >out 2>>err 3>&- &
		FETCH=$!
		until_slow "$skip"
		kill "-$signal" "$FETCH" 2>/dev/null || :
		wait "$FETCH" 2>/dev/null || STATUS=$?
		FETCH=
		# One that was told to end isn't complete.
		[ "$STATUS" != 0 ] || STATUS=$signal
	fi
	echo "round $ROUND: fetch $STATUS, $(grep -c '^{"type":"RECORD"' out) records" >>err
}

poll_state() {
	local complete=false
	run_fetch --state state "${SWEEP[@]}"
	[ "$STATUS" != 0 ] || complete=true
	keep "$complete"
	"$complete"
}

# ledger_rows FILE [SQL]
ledger_rows() {
	sqlite3 -readonly ledger.db ".timeout 10000" "SELECT r.stream, record_id, record_version FROM records r ${2-}" >"$1"
}

# The ledger decides what was read: what isn't in it never happened.
poll_ledger() {
	local lines
	# fetch asks it up to the bookmark, or of all when there is none to be.
	ledger_rows known "LEFT JOIN bookmarks b ON b.stream = r.stream
		WHERE record_version < value || '~~' OR record_version LIKE '~%'"
	run_fetch "${SWEEP[@]}"
	[ -z "$(tail -c 1 out)" ] || sed -i '$d' out
	lines=$(wc -l <out)
	if ((!QUIET)) && chance 4; then
		# transform goes away in the middle.
		random $((lines + 1))
		lines=$PICK
		STATUS=1
	fi
	head -n "$lines" out >consumed
	"$BIN/transform" <consumed >middle 2>>err || echo "transform $?" >>err
	"$BIN/deliver" <middle >/dev/null 2>>err || echo "deliver $?" >>err
	{ echo '{"type":"RUN"}' && cat consumed; } >>kept
	grep '^{"type":"SEEN"' middle >seen || :
	cat seen >>all_seen
	sed 's/.*"stream":"\([^"]*\)","record_id":"\([^"]*\)","record_version":"\([^"]*\)".*/\1|\2|\3/' seen | sort >came
	sort known | comm -12 - came >again
	if [ -s again ]; then
		echo "round $ROUND: written again though the ledger knows it:"
		head -n 3 again
		FAILED=1
	fi
	[ "$STATUS" = 0 ]
}

# The poller's log is read as $LOG.
start_daemon() {
	rm -f log
	mkfifo log
	"$BIN/fetch" --every 1d --state state -v >out 2>log 3>&- &
	FETCH=$!
	exec {LOG}<log
	FAILING=
}

# passed: until each stream's pass has ended; its status is whether all are well.
# A stream fails until it is said to be read again, or all are set up anew.
passed() {
	local line passes stream
	for ((passes = 0; passes < ${#STREAMS[@]}; )); do
		if ! read -r -t 60 -u "$LOG" line; then
			echo "round $ROUND: the poller is silent"
			FAILED=1
			return 1
		fi
		echo "$line" >>err
		for stream in "${STREAMS[@]}"; do
			case $line in
			*"$stream: it is read again"* | *'was read again'*)
				FAILING=${FAILING//$stream/}
				;;
			*' known already, '* | *': it is read again'* | *' follows in '*) ;;
			*"$stream"*)
				FAILING+=$stream
				;;
			*invoices* | *journalBatches*) ;;
			*)
				FAILING+=$stream
				;;
			esac
		done
		[[ $line != *' known already, '* ]] || passes=$((passes + 1))
	done
	[ -z "$FAILING" ]
}

end_daemon() {
	kill "-$1" "$FETCH"
	wait "$FETCH" 2>/dev/null || :
	cat <&"$LOG" >>err
	exec {LOG}<&-
	FETCH=
	keep false
}

poll_daemon() {
	local cut_off=0 skip
	if ((!QUIET)) && chance 4; then
		cut_off=1
		# Each stream asks at least once.
		random ${#STREAMS[@]}
		skip=$PICK
		slow_request "$skip" 100
	fi
	if [ -z "$FETCH" ]; then
		start_daemon
	elif ((!QUIET)) && chance 4; then
		kill -HUP "$FETCH"
	else
		kill -USR1 "$FETCH"
	fi
	if ((cut_off)); then
		until_slow "$skip"
		one_of KILL TERM
		end_daemon "$PICK"
		return 1
	fi
	passed
}

# ---- a history -----------------------------------------------------------------

# setup_histories: what all of them begin with.
setup_histories() {
	cd "$BATS_TEST_TMPDIR" || return 1
	setup_ledger 2>init
	mkdir -p fresh
	cp ledger.* fresh
	# shellcheck disable=SC2016 # jq's
	echo '{channel: "#finance", text: "\($stream) \($id) \($version)", delivery: {on_change: "post"}}
		| select($id | test("7$"))' >some.jq
}

# begin SCAN: the pod, the configuration.
begin() {
	local file scan=$1 count
	rm -f rows.* ledger.*
	cp fresh/* .
	for file in kept all_seen err state; do
		: >"$file"
	done
	# The sandbox dates what comes after the rows that it has.
	random 60
	count=$((PICK + 1))
	random 40
	LEDGERPIPE_NOW=2024-05-17T12:00:00Z start_sandbox --seed "$HISTORY" --orders 0 --invoices "$count" --journals "$PICK"
	random 20
	SIZE=$((PICK + 4))
	one_of fields=InvoiceId,LastUpdateDate,Description,InvoiceAmount,InvoiceCurrency expand=invoiceLines \
		expand=invoiceLines.invoiceDistributions,invoiceInstallments
	SHAPE=$PICK
	SWEEP=() TIGHT=0
	case $scan in
	sweep) SWEEP=(--sweep 10m) ;;
	tight) TIGHT=1 ;;
	esac
	jq -n --arg url "$SANDBOX" --argjson size "$SIZE" --arg scan "$scan" --arg shape "$SHAPE" '
		{ ledger: "ledger.db", key_file: "ledger.key",
		oracle: { url: $url, token_url: "\($url)/oauth2/v1/token", client_id: "sandbox", page_size: 11,
			retry_budget: "2s", timeout: "2s", overlap: (if $scan == "sweep" or $scan == "tight" then "0s" else "10m" end),
			streams: { journalBatches: {}, invoices: ({page_size: $size, ($shape | split("=")[0]): ($shape | split("=")[1])}
				+ ({descending: {scan: $scan}, whole: {cursor: "none"}}[$scan] // {})) } },
		slack: { url: "\($url)/api", workspace_rate: 0, channel_interval: "1ms", settle_delay: "50ms" },
		filters: { some: { file: "some.jq" } } }' >"$CONFIG"
	move 'slack/limits?channel_ms=0'
	case $scan in descending | whole) move 'erp/queryable?stream=invoices&attribute=LastUpdateDate&value=0' ;; esac
	# Some begin with a group that is larger than a page.
	! chance 2 || move "erp/stamp?stream=invoices&count=$count"
	snapshot 0
	send
}

# round STYLE: changes, faults, and a poll in the middle of them.
round() {
	local i count
	echo "round $ROUND:" >>err
	learn "$((ROUND - 1))"
	random 3
	for ((count = PICK, i = 0; i < count; i++)); do
		change
	done
	snapshot "before.$ROUND"
	random 6
	for ((count = PICK, i = 0; i < count; i++)); do
		random 10
		change "&after=$((PICK + 1))"
	done
	! chance 3 || fault
	! chance 4 || fault
	! chance 6 || passing_quirk
	send || return 1
	"poll_$1" || rm rows.*.before."$ROUND"
	calm
	snapshot "$ROUND"
	send
}

# history STYLE SCAN SEED: is nothing lost, doubled or made up?
history() {
	local style=$1 scan=$2 stream
	local -A HAVE YOUNG
	HISTORY=$3
	DICE=$(((HISTORY * 2654435761 + 12345) & 0x7fffffff))
	TAGS=0 REQUESTS='' QUIRKS='' FAILED=0 QUIET=0 FETCH=''
	begin "$scan" || return 1
	! chance 2 || lasting_quirk
	for ((ROUND = 1; ROUND <= ${ROUNDS:-6}; ROUND++)); do
		round "$style" || return 1
	done
	# Nothing happens any more, and all must be there.
	for stream in "${STREAMS[@]}"; do
		cp "rows.$stream.$((ROUND - 1))" "rows.$stream.before.$ROUND"
		cp "rows.$stream.$((ROUND - 1))" "rows.$stream.$ROUND"
	done
	QUIET=1
	"poll_$style" || { echo "the quiet poll failed" && return 1; }
	[ -z "$FETCH" ] || end_daemon TERM
	judge "$style"
}

# judge STYLE
judge() {
	local stream i
	move erp/quirk '' DELETE
	snapshot now
	look_inside invoices "&limit=499&$SHAPE" now.invoices
	look_inside journalBatches '&limit=499&expand=journalHeaders.journalLines' now.journalBatches
	send || return 1
	for stream in "${STREAMS[@]}"; do
		# What didn't change from before a complete poll to behind it.
		for i in rows."$stream".before.*; do
			sort "$i" "${i/before./}" | uniq -d
		done | sort -u >"lasting.$stream"
		# Each line names its stream.
		sed -i 's/^{"id":\([0-9]*\)/{"stream":"'"$stream"'","id":"\1"/' "lasting.$stream" "past.$stream"
	done
	cat past.* >all_past
	cat lasting.* >all_lasting
	cat now.* >all_now
	: >recorded
	[ "$1" != ledger ] || { ledger_rows recorded && slack_agrees; } || return 1
	compare "$1" kept && ((!FAILED)) || return 1
	[ "$1" = ledger ] || resume
}

# compare STYLE KEPT: say what is wrong.
compare() {
	jq -n -r --arg style "$1" --slurpfile kept "$2" --slurpfile seen all_seen --rawfile recorded recorded \
		--slurpfile now all_now --slurpfile past all_past --slurpfile lasting all_lasting \
		-f "$BATS_TEST_DIRNAME/history.jq" >verdict || return 1
	head -n 20 verdict
	[ ! -s verdict ]
}

# resume: from any STATE on, all comes that was not written before it.
resume() {
	local i line
	grep -n '^{"type":"STATE"' kept >states || return 0
	for i in 1 2; do
		random "$(wc -l <states)"
		line=$(sed -n "$((PICK + 1))s/:.*//p" states)
		sed -n "${line}s/^{\"type\":\"STATE\",\"value\":\(.*\),\"stats\":.*/\1/p" kept >sample
		"$BIN/fetch" --state sample "${SWEEP[@]}" >resumed || return 1
		{ head -n "$line" kept | awk '/^{"type":"CUT"/ { cut = 1 } /^{"type":"RUN"/ { cut = 0 } !cut' && cat resumed; } >both
		compare resume both || { echo "when fetch goes on from line $line of what was written" && return 1; }
	done
}

# slack_agrees: one message for each version that the filter wants, and no more.
slack_agrees() {
	local wanted
	wanted=$(grep -c '^[^|]*|[0-9]*7|' recorded || :)
	curl -sf "$SANDBOX/_control/slack/stats" >slack
	jq -e --argjson wanted "$wanted" '.duplicates == 0 and .channels["#finance"].messages == $wanted' slack >/dev/null ||
		{ echo "Slack has other messages than the $wanted that are wanted:" && cat slack && return 1; }
}
