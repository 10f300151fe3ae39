#!/usr/bin/env bash
# Runs what is too slow for every change: `make test-long`. About an hour.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/legs.sh

packages=$(scripts/packages.sh)

# long_test TEST PACKAGE runs a test as long as it can be. One that did not run, since it
# has another name or its data is not there, has not passed.
long_test() {
	local said status=0
	said=$(BITNET_LONG=1 go test -v -count=1 -timeout 60m -run "^$1\$" "$2" 2>&1) || status=$?
	if [ $status = 0 ] && ! grep -q -- "^--- PASS: $1 " <<<"$said"; then
		status=1
	fi
	[ $status = 0 ] && tail -n 1 <<<"$said" || printf '%s\n' "$said"
	return $status
}

# No platform of ours, but integers of 32 bits find what a size in bytes overflows.
leg 'vet for linux/386' env CGO_ENABLED=0 GOOS=linux GOARCH=386 go vet $packages
leg 'race detector' go_test -race -count=1 -timeout 60m $packages
leg 'tests in random order, three times' go_test -count=3 -shuffle=on -timeout 60m $packages
leg 'tests with -tags purego' env BITNET_REQUIRE_ASM= go test -count=1 -timeout 60m -tags purego $packages
if command -v qemu-aarch64-static >/dev/null; then
	# Without dot products, with them, with int8 matrix products too.
	required=
	for pair in cortex-a72:neon cortex-a76:neondot max:i8mm; do
		model=${pair%:*} required=$required${required:+,}${pair#*:}
		leg "tests for arm64 on $model" env GOMAXPROCS=1 BITNET_REQUIRE_ASM=$required CGO_ENABLED=0 GOARCH=arm64 \
			go test -count=1 -timeout 60m -exec "qemu-aarch64-static -cpu $model" $packages
	done
else
	left_out 'tests for arm64' 'qemu-aarch64-static is not installed (Debian package qemu-user-static)'
fi
if [ "$(go env GOOS)/$(go env GOARCH)" = linux/amd64 ] && go build -o bin/isaemu ./bitnet-quant/internal/isaemu/cmd && bin/isaemu -probe; then
	# Whole models, which is where prefill takes AMX.
	leg 'transformer with emulated AMX' go_test -count=1 -exec "$PWD/bin/isaemu" ./bitnet-inference/transformer ./bitnet-inference/bench
else
	not_possible 'transformer with emulated AMX' 'it needs Linux on amd64 and ptrace'
fi
leg 'perplexity of whole documents in every lossless format' long_test TestLosslessPerplexity ./bitnet-cli/internal/cli
leg 'conversions killed at any moment' long_test TestKill ./bitnet-inference/transcode
leg 'pulls killed 200 times' long_test TestKill ./bitnet-inference/hub
leg 'fuzzing, a minute a target' scripts/fuzz.sh 60s
summary
