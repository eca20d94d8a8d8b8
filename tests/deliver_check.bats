#!/usr/bin/env bats
# deliver --check: what is to be mended before every channel can be posted to.
load helper
load deliver

setup() {
	cd "$BATS_TEST_TMPDIR"
	setup_ledger
	start_sandbox --invoices 0 --orders 0 --journals 0 -c finance -c procurement
	control 'slack/limits?channel_ms=0'
	configure '#finance'
}

teardown() {
	stop_sandbox
}

# configure CHANNEL...: a filter for each, f1, f2, ..., whose configuration
# names it.
configure() {
	jq -n --arg url "$SANDBOX/api" --args '{
		ledger: "ledger.db", key_file: "ledger.key",
		slack: { url: $url, workspace_rate: 0, channel_interval: "0ms", retry_budget: "3s" },
		filters: ([$ARGS.positional | to_entries[] | {
			key: "f\(.key + 1)", value: { file: "none.jq", config: { channel: .value } } }] | from_entries) }' \
		"$@" >"$CONFIG"
}

# check STATUS: run it; what it says is in $output, nothing goes to stdout.
check() {
	run "-$1" --separate-stderr "$BIN/deliver" --check
	[ -z "$output" ]
	output=$stderr
}

posts() {
	curl -sf "$SANDBOX/_control/slack/messages" | grep -c . || :
}

@test "a workspace where all is well is told line by line" {
	check 0
	[[ $output == *"ok: the token is that of the bot ledgerpipe (B0SANDBOX) in the workspace Sandbox"* ]]
	[[ $output == *"ok: the token may post"* ]]
	[[ $output =~ 'ok: channel #finance (filter f1): C'[A-Z0-9]+ ]]
	[[ $output == *"1 of 1 channels take messages" ]]
	[ "$(posts)" = 0 ]
}

@test "a token that Slack refuses is 77, and says where a better one goes" {
	control 'slack/token?value=another'
	check 77
	[[ $output == *"Slack refuses the token: invalid_auth"*"auditctl vault set slack.bot_token"* ]]
	[[ $output != *xoxb-sandbox* ]]
}

@test "a channel that isn't there is told with the one that was meant" {
	configure '#fianance' '#procurement' '#a-name-that-is-like-none'
	check 78
	[[ $output == *"channel #fianance (filter f1): there is none; is it #finance?"* ]]
	[[ $output == *"channel #a-name-that-is-like-none (filter f3): there is none; correct its name"* ]]
	[[ $output == *"ok: channel #procurement (filter f2)"* ]]
	[[ $output == *"1 of 3 channels take messages; mend what is said above" ]]
}

@test "an archived channel is told" {
	control 'slack/channel?name=finance&action=archive'
	check 78
	[[ $output == *"channel #finance (filter f1): it is archived"* ]]
}

@test "a name without its '#' is the same channel" {
	configure finance
	check 0
	[[ $output == *"ok: channel #finance (filter f1)"* ]]
}

@test "where the app is no member a message in doubt will be held: a warning" {
	control 'slack/channel?name=finance&action=kick'
	check 0
	[[ $output == *"channel #finance (filter f1): it can be posted to, but the app is no member"*"held for a person"* ]]
	[[ $output == *"1 of 1 channels take messages" ]]
}

@test "channels of the queue and of the ledger are checked too" {
	control 'slack/channel?name=operations&action=create'
	message '#operations' 1 | "$BIN/deliver"
	control 'slack/channel?name=operations&action=archive'
	sed -i 's|\(http://127.0.0.1:\)[0-9]*/|\11/|; s/"3s"/"0s"/' "$CONFIG"
	message '#nowhere' 2 >in
	run -69 "$BIN/deliver" <in
	configure '#finance'
	check 78
	[[ $output == *"channel #nowhere (1 waiting messages): there is none"* ]]
	[[ $output == *"channel #operations (messages of the last 30 days): it is archived"* ]]
	[[ $output == *"1 of 3 channels take messages"* ]]
}

@test "a channel that nothing was said in for long isn't asked about" {
	message '#procurement' 1 | LEDGERPIPE_NOW=2020-01-01T00:00:00.000Z "$BIN/deliver"
	control 'slack/channel?name=procurement&action=archive'
	check 0
	[[ $output != *procurement* ]]
}

@test "an id is fine when it is listed, and a person's can't be checked" {
	id=$(curl -sf -H 'Authorization: Bearer xoxb-sandbox' "$SANDBOX/api/conversations.list" | jq -r '.channels[] | select(.name == "finance").id')
	configure "$id" C0NOWHERE9 U0PERSON99 D0DIRECT99
	check 78
	[[ $output == *"ok: channel $id (filter f1): $id"* ]]
	[[ $output == *"channel C0NOWHERE9 (filter f2): there is none;"* ]]
	[[ $output == *"U0PERSON99 (filter f3): a direct message, whose reader can't be checked"* ]]
	[[ $output == *"D0DIRECT99 (filter f4): a direct message"* ]]
	[[ $output == *"1 of 2 channels take messages"* ]]
}

@test "the list of channels is read to its last page" {
	for i in $(seq 1 1100); do printf 'url = "%s/_control/slack/channel?name=c%s&action=create"\nrequest = POST\n' "$SANDBOX" "$i"; done >curl.cfg
	curl -sf -K curl.cfg >made
	configure '#c1100'
	check 0
	[[ $output == *"ok: channel #c1100"* ]]
	[ "$(curl -sf "$SANDBOX/_control/requests" | grep -c /api/conversations.list)" = 2 ]
}

@test "a rate limit is waited for" {
	control 'slack/ratelimit?count=1&retry_after=1&method=conversations.list'
	check 0
	[[ $output == *"Slack doesn't answer conversations.list yet: HTTP 429; trying again"* ]]
	[[ $output == *"1 of 1 channels take messages" ]]
}

@test "one that is longer than the retry budget is 69, and so is a Slack that is away" {
	control 'slack/ratelimit?count=1&retry_after=60&method=conversations.list'
	check 69
	[[ $output == *"Slack doesn't answer conversations.list: HTTP 429; try later"* ]]
	sed -i 's|\(http://127.0.0.1:\)[0-9]*/|\11/|; s/"3s"/"0s"/' "$CONFIG"
	check 69
	[[ $output == *"Slack doesn't answer auth.test"* ]]
}

@test "what isn't Slack is 76" {
	sed -i 's|/api"|/nothing"|' "$CONFIG"
	check 76
	[[ $output == *"is not Slack's API"*"check slack.url"* ]]
}

@test "it takes neither the lock nor the ledger's write lock" {
	mkfifo in
	"$BIN/deliver" <in & pid=$!
	exec 7>in
	until [ -s ledger.db.deliver-lock ]; do kill -0 $pid; done
	sqlite3 -cmd '.timeout 5000' ledger.db 'begin immediate; select 1' '.shell mkfifo ready; read -r go <ready' >/dev/null & holder=$!
	until [ -p ready ]; do kill -0 $holder; done
	check 0
	echo go >ready
	wait $holder
	exec 7>&-
	wait $pid
	[ "$(sqlite3 ledger.db 'select count(*) from audit where actor = "deliver"')" = 0 ]
}

# scopes A,B: the token's, all of them.
scopes() {
	control "slack/scopes?value=$1"
}

# list JSON: what the next conversations.list shows.
list() {
	control fault "$(jq -nc --argjson channels "$1" '{ path: "/api/conversations.list", status: 200,
		body: ({ ok: true, channels: $channels, response_metadata: { next_cursor: "" } } | tojson) }')"
}

@test "a token that may not post is 77" {
	scopes channels:read,channels:history,chat:write.customize
	check 77
	[[ $output == *"the token lacks the scope chat:write: nothing can be posted"* ]]
	[[ $output == *"ok: channel #finance"* ]]
}

@test "without the scope for history a warning says what that costs" {
	scopes chat:write,channels:read
	configure '#finance' U0PERSON99
	check 0
	[[ $output == *"lacks the scope channels:history: when the answer to a post in public channels is lost"*"held for a person"* ]]
	[[ $output == *"lacks the scope im:history"* ]]
	[[ $output != *groups:history* ]]
}

@test "no member and no chat:write.public is an error" {
	control 'slack/channel?name=finance&action=kick'
	scopes chat:write,channels:read,channels:history
	check 77
	[[ $output == *"channel #finance (filter f1): the app is no member and lacks the scope chat:write.public: invite it"* ]]
	[[ $output == *"0 of 1 channels take messages; mend what is said above" ]]
}

@test "without channels:read nothing is said of channels but that" {
	scopes chat:write,channels:history
	check 0
	[[ $output == *"the token lacks the scope channels:read: channels are not checked"* ]]
	[ "$(curl -sf "$SANDBOX/_control/requests" | grep -c /api/conversations.list)" = 0 ]
}

@test "a private channel must be joined, and needs scopes of its own" {
	configure '#secret' '#closed'
	scopes chat:write,chat:write.public,channels:read,channels:history,groups:read
	list '[{"id":"C0SECRET9","name":"secret","is_private":true,"is_archived":false,"is_member":true},
		{"id":"C0CLOSED9","name":"closed","is_private":true,"is_archived":false,"is_member":false}]'
	check 77
	[[ $output == *"ok: channel #secret"* ]]
	[[ $output == *"channel #closed (filter f2): the app is no member: invite it to the channel"* ]]
	[[ $output == *"lacks the scope groups:history"*"in private channels"* ]]
	[[ $output != *channels:history* ]]
	[ "$(curl -sf "$SANDBOX/_control/requests" | jq -r 'select(.path == "/api/conversations.list").body')" = 'types=public_channel%2Cprivate_channel&limit=1000' ]
}

@test "an unknown name may be that of a private channel where those can't be seen" {
	configure '#secret'
	check 78
	[[ $output == *"channel #secret (filter f1): there is none; correct its name, or create it; if it is private, add the scope groups:read"* ]]
}

@test "a channel with another name than when it was first posted to is told" {
	message '#finance' 1 | "$BIN/deliver"
	id=$(sqlite3 ledger.db "select slack_channel from channels where name = '#finance'")
	list "[{\"id\":\"C0ANOTHER9\",\"name\":\"finance\",\"is_member\":true},{\"id\":\"$id\",\"name\":\"money\",\"is_member\":true}]"
	check 0
	[[ $output == *"channel #finance (filter f1): it is called #money now, and messages go there"* ]]
	[[ $output == *"ok: channel #finance (filter f1): $id"* ]]
}

@test "a user's token is refused" {
	control fault '{"path":"/api/auth.test","status":200,"body":"{\"ok\":true,\"team\":\"T\",\"user\":\"eve\"}"}'
	check 77
	[[ $output == *"the token is that of the user eve, and not a bot's"* ]]
	[[ $output == *"Slack doesn't say which scopes the token has"* ]]
}
