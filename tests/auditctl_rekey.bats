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

@test "init --passphrase makes a key of it, which only its file or its owner gives" {
	cd "$BATS_TEST_TMPDIR"
	export LEDGERPIPE_PASSPHRASE_FILE=$PWD/words
	printf 'correct horse battery' >words
	chmod 644 words
	key=(--db ledger.db --key-file ledger.key)
	run -78 --separate-stderr "$BIN/auditctl" "${key[@]}" init --passphrase
	[[ $stderr == *'chmod 600'* && ! -e ledger.db && ! -e ledger.key ]]
	chmod 600 words
	run -0 "$BIN/auditctl" "${key[@]}" init --passphrase
	[[ $output != *horse* && $(cat ledger.key) == 'argon2id '* && $(stat -c %a ledger.key) = 600 ]]
	run -0 "$BIN/auditctl" "${key[@]}" check
	printf 'wrong horse battery' >words
	run -77 --separate-stderr "$BIN/auditctl" "${key[@]}" check
	[[ $stderr == *'passphrase is not that'* ]]
	unset LEDGERPIPE_PASSPHRASE_FILE
	run -78 --separate-stderr setsid -w "$BIN/auditctl" "${key[@]}" check
	[[ $stderr == *'no terminal'*LEDGERPIPE_PASSPHRASE_FILE* ]]
}

@test "init --passphrase refuses a short one, a key that is there and other words, and makes nothing" {
	cd "$BATS_TEST_TMPDIR"
	export LEDGERPIPE_PASSPHRASE_FILE=$PWD/words
	key=(--db ledger.db --key-file ledger.key)
	(umask 077 && printf short >words)
	run -65 --separate-stderr "$BIN/auditctl" "${key[@]}" init --passphrase
	[[ $stderr == *'shorter than 12'* && ! -e ledger.db && ! -e ledger.key ]]
	printf 'correct horse battery' >words
	run -64 "$BIN/auditctl" "${key[@]}" init --passphrase words
	run -64 "$BIN/auditctl" "${key[@]}" init horse
	(umask 077 && printf '%064d\n' 1 >ledger.key)
	run -73 --separate-stderr "$BIN/auditctl" "${key[@]}" init --passphrase
	[[ $stderr == *'is there already'* && ! -e ledger.db ]]
	grep -qx '0*1' ledger.key
}

# until_true COMMAND...: as long as deliver lives.
until_true() {
	until "$@"; do kill -0 "$DELIVER_PID"; done
}

# sends RECORD: a message about it that comes in now gets sent.
sends() {
	message '#finance' "$1" >messages
	until_true eval "[ \"\$(sql \"select state from messages where record_id = '$1'\")\" = sent ]"
}

@test "a deliver that runs goes on across rekey and rekey --verify, and the log stays whole" {
	setup_deliver
	cp ledger.key first.key
	mkfifo messages
	"$BIN/deliver" --follow messages >out 2>err 3>&- & DELIVER_PID=$!
	sends before
	"$BIN/auditctl" vault rekey
	sends between
	run -0 "$BIN/auditctl" check
	"$BIN/auditctl" vault rekey --verify
	sends after
	run -0 "$BIN/auditctl" check
	# The token is read anew, with the new key.
	printf 'xoxb-sandbox' | "$BIN/auditctl" vault set slack.bot_token
	sends last
	"$BIN/auditctl" vault rekey
	"$BIN/auditctl" vault rekey --verify
	sends again
	[ "$(texts)" = $'about before\nabout between\nabout after\nabout last\nabout again' ]
	kill -TERM "$DELIVER_PID"
	wait "$DELIVER_PID"
	DELIVER_PID=
	run -0 "$BIN/auditctl" check
	[ "$(sql "select count(*) from audit where event = 'message.sent'")" = 5 ]
	run -77 "$BIN/auditctl" --db ledger.db --key-file first.key check
	run ! grep -i key err
}
