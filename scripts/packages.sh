#!/usr/bin/env bash
# Prints the pattern for all packages of each module: ./bitnet-core/... and so on.
set -euo pipefail
go list -m | sed 's|.*/\(.*\)|./\1/...|'
