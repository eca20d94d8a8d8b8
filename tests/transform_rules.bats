#!/usr/bin/env bats
# transform: each of Slack's limits, from both sides, and what trimming does.
load helper
export BIN

setup() {
	cd "$BATS_TEST_TMPDIR"
	unset LEDGERPIPE_CONFIG
	printf '%s\n' '{"type":"SCHEMA","stream":"invoices","schema":{},"key_properties":["InvoiceId"]}' \
		'{"type":"RECORD","stream":"invoices","record":{"InvoiceId":1}}' >input
	# What the tables below are written in.
	DEFS='def x($n): "x" * $n | . // "";
		def plain($n): {type:"plain_text", text:x($n)};
		def mrkdwn($n): {type:"mrkdwn", text:x($n)};
		def raw($n): {type:"raw_text", text:x($n)};
		def times($n; f): [range($n) | f];
		def image: {type:"image", image_url:"https://x.example/a.png", alt_text:"a"};
		def button: {type:"button", text:plain(1)};
		def option: {text:plain(1), value:"v"};
		def select: {type:"static_select", placeholder:plain(1), options:[option]};
		def section(f): {type:"section", text:plain(1)} + f;
		def actions(f): {type:"actions", elements:[f]};
		def rich(f): {type:"rich_text", elements:[f]};
		def part(f): {type:"rich_text_section", elements:[f]};
		def list(f): {type:"rich_text_list", style:"bullet", elements:[part({type:"text", text:"a"})]} + f;
		def card(f): {type:"card", title:plain(1)} + f;
		def container(f): {type:"container", title:plain(1), child_blocks:[section({})]} + f;
		def data(f): {type:"data_table", caption:"c", rows:[[raw(1)], [raw(1)]]} + f;
		def chart(f): {type:"data_visualization", title:"t", chart:({type:"bar", series:[{name:"n", data:[{label:"l", value:1}]}], axis_config:{categories:["l"]}} + f)};
		def pie(f): {type:"data_visualization", title:"t", chart:{type:"pie", segments:[{label:"l", value:1} + f]}};
		def input(f): {type:"input", label:plain(1), element:({type:"plain_text_input"} + f)};
		def video(f): {type:"video", title:plain(1), video_url:"https://x.example/", thumbnail_url:"https://x.example/a.png", alt_text:"a"} + f;
		def message(f): {channel:"#c", text:"t"} + f;
		def block(f): message({blocks:[f]});
		def attachment(f): message({attachments:[{text:"a"} + f]});'
}

# outputs NAME: one message or reject for each output of NAME.jq, in "out".
outputs() {
	run -0 --separate-stderr bash -c '"$BIN/transform" "${@:2}" -f f="$1.jq" <"${INPUT:-input}" >out || [ $? = 65 ]' _ "$@"
	[ "$(grep -c -e '"type":"MESSAGE"' -e '"type":"REJECT"' out)" -gt 0 ]
}

# verdict JQ: "fine", or the error, of the message that JQ makes.
verdict() {
	printf '%s\n%s\n' "$DEFS" "$1" >f.jq
	outputs f
	jq -r 'select(.type == "MESSAGE" or .type == "REJECT") | .error // "fine"' out
}

# limits: lines "HIGH | POINTER | LIMIT | JQ of $n"; fine one below and at HIGH,
# and one above it told with the pointer and with words that name the limit.
limits() {
	local high pointer limit program n got
	while IFS='|' read -r high pointer limit program; do
		high=${high// /} pointer=${pointer// /}
		limit=${limit# } limit=${limit% }
		head -1 input >records
		for n in $((high > 1 ? high - 1 : 1)) "$high" $((high + 1)); do
			printf '{"type":"RECORD","stream":"invoices","record":{"InvoiceId":%s}}\n' "$n"
		done >>records
		mapfile -t got < <(INPUT=records verdict ".InvoiceId as \$n | $program")
		[[ ${got[0]} == fine && ${got[1]} == fine && ${got[2]} == "output 0: $pointer: "*"$limit"* ]] ||
			{ printf '%s\n' "$pointer, $high:" "${got[@]}"; return 1; }
	done
}

# refuses: lines "POINTER | WORDS | JQ"; each is rejected with both.
refuses() {
	local pointer words program got
	while IFS='|' read -r pointer words program; do
		pointer=${pointer// /} words=${words# } words=${words% }
		got=$(verdict "$program")
		[[ $got == "output 0: $pointer: "*"$words"* ]] || { echo "$program: $got"; return 1; }
	done
}

# takes: lines of JQ; each makes a message that is fine.
takes() {
	local program got
	while read -r program; do
		got=$(verdict "$program")
		[ "$got" = fine ] || { echo "$program: $got"; return 1; }
	done
}

@test "a message has its limits" {
	limits <<-'EOF'
		4000 | /text | 4000 are allowed | message({text:x($n)})
		80 | /channel | 1 to 80 | message({channel:x($n)})
		50 | /blocks | no more than 50 | message({blocks:times($n; {type:"divider"})})
		100 | /attachments | no more than 100 | message({attachments:times($n; {text:"a"})})
		200 | /delivery/key | 1 to 200 | message({delivery:{key:x($n)}})
		255 | /blocks/0/block_id | less than 256 | block({type:"divider", block_id:x($n)})
		255 | /blocks/0/elements/0/action_id | less than 256 | block(actions(button + {action_id:x($n)}))
	EOF
}

@test "blocks of text have their limits" {
	limits <<-'EOF'
		3000 | /blocks/0/text/text | less than 3001 | block(section({text:mrkdwn($n)}))
		3000 | /blocks/0/text/text | less than 3001 | block(section({text:plain($n)}))
		10 | /blocks/0/fields | no more than 10 | block(section({fields:times($n; plain(1))}))
		2000 | /blocks/0/fields/0/text | less than 2001 | block(section({fields:[mrkdwn($n)]}))
		150 | /blocks/0/text/text | less than 151 | block({type:"header", text:plain($n)})
		10 | /blocks/0/elements | no more than 10 | block({type:"context", elements:times($n; plain(1))})
		2000 | /blocks/0/elements/0/text | less than 2001 | block({type:"context", elements:[mrkdwn($n)]})
		2000 | /blocks/0/alt_text | less than 2001 | block(image + {alt_text:x($n)})
		2000 | /blocks/0/title/text | less than 2001 | block(image + {title:plain($n)})
		3000 | /blocks/0/image_url | less than 3001 | block(image + {image_url:("https://" + x($n - 8))})
		11900 | /blocks | count 12001 | block({type:"markdown", text:x($n)})
		8 | /blocks/0/elements/0/indent | from 0 to 8 | block(rich(list({indent:$n})))
		1 | /blocks/0/elements/0/border | from 0 to 1 | block(rich(list({border:$n})))
		1 | /blocks/0/elements/0/border | from 0 to 1 | block(rich(part({type:"text", text:"a"}) + {type:"rich_text_quote", border:$n}))
	EOF
}

@test "elements have their limits" {
	limits <<-'EOF'
		25 | /blocks/0/elements | no more than 25 | block({type:"actions", elements:times($n; button)})
		75 | /blocks/0/elements/0/text/text | less than 76 | block(actions(button + {text:plain($n)}))
		2000 | /blocks/0/elements/0/value | less than 2001 | block(actions(button + {value:x($n)}))
		3000 | /blocks/0/elements/0/url | less than 3001 | block(actions(button + {url:("https://" + x($n - 8))}))
		75 | /blocks/0/accessory/accessibility_label | less than 76 | block(section({accessory:(button + {accessibility_label:x($n)})}))
		100 | /blocks/0/elements/0/confirm/title/text | less than 101 | block(actions(button + {confirm:{title:plain($n), text:plain(1), confirm:plain(1), deny:plain(1)}}))
		300 | /blocks/0/elements/0/confirm/text/text | less than 301 | block(actions(button + {confirm:{title:plain(1), text:plain($n), confirm:plain(1), deny:plain(1)}}))
		30 | /blocks/0/elements/0/confirm/confirm/text | less than 31 | block(actions(button + {confirm:{title:plain(1), text:plain(1), confirm:plain($n), deny:plain(1)}}))
		30 | /blocks/0/elements/0/confirm/deny/text | less than 31 | block(actions(button + {confirm:{title:plain(1), text:plain(1), confirm:plain(1), deny:plain($n)}}))
		150 | /blocks/0/elements/0/placeholder/text | less than 151 | block(actions(select + {placeholder:plain($n)}))
		100 | /blocks/0/elements/0/options | no more than 100 | block(actions(select + {options:times($n; option)}))
		75 | /blocks/0/elements/0/options/0/text/text | less than 76 | block(actions(select + {options:[option + {text:plain($n)}]}))
		150 | /blocks/0/elements/0/options/0/value | less than 151 | block(actions(select + {options:[option + {value:x($n)}]}))
		75 | /blocks/0/elements/0/options/0/description/text | less than 76 | block(actions(select + {options:[option + {description:plain($n)}]}))
		75 | /blocks/0/elements/0/option_groups/0/label/text | less than 76 | block(actions(select | del(.options) + {option_groups:[{label:plain($n), options:[option]}]}))
		100 | /blocks/0/elements/0/option_groups/0/options | no more than 100 | block(actions(select | del(.options) + {option_groups:[{label:plain(1), options:times($n; option)}]}))
		100 | /blocks/0/elements/0/option_groups | no more than 100 | block(actions(select | del(.options) + {option_groups:times($n; {label:plain(1), options:[option]})}))
		5 | /blocks/0/elements/0/options | no more than 5 | block(actions({type:"overflow", options:times($n; option)}))
		3000 | /blocks/0/elements/0/options/0/url | less than 3001 | block(actions({type:"overflow", options:[option + {url:("https://" + x($n - 8))}]}))
		10 | /blocks/0/elements/0/options | no more than 10 | block(actions({type:"checkboxes", options:times($n; option)}))
		10 | /blocks/0/elements/0/options | no more than 10 | block(actions({type:"radio_buttons", options:times($n; option)}))
		5 | /blocks/0/elements | no more than 5 | block({type:"context_actions", elements:times($n; {type:"icon_button", icon:"trash", text:plain(1)})})
		75 | /blocks/0/elements/0/positive_button/text/text | less than 76 | block({type:"context_actions", elements:[{type:"feedback_buttons", positive_button:{text:plain($n)}, negative_button:{text:plain(1)}}]})
		2000 | /blocks/0/label/text | less than 2001 | block(input({}) + {label:plain($n)})
		2000 | /blocks/0/hint/text | less than 2001 | block(input({}) + {hint:plain($n)})
		3000 | /blocks/0/element/max_length | from 1 to 3000 | block(input({max_length:$n}))
		10 | /blocks/0/element/max_files | from 1 to 10 | block(input({type:"file_input", max_files:$n}))
	EOF
}

@test "tables, charts, cards and films have their limits" {
	limits <<-'EOF'
		100 | /blocks/0/rows | no more than 100 | block({type:"table", rows:times($n; [raw(1)])})
		20 | /blocks/0/rows/0 | no more than 20 | block({type:"table", rows:[times($n; raw(1))]})
		20 | /blocks/0/column_settings | no more than 20 | block({type:"table", rows:[[raw(1)]], column_settings:times($n; {})})
		5000 | /blocks/1/rows | at most 10000 | message({blocks:times(2; {type:"table", rows:[[raw($n)]]})})
		201 | /blocks/0/rows | no more than 201 | block(data({rows:times([$n, 2] | max; [raw(1)])}))
		20 | /blocks/0/rows/0 | no more than 20 | block(data({rows:times(2; times($n; raw(1)))}))
		100 | /blocks/0/page_size | from 1 to 100 | block(data({page_size:$n}))
		1000 | /blocks/0/rows | at most 20000 | block(data({rows:[[raw(9999)], [raw(1)], [raw(9000)], [raw($n)]]}))
		50 | /blocks/0/title | less than 51 | block(pie({}) + {title:x($n)})
		20 | /blocks/0/chart/segments/0/label | less than 21 | block(pie({label:x($n)}))
		12 | /blocks/0/chart/series | no more than 12 | block(chart({series:times($n; {name:"n", data:[{label:"l", value:1}]})}))
		20 | /blocks/0/chart/series/0/data | no more than 20 | block(chart({series:[{name:"n", data:times($n; {label:"l", value:1})}]}))
		50 | /blocks/0/chart/axis_config/x_label | less than 51 | block(chart({axis_config:{categories:["l"], x_label:x($n)}}))
		150 | /blocks/0/title/text | less than 151 | block(card({title:mrkdwn($n)}))
		150 | /blocks/0/subtitle/text | less than 151 | block(card({subtitle:plain($n)}))
		200 | /blocks/0/body/text | less than 201 | block(card({body:mrkdwn($n)}))
		200 | /blocks/0/subtext/text | less than 201 | block(card({subtext:mrkdwn($n)}))
		3 | /blocks/0/actions | no more than 3 | block(card({actions:times($n; button)}))
		10 | /blocks/0/elements | no more than 10 | block({type:"carousel", elements:times($n; card({}))})
		150 | /blocks/0/title/text | less than 151 | block(container({title:plain($n)}))
		150 | /blocks/0/subtitle/text | less than 151 | block(container({subtitle:mrkdwn($n)}))
		10 | /blocks/0/child_blocks | no more than 10 | block(container({child_blocks:times($n; {type:"divider"})}))
		199 | /blocks/0/title/text | less than 200 | block(video({title:plain($n)}))
		49 | /blocks/0/author_name | less than 50 | block(video({author_name:x($n)}))
		50 | /blocks/0/provider_name | less than 51 | block(video({provider_name:x($n)}))
		200 | /blocks/0/description/text | less than 201 | block(video({description:plain($n)}))
		200 | /blocks/0/alt_text | less than 201 | block(video({alt_text:x($n)}))
	EOF
}

@test "attachments have their limits, and so have the blocks in them" {
	limits <<-'EOF'
		300 | /attachments/0/footer | less than 301 | attachment({footer:x($n)})
		5 | /attachments/0/actions | no more than 5 | attachment({actions:times($n; {type:"button", text:"a", name:"a"})})
		50 | /attachments/0/blocks | no more than 50 | attachment({blocks:times($n; {type:"divider"})})
		150 | /attachments/0/blocks/0/text/text | less than 151 | attachment({blocks:[{type:"header", text:plain($n)}]})
		11800 | /blocks | count 12001 | message({blocks:[{type:"divider"}], attachments:[{text:x($n - 1), title:"a", blocks:[{type:"divider"}]}]})
	EOF
}

@test "what isn't a matter of size is told with its pointer too" {
	refuses <<-'EOF'
		/blocks/0/type | missing required | block({})
		/blocks/0/type | unsupported | block({type:"sections"})
		/blocks/0/text | missing required | block({type:"section"})
		/blocks/0/text/text | more than 0 | block(section({text:{type:"mrkdwn", text:""}}))
		/blocks/0/text/text | must be a string | block(section({text:{type:"mrkdwn", text:null}}))
		/blocks/0/text | emoji goes with plain_text | block(section({text:(mrkdwn(1) + {emoji:true})}))
		/blocks/0/text | verbatim goes with mrkdwn | block(section({text:(plain(1) + {verbatim:true})}))
		/blocks/0/text | plain_text | block({type:"header", text:mrkdwn(1)})
		/blocks/0/fields | no fewer than 1 | block(section({fields:[]}))
		/blocks/0/accessory | unsupported | block(section({accessory:{type:"knob"}}))
		/blocks/0/elements/0 | unsupported | block(actions(image))
		/blocks/0/elements/0/style | primary or danger | block(actions(button + {style:"loud"}))
		/blocks/0/elements/1/action_id | unique in its block | block({type:"actions", elements:times(2; button + {action_id:"a"})})
		/blocks/1/block_id | unique in the message | message({blocks:times(2; {type:"divider", block_id:"a"})})
		/attachments/0/blocks/0/block_id | unique in the message | message({blocks:[{type:"divider", block_id:"a"}], attachments:[{blocks:[{type:"divider", block_id:"a"}]}]})
		/blocks/0/child_blocks/0/block_id | unique in the message | block(container({block_id:"a", child_blocks:[{type:"divider", block_id:"a"}]}))
		/blocks/0/child_blocks/0 | can't be in a container | block(container({child_blocks:[container({})]}))
		/blocks/0/child_blocks | no fewer than 1 | block(container({child_blocks:[]}))
		/blocks/0/title | missing required | block(container({}) | del(.title))
		/blocks/0/elements/0 | must be a card | block({type:"carousel", elements:[{type:"divider"}]})
		/blocks/0 | one of hero_image, title, actions | block({type:"card", subtitle:plain(1)})
		/blocks/0 | modals alone | block({type:"alert", text:plain(1)})
		/blocks/0 | Slack's to add | block({type:"file", source:"remote", external_id:"a"})
		/blocks/0 | exactly one of image_url and slack_file | block({type:"image", alt_text:"a"})
		/blocks/0/slack_file | exactly one of id and url | block({type:"image", alt_text:"a", slack_file:{}})
		/blocks/0/rows | no fewer than 2 | block(data({rows:[[raw(1)]]}))
		/blocks/0/caption | missing required | block(data({}) | del(.caption))
		/blocks/0/chart/type | pie, bar, area or line | block(chart({type:"donut"}))
		/blocks/0/elements/0/style | bullet or ordered | block(rich(list({style:"stars"})))
		/blocks/0/elements/0/elements/0/range | here, channel or everyone | block(rich(part({type:"broadcast", range:"all"})))
		/blocks/0/elements/0 | options or option_groups | block(actions(select + {option_groups:[]}))
		/attachments/0 | must be an object | message({attachments:["a"]})
		/attachments/0/text | must be a string | attachment({text:1})
		/attachments/0/fields/0/value | must be a string | attachment({fields:[{title:"a", value:1}]})
		/blocks | must be an array | message({blocks:{}})
		/thread_ts | must be a message's ts | message({thread_ts:1503435956.000247})
		/thread_ts | must be a message's ts | message({thread_ts:"1503435956"})
		/reply_broadcast | goes with thread_ts | message({reply_broadcast:true})
		/unfurl_links | true or false | message({unfurl_links:"no"})
		/username | must be a string | message({username:1})
	EOF
}

@test "what keeps the rules passes, of each kind" {
	takes <<-'EOF'
		block(section({accessory:image}))
		block(section({accessory:button, fields:[mrkdwn(1)]}))
		block(card({icon:image, hero_image:image, actions:[button]}))
		block({type:"carousel", elements:[card({})]})
		block(container({subtitle:mrkdwn(1), width:"full", icon:image}))
		block(container({rich_text_title:rich(part({type:"text", text:"a"}))}) | del(.title))
		block(data({rows:[[raw(1)], [{type:"raw_number", value:1, text:"1"}]], row_header_column_index:0}))
		block(chart({}))
		block(pie({}))
		block({type:"image", alt_text:"a", slack_file:{id:"F1"}})
		block(rich(list({indent:0, border:0, offset:4})))
		block(rich(part({type:"date", timestamp:1, format:"{date}"})))
		message({thread_ts:"1503435956.000247", reply_broadcast:true, unfurl_links:false, unfurl_media:false, mrkdwn:true, username:"ERP", icon_emoji:":ledger:"})
		message({thread_ts:null, blocks:null, attachments:null, username:null})
		attachment({color:"danger", fields:[{title:"a", value:"b", short:true}], footer:null, title:"a", title_link:"https://x.example/"})
		{channel:"#c", attachments:[{blocks:[section({})]}]}
	EOF
}

@test "a member that Slack would pass over is refused, with what it may have been meant to be" {
	refuses <<-'EOF'
		/chanel | meant to be 'channel' | {chanel:"#c", channel:"#c", text:"t"}
		/attachment | meant to be 'attachments' | message({attachment:[]})
		/block | meant to be 'blocks' | message({block:[]})
		/thread_id | meant to be 'thread_ts' | message({thread_id:"1.2"})
		/priority | remove it | message({priority:1})
		/client_msg_id | remove it | message({client_msg_id:"a"})
	EOF
}

@test "the name of such a member is told only if it can't be text of a record" {
	refuses <<-'EOF'
		/ | a member that chat.postMessage doesn't take; remove it | message({"Acme GmbH":1})
		/ | a member that chat.postMessage doesn't take; remove it | message({"de89370400440532013000":1})
		/ | a member that chat.postMessage doesn't take; remove it | message({"":1})
		/ | a member that chat.postMessage doesn't take; remove it | message({("x" * 33):1})
		/ | doesn't take; is 'thread_ts' meant? | message({threadTs:"1.2"})
	EOF
}

@test "no text of a message is in what is said against it" {
	while read -r program; do
		printf '%s\n%s\n' "$DEFS" "$program" >f.jq
		run -65 --separate-stderr "$BIN/transform" -f f=f.jq input
		error=$(jq -r 'select(.type == "REJECT").error' <<<"$output")
		[[ $stderr == *"$error"* && $error == 'output 0: /'* ]]
		[[ $stderr != *Acme* ]]
	done <<-'EOF'
		message({"Acme":1})
		message({channel:"Acme:"})
		message({channel:("Acme" * 99)})
		message({text:{Acme:"Acme"}})
		message({thread_ts:"Acme"})
		message({unfurl_links:"Acme"})
		message({delivery:{Acme:1}})
		message({delivery:{on_change:"Acme"}})
		message({delivery:{not_before:"Acme"}})
		attachment({color:"Acme", title_link:"Acme"})
		block({type:"Acme"})
		block(section({text:{type:"Acme", text:"Acme"}}))
		block(section({accessory:{type:"Acme"}}))
		block(section({block_id:("Acme" * 99)}))
		block({type:"divider", block_id:"Acme"}, {type:"divider", block_id:"Acme"})
		block(actions(button + {url:"Acme", style:"Acme"}))
		block(rich({type:"Acme"}))
		block(rich(part({type:"Acme"})))
		block(input({type:"Acme"}))
		block(chart({type:"Acme"}))
	EOF
}

@test "an address is one that a reader can follow or Slack can fetch" {
	refuses <<-'EOF'
		/blocks/0/elements/0/url | begins with https:// | block(actions(button + {url:"javascript:alert(1)"}))
		/blocks/0/elements/0/url | begins with https:// | block(actions(button + {url:"erp.example/x"}))
		/blocks/0/elements/0/url | without spaces | block(actions(button + {url:"https://x.example/a b"}))
		/blocks/0/elements/0/options/0/url | begins with https:// | block(actions({type:"overflow", options:[option + {url:"data:text/html,x"}]}))
		/blocks/0/elements/0/elements/0/url | begins with https:// | block(rich(part({type:"link", url:"file:///etc/passwd"})))
		/blocks/0/image_url | begins with https:// or http:// | block(image + {image_url:"mailto:a@x.example"})
		/blocks/0/video_url | begins with https:// or http:// | block(video({video_url:"x"}))
		/attachments/0/title_link | begins with https:// | attachment({title_link:"vbscript:x"})
		/attachments/0/thumb_url | begins with https:// | attachment({thumb_url:"x"})
		/icon_url | begins with https:// | message({icon_url:"x"})
	EOF
	takes <<-'EOF'
		block(actions(button + {url:"HTTPS://x.example/?a=1&b=2"}))
		block(actions(button + {url:"mailto:ap@x.example"}))
		block(rich(part({type:"link", url:"http://x.example/"})))
	EOF
}

@test "characters are counted, not bytes and not the halves of UTF-16" {
	[ "$(verdict 'block({type:"header", text:{type:"plain_text", text:("😀" * 150)}})')" = fine ]
	[[ $(verdict 'block({type:"header", text:{type:"plain_text", text:("😀" * 151)}})') == *'less than 151'* ]]
}

@test "what keeps the rules and may yet surprise is a warning of lint" {
	while IFS='|' read -r words program; do
		printf '%s\n%s\n' "$DEFS" "$program" >f.jq
		run "$BIN/transform" --lint --samples input -f f=f.jq
		words=${words# } words=${words% }
		[[ $output == *"warning: $words"* ]] || { echo "$output"; return 1; }
	done <<-'EOF'
		/blocks/0/text/text: has 100 characters, which UTF-16 counts as 200; the limit is 150 | block({type:"header", text:{type:"plain_text", emoji:false, text:("😀" * 100)}})
		/attachments: Slack advises against more than 20 | message({attachments:times(21; {text:"a"})})
		/attachments/0/color: is no colour | attachment({color:"blue"})
		/blocks/0/chart/segments: Slack documents at most 6 | block(pie({}) | .chart.segments += times(6; {label:"l", value:1}))
	EOF
}

@test "all violations are counted and the first is told" {
	[ "$(verdict 'message({blocks:[{}, {type:"header", text:plain(151)}], username:1})')" = \
		'output 0: /username: must be a string (and 2 more)' ]
}

# trim JQ FILTER: what FILTER finds in the payload that trimming makes of JQ.
trim() {
	printf '%s\n%s\n' "$DEFS" "$1" >f.jq
	outputs f --on-invalid trim
	jq -r 'select(.type == "MESSAGE" or .type == "REJECT") | .error // (.payload | '"$2"')' out
}

@test "a text that is too long is cut and says by how much" {
	[ "$(trim 'message({text:x(5234)})' '[.text | length, .[3970:]]|tojson')" = \
		'[4000,"xxxxx… (1,259 more characters)"]' ]
	[ "$(trim 'block(section({text:mrkdwn(3001)}))' '.blocks[0].text.text | [length, .[2975:]] | tojson')" = \
		'[2997,"… (26 more characters)"]' ]
	[ "$(trim 'block({type:"header", text:plain(151)})' '.blocks[0].text.text | [length, .[148:]] | tojson')" = '[150,"x…"]' ]
	[ "$(trim 'block(actions(button + {text:plain(200), accessibility_label:x(80)}))' '.blocks[0].elements[0] | [.text.text, .accessibility_label | length] | tojson')" = '[75,75]' ]
	[ "$(trim 'attachment({footer:x(400)})' '.attachments[0].footer | length')" -le 300 ]
}

@test "a cut is never inside a character, an entity, a link, a date or a mention" {
	while IFS='|' read -r piece; do
		# What is left of 30 pieces behind more and more characters: whole ones.
		trim "range(2960; 3000; 3) as \$before | block(section({text:{type:\"mrkdwn\", text:(x(\$before) + ($piece) * 30)}}))" \
			'.blocks[0].text.text' >texts
		[ "$(wc -l <texts)" = 14 ]
		jq -Rne --argjson piece "$piece" '[inputs] | all(length <= 3000 and
			(capture("^x*(?<rest>.*)… \\(.* more characters\\)$").rest | split($piece) | add | . == null or . == ""))' texts ||
			{ echo "$piece"; cat texts; return 1; }
	done <<-'EOF'
		"&amp;"
		"<https://x.example/?a=1|label>"
		"<!date^1769846400^{date_num}|2026-01-31>"
		"<@U0123456789>"
		"é"
	EOF
}

@test "blocks over fifty are left out, and a note says how many" {
	[ "$(trim 'message({blocks:times(60; {type:"divider"})})' '[(.blocks | length), .blocks[49].elements[0].text] | tojson')" = \
		'[50,"and 11 more blocks"]' ]
	[ "$(trim 'message({blocks:times(51; {type:"divider"})})' '.blocks[49].elements[0].text')" = 'and 2 more blocks' ]
	[ "$(trim 'message({attachments:times(120; {text:"a"})})' '[(.attachments | length), .attachments[99].text] | tojson')" = \
		'[100,"and 21 more attachments"]' ]
	[ "$(trim 'block(container({child_blocks:times(12; {type:"divider"})}))' '.blocks[0].child_blocks | [length, .[9].elements[0].text] | tojson')" = \
		'[10,"and 3 more blocks"]' ]
}

@test "a message over its budget loses its last blocks, and says so" {
	trim 'message({blocks:times(10; section({text:plain(2900)}))})' '[(.blocks | length), .blocks[-1].elements[0].text] | tojson' >got
	[ "$(cat got)" = '[4,"and 7 more blocks"]' ]
	# counted once, whatever made them too many
	trim 'message({blocks:times(70; section({text:plain(400)}))})' '[(.blocks | length) - 1 + (.blocks[-1].elements[0].text | capture("and (?<n>[0-9]+) more blocks").n | tonumber)]|tojson' >got
	[ "$(cat got)" = '[70]' ]
	trim 'message({blocks:[section({})], attachments:times(5; {text:x(4000)})})' '[(.blocks | length), (.attachments | length), .attachments[-1].text] | tojson' >got
	[ "$(cat got)" = '[1,3,"and 3 more attachments"]' ]
	# one block that is too much by itself
	trim 'block({type:"markdown", text:x(15000)})' '.blocks[0].text | [length < 12000, length > 11000, test("more characters")] | tojson' >got
	[ "$(cat got)" = '[true,true,true]' ]
	trim 'block(rich({type:"rich_text_list", style:"bullet", elements:times(300; part({type:"text", text:x(60)}))}))' \
		'[(.blocks[0].elements[0].elements | length), (.blocks[1].elements[0].text | capture("and (?<n>[0-9]+) more items").n | tonumber)] | add' >got
	[ "$(cat got)" = 300 ]
}

@test "fields beyond ten go into sections of their own" {
	trim 'block(section({accessory:button, fields:[range(25) | {type:"plain_text", text:tojson}]}))' \
		'[[.blocks[].fields | length], ([.blocks[].fields[].text] == [range(25) | tojson]), .blocks[0].accessory.type, .blocks[1].accessory] | tojson' >got
	[ "$(cat got)" = '[[10,10,5],true,"button",null]' ]
}

@test "rows, options and buttons that have no room are counted below their block" {
	notes='[.blocks[1:][].elements[0].text] | join(", ")'
	[ "$(trim 'block({type:"table", rows:times(130; [raw(1)])})' "$notes")" = 'and 30 more rows' ]
	[ "$(trim 'block({type:"table", rows:times(90; [raw(200)])})' "$notes")" = 'and 40 more rows' ]
	[ "$(trim 'block({type:"table", rows:times(110; [raw(200)])})' "$notes")" = 'and 60 more rows' ]
	[ "$(trim 'block({type:"table", rows:[times(22; raw(1))]})' '.blocks[0].rows[0] | [length, .[19].text] | tojson')" = '[20,"and 3 more cells"]' ]
	[ "$(trim 'block(actions(select + {options:times(103; option)}))' "$notes")" = 'and 3 more options' ]
	[ "$(trim 'block({type:"actions", elements:times(26; button)})' "$notes")" = 'and 1 more item' ]
	[ "$(trim 'block(card({actions:times(5; button)}))' "$notes")" = 'and 2 more buttons' ]
	[ "$(trim 'block({type:"context", elements:times(14; plain(1))})' '.blocks[0].elements | [length, .[9].text] | tojson')" = '[10,"and 5 more items"]' ]
}

@test "what trimming can't mend is still refused, with its pointer" {
	while IFS='|' read -r pointer program; do
		got=$(trim "$program" '"passed"')
		[[ $got == "output 0: ${pointer// /}: "* ]] || { echo "$program: $got"; return 1; }
	done <<-'EOF'
		/channel | {text:x(5000)}
		/blocks/0/elements/0/url | block(actions(button + {url:("https://" + x(3000))}))
		/blocks/0/elements/0/value | block(actions(button + {value:x(2001), text:plain(100)}))
		/blocks/0/block_id | block({type:"divider", block_id:x(256)})
		/blocks/0/type | block({type:"nothing"})
		/blocks/0/text/text | block(section({text:{type:"plain_text", text:""}}))
		/attachments/0/actions | attachment({actions:times(6; {})})
		/delivery/key | message({delivery:{key:x(201)}})
	EOF
	# but what is wrong in a block that goes, goes with it
	[ "$(trim 'message({blocks:(times(55; {type:"divider"}) + [{type:"nothing"}])})' '.blocks | length')" = 50 ]
}

@test "trimming leaves alone what keeps the rules" {
	printf '%s\n%s\n' "$DEFS" 'message({blocks:[section({text:plain(3000)}), {type:"header", text:plain(150)}]}), message({text:x(4000)})' >f.jq
	outputs f
	cp out plain
	outputs f --on-invalid trim
	cmp out plain
}
