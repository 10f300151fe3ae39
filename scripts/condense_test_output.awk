# Condenses the output of go test -v: a line for each package that passes, all
# output of a package that fails. The reason of every skipped test is appended
# to the file named by the variable skipped. Fails if a package failed.

{ held[++n] = $0 }

# Output belongs to the test named last; the verdicts come in a block at the end.
/^=== (RUN|NAME|CONT) / { test = $3 }
/^ +[^ ]+_test\.go:[0-9]+: / { line = $0; sub(/^ +[^ ]+: /, "", line); reason[test] = line }
/^ *--- SKIP: / { print reason[$3] >> skipped }

# The last line of a package; its output comes in one piece.
/^(ok  |FAIL)\t/ {
	if (/^FAIL/) {
		failed = 1
		for (i = 1; i <= n; i++) print held[i]
	} else {
		print
	}
	n = 0
	split("", reason)
}

# Packages without tests are of no interest.
/^\?   \t/ { n = 0 }

END {
	# What follows the last package: a bare FAIL, or the build's complaints.
	for (i = 1; i <= n; i++) if (held[i] != "FAIL") { print held[i]; failed = 1 }
	exit failed
}
