package reclaim

import (
	"bytes"
	"os"
	"strconv"
)

// resident returns the resident set of the process in bytes, 0 if it is not to be had.
// It reads statm, see proc_pid_statm(5): smaps_rollup is exact but visits every page.
func resident() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
