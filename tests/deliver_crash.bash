# What deliver_crash.bats prepares for tests/crash/point.
# shellcheck shell=bash

# message CHANNEL RECORD VERSION TEXT: a MESSAGE and its SEEN.
message() {
	printf '{"type":"MESSAGE","filter":"f","stream":"s","record_id":"%s","record_version":"%s","position":0,"key":"f:s:%s:%s","payload":{"channel":"%s","text":"%s"}}\n' \
		"$2" "$3" "$2" "$3" "$1" "$4"
	printf '{"type":"SEEN","stream":"s","record_id":"%s","record_version":"%s","amount":null,"currency":null,"messages":{"f":1}}\n' "$2" "$3"
}

reject() {
	printf '{"type":"REJECT","filter":"f","stream":"s","record_id":"%s","record_version":"%s","error":"no","record":{}}\n' "$1" "$2"
	printf '{"type":"SEEN","stream":"s","record_id":"%s","record_version":"%s","amount":null,"currency":null,"messages":{"f":0}}\n' "$1" "$2"
}

# state NUMBER RECORDS
state() {
	printf '{"type":"STATE","value":{"bookmarks":{"s":{"replication_key":"LastUpdateDate","replication_key_value":"200%s-01-01T00:00:00.000Z"}}},"stats":{"records":%s}}\n' "$1" "$2"
}

# prepare FOLDER: an empty ledger, the input in two halves, and what is to come
# of it.
prepare() {
	PREPARED=$1
	SANITIZER=$(ldd "$BIN/deliver" | awk '/libasan/ { print $3 }')
	export PREPARED BIN SHIM SANITIZER
	{
		message '#finance' 1 one-1 'first of 1'
		message '#operations' 2 one-1 'about 2'
		reject 3 one-1
		message '#treasury' 4 one-1 'about 4'
		message '#finance' 1 one-2 'second of 1'
		state 1 5
	} >"$PREPARED/one"
	{
		message '#operations' 5 two-1 'about 5'
		message '#finance' 1 two-1 'third of 1'
		message '#treasury' 6 two-1 'about 6'
		message '#finance' 7 two-1 'about 7'
		state 2 4
	} >"$PREPARED/two"
	cat "$PREPARED/one" "$PREPARED/two" >"$PREPARED/all"
	echo '5 5' >"$PREPARED/rows_one"
	echo '4 4' >"$PREPARED/rows_two"
	echo '5 4 1' >"$PREPARED/rows_end"
	jq -c 'select(.type == "STATE").value' "$PREPARED/all" >"$PREPARED/echo"
	cat >"$PREPARED/expected" <<-'END'
		#finance|first of 1
		#finance|second of 1
		#finance|third of 1
		#finance|about 7
		#operations|about 2
		#operations|about 5
		#treasury|about 4
		#treasury|about 6
	END
	(
		cd "$PREPARED" || exit 1
		printf '{"ledger":"ledger.db","key_file":"ledger.key"}\n' >ledgerpipe.json
		export LEDGERPIPE_CONFIG=$PREPARED/ledgerpipe.json
		"$BIN/auditctl" init
		printf 'xoxb-sandbox' | "$BIN/auditctl" vault set slack.bot_token
	) >/dev/null 2>&1
}

: "${SEED:=$RANDOM}"
: "${STEP:=13}"
POINT=$BATS_TEST_DIRNAME/crash/point

# crash_at_each HOW LETTERS: at the events of these letters, as many as STEP
# says.  Their number differs a little from run to run.
crash_at_each() {
	local total first=$((SEED % STEP + 1)) points
	"$POINT" count 0
	total=$(tr -cd "$2" <prepared/events | wc -c)
	points=$(seq "$first" "$STEP" "$total" | wc -l)
	echo "# $1: every ${STEP}th of $total events from the ${first}th, SEED=$SEED" >&3
	seq "$first" "$STEP" "$total" | xargs -P 3 -n 1 "$POINT" "$1" 3>&-
	[ "$1" = full ] || [ $((2 * $(wc -l <"prepared/died.$1"))) -gt "$points" ]
}
