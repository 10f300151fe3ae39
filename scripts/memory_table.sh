#!/usr/bin/env bash
# Measures the memory packages and writes the tables of docs/memory.md: some five
# minutes, on a machine that does nothing else. Needs cc, libmimalloc-dev and
# libjemalloc-dev for the second table.
set -euo pipefail
cd "$(dirname "$0")/.."

bench=$(mktemp)
table=$(mktemp)
page=docs/memory.md
trap 'rm -f "$bench" "$table" "$page.new"' EXIT

go test -run '^$' -bench 'Pool|Track|Reclaim' -count 3 ./bitnet-core/memory/... | tee "$bench" >&2
go test -run '^$' -bench 'PoolParallel' -count 3 -cpu 1,2 ./bitnet-core/memory/pool | tee -a "$bench" >&2

{
	echo '| benchmark | ns/op | Go allocations | other figures |'
	echo '|---|---:|---:|---|'
	# The median of the runs of each benchmark, in the order they came.
	awk '
		/^cpu:/ { sub(/^cpu: /, ""); cpu = $0 }
		/^Benchmark/ && / ns\/op/ {
			name = $1
			sub(/^Benchmark/, "", name)
			if (!(name in n)) order[++count] = name
			i = ++n[name]
			other[name] = ""
			for (f = 3; f < NF; f += 2) {
				if ($(f + 1) == "ns/op") ns[name, i] = $f
				else if ($(f + 1) == "allocs/op") allocs[name] = $f
				else if ($(f + 1) != "B/op") other[name] = other[name] (other[name] == "" ? "" : ", ") $f " " $(f + 1)
			}
		}
		END {
			for (k = 1; k <= count; k++) {
				name = order[k]
				m = n[name]
				for (i = 1; i <= m; i++) v[i] = ns[name, i] + 0
				for (i = 1; i < m; i++) for (j = i + 1; j <= m; j++) if (v[j] < v[i]) { t = v[i]; v[i] = v[j]; v[j] = t }
				printf "| %s | %.4g | %s | %s |\n", name, v[int((m + 1) / 2)], allocs[name], other[name]
			}
			printf "\n`scripts/memory_table.sh`, %s, medians of 3 runs of a second; a name ends in the number of processors.\n", cpu
		}' "$bench"
	printf '%s, %s.\n\n' "$(go version | cut -d' ' -f3)" "$(date -u +%F)"
	bitnet-benchmarks/allocators/run
} >"$table"

awk -v table="$table" '
	/<!-- measured -->/ { print; print ""; while ((getline line < table) > 0) print line; print ""; skip = 1; next }
	/<!-- end of measured -->/ { skip = 0 }
	!skip { print }' "$page" >"$page.new"
mv "$page.new" "$page"
