#!/usr/bin/env bats
# auditctl vault rekey: it may be killed, and the power may go, at any write,
# fsync, rename, link or unlink; a deliver that runs meanwhile notices nothing.
load helper
load deliver
export BIN

teardown() {
	[ -z "${DELIVER_PID:-}" ] || kill -9 "$DELIVER_PID" 2>/dev/null || :
	stop_sandbox
}

prepare() {
	! grep -q __asan_init "$BIN/auditctl" || skip 'the crash library is for the plain build'
	cd "$BATS_TEST_TMPDIR"
	SHIM=$(cd "$BIN/../test" && pwd)/crash.so
	[ -e "$SHIM" ] || { echo "$SHIM is missing: make it"; return 1; }
	PREPARED=$PWD/prepared
	export SHIM PREPARED
	mkdir prepared
	cd prepared
	printf '{"ledger":"ledger.db","key_file":"ledger.key"}\n' >ledgerpipe.json
	export LEDGERPIPE_CONFIG=$PWD/ledgerpipe.json
	"$BIN/auditctl" init
	printf first-secret | "$BIN/auditctl" vault set slack.signing_secret
	printf second-secret | "$BIN/auditctl" vault set slack.signing_secret.previous
	cd ..
}

# crash_at_each RUN HOW...
crash_at_each() {
	local run=$1 how total
	"$BATS_TEST_DIRNAME/crash/rekey" "$run" count 0
	total=$(wc -c <"prepared/events.$run")
	for how in "${@:2}"; do
		echo "# $run, $how: $total events $(cat "prepared/events.$run")" >&3
		seq "$total" | xargs -P 3 -n 1 "$BATS_TEST_DIRNAME/crash/rekey" "$run" "$how" 3>&-
	done
	[ "$(wc -l <prepared/died)" = $((total * ($# - 1))) ]
}

@test "a rekey killed at any event loses no secret, and the next one finishes" {
	prepare
	crash_at_each add kill
}

@test "a rekey during which the power goes loses no secret" {
	prepare
	crash_at_each add power power-$RANDOM
}

@test "a rekey --verify killed at any event loses no secret, and the next one finishes" {
	prepare
	crash_at_each verify kill
}

@test "a rekey --verify during which the power goes loses no secret" {
	prepare
	crash_at_each verify power power-$RANDOM
}

@test "a --verify after a killed rekey, during which the power goes, loses no secret" {
	prepare
	"$BATS_TEST_DIRNAME/crash/rekey" add count 0
	crash_at_each resumed kill power power-$RANDOM
}
