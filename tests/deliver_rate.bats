#!/usr/bin/env bats
# deliver: never too fast, as the workspace measured it, whatever restarts,
# clocks and Slack do meanwhile.  With SEEDS=N (make soak-deliver) N random
# histories of each kind are tried, from SEED on; ROUNDS=N are so many runs of
# deliver in each.
load helper
load deliver
load history
[ -z "${SEEDS:-}" ] || unset BATS_TEST_TIMEOUT
FIRST=${SEED:-$RANDOM}
INTERVAL=100

setup() {
	cd "$BATS_TEST_TMPDIR"
	setup_ledger
	start_sandbox --invoices 0 --orders 0 --journals 0
	mkfifo never
	exec 6<>never
}

teardown() {
	[ -z "${DELIVER:-}" ] || kill -9 "$DELIVER" 2>/dev/null || :
	[ -z "${SANDBOX_PID:-}" ] || kill -CONT "$SANDBOX_PID" 2>/dev/null || :
	stop_sandbox
}

# configure RATE [BUDGET]: the workspace's ceiling in messages a second.
configure() {
	jq -n --arg url "$SANDBOX/api" --argjson rate "$1" --arg interval "${INTERVAL}ms" \
		--arg budget "${2:-20s}" '{ ledger: "ledger.db", key_file: "ledger.key",
		slack: { url: $url, workspace_rate: $rate, channel_interval: $interval,
			settle_delay: "50ms", retry_budget: $budget } }' >"$CONFIG"
}

# message CHANNEL NUMBER
message() {
	printf '{"type":"MESSAGE","filter":"f","stream":"s","record_id":"%s","record_version":"v","position":0,"key":"f:s:%s:%s:v:0","payload":{"channel":"%s","text":"%s %s"}}\n' \
		"$2" "$2" "$1" "$1" "$1" "$2"
}

# now_is HOURS: deliver's wall clock stands there, so far from the true time.
now_is() {
	LEDGERPIPE_NOW=$(date -u -d "$1 hours" +%Y-%m-%dT%H:%M:%S.%3NZ)
	export LEDGERPIPE_NOW
}

# arrived COUNT: so many posts came, or deliver has ended.
arrived() {
	until (($(stats '[.channels[].messages] | add') >= $1)); do
		kill -0 "$DELIVER" 2>/dev/null || return 0
	done
}

# ---- a random history --------------------------------------------------------

# burst: some messages for some channels, under any of their names.
burst() {
	local left channel
	random 8
	for ((left = PICK; left > 0; left--)); do
		one_of "${NAMES[@]}"
		channel=$PICK
		QUEUED=$((QUEUED + 1))
		message "$channel" "$QUEUED"
		printf '%s %s\n' "$channel" "$QUEUED" >>expected
	done >in
}

# stall: Slack reads nothing for a moment, of PICK tenths of a second.
stall() {
	kill -STOP "$SANDBOX_PID"
	read -rt "0.$PICK" <&6 || :
	kill -CONT "$SANDBOX_PID"
}

# run_once: deliver runs to its end, or until a signal.  HOW is what ended it.
run_once() {
	local status=0 more
	one_of end end TERM KILL
	HOW=$PICK
	random 5
	more=$(($(stats '[.channels[].messages] | add') + PICK))
	"$BIN/deliver" <in >/dev/null 2>>err &
	DELIVER=$!
	if chance 4; then
		one_of 1 2 3 4 5
		stall
	fi
	if [ "$HOW" != end ]; then
		arrived "$more"
		kill "-$HOW" "$DELIVER" 2>/dev/null || :
	fi
	wait "$DELIVER" || status=$?
	echo "    $HOW $status ${LEDGERPIPE_NOW:-}" >>err
	case $HOW:$status in
	end:0 | TERM:0 | TERM:75 | TERM:143 | KILL:0 | KILL:137) ;;
	*) echo "deliver ended with $status after $HOW"; return 1 ;;
	esac
}

# judge: what the workspace saw.
judge() {
	local name rate=$1
	stats . >stats
	jq -e --argjson interval "$INTERVAL" '.duplicates == 0 and
		all(.channels[].smallest_gap_ms; . == null or . >= $interval)' stats >/dev/null ||
		{ echo "a channel was sent to twice within $INTERVAL ms:"; cat stats; return 1; }
	jq -e --argjson rate "$rate" '$rate == 0 or .busiest_second <= $rate' stats >/dev/null ||
		{ echo "more than $rate a second:"; cat stats; return 1; }
	texts >got
	[ "$(sort got)" = "$(sort expected)" ] || { echo 'not everything came once:'; diff <(sort expected) <(sort got); return 1; }
	# Each name of a channel is a queue.
	for name in "${NAMES[@]}"; do
		[ "$(grep "^$name " got)" = "$(grep "^$name " expected)" ] || { echo "$name is out of order"; return 1; }
	done
}

# history RATE SEED
history() {
	local rate=$1 round
	DICE=$2 QUEUED=0 HOW=end
	: >err
	: >in
	# Until a name was used, deliver can't know whose id another filter writes.
	message '#finance' 0 | "$BIN/deliver" 2>>err || return 1
	echo '#finance 0' >expected
	for ((round = 0; round < ${ROUNDS:-8}; round++)); do
		# What a signal kept from being read is read again.
		cp in unread
		burst
		[ "$HOW" = end ] || { cat unread in >both && mv both in; }
		# A message in doubt whose time is long ago would be held.
		if [ "$(sqlite3 -readonly ledger.db "SELECT count(*) FROM messages WHERE state IN ('sending', 'in_doubt')")" = 0 ]; then
			random 21
			now_is "$((PICK - 10))"
		fi
		if chance 5; then control 'slack/ratelimit?count=1&retry_after=1'; fi
		run_once || return 1
	done
	# What a kill left is settled, then the rest goes.
	"$BIN/deliver" <in 2>>err || return 1
	judge "$rate"
}

# histories RATE SEEDS...: those, or what was asked for.
histories() {
	local rate=$1 seeds=("${@:2}") seed
	local -
	# bats looks at each command, which takes more time than the commands.
	set +T
	[ -z "${SEEDS:-}" ] || mapfile -t seeds < <(seq "$FIRST" $((FIRST + SEEDS - 1)))
	echo "# histories at $rate a second ${seeds[0]} .. ${seeds[-1]}" >&3
	for seed in "${seeds[@]}"; do
		stop_sandbox
		rm -f ledger.*
		setup_ledger 2>/dev/null
		start_sandbox --invoices 0 --orders 0 --journals 0
		control 'slack/limits?channel_ms=0'
		configure "$rate"
		NAMES=('#finance' finance "$(stats -r '.channels["#finance"].id')" '#operations' '#treasury')
		if ! history "$rate" "$seed" >told; then
			echo "history $rate $seed:"
			cat told
			tail -n 60 err
			return 1
		fi
	done
}

@test "no channel is sent to faster than its rate, and all comes once and in order" {
	histories 0 1 2 "$FIRST"
}

@test "the workspace's ceiling holds as well" {
	histories 5 3 "$FIRST"
}

# ---- one thing at a time -----------------------------------------------------

# posts: when Slack was asked to post, in ms, one a line.
posts() {
	curl -sf "$SANDBOX/_control/requests" | jq 'select(.path == "/api/chat.postMessage").at_ms'
}

@test "a channel that always has something gets it without a 429" {
	control "slack/limits?channel_ms=$INTERVAL"
	configure 0
	for i in $(seq 20); do message '#finance' "$i"; done >in
	run -0 "$BIN/deliver" <in
	stats -e '.refused == 0 and .channels["#finance"].messages == 20'
}

@test "channels that always have something share the workspace's ceiling fairly" {
	control "slack/limits?channel_ms=0"
	configure 20
	for i in $(seq 10); do
		for channel in '#finance' '#operations' '#treasury'; do message "$channel" "$i"; done
	done >in
	run -0 "$BIN/deliver" <in
	# Whoever's turn it is, nobody is ever 2 messages ahead.
	curl -sf "$SANDBOX/_control/requests" | jq -s -e '
		[.[] | select(.path == "/api/chat.postMessage").body | fromjson.text | split(" ")] |
		reduce .[] as [$channel, $number] ({ worst: 0, had: { "#finance": 0, "#operations": 0, "#treasury": 0 } };
			.had[$channel] = ($number | tonumber) |
			.worst = ([.worst, ([.had[]] | max - min)] | max)) |
		(.had | length) == 3 and .worst <= 1'
}

@test "a due time outlives restarts under a clock that is set forward and back" {
	INTERVAL=300
	control 'slack/limits?channel_ms=0'
	configure 0
	for hours in 0 5 -5 9 0; do
		now_is "$hours"
		message '#finance' "at$hours.$RANDOM" | "$BIN/deliver"
	done
	stats -e '.channels["#finance"] | .messages == 5 and .smallest_gap_ms >= 300'
}

@test "the workspace's ceiling outlives restarts under a clock that is set forward and back" {
	INTERVAL=0
	control 'slack/limits?channel_ms=0'
	configure 4
	for hours in 0 5 -5 9 0; do
		now_is "$hours"
		message '#finance' "$hours" | "$BIN/deliver"
		message '#operations' "$hours" | "$BIN/deliver"
	done
	stats -e ".busiest_second <= 4"
}

@test "the pause of a 429 outlives a restart, whatever the clock says" {
	control 'slack/limits?channel_ms=0'
	for hours in 5 -5; do
		curl -sf -X DELETE "$SANDBOX/_control/requests"
		control 'slack/ratelimit?count=1&retry_after=2'
		now_is 0
		configure 0 1ms
		message '#finance' "$hours" >in
		run -75 "$BIN/deliver" <in
		now_is "$hours"
		# It takes the pause for no longer than it is, or this ends with 75.
		configure 0 3s
		run -0 "$BIN/deliver" </dev/null
		posts | jq -s -e 'length == 2 and .[1] - .[0] >= 2000'
	done
}

@test "a message that Slack reads late is not followed too soon" {
	control 'slack/limits?channel_ms=0'
	configure 0
	for i in 1 2 3 4 5 6; do message '#finance' "$i"; done >in
	"$BIN/deliver" <in &
	DELIVER=$!
	arrived 2
	PICK=2 stall
	wait "$DELIVER"
	stats -e '.channels["#finance"] | .messages == 6 and .smallest_gap_ms >= 100'
}
