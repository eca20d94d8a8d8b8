#!/usr/bin/env bats
# verify --listen: who is let in, and who isn't.
load helper
load verify

setup() {
	setup_door
}

teardown() {
	end_verify
}

# Refused with that status: no line, no body in the answer.
refused() {
	[ "$(send event "$JSON" "${@:2}")" = "$1" ]
	[ ! -s answer ]
	[ ! -s out ]
}

@test "an event of Slack's is acknowledged without a word and becomes one EVENT line" {
	start_verify
	knock Ev1
	[ ! -s answer ]
	until_true lines_are 1 out
	jq -e --slurpfile sent event '.type == "EVENT" and .event_id == "Ev1" and .kind == "event_callback"
		and (.received_at | test("^[0-9T:.-]{23}Z$")) and .body == $sent[0]' out
}

@test "a body is passed on as it was written, but on one line" {
	start_verify
	printf '{"type":"event_callback",\r\n"event_id":"Ev1",\n "n":12345678901234567890.10, "s":"a\\nb é"}\n' >event
	sign event
	[ "$(send event "$JSON")" = 200 ]
	until_true lines_are 1 out
	grep -qF '"body":{"type":"event_callback",  "event_id":"Ev1",  "n":12345678901234567890.10, "s":"a\nb é"}}' out
}

@test "a slash command becomes an object of its fields" {
	start_verify
	printf 'token=x&command=%%2Ferp&text=status+of+%%C3%%A9%%0A1&trigger_id=13345224609.738474920.8088930838d88f008e0&user_id=U1&empty=' >form
	sign form
	[ "$(send form "$FORM")" = 200 ]
	until_true lines_are 1 out
	jq -e '.kind == "slash_command" and .event_id == "13345224609.738474920.8088930838d88f008e0"
		and .body == {token: "x", command: "/erp", text: "status of é\n1",
			trigger_id: .event_id, user_id: "U1", empty: ""}' out
}

@test "an interaction becomes its payload" {
	start_verify
	printf 'payload=%%7B%%22type%%22%%3A%%22block_actions%%22%%2C%%22trigger_id%%22%%3A%%221.2.a%%22%%2C%%22actions%%22%%3A%%5B%%5D%%7D' >form
	sign form
	[ "$(send form "$FORM; charset=utf-8")" = 200 ]
	until_true lines_are 1 out
	jq -e '.kind == "interaction" and .event_id == "1.2.a"
		and .body == {type: "block_actions", trigger_id: "1.2.a", actions: []}' out
}

@test "what was signed and can't be read is acknowledged and passed on" {
	start_verify
	printf 'no JSON "\377"' >event
	sign event
	[ "$(send event "$JSON")" = 200 ]
	printf '{"type":"app_rate_limited","team_id":"T1"}' >event
	sign event
	[ "$(send event "$JSON")" = 200 ]
	printf 'a=1&b' >form
	sign form
	[ "$(send form "$FORM")" = 200 ]
	until_true lines_are 3 out
	jq -s -e 'map(.kind) == ["other", "other", "other"] and all(.[]; .event_id | test("^digest:[0-9a-f]{32}$"))
		and (.[0].body | type) == "string" and .[1].body.team_id == "T1" and .[2].body == {a: "1", b: ""}' out
}

@test "the challenge of url_verification is answered, when it is signed, and not emitted" {
	start_verify
	printf '{"token":"x","challenge":"3eZbrw1aB","type":"url_verification"}' >event
	sign event
	[ "$(send event "$JSON")" = 200 ]
	[ "$(cat answer)" = 3eZbrw1aB ]
	SIGNATURE=v0=$(printf '%064d' 0)
	refused 401
	stop_verify
	[ ! -s out ]
}

@test "a probe of the certificate is answered unsigned, and nothing comes of it" {
	start_verify
	status() {
		curl -s -o answer -w '%{http_code}' -H "$2" --data-binary "$1" "$DOOR"
	}
	[ "$(status 'ssl_check=1&token=x' "$FORM")" = 200 ]
	[ "$(status 'ssl_check=1&command=%2Ferp&trigger_id=1.2' "$FORM")" = 200 ]
	[ "$(status 'ssl_check=2' "$FORM")" = 401 ]
	[ "$(status 'ssl_check=0&ssl_check=1' "$FORM")" = 401 ]
	[ "$(status 'ssl_check=1' "$JSON")" = 401 ]
	[ "$(status "ssl_check=1&pad=$(head -c 5000 /dev/zero | tr '\0' x)" "$FORM")" = 401 ]
	# Signed, it is the same.
	for probe in 'ssl_check=1&token=x' 'ssl_check=1&command=%2Ferp&trigger_id=1.2'; do
		printf %s "$probe" >form
		sign form
		[ "$(send form "$FORM")" = 200 ]
		[ ! -s answer ]
	done
	SIGNATURE=v0=$(printf '%064d' 0)
	[ "$(send form "$FORM")" = 401 ]
	stop_verify
	[ ! -s out ]
	[ "$(sqlite3 spool.db 'SELECT count(*) FROM events')" = 0 ]
}

@test "what Slack didn't sign is 401 without a detail, with one log line without the body" {
	start_verify
	event Ev1
	sign event
	good=$SIGNATURE
	# One digit more or less, another case, another version, something behind.
	for SIGNATURE in "${good%?}0" "${good%?}1" "${good%?}" "${good}0" "${good^^}" "v1${good#v0}" "${good#v0=}" "$good," "v0=" 'v0'; do
		[ "$SIGNATURE" != "$good" ] || continue
		before=$(grep -c 'not authentic' log) || :
		refused 401
		[ "$(grep -c 'not authentic, from 127.0.0.1: ' log)" = $((before + 1)) ]
	done
	! grep -q 'app_mention\|Ev1' log
	SIGNATURE=$good
	sed -i 's/hi/ho/' event
	refused 401
	event Ev1
	[ "$(send event "$JSON")" = 200 ]
}

@test "the same bytes of another time, and of one that is too far off, are 401" {
	start_verify
	event Ev1
	for off in -301 600 86400; do
		sign event "$off"
		refused 401
	done
	grep -q 'outside the window' log
	sign event
	TIMESTAMP=$((TIMESTAMP - 1))
	refused 401
	TIMESTAMP=+$((TIMESTAMP + 1))
	refused 401
}

@test "the previous secret is still accepted" {
	event Ev1
	sign event
	(umask 077 && printf new >new)
	mv secret old && mv new secret
	start_verify -s old
	[ "$(send event "$JSON")" = 200 ]
	sign event
	[ "$(send event "$JSON")" = 200 ]
}

@test "the secrets come from the vault, and the spool lies beside the ledger" {
	setup_ledger
	"$BIN/auditctl" vault set slack.signing_secret <secret
	"$BIN/verify" --listen 127.0.0.1:0 >out 2>log 3>&- &
	VERIFY_PID=$!
	await_door
	knock Ev1
	stop_verify
	[ "$(ids out)" = Ev1 ]
	[ "$(stat -c %a ledger.db.events)" = 600 ]
}

@test "names of headers in any case, and request after request on one connection, as Slack's" {
	start_verify
	exec {fd}<>"/dev/tcp/127.0.0.1/${DOOR##*:}"
	for i in 1 2 3; do
		event "Ev$i"
		sign event
		printf 'POST /slack/events HTTP/1.1\r\nhost: example.com\r\nuser-agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\naccept-encoding: gzip,deflate\r\naccept: */*\r\nx-slack-SIGNATURE: %s\r\nX-slack-request-timestamp: %s\r\nCONTENT-TYPE: application/json\r\ncontent-length: %s\r\n\r\n%s' \
			"$SIGNATURE" "$TIMESTAMP" "$(stat -c %s event)" "$(cat event)" >&"$fd"
		read -r -u "$fd" line
		[ "$line" = $'HTTP/1.1 200 OK\r' ]
		# The headers to the empty line; there is no body.
		until [ "$line" = $'\r' ]; do read -r -u "$fd" line; done
	done
	# And refused as any other on the same connection.
	printf 'POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 0\r\n\r\n' >&"$fd"
	read -r -u "$fd" line
	[ "$line" = $'HTTP/1.1 401 Unauthorized\r' ]
	exec {fd}>&-
	stop_verify
	[ "$(ids out | xargs)" = 'Ev1 Ev2 Ev3' ]
}

@test "another method is 405, another media type 415" {
	start_verify
	event Ev1
	sign event
	[ "$(send event "$JSON" -X PUT)" = 405 ]
	[ "$(curl -s -o answer -w '%{http_code} %header{allow}' "$DOOR/slack/events")" = '405 POST' ]
	for type in 'text/plain' 'application/json+x' 'multipart/form-data; boundary=x' ''; do
		[ "$(send event "Content-Type: $type")" = 415 ]
	done
	[ ! -s out ]
}

@test "a body at the ceiling is taken, one byte more is 413, told or not" {
	start_verify
	{
		printf '{"type":"event_callback","event_id":"Ev1","pad":"'
		head -c $((1048576 - 51)) /dev/zero | tr '\0' x
		printf '"}'
	} >event
	[ "$(stat -c %s event)" = 1048576 ]
	sign event
	[ "$(send event "$JSON")" = 200 ]
	until_true lines_are 1 out
	printf ' ' >>event
	sign event
	[ "$(send event "$JSON")" = 413 ]
	[ "$(send event "$JSON" -H 'Transfer-Encoding: chunked')" = 413 ]
	[ "$(send event "$JSON" -H 'Content-Length: 18446744073709551615')" = 413 ]
}

@test "headers over the ceiling are refused, and the next request is served" {
	start_verify
	event Ev1
	sign event
	[ "$(send event "$JSON" -H "X-Pad: $(head -c 20000 /dev/zero | tr '\0' x)")" = 431 ]
	[ "$(send event "$JSON")" = 200 ]
}

@test "health is told to GET and HEAD" {
	start_verify
	[ "$(curl -s "$DOOR/health")" = ok ]
	[ "$(curl -s -I -o answer -w '%{http_code}' "$DOOR/health")" = 200 ]
	[ "$(curl -s -o answer -w '%{http_code}' -d x "$DOOR/health")" = 401 ]
}

@test "a socket of the file system serves, outlives a kill, and is taken away" {
	"$BIN/verify" -s secret --spool spool.db --listen unix:door >out 2>log 3>&- &
	VERIFY_PID=$!
	until_true grep -q 'listening at unix:door' log
	DOOR=http://slack
	event Ev1
	sign event
	[ "$(send event "$JSON" --unix-socket door)" = 200 ]
	kill -9 "$VERIFY_PID"
	wait "$VERIFY_PID" || :
	[ -S door ]
	: >log
	"$BIN/verify" -s secret --spool spool.db --listen unix:door >>out 2>log 3>&- &
	VERIFY_PID=$!
	until_true grep -q 'listening at unix:door' log
	[ "$(send event "$JSON" --unix-socket door)" = 200 ]
	stop_verify
	[ ! -e door ]
}

@test "the socket that systemd passes is used; without one it is 78" {
	# As systemd does: the third descriptor listens, and the environment says so.
	# shellcheck disable=SC2016 # perl's variables
	perl -MIO::Socket::INET -MPOSIX=dup2 -e '
		$^F = 255; # stays open
		my $socket = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1") or die;
		open my $port, ">", "port" or die;
		print $port $socket->sockport;
		close $port;
		dup2(fileno($socket), 3);
		@ENV{qw(LISTEN_FDS LISTEN_PID)} = (1, $$);
		exec @ARGV' "$BIN/verify" -s secret --spool spool.db --listen fd >out 2>log 3>&- &
	VERIFY_PID=$!
	until_true grep -q 'listening at' log
	DOOR=http://127.0.0.1:$(cat port)
	knock Ev1
	stop_verify
	[ "$(ids out)" = Ev1 ]
	VERIFY_PID=''
	run -78 --separate-stderr "$BIN/verify" -s secret --spool spool.db --listen fd
	[[ $stderr == *'socket unit'* ]]
	run -78 --separate-stderr env LISTEN_FDS=1 LISTEN_PID=1 "$BIN/verify" -s secret --spool spool.db --listen fd
	run -78 --separate-stderr bash -c 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$BIN/verify" -s secret --spool spool.db --listen fd 3</dev/null'
}

@test "with a certificate it speaks TLS, 1.2 at least" {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem \
		-out cert.pem -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 2>/dev/null
	start_verify --tls-certificate cert.pem --tls-key key.pem
	DOOR=https${DOOR#http}
	event Ev1
	sign event
	[ "$(send event "$JSON" --cacert cert.pem)" = 200 ]
	port=${DOOR##*:}
	run ! openssl s_client -tls1_1 -cipher ALL:@SECLEVEL=0 -connect "127.0.0.1:$port" </dev/null
	run -0 openssl s_client -tls1_2 -connect "127.0.0.1:$port" </dev/null
	stop_verify
	[ "$(ids out)" = Ev1 ]
	cp secret key.pem
	run -78 --separate-stderr "$BIN/verify" -s secret --spool spool.db --listen 127.0.0.1:0 --tls-certificate cert.pem --tls-key key.pem
	[[ $stderr == *'are PEM'* ]]
}

# drip N: N clients that send a byte now and then, and never a request.
drip() {
	local i
	for i in $(seq "$1"); do
		exec {fd}<>"/dev/tcp/127.0.0.1/${DOOR##*:}"
		printf 'POST / HTTP/1.1\r\nX-A: ' >&"$fd"
		drips+=("$fd")
	done
}

@test "a client that drips is cut off, whatever he sends meanwhile" {
	start_verify --deadline 3
	drip 1
	trap '' PIPE
	# He is never silent for as long as the deadline has.
	until ! printf x >&"${drips[0]}"; do curl -sf "$DOOR/health" >health; done 2>/dev/null
	knock Ev1
}

@test "clients that hold every connection don't keep Slack out" {
	start_verify --connections 20 --per-address 100
	drips=()
	drip 60
	knock Ev1 Ev2 Ev3
	stop_verify
	[ "$(ids out | xargs)" = 'Ev1 Ev2 Ev3' ]
}

@test "clients that fill the memory with bodies don't keep Slack out" {
	start_verify --connections 200 --per-address 200 --deadline 600
	{
		printf 'POST / HTTP/1.1\r\nHost: x\r\n%s\r\nX-Slack-Request-Timestamp: %s\r\n' "$JSON" "$(date +%s)"
		printf 'X-Slack-Signature: v0=%064d\r\nContent-Length: 1048576\r\n\r\n' 0
		head -c 1048570 /dev/zero
	} >hog
	hogs=()
	for _ in $(seq 80); do
		exec {fd}<>"/dev/tcp/127.0.0.1/${DOOR##*:}"
		# Those that have been at it longest are cut off.
		cat hog >&"$fd" 2>/dev/null || :
		hogs+=("$fd")
	done
	held() {
		awk '/^VmRSS/ { exit !($2 > 64000) }' "/proc/$VERIFY_PID/status"
	}
	until_true held
	event Ev1
	pad event 2000
	sign event
	[ "$(send event "$JSON")" = 200 ]
	knock Ev2
	for fd in "${hogs[@]}"; do exec {fd}>&-; done
	stop_verify
	[ "$(ids out | xargs)" = 'Ev1 Ev2' ]
}

@test "one address has no more than its share of the connections" {
	start_verify --connections 20 --per-address 4
	drips=()
	drip 4
	event Ev1
	sign event
	run send event "$JSON"
	[ "$status" != 0 ]
	exec {drips[0]}>&-
	until_true knock Ev1
}

@test "garbage is answered or cut off, and the next request is served" {
	start_verify
	for garbage in 'GET' '\0\0\0\0\r\n\r\n' 'POST / HTTP/9.9\r\n\r\n' '\026\003\001\002\000\001\000\001\374\003\003' \
		'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n' \
		'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n' ' \r\n\r\n'; do
		exec {fd}<>"/dev/tcp/127.0.0.1/${DOOR##*:}"
		# shellcheck disable=SC2059 # it is a format
		printf "$garbage" >&"$fd"
		exec {fd}>&-
		knock "Ev$((++n))"
	done
	stop_verify
	lines_are "$n" out
}

@test "options that don't fit together are 64" {
	for words in '--listen nowhere' '--listen localhost:1' '--listen 127.0.0.1:99999' '--listen 127.0.0.1:0 -t 1' \
		'--listen 127.0.0.1:0 --tls-key key' '--listen 127.0.0.1:0 --connections 0' '--listen 127.0.0.1:0 x' \
		'--listen unix:' '--spool x'; do
		# shellcheck disable=SC2086 # words
		run -64 --separate-stderr "$BIN/verify" -s secret --spool spool.db $words
		[ -z "$output" ]
		[[ $stderr == verify:* ]]
	done
	run -64 --separate-stderr "$BIN/verify" -s secret --listen 127.0.0.1:0
	[[ $stderr == *--spool* ]]
}
