#!/usr/bin/env bats
# The units of systemd: what can be told of them without it.
load helper

setup() {
	UNITS=$BATS_TEST_DIRNAME/../pipelines/systemd
}

@test "no unit that starts anew by itself is given up for starting too often" {
	for unit in "$UNITS"/*.service; do
		grep -q '^Restart=' "$unit" || continue
		# What systemd takes where a unit says nothing: 5 starts in 10 s.
		awk -F = 'BEGIN { interval = 10; burst = 5; wait = 0.1 }
			$1 == "RestartSec" { wait = $2 }
			$1 == "StartLimitIntervalSec" { interval = $2 }
			$1 == "StartLimitBurst" { burst = $2 }
			END { exit interval / wait >= burst }' "$unit" || { echo "$unit"; return 1; }
		units=$((${units-0} + 1))
	done
	[ "$units" -ge 3 ]
}

@test "the proxies of verify's page speak to the socket of its unit" {
	socket=$(sed -n 's/^ListenStream=//p' "$UNITS/ledgerpipe-verify.socket")
	[ "$(grep -c "unix:*/*$socket[;]*$" "$BATS_TEST_DIRNAME/../verify/verify.1")" = 2 ]
}
