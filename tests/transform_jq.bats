#!/usr/bin/env bats
# transform: jq's language is what jq's manual says, but where it can't be.
# JQ_TESTS=FILE adds the cases of a file in the form of jq --run-tests.
load helper
export BIN

setup() {
	cd "$BATS_TEST_TMPDIR"
	unset LEDGERPIPE_CONFIG
	CASES=$BATS_TEST_DIRNAME/jq
}

# judge: the cases whose outputs in "out" aren't the expected ones.  Numbers are
# compared as doubles, also by a jq that keeps what was written.
judge() {
	jq -rn --slurpfile expected expected --slurpfile out out '
		def plain: walk(if type == "number" then . + 0 else . end);
		([$out[] | select(.type == "MESSAGE" or .type == "REJECT") |
			{key: .record_id, value: (if .type == "MESSAGE"
				then .delivery.digest else [{REJECT: .error}] end)}] |
			from_entries) as $got |
		$expected[] | select(($got[.id] | plain) != (.outputs | plain)) |
		"line \(.id): \($got[.id]) where \(.outputs) was expected"'
}

# conforms STATUS FILE: the file's cases through transform, many filters at a
# time, and judged.
conforms() {
	awk -v DIR=. -f "$CASES/cases.awk" "$2"
	mapfile -t cases <cases
	[ "${#cases[@]}" -gt 0 ]
	for ((i = 0; i < ${#cases[@]}; i += 100)); do
		filters=()
		for name in "${cases[@]:i:100}"; do
			filters+=(-f "$name=$name.jq")
		done
		status=0
		"$BIN/transform" -L "$CASES/modules" "${filters[@]}" input \
			>>out || status=$?
		[ "$status" = "$1" ]
	done
	run -0 judge
	[ -z "$output" ]
}

# version: of jq and its library, as "1.6".
version() {
	jq --version | sed -n 's/^jq-\([0-9]*\.[0-9]*\).*/\1/p'
}

@test "each case for jq's language passes jq's own test runner" {
	run -0 jq -L "$CASES/modules" --run-tests "$CASES/manual.test"
	[[ $output =~ ([0-9]+)\ of\ ([0-9]+)\ tests\ passed ]]
	[ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ]
	[ "${BASH_REMATCH[2]}" -ge 250 ]
}

@test "programs give the same through transform as through jq" {
	conforms 0 "$CASES/manual.test"
}

@test "what libjq 1.6 alone says is the same through transform as through jq" {
	[ "$(version)" = 1.6 ] || skip "the installed jq is another"
	run -0 jq --run-tests "$CASES/manual-1.6.test"
	conforms 0 "$CASES/manual-1.6.test"
}

@test "where transform differs from jq it does so as listed" {
	conforms 65 "$CASES/differs.test"
}

@test "numbers without end and without value are written as jq writes them" {
	printf '%s\n' '{channel:"#c", text:"t", delivery:{digest:[
		infinite, -infinite, nan, {a:nan}]}}' >f.jq
	printf '%s\n' '{"type":"SCHEMA","stream":"s","schema":{},"key_properties":["id"]}' \
		'{"type":"RECORD","stream":"s","record":{"id":1}}' >input
	run -0 "$BIN/transform" -f f=f.jq input
	[[ ${lines[0]} == *"\"digest\":$(jq -cn '[infinite, -infinite, nan, {a:nan}]')}"* ]]
}

@test "what jq lets pass for JSON is a bad line" {
	printf '%s\n' '{channel:"#c", text:"t"}' >f.jq
	printf '%s\n' '{"type":"SCHEMA","stream":"s","schema":{},"key_properties":["id"]}' >input
	for value in nan NaN 01 -01 .5 1. +1 "'x'" '[1,]' '{"a":1,}' '"\x"' '"a	b"'; do
		printf '{"type":"RECORD","stream":"s","record":{"id":1,"v":%s}}\n' "$value"
	done >>input
	run -65 --separate-stderr "$BIN/transform" -f f=f.jq input
	[ "$(jq -cs 'map([.type, .filter]) | unique' <<<"$output")" = '[["REJECT",""]]' ]
	[ "${#lines[@]}" = 12 ]
}

@test "what libjq computes when it compiles has a worker's memory" {
	[ "$(version)" != 1.6 ] || skip "libjq 1.6 computes no strings then"
	printf '"x" * 1000000000 | length\n' >f.jq
	run -78 "$BIN/transform" -f f=f.jq </dev/null
	[[ $output == *"filter 'f': "*" memory "* ]]
}

@test "a test file of jq's own gives the same through transform" {
	[ -n "${JQ_TESTS:-}" ] || skip "JQ_TESTS names none"
	awk -v DIR=. -v TRY=1 -f "$CASES/cases.awk" "$JQ_TESTS"
	while read -r name; do
		{ head -n 1 input; grep "\"id\":${name#c}," input; } >one
		timeout 60 "$BIN/transform" -L "${JQ_MODULES:-$CASES/modules}" \
			-f "$name=$name.jq" one >>out || [ $? -ne 124 ]
	done <cases
	run -0 judge
	[ -z "$output" ]
}
