#!/usr/bin/env bash
# Builds libtokenizers.a, which the build tag `tokenizers` links, and prints the
# folder that has it (in the user's cache; BITNET_TOKENIZERS_DIR names another):
#
#   CGO_LDFLAGS=-L$(scripts/tokenizers.sh) go test -tags tokenizers ./bitnet-core/tokenizer/hf
#
# With --built it builds nothing and fails if the library is not there. The
# source is the Go module's, so that both are of one version; so are the versions
# of the crates it needs, from the module's lock file. Only its manifest does
# not do: it takes a fork of tiktoken-rs from a repository, where the published
# crate builds as well. Takes cargo, a C compiler (for the regular expressions)
# and, hardly optimized as it is, a minute or two: it is for comparing results, not
# speed (bitnet-benchmarks/tokenize has a fast one).
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { printf 'tokenizers.sh: %s\n' "$1" >&2; exit 1; }

module=github.com/daulet/tokenizers
version=$(go list -m -f '{{.Version}}' "$module")

manifest() { # FOLDER of the module
	cat <<END
[package]
name = "tokenizers"
version = "1.23.0"
edition = "2021"

[lib]
crate-type = ["staticlib"]
path = "$1/src/lib.rs"

[dependencies]
libc = "0.2"
tokenizers = { version = "0.22", default-features = false, features = ["onig"] }
tiktoken-rs = "=0.9.1"
serde = { version = "1.0", features = ["derive"] }
serde_json = "1.0"
base64 = "0.22"
rustc-hash = "1.1"

[profile.release]
opt-level = 1
strip = "debuginfo"
END
}

cache=${BITNET_TOKENIZERS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/bitnet/tokenizers}
recipe=$(manifest '' | cksum | cut -d ' ' -f 1)
folder=$cache/$version-$recipe-$(go env GOOS)-$(go env GOARCH)
if [ -e "$folder/libtokenizers.a" ]; then
	printf '%s\n' "$folder"
	exit
fi
[ "${1:-}" != --built ] || fail "libtokenizers.a is not built; make tokenizers does it"
command -v cargo >/dev/null || fail \
	'cargo is not installed. Install Rust (1.95 was tried; that of Debian 12 is too old) and run this again.'
command -v cc >/dev/null || fail 'cc is not installed. Install a C compiler (Debian: gcc libc6-dev g++) and run this again.'

go mod download "$module"
source=$(go list -m -f '{{.Dir}}' "$module")
mkdir -p "$cache"
work=$(mktemp -d "$cache/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
manifest "$source" >"$work/Cargo.toml"
cat "$source/Cargo.lock" >"$work/Cargo.lock" # cp would keep it read-only
cargo build --release --manifest-path "$work/Cargo.toml" --target-dir "$work/target" >&2 ||
	fail "cargo did not build $module $version; see above"
mkdir -p "$folder"
mv -f "$work/target/release/libtokenizers.a" "$folder/libtokenizers.a"
printf '%s\n' "$folder"
