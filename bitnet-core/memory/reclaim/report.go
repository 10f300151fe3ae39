package reclaim

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// A Report says what a run did, or would do. It marshals to JSON, times in nanoseconds.
type Report struct {
	Strategy string        `json:"strategy"`
	DryRun   bool          `json:"dry_run"` // the figures are a forecast
	Want     int64         `json:"want"`    // bytes it was to return; 0 for all
	Freed    int64         `json:"freed"`   // committed bytes returned to the system, less those that moves committed
	Regions  int           `json:"regions"` // unmapped
	Moved    int           `json:"moved"`   // buffers
	Bytes    int64         `json:"bytes"`   // of them
	Steps    []StepReport  `json:"steps"`
	Time     time.Duration `json:"time"`
	Before   Measure       `json:"before"`
	After    Measure       `json:"after"`
}

// A StepReport is the part of one step.
type StepReport struct {
	Action  Action        `json:"action"`
	Freed   int64         `json:"freed"`   // bytes returned to the system; what moves committed is less than none
	Regions int           `json:"regions"` // unmapped
	Moved   int           `json:"moved"`   // buffers
	Bytes   int64         `json:"bytes"`   // of them
	Time    time.Duration `json:"time"`
}

// A Measure is the memory of a pool at a moment.
type Measure struct {
	Usage    memory.Usage `json:"usage"`
	Regions  int          `json:"regions"`
	Internal float64      `json:"internal"` // internal fragmentation, as memory.Usage has it
	External float64      `json:"external"` // external fragmentation
	Unused   float64      `json:"unused"`   // share of the committed bytes that no buffer takes
	// Resident is the resident set of the process in bytes, measured: 0 where the
	// system does not say, and in a forecast.
	Resident int64 `json:"resident"`
}

func measure(u memory.Usage, regions int, resident int64) Measure {
	m := Measure{Usage: u, Regions: regions, Internal: u.Internal(), External: u.External(), Resident: resident}
	if u.Committed > 0 {
		m.Unused = max(0, 1-float64(u.Allocated)/float64(u.Committed))
	}
	return m
}

// Fell returns by how many bytes the resident set of the process fell, less if it grew
// meanwhile, and 0 where that is not known.
func (r Report) Fell() int64 {
	if r.Before.Resident == 0 || r.After.Resident == 0 {
		return 0
	}
	return r.Before.Resident - r.After.Resident
}

// String returns the report in a line.
func (r Report) String() string {
	var b strings.Builder
	would := ""
	if r.DryRun {
		would = "would have "
	}
	fmt.Fprintf(&b, "%s: %sreturned %s in %v", r.Strategy, would, size(r.Freed), short(r.Time))
	if r.Regions > 0 {
		fmt.Fprintf(&b, ", %s unmapped", count(r.Regions, "region"))
	}
	if r.Moved > 0 {
		fmt.Fprintf(&b, ", %s of %s moved", count(r.Moved, "buffer"), size(r.Bytes))
	}
	fmt.Fprintf(&b, "; committed %s → %s, %.0f %% → %.0f %% of it unused",
		size(r.Before.Usage.Committed), size(r.After.Usage.Committed), 100*r.Before.Unused, 100*r.After.Unused)
	if r.After.Resident > 0 {
		fmt.Fprintf(&b, "; resident %s → %s", size(r.Before.Resident), size(r.After.Resident))
	}
	return b.String()
}

// WriteText writes the report as a table for a reader.
func (r Report) WriteText(w io.Writer) error {
	var b strings.Builder
	title := "Reclaim (" + r.Strategy + ")"
	if r.DryRun {
		title += ", dry run: a forecast"
	}
	fmt.Fprintf(&b, "%s\n\n", title)
	fmt.Fprintf(&b, "  %-22s %12s %8s %8s %12s %10s\n", "step", "returned", "regions", "moved", "bytes", "time")
	line := func(name string, freed int64, regions, moved int, bytes int64, t time.Duration) {
		fmt.Fprintf(&b, "  %-22s %12s %8d %8d %12s %10v\n", name, size(freed), regions, moved, size(bytes), short(t))
	}
	for _, s := range r.Steps {
		line(s.Action.String(), s.Freed, s.Regions, s.Moved, s.Bytes, s.Time)
	}
	line("all", r.Freed, r.Regions, r.Moved, r.Bytes, r.Time)
	fmt.Fprintf(&b, "\n  %-22s %12s %12s\n", "", "before", "after")
	row := func(name string, before, after any) { fmt.Fprintf(&b, "  %-22s %12v %12v\n", name, before, after) }
	percent := func(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }
	from, to := r.Before, r.After
	row("requested", size(from.Usage.Requested), size(to.Usage.Requested))
	row("allocated", size(from.Usage.Allocated), size(to.Usage.Allocated))
	row("committed", size(from.Usage.Committed), size(to.Usage.Committed))
	row("reserved", size(from.Usage.Reserved), size(to.Usage.Reserved))
	row("regions", from.Regions, to.Regions)
	row("unused of committed", percent(from.Unused), percent(to.Unused))
	row("internal fragmentation", percent(from.Internal), percent(to.Internal))
	row("external fragmentation", percent(from.External), percent(to.External))
	if to.Resident > 0 {
		row("resident (process)", size(from.Resident), size(to.Resident))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// size returns bytes in a unit of at least one.
func size(n int64) string {
	switch a := max(n, -n); {
	case a >= 1<<30:
		return fmt.Sprintf("%.2f GiB", float64(n)/(1<<30))
	case a >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case a >= 1<<10:
		return fmt.Sprintf("%.0f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d B", n)
}

// short returns a time with three digits or four.
func short(t time.Duration) time.Duration {
	unit := time.Duration(1)
	for t/unit >= 10_000 {
		unit *= 10
	}
	return t.Round(unit)
}
