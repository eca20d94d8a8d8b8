#!/bin/sh
# Install the Debian packages that are missing; what is there isn't touched.
set -eu
if ! command -v dpkg-query >/dev/null; then
	echo "deps: this is no Debian; have there what it calls: $DEPS" >&2
	exit 0
fi
missing=
for package in $DEPS; do
	status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) || status=
	[ "$status" = 'install ok installed' ] || missing="$missing $package"
done
[ -n "$missing" ] || { echo 'deps: nothing is missing'; exit 0; }
if [ "$(id -u)" = 0 ]; then
	run=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
	run=sudo
else
	echo "deps: as root, install:$missing" >&2
	exit 77
fi
echo "deps: installing$missing"
$run apt-get update -q
# shellcheck disable=SC2086 # a list of names
$run env DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends $missing
