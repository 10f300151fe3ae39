#!/usr/bin/env bash
# Runs every go:generate line and fails when a committed file would change.
set -euo pipefail
cd "$(dirname "$0")/.."
before=$(git diff; git status --porcelain)
for dir in $(go list -m -f '{{.Dir}}'); do
	# The generators are modules of their own, outside of the workspace.
	GOWORK=off go -C "$dir" generate ./...
done
after=$(git diff; git status --porcelain)
[ "$before" = "$after" ] || { git status --short; echo 'check_generated.sh: go generate changed these files' >&2; exit 1; }
