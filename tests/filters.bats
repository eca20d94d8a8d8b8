# The jq modules and the team filters, through the real transform.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	TREE=$BATS_TEST_DIRNAME/..
	GOLDEN=$BATS_TEST_DIRNAME/golden
	jq -nc -f "$GOLDEN/records.jq" >records
}

# configure NAME FILTER CONFIG...: a route each.
configure() {
	jq -n --arg filters "$TREE/pipelines/filters" '
		def routes: if length < 3 then {} else
			{ (.[0]): { file: "\($filters)/\(.[1]).jq",
			    config: (.[2] | fromjson) } }
			+ (.[3:] | routes) end;
		{ ledger: "ledger.db", key_file: "ledger.key",
		  filters: ($ARGS.positional | routes) }' \
		--args "$@" >ledgerpipe.json
}

all_filters() {
	configure procurement procurement '{}' \
		treasury procurement '{"channel":"#treasury","minimum":50000}' \
		finance finance '{"threshold":100000}' \
		operations operations '{"today":"2026-02-01"}' \
		payments payments '{"threshold":{"JPY":7500000}}' \
		holds holds '{}'
}

# messages [RECORDS]: what transform makes of them, in the file out.
messages() {
	"$BIN/transform" --config ledgerpipe.json "${1:-records}" >out
}

# golden FILTER CONFIG: what it says of the records is what is kept: for each
# message a line of its own and one for each block. The hash in a key depends
# on nothing that is tested here.
golden() {
	configure "$1" "$1" "$2"
	messages
	jq -c 'select(.type == "MESSAGE" or .type == "REJECT")
		| ({ record_id, error, channel: .payload.channel,
		     text: .payload.text, key: (.delivery.key // null
		       | if . then sub("~[0-9a-f]{16}"; "~#") else . end) }
		   | with_entries(select(.value != null))),
		  (.payload.blocks // [])[]' out >got
	diff -u "$GOLDEN/$1.jsonl" got
}

@test "procurement tells every new invoice, however ugly" {
	golden procurement '{"erp_url":"https://acme.example.com/"}'
}

@test "finance tells held invoices with their accounts, and large journals" {
	golden finance '{"erp_url":"https://acme.example.com"}'
}

@test "operations tells orders without an acknowledgment, marks the overdue" {
	golden operations '{"erp_url":"https://acme.example.com",
		"today":"2026-02-01"}'
}

@test "payments tells large payments, and marks the voided" {
	golden payments '{"threshold":{"USD":100000,"other":50000}}'
}

@test "holds tells that an invoice is held, and that it is released" {
	golden holds '{}'
}

@test "no record makes a filter fail or break one of Slack's limits" {
	all_filters
	messages
	jq -se 'map(select(.type == "REJECT")) == []' out
	jq -se 'map(select(.type == "MESSAGE").payload)
		| length > 10 and all(.[];
		  (.text | length <= 200 and (test("[[:cntrl:]]") | not))
		  and (.blocks | length > 1 and length <= 50)
		  and ([.. | objects | select(has("text"))
		    | .text | strings | length] | max <= 3000))' out
}

@test "a record of nothing but its id makes no filter fail" {
	all_filters
	jq -c 'if .type == "RECORD" then
		.record |= with_entries(.value = if (.key | test("Id$"))
		  or .key == "LastUpdateDate" then .value else null end)
		else . end' records >bare
	messages bare
	jq -se 'map(select(.type == "REJECT")) == []' out
	jq -se 'any(.[]; .type == "MESSAGE"
		and .payload.text == "Invoice 300000047410005: no amount, Unknown vendor, due unknown")' out
}

@test "9,000 characters in every text make no filter fail" {
	all_filters
	jq -c 'if .type == "RECORD" then .record |= walk(
		if type == "string" and (test("^[0-9]{4}-|^PENDING|^Needs") | not)
		then "é&" * 4500 else . end) else . end' records >long
	messages long
	jq -se 'map(select(.type == "REJECT")) == []' out
	jq -se 'map(.filter | values) | unique
		== ["finance", "holds", "operations", "payments", "procurement",
		  "treasury"]' out
}

@test "a name of 40,000 characters is cut, whatever it is made of" {
	all_filters
	for name in '"x" * 40000' '"x\n" * 20000' '"&<" * 20000' '" \u202e " * 13000 + "x"'; do
		jq -c "($name) as \$name | if .record then .record.Supplier = \$name
			| .record.Description = \$name else . end" records >long
		messages long
		jq -se 'map(select(.type == "REJECT")) == []' out
		jq -se '[.[] | select(.type == "MESSAGE").payload] | length > 10
			and all(.[]; .text | length <= 200)' out
	done
}

@test "a record that holds an element where a name belongs calls no one" {
	all_filters
	jq -c 'if .record then .record |= (.Supplier = {type: "broadcast",
		range: "channel"} | .Description = {type: "usergroup",
		usergroup_id: "S1", made: "<slack>"} | .BatchName = .Description
		| .Buyer = {type: "mrkdwn", text: "*x*"}) else . end' records >called
	messages called
	jq -se 'map(select(.type == "REJECT")) == []' out
	jq -se '[.[] | select(.type == "MESSAGE").payload.blocks | .. | objects
		| .type | strings] | length > 100 and
		all(.[]; IN("broadcast", "usergroup", "user") | not)' out
}

@test "no value from the ERP stands where mark-up acts" {
	all_filters
	messages
	jq -se '[.[] | select(.type == "MESSAGE").payload.blocks | .. | objects
		| select(.type == "mrkdwn").text]
		| length > 0 and all(.[]; test(
			"^<!date\\^[0-9]+\\^(Created|Entered|Held|Ordered|Released) "))' out
	jq -se '[.[] | select(.type == "MESSAGE").payload.blocks | .. | objects
		| select(.type == "plain_text").emoji] | unique == [false]' out
	jq -se '[.[] | select(.type == "MESSAGE").payload.text]
		| any(.[]; contains("&lt;!channel&gt; &amp; *Bold*"))
		  and all(.[]; test("[<>\u202e]") | not)' out
}

@test "a vendor without a name, or with a blank one, is unknown" {
	all_filters
	for name in '""' '" \n"'; do
		jq -c "if .record then .record |= (.Supplier = $name
			| .Payee = $name) else . end" records >blank
		messages blank
		jq -se '[.[] | select(.type == "MESSAGE" and .stream != "journalBatches")
			.payload] | length > 8 and all(.[]; (.text
			| test(", Unknown (vendor|supplier|payee), "))
			and (.blocks[1].elements[0].elements[0].text
			| test("^Unknown (vendor|supplier|payee)$")))' out
	done
}

@test "no name reverses the amounts beside it or breaks its line" {
	all_filters
	jq -c 'if .type == "RECORD" then .record |= walk(
		if type == "string" and (test("^[0-9]{4}-|^PENDING|^Needs") | not)
		then "\u202e\u2066\(.)\n\u2069x" else . end) else . end' \
		records >turned
	messages turned
	jq -se '[.[] | select(.type == "MESSAGE").payload | .. | strings]
		| length > 100
		and all(.[]; test("[\u202a-\u202e\u2066-\u2069]") | not)' out
	jq -se '[.[] | select(.type == "MESSAGE").payload.blocks | .. | objects
		| select(.type == "rich_text_section") | .elements[].text]
		| length > 10 and all(.[]; test("\n") | not)' out
}

@test "validation and approval leave an invoice's message as it was" {
	configure procurement procurement '{}'
	messages
	jq -c 'select(.type == "MESSAGE").payload' out >before
	jq -c 'if .stream == "invoices" and .record then .record |= (
		.ValidationStatus = "Validated" | .ApprovalStatus = "Approved"
		| .LastUpdateDate = "2026-02-01T10:00:00.001+00:00"
		| .LastUpdatedBy = "X"
		| if .InvoiceId == 300000047410001
		  then .invoiceLines.items |= reverse else . end)
		else . end' records >later
	messages later
	jq -c 'select(.type == "MESSAGE").payload' out >after
	[ -s before ]
	diff before after
	jq -c 'if .record.InvoiceId == 300000047410001 then
		.record.InvoiceAmount += 0.01 else . end' records >later
	messages later
	jq -c 'select(.type == "MESSAGE").payload' out >after
	run diff before after
	[ "$status" -eq 1 ]
}

@test "the same file serves treasury with large amounts alone" {
	all_filters
	messages
	jq -se '[.[] | select(.filter == "treasury") | [.record_id,
		.payload.channel]] == [["300000047410003", "#treasury"],
		["300000047410004", "#treasury"]]' out
}

@test "what fails behind a function of the modules is told, not swallowed" {
	cat >fails.jq <<-'EOF'
	import "slack" as slack; import "fusion" as fusion;
	select($stream == "invoices" and fusion::is_new(7))
	| [ (.InvoiceAmount | fusion::number), (.InvoiceAmount | fusion::quantity),
	    ("7" | fusion::number), ("x" | fusion::number) ] as $numbers
	| ("2026-01-31" | fusion::day) as $day | ("none" | fusion::day) as $none
	| fusion::days_between("2026-01-31"; "2026-02-01") as $days
	| fusion::invoice_title(null) as $title | fusion::due_date as $due
	| slack::message("#f"; null; [slack::fields([["Vendor", .Supplier]]),
	    slack::context([.CreationDate | fusion::seconds
	      | slack::date_text("{date}") | slack::mrkdwn])]) as $message
	| if $day == "31 Jan 2026" then error("told") else $message end
	EOF
	run -65 --separate-stderr "$BIN/transform" -f fails=fails.jq records
	jq -se '[.[] | select(.type == "REJECT").error]
		| length == 6 and all(.[]; contains("told"))' <<<"$output"
}

@test "a bad address in a record costs the link, not the message" {
	cat >address.jq <<-'EOF'
	import "slack" as slack;
	select($stream == "invoices" and .InvoiceId == 300000047410001)
	| (null, 7, {a: 1}, "", "www.x.example", "javascript:alert(1)", "!channel",
	  "https://", "mailto:", "https://x.example/a b", "https://x.example/\n",
	  " HTTP://x.example", "https://x.example/" + "y" * 4000) as $url
	| slack::message("#f"; "x"; [slack::section("y"; slack::image($url; "z")),
	    slack::image($url; "z"), slack::actions([slack::button("Go"; $url)]),
	    slack::rich_text([slack::line([slack::link($url; "PO 7"),
	      ($url | slack::mention)])]),
	    slack::section(slack::link_text($url; "PO 7") + " "
	      + ($url | slack::mention_text // "") | slack::mrkdwn)])
	EOF
	"$BIN/transform" -f address=address.jq records >out
	jq -se 'map(select(.type == "MESSAGE").payload.blocks) | length == 13
		and all(.[]; any(..; strings | contains("PO 7")))
		and (map([.. | objects | select(.type == "link").url])
			| add == ["https://x.example/a%20b", "https://x.example/",
			  "HTTP://x.example"])
		and ([.. | objects | select(.type == "mrkdwn").text
			| select(contains("<"))] | length == 3
			and all(.[]; test("^<https?://"; "i")))' out
}

@test "a threshold may be one for each currency; a wrong one is told" {
	configure treasury procurement \
		'{"minimum":{"JPY":5000000,"KWD":1000000,"other":5000}}'
	messages
	jq -se '[.[] | select(.type == "MESSAGE").record_id[-1:]]
		== ["1", "4"]' out
	configure treasury procurement '{"minimum":"5000"}'
	run -65 messages
	jq -se '[.[] | select(.type == "REJECT").error]
		| length > 4 and all(.[]; contains("a threshold must be a number"))' out
}

@test "an order that becomes overdue unchanged is told once more" {
	configure operations operations '{"today":"2026-02-01"}'
	messages
	jq -r 'select(.type == "MESSAGE").key' out >before
	configure operations operations '{"today":"2026-02-02"}'
	messages
	jq -r 'select(.type == "MESSAGE").key' out >after
	[ "$(wc -l <before)" -eq 2 ]
	[ "$(head -n 1 before)" = "$(head -n 1 after)" ]
	[ "$(tail -n 1 before)" != "$(tail -n 1 after)" ]
}

@test "an amount beyond a double's digits is shown as the ERP wrote it" {
	configure procurement procurement '{}'
	head -n 1 records >exact
	record='"InvoiceId":9007199254740993123,"InvoiceCurrency":"IDR"'
	record+=',"InvoiceAmount":-9007199254740993123'
	echo "{\"type\":\"RECORD\",\"stream\":\"invoices\",\"record\":{$record}}" \
		>>exact
	messages exact
	jq -se '.[0].payload.text | startswith(
		"Credit memo 9007199254740993123: -9,007,199,254,740,993,123.00 IDR,")' out
}

@test "each example in the modules gives what it says" {
	modules=$TREE/transform/jq
	{
		echo 'import "slack" as slack; import "fusion" as fusion; ['
		jq -Rr 'capture("^# example: (?<program>.*) =>(?<gives>.*)$")
			| "{ program: \(.program | tojson), got: [\(.program)],
			    want: [\(.gives)] },"' "$modules"/*.jq
		echo 'empty]'
	} >examples.jq
	jq -n -L "$modules" -f examples.jq >examples.json
	jq -e 'map(select(.got != .want)) == []' examples.json ||
		{ jq -c '.[] | select(.got != .want)' examples.json; false; }
	jq -e 'length > 50' examples.json
}

# examples_of_guide: the indented blocks of filters.7 that are programs, each in
# a file of its own.
examples_of_guide() {
	awk '/^\.Bd -literal/ { inside = 1; text = ""; next }
		/^\.Ed/ { if (inside && text ~ /slack::message/)
			printf "%s", text >("guide" ++count ".jq"); inside = 0 }
		inside { gsub(/\\e/, "\\"); text = text $0 "\n" }' \
		"$TREE/transform/filters.7"
}

@test "the filters in the guide run, and their messages are Slack's" {
	examples_of_guide
	printf 'import "slack" as slack;\n' | cat - guide2.jq >reply.jq
	"$BIN/transform" -f credits=guide1.jq records >out
	jq -se '[.[] | select(.type == "MESSAGE").payload.text]
		== ["Credit memo CM-2: -1,250.50 EUR"]' out
	"$BIN/transform" -f reply=reply.jq records >out
	jq -se 'map(select(.type == "MESSAGE")) | length > 10
		and all(.[]; .delivery.on_change == "edit")' out
}

@test "the guide names each public function of the modules, with an example" {
	guide=$BIN/../share/man/filters.7
	for module in slack fusion; do
		sed -n "s/^def \([a-z][a-z_]*\).*/$module::\1/p" \
			"$TREE/transform/jq/$module.jq" | sort -u >functions
		[ "$(wc -l <functions)" -gt 20 ]
		while read -r function; do
			grep -q "^\.It Sy \"$function[(\"]" "$guide"
		done <functions
	done
	[ "$(grep -c '^\\(-> ' "$guide")" -eq \
		"$(cat "$TREE"/transform/jq/*.jq | grep -c '^# example: ')" ]
}

@test "each public function of the modules has a tested example" {
	awk '/^# example: / { example = 1 }
		/^def [a-z]/ { if (!example) { print FILENAME ": " $0; bad = 1 } }
		!/^#/ { example = 0 }
		END { exit bad }' "$TREE"/transform/jq/*.jq
}

@test "each filter is short enough to be copied" {
	for f in "$TREE"/pipelines/filters/*.jq; do
		[ "$(wc -l <"$f")" -le 60 ]
		read -r first <"$f"
		[[ $first == "# $(basename "$f" .jq): "* ]]
	done
}
