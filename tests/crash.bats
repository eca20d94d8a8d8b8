#!/usr/bin/env bats
# kill -9 anywhere in mid-run, then the same command again: each message is in
# its channel exactly once, and the audit log is whole.
load helper
load pipeline

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	setup_pipeline --invoices 20 --orders 60 --journals 16
	# Slow enough that the middle of a run can be met.
	configure '.slack.channel_interval = "30ms" | .oracle.concurrency = 1'
	control fault '{"path":"/fscmRestApi","count":1000,"delay_ms":100}'
	# A message is in Slack for a while before its answer comes.
	control fault '{"path":"/api/chat.postMessage","count":1000,"delay_ms":30,"handle":true}'
}

teardown() {
	[ -z "${PASS:-}" ] || kill "$PASS" 2>/dev/null || :
	stop_sandbox
}

# crash VICTIM CONDITION...: start a run, kill one of its processes when the
# condition holds; $ended is the status of the run.
crash() {
	local victim
	start_pass
	until_true "${@:2}"
	if [ "$1" = run ]; then
		victim=$PASS
	else
		# The condition may hold before the stage has started.
		until_true stage "$1" >/dev/null
		victim=$(stage "$1")
	fi
	kill -9 "$victim"
	end_pass
	cat err
	[ "$ended" != 0 ]
}

# told_killed STAGE: the run said so, before all else, and to try later.
told_killed() {
	[ "$ended" = 75 ]
	[ "$(grep '^run:' err | sed -n 1p)" = "run: $1 ended with 137 (killed by SIGKILL)" ]
}

# recover: the same command until it has done all; what it may say meanwhile is
# that it is too early (the orphans of a killed run still deliver).
recover() {
	local status=75
	while [ "$status" = 75 ]; do
		status=0
		pass || status=$?
	done
	[ "$status" = 0 ]
}

# begin_again: another ledger and another workspace for the next point.
begin_again() {
	stop_sandbox
	wait "$SANDBOX_PID" || :
	rm -f ledger.*
	setup
}

@test "fetch killed after some requests: the next run brings the rest" {
	for requests in 1 3 6; do
		crash fetch asked_at_least "$requests" /fscmRestApi
		told_killed fetch
		recover
		exactly_once
		begin_again
	done
}

@test "fetch killed when messages are in the workspace already: none is posted again" {
	crash fetch posted_at_least 8
	told_killed fetch
	recover
	exactly_once
}

@test "transform killed before, and after the first records are in the ledger" {
	crash transform asked_at_least 1 /fscmRestApi
	told_killed transform
	recover
	exactly_once
	begin_again
	for rows in 5 30; do
		crash transform ledger_at_least "$rows" 'SELECT count(*) FROM records'
		told_killed transform
		recover
		exactly_once
		begin_again
	done
}

@test "deliver killed when rows are queued and nothing is posted" {
	crash deliver ledger_at_least 1 "SELECT count(*) FROM messages"
	told_killed deliver
	recover
	exactly_once
}

@test "deliver killed at several points of posting: what was on its way is looked up, not sent twice" {
	for messages in 1 10 25 40; do
		crash deliver posted_at_least "$messages"
		told_killed deliver
		recover
		exactly_once
		begin_again
	done
}

@test "deliver killed while a post waits for its answer: it is found in Slack" {
	curl -sf -X DELETE "$SANDBOX/_control/fault"
	control fault '{"path":"/api/chat.postMessage","skip":10,"count":1,"delay_ms":60000,"handle":true}'
	crash deliver ledger_at_least 1 "SELECT count(*) > 10 AND (SELECT count(*) FROM messages WHERE state = 'sending') > 0 FROM messages WHERE state = 'sent'"
	told_killed deliver
	recover
	exactly_once
}

@test "deliver killed again and again: it gets there, and nothing is doubled" {
	for messages in 5 12 19 26; do
		crash deliver posted_at_least "$messages"
	done
	recover
	exactly_once
}

@test "run itself killed: its stages finish or break off, the next run completes" {
	for messages in 1 15 35; do
		crash run posted_at_least "$messages"
		[ "$ended" = 137 ]
		recover
		exactly_once
		begin_again
	done
}

@test "all killed at once: the next run completes" {
	start_pass
	until_true posted_at_least 12
	kill -9 "$PASS" "$(stage fetch)" "$(stage transform)" "$(stage deliver)"
	end_pass
	[ "$ended" = 137 ]
	recover
	exactly_once
}

@test "lost answers and a killed deliver at the same time double nothing" {
	control 'slack/lose?count=3'
	crash deliver posted_at_least 10
	told_killed deliver
	control 'slack/lose?count=2'
	recover
	exactly_once
	[ "$(ledger "SELECT count(DISTINCT subject) FROM audit WHERE event LIKE '%doubt%'")" -ge 3 ]
}

@test "an undisturbed run and one that was killed leave the same channels" {
	pass
	posted >undisturbed
	begin_again
	crash deliver posted_at_least 20
	recover
	posted | diff undisturbed -
}
