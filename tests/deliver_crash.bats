#!/usr/bin/env bats
# deliver: it may die, the power may go and the disk may be full at any write,
# fsync or send; started again it loses nothing, doubles nothing, and keeps the
# order.  Each STEPth event is tried, from one on that SEED chooses; with STEP=1
# (make crash-deliver) every one.
load helper
load deliver_crash
[ "${STEP:-}" != 1 ] || unset BATS_TEST_TIMEOUT

setup() {
	cd "$BATS_TEST_TMPDIR"
	SHIM=$(cd "$BIN/../test" && pwd)/crash.so
	[ -e "$SHIM" ] || { echo "$SHIM is missing: make it"; return 1; }
	mkdir prepared
	prepare "$PWD/prepared"
}

@test "SIGKILL at a write, an fsync, a send or an echo loses and doubles nothing" {
	crash_at_each kill wfso
}

@test "SIGKILL when half of a request has left loses and doubles nothing" {
	crash_at_each half s
}

@test "SIGKILL in the run after a SIGKILL loses and doubles nothing" {
	crash_at_each again wfso
}

@test "a power loss that leaves only what was synced loses and doubles nothing" {
	crash_at_each power wfso
}

@test "a power loss that leaves some sectors of what wasn't synced loses and doubles nothing" {
	crash_at_each "power-$SEED" wfso
}

@test "a disk that is full at any write, and then isn't, loses and doubles nothing" {
	crash_at_each full wmc
}
