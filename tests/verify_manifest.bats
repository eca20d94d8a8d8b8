#!/usr/bin/env bats
# The manifest of the Slack app, by the rules of Slack's published schema.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
	# Comes with parallel's perl; numbers and booleans are strings for it.
	perl -MCPAN::Meta::YAML -MJSON::PP -e 'print encode_json(CPAN::Meta::YAML->read($ARGV[0])->[0])' \
		"$BATS_TEST_DIRNAME/../pipelines/slack-app-manifest.yaml" >manifest
}

@test "the manifest has the schema's members alone, within their limits" {
	jq -e '
		def only($names): keys - $names == [];
		def upto($n): type == "string" and length >= 1 and length <= $n;
		def flag: . == "true" or . == "false";
		def address: test("^https://[a-z.]+/slack/events$");
		only(["_metadata", "display_information", "features", "oauth_config", "settings"])
		and (._metadata == { major_version: "2", minor_version: "1" })
		and (.display_information | only(["name", "description", "background_color"])
			and (.name | upto(35)) and (.description | upto(140))
			and (.background_color | test("^#[0-9a-f]{6}$")))
		and (.features | only(["bot_user"])
			and (.bot_user | only(["display_name", "always_online"])
				and (.display_name | upto(80) and test("^[a-z0-9._-]+$")) and (.always_online | flag)))
		and (.oauth_config | only(["scopes"]) and (.scopes | only(["bot"]))
			and (.scopes.bot | length <= 255 and unique == sort))
		and (.settings | only(["event_subscriptions", "interactivity", "org_deploy_enabled",
				"socket_mode_enabled", "token_rotation_enabled"])
			and (.event_subscriptions | only(["request_url", "bot_events"]) and (.request_url | address)
				and (.bot_events | length <= 100 and sort == ["app_uninstalled", "tokens_revoked"]))
			and (.interactivity | only(["is_enabled", "request_url"])
				and .is_enabled == "true" and (.request_url | address))
			and .socket_mode_enabled == "false" and (.org_deploy_enabled | flag)
			and (.token_rotation_enabled | flag))' manifest
}

@test "its scopes are those that a login asks for, and no other" {
	setup_ledger
	printf '{"ledger":"ledger.db","key_file":"ledger.key","slack":{"client_id":"1.2"}}' >"$CONFIG"
	printf x | "$BIN/auditctl" vault set slack.client_secret
	"$BIN/auditctl" login slack </dev/null >address 2>log || :
	asked=$(sed -n 's/.*[?&]scope=\([^&]*\).*/\1/p' address | sed 's/%2C/\n/g; s/%3A/:/g' | sort | xargs)
	[ -n "$asked" ]
	[ "$(jq -r '.oauth_config.scopes.bot | sort | join(" ")' manifest)" = "$asked" ]
}
