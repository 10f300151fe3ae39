#!/usr/bin/env bash
# Fails when a go.mod or go.sum is not what `go mod tidy` would write. Tidy does
# not use the workspace, so this also shows that each module stands on its own.
set -euo pipefail
cd "$(dirname "$0")/.."
status=0
for dir in $(go list -m -f '{{.Dir}}'); do
	GOWORK=off go -C "$dir" mod tidy -diff || status=1
done
exit $status
