#!/usr/bin/env bats
# verify --listen: each event leaves once, in order, and none is lost.
load helper
load verify

setup() {
	setup_door
}

teardown() {
	end_verify
}

kill_verify() {
	kill -9 "$VERIFY_PID"
	wait "$VERIFY_PID" 2>/dev/null || :
	VERIFY_PID=''
}

# A FIFO for standard output that somebody has open, and nobody reads.
unread_fifo() {
	mkfifo fifo
	exec 5<>fifo
	OUT=fifo
}

waiting() {
	sqlite3 spool.db 'SELECT count(*) FROM events WHERE line IS NOT NULL'
}

waiting_is() {
	[ "$(waiting)" = "$1" ]
}

kept_are() {
	[ "$(sqlite3 spool.db 'SELECT group_concat(event_id) FROM events')" = "$1" ]
}

is_healthy() {
	[ "$(curl -s "$DOOR/health")" = ok ]
}

# The listener was told to end, and does so with this status.
ended_with() {
	local status=0
	wait "$VERIFY_PID" || status=$?
	[ "$status" = "$1" ]
}

# numbered FROM TO: ids.
numbered() {
	seq -f 'Ev%04g' "$1" "$2"
}

@test "what Slack repeats is acknowledged, and emitted once" {
	start_verify
	knock Ev1 Ev2 Ev1
	printf 'command=%%2Ferp&text=a&trigger_id=1.2.a' >form
	for i in 1 2; do
		sign form
		[ "$(send form "$FORM" -H "X-Slack-Retry-Num: $i")" = 200 ]
	done
	# Without an id the same signed bytes are the same request.
	printf 'payload={"type":"view_closed"}' >form
	sign form
	[ "$(send form "$FORM")" = 200 ]
	[ "$(send form "$FORM")" = 200 ]
	knock Ev3
	stop_verify
	ids out >ids
	[ "$(sed 's/^digest:.*/digest/' ids | xargs)" = 'Ev1 Ev2 1.2.a digest Ev3' ]
}

@test "what Slack repeats after a kill is emitted once" {
	start_verify
	knock Ev1
	until_true waiting_is 0
	kill_verify
	start_verify
	knock Ev1 Ev2
	stop_verify
	[ "$(ids out | xargs)" = 'Ev1 Ev2' ]
}

@test "nobody reads: all are acknowledged, and wait on disk through a kill" {
	unread_fifo
	start_verify
	# More than a pipe holds.
	event Ev0000
	pad event 60000
	for id in $(numbered 1 3); do
		sed "s/Ev0000/$id/" event >long
		sign long
		[ "$(send long "$JSON")" = 200 ]
	done
	kill_verify
	[ "$(waiting)" = 3 ]
	exec 5>&-
	OUT=out
	start_verify
	knock Ev0004
	stop_verify
	[ "$(ids out | xargs)" = "$(numbered 1 4 | xargs)" ]
}

@test "an event has left when it was read out of the pipe, not before" {
	unread_fifo
	start_verify
	knock Ev1 Ev2
	# It has had its turns, and the lines are in the pipe.
	knock Ev3
	[ "$(waiting)" = 3 ]
	read -r -u 5 line
	# bash reads a pipe byte by byte: one line has left.
	until_true waiting_is 2
	[ "$(jq -r .event_id <<<"$line")" = Ev1 ]
	cat <&5 >rest &
	reader=$!
	until_true waiting_is 0
	stop_verify
	kill "$reader"
}

@test "a reader that is lost stops no acknowledgement, and its unread lines come again" {
	mkfifo fifo
	exec 5<>fifo
	OUT=fifo
	start_verify
	exec 6<fifo
	exec 5>&-
	knock Ev1 Ev2
	read -r -u 6 line
	until_true waiting_is 1
	exec 6>&-
	knock Ev3
	until_true grep -q "can't be written to stdout" log
	knock Ev4
	[ "$(waiting)" = 3 ]
	kill -TERM "$VERIFY_PID"
	ended_with 74
	OUT=out
	start_verify
	stop_verify
	[ "$(ids out | xargs)" = 'Ev2 Ev3 Ev4' ]
}

@test "a reader that comes back to the FIFO is served from where it was" {
	mkfifo fifo
	exec 5<>fifo
	OUT=fifo
	start_verify
	exec 6<fifo
	exec 5>&-
	knock Ev1
	read -r -u 6 line
	exec 6>&-
	knock Ev2
	until_true grep -q "can't be written to stdout" log
	cat fifo >rest &
	until_true lines_are 1 rest
	knock Ev3
	until_true lines_are 2 rest
	grep -q 'going on' log
	stop_verify
	[ "$(ids rest | xargs)" = 'Ev2 Ev3' ]
}

@test "a line that a kill tore has a newline before it when it comes again" {
	unread_fifo
	start_verify
	event Ev1
	pad event 100000
	sign event
	[ "$(send event "$JSON")" = 200 ]
	knock Ev2
	kill_verify
	cat <&5 >read &
	reader=$!
	start_verify
	until_true waiting_is 0
	stop_verify
	kill "$reader"
	# The torn piece, then both events whole.
	[ "$(jq -R -r 'fromjson? | .event_id' read | xargs)" = 'Ev1 Ev2' ]
	lines_are 3 read
}

@test "killed again and again while events come, it loses none and keeps their order" {
	start_verify
	for id in $(numbered 1 20); do
		event "$id"
		sign event
		case $id in
		*5 | *8) kill_verify; start_verify ;;
		esac
		# As Slack does, until it is acknowledged.
		until [ "$(send event "$JSON")" = 200 ]; do :; done
	done
	kill_verify
	start_verify
	until_true waiting_is 0
	stop_verify
	ids out | uniq >seen
	diff <(numbered 1 20) seen
}

@test "200 connections at once are acknowledged, each event emitted once" {
	start_verify --connections 400 --per-address 400
	# Idle ones beside them.
	for _ in $(seq 50); do
		exec {fd}<>"/dev/tcp/127.0.0.1/${DOOR##*:}"
		printf 'POST / HTTP/1.1\r\nX-A: ' >&"$fd"
	done
	# All signed by one call of openssl, which names each file with its digest.
	TIMESTAMP=$(date +%s)
	for id in $(numbered 1 200); do
		event "$id"
		mv event "$id"
		{ printf 'v0:%s:' "$TIMESTAMP"; cat "$id"; } >"$id.signed"
	done
	openssl dgst -sha256 -hmac "$(cat secret)" -r Ev*.signed | while read -r digest id; do
		id=${id#\*}
		printf 'next\nurl = "%s/slack/events"\noutput = "/dev/null"\nwrite-out = "%%{http_code}\\n"\nheader = "%s"\nheader = "X-Slack-Request-Timestamp: %s"\nheader = "X-Slack-Signature: v0=%s"\ndata-binary = "@%s"\n' \
			"$DOOR" "$JSON" "$TIMESTAMP" "$digest" "${id%.signed}"
	done | sed 1d >requests
	curl -s -Z --parallel-immediate --parallel-max 200 -K requests >codes
	[ "$(sort codes | uniq -c | xargs)" = '200 200' ]
	stop_verify
	diff <(numbered 1 200) <(ids out | sort)
}

@test "ids are forgotten after two days, and not those of events that wait" {
	start_verify
	knock Ev1 Ev2
	stop_verify
	sqlite3 spool.db "UPDATE events SET received_at = CASE event_id WHEN 'Ev1' THEN '2020-01-01T00:00:00.000Z'
		ELSE strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-47 hours') END"
	unread_fifo
	start_verify
	until_true kept_are Ev2
	knock Ev3
	kill_verify
	sqlite3 spool.db "UPDATE events SET received_at = '2020-01-01T00:00:00.000Z'"
	exec 5>&-
	exec 5<>fifo
	start_verify
	knock Ev4
	kept_are Ev3,Ev4
}

@test "the body of an event that has left isn't kept" {
	start_verify
	event Ev1
	sed -i 's/hi/a-secret-word/' event
	sign event
	[ "$(send event "$JSON")" = 200 ]
	until_true waiting_is 0
	stop_verify
	[ "$(sqlite3 spool.db 'SELECT event_id FROM events')" = Ev1 ]
	! grep -q a-secret-word spool.db*
}

@test "a spool that can't be written refuses, says so, and goes on by itself" {
	start_verify
	knock Ev1
	until_true waiting_is 0
	sqlite3 spool.db "CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'full'); END"
	event Ev2
	sign event
	[ "$(send event "$JSON")" = 503 ]
	[ "$(curl -s -o answer -w '%{http_code}' "$DOOR/health")" = 503 ]
	grep -q "refused until" log
	# As soon as it can be, though nobody comes.
	sqlite3 spool.db 'DROP TRIGGER full'
	until_true is_healthy
	grep -q 'going on' log
	[ "$(send event "$JSON")" = 200 ]
	[ "$(curl -s "$DOOR/health")" = ok ]
	stop_verify
	[ "$(ids out | xargs)" = 'Ev1 Ev2' ]
}

@test "a full disk for stdout loses nothing" {
	OUT=/dev/full
	start_verify
	knock Ev1
	until_true grep -q "can't be written to stdout" log
	knock Ev2
	kill -TERM "$VERIFY_PID"
	ended_with 74
	OUT=out
	start_verify
	stop_verify
	[ "$(ids out | xargs)" = 'Ev1 Ev2' ]
}

@test "a spool has one listener" {
	start_verify
	run -75 --separate-stderr "$BIN/verify" -s secret --spool spool.db --listen 127.0.0.1:0
	[[ $stderr == *already* ]]
}

@test "what isn't a spool is left alone, and one that others may read is refused" {
	(umask 077 && sqlite3 other.db 'CREATE TABLE t (x)')
	run -78 --separate-stderr "$BIN/verify" -s secret --spool other.db --listen 127.0.0.1:0
	[[ $stderr == *'no spool'* ]]
	start_verify
	stop_verify
	chmod 640 spool.db
	run -78 --separate-stderr "$BIN/verify" -s secret --spool spool.db --listen 127.0.0.1:0
	[[ $stderr == *'chmod 600'* ]]
}

@test "events that have waited are emitted beside requests, not before them" {
	start_verify
	stop_verify
	sqlite3 spool.db "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)
		INSERT INTO events (event_id, received_at, line) SELECT 'W' || i, '2999-01-01T00:00:00.000Z', '{}' FROM n"
	event Ev1
	sign event
	OUT=/dev/null
	start_verify
	[ "$(send event "$JSON")" = 200 ]
	[ "$(waiting)" -gt 1 ]
	kill_verify
}
