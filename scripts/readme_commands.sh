#!/usr/bin/env bash
# Runs the commands of README.md as a reader would: each block opened with
# "```sh runnable" in turn, starting in an empty directory. Where the README
# clones the project, git takes this repository's last commit instead.
#
#   readme_commands.sh [--skip 'COMMAND']   leaves out one line, which must be there
set -euo pipefail
cd "$(dirname "$0")/.."
repository=$(git rev-parse --show-toplevel)
skip=
[ "${1:-}" = --skip ] && skip=$2

scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
awk '/^```sh runnable$/ { on = 1; next } /^```/ { on = 0 } on' README.md >"$scratch/all"
[ -s "$scratch/all" ] || { echo 'readme_commands.sh: README.md has no runnable block' >&2; exit 1; }
grep -q '^git clone ' "$scratch/all" || { echo 'readme_commands.sh: README.md does not say git clone' >&2; exit 1; }
if [ -n "$skip" ]; then
	grep -qxF "$skip" "$scratch/all" || { echo "readme_commands.sh: README.md does not say $skip" >&2; exit 1; }
	grep -vxF "$skip" "$scratch/all" >"$scratch/commands"
else
	cp "$scratch/all" "$scratch/commands"
fi

# The longer prefix wins, so both spellings of the address lead here.
export GIT_CONFIG_COUNT=3
export GIT_CONFIG_KEY_0="url.file://$repository.insteadOf" GIT_CONFIG_VALUE_0=https://github.com/bitnet-go/bitnet
export GIT_CONFIG_KEY_1="url.file://$repository.insteadOf" GIT_CONFIG_VALUE_1=https://github.com/bitnet-go/bitnet.git
export GIT_CONFIG_KEY_2=safe.directory GIT_CONFIG_VALUE_2='*'

mkdir "$scratch/empty"
cd "$scratch/empty"
bash -euxo pipefail "$scratch/commands" </dev/null
