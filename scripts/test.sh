#!/usr/bin/env bash
# Runs every check that a change must pass, in all modules: `make test`.
# Needs Go alone; what it leaves out for want of a tool stands in the summary.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/legs.sh

packages=$(scripts/packages.sh)
core=./bitnet-core
quant=./bitnet-quant
screen=./bitnet-inference/screen # has assembly too
hf=./bitnet-core/tokenizer/hf     # has nothing without its tag
# Where the variants of a kernel live, and what chooses among them.
kernels="$core/blas/... $core/convert/... $core/dtype/... $core/internal/transpose $core/nn/... $core/parallel/... $core/simd/... $core/vec/... $core/vecmath/... $quant/..."
# Of these, the packages with several variants for arm64.
assembly="$core/blas $core/nn $core/simd $quant/bitlinear $quant/int8act $quant/ternary"

# Results from Go's cache are as good as new ones while one works on a change.
# They are not in CI, and not where a variable that is read before the tests
# start, like BITNET_SIMD, chooses what is tested: the cache does not see it.
fresh=
[ "${CI:-}" = true ] && fresh=-count=1

go_files_formatted() {
	local unformatted
	unformatted=$(gofmt -l .)
	[ -z "$unformatted" ] || { printf 'gofmt differs:\n%s\n' "$unformatted"; return 1; }
}

vet_for() { # GOOS/GOARCH [FLAG…]
	local platform=$1
	shift
	CGO_ENABLED=0 GOOS=${platform%/*} GOARCH=${platform#*/} go vet "$@" $packages
}

# CI has everything that tests can do without elsewhere.
nothing_skipped() {
	! grep -v -e 'this CPU' -e 'BITNET_REQUIRE_ASM is not set' -e 'ptrace is not permitted' "$skipped_tests"
}

# With all variants but the ones above LEVEL switched off.
test_at_level() {
	BITNET_SIMD=$1 BITNET_REQUIRE_ASM='' go_test -count=1 $kernels $screen
}

test_without_assembly() {
	BITNET_REQUIRE_ASM='' go_test $fresh -tags purego $core/... $quant/... $screen
}

# Against the Hugging Face library in FOLDER.
test_tokenizers() {
	local -x CGO_LDFLAGS=-L$1
	go vet -tags tokenizers $hf && go_test $fresh -tags tokenizers $hf || return 1
	! command -v golangci-lint >/dev/null || golangci-lint run --build-tags tokenizers $hf
}

# One thread: qemu-user on amd64 lets loads pass atomic stores, which ARM forbids.
test_arm64() { # MODEL REQUIRED ARGUMENTS…
	local model=$1 required=$2
	shift 2
	BITNET_REQUIRE_ASM=$required CGO_ENABLED=0 GOARCH=arm64 go_test $fresh \
		-exec "env GOMAXPROCS=1 qemu-aarch64-static -cpu $model" "$@"
}

test_kernels_arm64() { # MODEL REQUIRED PACKAGE…
	test_arm64 "$@" && test_arm64 "$1" "$2" -short $screen
}

# Instructions that this CPU may lack, for kernels of which it has the rest.
test_emulated() { # REQUIRED PACKAGE…
	local required=$1
	shift
	BITNET_REQUIRE_ASM=$required go_test -count=1 -timeout 5m -exec "$PWD/bin/isaemu" "$@"
}

leg 'gofmt' go_files_formatted
leg 'go.mod files are tidy' scripts/check_tidy.sh
for platform in linux/amd64 linux/arm64 darwin/arm64 windows/amd64; do
	leg "vet for $platform" vet_for $platform
done
leg 'vet with -tags purego' vet_for "$(go env GOOS)/$(go env GOARCH)" -tags purego
if command -v golangci-lint >/dev/null; then
	leg 'lint' golangci-lint run $packages
else
	left_out 'lint' 'golangci-lint is not installed'
fi

leg 'one static binary' env CGO_ENABLED=0 go build -o bin/bitnet ./bitnet-cli/cmd/bitnet
# Go's cache does not see what is outside of the test's own module.
leg 'docs/parity.md names what there is' go_test -count=1 ./bitnet-benchmarks/internal/parity
leg 'tests' go_test $fresh -timeout 20m $packages
[ "${CI:-}" != true ] || leg 'no test left out' nothing_skipped
leg 'tests with -tags purego' test_without_assembly
leg 'memory tests with -tags memtrace' go_test $fresh -short -tags memtrace $core/memory/... ./bitnet-inference/kvcache
if library=$(scripts/tokenizers.sh --built 2>/dev/null); then
	leg 'tokenizers against the Hugging Face library' test_tokenizers "$library"
else
	not_possible 'tokenizers against the Hugging Face library' 'make tokenizers builds it, with cargo'
fi
levels=
case $(go env GOARCH) in
	amd64) levels='avx512 avx2 generic' ;;
	arm64) levels='neondot neon generic' ;;
esac
for level in $levels; do
	leg "kernel tests with BITNET_SIMD=$level" test_at_level $level
done
emulated='kernel tests with emulated AVX-VNNI and AMX'
cpu_has() { grep -qm 1 "^flags.*\b$1\b" /proc/cpuinfo; }
if [ "$(go env GOOS)/$(go env GOARCH)" != linux/amd64 ]; then
	: # the emulator is for no other
elif cpu_has avx_vnni && cpu_has amx_int8; then
	: # the tests above ran them
elif ! cpu_has avx2; then
	not_possible "$emulated" 'the CPU has no AVX2, on which they build'
elif ! go build -o bin/isaemu ./bitnet-quant/internal/isaemu/cmd; then
	leg "$emulated" false
elif why=$(bin/isaemu -probe 2>&1); then
	required=avxvnni
	! cpu_has avx512vbmi || required=$required,amx
	leg "$emulated" test_emulated $required $assembly $screen
	BITNET_SIMD=avxvnni leg "$emulated, BITNET_SIMD=avxvnni" test_emulated avxvnni \
		-run 'Level|Required|MulEdges|MulBounds' $core/simd $quant/ternary
else
	not_possible "$emulated" "skipped: $why"
fi
if [ "$(go env GOARCH)" = arm64 ]; then
	: # the tests above ran them
elif command -v qemu-aarch64-static >/dev/null; then
	leg 'kernel tests for arm64' test_kernels_arm64 max neon,neondot,i8mm $kernels
	# CPUs without matrix products, and without dot products too.
	# The first without nn, whose variants the CPU with everything ran: it takes longest.
	leg 'kernel tests for arm64 on cortex-a76' test_kernels_arm64 cortex-a76 neon,neondot ${assembly/"$core/nn "/}
	leg 'kernel tests for arm64 on cortex-a72' test_kernels_arm64 cortex-a72 neon $assembly
else
	left_out 'kernel tests for arm64' 'qemu-aarch64-static is not installed (Debian package qemu-user-static)'
fi
if [ "${CI:-}" = true ]; then
	leg 'fuzzing, 1 s a target' scripts/fuzz.sh 1s
else
	left_out 'fuzzing' 'make fuzz does it'
fi
summary
