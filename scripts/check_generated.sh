#!/usr/bin/env bash
# Runs every go:generate line and fails when a committed file would change. The
# built-in model is left out where the checkpoint it is made from is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
skip=
[ -d ../shared/models/fable-29m ] || skip='-skip=makefable'
before=$(git diff; git status --porcelain)
for dir in $(go list -m -f '{{.Dir}}'); do
	# The generators are modules of their own, outside of the workspace.
	GOWORK=off go -C "$dir" generate $skip ./...
done
after=$(git diff; git status --porcelain)
[ "$before" = "$after" ] || { git status --short; echo 'check_generated.sh: go generate changed these files' >&2; exit 1; }
