#!/usr/bin/env bash
# Measures the packages for arrays and writes the tables of docs/tensor.md: some five
# minutes, on a machine that does nothing else. Needs what bitnet-benchmarks/numpy/run and
# gemm/run need: Python with venv, and OpenBLAS.
set -euo pipefail
cd "$(dirname "$0")/.."

bench=$(mktemp)
table=$(mktemp)
page=docs/tensor.md
trap 'rm -f "$bench" "$table" "$page.new"' EXIT

# replace MARK puts what stands in $table between <!-- MARK --> and <!-- end of MARK -->.
replace() {
	awk -v table="$table" -v mark="$1" '
		$0 == "<!-- " mark " -->" { print; print ""; while ((getline line < table) > 0) print line; print ""; skip = 1; next }
		$0 == "<!-- end of " mark " -->" { skip = 0 }
		!skip { print }' "$page" >"$page.new"
	mv "$page.new" "$page"
}

core=./bitnet-core
{
	go test -run '^$' -benchtime 200ms -bench 'Slices' -count 3 -cpu 1 $core/dtype
	go test -run '^$' -benchtime 200ms -bench 'Functions' -count 3 -cpu 1 $core/vecmath
	go test -run '^$' -benchtime 200ms -bench 'Small|SoftmaxDown|Halves' -count 3 -cpu 1 $core/tensor
	go test -run '^$' -benchtime 200ms -bench 'Sizes' -count 3 $core/tensor
	go test -run '^$' -benchtime 200ms -bench 'Copy' -count 3 -cpu 1 $core/internal/transpose
	go test -run '^$' -benchtime 200ms -bench 'Quantize|TimesScalar' -count 3 -cpu 1 $core/convert
} | tee "$bench" >&2

{
	echo '| benchmark | ns/op | MB/s | Go allocations | other figures |'
	echo '|---|---:|---:|---:|---|'
	# The median of the runs of each benchmark, in the order they came.
	awk '
		/^cpu:/ { sub(/^cpu: /, ""); cpu = $0 }
		/^pkg:/ { pkg = $2; sub(/.*bitnet-core\//, "", pkg) }
		/^Benchmark/ && / ns\/op/ {
			name = $1
			sub(/^Benchmark/, "", name)
			name = pkg " " name
			if (!(name in n)) order[++count] = name
			i = ++n[name]
			other[name] = ""
			for (f = 3; f < NF; f += 2) {
				if ($(f + 1) == "ns/op") ns[name, i] = $f
				else if ($(f + 1) == "MB/s") mb[name, i] = $f
				else if ($(f + 1) == "allocs/op") allocs[name] = $f
				else if ($(f + 1) != "B/op") other[name] = other[name] (other[name] == "" ? "" : ", ") $f " " $(f + 1)
			}
		}
		function median(of, name,    i, j, t, m, v) {
			m = n[name]
			for (i = 1; i <= m; i++) v[i] = of[name, i] + 0
			for (i = 1; i < m; i++) for (j = i + 1; j <= m; j++) if (v[j] < v[i]) { t = v[i]; v[i] = v[j]; v[j] = t }
			return v[int((m + 1) / 2)]
		}
		END {
			for (k = 1; k <= count; k++) {
				name = order[k]
				speed = (name, 1) in mb ? sprintf("%.0f", median(mb, name)) : ""
				printf "| %s | %.4g | %s | %s | %s |\n", name, median(ns, name), speed, allocs[name], other[name]
			}
			printf "\n`scripts/tensor_table.sh`, %s, medians of 3 runs of a second; a name that ends in a number was run on so many processors, others on one.\n", cpu
		}' "$bench"
	printf '%s, %s.\n' "$(go version | cut -d' ' -f3)" "$(date -u +%F)"
} >"$table"
replace benchmarks

bitnet-benchmarks/numpy/run >"$table"
replace numpy

bitnet-benchmarks/gemm/run | sed "s/^\(PASS\|FAIL\)/- \1/" >"$table"
replace gemm
