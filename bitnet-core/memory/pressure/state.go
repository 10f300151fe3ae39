package pressure

import (
	"errors"
	"fmt"
	"time"
)

// The sources of pressure, as Reading and Change name them.
const (
	SourceLimit        = "limit"         // what a Gauge was told
	SourceGroup        = "cgroup"        // the control group that is fullest, of this process' and their ancestors
	SourceGroupStalls  = "cgroup stalls" // time lost for want of memory in this process' group
	SourceSystem       = "system"        // the machine's memory
	SourceSystemStalls = "system stalls" // time lost for want of memory in the whole machine
)

// The sources of a Monitor, by index.
const (
	group = iota
	groupStalls
	system
	systemStalls
	sources
)

var sourceNames = [sources]string{SourceGroup, SourceGroupStalls, SourceSystem, SourceSystemStalls}

// errNoGroups is for a process that is in no control group, as all are on other
// systems than Linux.
var errNoGroups = fmt.Errorf("pressure: no control groups found: %w", errors.ErrUnsupported)

// A State is what a Monitor saw at one time.
type State struct {
	Level    Level     // the worst of the readings
	Limit    int64     // bytes; see Monitor.Limit
	Free     int64     // bytes until the first limit is reached; 0 if no limit is known
	Readings []Reading // one of each source
	Time     time.Time
}

// A Reading is what one source said.
type Reading struct {
	Source string
	Level  Level

	// Of SourceGroup and SourceSystem, in bytes. A Limit of 0 is none.
	Used, Limit int64

	// Of stalls: the shares, 0 to 1, of the last ten seconds in which some task and
	// all tasks waited for memory.
	Some, Full float64

	// Path is the directory or file that was read, "" if none was.
	Path string

	// Err says what could not be read; the level is that of the rest, None if there
	// is none. It wraps errors.ErrUnsupported if the system has no such source.
	Err error
}

// cause returns the reading because of which the level is not that of before.
func (s State) cause(before State) Reading {
	for i, r := range s.Readings {
		if r.Level == s.Level && s.Level > before.Level {
			return r
		}
		if s.Level < before.Level && before.Readings[i].Level == before.Level {
			return r
		}
	}
	return Reading{}
}
