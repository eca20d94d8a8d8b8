#!/usr/bin/env bats
# auditctl vault: the master key, where it comes from and how it is changed.
load helper
export BIN

setup() {
	setup_ledger
	cd "$BATS_TEST_TMPDIR" || return 1
}

audit() { "$BIN/auditctl" "$@"; }

@test "after rekey both keys open the ledger, after --verify the new one alone" {
	cp ledger.key first.key
	run -0 audit vault rekey
	run -0 audit check
	run -0 audit --db ledger.db --key-file first.key check
	run -75 --separate-stderr audit vault rekey
	[[ $stderr == *'--verify'* ]]
	run -0 --separate-stderr audit vault rekey --verify
	[ "$(jq .secrets <<<"$output")" = 2 ]
	[ ! -e ledger.key.old ]
	run -0 audit check
	run -77 --separate-stderr audit --db ledger.db --key-file first.key check
	[[ $stderr == *'not the key'* ]]
}

@test "secrets set before, between and after can be read, and it can be done again" {
	audit vault rekey
	printf between | audit vault set slack.signing_secret
	audit vault rekey --verify
	audit vault rekey
	audit vault rekey --verify
	t=$(date +%s)
	signature=$(printf 'v0:%s:hello' "$t" | openssl dgst -sha256 -hmac between -r)
	printf hello >body
	run -0 "$BIN/verify" -t "$t" -g "v0=${signature%% *}" <body
	run -0 audit check
}

@test "rekey --verify names a secret that can't be read, and retires nothing" {
	audit vault rekey
	sqlite3 ledger.db "UPDATE vault SET ciphertext = zeroblob(40) WHERE name = 'slack.bot_token'"
	run -65 --separate-stderr audit vault rekey --verify
	[[ $stderr == *slack.bot_token* ]]
	[ -e ledger.key.old ]
	run -0 audit --db ledger.db --key-file ledger.key.old check
}

@test "a damaged key of the ledger is told" {
	audit vault rekey
	sqlite3 ledger.db "UPDATE keys SET sealed = zeroblob(48) WHERE purpose = 'message'"
	run -65 --separate-stderr audit check
	[[ $stderr == *"key 'message:1' is damaged"* ]]
}

@test "a rekey stopped before the new file took its place is finished by the next" {
	cp ledger.key first.key
	audit vault rekey
	mv ledger.key ledger.key.new
	mv ledger.key.old ledger.key
	run -0 audit check
	run -0 audit vault rekey
	[ ! -e ledger.key.new ]
	cmp ledger.key.old first.key
	run -0 audit vault rekey --verify
}

@test "a lost key file is told from a wrong one, with what is lost" {
	rm ledger.key
	run -66 --separate-stderr audit check
	[[ $stderr == *'there is no key file'*'messages and bookmarks'* ]]
}

@test "a ledger that others may read or write is refused with the remedy" {
	for mode in 604 620; do
		chmod $mode ledger.db
		run -78 --separate-stderr audit check
		[[ $stderr == *'chmod 600'* ]]
	done
	chmod 600 ledger.db
	run -0 audit check
}

@test "a folder that anybody may write is refused with the remedy" {
	chmod 777 .
	run -78 --separate-stderr audit check
	[[ $stderr == *'chmod o-w'* ]]
	chmod 1777 .
	run -0 audit check
}

@test "a passphrase from a file opens the ledger, another one doesn't" {
	printf 'correct horse battery' >words
	chmod 600 words
	export LEDGERPIPE_PASSPHRASE_FILE=$PWD/words
	mkfifo keys
	script -qec "'$BIN/auditctl' vault rekey --passphrase" /dev/null <keys >typed &
	exec 7>keys
	until grep -q 'passphrase (not shown)' typed; do :; done
	printf 'correct horse battery\n' >&7
	until grep -q 'again (not shown)' typed; do :; done
	printf 'correct horse battery\n' >&7
	wait $!
	exec 7>&-
	run -1 grep -q horse typed
	run -0 audit vault rekey --verify
	run -0 audit check
	printf 'wrong horse battery' >words
	run -77 --separate-stderr audit check
	[[ $stderr == *'passphrase is not that'* ]]
	[[ $stderr != *horse* ]]
}

@test "a systemd credential is the key, though an ACL's mask shows as a group" {
	mkdir -m 700 credentials
	mv ledger.key credentials/ledger.key
	chmod 440 credentials/ledger.key
	printf '{"ledger":"ledger.db","key_file":"credential:ledger.key"}\n' >"$CONFIG"
	run -0 env CREDENTIALS_DIRECTORY="$PWD/credentials" "$BIN/auditctl" check
	chmod 444 credentials/ledger.key
	run -78 env CREDENTIALS_DIRECTORY="$PWD/credentials" "$BIN/auditctl" check
	run -78 --separate-stderr env -u CREDENTIALS_DIRECTORY "$BIN/auditctl" check
	[[ $stderr == *LoadCredential* ]]
}

@test "no core is dumped of it, and no process of the same user looks into its memory" {
	plain=()
	[ "$(id -u)" != 0 ] || plain=(setpriv --bounding-set=-sys_ptrace,-perfmon,-sys_admin)
	mkfifo value
	"${plain[@]}" sleep 100 3>&- & other=$!
	"${plain[@]}" "$BIN/auditctl" vault set slack.client_secret <value 3>&- & pid=$!
	exec 7>value
	until grep -Eq '^Max core file size +1 +1 ' "/proc/$pid/limits"; do kill -0 $pid; done
	run -0 "${plain[@]}" dd bs=1 count=1 status=none if="/proc/$other/environ" of=read
	until [ "$status" = 1 ]; do
		run "${plain[@]}" dd bs=1 count=1 status=none if="/proc/$pid/environ" of=read
	done
	[[ $output == *'ermission denied'* ]]
	kill $other
	printf secret >&7
	exec 7>&-
	wait $pid
}

# told CODE WORDS: by every tool that opens the ledger, on one line.
told() {
	local code=$1 words=$2 tool
	for tool in 'auditctl vault list' 'auditctl check' 'deliver --check' 'fetch --check' 'verify -t 1 -g x'; do
		run --separate-stderr bash -c "'$BIN'/$tool </dev/null"
		echo "$tool: $status $stderr"
		[ "$status" = "$code" ]
		[[ $stderr == *"$words"* && $stderr != *$'\n'* ]]
	done
}

@test "a wrong key, a lost one, a newer schema and what is no ledger have their own word and status in every tool" {
	jq -n '{ ledger: "ledger.db", key_file: "ledger.key", slack: { url: "http://127.0.0.1:9" },
		oracle: { url: "http://127.0.0.1:9", token_url: "http://127.0.0.1:9", client_id: "x", streams: { invoices: {} } } }' >"$CONFIG"
	cp ledger.key first.key
	(umask 077 && printf '%064d\n' 7 >ledger.key)
	told 77 'is not the key of the ledger'
	rm ledger.key
	told 66 'there is no key file'
	(umask 077 && printf '%063d\n' 7 >ledger.key)
	told 78 'does not hold 64 hex digits'
	cp first.key ledger.key
	sqlite3 ledger.db 'PRAGMA user_version = 99'
	told 78 'schema version 99'
	sqlite3 ledger.db 'PRAGMA user_version = 3'
	mv ledger.db whole.db
	rm -f ledger.db-*
	told 66 'cannot open the ledger'
	(umask 077 && head -c 8192 /dev/urandom >ledger.db)
	told 66 'restore it from a backup'
}

@test "a damaged secret has its own word and status in each tool that needs it" {
	jq -n '{ ledger: "ledger.db", key_file: "ledger.key", slack: { url: "http://127.0.0.1:9" },
		oracle: { url: "http://127.0.0.1:9", token_url: "http://127.0.0.1:9", client_id: "x", streams: { invoices: {} } } }' >"$CONFIG"
	printf secret | audit vault set slack.signing_secret
	for change in 'ciphertext = zeroblob(40)' 'nonce = zeroblob(24)' 'nonce = zeroblob(3)' "ciphertext = x''" "name = 'x.' || name"; do
		cp ledger.db whole.db
		sqlite3 ledger.db "UPDATE vault SET $change"
		for tool in 'deliver --check' 'fetch --check' 'verify -t 1 -g x'; do
			run --separate-stderr bash -c "'$BIN'/$tool </dev/null"
			echo "$change: $tool: $status $stderr"
			case $change in
			name*) [[ $status = 77 && $stderr == *'auditctl vault set'* ]] ;;
			*) [[ $status = 65 && $stderr == *'is damaged'*'auditctl vault set'* ]] ;;
			esac
		done
		cp whole.db ledger.db
	done
}
