#!/usr/bin/env bats
# deliver: a token that Slack rotates is renewed, and nothing is lost or doubled
# by that.  The workspace's tokens here end when a test says so, or soon.
load helper
load deliver

setup() {
	setup_deliver -c finance
	configure '{"client_id":"sandbox"}'
	printf sandbox-secret | "$BIN/auditctl" vault set slack.client_secret
	control 'slack/scopes?value=chat:write,channels:history,groups:history,channels:read,groups:read'
	DELIVER_PID=
}

teardown() {
	exec 5>&- 7>&-
	[ -z "$DELIVER_PID" ] || kill -9 "$DELIVER_PID" 2>/dev/null || :
	stop_sandbox
}

# log_in [LEVERS]: the token in the vault is one that ends.
log_in() {
	control "slack/oauth?rotation=1${1:+&$1}"
	[ -p pasted ] || mkfifo pasted
	: >url
	"$BIN/deliver" --login <pasted >url 2>login.err 3>&- &
	local pid=$!
	exec 7>pasted
	until grep -q '^http' url; do kill -0 "$pid"; done
	curl -s -o /dev/null -w '%{redirect_url}\n' "$(cat url)" >&7
	exec 7>&-
	wait "$pid"
}

# serve [WORD...]: a service that reads messages, with these words for its
# environment.
serve() {
	[ -p messages ] || mkfifo messages
	env "$@" "$BIN/deliver" --follow messages >out 2>>err 3>&- 7>&- & DELIVER_PID=$!
	exec 5>messages
}

stop() {
	kill -TERM "$DELIVER_PID"
	wait "$DELIVER_PID"
	DELIVER_PID=
}

until_true() {
	until "$@"; do kill -0 "$DELIVER_PID"; done
}

# is ID STATE
is() {
	[ "$(sql "select state from messages where id = $1")" = "$2" ]
}

# renewed N: at least so often?
renewed() {
	[ "$(sql "select count(*) from audit where event = 'token.renewed'")" -ge "$1" ]
}

# The refresh tokens that were sent, in their order.
asked() {
	curl -sf "$SANDBOX/_control/requests" | jq -r 'select(.path == "/api/oauth.v2.access") | .body' |
		sed -n 's/.*refresh_token=\(xoxe-1-[a-z0-9]*\).*/\1/p'
}

count_asked() {
	asked >asked
	wc -l <asked
}

has_asked() {
	[ "$(count_asked)" -ge "$1" ]
}

# once COUNT: records 1 to COUNT are in Slack once each.
once() {
	texts | sort >texts
	seq -f 'about %g' "$1" | sort | diff - texts
}

# in_hours N: the time in N hours, for LEDGERPIPE_NOW.
in_hours() {
	date -u -d "+$1 hours" +%Y-%m-%dT%H:%M:%SZ
}

@test "a token is renewed two hours before it ends, and not earlier" {
	log_in
	message '#finance' 1 | LEDGERPIPE_NOW=$(in_hours 9) "$BIN/deliver"
	[ "$(count_asked)" = 0 ]
	message '#finance' 2 | LEDGERPIPE_NOW=$(in_hours 11) "$BIN/deliver" 2>err
	[ "$(cat asked; asked)" = xoxe-1-sandbox1 ]
	grep -q 'the token was renewed: it is good until' err
	once 2
	# The new one is stored, and used.
	message '#finance' 3 | LEDGERPIPE_NOW=$(in_hours 12) "$BIN/deliver"
	[ "$(count_asked)" = 1 ]
	once 3
	[ "$(curl -sf "$SANDBOX/_control/requests" | jq -r 'select(.body | contains("about 3")) | .headers.Authorization')" = 'Bearer xoxe.xoxb-1-sandbox2' ]
}

@test "a token that has ended is renewed before anything is posted with it" {
	log_in
	control 'slack/oauth?expire=1'
	message '#finance' 1 | LEDGERPIPE_NOW=$(in_hours 13) "$BIN/deliver"
	once 1
	[ "$(sql "select count(*) from attempts")" = 1 ]
}

@test "a token that ends in the middle of a drain loses and doubles nothing" {
	log_in
	for name in a b c; do control "slack/channel?name=$name&action=create"; done
	serve
	for i in $(seq 1 3 20); do
		message '#a' "$i"; message '#b' $((i + 1)); message '#c' $((i + 2))
	done >&5
	until_true is 21 sent
	control fault '{"path":"/api/chat.postMessage","count":30,"delay_ms":20}'
	for i in $(seq 22 3 40); do
		message '#a' "$i"; message '#b' $((i + 1)); message '#c' $((i + 2))
	done >&5
	until_true is 24 sent
	control 'slack/oauth?expire=1'
	for i in 43 44 45; do message '#a' "$i"; done >&5
	until_true is 45 sent
	until_true is 41 sent
	until_true is 42 sent
	stop
	once 45
	[ "$(count_asked)" = 1 ]
	run ! grep -q refuses err
	"$BIN/auditctl" check
}

@test "a token that ends while a message in doubt is looked up is renewed, and the message is there once" {
	log_in
	serve
	control fault '{"path":"/api/conversations.history","status":200,"body":"{\"ok\":false,\"error\":\"token_expired\"}","content_type":"application/json"}'
	control 'slack/lose?count=1'
	message '#finance' 1 >&5
	until_true is 1 sent
	stop
	once 1
	[ "$(count_asked)" = 1 ]
	[ "$(sql "select count(*) from audit where event = 'message.settled'")" = 1 ]
}

@test "a service outlives several lifetimes of its tokens, and uses no refresh token twice" {
	log_in lifetime=1
	serve
	for i in 1 2 3 4; do
		message '#finance' "$i" >&5
		until_true is "$i" sent
		until_true renewed "$i"
	done
	stop
	once 4
	asked | sort | uniq -d >doubled
	[ ! -s doubled ]
	"$BIN/auditctl" check
	sql "select distinct actor from audit where event = 'token.renewed'" | grep -qx deliver
	cat ledger.db* out err >all
	run ! grep -aE 'xoxe|sandbox-secret' all
}

@test "an answer that was lost is asked for again, where Slack has a grace" {
	log_in 'grace=600000'
	control 'slack/oauth?expire=1'
	control fault '{"path":"/api/oauth.v2.access","drop":true,"handle":true}'
	message '#finance' 1 | "$BIN/deliver" 2>err
	once 1
	[ "$(asked)" = $'xoxe-1-sandbox1\nxoxe-1-sandbox1' ]
	[ "$(grep -c "isn't renewed" err)" = 1 ]
}

@test "a spent refresh token is told, the old token used to its end, and then the queue is kept until a login" {
	log_in
	curl -sf -u sandbox:sandbox-secret -d 'grant_type=refresh_token&refresh_token=xoxe-1-sandbox1' "$SANDBOX/api/oauth.v2.access" >given
	curl -sf "$SANDBOX/_control/requests" -X DELETE
	message '#finance' 1 | LEDGERPIPE_NOW=$(in_hours 11) "$BIN/deliver" 2>err
	once 1
	[ "$(grep -c 'invalid_refresh_token.*log in again.*good until' err)" = 1 ]
	[ "$(sql "select actor || detail from audit where event = 'token.refused'")" = 'deliver{"error":"invalid_refresh_token"}' ]

	control 'slack/oauth?expire=1'
	message '#finance' 2 >line
	run -77 --separate-stderr env LEDGERPIPE_NOW="$(in_hours 13)" "$BIN/deliver" <line
	[[ $stderr == *'auditctl login slack'* ]]
	is 2 queued
	serve
	until_true grep -q 'refuses the token' err
	log_in
	until_true is 2 sent
	stop
	once 2
}

@test "while Slack gives no token the old one is used, and one line says so" {
	log_in lifetime=1000
	control fault '{"path":"/api/oauth.v2.access","status":503,"count":3}'
	serve LEDGERPIPE_NOW="$(date -u -d '+900 seconds' +%Y-%m-%dT%H:%M:%SZ)"
	until_true has_asked 1
	message '#finance' 1 >&5
	until_true is 1 sent
	until_true renewed 1
	message '#finance' 2 >&5
	until_true is 2 sent
	stop
	once 2
	[ "$(count_asked)" = 4 ]
	[ "$(grep -c 'HTTP 503.*good until.*trying again' err)" = 1 ]
	[ "$(grep -c "isn't renewed" err)" = 1 ]
}

@test "a run whose token has ended, and can't be renewed now, keeps the queue and ends with 69" {
	log_in
	configure '{"client_id":"sandbox","retry_budget":"1s"}'
	control 'slack/oauth?expire=1'
	control fault '{"path":"/api/oauth.v2.access","status":503,"count":1000}'
	message '#finance' 1 >line
	run -69 --separate-stderr "$BIN/deliver" <line
	[[ $stderr == *"isn't renewed: oauth.v2.access: HTTP 503; nothing is sent"*'stay queued'* ]]
	is 1 queued
	[ -z "$(texts)" ]
	curl -sf "$SANDBOX/_control/fault" -X DELETE
	"$BIN/deliver" </dev/null
	once 1
}

@test "Slack that can't be reached at all keeps the queue, too" {
	log_in
	configure '{"client_id":"sandbox","retry_budget":"1s","url":"http://127.0.0.1:1/api"}'
	message '#finance' 1 >line
	run -69 env LEDGERPIPE_NOW="$(in_hours 13)" "$BIN/deliver" <line
	is 1 queued
}

@test "a fresh token that is refused too isn't renewed over and over" {
	log_in
	control fault '{"path":"/api/chat.postMessage","status":200,"body":"{\"ok\":false,\"error\":\"invalid_auth\"}","content_type":"application/json","count":1000}'
	message '#finance' 1 >line
	run -77 --separate-stderr "$BIN/deliver" <line
	[[ $stderr == *'refuses the token: invalid_auth'* ]]
	[ "$(count_asked)" = 1 ]
	is 1 queued
	# The pair was stored all the same.
	curl -sf "$SANDBOX/_control/fault" -X DELETE
	"$BIN/deliver" </dev/null
	once 1
}

@test "a token that doesn't end is never renewed, whatever refresh token there is" {
	printf xoxe-1-old | "$BIN/auditctl" vault set slack.refresh_token
	control 'slack/token?value=xoxb-other'
	message '#finance' 1 >line
	run -77 --separate-stderr "$BIN/deliver" <line
	[[ $stderr == *'vault set slack.bot_token'* ]]
	[ "$(count_asked)" = 0 ]
}

@test "a pair that a person pastes is renewed at once" {
	log_in
	curl -sf -u sandbox:sandbox-secret -d 'grant_type=refresh_token&refresh_token=xoxe-1-sandbox1' "$SANDBOX/api/oauth.v2.access" >given
	curl -sf "$SANDBOX/_control/requests" -X DELETE
	jq -rj .access_token given | "$BIN/auditctl" vault set slack.bot_token
	jq -rj .refresh_token given | "$BIN/auditctl" vault set slack.refresh_token
	message '#finance' 1 | "$BIN/deliver"
	once 1
	[ "$(asked)" = "$(jq -r .refresh_token given)" ]
	"$BIN/auditctl" vault rm slack.refresh_token
	jq -rj .access_token given | "$BIN/auditctl" vault set slack.bot_token
	message '#finance' 2 >line
	run -0 --separate-stderr "$BIN/deliver" <line
	[[ $stderr == *"no 'slack.refresh_token': log in"*'used until Slack refuses it'* ]]
	once 2
}

@test "a check renews a token that has ended, and says when the next one does" {
	log_in
	run -0 --separate-stderr "$BIN/deliver" --check
	[[ $stderr == *'good until'*'renewed before'* ]]
	[ "$(count_asked)" = 0 ]
	control 'slack/oauth?expire=1'
	run -0 env LEDGERPIPE_NOW="$(in_hours 13)" "$BIN/deliver" --check
	[ "$(count_asked)" = 1 ]
	renewed 1
	"$BIN/auditctl" vault rm slack.client_secret
	run -77 --separate-stderr "$BIN/deliver" --check
	[[ $stderr == *"can't be renewed"*slack.client_secret* ]]
}

@test "checks at once, and a deliver, use a refresh token once" {
	log_in
	control 'slack/oauth?expire=1'
	now=$(in_hours 13)
	control fault '{"path":"/api/oauth.v2.access","delay_ms":300}'
	message '#finance' 1 >line
	for i in 1 2 3; do
		LEDGERPIPE_NOW=$now "$BIN/deliver" --check 2>"err$i" 3>&- & pids+=($!)
	done
	LEDGERPIPE_NOW=$now "$BIN/deliver" <line 2>err 3>&- & pids+=($!)
	for pid in "${pids[@]}"; do wait "$pid"; done
	[ "$(asked)" = xoxe-1-sandbox1 ]
	once 1
}

@test "a login while the old pair is being renewed stays" {
	log_in
	control 'slack/oauth?expire=1'
	control fault '{"path":"/api/oauth.v2.access","delay_ms":500,"match":"refresh_token"}'
	serve LEDGERPIPE_NOW="$(in_hours 13)"
	message '#finance' 1 >&5
	until_true has_asked 1
	log_in
	until_true is 1 sent
	stop
	message '#finance' 2 | "$BIN/deliver"
	once 2
	# The vault's pair is the last one that the workspace gave.
	control 'slack/oauth?expire=1'
	message '#finance' 3 | "$BIN/deliver"
	once 3
}

@test "a token that a person sets while the next pair is asked for stays" {
	log_in
	control 'slack/oauth?expire=1'
	control 'slack/token?value=xoxb-person'
	control fault '{"path":"/api/oauth.v2.access","delay_ms":2000}'
	serve
	message '#finance' 1 >&5
	until_true has_asked 1
	printf xoxb-person | "$BIN/auditctl" vault set slack.bot_token
	until_true is 1 sent
	stop
	once 1
	run ! renewed 1
	message '#finance' 2 | "$BIN/deliver"
	once 2
	[ "$(count_asked)" = 1 ]
}

@test "a refusal of the old token that comes late says nothing about the new one" {
	log_in
	for name in a b; do control "slack/channel?name=$name&action=create"; done
	control 'slack/oauth?expire=1'
	control fault '{"path":"/api/chat.postMessage","delay_ms":1000}'
	{ message '#a' 1; message '#b' 2; } | "$BIN/deliver" 2>err
	once 2
	[ "$(count_asked)" = 1 ]
	run ! grep -q refuses err
}

@test "the vault's keys may be changed between two renewals" {
	log_in lifetime=1
	serve
	message '#finance' 1 >&5
	until_true renewed 1
	"$BIN/auditctl" vault rekey
	until_true renewed 2
	"$BIN/auditctl" vault rekey --verify
	until_true renewed 3
	message '#finance' 2 >&5
	until_true is 2 sent
	stop
	once 2
	"$BIN/auditctl" check
}

# prepare_crash: what tests/crash/renewal takes.
prepare_crash() {
	! grep -q __asan_init "$BIN/deliver" || skip 'the crash library is for the plain build'
	SHIM=$(cd "$BIN/../test" && pwd)/crash.so
	[ -e "$SHIM" ] || { echo "$SHIM is missing: make it"; return 1; }
	log_in
	PREPARED=$PWD/prepared
	NOW=$(in_hours 11)
	export BIN SHIM PREPARED NOW
	mkdir prepared
	cp ledger.db* ledger.key prepared
	message '#finance' 1 >prepared/line
	message '#finance' 2 >prepared/next
	message '#finance' 3 >prepared/last
	"$BATS_TEST_DIRNAME/crash/renewal" count 0
}

# crash_at_each HOW: at the events, as many as a few seconds allow, or each
# STEPth.
crash_at_each() {
	local total step first
	prepare_crash
	total=$(wc -c <prepared/events)
	step=${STEP:-$((total / 5))}
	first=$((RANDOM % step + 1))
	echo "# $1: each ${step}th of $total events from $first: $(cat prepared/events)" >&3
	seq "$first" "$step" "$total" | xargs -P 3 -n 1 "$BATS_TEST_DIRNAME/crash/renewal" "$1" 3>&-
	[ $((4 * $(wc -l <prepared/died))) -gt $((total / step)) ]
}

@test "killed at any event of a renewal it goes on with the next pair, where Slack has a grace" {
	crash_at_each grace
}

@test "killed at any event of a renewal it goes on, or says that a login is needed" {
	crash_at_each spent
}

@test "a disk that is full when the next pair comes, and then isn't, loses neither the pair nor the message" {
	prepare_crash
	events=$(cat prepared/events)
	until_last_send=${events%s*}
	first=$((${#until_last_send} + 2))
	# The answers come in either order.
	seq $((first + RANDOM % 4)) 4 $((first + 24)) | xargs -P 3 -n 1 "$BATS_TEST_DIRNAME/crash/renewal" full 3>&-
}
