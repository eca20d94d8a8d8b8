#!/usr/bin/env bats
# deliver --follow: a service that its manager hears of, that ends well, and
# that hears of what others queue.
load helper
load deliver

setup() {
	setup_deliver
	mkfifo messages
	"${BIN%/bin}/test/notified" manager >said 3>&- & MANAGER_PID=$!
	until [ -S manager ]; do kill -0 $MANAGER_PID; done
	DELIVER_PID=
}

teardown() {
	for pid in $DELIVER_PID $MANAGER_PID; do
		kill -9 "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	stop_sandbox
}

# serve [WORD...]: start it with these words for its environment; ready.
serve() {
	env NOTIFY_SOCKET="$BATS_TEST_TMPDIR/manager" "$@" "$BIN/deliver" --follow messages >out 2>err 3>&- & DELIVER_PID=$!
	until_true grep -qx READY=1 said
}

# until_true COMMAND...: as long as the service lives.
until_true() {
	until "$@"; do kill -0 "$DELIVER_PID"; done
}

# is ID STATE: does the ledger say so?
is() {
	[ "$(sqlite3 -cmd '.timeout 5000' -readonly ledger.db "select state from messages where id = $1")" = "$2" ]
}

requests() {
	curl -sf "$SANDBOX/_control/requests" | grep -c chat.postMessage || :
}

asked() {
	[ "$(requests)" -ge "$1" ]
}

@test "its manager hears that it is ready, and that it stops" {
	serve
	message '#finance' 1 >messages
	until_true is 1 sent
	[ "$(cat said)" = READY=1 ]
	kill -TERM $DELIVER_PID
	wait $DELIVER_PID
	[ "$(cat said)" = $'READY=1\nSTOPPING=1' ]
}

@test "while it has nothing to do its watchdog hears of it" {
	serve WATCHDOG_USEC=200000
	until_true grep -qx WATCHDOG=1 said
	lines=$(wc -l <said)
	until_true eval '[ "$(wc -l <said)" -gt $((lines + 2)) ]'
}

@test "another process's watchdog hears nothing" {
	serve WATCHDOG_USEC=2000 WATCHDOG_PID=1
	message '#finance' 1 >messages
	until_true is 1 sent
	run ! grep WATCHDOG said
}

@test "a stop waits for what is in flight, and takes nothing more" {
	serve
	control fault '{"path":"/api/chat.postMessage","delay_ms":700}'
	{ message '#finance' 1; message '#finance' 2; } >messages
	until_true asked 1
	kill -TERM $DELIVER_PID
	wait $DELIVER_PID
	is 1 sent
	is 2 queued
	[ "$(requests)" = 1 ]
	[ "$(sqlite3 ledger.db "select count(*) from messages where state in ('sending', 'in_doubt')")" = 0 ]
}

@test "it says that it stops before it waits for what is in flight" {
	serve
	control fault '{"path":"/api/chat.postMessage","delay_ms":2000}'
	message '#finance' 1 >messages
	until_true asked 1
	kill -TERM $DELIVER_PID
	until_true grep -qx STOPPING=1 said
	is 1 sending
	wait $DELIVER_PID
	is 1 sent
}

@test "a replay rings the doorbell, and it is heard" {
	control 'slack/channel?name=finance&action=archive'
	serve
	message '#finance' 1 >messages
	until_true is 1 dead
	control 'slack/channel?name=finance&action=unarchive'
	"$BIN/auditctl" replay 1
	until_true is 1 sent
	# Who has the FIFO open too sees that each ring is taken away at once.
	exec 8<>ledger.db.doorbell
	printf '!' >&8
	until_true eval '! read -t 0 -u 8'
	kill -STOP $DELIVER_PID
	sqlite3 ledger.db "update messages set state = 'dead' where id = 1"
	"$BIN/auditctl" replay 1
	read -t 0 -u 8
	kill -CONT $DELIVER_PID
	until_true asked 3
}

@test "the doorbell is a FIFO for the ledger's owner alone" {
	serve
	[ "$(stat -c '%F %a' ledger.db.doorbell)" = 'fifo 600' ]
}

@test "the doorbell goes when it ends, and nobody who copies the ledger's files waits for it" {
	serve
	[ -p ledger.db.doorbell ]
	kill -TERM $DELIVER_PID
	wait $DELIVER_PID
	[ ! -e ledger.db.doorbell ]
	mkdir copy
	cp ledger.db* copy
	"$BIN/auditctl" list
}

@test "without a doorbell it goes on, and says so" {
	: >ledger.db.doorbell
	serve
	grep "the doorbell '.*ledger.db.doorbell' is no FIFO" err
	message '#finance' 1 >messages
	until_true is 1 sent
}

@test "a second one for the ledger is told whose it is" {
	serve
	run -75 "$BIN/deliver" --follow messages
	[[ $output == *"process $DELIVER_PID"* ]]
}

@test "while it stands, a token that Slack refuses keeps the queue, and another one in the vault sends it at once" {
	control 'slack/token?value=xoxb-new'
	serve
	message '#finance' 1 >messages
	until_true grep -q 'refuses the token' err
	message '#finance' 2 >messages
	until_true is 2 queued
	printf 'xoxb-new' | "$BIN/auditctl" vault set slack.bot_token
	until_true is 1 sent
	until_true is 2 sent
	[ "$(grep -c 'refuses the token' err)" = 1 ]
	kill -TERM $DELIVER_PID
	wait $DELIVER_PID
}

@test "it waits for another tool that holds the ledger's lock, and goes on" {
	serve
	mkfifo hold
	sqlite3 ledger.db <hold >held 2>&1 3>&- & local sqlite=$!
	exec 7>hold
	echo "BEGIN IMMEDIATE; SELECT 'held';" >&7
	until_true grep -q held held
	message '#finance' 1 >messages
	until_true grep -q 'waiting' err
	[[ $(cat err) == *ledger.db*locked* ]]
	echo 'ROLLBACK;' >&7
	exec 7>&-
	wait $sqlite
	until_true is 1 sent
	until_true grep -q 'going on' err
	[ "$(requests)" = 1 ]
}

# lost: message 1 is in doubt, its look-up an hour away, and message 2 waits.
lost() {
	configure '{"settle_delay":"1h"}'
	serve
	control fault "{\"path\":\"/api/chat.postMessage\",\"reset\":true,$1}"
	{ message '#finance' 1; message '#finance' 2; } >messages
	until_true is 1 in_doubt
	until_true is 2 queued
}

@test "settle unsent of a message in doubt is heard, and it is sent in its turn" {
	lost '"unread":true'
	"$BIN/auditctl" settle 1 unsent
	until_true is 1 sent
	until_true is 2 sent
	[ "$(texts)" = $'about 1\nabout 2' ]
	"$BIN/auditctl" check
}

@test "settle sent of a message in doubt is heard, and its channel goes on" {
	lost '"handle":true'
	ts=$(curl -sf "$SANDBOX/_control/slack/messages" | jq -r .message.ts)
	"$BIN/auditctl" settle 1 sent --ts "$ts" --channel-id C1
	until_true is 2 sent
	is 1 sent
	[ "$(texts)" = $'about 1\nabout 2' ]
}

@test "what is settled while it is being looked up stays as it was settled" {
	control fault '{"path":"/api/conversations.history","delay_ms":1500}'
	serve
	control fault '{"path":"/api/chat.postMessage","reset":true,"unread":true}'
	message '#finance' 1 >messages
	until_true eval 'curl -sf "$SANDBOX/_control/requests" | grep -q conversations.history'
	"$BIN/auditctl" settle 1 sent --ts 1764000000.000100 --channel-id C1
	message '#finance' 2 >messages
	until_true is 2 sent
	is 1 sent
	[ "$(texts)" = 'about 2' ]
}
