#!/usr/bin/env bats
# auditctl prune --rows: it may be killed, and the power may go, at any write,
# fsync, link or unlink, and no event is lost.
load helper
load deliver
export BIN

teardown() {
	stop_sandbox
}

setup() {
	! grep -q __asan_init "$BIN/auditctl" || skip 'the crash library is for the plain build'
	cd "$BATS_TEST_TMPDIR"
	SHIM=$(cd "$BIN/../test" && pwd)/crash.so
	[ -e "$SHIM" ] || { echo "$SHIM is missing: make it"; return 1; }
	PREPARED=$PWD/prepared
	export SHIM PREPARED LEDGERPIPE_NOW=2026-01-02T00:00:00.000Z
	setup_deliver
	message '#finance' 1 | "$BIN/deliver" >out 2>err || { cat err; false; }
	stop_sandbox
	sql 'SELECT lower(hex(hash)) FROM audit' >hashes
	mkdir prepared
	mv ledger.db ledger.key hashes prepared
	printf '{"ledger":"ledger.db","key_file":"ledger.key"}\n' >prepared/ledgerpipe.json
	export LEDGERPIPE_NOW=2026-02-01T00:00:00.000Z
}

# crash_at_each HOW
crash_at_each() {
	local total
	"$BATS_TEST_DIRNAME/crash/prune" count 0
	total=$(wc -c <prepared/events)
	echo "# $1: $total events $(cat prepared/events)" >&3
	[ "$total" -gt 10 ]
	seq "$total" | xargs -P 3 -n 1 "$BATS_TEST_DIRNAME/crash/prune" "$1" 3>&-
	[ "$(wc -l <prepared/died)" = "$total" ]
}

@test "a prune that is killed at any event loses none, and the next one finishes" {
	crash_at_each kill
}

@test "a prune during which the power goes loses no event" {
	crash_at_each power
}

@test "a prune during which the power goes, and part of what wasn't synced is there, loses no event" {
	crash_at_each "power-$RANDOM"
}
