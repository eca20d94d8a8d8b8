# What deliver_crash.bats prepares for tests/crash/point.
# shellcheck shell=bash

# message FILTER CHANNEL RECORD VERSION TEXT: a MESSAGE.
message() {
	printf '{"type":"MESSAGE","filter":"%s","stream":"s","record_id":"%s","record_version":"%s","position":0,"key":"%s:s:%s:%s","payload":{"channel":"%s","text":"%s"}}\n' \
		"$1" "$3" "$4" "$1" "$3" "$4" "$2" "$5"
}

# seen FILTER RECORD VERSION MESSAGES
seen() {
	printf '{"type":"SEEN","stream":"s","record_id":"%s","record_version":"%s","amount":null,"currency":null,"messages":{"%s":%s}}\n' \
		"$2" "$3" "$1" "$4"
}

# state NUMBER RECORDS
state() {
	printf '{"type":"STATE","value":{"bookmarks":{"s":{"replication_key":"LastUpdateDate","replication_key_value":"200%s-01-01T00:00:00.000Z"}}},"stats":{"records":%s}}\n' "$1" "$2"
}

# records FILTER VERSION RECORD,CHANNEL,TEXT...: what a filter makes of records;
# a channel of - is a reject, none at all is nothing.
records() {
	local filter=$1 version=$2 record channel text count line
	for line in "${@:3}"; do
		IFS=, read -r record channel text <<<"$line"
		count=1
		case $channel in
		'') count=0 ;;
		-)
			count=0
			printf '{"type":"REJECT","filter":"%s","stream":"s","record_id":"%s","record_version":"%s","error":"no","record":{}}\n' \
				"$filter" "$record" "$version"
			;;
		*) message "$filter" "$channel" "$record" "$version" "$text" ;;
		esac
		seen "$filter" "$record" "$version" "$count"
	done
}

# prepare FOLDER: an empty ledger, the input in two halves by two filters, and
# what is to come of it.
prepare() {
	PREPARED=$1
	SANITIZER=$(ldd "$BIN/deliver" | awk '/libasan/ { print $3 }')
	export PREPARED BIN SHIM SANITIZER
	{
		records a one-1 '1,#finance,first of 1' '2,#operations,about 2' 3 4
		records a one-2 '1,#finance,second of 1'
		state 1 5
	} >"$PREPARED/one.a"
	{
		records b one-1 1 2 3,- '4,#treasury,about 4'
		records b one-2 1
		state 1 5
	} >"$PREPARED/one.b"
	{
		records a two-1 '5,#operations,about 5' '1,#finance,third of 1' 6 '7,#finance,about 7'
		state 2 4
	} >"$PREPARED/two.a"
	{
		records b two-1 5 1 '6,#treasury,about 6' 7
		state 2 4
	} >"$PREPARED/two.b"
	cat "$PREPARED/one.a" "$PREPARED/two.a" >"$PREPARED/all.a"
	cat "$PREPARED/one.b" "$PREPARED/two.b" >"$PREPARED/all.b"
	echo '5 5' >"$PREPARED/rows_one"
	echo '4 4' >"$PREPARED/rows_two"
	echo '5 4 1' >"$PREPARED/rows_end"
	jq -c 'select(.type == "STATE").value' "$PREPARED/all.a" >"$PREPARED/echo"
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
# says, and eight at least.  Their number differs a little from run to run.
crash_at_each() {
	local total step first points
	"$POINT" count 0
	total=$(tr -cd "$2" <prepared/events | wc -c)
	step=$((total / 8 < STEP ? total / 8 + 1 : STEP))
	first=$((SEED % step + 1))
	points=$(seq "$first" "$step" "$total" | wc -l)
	echo "# $1: $points of $total events, SEED=$SEED STEP=$STEP" >&3
	seq "$first" "$step" "$total" | xargs -P 3 -n 1 "$POINT" "$1" 3>&-
	# The second runs have fewer events than the first.
	[ "$1" = full ] || [ $((4 * $(wc -l <"prepared/died.$1"))) -gt "$points" ]
}
