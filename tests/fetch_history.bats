#!/usr/bin/env bats
# fetch: whatever happens at the pod, and to fetch, no version of a record is
# lost, doubled or made up.  With SEEDS=N (make soak) N histories of each kind
# are tried, from SEED on; ROUNDS=N are so many polls in each.
load helper
load history
[ -z "${SEEDS:-}" ] || unset BATS_TEST_TIMEOUT
FIRST=${SEED:-$RANDOM}

setup() {
	setup_histories
}

teardown() {
	[ -z "${FETCH:-}" ] || kill -9 "$FETCH" 2>/dev/null || :
	stop_sandbox
}

# histories STYLE SCAN SEEDS...: those, or what was asked for.
histories() {
	local style=$1 scan=$2 seeds=("${@:3}") seed
	local -
	# bats looks at each command, which takes more time than the commands.
	set +T
	[ -z "${SEEDS:-}" ] || mapfile -t seeds < <(seq "$FIRST" $((FIRST + SEEDS - 1)))
	echo "# histories $style $scan ${seeds[0]} .. ${seeds[-1]}" >&3
	for seed in "${seeds[@]}"; do
		if ! history "$style" "$scan" "$seed" >told; then
			echo "history $style $scan $seed:"
			cat told
			tail -n 60 err
			return 1
		fi
		stop_sandbox
		wait "$SANDBOX_PID" || :
	done
}

@test "runs that go on from the last STATE, killed or not, bring every version" {
	histories state query 1 2 "$FIRST"
}

@test "what the ledger knows isn't read again, and Slack gets each message once" {
	histories ledger query 1 2 "$FIRST"
}

@test "a poller brings every version once, over signals and restarts" {
	histories daemon query 1 2 "$FIRST"
}

@test "a descending scan brings every version" {
	histories state descending 1
	histories ledger descending 2
	histories daemon descending "$FIRST"
}

@test "a stream without a stamp brings every version" {
	histories state whole "$FIRST"
	histories ledger whole 2
	histories daemon whole 3
}

@test "a sweep brings what was committed before the overlap" {
	histories state sweep 1
	histories ledger sweep "$FIRST"
}

@test "without an overlap every version comes whose stamp is later than all before" {
	histories state tight 1
	histories daemon tight "$FIRST"
}
