#!/usr/bin/env bash
# Fails when a go.mod or go.sum does not have what `go mod tidy` would write. Tidy
# does not use the workspace, so this also shows that each module stands on its
# own. The order of lines does not count: tidy leaves that of go.sum, say after a
# merge, but reports it.
set -euo pipefail
cd "$(dirname "$0")/.."

lines() { sed -n "s/^[$1]\([^$1]\)/\1/p" <<<"$2" | sort; } # + or -, diff

status=0
for dir in $(go list -m -f '{{.Dir}}'); do
	if ! diff=$(GOWORK=off go -C "$dir" mod tidy -diff); then
		[ -n "$diff" ] && [ "$(lines + "$diff")" = "$(lines - "$diff")" ] && continue
		printf '%s\n%s\n' "$dir" "$diff"
		status=1
	fi
done
exit $status
