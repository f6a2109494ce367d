#!/usr/bin/env bash
# Installs the systems that connectors are tested with: Request Tracker and Redmine from Debian, and a Singer tap from
# PyPI into the folder $1. Needs root, or sudo, for the first two; says on standard output where the tap is.
set -euo pipefail
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
install() { as_root env DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends "$@" </dev/null >&2; }

missing=()
[ -x /usr/share/request-tracker5/libexec/rt-server ] ||
    missing+=(request-tracker5 rt5-db-sqlite rt5-standalone rt5-clients msmtp-mta dbconfig-no-thanks starman)
python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
if [ ${#missing[@]} -gt 0 ] || [ ! -d /usr/share/redmine/app ]; then as_root apt-get update -q >&2; fi
[ ${#missing[@]} = 0 ] || install "${missing[@]}"
# Its last step fails on some releases, as Bundler misses folders of gems Debian ships without; what is needed is there.
[ -d /usr/share/redmine/app ] || install redmine redmine-sqlite puma dbconfig-no-thanks || [ -d /usr/share/redmine/app ]
command -v puma >/dev/null || install puma

python3 -m venv "$1"
"$1/bin/pip" install -q --disable-pip-version-check tap-spreadsheets==1.1.2 >&2
echo "$1/bin/tap-spreadsheets"
