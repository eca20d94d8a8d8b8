#!/usr/bin/env bats
# verify: a request is passed on when Slack signed it, and only then.
load helper
export BIN

setup() {
	# The example of Slack's own documentation.
	SECRET_FILE=$BATS_TEST_TMPDIR/secret
	(umask 077 && printf '8f742231b10e8888abcd99yyyzzz85a5' >"$SECRET_FILE")
	TIMESTAMP=1531420618
	SIGNATURE=v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503
	BODY=$BATS_TEST_TMPDIR/body
	printf '%s' 'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c' >"$BODY"
	export LEDGERPIPE_NOW=2018-07-12T18:36:58Z
}

# signature FILE: as Slack would sign it, by another implementation.
signature() {
	{ printf 'v0:%s:' "$TIMESTAMP"; cat "$1"; } >"$BATS_TEST_TMPDIR/signed"
	openssl dgst -sha256 -hmac "$(cat "$SECRET_FILE")" \
		-r "$BATS_TEST_TMPDIR/signed" | sed 's/^/v0=/; s/ .*//'
}

verify() {
	"$BIN/verify" -s "$SECRET_FILE" -t "$TIMESTAMP" -g "$SIGNATURE" <"$BODY"
}

refused() {
	run -1 --separate-stderr verify
	[ -z "$output" ]
	[[ $stderr == *"$1"* ]]
}

@test "Slack's documented request is authentic and its body passes unchanged" {
	verify >"$BATS_TEST_TMPDIR/out"
	cmp "$BODY" "$BATS_TEST_TMPDIR/out"
}

@test "the two values may come from the CGI environment" {
	HTTP_X_SLACK_REQUEST_TIMESTAMP=$TIMESTAMP HTTP_X_SLACK_SIGNATURE=$SIGNATURE \
		"$BIN/verify" -s "$SECRET_FILE" <"$BODY" >"$BATS_TEST_TMPDIR/out"
	cmp "$BODY" "$BATS_TEST_TMPDIR/out"
}

@test "one changed byte of the body is refused, and the body isn't shown" {
	sed -i 's/roadrunner/roadrunnes/' "$BODY"
	refused 'does not match'
	[[ $stderr != *roadrunne* ]]
}

@test "each changed digit of the signature is refused" {
	good=$SIGNATURE
	for i in 3 30 66; do
		c=${good:i:1}
		[ "$c" = 0 ] && d=1 || d=0
		SIGNATURE=${good:0:i}$d${good:i+1}
		refused 'does not match'
	done
}

@test "a request 300 seconds old or early is authentic" {
	for LEDGERPIPE_NOW in 2018-07-12T18:41:58Z 2018-07-12T18:31:58Z; do
		run -0 verify
	done
}

@test "a request 301 seconds old or early is refused" {
	for LEDGERPIPE_NOW in 2018-07-12T18:41:59Z 2018-07-12T18:31:57Z; do
		refused 'outside the window'
	done
}

@test "a request of tomorrow is refused" {
	LEDGERPIPE_NOW=2018-07-11T18:36:58Z refused 'outside the window'
}

@test "a signature in any other spelling is malformed" {
	good=$SIGNATURE
	for SIGNATURE in "${good^^}" "v0=${good#v0=}=junk" "${good#v0=}" "v1=${good#v0=}" " $good" "${good%?}" ''; do
		refused 'malformed header'
	done
}

@test "a timestamp in any other spelling is malformed" {
	for TIMESTAMP in ' 1531420618' +1531420618 1531420618x -1 '' 1531420618.0 1531420618000000; do
		refused 'malformed header'
	done
}

@test "a leading zero in the timestamp is another text to sign" {
	TIMESTAMP=01531420618
	refused 'does not match'
}

@test "a body with NUL and bytes that are not UTF-8 is authentic" {
	printf 'a\0b\377\nc' >"$BODY"
	SIGNATURE=$(signature "$BODY")
	verify >"$BATS_TEST_TMPDIR/out"
	cmp "$BODY" "$BATS_TEST_TMPDIR/out"
}

@test "an empty body is authentic when it was signed" {
	: >"$BODY"
	SIGNATURE=$(signature "$BODY")
	run -0 verify
	[ -z "$output" ]
}

@test "a body at the ceiling passes, one byte more is 65" {
	head -c 1048576 /dev/zero >"$BODY"
	SIGNATURE=$(signature "$BODY")
	verify >"$BATS_TEST_TMPDIR/out"
	cmp "$BODY" "$BATS_TEST_TMPDIR/out"
	printf x >>"$BODY"
	run -65 --separate-stderr verify
	[ -z "$output" ]
	[[ $stderr == *ceiling* ]]
}

@test "the previous secret is still accepted" {
	(umask 077 && printf new >"$BATS_TEST_TMPDIR/new")
	"$BIN/verify" -s "$BATS_TEST_TMPDIR/new" -s "$SECRET_FILE" \
		-t "$TIMESTAMP" -g "$SIGNATURE" <"$BODY" >"$BATS_TEST_TMPDIR/out"
	cmp "$BODY" "$BATS_TEST_TMPDIR/out"
}

@test "an empty secret is refused" {
	: >"$SECRET_FILE"
	run -65 --separate-stderr verify
	[[ $stderr == *empty* ]]
}

@test "a secret file that others may read is refused with the remedy" {
	chmod 644 "$SECRET_FILE"
	run -78 --separate-stderr verify
	[[ $stderr == *'chmod 600'* ]]
}

@test "a full disk is never a success" {
	export SECRET_FILE TIMESTAMP SIGNATURE BODY
	run -74 bash -c '"$BIN/verify" -s "$SECRET_FILE" -t "$TIMESTAMP" -g "$SIGNATURE" <"$BODY" >/dev/full'
}

@test "help and version go to stdout, an unknown option is 64" {
	run -0 --separate-stderr "$BIN/verify" --help
	[[ $output == usage:* ]]
	run -0 --separate-stderr "$BIN/verify" --version
	[[ $output == *ledgerpipe* ]]
	run -64 --separate-stderr "$BIN/verify" --nothing
	[ -z "$output" ]
	[[ $stderr == verify:* ]]
}
