package pressure

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strconv"
	"strings"
	"time"
)

// noLimit is more than any machine has. Version 1 of the control groups writes
// "none" as the largest number of whole pages.
const noLimit = math.MaxInt64 / 2

// system reads the machine's memory.
func (m *Monitor) system() Reading {
	total, available, err := m.memory()
	if err != nil {
		return Reading{Err: fmt.Errorf("pressure: %w", err)}
	}
	return Reading{Used: int64(total - available), Limit: int64(total)}
}

// group reads the control groups: the one that is fullest, the smallest limit of all
// and the least that is free in one.
func (m *Monitor) group(now time.Time) (fullest Reading, limit, free int64) {
	limit, free = noLimit, noLimit
	if m.tree == nil {
		return Reading{Err: errNoGroups}, limit, free
	}
	if m.found.IsZero() || now.Sub(m.found) >= groupsAge {
		m.groups, m.found = m.tree.ControlGroups(), now
	}
	found := false
	var faults []error
	for _, v := range []struct {
		dirs  []string
		files groupFiles
	}{{m.groups.Unified, version2}, {m.groups.Memory, version1}} {
		for _, dir := range v.dirs {
			r, err := m.readGroup(dir, v.files)
			switch {
			case errors.Is(err, fs.ErrNotExist): // as in the root of version 2
				continue
			case err != nil:
				faults = append(faults, fmt.Errorf("pressure: control group: %w", err))
				continue
			}
			found = true
			if r.Limit == noLimit {
				continue
			}
			limit, free = min(limit, r.Limit), min(free, r.Limit-r.Used)
			if fullest.Limit == 0 || r.share() > fullest.share() {
				fullest = r
			}
		}
	}
	fullest.Err = errors.Join(faults...)
	if !found && fullest.Err == nil {
		fullest.Err = errNoGroups
	}
	return fullest, limit, max(free, 0)
}

func (r Reading) share() float64 { return float64(r.Used) / float64(r.Limit) }

// groupFiles are the files of a control group that say how much memory it may use
// and uses.
//
// Sources: kernel documentation admin-guide/cgroup-v2 and cgroup-v1/memory.
type groupFiles struct {
	limits   []string // the smallest holds; the first is always there
	usage    string
	inactive string // field of memory.stat
}

var (
	// Above memory.high a group is not killed but slowed down and squeezed, which is
	// no place to be either.
	version2 = groupFiles{[]string{"/memory.max", "/memory.high"}, "/memory.current", "inactive_file"}
	version1 = groupFiles{[]string{"/memory.limit_in_bytes"}, "/memory.usage_in_bytes", "total_inactive_file"}
)

// readGroup reads a control group. Cached file pages that were not used lately do
// not count as used: the kernel drops them before anybody has to wait. (Kubernetes
// counts in the same way and calls it the working set.)
func (m *Monitor) readGroup(dir string, files groupFiles) (Reading, error) {
	r := Reading{Path: dir, Limit: noLimit}
	for i, name := range files.limits {
		limit, err := m.bytes(dir + name)
		if i > 0 && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return r, err
		}
		r.Limit = min(r.Limit, max(limit, 1)) // a limit of 0 is one
	}
	if r.Limit == noLimit {
		return r, nil
	}
	used, err := m.bytes(dir + files.usage)
	if errors.Is(err, fs.ErrNotExist) { // unlike a group that has no limit either
		return r, fmt.Errorf("%s has a limit but no %s", dir, files.usage[1:])
	}
	if err != nil {
		return r, err
	}
	// Without memory.stat all of the cache counts.
	var inactive int64
	for line := range strings.Lines(m.tree.Text(dir + "/memory.stat")) {
		if value, ok := strings.CutPrefix(line, files.inactive+" "); ok {
			inactive, _ = parseBytes(strings.TrimSpace(value))
			break
		}
	}
	r.Used = max(used-inactive, 0)
	return r, nil
}

// bytes reads a file that holds a number of bytes.
func (m *Monitor) bytes(path string) (int64, error) {
	text, err := m.tree.Read(path)
	if err != nil {
		return 0, err
	}
	n, ok := parseBytes(text)
	if !ok {
		return 0, fmt.Errorf("%s says %.40q, want a number of bytes", path, text)
	}
	return n, nil
}

// parseBytes parses a number of bytes, at most noLimit. "max" and, in version 1, -1
// mean that there is no limit.
func parseBytes(s string) (n int64, ok bool) {
	if s == "max" || s == "-1" {
		return noLimit, true
	}
	u, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, false
	}
	return int64(min(u, noLimit)), true
}

// stalls reads a file of pressure stall information (kernel documentation
// accounting/psi).
func (m *Monitor) stalls(path string) Reading {
	if m.tree == nil {
		return Reading{Err: fmt.Errorf("pressure: no pressure stall information: %w", errors.ErrUnsupported)}
	}
	text, err := m.tree.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("no file %s: %w", path, errors.ErrUnsupported)
	}
	if err != nil {
		return Reading{Path: path, Err: fmt.Errorf("pressure: %w", err)}
	}
	some, full, ok := parseStalls(text)
	if !ok {
		return Reading{Path: path, Err: fmt.Errorf("pressure: %s says %.80q, want some and full with avg10 in percent", path, text)}
	}
	return Reading{Path: path, Some: some, Full: full}
}

// parseStalls parses the averages of the last 10 seconds in
//
//	some avg10=1.53 avg60=0.87 avg300=0.25 total=1234567
//	full avg10=0.00 avg60=0.12 avg300=0.05 total=345678
func parseStalls(text string) (some, full float64, ok bool) {
	found := 0
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != "some" && fields[0] != "full" {
			continue
		}
		value, isAverage := strings.CutPrefix(fields[1], "avg10=")
		percent, err := strconv.ParseFloat(value, 64)
		if !isAverage || err != nil || !(percent >= 0 && percent <= 100) {
			return 0, 0, false
		}
		found++
		if fields[0] == "some" {
			some = percent / 100
		} else {
			full = percent / 100
		}
	}
	return some, full, found == 2
}
