# What the suites of verify --listen share.

setup_door() {
	cd "$BATS_TEST_TMPDIR" || return
	(umask 077 && printf sandbox-signing >secret)
	JSON='Content-Type: application/json'
	FORM='Content-Type: application/x-www-form-urlencoded'
	VERIFY_PID=''
}

# start_verify ARGS...: in the background, its lines in out, its log in log.
# $DOOR is its address.
start_verify() {
	: >log
	"$BIN/verify" -s secret --spool spool.db --listen 127.0.0.1:0 "$@" >>"${OUT:-out}" 2>log 3>&- 5>&- 6>&- &
	VERIFY_PID=$!
	await_door
}

await_door() {
	until_true grep -q 'listening at' log
	DOOR=http://$(sed -n 's/^verify: listening at //p' log)
}

stop_verify() {
	kill -TERM "$VERIFY_PID"
	wait "$VERIFY_PID"
}

# For teardown.
end_verify() {
	[ -z "$VERIFY_PID" ] || kill -9 "$VERIFY_PID" 2>/dev/null || :
}

# until_true COMMAND...: it is to become true before the test's time is over.
until_true() {
	until "$@"; do
		[ -z "$VERIFY_PID" ] || kill -0 "$VERIFY_PID" || { cat log; return 1; }
		sleep 0.02
	done
}

lines_are() {
	[ "$(grep -c . "$2")" = "$1" ]
}

# sign BODY [SECONDS]: sets TIMESTAMP and SIGNATURE, by another implementation.
sign() {
	TIMESTAMP=$(($(date +%s) + ${2:-0}))
	SIGNATURE=v0=$({ printf 'v0:%s:' "$TIMESTAMP"; cat "$1"; } |
		openssl dgst -sha256 -hmac "$(cat secret)" -r | cut -d ' ' -f 1)
}

# send BODY TYPE [CURL ARGS...]: as it was signed last; prints the status.
send() {
	local body=$1 type=$2
	shift 2
	curl -s -o answer -w '%{http_code}\n' -H "$type" \
		-H "X-Slack-Request-Timestamp: $TIMESTAMP" \
		-H "X-Slack-Signature: $SIGNATURE" --data-binary @"$body" "$@" "$DOOR/slack/events"
}

# event ID: a body of Slack's, in the file event.
event() {
	printf '{"token":"t","team_id":"T1","api_app_id":"A1","event":{"type":"app_mention","text":"<@U1> hi"},"type":"event_callback","event_id":"%s","event_time":1531420618}' "$1" >event
}

# knock ID...: send these events, each of which is to be acknowledged.
knock() {
	local id
	for id; do
		event "$id"
		sign event
		[ "$(send event "$JSON")" = 200 ] || return 1
	done
}

ids() {
	jq -r .event_id "$1"
}

# pad FILE COUNT: so many spaces within its object.
pad() {
	{ printf "{%$2s"; tail -c +2 "$1"; } >padded
	mv padded "$1"
}
