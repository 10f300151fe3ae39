#!/usr/bin/env bash
# Measures what formats and types of the head cost the built-in model, on its 40 evaluation
# documents, and writes the table of docs/quality.md: a few minutes. Needs BITNET_TESTDATA
# and python3.
set -euo pipefail
cd "$(dirname "$0")/.."

docs=${BITNET_TESTDATA:-../shared}/models/fable-29m/eval_docs.json
page=docs/quality.md
for mark in '<!-- measured -->' '<!-- end of measured -->'; do
	grep -qxF -- "$mark" $page || { echo "quality_table.sh: $page has no line $mark, where the table goes" >&2; exit 1; }
done
command -v python3 >/dev/null || { echo 'quality_table.sh: python3 is not installed' >&2; exit 1; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

go build -o "$dir/bitnet" ./bitnet-cli/cmd/bitnet
bitnet=$dir/bitnet
"$bitnet" perplexity fable --docs "$docs" --kl-save "$dir/base" >&2

# row NAME MODEL FLAGS... prints a line of the table.
row() {
	"$bitnet" perplexity "$2" --docs "$docs" --kl-base "$dir/base" --json "${@:3}" |
		NAME=$1 python3 -c '
import json, os, sys
r = json.load(sys.stdin)
ratio, kl, same, p = r["ln_ratio"], r["kl"], r["same_top"], r["probability_difference"]
print("| {} | {:.4f} | {:.5f} ± {:.5f} | {:.2e} ± {:.0e} | {:.1e} | {:.1e} | {:.2f} % | {:.3f} % |".format(
    os.environ["NAME"], r["perplexity"], ratio["mean"], ratio["stderr"], kl["mean"], kl["stderr"],
    kl["quantiles"]["0.99"], kl["quantiles"]["1"], 100 * same["mean"], 100 * p["rms"]))'
}

{
	echo '| model | perplexity | ln ratio to the base | KL, mean | 99 % | largest | same top | rms of p |'
	echo '|---|---:|---:|---:|---:|---:|---:|---:|'
	row 'as it is (bf16 head)' fable
	for type in i2_s tq1_0 tq2_0; do
		"$bitnet" convert fable "$dir/model.gguf" --type "$type" --force >&2
		row "\`--type $type\`" "$dir/model.gguf"
	done
	for type in f16 q8_0 q6_k; do
		row "head only, \`--head $type\`" fable --head "$type"
	done
	for type in f16 q8_0 q6_k q4_0; do
		"$bitnet" convert fable "$dir/model.gguf" --embedding "$type" --allow-lossy --force >&2
		row "\`--embedding $type\`, which is the head" "$dir/model.gguf"
	done
	for type in f16 q8_0; do
		row "keys and values, \`--cache-type $type\`" fable --cache-type "$type"
	done
} >"$dir/table"

awk -v table="$dir/table" '
	/<!-- measured -->/ { print; print ""; while ((getline line < table) > 0) print line; print ""; skip = 1; next }
	/<!-- end of measured -->/ { skip = 0 }
	!skip { print }' "$page" >"$dir/page"
cp "$dir/page" "$page"
