#!/usr/bin/env bash
# Fuzzes every target of every module for the given time: fuzz.sh [60s].
# An input that fails is written to the package's testdata/fuzz; commit it with
# the correction.
set -euo pipefail
cd "$(dirname "$0")/.."
duration=${1:-60s}

# One target compares with the Hugging Face library, if `make tokenizers` built it.
if library=$(scripts/tokenizers.sh --built 2>/dev/null); then
	export CGO_LDFLAGS=-L$library GOFLAGS="${GOFLAGS:-} -tags=tokenizers"
fi

# go test -list prints the names of a package, then "ok", the package and a time.
targets=$(go test -list '^Fuzz' $(scripts/packages.sh) |
	awk '/^Fuzz/ { names[++n] = $1 } /^ok/ { for (i = 1; i <= n; i++) print $2, names[i]; n = 0 }')
[ -n "$targets" ] || { echo 'fuzz.sh: no fuzz target found' >&2; exit 1; }

# Two at a time, each on half of the cores: one is built while another runs.
failures=$(mktemp -d)
trap 'rm -rf "$failures"' EXIT
half=$((($(nproc 2>/dev/null || echo 2) + 1) / 2))
export duration failures half

fuzz() { # PACKAGE TARGET
	local package=${1#github.com/bitnet-go/bitnet/} target=$2 output
	printf '%s %s\n' "$package" "$target"
	if ! output=$(go test -run '^$' -fuzz "^$target\$" -fuzztime "$duration" -parallel "$half" "./$package" </dev/null 2>&1); then
		# When the time is up, Go before 1.27 may report its own deadline as a
		# failure (go.dev/issue/75804). A real one names the input it wrote.
		case $output in
		*'Failing input written'*) ;;
		*'    context deadline exceeded'*) return ;;
		esac
		printf '%s\n' "$output"
		touch "$failures/${package//\//.}.$target"
	fi
}
export -f fuzz

xargs -P 2 -L 1 bash -c 'set -uo pipefail; fuzz "$@"' - <<<"$targets"
failed=$(ls "$failures")
[ -z "$failed" ] || { printf 'fuzz.sh: failed: %s\n' "$failed" >&2; exit 1; }
