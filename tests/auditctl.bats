#!/usr/bin/env bats
# auditctl: the command of the ledger.
load helper
export BIN

setup() {
	setup_ledger
	cd "$BATS_TEST_TMPDIR" || return 1
}

@test "init makes a ledger and a key that only the owner can read" {
	[ "$(stat -c %a ledger.db)" = 600 ]
	[ "$(stat -c %a ledger.key)" = 600 ]
}

@test "init never touches an existing ledger" {
	before=$(sha256sum ledger.db ledger.key)
	run -73 --separate-stderr "$BIN/auditctl" init
	[[ $stderr == *'exists already'* ]]
	[ "$(sha256sum ledger.db ledger.key)" = "$before" ]
}

@test "without a ledger the error says how to make one" {
	rm ledger.db
	run -66 --separate-stderr "$BIN/auditctl" vault list
	[[ $stderr == *'auditctl init'* ]]
}

@test "vault list shows names and ages, never values" {
	run -0 --separate-stderr "$BIN/auditctl" vault list
	[ "$(jq -r .name <<<"$output" | tr '\n' ' ')" = 'oracle.client_secret slack.bot_token ' ]
	[[ $output != *xoxb* ]]
}

@test "vault list tells the age of a secret since its value was last given" {
	sqlite3 ledger.db "UPDATE vault SET created_at = '2026-01-01T00:00:00.000Z', rotated_at = NULL;
		UPDATE vault SET rotated_at = '2026-03-01T12:00:00.000Z' WHERE name = 'slack.bot_token'"
	export LEDGERPIPE_NOW=2026-03-03T11:59:59.000Z
	run -0 "$BIN/auditctl" vault list
	[ "$(jq -c '[.name, .age_days]' <<<"$output")" = $'["oracle.client_secret",61]\n["slack.bot_token",1]' ]
	run -0 script -qec "'$BIN/auditctl' vault list" /dev/null
	[[ $output == *'oracle.client_secret  61 days ago'*'slack.bot_token       yesterday'* ]]
}

@test "a secret is nowhere in the ledger's files in clear" {
	printf 'planted-canary-7431' | "$BIN/auditctl" vault set slack.signing_secret
	run -1 grep -rla 'planted-canary-7431' .
	run -1 grep -rla 'sandbox-secret' .
}

@test "a secret is read from a descriptor" {
	printf 'by-descriptor' >value
	"$BIN/auditctl" vault set slack.signing_secret --fd 7 7<value
	run -0 --separate-stderr "$BIN/auditctl" vault list
	[[ $output == *slack.signing_secret* ]]
}

@test "a secret on the command line is refused, with the reason, unrepeated" {
	run -64 --separate-stderr "$BIN/auditctl" vault set slack.bot_token hunter2
	[[ $stderr == *stdin* ]]
	[[ $stderr != *hunter2* ]]
}

@test "an empty secret is refused" {
	run -65 --separate-stderr "$BIN/auditctl" vault set slack.bot_token </dev/null
	[[ $stderr == *empty* ]]
}

@test "a bad name is refused" {
	run -64 --separate-stderr "$BIN/auditctl" vault set 'Bad Name' <ledger.key
}

@test "vault rm forgets a secret once" {
	run -0 "$BIN/auditctl" vault rm slack.bot_token
	run -1 --separate-stderr "$BIN/auditctl" vault rm slack.bot_token
	[[ $stderr == *'nothing was removed'* ]]
}

@test "a removed secret of the vault makes verify say what to set" {
	run -77 --separate-stderr "$BIN/verify" -t 1 -g x </dev/null
	[[ $stderr == *'auditctl vault set slack.signing_secret'* ]]
}

@test "verify takes the current and the previous secret from the vault" {
	printf new | "$BIN/auditctl" vault set slack.signing_secret
	printf old | "$BIN/auditctl" vault set slack.signing_secret.previous
	t=$(date +%s)
	for secret in new old; do
		signature=$(printf 'v0:%s:hello' "$t" | openssl dgst -sha256 -hmac "$secret" -r)
		printf hello >body
		run -0 "$BIN/verify" -t "$t" -g "v0=${signature%% *}" <body
		[ "$output" = hello ]
	done
}

@test "check says how many events are whole" {
	run -0 --separate-stderr "$BIN/auditctl" check
	[ "$(jq .events <<<"$output")" = 3 ]
}

@test "check finds an edited event" {
	sqlite3 ledger.db "DROP TRIGGER audit_no_update; UPDATE audit SET actor = 'nobody' WHERE seq = 2"
	run -1 --separate-stderr "$BIN/auditctl" check
	[ -z "$output" ]
	[[ $stderr == *'event 2'* ]]
}

@test "check finds a deleted event" {
	sqlite3 ledger.db "DROP TRIGGER audit_no_delete; DELETE FROM audit WHERE seq = 2"
	run -1 --separate-stderr "$BIN/auditctl" check
	[[ $stderr == *missing* ]]
}

@test "another ledger's key is told from a damaged ledger" {
	printf '%064d\n' 7 >ledger.key
	run -77 --separate-stderr "$BIN/auditctl" check
	[[ $stderr == *'not the key'* ]]
}

@test "a loose key file is refused with the remedy" {
	chmod 640 ledger.key
	run -78 --separate-stderr "$BIN/auditctl" check
	[[ $stderr == *'chmod 600'* ]]
}

@test "a ledger of an older schema is brought up to date by the first tool that writes" {
	sqlite3 ledger.db 'DROP INDEX messages_by_route; CREATE INDEX messages_by_channel ON messages (channel, id);
		DROP INDEX messages_by_replays; ALTER TABLE messages DROP COLUMN replays;
		ALTER TABLE messages DROP COLUMN method; DROP TABLE clock; DROP TABLE keys; DROP TABLE record_bodies;
		DROP TRIGGER audit_no_delete; DROP TABLE seals; PRAGMA user_version = 1;
		CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, '\''the audit log is append-only'\''); END'
	run -78 --separate-stderr "$BIN/auditctl" list
	[[ $stderr == *'version 1 '*'deliver </dev/null'* ]]
	printf 'x' | "$BIN/auditctl" vault set slack.signing_secret
	"$BIN/auditctl" list
	"$BIN/auditctl" check
	[ "$(sqlite3 ledger.db 'PRAGMA user_version')" = 3 ]
	# The same tables and columns, whatever the layout of their definitions.
	for table in $(sqlite3 ledger.db "SELECT name FROM sqlite_schema WHERE type = 'table'"); do
		sqlite3 ledger.db "PRAGMA table_info('$table')"
	done >migrated
	sqlite3 ledger.db "SELECT name FROM sqlite_schema WHERE type = 'index'" >>migrated
	rm ledger.db*
	"$BIN/auditctl" init
	for table in $(sqlite3 ledger.db "SELECT name FROM sqlite_schema WHERE type = 'table'"); do
		sqlite3 ledger.db "PRAGMA table_info('$table')"
	done >fresh
	sqlite3 ledger.db "SELECT name FROM sqlite_schema WHERE type = 'index'" >>fresh
	diff <(sort fresh) <(sort migrated)
	[ -s fresh ]
}

@test "a newer schema is named" {
	sqlite3 ledger.db 'PRAGMA user_version = 99'
	run -78 --separate-stderr "$BIN/auditctl" check
	[[ $stderr == *99* ]]
}

@test "an unknown configuration key is named" {
	printf '{"ledgr":"x"}' >"$CONFIG"
	run -78 --separate-stderr "$BIN/auditctl" check
	[[ $stderr == *ledgr* ]]
}

@test "a secret in the configuration is sent to the vault" {
	printf '{"slack":{"bot_token":"xoxb-in-the-wrong-place"}}' >"$CONFIG"
	run -78 --separate-stderr "$BIN/auditctl" check
	[[ $stderr == *'auditctl vault set slack.bot_token'* ]]
	[[ $stderr != *wrong-place* ]]
}

@test "a configuration that is no JSON is named with the byte" {
	printf '{"ledger": }' >"$CONFIG"
	run -78 --separate-stderr "$BIN/auditctl" check
	[[ $stderr == *"$CONFIG"*byte* ]]
}

@test "a full disk is never a success" {
	run -74 bash -c '"$BIN/auditctl" vault list >/dev/full'
}

@test "a ledger in a folder that can't be written is told with the remedy" {
	mkdir copy
	cp ledger.db ledger.key copy
	chmod 500 copy
	owner=()
	# root may write there but for this
	[ "$(id -u)" != 0 ] || owner=(setpriv --bounding-set -dac_override)
	run -66 --separate-stderr "${owner[@]}" "$BIN/auditctl" --db copy/ledger.db --key-file copy/ledger.key list
	chmod 700 copy
	[[ $stderr == *'its folder must be ours to write, even to read it'* ]]
}

@test "bookmark list is empty before the first run" {
	run -0 --separate-stderr "$BIN/auditctl" bookmark list
	[ -z "$output" ]
}

@test "help and version go to stdout, usage errors are 64" {
	run -0 --separate-stderr "$BIN/auditctl" --help
	[[ $output == usage:* ]]
	run -0 --separate-stderr "$BIN/auditctl" --version
	[[ $output == *ledgerpipe* ]]
	for words in '' nothing --nothing vault 'check now'; do
		# shellcheck disable=SC2086 # words
		run -64 --separate-stderr "$BIN/auditctl" $words
		[[ $stderr == auditctl:* ]]
	done
}

# message ID STATE CHANNEL: a row as the pipeline leaves it; CHANNEL may be NULL.
message() {
	sqlite3 ledger.db "INSERT INTO messages (id, key, state, filter, stream, record_id, record_version, position, channel, payload_hash, queued_at, error)
		VALUES ($1, 'key-$1', '$2', 'finance', 'invoices', '30000000000000$1', 'v', 0, $3, 'h', '2026-11-24T0$1:00:00.000Z', 'channel_not_found');
		INSERT INTO bodies (message, payload) VALUES ($1, '{\"text\":\"hello $1\"}')"
}

@test "list shows the newest first and obeys each condition" {
	message 1 dead "'#finance'"
	message 2 sent "'#finance'"
	message 3 dead "'#other'"
	ids() { "$BIN/auditctl" list "$@" >rows && jq -r .id rows | tr '\n' ' '; }
	[ "$(ids)" = '3 2 1 ' ]
	[ "$(ids --state dead)" = '3 1 ' ]
	[ "$(ids --state dead,sent --channel '#finance')" = '2 1 ' ]
	[ "$(ids --channel '#finance' --state dead)" = '1 ' ]
	[ "$(ids --record 300000000000002)" = '2 ' ]
	[ "$(ids --since 2026-11-24T02:00:00Z --until 2026-11-24T03:00:00Z)" = '2 ' ]
	[ "$(ids --limit 1)" = '3 ' ]
	[ "$(ids --filter "x' OR 1=1 --")" = '' ]
}

@test "list refuses a bad time, a bad limit and an unknown option" {
	for words in '--since yesterday' '--limit 0' '--limit x' '--state ded' '--state dead,' '--nothing' 'operand'; do
		# shellcheck disable=SC2086 # words
		run -64 --separate-stderr "$BIN/auditctl" list $words
	done
}

@test "show gives the message, its payload and its events" {
	message 1 dead "'#finance'"
	run -0 "$BIN/auditctl" replay 1
	run -0 --separate-stderr "$BIN/auditctl" show 01
	[[ $output == *key-1* ]]
	[[ $output == *'hello 1'* ]]
	[[ $output == *message.replayed* ]]
}

@test "show of an unknown message is an honest no" {
	run -1 --separate-stderr "$BIN/auditctl" show 9
	[[ $stderr == *'no message 9'* ]]
	run -64 "$BIN/auditctl" show nine
}

@test "replay queues a dead message as a new generation and the chain stays whole" {
	message 1 dead "'#finance'"
	run -0 --separate-stderr "$BIN/auditctl" replay 1
	[ "$(sqlite3 ledger.db 'SELECT state, generation, attempts, error IS NULL FROM messages')" = 'queued|2|0|1' ]
	run -0 "$BIN/auditctl" check
}

@test "replay of a sent message and of a reject is refused with the reason" {
	message 1 sent "'#finance'"
	message 2 dead NULL
	run -1 --separate-stderr "$BIN/auditctl" replay 1 2
	[[ $stderr == *'message 1 is sent'* ]]
	[[ $stderr == *'message 2 is a reject'* ]]
	[ "$(sqlite3 ledger.db "SELECT count(*) FROM messages WHERE state = 'queued'")" = 0 ]
}

@test "replay --state dead takes all of them and no other" {
	message 1 dead "'#finance'"
	message 2 held "'#finance'"
	message 3 dead "'#other'"
	message 4 dead NULL
	run -0 --separate-stderr "$BIN/auditctl" replay --state dead
	[ "$(sqlite3 ledger.db "SELECT group_concat(id) FROM messages WHERE state = 'queued'")" = 1,3 ]
}

@test "show writes a reject of many megabytes" {
	message 1 dead NULL
	sqlite3 ledger.db "UPDATE bodies SET payload = printf('%.*c', 5000000, 'x')"
	"$BIN/auditctl" show 1 >shown
	[ "$(jq -r '.payload | length' shown)" = 5000000 ]
}

@test "two replays at once queue each message once" {
	for i in 1 2 3 4 5 6 7 8; do message $i dead "'#finance'"; done
	"$BIN/auditctl" replay --state dead >one 2>one.err & first=$!
	"$BIN/auditctl" replay --state dead >two 2>two.err || [ $? = 1 ]
	wait $first || [ $? = 1 ]
	[ "$(cat one two | wc -l)" = 8 ]
	[ "$(sqlite3 ledger.db "SELECT count(*), count(DISTINCT subject) FROM audit WHERE event = 'message.replayed'")" = '8|8' ]
	[ "$(sqlite3 ledger.db 'SELECT DISTINCT generation FROM messages')" = 2 ]
}

# at_terminal COLUMNS WORDS...: auditctl on a terminal so wide.
at_terminal() {
	script -qec "stty cols $1; '$BIN/auditctl' ${*:2}" /dev/null </dev/null | tr -d '\r'
}

@test "a table on a terminal keeps to its width" {
	message 1 dead "'#finance'"
	at_terminal 60 list >table
	[ "$(wc -l <table)" = 2 ]
	run -0 awk 'length($0) > 60 { exit 1 }' table
}

@test "a table on a terminal shows no control character" {
	message 1 dead "'#fi' || char(0x9b) || 'nan' || char(27) || 'ce'"
	at_terminal 200 list >table
	run -0 grep -F '#fi??nan?ce' table
}

@test "the terminal shows nothing of a secret that is typed" {
	mkfifo keys
	script -qec "'$BIN/auditctl' vault set slack.signing_secret" /dev/null <keys >typed &
	exec 7>keys
	until grep -q 'not shown' typed; do :; done
	printf 'typed-canary\n' >&7
	wait $!
	exec 7>&-
	run -1 grep -q typed-canary typed
	[[ $("$BIN/auditctl" vault list) == *slack.signing_secret* ]]
}

@test "a secret that would break a header, or was pasted with what surrounds it, is refused" {
	for value in 'xoxb-1\n\n' 'xoxb-1\nX-Evil: 1' 'xoxb-1 ' ' xoxb-1' 'xoxb-1\r\n' 'xoxb\t1'; do
		# shellcheck disable=SC2059 # escapes are meant
		printf "$value" >value
		run -65 --separate-stderr "$BIN/auditctl" vault set slack.bot_token <value
		[[ $stderr == *slack.bot_token* ]]
		[[ $stderr != *xoxb* ]]
	done
	printf -- '-----BEGIN KEY-----\nAA==\n-----END KEY-----\n' >key
	run -0 "$BIN/auditctl" vault set oracle.private_key <key
}

@test "a secret under a name that nothing reads is refused" {
	run -64 --separate-stderr "$BIN/auditctl" vault set slack.bot_tokn <<<x
	[[ $stderr == *slack.bot_tokn* ]]
}

@test "a configuration in the current folder that others may write is refused, unless it is named" {
	unset LEDGERPIPE_CONFIG
	chmod 666 ledgerpipe.json
	run -78 --separate-stderr "$BIN/auditctl" list
	[[ $stderr == *'chmod go-w'* ]]
	run -0 "$BIN/auditctl" --config ledgerpipe.json list
	chmod 600 ledgerpipe.json
	run -0 "$BIN/auditctl" list
	if [ "$(id -u)" = 0 ]; then
		chown 12345 ledgerpipe.json
		run -78 "$BIN/auditctl" list
	fi
}

@test "a ledger whose first event is gone was tampered with, not opened with a wrong key" {
	sqlite3 ledger.db 'drop trigger audit_no_delete; delete from audit where seq = 1'
	run -66 --separate-stderr "$BIN/auditctl" check
	[[ $stderr == *'tampered with'* ]]
}

@test "a private key isn't taken from a terminal, which would give its first line" {
	printf 'good' | "$BIN/auditctl" vault set slack.bot_token
	run -0 script -qefc "'$BIN/auditctl' vault set oracle.private_key; [ \$? = 64 ]" /dev/null
	[[ $output == *'<key.pem'* ]]
	run -1 grep -q oracle.private_key <("$BIN/auditctl" vault list)
}

@test "--json and --csv say how rows are written, on a terminal too" {
	message 1 dead "'#finance'"
	[ "$("$BIN/auditctl" list --json | jq -c '[.id, .state, .slack_ts]')" = '[1,"dead",null]' ]
	at_terminal 80 --db ledger.db --key-file ledger.key list --json >rows
	[ "$(jq .id rows)" = 1 ]
	"$BIN/auditctl" list --csv >rows
	[ "$(sed -n 1p rows)" = $'id,time,state,filter,stream,record_id,record_version,channel,method,sent_at,slack_ts,error,thread_ts,kind\r' ]
	[ "$(wc -l <rows)" = 2 ]
}

@test "a field of CSV keeps its quotes and lines, and is no formula" {
	message 1 dead "'#fi\"n,ance'"
	sqlite3 ledger.db "UPDATE messages SET error = '=HYPERLINK(\"http://x\")', record_id = 'a' || char(10) || 'b'"
	"$BIN/auditctl" list --csv >rows
	# Another reader of CSV.
	read_csv() { sqlite3 :memory: '.import --csv rows rows' "SELECT $1 FROM rows"; }
	[ "$(read_csv 'count(*)')" = 1 ]
	[ "$(read_csv channel)" = '#fi"n,ance' ]
	[ "$(read_csv record_id)" = $'a\nb' ]
	[ "$(read_csv error)" = "'=HYPERLINK(\"http://x\")" ]
}

@test "the audit log says who gave a command" {
	printf 'x' | SUDO_USER='ja ne=x' "$BIN/auditctl" vault set slack.signing_secret
	actor=$(sqlite3 ledger.db "SELECT actor FROM audit WHERE subject = 'slack.signing_secret'")
	[[ $actor == "auditctl uid=$(id -u) user=$(id -un)"*' sudo=ja?ne?x' ]]
}

@test "each command has a help of its own" {
	run -0 "$BIN/auditctl" vault set --help
	[[ $output == *'vault set NAME'* ]]
	[[ $output != *'vault rm'* ]]
	run -0 "$BIN/auditctl" vault --help
	[[ $output == *'vault rm'* ]]
	run -64 "$BIN/auditctl" nothing --help
	run -64 "$BIN/auditctl" vault
	[[ $output == *'set, list, rm, rekey'* ]]
}

@test "a table on a terminal shows no mark that turns the direction of writing" {
	message 1 dead "'#a' || char(0x202e) || 'b'"
	at_terminal 200 list >table
	run -0 grep -F '#a???b' table
}
