#!/usr/bin/env bash
# Checks that model files go both ways between bitnet and llama.cpp, the Python packages
# gguf and safetensors, and transformers, and prints a table of the pairs; status 1 if
# one fails:
#
#   scripts/interop.sh            all pairs
#   scripts/interop.sh --quick    fewer tokens and types
#   scripts/interop.sh --write    also puts the table into docs/interop.md
#   scripts/interop.sh --install  only installs
#
# The first run installs what it compares with under the user's cache directory, from npm
# and PyPI: 1.6 GB on disk, most of it torch, 0.7 GB to load. What is in scripts/interop does
# the work; models are read from BITNET_TESTDATA, by default ../shared.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { printf 'interop.sh: %s\n' "$1" >&2; exit 1; }

cache=${XDG_CACHE_HOME:-$HOME/.cache}/bitnet
export BITNET_TESTDATA=${BITNET_TESTDATA:-$PWD/../shared}
[ -d "$BITNET_TESTDATA/models" ] || fail "$BITNET_TESTDATA has no folder models; set BITNET_TESTDATA to the test data"
for tool in go npm python3; do
	command -v $tool >/dev/null || fail "$tool is not installed, and is needed here"
done

# Networks fail now and then.
retried() {
	local pause
	for pause in 5 20; do
		"$@" && return
		printf 'interop.sh: %s failed; again in %d s\n' "${1##*/} $2" $pause >&2
		sleep $pause
	done
	"$@"
}

# The directory of llama.cpp's libraries, which bitnet-benchmarks/peers uses, too.
install_llama() {
	CGO_ENABLED=0 go build -o bin/peers ./bitnet-benchmarks/peers
	llama=$(retried bin/peers --install --scripts bitnet-benchmarks/peers) || exit
}

# The environment keeps the name of what is in it; older ones go.
install_python() {
	local list=scripts/interop/requirements.txt
	environment=$cache/interop/python-$({
		python3 -c 'import sys; print(*sys.version_info[:2])'
		cat $list .ci/requirements.txt
		declare -f spare_cuda
	} | sha256sum | cut -c1-12)
	[ -e "$environment/complete" ] && return
	rm -rf "$cache/interop"
	python3 -m venv "$environment" || fail 'python3 cannot make an environment; is its module venv installed (Debian: python3-venv)?'
	retried "$environment/bin/pip" install -q --disable-pip-version-check --no-cache-dir --no-compile --no-deps -r $list ||
		fail "pip cannot install what $list names; is there a network?"
	spare_cuda
	touch "$environment/complete"
}

# PyPI's torch for Linux is linked with 3 GB of CUDA's libraries, of which it calls nothing
# where there is no such device. It is content to find files of their names, any library
# whose symbols have no versions, if functions are looked up when they are called. Python
# would look them up at once.
spare_cuda() {
	local packages names name
	packages=$("$environment/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
	names=$(ldd "$packages/torch/lib/libtorch_python.so" | sed -n 's/^[[:space:]]*\([^ ]*\) => not found$/\1/p' | sort -u)
	for name in $names; do
		ln -s libc10.so "$packages/torch/lib/$name"
	done
	echo 'import os, sys; sys.setdlopenflags(os.RTLD_LAZY)' >"$packages/lazy.pth"
}

mkdir -p "$cache"
exec 9>"$cache/interop.lock"
flock 9 # one at a time installs
install_llama
install_python
[ "${1:-}" != --install ] || exit 0
flock -s 9 # and nobody, of another version perhaps, removes it while it is in use
[ -e "$environment/complete" ] || fail 'another checkout has just removed the environment; run this again'
CGO_ENABLED=0 go build -o bin/bitnet ./bitnet-cli/cmd/bitnet
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Not beside the sources goes what Python compiles. torch.compile would start a C++ compiler for functions that run once.
PYTHONDONTWRITEBYTECODE='' PYTHONPYCACHEPREFIX=$environment/bytecode TORCH_COMPILE_DISABLE=1 HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error \
	PYTHONPATH=$PWD/bitnet-benchmarks/peers \
	"$environment/bin/python" scripts/interop --bitnet bin/bitnet --llama "$llama" --work "$work" "$@"
