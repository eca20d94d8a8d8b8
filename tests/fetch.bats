#!/usr/bin/env bats
# fetch: what it says before it has spoken to any ERP.
load helper
export BIN

setup() {
	setup_ledger
	cd "$BATS_TEST_TMPDIR" || return 1
}

# configure ORACLE: the oracle section of the configuration.
configure() {
	printf '{"oracle":%s}\n' "$1" >"$CONFIG"
}

@test "help and version go to stdout, usage errors are 64" {
	run -0 --separate-stderr "$BIN/fetch" --help
	[[ $output == usage:* ]]
	run -0 --separate-stderr "$BIN/fetch" --version
	[[ $output == *ledgerpipe* ]]
	for words in --nothing operand '--since yesterday' '--since 2026-01-01 --state x' '--log xml'; do
		# shellcheck disable=SC2086 # words
		run -64 --separate-stderr "$BIN/fetch" $words
		[ -z "$output" ]
		[[ $stderr == fetch:* ]]
	done
}

@test "without a stream the error says where to name one" {
	run -78 --separate-stderr "$BIN/fetch"
	[[ $stderr == *oracle.streams* ]]
}

@test "a stream that is not built in must bring path, key and cursor" {
	configure '{"streams":{"workers":{}}}'
	run -78 --separate-stderr "$BIN/fetch"
	[[ $stderr == *workers*path*key*cursor* ]]
}

@test "a missing URL is named" {
	configure '{"streams":{"invoices":{}}}'
	run -78 --separate-stderr "$BIN/fetch"
	[[ $stderr == *oracle.url* ]]
}

@test "http to another machine is refused" {
	configure '{"url":"http://erp.example.com","streams":{"invoices":{}}}'
	run -78 --separate-stderr "$BIN/fetch"
	[[ $stderr == *https* ]]
}

@test "a page size over the server's cap is refused with the range" {
	configure '{"page_size":500,"streams":{"invoices":{}}}'
	run -78 --separate-stderr "$BIN/fetch"
	[[ $stderr == *page_size*499* ]]
}

@test "a missing client secret says how to set it" {
	"$BIN/auditctl" vault rm oracle.client_secret
	configure '{"url":"http://127.0.0.1:1","token_url":"http://127.0.0.1:1/t","client_id":"c","streams":{"invoices":{}}}'
	run -77 --separate-stderr "$BIN/fetch"
	[[ $stderr == *'auditctl vault set oracle.client_secret'* ]]
}

@test "an ERP that stays away is 69, and nothing is written" {
	configure '{"url":"http://127.0.0.1:1","token_url":"http://127.0.0.1:1/t","client_id":"c","streams":{"invoices":{}}}'
	run -69 --separate-stderr "$BIN/fetch"
	[ -z "$output" ]
	[[ $stderr == *'no answer'* ]]
}

@test "a state file that can't be read is 66" {
	configure '{"streams":{"invoices":{}}}'
	run -66 --separate-stderr "$BIN/fetch" --state nowhere.json
	[[ $stderr == *nowhere.json* ]]
}
