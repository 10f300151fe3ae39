#!/usr/bin/env bash
# Measures the statements of every module that the tests of all modules reach.
# Writes cover.out and prints the least covered files and the total.
set -euo pipefail
cd "$(dirname "$0")/.."
packages=$(scripts/packages.sh)
go test -coverpkg "$(echo $packages | tr ' ' ,)" -coverprofile cover.out $packages >/dev/null
# A profile line: file:start,end statements count. A block repeats for each test binary.
awk -F'[: ]' 'NR > 1 {
	block = $1 ":" $2; size[block] = $3; file[block] = $1
	if ($4 > 0) hit[block] = 1
} END {
	for (b in size) { all[file[b]] += size[b]; total += size[b]; if (hit[b]) { got[file[b]] += size[b]; reached += size[b] } }
	for (f in all) printf "%5.1f %%  %4d statements  %s\n", 100 * got[f] / all[f], all[f], f | "sort -n | head -n 25"
	close("sort -n | head -n 25")
	printf "%5.1f %%  of %d statements in all\n", 100 * reached / total, total
}' cover.out
