# Sourced by the scripts that run several checks and end with a summary of them.
#
#   leg NAME COMMAND…   runs a check; a failure is remembered and the rest go on
#   left_out NAME WHY   notes a check that this machine cannot run; with CI=true
#                       that is a failure, since CI is to have everything
#   not_possible NAME WHY  the same for what no tool would help with: never a
#                       failure, but in capitals
#   summary             prints what passed, failed and was left out, and returns 1
#                       if anything failed
#
# Works with the bash 3.2 of macOS.

results=$(mktemp)
skipped_tests=$(mktemp)
trap 'rm -f "$results" "$skipped_tests"' EXIT
failures=0

leg() {
	local name=$1 start=$SECONDS status=passed
	shift
	printf '\n== %s\n' "$name"
	"$@" || status=FAILED
	[ $status = passed ] || failures=$((failures + 1))
	printf '%-8s%4d s  %s\n' $status $((SECONDS - start)) "$name" >>"$results"
}

left_out() {
	local status='not run'
	if [ "${CI:-}" = true ]; then
		status=MISSING
		failures=$((failures + 1))
	fi
	printf '%-14s  %s: %s\n' "$status" "$1" "$2" >>"$results"
}

not_possible() {
	printf '\n== %s\nNOT POSSIBLE HERE: %s\n' "$1" "$2"
	printf '%-14s  %s: %s\n' 'NOT POSSIBLE' "$1" "$2" >>"$results"
}

# go_test ARGUMENTS… runs go test. Of packages that pass it prints a line each, of
# those that fail everything. It keeps the reasons of tests that skip themselves
# for the summary.
go_test() {
	go test -v "$@" 2>&1 | awk -v skipped="$skipped_tests" -f scripts/condense_test_output.awk
}

summary() {
	printf '\n== summary\n'
	if [ -s "$skipped_tests" ]; then
		printf 'tests that skipped themselves:\n'
		sort "$skipped_tests" | uniq -c | sort -rn
	fi
	cat "$results"
	printf 'total %d s\n' $SECONDS
	[ $failures = 0 ]
}
