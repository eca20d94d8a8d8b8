#!/usr/bin/env bats
# fetch: what it holds doesn't grow with what it reads. FETCH_ROWS=1000000 is
# the full measure of the first test.
load helper
export BIN

setup() {
	! grep -q __asan_init "$BIN/fetch" || skip 'sanitizers need memory of their own'
	setup_ledger
	cd "$BATS_TEST_TMPDIR" || return 1
	set -o pipefail
}

teardown() {
	stop_sandbox
}

# start_bulk ROWS [ARGS...]: a pod with so many rows of bulk, about 3 kB each.
start_bulk() {
	start_sandbox --bulk "$@"
	configure_sandbox '{"bulk":{"path":"/fscmRestApi/resources/11.13.18.05/bulk","key":"BulkId",
		"cursor":"LastUpdateDate","expand":"lines","page_size":499}}'
}

# read_all [ARGS...]: one pass; the ids of its records in ids, the most memory
# that it had, in kB, in $peak.
read_all() {
	command time -f %M -o peak "$BIN/fetch" "$@" |
		grep -o '^{"type":"RECORD","stream":"bulk","record":{"BulkId":[0-9]*' >ids
	peak=$(cat peak)
	echo "# $(wc -l <ids) rows, $peak kB"
}

# all_once ROWS: so many rows came, each once.
all_once() {
	[ "$(wc -l <ids)" = "$1" ]
	[ "$(sort -u ids | wc -l)" = "$1" ]
}

@test "a long backlog leaves row by row, each once, in flat memory" {
	rows=${FETCH_ROWS:-100000}
	start_bulk 10000
	read_all
	all_once 10000
	few=$peak
	stop_sandbox
	start_bulk "$rows"
	read_all
	all_once "$rows"
	[ "$peak" -lt $((few + 2048)) ]
	[ "$peak" -lt 32768 ]
}

@test "rows with one stamp, more than a page has room for, leave once each" {
	start_bulk 20000 --bulk-tie 1000
	read_all
	all_once 20000
	stop_sandbox
	start_bulk 100000 --bulk-tie 50000
	read_all
	all_once 100000
	# Of each row of the group a fingerprint is kept.
	[ "$peak" -lt 32768 ]
}

@test "of a page of large rows only the row that is read is held" {
	start_bulk 998 --bulk-size 128000
	read_all
	all_once 998
	# A page has 64 MB.
	[ "$peak" -lt 24576 ]
}

@test "rows of a megabyte are held a few times at most" {
	start_bulk 50 --bulk-size 1048576
	read_all
	all_once 50
	[ "$peak" -lt 32768 ]
}

@test "a poller remembers of a long backlog only what it may meet again" {
	start_bulk 200000
	mkfifo lines
	: >log
	grep -c '"type":"RECORD"' <lines >count 3>&- &
	counter=$!
	"$BIN/fetch" --every 1d --verbose >lines 2>log 3>&- &
	fetch=$!
	until grep -q '^fetch: bulk: ' log; do
		kill -0 "$fetch"
	done
	peak=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$fetch/status")
	echo "# $peak kB"
	kill "$fetch"
	wait "$fetch"
	wait "$counter"
	[ "$(cat count)" = 200000 ]
	[ "$peak" -lt 32768 ]
}
